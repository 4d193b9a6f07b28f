//! `crm.{lead,deal,contact,company}.userfield.{add,list,get}`: the portal's custom fields.

use serde_json::{Map, Value, json};

use super::{Context, Registry, Run, array_argument, id_argument, rows};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    php,
    state::{
        kind::Kind,
        userfield::{Item, UserField},
    },
};

/// Names are cut off at this length by the database, so longer ones are refused.
const NAME: usize = 50;

pub(super) fn register(registry: &mut Registry) {
    for kind in [Kind::Lead, Kind::Deal, Kind::Contact, Kind::Company] {
        let mut add = |verb: &str, run| {
            let name = format!("crm.{}.userfield.{verb}", kind.word());
            registry.add(name, "crm", Run::Of(kind, run));
        };
        add("add", add_field);
        add("list", list);
        add("get", get);
    }
}

fn core(text: impl Into<String>) -> ApiError {
    ApiError::coded("ERROR_CORE", text)
}

fn add_field(ctx: &mut Context<'_>, kind: Kind, params: &Value) -> Reply {
    let sent = array_argument(params, "fields")?;
    let text = |key: &str| php::member(&sent, key).map(php::strval);
    let sort = text("USER_TYPE_ID").unwrap_or_default();
    if !UserField::SORTS.contains(&sort.as_str()) {
        return Err(core("The field 'USER_TYPE_ID' is not valid"));
    }
    let code = code_of(&text("FIELD_NAME").unwrap_or_default())?;
    if ctx.state.table(kind).schema.get(&code).is_some() {
        return Err(core(format!("The field {code} already exists")));
    }
    ctx.state.numbers.userfield += 2;
    let label = text("LABEL").or_else(|| text("EDIT_FORM_LABEL").filter(|it| it != "Array"));
    let items = items_of(ctx, php::member(&sent, "LIST"));
    let field = UserField {
        id: ctx.state.numbers.userfield,
        kind,
        multiple: text("MULTIPLE").as_deref() == Some("Y") && sort != "boolean",
        mandatory: text("MANDATORY").as_deref() == Some("Y"),
        label: label.unwrap_or_else(|| code.clone()),
        xml_id: text("XML_ID"),
        order: php::member(&sent, "SORT")
            .and_then(|it| u32::try_from(php::intval(it)).ok())
            .filter(|it| *it > 0)
            .unwrap_or(100),
        items,
        code,
        sort,
    };
    let id = field.id;
    ctx.state.add_userfield(field);
    Ok(Answer::plain(id))
}

/// Adds the prefix if it is missing, and converts to capitals.
fn code_of(name: &str) -> Result<String, ApiError> {
    let name = name.to_uppercase();
    let tail = name
        .strip_prefix("UF_CRM_")
        .or_else(|| name.strip_prefix("UF_"))
        .unwrap_or(&name);
    let code = format!("UF_CRM_{tail}");
    let clean = code
        .bytes()
        .all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_');
    if tail.is_empty() || !clean || code.len() > NAME {
        return Err(core("The field 'FIELD_NAME' is not valid"));
    }
    Ok(code)
}

fn items_of(ctx: &mut Context<'_>, list: Option<&Value>) -> Vec<Item> {
    let elements = list.map(php::members).unwrap_or_default();
    elements
        .into_iter()
        .filter_map(|(_, element)| {
            let text = |key: &str| php::member(element, key).map(php::strval);
            let value = text("VALUE").filter(|it| !it.is_empty())?;
            ctx.state.numbers.item += 1;
            let id = ctx.state.numbers.item;
            Some(Item {
                id,
                value,
                default: text("DEF").as_deref() == Some("Y"),
                xml_id: text("XML_ID").unwrap_or_else(|| format!("item-{id}")),
            })
        })
        .collect()
}

const LETTERS: [&str; 2] = ["N", "Y"];

/// A row; `label` is a text in lists and a map by language in `get`.
fn row(field: &UserField, label: &Value) -> Map<String, Value> {
    let mut row = Map::new();
    let mut put = |key: &str, value: Value| row.insert(key.to_owned(), value);
    put("ID", field.id.to_string().into());
    put("ENTITY_ID", field.kind.field_owner().into());
    put("FIELD_NAME", field.code.as_str().into());
    put("USER_TYPE_ID", field.sort.as_str().into());
    put(
        "XML_ID",
        field.xml_id.clone().map_or(Value::Null, Value::from),
    );
    put("SORT", field.order.to_string().into());
    put("MULTIPLE", LETTERS[usize::from(field.multiple)].into());
    put("MANDATORY", LETTERS[usize::from(field.mandatory)].into());
    put("SHOW_FILTER", "N".into());
    put("SHOW_IN_LIST", "Y".into());
    put("EDIT_IN_LIST", "Y".into());
    put("IS_SEARCHABLE", "N".into());
    put("SETTINGS", json!({"DEFAULT_VALUE": null}));
    for key in ["EDIT_FORM_LABEL", "LIST_COLUMN_LABEL", "LIST_FILTER_LABEL"] {
        put(key, label.clone());
    }
    put("ERROR_MESSAGE", Value::Null);
    put("HELP_MESSAGE", Value::Null);
    if field.sort == "enumeration" {
        let list: Vec<Value> = (1_u32..)
            .zip(&field.items)
            .map(|(at, it)| {
                json!({
                    "ID": it.id.to_string(),
                    "SORT": (at * 10).to_string(),
                    "VALUE": it.value,
                    "DEF": LETTERS[usize::from(it.default)],
                    "XML_ID": it.xml_id,
                })
            })
            .collect();
        put("LIST", list.into());
    }
    row
}

fn list(ctx: &mut Context<'_>, kind: Kind, params: &Value) -> Reply {
    let filter = array_argument(params, "filter")?;
    let order = array_argument(params, "order")?;
    let mut all: Vec<Map<String, Value>> = ctx
        .state
        .userfields
        .iter()
        .filter(|it| it.kind == kind)
        .map(|it| row(it, &Value::from(it.label.as_str())))
        .filter(|it| rows::pass(it, &filter))
        .collect();
    rows::sort(&mut all, &order);
    let total = all.len() as u64;
    Ok(Answer {
        result: all.into_iter().map(Value::Object).collect(),
        total: Some(total),
        next: None,
    })
}

fn get(ctx: &mut Context<'_>, kind: Kind, params: &Value) -> Reply {
    let id = id_argument(params)?;
    let field = ctx
        .state
        .userfields
        .iter()
        .find(|it| it.kind == kind && it.id == id)
        .ok_or_else(|| ApiError::coded("ERROR_NOT_FOUND", "The entity with ID '' is not found."))?;
    let label = json!({"ru": field.label, "en": field.label});
    Ok(Answer::plain(row(field, &label)))
}
