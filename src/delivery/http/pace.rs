//! Limits how many requests a service gets: at the same time, and per second.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit};

/// The limits of one service.
pub(super) struct Pace {
    /// The time between two requests.
    every: Option<Duration>,
    next: Mutex<Option<Instant>>,
    turns: Semaphore,
    parallel: usize,
}

impl Pace {
    pub(super) fn new(rate: Option<f64>, parallel: usize) -> Self {
        let every = rate.filter(|rate| *rate > 0.0);
        let parallel = parallel.max(1);
        Self {
            every: every.map(|rate| Duration::from_secs_f64(1.0 / rate)),
            next: Mutex::default(),
            turns: Semaphore::new(parallel),
            parallel,
        }
    }

    /// Returns how many requests are under way, and how many may be.
    pub(super) fn calls(&self) -> (usize, usize) {
        let free = self.turns.available_permits();
        (self.parallel.saturating_sub(free), self.parallel)
    }

    /// Returns how many requests may be sent within this time.
    pub(super) fn within(&self, time: Duration) -> usize {
        match self.every {
            Some(every) if !every.is_zero() => {
                let count = time.as_nanos() / every.as_nanos().max(1);
                usize::try_from(count).unwrap_or(usize::MAX)
            }
            _ => usize::MAX,
        }
    }

    /// Waits for a turn; the permit is held during the request.
    pub(super) async fn acquire(&self) -> Option<SemaphorePermit<'_>> {
        let permit = self.turns.acquire().await.ok();
        if let Some(wait) = self.reserve(Instant::now()) {
            tokio::time::sleep(wait).await;
        }
        permit
    }

    /// Reserves the next moment, and returns how long it is until then.
    fn reserve(&self, now: Instant) -> Option<Duration> {
        let every = self.every?;
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let at = next.map_or(now, |next| next.max(now));
        *next = Some(at + every);
        Some(at.saturating_duration_since(now)).filter(|wait| !wait.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_spaced_by_the_rate() {
        let pace = Pace::new(Some(5.0), 10);
        let now = Instant::now();
        let waits: Vec<u128> = (0..6)
            .map(|_| pace.reserve(now).map_or(0, |wait| wait.as_millis()))
            .collect();
        assert_eq!(waits, [0, 200, 400, 600, 800, 1000]);
        // an idle time gives no credit
        let later = now + Duration::from_secs(60);
        assert_eq!(pace.reserve(later), None);
        assert_eq!(pace.reserve(later), Some(Duration::from_millis(200)));
        assert_eq!(pace.within(Duration::from_secs(2)), 10);
        let free = Pace::new(None, 1);
        assert_eq!(free.reserve(now), None);
        assert_eq!(free.within(Duration::from_secs(2)), usize::MAX);
    }
}
