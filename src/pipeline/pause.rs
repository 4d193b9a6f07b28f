//! A connection that does not work is paused as a whole: nothing is tried on it until one cheap call,
//! the probe, has found it at work again. Pure: it says when to ask, and what to tell.

use std::time::{Duration, Instant};

use super::Backoff;
use crate::delivery::crm::PauseReason;

/// Why and since when a connection is paused.
#[derive(Debug)]
pub(super) struct Pause {
    hold: PauseReason,
    since: Instant,
    /// Failures in a row: of batches and of probes.
    failures: u32,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The next probe is due then.
    Until(Instant),
    /// One is under way.
    Probing,
    /// The last one went well; the next batch will tell.
    Over,
}

/// What there is to tell about a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// Nothing that has not been told.
    Nothing,
    /// It is paused, for this reason.
    Paused(PauseReason),
    /// It works again, after so long.
    Over(Duration),
}

impl Pause {
    /// A batch has met the wall.
    pub(super) fn begin(hold: PauseReason, backoff: &Backoff, now: Instant) -> Self {
        Self {
            hold,
            since: now,
            failures: 1,
            stage: Stage::Until(now + backoff.of_connection(hold, 1)),
        }
    }

    /// Whether nothing may be begun.
    pub(super) fn holds(&self) -> bool {
        self.stage != Stage::Over
    }

    /// Another batch has met a wall. Several that were under way together fail together: that is one
    /// failure.
    pub(super) fn again(&mut self, hold: PauseReason, backoff: &Backoff, now: Instant) -> News {
        if self.holds() {
            return News::Nothing;
        }
        self.since = now;
        self.fail(hold, backoff, now);
        News::Paused(hold)
    }

    /// How the probe ended.
    pub(super) fn probed(
        &mut self,
        found: Result<(), PauseReason>,
        backoff: &Backoff,
        now: Instant,
    ) -> News {
        match found {
            Ok(()) => {
                self.stage = Stage::Over;
                News::Over(now.saturating_duration_since(self.since))
            }
            Err(hold) => {
                let known = std::mem::discriminant(&hold) == std::mem::discriminant(&self.hold);
                self.fail(hold, backoff, now);
                if known {
                    News::Nothing
                } else {
                    News::Paused(hold)
                }
            }
        }
    }

    fn fail(&mut self, hold: PauseReason, backoff: &Backoff, now: Instant) {
        self.hold = hold;
        self.failures = self.failures.saturating_add(1);
        self.stage = Stage::Until(now + backoff.of_connection(hold, self.failures));
    }

    /// Takes the turn to probe, when it has come.
    pub(super) fn take_turn(&mut self, now: Instant) -> bool {
        let is_due = matches!(self.stage, Stage::Until(at) if at <= now);
        if is_due {
            self.stage = Stage::Probing;
        }
        is_due
    }

    /// When the next probe is due.
    pub(super) fn due(&self) -> Option<Instant> {
        match self.stage {
            Stage::Until(at) => Some(at),
            Stage::Probing | Stage::Over => None,
        }
    }
}

impl PauseReason {
    /// What a person reads.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Throttled => "the portal asks us to slow down",
            Self::Unreachable => "the portal cannot be reached",
            Self::Unanswered => "the portal gives no usable answer",
            Self::Denied => "the portal turns this connection away",
        }
    }

    /// Whether a person may have to act: then it is said loudly.
    pub(super) fn is_loud(self) -> bool {
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
    fn a_pause_is_told_once_and_its_end_once() {
        let start = Instant::now();
        let mut pause = Pause::begin(PauseReason::Denied, &BACKOFF, start);
        assert!(pause.holds());
        // the other batches that were under way
        assert_eq!(
            pause.again(PauseReason::Denied, &BACKOFF, start),
            News::Nothing
        );
        for _ in 0..20 {
            let now = pause.due().unwrap();
            assert!(
                pause.take_turn(now) && !pause.take_turn(now),
                "one probe at a time"
            );
            assert_eq!(
                pause.probed(Err(PauseReason::Denied), &BACKOFF, now),
                News::Nothing
            );
            assert!(pause.due().unwrap() - now <= Duration::from_secs(60));
        }
        let now = pause.due().unwrap();
        assert!(pause.take_turn(now));
        assert_eq!(pause.probed(Ok(()), &BACKOFF, now), News::Over(now - start));
        assert!(!pause.holds() && pause.due().is_none());
    }

    #[test]
    fn another_reason_is_news() {
        let now = Instant::now();
        let mut pause = Pause::begin(PauseReason::Unreachable, &BACKOFF, now);
        let news = pause.probed(Err(PauseReason::Denied), &BACKOFF, now);
        assert_eq!(news, News::Paused(PauseReason::Denied));
    }

    #[test]
    fn what_fails_again_right_after_the_probe_waits_longer() {
        let now = Instant::now();
        let mut pause = Pause::begin(PauseReason::Throttled, &BACKOFF, now);
        let first = pause.due().unwrap() - now;
        pause.probed(Ok(()), &BACKOFF, now);
        let news = pause.again(PauseReason::Throttled, &BACKOFF, now);
        assert_eq!(news, News::Paused(PauseReason::Throttled));
        assert_eq!(pause.due().unwrap() - now, first * 2);
    }
}
