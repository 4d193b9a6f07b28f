//! Who asks: a session begun with a password or with the link that the gateway prints when it
//! starts, or somebody whom a trusted proxy has signed in. The cookie of a session is a random
//! secret, of which the store keeps the hash.

mod attempts;
mod employee;
mod link;
mod page;
mod password;
mod peer;
mod proxy;
mod rules;
mod session;

use std::sync::Arc;

use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse, web};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use jiff::SignedDuration;

use self::attempts::Attempts;
pub(super) use self::employee::EmployeeSession;
use self::employee::Tickets;
use self::link::Links;
use self::page::{SignInPage, closed};
pub(super) use self::password::Tried;
pub use self::password::hash_password;
pub(super) use self::peer::is_secure;
use self::proxy::{ProxyTokens, Refusal};
use self::rules::is_name;
pub use self::rules::{name_problem, password_problem};
pub(super) use self::session::Person;
use super::parts::{ConsoleParts, PATH};
use super::reply::{Trouble, protect};
pub(super) use super::signed_in::BY_LINK;
use super::signed_in::SignedIn;
use super::{bare, request as asked};
use crate::domain::{Role, SessionHash};
use crate::store::StoreError;

/// Random bytes of a session.
const BYTES: usize = 32;

/// What signing in needs to know.
pub(super) struct Signing {
    parts: Arc<ConsoleParts>,
    links: Links,
    attempts: Attempts,
    passwords: password::Passwords,
    proxy_tokens: ProxyTokens,
    tickets: Tickets,
    session: SignedDuration,
    /// How long a session of an employee of a portal lasts.
    employee_session: SignedDuration,
    /// Whether only programs of this machine reach the gateway.
    is_local: bool,
}

impl Signing {
    pub(super) fn new(parts: &Arc<ConsoleParts>) -> Self {
        let settings = &parts.settings;
        let reached = settings.server.published.unwrap_or(settings.server.listen);
        Self {
            parts: Arc::clone(parts),
            links: Links::default(),
            attempts: Attempts::default(),
            passwords: password::Passwords::default(),
            proxy_tokens: ProxyTokens::default(),
            tickets: Tickets::default(),
            session: SignedDuration::try_from(settings.console.session)
                .unwrap_or(SignedDuration::MAX),
            employee_session: SignedDuration::try_from(settings.console.portal_session)
                .unwrap_or(SignedDuration::MAX),
            is_local: reached.ip().is_loopback(),
        }
    }
}

impl Signing {
    /// Makes a link of the start and returns its secret; `None` if it would not work.
    pub(super) fn link(&self) -> Option<String> {
        self.is_local.then(|| self.links.make()).flatten()
    }
}

fn sha256(text: &str) -> SessionHash {
    let hash = digest(&SHA256, text.as_bytes());
    // the length is that of the algorithm
    hash.as_ref().try_into().unwrap_or_default()
}

/// Returns a new random secret; `None` if the system gives no random bytes.
fn secret() -> Option<String> {
    let mut bytes = [0; BYTES];
    rand::fill(&mut bytes).ok()?;
    Some(BASE64URL_NOPAD.encode(&bytes))
}

/// Returns what forms of a session send, from the secret of its cookie.
fn csrf(secret: &str) -> String {
    HEXLOWER.encode(&sha256(&format!("csrf:{secret}")))
}

impl Signing {
    /// Returns who asks, or the reply to somebody who has not signed in. Answers the addresses of
    /// signing in itself, and takes the body of a request for them only.
    pub(super) async fn enter(
        &self,
        request: &HttpRequest,
        body: &mut Option<web::Payload>,
        below: &[&str],
    ) -> Result<SignedIn, HttpResponse> {
        let store_failed = |error: StoreError| {
            bare::trouble_page(asked::words_of(request), &Trouble::Store(error))
        };
        if let Some(user) = self.by_token(request).await.map_err(store_failed)? {
            return user.ok_or_else(|| ended(request));
        }
        if below == ["sign-in", "portal"] {
            let signed_in = self.by_ticket(request, body.take()).await;
            return Err(signed_in.map_err(store_failed)?);
        }
        let by_proxy = self.by_proxy(request).await.map_err(store_failed)?;
        let by_proxy = by_proxy.map_err(|refusal| refused(request, refusal))?;
        match (below, by_proxy) {
            (["sign-in", ..], Some(_)) => Err(HttpResponse::SeeOther()
                .insert_header((header::LOCATION, PATH))
                .finish()),
            (_, Some(user)) => Ok(user),
            (["sign-in", secret], None) => {
                Err(self.by_link(request, secret).await.map_err(store_failed)?)
            }
            (["sign-in"], None) if request.method() == Method::POST => Err(self
                .by_password(request, body.take())
                .await
                .map_err(store_failed)?),
            (["sign-in"], None) => Err(self.sign_in_page(request, SignInPage::default()).await),
            _ => match self.session(request).await.map_err(store_failed)? {
                Some(user) => Ok(user),
                None => Err(self.not_signed_in(request).await),
            },
        }
    }

    /// Refuses a request for the pages of the sandbox, unless it comes from somebody who has signed
    /// in to the console and may see people's data. `None` lets it through.
    pub(super) async fn refuse_in_sandbox(&self, request: &HttpRequest) -> Option<HttpResponse> {
        let mut reply = match self.enter(request, &mut None, &["sandbox"]).await {
            Ok(user) if user.role >= Role::Operator => return None,
            Ok(_) => {
                let lang = asked::words_of(request);
                bare::trouble_page(lang, &Trouble::Role(Role::Operator))
            }
            Err(reply) => reply,
        };
        protect(&mut reply);
        Some(reply)
    }

    /// Leads to the page for signing in; htmx and scripts get 401, so that no field loses its text.
    async fn not_signed_in(&self, request: &HttpRequest) -> HttpResponse {
        let is_page =
            request.method() == Method::GET && !request.headers().contains_key("hx-request");
        let accepts = request.headers().get(header::ACCEPT);
        let wants_page = accepts.is_some_and(|accept| accept.as_bytes().starts_with(b"text/html"));
        if !(is_page && wants_page) {
            let lang = asked::words_of(request);
            if self.is_closed(request).await {
                return closed(lang);
            }
            return ended(request);
        }
        let to = request
            .uri()
            .path_and_query()
            .map_or(PATH, |it| it.as_str());
        let page = SignInPage {
            to: Some(to.to_owned()),
            ..SignInPage::default()
        };
        self.sign_in_page(request, page).await
    }

    async fn sign_in_page(&self, request: &HttpRequest, page: SignInPage) -> HttpResponse {
        let lang = asked::words_of(request);
        let users = match self.parts.store.console_users().await {
            Ok(users) => users,
            Err(error) => return bare::trouble_page(lang, &Trouble::Store(error)),
        };
        if self.is_closed(request).await {
            return closed(lang);
        }
        let page = SignInPage {
            is_link_only: users.is_empty(),
            ..page
        };
        page.reply(lang)
    }

    /// Returns whether nobody can sign in: there are no users, and the link does not work here.
    async fn is_closed(&self, request: &HttpRequest) -> bool {
        let users = self.parts.store.console_users().await;
        users.is_ok_and(|users| users.is_empty()) && !self.takes_links(request)
    }

    /// Returns whether a link of the start may sign this request in: only programs of this machine
    /// reach the gateway, and one of them asks for itself.
    fn takes_links(&self, request: &HttpRequest) -> bool {
        self.is_local && peer::is_here(request)
    }

    /// Signs in somebody on this machine who has the link of the start.
    async fn by_link(
        &self,
        request: &HttpRequest,
        secret: &str,
    ) -> Result<HttpResponse, StoreError> {
        let is_followed = matches!(*request.method(), Method::GET);
        if !(is_followed && self.takes_links(request) && self.links.take(secret)) {
            let page = SignInPage {
                problem: Some(page::USED_LINK),
                ..SignInPage::default()
            };
            return Ok(self.sign_in_page(request, page).await);
        }
        let begun = self.begin(request, Person::ByLink, PATH).await?;
        begun.ok_or(StoreError::Closed)
    }
}

/// Answers a script of a page whose session has ended.
fn ended(request: &HttpRequest) -> HttpResponse {
    HttpResponse::Unauthorized()
        .insert_header(("hx-reswap", "none"))
        .content_type("text/plain; charset=utf-8")
        .body(page::ENDED.pick(asked::words_of(request)))
}

/// Answers somebody whom a proxy has not signed in.
fn refused(request: &HttpRequest, refusal: Refusal) -> HttpResponse {
    let text = refusal.text().into();
    let trouble = match refusal {
        Refusal::Foreign | Refusal::Unreadable | Refusal::Host => Trouble::Unknown(text),
        Refusal::NoRole => Trouble::Forbidden(text),
    };
    bare::trouble_page(asked::words_of(request), &trouble)
}
