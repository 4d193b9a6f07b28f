//! Resolve: looks up what the CRM has already. Queries of many jobs share calls.

use std::collections::BTreeSet;

use super::findings::{Extent, Findings};
use super::job::{CrmJob, split_calls};
use super::{companies, decide, files, questions, truncated};
use crate::crm::{
    CallTrace, CompanyQuery, Connection, CrmError, PAGE_SIZE, Priority, Query, RecordFilter,
    RecordRow, pipeline_of,
};
use crate::domain::{Closed, ContactId, EntityKind, Found, OnUpdate, RecordId, RecordPlan};

/// Up to this number of candidates, records are read together with the contacts; with more, only after the
/// matching contacts are known.
const FEW_CONTACTS: usize = 5;

/// Queries in rounds. Most jobs need only the first two; a new person takes one call.
pub(super) async fn resolve(
    client: &Connection,
    jobs: &[&CrmJob],
    calls: &mut [Vec<CallTrace>],
) -> Vec<Result<Findings, CrmError>> {
    let mut all: Vec<Result<Findings, CrmError>> =
        jobs.iter().map(|_| Ok(Findings::default())).collect();
    let rounds = [
        first_round,
        truncated_round,
        second_round,
        chosen_round,
        third_round,
        fourth_round,
    ];
    for round in rounds {
        let mut queries = Vec::new();
        let mut owners = Vec::new();
        for (index, (job, found)) in jobs.iter().zip(&all).enumerate() {
            let Ok(found) = found else { continue };
            for query in round(job, found) {
                queries.push(query);
                owners.push(index);
            }
        }
        if queries.is_empty() {
            continue;
        }
        let reading = client.read(&queries, Priority::Submission).await;
        split_calls(
            reading.calls,
            |of| owners.get(of).copied().unwrap_or(usize::MAX),
            calls,
        );
        let answers = queries.into_iter().zip(reading.answers).zip(owners);
        for (place, ((query, answer), owner)) in answers.enumerate() {
            let Some(slot) = all.get_mut(owner) else {
                continue;
            };
            let extent = if reading.cut.contains(&place) {
                Extent::Truncated
            } else {
                Extent::Complete
            };
            match answer {
                Ok(answer) => {
                    if let Ok(found) = slot {
                        found.add_result(query, answer, extent);
                    }
                }
                // an old portal without this search: records are found by main contact only
                Err(CrmError::Refused { .. }) if is_supplementary(&query) => {}
                Err(error) => *slot = Err(error),
            }
        }
    }
    all
}

/// Queries candidates for contact and company, records by their own fields, and employees.
fn first_round(job: &CrmJob, _: &Findings) -> Vec<Query> {
    let mut queries = companies::candidates(job);
    if let Some(contact) = &job.plan.contact {
        queries.extend(questions::of_contact(contact));
        if job.uncertain {
            queries.push(Query::ContactByOrigin(job.id));
        }
    }
    if let Some(record) = &job.plan.record {
        if record.found != Found::AlwaysCreate {
            queries.extend(questions::of_record(record));
        }
        if let Some((kind, id)) = job.became.record.filter(|(kind, _)| *kind == record.kind) {
            queries.push(Query::Records {
                kind,
                which: RecordFilter::Earlier(id),
                select: questions::fields_to_read(&record.fields),
            });
        }
        if job.uncertain {
            queries.push(Query::ours(record.kind, job.id));
        }
    }
    let named = questions::responsible(&job.plan);
    let emails: BTreeSet<_> = named.iter().flat_map(|named| named.emails()).collect();
    queries.extend(emails.into_iter().cloned().map(Query::EmployeesByEmail));
    queries
}

/// Queries further owners of values whose look-up was truncated.
fn truncated_round(job: &CrmJob, found: &Findings) -> Vec<Query> {
    if found.truncated.is_empty() {
        return Vec::new();
    }
    let contact = job.plan.contact.iter();
    let mut queries: Vec<Query> = contact
        .flat_map(|contact| truncated::more_contacts(contact, &found.truncated))
        .collect();
    if let Some(record) = &job.plan.record {
        queries.extend(truncated::more_leads(record, &found.truncated));
    }
    queries
}

/// Queries the rows of candidates, their open records, and the comment and to-do of our own record.
fn second_round(job: &CrmJob, found: &Findings) -> Vec<Query> {
    let mut queries = companies::rows(job, found);
    let ids = candidates(job, found);
    if let Some(contact) = &job.plan.contact {
        let select = if decide::contacts_of_records(job, found).is_empty() {
            questions::fields_to_read(&contact.fields)
        } else {
            questions::contact_fields_to_read(contact)
        };
        queries.extend(ids.chunks(PAGE_SIZE).map(|ids| Query::Contacts {
            ids: ids.to_vec(),
            select: select.clone(),
        }));
    }
    let Some(record) = &job.plan.record else {
        return queries;
    };
    if let Some(own) = found.earlier_record.as_ref().or(found.own_record.as_ref()) {
        queries.extend(marker_queries(job, record.kind, own));
        return queries;
    }
    let leads: Vec<RecordId> = found.offered_leads.iter().copied().collect();
    queries.extend(leads.chunks(PAGE_SIZE).map(|ids| Query::Records {
        kind: EntityKind::Lead,
        which: RecordFilter::DuplicateCandidates(ids.to_vec()),
        select: questions::fields_to_read(&record.fields),
    }));
    let is_settled = !found.by_field.is_empty() && record.closed != Closed::Create;
    if ids.len() <= FEW_CONTACTS && record.found != Found::AlwaysCreate && !is_settled {
        queries.extend(records_of(record, &ids));
    }
    queries
}

/// Queries the open records of the matching contacts, if there were many candidates.
fn chosen_round(job: &CrmJob, found: &Findings) -> Vec<Query> {
    let record = job.plan.record.as_ref();
    // lead candidates are not checked for a match yet
    let Some(record) = record.filter(|record| record.found != Found::AlwaysCreate) else {
        return Vec::new();
    };
    let is_own = found.earlier_record.is_some() || found.own_record.is_some();
    if is_own || candidates(job, found).len() <= FEW_CONTACTS {
        return Vec::new();
    }
    records_of(record, &decide::chosen_contacts(job, found))
}

/// Returns the contacts that may match.
fn candidates(job: &CrmJob, found: &Findings) -> Vec<ContactId> {
    let mut ids: BTreeSet<ContactId> = found.offered.clone();
    ids.extend(found.own_contact);
    if job.plan.contact.is_some() {
        ids.extend(job.became.contact);
    }
    ids.extend(decide::contacts_of_records(job, found));
    ids.into_iter().collect()
}

/// Returns the queries for open records that are linked to these contacts.
fn records_of(record: &RecordPlan, contacts: &[ContactId]) -> Vec<Query> {
    let (kind, select) = (record.kind, questions::fields_to_read(&record.fields));
    let mut queries: Vec<Query> = passed_over(record, contacts).collect();
    let open = contacts.iter().map(|contact| Query::Records {
        kind,
        which: RecordFilter::ByContact {
            contact: *contact,
            among: record.among.clone(),
        },
        select: select.clone(),
    });
    queries.extend(open);
    if let EntityKind::Lead | EntityKind::Deal = kind {
        queries.extend(contacts.chunks(PAGE_SIZE).map(|contacts| Query::Records {
            kind,
            which: RecordFilter::ByMainContact {
                contacts: contacts.to_vec(),
                among: record.among.clone(),
            },
            select: select.clone(),
        }));
    }
    queries
}

/// Returns the queries for what the contacts have besides open records: the explanation says why it
/// is not used. Without `among`, all items are read in any case.
fn passed_over(record: &RecordPlan, contacts: &[ContactId]) -> impl Iterator<Item = Query> {
    let kind = record.kind;
    let is_read = matches!(kind, EntityKind::Item(_)) && record.among.is_empty();
    let contacts = if is_read { &[] } else { contacts };
    let of_contact = move |contact: &ContactId| Query::Records {
        kind,
        which: RecordFilter::AnyOfContact(*contact),
        select: Vec::new(),
    };
    contacts.iter().take(FEW_CONTACTS).map(of_contact)
}

/// Returns whether a query only adds to the results of another one.
fn is_supplementary(query: &Query) -> bool {
    matches!(
        query,
        // without templates the first one is used
        Query::Company(CompanyQuery::Presets)
            | Query::Records {
                which: RecordFilter::AnyOfContact(_),
                ..
            }
            | Query::Records {
                kind: EntityKind::Lead | EntityKind::Deal,
                which: RecordFilter::ByContact { .. },
                ..
            }
    )
}

/// Queries the rows of leads and deals of which only the ids are known, and the final stages of items'
/// pipelines, because item rows do not say whether their stage is final.
fn third_round(job: &CrmJob, found: &Findings) -> Vec<Query> {
    let Some(record) = job.plan.record.as_ref() else {
        return Vec::new();
    };
    let kind = record.kind;
    let is_known = |id: &RecordId| found.by_contact.iter().any(|row| row.id == *id);
    let others = found.bound.keys().copied().filter(|id| !is_known(id));
    let others: Vec<RecordId> = others.collect();
    let others = others.chunks(PAGE_SIZE).map(|ids| Query::Records {
        kind,
        which: RecordFilter::LinkedIds(ids.to_vec()),
        select: questions::fields_to_read(&record.fields),
    });
    let others = others.chain(contacts_of_leads(job, found));
    let rows = found.by_field.iter().chain(&found.by_contact);
    let pipelines: BTreeSet<i64> = rows
        .chain(&found.earlier_record)
        .filter(|row| record.among.is_empty() && row.is_final.is_none())
        .filter_map(|row| pipeline_of(kind, &row.stage))
        .collect();
    let stages = pipelines
        .into_iter()
        .map(|category| Query::FinalStages { kind, category });
    others.chain(stages).collect()
}

/// Queries the contacts of lead candidates, which are known only now.
fn contacts_of_leads(job: &CrmJob, found: &Findings) -> Option<Query> {
    let contact = job.plan.contact.as_ref()?;
    let is_read = |id: &ContactId| found.contacts.iter().any(|row| row.id == *id);
    let mut ids = decide::contacts_of_records(job, found);
    ids.retain(|id| !is_read(id));
    let is_needed = !found.offered_leads.is_empty() && !ids.is_empty();
    is_needed.then(|| Query::Contacts {
        ids,
        select: questions::contact_fields_to_read(contact),
    })
}

/// Queries, after an uncertain attempt, the comment and to-do of an existing record, its product rows and files, the
/// contacts of an item that gets one more, and the companies of a contact that gets one more.
fn fourth_round(job: &CrmJob, found: &Findings) -> Vec<Query> {
    let mut queries = files::queries(job, found);
    // its main company is another one, but it may have ours among its others
    let contact = decide::contact_without_company(job, found);
    queries.extend(contact.map(|id| Query::Company(CompanyQuery::OfContact(id))));
    let Some(record) = &job.plan.record else {
        return queries;
    };
    if let Some(item) = decide::item_to_bind(job, found) {
        let (kind, id) = (record.kind, item.id);
        queries.push(Query::ContactsOfItem { kind, id });
    }
    queries.extend(product_rows(job, record, found));
    if job.uncertain && found.earlier_record.is_none() && found.own_record.is_none() {
        let existing = decide::existing_record(job, found);
        queries.extend(
            existing
                .map(|existing| marker_queries(job, record.kind, existing))
                .unwrap_or_default(),
        );
    }
    queries
}

/// Queries the product rows of the record that is used, unless they are kept in any case.
fn product_rows(job: &CrmJob, record: &RecordPlan, found: &Findings) -> Option<Query> {
    let products = record.products.as_ref()?;
    let own = found.own_record.as_ref();
    let earlier = found.earlier_record.as_ref().or(own);
    if products.on_update == OnUpdate::Keep && own.is_none() {
        return None;
    }
    let row = earlier.or_else(|| decide::existing_record(job, found))?;
    Some(Query::ProductRows {
        kind: record.kind,
        id: row.id,
    })
}

/// Returns the queries for a comment and to-do that may already exist.
fn marker_queries(job: &CrmJob, kind: EntityKind, record: &RecordRow) -> Vec<Query> {
    let (id, marker) = (record.id, job.id.to_string());
    let has_comment = job.plan.comment.is_some() || !job.plan.files.is_empty();
    let comment = has_comment.then(|| Query::CommentWithMarker {
        kind,
        id,
        marker: marker.clone(),
    });
    let todo = job
        .plan
        .todo
        .as_ref()
        .map(|_| Query::TodoWithMarker { kind, id, marker });
    comment.into_iter().chain(todo).collect()
}
