//! Lists the folders: files by path, time and length, without reading them.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use super::strays::{self, Stray};
use crate::authoring::{Code, LARGEST_FILE, Problem, too_large};
use crate::domain::{Bilingual, bilingual};

/// Maximum number of files.
pub(super) const MOST_FILES: usize = 10_000;

/// The possible names of the file of the channels' settings.
const CHANNELS_FILES: [&str; 2] = ["_channels.yaml", "_channels.yml"];

/// The possible names of the file with the matches of people and PBXs.
const PEOPLE_FILES: [&str; 2] = ["_pbx.yaml", "_pbx.yml"];

/// How long a folder must stay unchanged to count as completely written.
const A_MOMENT: Duration = Duration::from_millis(30);
/// Maximum wait for a folder that keeps changing.
const MOST_LOOKS: usize = 10;

/// The folders at one moment; equal if nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Fingerprint {
    /// Profiles and defaults, by name.
    pub(super) mappings: Vec<Stamp>,
    /// Templates of comments and pages, by name.
    pub(super) templates: Vec<Stamp>,
    /// CSV tables of the profiles' folder, by name.
    pub(super) tables: Vec<Stamp>,
    /// A folder that cannot be read: its path and the reason.
    pub(super) unreadable: Vec<(PathBuf, String)>,
    /// What lies there and is not read.
    pub(super) strays: Vec<Stray>,
    /// Whether there are more files than the maximum.
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
    /// Whether it is a regular file.
    is_file: bool,
}

impl Fingerprint {
    /// Lists both folders, and again while an editor is writing: half a file can be a valid
    /// profile.
    pub(super) fn settled(mappings: &Path, templates: &Path, before: &Self) -> Self {
        let mut taken = Self::take(mappings, templates);
        for _ in 0..MOST_LOOKS {
            if taken == *before {
                break;
            }
            thread::sleep(A_MOMENT);
            let again = Self::take(mappings, templates);
            if again == taken {
                break;
            }
            taken = again;
        }
        taken
    }

    /// Returns whether this folder exists and cannot be read.
    pub(super) fn is_hidden(&self, folder: &Path) -> bool {
        let is_gone = |error: std::io::Error| error.kind() == ErrorKind::NotFound;
        self.unreadable.iter().any(|(path, _)| path == folder)
            && !folder.symlink_metadata().is_err_and(is_gone)
    }

    /// Lists both folders.
    pub(super) fn take(mappings: &Path, templates: &Path) -> Self {
        let mut taken = Self::default();
        taken.mappings = taken.list(mappings, &["yaml", "yml", "csv"]);
        let is_table = |stamp: &mut Stamp| stamp.path.extension().is_some_and(|e| e == "csv");
        taken.tables = taken.mappings.extract_if(.., is_table).collect();
        taken.strays = strays::of_profiles(mappings);
        // profiles do not need templates, so the folder is optional
        if templates.exists() {
            taken.strays.extend(strays::of_templates(templates));
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
            // guards must not depend on the order of a listing
            let settings = CHANNELS_FILES.map(|name| Stamp::of(folder.join(name), endings));
            let settings = settings.into_iter().flatten();
            let settings = settings.filter(|stamp| stamp.path.symlink_metadata().is_ok());
            stamps.retain(|stamp| !stamp.is_channels());
            stamps.extend(settings);
        }
        stamps.sort_by(|one, other| one.name.cmp(&other.name));
        stamps
    }
}

impl Stamp {
    /// Returns a file with one of the extensions. Follows links; ignores hidden files and editors'
    /// temporary files.
    fn of(path: PathBuf, endings: &[&str]) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().into_owned();
        let ending = path.extension()?.to_str()?;
        if name.starts_with(['.', '#']) || !endings.contains(&ending) {
            return None;
        }
        let data = fs::metadata(&path).ok();
        let is_file = data.as_ref().is_none_or(fs::Metadata::is_file);
        // anything at the path of the channels' settings counts, even if it is not a file
        if !is_file && !CHANNELS_FILES.contains(&name.as_str()) {
            return None;
        }
        Some(Self {
            name,
            modified: data.as_ref().and_then(|data| data.modified().ok()),
            length: data.map_or(0, |data| data.len()),
            is_file,
            path,
        })
    }

    /// Returns the file's text, or why it cannot be read.
    pub(super) fn read(&self) -> Result<String, Box<Problem>> {
        if !self.is_file {
            let why = bilingual!("this is not a file", "это не файл");
            let advice = bilingual!("put the file back", "верните файл на место");
            return Err(self.problem(Code::Unreadable, why, advice));
        }
        let mut bytes = Vec::new();
        let most = LARGEST_FILE as u64 + 1;
        fs::File::open(&self.path)
            .and_then(|file| file.take(most).read_to_end(&mut bytes))
            .map_err(|error| {
                let why = bilingual!(
                    "the file cannot be read: {error}",
                    "файл не читается: {error}"
                );
                let advice = bilingual!(
                    "let the gateway's user read it",
                    "дайте пользователю шлюза право его читать"
                );
                self.problem(Code::Unreadable, why, advice)
            })?;
        if bytes.len() > LARGEST_FILE {
            let advice = bilingual!("split it up", "разделите его");
            return Err(self.problem(Code::TooLarge, too_large(), advice));
        }
        String::from_utf8(bytes).map_err(|error| {
            let good = error.utf8_error().valid_up_to();
            let before = error.as_bytes().iter().take(good);
            let line = before.filter(|byte| **byte == b'\n').count() + 1;
            let why = bilingual!(
                "the file is not UTF-8 text: see line {line}",
                "файл не в кодировке UTF-8: смотрите строку {line}"
            );
            let advice = bilingual!(
                "save it as UTF-8: in Notepad under `Save as`, `Encoding`; in Excel that is `CSV UTF-8`",
                "сохраните его в UTF-8: в Блокноте «Сохранить как», «Кодировка»; в Excel это «CSV UTF-8»"
            );
            self.problem(Code::Unreadable, why, advice)
        })
    }

    fn problem(&self, code: Code, why: Bilingual, advice: Bilingual) -> Box<Problem> {
        Box::new(Problem::of_file(code, &self.name, why, advice))
    }

    /// Returns whether this is a profile or a base.
    pub(super) fn is_profile(&self) -> bool {
        !self.is_defaults() && !self.is_channels() && !self.is_people()
    }

    /// Returns whether this may be a base, by its name: `_forms.yaml`.
    pub(super) fn may_be_base(&self) -> bool {
        self.is_profile() && self.name.starts_with('_')
    }

    /// Returns whether this is a page for replies, and not a comment template.
    pub(super) fn is_page(&self) -> bool {
        self.name.ends_with(".html.hbs")
    }

    /// Returns whether this is the file of the channels' settings.
    pub(super) fn is_channels(&self) -> bool {
        CHANNELS_FILES.contains(&self.name.as_str())
    }

    /// Returns whether this is the file with the matches of people and PBXs.
    pub(super) fn is_people(&self) -> bool {
        PEOPLE_FILES.contains(&self.name.as_str())
    }

    /// Returns whether this is the file of defaults.
    pub(super) fn is_defaults(&self) -> bool {
        matches!(self.name.as_str(), "_defaults.yaml" | "_defaults.yml")
    }
}
