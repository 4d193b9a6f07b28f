//! Clicks on numbers in the portal. The portal has registered the call and shows its card; leadgate
//! orders the PBX to dial, and lets the hub finish the call in the portal if the PBX refuses.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::commands::PbxClient;
use crate::domain::UserId;
use crate::pbx::directory::Directory;
use crate::pbx::{CommandFailure, CommandUser, DialNumber};

/// The clicks that wait for the PBX; more are refused.
const MOST_WAITING: usize = 64;

/// The clicks that are carried out at the same time.
const MOST_AT_WORK: usize = 8;

/// The portal may send an event twice; within this time it is one click.
const ONCE_WITHIN: SignedDuration = SignedDuration::from_secs(30);

/// The clicks that are remembered for that; the oldest are forgotten.
const MOST_REMEMBERED: usize = 1_000;

/// Codes with which a call is finished that the PBX has not made: the employee's phone is not there,
/// and anything else (REST documentation, "telephony.externalcall.finish").
const UNAVAILABLE: &str = "480";
const FAILED: &str = "503";

/// An employee has clicked a number.
#[derive(Clone, PartialEq, Eq)]
pub struct ClickedCall {
    /// The name of the PBX in the settings.
    pub pbx: String,
    /// The call, as the portal has registered it.
    pub portal_call: String,
    /// The employee.
    pub employee: UserId,
    /// The number.
    pub number: DialNumber,
}

/// Omits the number: it is personal data.
impl fmt::Debug for ClickedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            pbx, portal_call, ..
        } = self;
        write!(f, "ClickedCall({pbx} {portal_call})")
    }
}

/// What becomes of a click.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakenClick {
    /// It is carried out.
    New,
    /// It is known.
    Repeated,
    /// Too many wait.
    Full,
}

/// A change of the calls that leadgate has ordered and whose events are to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpectedCall<'c> {
    /// The PBX will tell of this call as an outgoing one; the portal has registered it already.
    Ordered(&'c ClickedCall),
    /// The PBX does not make it; the portal gets this status.
    Failed(&'c ClickedCall, &'static str),
}

/// Takes clicks.
#[derive(Debug)]
pub struct ClickToCall {
    orders: mpsc::Sender<ClickedCall>,
    recent: Mutex<HashMap<String, Timestamp>>,
}

impl ClickToCall {
    /// Takes a click. The same call of the portal within half a minute is one click.
    pub fn take(&self, clicked: ClickedCall, now: Timestamp) -> TakenClick {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.retain(|_, at| now.duration_since(*at) < ONCE_WITHIN);
        let name = format!("{}/{}", clicked.pbx, clicked.portal_call);
        if recent.contains_key(&name) {
            return TakenClick::Repeated;
        }
        if recent.len() >= MOST_REMEMBERED || self.orders.try_send(clicked).is_err() {
            return TakenClick::Full;
        }
        recent.insert(name, now);
        TakenClick::New
    }
}

/// What carries out clicks.
pub struct ClickParts {
    /// The PBXs that take commands, by name.
    pub clients: BTreeMap<String, Arc<PbxClient>>,
    /// Who is who, by the names of the PBXs.
    pub directories: BTreeMap<String, Arc<Directory>>,
    /// Called before each call is ordered, and after each refusal.
    pub expected: Box<dyn Fn(ExpectedCall<'_>) + Send + Sync>,
}

/// Carries out clicks.
pub struct Clicks {
    parts: ClickParts,
    ordered: mpsc::Receiver<ClickedCall>,
}

impl Clicks {
    /// Builds what takes clicks, and what carries them out and must run.
    pub fn new(parts: ClickParts) -> (Arc<ClickToCall>, Self) {
        let (orders, ordered) = mpsc::channel(MOST_WAITING);
        let clicks = Arc::new(ClickToCall {
            orders,
            recent: Mutex::default(),
        });
        (clicks, Self { parts, ordered })
    }

    /// Carries out clicks until draining; those under way are finished, those that wait have failed.
    pub async fn run(self, draining: CancellationToken) {
        let Self { parts, mut ordered } = self;
        let mut under_way = FuturesUnordered::new();
        loop {
            tokio::select! {
                biased;
                () = draining.cancelled() => break,
                Some(()) = under_way.next() => {}
                clicked = ordered.recv(), if under_way.len() < MOST_AT_WORK => match clicked {
                    Some(clicked) => under_way.push(parts.carry_out(clicked)),
                    None => break,
                },
            }
        }
        ordered.close();
        while let Ok(clicked) = ordered.try_recv() {
            count("refused");
            (parts.expected)(ExpectedCall::Ordered(&clicked));
            (parts.expected)(ExpectedCall::Failed(&clicked, FAILED));
        }
        while under_way.next().await.is_some() {}
    }
}

impl ClickParts {
    async fn carry_out(&self, clicked: ClickedCall) {
        let pbx = &clicked.pbx;
        let Some(client) = self.clients.get(pbx) else {
            return;
        };
        let inner = self.directories.get(pbx);
        let user = CommandUser {
            crm_user: clicked.employee.to_string(),
            inner: inner.and_then(|people| people.inner_of(clicked.employee)),
        };
        // before the PBX tells of it
        (self.expected)(ExpectedCall::Ordered(&clicked));
        match client.make_call(user, clicked.number.clone()).await {
            Ok(()) => count("ordered"),
            Err(failure) if failure.is_uncertain() => {
                count("uncertain");
                tracing::warn!(pbx = %pbx, call = %clicked.portal_call, "a clicked number may not be dialled: {}", without_words(&failure));
            }
            Err(failure) => {
                count("refused");
                tracing::warn!(pbx = %pbx, call = %clicked.portal_call, "a clicked number is not dialled: {}", without_words(&failure));
                (self.expected)(ExpectedCall::Failed(&clicked, status(&failure)));
            }
        }
    }
}

/// Returns the status of a call that the PBX does not make.
fn status(failure: &CommandFailure) -> &'static str {
    if failure.is_about_the_user() {
        UNAVAILABLE
    } else {
        FAILED
    }
}

/// Returns a failure without the words of the PBX: they may repeat the number.
fn without_words(failure: &CommandFailure) -> String {
    match failure {
        CommandFailure::Refused { code, .. } => format!("the PBX has refused it ({code})"),
        failure => failure.to_string(),
    }
}

/// Counts clicks by outcome.
fn count(outcome: &'static str) {
    metrics::counter!("leadgate_pbx_clicks_total", "outcome" => outcome).increment(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clicked(call: &str) -> ClickedCall {
        ClickedCall {
            pbx: "main".to_owned(),
            portal_call: call.to_owned(),
            employee: UserId::new(6).unwrap(),
            number: DialNumber::parse("+79066800404").unwrap(),
        }
    }

    fn clicks() -> (ClickToCall, mpsc::Receiver<ClickedCall>) {
        let (orders, ordered) = mpsc::channel(2);
        let clicks = ClickToCall {
            orders,
            recent: Mutex::default(),
        };
        (clicks, ordered)
    }

    #[test]
    fn the_same_call_within_half_a_minute_is_one_click() {
        let (clicks, mut ordered) = clicks();
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        assert_eq!(clicks.take(clicked("a"), at(0)), TakenClick::New);
        assert_eq!(clicks.take(clicked("a"), at(29)), TakenClick::Repeated);
        assert_eq!(clicks.take(clicked("b"), at(29)), TakenClick::New);
        assert_eq!(clicks.take(clicked("c"), at(29)), TakenClick::Full);
        let first = ordered.try_recv().unwrap();
        assert_eq!(first, clicked("a"));
        assert!(!format!("{first:?}").contains("7906"));
        // what was refused may be repeated
        assert_eq!(clicks.take(clicked("c"), at(30)), TakenClick::New);
        ordered.try_recv().unwrap();
        assert_eq!(clicks.take(clicked("a"), at(31)), TakenClick::New);
    }

    #[test]
    fn the_log_has_the_code_of_a_refusal_and_no_words() {
        let refused = CommandFailure::Refused {
            code: "404".to_owned(),
            words: Some("no route to +79066800404".to_owned()),
        };
        assert_eq!(without_words(&refused), "the PBX has refused it (404)");
        assert!(without_words(&CommandFailure::Status(502)).contains("502"));
    }

    #[tokio::test]
    async fn clicks_that_wait_when_the_gateway_stops_have_failed() {
        let (told, heard) = std::sync::mpsc::channel();
        let (clicks, carrying_out) = Clicks::new(ClickParts {
            clients: BTreeMap::new(),
            directories: BTreeMap::new(),
            expected: Box::new(move |expected| {
                let text = match expected {
                    ExpectedCall::Ordered(call) => call.portal_call.clone(),
                    ExpectedCall::Failed(call, status) => format!("{} {status}", call.portal_call),
                };
                told.send(text).unwrap();
            }),
        });
        let now = Timestamp::UNIX_EPOCH;
        for call in ["a", "b"] {
            assert_eq!(clicks.take(clicked(call), now), TakenClick::New);
        }
        let draining = CancellationToken::new();
        draining.cancel();
        carrying_out.run(draining).await;
        let heard: Vec<String> = heard.try_iter().collect();
        assert_eq!(heard, ["a", "a 503", "b", "b 503"]);
        assert_eq!(clicks.take(clicked("c"), now), TakenClick::Full);
    }
}
