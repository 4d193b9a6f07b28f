//! Calls of telephony that are sent together: one phone call makes several of them, many phones ring at
//! once, and the portal limits the calls, not their commands.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{Mutex as Turn, oneshot};

use super::batch::{self, Halt};
use super::commands::Command;
use super::{Connection, Priority, form};
use crate::crm::error::CrmError;
use crate::domain::NoAnswer;

/// How long commands are gathered when none is on its way. A card must be there while it rings.
const GATHER: Duration = Duration::from_millis(60);

/// Where the answer to a command goes.
type Answer = oneshot::Sender<Result<Value, CrmError>>;

/// Commands that wait to be sent together.
#[derive(Default)]
pub(super) struct Gathered {
    waiting: Mutex<Vec<(Command, Answer)>>,
    /// The caller that has the turn sends for all.
    turn: Turn<()>,
}

impl Gathered {
    fn waiting(&self) -> MutexGuard<'_, Vec<(Command, Answer)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes as many commands as one call has.
    fn take(&self) -> Vec<(Command, Answer)> {
        let mut waiting = self.waiting();
        let some = waiting.len().min(batch::MAX_COMMANDS);
        waiting.drain(..some).collect()
    }
}

impl Connection {
    /// Sends a command with others of its priority that come at the same time.
    pub(super) async fn gathered(
        &self,
        command: Command,
        priority: Priority,
    ) -> Result<Value, CrmError> {
        // a text from outside that looks like a reference must not be in a batch
        if form::looks_like_reference(&command.params) {
            let (mut outcomes, _) = self.run(&[0], &[command], Halt::Never, priority).await;
            return outcomes.pop().unwrap_or(Err(CrmError::NotRun));
        }
        let gathered = match priority {
            Priority::Interactive => &self.urgent,
            Priority::Submission | Priority::Background => &self.unhurried,
        };
        let (answer, mut answered) = oneshot::channel();
        gathered.waiting().push((command, answer));
        let turn = match gathered.turn.try_lock() {
            Ok(turn) => {
                tokio::time::sleep(GATHER).await;
                turn
            }
            // others came while these were on their way
            Err(_) => gathered.turn.lock().await,
        };
        let outcome = loop {
            match answered.try_recv() {
                // another caller may have sent it
                Ok(outcome) => break outcome,
                Err(oneshot::error::TryRecvError::Empty) => {
                    self.send_together(gathered.take(), priority).await;
                }
                // the caller that sent it was cancelled
                Err(oneshot::error::TryRecvError::Closed) => {
                    break Err(CrmError::Unknown {
                        why: NoAnswer::NoResult { status: 0 },
                    });
                }
            }
        };
        drop(turn);
        outcome
    }

    /// Sends commands in one call, and passes the answers on.
    async fn send_together(&self, group: Vec<(Command, Answer)>, priority: Priority) {
        let (commands, answers): (Vec<Command>, Vec<Answer>) = group.into_iter().unzip();
        let outcomes = self.run_all(&commands, priority).await;
        let nothing = std::iter::repeat_with(|| Err(CrmError::NotRun));
        for (answer, outcome) in answers.into_iter().zip(outcomes.into_iter().chain(nothing)) {
            // nobody waits for it if the gateway is stopping
            drop(answer.send(outcome));
        }
    }
}
