//! Values that a CRM field of a known type cannot hold: an amount with a blank in it, a currency
//! that is no code, a word where the portal has yes and no. Warnings: the portal decides.

use super::kinds::{AMOUNTS, DAYS, FLAGS};
use crate::authoring::Normaliser;
use crate::authoring::codes::Code;
use crate::authoring::lookalike::OddCharacter;
use crate::authoring::problem::Problems;
use crate::authoring::raw::RawProfile;
use crate::authoring::raw::field_rule::RawFieldRules;
use crate::authoring::suggest;
use crate::authoring::yaml::Text;
use crate::domain::bilingual;
use crate::mapping::normalise;

/// Fields that hold the number of another record.
const IDS: [&str; 4] = ["COMPANY_ID", "LEAD_ID", "QUOTE_ID", "LOCATION_ID"];

/// The codes of ISO 4217 that are in use, without funds and metals.
const CURRENCIES: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND \
    BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN \
    ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD \
    JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT \
    MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR \
    RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND \
    TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWL";

/// Checks all CRM fields of a profile.
pub(super) fn check(raw: &RawProfile, names: &[String], problems: &mut Problems) {
    computed(raw, problems);
    let contact = raw.contact.iter().map(|contact| &contact.fields);
    let records = [&raw.deal, &raw.lead, &raw.item].into_iter().flatten();
    let company = raw.company.iter().map(|company| &company.fields);
    let blocks = contact
        .chain(company)
        .chain(records.map(|record| &record.fields));
    for rules in blocks.flat_map(|fields| fields.values()) {
        one(rules, names, problems);
    }
}

/// `value: "{{sum}} * 0.2"` of a field that is read as a number.
fn computed(raw: &RawProfile, problems: &mut Problems) {
    for field in raw.fields.values() {
        let form = field.form.as_ref().map(|form| form.value);
        let Some(text) = field.value.as_ref() else {
            continue;
        };
        let beside = outside_of_tags(text.value.trim());
        let is_number = matches!(form, Some(Normaliser::Money | Normaliser::Integer));
        let is_formula = beside.contains(['*', '/', '+', '%'])
            || (beside.contains('-') && text.value.matches("{{").count() > 1);
        if !is_number || !is_formula || !text.value.contains("{{") {
            continue;
        }
        let message = bilingual!(
            "a template does not calculate: the signs become a part of the text",
            "шаблон не считает: знаки станут частью текста"
        );
        let advice = bilingual!(
            "let the form send the result as a value of its own",
            "пусть готовое число пришлёт форма отдельным полем"
        );
        let place = text.part(0, length(text));
        problems.warn(Code::WrongValue, &place, message, advice);
    }
}

fn one(rules: &RawFieldRules, names: &[String], problems: &mut Problems) {
    let code = crate::mapping::crm_fields::capitals(&rules.key.value);
    let key = &rules.key.value;
    for text in rules.rules.iter().map(|rule| &rule.value) {
        let value = text.value.trim();
        if names.iter().any(|name| name == value) {
            // the bare name of a field is reported as such
            continue;
        }
        if is_own_name(&code, value) {
            own_name(value, text, problems);
            continue;
        }
        let is_template = value.contains(['{', '<']) || value.starts_with(['$', '=']);
        if AMOUNTS.contains(&code.as_str()) {
            amount(key, text, problems);
            share(&code, key, text, problems);
        } else if DAYS.contains(&code.as_str()) {
            day(key, text, problems);
        } else if code == "PHONE" {
            prefixed(text, problems);
        } else if code == "CURRENCY_ID" && (!is_template || value == "$") {
            currency(key, text, problems);
        } else if IDS.contains(&code.as_str()) && !is_template {
            id(key, text, problems);
        } else if FLAGS.contains(&code.as_str()) && !is_template {
            flag(key, text, problems);
        }
    }
}

/// `UTM_SOURCE: utm_source`.
fn is_own_name(code: &str, value: &str) -> bool {
    value.chars().all(|c| c.is_ascii_lowercase() || c == '_') && value.to_uppercase() == code
}

fn own_name(value: &str, text: &Text, problems: &mut Problems) {
    let path = problems.facts.path_of(value);
    let message = bilingual!(
        "the word `{value}` is written into the CRM, not a value of the packet",
        "в CRM попадёт слово `{value}`, а не значение из пакета"
    );
    let advice = if problems.facts.is_for_polls {
        bilingual!(
            "declare `fields: {{ {value}: {path} }}` and write \"{{{{{value}}}}}\"",
            "опишите `fields: {{ {value}: {path} }}` и напишите \"{{{{{value}}}}}\""
        )
    } else {
        bilingual!("write \"{{{value}}}\"", "напишите \"{{{value}}}\"")
    };
    problems.warn(
        Code::BadTemplate,
        &text.part(0, length(text)),
        message,
        advice,
    );
}

/// An amount is a number, or a template and nothing beside it.
fn amount(key: &str, text: &Text, problems: &mut Problems) {
    let value = text.value.trim();
    if value.starts_with(['$', '=']) {
        return;
    }
    if let Some(start) = value.find("{{") {
        let beside = outside_of_tags(value);
        if beside.contains(|c: char| c.is_alphanumeric() || "₽$€%+*/=".contains(c)) {
            let end = value.find("}}").map_or(value.len(), |end| end + 2);
            let tag = value.get(start..end).unwrap_or_default();
            let message = bilingual!(
                "`{key}` is a number: the text beside the value spoils it",
                "`{key}` — число: текст рядом со значением его портит"
            );
            let advice = bilingual!(
                "write \"{tag}\"; the currency belongs into CURRENCY_ID",
                "напишите \"{tag}\"; валюту указывают в CURRENCY_ID"
            );
            problems.warn(
                Code::WrongValue,
                &text.part(0, length(text)),
                message,
                advice,
            );
        }
        return;
    }
    if value.contains(['{', '<', '｛']) || is_number(value) || value.is_empty() {
        return;
    }
    let advice = match normalise::money(value) {
        Some(number) => bilingual!("write `{key}: {number}`", "напишите `{key}: {number}`"),
        None => bilingual!(
            "write a number such as 1000 or 1000.50, or a template",
            "напишите число, например 1000 или 1000.50, либо шаблон"
        ),
    };
    let message = bilingual!("`{value}` is not a number", "`{value}` — не число");
    problems.warn(
        Code::WrongValue,
        &text.part(0, length(text)),
        message,
        advice,
    );
}

/// A probability beyond 100 percent.
fn share(code: &str, key: &str, text: &Text, problems: &mut Problems) {
    let value = text.value.trim();
    let is_too_much = value.parse::<f64>().is_ok_and(|number| number > 100.0);
    if code != "PROBABILITY" || !is_too_much {
        return;
    }
    let message = bilingual!(
        "`{key}` is a percentage: `{value}` is more than 100",
        "`{key}` — проценты: `{value}` больше 100"
    );
    let advice = bilingual!("write 0 to 100", "напишите от 0 до 100");
    let place = text.part(0, length(text));
    problems.warn(Code::WrongValue, &place, message, advice);
}

/// A day is a template, and no words beside it: `{{day}} + 3 дня`.
fn day(key: &str, text: &Text, problems: &mut Problems) {
    let value = text.value.trim();
    let Some(tag) = only_tag(value) else { return };
    let beside = outside_of_tags(value);
    // `{{day}}T10:00:00+03:00` is a time
    let is_time = |c: char| c.is_ascii_digit() || "T:+-.Z ".contains(c);
    if beside.chars().all(is_time) && !beside.contains(" + ") {
        return;
    }
    let message = bilingual!(
        "`{key}` is a day: the text beside the value spoils it",
        "`{key}` — дата: текст рядом со значением её портит"
    );
    let advice = bilingual!(
        "write \"{tag}\"; a profile does not calculate days",
        "напишите \"{tag}\"; вычислять даты профиль не умеет"
    );
    let place = text.part(0, length(text));
    problems.warn(Code::WrongValue, &place, message, advice);
}

/// `PHONE: "+7{{phone}}"`: a number that has its country code already.
fn prefixed(text: &Text, problems: &mut Problems) {
    let value = text.value.trim();
    let Some(tag) = only_tag(value) else { return };
    let name = tag.trim_matches(['{', '}', ' ']);
    let is_phone = problems.facts.form_of(name) == Some(Normaliser::Phone);
    if !is_phone || !outside_of_tags(value).contains(|c: char| c.is_ascii_digit()) {
        return;
    }
    let message = bilingual!(
        "`{tag}` is the whole number with its country code: digits before it spoil it",
        "`{tag}` — уже полный номер с кодом страны: цифры рядом его портят"
    );
    let advice = bilingual!("write \"{tag}\"", "напишите \"{tag}\"");
    let place = text.part(0, length(text));
    problems.warn(Code::WrongValue, &place, message, advice);
}

/// `COMPANY_ID: Ромашка`: the number of another record.
fn id(key: &str, text: &Text, problems: &mut Problems) {
    let value = text.value.trim();
    if value.is_empty() || value.bytes().all(|byte| byte.is_ascii_digit()) {
        return;
    }
    let message = bilingual!(
        "`{key}` is the number of a record: `{value}` is none",
        "`{key}` — номер записи, а `{value}` — не номер"
    );
    let advice = if key.ends_with("COMPANY_ID") {
        bilingual!(
            "write the number, or find the company by a block of its own: `company: {{ fields: {{ TITLE: \"…\" }} }}`",
            "напишите номер или найдите компанию отдельным блоком: `company: {{ fields: {{ TITLE: \"…\" }} }}`"
        )
    } else {
        bilingual!(
            "write the number, as in the address of its page",
            "напишите номер, как в адресе её страницы"
        )
    };
    let place = text.part(0, length(text));
    problems.warn(Code::WrongValue, &place, message, advice);
}

/// Returns the tag of a text that has one.
fn only_tag(value: &str) -> Option<&str> {
    let (start, end) = (value.find("{{")?, value.find("}}")? + 2);
    let is_one = value.matches("{{").count() == 1;
    value.get(start..end).filter(|_| is_one)
}

fn length(text: &Text) -> usize {
    text.value.chars().count()
}

fn is_number(value: &str) -> bool {
    let digits = value.strip_prefix('-').unwrap_or(value);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    is_digits(whole) && is_digits(fraction)
}

/// Returns what stands beside the tags of a template.
fn outside_of_tags(value: &str) -> String {
    let mut beside = String::new();
    let mut rest = value;
    let mut depth = 0_usize;
    while let Some((before, tag)) = rest.split_once("{{") {
        if depth == 0 {
            beside.push_str(before);
        }
        let (inside, after) = tag.split_once("}}").unwrap_or((tag, ""));
        // the texts of a condition are chosen by its author
        match inside.trim_start().chars().next() {
            Some('#') => depth += 1,
            Some('/') => depth = depth.saturating_sub(1),
            Some(_) | None => {}
        }
        rest = after;
    }
    beside.push_str(rest);
    beside
}

fn currency(key: &str, text: &Text, problems: &mut Problems) {
    let value = text.value.trim();
    let codes: Vec<&str> = CURRENCIES.split_whitespace().collect();
    if value.is_empty() || codes.contains(&value) {
        return;
    }
    let upper = value.to_uppercase();
    let place = text.part(0, length(text));
    if let Some(odd) = OddCharacter::find(value) {
        problems.warn(Code::WrongValue, &place, odd.message(value), odd.advice());
        return;
    }
    let meant = normalise::currency(value)
        .or_else(|| codes.iter().find(|code| **code == upper).copied())
        .or_else(|| suggest::nearest_name(&upper, &codes));
    let message = bilingual!(
        "`{value}` is not the code of a currency",
        "`{value}` — не код валюты"
    );
    let advice = match meant {
        Some(code) => bilingual!("write `{key}: {code}`", "напишите `{key}: {code}`"),
        None => bilingual!(
            "a code has three capital letters: RUB, USD, EUR, KZT, BYN",
            "код — три заглавные латинские буквы: RUB, USD, EUR, KZT, BYN"
        ),
    };
    problems.warn(Code::WrongValue, &place, message, advice);
}

/// A field that has `Y` or `N`.
fn flag(key: &str, text: &Text, problems: &mut Problems) {
    let value = text.value.trim();
    let is_good = matches!(value, "Y" | "N" | "")
        || (text.plain
            && matches!(
                value,
                "true" | "True" | "TRUE" | "false" | "False" | "FALSE"
            ));
    if is_good {
        return;
    }
    let word = suggest::nearest_name(value, &["true", "false"]).unwrap_or("true");
    let message = bilingual!(
        "`{key}` is yes or no: the portal does not understand `{value}`",
        "`{key}` — это да или нет: `{value}` портал не поймёт"
    );
    let advice = bilingual!("write `{key}: {word}`", "напишите `{key}: {word}`");
    let place = text.part(0, length(text));
    problems.warn(Code::WrongValue, &place, message, advice);
}
