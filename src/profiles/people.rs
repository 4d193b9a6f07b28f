//! The file with the matches of people and PBXs. It is read with the profiles; after a broken edit,
//! the last good version stays in use.

use std::sync::Arc;

use super::report::LoadReport;
use super::scan::{Fingerprint, Stamp};
use crate::authoring::{Problem, ProfileFile, WrittenMatches};

/// The state of the file.
#[derive(Default)]
pub(super) struct PeopleFile {
    stamp: Option<Stamp>,
    /// The last good version.
    good: Arc<WrittenMatches>,
    /// The problems of the present text.
    pub(super) problems: Vec<Problem>,
    /// Whether any version was good.
    was_good: bool,
}

impl PeopleFile {
    /// Reads the file if it has changed. Without a file there are no matches.
    pub(super) fn refresh(&mut self, found: &Fingerprint) {
        let stamp = found.mappings.iter().find(|stamp| stamp.is_people());
        if !found.unreadable.is_empty() || stamp == self.stamp.as_ref() {
            return;
        }
        self.stamp = stamp.cloned();
        let Some(stamp) = stamp else {
            *self = Self::default();
            return;
        };
        let (read, problems) = match stamp.read() {
            Ok(text) => WrittenMatches::read(&ProfileFile {
                name: stamp.name.clone(),
                text,
            }),
            Err(problem) => (None, vec![*problem]),
        };
        self.problems = problems;
        if let Some(read) = read {
            self.good = Arc::new(read);
            self.was_good = true;
        }
    }

    /// Returns the version in use.
    pub(super) fn current(&self) -> Arc<WrittenMatches> {
        Arc::clone(&self.good)
    }

    /// Adds the state of the file.
    pub(super) fn report(&self, report: &mut LoadReport) {
        let Some(stamp) = &self.stamp else {
            return;
        };
        if self.problems.iter().any(Problem::is_error) {
            let list = if self.was_good {
                &mut report.kept_old
            } else {
                &mut report.failed
            };
            list.push(stamp.name.clone());
        }
    }
}
