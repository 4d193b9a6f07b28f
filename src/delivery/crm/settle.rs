//! Settle: derives the verdict from the results of the changes. A lost answer is unknown, never failed; an error
//! in answer to an `add` does not prove that nothing was created (`docs/delivery.md`).

use super::decide::Decision;
use super::job::{CrmJob, CrmReport, method_pause, pause_reason, split_calls};
use crate::crm::{
    CallTrace, CompanyAnswer, CompanyQuery, CompanyWrite, Connection, CrmError, Priority, Query,
    QueryResult, Remedy, Write, WriteResult,
};
use crate::delivery::Verdict;
use crate::domain::{
    Became, CompanyExplanation, CompanyId, ContactExplanation, ContactId, Explanation, ParkReason,
    RecordExplanation, RecordId, VerdictReason,
};

/// Returns the report for the results of a job's chain.
pub(super) async fn settle(
    client: &Connection,
    job: &CrmJob,
    decision: Decision,
    results: &[WriteResult],
    calls: Vec<CallTrace>,
) -> CrmReport {
    let mut report = CrmReport {
        verdict: Verdict::Done,
        became: Became {
            contact: decision.contact,
            company: decision.company,
            record: decision.record,
        },
        wrote: false,
        explanation: decision.explanation,
        calls,
    };
    for (position, (write, result)) in decision.chain.iter().zip(results).enumerate() {
        match result {
            Ok(created) => {
                report.wrote = true;
                note(&mut report, write, *created);
            }
            Err(error) => {
                let begun = job.uncertain || position > 0;
                let record = report.became.record.map(|(_, id)| id);
                report.wrote |= error.remedy() == Remedy::CheckFirst;
                report.verdict = after(
                    client,
                    job,
                    &Failed {
                        write,
                        error,
                        begun,
                        record,
                    },
                    &mut report.calls,
                )
                .await;
                break;
            }
        }
    }
    report
}

fn note(report: &mut CrmReport, write: &Write, created: Option<i64>) {
    match write {
        Write::AddContact { .. } => {
            report.became.contact = created.and_then(ContactId::new);
            if let Some(id) = report.became.contact {
                let about = ContactExplanation::Created(id);
                report.explanation.push(Explanation::Contact(about));
            }
        }
        Write::AddRecord { kind, .. } => {
            report.became.record = created.and_then(RecordId::new).map(|id| (*kind, id));
            if let Some((kind, id)) = report.became.record {
                let about = RecordExplanation::Created(id);
                report.explanation.push(Explanation::Record { kind, about });
            }
        }
        Write::Company(CompanyWrite::Add { .. }) => {
            report.became.company = created.and_then(CompanyId::new);
            if let Some(id) = report.became.company {
                let about = CompanyExplanation::Created(id);
                report.explanation.push(Explanation::Company(about));
            }
        }
        Write::UpdateContact { .. }
        | Write::Company(_)
        | Write::MergeContacts { .. }
        | Write::UpdateRecord { .. }
        | Write::BindContact { .. }
        | Write::SetProducts { .. }
        | Write::AddComment { .. }
        | Write::SetFiles { .. }
        | Write::AddTodo { .. } => {}
    }
}

/// The first change of a chain that failed.
struct Failed<'a> {
    write: &'a Write,
    error: &'a CrmError,
    /// Whether this or an earlier attempt may have written something.
    begun: bool,
    /// The record that the chain is about, if it exists.
    record: Option<RecordId>,
}

/// Returns the verdict after a failure. If earlier changes were made, the next attempt has to check first, even
/// if this change was certainly not executed.
async fn after(
    client: &Connection,
    job: &CrmJob,
    failed: &Failed<'_>,
    calls: &mut Vec<CallTrace>,
) -> Verdict {
    let Failed {
        write,
        error,
        begun,
        record,
    } = *failed;
    // `wall` is what keeps another attempt from coming at once
    let retry = |uncertain: bool, blocking: Option<&CrmError>| Verdict::Retry {
        why: VerdictReason::Crm(Box::new(error.failure())),
        uncertain,
        pause: blocking.and_then(pause_reason),
        wait: blocking.and_then(method_pause),
    };
    match error.remedy() {
        Remedy::TryAgain | Remedy::PauseConnection => retry(begun, Some(error)),
        Remedy::CheckFirst => retry(true, None),
        Remedy::NeedsOperator => match trace_of(job, write, record) {
            Some(query) => match look(client, query, calls).await {
                Ok(true) => retry(true, None),
                Ok(false) => refused(error),
                Err(unseen) => retry(true, Some(&unseen)),
            },
            None => refused(error),
        },
    }
}

fn refused(error: &CrmError) -> Verdict {
    Verdict::Park {
        reason: ParkReason::RefusedByCrm,
        text: VerdictReason::Crm(Box::new(error.failure())),
    }
}

/// Returns the query that tells whether a refused `add` created something anyway.
fn trace_of(job: &CrmJob, write: &Write, record: Option<RecordId>) -> Option<Query> {
    match write {
        Write::AddContact { .. } => Some(Query::ContactByOrigin(job.id)),
        Write::AddRecord { kind, .. } => Some(Query::ours(*kind, job.id)),
        Write::AddComment { kind, .. } => Some(Query::CommentWithMarker {
            kind: *kind,
            id: record?,
            marker: job.id.to_string(),
        }),
        Write::AddTodo { kind, .. } => Some(Query::TodoWithMarker {
            kind: *kind,
            id: record?,
            marker: job.id.to_string(),
        }),
        Write::Company(CompanyWrite::Add { .. }) => {
            Some(Query::Company(CompanyQuery::ByOrigin(job.id)))
        }
        Write::Company(CompanyWrite::AddRequisite { .. }) => {
            Some(Query::Company(CompanyQuery::RequisiteByOrigin(job.id)))
        }
        Write::UpdateContact { .. }
        | Write::Company(_)
        | Write::MergeContacts { .. }
        | Write::UpdateRecord { .. }
        | Write::BindContact { .. }
        | Write::SetFiles { .. }
        | Write::SetProducts { .. } => None,
    }
}

async fn look(
    client: &Connection,
    query: Query,
    calls: &mut Vec<CallTrace>,
) -> Result<bool, CrmError> {
    let reading = client.read(&[query], Priority::Submission).await;
    split_calls(reading.calls, |_| 0, std::slice::from_mut(calls));
    match reading.answers.into_iter().next() {
        Some(Ok(QueryResult::ContactIds(ids))) => Ok(!ids.is_empty()),
        Some(Ok(QueryResult::Records(rows))) => Ok(!rows.is_empty()),
        Some(Ok(
            QueryResult::Present(present) | QueryResult::Company(CompanyAnswer::Present(present)),
        )) => Ok(present),
        Some(Ok(QueryResult::Company(CompanyAnswer::Ids(ids)))) => Ok(!ids.is_empty()),
        Some(Ok(
            QueryResult::Contacts(_)
            | QueryResult::Company(_)
            | QueryResult::RecordIds(_)
            | QueryResult::Stages(_)
            | QueryResult::Products(_)
            | QueryResult::Files(_)
            | QueryResult::Employees(_)
            | QueryResult::Department { .. },
        ))
        | None => Ok(false),
        Some(Err(error)) => Err(error),
    }
}
