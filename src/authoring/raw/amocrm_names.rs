//! Names of custom fields of amoCRM, written as paths, templates or with a number sign.

use super::field::{COMPANY_ROOT, CONTACT_ROOT};
use crate::authoring::codes::Code;
use crate::authoring::lookalike::{OddCharacter, latin_in_russian};
use crate::authoring::reader::Reader;
use crate::authoring::yaml::Text;
use crate::domain::bilingual;

/// What people write for `custom`, and is no key.
pub(super) const OTHER_KEYS: &[&str] = &[
    "custom_field",
    "custom_fields",
    "customfield",
    "custom_field_id",
    "field",
    "field_id",
    "field_code",
    "cf",
    "поле",
];

/// Beginnings of names that are no part of them.
const BEGINNINGS: [&str; 10] = [
    "lead.",
    "leads.",
    "$.custom_fields.",
    "$.custom.",
    "$.contact.",
    "$.company.",
    "$.",
    "$",
    "custom_fields.",
    "custom.",
];

/// Returns the name of the custom field that is meant: `ORDERID` for `$.ORDERID`.
pub(super) fn meant(root: &str, written: &str) -> Option<String> {
    let inside = written
        .strip_prefix("{{")
        .and_then(|rest| rest.strip_suffix("}}"))
        .map(str::trim);
    let number = written.strip_prefix(['№', '#']).map(str::trim);
    let number = number.filter(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    let bare = inside.or(number).unwrap_or(written);
    let bare = [".values[0].value", ".values", ".value"]
        .iter()
        .find_map(|end| bare.strip_suffix(end))
        .unwrap_or(bare);
    let name = BEGINNINGS
        .iter()
        .find_map(|start| bare.strip_prefix(start))
        .map_or(bare, |name| name.trim_matches(['[', ']', '\'', '"']));
    if name == written || name.is_empty() {
        return None;
    }
    let is_person = root == CONTACT_ROOT || root == COMPANY_ROOT;
    let code = match name.to_lowercase().as_str() {
        "phone" | "tel" | "телефон" if is_person => "PHONE",
        "email" | "mail" | "почта" if is_person => "EMAIL",
        _ => name,
    };
    Some(code.to_owned())
}

/// Returns the names of several fields in one text: `ORDERID, ORDER_ID`.
fn several(written: &str) -> Option<Vec<&str>> {
    let inside = written
        .strip_prefix('[')
        .and_then(|it| it.strip_suffix(']'));
    let list = inside.unwrap_or(written);
    let sign = [";", "|", ",", " или ", " or ", "/"]
        .into_iter()
        .find(|sign| list.contains(sign))?;
    let names: Vec<&str> = list.split(sign).map(str::trim).collect();
    // a code, a number, or an abbreviation such as ИНН
    let is_code = |name: &&str| {
        name.chars()
            .all(|c| c.is_uppercase() || c.is_ascii_digit() || c == '_')
    };
    // a name such as «Имя, фамилия» or «Телефон или почта» is one field
    let are_names = match sign {
        ";" | "|" => true,
        " или " | " or " => names.iter().any(is_code),
        _ => inside.is_some() || names.iter().all(is_code),
    };
    let are_full = names.iter().all(|name| !name.is_empty());
    (names.len() > 1 && are_full && are_names).then_some(names)
}

/// Warns of a name that no field has: several in one text, a letter of the other alphabet.
pub(super) fn check(root: &str, name: &Text, reader: &mut Reader<'_>) {
    let key = root.trim_start_matches('$');
    let written = name.value.trim();
    if let Some(names) = several(written) {
        let list = names.join(", ");
        let message = bilingual!(
            "`{written}` is the name of one field",
            "`{written}` — название одного поля"
        );
        let advice = bilingual!(
            "several fields are a list, the first with a value counts: write `{key}: [{list}]`",
            "несколько полей пишут списком, берётся первое заполненное: напишите `{key}: [{list}]`"
        );
        reader
            .problems
            .warn(Code::WrongValue, &name.place, message, advice);
        return;
    }
    let (message, advice) = if let Some(odd) = OddCharacter::find(written) {
        (odd.message(written), odd.advice())
    } else if let Some(found) = latin_in_russian(written) {
        found
    } else {
        return;
    };
    reader
        .problems
        .warn(Code::WrongValue, &name.place, message, advice);
}

/// Returns the path of a value that is no custom field: the amount of a lead, the name of a contact.
pub(super) fn standard(root: &str, written: &str) -> Option<String> {
    if root == CONTACT_ROOT || root == COMPANY_ROOT {
        let member = root.trim_start_matches('$');
        let is_name = matches!(
            written,
            "NAME" | "name" | "Имя" | "ФИО" | "TITLE" | "Название"
        );
        return is_name.then(|| format!("$.{member}.name"));
    }
    let is_member = matches!(
        written,
        "price"
            | "name"
            | "status_id"
            | "pipeline_id"
            | "responsible_user_id"
            | "created_at"
            | "updated_at"
            | "date_create"
    );
    is_member.then(|| format!("$.{written}"))
}

/// Reports a value that is no custom field.
pub(super) fn report_standard(root: &str, name: &Text, path: &str, reader: &mut Reader<'_>) {
    let key = root.trim_start_matches('$');
    let written = name.value.trim();
    let message = bilingual!(
        "`{written}` is no custom field of amoCRM, so `{key}` finds nothing",
        "`{written}` — не дополнительное поле amoCRM, поэтому `{key}` ничего не найдёт"
    );
    let advice = bilingual!("write `from: {path}`", "напишите `from: {path}`");
    reader
        .problems
        .warn(Code::WrongValue, &name.place, message, advice);
}

/// Reports a name that is not written as one.
pub(super) fn report(root: &str, name: &Text, meant: &str, reader: &mut Reader<'_>) {
    let key = root.trim_start_matches('$');
    let written = name.value.trim();
    let message = bilingual!(
        "`{key}` names the field itself, so `{written}` finds nothing",
        "`{key}` называет само поле, поэтому `{written}` ничего не найдёт"
    );
    let advice = bilingual!(
        "write `{key}: {meant}`: the number, the code or the name of the field",
        "напишите `{key}: {meant}` — номер, код или название поля"
    );
    reader.error(Code::WrongValue, &name.place, message, advice);
}
