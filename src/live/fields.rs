//! Checks fields of contacts, companies, deals, leads and items: do they exist, can they be written, does the
//! list have the value?

use super::{PortalFacts, advice, advice_of, labels, meant_named, named};
use crate::authoring::{Code, Problem, Severity, nearest_name};
use crate::crm::dictionary::{FieldInfo, by_label};
use crate::crm::{Choice, Dictionaries};
use crate::domain::{Bilingual, EntityKind, bilingual};
use crate::mapping::{PortalReference, WrittenValue};

/// A field by entity and name.
type Name<'n> = (Option<EntityKind>, &'n str);

/// Fields that the portal or the gateway fills if a profile does not.
const SELF_FILLED: &[&str] = &[
    "TITLE",
    "NAME",
    "LAST_NAME",
    "STAGE_ID",
    "STATUS_ID",
    "CATEGORY_ID",
    "CURRENCY_ID",
    "ASSIGNED_BY_ID",
    "CONTACT_ID",
    "CONTACT_IDS",
    "OPENED",
    "ID",
];

/// Checks whether a field can take what the profile writes.
pub(super) fn field(
    reference: &PortalReference,
    (entity, name): Name<'_>,
    written: &WrittenValue,
    facts: PortalFacts<'_>,
) -> Option<Problem> {
    let fields = facts.fields(entity);
    let portal = facts.dictionaries;
    let block = block(entity);
    let article = if block == "item" { "an" } else { "a" };
    if fields.is_empty() {
        // they were not read; a portal without leads has no lead fields
        return None;
    }
    if entity == Some(EntityKind::Company) && name.starts_with("RQ_") {
        // of the requisite, and the same on every portal
        return None;
    }
    let error = |code, message: Bilingual, advice: Bilingual| {
        Some(reference.problem(Severity::Error, code, message, advice))
    };
    let Some(field) = fields.get(facts.capitals(entity, name)) else {
        let message = bilingual!(
            "the portal has no field `{name}` of {article} {block}; it would drop the value",
            "на портале нет поля `{name}` ({block}); значение молча пропадёт"
        );
        return error(
            Code::UnknownCrmField,
            message,
            advice_for(name, entity, facts),
        );
    };
    let title = &field.title;
    if field.read_only {
        let message = bilingual!(
            "`{name}` ({title}) cannot be written",
            "поле `{name}` ({title}) нельзя записать"
        );
        return error(
            Code::ReadOnlyField,
            message,
            bilingual!("remove it", "уберите его"),
        );
    }
    if (field.kind == "file") != (*written == WrittenValue::File) {
        return Some(no_file(reference, (name, title), written));
    }
    value(reference, (name, title), written, (field, portal))
}

/// Checks the value for a field that exists and can be written.
fn value(
    reference: &PortalReference,
    (name, title): (&str, &str),
    written: &WrittenValue,
    (field, portal): (&FieldInfo, &Dictionaries),
) -> Option<Problem> {
    match (written, portal.choices(field)) {
        (WrittenValue::Label, None) => {
            let message = bilingual!(
                "`{name}` ({title}) is not a list",
                "`{name}` ({title}) — не список"
            );
            let advice = bilingual!("remove `as: label`", "уберите `as: label`");
            Some(reference.problem(Severity::Error, Code::UnknownLabel, message, advice))
        }
        (WrittenValue::Constant(text) | WrittenValue::LaterConstant(text), Some(choices))
            if !text.is_empty() =>
        {
            constant(reference, (name, title), written, choices)
        }
        (WrittenValue::Text | WrittenValue::LaterText, Some(_)) if field.kind == "enumeration" => {
            Some(free_text(reference, (name, title), written))
        }
        (WrittenValue::Constant(code) | WrittenValue::LaterConstant(code), None)
            if field.kind == "crm_currency" =>
        {
            currency(reference, code, portal)
        }
        _ => None,
    }
}

/// Reports a file for another field, and another value for a field of type file.
fn no_file(
    reference: &PortalReference,
    (name, title): (&str, &str),
    written: &WrittenValue,
) -> Problem {
    let (message, advice) = if *written == WrittenValue::File {
        (
            bilingual!(
                "`{name}` ({title}) is not a field of type file; the file would be left out",
                "`{name}` ({title}) — поле не типа «файл»: файл в него не запишется"
            ),
            bilingual!(
                "write the file into a field of type file, or name it in `files`, for the timeline",
                "запишите файл в поле типа «файл» или назовите его в `files` — для таймлайна"
            ),
        )
    } else {
        let message = bilingual!(
            "`{name}` ({title}) is a field of type file and takes no text",
            "`{name}` ({title}) — поле типа «файл», текст в него не запишется"
        );
        let advice = if is_later(written) {
            bilingual!(
                "a later step writes no files: fill the field in the block of the profile",
                "следующий шаг не записывает файлы: заполняйте поле в блоке профиля"
            )
        } else {
            bilingual!(
                "declare the value with `as: file` in `fields`",
                "добавьте значению в `fields` ключ `as: file`"
            )
        };
        (message, advice)
    };
    reference.problem(Severity::Error, Code::WrongType, message, advice)
}

/// Returns whether a later step writes it, which has no `as`.
fn is_later(written: &WrittenValue) -> bool {
    matches!(
        written,
        WrittenValue::LaterConstant(_) | WrittenValue::LaterText
    )
}

/// Warns about free text for a list field.
fn free_text(
    reference: &PortalReference,
    (name, title): (&str, &str),
    written: &WrittenValue,
) -> Problem {
    let message = bilingual!(
        "`{name}` ({title}) is a list and accepts no free text; the value would be lost",
        "`{name}` ({title}) — список, текст в него не запишется: значение пропадёт"
    );
    let advice = if is_later(written) {
        bilingual!(
            "in a later step only the numbers of the list's values arrive: translate the text with \
             `map`, or fill the field in the block of the profile, with `as: label`",
            "в следующем шаге дойдут только номера значений списка: переведите текст через `map` \
             или заполняйте поле в блоке профиля, с `as: label`",
        )
    } else {
        bilingual!(
            "add `as: label`: {{ value: …, as: label }}; without it only the numbers of the list's \
             values arrive",
            "добавьте `as: label`: {{ value: …, as: label }}; иначе дойдут только номера значений \
             списка",
        )
    };
    reference.problem(Severity::Warning, Code::UnknownLabel, message, advice)
}

/// Checks a constant value for a list field.
fn constant(
    reference: &PortalReference,
    (name, title): (&str, &str),
    written: &WrittenValue,
    choices: &[Choice],
) -> Option<Problem> {
    let (WrittenValue::Constant(text) | WrittenValue::LaterConstant(text)) = written else {
        return None;
    };
    if choices.iter().any(|choice| choice.id == *text) {
        return None;
    }
    let message = bilingual!(
        "the list `{name}` ({title}) has no value `{text}`",
        "в списке `{name}` ({title}) нет значения `{text}`"
    );
    let advice = match by_label(choices, text) {
        Some(Choice { id, .. }) if is_later(written) => bilingual!(
            "that is a label: write its code `{id}`",
            "это название: напишите код `{id}`"
        ),
        Some(Choice { id, .. }) => bilingual!(
            "that is a label: add `as: label`, or write its code `{id}`",
            "это название: добавьте `as: label` или напишите код `{id}`"
        ),
        None => advice_of(text, choices),
    };
    Some(reference.problem(Severity::Error, Code::UnknownLabel, message, advice))
}

fn currency(reference: &PortalReference, code: &str, portal: &Dictionaries) -> Option<Problem> {
    if portal.currencies.is_empty() || portal.currencies.iter().any(|facts| facts == code) {
        return None;
    }
    let message = bilingual!(
        "the portal does not have the currency `{code}`",
        "на портале нет валюты `{code}`"
    );
    let advice = advice(code, portal.currencies.iter().map(String::as_str));
    Some(reference.problem(Severity::Error, Code::UnknownCurrency, message, advice))
}

/// Checks whether a field's list has a value with this label.
pub(super) fn label(
    reference: &PortalReference,
    (entity, name): Name<'_>,
    label: &str,
    facts: PortalFacts<'_>,
) -> Option<Problem> {
    let field = facts.fields(entity).get(facts.capitals(entity, name))?;
    let choices = facts.dictionaries.choices(field)?;
    if by_label(choices, label).is_some() {
        return None;
    }
    let title = &field.title;
    let message = bilingual!(
        "the list `{name}` ({title}) has no value «{label}»",
        "в списке `{name}` ({title}) нет значения «{label}»"
    );
    let advice = advice(label, labels(choices));
    Some(reference.problem(Severity::Error, Code::UnknownLabel, message, advice))
}

/// Returns the fields that the portal requires and the profile does not fill.
pub(super) fn required(
    reference: &PortalReference,
    entity: Option<EntityKind>,
    fills: &[String],
    facts: PortalFacts<'_>,
) -> Vec<Problem> {
    let fills: Vec<&str> = fills
        .iter()
        .map(|name| facts.capitals(entity, name))
        .collect();
    let is_missing = |(name, field): &(&String, &FieldInfo)| {
        field.required
            && !field.read_only
            && !fills.contains(&name.as_str())
            && !SELF_FILLED.contains(&name.as_str())
    };
    let missing = facts.fields(entity).iter().filter(is_missing);
    missing
        .map(|(name, field)| {
            let (title, block) = (&field.title, block(entity));
            let message = bilingual!(
                "the portal requires `{name}` ({title}) for every {block}; the profile does not fill \
                 it",
                "портал требует поле `{name}` ({title}, {block}), а профиль его не заполняет",
            );
            let advice = bilingual!(
                "fill it; depending on its settings, the portal refuses records without it",
                "заполните его: при некоторых настройках портал откажет без этого поля"
            );
            reference.problem(Severity::Warning, Code::RequiredField, message, advice)
        })
        .collect()
}

fn block(entity: Option<EntityKind>) -> &'static str {
    entity.map_or("contact", EntityKind::as_str)
}

/// Suggests the nearest code or lists the custom fields with their titles.
fn advice_for(written: &str, entity: Option<EntityKind>, facts: PortalFacts<'_>) -> Bilingual {
    let fields = facts.fields(entity);
    let in_capitals = fields
        .iter()
        .filter(|(_, field)| !field.read_only)
        .map(|(name, _)| name.as_str());
    let process = facts.process(entity);
    let others = process
        .into_iter()
        .flat_map(|process| &process.capitals)
        .map(|(name, _)| name.as_str());
    let own: Vec<&str> = in_capitals.chain(others).collect();
    if let Some(near) = nearest_name(written, &own) {
        let title = fields.get(facts.capitals(entity, near));
        return meant_named(near, title.map_or("", |field| &field.title));
    }
    let custom: Vec<String> = fields
        .iter()
        .filter(|(name, _)| name.starts_with("UF_"))
        .map(|(name, field)| named(name, &field.title))
        .take(8)
        .collect();
    if custom.is_empty() {
        return bilingual!(
            "the code of a field is in its settings",
            "код поля виден в его настройках"
        );
    }
    let custom = custom.join(", ");
    bilingual!(
        "its custom fields are {custom}",
        "его пользовательские поля: {custom}"
    )
}
