//! What lies in the folders, told apart by path, time and length, without reading it.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::mapping::LARGEST_FILE;

/// More files than this are not looked at.
pub(super) const MOST_FILES: usize = 10_000;
/// The file that lies under every profile.
pub(super) const DEFAULTS: &str = "_defaults.yaml";

/// The folders at one moment: equal when nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Fingerprint {
    /// Profiles and defaults, by name.
    pub(super) mappings: Vec<Stamp>,
    /// Comment templates, by name.
    pub(super) templates: Vec<Stamp>,
    /// A folder that cannot be read: its path and why.
    pub(super) unreadable: Vec<(PathBuf, String)>,
    /// There were more files than are looked at.
    pub(super) is_too_many: bool,
}

/// One file without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) path: PathBuf,
    /// The file's name, for people.
    pub(super) name: String,
    modified: Option<SystemTime>,
    length: u64,
}

impl Fingerprint {
    /// Lists both folders.
    pub(super) fn take(mappings: &Path, templates: &Path) -> Self {
        let mut taken = Self::default();
        taken.mappings = taken.list(mappings, &["yaml", "yml"]);
        // profiles can do without templates, and so without the folder
        if templates.exists() {
            taken.templates = taken.list(templates, &["hbs"]);
        }
        taken
    }

    fn list(&mut self, folder: &Path, endings: &[&str]) -> Vec<Stamp> {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => {
                self.unreadable.push((folder.to_owned(), error.to_string()));
                return Vec::new();
            }
        };
        let mut stamps: Vec<Stamp> = entries
            .filter_map(Result::ok)
            .filter_map(|entry| Stamp::of(entry.path(), endings))
            .take(MOST_FILES + 1)
            .collect();
        if stamps.len() > MOST_FILES {
            self.is_too_many = true;
            stamps.truncate(MOST_FILES);
        }
        stamps.sort_by(|one, other| one.name.cmp(&other.name));
        stamps
    }
}

impl Stamp {
    /// A file with one of the endings; links are followed, hidden files and editors' leavings are not.
    fn of(path: PathBuf, endings: &[&str]) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().into_owned();
        let ending = path.extension()?.to_str()?;
        if name.starts_with(['.', '#']) || !endings.contains(&ending) {
            return None;
        }
        let data = fs::metadata(&path).ok();
        if data.as_ref().is_some_and(|data| !data.is_file()) {
            return None;
        }
        Some(Self {
            name,
            modified: data.as_ref().and_then(|data| data.modified().ok()),
            length: data.map_or(0, |data| data.len()),
            path,
        })
    }

    /// The file's text, or why it cannot be had.
    pub(super) fn read(&self) -> Result<String, String> {
        let mut bytes = Vec::new();
        let most = LARGEST_FILE as u64 + 1;
        fs::File::open(&self.path)
            .and_then(|file| file.take(most).read_to_end(&mut bytes))
            .map_err(|error| format!("the file cannot be read: {error}"))?;
        if bytes.len() > LARGEST_FILE {
            return Err(format!(
                "the file is larger than {} KiB",
                LARGEST_FILE / 1024
            ));
        }
        String::from_utf8(bytes).map_err(|error| {
            let line = error
                .as_bytes()
                .iter()
                .take(error.utf8_error().valid_up_to())
                .filter(|byte| **byte == b'\n')
                .count();
            format!("the file is not UTF-8 text (line {})", line + 1)
        })
    }
}
