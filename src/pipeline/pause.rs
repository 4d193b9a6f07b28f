//! The pause of a destination that does not work: no batch begins until a cheap call, the probe,
//! succeeds. Pure: decides when to probe and what to log.

use std::time::{Duration, Instant};

use super::Backoff;
use crate::delivery::PauseReason;

/// The pause of a destination.
#[derive(Debug)]
pub(super) struct Pause {
    reason: PauseReason,
    since: Instant,
    /// The number of failures in a row, of batches and probes.
    failures: u32,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The next probe is due at this time.
    Until(Instant),
    /// A probe is under way.
    Probing,
    /// The last probe succeeded; if the next batch succeeds, too, the pause is removed.
    Over,
}

/// A change to log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PauseChange {
    /// Nothing new.
    None,
    /// The destination is paused.
    Paused(PauseReason),
    /// The destination works again, after this time.
    Ended(Duration),
}

impl Pause {
    /// Begins a pause after a failed batch.
    pub(super) fn begin(reason: PauseReason, backoff: &Backoff, now: Instant) -> Self {
        Self {
            reason,
            since: now,
            failures: 1,
            stage: Stage::Until(now + backoff.of_destination(reason, 1)),
        }
    }

    /// Returns whether no batch may begin.
    pub(super) fn is_active(&self) -> bool {
        self.stage != Stage::Over
    }

    /// Records another failed batch. Batches that were under way at the same time count as one
    /// failure.
    pub(super) fn batch_failed(
        &mut self,
        reason: PauseReason,
        backoff: &Backoff,
        now: Instant,
    ) -> PauseChange {
        if self.is_active() {
            return PauseChange::None;
        }
        self.since = now;
        self.fail(reason, backoff, now);
        PauseChange::Paused(reason)
    }

    /// Records the result of a probe.
    pub(super) fn end_probe(
        &mut self,
        health: Result<(), PauseReason>,
        backoff: &Backoff,
        now: Instant,
    ) -> PauseChange {
        match health {
            Ok(()) => {
                self.stage = Stage::Over;
                PauseChange::Ended(now.saturating_duration_since(self.since))
            }
            Err(reason) => {
                let is_known = reason == self.reason;
                self.fail(reason, backoff, now);
                if is_known {
                    PauseChange::None
                } else {
                    PauseChange::Paused(reason)
                }
            }
        }
    }

    fn fail(&mut self, reason: PauseReason, backoff: &Backoff, now: Instant) {
        self.reason = reason;
        self.failures = self.failures.saturating_add(1);
        self.stage = Stage::Until(now + backoff.of_destination(reason, self.failures));
    }

    /// Begins the next probe if it is due, and returns whether it is.
    pub(super) fn begin_probe(&mut self, now: Instant) -> bool {
        let is_due = matches!(self.stage, Stage::Until(at) if at <= now);
        if is_due {
            self.stage = Stage::Probing;
        }
        is_due
    }

    /// Returns when the next probe is due.
    pub(super) fn next_probe(&self) -> Option<Instant> {
        match self.stage {
            Stage::Until(at) => Some(at),
            Stage::Probing | Stage::Over => None,
        }
    }
}

impl PauseReason {
    /// Returns the reason as log lines state it; `noun` is the other side.
    pub(super) fn text(self, noun: &str) -> String {
        match self {
            Self::Throttled => format!("{noun} asks us to slow down"),
            Self::Unreachable => format!("{noun} cannot be reached"),
            Self::Unanswered => format!("{noun} gives no usable answer"),
            Self::Denied => format!("{noun} rejects this connection"),
        }
    }

    /// Returns whether a person may have to act: then it is logged as an error.
    pub(super) fn needs_attention(self) -> bool {
        match self {
            Self::Throttled | Self::Unanswered => false,
            Self::Unreachable | Self::Denied => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff {
        first: Duration::from_secs(5),
        longest: Duration::from_secs(900),
    };

    #[test]
    fn the_begin_and_the_end_of_a_pause_are_logged_once() {
        let start = Instant::now();
        let mut pause = Pause::begin(PauseReason::Denied, &BACKOFF, start);
        assert!(pause.is_active());
        // the other batches that were under way
        assert_eq!(
            pause.batch_failed(PauseReason::Denied, &BACKOFF, start),
            PauseChange::None
        );
        for _ in 0..20 {
            let now = pause.next_probe().unwrap();
            assert!(
                pause.begin_probe(now) && !pause.begin_probe(now),
                "one probe at a time"
            );
            assert_eq!(
                pause.end_probe(Err(PauseReason::Denied), &BACKOFF, now),
                PauseChange::None
            );
            assert!(pause.next_probe().unwrap() - now <= Duration::from_secs(60));
        }
        let now = pause.next_probe().unwrap();
        assert!(pause.begin_probe(now));
        assert_eq!(
            pause.end_probe(Ok(()), &BACKOFF, now),
            PauseChange::Ended(now - start)
        );
        assert!(!pause.is_active() && pause.next_probe().is_none());
    }

    #[test]
    fn another_reason_is_logged() {
        let now = Instant::now();
        let mut pause = Pause::begin(PauseReason::Unreachable, &BACKOFF, now);
        let change = pause.end_probe(Err(PauseReason::Denied), &BACKOFF, now);
        assert_eq!(change, PauseChange::Paused(PauseReason::Denied));
    }

    #[test]
    fn a_failure_right_after_a_probe_waits_longer() {
        let now = Instant::now();
        let mut pause = Pause::begin(PauseReason::Throttled, &BACKOFF, now);
        let first = pause.next_probe().unwrap() - now;
        pause.end_probe(Ok(()), &BACKOFF, now);
        let change = pause.batch_failed(PauseReason::Throttled, &BACKOFF, now);
        assert_eq!(change, PauseChange::Paused(PauseReason::Throttled));
        assert_eq!(pause.next_probe().unwrap() - now, first * 2);
    }
}
