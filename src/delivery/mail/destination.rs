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

use super::{Attachment, Letter, MailError, Mailer, ShownLetter};
use crate::delivery::{
    DestinationClient, Helpers, Job, Outage, Outcome, PauseReason, Report, Verdict,
};
use crate::domain::event::Call;
use crate::domain::file::AttachedFiles;
use crate::domain::{
    Clock, Email, Explanation, FileExplanation, FileOutcome, MailCause, MailFailure, MailStep,
    ParkReason, StepKind, StepResult, StepText, SubmissionId, VerdictReason,
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
        let letters: Vec<Result<Letter, Verdict>> = jobs.iter().map(letter_of).collect();
        let ready: Vec<Letter> = letters.iter().flatten().cloned().collect();
        let began = Instant::now();
        let sent = self.mailer.send(&ready, self.clock.now()).await;
        let duration = began.elapsed() / u32::try_from(ready.len().max(1)).unwrap_or(1);
        let duration = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let mut sent = sent.into_iter();
        jobs.iter()
            .zip(letters)
            .map(|(job, letter)| match letter {
                Err(verdict) => unsent(verdict),
                Ok(letter) => {
                    let lost = || MailError::Unconfirmed(MailCause::Words("no outcome".into()));
                    let outcome = sent.next().unwrap_or_else(|| Err(lost()));
                    let call = self.call(&letter, &outcome, duration);
                    self.report(job, &letter, outcome, call)
                }
            })
            .collect()
    }

    fn report(
        &self,
        job: &Job,
        letter: &Letter,
        outcome: Result<(), MailError>,
        call: Call,
    ) -> Report {
        let wrote = matches!(outcome, Ok(()) | Err(MailError::Unconfirmed(_)));
        let times = sent_before(job) + u64::from(outcome.is_ok());
        let mut result = vec![(SENT.to_owned(), json!(times))];
        if outcome.is_ok() {
            let id = letter.message_id(self.mailer.from());
            result.push((MESSAGE_ID.to_owned(), json!(id)));
        }
        Report {
            verdict: match outcome {
                Ok(()) => Verdict::Done,
                Err(error) => verdict(&error, job),
            },
            result: result.into_iter().collect::<StepResult>(),
            wrote,
            explanation: left_out(job),
            calls: vec![call],
        }
    }

    fn call(&self, letter: &Letter, outcome: &Result<(), MailError>, duration_ms: u64) -> Call {
        let answer = match outcome {
            Ok(()) => json!({}),
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

fn letter_of(job: &Job) -> Result<Letter, Verdict> {
    let StepKind::Mail(step) = &job.step.kind else {
        tracing::error!(
            submission.id = %job.id, step = job.step.name,
            "a bug in leadgate: a step that is not a mail was sent to the mail server; please report it"
        );
        return Err(Verdict::Park {
            reason: ParkReason::InternalFault,
            text: VerdictReason::Fault,
        });
    };
    let id = match sent_before(job) {
        0 => letter_id(job.id, &job.step.name),
        // a person wants it once more: with the same id it would be taken for a repeat
        times => format!("{}.{}", letter_id(job.id, &job.step.name), times + 1),
    };
    letter(id, step, &job.files).map_err(|failure| park(ParkReason::MissingValue, failure))
}

/// Returns the id of a letter: the same for every attempt.
pub fn letter_id(submission: SubmissionId, step: &str) -> String {
    format!("{submission}.{step}")
}

/// Returns the letter of a step in which everything is filled in. Files without a content are left
/// out.
fn letter(id: String, step: &MailStep, files: &AttachedFiles) -> Result<Letter, MailFailure> {
    let no_address = |key: &str| MailFailure::NoAddress {
        key: key.to_owned(),
    };
    let address = |key: &str, text: &StepText| {
        let email = Email::parse(text.shown());
        email.ok_or_else(|| no_address(key))
    };
    let mut to: Vec<Email> = Vec::with_capacity(step.to.len());
    for text in &step.to {
        let email = address("to", text)?;
        // two fields of a form may have the same address
        if !to.contains(&email) {
            to.push(email);
        }
    }
    if to.is_empty() {
        return Err(no_address("to"));
    }
    let reply_to = step.reply_to.as_ref();
    let text = |text: &StepText| text.shown().to_owned();
    let attachments = step.files.iter().filter_map(|file| {
        Some(Attachment {
            name: file.name.as_str().to_owned(),
            media_type: file.kind.clone(),
            content: files.get(&file.place).ok()?.clone(),
        })
    });
    Ok(Letter {
        id,
        to,
        reply_to: reply_to.map(|text| address("reply_to", text)).transpose()?,
        subject: text(&step.subject),
        text: step.text.as_ref().map(text).unwrap_or_default(),
        html: step.html.as_ref().map(text),
        attachments: attachments.collect(),
    })
}

/// Explains which files do not go with a letter.
fn left_out(job: &Job) -> Vec<Explanation> {
    let StepKind::Mail(step) = &job.step.kind else {
        return Vec::new();
    };
    let missing = step.files.iter().filter_map(|file| {
        let fault = job.files.get(&file.place).err()?;
        Some(Explanation::File(FileExplanation {
            field: format!("{}.files", job.step.name),
            place: file.place.clone(),
            what: FileOutcome::LeftOut(fault),
        }))
    });
    missing.collect()
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

fn unsent(verdict: Verdict) -> Report {
    Report {
        verdict,
        result: StepResult::default(),
        wrote: false,
        explanation: Vec::new(),
        calls: Vec::new(),
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
