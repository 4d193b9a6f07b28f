//! A progress line, on a terminal only and only after two seconds.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

/// Shorter work shows no progress.
const QUIET: Duration = Duration::from_secs(2);

/// The time between updates.
const EVERY: Duration = Duration::from_millis(200);

/// A progress line, which is removed on drop.
pub(super) struct Progress {
    doing: &'static str,
    next: Instant,
    shown: bool,
    wanted: bool,
}

impl Progress {
    /// Starts the progress line; `doing` precedes the number: `looking`.
    pub(super) fn new(doing: &'static str) -> Self {
        Self {
            doing,
            next: Instant::now() + QUIET,
            shown: false,
            wanted: std::io::stderr().is_terminal(),
        }
    }

    /// Updates the number.
    pub(super) fn at(&mut self, done: u64) {
        if self.wanted && Instant::now() >= self.next {
            self.next = Instant::now() + EVERY;
            self.shown = true;
            self.say(&format!("\r{}: {done} …", self.doing));
        }
    }

    fn say(&mut self, text: &str) {
        let mut stderr = std::io::stderr().lock();
        // nobody looks any more
        if stderr
            .write_all(text.as_bytes())
            .and_then(|()| stderr.flush())
            .is_err()
        {
            self.wanted = false;
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            self.say("\r\u{1b}[K");
        }
    }
}
