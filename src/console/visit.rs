//! A request of somebody who has signed in.

use std::borrow::Cow;

use actix_web::http::Method;
use actix_web::{HttpMessage as _, HttpRequest};
use bytes::Bytes;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::reply::Trouble;
use super::request::{is_own_site, pairs, words_of, zone_of};
use super::signed_in::{BY_LINK, SignedIn, employee, is_same};
use super::{Console, ConsoleParts};
use crate::domain::{AuditEntry, Bilingual, Lang, Role, bilingual};
use crate::store::StoreError;

/// The header in which htmx and scripts send the token of the page.
const TOKEN_HEADER: &str = "x-csrf";
/// The field of a form with it.
pub(super) const TOKEN_FIELD: &str = "csrf";

/// A request of somebody who has signed in.
pub(super) struct Visit<'r> {
    pub(super) console: &'r Console,
    pub(super) request: &'r HttpRequest,
    pub(super) user: SignedIn,
    pub(super) lang: Lang,
    /// The current time.
    pub(super) now: Timestamp,
    zone: TimeZone,
    body: Bytes,
    query: Vec<(String, String)>,
    form: Vec<(String, String)>,
}

impl<'r> Visit<'r> {
    pub(super) fn new(
        console: &'r Console,
        request: &'r HttpRequest,
        user: SignedIn,
        body: Bytes,
    ) -> Self {
        let is_form = request
            .content_type()
            .eq_ignore_ascii_case("application/x-www-form-urlencoded");
        let form = std::str::from_utf8(&body).ok().filter(|_| is_form);
        Self {
            console,
            request,
            user,
            lang: words_of(request),
            now: console.parts.clock.now(),
            zone: zone_of(request).unwrap_or_else(|| console.parts.settings.output.zone.clone()),
            query: pairs(request.query_string()),
            form: form.map(pairs).unwrap_or_default(),
            body,
        }
    }

    /// The parts of the gateway.
    pub(super) fn parts(&self) -> &'r ConsoleParts {
        &self.console.parts
    }

    /// The zone of all times on the page: the viewer's, or that of the settings until the browser has
    /// told it.
    pub(super) fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Returns the zone's name with its present distance from UTC: `Europe/Moscow, UTC+03:00`.
    pub(super) fn zone_name(&self) -> String {
        let offset = self
            .now
            .to_zoned(self.zone.clone())
            .strftime("UTC%:z")
            .to_string();
        match self.zone.iana_name() {
            Some(name) => format!("{name}, {offset}"),
            None => offset,
        }
    }

    /// Picks the wording of the page's language.
    pub(super) fn t<'a>(&self, en: &'a str, ru: &'a str) -> &'a str {
        Bilingual::new(en, ru).pick(self.lang)
    }

    /// Returns a name as people read it: people who came by the link of the start have none, and
    /// employees of a portal have a number there.
    pub(super) fn name<'a>(&self, name: &'a str) -> Cow<'a, str> {
        if name == BY_LINK {
            return self.t("sign-in link", "вход по ссылке").into();
        }
        match employee::parse(name) {
            Some((portal, number)) => bilingual!(
                "employee {number} of {portal}",
                "сотрудник {number} портала {portal}"
            )
            .pick(self.lang)
            .into(),
            None => name.into(),
        }
    }

    /// Returns whether the request changes something.
    pub(super) fn is_post(&self) -> bool {
        self.request.method() == Method::POST
    }

    /// Returns whether htmx asks for a part of a page.
    pub(super) fn wants_fragment(&self) -> bool {
        self.request.headers().contains_key("hx-request")
    }

    /// Returns a parameter of the address; `None` if it is missing or empty.
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        value(&self.query, name)
    }

    /// Returns a field of the form; `None` if it is missing or empty.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        value(&self.form, name)
    }

    /// Returns a field of the form as it is, empty if it is missing.
    pub(super) fn text(&self, name: &str) -> &str {
        values(&self.form, name).next().unwrap_or_default()
    }

    /// Returns all values of a field of the form.
    pub(super) fn fields<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        values(&self.form, name)
    }

    /// Returns the body as JSON.
    pub(super) fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, Trouble> {
        serde_json::from_slice(&self.body).map_err(|error| {
            Trouble::Bad(bilingual!(
                "The request is no JSON of the expected shape: {error}.",
                "Запрос — не JSON ожидаемого вида: {error}."
            ))
        })
    }

    /// Refuses people of a weaker role.
    pub(super) fn need(&self, role: Role) -> Result<(), Trouble> {
        if self.user.role >= role {
            return Ok(());
        }
        Err(Trouble::Role(role))
    }

    /// Returns whether the page may show people's data.
    pub(super) fn sees_people(&self) -> bool {
        self.user.role > Role::Viewer || !self.parts().settings.console.mask_people
    }

    /// Writes a change into the audit log. `action` is a stable word, `about` says to what; neither
    /// they nor the details contain personal data.
    pub(super) async fn note(
        &self,
        action: &str,
        about: &str,
        details: serde_json::Value,
    ) -> Result<(), StoreError> {
        let entry = AuditEntry {
            at: self.now,
            who: self.user.name.clone(),
            action: action.to_owned(),
            about: about.to_owned(),
            details,
        };
        self.parts().store.add_audit(entry).await
    }

    /// Refuses changes that other sites cause: the browser says where a request comes from, and a
    /// page of the console sends the token of its session.
    pub(super) fn check_origin(&self) -> Result<(), Trouble> {
        if matches!(*self.request.method(), Method::GET | Method::HEAD) {
            return Ok(());
        }
        let sent = self.request.headers().get(TOKEN_HEADER);
        let sent = sent.and_then(|sent| sent.to_str().ok());
        let sent = sent.unwrap_or(self.text(TOKEN_FIELD));
        if is_own_site(self.request) && is_same(sent, &self.user.csrf) {
            return Ok(());
        }
        Err(Trouble::Foreign)
    }
}

fn values<'a>(
    pairs: &'a [(String, String)],
    name: &str,
) -> impl Iterator<Item = &'a str> + use<'a> {
    let named: Vec<&str> = pairs
        .iter()
        .filter(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
        .collect();
    named.into_iter()
}

fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    values(pairs, name).next().filter(|value| !value.is_empty())
}
