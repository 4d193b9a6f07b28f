//! Files of fields: which fields take several, and which planned files the portal has already. Rows
//! tell neither names nor sizes, so contents are compared: a repeated delivery, even after a lost
//! reply or a crash, adds no file twice.

use super::decide;
use super::file_fields::{about, left_out, of};
use super::findings::{Findings, OwnerId};
use super::job::CrmJob;
use crate::crm::dictionary::Dictionaries;
use crate::crm::{Connection, CrmError, Query, RecordRow, StoredContent, StoredFiles};
use crate::domain::file::FileFault;
use crate::domain::{
    ContactId, CrmStep, EntityKind, Explanation, OnUpdate, PlannedField, PlannedFile, PlannedValue,
};

/// At most this many files of a field are compared, the newest first.
const MOST_COMPARED: usize = 20;

/// Returns the fields of the contact and of the record, each with its entity.
fn blocks(plan: &CrmStep) -> Vec<(Option<EntityKind>, &[PlannedField])> {
    let contact = plan.contact.iter();
    let contact = contact.map(|contact| (None, contact.fields.as_slice()));
    let record = plan.record.iter();
    let record = record.map(|record| (Some(record.kind), record.fields.as_slice()));
    contact.chain(record).collect()
}

/// Returns whether a plan writes files into fields.
pub(super) fn any(plan: &CrmStep) -> bool {
    let blocks = blocks(plan);
    blocks.iter().any(|(_, fields)| of(fields).next().is_some())
}

/// Returns whether the portal lacks a field for a file of this plan.
pub(super) fn is_any_missing(plan: &CrmStep, known: &Dictionaries) -> bool {
    blocks(plan).into_iter().any(|(entity, fields)| {
        of(fields).any(|(field, _)| !is_of_files(entity, &field.name, known))
    })
}

fn is_of_files(entity: Option<EntityKind>, name: &str, known: &Dictionaries) -> bool {
    let field = known.field(entity, name);
    field.is_some_and(|field| field.kind == "file")
}

/// Marks the files of fields that take several, and removes files for which the portal has no
/// field.
pub(super) fn fitted(plan: &CrmStep, known: &Dictionaries) -> (CrmStep, Vec<Explanation>) {
    let (mut plan, mut notes) = (plan.clone(), Vec::new());
    if let Some(contact) = &mut plan.contact {
        fit(None, &mut contact.fields, known, &mut notes);
    }
    if let Some(record) = &mut plan.record {
        fit(Some(record.kind), &mut record.fields, known, &mut notes);
    }
    (plan, notes)
}

fn fit(
    entity: Option<EntityKind>,
    fields: &mut Vec<PlannedField>,
    known: &Dictionaries,
    notes: &mut Vec<Explanation>,
) {
    fields.retain_mut(|field| {
        let PlannedValue::File(file) = &mut field.value else {
            return true;
        };
        match known.field(entity, &field.name) {
            Some(info) if info.kind == "file" => {
                file.many = info.multiple;
                true
            }
            _ => {
                let about = about(entity, &field.name);
                notes.push(left_out(about, file, FileFault::NoField));
                false
            }
        }
    });
}

/// Queries the files that the contacts and the record have.
pub(super) fn queries(job: &CrmJob, found: &Findings) -> Vec<Query> {
    let mut queries = Vec::new();
    for (entity, fields) in blocks(&job.plan) {
        let mut names: Vec<String> = Vec::new();
        for (field, _) in of(fields) {
            if !names.contains(&field.name) {
                names.push(field.name.clone());
            }
        }
        if names.is_empty() {
            continue;
        }
        let ids: Vec<i64> = match entity {
            None => {
                let contacts = decide::chosen_contacts(job, found);
                contacts.into_iter().map(ContactId::get).collect()
            }
            Some(_) => record(job, found)
                .map(|row| row.id.get())
                .into_iter()
                .collect(),
        };
        queries.extend(ids.into_iter().map(|id| Query::Files {
            kind: entity,
            id,
            names: names.clone(),
        }));
    }
    queries
}

/// Returns the record that is used.
fn record<'f>(job: &CrmJob, found: &'f Findings) -> Option<&'f RecordRow> {
    let own = found.earlier_record.as_ref().or(found.own_record.as_ref());
    own.or_else(|| decide::existing_record(job, found))
}

/// Finds out which planned files the portal has already.
pub(super) async fn compare(
    client: &Connection,
    jobs: &[&CrmJob],
    findings: &mut [Result<Findings, CrmError>],
) {
    for (job, slot) in jobs.iter().zip(findings) {
        let Ok(found) = slot else { continue };
        if found.files.is_empty() {
            continue;
        }
        if let Err(error) = compare_one(client, job, found).await {
            *slot = Err(error);
        }
    }
}

async fn compare_one(
    client: &Connection,
    job: &CrmJob,
    found: &mut Findings,
) -> Result<(), CrmError> {
    for (owner, fields) in found.files.clone() {
        let planned = match owner {
            OwnerId::Contact(_) => job.plan.contact.as_ref().map(|contact| &contact.fields),
            OwnerId::Record(_) => job.plan.record.as_ref().map(|record| &record.fields),
        };
        let planned = planned.map_or(&[][..], Vec::as_slice);
        for (name, stored) in fields {
            // what an earlier attempt created gets its files whatever the profile says of found ones
            let is_own = match owner {
                OwnerId::Contact(id) => found.own_contact == Some(id),
                OwnerId::Record(id) => found.own_record.as_ref().map(|row| row.id) == Some(id),
            };
            let planned = of(planned).filter(|(field, _)| {
                let is_kept = matches!(field.on_update, OnUpdate::Keep | OnUpdate::Fill);
                field.name == name && (is_own || !is_kept)
            });
            let planned = planned.map(|(_, file)| file).collect();
            let compared = same_files(client, job, planned, &stored).await?;
            if !compared.is_complete {
                found.not_compared.insert((owner, name.clone()));
            }
            let same = compared.same.into_iter();
            let same = same.map(|(place, id)| (owner, name.clone(), place, id));
            found.same_files.extend(same);
        }
    }
    Ok(())
}

/// The planned files that a field has already.
struct Compared {
    /// Their places, with the ids of the stored ones.
    same: Vec<(String, i64)>,
    /// Whether the portal gave every file that was needed to find the others.
    is_complete: bool,
}

/// Returns the planned files that a field has already.
async fn same_files(
    client: &Connection,
    job: &CrmJob,
    planned: Vec<&PlannedFile>,
    stored: &StoredFiles,
) -> Result<Compared, CrmError> {
    let mut wanted: Vec<_> = planned
        .into_iter()
        .filter_map(|file| Some((file.place.clone(), job.files.get(&file.place).ok()?)))
        .collect();
    let (mut same, mut is_unreadable) = (Vec::new(), false);
    let mut newest: Vec<_> = stored.files.iter().collect();
    newest.sort_by_key(|file| std::cmp::Reverse(file.id));
    for file in newest.into_iter().take(MOST_COMPARED) {
        if wanted.is_empty() {
            break;
        }
        let sizes: Vec<usize> = wanted.iter().map(|(_, content)| content.len()).collect();
        let content = match client.download(file, &sizes).await? {
            StoredContent::Read(content) => content,
            StoredContent::OtherSize => continue,
            StoredContent::Unreadable => {
                is_unreadable = true;
                continue;
            }
        };
        if let Some(at) = wanted
            .iter()
            .position(|(_, wanted)| **wanted == content[..])
        {
            same.push((wanted.remove(at).0, file.id));
        }
    }
    Ok(Compared {
        same,
        is_complete: wanted.is_empty() || !is_unreadable,
    })
}
