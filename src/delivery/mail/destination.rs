//! The mail server as a destination of steps.
//!
//! A letter whose confirmation was lost is sent again with the same `Message-ID`: mail servers and
//! mail programs recognise it, and a letter that comes twice does less harm than one that never
//! comes.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::compose::{self, Composed, letter_id};
use super::{Letter, MailError, Mailer, ServerReply, ShownLetter};
use crate::delivery::{
    DestinationClient, Helpers, Job, Outage, Outcome, PauseReason, Report, Verdict,
};
use crate::domain::event::Call;
use crate::domain::{
    Clock, MailCause, MailFailure, ParkReason, StepKind, StepResult, VerdictReason,
};

/// The letters of one batch share a connection.
const LARGEST_BATCH: usize = 20;

/// The name in a step's result of how often it was sent: more than once if a person asks for it.
const SENT: &str = "sent";
/// The name in a step's result of the letter's `Message-ID`.
const MESSAGE_ID: &str = "message_id";

/// The mail server of the settings.
pub struct MailDestination {
    mailer: Arc<Mailer>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for MailDestination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.mailer.fmt(f)
    }
}

impl MailDestination {
    /// Sends the letters of steps through this server.
    pub fn new(mailer: Arc<Mailer>, clock: Arc<dyn Clock>) -> Self {
        Self { mailer, clock }
    }

    async fn send(&self, jobs: &[Job]) -> Vec<Report> {
        let limit = self.mailer.letter_limit();
        let letters: Vec<Result<Composed, Verdict>> =
            jobs.iter().map(|job| letter_of(job, limit)).collect();
        let ready = letters.iter().flatten().map(|one| one.letter.clone());
        let ready: Vec<Letter> = ready.collect();
        let began = Instant::now();
        let sent = self.mailer.send(&ready, self.clock.now()).await;
        let duration = began.elapsed() / u32::try_from(ready.len().max(1)).unwrap_or(1);
        let duration = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let mut sent = sent.into_iter();
        jobs.iter()
            .zip(letters)
            .map(|(job, letter)| match letter {
                Err(verdict) => Report::unsent(verdict),
                Ok(composed) => {
                    let lost = || MailError::Unconfirmed(MailCause::Words("no outcome".into()));
                    let outcome = sent.next().unwrap_or_else(|| Err(lost()));
                    self.report(job, composed, outcome, duration)
                }
            })
            .collect()
    }

    fn report(
        &self,
        job: &Job,
        composed: Composed,
        outcome: Result<ServerReply, MailError>,
        duration_ms: u64,
    ) -> Report {
        let Composed { letter, left_out } = composed;
        let call = self.call(&letter, &outcome, duration_ms);
        let wrote = matches!(outcome, Ok(_) | Err(MailError::Unconfirmed(_)));
        let times = sent_before(job) + u64::from(outcome.is_ok());
        let mut result = vec![(SENT.to_owned(), json!(times))];
        if outcome.is_ok() {
            let id = letter.message_id(self.mailer.from());
            result.push((MESSAGE_ID.to_owned(), json!(id)));
        }
        Report {
            verdict: match outcome {
                Ok(_) => Verdict::Done,
                Err(error) => verdict(&error, job),
            },
            result: result.into_iter().collect::<StepResult>(),
            wrote,
            explanation: left_out,
            calls: vec![call],
        }
    }

    fn call(
        &self,
        letter: &Letter,
        outcome: &Result<ServerReply, MailError>,
        duration_ms: u64,
    ) -> Call {
        let answer = match outcome {
            Ok(reply) => json!({ "words": reply.words() }),
            Err(error) => json!({
                "error": error.to_string(), "words": error.words().unwrap_or_default(),
            }),
        };
        Call {
            method: format!("SMTP {}", self.mailer.address()),
            params: ShownLetter::of(letter, self.mailer.from()).to_json(),
            status: None,
            answer,
            duration_ms,
            commands: 1,
        }
    }
}

/// Returns how often a person has had the letter sent before.
fn sent_before(job: &Job) -> u64 {
    job.made.get(SENT).and_then(Value::as_u64).unwrap_or(0)
}

fn letter_of(job: &Job, limit: u64) -> Result<Composed, Verdict> {
    let StepKind::Mail(step) = &job.step.kind else {
        let what = "a step that is not a mail was sent to the mail server";
        return Err(Verdict::misdirected(job, what));
    };
    let id = match sent_before(job) {
        0 => letter_id(job.id, &job.step.name),
        // a person wants it once more: with the same id it would be taken for a repeat
        times => format!("{}.{}", letter_id(job.id, &job.step.name), times + 1),
    };
    compose::letter(id, step, job, limit).map_err(|failure| {
        let reason = match failure {
            MailFailure::NoAddress { .. } => ParkReason::MissingValue,
            _ => ParkReason::MappingFailed,
        };
        park(reason, failure)
    })
}

fn park(reason: ParkReason, failure: MailFailure) -> Verdict {
    Verdict::Park {
        reason,
        text: VerdictReason::Mail(Box::new(failure)),
    }
}

/// Returns what becomes of a letter that was not confirmed.
fn verdict(error: &MailError, job: &Job) -> Verdict {
    let failure = error.failure();
    let (uncertain, pause) = match error {
        MailError::Refused(_) => return park(ParkReason::RefusedByService, failure),
        MailError::Unwritable(_) => return park(ParkReason::MappingFailed, failure),
        MailError::Unreachable(_) => (job.uncertain, Some(PauseReason::Unreachable)),
        MailError::Denied(_) => (job.uncertain, Some(PauseReason::Denied)),
        // a greylist or a full mailbox is about this letter only
        MailError::Deferred(reply) => {
            let is_busy = reply.code == 421;
            (job.uncertain, is_busy.then_some(PauseReason::Throttled))
        }
        MailError::Unconfirmed(_) => (true, Some(PauseReason::Unanswered)),
    };
    Verdict::Retry {
        why: VerdictReason::Mail(Box::new(failure)),
        uncertain,
        pause,
        wait: None,
    }
}

impl DestinationClient for MailDestination {
    fn deliver<'a>(&'a self, jobs: &'a [Job], _: Helpers<'a>) -> BoxFuture<'a, Vec<Outcome>> {
        let reports = self.send(jobs);
        async move { reports.await.into_iter().map(Ok).collect() }.boxed()
    }

    fn check_health(&self) -> BoxFuture<'_, Result<(), Outage>> {
        async move {
            self.mailer.check().await.map_err(|error| Outage {
                reason: match error {
                    MailError::Denied(_) => PauseReason::Denied,
                    MailError::Deferred(_) => PauseReason::Throttled,
                    _ => PauseReason::Unreachable,
                },
                error: error.to_string(),
            })
        }
        .boxed()
    }

    fn lane_group(&self) -> String {
        format!("mail {}", self.mailer.address())
    }

    fn largest_batch(&self) -> usize {
        LARGEST_BATCH
    }

    fn noun(&self) -> &'static str {
        "the mail server"
    }
}
