//! What the browser posts when an employee opens a page of the application: a form that the portal's
//! page has filled in (REST documentation, "Local applications"). Nothing in it is signed, so it proves
//! nothing before [`PortalApps::verify`](super::PortalApps::verify) has asked whose token it has.

use std::collections::BTreeMap;
use std::fmt;

use percent_encoding::percent_decode;
use secrecy::SecretString;
use serde_json::{Map, Value};

use crate::crm::is_token;
use crate::domain::Lang;

/// The longest request of a portal, in bytes.
pub const LONGEST_POST: usize = 64 << 10;

/// The most members of a form.
const MOST_MEMBERS: usize = 200;

/// The longest plain value, in bytes.
const LONGEST_VALUE: usize = 300;

/// What the portal posts when an employee opens a page; decoded, nothing verified.
#[derive(Clone)]
pub struct Opening {
    /// The portal, perhaps with a port.
    pub domain: String,
    /// The frame's number, new at each opening; messages to the portal's page carry it.
    pub app_sid: String,
    /// The employee's token.
    pub auth_id: SecretString,
    /// What is exchanged for the next token.
    pub refresh_id: Option<SecretString>,
    /// The life of the token in seconds.
    pub auth_expires: i64,
    /// The portal's number.
    pub member_id: String,
    /// What proves the origin of events; old portals do not send it.
    pub application_token: Option<SecretString>,
    /// Where the page is opened: `DEFAULT` from the menu, `CRM_DEAL_LIST_TOOLBAR` and the like.
    pub placement: String,
    /// What belongs to the place, such as the number of the record in `ID`; an object.
    pub options: Value,
    /// The language of the employee.
    pub lang: Lang,
}

/// Shows no token.
impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening")
            .field("domain", &self.domain)
            .field("placement", &self.placement)
            .finish_non_exhaustive()
    }
}

impl Opening {
    /// Decodes a request; `None` if it is none that a portal makes. Names may be written in any case:
    /// portals send `member_id` beside `AUTH_ID`.
    pub fn read(query: &str, body: &[u8]) -> Option<Self> {
        let form = Form::read(query.as_bytes(), body);
        let secret = |name: &str| {
            let token = form.get(name).filter(|token| is_token(token))?;
            Some(SecretString::from(token.to_owned()))
        };
        let short = |name: &str| form.get(name).filter(|text| text.len() <= LONGEST_VALUE);
        let name = |text: &&str| {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
            !text.is_empty() && text.chars().all(is_plain)
        };
        let placement = short("PLACEMENT").filter(name);
        Some(Self {
            domain: short("DOMAIN")?.to_owned(),
            app_sid: short("APP_SID").filter(name)?.to_owned(),
            auth_id: secret("AUTH_ID")?,
            refresh_id: secret("REFRESH_ID"),
            auth_expires: form
                .get("AUTH_EXPIRES")
                .and_then(|life| life.trim().parse().ok())
                .unwrap_or_default(),
            member_id: short("MEMBER_ID").filter(name)?.to_owned(),
            application_token: secret("APPLICATION_TOKEN"),
            placement: placement.unwrap_or("DEFAULT").to_ascii_uppercase(),
            options: form
                .get("PLACEMENT_OPTIONS")
                .map_or_else(no_options, options),
            lang: form.get("LANG").and_then(Lang::parse).unwrap_or(Lang::En),
        })
    }
}

fn no_options() -> Value {
    Value::Object(Map::new())
}

/// Reads the options; `[]` and `""` are none (PHP has no empty object).
fn options(text: &str) -> Value {
    let read: Option<Value> = serde_json::from_str(text).ok();
    read.filter(Value::is_object).unwrap_or_else(no_options)
}

/// A decoded form: names in capitals.
pub(super) struct Form(BTreeMap<String, String>);

impl Form {
    /// Reads a query and a body; the body wins.
    pub(super) fn read(query: &[u8], body: &[u8]) -> Self {
        let decoded = |part: &[u8]| {
            let part: Vec<u8> = part
                .iter()
                .map(|byte| if *byte == b'+' { b' ' } else { *byte })
                .collect();
            percent_decode(&part).decode_utf8_lossy().into_owned()
        };
        let pairs = query
            .split(|byte| *byte == b'&')
            .chain(body.split(|byte| *byte == b'&'));
        let pairs = pairs.take(MOST_MEMBERS).filter_map(|pair| {
            let mut parts = pair.splitn(2, |byte| *byte == b'=');
            let name = decoded(parts.next().filter(|name| !name.is_empty())?);
            let value = decoded(parts.next().unwrap_or_default());
            Some((name.to_ascii_uppercase(), value))
        });
        Self(pairs.collect())
    }

    /// Returns a member by its name in any case.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.get(&name.to_ascii_uppercase());
        value.map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    const QUERY: &str = "DOMAIN=acme.bitrix24.ru&PROTOCOL=1&LANG=ru&APP_SID=ac8a08de3ed7c0ef";
    const BODY: &str = "AUTH_ID=4b2e71&AUTH_EXPIRES=3600&REFRESH_ID=3bad98&SERVER_ENDPOINT=https%3A%2F%2Fevil.example%2Frest%2F\
        &APPLICATION_TOKEN=51856fef&APPLICATION_SCOPE=crm%2Cplacement&member_id=d897063e&status=L\
        &PLACEMENT=CRM_DEAL_DETAIL_TAB&PLACEMENT_OPTIONS=%7B%22ID%22%3A%228061%22%2C%22URI%22%3A%22%5C%2Fcrm%5C%2F%22%7D";

    fn read(query: &str, body: &str) -> Option<Opening> {
        Opening::read(query, body.as_bytes())
    }

    #[test]
    fn the_post_of_the_documentation_is_decoded() {
        let opening = read(QUERY, BODY).unwrap();
        assert_eq!(opening.domain, "acme.bitrix24.ru");
        assert_eq!(opening.auth_id.expose_secret(), "4b2e71");
        assert_eq!(opening.member_id, "d897063e");
        assert_eq!(opening.placement, "CRM_DEAL_DETAIL_TAB");
        assert_eq!(opening.options["ID"], "8061");
        assert_eq!(opening.options["URI"], "/crm/");
        assert_eq!(opening.lang, Lang::Ru);
        let shown = format!("{opening:?}");
        assert!(
            !shown.contains("4b2e71") && !shown.contains("3bad98") && !shown.contains("51856fef")
        );
    }

    #[test]
    fn old_portals_send_less() {
        let body = "AUTH_ID=a&AUTH_EXPIRES=3600&REFRESH_ID=r&member_id=m&status=L";
        let opening = read(QUERY, body).unwrap();
        assert_eq!(opening.placement, "DEFAULT");
        assert!(opening.application_token.is_none());
        for options in ["[]", "%22%22", "", "%7B", "1"] {
            let body = format!("{body}&PLACEMENT_OPTIONS={options}");
            assert_eq!(
                read(QUERY, &body).unwrap().options,
                no_options(),
                "{options}"
            );
        }
    }

    #[test]
    fn what_no_portal_sends_is_refused() {
        for (from, to) in [
            ("AUTH_ID=4b2e71", "AUTH_ID="),
            ("AUTH_ID=4b2e71", "AUTH_ID=a%0Ab"),
            ("member_id=d897063e", "member_id="),
            ("member_id=d897063e", "member_id=%3Cb%3E"),
        ] {
            assert!(read(QUERY, &BODY.replace(from, to)).is_none(), "{to}");
        }
        assert!(read("", BODY).is_none());
        assert!(read(&QUERY.replace("APP_SID=", "APP_SID=%22"), BODY).is_none());
        let long = format!("AUTH_ID={}", "a".repeat(10_000));
        assert!(read(QUERY, &BODY.replace("AUTH_ID=4b2e71", &long)).is_none());
    }
}
