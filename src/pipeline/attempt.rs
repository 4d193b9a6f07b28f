//! The result of one attempt, for the inbox and the journal.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Backoff, attempt_events};
use crate::delivery::{
    self,
    crm::{PauseReason, Verdict},
};
use crate::domain::{Became, DroppedValue, Event, Explanation, Lang, Note, ParkReason, Plan};
use crate::inbox::{Lease, Settlement, Uncertain};

/// The result of one attempt: the settlement, the events, and the pause of its connection.
pub(super) struct Attempt {
    pub(super) settlement: Settlement,
    pub(super) events: Vec<Event>,
    /// Why its connection pauses, with the error.
    pub(super) pause: Option<(PauseReason, String)>,
}

impl Attempt {
    /// Creates the attempt of a plan that has nothing to do.
    pub(super) fn without_step(plan: Plan) -> Self {
        let mut events = vec![];
        let notes = plan.notes.clone().into_iter();
        let notes = notes.map(|note| Event::Because(Explanation::Mapping(note)));
        events.extend(notes);
        events.insert(0, Event::planned(plan));
        Self {
            settlement: Settlement::Delivered {
                contact: None,
                record: None,
            },
            events,
            pause: None,
        }
    }

    /// Creates the attempt of a report; `retry` sets the time of the next one.
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
        events.extend(attempt_events::of(&report));
        let (settlement, pause) = retry.settlement(lease, report);
        Self {
            settlement,
            events,
            pause,
        }
    }
}

/// What the time of the next attempt depends on.
pub(super) struct Retry<'a> {
    pub(super) now: Timestamp,
    pub(super) backoff: &'a Backoff,
}

impl Retry<'_> {
    fn settlement(
        &self,
        lease: Lease,
        report: delivery::crm::Report,
    ) -> (Settlement, Option<(PauseReason, String)>) {
        // after an attempt that wrote nothing, the next one decides again
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
                pause,
                method_pause,
            } => {
                let wait = match (pause, method_pause) {
                    // all wait for the connection, so this one need not wait longer
                    (
                        Some(
                            PauseReason::Throttled | PauseReason::Unreachable | PauseReason::Denied,
                        ),
                        _,
                    ) => Duration::from_millis(100),
                    (None, Some(wait)) => wait,
                    // this submission may be the cause
                    (Some(PauseReason::Unanswered), _) | (None, None) => {
                        self.backoff.of_submission(lease.id, lease.attempt)
                    }
                };
                let pause = pause.map(|reason| (reason, why.clone()));
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
                    pause,
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
        pause: None,
    }
}

/// Parks a submission of which the profile could make no plan; the notes say why.
pub(super) fn park_unmapped(reason: ParkReason, notes: Vec<Note>) -> Attempt {
    let texts: Vec<String> = notes.iter().map(|note| note.to_text(Lang::En)).collect();
    let because = notes
        .into_iter()
        .map(|note| Event::Because(Explanation::Mapping(note)));
    Attempt {
        events: because.collect(),
        ..park(reason, texts.join("; "))
    }
}

pub(super) fn fault(lease: Lease) -> Attempt {
    tracing::error!(submission.id = %lease.id, "a fault of leadgate: please report it");
    park(
        ParkReason::InternalFault,
        "a fault of leadgate: please report it".to_owned(),
    )
}

/// Counts the values that a settled submission has left out. Both labels are names from the profiles, so the number
/// of series is bounded.
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
