//! Delivers HTTP steps: one request each, or many in one call where the service takes lists. What
//! went out and came back is in the report. Hosts come from the settings only.

mod address;
mod calltouch;
mod judge;
mod look;
mod outgoing;
mod pace;
mod settings;
mod shown;
mod wire;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join_all};
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

pub use self::settings::{CalltouchSettings, HttpSettings, LookSettings, OnUnknown, Preset};
pub use self::shown::ShownRequest;

use self::judge::Judgement;
use self::look::Looked;
use self::outgoing::OutgoingRequest;
use self::pace::Pace;
use self::wire::{Exchange, Wire};
use super::{DestinationClient, Helpers, Job, Outage, Outcome, PauseReason, Report, Verdict};
use crate::domain::event::Call;
use crate::domain::{
    Clock, HttpFailure, HttpStep, ParkReason, StepKind, StepResult, SubmissionId, VerdictReason,
};

/// The name in a step's result of the attempt whose outcome is known.
const ATTEMPT: &str = "attempt";
/// The name of the attempt after which a person has decided to send again.
const ORDERED: &str = "ordered";
/// The most requests of a batch.
const LARGEST_BATCH: usize = 64;

/// An HTTP service as a destination of steps. Share it behind an `Arc`: it keeps its connections
/// open.
pub struct HttpDestination {
    settings: HttpSettings,
    wire: Wire,
    pace: Pace,
    clock: Arc<dyn Clock>,
    /// Until when the service wants no requests.
    throttled: Mutex<Option<Instant>>,
}

impl std::fmt::Debug for HttpDestination {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("HttpDestination")
            .field(&self.settings.name)
            .finish()
    }
}

impl HttpDestination {
    /// Prepares a destination; nothing is sent yet.
    ///
    /// # Errors
    /// If its certificates or its proxy cannot be used, or the machine has no CA certificates.
    pub fn new(settings: HttpSettings, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        Ok(Self {
            wire: Wire::new(&settings)?,
            pace: Pace::new(settings.rate, settings.parallel),
            throttled: Mutex::default(),
            settings,
            clock,
        })
    }

    /// Returns the host of the service, which may be shown.
    pub fn host(&self) -> String {
        address::host(&self.settings.url)
    }

    /// Sends the harmless request that the settings name; Calltouch with a token for reading is
    /// asked for the requests of today. Returns the status, or `None` if there is nothing to ask.
    pub async fn check(&self) -> Result<Option<u16>, HttpFailure> {
        let request = match (&self.settings.check, &self.settings.preset) {
            (Some(path), _) => {
                let url = address::question(&self.settings.url, path)?;
                OutgoingRequest::get(url, &self.settings)
            }
            (None, Preset::Calltouch(calltouch)) if calltouch.read_token.is_some() => {
                self.question_since(calltouch, self.clock.now())
            }
            (None, _) => return Ok(None),
        };
        let exchange = self.exchange(&request).await;
        match exchange.reply {
            Ok(reply) if matches!(reply.status, 401 | 403) => Err(HttpFailure::Denied {
                status: reply.status,
            }),
            Ok(reply) if reply.status >= 500 => Err(judge::status_failure(&reply)),
            Ok(reply) => Ok(Some(reply.status)),
            Err(failed) => Err(failed.into_failure()),
        }
    }

    /// Sends a request when its turn comes.
    async fn exchange(&self, request: &OutgoingRequest) -> Exchange {
        let permit = self.pace.acquire().await;
        let exchange = self.wire.send(request).await;
        drop(permit);
        let name = self.settings.name.clone();
        metrics::counter!("leadgate_http_calls_total", "destination" => name.clone()).increment(1);
        metrics::histogram!("leadgate_http_call_seconds", "destination" => name)
            .record(exchange.duration.as_secs_f64());
        if let Ok(reply) = &exchange.reply
            && let Some(wait) = reply.retry_after()
            && matches!(reply.status, 429 | 503)
        {
            let until = Instant::now() + wait;
            *self.throttled() = Some(until);
        }
        exchange
    }

    fn throttled(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.throttled
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what to do if it is not known whether a request arrived.
    fn on_unknown(&self, method: &Method) -> OnUnknown {
        if let Some(rule) = self.settings.unknown {
            return rule;
        }
        let can_look = match &self.settings.preset {
            Preset::Plain => self.settings.look.is_some(),
            Preset::Calltouch(calltouch) => calltouch.read_token.is_some(),
        };
        let is_safe = [Method::GET, Method::HEAD, Method::PUT, Method::DELETE].contains(method);
        if is_safe || self.settings.idempotency_header.is_some() {
            OnUnknown::Repeat
        } else if can_look {
            OnUnknown::Look
        } else {
            OnUnknown::Park
        }
    }

    /// Returns the verdict for a request whose outcome is not known.
    fn unknown(&self, job: &Job, rule: OnUnknown, failure: HttpFailure) -> Verdict {
        let is_last = self
            .settings
            .retries
            .is_some_and(|most| job.step_attempt > most);
        if rule == OnUnknown::Park || is_last {
            let failure = Box::new(failure);
            let text = match rule {
                OnUnknown::Park => HttpFailure::OutcomeUnknown(failure),
                OnUnknown::Repeat | OnUnknown::Look => HttpFailure::RetriesUsedUp(failure),
            };
            return park(ParkReason::OutcomeUnknown, text);
        }
        Verdict::Retry {
            why: VerdictReason::Http(Box::new(failure)),
            uncertain: true,
            pause: Some(PauseReason::Unanswered),
            wait: None,
        }
    }

    /// Returns whether an earlier attempt may have sent the request.
    fn is_uncertain(job: &Job) -> bool {
        job.uncertain && !follows(job, ATTEMPT)
    }

    /// Delivers one step with a request of its own.
    async fn deliver_one(&self, job: &Job) -> Report {
        let StepKind::Http(step) = &job.step.kind else {
            return misdirected(job);
        };
        let request = match outgoing::request(job, step, &self.settings) {
            Ok(request) => request,
            Err(failure) => return Report::unsent(park(ParkReason::MappingFailed, failure)),
        };
        let rule = self.on_unknown(&request.method);
        let mut calls = Vec::new();
        if Self::is_uncertain(job) {
            match self.before_repeat(job, rule).await {
                Repeat::Send(looked) => calls = looked,
                Repeat::Not(report) => return *report,
            }
        }
        let exchange = self.exchange(&request).await;
        let judgement = judge::judge(step, &exchange);
        calls.push(call(&request, &exchange, judgement.failure()));
        self.report(job, step, judgement, calls)
    }

    /// Decides whether a request that may have arrived before is sent again.
    async fn before_repeat(&self, job: &Job, rule: OnUnknown) -> Repeat {
        match rule {
            OnUnknown::Repeat => Repeat::Send(Vec::new()),
            OnUnknown::Park | OnUnknown::Look if ordered(job, rule) => Repeat::Send(Vec::new()),
            OnUnknown::Park => {
                let verdict = self.unknown(job, rule, HttpFailure::Interrupted);
                Repeat::Not(Box::new(Report::unsent(verdict)))
            }
            OnUnknown::Look => {
                let (looked, calls) = self.look(job).await;
                match after_look(job, looked) {
                    Some(report) => Repeat::Not(Box::new(Report { calls, ..report })),
                    None => Repeat::Send(calls),
                }
            }
        }
    }

    /// Returns the report of a step after its request.
    fn report(&self, job: &Job, step: &HttpStep, judgement: Judgement, calls: Vec<Call>) -> Report {
        let method = Method::from_bytes(step.method().as_bytes());
        let rule = self.on_unknown(&method.unwrap_or(Method::POST));
        let mut wrote = true;
        let mut values = Vec::new();
        let verdict = match judgement {
            Judgement::Success(reply) => {
                values = judge::saved(step, &reply);
                Verdict::Done
            }
            Judgement::Refused(failure) => {
                values.extend(calltouch::imported_before(job));
                park(ParkReason::RefusedByService, failure)
            }
            Judgement::NotDone { failure, pause } => {
                // whoever ordered the repeat has decided that earlier requests do not matter
                let is_settled = !Self::is_uncertain(job) || ordered(job, rule);
                wrote = is_settled && job.uncertain;
                values = kept(job);
                Verdict::Retry {
                    why: VerdictReason::Http(Box::new(failure)),
                    uncertain: !is_settled,
                    pause: Some(pause),
                    wait: None,
                }
            }
            Judgement::Unknown(failure) => {
                return Report {
                    verdict: self.unknown(job, rule, failure),
                    result: StepResult::default(),
                    wrote: true,
                    explanation: Vec::new(),
                    calls,
                };
            }
        };
        Report {
            verdict,
            result: result(job, values),
            wrote,
            explanation: Vec::new(),
            calls,
        }
    }
}

impl DestinationClient for HttpDestination {
    fn calls(&self) -> Option<(usize, usize)> {
        Some(self.pace.calls())
    }

    fn deliver<'a>(&'a self, jobs: &'a [Job], _: Helpers<'a>) -> BoxFuture<'a, Vec<Outcome>> {
        async move {
            let reports = match &self.settings.preset {
                Preset::Plain => join_all(jobs.iter().map(|job| self.deliver_one(job))).await,
                Preset::Calltouch(calltouch) => self.deliver_rows(calltouch, jobs).await,
            };
            reports.into_iter().map(Ok).collect()
        }
        .boxed()
    }

    fn check_health(&self) -> BoxFuture<'_, Result<(), Outage>> {
        async move {
            if self.throttled().is_some_and(|until| Instant::now() < until) {
                return Err(Outage {
                    reason: PauseReason::Throttled,
                    error: "Retry-After is not over".to_owned(),
                });
            }
            if !self.is_asked() {
                return Ok(());
            }
            self.check().await.map(|_| ()).map_err(|failure| Outage {
                reason: match failure {
                    HttpFailure::Unreachable(_) => PauseReason::Unreachable,
                    HttpFailure::Denied { .. } => PauseReason::Denied,
                    HttpFailure::Throttled { .. } => PauseReason::Throttled,
                    _ => PauseReason::Unanswered,
                },
                error: failure.to_string(),
            })
        }
        .boxed()
    }

    fn is_asked(&self) -> bool {
        self.settings.check.is_some()
    }

    fn lane_group(&self) -> String {
        format!("http {}", self.settings.name)
    }

    fn largest_batch(&self) -> usize {
        match &self.settings.preset {
            Preset::Calltouch(_) => calltouch::LARGEST_CALL,
            Preset::Plain => {
                let parallel = self.settings.parallel.clamp(1, LARGEST_BATCH);
                self.pace.within(Duration::from_secs(2)).clamp(1, parallel)
            }
        }
    }

    fn noun(&self) -> &'static str {
        "the service"
    }
}

/// Returns what would be sent for a step, as far as it may be shown. Values of earlier steps are
/// those of the profile.
pub fn preview(
    step: &HttpStep,
    (id, name): (SubmissionId, &str),
    received_at: Timestamp,
    settings: &HttpSettings,
) -> ShownRequest {
    match &settings.preset {
        Preset::Plain => shown::of_step(step, (id, name), settings),
        Preset::Calltouch(calltouch) => {
            let step = calltouch::as_sent(step, id, received_at, calltouch);
            shown::of_step(&step, (id, name), settings)
        }
    }
}

/// Whether a request that may have arrived is sent again.
enum Repeat {
    /// It is, after these calls.
    Send(Vec<Call>),
    /// It is not.
    Not(Box<Report>),
}

/// Returns the report of a step that was looked for; `None` if it is to be sent.
fn after_look(job: &Job, looked: Looked) -> Option<Report> {
    let verdict = match looked {
        Looked::There => Verdict::Done,
        Looked::NotThere => return None,
        Looked::Failed { failure, pause } => Verdict::Retry {
            why: VerdictReason::Http(Box::new(HttpFailure::NotFoundOut(Box::new(failure)))),
            uncertain: true,
            pause: Some(pause),
            wait: None,
        },
    };
    let is_done = verdict == Verdict::Done;
    let known = is_done.then(|| result(job, Vec::new()));
    Some(Report {
        result: known.unwrap_or_default(),
        wrote: is_done,
        ..Report::unsent(verdict)
    })
}

/// Returns whether the attempt before this one is the one that the step's result names.
fn follows(job: &Job, name: &str) -> bool {
    let named = job.made.get(name).and_then(Value::as_u64);
    named.is_some_and(|named| named + 1 == u64::from(job.attempt))
}

/// Returns whether a person has decided to send the step again: after it was parked because its
/// outcome was unknown, or although it was done.
fn ordered(job: &Job, rule: OnUnknown) -> bool {
    let was_done = job.made.get("status").is_some();
    // a step after the first repeated one begins later
    let is_first = job.step_attempt == 1 && job.made.get(ORDERED).is_some();
    (follows(job, ORDERED) || is_first) && (rule == OnUnknown::Park || was_done)
}

/// Returns the result of a step whose outcome is known.
fn result(job: &Job, values: Vec<(String, Value)>) -> StepResult {
    let attempt = (ATTEMPT.to_owned(), json!(job.attempt));
    values.into_iter().chain([attempt]).collect()
}

/// Returns what earlier attempts have made of a step, without the order to send it again.
fn kept(job: &Job) -> Vec<(String, Value)> {
    let made = job.made.iter();
    let made = made.filter(|(name, _)| ![ATTEMPT, ORDERED].contains(name));
    made.map(|(name, value)| (name.to_owned(), value.clone()))
        .collect()
}

fn park(reason: ParkReason, failure: HttpFailure) -> Verdict {
    Verdict::Park {
        reason,
        text: VerdictReason::Http(Box::new(failure)),
    }
}

/// Returns the report of a step of another kind.
fn misdirected(job: &Job) -> Report {
    let what = "a step that is not for an HTTP service was sent to one";
    Report::unsent(Verdict::misdirected(job, what))
}

/// Returns an exchange as an event.
fn call(request: &OutgoingRequest, exchange: &Exchange, failure: Option<&HttpFailure>) -> Call {
    let answer = match &exchange.reply {
        Ok(reply) => json!({ "body": reply.shown() }),
        Err(_) => json!({}),
    };
    Call {
        method: request.shown_address(),
        params: request.shown.to_json(),
        status: exchange.status(),
        answer: match failure {
            Some(failure) => Call::with_http_failure(answer, failure),
            None => answer,
        },
        duration_ms: u64::try_from(exchange.duration.as_millis()).unwrap_or(u64::MAX),
        commands: request.rows,
    }
}
