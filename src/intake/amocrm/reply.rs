//! Replies to amoCRM. It reads the status only, repeats what was not answered with 2xx, and switches
//! off a hook of which too much was refused; the words are for people who look at its log.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use serde_json::json;

use crate::domain::{Bilingual, Lang};
use crate::inbox::StoreError;
use crate::intake::body::BodyError;

/// Seconds after which a refused request may be sent again.
const WAIT: &str = "5";

/// The outcome of a stored request: numbers of items.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Received {
    pub(super) accepted: usize,
    pub(super) repeated: usize,
    pub(super) captured: usize,
    pub(super) rejected: usize,
    pub(super) ignored: usize,
    /// Found no room in quarantine.
    pub(super) dropped: usize,
}

impl Received {
    /// Returns the numbers with their words.
    pub(super) fn counts(&self) -> [(&'static str, usize); 6] {
        [
            ("accepted", self.accepted),
            ("repeated", self.repeated),
            ("captured", self.captured),
            ("rejected", self.rejected),
            ("ignored", self.ignored),
            ("dropped", self.dropped),
        ]
    }

    /// Returns the reply.
    pub(super) fn reply(&self) -> HttpResponse {
        let mut body = json!({"status": "success"});
        for (word, count) in self.counts() {
            if count > 0 {
                body[word] = count.into();
            }
        }
        HttpResponse::Ok().json(body)
    }
}

/// Why a request was not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    NoSuchAddress,
    Method,
    Address,
    Secret,
    OtherAccount,
    Body(BodyError),
    NotStored,
    TooSlow,
    Restarting,
}

impl From<BodyError> for Refused {
    fn from(error: BodyError) -> Self {
        Self::Body(error)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        if error.is_passing() {
            tracing::warn!(error = %error, "a hook was answered 503");
        } else {
            tracing::error!(error = %error, "a hook was answered 503");
        }
        Self::NotStored
    }
}

impl Refused {
    /// Returns the status and a stable code.
    pub(super) fn code(self) -> (StatusCode, &'static str) {
        match self {
            Self::NoSuchAddress => (StatusCode::NOT_FOUND, "no-such-address"),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "method"),
            Self::Address => (StatusCode::FORBIDDEN, "address"),
            Self::Secret => (StatusCode::UNAUTHORIZED, "unauthorized"),
            Self::OtherAccount => (StatusCode::FORBIDDEN, "other-account"),
            Self::Body(error) => error.code(),
            Self::NotStored | Self::TooSlow | Self::Restarting => {
                (StatusCode::SERVICE_UNAVAILABLE, "unavailable")
            }
        }
    }

    fn words(self) -> Bilingual<&'static str> {
        match self {
            Self::NoSuchAddress => Bilingual::new(
                "There is no such address: hooks of amoCRM go to /amo/NAME, with a name of the settings",
                "Такого адреса нет: хуки amoCRM шлют на /amo/ИМЯ, имя задано в настройках",
            ),
            Self::Method => Bilingual::new("Send hooks with POST", "Хуки шлют методом POST"),
            Self::Address => Bilingual::new(
                "Requests from this address are not accepted; ask the gateway's administrator to allow it",
                "С этого адреса запросы не принимаются; попросите администратора шлюза внести его в список",
            ),
            Self::Secret => Bilingual::new(
                "The secret in the address of the hook is missing or wrong",
                "Секрета в адресе хука нет, или он неверный",
            ),
            Self::OtherAccount => Bilingual::new(
                "The hook is of another account of amoCRM than the settings name",
                "Хук пришёл не из того аккаунта amoCRM, который указан в настройках",
            ),
            Self::Body(error) => error.words(Bilingual::new(
                "The request is too long (amocrm.NAME.body_limit)",
                "Запрос слишком длинный (amocrm.ИМЯ.body_limit)",
            )),
            Self::NotStored | Self::TooSlow => Bilingual::new(
                "The gateway's storage is temporarily unavailable, try again later",
                "Хранилище шлюза сейчас не принимает записи, повторите позже",
            ),
            Self::Restarting => Bilingual::new(
                "The gateway is restarting, try again",
                "Шлюз перезапускается, повторите",
            ),
        }
    }

    /// Returns the reply, in both languages: amoCRM names none.
    pub(super) fn reply(self) -> HttpResponse {
        let (status, code) = self.code();
        let words = self.words();
        let (en, ru) = (words.pick(Lang::En), words.pick(Lang::Ru));
        let mut reply = HttpResponse::build(status);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            reply.insert_header((RETRY_AFTER, WAIT));
        }
        reply.json(json!({
            "status": "error", "outcome": code, "message": format!("{ru} / {en}")
        }))
    }
}
