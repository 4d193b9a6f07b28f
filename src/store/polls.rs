//! What the registry of polls asks of the store.

use serde::{Deserialize, Serialize};

use super::{Store, StoreError, sqlite};
use crate::domain::{Activation, Poll, PollId};

/// Tells one state of the polls from another: no two registrations leave the same one behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PollsStamp {
    /// Whose polls.
    pub instance: String,
    /// How many there are.
    pub polls: u64,
    /// How often they were registered, all together.
    pub activations: u64,
}

impl Store {
    /// Registers a poll, or notes that it was registered again.
    pub(crate) async fn activate(
        &self,
        activation: Activation,
    ) -> Result<(Poll, PollsStamp), StoreError> {
        let instance = self.instance().as_str().to_owned();
        self.write(move |tx| {
            let poll = sqlite::activate(tx, &activation)?;
            let (polls, activations) = sqlite::polls_stamp(tx)?;
            let stamp = PollsStamp {
                instance,
                polls,
                activations,
            };
            Ok((poll, stamp))
        })
        .await
    }

    /// One poll.
    pub(crate) async fn poll(&self, id: PollId) -> Result<Option<Poll>, StoreError> {
        self.read(move |view| sqlite::poll(view, id)).await
    }

    /// All of them, with their stamp.
    pub(crate) fn polls(&self) -> Result<(Vec<Poll>, PollsStamp), StoreError> {
        self.read_blocking(|view| {
            let (polls, activations) = sqlite::polls_stamp(view)?;
            let stamp = PollsStamp {
                instance: self.instance().as_str().to_owned(),
                polls,
                activations,
            };
            Ok((sqlite::all_polls(view)?, stamp))
        })
    }
}
