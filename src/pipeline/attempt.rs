//! One attempt as the inbox and the journal take it: a verdict and its account.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Backoff, account};
use crate::delivery::{
    self,
    crm::{PauseReason, Verdict},
};
use crate::domain::{Became, DroppedValue, Event, Explanation, Lang, Note, ParkReason, Plan};
use crate::inbox::{Lease, Settlement, Uncertain};

/// What one attempt came to: the verdict for the inbox, the account for the journal, and whether its
/// connection had better rest.
pub(super) struct Attempt {
    pub(super) settlement: Settlement,
    pub(super) events: Vec<Event>,
    /// Why its connection had better be left alone, in a word and in the portal's words.
    pub(super) hold: Option<(PauseReason, String)>,
}

impl Attempt {
    /// A report as a verdict with its account; `retry` sets the time of another attempt.
    pub(super) fn of(
        lease: Lease,
        plan: Plan,
        report: delivery::crm::Report,
        retry: &Retry<'_>,
    ) -> Self {
        let notes: Vec<Event> = plan
            .notes
            .iter()
            .map(|note| Event::Because(Explanation::Mapping(note.clone())))
            .collect();
        let mut events = vec![Event::planned(plan)];
        events.extend(notes);
        events.extend(account::of(&report));
        let (settlement, hold) = retry.verdict(lease, report);
        Self {
            settlement,
            events,
            hold,
        }
    }
}

/// When the next attempt would be.
pub(super) struct Retry<'a> {
    pub(super) now: Timestamp,
    pub(super) backoff: &'a Backoff,
}

impl Retry<'_> {
    fn verdict(
        &self,
        lease: Lease,
        report: delivery::crm::Report,
    ) -> (Settlement, Option<(PauseReason, String)>) {
        // where nothing was written, the next attempt chooses anew
        let became = if report.wrote {
            report.became
        } else {
            Became::default()
        };
        match report.verdict {
            Verdict::Delivered => {
                let Became { contact, record } = report.became;
                (Settlement::Delivered { contact, record }, None)
            }
            Verdict::Park { reason, text } => (
                Settlement::Park {
                    reason,
                    note: text.into(),
                    became,
                },
                None,
            ),
            Verdict::Retry {
                why,
                uncertain,
                pause: hold,
                method_pause: rest,
            } => {
                let wait = match (hold, rest) {
                    // where everybody waits for the connection, nobody waits longer for having tried
                    (
                        Some(
                            PauseReason::Throttled | PauseReason::Unreachable | PauseReason::Denied,
                        ),
                        _,
                    ) => Duration::from_millis(100),
                    (None, Some(rest)) => rest,
                    // it may be this very submission
                    (Some(PauseReason::Unanswered), _) | (None, None) => {
                        self.backoff.of_submission(lease.id, lease.attempt)
                    }
                };
                let hold = hold.map(|hold| (hold, why.clone()));
                let uncertain = if uncertain {
                    Uncertain::Yes
                } else {
                    Uncertain::No
                };
                let due_at = later(self.now, wait);
                (
                    Settlement::Retry {
                        due_at,
                        reason: why.into(),
                        uncertain,
                        became,
                    },
                    hold,
                )
            }
        }
    }
}

pub(super) fn later(now: Timestamp, wait: Duration) -> Timestamp {
    SignedDuration::try_from(wait)
        .ok()
        .and_then(|wait| now.checked_add(wait).ok())
        .unwrap_or(Timestamp::MAX)
}

pub(super) fn park(reason: ParkReason, note: String) -> Attempt {
    let settlement = Settlement::Park {
        reason,
        note: note.into(),
        became: Became::default(),
    };
    Attempt {
        settlement,
        events: Vec::new(),
        hold: None,
    }
}

/// Parks what a profile could make no plan of; the notes say why.
pub(super) fn park_unmapped(reason: ParkReason, notes: Vec<Note>) -> Attempt {
    let told: Vec<String> = notes.iter().map(|note| note.to_text(Lang::En)).collect();
    let because = notes
        .into_iter()
        .map(|note| Event::Because(Explanation::Mapping(note)));
    Attempt {
        events: because.collect(),
        ..park(reason, told.join("; "))
    }
}

pub(super) fn fault(lease: Lease) -> Attempt {
    tracing::error!(submission.id = %lease.id, "a fault of leadgate: please report it");
    park(
        ParkReason::InternalFault,
        "a fault of leadgate: please report it".to_owned(),
    )
}

/// Counts the values of the packet that a settled submission has left out. Both labels are names from the
/// profiles, so there are as many series as profiles have fields.
pub(super) fn count_left_out(settlement: &Settlement, events: &[Event]) {
    let planned = events.iter().rev().find_map(|event| match event {
        Event::Planned(planned) => Some(&planned.plan),
        _ => None,
    });
    let (Some(plan), false) = (planned, matches!(settlement, Settlement::Retry { .. })) else {
        return;
    };
    let steps = events.iter().filter_map(|event| match event {
        Event::Because(why) => Some(why),
        _ => None,
    });
    for dropped in DroppedValue::all(steps) {
        metrics::counter!(
            "leadgate_values_left_out_total",
            "profile" => plan.profile.file.clone(), "field" => dropped.field
        )
        .increment(1);
    }
}

pub(super) fn log(lease: Lease, settlement: &Settlement) {
    let (id, attempt) = (lease.id, lease.attempt);
    let state = settlement.state();
    metrics::counter!("leadgate_verdicts_total", "state" => state.as_str()).increment(1);
    match settlement {
        Settlement::Delivered { .. } | Settlement::Ignored { .. } => {
            tracing::info!(submission.id = %id, attempt, "submission {id} {state}");
        }
        // the reason may repeat what a person typed, so it stays in the journal
        Settlement::Retry { .. } => {
            tracing::warn!(submission.id = %id, attempt, "submission {id} waits for another attempt");
        }
        Settlement::Park { reason, .. } => {
            tracing::error!(submission.id = %id, attempt, %reason, "submission {id} parked: see `leadgate journal show {id}`");
        }
    }
}
