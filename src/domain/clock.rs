//! Time comes in as an argument, so that tests never sleep and a run can be repeated.

use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};

/// Where the edges get the time from; the core takes a [`Timestamp`] instead.
pub trait Clock: Send + Sync {
    /// The present moment, UTC.
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

/// A clock that stands still until it is told to move.
#[derive(Debug)]
pub struct ManualClock(Mutex<Timestamp>);

impl ManualClock {
    /// Starts at the given moment.
    pub fn starting_at(moment: Timestamp) -> Self {
        Self(Mutex::new(moment))
    }

    /// Moves on by `step`; a step past the end of time leaves the clock where it is.
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
