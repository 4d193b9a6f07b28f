//! A record of the calls that were made, for the journal. The portal's address is a secret and is
//! not part of it.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

use crate::domain::CrmFailure;

/// One HTTP call.
#[derive(Debug, Clone, PartialEq)]
pub struct CallTrace {
    /// `batch`, or the one method that was called.
    pub method: String,
    /// The HTTP status; `None` if no answer came.
    pub status: Option<u16>,
    /// The time from sending to the end of the answer.
    pub duration: Duration,
    /// The error of the call as a whole.
    pub error: Option<CrmFailure>,
    /// The number of commands in the call.
    pub command_count: usize,
    /// The commands that are recorded here.
    pub commands: Vec<CommandTrace>,
}

/// One command of a call.
#[derive(Clone, PartialEq)]
pub struct CommandTrace {
    /// The index of the query or chain that the command belongs to, in the list that was passed in.
    pub of: usize,
    /// The method.
    pub method: String,
    /// Its parameters.
    pub params: Value,
    /// How it ended.
    pub outcome: Outcome,
}

/// How a command ended.
#[derive(Clone, PartialEq)]
pub enum Outcome {
    /// The portal's result.
    Done(Value),
    /// The error.
    Failed(CrmFailure),
    /// The call was cut short or halted before it.
    NotRun,
}

/// Omits parameters and results: they are personal data.
impl fmt::Debug for CommandTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CommandTrace({}: {:?})", self.method, self.outcome)
    }
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Done(_) => "done",
            Self::Failed(_) => "failed",
            Self::NotRun => "not run",
        })
    }
}
