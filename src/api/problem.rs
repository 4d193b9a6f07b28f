//! Why a request gets no answer: a problem as RFC 9457 describes it, in the language of the request.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use serde_json::json;

use crate::domain::{ApiScope, Bilingual, Lang, bilingual};
use crate::replay::bulk::BulkError;
use crate::store::StoreError;
use crate::telephony::ControlFailure;

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Problem {
    NoToken,
    UnknownToken,
    ExpiredToken,
    MissingScope(ApiScope),
    NoSuchAddress,
    /// The method; the address takes these.
    Method(&'static str),
    /// The body, and what is wrong with it.
    Body(Bilingual),
    NoSuchPbx,
    /// A command to a PBX was not carried out.
    Pbx(ControlFailure),
    /// The employees of the portal were not read yet.
    NoEmployees,
    /// A parameter of the query, and what is wrong with it.
    Parameter(String, Bilingual),
    NoSuchSubmission,
    NoSuchReplay,
    /// The choice, or the state of a replay, does not allow it.
    Replay(Bilingual),
    NoSuchDestination,
    NoSuchChannel,
    /// The gateway keeps no key of this channel.
    NoSuchKey,
    NoSuchUser,
    NoSuchToken,
    /// The name or the password of a user.
    User(Bilingual),
    /// The console would have no administrator.
    LastAdmin,
    /// Phones and addresses that are none.
    Person(Bilingual),
    /// The number of what is stored about a person is another one.
    CountChanged(usize),
    /// Somebody is being erased already.
    Busy,
    /// The packet, or the profile, cannot be previewed.
    Preview(Bilingual),
    /// The portal does not answer.
    Portal(Bilingual),
    SeveralSubmissions,
    Unavailable,
    /// Too many programs read live events already.
    TooManyReaders,
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::warn!(error = %error, "a request of the API was answered 503");
        Self::Unavailable
    }
}

impl From<BulkError> for Problem {
    fn from(error: BulkError) -> Self {
        let text = error.text();
        match error {
            BulkError::Store(error) => error.into(),
            BulkError::Unknown => Self::NoSuchReplay,
            BulkError::Nothing
            | BulkError::TooMany
            | BulkError::NoStep
            | BulkError::NotNow(_)
            | BulkError::Changed(_) => Self::Replay(text),
        }
    }
}

impl From<ControlFailure> for Problem {
    fn from(failure: ControlFailure) -> Self {
        Self::Pbx(failure)
    }
}

impl Problem {
    /// Returns the status and a stable code.
    fn code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NoToken => (StatusCode::UNAUTHORIZED, "no-token"),
            Self::UnknownToken => (StatusCode::UNAUTHORIZED, "unknown-token"),
            Self::ExpiredToken => (StatusCode::UNAUTHORIZED, "expired-token"),
            Self::MissingScope(_) => (StatusCode::FORBIDDEN, "missing-scope"),
            Self::NoSuchAddress => (StatusCode::NOT_FOUND, "no-such-address"),
            Self::Method(_) => (StatusCode::METHOD_NOT_ALLOWED, "method"),
            Self::Body(_) => (StatusCode::BAD_REQUEST, "body"),
            Self::NoSuchPbx => (StatusCode::NOT_FOUND, "no-such-pbx"),
            Self::Pbx(ControlFailure::NoCommands) => (StatusCode::CONFLICT, "no-commands"),
            Self::Pbx(ControlFailure::Pbx(failure)) if failure.is_uncertain() => {
                (StatusCode::BAD_GATEWAY, "outcome-unknown")
            }
            Self::Pbx(_) => (StatusCode::BAD_GATEWAY, "pbx-refused"),
            Self::NoEmployees => (StatusCode::SERVICE_UNAVAILABLE, "no-employees"),
            Self::Parameter(..) => (StatusCode::BAD_REQUEST, "parameter"),
            Self::NoSuchSubmission => (StatusCode::NOT_FOUND, "no-such-submission"),
            Self::NoSuchReplay => (StatusCode::NOT_FOUND, "no-such-replay"),
            Self::Replay(_) => (StatusCode::CONFLICT, "replay"),
            Self::NoSuchDestination => (StatusCode::NOT_FOUND, "no-such-destination"),
            Self::NoSuchChannel => (StatusCode::NOT_FOUND, "no-such-channel"),
            Self::NoSuchKey => (StatusCode::NOT_FOUND, "no-such-key"),
            Self::NoSuchUser => (StatusCode::NOT_FOUND, "no-such-user"),
            Self::NoSuchToken => (StatusCode::NOT_FOUND, "no-such-token"),
            Self::User(_) => (StatusCode::CONFLICT, "user"),
            Self::LastAdmin => (StatusCode::CONFLICT, "last-admin"),
            Self::Person(_) => (StatusCode::CONFLICT, "person"),
            Self::CountChanged(_) => (StatusCode::CONFLICT, "count-changed"),
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            Self::Preview(_) => (StatusCode::CONFLICT, "preview"),
            Self::Portal(_) => (StatusCode::BAD_GATEWAY, "portal"),
            Self::SeveralSubmissions => (StatusCode::CONFLICT, "several-submissions"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
            Self::TooManyReaders => (StatusCode::SERVICE_UNAVAILABLE, "too-many-readers"),
        }
    }

    fn text(&self) -> Bilingual {
        match self {
            Self::NoToken | Self::UnknownToken | Self::ExpiredToken | Self::MissingScope(_) => {
                self.of_token()
            }
            Self::NoSuchAddress => bilingual!(
                "there is no such address; /api/v1/openapi.json describes all",
                "такого адреса нет; все адреса описаны в /api/v1/openapi.json"
            ),
            Self::Method(allowed) => bilingual!(
                "this address takes {allowed} only",
                "по этому адресу возможен только {allowed}"
            ),
            Self::Body(wrong)
            | Self::Replay(wrong)
            | Self::User(wrong)
            | Self::Person(wrong)
            | Self::Preview(wrong)
            | Self::Portal(wrong) => wrong.clone(),
            Self::NoSuchPbx => bilingual!(
                "the settings have no PBX of this name",
                "в настройках нет АТС с таким именем"
            ),
            Self::Pbx(failure) => failure.text(),
            Self::NoEmployees => bilingual!(
                "the employees of the portal were not read yet; try again in a moment",
                "сотрудники портала ещё не прочитаны; повторите через минуту"
            ),
            Self::Parameter(name, wrong) => {
                let (en, ru) = (wrong.in_lang(Lang::En), wrong.in_lang(Lang::Ru));
                bilingual!("`{name}`: {en}", "`{name}`: {ru}")
            }
            Self::NoSuchSubmission => {
                bilingual!("no submission has this id", "обращения с таким ID нет")
            }
            Self::NoSuchReplay => BulkError::Unknown.text(),
            Self::NoSuchDestination => bilingual!(
                "there is no such destination; /api/v1/destinations lists all",
                "такого получателя нет; все перечислены в /api/v1/destinations"
            ),
            Self::SeveralSubmissions => bilingual!(
                "several submissions have this part of an id; give more of it",
                "под эту часть ID подходит несколько обращений; укажите больше знаков"
            ),
            Self::NoSuchChannel
            | Self::NoSuchKey
            | Self::NoSuchUser
            | Self::NoSuchToken
            | Self::LastAdmin
            | Self::CountChanged(_) => self.of_administration(),
            Self::Unavailable | Self::TooManyReaders | Self::Busy => self.of_load(),
        }
    }

    /// Returns what is said of tokens.
    fn of_token(&self) -> Bilingual {
        match self {
            Self::NoToken => bilingual!(
                "send the header `Authorization: Bearer TOKEN`; `leadgate token create` makes a token",
                "нужен заголовок `Authorization: Bearer ТОКЕН`; токен создаёт `leadgate token create`"
            ),
            Self::UnknownToken => bilingual!(
                "this token does not exist or was revoked; `leadgate token list` shows all",
                "такого токена нет, или он отозван; все токены показывает `leadgate token list`"
            ),
            Self::MissingScope(scope) => {
                let scope = scope.as_str();
                bilingual!(
                    "the token does not have the scope {scope}",
                    "у токена нет права {scope}"
                )
            }
            _ => bilingual!(
                "this token has expired; make another with `leadgate token create`",
                "срок токена истёк; создайте новый: `leadgate token create`"
            ),
        }
    }

    /// Returns what is said of channels, users and persons.
    fn of_administration(&self) -> Bilingual {
        match self {
            Self::NoSuchChannel => bilingual!(
                "the name of a channel has Latin letters, digits and -_., such as landing-2",
                "имя канала — латинские буквы, цифры и -_., например landing-2"
            ),
            Self::NoSuchKey => bilingual!(
                "the gateway keeps no key for this guard of the channel",
                "шлюз не хранит ключа для этой защиты канала"
            ),
            Self::NoSuchUser => bilingual!(
                "there is no such user; a new one needs a role and a password",
                "такого пользователя нет; новому нужны роль и пароль"
            ),
            Self::LastAdmin => bilingual!(
                "this is the last administrator; make somebody else an administrator first",
                "это последний администратор; сначала сделайте администратором кого-то ещё"
            ),
            Self::CountChanged(count) => bilingual!(
                "{count} records are stored about this person: send this number as `confirm`",
                "об этом человеке хранится записей: {count}; передайте это число в `confirm`"
            ),
            _ => bilingual!(
                "there is no token of this name",
                "токена с таким именем нет"
            ),
        }
    }

    /// Returns what is said when the gateway cannot answer now.
    fn of_load(&self) -> Bilingual {
        match self {
            Self::TooManyReaders => bilingual!(
                "too many programs read live events (server.live_readers)",
                "события уже читает слишком много программ (server.live_readers)"
            ),
            Self::Busy => bilingual!(
                "another person is being erased; try again in a minute",
                "сейчас стираются данные другого человека; повторите через минуту"
            ),
            _ => bilingual!(
                "the store cannot be read now; try again in a moment",
                "хранилище сейчас не читается; повторите через минуту"
            ),
        }
    }

    /// Returns the reply.
    pub(super) fn reply(&self, lang: Lang) -> HttpResponse {
        let (status, code) = self.code();
        let mut reply = HttpResponse::build(status);
        reply.content_type("application/problem+json");
        match status {
            StatusCode::UNAUTHORIZED => {
                reply.insert_header((WWW_AUTHENTICATE, "Bearer"));
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                reply.insert_header((RETRY_AFTER, "5"));
            }
            _ => {}
        }
        if let Self::Method(allowed) = self {
            reply.insert_header((ALLOW, *allowed));
        }
        let title = status.canonical_reason().unwrap_or_default();
        let problem = json!({
            "type": format!("urn:leadgate:{code}"), "title": title,
            "status": status.as_u16(), "detail": self.text().pick(lang),
        });
        reply.body(problem.to_string())
    }
}
