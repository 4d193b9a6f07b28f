//! What becomes of removed content.

/// How thoroughly what was erased is gone from the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scrubbed {
    /// The whole file was written anew without it.
    Whole,
    /// A gateway works with the file: what was erased was overwritten in it, and unused corners may
    /// hold copies from before.
    Overwritten,
    /// Somebody has been reading all the time, so the log beside the file may hold it a while
    /// longer.
    LogLeft,
}
