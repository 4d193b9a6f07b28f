//! A mail server on loopback that delivers nothing: it keeps every letter for the pages and for
//! tests, and greylists, refuses, stalls and loses answers on request.
//!
//! ```text
//! serve → session (SMTP, RFC 5321) ─┬─ faults
//!                                   └─ letters → mime → page
//! ```

mod faults;
mod mime;
mod server;
mod session;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde_json::{Value, json};

use super::options::Clock;
pub(super) use faults::Moment;
pub use faults::{MailFault, MailFaultKind, MailStage};
pub(super) use mime::{Part, read};
pub use server::MailSecurity;

/// Letters that are kept; the oldest go first.
const KEPT: usize = 500;

/// Greylisted pairs that are remembered.
const PAIRS: usize = 10_000;

/// A handle to a mailbox; clones are handles to the same one.
#[derive(Clone)]
pub struct Mailbox {
    state: Arc<Mutex<State>>,
    clock: Clock,
}

/// A letter that the server has taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoredLetter {
    /// Its number, counted from 1.
    pub number: u64,
    /// Seconds since 1970.
    pub received: i64,
    /// The sender of the envelope.
    pub from: String,
    /// The recipients of the envelope.
    pub to: Vec<String>,
    /// Whether it came over an encrypted connection.
    pub encrypted: bool,
    /// The user that signed in.
    pub user: Option<String>,
    /// The letter as it came.
    pub raw: String,
}

#[derive(Default)]
struct State {
    letters: VecDeque<StoredLetter>,
    taken: u64,
    faults: faults::MailPlan,
    /// Senders and recipients that were greylisted and may pass now.
    known: BTreeSet<(String, String)>,
    sessions: u64,
    revision: u64,
}

impl Mailbox {
    /// Creates an empty mailbox.
    pub fn new(clock: Clock) -> Self {
        Self {
            state: Arc::default(),
            clock,
        }
    }

    /// Returns the letters, oldest first.
    pub fn letters(&self) -> Vec<StoredLetter> {
        self.state().letters.iter().cloned().collect()
    }

    /// Returns the number of letters that were ever taken.
    pub fn taken(&self) -> u64 {
        self.state().taken
    }

    /// Returns the number of connections that were accepted.
    pub fn sessions(&self) -> u64 {
        self.state().sessions
    }

    /// Adds a planned fault.
    pub fn inject(&self, fault: MailFault) {
        let mut state = self.state();
        state.faults.add(fault);
        state.revision += 1;
    }

    /// Clears all faults.
    pub fn clear_faults(&self) {
        let mut state = self.state();
        state.faults.clear();
        state.revision += 1;
    }

    /// Removes the letters and the faults.
    pub fn reset(&self) {
        let mut state = self.state();
        let revision = state.revision;
        *state = State {
            revision: revision + 1,
            ..State::default()
        };
    }

    /// Returns the letters for programs, with their readable parts.
    pub fn to_json(&self) -> Value {
        let letters = self.letters();
        let shown = letters.iter().map(|letter| {
            let content = read(&letter.raw);
            json!({
                "number": letter.number, "received": letter.received, "from": letter.from,
                "to": letter.to, "encrypted": letter.encrypted, "user": letter.user,
                "subject": content.subject, "message_id": content.message_id, "text": content.text,
                "html": content.html, "files": content.files, "raw": letter.raw,
            })
        });
        Value::Array(shown.collect())
    }

    /// Returns the planned faults.
    pub(super) fn waiting(&self) -> Vec<MailFault> {
        self.state().faults.waiting().to_vec()
    }

    /// Returns a number that changes with everything that a page shows.
    pub(super) fn revision(&self) -> u64 {
        self.state().revision
    }

    /// Returns the fault that occurs now.
    fn strike(&self, moment: Moment, to: &[String]) -> Option<MailFaultKind> {
        let mut state = self.state();
        let fault = state.faults.strike(moment, to);
        if fault.is_some() {
            state.revision += 1;
        }
        fault
    }

    /// Returns whether a greylist lets this pair pass: at its second try.
    fn passes_greylist(&self, from: &str, to: &str) -> bool {
        let mut state = self.state();
        if state.known.len() >= PAIRS {
            state.known.clear();
        }
        !state.known.insert((from.to_owned(), to.to_owned()))
    }

    fn count_session(&self) {
        self.state().sessions += 1;
    }

    /// Stores a letter and returns its number.
    fn take(&self, mut letter: StoredLetter) -> u64 {
        letter.received = (self.clock)().as_second();
        let mut state = self.state();
        state.taken += 1;
        state.revision += 1;
        letter.number = state.taken;
        state.letters.push_back(letter);
        if state.letters.len() > KEPT {
            state.letters.pop_front();
        }
        state.taken
    }

    /// A panic while the lock is held leaves no half-written letter, so a poisoned lock is usable.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Mailbox {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Mailbox").finish_non_exhaustive()
    }
}
