//! `crm.{lead,deal,contact,company}.{fields,add,update,get,list,delete}`: flat rows, texts for
//! numbers; unknown input is ignored silently.

use serde_json::{Map, Value, json};

use super::{
    Context, Registry, Run, argument, array_argument,
    describe::{description, parent},
    id_argument,
};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    php,
    query::{
        compile,
        page::{self, Start},
    },
    read::{self, Selection},
    state::{
        State,
        kind::Kind,
        record::FieldValue,
        schema::{Field, Type},
        userfield::UserField,
    },
    write::{self, Writing},
};

const KINDS: [Kind; 4] = [Kind::Lead, Kind::Deal, Kind::Contact, Kind::Company];

pub(super) fn register(registry: &mut Registry) {
    for kind in KINDS {
        let mut add = |verb: &str, run| {
            let name = format!("crm.{}.{verb}", kind.word());
            registry.add(name, "crm", Run::Of(kind, run));
        };
        add("fields", fields);
        add("add", add_record);
        add("update", update);
        add("get", get);
        add("list", list);
        add("delete", delete);
    }
}

fn writing(ctx: &Context<'_>, kind: Kind, params: &Value) -> Writing {
    let import = argument(params, "params")
        .and_then(|it| php::member(it, "IMPORT"))
        .is_some_and(|it| php::strval(it) == "Y");
    Writing {
        kind,
        now: ctx.now.as_second(),
        user: ctx.user,
        adding: false,
        universal: false,
        // Only contacts and leads know the import.
        import: import && matches!(kind, Kind::Contact | Kind::Lead),
    }
}

fn sent(params: &Value) -> Result<Map<String, Value>, ApiError> {
    let fields = array_argument(params, "fields")?;
    array_argument(params, "params")?;
    Ok(php::members(&fields)
        .into_iter()
        .map(|(key, value)| (key, value.clone()))
        .collect())
}

fn add_record(ctx: &mut Context<'_>, kind: Kind, params: &Value) -> Reply {
    let fields = sent(params)?;
    let how = Writing {
        adding: true,
        ..writing(ctx, kind, params)
    };
    let id = write::add(ctx.state, how, &fields)?;
    if kind == Kind::Lead && ctx.state.mode == 2 {
        convert(ctx, how, id)?;
    }
    Ok(Answer::plain(id))
}

/// A portal without leads turns each into a contact and a deal on the spot.
pub(super) fn convert(ctx: &mut Context<'_>, how: Writing, lead: u32) -> Result<(), ApiError> {
    let Some(record) = ctx.state.record(Kind::Lead, lead).cloned() else {
        return Ok(());
    };
    let row = read::classic(ctx.state, Kind::Lead, &record, &Selection::all());
    let mut fields = row.as_object().cloned().unwrap_or_default();
    fields.remove("ID");
    for channel in ["PHONE", "EMAIL", "WEB", "IM"] {
        for element in fields
            .get_mut(channel)
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            if let Some(map) = element.as_object_mut() {
                map.remove("ID");
            }
        }
    }
    let as_kind = |kind| Writing { kind, ..how };
    let contact = if let Some(contact) = record.primary_contact() {
        contact
    } else {
        let contact = write::add(ctx.state, as_kind(Kind::Contact), &fields)?;
        name_lead(ctx.state, (Kind::Contact, contact), lead);
        contact
    };
    fields.insert("CONTACT_ID".to_owned(), contact.into());
    let deal = write::add(ctx.state, as_kind(Kind::Deal), &fields)?;
    name_lead(ctx.state, (Kind::Deal, deal), lead);
    let mut status = Map::new();
    status.insert("STATUS_ID".to_owned(), "CONVERTED".into());
    status.insert("CONTACT_ID".to_owned(), contact.into());
    let how = Writing {
        adding: false,
        ..how
    };
    write::update(ctx.state, how, lead, &status)
}

/// Writes into a record which lead it was made of; clients of this family cannot.
fn name_lead(state: &mut State, (kind, id): (Kind, u32), lead: u32) {
    if let Some(mut record) = state.record(kind, id).cloned() {
        let value = Some(FieldValue::Int(lead.into()));
        state.table(kind).set(&mut record, "LEAD_ID", value);
        state.put(kind, record);
    }
}

fn update(ctx: &mut Context<'_>, kind: Kind, params: &Value) -> Reply {
    let id = id_argument(params)?;
    let fields = sent(params)?;
    let how = writing(ctx, kind, params);
    if ctx.state.record(kind, id).is_none() {
        return Err(missing(kind));
    }
    write::update(ctx.state, how, id, &fields)?;
    Ok(Answer::plain(true))
}

fn missing(kind: Kind) -> ApiError {
    if kind == Kind::Contact {
        ApiError::classic("Contact is not found")
    } else {
        ApiError::not_found()
    }
}

fn get(ctx: &mut Context<'_>, kind: Kind, params: &Value) -> Reply {
    let id = id_argument(params)?;
    let record = ctx.state.record(kind, id).ok_or_else(ApiError::not_found)?;
    let row = read::classic(ctx.state, kind, record, &Selection::all());
    Ok(Answer::plain(row))
}

fn delete(ctx: &mut Context<'_>, kind: Kind, params: &Value) -> Reply {
    let id = id_argument(params)?;
    if ctx.state.remove(kind, id) {
        return Ok(Answer::plain(true));
    }
    Err(match kind {
        Kind::Contact => ApiError::coded("ERROR_CORE", "Element not found"),
        Kind::Company => ApiError::classic("Company is not found"),
        Kind::Lead | Kind::Deal | Kind::Smart => ApiError::not_found(),
    })
}

fn list(ctx: &mut Context<'_>, kind: Kind, params: &Value) -> Reply {
    let sent = array_argument(params, "filter")?;
    let sort = array_argument(params, "order")?;
    let selection = Selection::classic(argument(params, "select"));
    let table = ctx.state.table(kind);
    let filter = compile::classic(table, kind, &sent);
    let order = compile::classic_order(table, kind, &sort);
    let start = Start::of(params);
    let page = page::find(table, &filter, &order, start);
    let rows: Vec<Value> = page
        .rows
        .iter()
        .map(|record| read::classic(ctx.state, kind, record, &selection))
        .collect();
    Ok(Answer {
        result: rows.into(),
        // Lists without a total report 0 in this family.
        total: Some(page.total.unwrap_or(0)),
        next: page.next,
    })
}

fn fields(ctx: &mut Context<'_>, kind: Kind, _: &Value) -> Reply {
    let custom = &ctx.state.userfields;
    let all: Map<String, Value> = ctx
        .state
        .table(kind)
        .schema
        .iter()
        .filter(|(_, field)| !field.is('u') && !field.is('h'))
        .map(|(_, field)| {
            let own = custom
                .iter()
                .find(|it| it.kind == kind && it.code == field.code);
            (field.code.clone(), describe(kind, field, own))
        })
        .collect();
    Ok(Answer::plain(all))
}

/// Whether a field names the first of several contacts or companies.
fn has_many(kind: Kind, field: &Field) -> bool {
    match field.code.as_str() {
        "CONTACT_ID" => kind.has_contacts(),
        _ => kind == Kind::Contact,
    }
}

/// One member of a classic `fields` answer.
fn describe(kind: Kind, field: &Field, custom: Option<&UserField>) -> Value {
    let mut map = description(field.classic_type(), &field.flags);
    if field.is('R') {
        map.insert("isReadOnly".to_owned(), true.into());
    }
    match &field.kind {
        Type::Status(dictionary) => {
            map.insert("statusType".to_owned(), (*dictionary).into());
        }
        Type::Stage => {
            let dictionary = if field.code == "STATUS_ID" {
                "STATUS"
            } else {
                "DEAL_STAGE"
            };
            map.insert("statusType".to_owned(), dictionary.into());
        }
        Type::Link(target) => {
            let primary = matches!(field.code.as_str(), "CONTACT_ID" | "COMPANY_ID");
            if primary && has_many(kind, field) {
                map.insert("isDeprecated".to_owned(), true.into());
            } else if let Some(parent) = parent(target).filter(|_| !field.is('m')) {
                map.insert("settings".to_owned(), json!({"parentEntityTypeId": parent}));
            }
        }
        _ => {}
    }
    let title = if field.is('x') {
        &field.code
    } else {
        &field.title_ru
    };
    map.insert("title".to_owned(), title.as_str().into());
    if let Some(custom) = custom {
        if custom.sort == "enumeration" {
            map.insert("items".to_owned(), items(custom));
        }
        for label in ["listLabel", "formLabel", "filterLabel"] {
            map.insert(label.to_owned(), custom.label.as_str().into());
        }
    }
    Value::Object(map)
}

/// The members of a custom list.
pub(super) fn items(custom: &UserField) -> Value {
    custom
        .items
        .iter()
        .map(|it| serde_json::json!({"ID": it.id.to_string(), "VALUE": it.value}))
        .collect()
}
