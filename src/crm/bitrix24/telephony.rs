//! Whether a connection may use the portal's telephony. The documentation reserves it to
//! applications, and many portals let webhooks in, too, so the portal is asked (REST documentation,
//! "telephony.externalLine.get").

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::batch::Halt;
use super::commands::Command;
use super::read::in_chunks;
use super::{Connection, Priority, form};
use crate::crm::call::CallOutcomes;
use crate::crm::error::CrmError;

/// A question that every user of telephony may ask, and that changes nothing.
const PROBE: &str = "telephony.externalLine.get";

/// How long a refusal is remembered: the scope may have been added since.
const ASKED_AGAIN: Duration = Duration::from_secs(3600);

/// What is known of a portal's telephony.
#[derive(Debug, Default)]
pub(super) struct Telephony {
    answer: Mutex<Option<ProbeAnswer>>,
}

/// What the portal has answered to the probe.
#[derive(Debug, Clone, Copy)]
enum ProbeAnswer {
    Allowed,
    Refused(Instant),
}

impl Telephony {
    fn answer(&self) -> MutexGuard<'_, Option<ProbeAnswer>> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what is known now.
    fn known(&self, now: Instant) -> Option<bool> {
        match *self.answer() {
            Some(ProbeAnswer::Allowed) => Some(true),
            Some(ProbeAnswer::Refused(at)) => {
                (now.saturating_duration_since(at) < ASKED_AGAIN).then_some(false)
            }
            None => None,
        }
    }
}

impl Connection {
    /// Asks whether the connection may use telephony.
    ///
    /// # Errors
    /// Whatever the portal answers; [`CrmError::Denied`] if it may not.
    pub async fn probe_telephony(&self) -> Result<(), CrmError> {
        let permit = self.pacer.acquire(Priority::Submission).await;
        // a refusal must not count as a missing permission of the whole connection
        let (_, answer) = self.rest.call(PROBE, &json!({})).await;
        drop(permit);
        answer.map(drop)
    }

    /// Returns whether the connection may use the portal's telephony. The portal is asked once.
    ///
    /// # Errors
    /// If the portal does not say; ask again later.
    pub async fn has_telephony(&self) -> Result<bool, CrmError> {
        if let Some(known) = self.telephony.known(Instant::now()) {
            return Ok(known);
        }
        let is_allowed = match self.probe_telephony().await {
            Ok(()) => true,
            Err(error) if is_closed(&error) => false,
            Err(error) => return Err(error),
        };
        *self.telephony.answer() = Some(if is_allowed {
            ProbeAnswer::Allowed
        } else {
            ProbeAnswer::Refused(Instant::now())
        });
        let portal = self.portal();
        if is_allowed {
            tracing::info!(portal, "calls go into the portal's telephony");
        } else {
            tracing::info!(
                portal,
                "the connection may not use telephony; calls become activities"
            );
        }
        Ok(is_allowed)
    }

    /// Returns whether an error says that the connection may not use telephony any more, and
    /// remembers it.
    pub fn has_lost_telephony(&self, error: &CrmError) -> bool {
        let CrmError::Denied { method, .. } = error else {
            return false;
        };
        let is_lost = method.starts_with("telephony.") && is_closed(error);
        if is_lost {
            *self.telephony.answer() = Some(ProbeAnswer::Refused(Instant::now()));
        }
        is_lost
    }

    /// Sends each command, as many in a call as fit. An error of one leaves the others alone. `of`
    /// says to what each belongs.
    pub(super) async fn run_each(&self, commands: Vec<(usize, Command)>) -> CallOutcomes<Value> {
        let mut answers = vec![Err(CrmError::NotRun); commands.len()];
        let numbered = commands.into_iter().enumerate();
        let (alone, together): (Vec<_>, Vec<_>) =
            numbered.partition(|(_, (_, command))| form::looks_like_reference(&command.params));
        let groups = in_chunks(together, self.pacer.batch_size());
        let alone = alone.into_iter().map(|one| vec![one]);
        let runs = groups.into_iter().chain(alone).map(|group| async move {
            let (places, group): (Vec<usize>, Vec<_>) = group.into_iter().unzip();
            let (owners, commands): (Vec<usize>, Vec<Command>) = group.into_iter().unzip();
            let sent = self.run(&owners, &commands, Halt::Never, Priority::Submission);
            let (outcomes, call) = sent.await;
            (places, outcomes, call)
        });
        let mut calls = Vec::new();
        for (places, outcomes, call) in join_all(runs).await {
            calls.extend(call);
            for (place, outcome) in places.into_iter().zip(outcomes) {
                if let Some(answer) = answers.get_mut(place) {
                    *answer = outcome;
                }
            }
        }
        CallOutcomes { answers, calls }
    }
}

/// Returns whether a method is one of telephony.
pub(super) fn is_of_telephony(method: &str) -> bool {
    method.starts_with("telephony.") || method.starts_with("voximplant.")
}

/// Returns whether an error closes a method of telephony for good: it is for applications only, the
/// scope or a right is missing, the plan lacks it, or the portal has no such method. An invalid
/// webhook is another matter.
pub(super) fn is_closed(error: &CrmError) -> bool {
    match error {
        CrmError::Denied { code, .. } => matches!(
            code.to_ascii_uppercase().as_str(),
            "WRONG_AUTH_TYPE" | "INSUFFICIENT_SCOPE" | "ACCESS_DENIED"
        ),
        CrmError::Refused { .. } => true,
        CrmError::Throttled { .. }
        | CrmError::MethodPaused { .. }
        | CrmError::Unreachable { .. }
        | CrmError::Unknown { .. }
        | CrmError::NotRun => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::NoAnswer;

    fn denied(code: &str) -> CrmError {
        CrmError::Denied {
            method: PROBE.to_owned(),
            code: code.to_owned(),
            text: String::new(),
        }
    }

    #[test]
    fn only_lasting_refusals_close_telephony() {
        for code in ["WRONG_AUTH_TYPE", "insufficient_scope", "ACCESS_DENIED"] {
            assert!(is_closed(&denied(code)), "{code}");
        }
        assert!(is_closed(&CrmError::Refused {
            method: PROBE.to_owned(),
            code: "ERROR_METHOD_NOT_FOUND".to_owned(),
            text: String::new(),
        }));
        for error in [
            denied("INVALID_CREDENTIALS"),
            denied("OVERLOAD_LIMIT"),
            CrmError::Throttled {
                code: "QUERY_LIMIT_EXCEEDED".to_owned(),
            },
            CrmError::Unknown {
                why: NoAnswer::NoId,
            },
        ] {
            assert!(!is_closed(&error), "{error}");
        }
    }

    #[test]
    fn a_refusal_is_remembered_for_an_hour_and_a_permission_for_good() {
        let telephony = Telephony::default();
        let now = Instant::now();
        assert_eq!(telephony.known(now), None);
        *telephony.answer() = Some(ProbeAnswer::Refused(now));
        assert_eq!(telephony.known(now), Some(false));
        assert_eq!(telephony.known(now + ASKED_AGAIN), None);
        *telephony.answer() = Some(ProbeAnswer::Allowed);
        assert_eq!(telephony.known(now + 2 * ASKED_AGAIN), Some(true));
    }
}
