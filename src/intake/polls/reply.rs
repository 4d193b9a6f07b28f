//! Replies and refusals in the format of the survey portal's contract, in Russian or English.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, RETRY_AFTER};
use serde::Serialize;

use crate::domain::{AnswerId, Bilingual, Lang, PollId};

/// What a reply has to know about the request.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ReplyContext {
    pub(super) lang: Lang,
    pub(super) subject: Subject,
    pub(super) poll: Option<PollId>,
    pub(super) answer: Option<AnswerId>,
}

/// The request that is answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Subject {
    #[default]
    Poll,
    Answer,
}

/// The body of every reply, members in the contract's order.
#[derive(Debug, Serialize)]
struct Body<'a> {
    status: &'a str,
    message: &'a str,
    description: &'a str,
    poll_id: Option<PollId>,
    #[serde(skip_serializing_if = "AnswerMember::is_absent")]
    answer_id: AnswerMember,
    is_successful: bool,
}

/// Replies to `postPoll` have no `answer_id`; replies to `postAnswer` always have it, `null` if it
/// is unknown.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum AnswerMember {
    Absent,
    Present(Option<AnswerId>),
}

impl AnswerMember {
    fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Success,
    Error,
}

impl ReplyContext {
    fn body<'a>(&self, outcome: Outcome, message: &'a str, description: &'a str) -> Body<'a> {
        Body {
            status: match outcome {
                Outcome::Success => "success",
                Outcome::Error => "error",
            },
            message,
            description,
            poll_id: self.poll,
            answer_id: match self.subject {
                Subject::Poll => AnswerMember::Absent,
                Subject::Answer => AnswerMember::Present(self.answer),
            },
            is_successful: outcome == Outcome::Success,
        }
    }

    /// Returns a success.
    pub(super) fn success(&self, message: &str, description: &str) -> HttpResponse {
        HttpResponse::Ok().json(self.body(Outcome::Success, message, description))
    }

    /// Returns a refusal with the contract's message and a reason.
    pub(super) fn refusal(&self, status: StatusCode, reason: &str) -> HttpResponse {
        self.refused(&mut HttpResponse::build(status), reason)
    }

    /// Returns a refusal with `Retry-After` in seconds.
    pub(super) fn later(&self, seconds: u32, reason: &str) -> HttpResponse {
        let mut response = HttpResponse::ServiceUnavailable();
        response.insert_header((RETRY_AFTER, seconds.to_string()));
        self.refused(&mut response, reason)
    }

    /// Returns the refusal of a method other than POST.
    pub(super) fn wrong_method(&self) -> HttpResponse {
        let mut response = HttpResponse::MethodNotAllowed();
        response.insert_header((ALLOW, "POST"));
        let reason = Bilingual::new(
            "This address accepts POST requests only",
            "Этот адрес принимает только запросы POST",
        )
        .pick(self.lang);
        self.refused(&mut response, reason)
    }

    fn refused(&self, response: &mut actix_web::HttpResponseBuilder, reason: &str) -> HttpResponse {
        response.json(self.body(Outcome::Error, &self.failed(), reason))
    }

    /// Returns the contract's message for a failure.
    fn failed(&self) -> String {
        match (self.subject, self.lang, self.poll, self.answer) {
            (Subject::Poll, Lang::Ru, Some(id), _) => {
                format!("Опросная форма с ID {id} не создана")
            }
            (Subject::Poll, Lang::Ru, None, _) => "Опросная форма не создана".to_owned(),
            (Subject::Poll, Lang::En, Some(id), _) => format!("Poll {id} was not registered"),
            (Subject::Poll, Lang::En, None, _) => "The poll was not registered".to_owned(),
            (Subject::Answer, Lang::Ru, _, Some(id)) => format!("Не удалось сохранить ответ {id}"),
            (Subject::Answer, Lang::Ru, _, None) => "Не удалось сохранить ответ".to_owned(),
            (Subject::Answer, Lang::En, _, Some(id)) => format!("Answer {id} was not saved"),
            (Subject::Answer, Lang::En, _, None) => "The answer was not saved".to_owned(),
        }
    }
}
