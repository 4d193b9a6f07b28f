//! Versions of the files of the profiles' folder.

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use jiff::Timestamp;

/// The most versions that are kept of a file; the oldest go first.
pub const VERSIONS_KEPT: u32 = 200;

/// Returns the hash of a text, by which versions are told from each other: the first 32 digits of
/// SHA-256.
pub fn text_hash(text: &str) -> String {
    let hash = HEXLOWER.encode(digest(&SHA256, text.as_bytes()).as_ref());
    hash.chars().take(32).collect()
}

/// A version of a file, without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileVersion {
    /// The file's name: `consultation.yaml`.
    pub file: String,
    /// Its number, counted from 1 for each file.
    pub number: u32,
    /// The hash of its text.
    pub hash: String,
    /// When it was saved or loaded.
    pub at: Timestamp,
    /// The user of the console who saved it; `None` if the file was edited otherwise.
    pub who: Option<String>,
    /// What the user wrote about it; may be empty.
    pub note: String,
    /// Whether the gateway could work by it.
    pub is_good: bool,
}

/// A text that becomes a version, unless it is the latest already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProfileVersion {
    /// The version; the store gives it its number.
    pub version: ProfileVersion,
    /// The text.
    pub text: String,
    /// The edition of the profile that was made of it, if the gateway has loaded it.
    pub edition: Option<String>,
}

/// How many submissions a profile took.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProfileCounts {
    /// All that came since a time.
    pub came: u64,
    /// Those that are parked now, whenever they came.
    pub parked: u64,
    /// Whether there are more than were counted.
    pub is_more: bool,
}
