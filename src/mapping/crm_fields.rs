//! The standard fields of contacts, companies, deals, leads and items. Bitrix24 silently drops unknown fields,
//! so the compiler reports misspelt names. Custom fields (`UF_CRM_…`, for items also `ufCrm…`)
//! depend on the portal.

use super::crm_field_aliases;
use super::profile::FieldContent;
use crate::authoring::codes::Code;
use crate::authoring::lookalike::OddCharacter;
use crate::authoring::problem::{Problems, TextPlace};
use crate::authoring::raw::cut;
use crate::authoring::suggest;
use crate::authoring::yaml::Text;
use crate::domain::{Bilingual, EntityKind, bilingual};

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

const COMPANY: &[&str] = &[
    "TITLE",
    "COMPANY_TYPE",
    "INDUSTRY",
    "EMPLOYEES",
    "CURRENCY_ID",
    "REVENUE",
    "PHONE",
    "EMAIL",
    "WEB",
    "IM",
    "BANKING_DETAILS",
    "COMMENTS",
    "OPENED",
    "IS_MY_COMPANY",
    "ADDRESS",
    "ADDRESS_2",
    "ADDRESS_CITY",
    "ADDRESS_POSTAL_CODE",
    "ADDRESS_REGION",
    "ADDRESS_PROVINCE",
    "ADDRESS_COUNTRY",
    "ADDRESS_COUNTRY_CODE",
    "UTM_SOURCE",
    "UTM_MEDIUM",
    "UTM_CAMPAIGN",
    "UTM_CONTENT",
    "UTM_TERM",
];

/// Fields of a company's requisite (REST documentation, "crm.requisite.add").
const REQUISITE: &[&str] = &[
    "RQ_INN",
    "RQ_KPP",
    "RQ_OGRN",
    "RQ_OGRNIP",
    "RQ_COMPANY_NAME",
    "RQ_COMPANY_FULL_NAME",
    "RQ_COMPANY_REG_DATE",
    "RQ_COMPANY_ID",
    "RQ_DIRECTOR",
    "RQ_ACCOUNTANT",
    "RQ_CEO_NAME",
    "RQ_CEO_WORK_POS",
    "RQ_CONTACT",
    "RQ_EMAIL",
    "RQ_PHONE",
    "RQ_FAX",
    "RQ_NAME",
    "RQ_FIRST_NAME",
    "RQ_LAST_NAME",
    "RQ_SECOND_NAME",
    "RQ_OKPO",
    "RQ_OKTMO",
    "RQ_OKVED",
    "RQ_IFNS",
    "RQ_EDRPOU",
    "RQ_DRFO",
    "RQ_KBE",
    "RQ_IIN",
    "RQ_BIN",
    "RQ_VAT_ID",
    "RQ_VAT_PAYER",
    "RQ_RESIDENCE_COUNTRY",
    "RQ_BASE_DOC",
    "RQ_REGON",
    "RQ_KRS",
    "RQ_PESEL",
    "RQ_USRLE",
    "RQ_SIRET",
    "RQ_SIREN",
    "RQ_CNPJ",
    "RQ_CPF",
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

/// Of an item (REST documentation, "Object fields", smart process); it has no comments of its own,
/// and its UTM marks cannot be written.
const ITEM: &[&str] = &[
    "title",
    "opened",
    "begindate",
    "closedate",
    "companyId",
    "currencyId",
    "opportunity",
    "isManualOpportunity",
    "taxValue",
    "mycompanyId",
    "sourceId",
    "sourceDescription",
    "webformId",
];

/// The kinds of phones, addresses, sites and messengers (REST documentation, type
/// `crm_multifield`).
const PHONE_TYPES: &[&str] = &["WORK", "MOBILE", "FAX", "HOME", "PAGER", "MAILING", "OTHER"];
const EMAIL_TYPES: &[&str] = &["WORK", "HOME", "MAILING", "OTHER"];
const SITE_TYPES: &[&str] = &[
    "WORK",
    "HOME",
    "FACEBOOK",
    "VK",
    "LIVEJOURNAL",
    "TWITTER",
    "OTHER",
];
const MESSENGER_TYPES: &[&str] = &[
    "TELEGRAM",
    "VK",
    "SKYPE",
    "VIBER",
    "FACEBOOK",
    "INSTAGRAM",
    "WHATSAPP",
    "BITRIX24",
    "IMOL",
    "OPENLINE",
    "ICQ",
    "MSN",
    "JABBER",
    "OTHER",
];

/// Fields that the gateway fills itself, and what to write instead.
fn ours(capitals: &str) -> Option<Bilingual> {
    Some(match capitals {
        "STAGE_ID" | "STATUS_ID" => bilingual!(
            "write `stage: NEW` in the block itself",
            "напишите `stage: NEW` в самом блоке"
        ),
        "ASSIGNED_BY_ID" => bilingual!(
            "write `responsible: 6` in the block itself",
            "напишите `responsible: 6` в самом блоке"
        ),
        "CONTACT_ID" | "CONTACT_IDS" => bilingual!(
            "the gateway binds the contact itself: remove it",
            "контакт шлюз привязывает сам: уберите"
        ),
        "ORIGINATOR_ID" | "ORIGIN_ID" | "XML_ID" => bilingual!(
            "the gateway sets this field in the records that it creates: remove it",
            "этим полем шлюз помечает то, что создаёт: уберите"
        ),
        "ID" => bilingual!(
            "the CRM numbers its records itself: remove it",
            "номера записям CRM даёт сама: уберите"
        ),
        _ => return None,
    })
}

/// Fields whose values many people share; a search by them would merge different people.
const WIDELY_SHARED: &[&str] = &[
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
    "COMPANY_TYPE",
    "INDUSTRY",
    "EMPLOYEES",
    "RQ_KPP",
    "RQ_DIRECTOR",
    "RQ_COMPANY_NAME",
];

/// Returns whether a text can be the code of a field.
fn is_code(written: &str, entity: Option<EntityKind>) -> bool {
    let is_item = matches!(entity, Some(EntityKind::Item(_)));
    !written.is_empty()
        && written.chars().all(|c| {
            c.is_ascii_uppercase()
                || c.is_ascii_digit()
                || c == '_'
                || (is_item && c.is_ascii_lowercase())
        })
}

/// Returns the field's name in the CRM, or reports a problem if it cannot be filled. Items may use
/// the names of deals: `TITLE` for `title`.
pub(crate) fn check(
    key: &Text,
    entity: Option<EntityKind>,
    problems: &mut Problems,
) -> Option<String> {
    let written = key.value.as_str();
    let (block, of) = called(entity);
    let is_item = matches!(entity, Some(EntityKind::Item(_)));
    let capitals = is_item.then(|| capitals(written));
    if let Some(advice) = ours(capitals.as_deref().unwrap_or(written)) {
        let message = bilingual!(
            "`{written}` is not a field to fill",
            "`{written}` не заполняют"
        );
        problems.error(Code::WrongPlace, &key.place, message, advice);
        return None;
    }
    if !has_contact_details(entity) && matches!(written, "PHONE" | "EMAIL" | "WEB" | "IM") {
        let message = bilingual!("{block} has no `{written}`", "{of} нет `{written}`");
        let advice = bilingual!(
            "put it into `contact: {{ fields: {{ {written}: … }} }}`",
            "впишите его в `contact: {{ fields: {{ {written}: … }} }}`"
        );
        problems.error(Code::WrongPlace, &key.place, message, advice);
        return None;
    }
    let known = known(entity);
    let is_meant =
        |field: &&&str| **field == written || (is_item && self::capitals(field) == written);
    if let Some(field) = known.iter().find(is_meant) {
        return Some((*field).to_owned());
    }
    if matches!(written, "UF_CRM_" | "UF_CRM") {
        let message = bilingual!(
            "`{written}` is the beginning of a code only",
            "`{written}` — только начало кода поля"
        );
        let advice = bilingual!(
            "write the whole code, such as UF_CRM_1690000000: it is in the settings of the field",
            "напишите код целиком, например UF_CRM_1690000000: он есть в настройках поля"
        );
        problems.error(Code::UnknownCrmField, &key.place, message, advice);
        return None;
    }
    if is_custom(written, entity) || is_link(written) {
        return Some(written.to_owned());
    }
    unknown(key, &known, entity, problems)
}

/// `PARENT_ID_1036`: the link to an item of a smart process (crm.deal.fields, crm.contact.fields).
fn is_link(code: &str) -> bool {
    let number = code.strip_prefix("PARENT_ID_").unwrap_or_default();
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns whether it has phones and addresses of its own.
pub(crate) fn has_contact_details(entity: Option<EntityKind>) -> bool {
    matches!(entity, None | Some(EntityKind::Lead | EntityKind::Company))
}

/// Returns the name of a kind of record in messages.
fn called(entity: Option<EntityKind>) -> (&'static str, &'static str) {
    match entity {
        None => ("a contact", "у контакта"),
        Some(EntityKind::Lead) => ("a lead", "у лида"),
        Some(EntityKind::Deal) => ("a deal", "у сделки"),
        Some(EntityKind::Item(_)) => ("an item", "у элемента"),
        Some(EntityKind::Company) => ("a company", "у компании"),
    }
}

/// Reports a name that is not a standard field: misspelt, or new in Bitrix24.
fn unknown(
    key: &Text,
    known: &[&str],
    entity: Option<EntityKind>,
    problems: &mut Problems,
) -> Option<String> {
    let written = key.value.as_str();
    let (block, of) = called(entity);
    let near = suggest::nearest(written, known.iter().copied());
    let named = || crm_field_aliases::advice(written, known, entity);
    let advice = match (cut::below_bar(key).or_else(named), near) {
        (Some(advice), _) => advice,
        (None, Some(near)) => suggest::meant_by(written, near),
        (None, None) => bilingual!(
            "custom fields are called UF_CRM_…; the field's settings show its code",
            "пользовательские поля называются UF_CRM_…; код поля виден в его настройках"
        ),
    };
    // `С` for `C` in `UF_CRM_…`
    if let Some(odd) = OddCharacter::find(written).filter(|odd| is_code(&odd.corrected, entity)) {
        let message = odd.message(written);
        problems.error(Code::UnknownCrmField, &key.place, message, odd.advice());
        return None;
    }
    if !is_code(written, entity) {
        let message = bilingual!(
            "`{written}` is not a field code: codes consist of capital letters, digits and `_`",
            "`{written}` — не код поля: коды пишутся ЗАГЛАВНЫМИ латинскими буквами, цифрами и `_`"
        );
        problems.error(Code::UnknownCrmField, &key.place, message, advice);
        return None;
    }
    let message = bilingual!(
        "{block} of Bitrix24 has no standard field `{written}`",
        "в Битрикс24 {of} нет стандартного поля `{written}`"
    );
    problems.warn(Code::UnknownCrmField, &key.place, message, advice);
    Some(written.to_owned())
}

/// Returns the standard fields that a profile can fill.
pub(crate) fn known(entity: Option<EntityKind>) -> Vec<&'static str> {
    let (own, shared) = match entity {
        None => (CONTACT, SHARED),
        Some(EntityKind::Deal) => (DEAL, SHARED),
        Some(EntityKind::Lead) => (LEAD, SHARED),
        Some(EntityKind::Item(_)) => (ITEM, &[] as &[&str]),
        Some(EntityKind::Company) => (COMPANY, REQUISITE),
    };
    own.iter().chain(shared).copied().collect()
}

/// Converts `isManualOpportunity` to `IS_MANUAL_OPPORTUNITY`; a name in capitals stays the same.
pub(super) fn capitals(name: &str) -> String {
    if !name.chars().any(|letter| letter.is_ascii_lowercase()) {
        return name.to_owned();
    }
    let mut capitals = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !capitals.is_empty() {
            capitals.push('_');
        }
        capitals.push(letter.to_ascii_uppercase());
    }
    capitals
}

fn is_custom(name: &str, entity: Option<EntityKind>) -> bool {
    let of_item = matches!(entity, Some(EntityKind::Item(_)));
    let is_code =
        |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_';
    let is_camel = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    (name.starts_with("UF_") && name.chars().all(is_code))
        || (of_item
            && (name.starts_with("ufCrm") || name.starts_with("parentId"))
            && name.chars().all(is_camel))
}

/// `ufCrm7Topic` and `ufCrm8City`: the number is that of the process, so all fields have one.
fn of_two_processes(keys: &[&Text], problems: &mut Problems) {
    let number = |key: &str| {
        let rest = key
            .strip_prefix("ufCrm")
            .or_else(|| key.strip_prefix("UF_CRM_"))?;
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        let behind = rest.get(digits.len()..)?;
        let is_of_process = !digits.is_empty() && digits.len() < 5 && !behind.is_empty();
        is_of_process.then_some(digits)
    };
    let numbered = || {
        let keys = keys.iter();
        keys.filter_map(|key| Some((*key, number(&key.value)?)))
    };
    let Some((first, usual)) = numbered().next() else {
        return;
    };
    for (key, other) in numbered().filter(|(_, other)| *other != usual) {
        let (written, first) = (&key.value, &first.value);
        let right = written.replacen(&other, &usual, 1);
        let message = bilingual!(
            "`{written}` and `{first}` have two numbers, and a process has one",
            "у `{written}` и `{first}` разные номера, а у процесса он один"
        );
        let advice = bilingual!("write `{right}`", "напишите `{right}`");
        problems.warn(Code::UnknownCrmField, &key.place, message, advice);
    }
}

/// The portal accepts custom fields of one request in one of two spellings only.
pub(crate) fn check_dialect<'k>(keys: impl Iterator<Item = &'k Text>, problems: &mut Problems) {
    let keys: Vec<&Text> = keys.collect();
    of_two_processes(&keys, problems);
    let camel = keys.iter().find(|key| key.value.starts_with("ufCrm"));
    let code = keys.iter().find(|key| key.value.starts_with("UF_"));
    if let (Some(camel), Some(code)) = (camel, code) {
        let (one, other) = (&camel.value, &code.value);
        let message = bilingual!(
            "`{one}` and `{other}` are spelled in two ways",
            "`{one}` и `{other}` написаны по-разному"
        );
        let advice = bilingual!(
            "write all custom fields of the item as UF_CRM_…, or all as ufCrm…",
            "пишите все пользовательские поля элемента как UF_CRM_… или все как ufCrm…"
        );
        problems.error(Code::WrongValue, &camel.place, message, advice);
    }
}

/// Checks the kind of a phone, address, site or messenger.
pub(crate) fn value_type(
    name: &str,
    content: FieldContent,
    written: &Text,
    problems: &mut Problems,
) -> Option<String> {
    let known = match content {
        FieldContent::Phone => PHONE_TYPES,
        FieldContent::Email => EMAIL_TYPES,
        FieldContent::Site => SITE_TYPES,
        FieldContent::Messenger => MESSENGER_TYPES,
        FieldContent::Text
        | FieldContent::Member
        | FieldContent::TaxNumber
        | FieldContent::File { .. } => {
            let message = bilingual!("`{name}` has no `type`", "у `{name}` нет `type`");
            let advice = bilingual!(
                "only PHONE, EMAIL, WEB and IM have a `type`",
                "`type` бывает только у PHONE, EMAIL, WEB и IM"
            );
            problems.error(Code::UnknownKey, &written.place, message, advice);
            return None;
        }
    };
    let word = written.value.trim().to_ascii_uppercase();
    if !known.contains(&word.as_str()) {
        let found = &written.value;
        let message = bilingual!(
            "Bitrix24 has no type `{found}` for {name}",
            "в Битрикс24 у {name} нет вида `{found}`"
        );
        let advice = suggest::did_you_mean(&word, known);
        problems.warn(Code::WrongValue, &written.place, message, advice);
    }
    Some(word)
}

/// Returns whether many people share such a value.
pub(crate) fn is_widely_shared(name: &str) -> bool {
    let name = capitals(name);
    WIDELY_SHARED.contains(&name.as_str())
        || name.starts_with("UTM_")
        || name.starts_with("ADDRESS")
}

/// Suggests what to search by.
pub(crate) fn search_by() -> Bilingual {
    bilingual!(
        "search by a phone number, an e-mail address or another unique number",
        "ищите по телефону, e-mail или другому уникальному номеру"
    )
}

/// Warns of a search by a value that many people share.
pub(crate) fn check_search(
    name: &str,
    entity: Option<EntityKind>,
    place: &TextPlace,
    problems: &mut Problems,
) {
    if is_widely_shared(name) {
        let (en, ru) = entity.map_or(("contacts", "контакты"), |kind| match kind {
            EntityKind::Deal => ("deals", "сделки"),
            EntityKind::Lead => ("leads", "лиды"),
            EntityKind::Item(_) => ("items", "элементы"),
            EntityKind::Company => ("companies", "компании"),
        });
        let message = bilingual!(
            "`{name}` is not unique: different people's {en} will be taken for one",
            "`{name}` у многих одинаково: {ru} разных людей сойдут за одно"
        );
        let message = if entity == Some(EntityKind::Company) {
            bilingual!(
                "`{name}` is not unique: different companies will be taken for one",
                "`{name}` у многих одинаково: разные компании сойдут за одну"
            )
        } else {
            message
        };
        problems.warn(Code::VagueSearch, place, message, search_by());
    }
}
