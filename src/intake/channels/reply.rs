//! Replies: a short JSON object in Russian or English, or what the settings of the channel make of
//! it.

use actix_web::http::header::{CONTENT_TYPE, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde_json::{Value, json};

use super::{Call, status};
use crate::channels::{ChannelReply, Preset, ReplyValues};
use crate::domain::{Bilingual, Lang, SubmissionId};

/// The reply to one submission that was not refused alone.
#[derive(Debug, Clone)]
pub(super) enum SubmissionReply {
    Accepted(SubmissionId),
    Repeated(SubmissionId),
    Delivered(SubmissionId),
    /// It is stored and not yet delivered.
    Waiting(SubmissionId),
    /// It is captured until a profile accepts it.
    Captured(SubmissionId),
    /// One of several that was refused, with the reason.
    Refused(Option<SubmissionId>, &'static str, String),
}

/// The reply to a request.
pub(super) struct RequestReply {
    replies: Vec<SubmissionReply>,
    shape: Shape,
}

enum Shape {
    Ping,
    One,
    Many,
}

impl SubmissionReply {
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

impl RequestReply {
    pub(super) fn ping() -> Self {
        Self {
            replies: Vec::new(),
            shape: Shape::Ping,
        }
    }

    pub(super) fn one(replies: Vec<SubmissionReply>) -> Self {
        Self {
            replies,
            shape: Shape::One,
        }
    }

    pub(super) fn many(replies: Vec<SubmissionReply>) -> Self {
        Self {
            replies,
            shape: Shape::Many,
        }
    }

    /// Returns the label of the metric.
    pub(super) fn outcome(&self) -> &'static str {
        self.replies.first().map_or("ping", SubmissionReply::word)
    }

    pub(super) fn write(&self, call: &Call<'_>) -> HttpResponse {
        let (code, outcome, message, body) = self.default_reply(call.lang);
        // Tilda accepts no other status than 200
        let code = match call.channel.preset {
            Preset::Tilda if code == 202 => 200,
            Preset::Tilda | Preset::Plain => code,
        };
        let ids = self.replies.iter().filter_map(SubmissionReply::id);
        let ids: Vec<String> = ids.map(|id| id.to_string()).collect();
        let values = ReplyValues {
            id: ids.first().cloned().unwrap_or_default(),
            outcome: outcome.to_owned(),
            message,
            channel: call.name.to_string(),
            ids: ids.join(","),
        };
        let settings = call.channel.accepted.as_ref();
        write_reply(HttpResponse::build(status(code)), settings, &values, &body)
    }

    /// Returns the default status, outcome, message and body.
    fn default_reply(&self, lang: Lang) -> (u16, &'static str, String, Value) {
        match (&self.shape, self.replies.first()) {
            (Shape::One, Some(reply)) => {
                let code = match reply {
                    SubmissionReply::Waiting(_) | SubmissionReply::Captured(_) => 202,
                    _ => 200,
                };
                (code, reply.word(), reply.message(lang), object(reply, lang))
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
            .replies
            .iter()
            .map(|reply| object(reply, lang))
            .collect();
        let refused = self
            .replies
            .iter()
            .filter(|reply| is_refused(reply))
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

fn is_refused(reply: &SubmissionReply) -> bool {
    matches!(reply, SubmissionReply::Refused(..))
}

fn object(reply: &SubmissionReply, lang: Lang) -> Value {
    let status = if is_refused(reply) {
        "error"
    } else {
        "success"
    };
    json!({"status": status, "outcome": reply.word(), "id": reply.id(), "message": reply.message(lang)})
}

/// Writes the default reply, or the one that the settings define.
pub(super) fn write_reply(
    mut response: HttpResponseBuilder,
    settings: Option<&ChannelReply>,
    values: &ReplyValues,
    default: &Value,
) -> HttpResponse {
    let Some(settings) = settings else {
        return response.json(default);
    };
    if let Some(code) = settings.status {
        response.status(status(code));
    }
    if let Some(words) = settings.status_text.as_ref().and_then(|text| text.kept) {
        response.reason(words);
    }
    // the body was escaped for its type, so browsers must not guess another one
    response.insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"));
    for (name, value) in &settings.headers {
        // both were checked when the settings were loaded
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            response.insert_header((name, value));
        }
    }
    match settings.body(values) {
        Some(body) => response
            .insert_header((CONTENT_TYPE, settings.content_type()))
            .body(body),
        None => response.json(default),
    }
}
