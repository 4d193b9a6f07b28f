//! The call of a PBX, put into the timeline of what an earlier step found or made: into the portal's
//! telephony where the connection may, else as an activity.
//!
//! ```text
//! find ─┬─ there already ─ update ─────────────────────┬─ bind ─ done
//!       ├─ new ─ register ─┐                           │
//!       ├─ registered ─────┴─ finish ─┬────────────────┘
//!       │                             └─ in no timeline ─┐
//!       └─ no telephony, nobody to whom it belongs ──────┴─ add ─ done
//! ```
//!
//! Finishing twice would count a call twice, so what is finished is looked for before, in the same
//! requests as everything else about a batch. A call that is there is updated if later records of it
//! have changed it. The number that the portal gives to a call is kept for the next attempt. A
//! registration that is repeated returns the same number, and one that is never finished shows
//! nothing.

mod call_job;

use serde_json::Value;

use self::call_job::{CallJob, CallState};
use super::claims::keep_claimed;
use super::job::split_calls;
use crate::crm::{
    CallEnd, CallFindings, CallOutcomes, CallSearch, CallTrace, Connection, CrmError, Remedy,
};
use crate::crm::{CompanyAnswer, Priority, QueryResult, SearchExtent};
use crate::delivery::{Claims, Job, Outcome, Report, Verdict};
use crate::domain::{NotInTelephony, StepKind, SubmissionId, UserId};

/// How often a call is registered at most: the portal may have forgotten its number, or may have
/// answered with an error although it has registered the call.
const MOST_REGISTRATIONS: usize = 2;

/// Delivers the calls among these jobs. Returns the outcome of each.
pub(super) async fn deliver(
    client: &Connection,
    jobs: &[Job],
    claims: &dyn Claims,
) -> Vec<(SubmissionId, Outcome)> {
    let mut outcomes = Vec::new();
    let mut calls: Vec<CallJob<'_>> = Vec::new();
    for job in jobs {
        if let StepKind::CrmUpdate(step) = &job.step.kind
            && let Some(call) = &step.call
        {
            match CallJob::new(job, step, call) {
                Some(call) => calls.push(call),
                // the profile left the record as it was and has no contact
                None => outcomes.push((job.id, Ok(Report::unsent(Verdict::Done)))),
            }
        }
    }
    let waiting = keep_claimed(&mut calls, claims, |call| (call.job.id, call.claims()));
    outcomes.extend(waiting);
    if calls.is_empty() {
        return outcomes;
    }
    match client.has_telephony().await {
        Ok(true) => carry_out(client, &mut calls, SearchExtent::Telephony).await,
        Ok(false) => carry_out(client, &mut calls, SearchExtent::Activities).await,
        Err(error) => calls.iter_mut().for_each(|call| call.fail(&error)),
    }
    let reports = calls.into_iter();
    outcomes.extend(reports.map(|call| (call.job.id, Ok(call.into_report()))));
    outcomes
}

async fn carry_out(client: &Connection, calls: &mut [CallJob<'_>], extent: SearchExtent) {
    find(client, calls, extent).await;
    choose_employees(client, calls).await;
    for _ in 0..MOST_REGISTRATIONS {
        register(client, calls).await;
        finish(client, calls).await;
        look_again(client, calls).await;
    }
    calls.iter_mut().for_each(CallJob::park);
    add(client, calls).await;
    check_added(client, calls).await;
    update(client, calls).await;
    bind(client, calls).await;
}

/// Finds what the portal has of the calls.
async fn find(client: &Connection, calls: &mut [CallJob<'_>], extent: SearchExtent) {
    let (places, searches) = pick(calls, |call| {
        Some(CallSearch {
            extent: match extent {
                SearchExtent::Telephony if call.may_be_finished() => SearchExtent::Everywhere,
                extent => extent,
            },
            ..call.search()
        })
    });
    let outcomes = client.find_calls(&searches).await;
    take(calls, &places, outcomes, |call, found| match found {
        Ok(found) => call.take_findings(found, extent),
        Err(error) => call.fail(&error),
    });
}

/// Decides to whom each call belongs: the employee with the inner number, the one for whom the card
/// was shown, or the one who is responsible for the client.
async fn choose_employees(client: &Connection, calls: &mut [CallJob<'_>]) {
    for call in calls.iter_mut().filter(|call| call.is_for_telephony()) {
        call.user = call.employee.or_else(|| call.card_user());
    }
    let (places, queries) = pick(calls, |call| {
        let is_nobodys = call.is_for_telephony() && call.user.is_none();
        is_nobodys.then(|| call.responsible_query())?
    });
    if !queries.is_empty() {
        let reading = client.read(&queries, Priority::Submission).await;
        let outcomes = CallOutcomes {
            answers: reading.answers,
            calls: reading.calls,
        };
        take(calls, &places, outcomes, |call, answer| match answer {
            Ok(answer) => call.user = responsible(&answer),
            Err(error) => call.fail(&error),
        });
    }
    for call in calls.iter_mut().filter(|call| call.is_for_telephony()) {
        if call.user.is_none() {
            call.state = CallState::Unlisted(NotInTelephony::NoEmployee);
        }
    }
}

/// Returns who is responsible for the record or the client that was read.
fn responsible(answer: &QueryResult) -> Option<UserId> {
    match answer {
        QueryResult::Records(rows) => rows.first().and_then(|row| row.owner),
        QueryResult::Contacts(rows) => rows.first().and_then(|row| row.owner),
        QueryResult::Company(CompanyAnswer::Rows(rows)) => rows.first().and_then(|row| row.owner),
        _ => None,
    }
}

/// Registers the new calls.
async fn register(client: &Connection, calls: &mut [CallJob<'_>]) {
    let (places, new) = pick(calls, CallJob::registration);
    if new.is_empty() {
        return;
    }
    let outcomes = client.register_calls(&new).await;
    take(calls, &places, outcomes, |call, answer| match answer {
        Ok(number) => call.is_registered(number),
        Err(error) if client.has_lost_telephony(&error) => call.try_again(&error),
        // an error does not prove that nothing was registered, and a repeat is harmless
        Err(error) if error.remedy() == Remedy::NeedsOperator => call.is_not_registered(error),
        Err(error) => call.fail(&error),
    });
}

/// Finishes the registered calls.
async fn finish(client: &Connection, calls: &mut [CallJob<'_>]) {
    let (places, ends): (_, Vec<CallEnd>) = pick(calls, CallJob::end);
    if ends.is_empty() {
        return;
    }
    let outcomes = client.finish_calls(&ends).await;
    take(calls, &places, outcomes, |call, answer| match answer {
        Ok(finished) => call.is_finished(finished),
        Err(error) if client.has_lost_telephony(&error) => call.try_again(&error),
        // finished before, or forgotten by the portal
        Err(error) if error.remedy() == Remedy::NeedsOperator => call.is_refused(error),
        Err(error) => call.fail(&error),
    });
}

/// Looks once more for calls that could not be finished.
async fn look_again(client: &Connection, calls: &mut [CallJob<'_>]) {
    let (places, searches) = pick(calls, |call| {
        let is_refused = matches!(call.state, CallState::Refused { .. });
        is_refused.then(|| CallSearch {
            extent: SearchExtent::Everywhere,
            ..call.search()
        })
    });
    if searches.is_empty() {
        return;
    }
    let outcomes = client.find_calls(&searches).await;
    take(calls, &places, outcomes, |call, found| match found {
        Ok(found) => call.take_second_findings(&found),
        Err(error) => call.fail(&error),
    });
}

/// Adds the calls that telephony does not show.
async fn add(client: &Connection, calls: &mut [CallJob<'_>]) {
    let (places, new) = pick(calls, |call| call.new_activity(client));
    if new.is_empty() {
        return;
    }
    let outcomes = client.add_calls(&new).await;
    take(calls, &places, outcomes, |call, answer| match answer {
        Ok(activity) => call.is_added(activity),
        // an error in answer to an `add` does not prove that nothing was created
        Err(error) if error.remedy() == Remedy::NeedsOperator => call.is_not_added(error),
        Err(error) => call.fail(&error),
    });
}

/// Looks for calls that were not added, according to the portal.
async fn check_added(client: &Connection, calls: &mut [CallJob<'_>]) {
    let (places, searches) = pick(calls, |call| {
        let is_refused = matches!(call.state, CallState::NotAdded(_));
        is_refused.then(|| CallSearch {
            extent: SearchExtent::Activities,
            ..call.search()
        })
    });
    if searches.is_empty() {
        return;
    }
    let outcomes = client.find_calls(&searches).await;
    take(calls, &places, outcomes, |call, found| match found {
        Ok(CallFindings {
            added: Some(activity),
            ..
        }) => call.is_added(activity),
        Ok(_) => call.park(),
        Err(error) => call.fail(&error),
    });
}

/// Changes the calls that were there by what later records of them say.
async fn update(client: &Connection, calls: &mut [CallJob<'_>]) {
    let (places, updates) = pick(calls, CallJob::update);
    if updates.is_empty() {
        return;
    }
    let outcomes = client.update_calls(&updates).await;
    take(calls, &places, outcomes, |call, answer| match answer {
        Ok(()) => call.is_updated(),
        // an employee has deleted the activity
        Err(error) if error.remedy() == Remedy::NeedsOperator => {}
        Err(error) => call.fail(&error),
    });
}

/// Puts the finished calls into the other timelines.
async fn bind(client: &Connection, calls: &mut [CallJob<'_>]) {
    let mut places = Vec::new();
    let mut bindings = Vec::new();
    for (place, call) in calls.iter_mut().enumerate() {
        for binding in call.bindings() {
            places.push(place);
            bindings.push(binding);
        }
    }
    if !bindings.is_empty() {
        let outcomes = client.bind_calls(&bindings).await;
        take(calls, &places, outcomes, |call, answer| match answer {
            Ok(()) => {}
            Err(error) => call.fail(&error),
        });
    }
    for call in calls {
        if let CallState::Finished | CallState::Added = call.state {
            call.state = CallState::Ended(Verdict::Done);
        }
    }
}

/// Returns what is asked about some of the calls, with their places.
fn pick<'j, T>(
    calls: &[CallJob<'j>],
    of: impl Fn(&CallJob<'j>) -> Option<T>,
) -> (Vec<usize>, Vec<T>) {
    let picked = calls.iter().enumerate();
    picked
        .filter_map(|(place, call)| Some((place, of(call)?)))
        .unzip()
}

/// Gives the calls at these places their answers and their parts of the requests.
fn take<'j, T>(
    calls: &mut [CallJob<'j>],
    places: &[usize],
    outcomes: CallOutcomes<T>,
    give: impl Fn(&mut CallJob<'j>, Result<T, CrmError>),
) {
    let mut shared: Vec<Vec<CallTrace>> = vec![Vec::new(); calls.len()];
    let owner = |of: usize| places.get(of).copied().unwrap_or(usize::MAX);
    split_calls(outcomes.calls, owner, &mut shared);
    for (call, traces) in calls.iter_mut().zip(shared) {
        call.traces.extend(traces);
    }
    for (place, answer) in places.iter().zip(outcomes.answers) {
        if let Some(call) = calls.get_mut(*place) {
            give(call, answer);
        }
    }
}

/// Returns a number of an earlier step's result.
fn made(job: &Job, of: &str, name: &str) -> Option<i64> {
    job.value(of, name).and_then(Value::as_i64)
}
