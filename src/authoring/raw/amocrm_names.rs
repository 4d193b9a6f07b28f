//! Names of custom fields of amoCRM, written as paths, templates or with a number sign.

use super::field::{COMPANY_ROOT, CONTACT_ROOT};
use crate::authoring::codes::Code;
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
const BEGINNINGS: [&str; 8] = [
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
