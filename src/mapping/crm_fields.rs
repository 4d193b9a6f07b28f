//! The fields that Bitrix24 gives every contact, deal and lead. It drops an unknown field without a word,
//! so a misspelt name is told when the profile is compiled. Custom fields (`UF_CRM_…`) are the portal's.

use super::codes::Code;
use super::problem::{Place, Problems};
use super::suggest;
use super::words::{Words, say};
use super::yaml::Text;
use crate::domain::EntityKind;

const SHARED: &[&str] = &[
    "COMMENTS",
    "OPENED",
    "SOURCE_ID",
    "SOURCE_DESCRIPTION",
    "UTM_SOURCE",
    "UTM_MEDIUM",
    "UTM_CAMPAIGN",
    "UTM_CONTENT",
    "UTM_TERM",
    "COMPANY_ID",
    "TRACE",
];

const CONTACT: &[&str] = &[
    "NAME",
    "LAST_NAME",
    "SECOND_NAME",
    "HONORIFIC",
    "PHONE",
    "EMAIL",
    "WEB",
    "IM",
    "POST",
    "BIRTHDATE",
    "TYPE_ID",
    "ADDRESS",
    "ADDRESS_2",
    "ADDRESS_CITY",
    "ADDRESS_POSTAL_CODE",
    "ADDRESS_REGION",
    "ADDRESS_PROVINCE",
    "ADDRESS_COUNTRY",
    "ADDRESS_COUNTRY_CODE",
    "EXPORT",
    "COMPANY_IDS",
];

const DEAL: &[&str] = &[
    "TITLE",
    "TYPE_ID",
    "CATEGORY_ID",
    "PROBABILITY",
    "CURRENCY_ID",
    "OPPORTUNITY",
    "IS_MANUAL_OPPORTUNITY",
    "TAX_VALUE",
    "BEGINDATE",
    "CLOSEDATE",
    "ADDITIONAL_INFO",
    "LOCATION_ID",
    "QUOTE_ID",
    "LEAD_ID",
];

const LEAD: &[&str] = &[
    "TITLE",
    "NAME",
    "LAST_NAME",
    "SECOND_NAME",
    "HONORIFIC",
    "BIRTHDATE",
    "COMPANY_TITLE",
    "POST",
    "PHONE",
    "EMAIL",
    "WEB",
    "IM",
    "CURRENCY_ID",
    "OPPORTUNITY",
    "IS_MANUAL_OPPORTUNITY",
    "STATUS_DESCRIPTION",
    "ADDRESS",
    "ADDRESS_2",
    "ADDRESS_CITY",
    "ADDRESS_POSTAL_CODE",
    "ADDRESS_REGION",
    "ADDRESS_PROVINCE",
    "ADDRESS_COUNTRY",
    "ADDRESS_COUNTRY_CODE",
];

/// Fields that the gateway fills itself, and what to write instead.
fn ours(name: &str) -> Option<Words> {
    Some(match name {
        "STAGE_ID" | "STATUS_ID" => say!(
            "write `stage: NEW` in the block itself",
            "напишите `stage: NEW` в самом блоке"
        ),
        "ASSIGNED_BY_ID" => say!(
            "write `responsible: 6` in the block `deal` or `lead`",
            "напишите `responsible: 6` в блоке `deal` или `lead`"
        ),
        "CONTACT_ID" | "CONTACT_IDS" => say!(
            "the gateway binds the contact itself: remove it",
            "контакт шлюз привязывает сам: уберите"
        ),
        "ORIGINATOR_ID" | "ORIGIN_ID" => say!(
            "the gateway marks what it creates with it: remove it",
            "этим шлюз помечает то, что завёл: уберите"
        ),
        "ID" => say!(
            "the CRM numbers its records itself: remove it",
            "номера записям CRM даёт сама: уберите"
        ),
        _ => return None,
    })
}

/// What many people share: searching by it joins strangers.
const VAGUE: &[&str] = &[
    "NAME",
    "LAST_NAME",
    "SECOND_NAME",
    "TITLE",
    "POST",
    "BIRTHDATE",
    "SOURCE_ID",
    "OPPORTUNITY",
    "CURRENCY_ID",
    "TYPE_ID",
    "COMMENTS",
    "SOURCE_DESCRIPTION",
];

/// The fields of Bitrix24's own that a profile can fill.
pub(crate) fn known(entity: Option<EntityKind>) -> impl Iterator<Item = &'static str> {
    let own = match entity {
        None => CONTACT,
        Some(EntityKind::Deal) => DEAL,
        Some(EntityKind::Lead) => LEAD,
    };
    own.iter().chain(SHARED).copied()
}

/// The field's name in the CRM; `None`, and a problem, when it cannot be filled.
pub(crate) fn check<'k>(
    key: &'k Text,
    entity: Option<EntityKind>,
    problems: &mut Problems,
) -> Option<&'k str> {
    let name = key.value.as_str();
    let known = || known(entity);
    let (block, whose) = match entity {
        None => ("contact", "контакта"),
        Some(EntityKind::Deal) => ("deal", "сделки"),
        Some(EntityKind::Lead) => ("lead", "лида"),
    };
    if let Some(advice) = ours(name) {
        let message = say!("`{name}` is not a field to fill", "`{name}` не заполняют");
        problems.error(Code::WrongPlace, &key.place, message, advice);
        return None;
    }
    if entity == Some(EntityKind::Deal) && matches!(name, "PHONE" | "EMAIL") {
        let message = say!("a deal has no `{name}`", "у сделки нет `{name}`");
        let advice = say!(
            "put it into `contact: {{ fields: {{ {name}: … }} }}`",
            "впишите его в `contact: {{ fields: {{ {name}: … }} }}`"
        );
        problems.error(Code::WrongPlace, &key.place, message, advice);
        return None;
    }
    if matches!(name, "WEB" | "IM") {
        let message = say!(
            "`{name}` is not supported yet",
            "`{name}` пока не поддерживается"
        );
        let advice = say!("put the value into COMMENTS", "пишите значение в COMMENTS");
        problems.error(Code::NotYet, &key.place, message, advice);
        return None;
    }
    if known().any(|field| field == name) {
        return Some(name);
    }
    let is_code = name
        .chars()
        .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    if is_code && name.starts_with("UF_") {
        return Some(name);
    }
    let advice = match suggest::nearest(name, known()) {
        Some(near) => suggest::meant(near),
        None => say!(
            "custom fields are called UF_CRM_…; a field's code stands in its settings",
            "свои поля называются UF_CRM_…; код поля виден в его настройках"
        ),
    };
    if !is_code || name.is_empty() {
        let message = say!(
            "`{name}` is no field code: codes are CAPITALS, digits and `_`",
            "`{name}` — не код поля: коды пишутся ЗАГЛАВНЫМИ латинскими буквами, цифрами и `_`"
        );
        problems.error(Code::UnknownCrmField, &key.place, message, advice);
        return None;
    }
    let message = say!(
        "a {block} of Bitrix24 has no field `{name}` of its own",
        "в Битрикс24 у {whose} нет своего поля `{name}`"
    );
    problems.warn(Code::UnknownCrmField, &key.place, message, advice);
    Some(name)
}

/// Whether many people share what this field holds.
pub(crate) fn is_vague(name: &str) -> bool {
    VAGUE.contains(&name) || name.starts_with("UTM_") || name.starts_with("ADDRESS")
}

/// What to search by.
pub(crate) fn search_by() -> Words {
    say!(
        "search by a phone, an e-mail or a number that nobody shares",
        "ищите по телефону, e-mail или номеру, который ни у кого не повторяется"
    )
}

/// Warns of a search by something that many people share.
pub(crate) fn check_search(
    name: &str,
    entity: Option<EntityKind>,
    place: &Place,
    problems: &mut Problems,
) {
    if is_vague(name) {
        let (en, ru) = entity.map_or(("contacts", "контакты"), |kind| match kind {
            EntityKind::Deal => ("deals", "сделки"),
            EntityKind::Lead => ("leads", "лиды"),
        });
        let message = say!(
            "`{name}` is not unique: different people's {en} will be taken for one",
            "`{name}` у многих одинаково: {ru} разных людей сойдут за одно"
        );
        problems.warn(Code::VagueSearch, place, message, search_by());
    }
}
