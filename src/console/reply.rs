//! What a section answers with, and what goes wrong.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use maud::Markup;
use serde_json::Value;

use crate::domain::{Bilingual, Lang, Role, bilingual};
use crate::store::StoreError;

/// The policy of every page. Nothing comes from another host, no script or style stands in a page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Returns the policy of a page that may stand in frames of a portal: `https://acme.bitrix24.ru`.
pub(super) fn policy_in_frame(portal: &str) -> String {
    POLICY.replace(
        "frame-ancestors 'none'",
        &format!("frame-ancestors {portal}"),
    )
}

/// A part of the console, as the menu lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Overview,
    History,
    Attention,
    Profiles,
    Channels,
    Sources,
    Portals,
    Calls,
    Users,
    Audit,
    /// A page that no entry of the menu leads to.
    Other,
}

/// A page without its frame.
pub(super) struct Page {
    /// The heading, and the title of the window.
    pub(super) title: String,
    /// The entry of the menu that is current.
    pub(super) section: Section,
    /// Everything below the heading.
    pub(super) body: Markup,
}

/// The answer of a section.
pub(super) enum Answer {
    /// A page.
    Page(Page),
    /// A part of a page, for a request by htmx.
    Fragment(Markup),
    /// Another page of the console: a path below `/console`, such as `/history`.
    Go(String),
    /// JSON for a script of a page.
    Json(Value),
    /// A reply that is complete: a download, a stream.
    Reply(HttpResponse),
}

/// Why a request is refused.
#[derive(Debug)]
pub(super) enum Trouble {
    /// There is nothing at this address.
    NotFound,
    /// The method does not fit the address.
    Method,
    /// It is not known who asks; the text says why.
    Unknown(Bilingual),
    /// It takes at least this role.
    Role(Role),
    /// The person may not do this, although the role is strong enough for others; the text says why.
    Forbidden(Bilingual),
    /// The request came from another site, or its page is too old.
    Foreign,
    /// The body is longer than the console reads.
    TooLarge,
    /// The form for signing in is longer than any name, password and address.
    LongForm,
    /// The request has a mistake; the text says which and what to do.
    Bad(Bilingual),
    /// It contradicts what somebody else has done meanwhile.
    Conflict(Bilingual),
    /// Something else does not work now; the text says what.
    Unavailable(Bilingual),
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Trouble {
    /// Returns the status of the reply.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unknown(_) => StatusCode::UNAUTHORIZED,
            Self::Role(_) | Self::Forbidden(_) | Self::Foreign => StatusCode::FORBIDDEN,
            Self::TooLarge | Self::LongForm => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Bad(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Unavailable(_) | Self::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Returns what to tell the person: what is wrong and what to do.
    pub(super) fn text(&self) -> Bilingual {
        match self {
            Self::NotFound => Bilingual::new(
                "There is nothing at this address. What stood here may have been removed.",
                "По этому адресу ничего нет. Возможно, запись уже удалена.",
            )
            .into(),
            Self::Method => Bilingual::new(
                "This address does not take such requests.",
                "Этот адрес не принимает такие запросы.",
            )
            .into(),
            Self::Role(role) => {
                let (en, ru) = (role.to_text(Lang::En), role.to_text(Lang::Ru));
                bilingual!(
                    "Your role may not do this; it takes the role “{en}”. Ask an administrator.",
                    "Вашей роли это не разрешено; нужна роль «{ru}». Обратитесь к администратору."
                )
            }
            Self::Foreign => Bilingual::new(
                "The request did not come from a page of this console, or the page is too old. Reload the \
                 page and try again; what you typed is still in its fields.",
                "Запрос пришёл не со страницы этой консоли, или страница устарела. Обновите страницу и \
                 повторите; введённое осталось в полях.",
            )
            .into(),
            Self::TooLarge => Bilingual::new(
                "The request is too large: 4 MiB at most.",
                "Запрос слишком большой: не больше 4 МиБ.",
            )
            .into(),
            Self::LongForm => Bilingual::new(
                "The form is too large: 16 KiB at most.",
                "Форма слишком большая: не больше 16 КиБ.",
            )
            .into(),
            Self::Unknown(text)
            | Self::Forbidden(text)
            | Self::Bad(text)
            | Self::Conflict(text)
            | Self::Unavailable(text) => text.clone(),
            Self::Store(error) => {
                let error = error.in_public();
                bilingual!(
                    "The store does not answer: {error}. Try again in a moment.",
                    "Хранилище не отвечает: {error}. Повторите чуть позже."
                )
            }
        }
    }
}

/// Sets the headers that every reply has.
pub(super) fn protect(reply: &mut HttpResponse) {
    let headers: &mut HeaderMap = reply.headers_mut();
    let mut set = |name, value| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "same-origin");
    set(header::CACHE_CONTROL, "no-store");
}
