//! Resolve: what does the CRM hold already? Questions of many jobs share calls.

use super::findings::Findings;
use super::{Job, decide, share};
use crate::crm::bitrix24::{Client, Priority};
use crate::crm::{CallTrace, CrmError, Query, RecordRow};
use crate::domain::{
    ContactId, EntityKind, Found, OnUpdate, PlannedField, PlannedValue, Responsible, SearchKey,
};

/// Asks in up to three rounds; an idle job drops out early. A new person takes one call.
pub(super) async fn resolve(
    client: &Client,
    jobs: &[Job],
    calls: &mut [Vec<CallTrace>],
) -> Vec<Result<Findings, CrmError>> {
    let mut all: Vec<Result<Findings, CrmError>> =
        jobs.iter().map(|_| Ok(Findings::default())).collect();
    for round in [first_round, second_round, third_round] {
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
        share(
            reading.calls,
            |of| owners.get(of).copied().unwrap_or(usize::MAX),
            calls,
        );
        for ((query, answer), owner) in queries.into_iter().zip(reading.answers).zip(owners) {
            let Some(slot) = all.get_mut(owner) else {
                continue;
            };
            match answer {
                Ok(answer) => {
                    if let Ok(found) = slot {
                        found.take(query, answer);
                    }
                }
                Err(error) => *slot = Err(error),
            }
        }
    }
    all
}

/// Who might it be, is it there already, who is responsible?
fn first_round(job: &Job, _: &Findings) -> Vec<Query> {
    let mut queries = Vec::new();
    if let Some(contact) = &job.plan.contact {
        queries.extend(contact.fields.iter().filter_map(contact_query));
        if job.uncertain {
            queries.push(Query::ContactByOrigin(job.id));
        }
    }
    if let Some(record) = &job.plan.record {
        if record.found != Found::AlwaysCreate {
            queries.extend(record.fields.iter().filter_map(|field| {
                let SearchKey::Field { name, value, .. } = field.search_key(Some(record.kind))?
                else {
                    return None;
                };
                let value = value.into_string();
                Some(Query::RecordsByField {
                    kind: record.kind,
                    name,
                    value,
                    select: wanted(&record.fields),
                })
            }));
        }
        if let Some((kind, id)) = job.became.record.filter(|(kind, _)| *kind == record.kind) {
            queries.push(Query::RecordById {
                kind,
                id,
                select: wanted(&record.fields),
            });
        }
        if job.uncertain {
            queries.push(Query::RecordByOrigin {
                kind: record.kind,
                id: job.id,
            });
        }
        if let Some(Responsible::Email(email)) = &record.responsible {
            queries.push(Query::EmployeesByEmail(email.clone()));
        }
    }
    queries
}

/// The contacts behind the ids, their open records, what hangs on our own record.
fn second_round(job: &Job, found: &Findings) -> Vec<Query> {
    let mut queries = Vec::new();
    let mut ids: Vec<ContactId> = found
        .hits
        .iter()
        .flat_map(|(_, ids)| ids.iter().copied())
        .collect();
    ids.extend(found.own_contact);
    if job.plan.contact.is_some() {
        ids.extend(job.became.contact);
    }
    ids.sort_unstable();
    ids.dedup();
    if let Some(contact) = job.plan.contact.as_ref().filter(|_| !ids.is_empty()) {
        queries.push(Query::Contacts {
            ids: ids.clone(),
            select: wanted(&contact.fields),
        });
    }
    let Some(record) = &job.plan.record else {
        return queries;
    };
    if let Some(own) = found.earlier_record.as_ref().or(found.own_record.as_ref()) {
        queries.extend(marker_queries(job, record.kind, own));
    } else if record.found != Found::AlwaysCreate && found.by_field.is_empty() && !ids.is_empty() {
        queries.push(Query::RecordsOfContacts {
            kind: record.kind,
            contacts: ids,
            among: record.among.clone(),
            select: wanted(&record.fields),
        });
    }
    queries
}

/// After an uncertain attempt: did comment and to-do reach the record that was there before?
fn third_round(job: &Job, found: &Findings) -> Vec<Query> {
    let Some(record) = job.plan.record.as_ref().filter(|_| job.uncertain) else {
        return Vec::new();
    };
    if found.earlier_record.is_some() || found.own_record.is_some() {
        return Vec::new();
    }
    decide::existing_record(job, found)
        .map(|existing| marker_queries(job, record.kind, existing))
        .unwrap_or_default()
}

/// What hangs on a record and may be there already.
fn marker_queries(job: &Job, kind: EntityKind, record: &RecordRow) -> Vec<Query> {
    let (id, marker) = (record.id, job.id.to_string());
    let comment = job.plan.comment.as_ref().map(|_| Query::CommentWithMarker {
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

fn contact_query(field: &PlannedField) -> Option<Query> {
    Some(match field.search_key(None)? {
        SearchKey::Phone(phone) => Query::ContactsByPhone(phone),
        SearchKey::Email(email) => Query::ContactsByEmail(email),
        SearchKey::Field { name, value, .. } => Query::ContactsByField {
            name,
            value: value.into_string(),
        },
    })
}

/// Fields whose present value decides whether anything is written.
fn wanted(fields: &[PlannedField]) -> Vec<String> {
    fields
        .iter()
        .filter(|field| match field.value {
            PlannedValue::Text(_) => field.on_update != OnUpdate::Keep,
            PlannedValue::Phone(_) | PlannedValue::Email(_) => false,
        })
        .map(|field| field.name.clone())
        .collect()
}
