//! Fields of the CRM beside the keys of a block, where `fields` is meant, or a key of the profile.

use crate::domain::{Bilingual, bilingual};

/// Fields that a contact has, and a deal or an item has not.
const OF_CONTACT: [&str; 8] = [
    "PHONE",
    "EMAIL",
    "IM",
    "WEB",
    "NAME",
    "LAST_NAME",
    "SECOND_NAME",
    "BIRTHDATE",
];

/// Returns whether a key is written like the code of a field.
pub(crate) fn is_code(key: &str) -> bool {
    let fits = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    key.starts_with(|c: char| c.is_ascii_uppercase()) && key.len() > 1 && key.chars().all(fits)
}

/// Returns the key of the profile that a field means.
pub(crate) fn own_key(code: &str) -> Option<Bilingual> {
    Some(match code {
        "ASSIGNED_BY_ID" | "RESPONSIBLE_ID" | "ASSIGNED_BY" | "RESPONSIBLE" => bilingual!(
            "it is a key of the block: write `responsible: 6` in its place",
            "это ключ самого блока: напишите вместо него `responsible: 6`"
        ),
        "STAGE_ID" | "STATUS_ID" | "STAGE" => bilingual!(
            "it is a key of the block: write `stage: NEW` in its place",
            "это ключ самого блока: напишите вместо него `stage: NEW`"
        ),
        "CATEGORY_ID" => bilingual!(
            "remove it: the pipeline is part of the stage, `stage: \"C1:NEW\"`",
            "уберите: воронка — часть кода стадии, `stage: \"C1:NEW\"`"
        ),
        "CONTACT_ID" | "CONTACT_IDS" | "COMPANY_ID" => bilingual!(
            "remove it: the record is linked with the contact and the company of the profile",
            "уберите: запись сама связывается с контактом и компанией профиля"
        ),
        _ => return None,
    })
}

/// Returns advice for a field directly in a block, whose `fields` stand in this line.
pub(super) fn in_block(about: &str, key: &str, fields: Option<u32>) -> Option<Bilingual> {
    let is_block = matches!(about, "contact" | "company" | "deal" | "lead" | "item");
    if !is_block || !is_code(key) {
        return None;
    }
    if let Some(advice) = own_key(key).filter(|_| about != "company" || !key.starts_with("COMPANY"))
    {
        return Some(advice);
    }
    if matches!(about, "deal" | "item") && OF_CONTACT.contains(&key) {
        return Some(bilingual!(
            "it is a field of the contact: move it to `contact: {{ fields: {{ {key}: … }} }}`",
            "это поле контакта: перенесите его в `contact: {{ fields: {{ {key}: … }} }}`"
        ));
    }
    Some(match fields {
        Some(line) => bilingual!(
            "CRM fields belong in `fields` of `{about}`: move this line below line {line}, with two more spaces before it",
            "поля CRM пишут внутри `fields` блока `{about}`: перенесите строку под строку {line} и добавьте перед ней два пробела"
        ),
        None => bilingual!(
            "CRM fields belong in `fields` of `{about}`: write `fields: {{ {key}: … }}`",
            "поля CRM пишут внутри `fields` блока `{about}`: напишите `fields: {{ {key}: … }}`"
        ),
    })
}
