//! Refusals of requests of a PBX, in the shape of its dialect.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;

use crate::domain::{Bilingual, Lang};
use crate::intake::body::BodyError;
use crate::pbx::{Denied, Dialect};

/// Seconds after which a refused request may be sent again.
const WAIT: &str = "5";

/// Why a request was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    NoSuchAddress,
    Method,
    Address,
    Denied(Denied),
    NoEmployees,
    Body(BodyError),
    NotStored,
    Restarting,
}

impl From<Denied> for Refused {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl From<BodyError> for Refused {
    fn from(error: BodyError) -> Self {
        Self::Body(error)
    }
}

impl Refused {
    /// Returns the status and a stable code.
    pub(super) fn code(self) -> (StatusCode, &'static str) {
        match self {
            Self::NoSuchAddress => (StatusCode::NOT_FOUND, "no-such-address"),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "method"),
            Self::Address => (StatusCode::FORBIDDEN, "address"),
            Self::Denied(Denied::Unauthorized(_)) => (StatusCode::UNAUTHORIZED, "unauthorized"),
            Self::Denied(Denied::Unreadable(_)) => (StatusCode::BAD_REQUEST, "unreadable"),
            Self::Denied(Denied::NoRecord(_)) => (StatusCode::UNPROCESSABLE_ENTITY, "no-record"),
            Self::Body(error) => error.code(),
            Self::NoEmployees => (StatusCode::SERVICE_UNAVAILABLE, "no-employees"),
            Self::NotStored | Self::Restarting => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        }
    }

    fn words(self) -> Bilingual<&'static str> {
        match self {
            Self::NoSuchAddress => Bilingual::new(
                "There is no such address: a PBX sends to /pbx/NAME, with a name of the settings",
                "Такого адреса нет: АТС шлёт на /pbx/ИМЯ, имя задано в настройках",
            ),
            Self::Method => Bilingual::new("Send requests with POST", "Запросы шлют методом POST"),
            Self::Address => Bilingual::new(
                "Requests from this address are not accepted; ask the gateway's administrator to allow it",
                "С этого адреса запросы не принимаются; попросите администратора шлюза внести его в список",
            ),
            Self::Denied(denied) => denied.words(),
            Self::NoEmployees => Bilingual::new(
                "The employees were not read yet: Bitrix24 does not answer, or the webhook may not see them; try again later",
                "Сотрудники ещё не прочитаны: Битрикс24 не отвечает или вебхуку нельзя их видеть; повторите позже",
            ),
            Self::Body(error) => error.words(Bilingual::new(
                "The request is too long (pbx.NAME.body_limit)",
                "Запрос слишком длинный (pbx.ИМЯ.body_limit)",
            )),
            Self::NotStored => Bilingual::new(
                "The gateway's storage is temporarily unavailable, try again later",
                "Хранилище шлюза сейчас не принимает записи, повторите позже",
            ),
            Self::Restarting => Bilingual::new(
                "The gateway is restarting, try again",
                "Шлюз перезапускается, повторите",
            ),
        }
    }

    /// Returns the reply, in both languages: the dialects name none.
    pub(super) fn reply(self, dialect: &dyn Dialect) -> HttpResponse {
        let (status, _) = self.code();
        let words = self.words();
        let message = format!("{} / {}", words.pick(Lang::Ru), words.pick(Lang::En));
        let mut reply = HttpResponse::build(status);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            reply.insert_header((RETRY_AFTER, WAIT));
        }
        reply.json(dialect.refusal(status.as_u16(), &message))
    }
}
