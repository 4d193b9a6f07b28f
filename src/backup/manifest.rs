//! What a copy contains.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::files::at;
use super::make::is_skipped;
use super::{DATA, MAPPINGS, TEMPLATES};
use crate::domain::{BilingualError, bilingual};

/// The name of the manifest's file.
pub(super) const FILE: &str = "manifest.json";

/// The format that this program writes and the newest that it reads.
pub(super) const FORMAT: u32 = 1;

/// What a copy contains; `manifest.json`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// The format of the copy.
    pub format: u32,
    /// The version of the program that made it.
    pub leadgate: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// Submissions in the database.
    pub submissions: u64,
    /// The files by their paths within the copy, with slashes.
    pub files: BTreeMap<String, FileSum>,
}

/// A file of a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSum {
    /// Its size in bytes.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

impl Manifest {
    /// Reads the manifest of a copy.
    pub(super) fn read(folder: &Path, store: &str) -> anyhow::Result<Self> {
        /// What all formats share.
        #[derive(Deserialize)]
        struct Any {
            format: u32,
        }
        let path = folder.join(FILE);
        let named = folder.display();
        if !path.is_file() {
            return Err(BilingualError::new(bilingual!(
                "{named} is not a backup of leadgate: it has no manifest.json",
                "{named} — не резервная копия leadgate: в ней нет manifest.json"
            ))
            .into());
        }
        let text = std::fs::read(&path).map_err(at(&path))?;
        let unreadable = |source: serde_json::Error| {
            let text = bilingual!(
                "{named}/manifest.json cannot be read: use another backup",
                "{named}/manifest.json не читается: возьмите другую копию"
            );
            BilingualError::because(text, source)
        };
        let Any { format } = serde_json::from_slice(&text).map_err(unreadable)?;
        if format > FORMAT {
            return Err(BilingualError::new(bilingual!(
                "the backup has format {format}, which this leadgate does not know: install a newer one",
                "формат копии — {format}, эта версия leadgate его не знает: установите более новую"
            ))
            .into());
        }
        let manifest: Self = serde_json::from_slice(&text).map_err(unreadable)?;
        match manifest.files.keys().find(|file| !is_inside(file, store)) {
            Some(file) => Err(BilingualError::new(bilingual!(
                "the manifest names {file}, which is no file of a backup: use another backup",
                "в manifest.json назван {file}, в копии такого файла быть не может: возьмите другую \
                 копию"
            ))
            .into()),
            None if manifest.files.contains_key(&format!("{DATA}/{store}")) => Ok(manifest),
            None => Err(BilingualError::new(bilingual!(
                "{named} has no database: use another backup",
                "в {named} нет базы: возьмите другую копию"
            ))
            .into()),
        }
    }
}

/// Returns whether a file of this name can be in a copy: below one of its folders, and nothing that a
/// copy leaves out.
fn is_inside(file: &str, store: &str) -> bool {
    let path = Path::new(file);
    let is_plain = path
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    let is_of = |folder: &str| path.starts_with(folder) && path != Path::new(folder);
    if !is_plain || file.chars().any(char::is_control) {
        return false;
    }
    match path.strip_prefix(DATA) {
        Ok(inner) => is_of(DATA) && (inner == Path::new(store) || !is_skipped(inner, store)),
        Err(_) => is_of(MAPPINGS) || is_of(TEMPLATES),
    }
}
