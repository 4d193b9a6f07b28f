//! Refused requests as the store keeps them.

use jiff::Timestamp;

use crate::domain::Refused;

/// Limits of the log of refused requests; the oldest are removed first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefusedBounds {
    /// Number of requests.
    pub most: u64,
    /// Number of bodies.
    pub bodies: u64,
    /// Size of all bodies in bytes.
    pub bytes: u64,
}

/// A filter of refused requests.
#[derive(Debug, Clone, Copy, Default)]
pub struct RefusedFilter {
    /// Those of this time or later.
    pub since: Option<Timestamp>,
    /// Those of before this time.
    pub until: Option<Timestamp>,
    /// Those with lower numbers.
    pub before: Option<i64>,
}

/// A refused request as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct RefusedRow {
    /// Its number in the log.
    pub(crate) seq: i64,
    /// Its record.
    pub(crate) refused: Refused,
}
