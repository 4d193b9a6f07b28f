//! What must survive: submissions, their history, the registered polls.
//!
//! This folder is the port: the nouns and the errors of the operations that a backend offers. A
//! backend is a folder below it, and nothing outside that folder knows its files, connections and
//! SQL. Today there is one, [`sqlite`]; its [`Store`] is the only one that a gateway can open. The
//! store knows nothing of the CRM, of profiles and of HTTP.

mod attention;
mod bounds;
mod bulk;
mod calls;
mod entry;
mod error;
mod extension;
mod polls;
mod queue;
mod refused;
mod removal;
mod searchable;
mod settlement;
mod sqlite;
mod watch;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use attention::{CapturedGroup, ParkedSubject};
pub use bulk::{
    BulkChoice, BulkCount, BulkExamined, BulkItems, BulkOrder, BulkOutcome, BulkReplay, BulkState,
    NewBulkReplay,
};
pub use calls::{CallChanges, CallKey, StoredCall};
pub use entry::{Cursor, Entry, Filter, History, Logged, RecordFilter, SourceFilter};
pub use error::{BackendError, StoreError, Trouble};
pub use extension::KnownSubmission;
pub use polls::PollsStamp;
pub use queue::{
    Accepted, Captured, KeptReading, Lease, Leased, NextWork, Repeated, ReplayBy, ReplayOrder,
    Rerouted, Room, Shares, Taker, Unserved,
};
pub use refused::{RefusedBounds, RefusedFilter};
pub use removal::Scrubbed;
pub use settlement::{Settlement, Uncertain};
pub use sqlite::{Reserved, Store};
pub use watch::{Arrived, ArrivedAfter, Backlog, HourCount, ParkedGroup};

pub(crate) use entry::{Bodies, Needle};
pub(crate) use extension::Extension;
pub(crate) use queue::{Admission, Arrival, LONGEST_HOLD};

/// Options for opening a store.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// Maximum number of requests that wait for the writer; more are refused.
    pub queue: usize,
    /// Whether to start with an empty database in a folder that has lost its own.
    pub begin_afresh: bool,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            queue: 4096,
            begin_afresh: false,
        }
    }
}
