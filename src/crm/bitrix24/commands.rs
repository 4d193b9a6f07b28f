//! Questions as REST commands. Classic `crm.contact|lead|deal.list` are used because profiles name
//! fields as these methods do. Their filters are loose (an unknown key or an empty list is dropped
//! and every row comes back), so the rows are checked in `rows`. Items of smart processes have the
//! universal `crm.item.list` only.

use serde_json::{Map, Value, json};

use super::companies;
use super::files;
use super::names::{self, field_names};
use crate::crm::query::{Query, RecordFilter};
use crate::crm::search_value::SearchValue;
use crate::crm::stage::stage_list;
use crate::domain::{ContactId, EntityKind, RecordId, Several, SubmissionId};

/// One REST command.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Command {
    pub(super) method: String,
    pub(super) params: Value,
    /// The parameters without the contents of files, if there are any.
    pub(super) shown: Option<Value>,
}

impl Command {
    pub(super) fn new(method: impl Into<String>, params: Value) -> Self {
        Self {
            method: method.into(),
            params,
            shown: None,
        }
    }

    /// Returns the parameters for the history and for previews.
    pub(super) fn shown(&self) -> &Value {
        self.shown.as_ref().unwrap_or(&self.params)
    }
}

/// Returns the command that answers a query.
pub(super) fn of(query: &Query, originator: &str) -> Command {
    match query {
        Query::ContactsByPhone(phone) => duplicates("CONTACT", "PHONE", &phone.spellings()),
        Query::ContactsByEmail(email) => duplicates("CONTACT", "EMAIL", &email.spellings()),
        Query::LeadsByPhone(phone) => duplicates("LEAD", "PHONE", &phone.spellings()),
        Query::LeadsByEmail(email) => duplicates("LEAD", "EMAIL", &email.spellings()),
        Query::ContactsByFields { fields, several } => {
            contacts(conditions(fields), &names_of(fields), *several)
        }
        Query::ContactsByText {
            field,
            text,
            several,
        } => contacts(json!({*field: text}), &[(*field).to_owned()], *several),
        Query::ContactByOrigin(id) => {
            let pair = ORIGIN.map(str::to_owned);
            contacts(origin(originator, *id), &pair, Several::Oldest)
        }
        Query::Contacts { ids, select } => {
            let more = [
                &OWNER.map(str::to_owned)[..],
                &DETAILS.map(str::to_owned),
                select,
            ]
            .concat();
            contacts(json!({"@ID": ids}), &more, Several::All)
        }
        Query::Records {
            kind,
            which,
            select,
        } => of_records(*kind, which, select, originator),
        Query::ContactsOfItem { kind, id } => {
            let which = json!({"entityTypeId": names::owner_type(*kind), "id": id});
            Command::new(names::method(*kind, "get"), which)
        }
        Query::CommentWithMarker {
            kind,
            id,
            marker: _,
        } => comments(*kind, *id),
        Query::TodoWithMarker { kind, id, marker } => todos(*kind, *id, marker),
        Query::ProductRows { kind, id } => Command::new(
            "crm.item.productrow.list",
            json!({
                "filter": {"=ownerType": names::owner_code(*kind), "=ownerId": id},
                "order": {"sort": "asc", "id": "asc"},
                "start": -1,
            }),
        ),
        Query::Files { kind, id, names } => files::query(*kind, *id, names),
        Query::FinalStages { kind, category } => Command::new(
            "crm.status.list",
            json!({"filter": {"ENTITY_ID": stage_list(*kind, *category)}}),
        ),
        Query::Company(query) => companies::command(query, originator),
        // a bare key would be a LIKE in which `_` of an address matches any letter
        Query::EmployeesByEmail(email) => {
            Command::new("user.get", json!({"FILTER": {"=EMAIL": email.as_str()}}))
        }
        Query::ParentOfDepartment(id) => Command::new("department.get", json!({"ID": id})),
    }
}

fn of_records(
    kind: EntityKind,
    which: &RecordFilter,
    select: &[String],
    originator: &str,
) -> Command {
    let by_id = |ids: &[RecordId]| json!({format!("@{}", field_names(kind).id): ids});
    match which {
        RecordFilter::DuplicateCandidates(ids) => {
            let more = [&DETAILS.map(str::to_owned)[..], select].concat();
            records(kind, by_id(ids), &more)
        }
        RecordFilter::LinkedIds(ids) => records(kind, by_id(ids), select),
        RecordFilter::Earlier(id) => records(kind, by_id(&[*id]), select),
        RecordFilter::CreatedFor(id) => {
            let origin_fields = names::origin_fields(kind, originator, *id);
            let more: Vec<String> = origin_fields
                .iter()
                .map(|(name, _)| (*name).to_owned())
                .collect();
            records(kind, equal(pairs(&origin_fields)), &more)
        }
        RecordFilter::ByMainContact { contacts, among } => {
            let of_them = json!({format!("@{}", field_names(kind).contact): contacts});
            records(kind, open(kind, of_them, among), select)
        }
        RecordFilter::AnyOfContact(contact) => {
            let of_them = json!({format!("@{}", field_names(kind).contact): [contact]});
            records(kind, of_them, select)
        }
        RecordFilter::ByContact { contact, among } => bound_to(kind, *contact, among, select),
        RecordFilter::ByFieldValue { field, .. } => {
            let more = [select, std::slice::from_ref(&field.name)].concat();
            records(kind, conditions(std::slice::from_ref(field)), &more)
        }
        RecordFilter::ByPrefix { field, text, .. } => {
            records(kind, json!({*field: text}), &[(*field).to_owned()])
        }
    }
}

/// The fields that mark what the gateway creates.
const ORIGIN: [&str; 2] = ["ORIGINATOR_ID", "ORIGIN_ID"];

/// The contact details; a row contains them only if they are selected.
const DETAILS: [&str; 4] = ["PHONE", "EMAIL", "WEB", "IM"];
/// The employee who is responsible for a contact, and its main company.
const OWNER: [&str; 2] = ["ASSIGNED_BY_ID", "COMPANY_ID"];

fn pairs<N: AsRef<str>>(fields: &[(N, String)]) -> impl Iterator<Item = (&str, &str)> {
    fields
        .iter()
        .map(|(name, value)| (name.as_ref(), value.as_str()))
}

fn names_of(fields: &[SearchValue]) -> Vec<String> {
    fields.iter().map(|field| field.name.clone()).collect()
}

/// Lists contacts, the oldest first unless the newest is needed.
fn contacts(filter: Value, more: &[String], several: Several) -> Command {
    let order = match several {
        Several::Newest => "DESC",
        Several::Oldest | Several::All | Several::Park => "ASC",
    };
    list("crm.contact.list", filter, select(&["ID"], more), order)
}

fn comments(kind: EntityKind, id: RecordId) -> Command {
    Command::new(
        "crm.timeline.comment.list",
        json!({
            "filter": {"ENTITY_ID": id, "ENTITY_TYPE": names::timeline_type(kind)},
            "select": ["ID", "COMMENT"],
            "order": {"ID": "DESC"},
        }),
    )
}

/// Lists to-dos. `%` matches a part of the text (REST documentation, "crm.activity.list"). If a
/// portal drops that condition, it returns the newest to-dos of the record, and ours is searched
/// among them.
fn todos(kind: EntityKind, id: RecordId, marker: &str) -> Command {
    let filter = json!({
        "OWNER_TYPE_ID": names::owner_type(kind),
        "OWNER_ID": id,
        "PROVIDER_ID": "CRM_TODO",
        "%DESCRIPTION": marker,
    });
    let fields = ["ID", "OWNER_ID", "OWNER_TYPE_ID", "DESCRIPTION"];
    list("crm.activity.list", filter, select(&fields, &[]), "DESC")
}

/// Adds the condition "is open". Rows are checked again, because a portal may drop the condition.
fn open(kind: EntityKind, mut filter: Value, among: &[String]) -> Value {
    let names = field_names(kind);
    match names.semantics {
        _ if !among.is_empty() => filter[format!("@{}", names.stage)] = json!(among),
        Some(semantics) => filter[semantics] = json!("P"),
        None => {}
    }
    filter
}

/// Lists the records of a contact. Classic lists only filter by the main contact, the universal one
/// by any contact (REST documentation, "crm.deal.list", field `filter`). It returns other names and
/// values than the classic lists, so only the ids of leads and deals are used. Several contacts share
/// a command as long as the page is not full: a record of two of them may count twice in it.
fn bound_to(kind: EntityKind, contact: ContactId, among: &[String], more: &[String]) -> Command {
    let mut filter = json!({"@contactIds": [contact]});
    match kind {
        _ if !among.is_empty() => filter["@stageId"] = json!(among),
        EntityKind::Lead | EntityKind::Deal => filter["=stageSemanticId"] = json!("P"),
        EntityKind::Item(_) | EntityKind::Company => {}
    }
    let bare = ["id", "contactId", "contactIds"];
    let fields = match kind {
        EntityKind::Lead | EntityKind::Deal | EntityKind::Company => select(&bare, &[]),
        EntityKind::Item(_) => {
            let item = ["stageId", "assignedById", "companyId"];
            select(&[&bare[..], &item].concat(), more)
        }
    };
    let mut command = list("crm.item.list", filter, fields, "DESC");
    command.params["order"] = json!({"id": "DESC"});
    command.params["entityTypeId"] = json!(names::owner_type(kind));
    names::add_item_params(kind, &mut command.params, more.iter().map(String::as_str));
    command
}

/// Asks the duplicate index. `entity_type` is always sent: otherwise twenty leads with a number
/// hide its contacts.
pub(super) fn duplicates(entity: &str, kind: &str, values: &[String]) -> Command {
    Command::new(
        "crm.duplicate.findbycomm",
        json!({"entity_type": entity, "type": kind, "values": values}),
    )
}

/// Reads the phones and addresses of owners in the duplicate index: of `CONTACT`,
/// `LEAD` or `COMPANY`.
pub(super) fn owners(entity: &str, ids: &[i64]) -> Command {
    let method = format!("crm.{}.list", entity.to_lowercase());
    let fields = select(&["ID", "PHONE", "EMAIL"], &[]);
    list(method, json!({"@ID": ids}), fields, "ASC")
}

/// Builds an equality filter.
pub(super) fn equal<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Value {
    fields
        .into_iter()
        .map(|(name, value)| (format!("={name}"), Value::from(value)))
        .collect::<Map<_, _>>()
        .into()
}

/// Builds the filter for values in any of their spellings. Sites and messengers can be compared only
/// by their bare names, and only with one text (REST documentation, "crm.contact.list").
pub(super) fn conditions(fields: &[SearchValue]) -> Value {
    let condition = |field: &SearchValue| {
        let name = &field.name;
        match field.spellings.as_slice() {
            [one] if !names::is_comparable(name) => (name.clone(), Value::from(one.as_str())),
            [one] => (format!("={name}"), Value::from(one.as_str())),
            several => (format!("@{name}"), json!(several)),
        }
    };
    fields.iter().map(condition).collect::<Map<_, _>>().into()
}

fn origin(originator: &str, id: SubmissionId) -> Value {
    json!({"=ORIGINATOR_ID": originator, "=ORIGIN_ID": id.to_string()})
}

pub(super) fn select(base: &[&str], more: &[String]) -> Vec<Value> {
    let mut fields: Vec<Value> = base.iter().map(|name| json!(name)).collect();
    for name in more {
        if !fields.contains(&json!(name)) {
            fields.push(json!(name));
        }
    }
    fields
}

/// Lists records, the newest first.
fn records(kind: EntityKind, filter: Value, more: &[String]) -> Command {
    let names = field_names(kind);
    let base = [
        names.id,
        names.stage,
        names.contact,
        names.company,
        names.responsible,
    ];
    let base: Vec<&str> = base.into_iter().chain(names.semantics).collect();
    let mut command = list(
        names::method(kind, "list"),
        filter,
        select(&base, more),
        "DESC",
    );
    names::add_item_params(kind, &mut command.params, more.iter().map(String::as_str));
    if let EntityKind::Item(_) = kind {
        command.params["order"] = json!({"id": "DESC"});
    }
    command
}

/// Builds a list command. `start: -1` omits the count of all rows, which is the expensive part.
#[expect(
    clippy::needless_pass_by_value,
    reason = "reads better where it is called"
)]
pub(super) fn list(
    method: impl Into<String>,
    filter: Value,
    select: Vec<Value>,
    order: &str,
) -> Command {
    Command::new(
        method,
        json!({"filter": filter, "select": select, "order": {"ID": order}, "start": -1}),
    )
}
