//! The operations of the registry of polls.

use crate::domain::{Activation, Poll, PollId};
use crate::store::{PollsStamp, Store, StoreError, sqlite};

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
