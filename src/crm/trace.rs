//! An account of the calls that were made, for the journal. The address of the portal, which is a
//! secret, never gets here.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

/// One HTTP call.
#[derive(Debug, Clone, PartialEq)]
pub struct CallTrace {
    /// `batch`, or the one method that was called.
    pub method: String,
    /// The status; `None` when no answer came.
    pub status: Option<u16>,
    /// From sending to the end of the answer.
    pub duration: Duration,
    /// What went wrong with the call as a whole.
    pub error: Option<String>,
    /// How many commands it carried in all.
    pub command_count: usize,
    /// Those among them that are told of here.
    pub commands: Vec<CommandTrace>,
}

/// One command of a call.
#[derive(Clone, PartialEq)]
pub struct CommandTrace {
    /// The place, in the list that was handed in, of the query or chain that this command served.
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
    /// The portal's code and words, or ours.
    Failed(String),
    /// The call was cut or halted before it.
    NotRun,
}

/// Parameters and results are somebody's data.
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
