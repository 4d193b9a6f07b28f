//! The events of the exchange in the shape of every PBX. Values whose meaning is nowhere documented
//! come with tables of the settings.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Request;
use crate::domain::text::ellipsis;
use crate::domain::{CallKind, is_inner_number};
use crate::pbx::values::{LONGEST_ID, international, is_nil, text_of};
use crate::pbx::{AgentEvent, CallChange, CallEvent, PbxEvent, PhoneEvent};

/// Longer numbers are not read, in bytes.
const LONGEST_NUMBER: usize = 64;

/// The longest state of an agent, in characters.
const LONGEST_STATE: usize = 100;

/// What values mean, by the settings.
#[derive(Debug, Clone, Copy)]
pub struct EventTables<'t> {
    /// Values of `direction`.
    pub direction: &'t BTreeMap<String, CallKind>,
    /// Values of `status` in `user_change`: whether the phone is registered.
    pub phone_status: &'t BTreeMap<String, bool>,
}

/// The body of an event.
struct Body<'b>(&'b Map<String, Value>);

impl Request {
    /// Returns the event, if the request is one and can be read.
    pub fn event(&self, tables: EventTables<'_>) -> Option<PbxEvent> {
        let members = self.members.get("body").or(self.members.get("params"))?;
        let body = Body(members.as_object()?);
        let change = match self.action_name() {
            "user_change" => return body.phone(tables).map(PbxEvent::Phone),
            "agent_change" => return body.agent().map(PbxEvent::Agent),
            "call_ringing" => CallChange::Ringing,
            "call_answer" => CallChange::Answered,
            "call_held" => CallChange::Held,
            "call_active" => CallChange::Resumed,
            "call_hangup" => body.ended(),
            _ => return None,
        };
        body.call(change, tables).map(PbxEvent::Call)
    }
}

impl Body<'_> {
    fn text(&self, name: &str) -> Option<String> {
        self.0.get(name).and_then(text_of)
    }

    /// Returns a variable of the channel: the exchange puts some of them into `rt_vars`.
    fn variable(&self, name: &str) -> Option<String> {
        let own = self.0.get("rt_vars").and_then(|vars| vars.get(name));
        own.and_then(text_of).or_else(|| self.text(name))
    }

    fn id(&self, name: &str) -> Option<String> {
        self.text(name).filter(|id| id.len() <= LONGEST_ID)
    }

    fn inner(&self) -> Option<String> {
        let inner = self.id("domain_user").or_else(|| self.id("user_uid"));
        inner.filter(|inner| inner.len() <= LONGEST_NUMBER)
    }

    fn phone(&self, tables: EventTables<'_>) -> Option<PhoneEvent> {
        let status = self.text("status");
        Some(PhoneEvent {
            inner: self.inner()?,
            crm_user: self.id("crm_user"),
            is_registered: status.and_then(|status| tables.phone_status.get(&status).copied()),
        })
    }

    fn agent(&self) -> Option<AgentEvent> {
        let state = self.text("status_name").or_else(|| {
            // without a name the numbers are better than nothing
            let numbers = ["base_status", "extra_status"].map(|name| self.text(name));
            let numbers: Vec<String> = numbers.into_iter().flatten().collect();
            (!numbers.is_empty()).then(|| numbers.join("/"))
        });
        Some(AgentEvent {
            inner: self.inner()?,
            crm_user: self.id("crm_user"),
            state: ellipsis(&state?, LONGEST_STATE),
        })
    }

    fn ended(&self) -> CallChange {
        // `variable_answersec` of FreeSWITCH is the time until the answer
        let talk = self.variable("billsec");
        CallChange::Ended {
            talk: talk.and_then(|talk| seconds(&talk)),
        }
    }

    fn call(&self, change: CallChange, tables: EventTables<'_>) -> Option<CallEvent> {
        let session = self.id("session_id").filter(|id| !is_nil(id));
        let leg = self.id("call_id");
        let number = |text: String| (text.len() <= LONGEST_NUMBER).then(|| international(text));
        let other = self.text("other_leg").and_then(number);
        let told = self.text("direction");
        let told = told.and_then(|told| tables.direction.get(&told).copied());
        let kind = match &other {
            Some(other) if is_inner_number(other) => Some(CallKind::Internal),
            Some(_) | None => told,
        };
        Some(CallEvent {
            call: session.clone().or_else(|| leg.clone())?,
            leg: leg.or(session)?,
            change,
            inner: self.inner(),
            crm_user: self.id("crm_user"),
            other,
            line: self.variable("gateway_number").and_then(number),
            kind,
            seq: None,
        })
    }
}

/// Parses seconds; a fraction is dropped.
fn seconds(text: &str) -> Option<u32> {
    let whole = text.split('.').next().unwrap_or_default();
    whole.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::json::Bounds;

    fn event(action: &str, body: &Value) -> Option<PbxEvent> {
        let direction = BTreeMap::from([
            ("0".to_owned(), CallKind::Outgoing),
            ("1".to_owned(), CallKind::Incoming),
        ]);
        let phone_status = BTreeMap::from([("0".to_owned(), false), ("1".to_owned(), true)]);
        let text = json!({"action": action, "body": body}).to_string();
        let request = Request::read(text.as_bytes(), Bounds::from(20)).unwrap();
        request.event(EventTables {
            direction: &direction,
            phone_status: &phone_status,
        })
    }

    fn call(action: &str, body: &Value) -> CallEvent {
        match event(action, body) {
            Some(PbxEvent::Call(call)) => call,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_samples_of_the_documentation_are_read() {
        let ringing = call(
            "call_ringing",
            &json!({
                "call_id": "7c97ce9e", "session_id": "93758923", "crm_user": "3",
                "domain_user": "9022", "other_leg": "+74952523060",
                "rt_vars": {"gateway_number": "74951343060"}, "direction": 0
            }),
        );
        let read = CallEvent {
            call: "93758923".to_owned(),
            leg: "7c97ce9e".to_owned(),
            change: CallChange::Ringing,
            inner: Some("9022".to_owned()),
            crm_user: Some("3".to_owned()),
            other: Some("+74952523060".to_owned()),
            line: Some("+74951343060".to_owned()),
            kind: Some(CallKind::Outgoing),
            seq: None,
        };
        assert!(ringing == read, "{ringing:?}");
        let ended = call(
            "call_hangup",
            &json!({
                "call_id": "7c97ce9e", "session_id": "93758923", "domain_user": 9022,
                "other_leg": 74_952_523_060_i64, "rt_vars": {"hangup_cause": "NORMAL_CLEARING"},
                "variable_answersec": "9"
            }),
        );
        let change = CallChange::Ended { talk: None };
        assert_eq!((ended.change, ended.kind), (change, None));
        assert_eq!(ended.other.as_deref(), Some("+74952523060"));
        let held = call(
            "call_held",
            &json!({"user_uid": "9022", "call_id": "d319", "session_id": "d319", "direction": 1}),
        );
        assert_eq!(
            (held.call, held.leg),
            ("d319".to_owned(), "d319".to_owned())
        );
        assert_eq!(held.inner.as_deref(), Some("9022"));
        assert_eq!(held.kind, Some(CallKind::Incoming));
    }

    #[test]
    fn phones_and_agents_change_their_states() {
        for (status, is_registered) in [
            (json!(1), Some(true)),
            (json!("0"), Some(false)),
            (json!(7), None),
            (json!(null), None),
        ] {
            let body = json!({"user_uid": "9022", "crm_user": 3, "status": status, "protocol": 0});
            let phone = PbxEvent::Phone(PhoneEvent {
                inner: "9022".to_owned(),
                crm_user: Some("3".to_owned()),
                is_registered,
            });
            assert_eq!(event("user_change", &body), Some(phone));
        }
        for (body, state) in [
            (
                json!({"user_uid": "1022", "base_status": -1, "extra_status": 1, "status_name": "В работе"}),
                Some("В работе"),
            ),
            (
                json!({"user_uid": "1022", "base_status": -1, "extra_status": 1}),
                Some("-1/1"),
            ),
            (json!({"user_uid": "1022"}), None),
        ] {
            let read = event("agent_change", &body);
            let read = read.map(|event| match event {
                PbxEvent::Agent(agent) => agent.state,
                other => panic!("{other:?}"),
            });
            assert_eq!(read.as_deref(), state, "{body}");
        }
    }

    #[test]
    fn a_call_between_employees_is_internal_and_what_cannot_be_read_is_no_event() {
        let body =
            json!({"call_id": "1", "domain_user": "9022", "other_leg": "9023", "direction": 1});
        let between = call("call_ringing", &body);
        assert_eq!(between.kind, Some(CallKind::Internal));
        assert_eq!((between.call.as_str(), between.leg.as_str()), ("1", "1"));
        let long = "1".repeat(LONGEST_ID + 1);
        for (action, body) in [
            ("call_ringing", json!({"domain_user": "9022"})),
            ("call_ringing", json!({"call_id": long})),
            ("call_ringing", json!([])),
            ("user_change", json!({"status": 1})),
            ("cdr_append", json!({"call_id": "1"})),
            ("call_transfer", json!({"call_id": "1"})),
        ] {
            assert_eq!(event(action, &body), None, "{action}");
        }
    }
}
