//! `crm.type.{fields,get,getByEntityTypeId,list}`: the one smart process of the sandbox. It cannot be
//! changed, and others cannot be added.

use serde_json::{Map, Value, json};

use super::{Context, Registry, Run, describe::described, rows};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    php,
    state::{kind::Kind, schema::upper},
};

/// The name of the smart process.
pub(super) const TITLE: &str = "Заявки";
/// Its number among the smart processes, which the codes of its custom fields contain
/// (`UF_CRM_9_…`).
const ID: i64 = 9;

pub(super) fn register(registry: &mut Registry) {
    let mut add = |verb: &str, run| registry.add(format!("crm.type.{verb}"), "crm", Run::One(run));
    add("fields", fields);
    add("get", get);
    add("getByEntityTypeId", get_by_type);
    add("list", list);
}

const FIELDS: &str = "\
id | integer | r | ID
title | string | ! | Название
code | string | - | Символьный код
createdBy | user | r | Кем создан
entityTypeId | integer | !i | Идентификатор типа
customSectionId | integer | i | Цифровое рабочее место
isCategoriesEnabled | boolean | - | Использовать свои воронки и туннели продаж
isStagesEnabled | boolean | - | Использовать свои стадии и канбан
isBeginCloseDatesEnabled | boolean | - | Поля «Дата начала» и «Дата завершения»
isClientEnabled | boolean | - | Поле «Клиент»
isUseInUserfieldEnabled | boolean | - | Использовать в пользовательском поле
isLinkWithProductsEnabled | boolean | - | Привязка товаров каталога
isMycompanyEnabled | boolean | - | Поле «Реквизиты вашей компании»
isDocumentsEnabled | boolean | - | Печать документов
isSourceEnabled | boolean | - | Поля «Источник» и «Дополнительно об источнике»
isObserversEnabled | boolean | - | Поле «Наблюдатели»
isRecyclebinEnabled | boolean | - | Использование корзины
isAutomationEnabled | boolean | - | Использовать роботов и триггеры
isBizProcEnabled | boolean | - | Использовать дизайнер бизнес-процессов
isSetOpenPermissions | boolean | - | Делать новые воронки доступными для всех
createdTime | datetime | - | Дата создания
updatedTime | datetime | - | Дата изменения
updatedBy | user | r | Кем изменён
";

fn fields(_: &mut Context<'_>, _: &Value) -> Reply {
    let mut fields = described(FIELDS);
    for (name, field) in &mut fields {
        if let Some(map) = field.as_object_mut() {
            map.insert("upperName".to_owned(), upper(name).into());
        }
    }
    Ok(Answer::plain(json!({"fields": fields})))
}

/// The members of a row; each switch that the sandbox acts on is on.
fn row() -> Map<String, Value> {
    let on = [
        "isCategoriesEnabled",
        "isStagesEnabled",
        "isBeginCloseDatesEnabled",
        "isClientEnabled",
        "isLinkWithProductsEnabled",
        "isMycompanyEnabled",
        "isSourceEnabled",
        "isObserversEnabled",
    ];
    let off = [
        "isUseInUserfieldEnabled",
        "isDocumentsEnabled",
        "isRecyclebinEnabled",
        "isAutomationEnabled",
        "isBizProcEnabled",
        "isSetOpenPermissions",
        "isPaymentsEnabled",
        "isRecurringEnabled",
        "isCountersEnabled",
    ];
    let mut row = Map::new();
    let mut put = |name: &str, value: Value| row.insert(name.to_owned(), value);
    put("id", ID.into());
    put("title", TITLE.into());
    put("code", "".into());
    put("createdBy", 1.into());
    put("entityTypeId", Kind::Smart.type_id().into());
    put("customSectionId", Value::Null);
    for name in on {
        put(name, "Y".into());
    }
    for name in off {
        put(name, "N".into());
    }
    put("createdTime", "2026-01-12T09:00:00+03:00".into());
    put("updatedTime", "2026-01-12T09:00:00+03:00".into());
    put("updatedBy", 1.into());
    row
}

/// The row with what only `get` shows. Contacts and companies are parents of every smart process with
/// clients.
fn whole() -> Value {
    let parent = |kind: Kind| {
        json!({
            "entityTypeId": kind.type_id(),
            "isChildrenListEnabled": "Y",
            "isPredefined": "Y",
        })
    };
    let parents = [parent(Kind::Contact), parent(Kind::Company)];
    let mut row = row();
    row.insert(
        "relations".to_owned(),
        json!({"parent": parents, "child": []}),
    );
    row.insert("linkedUserFields".to_owned(), json!({}));
    row.insert("customSections".to_owned(), json!([]));
    json!({"type": row})
}

fn number(params: &Value, name: &str) -> Result<i64, ApiError> {
    let value = php::member(params, name);
    value
        .map(php::intval)
        .ok_or_else(|| ApiError::missing_argument(name))
}

fn get(_: &mut Context<'_>, params: &Value) -> Reply {
    if number(params, "id")? == ID {
        return Ok(Answer::plain(whole()));
    }
    Err(ApiError::coded("0", "SPA not found"))
}

fn get_by_type(_: &mut Context<'_>, params: &Value) -> Reply {
    if number(params, "entityTypeId")? == Kind::Smart.type_id() {
        return Ok(Answer::plain(whole()));
    }
    Err(ApiError::coded("0", "Smart process not found"))
}

/// A filter on an unknown field is refused.
fn list(_: &mut Context<'_>, params: &Value) -> Reply {
    let nothing = Value::Object(Map::new());
    let filter = php::member(params, "filter").unwrap_or(&nothing);
    let row = row();
    let name = |key: &str| {
        key.trim_start_matches(['=', '!', '<', '>', '@', '%'])
            .to_owned()
    };
    let unknown = php::members(filter)
        .into_iter()
        .map(|(key, _)| name(&key))
        .find(|name| !row.contains_key(name) && php::list_index(name).is_none() && name != "logic");
    if let Some(unknown) = unknown {
        let text = format!("Invalid filter: field '{unknown}' is not allowed in filter");
        return Err(ApiError::coded("INVALID_ARG_VALUE", text));
    }
    let found: Vec<Value> = rows::passing(std::iter::once(&row), filter)
        .into_iter()
        .map(Value::Object)
        .collect();
    let total = found.len() as u64;
    Ok(Answer {
        result: json!({"types": found}),
        total: Some(total),
        next: None,
    })
}
