//! Values of another kind than their place takes: a sum or a day that no normaliser reads, a title
//! where the portal has a code, one phone for all people, a default that its field never reads.
//! The portal would drop or misread them without a word.

mod declared;
mod macros;
mod never;
mod products;
mod texts;

use self::declared::{Rest, Use};
use super::standard_codes;
use crate::authoring::Normaliser;
use crate::authoring::codes::Code;
use crate::authoring::problem::Problems;
use crate::authoring::raw::RawProfile;
use crate::authoring::raw::field::RawField;
use crate::authoring::raw::field_rule::{RawFieldRule, RawFieldRules};
use crate::authoring::raw::record::RawRecord;
use crate::authoring::yaml::Text;
use crate::domain::{Found, OnUpdate, bilingual};
use crate::mapping::crm_fields::capitals;
use crate::mapping::normalise::{date, truth};
use crate::mapping::template::default_zone;

pub(super) const AMOUNTS: &[&str] = &["OPPORTUNITY", "TAX_VALUE", "PROBABILITY"];
pub(super) const DAYS: &[&str] = &["BIRTHDATE", "BEGINDATE", "CLOSEDATE"];
pub(super) const FLAGS: &[&str] = &["OPENED", "IS_MANUAL_OPPORTUNITY", "EXPORT"];
/// Fields that hold the code of a list of the portal, with an example.
const CODES: &[(&str, &str)] = &[
    ("SOURCE_ID", "WEB"),
    ("TYPE_ID", "SALE"),
    ("HONORIFIC", "HNR_RU_1"),
    ("INDUSTRY", "IT"),
    ("EMPLOYEES", "EMPLOYEES_1"),
    ("COMPANY_TYPE", "CUSTOMER"),
];
/// Numbers whose leading zeros count.
const NUMBERS_AS_TEXTS: &[&str] = &[
    "RQ_INN",
    "RQ_KPP",
    "RQ_OGRN",
    "RQ_OGRNIP",
    "RQ_OKPO",
    "RQ_BIK",
    "PHONE",
];

/// Checks a profile.
pub(super) fn check(raw: &RawProfile, problems: &mut Problems) {
    let file = raw.place.source.name();
    let contact = raw.contact.iter().map(|it| ("contact", &it.fields));
    let company = raw.company.iter().map(|it| ("company", &it.fields));
    let records = [&raw.deal, &raw.lead, &raw.item].into_iter().flatten();
    let blocks = contact
        .chain(company)
        .chain(records.clone().map(|it| (it.block, &it.fields)));
    for (block, fields) in blocks {
        for rules in fields.values() {
            // a field of the defaults may suit other profiles
            if rules.key.place.source.name() == file {
                one(raw, (block, rules), problems);
            } else {
                of_defaults((block, rules), problems);
            }
        }
    }
    for field in raw.fields.values() {
        if field.key.place.source.name() == file {
            declared::check(field, use_of(raw, &field.key.value), problems);
        }
    }
    for record in records {
        products::check(record, problems);
        other_pipeline(record, problems);
    }
    for chooser in raw.choosers() {
        if chooser.by.place.source.name() == file {
            let rest = if chooser.has_default {
                Rest::Default
            } else {
                Rest::Nowhere
            };
            // `by: "{{city}}, {{kind}}"` has both values in a row
            let values = if chooser.by.value.matches("{{").count() > 1 {
                declared::Values::Several
            } else {
                declared::Values::One
            };
            declared::check_keys(chooser.keys.iter(), (rest, values), problems);
        }
    }
    let names: Vec<&str> = raw.fields.keys().map(String::as_str).collect();
    for text in super::bare_names::texts(raw) {
        texts::check(text, problems);
        macros::check(text, &names, problems);
    }
}

/// Returns where the value of a field is written.
fn use_of(raw: &RawProfile, name: &str) -> Use {
    let tag = format!("{{{{{name}");
    let texts: Vec<&Text> = super::bare_names::texts(raw)
        .filter(|text| text.value.contains(&tag))
        .collect();
    let is_alone = |text: &&Text| {
        let value = text.value.trim();
        value.starts_with(&tag) && value.find("}}").is_some_and(|end| end + 2 == value.len())
    };
    if texts.is_empty() || texts.iter().any(is_alone) {
        Use::Alone
    } else {
        Use::InsideTexts
    }
}

/// A code of a list is the same in all profiles.
fn of_defaults((block, rules): (&str, &RawFieldRules), problems: &mut Problems) {
    let key = &rules.key.value;
    let code = capitals(key);
    for rule in &rules.rules {
        let value = rule.value.value.trim();
        if !value.contains(['{', '<', '$']) {
            standard_code((block, &code, key), rule, problems);
        }
    }
}

/// Reports a code that is nearly one of a list of the portal; returns whether it is one.
fn standard_code(
    (block, code, key): (&str, &str, &str),
    rule: &RawFieldRule,
    problems: &mut Problems,
) -> bool {
    let value = rule.value.value.trim();
    let meant = standard_codes::meant_in_list(block, code, value);
    let Some(meant) = meant.filter(|_| rule.label.is_none()) else {
        return false;
    };
    let message = bilingual!(
        "Bitrix24 itself has no `{value}` in `{key}`",
        "в `{key}` самого Битрикс24 нет кода `{value}`"
    );
    let advice = bilingual!("did you mean `{meant}`?", "может быть, `{meant}`?");
    let place = rule.value.part(0, rule.value.value.chars().count());
    problems.warn(Code::WrongValue, &place, message, advice);
    true
}

fn one(raw: &RawProfile, (block, rules): (&str, &RawFieldRules), problems: &mut Problems) {
    let key = &rules.key.value;
    let code = capitals(key);
    if let Some(rest) = key.strip_prefix("UF_")
        && key.is_ascii()
        && !key.contains([' ', '-', '.'])
        && !rest.starts_with("CRM_")
    {
        let message = bilingual!(
            "custom fields of the CRM begin with UF_CRM_: the portal would ignore `{key}`",
            "пользовательские поля CRM начинаются с UF_CRM_: `{key}` портал не примет"
        );
        let advice = bilingual!("write `UF_CRM_{rest}`", "напишите `UF_CRM_{rest}`");
        problems.warn(Code::UnknownCrmField, &rules.key.place, message, advice);
    }
    for rule in &rules.rules {
        appended(&code, key, rule, problems);
        labelled(&code, key, rule, problems);
        let value = rule.value.value.trim();
        if value.contains("{{") {
            if code == "TITLE" || code == "NAME" {
                texts::markup(&code, &rule.value, problems);
            }
            if code == "COMMENTS" {
                texts::html(&code, &rule.value, problems);
            }
            template(raw, (&code, key), &rule.value, problems);
        } else if !value.is_empty() && !value.contains(['{', '<']) && !value.starts_with(['$', '='])
        {
            constant(raw, (block, &code, key), rule, problems);
        }
    }
}

/// `TITLE: { …, as: label }`: a text has no list.
fn labelled(code: &str, key: &str, rule: &RawFieldRule, problems: &mut Problems) {
    let Some(label) = &rule.label else { return };
    let is_text = matches!(
        code,
        "TITLE"
            | "NAME"
            | "LAST_NAME"
            | "SECOND_NAME"
            | "COMMENTS"
            | "ADDRESS"
            | "POST"
            | "ADDITIONAL_INFO"
            | "SOURCE_DESCRIPTION"
    ) || code.starts_with("UTM_")
        || AMOUNTS.contains(&code)
        || DAYS.contains(&code)
        || FLAGS.contains(&code);
    if !is_text {
        return;
    }
    let message = bilingual!(
        "`{key}` has no list of values",
        "у `{key}` нет списка значений"
    );
    let advice = bilingual!("remove `as: label`", "уберите `as: label`");
    problems.warn(Code::WrongValue, &label.place, message, advice);
}

/// A number, a day or yes and no has nothing to append to.
fn appended(code: &str, key: &str, rule: &RawFieldRule, problems: &mut Problems) {
    let Some(word) = rule
        .on_update
        .as_ref()
        .filter(|word| word.value == OnUpdate::Append)
    else {
        return;
    };
    let is_text = ![AMOUNTS, DAYS, FLAGS]
        .iter()
        .any(|codes| codes.contains(&code))
        && !CODES.iter().any(|(known, _)| *known == code)
        && code != "CURRENCY_ID";
    if is_text {
        return;
    }
    let message = bilingual!(
        "`{key}` is no text: nothing can be appended to it",
        "`{key}` — не текст: дописать к нему нельзя"
    );
    let advice = bilingual!(
        "write `on_update: overwrite`, or `fill` to keep an earlier value",
        "напишите `on_update: overwrite` или `fill`, чтобы прежнее значение осталось"
    );
    problems.warn(Code::WrongValue, &word.place, message, advice);
}

/// `OPPORTUNITY: "{{sum}}"` with a `sum` that is read as something else. Without `as`, the packet
/// may send a number.
fn template(raw: &RawProfile, (code, key): (&str, &str), text: &Text, problems: &mut Problems) {
    let value = text.value.trim();
    let name = value
        .strip_prefix("{{")
        .and_then(|rest| rest.strip_suffix("}}"))
        .map(str::trim);
    let Some(field) = name.and_then(|name| raw.fields.get(name)) else {
        return;
    };
    let form = field.form.as_ref().map(|form| form.value);
    if other_contact(raw, (code, key), field, text, problems) {
        return;
    }
    if NUMBERS_AS_TEXTS.contains(&code) {
        leading_zeros((code, key), field, problems);
        return;
    }
    if !problems.has_errors() && never::check(raw, (code, key), field, text, problems) {
        return;
    }
    let (en, ru, word) = if AMOUNTS.contains(&code) {
        ("a number", "число", "money")
    } else if DAYS.contains(&code) {
        ("a day", "дата", "date")
    } else {
        return;
    };
    let is_read_as_text = matches!(
        form,
        Some(Normaliser::Text | Normaliser::Clean | Normaliser::Join | Normaliser::Bool)
    );
    let [path] = field.from.as_slice() else {
        return;
    };
    if problems.has_errors() {
        // the form may be one that is misspelt
        return;
    }
    if !is_read_as_text
        || field.map.is_some()
        || field.key.place.source.name() != raw.place.source.name()
    {
        return;
    }
    let (name, path) = (&field.key.value, path.value.trim());
    let message = bilingual!(
        "`{key}` is {en}, but the field `{name}` is read as a text",
        "`{key}` — {ru}, а поле `{name}` читается как текст"
    );
    let advice = bilingual!(
        "write `{name}: {{ from: {path}, as: {word} }}`",
        "напишите `{name}: {{ from: {path}, as: {word} }}`"
    );
    problems.warn(Code::WrongValue, &field.key.place, message, advice);
}

/// `PHONE: "{{email}}"`: the field of another kind of contact.
fn other_contact(
    raw: &RawProfile,
    (code, key): (&str, &str),
    field: &RawField,
    text: &Text,
    problems: &mut Problems,
) -> bool {
    let Some(form) = field.form.as_ref().map(|form| form.value) else {
        return false;
    };
    let wanted = match code {
        "PHONE" => Normaliser::Phone,
        "EMAIL" => Normaliser::Email,
        _ => return false,
    };
    let is_other = matches!(
        form,
        Normaliser::Phone
            | Normaliser::Email
            | Normaliser::Money
            | Normaliser::Date
            | Normaliser::Datetime
            | Normaliser::Bool
            | Normaliser::Name
            | Normaliser::Url
            | Normaliser::File
    );
    if form == wanted || !is_other {
        return false;
    }
    let mut others = raw.fields.values();
    let right = others.find(|other| other.form.as_ref().is_some_and(|form| form.value == wanted));
    let (name, word) = (&field.key.value, form.word());
    let default = if code == "PHONE" { "phone" } else { "email" };
    let right = right.map(|field| field.key.value.as_str());
    let right = right.or((name != default).then_some(default));
    let message = bilingual!(
        "`{key}` never gets a value: the field `{name}` has `as: {word}`",
        "в `{key}` никогда не будет значения: у поля `{name}` стоит `as: {word}`"
    );
    let form = wanted.word();
    let advice = match right {
        Some(right) => bilingual!("write \"{{{{{right}}}}}\"", "напишите \"{{{{{right}}}}}\""),
        None => bilingual!(
            "name a field that is read with `as: {form}`",
            "укажите поле, которое читается с `as: {form}`"
        ),
    };
    problems.warn(Code::WrongValue, &text.place, message, advice);
    true
}

/// `RQ_INN` from `as: integer`: the number loses its zeros.
fn leading_zeros((code, key): (&str, &str), field: &RawField, problems: &mut Problems) {
    let Some(form) = &field.form else { return };
    let name = &field.key.value;
    if code.starts_with("RQ_") && form.value == Normaliser::Phone {
        let message = bilingual!(
            "`{key}` is no phone number: with `as: phone`, `{name}` has no value",
            "`{key}` — не телефон: с `as: phone` у `{name}` не будет значения"
        );
        let advice = bilingual!("write `as: text`", "напишите `as: text`");
        problems.warn(Code::WrongValue, &form.place, message, advice);
        return;
    }
    if !matches!(form.value, Normaliser::Integer | Normaliser::Money) {
        return;
    }
    let word = if code == "PHONE" { "phone" } else { "text" };
    let message = bilingual!(
        "`{key}` is no amount: as a number, `{name}` loses the zeros at its beginning",
        "`{key}` — не количество: как число `{name}` теряет нули в начале"
    );
    let advice = bilingual!("write `as: {word}`", "напишите `as: {word}`");
    problems.warn(Code::WrongValue, &form.place, message, advice);
}

/// A value that is the same for every submission.
fn constant(
    raw: &RawProfile,
    (block, code, key): (&str, &str, &str),
    rule: &RawFieldRule,
    problems: &mut Problems,
) {
    let text = &rule.value;
    let value = text.value.trim();
    if raw.fields.contains_key(value) {
        // the bare name of a field is reported as such
        return;
    }
    let place = text.part(0, text.value.chars().count());
    // a search by it is reported as such
    let is_search = rule.search.as_ref().is_some_and(|flag| flag.value);
    if matches!(code, "PHONE" | "EMAIL") && !is_search && !matches!(block, "deal" | "item") {
        let message = bilingual!(
            "`{key}` is `{value}` for everybody: different people would become one",
            "в `{key}` у всех будет `{value}`: разные люди станут одним"
        );
        let near = if code == "EMAIL" { "email" } else { "phone" };
        let advice = bilingual!(
            "take the value of the submission: \"{{{{{near}}}}}\"",
            "возьмите значение из заявки: \"{{{{{near}}}}}\""
        );
        problems.warn(Code::WrongValue, &place, message, advice);
        return;
    }
    if DAYS.contains(&code) && date::read(value, &default_zone()).is_none() {
        let message = bilingual!("`{value}` is not a day", "`{value}` — не дата");
        let advice = bilingual!(
            "write a day, like 2026-12-31, or \"{{{{received_at}}}}\" for today; a profile does not calculate days, the time of a to-do is `todo: {{ after: 3d }}`",
            "напишите день, например 2026-12-31, или \"{{{{received_at}}}}\" — сегодня; вычислять даты профиль не умеет, срок дела пишут в `todo: {{ after: 3d }}`"
        );
        problems.warn(Code::WrongValue, &place, message, advice);
    }
    if standard_code((block, code, key), rule, problems) {
        return;
    }
    let example = CODES.iter().find(|(known, _)| *known == code);
    if let Some((_, example)) = example
        && rule.label.is_none()
        && !value
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_:|.-".contains(c))
    {
        let message = bilingual!(
            "`{value}` is no code: `{key}` takes the code of the list, not its title",
            "`{value}` — не код: в `{key}` пишут код из списка, а не название"
        );
        let advice = bilingual!(
            "write the code, like `{key}: {example}`, or find it by its title: `{key}: {{ value: \"{value}\", as: label }}`",
            "напишите код, например `{key}: {example}`, или найдите его по названию: `{key}: {{ value: \"{value}\", as: label }}`"
        );
        problems.warn(Code::WrongValue, &place, message, advice);
    }
}

/// New records go to a pipeline where nothing looks for them again.
fn other_pipeline(record: &RawRecord, problems: &mut Problems) {
    let pipeline = |text: &Text| {
        let code = text.value.trim();
        code.split_once(':')
            .map_or("", |(pipeline, _)| pipeline)
            .to_owned()
    };
    let is_code = |text: &Text| {
        let code = text.value.trim();
        let is_odd = code.split_once('_').is_some_and(|(pipeline, _)| {
            pipeline.len() > 1
                && pipeline
                    .strip_prefix('C')
                    .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
        });
        !is_odd
            && !code.is_empty()
            && code
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || "_:-".contains(c))
    };
    if !record.stages().chain(record.open_stages()).all(is_code) {
        return;
    }
    let searched: Vec<String> = record.open_stages().map(pipeline).collect();
    // who names several pipelines looks there on purpose
    if searched.windows(2).any(|pair| pair.first() != pair.last()) {
        return;
    }
    let Some(stage) = record.stages().next() else {
        return;
    };
    // moving to another pipeline is reported as such
    let moves = record.change_stage.as_ref().is_some_and(|it| it.value);
    let always = matches!(&record.found, Some(found) if found.value == Found::AlwaysCreate);
    // a stage that cannot be read is no other stage
    if moves || always || problems.has_errors() {
        return;
    }
    if searched.is_empty()
        || record
            .stages()
            .any(|stage| searched.contains(&pipeline(stage)))
    {
        return;
    }
    let Some(first) = record.open_stages().next() else {
        return;
    };
    let (new, among) = (stage.value.trim(), first.value.trim());
    let message = bilingual!(
        "new records begin in `{new}`, but records are looked for in another pipeline: a second submission makes a second one",
        "новые записи создаются в `{new}`, а ищутся в другой воронке: вторая заявка создаст вторую запись"
    );
    let advice = bilingual!(
        "name a stage of the same pipeline in `stage`, like `{among}`, or `{new}` in `among`",
        "укажите в `stage` стадию той же воронки, например `{among}`, или добавьте `{new}` в `among`"
    );
    problems.warn(Code::WrongValue, &first.place, message, advice);
}

/// Returns whether a text is a word for yes or no.
fn is_truth(text: &str) -> bool {
    truth(text).is_some()
}
