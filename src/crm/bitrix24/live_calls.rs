//! Calls of the portal's telephony: registered, then finished, which puts them into the statistics
//! and into a timeline (REST documentation, "telephony.externalCall.register",
//! "telephony.externalCall.finish").

use serde_json::{Value, json};

use super::Connection;
use super::call_search::finished;
use super::call_status;
use super::calls::owner_of;
use super::cards::{FINISH, REGISTER, end_of, registered, registration};
use super::commands::Command;
use crate::crm::call::{
    CallBinding, CallEnd, CallOutcomes, CallOwner, CallRegistration, FinishedCall,
};
use crate::crm::card::NewCard;
use crate::crm::error::CrmError;
use crate::domain::text::ellipsis;
use crate::domain::{CallKind, EntityKind, NoAnswer, line_digits};

/// The most characters of a cause.
const CAUSE_LENGTH: usize = 100;
/// The codes of an activity that is in the timeline already, and of a portal that has no such method:
/// the call is in the timeline of its client.
const BOUND_ENOUGH: [&str; 2] = ["ACTIVITY_IS_ALREADY_BOUND", "ERROR_METHOD_NOT_FOUND"];

impl Connection {
    /// Registers calls without showing their cards. Returns the portal's numbers of them. A call that
    /// is registered already, and not finished, keeps its number for half an hour.
    pub async fn register_calls(&self, calls: &[CallRegistration]) -> CallOutcomes<String> {
        let commands = calls.iter().map(register).enumerate();
        let outcomes = self.run_each(commands.collect()).await;
        read(outcomes, |result| registered(result).ok())
    }

    /// Finishes registered calls.
    pub async fn finish_calls(&self, ends: &[CallEnd]) -> CallOutcomes<FinishedCall> {
        let commands = ends.iter().map(finish).enumerate();
        let outcomes = self.run_each(commands.collect()).await;
        read(outcomes, finished)
    }

    /// Puts activities of calls into more timelines; those that have them already are no error.
    pub async fn bind_calls(&self, bindings: &[CallBinding]) -> CallOutcomes<()> {
        let commands = bindings.iter().map(bind).enumerate();
        let outcomes = self.run_each(commands.collect()).await;
        let answers = outcomes.answers.into_iter().map(|answer| match answer {
            Err(CrmError::Refused { code, .. }) if BOUND_ENOUGH.contains(&code.as_str()) => Ok(()),
            answer => answer.map(|_| ()),
        });
        CallOutcomes {
            answers: answers.collect(),
            calls: outcomes.calls,
        }
    }
}

/// Reads the results; one of another shape may be that of a change that was made.
fn read<T>(outcomes: CallOutcomes<Value>, of: impl Fn(&Value) -> Option<T>) -> CallOutcomes<T> {
    let unknown = CrmError::Unknown {
        why: NoAnswer::NoId,
    };
    let answers = outcomes.answers.into_iter();
    let answers = answers.map(|answer| answer.and_then(|it| of(&it).ok_or(unknown.clone())));
    CallOutcomes {
        answers: answers.collect(),
        calls: outcomes.calls,
    }
}

fn register(new: &CallRegistration) -> Command {
    let CallRegistration { call, user, owner } = new;
    let mut params = registration(&NewCard {
        key: call.key.clone(),
        user: *user,
        number: call.number.clone(),
        line: call.line.as_deref().and_then(line_digits),
        is_outgoing: call.kind == CallKind::Outgoing,
        started: call.started,
        is_shown: false,
    });
    if let Some((entity, id)) = owner.and_then(entity) {
        params["CRM_ENTITY_TYPE"] = entity.into();
        params["CRM_ENTITY_ID"] = id.into();
    }
    Command::new(REGISTER, params)
}

/// Returns the word and the id of a client, for those that calls can be registered with.
pub(super) fn entity(owner: CallOwner) -> Option<(&'static str, i64)> {
    match owner {
        CallOwner::Contact(id) => Some(("CONTACT", id)),
        CallOwner::Record(EntityKind::Lead, id) => Some(("LEAD", id)),
        CallOwner::Record(EntityKind::Company, id) => Some(("COMPANY", id)),
        CallOwner::Record(EntityKind::Deal | EntityKind::Item(_), _) => None,
    }
}

fn finish(end: &CallEnd) -> Command {
    let CallEnd { id, call, user } = end;
    let code = call_status::code(call);
    // the portal takes a missed call with a duration for a conversation
    let talk = if call.kind == CallKind::Missed {
        0
    } else {
        call.talk
    };
    let mut params = end_of((id, *user), talk, code);
    if let Some(cause) = call.cause.as_deref().filter(|_| talk == 0) {
        params["FAILED_REASON"] = ellipsis(cause, CAUSE_LENGTH).into();
    }
    Command::new(FINISH, params)
}

fn bind(binding: &CallBinding) -> Command {
    let (owner_type, owner) = owner_of(binding.owner);
    Command::new(
        "crm.activity.binding.add",
        json!({
            "activityId": binding.activity,
            "entityTypeId": owner_type,
            "entityId": owner,
        }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crm::bitrix24::calls::tests::call;
    use crate::domain::PlannedCall;
    use crate::domain::UserId;

    fn registration(kind: CallKind, owner: Option<CallOwner>) -> Value {
        let call = PlannedCall {
            line: Some("+7 (495) 555-01-00".to_owned()),
            ..call(kind)
        };
        let user = UserId::new(6).unwrap();
        register(&CallRegistration { call, user, owner }).params
    }

    #[test]
    fn a_call_is_registered_silently_with_its_client() {
        let params = registration(CallKind::Incoming, Some(CallOwner::Contact(48)));
        assert_eq!(
            params,
            json!({
                "USER_ID": 6, "PHONE_NUMBER": "+79005550142", "TYPE": 2,
                "CALL_START_DATE": "2025-12-29T12:45:45+00:00", "CRM_CREATE": 0, "SHOW": 0,
                "ADD_TO_CHAT": 0, "EXTERNAL_CALL_ID": "main/9e1d", "LINE_NUMBER": "74955550100",
                "CRM_ENTITY_TYPE": "CONTACT", "CRM_ENTITY_ID": 48,
            })
        );
        let lead = Some(CallOwner::Record(EntityKind::Lead, 5));
        let params = registration(CallKind::Missed, lead);
        assert_eq!(
            (&params["TYPE"], &params["CRM_ENTITY_TYPE"]),
            (&json!(2), &json!("LEAD"))
        );
        // a call cannot be registered with a deal
        let deal = Some(CallOwner::Record(EntityKind::Deal, 7));
        let params = registration(CallKind::Outgoing, deal);
        assert_eq!(
            (&params["TYPE"], params.get("CRM_ENTITY_TYPE")),
            (&json!(1), None)
        );
    }

    #[test]
    fn a_missed_call_is_finished_without_a_duration() {
        let of = |kind, cause: &str| {
            let call = PlannedCall {
                cause: Some(cause.to_owned()),
                ..call(kind)
            };
            let user = UserId::new(7).unwrap();
            let id = "externalCall.a.1".to_owned();
            finish(&CallEnd { id, call, user }).params
        };
        assert_eq!(
            of(CallKind::Missed, "USER_BUSY"),
            json!({
                "CALL_ID": "externalCall.a.1", "USER_ID": 7, "DURATION": 0, "STATUS_CODE": "304",
                "ADD_TO_CHAT": 0, "FAILED_REASON": "USER_BUSY",
            })
        );
        assert_eq!(
            of(CallKind::Incoming, "NORMAL_CLEARING"),
            json!({
                "CALL_ID": "externalCall.a.1", "USER_ID": 7, "DURATION": 62, "STATUS_CODE": "200",
                "ADD_TO_CHAT": 0,
            })
        );
    }

    #[test]
    fn an_answer_without_a_number_leaves_the_outcome_open() {
        let outcomes = CallOutcomes {
            answers: vec![Ok(json!({"CALL_ID": "externalCall.a.1"})), Ok(json!([]))],
            calls: Vec::new(),
        };
        let read = read(outcomes, |result| registered(result).ok());
        assert_eq!(read.answers[0], Ok("externalCall.a.1".to_owned()));
        assert!(matches!(read.answers[1], Err(CrmError::Unknown { .. })));
    }
}
