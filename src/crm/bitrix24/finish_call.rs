//! Finishes a call that the PBX did not make, and tells whether a call is finished (REST
//! documentation, "telephony.externalcall.finish", "voximplant.statistic.get").

use serde_json::{Value, json};

use super::call_search::{activity_of, in_statistics, statistics, with_origin};
use super::cards::{FINISH, end_of};
use super::telephony::is_closed;
use super::{Connection, Priority};
use crate::crm::error::CrmError;
use crate::domain::UserId;

impl Connection {
    /// Finishes a call that the PBX did not make, with this status.
    ///
    /// # Errors
    /// Whatever the portal answers; a call that is finished already is a refusal.
    pub async fn finish_failed_call(
        &self,
        call: &str,
        user: UserId,
        status: &str,
    ) -> Result<(), CrmError> {
        let end = end_of((call, user), 0, status);
        let finished = self.telephony(FINISH, end, Priority::Submission);
        finished.await.map(drop)
    }

    /// Returns whether the portal has finished a call: a second time would add another row to the
    /// statistics. The statistics may be closed, or hide calls of other employees; then the activity
    /// of the call tells.
    ///
    /// # Errors
    /// If the portal does not say.
    pub async fn has_finished(&self, call: &str) -> Result<bool, CrmError> {
        let questions = vec![
            (0, statistics(json!({"CALL_ID": call}))),
            (0, activity_of(call)),
        ];
        let mut answers = self.run_each(questions).await.answers.into_iter();
        let is_listed = is_there(answers.next(), |rows| {
            in_statistics(("CALL_ID", call), rows).is_some()
        })?;
        let has_activity = is_there(answers.next(), |rows| with_origin(rows, call).is_some())?;
        Ok(is_listed || has_activity)
    }
}

/// Returns whether an answer has a row; a closed list shows none.
fn is_there(
    answer: Option<Result<Value, CrmError>>,
    has_row: impl Fn(&Value) -> bool,
) -> Result<bool, CrmError> {
    match answer {
        Some(Ok(rows)) => Ok(has_row(&rows)),
        Some(Err(error)) if is_closed(&error) => Ok(false),
        Some(Err(error)) => Err(error),
        None => Err(CrmError::NotRun),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_list_shows_nothing_and_another_error_is_no_answer() {
        let rows = json!([{"CALL_ID": "externalCall.a.1"}]);
        let has = |call: &'static str| {
            move |rows: &Value| in_statistics(("CALL_ID", call), rows).is_some()
        };
        let answer = || Some(Ok(rows.clone()));
        assert_eq!(is_there(answer(), has("externalCall.a.1")), Ok(true));
        assert_eq!(is_there(answer(), has("externalCall.b.2")), Ok(false));
        let closed = CrmError::Denied {
            method: "voximplant.statistic.get".to_owned(),
            code: "ACCESS_DENIED".to_owned(),
            text: String::new(),
        };
        assert_eq!(
            is_there(Some(Err(closed)), has("externalCall.a.1")),
            Ok(false)
        );
        for error in [
            CrmError::NotRun,
            CrmError::Throttled {
                code: "QUERY_LIMIT_EXCEEDED".to_owned(),
            },
        ] {
            let answer = is_there(Some(Err(error.clone())), has("externalCall.a.1"));
            assert_eq!(answer, Err(error));
        }
    }
}
