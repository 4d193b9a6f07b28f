//! What can go wrong between us and a portal, sorted by who can help.

use std::time::Duration;

/// Why a command brought no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CrmError {
    /// The portal asks us to slow down; nothing was executed.
    #[error("the portal asks us to slow down ({code})")]
    Throttled {
        /// `QUERY_LIMIT_EXCEEDED` and the like.
        code: String,
    },
    /// The method has used up its running time and rests; nothing was executed. Other methods go on.
    #[error("{method} has used up its running time and rests for {} s", .wait.as_secs())]
    MethodPaused {
        /// Which.
        method: String,
        /// For how long.
        wait: Duration,
    },
    /// No connection could be made; nothing was sent.
    #[error("the portal cannot be reached: {why}")]
    Unreachable {
        /// The network's words, without the address.
        why: String,
    },
    /// The request went out and no usable answer came back: it may have been executed.
    #[error("no usable answer: {why}")]
    Unknown {
        /// What was seen instead.
        why: String,
    },
    /// The portal will not let this connection work: key, rights, scope, plan, block.
    #[error("the portal turns this connection away at {method}: {code} {text}")]
    Denied {
        /// The method that was called; `batch` for a call as a whole.
        method: String,
        /// The portal's code.
        code: String,
        /// The portal's words.
        text: String,
    },
    /// The portal refused this one command.
    #[error("the portal refused {method}: {code} {text}")]
    Refused {
        /// The method.
        method: String,
        /// The portal's code; often empty.
        code: String,
        /// The portal's words.
        text: String,
    },
    /// An earlier command of the chain failed, so this one was not run.
    #[error("not run, because an earlier command failed")]
    NotRun,
}

/// What to do about an error. Decided here, where the facts are, and nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Nothing happened: do the same again later.
    TryAgain,
    /// It may have happened: look before doing it again.
    CheckFirst,
    /// Every call would fail: hold the connection until a person has mended it.
    PauseConnection,
    /// This one will never succeed as it is.
    NeedsOperator,
}

impl CrmError {
    /// Who can help: time, a look, whoever owns the connection, or the operator.
    pub fn remedy(&self) -> Remedy {
        match self {
            Self::Throttled { .. }
            | Self::MethodPaused { .. }
            | Self::Unreachable { .. }
            | Self::NotRun => Remedy::TryAgain,
            Self::Unknown { .. } => Remedy::CheckFirst,
            Self::Denied { .. } => Remedy::PauseConnection,
            Self::Refused { .. } => Remedy::NeedsOperator,
        }
    }
}
