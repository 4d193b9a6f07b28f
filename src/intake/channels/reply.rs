//! What a sender is told: a short JSON object in Russian or English, or what the channel's settings make of
//! it.

use std::time::Duration;

use actix_web::http::header::{
    ALLOW, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde_json::{Value, json};

use super::super::body::BodyError;
use super::secrets::{Denied, Wanted};
use super::{Call, status};
use crate::domain::{ChannelName, Lang, Preset, SubmissionId, body};
use crate::mapping::{Answer, Channel, Told};

/// How the taking in of one submission ended well.
#[derive(Debug, Clone)]
pub(super) enum Ending {
    Accepted(SubmissionId),
    Repeated(SubmissionId),
    Delivered(SubmissionId),
    /// It is stored, and the CRM does not have it yet.
    Waiting(SubmissionId),
    /// It is kept until a profile takes it.
    Captured(SubmissionId),
    /// One of many that was refused; the words say why.
    Refused(Option<SubmissionId>, &'static str, String),
}

/// What was taken in.
pub(super) struct Taken {
    endings: Vec<Ending>,
    shape: Shape,
}

enum Shape {
    Ping,
    One,
    Many,
}

impl Ending {
    fn word(&self) -> &'static str {
        match self {
            Self::Accepted(_) => "accepted",
            Self::Repeated(_) => "repeated",
            Self::Delivered(_) => "delivered",
            Self::Waiting(_) => "waiting",
            Self::Captured(_) => "captured",
            Self::Refused(_, word, _) => word,
        }
    }

    fn id(&self) -> Option<SubmissionId> {
        match self {
            Self::Accepted(id) | Self::Repeated(id) | Self::Delivered(id) => Some(*id),
            Self::Waiting(id) | Self::Captured(id) => Some(*id),
            Self::Refused(id, _, _) => *id,
        }
    }

    fn message(&self, lang: Lang) -> String {
        match self {
            Self::Accepted(_) => lang.pick("Заявка принята", "The request is accepted"),
            Self::Repeated(_) => lang.pick("Заявка была принята ранее", "The request was accepted earlier"),
            Self::Delivered(_) => lang.pick("Заявка записана в CRM", "The request is in the CRM"),
            Self::Waiting(_) => lang.pick(
                "Заявка принята и ещё передаётся в CRM",
                "The request is accepted and still on its way to the CRM",
            ),
            Self::Captured(_) => lang.pick(
                "Заявка сохранена: для этого канала ещё нет профиля, она будет передана, когда он появится",
                "The request is kept: this channel has no profile yet, it goes on when there is one",
            ),
            Self::Refused(_, _, words) => words,
        }
        .to_owned()
    }
}

impl Taken {
    pub(super) fn ping() -> Self {
        Self {
            endings: Vec::new(),
            shape: Shape::Ping,
        }
    }

    pub(super) fn one(endings: Vec<Ending>) -> Self {
        Self {
            endings,
            shape: Shape::One,
        }
    }

    pub(super) fn many(endings: Vec<Ending>) -> Self {
        Self {
            endings,
            shape: Shape::Many,
        }
    }

    /// The word for the figures.
    pub(super) fn outcome(&self) -> &'static str {
        self.endings.first().map_or("ping", Ending::word)
    }

    pub(super) fn reply(&self, call: &Call<'_>) -> HttpResponse {
        let lang = call.lang;
        let first = self.endings.first();
        let (code, body, outcome, message) = match (&self.shape, first) {
            (Shape::One, Some(ending)) => {
                let code = match ending {
                    Ending::Waiting(_) | Ending::Captured(_) => 202,
                    _ => 200,
                };
                (
                    code,
                    object(ending, lang),
                    ending.word(),
                    ending.message(lang),
                )
            }
            (Shape::Many, Some(_)) => {
                let results: Vec<Value> = self
                    .endings
                    .iter()
                    .map(|ending| object(ending, lang))
                    .collect();
                let refused = self
                    .endings
                    .iter()
                    .filter(|ending| is_refused(ending))
                    .count();
                let words = match lang {
                    Lang::Ru => format!("Заявок: {}, отклонено: {refused}", results.len()),
                    Lang::En => format!("Requests: {}, refused: {refused}", results.len()),
                };
                let status = if refused == 0 { "success" } else { "partial" };
                let body = json!({"status": status, "message": words, "results": results});
                (if refused == 0 { 200 } else { 207 }, body, "many", words)
            }
            (Shape::Ping | Shape::One | Shape::Many, _) => {
                let body = json!({"status": "success", "outcome": "ping", "message": "ok"});
                (200, body, "ping", "ok".to_owned())
            }
        };
        // Tilda calls nothing but 200 a success
        let code = match call.channel.preset {
            Preset::Tilda if code == 202 => 200,
            Preset::Tilda | Preset::Plain => code,
        };
        let ids: Vec<String> = self
            .endings
            .iter()
            .filter_map(Ending::id)
            .map(|id| id.to_string())
            .collect();
        let told = Told {
            id: ids.first().cloned().unwrap_or_default(),
            outcome: outcome.to_owned(),
            message,
            channel: call.name.to_string(),
            ids: ids.join(","),
        };
        write(
            HttpResponse::build(status(code)),
            call.channel.accepted.as_ref(),
            &told,
            &body,
        )
    }
}

fn is_refused(ending: &Ending) -> bool {
    matches!(ending, Ending::Refused(..))
}

fn object(ending: &Ending, lang: Lang) -> Value {
    let status = if is_refused(ending) {
        "error"
    } else {
        "success"
    };
    json!({"status": status, "outcome": ending.word(), "id": ending.id(), "message": ending.message(lang)})
}

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
    Rejected { id: SubmissionId, words: String },
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

    /// The status, and a stable word for machines.
    fn code(&self) -> (u16, &'static str) {
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
            Why::TooLong(_) | Why::Unread(BodyError::TooLong(_)) | Why::TooMany => {
                (413, "too-long")
            }
            Why::Unreadable(body::Mistake::Form(body::Beyond::TooMany)) => (413, "too-long"),
            Why::Unread(BodyError::TooSlow(_)) => (408, "too-slow"),
            Why::Unread(BodyError::Broken) => (400, "broken-off"),
            Why::Unreadable(body::Mistake::Empty) => (400, "empty"),
            Why::Unreadable(body::Mistake::Scalar) | Why::NothingInside => (422, "nothing-inside"),
            Why::Unreadable(_) => (400, "unreadable"),
            Why::BadKey => (400, "idempotency-key"),
            Why::LongIdentity(_) => (422, "identity"),
            Why::Rejected { .. } => (422, "rejected"),
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
            Self::NoSecret => return String::new(),
        };
        let (ru, en) = match what {
            Wanted::Token => ("ключа", "token"),
            Wanted::Password => ("имени и пароля", "user and password"),
            Wanted::Signature => ("подписи", "signature"),
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

/// Our answer, or what the settings make of it.
fn write(
    mut response: HttpResponseBuilder,
    answer: Option<&Answer>,
    told: &Told,
    ours: &Value,
) -> HttpResponse {
    let Some(answer) = answer else {
        return response.json(ours);
    };
    if let Some(code) = answer.status {
        response.status(status(code));
    }
    for (name, value) in &answer.headers {
        // both were checked when the settings were read
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            response.insert_header((name, value));
        }
    }
    match answer.body(told) {
        Some(body) => response
            .insert_header((CONTENT_TYPE, answer.content_type()))
            .body(body),
        None => response.json(ours),
    }
}
