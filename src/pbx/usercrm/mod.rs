//! The exchange `UserCRM` of Runtel and its kin: JSON with `action`, `obj`, `action_id`, and what it
//! is about in `params` or `body`. Requests are answered, events are told, and a call record follows
//! each call (`cdr_append`).

mod command;
mod dialect;
mod event;
mod literal;
mod record;
mod reply;

use std::fmt;

use serde_json::{Map, Value, json};

pub use dialect::UserCrm;
pub use event::EventTables;
pub use record::Record;

use crate::domain::Phone;
use crate::domain::json::{self, Bounds, Decoded, Mistake, MistakeKind};
use crate::pbx::values::text_of;

/// The object that replies name if the request does not.
const OBJECT: &str = "UserCRM";

/// What a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Is the address right? Comes without a key.
    Test,
    /// Who are the employees of the CRM?
    Users,
    /// Who calls, and who is responsible for them?
    Contact,
    /// A call changed, or an employee's phone or state did.
    Event,
    /// The record of a call that has ended.
    Record,
    /// None of these.
    Unknown,
}

/// The events about calls, phones and agents.
const EVENTS: [&str; 7] = [
    "user_change",
    "agent_change",
    "call_ringing",
    "call_answer",
    "call_hangup",
    "call_held",
    "call_active",
];

/// A request of the PBX.
#[derive(Clone, PartialEq)]
pub struct Request {
    members: Map<String, Value>,
}

/// Omits the content: it is personal data.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({:?})", self.action())
    }
}

impl Request {
    /// Reads a request: JSON, or a Python literal with the mistakes of the documentation's samples.
    /// The mistake that is reported is the one of JSON.
    pub fn read(raw: &[u8], bounds: Bounds) -> Result<Self, Mistake> {
        let value = match json::decode(raw, bounds) {
            Ok(Decoded { value, .. }) => value,
            Err(mistake) => literal(raw, bounds, &mistake).ok_or(mistake)?,
        };
        match value {
            Value::Object(members) => Ok(Self { members }),
            _ => Err(Mistake {
                kind: MistakeKind::Syntax("an object was expected".to_owned()),
                line: 1,
                column: 1,
            }),
        }
    }

    /// Returns what it is.
    pub fn action(&self) -> Action {
        match self.action_name() {
            "test" => Action::Test,
            "get_users" => Action::Users,
            "get_contact" => Action::Contact,
            "cdr_append" => Action::Record,
            name if EVENTS.contains(&name) => Action::Event,
            _ => Action::Unknown,
        }
    }

    /// Returns the name of the action as it came; empty if there is none.
    pub fn action_name(&self) -> &str {
        self.text("action")
    }

    /// Returns the object that the reply names.
    fn object(&self) -> &str {
        match self.text("obj") {
            "" => OBJECT,
            object => object,
        }
    }

    fn text(&self, name: &str) -> &str {
        let member = self.members.get(name);
        member.and_then(Value::as_str).unwrap_or_default()
    }

    /// Returns a member of `params` as text, number or not.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let value = self.members.get("params")?.get(name)?;
        text_of(value)
    }

    /// Returns the number that the PBX asks about: with the country code, else as it is dialled.
    pub fn caller(&self) -> Option<Phone> {
        let whole = self.parameter("e164_phone");
        let whole = whole.map(|digits| format!("+{}", digits.trim_start_matches('+')));
        let whole = whole.and_then(|number| Phone::parse(&number));
        whole.or_else(|| Phone::parse(&self.parameter("phone")?))
    }

    /// Returns what the reply repeats.
    pub(super) fn echo(&self) -> Value {
        let mut echo = json!({"action": self.action_name(), "obj": self.object()});
        if let Some(id) = self.members.get("action_id") {
            echo["action_id"] = id.clone();
        }
        echo
    }

    /// Returns the whole request.
    pub fn into_value(self) -> Value {
        Value::Object(self.members)
    }

    /// Returns the record of a call, if the request has one or is one: files of operators have rows of
    /// the history, without what the PBX puts around them.
    pub fn record(&self) -> Option<Record<'_>> {
        match self.members.get("body") {
            Some(body) => Record::of(body.as_object()?),
            None => Record::of(&self.members).filter(|record| record.has_sides()),
        }
    }
}

/// Reads what is not JSON.
fn literal(raw: &[u8], bounds: Bounds, mistake: &Mistake) -> Option<Value> {
    if !matches!(
        mistake.kind,
        MistakeKind::Syntax(_) | MistakeKind::Unfinished
    ) {
        return None;
    }
    let text = std::str::from_utf8(raw).ok()?;
    let json = literal::to_json(text)?;
    let decoded = json::decode(json.as_bytes(), bounds);
    decoded.ok().map(|decoded| decoded.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Request, Mistake> {
        Request::read(text.as_bytes(), Bounds::from(20))
    }

    #[test]
    fn requests_are_read_as_json_and_as_the_documentation_prints_them() {
        for (text, action) in [
            (
                r#"{"action":"test","obj":"UserCRM","action_id":"1","params":{}}"#,
                Action::Test,
            ),
            (r#"{"action":"get_users","params":{}}"#, Action::Users),
            (
                "{\"action\": \"get_contact\", \"params\": {\n\"phone\": \"4951343060\"\n\"e164_phone\": \"74951343060\"\n}\n}",
                Action::Contact,
            ),
            (
                "{'action': 'call_ringing', 'code': 200, 'notifies': [], 'body': {'direction': 0}}",
                Action::Event,
            ),
            (
                "{'action': 'cdr_append', 'body': {'id': 1}}",
                Action::Record,
            ),
            ("{'action': 'call_transfer'}", Action::Unknown),
            ("{'action': 7}", Action::Unknown),
            ("{}", Action::Unknown),
        ] {
            assert_eq!(read(text).unwrap().action(), action, "{text}");
        }
        let contact =
            read("{'params': {'phone': '4951343060' 'e164_phone': 74951343060}}").unwrap();
        assert_eq!(
            contact.parameter("e164_phone").as_deref(),
            Some("74951343060")
        );
        assert_eq!(contact.parameter("phone").as_deref(), Some("4951343060"));
        assert_eq!(contact.parameter("name"), None);
    }

    #[test]
    fn a_caller_is_known_by_both_forms_of_the_number() {
        for (parameters, number) in [
            (
                "'phone': '9005550142', 'e164_phone': '79005550142'",
                "+79005550142",
            ),
            (
                "'phone': 9005550142, 'e164_phone': 79005550142",
                "+79005550142",
            ),
            ("'e164_phone': '+79005550142'", "+79005550142"),
            ("'phone': '9005550142'", "+79005550142"),
            ("'phone': '89005550142', 'e164_phone': ''", "+79005550142"),
            (
                "'phone': '1715553344', 'e164_phone': '491715553344'",
                "+491715553344",
            ),
            ("'phone': '1004'", ""),
            ("'phone': 'anonymous'", ""),
            ("", ""),
        ] {
            let request = read(&format!("{{'params': {{{parameters}}}}}")).unwrap();
            let caller = request.caller();
            let caller = caller.as_ref().map(Phone::as_str).unwrap_or_default();
            assert_eq!(caller, number, "{parameters}");
        }
    }

    #[test]
    fn what_is_no_request_is_reported_with_its_place() {
        for (text, line, column) in [
            ("", 1, 1),
            ("{\"action\": \"test\"", 1, 18),
            ("[1]", 1, 1),
            ("{'a': b}", 1, 2),
        ] {
            let mistake = read(text).unwrap_err();
            assert_eq!(
                (mistake.line, mistake.column),
                (line, column),
                "{text}: {mistake:?}"
            );
        }
        let deep = format!("{}{}", "{'a':".repeat(30), "}".repeat(30));
        assert!(matches!(
            read(&deep).unwrap_err().kind,
            MistakeKind::TooDeep(20)
        ));
    }
}
