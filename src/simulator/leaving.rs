//! How an answer is sent, or not.

use std::time::Duration;

use super::faults::FaultKind;

/// How an answer is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    Whole,
    /// The connection breaks instead.
    Nothing,
    /// The connection breaks after a while.
    NothingAfter(Duration),
    Half,
    Slowly(Duration),
}

impl Delivery {
    /// Returns how a fault at the end lets an answer leave.
    pub(super) fn of(fault: &FaultKind) -> Self {
        match fault {
            FaultKind::ResetAfter => Self::Nothing,
            FaultKind::HoldReply { ms } => Self::NothingAfter(Duration::from_millis(*ms)),
            FaultKind::CutBody => Self::Half,
            FaultKind::SlowBody { ms } => Self::Slowly(Duration::from_millis(*ms)),
            _ => Self::Whole,
        }
    }
}
