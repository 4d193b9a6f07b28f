//! How long to wait after a failure: a pure function of the attempt, so that tests need no luck.

use std::time::Duration;

use crate::delivery::crm::PauseReason;
use crate::domain::SubmissionId;

/// The first wait and the longest.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    /// After the first failure about this long.
    pub first: Duration,
    /// Never longer than this.
    pub longest: Duration,
}

impl Backoff {
    /// Doubles with each attempt (the first is 1); up to a quarter is taken off, by the submission's own
    /// digits, so that many that failed together do not come back together.
    pub fn of_submission(&self, id: SubmissionId, attempt: u32) -> Duration {
        let full = self.doubled(self.first, attempt);
        let last = id.as_bytes().last().copied().unwrap_or_default();
        full.saturating_sub((full / 4).mul_f64(f64::from(last) / 255.0))
    }

    /// How long a connection is left alone after so many failures in a row.
    pub(super) fn of_connection(&self, hold: PauseReason, failures: u32) -> Duration {
        let first = match hold {
            // it may have been this one call
            PauseReason::Unanswered => Duration::from_millis(200),
            PauseReason::Throttled => Duration::from_secs(1),
            PauseReason::Unreachable => self.first.min(Duration::from_secs(2)),
            PauseReason::Denied => self.first,
        };
        self.doubled(first, failures).min(Duration::from_secs(60))
    }

    /// Nobody is put off as long as this, resting methods included.
    pub(super) fn farthest(&self) -> Duration {
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
    fn waits_grow_and_have_an_end() {
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
    fn a_connection_rests_a_minute_at_most() {
        let seconds = |hold, failures| BACKOFF.of_connection(hold, failures).as_secs();
        assert_eq!(seconds(PauseReason::Throttled, 1), 1);
        assert_eq!(seconds(PauseReason::Throttled, 4), 8);
        assert_eq!(seconds(PauseReason::Denied, 1), 5);
        assert_eq!(seconds(PauseReason::Denied, 9), 60);
    }
}
