//! The profiles' folder: read from disk, compiled by `mapping`, kept at the last good versions, and
//! read again whenever the app asks. Reading blocks the caller's thread; code that makes plans
//! takes the current set and never waits.

mod astray;
mod channels;
mod examples;
mod files;
mod keys;
mod load;
mod memory;
mod people;
mod report;
mod scan;
mod shared;
mod status_texts;
mod strays;
mod text_check;

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use secrecy::SecretString;
use tokio::sync::Notify;

pub use self::examples::{ExampleFile, examples, stray_examples};
use self::files::ProfileFolder;
pub use self::files::{FileKind, FileState, LoadedText, unfit_name};
use self::keys::ChannelKeys;
pub use self::keys::KeyState;
use self::load::LoadedProfiles;
pub use self::memory::{GUARDS_FILE, GuardMemory};
pub use self::report::{LoadReport, render_report};
use self::scan::{Fingerprint, Stamp};
pub use self::text_check::CheckedText;
use self::text_check::FoldersNow;
use crate::authoring::{Problem, ProfileFile};
use crate::channels::Channels;
use crate::domain::{Bilingual, HandMatches};
use crate::mapping::{PortalReferences, ProfileSet};

/// The profiles of the folder, and the detection of changes.
pub struct ProfileStore {
    folders: Folders,
    keys: ChannelKeys,
    current: ArcSwap<ProfileSet>,
    channels: ArcSwap<Channels>,
    by_hand: Arc<ArcSwap<HandMatches>>,
    /// What is loaded now; locked only while the folder is read.
    state: Mutex<LoadedFolders>,
    /// Asks the watcher to look at once.
    asked: Notify,
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
    report: LoadReport,
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
        let keys = memory.as_ref().map(|memory| memory.keys.clone());
        let fingerprint = Fingerprint::take(&folders.mappings, &folders.templates);
        let mut loaded = LoadedProfiles::new(&folders.mappings, &folders.templates, memory);
        let (set, report) = loaded.refresh(&fingerprint);
        let store = Self {
            folders,
            keys: keys.unwrap_or_default(),
            current: ArcSwap::from_pointee(set),
            channels: ArcSwap::from(loaded.channels()),
            by_hand: Arc::new(ArcSwap::from_pointee(loaded.people().matches.clone())),
            state: Mutex::new(LoadedFolders {
                fingerprint,
                loaded,
                report: report.clone(),
            }),
            asked: Notify::new(),
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
        // while the folder cannot be read, everything stays as it is
        let has_new_keys = fingerprint.unreadable.is_empty() && state.loaded.has_new_keys();
        if fingerprint == state.fingerprint && !has_new_keys {
            return None;
        }
        let (set, report) = state.loaded.refresh(&fingerprint);
        state.fingerprint = fingerprint;
        state.report = report.clone();
        self.channels.store(state.loaded.channels());
        let by_hand = state.loaded.people().matches.clone();
        self.by_hand.store(Arc::new(by_hand));
        self.current.store(Arc::new(set));
        Some(report)
    }
}

/// Editing.
impl ProfileStore {
    /// Asks the watcher to read the folder again at once.
    pub fn ask_to_reload(&self) {
        self.asked.notify_one();
    }

    /// Waits until somebody asks for it.
    pub async fn asked_to_reload(&self) {
        self.asked.notified().await;
    }

    /// Takes the texts that were loaded since the last time, for the versions of their files.
    pub fn take_texts(&self) -> Vec<LoadedText> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.loaded.take_texts()
    }

    /// Returns the files of the folder as they were read last, by name. Waits while the folder is
    /// read.
    pub fn files(&self) -> Vec<FileState> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.loaded.states(&state.fingerprint, &state.report)
    }

    /// Returns what is wrong with a file as it was read last. Waits while the folder is read.
    pub fn problems_of(&self, file: &str) -> Vec<Problem> {
        let mut files = self.files().into_iter();
        let found = files.find(|state| state.name == file);
        found.map(|state| state.problems).unwrap_or_default()
    }

    fn taken(&self) -> Fingerprint {
        Fingerprint::take(&self.folders.mappings, &self.folders.templates)
    }

    fn folder(&self) -> ProfileFolder<'_> {
        ProfileFolder {
            folder: &self.folders.mappings,
        }
    }

    /// Reads the present text of a file of the folder by its exact name; `None` if the gateway reads
    /// no such file. Blocks on the disk.
    pub fn text_of(&self, file: &str) -> Result<Option<String>, Box<Problem>> {
        let found = self.taken();
        let stamp = found.mappings.iter().find(|stamp| stamp.name == file);
        stamp.map(Stamp::read).transpose()
    }

    /// Checks a text as if it were the file of this name, without writing it. Blocks on the disk.
    pub fn check_text(&self, file: &ProfileFile) -> CheckedText {
        let folders = FoldersNow {
            found: &self.taken(),
            mappings: &self.folders.mappings,
            templates: &self.folders.templates,
        };
        text_check::check(&folders, file, &self.current())
    }

    /// Returns what a text builds on, the nearest first: its base and the defaults. Blocks on the
    /// disk.
    pub fn below(&self, file: &ProfileFile) -> Vec<ProfileFile> {
        // a text builds on neither templates nor tables
        let found = Fingerprint {
            templates: Vec::new(),
            tables: Vec::new(),
            ..self.taken()
        };
        let (shared, _) = shared::Shared::read(&found, &shared::Shared::default());
        shared.below(file)
    }

    /// Returns why a file cannot be written; `None` if it can. Blocks on the disk.
    pub fn obstacle(&self, file: &str) -> Option<Bilingual> {
        self.folder().obstacle(file)
    }

    /// Writes a file of the folder in one piece. The name is one of the folder, or one that
    /// [`unfit_name`] finds nothing wrong with. Blocks on the disk.
    pub fn write(&self, file: &str, text: &str) -> io::Result<()> {
        let is_known = self.taken().mappings.iter().any(|stamp| stamp.name == file);
        if !is_known && unfit_name(file).is_some() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        self.folder().write(file, text)
    }

    /// Returns the state of the key that the gateway keeps for a guard of a channel: its name is
    /// such as `shop.token`. Blocks on the disk.
    pub fn key_state(&self, name: &str) -> io::Result<KeyState> {
        self.keys.state(name)
    }

    /// Makes such a key, in place of the one before; [`ask_to_reload`](Self::ask_to_reload) puts it
    /// to use. Blocks on the disk.
    pub fn make_key(&self, name: &str) -> io::Result<SecretString> {
        self.keys.make(name)
    }

    /// Revokes such a key: no request passes until another one is made. Returns whether there was
    /// one. Blocks on the disk.
    pub fn revoke_key(&self, name: &str) -> io::Result<bool> {
        self.keys.revoke(name)
    }

    /// Removes such a key, which no settings name yet. Blocks on the disk.
    pub fn forget_key(&self, name: &str) -> io::Result<()> {
        self.keys.forget(name)
    }

    /// Returns whether the folder belongs to a git work tree. Blocks on the disk.
    pub fn is_in_git(&self) -> bool {
        self.folder().is_in_git()
    }
}

#[cfg(test)]
mod tests;
