//! What a sender is told: a short JSON object in Russian or English, or what the channel's settings make of
//! it.

use actix_web::http::header::{CONTENT_TYPE, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde_json::{Value, json};

use super::{Call, status};
use crate::channels::{ChannelReply, ReplyValues};
use crate::domain::{Bilingual, Lang, Preset, SubmissionId};

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
            Self::Accepted(id)
            | Self::Repeated(id)
            | Self::Delivered(id)
            | Self::Waiting(id)
            | Self::Captured(id) => Some(*id),
            Self::Refused(id, _, _) => *id,
        }
    }

    fn message(&self, lang: Lang) -> String {
        match self {
            Self::Accepted(_) => {
                Bilingual::new("The request is accepted", "Заявка принята").pick(lang)
            }
            Self::Repeated(_) => Bilingual::new(
                "The request was accepted earlier",
                "Заявка была принята ранее",
            )
            .pick(lang),
            Self::Delivered(_) => {
                Bilingual::new("The request is in the CRM", "Заявка записана в CRM").pick(lang)
            }
            Self::Waiting(_) => Bilingual::new(
                "The request is accepted and still on its way to the CRM",
                "Заявка принята и ещё передаётся в CRM",
            )
            .pick(lang),
            Self::Captured(_) => Bilingual::new(
                "The request is kept: this channel has no profile yet, it goes on when there is \
                 one",
                "Заявка сохранена: для этого канала ещё нет профиля, она будет передана, когда он \
                 появится",
            )
            .pick(lang),
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
        let (code, outcome, message, body) = self.ours(call.lang);
        // Tilda calls nothing but 200 a success
        let code = match call.channel.preset {
            Preset::Tilda if code == 202 => 200,
            Preset::Tilda | Preset::Plain => code,
        };
        let ids = self.endings.iter().filter_map(Ending::id);
        let ids: Vec<String> = ids.map(|id| id.to_string()).collect();
        let told = ReplyValues {
            id: ids.first().cloned().unwrap_or_default(),
            outcome: outcome.to_owned(),
            message,
            channel: call.name.to_string(),
            ids: ids.join(","),
        };
        let answer = call.channel.accepted.as_ref();
        write(HttpResponse::build(status(code)), answer, &told, &body)
    }

    /// Status, outcome, message and body as we say it.
    fn ours(&self, lang: Lang) -> (u16, &'static str, String, Value) {
        match (&self.shape, self.endings.first()) {
            (Shape::One, Some(ending)) => {
                let code = match ending {
                    Ending::Waiting(_) | Ending::Captured(_) => 202,
                    _ => 200,
                };
                (
                    code,
                    ending.word(),
                    ending.message(lang),
                    object(ending, lang),
                )
            }
            (Shape::Many, Some(_)) => self.summary(lang),
            (Shape::Ping | Shape::One | Shape::Many, _) => {
                let body = json!({"status": "success", "outcome": "ping", "message": "ok"});
                (200, "ping", "ok".to_owned(), body)
            }
        }
    }

    fn summary(&self, lang: Lang) -> (u16, &'static str, String, Value) {
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
        let (code, status) = match refused {
            0 => (200, "success"),
            _ => (207, "partial"),
        };
        let body = json!({"status": status, "message": words, "results": results});
        (code, "many", words, body)
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

/// Our answer, or what the settings make of it.
pub(super) fn write(
    mut response: HttpResponseBuilder,
    answer: Option<&ChannelReply>,
    told: &ReplyValues,
    ours: &Value,
) -> HttpResponse {
    let Some(answer) = answer else {
        return response.json(ours);
    };
    if let Some(code) = answer.status {
        response.status(status(code));
    }
    if let Some(words) = answer.status_text.as_ref().and_then(|text| text.kept) {
        response.reason(words);
    }
    // what was escaped for its type must be read as that type
    response.insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"));
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
