//! Questions as REST commands. Classic `crm.contact|lead|deal.list` are used because profiles name
//! fields as these methods do; their filters are loose (an unknown key or an empty list is dropped and
//! every row comes back), so the rows are checked in `rows`.

use serde_json::{Map, Value, json};

use crate::crm::Query;
use crate::domain::{ContactId, EntityKind, RecordId, SubmissionId};

/// One REST command.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Command {
    pub(super) method: String,
    pub(super) params: Value,
}

impl Command {
    pub(super) fn new(method: impl Into<String>, params: Value) -> Self {
        Self {
            method: method.into(),
            params,
        }
    }
}

/// `crm.deal.list` and the like.
pub(super) fn method(kind: EntityKind, action: &str) -> String {
    format!("crm.{kind}.{action}")
}

/// The number of a kind of record (REST documentation, "Object types").
pub(super) fn owner_type(kind: EntityKind) -> i64 {
    match kind {
        EntityKind::Lead => 1,
        EntityKind::Deal => 2,
    }
}

/// The field that holds the stage (REST documentation, "crm.lead.fields", "crm.deal.fields").
pub(crate) fn stage_field(kind: EntityKind) -> &'static str {
    match kind {
        EntityKind::Lead => "STATUS_ID",
        EntityKind::Deal => "STAGE_ID",
    }
}

/// The field whose value is `P` while a record is in work.
pub(super) fn semantics_field(kind: EntityKind) -> &'static str {
    match kind {
        EntityKind::Lead => "STATUS_SEMANTIC_ID",
        EntityKind::Deal => "STAGE_SEMANTIC_ID",
    }
}

/// The command that answers a question.
pub(super) fn of(query: &Query, originator: &str) -> Command {
    match query {
        Query::ContactsByPhone(phone) => duplicates("PHONE", &phone.spellings()),
        Query::ContactsByEmail(email) => duplicates("EMAIL", &[email.as_str().to_owned()]),
        Query::ContactsByField { name, value } => list(
            "crm.contact.list",
            &by(name, value),
            &select(&["ID", name], &[]),
            "ASC",
        ),
        Query::ContactByOrigin(id) => {
            let fields = select(&["ID"], &ORIGIN.map(str::to_owned));
            list("crm.contact.list", &origin(originator, *id), &fields, "ASC")
        }
        Query::Contacts { ids, select: more } => list(
            "crm.contact.list",
            &json!({"@ID": ids}),
            &select(&["ID", "ASSIGNED_BY_ID", "PHONE", "EMAIL"], more),
            "ASC",
        ),
        Query::RecordsOfContacts {
            kind,
            contacts,
            among,
            select: more,
        } => open_records(*kind, contacts, among, more),
        Query::RecordsByField {
            kind,
            name,
            value,
            select: more,
        } => {
            let more = [more.as_slice(), std::slice::from_ref(name)].concat();
            records(*kind, &by(name, value), &more)
        }
        Query::RecordById {
            kind,
            id,
            select: more,
        } => records(*kind, &json!({"@ID": [id]}), more),
        Query::RecordByOrigin { kind, id } => {
            records(*kind, &origin(originator, *id), &ORIGIN.map(str::to_owned))
        }
        Query::CommentWithMarker {
            kind,
            id,
            marker: _,
        } => comments(*kind, *id),
        Query::TodoWithMarker { kind, id, marker } => todos(*kind, *id, marker),
        // a bare key would be a LIKE in which `_` of an address matches any letter
        Query::EmployeesByEmail(email) => {
            Command::new("user.get", json!({"FILTER": {"=EMAIL": email.as_str()}}))
        }
    }
}

fn records(kind: EntityKind, filter: &Value, more: &[String]) -> Command {
    list(
        method(kind, "list"),
        filter,
        &record_select(kind, more),
        "ASC",
    )
}

/// The pair that marks what we create.
const ORIGIN: [&str; 2] = ["ORIGINATOR_ID", "ORIGIN_ID"];

fn comments(kind: EntityKind, id: RecordId) -> Command {
    Command::new(
        "crm.timeline.comment.list",
        json!({
            "filter": {"ENTITY_ID": id, "ENTITY_TYPE": kind.as_str()},
            "select": ["ID", "COMMENT"],
            "order": {"ID": "DESC"},
        }),
    )
}

/// `%` asks for a part of the text (REST documentation, "crm.activity.list"). Where a portal drops that
/// condition the newest to-dos of the record come back, and ours is looked for among them.
fn todos(kind: EntityKind, id: RecordId, marker: &str) -> Command {
    let filter = json!({
        "OWNER_TYPE_ID": owner_type(kind),
        "OWNER_ID": id,
        "PROVIDER_ID": "CRM_TODO",
        "%DESCRIPTION": marker,
    });
    let select = ["ID", "OWNER_ID", "OWNER_TYPE_ID", "DESCRIPTION"].map(Value::from);
    list("crm.activity.list", &filter, &select, "DESC")
}

fn open_records(
    kind: EntityKind,
    contacts: &[ContactId],
    among: &[String],
    more: &[String],
) -> Command {
    let mut filter = json!({"@CONTACT_ID": contacts});
    if among.is_empty() {
        filter[semantics_field(kind)] = json!("P");
    } else {
        filter[format!("@{}", stage_field(kind))] = json!(among);
    }
    list(
        method(kind, "list"),
        &filter,
        &record_select(kind, more),
        "DESC",
    )
}

/// `entity_type` is always given: without it twenty leads on a number hide its contacts.
fn duplicates(kind: &str, values: &[String]) -> Command {
    Command::new(
        "crm.duplicate.findbycomm",
        json!({"entity_type": "CONTACT", "type": kind, "values": values}),
    )
}

fn by(name: &str, value: &str) -> Value {
    let mut filter = Map::new();
    filter.insert(format!("={name}"), Value::from(value));
    Value::Object(filter)
}

fn origin(originator: &str, id: SubmissionId) -> Value {
    json!({"=ORIGINATOR_ID": originator, "=ORIGIN_ID": id.to_string()})
}

fn select(base: &[&str], more: &[String]) -> Vec<Value> {
    let mut fields: Vec<Value> = base.iter().map(|name| json!(name)).collect();
    for name in more {
        if !fields.contains(&json!(name)) {
            fields.push(json!(name));
        }
    }
    fields
}

fn record_select(kind: EntityKind, more: &[String]) -> Vec<Value> {
    select(
        &[
            "ID",
            stage_field(kind),
            semantics_field(kind),
            "CONTACT_ID",
            "ASSIGNED_BY_ID",
        ],
        more,
    )
}

/// `start: -1` leaves out the count of all rows, which is the dear part of a list.
fn list(method: impl Into<String>, filter: &Value, select: &[Value], order: &str) -> Command {
    Command::new(
        method,
        json!({"filter": filter, "select": select, "order": {"ID": order}, "start": -1}),
    )
}
