//! Sessions of employees who open the console in their portal. In the portal's frame a session is a
//! bearer token, because browsers block cookies there; it never opens anything as a cookie. A ticket
//! begins a session with a cookie in a tab of its own, once.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::{SignedDuration, Timestamp};

use super::page::{self, SignInPage};
use super::{Person, Signing, csrf, secret, sha256};
use crate::console::PATH;
use crate::console::request::{TOKEN_PREFIX, is_own_site, pairs, portal_token, read};
use crate::console::signed_in::SignedIn;
use crate::domain::{AuditEntry, ConsoleSession, Role, SessionHash};
use crate::store::StoreError;

/// How long a ticket works.
const TICKET: SignedDuration = SignedDuration::from_mins(10);
/// The longest form with a ticket, in bytes.
const FORM: usize = 4096;
/// The most tickets that wait; the oldest ones go first.
const TICKETS: usize = 1_000;

/// A session that has begun.
pub(in crate::console) struct EmployeeSession {
    /// The token, for `Authorization: Bearer`.
    pub(in crate::console) token: String,
    /// How long it works.
    pub(in crate::console) lasts: SignedDuration,
}

/// A ticket, known by the hash of its secret.
struct Ticket {
    hash: SessionHash,
    name: String,
    role: Role,
    ends_at: Timestamp,
}

/// The tickets that were not used yet.
#[derive(Default)]
pub(super) struct Tickets(Mutex<VecDeque<Ticket>>);

impl Tickets {
    fn add(&self, ticket: Ticket) {
        let mut tickets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tickets.len() >= TICKETS {
            tickets.pop_front();
        }
        tickets.push_back(ticket);
    }

    /// Returns the ticket with this secret, which ends with it.
    fn take(&self, secret: &str, now: Timestamp) -> Option<Ticket> {
        let hash = sha256(secret);
        let mut tickets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = tickets.iter().position(|ticket| ticket.hash == hash)?;
        tickets.remove(place).filter(|ticket| ticket.ends_at > now)
    }

    /// Removes the tickets of a portal.
    fn remove(&self, portal: &str) {
        let mut tickets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tickets.retain(|ticket| !is_of(&ticket.name, portal));
    }
}

fn is_of(name: &str, portal: &str) -> bool {
    let rest = name.strip_prefix(portal);
    rest.is_some_and(|rest| rest.starts_with('/'))
}

/// Hashes a token; the same text in a cookie has another hash.
fn hash(token: &str) -> SessionHash {
    sha256(&format!("bearer:{token}"))
}

impl Signing {
    /// Begins a session of an employee for the frame of the portal.
    pub(in crate::console) async fn begin_in_portal(
        &self,
        name: &str,
        role: Role,
    ) -> Result<EmployeeSession, StoreError> {
        let Some(secret) = secret() else {
            return Err(StoreError::Closed);
        };
        let token = format!("{TOKEN_PREFIX}{secret}");
        let (store, now) = (&self.parts.store, self.parts.clock.now());
        let session = ConsoleSession {
            user: name.to_owned(),
            role,
            created_at: now,
            expires_at: now
                .checked_add(self.employee_session)
                .unwrap_or(Timestamp::MAX),
        };
        // each card that is opened begins one; the audit log has the first of them
        let others = store.console_session_counts(now).await?;
        store
            .add_console_session(hash(&token), session, None)
            .await?;
        if !others.contains_key(name) {
            let entry = AuditEntry {
                at: now,
                who: name.to_owned(),
                action: "signed-in".to_owned(),
                about: String::new(),
                details: serde_json::Value::Null,
            };
            store.add_audit(entry).await?;
        }
        Ok(EmployeeSession {
            token,
            lasts: self.employee_session,
        })
    }

    /// Makes a ticket and returns its secret; `None` if the system gives no random bytes.
    pub(in crate::console) fn ticket(&self, name: &str, role: Role) -> Option<String> {
        let secret = secret()?;
        let now = self.parts.clock.now();
        self.tickets.add(Ticket {
            hash: sha256(&secret),
            name: name.to_owned(),
            role,
            ends_at: now.checked_add(TICKET).unwrap_or(Timestamp::MAX),
        });
        Some(secret)
    }

    /// Ends all sessions and tickets of the employees of a portal.
    pub(in crate::console) async fn end_of_portal(&self, portal: &str) -> Result<(), StoreError> {
        self.tickets.remove(portal);
        let store = &self.parts.store;
        store
            .remove_console_sessions_of_portal(portal.to_owned())
            .await?;
        Ok(())
    }

    /// Returns who asks with a token of the frame: `None` if the request has none, and the inner
    /// `None` if the token does not work any more.
    pub(super) async fn by_token(
        &self,
        request: &HttpRequest,
    ) -> Result<Option<Option<SignedIn>>, StoreError> {
        let Some(token) = portal_token(request) else {
            return Ok(None);
        };
        let hash = hash(token);
        let session = self
            .parts
            .store
            .console_session(hash, self.parts.clock.now());
        let session = session.await?;
        Ok(Some(session.map(|session| SignedIn {
            name: session.user,
            role: session.role,
            csrf: csrf(token),
            session: Some(hash),
            is_in_portal: true,
        })))
    }

    /// Signs in the employee who has a ticket, in a tab of the browser.
    pub(super) async fn by_ticket(
        &self,
        request: &HttpRequest,
        body: Option<web::Payload>,
    ) -> Result<HttpResponse, StoreError> {
        let body = read(body, FORM).await.unwrap_or_default();
        let form = std::str::from_utf8(&body).map(pairs).unwrap_or_default();
        let secret = form.into_iter().find(|(name, _)| name == "ticket");
        let is_followed = *request.method() == Method::POST && is_own_site(request);
        let now = self.parts.clock.now();
        let ticket = secret.filter(|_| is_followed);
        let ticket = ticket.and_then(|(_, secret)| self.tickets.take(&secret, now));
        let Some(ticket) = ticket else {
            let page = SignInPage {
                problem: Some(page::USED_TICKET),
                ..SignInPage::default()
            };
            return Ok(self.sign_in_page(request, page).await);
        };
        let who = Person::Employee(&ticket.name, ticket.role);
        let begun = self.begin(request, who, PATH).await?;
        begun.ok_or(StoreError::Closed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(secret: &str, name: &str, ends_at: Timestamp) -> Ticket {
        Ticket {
            hash: sha256(secret),
            name: name.to_owned(),
            role: Role::Viewer,
            ends_at,
        }
    }

    #[test]
    fn a_ticket_works_once_and_not_for_ever() {
        let now = Timestamp::UNIX_EPOCH;
        let later = now.checked_add(TICKET).unwrap();
        let tickets = Tickets::default();
        tickets.add(ticket("one", "a.example/1", later));
        tickets.add(ticket("old", "a.example/2", now));
        assert!(tickets.take("", now).is_none());
        assert!(tickets.take("old", now).is_none());
        assert_eq!(tickets.take("one", now).unwrap().name, "a.example/1");
        assert!(tickets.take("one", now).is_none());
    }

    #[test]
    fn tickets_do_not_grow_without_bound_and_end_with_their_portal() {
        let later = Timestamp::UNIX_EPOCH.checked_add(TICKET).unwrap();
        let tickets = Tickets::default();
        for number in 0..=TICKETS {
            tickets.add(ticket(&number.to_string(), "a.example/1", later));
        }
        tickets.add(ticket("other", "a.example.org/1", later));
        assert_eq!(tickets.0.lock().unwrap().len(), TICKETS);
        assert!(tickets.take("0", Timestamp::UNIX_EPOCH).is_none());
        tickets.remove("a.example");
        assert_eq!(tickets.0.lock().unwrap().len(), 1);
    }
}
