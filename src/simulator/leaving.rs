//! How an answer is sent, or not.

use std::time::Duration;

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
