//! `crm.requisite.preset.{list,get,fields,countries}`: the templates of requisites. They cannot be
//! changed here.

use serde_json::{Map, Value, json};

use super::{Context, Registry, Run, describe::described, id_argument, requisite::page};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    state::requisite::{PRESETS, Preset},
};

pub(super) fn register(registry: &mut Registry) {
    let mut add = |verb: &str, run| {
        registry.add(format!("crm.requisite.preset.{verb}"), "crm", Run::One(run));
    };
    add("fields", |_, _| Ok(Answer::plain(described(FIELDS))));
    add("get", get);
    add("list", list);
    add("countries", countries);
}

const FIELDS: &str = "\
ID | integer | r | ID
ENTITY_TYPE_ID | integer | !i | Идентификатор типа объекта
COUNTRY_ID | integer | !i | Идентификатор страны
NAME | string | ! | Название
DATE_CREATE | datetime | r | Дата создания
DATE_MODIFY | datetime | r | Дата изменения
CREATED_BY_ID | user | r | Кем создан
MODIFY_BY_ID | user | r | Кем изменён
ACTIVE | char | - | Активен
SORT | integer | - | Сортировка
XML_ID | string | - | Внешний код
";

fn row(preset: &Preset) -> Map<String, Value> {
    let row = json!({
        "ID": preset.id.to_string(),
        "ENTITY_TYPE_ID": "8",
        "COUNTRY_ID": "1",
        "DATE_CREATE": "2026-01-12T09:00:00+03:00",
        "DATE_MODIFY": "",
        "CREATED_BY_ID": "1",
        "MODIFY_BY_ID": null,
        "NAME": preset.name,
        "XML_ID": preset.code,
        "ACTIVE": "Y",
        "SORT": "500",
    });
    row.as_object().cloned().unwrap_or_default()
}

fn get(_: &mut Context<'_>, params: &Value) -> Reply {
    let id = id_argument(params)?;
    let preset = PRESETS.iter().find(|it| it.id == id);
    let missing = || ApiError::classic(format!("The Preset with ID '{id}' is not found"));
    Ok(Answer::plain(row(preset.ok_or_else(missing)?)))
}

fn list(_: &mut Context<'_>, params: &Value) -> Reply {
    let known = described(FIELDS);
    let all = PRESETS.iter().map(row).collect();
    page(all, |name| known.contains_key(name), params)
}

/// The countries whose templates a portal knows (REST documentation, "crm.requisite.preset.countries").
fn countries(_: &mut Context<'_>, _: &Value) -> Reply {
    let all = [
        (1, "RU", "Россия"),
        (4, "BY", "Беларусь"),
        (6, "KZ", "Казахстан"),
        (14, "UA", "Украина"),
        (34, "BR", "Бразилия"),
        (46, "DE", "Германия"),
        (77, "CO", "Колумбия"),
        (110, "PL", "Польша"),
        (122, "US", "США"),
        (132, "FR", "Франция"),
    ];
    let rows = all
        .into_iter()
        .map(|(id, code, title)| json!({"ID": id, "CODE": code, "TITLE": title}));
    Ok(Answer::plain(rows.collect::<Value>()))
}
