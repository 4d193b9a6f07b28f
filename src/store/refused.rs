//! Refused requests as the store keeps them.

use jiff::Timestamp;

use crate::domain::Refused;

/// How much of refused requests is kept; the oldest go first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefusedBounds {
    /// So many requests.
    pub most: u64,
    /// So many bodies.
    pub bodies: u64,
    /// So many bytes of bodies.
    pub bytes: u64,
}

/// Which refused requests are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct RefusedFilter {
    /// Those of this time or later.
    pub since: Option<Timestamp>,
    /// Those of before this time.
    pub until: Option<Timestamp>,
}

/// A refused request as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct RefusedRow {
    /// Its number in the log.
    pub(crate) seq: i64,
    /// What is kept of it.
    pub(crate) refused: Refused,
}
