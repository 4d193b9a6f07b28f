//! The events of portals that are about calls: an employee has clicked a number
//! (`ONEXTERNALCALLSTART`), and a visitor has requested a callback (`ONEXTERNALCALLBACKSTART`). Outgoing
//! webhooks and applications send the same (REST documentation, "Telephony: events").

use jiff::Timestamp;

use super::{ClickedCall, RequestedCallback};
use crate::crm::CallOwner;
use crate::domain::{EntityKind, UserId};
use crate::pbx::DialNumber;

/// The longest number of a call in the portal, in bytes.
const LONGEST_CALL: usize = 200;

/// The events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortalCallEvent {
    /// An employee has clicked a number.
    Click,
    /// A visitor has requested a callback.
    Callback,
}

impl PortalCallEvent {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Click, Self::Callback];

    /// Returns the portal's name of the event.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Click => "ONEXTERNALCALLSTART",
            Self::Callback => "ONEXTERNALCALLBACKSTART",
        }
    }

    /// Returns the event of this name, in any case.
    pub fn parse(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|event| name.eq_ignore_ascii_case(event.as_str()))
    }
}

/// Reads a member of an event's data; `None` if it is empty.
fn data(form: &impl Fn(&str) -> Option<String>, name: &str) -> Option<String> {
    let value = form(&format!("data[{name}]"))?;
    let value = value.trim().to_owned();
    (!value.is_empty()).then_some(value)
}

/// Reads the request for a callback. `form` gives the members of the event, such as
/// `data[PHONE_NUMBER]`.
pub fn requested_callback(
    pbx: &str,
    form: &impl Fn(&str) -> Option<String>,
    now: Timestamp,
) -> Option<RequestedCallback> {
    let id = data(form, "CRM_ENTITY_ID").and_then(|id| id.parse().ok());
    let id = id.filter(|id: &i64| *id > 0);
    let kind = data(form, "CRM_ENTITY_TYPE").unwrap_or_default();
    let client = id.and_then(|id| match kind.to_ascii_uppercase().as_str() {
        "CONTACT" => Some(CallOwner::Contact(id)),
        "COMPANY" => Some(CallOwner::Record(EntityKind::Company, id)),
        "LEAD" => Some(CallOwner::Record(EntityKind::Lead, id)),
        _ => None,
    });
    Some(RequestedCallback {
        pbx: pbx.to_owned(),
        number: DialNumber::parse(&data(form, "PHONE_NUMBER")?)?,
        line: data(form, "LINE_NUMBER").filter(|line| line.len() <= LONGEST_CALL),
        client,
        at: now,
    })
}

/// Reads a click. `form` gives the members of the event, such as `data[CALL_ID]`.
pub fn clicked_call(pbx: &str, form: &impl Fn(&str) -> Option<String>) -> Option<ClickedCall> {
    let data = |name: &str| data(form, name);
    let number = data("PHONE_NUMBER_INTERNATIONAL").or_else(|| data("PHONE_NUMBER"));
    Some(ClickedCall {
        pbx: pbx.to_owned(),
        portal_call: data("CALL_ID").filter(|call| call.len() <= LONGEST_CALL)?,
        employee: UserId::new(data("USER_ID")?.parse().ok()?)?,
        number: DialNumber::parse(&number?)?,
    })
}

#[cfg(test)]
mod tests {
    use percent_encoding::percent_decode_str;

    use super::*;

    fn read(form: &str) -> impl Fn(&str) -> Option<String> {
        let decoded = |text: &str| {
            let text = text.replace('+', " ");
            percent_decode_str(&text).decode_utf8_lossy().into_owned()
        };
        let pairs = form.split('&').filter_map(|pair| pair.split_once('='));
        let pairs: Vec<(String, String)> = pairs
            .map(|(name, value)| (decoded(name), decoded(value)))
            .collect();
        move |name| {
            let found = pairs.iter().find(|(known, _)| known == name)?;
            Some(found.1.clone())
        }
    }

    fn clicked(pbx: &str, form: &str) -> Option<ClickedCall> {
        clicked_call(pbx, &read(form))
    }

    #[test]
    fn the_event_of_the_documentation_is_a_click() {
        let form = "event=ONEXTERNALCALLSTART&data%5BPHONE_NUMBER%5D=8+906+680-04-04\
            &data[PHONE_NUMBER_INTERNATIONAL]=%2B79066800404&data[EXTENSION]=&data[USER_ID]=6\
            &data[CALL_LIST_ID]=0&data[LINE_NUMBER]=&data[IS_MOBILE]=0&data[CALL_ID]=externalCall.1f.2\
            &data[CRM_ENTITY_TYPE]=CONTACT&data[CRM_ENTITY_ID]=48&auth[application_token]=x";
        let click = clicked("main", form).unwrap();
        assert_eq!(
            (
                click.portal_call.as_str(),
                click.employee.get(),
                click.number.as_str()
            ),
            ("externalCall.1f.2", 6, "+79066800404")
        );
        let plain = clicked(
            "main",
            "data[PHONE_NUMBER]=1004&data[USER_ID]=6&data[CALL_ID]=a",
        );
        assert_eq!(plain.unwrap().number.as_str(), "1004");
        for form in [
            "",
            "data[USER_ID]=6&data[CALL_ID]=a",
            "data[PHONE_NUMBER]=anna&data[USER_ID]=6&data[CALL_ID]=a",
            "data[PHONE_NUMBER]=1004&data[USER_ID]=0&data[CALL_ID]=a",
            "data[PHONE_NUMBER]=1004&data[USER_ID]=6&data[CALL_ID]=",
        ] {
            assert_eq!(clicked("main", form), None, "{form}");
        }
    }

    #[test]
    fn the_callback_of_the_documentation_is_requested() {
        let form = "event=ONEXTERNALCALLBACKSTART&data[PHONE_NUMBER]=%2B79066800404&data[TEXT]=a&data[VOICE]=b\
            &data[CRM_ENTITY_TYPE]=CONTACT&data[CRM_ENTITY_ID]=5785&data[LINE_NUMBER]=7";
        let requested = |form: &str| requested_callback("main", &read(form), Timestamp::UNIX_EPOCH);
        let callback = requested(form).unwrap();
        assert_eq!(callback.number.as_str(), "+79066800404");
        assert_eq!(callback.line.as_deref(), Some("7"));
        assert_eq!(callback.client, Some(CallOwner::Contact(5785)));
        let bare =
            requested("data[PHONE_NUMBER]=1004&data[CRM_ENTITY_TYPE]=&data[CRM_ENTITY_ID]=0");
        let bare = bare.unwrap();
        assert_eq!((bare.line, bare.client), (None, None));
        for form in ["", "data[PHONE_NUMBER]=anna"] {
            assert_eq!(requested(form), None, "{form}");
        }
    }
}
