//! The edge: receives requests in the formats of their senders, stores each
//! [`crate::domain::Submission`], and replies. Every source has a folder here and a line in
//! [`SOURCES`]. Nothing here knows what the CRM makes of a submission.

mod access;
pub mod amocrm;
mod body;
pub mod channels;
mod decision;
mod memory;
mod parts;
pub mod pbx;
pub mod polls;
mod receiver;
mod recheck;
mod refused;
mod secret;
mod slashes;
mod trial;

pub use access::{AllowList, client_address};
pub use memory::Memory;
pub use parts::{Announcement, BadSource, IntakeParts, IntakeSource, Routes, SourceAddresses};
pub use pbx::{CatchUp, PbxShared, catch_up, dialect_rules};
pub use refused::{RefusedLog, RefusedWriter, refused_log};
pub use slashes::SenderAddresses;
pub use trial::{queue_trial, sample};

use crate::domain::{SourceKind, SourceKinds};

/// All sources. Their routes are registered from the last to the first, because the polls may be
/// served at the root.
pub static SOURCES: [&dyn IntakeSource; 4] = [
    &polls::PollSource,
    &channels::ChannelSource,
    &amocrm::AmoSource,
    &pbx::PbxSource,
];

/// Returns all sources as the core sees them.
pub fn sources() -> SourceKinds {
    SourceKinds::new(SOURCES.iter().map(|source| *source as &dyn SourceKind))
}

/// Returns the source of this name.
pub fn source(name: &str) -> Option<&'static dyn IntakeSource> {
    SOURCES.into_iter().find(|source| source.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_sources_are_plain_and_unique() {
        let mut names = SOURCES.map(SourceKind::name);
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
        for name in names {
            let is_plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
            assert!(name.chars().all(is_plain), "{name}");
        }
    }
}
