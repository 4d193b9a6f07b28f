//! Why a request is refused: a status, a stable word for machines, and what was wrong in the sender's
//! language.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use serde_json::json;

use super::super::body::BodyError;
use super::reply::{Ending, write};
use super::secrets::{Denied, Wanted};
use super::status;
use crate::channels::{Channel, Told};
use crate::domain::{Bilingual, ChannelName, Lang, SubmissionId, body, json};

/// Why a request is refused.
#[derive(Debug, Clone)]
pub(super) enum Why {
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
    why: Why,
    lang: Lang,
}

impl Refusal {
    pub(super) fn new(why: Why, lang: Lang) -> Self {
        Self { why, lang }
    }

    /// Whether a repeat would end the same way.
    pub(super) fn is_final(&self) -> bool {
        self.code().0 < 500
    }

    pub(super) fn into_ending(self) -> Ending {
        Ending::Refused(self.id(), self.code().1, self.message())
    }

    /// The word for the figures.
    pub(super) fn outcome(&self) -> &'static str {
        if self.is_final() {
            "refused"
        } else {
            "unavailable"
        }
    }

    fn id(&self) -> Option<SubmissionId> {
        match &self.why {
            Why::Rejected { id, .. } | Why::Parked(id) => Some(*id),
            _ => None,
        }
    }

    /// Whether the request has become a submission all the same.
    pub(super) fn has_submission(&self) -> bool {
        matches!(self.why, Why::Rejected { .. } | Why::Parked(_))
    }

    /// Whether the body came whole, from somebody who may send, and could not be read.
    pub(super) fn is_unreadable(&self) -> bool {
        matches!(
            self.why,
            Why::Unreadable(_) | Why::NothingInside | Why::TooMany | Why::TooLong(_)
        )
    }

    /// The status, and a stable word for machines.
    pub(super) fn code(&self) -> (u16, &'static str) {
        match &self.why {
            Why::NoSuchAddress => (404, "no-such-address"),
            Why::UnknownChannel(_) => (404, "unknown-channel"),
            Why::BrokenSettings | Why::Denied(Denied::NoSecret) => (503, "broken-settings"),
            Why::Restarting => (503, "restarting"),
            Why::NotStored => (503, "not-stored"),
            Why::QuarantineFull => (503, "quarantine-full"),
            Why::Address => (403, "address"),
            Why::Origin => (403, "origin"),
            Why::Method(_) => (405, "method"),
            Why::TooMuch(_) => (429, "too-much"),
            Why::Denied(_) => (401, "unauthorized"),
            Why::Compressed | Why::Unreadable(body::Mistake::Unknown) => (415, "unknown-format"),
            Why::LongQuery(_) => (414, "too-long"),
            Why::TooLong(_)
            | Why::Unread(BodyError::TooLong(_))
            | Why::Unreadable(
                body::Mistake::Form(body::Beyond::TooMany)
                | body::Mistake::Json(json::Mistake {
                    kind: json::MistakeKind::TooMany(_),
                    ..
                }),
            )
            | Why::TooMany => (413, "too-long"),
            Why::Unread(BodyError::TooSlow(_)) => (408, "too-slow"),
            Why::Unread(BodyError::Broken) => (400, "broken-off"),
            Why::Unread(BodyError::Crowded) => (503, "crowded"),
            Why::Unreadable(body::Mistake::Empty) => (400, "empty"),
            Why::Unreadable(body::Mistake::Scalar) | Why::NothingInside => (422, "nothing-inside"),
            Why::Unreadable(_) => (400, "unreadable"),
            Why::BadKey => (400, "idempotency-key"),
            Why::LongIdentity(_) => (422, "identity"),
            Why::Rejected { word, .. } => (422, word),
            Why::Parked(_) => (422, "parked"),
        }
    }

    pub(super) fn reply(&self, channel: &Channel, name: &str) -> HttpResponse {
        let (code, word) = self.code();
        let mut response = HttpResponse::build(status(code));
        match &self.why {
            Why::Method(methods) => {
                response.insert_header((ALLOW, methods.as_str()));
            }
            Why::TooMuch(wait) => {
                response.insert_header((RETRY_AFTER, wait.as_secs().saturating_add(1).to_string()));
            }
            Why::Denied(Denied::Missing(wanted) | Denied::Wrong(wanted)) => {
                response.insert_header((WWW_AUTHENTICATE, wanted.challenge()));
            }
            Why::Denied(Denied::OutOfTime) => {
                response.insert_header((WWW_AUTHENTICATE, Wanted::Signature.challenge()));
            }
            _ if code == 503 => {
                response.insert_header((RETRY_AFTER, "5"));
            }
            _ => {}
        }
        let message = self.message();
        let body = json!({"status": "error", "outcome": word, "id": self.id(), "message": message});
        let told = Told {
            id: self.id().map(|id| id.to_string()).unwrap_or_default(),
            outcome: word.to_owned(),
            message,
            channel: name.to_owned(),
            ids: String::new(),
        };
        write(response, channel.refused.as_ref(), &told, &body)
    }

    /// In words.
    fn message(&self) -> String {
        match self.lang {
            Lang::Ru => self.russian(),
            Lang::En => self.english(),
        }
    }

    fn russian(&self) -> String {
        match &self.why {
            Why::NoSuchAddress => "Такого адреса нет: имя канала состоит из латинских букв, цифр, «-», «_» и «.»".into(),
            Why::UnknownChannel(name) => format!("Канала {name} нет, и канал по умолчанию не задан"),
            Why::BrokenSettings | Why::Denied(Denied::NoSecret) => {
                "Настройки канала не читаются; сообщите администратору шлюза и повторите позже".into()
            }
            Why::Restarting => "Шлюз перезапускается, повторите".into(),
            Why::NotStored => "Хранилище шлюза сейчас не принимает записи, повторите позже".into(),
            Why::QuarantineFull => {
                "Для этого канала нет профиля, а место для таких заявок закончилось; повторите позже".into()
            }
            Why::Address => "С этого адреса запросы не принимаются".into(),
            Why::Origin => "Страницам этого сайта канал не открыт (CORS)".into(),
            Why::Method(methods) => format!("Этот метод здесь не принимается; принимаются {methods}"),
            Why::TooMuch(wait) => {
                format!("Слишком много запросов; повторите через {} с", wait.as_secs() + 1)
            }
            Why::Denied(denied) => denied.tell(Lang::Ru),
            Why::Compressed => "Сжатое тело не принимается: пришлите его без Content-Encoding".into(),
            Why::LongQuery(limit) => format!("Параметры в адресе длиннее {limit} байт: пришлите их в теле POST"),
            Why::TooLong(limit) | Why::Unread(BodyError::TooLong(limit)) => {
                format!("Тело запроса длиннее {limit} байт")
            }
            Why::Unread(BodyError::TooSlow(patience)) => {
                format!("Тело запроса не пришло за {} с", patience.as_secs())
            }
            Why::Unread(BodyError::Broken) => "Тело запроса оборвалось".into(),
            Why::Unread(BodyError::Crowded) => {
                "Шлюз сейчас принимает слишком много данных, повторите позже".into()
            }
            Why::Unreadable(mistake) => format!("Запрос не читается: {}", mistake.tell(Lang::Ru)),
            Why::NothingInside => "В запросе не нашлось ни одной заявки".into(),
            Why::TooMany => "В запросе слишком много заявок: пришлите их частями до 500".into(),
            Why::BadKey => "Idempotency-Key: от 1 до 255 латинских букв, цифр и знаков без пробелов".into(),
            Why::LongIdentity(limit) => format!("Признак, по которому узнаются повторы, длиннее {limit} байт"),
            Why::Rejected { words, .. } => words.clone(),
            Why::Parked(_) => {
                "Заявка принята, но CRM её не взяла: она отложена для оператора шлюза".into()
            }
        }
    }

    fn english(&self) -> String {
        match &self.why {
            Why::NoSuchAddress => {
                "No such address: a channel's name is made of Latin letters, digits, `-`, `_` and `.`".into()
            }
            Why::UnknownChannel(name) => format!("There is no channel {name}, and no default channel"),
            Why::BrokenSettings | Why::Denied(Denied::NoSecret) => {
                "The channel's settings cannot be read; tell the gateway's administrator and try again later".into()
            }
            Why::Restarting => "The gateway restarts, try again".into(),
            Why::NotStored => {
                "The gateway's storage takes nothing in at the moment, try again later".into()
            }
            Why::QuarantineFull => {
                "This channel has no profile, and there is no room for more of such requests; try again later".into()
            }
            Why::Address => "Requests from this address are not taken".into(),
            Why::Origin => "The channel is not open to pages of this site (CORS)".into(),
            Why::Method(methods) => format!("This method is not taken here; these are: {methods}"),
            Why::TooMuch(wait) => {
                format!("Too many requests; try again after {} s", wait.as_secs() + 1)
            }
            Why::Denied(denied) => denied.tell(Lang::En),
            Why::Compressed => "A compressed body is not taken: send it without Content-Encoding".into(),
            Why::LongQuery(limit) => {
                format!("The query is longer than {limit} bytes: send it as the body of a POST")
            }
            Why::TooLong(limit) | Why::Unread(BodyError::TooLong(limit)) => {
                format!("The body is longer than {limit} bytes")
            }
            Why::Unread(BodyError::TooSlow(patience)) => {
                format!("The body did not arrive within {} s", patience.as_secs())
            }
            Why::Unread(BodyError::Broken) => "The body broke off".into(),
            Why::Unread(BodyError::Crowded) => {
                "The gateway receives too much data at once, try again later".into()
            }
            Why::Unreadable(mistake) => format!("The request cannot be read: {}", mistake.tell(Lang::En)),
            Why::NothingInside => "There is no submission in the request".into(),
            Why::TooMany => "There are too many submissions in the request: send up to 500 at a time".into(),
            Why::BadKey => "Idempotency-Key: 1 to 255 visible ASCII characters without blanks".into(),
            Why::LongIdentity(limit) => {
                format!("What tells repeats from new requests is longer than {limit} bytes")
            }
            Why::Rejected { words, .. } => words.clone(),
            Why::Parked(_) => {
                "The request is kept, but the CRM did not take it: it waits for the gateway's operator".into()
            }
        }
    }
}

impl Denied {
    fn tell(self, lang: Lang) -> String {
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
            Wanted::Token => ("token", "ключа"),
            Wanted::Password => ("user and password", "имени и пароля"),
            Wanted::Signature => ("signature", "подписи"),
        };
        match (lang, missing) {
            (Lang::Ru, true) => format!("В запросе нет {ru}"),
            (Lang::Ru, false) => "Ключ, пароль или подпись не подходят".to_owned(),
            (Lang::En, true) => format!("The request has no {en}"),
            (Lang::En, false) => format!("The {en} of the request is another one"),
        }
    }
}

impl Wanted {
    fn challenge(self) -> &'static str {
        match self {
            Self::Token => "Bearer",
            Self::Password => "Basic realm=\"leadgate\", charset=\"UTF-8\"",
            Self::Signature => "Signature",
        }
    }
}
