//! The survey portal: `postPoll` registers a poll, `postAnswer` stores an answer as a submission.
//! The contract is the portal's ("Опросы (новые) · интеграция с CRM", part III).

mod answer;
mod employee;
mod packet;
mod poll;
mod reply;
mod source;

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use tokio_util::sync::CancellationToken;

pub(super) use source::EXAMPLE_ANSWER;
pub use source::PollSource;

use self::employee::Employees;
use self::reply::{ReplyContext, Subject};
use super::access::AllowList;
use super::body::{self, BodyError};
use super::memory::{Charge, Memory};
use super::refused::{self, RefusedLog};
use super::{BadSource, IntakeParts, IntakeSource as _};
use crate::cache::PollRegistry;
use crate::config::WithoutProfile;
use crate::domain::json::{Bounds, Mistake, MistakeKind};
use crate::domain::partial_json::{Kept, read_partial};
use crate::domain::{Bilingual, Clock, Lang, Repairs, plural};
use crate::inbox::{Inbox, Room};
use crate::profiles::ProfileStore;
use crate::store::StoreError;

/// The parts that both requests need.
struct Polls {
    /// The networks that may send.
    access: AllowList,
    /// The longest body, in bytes.
    body_limit: usize,
    /// How much of a body is read.
    bounds: Bounds,
    /// The memory that bodies are charged to.
    memory: Arc<Memory>,
    /// How long a body may take to arrive.
    patience: Duration,
    /// How long a sender waits for the delivery.
    delivered_wait: Duration,
    /// The queue that stores submissions.
    inbox: Inbox,
    /// The registered polls.
    registry: PollRegistry,
    /// The profiles.
    profiles: Arc<ProfileStore>,
    /// The employees who may connect polls.
    employees: Employees,
    /// The limits of the quarantine; `None` rejects polls without a profile.
    capture: Option<Room>,
    /// The log of refused requests.
    refused: RefusedLog,
    /// The current time.
    clock: Arc<dyn Clock>,
    /// Cancelled when the gateway accepts no more requests.
    draining: CancellationToken,
}

impl Polls {
    fn new(parts: &IntakeParts<'_>) -> Result<Self, BadSource> {
        let settings = parts.settings;
        Ok(Self {
            access: AllowList {
                allowed: settings.polls.allowed_addresses.clone(),
                trusted_proxies: settings.server.trusted_proxies.clone(),
            },
            body_limit: settings.server.body_limit,
            bounds: PollSource.bounds(settings),
            memory: Arc::clone(parts.memory),
            patience: settings.server.request_timeout,
            delivered_wait: settings.polls.delivered_wait,
            inbox: parts.inbox.clone(),
            registry: parts.registry.clone(),
            profiles: Arc::clone(parts.profiles),
            capture: match settings.polls.without_profile {
                WithoutProfile::Reject => None,
                WithoutProfile::Capture => Some(Room {
                    most: settings.polls.captured_most,
                    bytes: u64::MAX,
                }),
            },
            employees: Employees::new(&settings.polls.employees, parts.connections)?,
            refused: parts.refused.clone(),
            clock: Arc::clone(parts.clock),
            draining: parts.draining.clone(),
        })
    }
}

/// The names of the two requests: the last part of their addresses.
const METHODS: [&str; 2] = ["postPoll", "postAnswer"];

/// Registers the two addresses below `base_path`.
fn configure(config: &mut web::ServiceConfig, base_path: &str, polls: web::Data<Polls>) {
    // senders choose the rest of such a path, so it may contain a secret
    let elsewhere = format!("{base_path}/…");
    config.service(
        web::scope(base_path)
            .app_data(polls)
            .service(
                web::resource("/postPoll")
                    .route(web::post().to(poll::post_poll))
                    .default_service(web::to(
                        async |polls: web::Data<Polls>, request: HttpRequest| {
                            wrong_method(Subject::Poll, &polls, &request)
                        },
                    )),
            )
            .service(
                web::resource("/postAnswer")
                    .route(web::post().to(answer::post_answer))
                    .default_service(web::to(
                        async |polls: web::Data<Polls>, request: HttpRequest| {
                            wrong_method(Subject::Answer, &polls, &request)
                        },
                    )),
            )
            .default_service(web::to(
                move |polls: web::Data<Polls>, request: HttpRequest| {
                    let response = no_such_address(&polls, &request, &elsewhere);
                    async move { response }
                },
            )),
    );
}

/// A request that was read: its bytes, and the keys that intake needs.
struct Received<'p> {
    raw: Bytes,
    body: Kept,
    repairs: Repairs,
    charge: Charge<'p>,
}

/// Reads a request, or returns the refusal.
async fn receive<'p>(
    polls: &'p Polls,
    request: &HttpRequest,
    payload: web::Payload,
    context: &mut ReplyContext,
) -> Result<Received<'p>, HttpResponse> {
    let lang = context.lang;
    if polls.draining.is_cancelled() {
        return Err(restarting(context));
    }
    if !polls.access.admits(request.peer_addr(), request.headers()) {
        let why = Bilingual::new(
            "Requests from this address are not accepted; ask the gateway's administrator to allow it",
            "С этого адреса запросы не принимаются; попросите администратора шлюза внести его в \
             список",
        )
        .pick(lang);
        let mut refusal = context.refusal(StatusCode::FORBIDDEN, why);
        refusal.extensions_mut().insert(OfAddress);
        return Err(refusal);
    }
    if !body::is_json(request.headers()) {
        let why = Bilingual::new(
            "Content-Type: application/json is required, with the body in UTF-8 and not compressed",
            "Нужен заголовок Content-Type: application/json, тело в UTF-8 без сжатия",
        )
        .pick(lang);
        return Err(context.refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, why));
    }
    let reading = body::Reading {
        limit: polls.body_limit,
        patience: polls.patience,
        memory: &polls.memory,
    };
    let (raw, charge) = body::read(request, payload, reading)
        .await
        .map_err(|error| unreadable(context, error))?;
    let (bytes, bounds) = (raw.clone(), polls.bounds);
    let read = polls.memory.compute(raw.len(), move || {
        read_partial(&packet::unwrapped(&bytes), bounds, packet::ASKED)
    });
    match read.await.ok_or_else(|| restarting(context))? {
        Ok(read) => {
            (context.poll, context.answer) = packet::ids(&read.kept);
            let repairs = read.repairs;
            if repairs.markdown {
                tracing::info!("a body had Markdown's backslashes; it was read without them");
            }
            if repairs.cut_characters {
                tracing::info!("a body had cut characters; they were read as U+FFFD");
            }
            Ok(Received {
                raw,
                body: read.kept,
                repairs,
                charge,
            })
        }
        Err(mistake) => {
            refused::keep_body(request, raw);
            Err(no_json(context, &mistake))
        }
    }
}

fn restarting(context: &ReplyContext) -> HttpResponse {
    let why = Bilingual::new(
        "The gateway is restarting, try again",
        "Шлюз перезапускается, повторите",
    )
    .pick(context.lang);
    context.later(5, why)
}

fn no_json(context: &ReplyContext, mistake: &Mistake) -> HttpResponse {
    let text = mistake.to_text(context.lang);
    let why = match context.lang {
        Lang::Ru => format!("Тело запроса не читается: {text}"),
        Lang::En => format!("The body cannot be read: {text}"),
    };
    let status = match mistake.kind {
        MistakeKind::TooMany(_) => StatusCode::PAYLOAD_TOO_LARGE,
        _ => StatusCode::BAD_REQUEST,
    };
    context.refusal(status, &why)
}

fn unreadable(context: &ReplyContext, error: BodyError) -> HttpResponse {
    let (status, why) = match (error, context.lang) {
        (BodyError::Crowded, lang) => {
            let why = Bilingual::new(
                "The gateway is receiving too much data, try again later",
                "Шлюз сейчас принимает слишком много данных, повторите позже",
            )
            .pick(lang);
            return context.later(5, why);
        }
        (BodyError::TooLong(limit), Lang::Ru) => (
            StatusCode::PAYLOAD_TOO_LARGE,
            format!(
                "Тело запроса длиннее {limit} {}",
                plural::genitive(limit, ["байта", "байт"])
            ),
        ),
        (BodyError::TooLong(limit), Lang::En) => (
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("The body is longer than {limit} bytes"),
        ),
        (BodyError::TooSlow(patience), Lang::Ru) => (
            StatusCode::REQUEST_TIMEOUT,
            format!("Тело запроса не пришло за {} с", patience.as_secs()),
        ),
        (BodyError::TooSlow(patience), Lang::En) => (
            StatusCode::REQUEST_TIMEOUT,
            format!("The body did not arrive within {} s", patience.as_secs()),
        ),
        (BodyError::Broken, Lang::Ru) => (
            StatusCode::BAD_REQUEST,
            "Тело запроса оборвалось".to_owned(),
        ),
        (BodyError::Broken, Lang::En) => (
            StatusCode::BAD_REQUEST,
            "The connection broke before the end of the body".to_owned(),
        ),
    };
    context.refusal(status, &why)
}

/// Returns the reply to a failed write. Nothing was stored, so the portal may repeat the request.
fn not_stored(context: &ReplyContext, error: &StoreError) -> HttpResponse {
    if error.is_passing() {
        tracing::warn!(error = %error, "a request was answered 503");
    } else {
        tracing::error!(error = %error, "a request was answered 503");
    }
    context.later(
        5,
        Bilingual::new(
            "The gateway's storage is temporarily unavailable, try again later",
            "Хранилище шлюза сейчас не принимает записи, повторите позже",
        )
        .pick(context.lang),
    )
}

fn wrong_method(subject: Subject, polls: &Polls, request: &HttpRequest) -> HttpResponse {
    let context = ReplyContext {
        subject,
        ..ReplyContext::default()
    };
    let response = context.wrong_method();
    note(polls, request, subject, &response);
    response
}

/// Marks a refusal of the sender's address. Other refusals with status 403 are about the employee.
struct OfAddress;

/// Logs a refusal that the journal has no submission of.
fn note(polls: &Polls, request: &HttpRequest, subject: Subject, response: &HttpResponse) {
    let is_of_address = response.extensions().get::<OfAddress>().is_some();
    let code = match response.status().as_u16() {
        400 => "unreadable",
        403 if is_of_address => "address",
        403 => "employee",
        404 => "no-such-address",
        405 => "method",
        408 => "too-slow",
        413 => "too-long",
        415 => "unknown-format",
        422 => "no-profile",
        503 => "unavailable",
        _ => "refused",
    };
    let refusal = refused::Refusal {
        source: match subject {
            Subject::Poll => "polls/postPoll",
            Subject::Answer => "polls/postAnswer",
        },
        status: response.status().as_u16(),
        code,
    };
    polls.refused.note(request, &refusal);
}

fn no_such_address(polls: &Polls, request: &HttpRequest, source: &str) -> HttpResponse {
    let why = "Такого адреса нет: есть …/postPoll и …/postAnswer / \
               No such address: there are …/postPoll and …/postAnswer";
    let response = ReplyContext::default().refusal(StatusCode::NOT_FOUND, why);
    let refusal = refused::Refusal {
        source,
        status: response.status().as_u16(),
        code: "no-such-address",
    };
    polls.refused.note(request, &refusal);
    response
}
