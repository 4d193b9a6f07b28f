//! Refusals: a status, a stable code, and the reason in the sender's language.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use serde_json::json;

use super::super::body::BodyError;
use super::reply::{SubmissionReply, write_reply};
use super::secrets::{Credential, Denied};
use super::status;
use crate::channels::{Channel, ReplyValues};
use crate::domain::{Bilingual, ChannelName, Lang, SubmissionId, body, json, plural};

/// Why a request is refused.
#[derive(Debug, Clone)]
pub(super) enum RefusalReason {
    NoSuchAddress,
    UnknownChannel(ChannelName),
    BrokenSettings,
    Restarting,
    NotStored,
    QuarantineFull,
    Address,
    Origin,
    Method(String),
    TooMuch(Duration),
    Denied(Denied),
    Compressed,
    LongQuery(usize),
    TooLong(usize),
    Unread(BodyError),
    Unreadable(body::Mistake),
    NothingInside,
    TooMany,
    BadKey,
    LongIdentity(usize),
    Rejected {
        id: SubmissionId,
        word: &'static str,
        words: String,
    },
    Parked(SubmissionId),
}

/// A refusal in the sender's language.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    why: RefusalReason,
    lang: Lang,
}

impl Refusal {
    pub(super) fn new(why: RefusalReason, lang: Lang) -> Self {
        Self { why, lang }
    }

    /// Returns whether a repeat would be refused, too.
    pub(super) fn is_final(&self) -> bool {
        self.code().0 < 500
    }

    pub(super) fn into_reply(self) -> SubmissionReply {
        SubmissionReply::Refused(self.id(), self.code().1, self.message())
    }

    /// Returns the label of the metric.
    pub(super) fn outcome(&self) -> &'static str {
        if self.is_final() {
            "refused"
        } else {
            "unavailable"
        }
    }

    fn id(&self) -> Option<SubmissionId> {
        match &self.why {
            RefusalReason::Rejected { id, .. } | RefusalReason::Parked(id) => Some(*id),
            _ => None,
        }
    }

    /// Returns whether the journal has a submission of the request.
    pub(super) fn has_submission(&self) -> bool {
        matches!(
            self.why,
            RefusalReason::Rejected { .. } | RefusalReason::Parked(_)
        )
    }

    /// Returns whether a sender who may send sent a body that cannot be decoded.
    pub(super) fn is_unreadable(&self) -> bool {
        matches!(
            self.why,
            RefusalReason::Unreadable(_)
                | RefusalReason::NothingInside
                | RefusalReason::TooMany
                | RefusalReason::TooLong(_)
        )
    }

    /// Returns the status and a stable code.
    pub(super) fn code(&self) -> (u16, &'static str) {
        match &self.why {
            RefusalReason::NoSuchAddress => (404, "no-such-address"),
            RefusalReason::UnknownChannel(_) => (404, "unknown-channel"),
            RefusalReason::BrokenSettings | RefusalReason::Denied(Denied::NoSecret) => {
                (503, "broken-settings")
            }
            RefusalReason::Restarting => (503, "restarting"),
            RefusalReason::NotStored => (503, "not-stored"),
            RefusalReason::QuarantineFull => (503, "quarantine-full"),
            RefusalReason::Address => (403, "address"),
            RefusalReason::Origin => (403, "origin"),
            RefusalReason::Method(_) => (405, "method"),
            RefusalReason::TooMuch(_) => (429, "too-much"),
            RefusalReason::Denied(_) => (401, "unauthorized"),
            RefusalReason::Compressed | RefusalReason::Unreadable(body::Mistake::Unknown) => {
                (415, "unknown-format")
            }
            RefusalReason::LongQuery(_) => (414, "too-long"),
            RefusalReason::TooLong(_)
            | RefusalReason::Unread(BodyError::TooLong(_))
            | RefusalReason::Unreadable(
                body::Mistake::Form(body::Beyond::TooMany | body::Beyond::MoreThan(_))
                | body::Mistake::Json(json::Mistake {
                    kind: json::MistakeKind::TooMany(_),
                    ..
                })
                | body::Mistake::Xml(body::XmlMistake {
                    kind: body::XmlMistakeKind::TooMany(_),
                    ..
                })
                | body::Mistake::Table(body::TableMistake::TooMany(_)),
            )
            | RefusalReason::TooMany => (413, "too-long"),
            RefusalReason::Unread(BodyError::TooSlow(_)) => (408, "too-slow"),
            RefusalReason::Unread(BodyError::Broken) => (400, "broken-off"),
            RefusalReason::Unread(BodyError::Crowded) => (503, "crowded"),
            RefusalReason::Unreadable(body::Mistake::Empty) => (400, "empty"),
            RefusalReason::Unreadable(body::Mistake::Scalar) | RefusalReason::NothingInside => {
                (422, "nothing-inside")
            }
            RefusalReason::Unreadable(_) => (400, "unreadable"),
            RefusalReason::BadKey => (400, "idempotency-key"),
            RefusalReason::LongIdentity(_) => (422, "identity"),
            RefusalReason::Rejected { word, .. } => (422, word),
            RefusalReason::Parked(_) => (422, "parked"),
        }
    }

    pub(super) fn reply(&self, channel: &Channel, name: &str) -> HttpResponse {
        let (code, word) = self.code();
        let mut response = HttpResponse::build(status(code));
        match &self.why {
            RefusalReason::Method(methods) => {
                response.insert_header((ALLOW, methods.as_str()));
            }
            RefusalReason::TooMuch(wait) => {
                response.insert_header((RETRY_AFTER, wait.as_secs().saturating_add(1).to_string()));
            }
            RefusalReason::Denied(Denied::Missing(wanted) | Denied::Wrong(wanted)) => {
                response.insert_header((WWW_AUTHENTICATE, wanted.challenge()));
            }
            RefusalReason::Denied(Denied::OutOfTime) => {
                response.insert_header((WWW_AUTHENTICATE, Credential::Signature.challenge()));
            }
            _ if code == 503 => {
                response.insert_header((RETRY_AFTER, "5"));
            }
            _ => {}
        }
        let message = self.message();
        let body = json!({"status": "error", "outcome": word, "id": self.id(), "message": message});
        let values = ReplyValues {
            id: self.id().map(|id| id.to_string()).unwrap_or_default(),
            outcome: word.to_owned(),
            message,
            channel: name.to_owned(),
            ids: String::new(),
        };
        write_reply(response, channel.refused.as_ref(), &values, &body)
    }

    /// Returns the wording.
    fn message(&self) -> String {
        match self.lang {
            Lang::Ru => self.russian(),
            Lang::En => self.english(),
        }
    }

    fn russian(&self) -> String {
        match &self.why {
            RefusalReason::NoSuchAddress => "Такого адреса нет: имя канала состоит из латинских букв, цифр, «-», «_» и «.»".into(),
            RefusalReason::UnknownChannel(name) => format!("Канала {name} нет, и канал по умолчанию не задан"),
            RefusalReason::BrokenSettings | RefusalReason::Denied(Denied::NoSecret) => {
                "Настройки канала не читаются; сообщите администратору шлюза и повторите позже".into()
            }
            RefusalReason::Restarting => "Шлюз перезапускается, повторите".into(),
            RefusalReason::NotStored => "Хранилище шлюза сейчас не принимает записи, повторите позже".into(),
            RefusalReason::QuarantineFull => {
                "Для этого канала нет профиля, а место для таких заявок закончилось; повторите позже".into()
            }
            RefusalReason::Address => "С этого адреса запросы не принимаются".into(),
            RefusalReason::Origin => "Страницам этого сайта канал не открыт (CORS)".into(),
            RefusalReason::Method(methods) => format!("Этот метод здесь не принимается; принимаются {methods}"),
            RefusalReason::TooMuch(wait) => {
                format!("Слишком много запросов; повторите через {} с", wait.as_secs() + 1)
            }
            RefusalReason::Denied(denied) => denied.to_text(Lang::Ru),
            RefusalReason::Compressed => "Сжатое тело не принимается: пришлите его без Content-Encoding".into(),
            RefusalReason::LongQuery(limit) => format!("Параметры в адресе длиннее {}: пришлите их в теле POST", bytes(*limit)),
            RefusalReason::TooLong(limit) | RefusalReason::Unread(BodyError::TooLong(limit)) => {
                format!("Тело запроса длиннее {}", bytes(*limit))
            }
            RefusalReason::Unread(BodyError::TooSlow(patience)) => {
                format!("Тело запроса не пришло за {} с", patience.as_secs())
            }
            RefusalReason::Unread(BodyError::Broken) => "Тело запроса оборвалось".into(),
            RefusalReason::Unread(BodyError::Crowded) => {
                "Шлюз сейчас принимает слишком много данных, повторите позже".into()
            }
            RefusalReason::Unreadable(mistake) => format!("Запрос не читается: {}", mistake.to_text(Lang::Ru)),
            RefusalReason::NothingInside => "В запросе не нашлось ни одной заявки".into(),
            RefusalReason::TooMany => "В запросе слишком много заявок: пришлите их частями до 500".into(),
            RefusalReason::BadKey => "Idempotency-Key: от 1 до 255 латинских букв, цифр и знаков без пробелов".into(),
            RefusalReason::LongIdentity(limit) => format!("Признак, по которому узнаются повторы, длиннее {}", bytes(*limit)),
            RefusalReason::Rejected { words, .. } => words.clone(),
            RefusalReason::Parked(_) => {
                "Заявка принята, но CRM её не взяла: она отложена для оператора шлюза".into()
            }
        }
    }

    fn english(&self) -> String {
        match &self.why {
            RefusalReason::NoSuchAddress => {
                "No such address: the name of a channel consists of Latin letters, digits, `-`, `_` and `.`".into()
            }
            RefusalReason::UnknownChannel(name) => format!("There is no channel {name}, and no default channel"),
            RefusalReason::BrokenSettings | RefusalReason::Denied(Denied::NoSecret) => {
                "The channel's settings cannot be read; tell the gateway's administrator and try again later".into()
            }
            RefusalReason::Restarting => "The gateway is restarting, try again".into(),
            RefusalReason::NotStored => {
                "The gateway's storage is temporarily unavailable, try again later".into()
            }
            RefusalReason::QuarantineFull => {
                "This channel has no profile, and its quarantine is full; try again later".into()
            }
            RefusalReason::Address => "Requests from this address are not accepted".into(),
            RefusalReason::Origin => "The channel is not open to pages of this site (CORS)".into(),
            RefusalReason::Method(methods) => format!("This method is not allowed here; use {methods}"),
            RefusalReason::TooMuch(wait) => {
                format!("Too many requests; try again after {} s", wait.as_secs() + 1)
            }
            RefusalReason::Denied(denied) => denied.to_text(Lang::En),
            RefusalReason::Compressed => "A compressed body is not accepted: send it without Content-Encoding".into(),
            RefusalReason::LongQuery(limit) => {
                format!("The query is longer than {limit} bytes: send it as the body of a POST")
            }
            RefusalReason::TooLong(limit) | RefusalReason::Unread(BodyError::TooLong(limit)) => {
                format!("The body is longer than {limit} bytes")
            }
            RefusalReason::Unread(BodyError::TooSlow(patience)) => {
                format!("The body did not arrive within {} s", patience.as_secs())
            }
            RefusalReason::Unread(BodyError::Broken) => "The connection broke before the end of the body".into(),
            RefusalReason::Unread(BodyError::Crowded) => {
                "The gateway is receiving too much data, try again later".into()
            }
            RefusalReason::Unreadable(mistake) => format!("The request cannot be decoded: {}", mistake.to_text(Lang::En)),
            RefusalReason::NothingInside => "There is no submission in the request".into(),
            RefusalReason::TooMany => "There are too many submissions in the request: send up to 500 at a time".into(),
            RefusalReason::BadKey => "Idempotency-Key: 1 to 255 visible ASCII characters without blanks".into(),
            RefusalReason::LongIdentity(limit) => {
                format!("The key that identifies the request is longer than {limit} bytes")
            }
            RefusalReason::Rejected { words, .. } => words.clone(),
            RefusalReason::Parked(_) => {
                "The request is stored, but the CRM refused it: it waits for the gateway's operator".into()
            }
        }
    }
}

impl Denied {
    fn to_text(self, lang: Lang) -> String {
        let (missing, what) = match self {
            Self::Missing(wanted) => (true, wanted),
            Self::Wrong(wanted) => (false, wanted),
            Self::OutOfTime => {
                return Bilingual::new(
                    "The time stamp of the signature is too old or in the future: check the \
                     sender's clock",
                    "Отметка времени в подписи слишком старая или из будущего: проверьте часы \
                     отправителя",
                )
                .pick(lang)
                .to_owned();
            }
            Self::NoSecret => return String::new(),
        };
        let (en, ru) = match what {
            Credential::Token => ("token", "ключа"),
            Credential::Password => ("user and password", "имени и пароля"),
            Credential::Signature => ("signature", "подписи"),
        };
        match (lang, missing) {
            (Lang::Ru, true) => format!("В запросе нет {ru}"),
            (Lang::Ru, false) => "Ключ, пароль или подпись не подходят".to_owned(),
            (Lang::En, true) => format!("The request has no {en}"),
            (Lang::En, false) => format!("The {en} of the request is wrong"),
        }
    }
}

impl Credential {
    fn challenge(self) -> &'static str {
        match self {
            Self::Token => "Bearer",
            Self::Password => "Basic realm=\"leadgate\", charset=\"UTF-8\"",
            Self::Signature => "Signature",
        }
    }
}

/// Returns a size in Russian, in the genitive.
fn bytes(size: usize) -> String {
    format!("{size} {}", plural::genitive(size, ["байта", "байт"]))
}
