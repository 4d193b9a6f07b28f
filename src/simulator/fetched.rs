//! Files that the portal has fetched for a call, before the method runs.

use std::collections::BTreeMap;

/// The files by their addresses.
pub(super) type Fetched = BTreeMap<String, FetchedFile>;

/// What was found at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FetchedFile {
    /// A file, with the name that the reply gives it.
    File {
        name: Option<String>,
        content: Vec<u8>,
    },
    /// Another status than 200.
    Status(u16),
    /// No reply, or a file that is too large.
    Unreachable,
}
