//! Cards of calls in the portal's telephony, while the calls go on (REST documentation,
//! "telephony.externalCall"). Where a phone rings, the call to the portal comes before all others.

use serde_json::{Value, json};

use super::calls::moment;
use super::commands::Command;
use super::wire::text;
use super::{Connection, Priority};
use crate::crm::card::NewCard;
use crate::crm::error::CrmError;
use crate::domain::{NoAnswer, UserId};

pub(super) const REGISTER: &str = "telephony.externalcall.register";
const SHOW: &str = "telephony.externalcall.show";
const HIDE: &str = "telephony.externalcall.hide";
pub(super) const FINISH: &str = "telephony.externalcall.finish";

/// The types of calls.
const OUTGOING: i64 = 1;
const INCOMING: i64 = 2;

/// The statuses of calls that were answered and that were missed.
const ANSWERED: &str = "200";
const MISSED: &str = "304";

impl Connection {
    /// Registers a call, and returns its number in the portal. The portal recognises a call that is
    /// registered again within half an hour.
    ///
    /// # Errors
    /// Whatever the portal answers; an employee whom it does not know is a refusal.
    pub async fn register_call(&self, card: &NewCard) -> Result<String, CrmError> {
        let result = self
            .telephony(REGISTER, registration(card), Priority::Interactive)
            .await?;
        registered(&result)
    }

    /// Shows the card of a call to employees.
    ///
    /// # Errors
    /// Whatever the portal answers.
    pub async fn show_card(&self, call: &str, users: &[UserId]) -> Result<(), CrmError> {
        self.switch_card(SHOW, (call, users), Priority::Interactive)
            .await
    }

    /// Hides the card of a call from employees.
    ///
    /// # Errors
    /// Whatever the portal answers.
    pub async fn hide_card(&self, call: &str, users: &[UserId]) -> Result<(), CrmError> {
        self.switch_card(HIDE, (call, users), Priority::Submission)
            .await
    }

    async fn switch_card(
        &self,
        method: &str,
        (call, users): (&str, &[UserId]),
        priority: Priority,
    ) -> Result<(), CrmError> {
        let params = json!({"CALL_ID": call, "USER_ID": users});
        self.telephony(method, params, priority).await.map(drop)
    }

    /// Finishes a call that has no record.
    ///
    /// # Errors
    /// Whatever the portal answers; a call that is finished already is a refusal.
    pub async fn finish_bare_call(
        &self,
        call: &str,
        user: UserId,
        talk: u32,
    ) -> Result<(), CrmError> {
        let status = if talk > 0 { ANSWERED } else { MISSED };
        let end = end_of((call, user), talk, status);
        self.telephony(FINISH, end, Priority::Submission)
            .await
            .map(|_| ())
    }

    pub(super) async fn telephony(
        &self,
        method: &str,
        params: Value,
        priority: Priority,
    ) -> Result<Value, CrmError> {
        self.gathered(Command::new(method, params), priority).await
    }
}

/// Returns the parameters of a registration: profiles make contacts, leads and deals, not the portal.
pub(super) fn registration(card: &NewCard) -> Value {
    let mut params = json!({
        "USER_ID": card.user,
        "PHONE_NUMBER": card.number,
        "TYPE": if card.is_outgoing { OUTGOING } else { INCOMING },
        "CALL_START_DATE": moment(card.started),
        "CRM_CREATE": 0,
        "EXTERNAL_CALL_ID": card.key,
        "SHOW": i32::from(card.is_shown),
        "ADD_TO_CHAT": 0,
    });
    if let Some(line) = &card.line {
        params["LINE_NUMBER"] = json!(line);
    }
    params
}

/// Returns the parameters that finish a call of an employee.
pub(super) fn end_of((call, user): (&str, UserId), talk: u32, status: &str) -> Value {
    json!({
        "CALL_ID": call,
        "USER_ID": user,
        "DURATION": talk,
        "STATUS_CODE": status,
        "ADD_TO_CHAT": 0,
    })
}

/// Returns the number of a registered call; an answer without it may be that of one, too.
pub(super) fn registered(result: &Value) -> Result<String, CrmError> {
    let call = result.get("CALL_ID").and_then(text);
    call.filter(|call| !call.is_empty())
        .ok_or(CrmError::Unknown {
            why: NoAnswer::NoId,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_without_a_number_leaves_open_whether_the_call_is_registered() {
        let answer = json!({"CALL_ID": "externalCall.a.1"});
        assert_eq!(registered(&answer), Ok("externalCall.a.1".to_owned()));
        for answer in [json!({"CALL_ID": ""}), json!([])] {
            let error = registered(&answer).unwrap_err();
            assert!(matches!(error, CrmError::Unknown { .. }), "{error}");
        }
    }
}
