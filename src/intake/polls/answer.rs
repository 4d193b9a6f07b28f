//! `postAnswer`: stores an answer, then replies.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use serde_json::Value;

use super::packet;
use super::poll::no_profile;
use super::reply::{ReplyContext, Subject};
use super::source::{self, SOURCE};
use super::{PollSource, Polls, Received, no_json, not_stored, note, receive, restarting};
use crate::domain::json::{Bounds, Mistake};
use crate::domain::{
    Bilingual, Lang, Poll, ReplyMode, Source, SourceKind as _, State, Submission, SubmissionId,
    VerdictReason, json,
};
use crate::inbox::{Accepted, Room, StoreError, Taker};
use crate::intake::recheck::Recheck;
use crate::intake::{decision, refused};
use crate::mapping::{Profile, ProfileSet, rejection_reason};

pub(super) async fn post_answer(
    polls: web::Data<Polls>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let mut context = ReplyContext {
        subject: Subject::Answer,
        ..ReplyContext::default()
    };
    let result = take(&polls, &request, payload, &mut context).await;
    // the journal has the refusals of the other statuses
    if let Err(refusal) = &result
        && !matches!(
            refusal.status(),
            StatusCode::ACCEPTED | StatusCode::UNPROCESSABLE_ENTITY
        )
    {
        note(&polls, &request, Subject::Answer, refusal);
    }
    let (outcome, response) = match result {
        Ok((outcome, response)) => (outcome, response),
        Err(later) if later.status() == StatusCode::SERVICE_UNAVAILABLE => ("unavailable", later),
        Err(refusal) => ("refused", refusal),
    };
    metrics::counter!("leadgate_intake_total", "outcome" => outcome).increment(1);
    response
}

type AnswerResult = Result<(&'static str, HttpResponse), HttpResponse>;

async fn take(
    polls: &Polls,
    request: &HttpRequest,
    payload: web::Payload,
    context: &mut ReplyContext,
) -> AnswerResult {
    let Received {
        raw,
        body,
        repairs,
        charge,
    } = receive(polls, request, payload, context).await?;
    let registered = registered(polls, context).await;
    let head = packet::answer(&body).map_err(|flaw| {
        refused::keep_body(request, raw.clone());
        context.refusal(StatusCode::BAD_REQUEST, &flaw.to_text(context.lang))
    })?;
    // a profile may be chosen by what is known about the poll
    let registered = registered.map_err(|error| not_stored(context, &error))?;
    let source = source::answer(head.poll, head.answer, registered.as_deref());
    let decision = decide(polls, request, context, &source, &raw).await?;
    let submission = Submission {
        id: SubmissionId::fresh(),
        source,
        received_at: polls.clock.now(),
        raw,
        // the decoded body is not needed any more
        body: Value::Null,
        repairs,
    };
    let (id, outcome) = match decision {
        AnswerDecision::NoProfile => {
            if let Some(room) = polls.capture {
                return capture(polls, context, &submission, room).await;
            }
            let rejected = RejectedAnswer {
                profile: None,
                words: no_profile(head.poll, context.lang),
                reason: VerdictReason::NoProfile,
            };
            return refuse(polls, context, &submission, rejected).await;
        }
        AnswerDecision::Rejected { profile, reason } => {
            let rejected = RejectedAnswer {
                profile: Some(&profile),
                words: reason.to_text(context.lang),
                reason,
            };
            return refuse(polls, context, &submission, rejected).await;
        }
        AnswerDecision::AnswerResult(taker, ReplyMode::Accepted) => {
            return accept(polls, context, &submission, taker).await;
        }
        AnswerDecision::AnswerResult(taker, ReplyMode::Delivered) => {
            let (id, known) = store(polls, context, &submission, taker.clone()).await?;
            if known == Some(State::Parked) {
                queue_again(polls, context, id, taker).await?;
            }
            (id, outcome(known))
        }
    };
    // frees both bodies before waiting for the delivery
    drop((submission, charge));
    delivered(polls, context, id, outcome).await
}

/// Returns the poll of the answer if it is registered; replies are in its language.
async fn registered(
    polls: &Polls,
    context: &mut ReplyContext,
) -> Result<Option<Arc<Poll>>, StoreError> {
    let Some(poll) = context.poll else {
        return Ok(None);
    };
    let poll = polls.registry.get(poll).await?;
    if let Some(poll) = &poll {
        context.lang = poll.language;
    }
    Ok(poll)
}

/// Chooses the profile for an answer.
async fn decide(
    polls: &Polls,
    request: &HttpRequest,
    context: &ReplyContext,
    source: &Source,
    raw: &Bytes,
) -> Result<AnswerDecision, HttpResponse> {
    let choice = ProfileChoice {
        profiles: polls.profiles.current(),
        source: source.clone(),
        bounds: polls.bounds,
    };
    let bytes = raw.clone();
    let decision = polls
        .memory
        .compute(raw.len(), move || choice.decide(&bytes));
    let decision = decision.await.ok_or_else(|| restarting(context))?;
    decision.map_err(|mistake| {
        refused::keep_body(request, raw.clone());
        no_json(context, &mistake)
    })
}

/// The choice of a profile for an answer, by its bytes.
struct ProfileChoice {
    profiles: Arc<ProfileSet>,
    source: Source,
    bounds: Bounds,
}

enum AnswerDecision {
    NoProfile,
    Rejected {
        profile: Arc<Profile>,
        reason: VerdictReason,
    },
    AnswerResult(Taker, ReplyMode),
}

impl ProfileChoice {
    fn decide(&self, raw: &[u8]) -> Result<AnswerDecision, Mistake> {
        // decoding the whole body costs more than everything else here
        let body = if self.profiles.needs_body(SOURCE, self.source.address()) {
            json::decode(&packet::unwrapped(raw), self.bounds)?.value
        } else {
            Value::Null
        };
        let Some(profile) = self.profiles.for_source(&self.source, &body) else {
            return Ok(AnswerDecision::NoProfile);
        };
        let rejections = profile.rejections_from(&self.source, &body);
        Ok(if rejections.is_empty() {
            let taker = decision::taker(&self.profiles, profile);
            AnswerDecision::AnswerResult(taker, profile.reply())
        } else {
            let reason = rejection_reason(&rejections);
            let profile = Arc::clone(profile);
            AnswerDecision::Rejected { profile, reason }
        })
    }
}

/// Captures an answer that no profile accepts yet.
async fn capture(
    polls: &Polls,
    context: &ReplyContext,
    submission: &Submission,
    room: Room,
) -> AnswerResult {
    let kept = match polls.inbox.quarantine(submission, room).await {
        Ok(kept) => kept,
        Err(StoreError::NoRoom) => {
            tracing::error!(
                "as many answers are captured as polls.captured_most allows: write profiles for them"
            );
            let why = Bilingual::new(
                "Too many answers without a profile are kept already; try again later and tell \
                 the gateway's administrator",
                "Ответов без профиля накопилось слишком много; повторите позже и сообщите \
                 администратору шлюза",
            )
            .pick(context.lang);
            return Err(context.later(600, why));
        }
        Err(error) => return Err(not_stored(context, &error)),
    };
    let answer = context.answer.map(|answer| answer.to_string());
    let answer = answer.unwrap_or_default();
    Ok(match kept {
        Accepted::New { id } => {
            tracing::info!(
                submission.id = %id, submission.source = %label(submission),
                "submission {id} captured: no profile takes it yet"
            );
            let recheck = Recheck {
                inbox: &polls.inbox,
                profiles: &polls.profiles,
                clock: &*polls.clock,
                source: &PollSource,
            };
            recheck.queue_if_accepted(submission).await;
            let message = match context.lang {
                Lang::Ru => format!("Ответ {answer} сохранён и ждёт профиля"),
                Lang::En => format!("Answer {answer} is saved and waits for a profile"),
            };
            ("captured", context.success(&message, &number(context, id)))
        }
        Accepted::Known { id, .. } => {
            let message = registered_before(context);
            ("repeated", context.success(&message, &number(context, id)))
        }
    })
}

/// Why an answer is rejected.
struct RejectedAnswer<'a> {
    /// The profile that rejects it, if there is one.
    profile: Option<&'a Profile>,
    /// The reason for the journal.
    reason: VerdictReason,
    /// The reason for the sender.
    words: String,
}

/// Stores a rejected answer for the journal, and replies with the reason.
async fn refuse(
    polls: &Polls,
    context: &ReplyContext,
    submission: &Submission,
    rejected: RejectedAnswer<'_>,
) -> AnswerResult {
    let profile = rejected.profile;
    let file = profile.map(|profile| profile.reference().file.as_str());
    let kept = polls
        .inbox
        .reject(submission, file, rejected.reason)
        .await
        .map_err(|error| not_stored(context, &error))?;
    match kept {
        // it was accepted before the profile changed: the earlier reply still holds
        Accepted::Known { id, state, .. } if state != State::Rejected => {
            match profile.map(Profile::reply) {
                Some(ReplyMode::Delivered) => delivered(polls, context, id, "repeated").await,
                _ => Ok(("repeated", context.success(&registered_before(context), ""))),
            }
        }
        Accepted::Known { .. } | Accepted::New { .. } => {
            tracing::warn!(
                submission.source = %label(submission),
                "an answer was refused: see the journal, state rejected"
            );
            Err(context.refusal(StatusCode::UNPROCESSABLE_ENTITY, &rejected.words))
        }
    }
}

async fn accept(
    polls: &Polls,
    context: &ReplyContext,
    submission: &Submission,
    taker: Taker,
) -> AnswerResult {
    let (id, known) = store(polls, context, submission, taker).await?;
    let message = match known {
        None => stored(context, id),
        Some(_) => (registered_before(context), number(context, id)),
    };
    Ok((outcome(known), context.success(&message.0, &message.1)))
}

/// Stores an answer. Returns the state of an answer that was known before.
async fn store(
    polls: &Polls,
    context: &ReplyContext,
    submission: &Submission,
    taker: Taker,
) -> Result<(SubmissionId, Option<State>), HttpResponse> {
    let accepted = polls
        .inbox
        .accept(submission, Some(taker))
        .await
        .map_err(|error| not_stored(context, &error))?;
    let (id, known) = match accepted {
        Accepted::New { id } => (id, None),
        Accepted::Known { id, state, .. } => (id, Some(state)),
    };
    let outcome = outcome(known);
    tracing::info!(
        submission.id = %id, submission.source = %label(submission), "submission {id} {outcome}"
    );
    Ok((id, known))
}

/// Queues a parked answer again, because its sender repeats it and waits for the delivery.
async fn queue_again(
    polls: &Polls,
    context: &ReplyContext,
    id: SubmissionId,
    taker: Taker,
) -> Result<(), HttpResponse> {
    let queued = polls.inbox.queue_again(id, taker, polls.clock.now()).await;
    queued
        .map(drop)
        .map_err(|error| not_stored(context, &error))
}

/// Names an answer in the log.
fn label(submission: &Submission) -> String {
    PollSource.label(&submission.source, Lang::En)
}

fn outcome(known: Option<State>) -> &'static str {
    if known.is_some() {
        "repeated"
    } else {
        "accepted"
    }
}

/// Waits for the delivery, up to the limit, and returns the result.
async fn delivered(
    polls: &Polls,
    context: &ReplyContext,
    id: SubmissionId,
    outcome: &'static str,
) -> AnswerResult {
    let state = polls
        .inbox
        .wait_settled(id, polls.delivered_wait)
        .await
        .map_err(|error| not_stored(context, &error))?;
    let lang = context.lang;
    match state {
        Some(State::Delivered | State::Ignored) => {
            let message = match (lang, context.answer) {
                (Lang::Ru, Some(answer)) => {
                    format!("Ответ {answer} успешно сохранён в CRM или был зарегистрирован ранее")
                }
                (Lang::En, Some(answer)) => {
                    format!("Answer {answer} is saved in the CRM or was registered earlier")
                }
                (_, None) => String::new(),
            };
            Ok((outcome, context.success(&message, &number(context, id))))
        }
        Some(_) => {
            let why = Bilingual::new(
                "The answer is kept, but the CRM did not take it: it waits for the gateway's \
                 operator",
                "Ответ принят, но CRM его не взяла: он отложен для оператора шлюза",
            )
            .pick(lang);
            Err(context.refusal(StatusCode::UNPROCESSABLE_ENTITY, why))
        }
        None => {
            let why = Bilingual::new(
                "The answer is kept and still on its way to the CRM; repeat the request later, it \
                 will not be doubled",
                "Ответ принят и ещё передаётся в CRM; повторите запрос позже, дубля не будет",
            )
            .pick(lang);
            Err(context.refusal(StatusCode::ACCEPTED, why))
        }
    }
}

fn stored(context: &ReplyContext, id: SubmissionId) -> (String, String) {
    let answer = context
        .answer
        .map(|answer| answer.to_string())
        .unwrap_or_default();
    let message = match context.lang {
        Lang::Ru => format!("Ответ {answer} успешно сохранён и передаётся в CRM"),
        Lang::En => format!("Answer {answer} is saved and on its way to the CRM"),
    };
    (message, number(context, id))
}

fn registered_before(context: &ReplyContext) -> String {
    let answer = context
        .answer
        .map(|answer| answer.to_string())
        .unwrap_or_default();
    match context.lang {
        Lang::Ru => format!("Ответ {answer} был зарегистрирован ранее"),
        Lang::En => format!("Answer {answer} was registered earlier"),
    }
}

fn number(context: &ReplyContext, id: SubmissionId) -> String {
    match context.lang {
        Lang::Ru => format!("Номер в журнале шлюза: {id}"),
        Lang::En => format!("Number in the gateway's journal: {id}"),
    }
}
