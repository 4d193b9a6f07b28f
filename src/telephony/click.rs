//! Clicks on numbers in the portal. The portal has registered the call and shows its card; leadgate
//! orders the PBX to dial, and lets the hub finish the call in the portal if the PBX refuses.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::commands::PbxClient;
use super::orders::{self, OrderTime};
use crate::domain::UserId;
use crate::pbx::directory::Directory;
use crate::pbx::{CommandFailure, CommandUser, DialNumber};

/// The clicks that wait for the PBX; more are refused.
const MOST_WAITING: usize = 64;

/// The portal may send an event twice; within this time it is one click.
const ONCE_WITHIN: SignedDuration = SignedDuration::from_secs(30);

/// Another click of the same employee on the same number within this time is a part of a double click.
const DOUBLE_WITHIN: SignedDuration = SignedDuration::from_secs(5);

/// The clicks that are remembered for that; the oldest are forgotten.
const MOST_REMEMBERED: usize = 1_000;

/// Codes with which a call is finished that the PBX has not made: the employee's phone is not there,
/// and anything else (REST documentation, "telephony.externalcall.finish").
const UNAVAILABLE: &str = "480";
const FAILED: &str = "503";
/// The code of the second call of a double click: cancelled.
const CANCELLED: &str = "603-S";

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
    /// The same number was clicked just now: the portal's call is finished, and nothing is dialled.
    Double,
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
    orders: mpsc::Sender<ClickOrder>,
    recent: Mutex<HashMap<String, RecentClick>>,
}

/// What is to be done about a click.
#[derive(Debug, PartialEq, Eq)]
enum ClickOrder {
    /// The PBX dials.
    Dial(ClickedCall),
    /// The portal's call is finished.
    Close(ClickedCall),
}

/// A click that was taken.
struct RecentClick {
    at: Timestamp,
    employee: UserId,
    number: DialNumber,
}

impl RecentClick {
    /// Returns whether a click is the second of a double click.
    fn is_doubled_by(&self, clicked: &ClickedCall, now: Timestamp) -> bool {
        let is_same = self.employee == clicked.employee && self.number == clicked.number;
        is_same && now.duration_since(self.at) < DOUBLE_WITHIN
    }
}

/// Omits the number: it is personal data.
impl fmt::Debug for RecentClick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecentClick({} at {})", self.employee, self.at)
    }
}

impl ClickToCall {
    /// Takes a click. The same call of the portal within half a minute is one click, and two calls of
    /// one employee to one number within some seconds are a double click.
    pub fn take(&self, clicked: ClickedCall, now: Timestamp) -> TakenClick {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.retain(|_, click| now.duration_since(click.at) < ONCE_WITHIN);
        let pbx = format!("{}/", clicked.pbx);
        let name = format!("{pbx}{}", clicked.portal_call);
        if recent.contains_key(&name) {
            return TakenClick::Repeated;
        }
        let of_pbx = recent.iter().filter(|(name, _)| name.starts_with(&pbx));
        let mut of_pbx = of_pbx.map(|(_, click)| click);
        let is_double = of_pbx.any(|click| click.is_doubled_by(&clicked, now));
        let click = RecentClick {
            at: now,
            employee: clicked.employee,
            number: clicked.number.clone(),
        };
        let (order, taken) = if is_double {
            (ClickOrder::Close(clicked), TakenClick::Double)
        } else {
            (ClickOrder::Dial(clicked), TakenClick::New)
        };
        if recent.len() >= MOST_REMEMBERED || self.orders.try_send(order).is_err() {
            return TakenClick::Full;
        }
        recent.insert(name, click);
        taken
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
    ordered: mpsc::Receiver<ClickOrder>,
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
        let Self { parts, ordered } = self;
        let parts = &parts;
        orders::carry_out_all(ordered, draining, |order, time| async move {
            match (order, time) {
                (ClickOrder::Dial(clicked), OrderTime::Running) => parts.carry_out(clicked).await,
                (ClickOrder::Dial(clicked), OrderTime::Stopping) => {
                    parts.close(&clicked, "refused", FAILED);
                }
                (ClickOrder::Close(clicked), _) => parts.close(&clicked, "double", CANCELLED),
            }
        })
        .await;
    }
}

impl ClickParts {
    /// Lets the portal's call of a click be finished that the PBX does not dial.
    fn close(&self, clicked: &ClickedCall, outcome: &'static str, status: &'static str) {
        count(outcome);
        (self.expected)(ExpectedCall::Ordered(clicked));
        (self.expected)(ExpectedCall::Failed(clicked, status));
    }

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
pub(super) fn without_words(failure: &CommandFailure) -> String {
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

    fn clicked(call: &str, number: &str) -> ClickedCall {
        ClickedCall {
            pbx: "main".to_owned(),
            portal_call: call.to_owned(),
            employee: UserId::new(6).unwrap(),
            number: DialNumber::parse(number).unwrap(),
        }
    }

    fn clicks() -> (ClickToCall, mpsc::Receiver<ClickOrder>) {
        let (orders, ordered) = mpsc::channel(2);
        let clicks = ClickToCall {
            orders,
            recent: Mutex::default(),
        };
        (clicks, ordered)
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn the_same_call_within_half_a_minute_is_one_click() {
        let (clicks, mut ordered) = clicks();
        let (a, b, c) = (
            clicked("a", "+79066800404"),
            clicked("b", "+79066800405"),
            clicked("c", "+79066800406"),
        );
        assert_eq!(clicks.take(a.clone(), at(0)), TakenClick::New);
        assert_eq!(clicks.take(a.clone(), at(29)), TakenClick::Repeated);
        assert_eq!(clicks.take(b, at(29)), TakenClick::New);
        assert_eq!(clicks.take(c.clone(), at(29)), TakenClick::Full);
        let first = ordered.try_recv().unwrap();
        assert_eq!(first, ClickOrder::Dial(a.clone()));
        assert!(!format!("{first:?} {clicks:?}").contains("7906"));
        // what was refused may be repeated
        assert_eq!(clicks.take(c, at(30)), TakenClick::New);
        ordered.try_recv().unwrap();
        assert_eq!(clicks.take(a, at(31)), TakenClick::New);
    }

    #[test]
    fn a_double_click_dials_once_and_closes_the_second_call() {
        let (clicks, mut ordered) = clicks();
        let (first, second) = (clicked("a", "+79066800404"), clicked("b", "+79066800404"));
        assert_eq!(clicks.take(first.clone(), at(0)), TakenClick::New);
        assert_eq!(clicks.take(second.clone(), at(2)), TakenClick::Double);
        assert_eq!(ordered.try_recv().unwrap(), ClickOrder::Dial(first));
        assert_eq!(
            ordered.try_recv().unwrap(),
            ClickOrder::Close(second.clone())
        );
        assert_eq!(clicks.take(second, at(3)), TakenClick::Repeated);
        // of another employee, at another PBX, and later
        let mut other = clicked("c", "+79066800404");
        other.employee = UserId::new(7).unwrap();
        assert_eq!(clicks.take(other, at(3)), TakenClick::New);
        ordered.try_recv().unwrap();
        let mut elsewhere = clicked("d", "+79066800404");
        elsewhere.pbx = "mainz".to_owned();
        assert_eq!(clicks.take(elsewhere, at(3)), TakenClick::New);
        ordered.try_recv().unwrap();
        let later = clicked("e", "+79066800404");
        assert_eq!(clicks.take(later, at(9)), TakenClick::New);
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
        for (call, taken) in [("a", TakenClick::New), ("b", TakenClick::Double)] {
            assert_eq!(clicks.take(clicked(call, "1004"), now), taken);
        }
        let draining = CancellationToken::new();
        draining.cancel();
        carrying_out.run(draining).await;
        let heard: Vec<String> = heard.try_iter().collect();
        assert_eq!(heard, ["a", "a 503", "b", "b 603-S"]);
        assert_eq!(clicks.take(clicked("c", "1005"), now), TakenClick::Full);
    }
}
