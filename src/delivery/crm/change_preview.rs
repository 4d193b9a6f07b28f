//! Previews a delivery: reads and decides as [`super::carry_out`] does, and writes nothing. Lists every field that
//! would change, with its current value.

use serde_json::{Value, json};

use super::findings::{Findings, OwnerId};
use super::job::CrmJob;
use super::{look_up, merge, with_ids};
use crate::crm::bitrix24::field_names;
use crate::crm::{
    CallTrace, CompanyRef, CompanyWrite, Connection, ContactDetails, ContactRef, FieldMap,
    FileField, FileOwner, NewFile, OutgoingCall, RecordRef, Write,
};
use crate::delivery::Verdict;
use crate::domain::file::file_size;
use crate::domain::{CompanyId, ContactId, EntityKind, Explanation, RecordId};

/// What a delivery would do.
#[derive(Debug, Clone)]
pub struct ChangePreview {
    /// The verdict if nothing would be written: parked, or retried later because the portal could not be
    /// asked. `None` if the changes below would be sent.
    pub verdict: Option<Verdict>,
    /// The existing contact.
    pub contact: Option<ContactId>,
    /// The existing company.
    pub company: Option<CompanyId>,
    /// The existing record.
    pub record: Option<(EntityKind, RecordId)>,
    /// The explanation, step by step.
    pub explanation: Vec<Explanation>,
    /// The changes, field by field, in the order of writing.
    pub changes: Vec<FieldChange>,
    /// The writing calls, as they would be sent; after a merge, without what the merge may change.
    pub writes: Vec<OutgoingCall>,
    /// The reading calls that were made.
    pub reads: Vec<CallTrace>,
}

/// One field that would change.
#[derive(Clone, PartialEq)]
pub struct FieldChange {
    /// The contact or record.
    pub target: ChangeTarget,
    /// The field's name in the CRM; `contact` or `company` for a binding, `comment` for the timeline.
    pub field: String,
    /// The current value, if any.
    pub old: Option<Value>,
    /// The new value.
    pub new: Value,
}

/// The contact, company or record that a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeTarget {
    /// A contact that would be created.
    NewContact,
    /// An existing contact.
    Contact(ContactId),
    /// A company that would be created.
    NewCompany,
    /// An existing company.
    Company(CompanyId),
    /// A lead, deal or item that would be created.
    NewRecord(EntityKind),
    /// An existing lead, deal or item.
    Record(EntityKind, RecordId),
}

impl std::fmt::Display for ChangeTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NewContact => f.write_str("new contact"),
            Self::Contact(id) => write!(f, "contact {id}"),
            Self::NewCompany => f.write_str("new company"),
            Self::Company(id) => write!(f, "company {id}"),
            Self::NewRecord(kind) => write!(f, "new {kind}"),
            Self::Record(kind, id) => write!(f, "{kind} {id}"),
        }
    }
}

/// Omits values: they are personal data.
impl std::fmt::Debug for FieldChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FieldChange({}.{})", self.target, self.field)
    }
}

/// Reads the CRM as a delivery of this job would, usually in at most three calls, and writes nothing.
pub async fn preview_changes(client: &Connection, job: &CrmJob) -> ChangePreview {
    let jobs = std::slice::from_ref(job);
    let lookups = look_up(client, jobs).await;
    let decision = lookups.decide(jobs, client.originator()).pop();
    let mut preview = ChangePreview {
        verdict: None,
        contact: None,
        company: None,
        record: None,
        explanation: Vec::new(),
        changes: Vec::new(),
        writes: Vec::new(),
        reads: lookups.calls.into_iter().flatten().collect(),
    };
    match (decision, lookups.found.into_iter().next()) {
        (Some(Ok(decision)), Some(Ok(found))) => {
            let resolved = lookups.resolved.first().and_then(Option::as_ref);
            let merge = merge::planned(&with_ids(job, resolved), &found);
            let all = merge.iter().chain(&decision.chain);
            preview.changes = all.flat_map(|write| changes(write, &found)).collect();
            preview.writes = client.outgoing_calls(merge.as_slice());
            preview
                .writes
                .extend(client.outgoing_calls(&decision.chain));
            preview.contact = decision.contact;
            preview.company = decision.company;
            preview.record = decision.record;
            preview.explanation = decision.explanation;
        }
        (Some(Err(verdict)), _) | (_, Some(Err(verdict))) => {
            preview.verdict = Some(verdict);
            let notes = lookups.resolved.into_iter().flatten();
            preview.explanation = notes.flat_map(|(_, notes)| notes).collect();
        }
        (None, _) | (_, None) => {}
    }
    preview
}

/// Returns the fields that one change would write, each with its current value.
fn changes(write: &Write, found: &Findings) -> Vec<FieldChange> {
    match write {
        Write::AddContact { fields, company } => {
            with_its_company(ChangeTarget::NewContact, fields, *company)
        }
        Write::Company(write) => of_company(write, found),
        Write::UpdateContact { id, fields } => of_contact(*id, fields, found),
        Write::MergeContacts { into, others } => vec![merged(*into, json!(others))],
        Write::AddRecord {
            kind,
            fields,
            contacts,
            company,
        } => {
            let target = ChangeTarget::NewRecord(*kind);
            let mut changes = with_its_company(target, fields, *company);
            changes.extend(contacts.iter().map(|contact| bound(target, *contact, None)));
            changes
        }
        Write::UpdateRecord { kind, id, fields } => of_update((*kind, *id), fields, found),
        Write::BindContact {
            kind, id, contact, ..
        } => {
            let main = row_of(found, *id).and_then(|row| row.contact);
            vec![bound(ChangeTarget::Record(*kind, *id), *contact, main)]
        }
        Write::SetProducts { kind, record, rows } => {
            let there = &found.product_rows;
            let old = (!there.is_empty()).then(|| there.iter().map(product).collect());
            let new = rows.iter().map(product).collect();
            vec![of_record(*kind, *record, "products", (old, new))]
        }
        Write::AddComment {
            kind,
            record,
            text,
            files,
        } => {
            let files: Vec<Value> = files.iter().map(file).collect();
            let files = (!files.is_empty()).then(|| ("files", json!(files)));
            let all = std::iter::once(("comment", json!(text))).chain(files);
            all.map(|(name, new)| of_record(*kind, *record, name, (None, new)))
                .collect()
        }
        Write::SetFiles { owner, fields } => fields
            .iter()
            .map(|field| of_file_field(owner, field, found))
            .collect(),
        Write::AddTodo {
            kind,
            record,
            title,
            deadline,
            ..
        } => {
            let new = json!(format!("{title} (until {deadline:.0})"));
            vec![of_record(*kind, *record, "to-do", (None, new))]
        }
    }
}

fn merged(into: ContactId, others: Value) -> FieldChange {
    FieldChange {
        target: ChangeTarget::Contact(into),
        field: "merge".to_owned(),
        old: None,
        new: others,
    }
}

/// Returns the fields of a new contact or record, and its company.
fn with_its_company(
    target: ChangeTarget,
    fields: &serde_json::Map<String, Value>,
    company: Option<CompanyRef>,
) -> Vec<FieldChange> {
    let mut changes = fresh(target, fields);
    changes.extend(company.map(|company| with_company(target, company)));
    changes
}

/// Returns the changes of a record's update.
fn of_update(
    (kind, id): (EntityKind, RecordId),
    fields: &serde_json::Map<String, Value>,
    found: &Findings,
) -> Vec<FieldChange> {
    let target = ChangeTarget::Record(kind, id);
    let row = row_of(found, id);
    let mut there = row.map(|row| row.fields.clone()).unwrap_or_default();
    if let Some(row) = row {
        there.insert(field_names(kind).stage.to_owned(), json!(row.stage));
    }
    fields
        .iter()
        .map(|(name, new)| replaced(target, name, &there, new))
        .collect()
}

/// Describes a file: `scan.pdf, 12 KB`.
fn file(file: &NewFile) -> Value {
    let size = u64::try_from(file.content.len()).unwrap_or(u64::MAX);
    json!(format!("{}, {}", file.name, file_size(size)))
}

/// Describes the files that a field gets; of the stored ones only the ids are known.
fn of_file_field(owner: &FileOwner, field: &FileField, found: &Findings) -> FieldChange {
    let (target, id) = match owner {
        FileOwner::Contact(ContactRef::Id(id)) => {
            (ChangeTarget::Contact(*id), Some(OwnerId::Contact(*id)))
        }
        FileOwner::Contact(ContactRef::Created) => (ChangeTarget::NewContact, None),
        FileOwner::Record(kind, record) => {
            let id = match record {
                RecordRef::Id(id) => Some(OwnerId::Record(*id)),
                RecordRef::Created => None,
            };
            (target_of(*kind, *record), id)
        }
    };
    let there = id.and_then(|id| found.files.get(&id)?.get(&field.name));
    let there: Vec<i64> = there.map_or_else(Vec::new, |there| {
        there.files.iter().map(|file| file.id).collect()
    });
    let kept = field.keep.iter().filter(|_| field.many).map(|id| json!(id));
    FieldChange {
        target,
        field: field.name.clone(),
        old: (!there.is_empty()).then(|| json!(there)),
        new: kept.chain(field.add.iter().map(file)).collect(),
    }
}

/// Describes something that belongs to a record, with the old and the new value.
fn of_record(
    kind: EntityKind,
    record: RecordRef,
    field: &str,
    (old, new): (Option<Value>, Value),
) -> FieldChange {
    FieldChange {
        target: target_of(kind, record),
        field: field.to_owned(),
        old,
        new,
    }
}

/// Describes a product row: `Course (product 51), 2 × 3500`.
fn product<'r>(row: impl IntoIterator<Item = (&'r String, &'r Value)>) -> Value {
    let row: FieldMap = row
        .into_iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let text = |name: &str| match row.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let (name, id) = (text("productName"), text("productId"));
    let words = match id.as_str() {
        "" | "0" => name,
        id => format!("{name} (product {id})").trim().to_owned(),
    };
    let (quantity, price) = (text("quantity"), text("price"));
    let quantity = if quantity.is_empty() { "1" } else { &quantity };
    let price = if price.is_empty() { "0" } else { &price };
    json!(format!("{words}, {quantity} × {price}"))
}

/// Returns the changes of a contact update.
fn of_contact(
    id: ContactId,
    fields: &serde_json::Map<String, Value>,
    found: &Findings,
) -> Vec<FieldChange> {
    let row = found.contacts.iter().find(|row| row.id == id);
    let there = row.map(|row| (&row.details, &row.fields));
    of_client(ChangeTarget::Contact(id), fields, there)
}

/// Returns the changes of a contact or company, which has these details and fields.
fn of_client(
    target: ChangeTarget,
    fields: &serde_json::Map<String, Value>,
    there: Option<(&ContactDetails, &FieldMap)>,
) -> Vec<FieldChange> {
    let many = |name: &str| there.and_then(|(details, _)| details.of_field(name));
    let nothing = FieldMap::new();
    let stored = there.map_or(&nothing, |(_, fields)| fields);
    fields
        .iter()
        .map(|(name, new)| match many(name) {
            Some(list) => added(target, name, list, new),
            None => replaced(target, name, stored, new),
        })
        .collect()
}

/// Returns the changes of a company, or of what it is bound to.
fn of_company(write: &CompanyWrite, found: &Findings) -> Vec<FieldChange> {
    match write {
        CompanyWrite::Add { fields } => fresh(ChangeTarget::NewCompany, fields),
        CompanyWrite::Update { id, fields } => {
            let row = found.company.row(*id);
            let there = row.map(|row| (&row.details, &row.fields));
            of_client(ChangeTarget::Company(*id), fields, there)
        }
        CompanyWrite::AddRequisite { company, fields } => {
            let target = match company {
                CompanyRef::Id(id) => ChangeTarget::Company(*id),
                CompanyRef::Created => ChangeTarget::NewCompany,
            };
            let mut changes = fresh(target, fields);
            changes.retain(|change| change.field.starts_with("RQ_"));
            changes
        }
        CompanyWrite::BindToContact { contact, company } => {
            vec![with_company(ChangeTarget::Contact(*contact), *company)]
        }
        CompanyWrite::BindToRecord { kind, id, company } => {
            vec![with_company(ChangeTarget::Record(*kind, *id), *company)]
        }
    }
}

/// Describes a company that is bound.
fn with_company(target: ChangeTarget, company: CompanyRef) -> FieldChange {
    FieldChange {
        target,
        field: "company".to_owned(),
        old: None,
        new: match company {
            CompanyRef::Id(id) => json!(id),
            CompanyRef::Created => json!("the new company"),
        },
    }
}

fn target_of(kind: EntityKind, record: RecordRef) -> ChangeTarget {
    match record {
        RecordRef::Id(id) => ChangeTarget::Record(kind, id),
        RecordRef::Created => ChangeTarget::NewRecord(kind),
    }
}

fn row_of(found: &Findings, id: RecordId) -> Option<&crate::crm::RecordRow> {
    found
        .own_record
        .iter()
        .chain(&found.earlier_record)
        .chain(&found.by_field)
        .chain(&found.by_contact)
        .find(|row| row.id == id)
}

fn fresh(target: ChangeTarget, fields: &serde_json::Map<String, Value>) -> Vec<FieldChange> {
    fields
        .iter()
        .map(|(name, new)| FieldChange {
            target,
            field: name.clone(),
            old: None,
            new: values(new),
        })
        .collect()
}

fn replaced(target: ChangeTarget, name: &str, there: &FieldMap, new: &Value) -> FieldChange {
    let is_something = |old: &&Value| !matches!(old, Value::Null) && *old != "";
    FieldChange {
        target,
        field: name.to_owned(),
        old: there.get(name).filter(is_something).map(values),
        new: values(new),
    }
}

/// Describes added multifield values: the portal keeps existing rows (REST documentation, multifields).
fn added(target: ChangeTarget, name: &str, stored: &[String], new: &Value) -> FieldChange {
    let mut after: Vec<Value> = stored.iter().map(|value| json!(value)).collect();
    match values(new) {
        Value::Array(more) => after.extend(more),
        other => after.push(other),
    }
    FieldChange {
        target,
        field: name.to_owned(),
        old: (!stored.is_empty()).then(|| json!(stored)),
        new: Value::Array(after),
    }
}

fn bound(target: ChangeTarget, contact: ContactRef, main: Option<ContactId>) -> FieldChange {
    FieldChange {
        target,
        field: "contact".to_owned(),
        old: main.map(|id| json!(id)),
        new: match contact {
            ContactRef::Id(id) => json!(id),
            ContactRef::Created => json!("the new contact"),
        },
    }
}

/// Returns the values of a multifield's rows; anything else unchanged.
fn values(value: &Value) -> Value {
    match value {
        Value::Array(rows) => rows
            .iter()
            .map(|row| row.get("VALUE").unwrap_or(row).clone())
            .collect(),
        other => other.clone(),
    }
}
