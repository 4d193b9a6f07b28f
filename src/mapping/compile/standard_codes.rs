//! Codes that every portal has from the beginning, and what people write in place of them. A portal
//! adds codes of its own, so only a code that is nearly one of these is reported.

use crate::domain::EntityKind;

/// Stages of deals, in each pipeline.
const DEAL: &[&str] = &[
    "NEW",
    "PREPARATION",
    "PREPAYMENT_INVOICE",
    "EXECUTING",
    "FINAL_INVOICE",
    "WON",
    "LOSE",
    "APOLOGY",
];
/// Statuses of leads.
const LEAD: &[&str] = &["NEW", "IN_PROCESS", "PROCESSED", "CONVERTED", "JUNK"];
/// Stages of smart processes.
const ITEM: &[&str] = &["NEW", "PREPARATION", "CLIENT", "SUCCESS", "FAIL"];

/// Codes of earlier versions of Bitrix24, which old portals still have.
const EARLIER: &[&str] = &[
    "PROPOSAL",
    "NEGOTIATION",
    "ON_HOLD",
    "ASSIGNED",
    "DETAILS",
    "CANNOT_CONTACT",
    "RESTORED",
];

/// What people call a stage, and its codes, the first of which a kind of record has.
const STAGES: &[(&str, &[&str])] = &[
    (
        "WIN WINN WINNED WINNING WONED SUCCESS SUCCESSFUL SUCCEED SUCCESSFULL PAID DONE WON SOLD",
        &["WON", "CONVERTED", "SUCCESS"],
    ),
    (
        "LOST LOOSE LOSED LOSS LOOSED LOSER FAIL FAILED FAILURE LOSE REJECTED REFUSED JUNK JUNKED SPAM TRASH JANK JUNC",
        &["LOSE", "JUNK", "FAIL"],
    ),
    (
        "CONVERT CONVERTED CONVERSION QUALIFIED",
        &["CONVERTED", "WON", "SUCCESS"],
    ),
    (
        "PREPARE PREPARING PREPARED PREP PREPARATION",
        &["PREPARATION", "IN_PROCESS"],
    ),
    (
        "IN_PROGRESS INPROCESS INPROGRESS IN_WORK INWORK PROCESS PROCESSING WORK PROGRESS WORKING",
        &["IN_PROCESS", "EXECUTING", "CLIENT"],
    ),
    (
        "EXECUTE EXECUTION EXECUTED EXEC EXECUTING IN_PROCESS",
        &["EXECUTING", "IN_PROCESS", "CLIENT"],
    ),
    (
        "INVOICE PREPAYMENT PREPAY PREPAID PREPAYMENT_INVOCE PREPAYMENT_INVOICE",
        &["PREPAYMENT_INVOICE", "IN_PROCESS"],
    ),
    (
        "FINAL FINAL_BILL FINAL_INVOICE",
        &["FINAL_INVOICE", "PROCESSED"],
    ),
    (
        "NEW_LEAD NEW_DEAL NEWLEAD NEWDEAL NEWW CREATED NEW_ _NEW",
        &["NEW"],
    ),
    ("APOLOGIZE APOLOGISE APOLOGIES", &["APOLOGY"]),
];

/// Returns the code of a stage that is probably meant by one that no portal has from the beginning.
pub(super) fn meant_stage(code: &str, kind: Option<EntityKind>) -> Option<String> {
    let (pipeline, stage) = match code.split_once(':') {
        Some((pipeline, stage)) => (format!("{pipeline}:"), stage),
        None => (String::new(), code),
    };
    let known = match kind? {
        EntityKind::Deal => DEAL,
        EntityKind::Lead => LEAD,
        EntityKind::Item(_) => ITEM,
        EntityKind::Company => return None,
    };
    if known.contains(&stage) || EARLIER.contains(&stage) {
        return None;
    }
    let meant = named(stage, known).or_else(|| near(stage, known))?;
    Some(format!("{pipeline}{meant}"))
}

fn named(stage: &str, known: &[&'static str]) -> Option<&'static str> {
    let mut rows = STAGES.iter();
    let (_, codes) = rows.find(|(words, codes)| {
        words.split(' ').any(|word| word == stage) && codes.iter().any(|code| known.contains(code))
    })?;
    codes.iter().find(|code| known.contains(code)).copied()
}

/// Returns the code that differs in a letter or two. Codes with digits are the portal's own.
fn near(written: &str, known: &[&'static str]) -> Option<&'static str> {
    let is_word = |c: char| c.is_ascii_uppercase() || c == '_';
    if written.starts_with("UC_") || !written.chars().all(is_word) || written.len() > 40 {
        return None;
    }
    let distance = |code: &str| strsim::damerau_levenshtein(written, code);
    let nearest = known.iter().copied().min_by_key(|code| distance(code))?;
    let most = match nearest.len() {
        0..=3 => usize::from(written.len() > 3),
        4..=6 => 1,
        _ => 2,
    };
    (distance(nearest) <= most).then_some(nearest)
}

/// Lists of the portal that are filled from the beginning: block, field, codes.
const LISTS: &[(&str, &str, &[&str])] = &[
    (
        "",
        "SOURCE_ID",
        &[
            "CALL",
            "EMAIL",
            "WEB",
            "ADVERTISING",
            "PARTNER",
            "RECOMMENDATION",
            "TRADE_SHOW",
            "WEBFORM",
            "CALLBACK",
            "RC_GENERATOR",
            "STORE",
            "REPEAT_SALE",
            "SELF",
            "OTHER",
        ],
    ),
    (
        "deal",
        "TYPE_ID",
        &["SALE", "COMPLEX", "GOODS", "SERVICES", "SERVICE"],
    ),
    (
        "contact",
        "TYPE_ID",
        &["CLIENT", "SUPPLIER", "PARTNER", "OTHER"],
    ),
    (
        "company",
        "COMPANY_TYPE",
        &["CUSTOMER", "SUPPLIER", "COMPETITOR", "PARTNER", "OTHER"],
    ),
    (
        "company",
        "INDUSTRY",
        &[
            "IT",
            "TELECOM",
            "MANUFACTURING",
            "BANKING",
            "CONSULTING",
            "FINANCE",
            "GOVERNMENT",
            "DELIVERY",
            "ENTERTAINMENT",
            "NOTPROFIT",
            "OTHER",
        ],
    ),
    (
        "",
        "HONORIFIC",
        &[
            "HNR_RU_1", "HNR_RU_2", "HNR_EN_1", "HNR_EN_2", "HNR_EN_3", "HNR_EN_4",
        ],
    ),
];

/// What people write in place of a code of a list.
const WORDS: &[(&str, &str, &str)] = &[
    (
        "SOURCE_ID",
        "WEB",
        "SITE WEBSITE WEB_SITE INTERNET WWW САЙТ ВЕБ ВЕБ-САЙТ С_САЙТА ИНТЕРНЕТ",
    ),
    (
        "SOURCE_ID",
        "WEBFORM",
        "FORM CRM_FORM CRM-ФОРМА ФОРМА ВЕБ-ФОРМА WEB_FORM",
    ),
    ("SOURCE_ID", "CALL", "PHONE CALLS ЗВОНОК ТЕЛЕФОН"),
    ("SOURCE_ID", "CALLBACK", "CALL_BACK ОБРАТНЫЙ_ЗВОНОК"),
    ("SOURCE_ID", "EMAIL", "MAIL E_MAIL E-MAIL ПОЧТА ПИСЬМО"),
    (
        "SOURCE_ID",
        "ADVERTISING",
        "AD ADS ADV ADVERT ADVERTISEMENT ADVERTISE РЕКЛАМА",
    ),
    (
        "SOURCE_ID",
        "RECOMMENDATION",
        "RECOMMEND REFERRAL REFERAL РЕКОМЕНДАЦИЯ ПО_РЕКОМЕНДАЦИИ",
    ),
    ("SOURCE_ID", "PARTNER", "PARTNERS ПАРТНЕР ПАРТНЁР"),
    (
        "SOURCE_ID",
        "TRADE_SHOW",
        "EXHIBITION TRADESHOW SHOW ВЫСТАВКА",
    ),
    ("SOURCE_ID", "STORE", "SHOP ESHOP МАГАЗИН ИНТЕРНЕТ-МАГАЗИН"),
    ("SOURCE_ID", "OTHER", "ELSE ДРУГОЕ ПРОЧЕЕ"),
    ("TYPE_ID", "SALE", "SALES SELL ПРОДАЖА"),
    ("TYPE_ID", "SERVICE", "УСЛУГА"),
    ("TYPE_ID", "SERVICES", "УСЛУГИ"),
    ("TYPE_ID", "GOODS", "GOOD PRODUCT PRODUCTS ТОВАР ТОВАРЫ"),
    ("TYPE_ID", "CLIENT", "CUSTOMER CLIENTS КЛИЕНТ КЛИЕНТЫ"),
    ("TYPE_ID", "SUPPLIER", "ПОСТАВЩИК"),
    ("TYPE_ID", "PARTNER", "ПАРТНЕР ПАРТНЁР"),
    (
        "COMPANY_TYPE",
        "CUSTOMER",
        "CLIENT CLIENTS CUSTOMERS КЛИЕНТ",
    ),
    ("COMPANY_TYPE", "SUPPLIER", "ПОСТАВЩИК"),
    ("COMPANY_TYPE", "PARTNER", "ПАРТНЕР ПАРТНЁР"),
    ("COMPANY_TYPE", "COMPETITOR", "КОНКУРЕНТ"),
    (
        "HONORIFIC",
        "HNR_RU_1",
        "MR MISTER Г-Н ГОСПОДИН М HNR_1 HNR_RU1",
    ),
    (
        "HONORIFIC",
        "HNR_RU_2",
        "MS MRS MISS Г-ЖА ГОСПОЖА Ж HNR_2 HNR_RU2",
    ),
];

/// Returns the code of a list that is probably meant.
pub(super) fn meant_in_list(block: &str, field: &str, written: &str) -> Option<&'static str> {
    let mut lists = LISTS
        .iter()
        .filter(|(of, code, _)| *code == field && (of.is_empty() || *of == block));
    let (_, _, known) = lists.next()?;
    if known.contains(&written) || written.len() > 80 {
        return None;
    }
    let upper = written.trim().to_uppercase().replace(' ', "_");
    if let Some(known) = known.iter().find(|code| **code == upper) {
        return Some(known);
    }
    let rows = WORDS
        .iter()
        .filter(|(of, meant, _)| *of == field && known.contains(meant));
    let mut rows = rows.filter(|(_, _, words)| words.split(' ').any(|word| word == upper));
    rows.next()
        .map(|(_, meant, _)| *meant)
        .or_else(|| near(&upper, known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ItemType;

    #[test]
    fn misspelt_stages_of_each_kind_are_understood() {
        let item = ItemType::new(1036).map(EntityKind::Item);
        for (code, kind, right) in [
            ("WIN", Some(EntityKind::Deal), Some("WON")),
            ("WONN", Some(EntityKind::Deal), Some("WON")),
            ("SUCCESS", Some(EntityKind::Deal), Some("WON")),
            ("LOST", Some(EntityKind::Deal), Some("LOSE")),
            ("LOOSE", Some(EntityKind::Deal), Some("LOSE")),
            ("JUNK", Some(EntityKind::Deal), Some("LOSE")),
            ("PREPARE", Some(EntityKind::Deal), Some("PREPARATION")),
            ("PREPARATON", Some(EntityKind::Deal), Some("PREPARATION")),
            ("IN_PROCESS", Some(EntityKind::Deal), Some("EXECUTING")),
            ("NEW_", Some(EntityKind::Deal), Some("NEW")),
            ("C1:LOST", Some(EntityKind::Deal), Some("C1:LOSE")),
            (
                "C12:FINAL_INVOCE",
                Some(EntityKind::Deal),
                Some("C12:FINAL_INVOICE"),
            ),
            ("WON", Some(EntityKind::Lead), Some("CONVERTED")),
            ("LOSE", Some(EntityKind::Lead), Some("JUNK")),
            ("JUNKED", Some(EntityKind::Lead), Some("JUNK")),
            ("CONVERTD", Some(EntityKind::Lead), Some("CONVERTED")),
            ("IN_PROGRESS", Some(EntityKind::Lead), Some("IN_PROCESS")),
            ("PREPARATION", Some(EntityKind::Lead), Some("IN_PROCESS")),
            ("EXECUTING", Some(EntityKind::Lead), Some("IN_PROCESS")),
            ("EXECUTING", Some(EntityKind::Deal), None),
            ("DT1036_5:WON", item, Some("DT1036_5:SUCCESS")),
            ("DT1036_5:LOSE", item, Some("DT1036_5:FAIL")),
            // what a portal may have
            ("NEW", Some(EntityKind::Deal), None),
            ("C1:NEW", Some(EntityKind::Deal), None),
            ("UC_A1B2C3", Some(EntityKind::Deal), None),
            ("NEGOTIATION", Some(EntityKind::Deal), None),
            ("NEW2", Some(EntityKind::Deal), None),
            ("CALLED", Some(EntityKind::Deal), None),
            ("DELIVERY", Some(EntityKind::Deal), None),
            ("CANNOT_CONTACT", Some(EntityKind::Lead), None),
            ("1", Some(EntityKind::Lead), None),
            ("HOT", Some(EntityKind::Lead), None),
            ("WIN", None, None),
        ] {
            assert_eq!(meant_stage(code, kind).as_deref(), right, "{code} {kind:?}");
        }
    }

    #[test]
    fn misspelt_codes_of_lists_are_understood() {
        for (block, field, written, right) in [
            ("deal", "SOURCE_ID", "WEBSITE", Some("WEB")),
            ("contact", "SOURCE_ID", "САЙТ", Some("WEB")),
            ("lead", "SOURCE_ID", "Веб-сайт", Some("WEB")),
            ("lead", "SOURCE_ID", "web", Some("WEB")),
            ("lead", "SOURCE_ID", "ADVERTISNG", Some("ADVERTISING")),
            ("lead", "SOURCE_ID", "реклама", Some("ADVERTISING")),
            ("deal", "TYPE_ID", "SALES", Some("SALE")),
            ("contact", "TYPE_ID", "Клиент", Some("CLIENT")),
            ("contact", "TYPE_ID", "CLEINT", Some("CLIENT")),
            ("company", "COMPANY_TYPE", "CLIENT", Some("CUSTOMER")),
            ("contact", "HONORIFIC", "Г-н", Some("HNR_RU_1")),
            ("lead", "SOURCE_ID", "WEB", None),
            ("lead", "SOURCE_ID", "UC_ABCDEF", None),
            ("lead", "SOURCE_ID", "1|OPENLINE", None),
            ("lead", "SOURCE_ID", "TILDA", None),
            ("lead", "SOURCE_ID", "AVITO", None),
            ("contact", "TYPE_ID", "STUDENT", None),
            ("deal", "COMPANY_TYPE", "CLIENT", None),
        ] {
            assert_eq!(
                meant_in_list(block, field, written),
                right,
                "{field}: {written}"
            );
        }
    }
}
