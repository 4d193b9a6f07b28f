//! Puts a copy back, after every file of it has been compared with its sum.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::files::{Readers, at};
use super::make::{Places, check_free};
use super::manifest::Manifest;
use super::{BEFORE, DATA, MAPPINGS, TEMPLATES, files};
use crate::domain::{BilingualError, bilingual};
use crate::store::Store;

/// What a restore has done.
#[derive(Debug)]
pub struct Restored {
    /// Submissions in the database.
    pub submissions: u64,
    /// When the copy was made.
    pub made_at: Timestamp,
    /// Where the files are that were in the data folder.
    pub before: Option<PathBuf>,
    /// Folders of profiles and templates that were restored.
    pub folders: Vec<PathBuf>,
    /// Those that were left alone, because they have files.
    pub kept: Vec<PathBuf>,
}

/// What to do with files that are in the data folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Present {
    /// Nothing: the restore is refused.
    Refuse,
    /// They are moved into a folder below it.
    SetAside,
}

/// Compares every file of a copy with its sum, and checks the database in it.
pub fn verify(from: &Path, store: &str, read: &mut dyn FnMut(u64)) -> anyhow::Result<Manifest> {
    let manifest = Manifest::read(from, store)?;
    for (file, expected) in &manifest.files {
        let found = files::sum(&from.join(file), read).map_err(|_| changed(file))?;
        if found != *expected {
            return Err(changed(file).into());
        }
    }
    Store::check_copy(&from.join(DATA).join(store))?;
    Ok(manifest)
}

fn changed(file: &str) -> BilingualError {
    BilingualError::new(bilingual!(
        "{file} in the backup is missing or was changed: use another backup",
        "файла {file} в копии нет, или он изменён: возьмите другую копию"
    ))
}

/// Puts a copy back: the data folder, and the folders of profiles and templates if they are missing
/// or empty. No gateway may work with the data folder.
pub fn restore(
    from: &Path,
    places: &Places,
    present: Present,
    now: Timestamp,
    copied: &mut dyn FnMut(u64),
) -> anyhow::Result<Restored> {
    let manifest = verify(from, places.store, copied)?;
    files::make_folder(&places.data, Readers::Owner)?;
    // held until the end: a gateway that starts meanwhile refuses to
    let held = Store::reserve(&places.data.join(places.store))?;
    let found = found_in(&places.data, places.store)?;
    if !found.is_empty() && present == Present::Refuse {
        let named = places.data.display();
        return Err(BilingualError::new(bilingual!(
            "{named} is not empty: restore with --replace, which keeps the present files in a folder \
             of their own",
            "папка {named} не пуста: восстановите с --replace, нынешние файлы останутся в отдельной \
             папке"
        ))
        .into());
    }
    let before = set_aside(&places.data, &found, now)?;
    let submissions = match put_data(from, places, &manifest, copied) {
        Ok(submissions) => submissions,
        Err(error) => {
            put_back(places, before.as_deref());
            return Err(error);
        }
    };
    let mut restored = Restored {
        submissions,
        made_at: manifest.made_at,
        before,
        folders: Vec::new(),
        kept: Vec::new(),
    };
    drop(held);
    for (name, folder) in [(MAPPINGS, &places.mappings), (TEMPLATES, &places.templates)] {
        let wanted: Vec<&String> = manifest
            .files
            .keys()
            .filter(|file| is_below(file, name))
            .collect();
        let is_free = fs::read_dir(folder).map_or(true, |mut found| found.next().is_none());
        if wanted.is_empty() {
            continue;
        }
        if !is_free {
            restored.kept.push(folder.clone());
            continue;
        }
        for file in wanted {
            let to = folder.join(within(file, name));
            files::copy(&from.join(file), &to, Readers::Usual, copied)?;
        }
        restored.folders.push(folder.clone());
    }
    Ok(restored)
}

/// Copies the files of the data folder, and returns the number of submissions in the database. That
/// comes last: without it the folder is not taken for a whole one.
fn put_data(
    from: &Path,
    places: &Places,
    manifest: &Manifest,
    copied: &mut dyn FnMut(u64),
) -> anyhow::Result<u64> {
    let (database, others): (Vec<_>, Vec<_>) = manifest
        .files
        .iter()
        .filter(|(file, _)| is_below(file, DATA))
        .partition(|(file, _)| within(file, DATA) == Path::new(places.store));
    for (file, expected) in others.into_iter().chain(database) {
        let to = places.data.join(within(file, DATA));
        let sum = files::copy(&from.join(file), &to, Readers::Owner, copied)?;
        if sum != *expected {
            return Err(changed(file).into());
        }
    }
    files::sync_folder(&places.data);
    Ok(Store::check_copy(&places.data.join(places.store))?)
}

/// Puts the files back that were moved away, after a restore has failed. What cannot be put back stays
/// where it was moved.
pub(super) fn put_back(places: &Places, before: Option<&Path>) {
    for path in found_in(&places.data, places.store).unwrap_or_default() {
        let removed = if path.is_dir() {
            fs::remove_dir_all(&path)
        } else {
            fs::remove_file(&path)
        };
        removed.ok();
    }
    let Some(before) = before else { return };
    for entry in fs::read_dir(before).into_iter().flatten().flatten() {
        fs::rename(entry.path(), places.data.join(entry.file_name())).ok();
    }
    fs::remove_dir(before).ok();
}

/// Returns what is in the data folder and would be in the way. The lock stays, and so does what an
/// earlier restore has set aside.
pub(super) fn found_in(data: &Path, store: &str) -> anyhow::Result<Vec<PathBuf>> {
    let lock = Path::new(store).with_extension("lock");
    let mut found = Vec::new();
    for entry in fs::read_dir(data).map_err(at(data))? {
        let entry = entry.map_err(at(data))?;
        let name = entry.file_name();
        if Path::new(&name) != lock && !name.to_string_lossy().starts_with(BEFORE) {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// Moves files into a new folder below the data folder, and returns it.
pub(super) fn set_aside(
    data: &Path,
    found: &[PathBuf],
    now: Timestamp,
) -> anyhow::Result<Option<PathBuf>> {
    if found.is_empty() {
        return Ok(None);
    }
    let folder = data.join(format!("{BEFORE}{}", now.strftime("%Y-%m-%d-%H%M%S")));
    check_free(&folder)?;
    files::make_folder(&folder, Readers::Owner)?;
    for path in found {
        if let Some(name) = path.file_name() {
            fs::rename(path, folder.join(name)).map_err(at(path))?;
        }
    }
    Ok(Some(folder))
}

fn is_below(file: &str, folder: &str) -> bool {
    Path::new(file).starts_with(folder)
}

/// Returns the path of a file within its folder of the copy.
fn within<'a>(file: &'a str, folder: &str) -> &'a Path {
    Path::new(file)
        .strip_prefix(folder)
        .unwrap_or(Path::new(file))
}
