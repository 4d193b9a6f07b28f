//! Checks a text as if it stood in the folder, without writing it: the same code that loads files,
//! with the other files as they are.

use std::path::Path;
use std::sync::Arc;

use super::channels::pages_of;
use super::files::FileKind;
use super::load;
use super::scan::Fingerprint;
use super::shared::Shared;
use crate::authoring::{Problem, ProfileFile, WrittenMatches};
use crate::channels::Channels;
use crate::mapping::{PortalReferences, Profile, ProfileSet};

/// The most other profiles that are compiled again to see what shared text does to them.
const MOST_OTHERS: usize = 500;

/// What a text would be.
#[derive(Debug, Clone, Default)]
pub struct CheckedText {
    /// Everything that is wrong with it, and with other files because of it.
    pub problems: Vec<Problem>,
    /// The profile, if it is one and works.
    pub profile: Option<Arc<Profile>>,
    /// What the profile refers to in its portal.
    pub references: Option<PortalReferences>,
}

impl CheckedText {
    /// Returns whether it can be used.
    pub fn is_good(&self) -> bool {
        !self.problems.iter().any(Problem::is_error)
    }
}

/// The folders, as they are now.
pub(super) struct FoldersNow<'f> {
    pub(super) found: &'f Fingerprint,
    pub(super) mappings: &'f Path,
    pub(super) templates: &'f Path,
}

impl FoldersNow<'_> {
    fn shared(&self) -> Shared {
        Shared::read_now(self.found, (self.mappings, self.templates))
    }
}

/// Returns what a file is, by its name and its text.
fn kind_of(file: &ProfileFile, shared: &Shared) -> FileKind {
    let kind = FileKind::of_name(&file.name);
    if kind != FileKind::Base {
        return kind;
    }
    let shared = shared.clone().with_file(file.clone(), kind);
    if shared.compiler().is_base(&file.name) {
        kind
    } else {
        FileKind::Profile
    }
}

/// Checks the text of a file. `current` are the profiles in use.
pub(super) fn check(
    folders: &FoldersNow<'_>,
    file: &ProfileFile,
    current: &ProfileSet,
) -> CheckedText {
    let problems = match FileKind::of_name(&file.name) {
        FileKind::Channels => Channels::read(file, &pages_of(folders.found)).1,
        FileKind::People => WrittenMatches::read(file).1,
        FileKind::Defaults | FileKind::Base | FileKind::Profile => {
            let shared = folders.shared();
            match kind_of(file, &shared) {
                FileKind::Profile => return profile(&shared, file, current),
                kind => with_users(folders, &shared, (file, kind)),
            }
        }
    };
    CheckedText {
        problems,
        ..CheckedText::default()
    }
}

fn profile(shared: &Shared, file: &ProfileFile, current: &ProfileSet) -> CheckedText {
    let compiler = shared.compiler();
    match load::or_problem(&file.name, || compiler.compile(file)) {
        Ok((profile, mut problems)) => {
            let others = current.profiles().iter();
            let mut all: Vec<Arc<Profile>> = others
                .filter(|other| other.file() != file.name)
                .cloned()
                .collect();
            all.push(Arc::clone(&profile));
            let (_, together) = ProfileSet::new(all);
            problems.extend(together);
            problems.retain(|problem| *problem.file == *file.name);
            CheckedText {
                problems,
                profile: Some(profile),
                references: compiler.portal_references(file),
            }
        }
        Err(problems) => CheckedText {
            problems,
            ..CheckedText::default()
        },
    }
}

/// Checks shared text with the profiles that use it: an error in one that worked before is an error
/// of the text.
fn with_users(
    folders: &FoldersNow<'_>,
    before: &Shared,
    (file, kind): (&ProfileFile, FileKind),
) -> Vec<Problem> {
    let after = before.clone().with_file(file.clone(), kind);
    let (old, new) = (before.compiler(), after.compiler());
    let own = new.shared_problems();
    let mut problems: Vec<Problem> = own
        .filter(|problem| *problem.file == *file.name)
        .cloned()
        .collect();
    if problems.iter().any(Problem::is_error) {
        return problems;
    }
    let name = match kind {
        FileKind::Base => Some(crate::mapping::base_name(&file.name)),
        _ => None,
    };
    let stamps = folders
        .found
        .mappings
        .iter()
        .filter(|stamp| stamp.is_profile());
    let stamps = stamps.filter(|stamp| !new.is_base(&stamp.name));
    for stamp in stamps.take(MOST_OTHERS) {
        let Ok(text) = stamp.read() else { continue };
        if name.is_some_and(|name| load::base_of(&text).as_deref() != Some(name)) {
            continue;
        }
        let other = ProfileFile {
            name: stamp.name.clone(),
            text,
        };
        let compiled = load::or_problem(&other.name, || new.compile(&other));
        if let Err(broken) = compiled
            && load::or_problem(&other.name, || old.compile(&other)).is_ok()
        {
            problems.extend(broken);
        }
    }
    problems
}
