//! Sessions: begun by a link or a password, known by the hash of the secret in their cookie.
//!
//! A session always begins with a new secret, and the one that the browser had before ends, so a
//! cookie that somebody has planted opens nothing. It ends after `console.session`, when the person
//! signs out, gets another password or is removed; being used does not prolong it.

use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};

use super::{BY_LINK, Signing, csrf, peer, secret, sha256};
use crate::console::signed_in::SignedIn;
use crate::domain::{AuditEntry, ConsoleSession, Role};
use crate::store::StoreError;

/// The cookie of a session.
const COOKIE: &str = "leadgate-session";
/// The same behind TLS: browsers take it for this host only, and from TLS only.
const SECURE_COOKIE: &str = "__Host-leadgate-session";

/// Whose session begins.
pub(in crate::console) enum Person<'a> {
    /// Somebody who has the link of the start.
    ByLink,
    /// A user: the name, the role, and the hash of the password that was right.
    User(&'a str, Role, &'a str),
    /// An employee of a portal: the name and the role.
    Employee(&'a str, Role),
}

impl Signing {
    /// Returns the session of a request.
    pub(super) async fn session(
        &self,
        request: &HttpRequest,
    ) -> Result<Option<SignedIn>, StoreError> {
        let Some(sent) = request.cookie(self.cookie_name(request)) else {
            return Ok(None);
        };
        let hash = sha256(sent.value());
        let now = self.parts.clock.now();
        let session = self.parts.store.console_session(hash, now).await?;
        Ok(session.map(|session| SignedIn {
            name: session.user,
            role: session.role,
            csrf: csrf(sent.value()),
            session: Some(hash),
            is_in_portal: false,
        }))
    }

    /// Begins a session in place of the one before, and leads to a page. `None` if the person has
    /// been removed, or got another password, meanwhile.
    pub(in crate::console) async fn begin(
        &self,
        request: &HttpRequest,
        who: Person<'_>,
        to: &str,
    ) -> Result<Option<HttpResponse>, StoreError> {
        let Some(secret) = secret() else {
            return Err(StoreError::Closed);
        };
        let (name, role, password) = match who {
            Person::ByLink => (BY_LINK, Role::Admin, None),
            Person::User(name, role, password) => (name, role, Some(password.to_owned())),
            Person::Employee(name, role) => (name, role, None),
        };
        // nobody tells the gateway that an employee was dismissed
        let lasts = match who {
            Person::Employee(..) => self.employee_session,
            Person::ByLink | Person::User(..) => self.session,
        };
        let now = self.parts.clock.now();
        let session = ConsoleSession {
            user: name.to_owned(),
            role,
            created_at: now,
            expires_at: now.checked_add(lasts).unwrap_or(jiff::Timestamp::MAX),
        };
        let store = &self.parts.store;
        if let Some(before) = request.cookie(self.cookie_name(request)) {
            store.remove_console_session(sha256(before.value())).await?;
        }
        let begun = store.add_console_session(sha256(&secret), session, password);
        if !begun.await? {
            return Ok(None);
        }
        let entry = AuditEntry {
            at: now,
            who: name.to_owned(),
            action: "signed-in".to_owned(),
            about: String::new(),
            details: serde_json::Value::Null,
        };
        store.add_audit(entry).await?;
        Ok(Some(
            HttpResponse::SeeOther()
                .insert_header((header::LOCATION, to.to_owned()))
                .cookie(self.cookie(request, secret))
                .finish(),
        ))
    }

    /// Returns a cookie that ends the session in the browser.
    pub(in crate::console) fn ended_cookie(&self, request: &HttpRequest) -> Cookie<'static> {
        let mut ended = self.cookie(request, String::new());
        ended.set_max_age(CookieDuration::ZERO);
        ended
    }

    /// The cookies of both kinds are not mixed: behind TLS one that came without it counts nothing.
    fn cookie_name(&self, request: &HttpRequest) -> &'static str {
        if peer::is_secure(request, &self.parts.settings.server.trusted_proxies) {
            SECURE_COOKIE
        } else {
            COOKIE
        }
    }

    fn cookie(&self, request: &HttpRequest, value: String) -> Cookie<'static> {
        let name = self.cookie_name(request);
        Cookie::build(name, value)
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(name == SECURE_COOKIE)
            .finish()
    }
}
