//! Waiting times after failures: a pure function of the attempt, so tests are deterministic.

use std::time::Duration;

use crate::delivery::PauseReason;
use crate::domain::SubmissionId;

/// The first wait and the longest.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    /// The wait after the first failure, less up to a quarter.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
}

impl Backoff {
    /// Returns the wait of a submission after this attempt, counted from 1. It doubles with each
    /// attempt. Up to a quarter is taken off, depending on the id, so that submissions that failed
    /// together are spread out.
    pub fn of_submission(&self, id: SubmissionId, attempt: u32) -> Duration {
        let full = self.doubled(self.first, attempt);
        let last = id.as_bytes().last().copied().unwrap_or_default();
        full.saturating_sub((full / 4).mul_f64(f64::from(last) / 255.0))
    }

    /// Returns the time until the next probe of a destination after this many failures in a row.
    pub(super) fn of_destination(&self, reason: PauseReason, failures: u32) -> Duration {
        let first = match reason {
            // the one call may be the cause
            PauseReason::Unanswered => Duration::from_millis(200),
            PauseReason::Throttled => Duration::from_secs(1),
            PauseReason::Unreachable => self.first.min(Duration::from_secs(2)),
            PauseReason::Denied => self.first,
        };
        self.doubled(first, failures).min(Duration::from_secs(60))
    }

    /// Returns a time that no wait exceeds, including waits for a paused method.
    pub(super) fn upper_bound(&self) -> Duration {
        self.longest.saturating_add(Duration::from_secs(15 * 60))
    }

    fn doubled(&self, first: Duration, times: u32) -> Duration {
        let factor = 2_u32.saturating_pow(times.saturating_sub(1).min(30));
        first.saturating_mul(factor).min(self.longest)
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
    fn waits_grow_up_to_the_longest() {
        let id = SubmissionId::fresh();
        let mut last = Duration::ZERO;
        for attempt in 1..=100 {
            let wait = BACKOFF.of_submission(id, attempt);
            assert!(
                wait >= last && wait <= BACKOFF.longest,
                "{attempt}: {wait:?}"
            );
            last = wait;
        }
        assert!(BACKOFF.of_submission(id, 1) >= Duration::from_millis(3750));
        assert!(last >= Duration::from_secs(675));
    }

    #[test]
    fn a_destination_is_probed_at_least_once_a_minute() {
        let seconds = |reason, failures| BACKOFF.of_destination(reason, failures).as_secs();
        assert_eq!(seconds(PauseReason::Throttled, 1), 1);
        assert_eq!(seconds(PauseReason::Throttled, 4), 8);
        assert_eq!(seconds(PauseReason::Denied, 1), 5);
        assert_eq!(seconds(PauseReason::Denied, 9), 60);
    }
}
