//! Makes a copy while the gateway runs.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use jiff::Timestamp;

use super::files::{Links, Readers, at};
use super::manifest::{FORMAT, FileSum, Manifest};
use super::{BEFORE, DATA, MAPPINGS, TEMPLATES, files, manifest};
use crate::domain::{BilingualError, bilingual};
use crate::store::Store;

/// What is copied, or where it is restored.
#[derive(Debug, Clone)]
pub struct Places {
    /// The data folder.
    pub data: PathBuf,
    /// The name of the database within it.
    pub store: &'static str,
    /// The folder of profiles.
    pub mappings: PathBuf,
    /// The folder of templates.
    pub templates: PathBuf,
}

/// A finished copy.
#[derive(Debug)]
pub struct Made {
    /// Files in it, the database among them.
    pub files: usize,
    /// Their size in bytes.
    pub bytes: u64,
    /// Submissions in the database.
    pub submissions: u64,
}

/// Copies everything into a new folder. It appears under its name when it is complete and on the
/// disk. `copied` is called with bytes that have been written or read back since.
pub fn make(
    places: &Places,
    to: &Path,
    now: Timestamp,
    copied: &mut dyn FnMut(u64),
) -> anyhow::Result<Made> {
    check_free(to)?;
    let mut part = to.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    check_free(&part)?;
    files::make_folder(&part, Readers::Owner)?;
    let result = fill(places, &part, now, copied).and_then(|made| {
        std::fs::rename(&part, to).map_err(at(to))?;
        Ok(made)
    });
    if result.is_err() {
        // what remains is in the way of the next attempt, and holds people's data
        std::fs::remove_dir_all(&part).ok();
    }
    if let Some(folder) = to.parent() {
        files::sync_folder(folder);
    }
    result
}

/// Refuses a place where something is already.
pub(super) fn check_free(path: &Path) -> Result<(), BilingualError> {
    if path.symlink_metadata().is_err() {
        return Ok(());
    }
    let named = path.display();
    Err(BilingualError::new(bilingual!(
        "{named} exists already: name a folder that does not",
        "{named} уже есть: назовите папку, которой ещё нет"
    )))
}

/// A copy that is being made.
struct Making<'a> {
    /// Its folder.
    part: &'a Path,
    sums: BTreeMap<String, FileSum>,
    copied: &'a mut dyn FnMut(u64),
}

fn fill(
    places: &Places,
    part: &Path,
    now: Timestamp,
    copied: &mut dyn FnMut(u64),
) -> anyhow::Result<Made> {
    files::make_folder(&part.join(DATA), Readers::Owner)?;
    let mut making = Making {
        part,
        sums: BTreeMap::new(),
        copied,
    };
    let submissions = making.add_store(places)?;
    let skipped = |file: &Path| is_skipped(file, places.store);
    making.add((&places.data, Links::Skip), DATA, &skipped)?;
    making.add((&places.mappings, Links::Follow), MAPPINGS, &is_hidden)?;
    making.add((&places.templates, Links::Follow), TEMPLATES, &is_hidden)?;
    let sums = making.sums;
    let made = Made {
        files: sums.len(),
        bytes: sums.values().map(|sum| sum.bytes).sum(),
        submissions,
    };
    let manifest = Manifest {
        format: FORMAT,
        leadgate: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: now,
        submissions,
        files: sums,
    };
    files::write(
        &part.join(manifest::FILE),
        &serde_json::to_vec_pretty(&manifest)?,
    )?;
    for folder in [DATA, MAPPINGS, TEMPLATES] {
        files::sync_folder(&part.join(folder));
    }
    files::sync_folder(part);
    Ok(made)
}

impl Making<'_> {
    /// Copies the database as of now, and returns its number of submissions.
    fn add_store(&mut self, places: &Places) -> anyhow::Result<u64> {
        let to = self.part.join(DATA).join(places.store);
        let store = Store::open_read_only(&places.data.join(places.store))?;
        let submissions = store.copy_to(&to, self.copied)?;
        let sum = files::sum(&to, self.copied)?;
        self.sums.insert(name(DATA, Path::new(places.store)), sum);
        Ok(submissions)
    }

    /// Copies the files of a folder; one that does not exist has none.
    fn add(
        &mut self,
        (folder, links): (&Path, Links),
        into: &str,
        skip: &dyn Fn(&Path) -> bool,
    ) -> anyhow::Result<()> {
        if !folder.is_dir() {
            return Ok(());
        }
        // the copy may lie below a folder that is copied
        let own = self.part.canonicalize().map_err(at(self.part))?;
        for file in files::below(folder, links, skip)? {
            let from = folder.join(&file);
            if from.canonicalize().is_ok_and(|path| path.starts_with(&own)) {
                continue;
            }
            let to = self.part.join(into).join(&file);
            let sum = files::copy(&from, &to, Readers::Owner, self.copied)?;
            self.sums.insert(name(into, &file), sum);
        }
        Ok(())
    }
}

/// Returns the name of a file in the manifest.
fn name(folder: &str, file: &Path) -> String {
    let parts = file.components().map(Component::as_os_str);
    let parts: Vec<_> = std::iter::once(OsStr::new(folder)).chain(parts).collect();
    let parts: Vec<_> = parts.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

/// Returns whether a file of the data folder is left out: the database, which is copied separately,
/// what is rebuilt at the start, and what only the running process needs.
pub(super) fn is_skipped(file: &Path, store: &str) -> bool {
    let Some(first) = file.components().next() else {
        return false;
    };
    let first = first.as_os_str().to_string_lossy();
    let is_of_store = first
        .strip_prefix(store)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    let ending = Path::new(first.as_ref()).extension();
    let is_passing = ending.is_some_and(|ending| {
        ["lock", "at-work", "new"]
            .iter()
            .any(|word| ending == *word)
    });
    is_of_store || is_passing || first == "cache" || first.starts_with(BEFORE)
}

/// Returns whether a file of the profiles is left out: what begins with a dot belongs to editors and
/// version control.
fn is_hidden(file: &Path) -> bool {
    file.file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with('.'))
}
