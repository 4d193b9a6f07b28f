//! Callbacks that visitors of a site have requested in a form of the portal. leadgate chooses the
//! employee, registers the call in the portal and orders the PBX to make it. If the PBX refuses, the
//! call is finished as missed, which stays open for the employee.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::click::{ClickedCall, ExpectedCall, TakenClick, without_words};
use super::commands::PbxClient;
use super::orders;
use crate::crm::{CallOwner, Connection, CrmError, NewCallback, Remedy};
use crate::domain::{SubmissionId, UserId};
use crate::pbx::directory::Directory;
use crate::pbx::{CommandUser, DialNumber};

/// The callbacks that wait; more are refused.
const MOST_WAITING: usize = 256;

/// The portal may send an event twice, and a visitor may press twice: within this time it is one
/// callback.
const ONCE_WITHIN: SignedDuration = SignedDuration::from_secs(30);

/// The callbacks that are remembered for that; more are refused.
const MOST_REMEMBERED: usize = 1_000;

/// How long the employees may take to be read for the first time.
const EMPLOYEES_WITHIN: Duration = Duration::from_secs(10);

/// The waits after failures of the portal. Then the client is called all the same.
const WAITS: [Duration; 3] = [
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(3),
];

/// The status of a call that did not take place: the portal leaves a callback with it open.
const MISSED: &str = "304";

/// A visitor has requested a callback.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestedCallback {
    /// The name of the PBX in the settings.
    pub pbx: String,
    /// The number of the client.
    pub number: DialNumber,
    /// The line of the portal that the form names.
    pub line: Option<String>,
    /// The client.
    pub client: Option<CallOwner>,
    /// When it was requested.
    pub at: Timestamp,
}

/// Omits the number: it is personal data.
impl fmt::Debug for RequestedCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestedCallback({})", self.pbx)
    }
}

/// Takes callbacks.
#[derive(Debug)]
pub struct CallbackRequests {
    orders: mpsc::Sender<RequestedCallback>,
    recent: Mutex<HashMap<(String, String), Timestamp>>,
}

impl CallbackRequests {
    /// Takes a callback. The same number within half a minute is one callback.
    pub fn take(&self, requested: RequestedCallback) -> TakenClick {
        let now = requested.at;
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.retain(|_, at| now.duration_since(*at) < ONCE_WITHIN);
        let name = (requested.pbx.clone(), requested.number.as_str().to_owned());
        if recent.contains_key(&name) {
            return TakenClick::Repeated;
        }
        if recent.len() >= MOST_REMEMBERED || self.orders.try_send(requested).is_err() {
            return TakenClick::Full;
        }
        recent.insert(name, now);
        TakenClick::New
    }
}

/// A PBX that calls back.
pub struct CallbackPbx {
    /// Gives it commands.
    pub client: Arc<PbxClient>,
    /// Who is who.
    pub directory: Arc<Directory>,
    /// The portal that knows the client.
    pub portal: Arc<Connection>,
    /// Whose phone rings: an inner number for each line of the portal.
    pub lines: BTreeMap<String, String>,
}

/// What carries out callbacks.
pub struct CallbackParts {
    /// The PBXs, by name.
    pub pbxs: BTreeMap<String, CallbackPbx>,
    /// Called before each call is ordered, and after each refusal.
    pub expected: Box<dyn Fn(ExpectedCall<'_>) + Send + Sync>,
}

/// Carries out callbacks.
pub struct Callbacks {
    parts: CallbackParts,
    ordered: mpsc::Receiver<RequestedCallback>,
}

impl Callbacks {
    /// Builds what takes callbacks, and what carries them out and must run.
    pub fn new(parts: CallbackParts) -> (Arc<CallbackRequests>, Self) {
        let (orders, ordered) = mpsc::channel(MOST_WAITING);
        let requests = Arc::new(CallbackRequests {
            orders,
            recent: Mutex::default(),
        });
        (requests, Self { parts, ordered })
    }

    /// Carries out callbacks until draining. Those that were taken are carried out.
    pub async fn run(self, draining: CancellationToken) {
        let Self { parts, ordered } = self;
        // also those that wait when the gateway stops: a visitor waits for each of them
        orders::carry_out_all(ordered, draining, |requested, _| parts.carry_out(requested)).await;
    }
}

impl CallbackParts {
    async fn carry_out(&self, requested: RequestedCallback) {
        let Some(own) = self.pbxs.get(&requested.pbx) else {
            return;
        };
        let Some((employee, user)) = own.employee(&requested).await else {
            count("nobody");
            tracing::error!(pbx = %requested.pbx, "nobody calls back a visitor: set pbx.NAME.callback for the line, or default in _pbx.yaml");
            return;
        };
        let call = own.register(&requested, employee).await;
        let expected = call.map(|portal_call| ClickedCall {
            pbx: requested.pbx.clone(),
            portal_call,
            employee,
            number: requested.number.clone(),
        });
        if let Some(expected) = &expected {
            (self.expected)(ExpectedCall::Ordered(expected));
        }
        let pbx = &requested.pbx;
        match own.client.make_call(user, requested.number.clone()).await {
            Ok(()) => count("ordered"),
            Err(failure) if failure.is_uncertain() => {
                count("uncertain");
                tracing::warn!(pbx = %pbx, "a callback may not be made: {}", without_words(&failure));
            }
            Err(failure) => {
                count("refused");
                tracing::warn!(pbx = %pbx, "a callback is not made: {}", without_words(&failure));
                if let Some(expected) = &expected {
                    (self.expected)(ExpectedCall::Failed(expected, MISSED));
                }
            }
        }
    }
}

impl CallbackPbx {
    /// Returns the employee who calls back, also as commands name them: the one of the line, the one who
    /// is responsible for the client, or the one for unknown numbers.
    async fn employee(&self, requested: &RequestedCallback) -> Option<(UserId, CommandUser)> {
        self.directory.employees_within(EMPLOYEES_WITHIN).await;
        let line = requested.line.as_ref();
        let inner = line.and_then(|line| self.lines.get(line));
        if let Some(inner) = inner {
            if let Some(employee) = self.directory.employee_at(Some(inner), None) {
                // the employee may have other phones, too
                let user = CommandUser {
                    inner: Some(inner.clone()),
                    ..self.directory.command_user(employee)
                };
                return Some((employee, user));
            }
            tracing::warn!(pbx = %requested.pbx, inner = %inner, "the inner number for a callback's line belongs to no employee, so it cannot ring: a queue has none; see pbx.NAME.callback");
        }
        let responsible = match requested.client {
            Some(client) => again(&WAITS, || self.portal.responsible(client)).await,
            None => None,
        };
        let employee = responsible
            .flatten()
            .or_else(|| self.directory.employee_of(None, None))?;
        Some((employee, self.directory.command_user(employee)))
    }

    /// Registers the call in the portal. `None` if the portal does not take it: the client is called
    /// all the same.
    async fn register(&self, requested: &RequestedCallback, user: UserId) -> Option<String> {
        let new = NewCallback {
            key: format!("{}/callback-{}", requested.pbx, SubmissionId::fresh()),
            user,
            number: requested.number.as_str().to_owned(),
            line: requested.line.clone(),
            client: requested.client,
            started: requested.at,
        };
        again(&WAITS, || self.portal.register_callback(&new)).await
    }
}

/// Asks the portal again after failures that may pass. `None` if it does not answer, or refuses.
async fn again<T, F>(waits: &[Duration], ask: impl Fn() -> F) -> Option<T>
where
    F: Future<Output = Result<T, CrmError>>,
{
    for wait in waits {
        match ask().await {
            Ok(answer) => return Some(answer),
            Err(error) if error.remedy() == Remedy::NeedsOperator => return None,
            Err(_) => tokio::time::sleep(*wait).await,
        }
    }
    ask().await.ok()
}

/// Counts callbacks by outcome.
fn count(outcome: &'static str) {
    metrics::counter!("leadgate_pbx_callbacks_total", "outcome" => outcome).increment(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_within_half_a_minute_is_one_callback() {
        let (orders, mut ordered) = mpsc::channel(2);
        let requests = CallbackRequests {
            orders,
            recent: Mutex::default(),
        };
        let take = |number: &str, second| {
            requests.take(RequestedCallback {
                pbx: "main".to_owned(),
                number: DialNumber::parse(number).unwrap(),
                line: None,
                client: None,
                at: Timestamp::from_second(second).unwrap(),
            })
        };
        assert_eq!(take("+79005550142", 0), TakenClick::New);
        assert_eq!(take("+7 900 555-01-42", 29), TakenClick::Repeated);
        assert_eq!(take("+79005550143", 29), TakenClick::New);
        assert_eq!(take("+79005550144", 29), TakenClick::Full);
        let first = ordered.try_recv().unwrap();
        assert!(!format!("{first:?}").contains("7900"));
        assert_eq!(take("+79005550142", 30), TakenClick::New);
    }

    #[tokio::test]
    async fn the_portal_is_asked_again_unless_it_refuses() {
        let asked = std::cell::Cell::new(0);
        let lost = || CrmError::NotRun;
        let waits = [Duration::ZERO; 3];
        let late = again(&waits, || {
            asked.set(asked.get() + 1);
            std::future::ready(if asked.get() < 4 { Err(lost()) } else { Ok(7) })
        });
        assert_eq!(late.await, Some(7));
        let refused = again(&waits, || {
            asked.set(asked.get() + 1);
            std::future::ready(Err::<i32, _>(CrmError::Refused {
                method: "telephony.externalcall.register".to_owned(),
                code: "ERROR_CORE".to_owned(),
                text: "Unsupported phone number format".to_owned(),
            }))
        });
        assert_eq!((refused.await, asked.get()), (None, 5));
    }
}
