//! The examples of profiles: `mappings/examples/<profile>/*.yaml`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::authoring::LARGEST_FILE;

/// Maximum number of examples.
const MOST: usize = 10_000;
/// Maximum number of files that are no examples.
const MOST_STRAYS: usize = 20;

/// An example on disk.
#[derive(Debug, Clone)]
pub struct ExampleFile {
    /// Its profile: the name of its folder.
    pub profile: String,
    /// Its name for people: `consultation/phone-only.yaml`.
    pub name: String,
    /// Its path.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

/// Returns all examples of a profiles' folder, sorted by name; none without a folder.
pub fn examples(mappings: &Path) -> io::Result<Vec<ExampleFile>> {
    let folder = mappings.join("examples");
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for profile in entries(&folder)?.into_iter().filter(|path| path.is_dir()) {
        let of = name_of(&profile);
        for path in entries(&profile)? {
            let is_yaml = path.extension().is_some_and(|e| e == "yaml" || e == "yml");
            if !is_yaml || found.len() >= MOST {
                continue;
            }
            let name = format!("{of}/{}", name_of(&path));
            let length = fs::metadata(&path)?.len();
            if length > LARGEST_FILE as u64 {
                let why = format!("{name} is larger than {} KiB", LARGEST_FILE / 1024);
                return Err(io::Error::new(io::ErrorKind::InvalidData, why));
            }
            let text = fs::read_to_string(&path)
                .map_err(|error| io::Error::new(error.kind(), format!("{name}: {error}")))?;
            found.push(ExampleFile {
                profile: of.clone(),
                name,
                path,
                text,
            });
        }
    }
    Ok(found)
}

/// Returns the files of the folder of examples that are not read, and the folder itself if it is
/// called otherwise.
pub fn stray_examples(mappings: &Path) -> Vec<String> {
    let folder = mappings.join("examples");
    let mut found: Vec<String> = ["example", "Examples", "примеры"]
        .into_iter()
        .filter(|name| !folder.exists() && mappings.join(name).is_dir())
        .map(str::to_owned)
        .collect();
    let of_folder = |folder: &Path| entries(folder).unwrap_or_default();
    let is_hidden = |path: &Path| name_of(path).starts_with(['.', '#']);
    let is_yaml = |path: &Path| path.extension().is_some_and(|e| e == "yaml" || e == "yml");
    for path in of_folder(&folder) {
        let name = name_of(&path);
        if path.is_dir() {
            let files = of_folder(&path).into_iter();
            let odd = files.filter(|path| path.is_file() && !is_yaml(path) && !is_hidden(path));
            found.extend(odd.map(|path| format!("examples/{name}/{}", name_of(&path))));
        } else if !is_hidden(&path) {
            found.push(format!("examples/{name}"));
        }
    }
    found.truncate(MOST_STRAYS);
    found
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

pub(super) fn name_of(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}
