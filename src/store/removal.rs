//! The result of removing content.

/// How completely erased content is gone from the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scrubbed {
    /// The whole file was rewritten without it.
    Whole,
    /// A gateway works with the file: what was erased was overwritten in it, and unused corners may
    /// hold copies from before.
    Overwritten,
    /// A reader was active all the time, so the log may still contain it for a while.
    LogLeft,
}
