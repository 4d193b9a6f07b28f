//! Finds the calls of a PBX at a portal: as activities that leadgate has added, and as finished calls
//! of the portal's telephony. `EXTERNAL_CALL_ID` finds a finished call in the statistics (REST
//! documentation, "voximplant.statistic.get"). The statistics need a right of their own, and without
//! it in full they hide other employees' calls. The activity of a call then tells: its `ORIGIN_ID`
//! has the portal's number of the call.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Connection;
use super::calls::{self, CALL, moment, owner_of};
use super::commands::{self, Command};
use super::rows::rows_of;
use super::telephony::is_closed;
use super::wire::{number, text};
use crate::crm::call::{CallFindings, CallOutcomes, CallSearch, FinishedCall, SearchExtent};
use crate::crm::error::{CrmError, Remedy};
use crate::domain::CallKind;

/// What the portal puts before the number of a call in the `ORIGIN_ID` of its activity.
pub(super) const ORIGIN: &str = "VI_";
/// The provider of the activities of telephony.
const PROVIDER: &str = "VOXIMPLANT_CALL";
/// The portal keeps whole seconds.
const SAME_MOMENT: SignedDuration = SignedDuration::from_secs(1);
/// The most calls of one client at one moment that are told apart.
const MOST_AT_ONCE: usize = 10;

/// A question about a call.
#[derive(Debug, Clone, PartialEq, Eq)]
enum CallQuestion {
    /// Has leadgate added its activity?
    Added,
    /// Do the statistics have it, by the number of the PBX?
    Statistics,
    /// Do they have a call of this number of the portal?
    Numbered(String),
    /// Has a call of this number an activity?
    Activity(String),
    /// Which calls of the client began at the same moment?
    SameMoment,
    /// Whose call has this number?
    Whose(FinishedCall),
    /// Who has the inner number?
    Employee,
}

/// What is known of a call so far.
#[derive(Debug, Default)]
struct CallReading {
    found: CallFindings,
    /// Whether the statistics cannot be read.
    is_hidden: bool,
    /// Calls that may be this one.
    candidates: Vec<FinishedCall>,
    error: Option<CrmError>,
}

impl Connection {
    /// Finds calls, and the employees with their inner numbers, in as few requests as possible.
    pub async fn find_calls(&self, searches: &[CallSearch]) -> CallOutcomes<CallFindings> {
        let mut readings: Vec<CallReading> = Vec::new();
        readings.resize_with(searches.len(), CallReading::default);
        let mut calls = Vec::new();
        for round in ROUNDS {
            let mut questions = Vec::new();
            let mut commands = Vec::new();
            for (of, (search, reading)) in searches.iter().zip(&readings).enumerate() {
                for question in round(search, reading) {
                    if let Some(command) = self.command(search, &question) {
                        commands.push((of, command));
                        questions.push((of, question));
                    }
                }
            }
            if commands.is_empty() {
                continue;
            }
            let was_denied = self.is_denied("user.get");
            let outcomes = self.run_each(commands).await;
            // a call belongs to somebody without it, too
            self.excuse("user.get", was_denied);
            calls.extend(outcomes.calls);
            for ((of, question), answer) in questions.into_iter().zip(outcomes.answers) {
                if let (Some(search), Some(reading)) = (searches.get(of), readings.get_mut(of)) {
                    reading.take((search, question), answer, self.originator());
                }
            }
        }
        let answers = readings.into_iter().map(CallReading::into_answer);
        CallOutcomes {
            answers: answers.collect(),
            calls,
        }
    }

    /// Returns the command of a question.
    fn command(&self, search: &CallSearch, question: &CallQuestion) -> Option<Command> {
        Some(match question {
            CallQuestion::Added => calls::with_key(&search.call.key, self.originator()),
            CallQuestion::Statistics => statistics(json!({"EXTERNAL_CALL_ID": search.call.key})),
            CallQuestion::Numbered(id) => statistics(json!({"CALL_ID": id})),
            CallQuestion::Whose(call) => statistics(json!({"CALL_ID": call.id})),
            CallQuestion::Activity(id) => activity_of(id),
            CallQuestion::SameMoment => same_moment(search)?,
            CallQuestion::Employee => calls::with_inner_number(search.call.inner.as_deref()?),
        })
    }
}

/// What is asked about a call, by what is known of it already.
type Round = fn(&CallSearch, &CallReading) -> Vec<CallQuestion>;

/// The rounds of questions. Most calls need the first one only.
const ROUNDS: [Round; 3] = [first, at_the_same_moment, whose];

/// Returns the questions about every call.
fn first(search: &CallSearch, _: &CallReading) -> Vec<CallQuestion> {
    let mut questions = vec![CallQuestion::Added];
    if search.extent != SearchExtent::Activities {
        questions.push(CallQuestion::Statistics);
        if let Some(id) = &search.known {
            questions.push(CallQuestion::Numbered(id.clone()));
            questions.push(CallQuestion::Activity(id.clone()));
        }
    }
    if search.call.inner.is_some() && search.call.employee.is_none() {
        questions.push(CallQuestion::Employee);
    }
    questions
}

/// Returns the question about a call that may be there although neither the statistics nor its number
/// have shown it.
fn at_the_same_moment(search: &CallSearch, reading: &CallReading) -> Vec<CallQuestion> {
    let is_wanted = match search.extent {
        SearchExtent::Activities => false,
        SearchExtent::Telephony => reading.is_hidden && search.known.is_none(),
        SearchExtent::Everywhere => true,
    };
    let is_open = reading.error.is_none()
        && reading.found.added.is_none()
        && reading.found.finished.is_none();
    if is_wanted && is_open && search.owner.is_some() {
        vec![CallQuestion::SameMoment]
    } else {
        Vec::new()
    }
}

/// Returns the questions that tell the calls of one moment apart.
fn whose(_: &CallSearch, reading: &CallReading) -> Vec<CallQuestion> {
    let candidates = reading.candidates.iter().cloned();
    candidates.map(CallQuestion::Whose).collect()
}

/// Lists the activities of telephony in the timeline that began then or later, the earliest first.
fn same_moment(search: &CallSearch) -> Option<Command> {
    let (owner_type, owner) = owner_of(search.owner?);
    let since = search.call.started.checked_sub(SAME_MOMENT).ok()?;
    Some(Command::new(
        "crm.activity.list",
        json!({
            "filter": {
                "BINDINGS": [{"OWNER_TYPE_ID": owner_type, "OWNER_ID": owner}],
                "TYPE_ID": CALL,
                "PROVIDER_ID": PROVIDER,
                ">=START_TIME": moment(since),
            },
            "select": ["ID", "ORIGIN_ID", "START_TIME", "DIRECTION"],
            "order": {"START_TIME": "ASC"},
            "start": -1,
        }),
    ))
}

impl CallReading {
    fn into_answer(self) -> Result<CallFindings, CrmError> {
        match self.error {
            None => Ok(self.found),
            Some(error) => Err(error),
        }
    }

    /// Takes the answer to a question.
    fn take(
        &mut self,
        (search, question): (&CallSearch, CallQuestion),
        answer: Result<Value, CrmError>,
        originator: &str,
    ) {
        let result = match answer {
            Ok(result) => result,
            Err(error) => return self.take_error(question, error),
        };
        match question {
            CallQuestion::Added => {
                self.found.added = calls::id_with_key(&result, &search.call.key, originator);
            }
            CallQuestion::Statistics => {
                let key = search.call.key.as_str();
                self.add(in_statistics(("EXTERNAL_CALL_ID", key), &result));
            }
            CallQuestion::Numbered(id) => self.add(in_statistics(("CALL_ID", &id), &result)),
            CallQuestion::Activity(id) => {
                let activity = with_origin(&result, &id);
                self.add(activity.map(|activity| FinishedCall {
                    id,
                    activity: Some(activity),
                }));
            }
            CallQuestion::SameMoment => self.candidates = candidates(search, &result),
            CallQuestion::Whose(call) => {
                if is_ours(search, &call, &result) {
                    self.add(Some(call));
                }
            }
            CallQuestion::Employee => {
                let inner = search.call.inner.as_deref().unwrap_or_default();
                let rows = calls::employees(&result, inner);
                let active = rows.iter().find(|row| row.active);
                self.found.employee = active.map(|row| row.id);
            }
        }
    }

    /// Adds a call that was found; one in a timeline comes before one in none.
    fn add(&mut self, found: Option<FinishedCall>) {
        self.found.finished = best(self.found.finished.take(), found);
    }

    fn take_error(&mut self, question: CallQuestion, error: CrmError) {
        match question {
            CallQuestion::Statistics | CallQuestion::Numbered(_) if is_closed(&error) => {
                self.is_hidden = true;
            }
            // hidden, and began at the same moment: ours
            CallQuestion::Whose(call) if is_closed(&error) => self.add(Some(call)),
            // without a right to read employees, the call is of the one whom the settings name
            CallQuestion::Employee if error.remedy() == Remedy::NeedsOperator => {}
            CallQuestion::Employee if error.remedy() == Remedy::PauseConnection => {}
            _ => self.error = Some(error),
        }
    }
}

/// Returns the call that is in a timeline, if one of them is.
fn best(one: Option<FinishedCall>, other: Option<FinishedCall>) -> Option<FinishedCall> {
    match (one, other) {
        (Some(one), Some(other)) if one.activity.is_none() => Some(other),
        (Some(one), _) => Some(one),
        (None, other) => other,
    }
}

/// Returns the command that lists rows of the statistics.
#[expect(
    clippy::needless_pass_by_value,
    reason = "reads better where it is called"
)]
pub(super) fn statistics(filter: Value) -> Command {
    let params = json!({"FILTER": filter, "SORT": "ID", "ORDER": "DESC"});
    Command::new("voximplant.statistic.get", params)
}

/// Returns the command that lists the activity of a call of the portal.
pub(super) fn activity_of(call: &str) -> Command {
    let filter = json!({"ORIGIN_ID": format!("{ORIGIN}{call}")});
    let select = commands::select(&["ID", "ORIGIN_ID"], &[]);
    commands::list("crm.activity.list", filter, select, "ASC")
}

/// Returns the call of a row of the statistics, or of the answer to its end.
pub(super) fn finished(row: &Value) -> Option<FinishedCall> {
    Some(FinishedCall {
        id: row.get("CALL_ID").and_then(text)?,
        activity: row
            .get("CRM_ACTIVITY_ID")
            .and_then(number)
            .filter(|id| *id > 0),
    })
}

/// Returns the call of which this column has this value. The rows are checked again, because a portal
/// may drop a condition.
pub(super) fn in_statistics((column, value): (&str, &str), result: &Value) -> Option<FinishedCall> {
    let rows = rows_of(result).into_iter();
    let own = rows.filter(|row| row.get(column).and_then(text).as_deref() == Some(value));
    own.filter_map(finished)
        .fold(None, |best_so_far, row| best(best_so_far, Some(row)))
}

/// Returns the activity of the call of this number.
pub(super) fn with_origin(result: &Value, id: &str) -> Option<i64> {
    let mut rows = rows_of(result).into_iter();
    let row = rows.find(|row| {
        let origin = row.get("ORIGIN_ID").and_then(text);
        origin.and_then(|origin| origin.strip_prefix(ORIGIN).map(|it| it == id)) == Some(true)
    })?;
    row.get("ID").and_then(number)
}

/// Returns the calls that began when this one did and go in the same direction.
fn candidates(search: &CallSearch, result: &Value) -> Vec<FinishedCall> {
    let direction = if search.call.kind == CallKind::Outgoing {
        2
    } else {
        1
    };
    let of_row = |row: &Value| {
        let began = row.get("START_TIME").and_then(text)?;
        let began: Timestamp = began.parse().ok()?;
        let apart = began.duration_since(search.call.started).abs();
        let is_it =
            apart <= SAME_MOMENT && row.get("DIRECTION").and_then(number) == Some(direction);
        let origin = row.get("ORIGIN_ID").and_then(text)?;
        let id = origin.strip_prefix(ORIGIN)?.to_owned();
        let activity = row.get("ID").and_then(number);
        is_it.then_some(FinishedCall { id, activity })
    };
    let found = rows_of(result).into_iter().filter_map(of_row);
    found.take(MOST_AT_ONCE).collect()
}

/// Returns whether a call that began at the same moment is this one: it is not if the statistics name
/// another call of the PBX.
fn is_ours(search: &CallSearch, call: &FinishedCall, result: &Value) -> bool {
    let mut rows = rows_of(result).into_iter();
    let row = rows.find(|row| row.get("CALL_ID").and_then(text).as_ref() == Some(&call.id));
    let external = row.and_then(|row| row.get("EXTERNAL_CALL_ID").and_then(text));
    external.is_none_or(|external| external.is_empty() || external == search.call.key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crm::bitrix24::calls::tests::call;
    use crate::crm::call::CallOwner;

    fn search(known: Option<&str>, extent: SearchExtent) -> CallSearch {
        CallSearch {
            call: call(CallKind::Incoming),
            known: known.map(str::to_owned),
            owner: Some(CallOwner::Contact(48)),
            extent,
        }
    }

    fn row(id: &str, external: Option<&str>, activity: Option<i64>) -> Value {
        json!({"CALL_ID": id, "EXTERNAL_CALL_ID": external, "CRM_ACTIVITY_ID": activity.map(|id| id.to_string())})
    }

    fn call_of(id: &str, activity: Option<i64>) -> FinishedCall {
        FinishedCall {
            id: id.to_owned(),
            activity,
        }
    }

    #[test]
    fn statistics_find_a_call_by_its_own_number_or_by_that_of_the_portal() {
        let rows = json!([
            row("externalCall.b.2", Some("main/other"), Some(9)),
            row("externalCall.c.3", Some("main/9e1d"), None),
            row("externalCall.a.1", Some("main/9e1d"), Some(7)),
            row("externalCall.d.4", None, Some(8)),
        ]);
        let by_key = in_statistics(("EXTERNAL_CALL_ID", "main/9e1d"), &rows);
        // of two rows of one call, the one with an activity
        assert_eq!(by_key, Some(call_of("externalCall.a.1", Some(7))));
        // a call that the portal began has no number of the PBX
        let clicked = in_statistics(("CALL_ID", "externalCall.d.4"), &rows);
        assert_eq!(clicked, Some(call_of("externalCall.d.4", Some(8))));
        assert_eq!(in_statistics(("CALL_ID", "externalCall.e.5"), &rows), None);
    }

    #[test]
    fn hidden_statistics_leave_the_moment_to_search_by() {
        let denied = || {
            Err(CrmError::Denied {
                method: "voximplant.statistic.get".to_owned(),
                code: "ACCESS_DENIED".to_owned(),
                text: String::new(),
            })
        };
        let search = search(None, SearchExtent::Telephony);
        let mut reading = CallReading::default();
        assert_eq!(at_the_same_moment(&search, &reading), []);
        reading.take((&search, CallQuestion::Statistics), denied(), "o");
        assert_eq!(
            at_the_same_moment(&search, &reading),
            [CallQuestion::SameMoment]
        );
        let listed = json!([
            {"ID": "5", "ORIGIN_ID": "VI_externalCall.a.1", "START_TIME": "2025-12-29T15:45:45+03:00", "DIRECTION": "1"},
            {"ID": "6", "ORIGIN_ID": "VI_externalCall.b.1", "START_TIME": "2025-12-29T15:45:45+03:00", "DIRECTION": "2"},
            {"ID": "7", "ORIGIN_ID": "VI_externalCall.c.1", "START_TIME": "2025-12-29T15:45:49+03:00", "DIRECTION": "1"},
            {"ID": "8", "ORIGIN_ID": "other", "START_TIME": "2025-12-29T15:45:45+03:00", "DIRECTION": "1"},
        ]);
        reading.take((&search, CallQuestion::SameMoment), Ok(listed), "o");
        let candidate = call_of("externalCall.a.1", Some(5));
        assert_eq!(reading.candidates, std::slice::from_ref(&candidate));
        let whose = || CallQuestion::Whose(candidate.clone());
        let other = json!([row("externalCall.a.1", Some("main/other"), Some(5))]);
        reading.take((&search, whose()), Ok(other), "o");
        assert_eq!(reading.found.finished, None);
        reading.take((&search, whose()), denied(), "o");
        assert_eq!(reading.into_answer().unwrap().finished, Some(candidate));
    }

    #[test]
    fn an_error_that_passes_is_no_answer() {
        let search = search(None, SearchExtent::Telephony);
        for question in [
            CallQuestion::Added,
            CallQuestion::Statistics,
            CallQuestion::Employee,
        ] {
            let mut reading = CallReading::default();
            let throttled = CrmError::Throttled {
                code: "QUERY_LIMIT_EXCEEDED".to_owned(),
            };
            reading.take((&search, question), Err(throttled.clone()), "o");
            assert_eq!(reading.into_answer(), Err(throttled));
        }
    }

    #[test]
    fn only_what_may_be_there_is_searched_for() {
        use CallQuestion::{Activity, Added, Employee, Numbered, Statistics};
        let nothing = CallReading::default();
        let of = |known, extent| first(&search(known, extent), &nothing);
        assert_eq!(of(None, SearchExtent::Activities), [Added, Employee]);
        assert_eq!(
            of(None, SearchExtent::Telephony),
            [Added, Statistics, Employee]
        );
        assert_eq!(
            of(Some("externalCall.a.1"), SearchExtent::Everywhere),
            [
                Added,
                Statistics,
                Numbered("externalCall.a.1".to_owned()),
                Activity("externalCall.a.1".to_owned()),
                Employee
            ]
        );
        assert_eq!(
            with_origin(
                &json!([{"ID": "5", "ORIGIN_ID": "VI_externalCall.a.1"}]),
                "externalCall.a.1"
            ),
            Some(5)
        );
    }
}
