//! Currencies and the portal's mode: data that clients read once and cache.

use serde_json::{Value, json};

use super::{Context, Registry, Run, argument, describe::described};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    php,
    state::dictionary::Currency,
};

pub(super) fn register(registry: &mut Registry) {
    let mut add = |name: &str, run| registry.add(name, "crm", Run::One(run));
    add("crm.currency.fields", |_, _| {
        Ok(Answer::plain(described(CURRENCY)))
    });
    add("crm.currency.get", currency);
    add("crm.currency.list", currencies);
    add("crm.currency.base.get", base);
    add("crm.settings.mode.get", mode);
}

const CURRENCY: &str = "\
CURRENCY | string | - | Валюта
AMOUNT_CNT | int | - | Номинал
AMOUNT | double | - | Курс
BASE | char | r | Базовая валюта
SORT | int | - | Сортировка
DATE_UPDATE | datetime | r | Дата изменения
LID | string | r | Сайт
FORMAT_STRING | string | r | Шаблон для вывода
FULL_NAME | string | r | Название
DEC_POINT | string | r | Десятичная точка
THOUSANDS_SEP | string | r | Разделитель тысяч
DECIMALS | int | r | Число десятичных знаков
LANG | currency_localization | m | Языковые параметры
";

fn row(at: usize, currency: &Currency) -> Value {
    json!({
        "CURRENCY": currency.code,
        "AMOUNT_CNT": "1",
        "AMOUNT": format!("{}.{:04}", currency.rate / 10_000, currency.rate % 10_000),
        "SORT": ((at + 1) * 100).to_string(),
        "BASE": if at == 0 { "Y" } else { "N" },
        "FULL_NAME": currency.name,
        "LID": "ru",
        "FORMAT_STRING": currency.format,
        "DEC_POINT": ".",
        "THOUSANDS_SEP": "&nbsp;",
        "DECIMALS": "2",
        "DATE_UPDATE": "2026-01-12T09:00:00+03:00",
    })
}

fn currencies(ctx: &mut Context<'_>, _: &Value) -> Reply {
    let all = ctx.state.currencies.iter().enumerate();
    let rows: Vec<Value> = all.map(|(at, it)| row(at, it)).collect();
    let total = rows.len() as u64;
    Ok(Answer {
        result: rows.into(),
        total: Some(total),
        next: None,
    })
}

fn currency(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let code = argument(params, "id").map(php::strval).unwrap_or_default();
    let mut all = ctx.state.currencies.iter().enumerate();
    let (at, found) = all
        .find(|(_, it)| it.code == code)
        .ok_or_else(ApiError::not_found)?;
    let mut row = row(at, found);
    if let Some(map) = row.as_object_mut() {
        let language = json!({
            "FORMAT_STRING": found.format,
            "FULL_NAME": found.name,
            "DEC_POINT": ".",
            "THOUSANDS_SEP": "&nbsp;",
            "DECIMALS": "2",
            "THOUSANDS_VARIANT": "B",
            "HIDE_ZERO": "Y",
        });
        map.insert("LANG".to_owned(), json!({"ru": language}));
    }
    Ok(Answer::plain(row))
}

fn base(ctx: &mut Context<'_>, _: &Value) -> Reply {
    Ok(Answer::plain(ctx.state.base_currency()))
}

fn mode(ctx: &mut Context<'_>, _: &Value) -> Reply {
    Ok(Answer::plain(ctx.state.mode))
}
