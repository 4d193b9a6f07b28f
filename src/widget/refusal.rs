//! Why the widget gets no answer, in the language of its user.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use serde_json::json;

use super::token::TokenFault;
use crate::domain::{Bilingual, Lang};
use crate::store::StoreError;

/// Why a request of the widget is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    NoSuchAddress,
    Method,
    Origin,
    NoToken,
    Token(TokenFault),
    /// Nothing is known of the card, so nothing can be sent.
    Unknown,
    /// It cannot be sent again in its state.
    NotSendable,
    Unavailable,
}

impl From<TokenFault> for Refusal {
    fn from(fault: TokenFault) -> Self {
        Self::Token(fault)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unknown { .. } => Self::Unknown,
            StoreError::NotQueued { .. }
            | StoreError::AllFinished { .. }
            | StoreError::Bare { .. } => Self::NotSendable,
            error => {
                tracing::warn!(error = %error, "a request of the widget was answered 503");
                Self::Unavailable
            }
        }
    }
}

impl Refusal {
    /// Returns the status and a stable code.
    fn code(self) -> (StatusCode, &'static str) {
        match self {
            Self::NoSuchAddress => (StatusCode::NOT_FOUND, "no-such-address"),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "method"),
            Self::Origin => (StatusCode::FORBIDDEN, "origin"),
            Self::NoToken => (StatusCode::UNAUTHORIZED, "no-token"),
            Self::Token(fault) => (StatusCode::UNAUTHORIZED, token_code(fault)),
            Self::Unknown => (StatusCode::NOT_FOUND, "unknown"),
            Self::NotSendable => (StatusCode::CONFLICT, "not-sendable"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        }
    }

    fn words(self) -> Bilingual<&'static str> {
        match self {
            Self::NoSuchAddress => Bilingual::new(
                "There is no such address: build the archive again with leadgate amocrm widget",
                "Такого адреса нет: соберите архив заново командой leadgate amocrm widget",
            ),
            Self::Method => Bilingual::new(
                "This address does not take the method",
                "Этот адрес не принимает такой метод",
            ),
            Self::Origin => Bilingual::new(
                "Pages of this origin may not ask leadgate (amocrm.NAME.widget_origins)",
                "Страницам с этого адреса запросы запрещены (amocrm.ИМЯ.widget_origins)",
            ),
            Self::NoToken => Bilingual::new(
                "The request has no token of amoCRM",
                "В запросе нет токена amoCRM",
            ),
            Self::Token(fault) => token_words(fault),
            Self::Unknown => Bilingual::new(
                "leadgate has received nothing about this card",
                "leadgate ничего не получал об этой карточке",
            ),
            Self::NotSendable => Bilingual::new(
                "It cannot be sent again now: it is being delivered, or waits for an administrator",
                "Отправить ещё раз сейчас нельзя: доставка уже идёт или нужен администратор",
            ),
            Self::Unavailable => Bilingual::new(
                "leadgate's storage is temporarily unavailable, try again later",
                "Хранилище leadgate сейчас недоступно, повторите позже",
            ),
        }
    }

    /// Returns the reply.
    pub(super) fn reply(self, lang: Lang) -> HttpResponse {
        let (status, code) = self.code();
        let mut reply = HttpResponse::build(status);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            reply.insert_header((RETRY_AFTER, "5"));
        }
        let message = self.words().pick(lang);
        reply.json(json!({"status": "error", "outcome": code, "message": message}))
    }
}

fn token_code(fault: TokenFault) -> &'static str {
    match fault {
        TokenFault::Unreadable => "token-unreadable",
        TokenFault::Algorithm => "token-algorithm",
        TokenFault::Signature => "token-signature",
        TokenFault::Expired => "token-expired",
        TokenFault::Early => "token-early",
        TokenFault::Account => "token-account",
        TokenFault::Client => "token-client",
        TokenFault::Audience => "token-audience",
    }
}

fn token_words(fault: TokenFault) -> Bilingual<&'static str> {
    match fault {
        TokenFault::Unreadable | TokenFault::Algorithm => {
            Bilingual::new("The token is not one of amoCRM", "Это не токен amoCRM")
        }
        TokenFault::Signature => Bilingual::new(
            "The token is signed with another secret: compare amocrm.NAME.client_secret with the integration",
            "Токен подписан другим секретом: сверьте amocrm.ИМЯ.client_secret с интеграцией",
        ),
        TokenFault::Expired => Bilingual::new(
            "The token has expired: reload the page",
            "Токен устарел: обновите страницу",
        ),
        TokenFault::Early => Bilingual::new(
            "The token is not valid yet: check the clock of leadgate's server",
            "Токен ещё не действует: проверьте часы на сервере leadgate",
        ),
        TokenFault::Account => Bilingual::new(
            "The token is of another account: compare amocrm.NAME.account and subdomain",
            "Токен выдан другому аккаунту: сверьте amocrm.ИМЯ.account и subdomain",
        ),
        TokenFault::Client => Bilingual::new(
            "The token is of another integration: compare amocrm.NAME.client_id",
            "Токен выдан другой интеграции: сверьте amocrm.ИМЯ.client_id",
        ),
        TokenFault::Audience => Bilingual::new(
            "The token is for another address: the redirect URI of the integration must have the host of amocrm.NAME.public_url",
            "Токен выдан для другого адреса: в ссылке для перенаправления интеграции должен быть домен из amocrm.ИМЯ.public_url",
        ),
    }
}
