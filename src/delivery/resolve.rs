//! Resolve: what does the CRM hold already? Questions of many jobs share calls.

use std::collections::BTreeSet;

use super::findings::Findings;
use super::{Job, decide, questions, share};
use crate::crm::bitrix24::{Client, Priority, category};
use crate::crm::{CallTrace, CrmError, Query, RecordRow};
use crate::domain::{Closed, ContactId, EntityKind, Found};

/// Asks in up to four rounds; an idle job drops out early. A new person takes one call.
pub(super) async fn resolve(
    client: &Client,
    jobs: &[&Job],
    calls: &mut [Vec<CallTrace>],
) -> Vec<Result<Findings, CrmError>> {
    let mut all: Vec<Result<Findings, CrmError>> =
        jobs.iter().map(|_| Ok(Findings::default())).collect();
    for round in [first_round, second_round, third_round, fourth_round] {
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
            queries.push(Query::RecordById {
                kind,
                id,
                select: questions::wanted(&record.fields),
            });
        }
        if job.uncertain {
            queries.push(Query::RecordByOrigin {
                kind: record.kind,
                id: job.id,
            });
        }
    }
    let named = questions::responsible(&job.plan);
    let emails: BTreeSet<_> = named.iter().flat_map(|named| named.emails()).collect();
    queries.extend(emails.into_iter().cloned().map(Query::EmployeesByEmail));
    queries
}

/// The contacts and leads behind the ids, the contacts' open records, what hangs on our own record.
fn second_round(job: &Job, found: &Findings) -> Vec<Query> {
    let mut queries = Vec::new();
    let mut ids: BTreeSet<ContactId> = found.offered.clone();
    ids.extend(found.own_contact);
    if job.plan.contact.is_some() {
        ids.extend(job.became.contact);
    }
    let ids: Vec<ContactId> = ids.into_iter().collect();
    if let Some(contact) = job.plan.contact.as_ref().filter(|_| !ids.is_empty()) {
        queries.push(Query::Contacts {
            ids: ids.clone(),
            select: questions::wanted(&contact.fields),
        });
    }
    let Some(record) = &job.plan.record else {
        return queries;
    };
    let select = questions::wanted(&record.fields);
    if let Some(own) = found.earlier_record.as_ref().or(found.own_record.as_ref()) {
        queries.extend(marker_queries(job, record.kind, own));
        return queries;
    }
    if !found.offered_leads.is_empty() {
        queries.push(Query::Leads {
            ids: found.offered_leads.iter().copied().collect(),
            select: select.clone(),
        });
    }
    let is_settled = !found.by_field.is_empty() && record.closed != Closed::Create;
    if record.found != Found::AlwaysCreate && !is_settled && !ids.is_empty() {
        queries.push(Query::RecordsOfContacts {
            kind: record.kind,
            contacts: ids,
            among: record.among.clone(),
            select,
        });
    }
    queries
}

/// Items do not tell whether their stage is final: the stages of their pipelines do.
fn third_round(job: &Job, found: &Findings) -> Vec<Query> {
    let Some(record) = job.plan.record.as_ref().filter(|r| r.among.is_empty()) else {
        return Vec::new();
    };
    let rows = found.by_field.iter().chain(&found.by_contact);
    let rows = rows.chain(&found.earlier_record);
    let pipelines: BTreeSet<i64> = rows
        .filter(|row| row.is_final.is_none())
        .filter_map(|row| category(record.kind, &row.stage))
        .collect();
    pipelines
        .into_iter()
        .map(|category| Query::FinalStages {
            kind: record.kind,
            category,
        })
        .collect()
}

/// After an uncertain attempt: did comment and to-do reach the record that was there before?
fn fourth_round(job: &Job, found: &Findings) -> Vec<Query> {
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
