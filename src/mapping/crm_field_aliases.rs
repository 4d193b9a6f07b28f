//! What people call the fields of the CRM who know them from other places: `FIRST_NAME`, `INN`,
//! `TELEGRAM`, and fields of another block.

use crate::domain::{Bilingual, EntityKind, bilingual};

/// Other names, and the fields, the first of which a block has.
const NAMES: &[(&[&str], &[&str])] = &[
    (&["FIRST_NAME", "FIRSTNAME", "FNAME", "IMYA"], &["NAME"]),
    (
        &["SURNAME", "FAMILY_NAME", "LASTNAME", "LNAME"],
        &["LAST_NAME"],
    ),
    (
        &["MIDDLE_NAME", "PATRONYMIC", "MIDDLENAME"],
        &["SECOND_NAME"],
    ),
    (&["FIO", "FULL_NAME", "FULLNAME", "CLIENT_NAME"], &["NAME"]),
    (
        &[
            "TEL",
            "TELEPHONE",
            "MOBILE",
            "PHONE_NUMBER",
            "PHONE_MOBILE",
            "PHONE_WORK",
        ],
        &["PHONE"],
    ),
    (&["MAIL", "E_MAIL", "EMAIL_WORK", "EMAIL_HOME"], &["EMAIL"]),
    (&["SITE", "URL", "WEBSITE", "WWW"], &["WEB"]),
    (&["BIRTHDAY", "BIRTH_DATE", "DATE_OF_BIRTH"], &["BIRTHDATE"]),
    (
        &["POSITION", "JOB", "JOB_TITLE", "WORK_POSITION"],
        &["POST"],
    ),
    (&["CITY", "TOWN", "GOROD"], &["ADDRESS_CITY"]),
    (&["COUNTRY"], &["ADDRESS_COUNTRY"]),
    (&["COMMENT", "DESCRIPTION", "NOTE", "TEXT"], &["COMMENTS"]),
    (
        &[
            "SUM",
            "SUMMA",
            "AMOUNT",
            "PRICE",
            "TOTAL",
            "COST",
            "BUDGET",
            "OPPORTUNITY_ACCOUNT",
            "OPPORTUNITY_SUM",
        ],
        &["OPPORTUNITY"],
    ),
    (
        &["CURRENCY", "VALUTA", "ACCOUNT_CURRENCY_ID"],
        &["CURRENCY_ID"],
    ),
    (&["SOURCE", "LEAD_SOURCE", "DEAL_SOURCE"], &["SOURCE_ID"]),
    (&["TYPE"], &["TYPE_ID"]),
    (&["DATE_CLOSE", "CLOSE_DATE", "DEADLINE"], &["CLOSEDATE"]),
    (&["DATE_BEGIN", "BEGIN_DATE", "START_DATE"], &["BEGINDATE"]),
    (
        &["COMPANY", "COMPANY_NAME", "ORGANIZATION"],
        &["COMPANY_TITLE", "TITLE"],
    ),
    (&["TITLE_COMPANY", "COMPANY_TITLE", "NAME"], &["TITLE"]),
    (&["INN", "TAX_ID", "COMPANY_INN", "UF_INN"], &["RQ_INN"]),
    (&["KPP"], &["RQ_KPP"]),
    (&["OGRN"], &["RQ_OGRN"]),
    (
        &[
            "HEADER",
            "SUBJECT",
            "TOPIC",
            "LEAD_NAME",
            "DEAL_NAME",
            "LEAD_TITLE",
            "DEAL_TITLE",
            "ORDER_NAME",
        ],
        &["TITLE"],
    ),
];

/// Messengers, which are kinds of one field.
const MESSENGERS: &[(&str, &str)] = &[
    ("TELEGRAM", "TELEGRAM"),
    ("TG", "TELEGRAM"),
    ("WHATSAPP", "WHATSAPP"),
    ("VIBER", "VIBER"),
    ("SKYPE", "SKYPE"),
    ("VK", "VK"),
    ("INSTAGRAM", "INSTAGRAM"),
    ("FACEBOOK", "FACEBOOK"),
];

/// Fields of contacts that deals and companies do not have.
const OF_CONTACT: &[&str] = &[
    "NAME",
    "LAST_NAME",
    "SECOND_NAME",
    "PHONE",
    "EMAIL",
    "IM",
    "WEB",
    "BIRTHDATE",
    "POST",
    "FIRST_NAME",
];

/// Returns advice for a name that is no standard field of a block.
pub(super) fn advice(
    written: &str,
    known: &[&str],
    entity: Option<EntityKind>,
) -> Option<Bilingual> {
    let upper = written.to_uppercase();
    let code = upper.as_str();
    if matches!(
        code,
        "RESPONSIBLE" | "RESPONSIBLE_ID" | "MANAGER" | "ASSIGNED"
    ) {
        return Some(bilingual!(
            "write `responsible: 6` in the block itself",
            "напишите `responsible: 6` в самом блоке"
        ));
    }
    if let Some(advice) = of_portal(code).or_else(|| of_other_block(code, entity)) {
        return Some(advice);
    }
    if let Some(advice) = of_custom(written, code, entity) {
        return Some(advice);
    }
    if matches!(entity, Some(EntityKind::Item(_))) && code == "NAME" {
        return Some(bilingual!(
            "it is called `title`: write `title: …`",
            "оно называется `title`: напишите `title: …`"
        ));
    }
    let named = NAMES.iter().filter(|(names, _)| names.contains(&code));
    let meant = named
        .flat_map(|(_, fields)| fields.iter())
        .find(|field| known.contains(field));
    if let Some(field) = meant {
        return Some(bilingual!(
            "it is called `{field}` there: write `{field}: …`",
            "оно называется `{field}`: напишите `{field}: …`"
        ));
    }
    let messenger = MESSENGERS.iter().find(|(name, _)| *name == code);
    if let Some((_, kind)) = messenger.filter(|_| known.contains(&"IM")) {
        let name = kind.to_lowercase();
        return Some(bilingual!(
            "messengers are one field: `IM: {{ value: \"{{{{{name}}}}}\", type: {kind} }}`",
            "мессенджеры — одно поле: `IM: {{ value: \"{{{{{name}}}}}\", type: {kind} }}`"
        ));
    }
    if entity.is_none() && code == "TITLE" {
        return Some(bilingual!(
            "a contact has no title: its name is `NAME`, and the title of the record belongs in its own block",
            "у контакта нет названия: имя пишут в `NAME`, а название записи — в её собственном блоке"
        ));
    }
    let is_of_contact = OF_CONTACT.contains(&code) || messenger.is_some();
    (is_of_contact && entity.is_some()).then(|| {
        bilingual!(
            "it is a field of the contact: write it in `contact: {{ fields: {{ … }} }}`",
            "это поле контакта: впишите его в `contact: {{ fields: {{ … }} }}`"
        )
    })
}

/// Fields that the portal fills, and goods.
fn of_portal(code: &str) -> Option<Bilingual> {
    Some(match code {
        "DATE_CREATE" | "DATE_MODIFY" | "DATE_CREATED" | "CREATED_DATE" | "CREATED_BY_ID"
        | "CREATED_BY" | "MODIFY_BY_ID" | "MODIFIED_BY_ID" | "CREATED_TIME" | "UPDATED_TIME"
        | "LAST_ACTIVITY_TIME" | "IS_NEW" | "IS_RETURN_CUSTOMER" => bilingual!(
            "the portal fills it itself: remove it; a time of the packet belongs in a field of your own, UF_CRM_…",
            "его заполняет сам портал: уберите; время из пакета пишут в своё поле UF_CRM_…"
        ),
        "CLOSED" | "IS_CLOSED" => bilingual!(
            "a record is closed by its stage: `stage: WON`",
            "запись закрывает её стадия: `stage: WON`"
        ),
        "PRODUCTS" | "PRODUCT_ROWS" | "PRODUCTROWS" | "PRODUCT" | "PRODUCT_ID" | "GOODS"
        | "ITEMS" | "ROWS" => bilingual!(
            "goods have a key of their own: `products: {{ each: \"$.items[*]\", name: $.name, price: $.price }}`",
            "для товаров есть свой ключ: `products: {{ each: \"$.items[*]\", name: $.name, price: $.price }}`"
        ),
        _ => return None,
    })
}

/// `CONTACT_PHONE`, `RQ_INN` of a contact, comments of an item.
fn of_other_block(code: &str, entity: Option<EntityKind>) -> Option<Bilingual> {
    let is_company = entity == Some(EntityKind::Company);
    let field = code
        .strip_prefix("CONTACT_")
        .or_else(|| code.strip_prefix("CONTACT."))
        .filter(|field| entity.is_some() && OF_CONTACT.contains(field));
    if let Some(field) = field {
        return Some(bilingual!(
            "it is a field of the contact: write `contact: {{ fields: {{ {field}: … }} }}`",
            "это поле контакта: напишите `contact: {{ fields: {{ {field}: … }} }}`"
        ));
    }
    if code.starts_with("RQ_") && !is_company {
        return Some(bilingual!(
            "it is a field of the company: write `company: {{ fields: {{ {code}: … }} }}`",
            "это поле компании: напишите `company: {{ fields: {{ {code}: … }} }}`"
        ));
    }
    let is_item = matches!(entity, Some(EntityKind::Item(_)));
    (is_item && matches!(code, "COMMENTS" | "COMMENT")).then(|| {
        bilingual!(
            "an item has no such field: `comment: answers` of the profile writes into its timeline, or use a field of your own, `ufCrm7Comment`",
            "у элемента такого поля нет: в таймлайн пишет `comment: answers` профиля, или заведите своё поле, `ufCrm7Comment`"
        )
    })
}

/// `UF_CRM 1690`, `ufcrm7Topic`, `uf_crm_city`: custom fields in another spelling.
fn of_custom(written: &str, code: &str, entity: Option<EntityKind>) -> Option<Bilingual> {
    let joined = code.replace([' ', '-', '.'], "_");
    if joined != code && joined.starts_with("UF_") && joined.is_ascii() {
        return Some(bilingual!("write `{joined}`", "напишите `{joined}`"));
    }
    if matches!(entity, Some(EntityKind::Item(_)))
        && let Some(rest) = written.to_lowercase().strip_prefix("ufcrm")
        && !written.starts_with("ufCrm")
    {
        let digits = rest.chars().take_while(char::is_ascii_digit).count();
        let (number, name) = written
            .get("ufcrm".len()..)
            .and_then(|rest| rest.split_at_checked(digits))?;
        let mut name = name.trim_start_matches('_').chars();
        let first = name.next()?.to_ascii_uppercase();
        let name: String = std::iter::once(first).chain(name).collect();
        return Some(bilingual!(
            "write `ufCrm{number}{name}`",
            "напишите `ufCrm{number}{name}`"
        ));
    }
    (code != written && code.starts_with("UF_") && code.is_ascii())
        .then(|| bilingual!("write `{code}`", "напишите `{code}`"))
}
