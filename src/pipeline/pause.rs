//! The pause of a destination that does not work: no batch begins until a cheap call, the probe,
//! succeeds. Pure: decides when to probe and what to log.
//!
//! Some probes prove nothing: a destination without a harmless request is not asked at all, and one
//! may answer the probe and fail at every delivery. There the pause ends when a batch succeeds.

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
    probe: ProbeProof,
}

/// What a successful probe says of a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProbeProof {
    /// It works again.
    Works,
    /// Nothing: the next batch will show.
    Nothing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The next probe is due at this time.
    Until(Instant),
    /// A probe is under way.
    Probing,
    /// The last probe succeeded; if the next batch succeeds, too, the pause is removed.
    Over,
    /// The last probe proved nothing; the next batch shows whether the pause is over.
    Trial,
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
    pub(super) fn begin(
        reason: PauseReason,
        probe: ProbeProof,
        backoff: &Backoff,
        now: Instant,
    ) -> Self {
        Self {
            reason,
            probe,
            since: now,
            failures: 1,
            stage: Stage::Until(now + backoff.of_destination(reason, 1)),
        }
    }

    /// Returns whether no batch may begin.
    pub(super) fn is_active(&self) -> bool {
        !matches!(self.stage, Stage::Over | Stage::Trial)
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
        let is_known = self.stage == Stage::Trial && reason == self.reason;
        if self.stage == Stage::Over {
            // it answers probes and nothing else
            self.since = now;
            self.probe = ProbeProof::Nothing;
        }
        self.fail(reason, backoff, now);
        if is_known {
            PauseChange::None
        } else {
            PauseChange::Paused(reason)
        }
    }

    /// Ends the pause after a batch that succeeded.
    pub(super) fn end(self, now: Instant) -> PauseChange {
        match self.stage {
            Stage::Trial => PauseChange::Ended(now.saturating_duration_since(self.since)),
            Stage::Over | Stage::Until(_) | Stage::Probing => PauseChange::None,
        }
    }

    /// Records the result of a probe.
    pub(super) fn end_probe(
        &mut self,
        health: Result<(), PauseReason>,
        backoff: &Backoff,
        now: Instant,
    ) -> PauseChange {
        match health {
            Ok(()) if self.probe == ProbeProof::Nothing => {
                self.stage = Stage::Trial;
                PauseChange::None
            }
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

    /// Makes the next probe due now.
    pub(super) fn bring_forward(&mut self, now: Instant) {
        if let Stage::Until(at) = &mut self.stage {
            *at = now.min(*at);
        }
    }

    /// Returns when the next probe is due.
    pub(super) fn next_probe(&self) -> Option<Instant> {
        match self.stage {
            Stage::Until(at) => Some(at),
            Stage::Probing | Stage::Over | Stage::Trial => None,
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

    fn begin(reason: PauseReason, now: Instant) -> Pause {
        Pause::begin(reason, ProbeProof::Works, &BACKOFF, now)
    }

    #[test]
    fn the_begin_and_the_end_of_a_pause_are_logged_once() {
        let start = Instant::now();
        let mut pause = begin(PauseReason::Denied, start);
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
        let mut pause = begin(PauseReason::Unreachable, now);
        let change = pause.end_probe(Err(PauseReason::Denied), &BACKOFF, now);
        assert_eq!(change, PauseChange::Paused(PauseReason::Denied));
    }

    #[test]
    fn a_failure_right_after_a_probe_waits_longer() {
        let now = Instant::now();
        let mut pause = begin(PauseReason::Throttled, now);
        let first = pause.next_probe().unwrap() - now;
        pause.end_probe(Ok(()), &BACKOFF, now);
        let change = pause.batch_failed(PauseReason::Throttled, &BACKOFF, now);
        assert_eq!(change, PauseChange::Paused(PauseReason::Throttled));
        assert_eq!(pause.next_probe().unwrap() - now, first * 2);
    }

    /// Probes and fails a batch after each, this many times, and returns what is logged.
    fn failing_rounds(pause: &mut Pause, rounds: usize) -> Vec<PauseChange> {
        let mut logged = Vec::new();
        for _ in 0..rounds {
            let now = pause.next_probe().unwrap();
            assert!(pause.begin_probe(now));
            logged.push(pause.end_probe(Ok(()), &BACKOFF, now));
            assert!(!pause.is_active(), "the next batch tries");
            logged.push(pause.batch_failed(PauseReason::Unreachable, &BACKOFF, now));
            assert!(pause.next_probe().unwrap() - now <= BACKOFF.longest);
        }
        logged.retain(|change| *change != PauseChange::None);
        logged
    }

    #[test]
    fn a_destination_that_cannot_be_asked_is_reported_once_until_a_delivery_succeeds() {
        let start = Instant::now();
        let mut pause = Pause::begin(
            PauseReason::Unreachable,
            ProbeProof::Nothing,
            &BACKOFF,
            start,
        );
        assert_eq!(failing_rounds(&mut pause, 20), []);
        // another reason is news
        let now = pause.next_probe().unwrap();
        pause.end_probe(Ok(()), &BACKOFF, now);
        let change = pause.batch_failed(PauseReason::Denied, &BACKOFF, now);
        assert_eq!(change, PauseChange::Paused(PauseReason::Denied));
        pause.end_probe(Ok(()), &BACKOFF, now);
        assert_eq!(pause.end(now), PauseChange::Ended(now - start));
    }

    #[test]
    fn a_destination_that_answers_probes_only_is_reported_twice() {
        let start = Instant::now();
        let mut pause = begin(PauseReason::Unreachable, start);
        let logged = failing_rounds(&mut pause, 20);
        assert!(
            matches!(
                logged[..],
                [
                    PauseChange::Ended(_),
                    PauseChange::Paused(PauseReason::Unreachable)
                ]
            ),
            "{logged:?}"
        );
        let now = pause.next_probe().unwrap();
        pause.end_probe(Ok(()), &BACKOFF, now);
        assert!(matches!(pause.end(now), PauseChange::Ended(_)));
        // a probe that proved something: its end is reported already
        let mut pause = begin(PauseReason::Unreachable, start);
        pause.end_probe(Ok(()), &BACKOFF, start);
        assert_eq!(pause.end(start), PauseChange::None);
    }
}
