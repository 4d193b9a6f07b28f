//! The events of the exchange, in the shapes of its documentation.

use serde_json::{Value, json};

use super::{CallDirection, Employee, LINE, Leg, LiveCall, Switch};

impl CallDirection {
    /// Returns the number in events and records. Its meaning is nowhere documented: the samples
    /// show 0 for outgoing calls.
    pub(super) fn number(self) -> u8 {
        match self {
            Self::Outgoing => 0,
            Self::Incoming => 1,
        }
    }
}

impl Switch {
    pub(super) fn ringing(&mut self, call: &LiveCall, leg: &Leg, now: i64) -> Value {
        let mut body = self.of_call(call, leg);
        body["rt_vars"] = json!({"gateway_number": LINE});
        self.event("call_ringing", &body, now)
    }

    pub(super) fn answered(&mut self, call: &LiveCall, leg: &Leg, now: i64) -> Value {
        let mut body = self.of_call(call, leg);
        body["rt_vars"] = json!({"gateway_number": LINE});
        self.event("call_answer", &body, now)
    }

    pub(super) fn ended(&mut self, call: &LiveCall, leg: &Leg, cause: &str, now: i64) -> Value {
        let mut body = self.of_call(call, leg);
        let talked = match (cause, call.answered) {
            ("NORMAL_CLEARING", Some(answered)) => now - answered,
            _ => 0,
        };
        body["rt_vars"] = json!({"hangup_cause": cause});
        body["variable_answersec"] = json!(talked.to_string());
        self.event("call_hangup", &body, now)
    }

    pub(super) fn held(&mut self, action: &str, call: &LiveCall, leg: &Leg, now: i64) -> Value {
        let crm_user = self.crm_user(leg.inner);
        let body = json!({
            "user_uid": leg.inner, "crm_user": crm_user, "call_id": leg.id,
            "session_id": call.session, "other_leg": call.number,
            "direction": call.direction.number(),
        });
        self.event(action, &body, now)
    }

    pub(super) fn phone(&mut self, employee: &Employee, now: i64) -> Value {
        let body = json!({
            "user_uid": employee.inner, "crm_user": employee.crm_user,
            "status": u8::from(employee.is_registered), "protocol": 0,
        });
        self.event("user_change", &body, now)
    }

    pub(super) fn agent(&mut self, employee: &Employee, now: i64) -> Value {
        let state = if employee.is_at_work {
            (1, "В работе")
        } else {
            (0, "Перерыв")
        };
        let body = json!({
            "user_uid": employee.inner, "crm_user": employee.crm_user, "base_status": -1,
            "extra_status": state.0, "status_name": state.1,
        });
        self.event("agent_change", &body, now)
    }

    fn of_call(&self, call: &LiveCall, leg: &Leg) -> Value {
        json!({
            "call_id": leg.id, "session_id": call.session, "crm_user": self.crm_user(leg.inner),
            "domain_user": leg.inner, "other_leg": call.number,
            "direction": call.direction.number(),
        })
    }

    fn crm_user(&self, inner: &str) -> &'static str {
        self.employee(inner)
            .map_or("", |employee| employee.crm_user)
    }

    pub(super) fn event(&mut self, action: &str, body: &Value, now: i64) -> Value {
        let id = self.fresh(now);
        json!({
            "action": action, "action_id": id, "obj": "UserCRM", "code": 200, "notifies": [],
            "body": body,
        })
    }
}
