//! `crm.{lead,deal,contact,company}.userfield.*`: the portal's custom fields.

use serde_json::{Map, Value, json};

use super::{Context, Registry, Run, argument, array_argument, id_argument, rows};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    php,
    state::{
        kind::Kind,
        userfield::{Item, UserField},
        userfield_settings::usual,
    },
};

/// Names are cut off at this length by the database, so longer ones are refused.
const NAME: usize = 50;
/// The place of a new field that comes without one.
const SORT: u32 = 100;

/// Switches with their usual values.
const SWITCHES: [(&str, &str); 4] = [
    ("SHOW_FILTER", "N"),
    ("SHOW_IN_LIST", "Y"),
    ("EDIT_IN_LIST", "Y"),
    ("IS_SEARCHABLE", "N"),
];
/// Labels that show the name of the field unless they are set.
const LABELS: [&str; 3] = ["EDIT_FORM_LABEL", "LIST_COLUMN_LABEL", "LIST_FILTER_LABEL"];
/// Labels that are empty unless they are set.
const HINTS: [&str; 2] = ["ERROR_MESSAGE", "HELP_MESSAGE"];
/// The languages of a portal (REST documentation, "crm.deal.userfield.get").
const LANGUAGES: [&str; 21] = [
    "ar", "br", "de", "en", "fr", "hi", "id", "in", "it", "ja", "kz", "la", "ms", "pl", "ru", "sc",
    "tc", "th", "tr", "ua", "vn",
];

pub(super) fn register(registry: &mut Registry) {
    for kind in [Kind::Lead, Kind::Deal, Kind::Contact, Kind::Company] {
        let mut add = |verb: &str, run| {
            let name = format!("crm.{}.userfield.{verb}", kind.word());
            registry.add(name, "crm", Run::Of(kind, run));
        };
        add("add", add_field);
        add("update", update);
        add("get", get);
        add("list", list);
        add("delete", delete);
    }
}

fn core(text: impl Into<String>) -> ApiError {
    ApiError::coded("ERROR_CORE", text)
}

fn add_field(ctx: &mut Context<'_>, kind: Kind, params: &Value) -> Reply {
    let sent = array_argument(params, "fields")?;
    let text = |key: &str| php::member(&sent, key).map(php::strval);
    let missing: Vec<String> = ["FIELD_NAME", "USER_TYPE_ID"]
        .into_iter()
        .filter(|key| text(key).is_none_or(|it| it.trim().is_empty()))
        .map(|key| format!("The '{key}' field is not found."))
        .collect();
    if !missing.is_empty() {
        return Err(ApiError::classic(missing.join("\n")));
    }
    let sort = text("USER_TYPE_ID").unwrap_or_default();
    let code = code_of(&text("FIELD_NAME").unwrap_or_default())?;
    if !UserField::SORTS.contains(&sort.as_str()) {
        return Err(core("Incorrect custom type specified."));
    }
    if ctx.state.table(kind).schema.get(&code).is_some() {
        let owner = kind.field_owner();
        return Err(core(format!(
            "The field {code} for the object {owner} already exists."
        )));
    }
    let mut items = Vec::new();
    let repeated = |id: &str| core(format!("List item with value XML_ID={id} already exists."));
    merge_items(ctx, &mut items, php::member(&sent, "LIST"), repeated)?;
    ctx.state.numbers.userfield += 2;
    let label = text("LABEL").unwrap_or_else(|| code.clone());
    let mut field = UserField {
        id: ctx.state.numbers.userfield,
        kind,
        multiple: text("MULTIPLE").as_deref() == Some("Y") && sort != "boolean",
        mandatory: false,
        other: Map::from_iter([("SETTINGS".to_owned(), usual(&sort, &label).into())]),
        label,
        xml_id: None,
        order: SORT,
        items,
        code,
        sort,
    };
    apply(&mut field, &sent);
    let id = field.id;
    ctx.state.add_userfield(field);
    Ok(Answer::plain(id))
}

/// Takes over what may change after the field has been added.
fn apply(field: &mut UserField, sent: &Value) {
    let text = |key: &str| php::member(sent, key).map(php::strval);
    if let Some(mandatory) = text("MANDATORY") {
        field.mandatory = mandatory == "Y";
    }
    if let Some(xml_id) = text("XML_ID") {
        field.xml_id = Some(xml_id).filter(|it| !it.is_empty());
    }
    let order = php::member(sent, "SORT").and_then(|it| u32::try_from(php::intval(it)).ok());
    field.order = order.filter(|it| *it > 0).unwrap_or(field.order);
    for (name, _) in SWITCHES {
        if let Some(value) = text(name) {
            field.other.insert(name.to_owned(), value.into());
        }
    }
    for name in LABELS.into_iter().chain(HINTS) {
        if let Some(label) = php::member(sent, name) {
            field.other.insert(name.to_owned(), label.clone());
        }
    }
    let label = in_language("ru")(field.other.get("EDIT_FORM_LABEL"), Some(&field.label));
    field.label = php::strval(&label);
    let settings = php::member(sent, "SETTINGS").map(php::members);
    let known = field
        .other
        .entry("SETTINGS")
        .or_insert_with(|| usual(&field.sort, &field.label).into());
    if let Some(known) = known.as_object_mut() {
        for (name, value) in settings.into_iter().flatten() {
            if known.contains_key(&name) {
                known.insert(name, value.clone());
            }
        }
    }
}

/// Adds the prefix if it is missing, and converts to capitals.
fn code_of(name: &str) -> Result<String, ApiError> {
    let name = name.trim().to_uppercase();
    let tail = name
        .strip_prefix("UF_CRM_")
        .or_else(|| name.strip_prefix("UF_"))
        .unwrap_or(&name);
    let code = format!("UF_CRM_{tail}");
    if code.len() > NAME {
        return Err(core("Field name is too long (more than 50 characters)."));
    }
    let clean = code
        .bytes()
        .all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_');
    if tail.is_empty() || !clean {
        let text =
            "Field name contains invalid characters. Allowed characters are: A-Z, 0-9 and _.";
        return Err(core(text));
    }
    Ok(code)
}

/// Adds members of a list, changes those with an `ID`, and removes those with `DEL`.
fn merge_items(
    ctx: &mut Context<'_>,
    items: &mut Vec<Item>,
    list: Option<&Value>,
    repeated: impl Fn(&str) -> ApiError,
) -> Result<(), ApiError> {
    let elements = list.map(php::members).unwrap_or_default();
    for (_, element) in elements {
        let text = |key: &str| php::member(element, key).map(php::strval);
        let known = php::member(element, "ID").map_or(0, php::intval);
        let at = items.iter().position(|it| i64::from(it.id) == known);
        if text("DEL").as_deref() == Some("Y") {
            at.map(|at| items.remove(at));
            continue;
        }
        let xml_id = text("XML_ID").filter(|it| !it.is_empty());
        let taken = |id: &String| {
            let mut others = items.iter();
            others.any(|it| it.xml_id == *id && i64::from(it.id) != known)
        };
        if let Some(id) = xml_id.as_ref().filter(|id| taken(id)) {
            return Err(repeated(id));
        }
        let value = text("VALUE").filter(|it| !it.is_empty());
        let default = text("DEF").map(|it| it == "Y");
        match (at.and_then(|at| items.get_mut(at)), value) {
            (Some(item), value) => {
                item.value = value.unwrap_or_else(|| item.value.clone());
                item.default = default.unwrap_or(item.default);
                item.xml_id = xml_id.unwrap_or_else(|| item.xml_id.clone());
            }
            (None, Some(value)) => {
                ctx.state.numbers.item += 1;
                let id = ctx.state.numbers.item;
                items.push(Item {
                    id,
                    value,
                    default: default.unwrap_or(false),
                    xml_id: xml_id.unwrap_or_else(|| format!("item-{id}")),
                });
            }
            (None, None) => {}
        }
    }
    Ok(())
}

const LETTERS: [&str; 2] = ["N", "Y"];

/// A row; `label` turns a stored label and its usual text into what the answer shows.
fn row(
    field: &UserField,
    label: impl Fn(Option<&Value>, Option<&str>) -> Value,
) -> Map<String, Value> {
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
    for (name, usual) in SWITCHES {
        let value = field.other.get(name).cloned();
        put(name, value.unwrap_or_else(|| usual.into()));
    }
    let settings = field.other.get("SETTINGS").cloned();
    put(
        "SETTINGS",
        settings.unwrap_or_else(|| usual(&field.sort, &field.label).into()),
    );
    for name in LABELS {
        put(name, label(field.other.get(name), Some(&field.label)));
    }
    for name in HINTS {
        put(name, label(field.other.get(name), None));
    }
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

/// A label in one language, as lists show it.
fn in_language(language: &str) -> impl Fn(Option<&Value>, Option<&str>) -> Value {
    move |stored, usual| {
        let text = match stored {
            Some(labels) if php::is_array(labels) => php::member(labels, language),
            other => other,
        };
        let text = text.map(php::strval).filter(|it| !it.is_empty());
        text.or_else(|| usual.map(str::to_owned))
            .map_or(Value::Null, Value::from)
    }
}

/// A label in all languages, as `get` shows it. A text is the label in each of them.
fn in_all_languages(stored: Option<&Value>, usual: Option<&str>) -> Value {
    let text = |language: &str| match stored {
        Some(labels) if php::is_array(labels) => php::member(labels, language)
            .map(php::strval)
            .unwrap_or_default(),
        Some(label) => php::strval(label),
        None => usual.unwrap_or_default().to_owned(),
    };
    LANGUAGES
        .into_iter()
        .map(|language| (language.to_owned(), Value::from(text(language))))
        .collect::<Map<String, Value>>()
        .into()
}

fn list(ctx: &mut Context<'_>, kind: Kind, params: &Value) -> Reply {
    let filter = array_argument(params, "filter")?;
    let order = array_argument(params, "order")?;
    let language = php::member(&filter, "LANG").map(php::strval);
    let label = in_language(language.as_deref().unwrap_or("ru"));
    let mut all: Vec<Map<String, Value>> = ctx
        .state
        .userfields
        .iter()
        .filter(|it| it.kind == kind)
        .map(|it| row(it, &label))
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

/// The field that is asked for. One of another kind of records is not shown.
fn asked(ctx: &Context<'_>, kind: Kind, params: &Value) -> Result<UserField, ApiError> {
    let id = id_argument(params)?;
    match ctx.state.userfields.iter().find(|it| it.id == id) {
        Some(field) if field.kind == kind => Ok(field.clone()),
        Some(_) => Err(ApiError::coded("ACCESS_DENIED", "Access denied!").with_status(403)),
        None => Err(ApiError::coded(
            "ERROR_NOT_FOUND",
            format!("The entity with ID '{id}' is not found."),
        )),
    }
}

fn get(ctx: &mut Context<'_>, kind: Kind, params: &Value) -> Reply {
    let field = asked(ctx, kind, params)?;
    Ok(Answer::plain(row(&field, in_all_languages)))
}

fn update(ctx: &mut Context<'_>, kind: Kind, params: &Value) -> Reply {
    let mut field = asked(ctx, kind, params)?;
    if !argument(params, "fields").is_some_and(php::is_array) {
        return Err(ApiError::must_be_array("fields"));
    }
    let sent = array_argument(params, "fields")?;
    let repeated = |id: &str| core(format!("List item with XML_ID='{id}' already exists."));
    let list = php::member(&sent, "LIST");
    merge_items(ctx, &mut field.items, list, repeated)?;
    apply(&mut field, &sent);
    ctx.state.put_userfield(field);
    Ok(Answer::plain(true))
}

fn delete(ctx: &mut Context<'_>, kind: Kind, params: &Value) -> Reply {
    let field = asked(ctx, kind, params)?;
    ctx.state.remove_userfield(kind, &field.code);
    Ok(Answer::plain(true))
}
