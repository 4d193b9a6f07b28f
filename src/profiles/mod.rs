//! The profiles' folder: read from disk, compiled by `mapping`, kept at the last good versions, and
//! read again whenever the app asks. Reading blocks the caller's thread; code that makes plans
//! takes the current set and never waits.

mod astray;
mod channels;
mod examples;
mod load;
mod memory;
mod people;
mod report;
mod scan;
mod status_texts;
mod strays;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;

pub use self::examples::{ExampleFile, examples, stray_examples};
use self::load::LoadedProfiles;
pub use self::memory::{GUARDS_FILE, GuardMemory};
pub use self::report::{LoadReport, render_report};
use self::scan::Fingerprint;
use crate::authoring::Problem;
use crate::channels::Channels;
use crate::domain::HandMatches;
use crate::mapping::{PortalReferences, ProfileSet};

/// The profiles of the folder, and the detection of changes.
pub struct ProfileStore {
    folders: Folders,
    current: ArcSwap<ProfileSet>,
    channels: ArcSwap<Channels>,
    by_hand: Arc<ArcSwap<HandMatches>>,
    /// What is loaded now; locked only while the folder is read.
    state: Mutex<LoadedFolders>,
}

/// The folders of profiles and templates.
#[derive(Debug, Clone)]
struct Folders {
    mappings: PathBuf,
    templates: PathBuf,
}

struct LoadedFolders {
    fingerprint: Fingerprint,
    loaded: LoadedProfiles,
}

impl ProfileStore {
    /// Reads both folders. A store without any profile is valid; the report lists the problems.
    pub fn open(mappings: impl Into<PathBuf>, templates: impl Into<PathBuf>) -> (Self, LoadReport) {
        Self::open_with(mappings, templates, None)
    }

    /// The same with a memory of the guards that were in force.
    pub fn open_with(
        mappings: impl Into<PathBuf>,
        templates: impl Into<PathBuf>,
        memory: Option<GuardMemory>,
    ) -> (Self, LoadReport) {
        let folders = Folders {
            mappings: mappings.into(),
            templates: templates.into(),
        };
        let fingerprint = Fingerprint::take(&folders.mappings, &folders.templates);
        let mut loaded = LoadedProfiles::new(&folders.mappings, &folders.templates, memory);
        let (set, report) = loaded.refresh(&fingerprint);
        let store = Self {
            folders,
            current: ArcSwap::from_pointee(set),
            channels: ArcSwap::from(loaded.channels()),
            by_hand: Arc::new(ArcSwap::from_pointee(loaded.people().matches.clone())),
            state: Mutex::new(LoadedFolders {
                fingerprint,
                loaded,
            }),
        };
        (store, report)
    }

    /// Returns the profiles in use.
    pub fn current(&self) -> Arc<ProfileSet> {
        self.current.load_full()
    }

    /// Reads the folder again and returns what its profiles refer to in their portals, for the
    /// portal check. Blocks on the disk.
    pub fn portal_references(&self) -> Vec<PortalReferences> {
        let found = Fingerprint::take(&self.folders.mappings, &self.folders.templates);
        load::portal_references(&found)
    }

    /// Adds a warning for each HTTP destination that the profiles of the folder name and the settings
    /// lack. A step is often called by its destination, so the steps that a file misses for that
    /// reason alone are left out. Blocks on the disk.
    pub fn check_destinations(&self, known: &[&str], report: &mut LoadReport) {
        let unknown = self.current().unknown_destinations(known);
        let broken: Vec<String> = [&report.kept_old[..], &report.failed[..]].concat();
        let found = Fingerprint::take(&self.folders.mappings, &self.folders.templates);
        let of_broken = load::unknown_destinations(&found, &broken, known);
        report.with_destinations(of_broken, known);
        report.problems.extend(unknown);
        let mut seen = std::collections::HashSet::new();
        report
            .problems
            .retain(|problem| seen.insert(problem.clone()));
    }

    /// Returns the settings of channels in use.
    pub fn channels(&self) -> Arc<Channels> {
        self.channels.load_full()
    }

    /// Returns the matches of people and PBXs made by hand; they change with their file.
    pub fn hand_matches(&self) -> Arc<ArcSwap<HandMatches>> {
        Arc::clone(&self.by_hand)
    }

    /// Returns a warning for each PBX of the matches that the settings lack.
    pub fn unknown_matches(&self, known: &[&str]) -> Vec<Problem> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.loaded.people().unknown(known)
    }

    /// Lists the folders, compiles what has changed, and puts it to use. Returns `None` if nothing
    /// has changed. Blocks on the disk.
    pub fn reload_if_changed(&self) -> Option<LoadReport> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Folders {
            mappings,
            templates,
        } = &self.folders;
        let fingerprint = Fingerprint::settled(mappings, templates, &state.fingerprint);
        if fingerprint == state.fingerprint {
            return None;
        }
        let (set, report) = state.loaded.refresh(&fingerprint);
        state.fingerprint = fingerprint;
        self.channels.store(state.loaded.channels());
        let by_hand = state.loaded.people().matches.clone();
        self.by_hand.store(Arc::new(by_hand));
        self.current.store(Arc::new(set));
        Some(report)
    }
}

#[cfg(test)]
mod tests;
