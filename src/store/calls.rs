//! Calls of PBXs as the store keeps them while they go on.

use std::fmt;

use jiff::Timestamp;

/// What tells a call from all others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallKey {
    /// The name of the PBX.
    pub pbx: String,
    /// The number of the call there.
    pub id: String,
}

/// A call as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredCall {
    /// Which call.
    pub key: CallKey,
    /// When it changed last.
    pub changed_at: Timestamp,
    /// Everything about it, as JSON.
    pub state: String,
}

/// What has changed about calls.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallChanges {
    /// Calls that begin.
    pub new: Vec<StoredCall>,
    /// Calls that go on. Those that were erased meanwhile are not stored again.
    pub changed: Vec<StoredCall>,
    /// Calls that are over.
    pub gone: Vec<CallKey>,
    /// Calls whose records were held back and are due now.
    pub released: Vec<CallKey>,
}

impl CallChanges {
    /// Returns whether nothing has changed.
    pub fn is_empty(&self) -> bool {
        self.new.is_empty()
            && self.changed.is_empty()
            && self.gone.is_empty()
            && self.released.is_empty()
    }
}

/// Omits the state: it has numbers of people.
impl fmt::Debug for StoredCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoredCall({}/{})", self.key.pbx, self.key.id)
    }
}
