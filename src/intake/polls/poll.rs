//! `postPoll`: registers a poll.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

use super::employee::Refused;
use super::packet::{self, PollPacket};
use super::reply::{ReplyContext, Subject};
use super::source::SOURCE;
use super::{Polls, not_stored, note, receive};
use crate::domain::{Activation, Lang, Poll, PollId};
use crate::intake::refused;

pub(super) async fn post_poll(
    polls: web::Data<Polls>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let mut context = ReplyContext {
        subject: Subject::Poll,
        ..ReplyContext::default()
    };
    match register(&polls, &request, payload, &mut context).await {
        Ok(poll) => {
            if has_profile(&polls, poll.id) {
                success(&context, &poll)
            } else {
                waiting(&context, &poll)
            }
        }
        Err(refusal) => {
            note(&polls, &request, Subject::Poll, &refusal);
            refusal
        }
    }
}

async fn register(
    polls: &Polls,
    request: &HttpRequest,
    payload: web::Payload,
    context: &mut ReplyContext,
) -> Result<Poll, HttpResponse> {
    let received = receive(polls, request, payload, context).await?;
    context.lang = packet::language(&received.body).unwrap_or_default();
    let packet = packet::poll(&received.body).map_err(|flaw| {
        refused::keep_body(request, received.raw.clone());
        context.refusal(StatusCode::BAD_REQUEST, &flaw.to_text(context.lang))
    })?;
    let PollPacket {
        id,
        name,
        language,
        employee,
        no_address,
    } = packet;
    let checked = polls.employees.check(employee.as_ref(), no_address);
    checked.await.map_err(|refused| {
        let why = refused.to_text(employee.as_ref(), language);
        let reason = refused.for_log();
        tracing::warn!(poll.id = %id, "poll {id} was not connected: {reason}");
        match refused {
            Refused::NoAnswer(_) => context.later(30, &why),
            Refused::Nobody
            | Refused::NoAddress(_)
            | Refused::Unlisted
            | Refused::Unknown
            | Refused::WrongDepartment => context.refusal(StatusCode::FORBIDDEN, &why),
        }
    })?;
    if !has_profile(polls, id) && polls.capture.is_none() {
        tracing::warn!(poll.id = %id, "poll {id} was not connected: no profile takes it");
        return Err(context.refusal(
            StatusCode::UNPROCESSABLE_ENTITY,
            &no_profile(id, context.lang),
        ));
    }
    let at = polls.clock.now();
    let poll = polls
        .registry
        .register(Activation {
            id,
            name,
            language,
            employee,
            at,
        })
        .await
        .map_err(|error| not_stored(context, &error))?;
    tracing::info!(poll.id = %id, poll.activations = poll.activations, "poll {id} connected");
    Ok(poll)
}

fn has_profile(polls: &Polls, poll: PollId) -> bool {
    let profiles = polls.profiles.current();
    profiles.may_take(SOURCE, &poll.to_string())
}

/// Replies that the poll is connected and its answers wait for a profile.
fn waiting(context: &ReplyContext, poll: &Poll) -> HttpResponse {
    let id = poll.id;
    let description = match context.lang {
        Lang::Ru => format!(
            "Опрос подключён. Профиля для него ещё нет: ответы сохраняются и уйдут в CRM, когда он \
             появится (leadgate draft {id})"
        ),
        Lang::En => format!(
            "The poll is connected. It has no profile yet: answers are kept and go to the CRM when \
             there is one (leadgate draft {id})"
        ),
    };
    context.success(&connected(context, poll), &description)
}

fn connected(context: &ReplyContext, poll: &Poll) -> String {
    let id = poll.id;
    match context.lang {
        Lang::Ru => {
            format!("Связанная опросная форма для ID {id} создана в CRM или уже существует")
        }
        Lang::En => format!("The form linked to poll {id} was created or exists already"),
    }
}

fn success(context: &ReplyContext, poll: &Poll) -> HttpResponse {
    let description = match (context.lang, poll.activations) {
        (Lang::Ru, 1) => "Опрос подключён, ответы принимаются".to_owned(),
        (Lang::En, 1) => "The poll is connected, answers are accepted".to_owned(),
        (Lang::Ru, n) => format!("Опрос подключён повторно ({n}-й раз), ответы принимаются"),
        (Lang::En, n) => {
            format!("The poll is connected again ({n} times so far), answers are accepted")
        }
    };
    context.success(&connected(context, poll), &description)
}

/// Returns what to do about a poll without a profile.
pub(super) fn no_profile(id: PollId, lang: Lang) -> String {
    match lang {
        Lang::Ru => format!(
            "Для опроса {id} нет профиля: создайте в папке mappings файл с `receive: {{ polls: [{id}] }}` \
             или профиль по умолчанию (`receive: {{ default: true }}`)"
        ),
        Lang::En => format!(
            "No profile takes poll {id}: create a file in the folder mappings with \
             `receive: {{ polls: [{id}] }}`, or a default profile (`receive: {{ default: true }}`)"
        ),
    }
}
