//! Where a submission stands on its way.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The state of a submission. `docs/store.md` draws which one follows which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Accepted, and due at once.
    Queued,
    /// A worker has it in hand.
    Leased,
    /// An attempt failed for a passing reason; the next one has its time.
    Waiting,
    /// The CRM has it.
    Delivered,
    /// It waits for a person.
    Parked,
    /// Kept, because no profile takes it yet.
    Captured,
    /// Refused on receipt and told so; kept for history.
    Rejected,
    /// A rule says that nothing is to be done with it.
    Ignored,
}

impl State {
    /// All of them, in the order of the way.
    pub const ALL: [Self; 8] = [
        Self::Queued,
        Self::Leased,
        Self::Waiting,
        Self::Delivered,
        Self::Parked,
        Self::Captured,
        Self::Rejected,
        Self::Ignored,
    ];

    /// The stable word in the store, the journal and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Leased => "leased",
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Parked => "parked",
            Self::Captured => "captured",
            Self::Rejected => "rejected",
            Self::Ignored => "ignored",
        }
    }

    /// Back from the word; `None` for a word that is none of the list.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether the gateway still works on it by itself.
    pub fn is_under_way(self) -> bool {
        matches!(self, Self::Queued | Self::Leased | Self::Waiting)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_survives_its_word() {
        for state in State::ALL {
            assert_eq!(State::parse(state.as_str()), Some(state));
            let json = serde_json::to_string(&state).unwrap();
            assert_eq!(json, format!("\"{state}\""));
        }
        assert_eq!(State::parse("lost"), None);
    }
}
