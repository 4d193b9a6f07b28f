//! What can go wrong between the gateway and a portal, and what to do about it.

use std::time::Duration;

use crate::domain::{CrmFailure, NetworkFailure, NoAnswer};

/// Why a command has no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CrmError {
    /// The portal throttles the gateway; nothing was executed.
    #[error("the portal asks us to slow down ({code})")]
    Throttled {
        /// `QUERY_LIMIT_EXCEEDED` and the like.
        code: String,
    },
    /// The method has reached its operating-time limit and is paused; nothing was executed. Other
    /// methods still work.
    #[error("{method} has reached its operating-time limit and is paused for {} s", .wait.as_secs())]
    MethodPaused {
        /// The method.
        method: String,
        /// How long the pause lasts.
        wait: Duration,
    },
    /// The connection failed; nothing was sent.
    #[error("the portal cannot be reached: {why}")]
    Unreachable {
        /// The network error, without the address.
        why: NetworkFailure,
    },
    /// The request was sent and no usable answer came back: it may have been executed.
    #[error("no usable answer: {why}")]
    Unknown {
        /// What came back instead.
        why: NoAnswer,
    },
    /// The portal rejects the whole connection: key, permissions, scope, plan, block.
    #[error("the portal rejects this connection at {method}: {code} {text}")]
    Denied {
        /// The method that was called; `batch` for a call as a whole.
        method: String,
        /// The portal's code.
        code: String,
        /// The portal's message.
        text: String,
    },
    /// The portal refused this one command.
    #[error("the portal refused {method}: {code} {text}")]
    Refused {
        /// The method.
        method: String,
        /// The portal's code; often empty.
        code: String,
        /// The portal's message.
        text: String,
    },
    /// An earlier command of the chain failed, so this one was not run.
    #[error("not run, because an earlier command failed")]
    NotRun,
}

/// What to do about an error. Decided only here, where the facts are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Nothing was executed: retry later.
    TryAgain,
    /// It may have been executed: check before retrying.
    CheckFirst,
    /// Every call would fail: pause the connection until it works again.
    PauseConnection,
    /// A retry cannot succeed; an operator has to act.
    NeedsOperator,
}

impl CrmError {
    /// Returns the error as stored data.
    pub fn failure(&self) -> CrmFailure {
        match self {
            Self::Throttled { code } => CrmFailure::Throttled { code: code.clone() },
            Self::MethodPaused { method, wait } => CrmFailure::MethodPaused {
                method: method.clone(),
                seconds: wait.as_secs(),
            },
            Self::Unreachable { why } => CrmFailure::Unreachable(why.clone()),
            Self::Unknown { why } => CrmFailure::NoAnswer(why.clone()),
            Self::Denied { method, code, text } => CrmFailure::Denied {
                method: method.clone(),
                code: code.clone(),
                text: text.as_str().into(),
            },
            Self::Refused { method, code, text } => CrmFailure::Refused {
                method: method.clone(),
                code: code.clone(),
                text: text.as_str().into(),
            },
            Self::NotRun => CrmFailure::NotRun,
        }
    }

    /// Returns what to do about the error.
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
