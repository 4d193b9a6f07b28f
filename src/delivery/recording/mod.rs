//! Attaches recordings to calls: the portal fetches them by their links, or leadgate copies them. A
//! PBX often has a recording only minutes after the call, so a late one is waited for. Nothing else
//! of a submission waits for this step or fails with it. A repeat replaces the recording, so it does
//! no harm.

mod fetch;
mod sound;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join_all};
use jiff::{SignedDuration, Timestamp};
use reqwest::Url;
use serde_json::Value;

pub use self::fetch::RecordingHosts;

use self::fetch::{Extent, Fetched, RecordingFetcher};
use super::crm::{call_event, pause_of};
use super::{DestinationClient, Helpers, Job, Outage, Outcome, Report, Verdict};
use crate::crm::{Connection, NewFile, RecordingTarget};
use crate::domain::event::Call;
use crate::domain::{
    CallExplanation, Clock, Explanation, ParkReason, PlannedCall, RecordingFault, RecordingStep,
    StepKind, VerdictReason,
};

/// Attempts that wait for a recording even if its call is old, as after an outage.
const FEW_ATTEMPTS: u32 = 4;
/// A larger recording does not fit into an activity: base64 in the body of a request.
const LARGEST_OF_ACTIVITY: usize = 50 << 20;
/// The most links of a batch. A copied recording is a batch of its own: it needs memory.
const MOST_LINKS: usize = 16;

/// What becomes of recordings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordingMode {
    /// The portal fetches them.
    Link,
    /// leadgate copies them to the portal.
    Copy,
    /// Nothing.
    Off,
}

/// A request for a recording that a plain one does not get: a POST with a signature, which the PBX
/// redirects to the file.
#[derive(Clone)]
pub struct RecordingRequest {
    /// Its address, at the API of the PBX.
    pub url: Url,
    /// The header `Content-Type`.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

/// Returns the request for the recording at an address; `None` if a plain one gets the file.
type RequestOf = dyn Fn(&str) -> Option<RecordingRequest> + Send + Sync;

/// How a PBX is asked for its recordings.
#[derive(Clone)]
pub struct RecordingRequests(Arc<RequestOf>);

impl RecordingRequests {
    /// Takes what returns the request for the recording at an address; `None` if a plain one gets
    /// the file.
    pub fn new(
        request_of: impl Fn(&str) -> Option<RecordingRequest> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(request_of))
    }
}

impl std::fmt::Debug for RecordingRequests {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecordingRequests(…)")
    }
}

/// The rules for the recordings of a PBX.
#[derive(Debug, Clone)]
pub struct RecordingRules {
    /// The name of the PBX in the settings.
    pub pbx: String,
    /// What becomes of them.
    pub mode: RecordingMode,
    /// The most bytes of one.
    pub limit: usize,
    /// Where they may be.
    pub hosts: RecordingHosts,
    /// How long a late one is waited for.
    pub wait: Duration,
    /// The time for fetching one.
    pub timeout: Duration,
    /// How the PBX is asked for them.
    pub requests: RecordingRequests,
}

/// The recordings of a PBX as a destination of steps.
pub struct RecordingDestination {
    rules: RecordingRules,
    fetcher: RecordingFetcher,
    /// The connections of the settings by their names.
    connections: BTreeMap<String, Arc<Connection>>,
    /// The connection of the PBX.
    main: String,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for RecordingDestination {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("RecordingDestination")
            .field(&self.rules.pbx)
            .finish()
    }
}

/// What a call has been put into.
enum CallPlace {
    Telephony(String),
    Activity(i64),
}

/// How far a recording has come.
enum Attached {
    /// The step has ended with this explanation.
    Done(CallExplanation),
    /// The recording is not there, or not usable.
    Fault(RecordingFault),
    /// The portal was asked.
    Asked(Box<Report>),
}

impl RecordingDestination {
    /// Prepares a destination; nothing is sent yet. `main` is the connection of the PBX.
    ///
    /// # Errors
    /// If the machine has no CA certificates.
    pub fn new(
        rules: RecordingRules,
        connections: BTreeMap<String, Arc<Connection>>,
        main: String,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            fetcher: RecordingFetcher::new(&rules)?,
            rules,
            connections,
            main,
            clock,
        })
    }

    async fn deliver_one(&self, job: &Job) -> Report {
        let StepKind::Recording(step) = &job.step.kind else {
            let what = "a step without a recording was sent to recordings";
            return Report::unsent(Verdict::misdirected(job, what));
        };
        match self.attach(job, step).await {
            Attached::Done(about) => Report {
                explanation: vec![Explanation::Call(about)],
                ..Report::unsent(Verdict::Done)
            },
            Attached::Fault(fault) => Report::unsent(self.verdict(job, step, fault)),
            Attached::Asked(report) => *report,
        }
    }

    async fn attach(&self, job: &Job, step: &RecordingStep) -> Attached {
        if self.rules.mode == RecordingMode::Off {
            return Attached::Done(CallExplanation::RecordingOff);
        }
        let place = place(job, step);
        let (Some(place), Some(client)) = (place, self.connection(step)) else {
            return Attached::Done(CallExplanation::NoCall);
        };
        let link = step.link.as_str();
        let is_link = self.rules.mode == RecordingMode::Link;
        let (target, about) = match place {
            CallPlace::Activity(_) if is_link => {
                return Attached::Done(CallExplanation::RecordingInText);
            }
            CallPlace::Telephony(call) if is_link => {
                let found = match self.fetcher.fetch(link, Extent::Head).await {
                    Ok(found) => found,
                    Err(fault) => return Attached::Fault(fault),
                };
                let target = RecordingTarget::Link {
                    call,
                    address: link.to_owned(),
                    name: file_name(step, found.ending),
                };
                (target, CallExplanation::RecordingFetched)
            }
            place => {
                let Fetched { content, ending } =
                    match self.fetcher.fetch(link, Extent::Whole).await {
                        Ok(fetched) => fetched,
                        Err(fault) => return Attached::Fault(fault),
                    };
                let is_activity = matches!(place, CallPlace::Activity(_));
                if is_activity && content.len() > LARGEST_OF_ACTIVITY {
                    let limit = LARGEST_OF_ACTIVITY as u64;
                    return Attached::Fault(RecordingFault::TooLargeForActivity { limit });
                }
                let size = u64::try_from(content.len()).unwrap_or(u64::MAX);
                let name = file_name(step, ending);
                (
                    uploaded(place, name, content),
                    CallExplanation::RecordingUploaded(size),
                )
            }
        };
        let report = self.ask((job, step), client, &target, about).await;
        Attached::Asked(Box::new(report))
    }

    /// Gives the portal a recording, or the address of one.
    async fn ask(
        &self,
        (job, step): (&Job, &RecordingStep),
        client: &Connection,
        target: &RecordingTarget,
        about: CallExplanation,
    ) -> Report {
        let (outcome, calls) = client.attach_recording(target).await;
        let calls: Vec<Call> = calls.iter().map(call_event).collect();
        let error = match outcome {
            Ok(()) => {
                return Report {
                    wrote: true,
                    explanation: vec![Explanation::Call(about)],
                    calls,
                    ..Report::unsent(Verdict::Done)
                };
            }
            Err(error) => error,
        };
        let is_lost = client.has_lost_telephony(&error);
        let verdict = match pause_of(&error) {
            Some(pause) if !is_lost => Verdict::Retry {
                why: VerdictReason::Crm(Box::new(error.failure())),
                uncertain: false,
                pause: Some(pause),
                wait: None,
            },
            // the portal may not reach the server yet
            _ => self.verdict(job, step, RecordingFault::Portal(error.failure())),
        };
        Report {
            calls,
            ..Report::unsent(verdict)
        }
    }

    /// Returns the connection of the profile, or that of the PBX.
    fn connection(&self, step: &RecordingStep) -> Option<&Connection> {
        let name = step.connection.as_ref().unwrap_or(&self.main);
        self.connections.get(name).map(Arc::as_ref)
    }

    /// Returns the verdict for a recording that is not attached: another attempt as long as it may
    /// still come.
    fn verdict(&self, job: &Job, step: &RecordingStep, fault: RecordingFault) -> Verdict {
        let is_in_time =
            job.step_attempt < FEW_ATTEMPTS || self.clock.now() < self.deadline(step.received_at);
        let may_pass = fault.may_pass();
        let why = VerdictReason::Recording(Box::new(fault));
        if may_pass && is_in_time {
            return Verdict::Retry {
                why,
                uncertain: false,
                pause: None,
                wait: None,
            };
        }
        Verdict::Park {
            reason: ParkReason::NoRecording,
            text: why,
        }
    }

    fn deadline(&self, received_at: Timestamp) -> Timestamp {
        let wait = SignedDuration::try_from(self.rules.wait).ok();
        let deadline = wait.and_then(|wait| received_at.checked_add(wait).ok());
        deadline.unwrap_or(Timestamp::MAX)
    }
}

/// Returns what the call step has put the call into.
fn place(job: &Job, step: &RecordingStep) -> Option<CallPlace> {
    let value = |name| job.value(&step.of, name);
    let call = value(PlannedCall::CALL_ID).and_then(Value::as_str);
    let activity = value(PlannedCall::ACTIVITY_ID).and_then(Value::as_i64);
    match call {
        Some(call) => Some(CallPlace::Telephony(call.to_owned())),
        None => activity.map(CallPlace::Activity),
    }
}

fn uploaded(place: CallPlace, name: String, content: Bytes) -> RecordingTarget {
    let file = NewFile { name, content };
    match place {
        CallPlace::Telephony(call) => RecordingTarget::Call { call, file },
        CallPlace::Activity(activity) => RecordingTarget::Activity { activity, file },
    }
}

/// Returns the name of a recording: the portal takes the format from its ending.
fn file_name(step: &RecordingStep, ending: &str) -> String {
    /// The most characters of the key in it.
    const LONGEST: usize = 80;
    let kept = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let name: String = step.key.chars().map(kept).take(LONGEST).collect();
    format!("{name}.{ending}")
}

impl DestinationClient for RecordingDestination {
    fn deliver<'a>(&'a self, jobs: &'a [Job], _: Helpers<'a>) -> BoxFuture<'a, Vec<Outcome>> {
        let reports = jobs.iter().map(|job| self.deliver_one(job));
        join_all(reports)
            .map(|reports| reports.into_iter().map(Ok).collect())
            .boxed()
    }

    fn check_health(&self) -> BoxFuture<'_, Result<(), Outage>> {
        async move {
            match self.connections.get(&self.main) {
                Some(client) => DestinationClient::check_health(client.as_ref()).await,
                None => Ok(()),
            }
        }
        .boxed()
    }

    fn lane_group(&self) -> String {
        format!("recording {}", self.rules.pbx)
    }

    fn largest_batch(&self) -> usize {
        match self.rules.mode {
            RecordingMode::Copy => 1,
            RecordingMode::Link | RecordingMode::Off => MOST_LINKS,
        }
    }

    fn noun(&self) -> &'static str {
        "the portal"
    }
}
