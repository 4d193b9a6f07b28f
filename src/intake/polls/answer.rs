//! `postAnswer`: an answer is stored, and then confirmed.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use serde_json::Value;

use super::packet;
use super::poll::no_profile;
use super::reply::{About, Subject};
use super::source::{self, SOURCE};
use super::{PollSource, Polls, Received, no_json, not_stored, note, receive, restarting};
use crate::domain::json::{Bounds, Mistake};
use crate::domain::{
    Bilingual, Lang, PollId, ReplyMode, SourceKind as _, State, Submission, SubmissionId, json,
};
use crate::inbox::{Accepted, Room, StoreError, Taker};
use crate::intake::late::Late;
use crate::intake::refused;
use crate::mapping::{Profile, ProfileSet, tell_rejections};

pub(super) async fn post_answer(
    polls: web::Data<Polls>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let mut about = About {
        subject: Subject::Answer,
        ..About::default()
    };
    let result = take(&polls, &request, payload, &mut about).await;
    // those of other statuses are in the journal
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

type Taken = Result<(&'static str, HttpResponse), HttpResponse>;

async fn take(
    polls: &Polls,
    request: &HttpRequest,
    payload: web::Payload,
    about: &mut About,
) -> Taken {
    let Received {
        raw,
        body,
        repairs,
        charge,
    } = receive(polls, request, payload, about).await?;
    if let Some(poll) = about.poll
        && let Ok(Some(poll)) = polls.registry.get(poll).await
    {
        about.lang = poll.language;
    }
    let head = packet::answer(&body)
        .map_err(|flaw| about.refusal(StatusCode::BAD_REQUEST, &flaw.to_text(about.lang)))?;
    let judged = judged(polls, about, head.poll, raw.clone()).await?;
    refused::drop_body(request);
    let submission = Submission {
        id: SubmissionId::fresh(),
        source: source::answer(head.poll, head.answer),
        received_at: polls.clock.now(),
        raw,
        // the decoded body does not wait for the disk
        body: Value::Null,
        repairs,
    };
    let (id, outcome) = match judged {
        Judged::NoProfile => {
            if let Some(room) = polls.capture {
                return capture(polls, about, &submission, room).await;
            }
            let why = no_profile(head.poll, about.lang);
            return refuse(polls, about, &submission, None, &why).await;
        }
        Judged::Rejected { profile, why } => {
            return refuse(polls, about, &submission, Some(&profile), &why).await;
        }
        Judged::Taken(taker, ReplyMode::Accepted) => {
            return accept(polls, about, &submission, taker).await;
        }
        Judged::Taken(taker, ReplyMode::Delivered) => {
            let (id, known) = store(polls, about, &submission, taker.clone()).await?;
            if known == Some(State::Parked) {
                queue_again(polls, about, id, taker).await?;
            }
            (id, outcome(known))
        }
    };
    // neither body waits for the CRM
    drop((submission, charge));
    delivered(polls, about, id, outcome).await
}

/// What the profiles say to an answer.
async fn judged(
    polls: &Polls,
    about: &About,
    poll: PollId,
    raw: Bytes,
) -> Result<Judged, HttpResponse> {
    let judge = Judge {
        profiles: polls.profiles.current(),
        poll: poll.to_string(),
        bounds: polls.bounds,
        lang: about.lang,
    };
    let judged = polls.memory.compute(raw.len(), move || judge.judge(&raw));
    let judged = judged.await.ok_or_else(|| restarting(about))?;
    judged.map_err(|mistake| no_json(about, &mistake))
}

/// What the profiles say to an answer, worked out from its bytes.
struct Judge {
    profiles: Arc<ProfileSet>,
    poll: String,
    bounds: Bounds,
    lang: Lang,
}

enum Judged {
    NoProfile,
    Rejected { profile: Arc<Profile>, why: String },
    Taken(Taker, ReplyMode),
}

impl Judge {
    fn judge(&self, raw: &[u8]) -> Result<Judged, Mistake> {
        // reading all of it costs more than all the rest that is done here
        let body = if self.profiles.needs_body(SOURCE, &self.poll) {
            json::decode(raw, self.bounds)?.value
        } else {
            Value::Null
        };
        let Some(profile) = self.profiles.for_address(SOURCE, &self.poll, &body) else {
            return Ok(Judged::NoProfile);
        };
        let rejections = profile.rejections(&body);
        Ok(if rejections.is_empty() {
            let route = self.profiles.route(profile.connection());
            let taker = Taker {
                profile: profile.reference().file.clone(),
                route,
            };
            Judged::Taken(taker, profile.reply())
        } else {
            let why = tell_rejections(&rejections, self.lang);
            let profile = Arc::clone(profile);
            Judged::Rejected { profile, why }
        })
    }
}

/// Keeps an answer that no profile takes yet: the sender is told that it is stored, as it is.
async fn capture(polls: &Polls, about: &About, submission: &Submission, room: Room) -> Taken {
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
            .pick(about.lang);
            return Err(about.later(600, why));
        }
        Err(error) => return Err(not_stored(about, &error)),
    };
    let answer = about.answer.map(|answer| answer.to_string());
    let answer = answer.unwrap_or_default();
    Ok(match kept {
        Accepted::New { id } => {
            tracing::info!(
                submission.id = %id, submission.source = %label(submission),
                "submission {id} captured: no profile takes it yet"
            );
            let late = Late {
                inbox: &polls.inbox,
                profiles: &polls.profiles,
                clock: &*polls.clock,
                source: &PollSource,
            };
            late.queue_if_taken(submission).await;
            let message = match about.lang {
                Lang::Ru => format!("Ответ {answer} сохранён и ждёт профиля"),
                Lang::En => format!("Answer {answer} is saved and waits for a profile"),
            };
            ("captured", about.success(&message, &number(about, id)))
        }
        Accepted::Known { id, .. } => {
            let message = registered_before(about);
            ("repeated", about.success(&message, &number(about, id)))
        }
    })
}

/// Keeps a refused answer for history and tells the sender why.
async fn refuse(
    polls: &Polls,
    about: &About,
    submission: &Submission,
    profile: Option<&Profile>,
    why: &str,
) -> Taken {
    let file = profile.map(|profile| profile.reference().file.as_str());
    let kept = polls
        .inbox
        .reject(submission, file, why)
        .await
        .map_err(|error| not_stored(about, &error))?;
    match kept {
        // it was accepted before a profile changed its mind: what was promised stays promised
        Accepted::Known { id, state, .. } if state != State::Rejected => {
            match profile.map(Profile::reply) {
                Some(ReplyMode::Delivered) => delivered(polls, about, id, "repeated").await,
                _ => Ok(("repeated", about.success(&registered_before(about), ""))),
            }
        }
        Accepted::Known { .. } | Accepted::New { .. } => {
            tracing::warn!(
                submission.source = %label(submission),
                "an answer was refused: see the journal, state rejected"
            );
            Err(about.refusal(StatusCode::UNPROCESSABLE_ENTITY, why))
        }
    }
}

async fn accept(polls: &Polls, about: &About, submission: &Submission, taker: Taker) -> Taken {
    let (id, known) = store(polls, about, submission, taker).await?;
    let message = match known {
        None => stored(about, id),
        Some(_) => (registered_before(about), number(about, id)),
    };
    Ok((outcome(known), about.success(&message.0, &message.1)))
}

/// Puts an answer into the inbox; tells where it stood when it was known before.
async fn store(
    polls: &Polls,
    about: &About,
    submission: &Submission,
    taker: Taker,
) -> Result<(SubmissionId, Option<State>), HttpResponse> {
    let accepted = polls
        .inbox
        .accept(submission, Some(taker))
        .await
        .map_err(|error| not_stored(about, &error))?;
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

/// The sender repeats a parked answer and waits for the CRM: it gets another attempt.
async fn queue_again(
    polls: &Polls,
    about: &About,
    id: SubmissionId,
    taker: Taker,
) -> Result<(), HttpResponse> {
    let queued = polls.inbox.queue_again(id, taker, polls.clock.now()).await;
    queued.map(drop).map_err(|error| not_stored(about, &error))
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

/// Waits for the CRM, up to the limit, and answers honestly.
async fn delivered(polls: &Polls, about: &About, id: SubmissionId, outcome: &'static str) -> Taken {
    let state = polls
        .inbox
        .wait_settled(id, polls.delivered_wait)
        .await
        .map_err(|error| not_stored(about, &error))?;
    let lang = about.lang;
    match state {
        Some(State::Delivered | State::Ignored) => {
            let message = match (lang, about.answer) {
                (Lang::Ru, Some(answer)) => {
                    format!("Ответ {answer} успешно сохранён в CRM или был зарегистрирован ранее")
                }
                (Lang::En, Some(answer)) => {
                    format!("Answer {answer} is saved in the CRM or was registered earlier")
                }
                (_, None) => String::new(),
            };
            Ok((outcome, about.success(&message, &number(about, id))))
        }
        Some(_) => {
            let why = Bilingual::new(
                "The answer is kept, but the CRM did not take it: it waits for the gateway's \
                 operator",
                "Ответ принят, но CRM его не взяла: он отложен для оператора шлюза",
            )
            .pick(lang);
            Err(about.refusal(StatusCode::UNPROCESSABLE_ENTITY, why))
        }
        None => {
            let why = Bilingual::new(
                "The answer is kept and still on its way to the CRM; repeat the request later, it \
                 will not be doubled",
                "Ответ принят и ещё передаётся в CRM; повторите запрос позже, дубля не будет",
            )
            .pick(lang);
            Err(about.refusal(StatusCode::ACCEPTED, why))
        }
    }
}

fn stored(about: &About, id: SubmissionId) -> (String, String) {
    let answer = about
        .answer
        .map(|answer| answer.to_string())
        .unwrap_or_default();
    let message = match about.lang {
        Lang::Ru => format!("Ответ {answer} успешно сохранён и передаётся в CRM"),
        Lang::En => format!("Answer {answer} is saved and on its way to the CRM"),
    };
    (message, number(about, id))
}

fn registered_before(about: &About) -> String {
    let answer = about
        .answer
        .map(|answer| answer.to_string())
        .unwrap_or_default();
    match about.lang {
        Lang::Ru => format!("Ответ {answer} был зарегистрирован ранее"),
        Lang::En => format!("Answer {answer} was registered earlier"),
    }
}

fn number(about: &About, id: SubmissionId) -> String {
    match about.lang {
        Lang::Ru => format!("Номер в журнале шлюза: {id}"),
        Lang::En => format!("Number in the gateway's journal: {id}"),
    }
}
