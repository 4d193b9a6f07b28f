//! The source of time, passed as an argument, so that tests do not sleep and runs can be repeated.

use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};

/// The source of time for the edges; the core takes a [`Timestamp`] instead.
pub trait Clock: Send + Sync {
    /// Returns the present time, UTC.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that asks the machine"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that moves only when a test moves it.
#[derive(Debug)]
pub struct ManualClock(Mutex<Timestamp>);

impl ManualClock {
    /// Starts at this time.
    pub fn starting_at(moment: Timestamp) -> Self {
        Self(Mutex::new(moment))
    }

    /// Moves the clock by `step`, unless that is beyond the range of times.
    pub fn advance(&self, step: SignedDuration) {
        let mut moment = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        *moment = moment.checked_add(step).unwrap_or(*moment);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
