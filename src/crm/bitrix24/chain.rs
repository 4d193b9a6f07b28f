//! A chain of changes as REST commands. Inside a batch a change may refer to what an earlier `add`
//! of the same chain created; any other reference is forbidden, because a reference to a missing
//! command becomes record number 1 (REST documentation, "batch"; `docs/delivery.md`).

use serde_json::{Map, Value, json};

use super::commands::Command;
use super::companies;
use super::files;
use super::names::{self, add_item_params, field_names, method, owner_type, timeline_type};
use super::wire;
use crate::crm::company::{CompanyRef, CompanyWrite};
use crate::crm::error::CrmError;
use crate::crm::write::{ContactRef, FileOwner, RecordRef, Write, WriteResult};
use crate::domain::{ContactId, EntityKind, NoAnswer};

/// The ids that a chain has created so far: numbers if its commands are sent one by one, references
/// to earlier keys inside a batch.
#[derive(Debug, Clone, Default)]
pub(super) struct Created {
    pub(super) company: Option<Value>,
    pub(super) contact: Option<Value>,
    pub(super) record: Option<Value>,
}

impl Created {
    /// Returns plain numbers in place of references, to inspect a command that is not sent.
    pub(super) fn placeholder() -> Self {
        Self {
            company: Some(Value::from(1)),
            contact: Some(Value::from(1)),
            record: Some(Value::from(1)),
        }
    }

    /// Records the id that the command for `write` created.
    pub(super) fn note(&mut self, write: &Write, id: Value) {
        match write {
            Write::AddContact { .. } => self.contact = Some(id),
            Write::AddRecord { .. } => self.record = Some(id),
            Write::Company(CompanyWrite::Add { .. }) => self.company = Some(id),
            Write::UpdateContact { .. }
            | Write::MergeContacts { .. }
            | Write::UpdateRecord { .. }
            | Write::Company(_)
            | Write::BindContact { .. }
            | Write::SetProducts { .. }
            | Write::AddComment { .. }
            | Write::SetFiles { .. }
            | Write::AddTodo { .. } => {}
        }
    }

    pub(super) fn company(&self, wanted: CompanyRef) -> Option<Value> {
        match wanted {
            CompanyRef::Id(id) => Some(json!(id)),
            CompanyRef::Created => self.company.clone(),
        }
    }

    /// Returns the fields with the company, if there is one.
    fn with_company(
        &self,
        fields: &Map<String, Value>,
        name: &str,
        company: Option<CompanyRef>,
    ) -> Option<Map<String, Value>> {
        let mut fields = fields.clone();
        if let Some(company) = company {
            fields.insert(name.to_owned(), self.company(company)?);
        }
        Some(fields)
    }

    fn contact(&self, wanted: ContactRef) -> Option<Value> {
        match wanted {
            ContactRef::Id(id) => Some(json!(id)),
            ContactRef::Created => self.contact.clone(),
        }
    }

    fn record(&self, wanted: RecordRef) -> Option<Value> {
        match wanted {
            RecordRef::Id(id) => Some(json!(id)),
            RecordRef::Created => self.record.clone(),
        }
    }
}

/// Returns the command for one change; `None` if it refers to something that the chain has not
/// created.
pub(super) fn command(write: &Write, created: &Created) -> Option<Command> {
    Some(match write {
        Write::AddContact { fields, company } => {
            let fields = created.with_company(fields, "COMPANY_ID", *company)?;
            Command::new("crm.contact.add", saving(&fields, None))
        }
        Write::Company(write) => companies::change(write, created)?,
        Write::UpdateContact { id, fields } => {
            Command::new("crm.contact.update", saving(fields, Some(json!(id))))
        }
        Write::MergeContacts { into, others } => merge(*into, others),
        Write::AddRecord {
            kind,
            fields,
            contacts,
            company,
        } => {
            let name = field_names(*kind).company;
            let fields = created.with_company(fields, name, *company)?;
            let bound = contacts.iter().map(|contact| created.contact(*contact));
            let bound: Vec<Value> = bound.collect::<Option<_>>()?;
            record(*kind, "add", &with_contacts(*kind, &fields, &bound), None)
        }
        Write::UpdateRecord { kind, id, fields } => {
            record(*kind, "update", fields, Some(json!(id)))
        }
        Write::BindContact {
            kind,
            id,
            contact,
            already_bound,
        } => bind(*kind, json!(id), &created.contact(*contact)?, already_bound),
        Write::SetProducts { kind, record, rows } => {
            set_products(*kind, &created.record(*record)?, rows)
        }
        Write::AddComment {
            kind,
            record,
            text,
            files: attached,
        } => {
            let comment = comment(*kind, &created.record(*record)?, text);
            files::attach(comment, attached)
        }
        Write::SetFiles { owner, fields } => {
            let id = match owner {
                FileOwner::Contact(contact) => created.contact(*contact)?,
                FileOwner::Record(_, record) => created.record(*record)?,
            };
            files::set(owner, &id, fields)
        }
        Write::AddTodo { record, .. } => todo(write, &created.record(*record)?)?,
    })
}

/// The method that adds a comment.
const ADD_COMMENT: &str = "crm.timeline.comment.add";

/// Adds a comment to a timeline.
fn comment(kind: EntityKind, record: &Value, text: &str) -> Command {
    Command::new(
        ADD_COMMENT,
        json!({"fields": {
            "ENTITY_ID": record,
            "ENTITY_TYPE": timeline_type(kind),
            "COMMENT": text,
        }}),
    )
}

/// Adds a to-do to a record.
fn todo(write: &Write, record: &Value) -> Option<Command> {
    let Write::AddTodo {
        kind,
        title,
        text,
        deadline,
        responsible,
        ..
    } = write
    else {
        return None;
    };
    let mut params = json!({
        "ownerTypeId": owner_type(*kind),
        "ownerId": record,
        // with its offset: a bare time would be read in the portal's own zone
        "deadline": deadline.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string(),
        "title": title,
        "description": text,
    });
    if let Some(user) = responsible {
        params["responsibleId"] = json!(user);
    }
    Some(Command::new("crm.activity.todo.add", params))
}

/// Replaces the product rows of a record (REST documentation, "crm.item.productrow.set").
fn set_products(kind: EntityKind, id: &Value, rows: &[Map<String, Value>]) -> Command {
    let owner = names::owner_code(kind);
    let params = json!({"ownerId": id, "ownerType": owner, "productRows": rows});
    Command::new("crm.item.productrow.set", params)
}

/// Merges contacts into the first one (REST documentation, "crm.entity.mergeBatch").
fn merge(into: ContactId, others: &[ContactId]) -> Command {
    let mut ids = vec![into];
    ids.extend(others);
    let params = json!({"params": {"entityTypeId": CONTACT_TYPE, "entityIds": ids}});
    Command::new("crm.entity.mergeBatch", params)
}

/// The type number of contacts (REST documentation, "Object types").
const CONTACT_TYPE: i64 = 3;

/// Reads how a merge ended: the portal answers a conflict without an error (REST documentation,
/// "crm.entity.mergeBatch").
fn merged(result: &Value) -> WriteResult {
    let status = result.get("STATUS").and_then(wire::text);
    match status.as_deref() {
        Some("SUCCESS") => Ok(None),
        Some(code @ ("CONFLICT" | "ERROR")) => Err(CrmError::Refused {
            method: "crm.entity.mergeBatch".to_owned(),
            code: code.to_owned(),
            text: String::new(),
        }),
        _ => Err(CrmError::Unknown {
            why: NoAnswer::NoId,
        }),
    }
}

/// Returns the method that makes a change, without encoding its files.
pub(super) fn method_of(write: &Write) -> Option<String> {
    match write {
        Write::SetFiles { .. } => Some(files::SET.to_owned()),
        Write::AddComment { .. } => Some(ADD_COMMENT.to_owned()),
        _ => command(write, &Created::placeholder()).map(|command| command.method),
    }
}

/// Adds the contacts to the fields of a record, the main one first.
fn with_contacts(
    kind: EntityKind,
    fields: &Map<String, Value>,
    bound: &[Value],
) -> Map<String, Value> {
    let mut fields = fields.clone();
    let (name, value) = match (bound, field_names(kind).contacts) {
        ([], _) => return fields,
        (all, Some(list)) => (list, json!(all)),
        ([one], None) => ("CONTACT_ID", one.clone()),
        (several, None) => ("CONTACT_IDS", json!(several)),
    };
    fields.insert(name.to_owned(), value);
    fields
}

pub(super) fn record(
    kind: EntityKind,
    action: &str,
    fields: &Map<String, Value>,
    id: Option<Value>,
) -> Command {
    let mut command = Command::new(method(kind, action), saving(fields, id));
    add_item_params(kind, &mut command.params, fields.keys().map(String::as_str));
    if let (EntityKind::Item(_), Value::Object(params)) = (kind, &mut command.params) {
        // the universal methods have no such parameter
        params.remove("params");
    }
    command
}

/// Links a contact. Leads and deals have a method for it; an item's list can only be set as a
/// whole.
fn bind(kind: EntityKind, id: Value, contact: &Value, already_bound: &[ContactId]) -> Command {
    let Some(list) = field_names(kind).contacts else {
        let params = json!({"id": id, "fields": {"CONTACT_ID": contact}});
        return Command::new(method(kind, "contact.add"), params);
    };
    let mut all: Vec<Value> = already_bound.iter().map(|id| json!(id)).collect();
    all.push(contact.clone());
    let fields = Map::from_iter([(list.to_owned(), Value::from(all))]);
    record(kind, "update", &fields, Some(id))
}

/// Returns whether a change creates something, so that the answer must contain its id.
fn creates(write: &Write) -> bool {
    match write {
        Write::AddContact { .. }
        | Write::AddRecord { .. }
        | Write::Company(CompanyWrite::Add { .. } | CompanyWrite::AddRequisite { .. })
        | Write::AddComment { .. }
        | Write::AddTodo { .. } => true,
        Write::UpdateContact { .. }
        | Write::MergeContacts { .. }
        | Write::UpdateRecord { .. }
        | Write::Company(_)
        | Write::BindContact { .. }
        | Write::SetFiles { .. }
        | Write::SetProducts { .. } => false,
    }
}

pub(super) fn saving(fields: &Map<String, Value>, id: Option<Value>) -> Value {
    let mut params = Map::new();
    if let Some(id) = id {
        params.insert("id".to_owned(), id);
    }
    params.insert("fields".to_owned(), Value::Object(fields.clone()));
    // the documented default differs from what servers do, so it is always sent
    params.insert("params".to_owned(), json!({"REGISTER_SONET_EVENT": "Y"}));
    Value::Object(params)
}

/// Returns the path of the created id in the command's result, in the notation of batch references.
pub(super) fn path_to_id(write: &Write) -> &'static str {
    match write {
        Write::AddRecord {
            kind: EntityKind::Item(_),
            ..
        } => "[item][id]",
        Write::AddContact { .. }
        | Write::AddRecord { .. }
        | Write::Company(_)
        | Write::AddComment { .. }
        | Write::AddTodo { .. }
        | Write::UpdateContact { .. }
        | Write::MergeContacts { .. }
        | Write::UpdateRecord { .. }
        | Write::BindContact { .. }
        | Write::SetFiles { .. }
        | Write::SetProducts { .. } => "",
    }
}

/// Returns the id that a change created. An `add` without an id in its answer may still have
/// worked.
pub(super) fn created(write: &Write, result: &Value) -> WriteResult {
    if let Write::MergeContacts { .. } = write {
        return merged(result);
    }
    if !creates(write) {
        return Ok(None);
    }
    // classic methods answer with the id, the universal ones with the whole item, to-dos with an
    // object
    let id = result.get("item").unwrap_or(result);
    let id = id.get("id").unwrap_or(id);
    match wire::number(id).filter(|id| *id > 0) {
        Some(id) => Ok(Some(id)),
        None => Err(CrmError::Unknown {
            why: NoAnswer::NoId,
        }),
    }
}
