//! Files that lie in the folders and are not read: saved under another ending, in a subfolder, or
//! under a name that is nearly one of the special ones. Without a word about it, a profile would
//! only seem to be there.

use std::fs;
use std::path::Path;

use super::astray;
use super::scan::Stamp;
use crate::authoring::suggest::nearest_name;
use crate::authoring::{Code, Problem};
use crate::domain::bilingual;

/// The maximum number of names that are reported.
const MOST: usize = 20;
/// Endings that editors and systems add to a profile.
const AFTER_YAML: [&str; 6] = [".txt", ".docx", ".doc", ".rtf", ".odt", ".html"];
/// Files of documents, which are no profiles.
const DOCUMENTS: [&str; 4] = [".docx", ".doc", ".rtf", ".odt"];
/// The files with a special meaning, without their ending.
const SPECIAL: [&str; 3] = ["_defaults", "_channels", "_pbx"];

/// A file or folder that is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stray {
    name: String,
    kind: StrayKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum StrayKind {
    /// It should be called like this.
    Renamed(String),
    /// It should be called like this, and there is such a file.
    Second(String),
    /// A template in the folder of profiles.
    Template,
    /// A document of a word processor.
    Document,
    /// A folder with profiles.
    Folder,
    /// The folder of examples under another name.
    Examples,
}

/// Returns what lies in the folder of profiles and is not read.
pub(super) fn of_profiles(folder: &Path) -> Vec<Stray> {
    found(folder, &["yaml", "yml", "csv"], |name, entry| {
        let path = entry.path();
        if name.rsplit('.').next() == Some("hbs") {
            return Some(StrayKind::Template);
        }
        let lower = name.to_lowercase();
        if DOCUMENTS.iter().any(|ending| lower.ends_with(ending)) {
            return Some(StrayKind::Document);
        }
        // the listing knows the kind, except for links
        let is_dir = |kind: fs::FileType| kind.is_dir() || (kind.is_symlink() && path.is_dir());
        if name == "examples" || !entry.file_type().is_ok_and(is_dir) {
            return None;
        }
        if matches!(name, "example" | "Examples" | "exemples" | "примеры") {
            return Some(StrayKind::Examples);
        }
        if astray::is_aside(name) {
            return None;
        }
        let entries = fs::read_dir(&path).ok()?.take(MOST);
        let is_yaml = |path: &Path| path.extension().is_some_and(|e| e == "yaml" || e == "yml");
        let mut paths = entries.filter_map(Result::ok).map(|entry| entry.path());
        paths
            .any(|path| is_yaml(&path))
            .then_some(StrayKind::Folder)
    })
}

/// Returns what lies in the folder of templates and is not read.
pub(super) fn of_templates(folder: &Path) -> Vec<Stray> {
    found(folder, &["hbs"], |_, _| None)
}

fn found(
    folder: &Path,
    endings: &[&str],
    other: impl Fn(&str, &fs::DirEntry) -> Option<StrayKind>,
) -> Vec<Stray> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut strays: Vec<Stray> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with(['.', '#', '~']) {
                return None;
            }
            let kind = match renamed(&name, endings) {
                Some(right) if folder.join(&right).exists() => StrayKind::Second(right),
                Some(right) => StrayKind::Renamed(right),
                None => other(&name, &entry)?,
            };
            Some(Stray { name, kind })
        })
        .take(MOST)
        .collect();
    strays.sort_by(|one, other| one.name.cmp(&other.name));
    strays
}

/// `poll.yaml.txt` and `poll.YAML` should be `poll.yaml`.
fn renamed(name: &str, endings: &[&str]) -> Option<String> {
    let lower = name.to_lowercase();
    let bare = AFTER_YAML
        .iter()
        .find_map(|added| lower.strip_suffix(added))
        .unwrap_or(&lower);
    let stem = endings
        .iter()
        .find_map(|ending| Some((bare.strip_suffix(ending)?.strip_suffix('.')?, ending)));
    let (stem, ending) = stem?;
    let stem = name.get(..stem.len())?;
    let right = format!("{stem}.{ending}");
    (right != name).then_some(right)
}

impl Stray {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn problem(&self) -> Problem {
        let (message, advice) = match &self.kind {
            StrayKind::Renamed(right) => (
                bilingual!(
                    "the file is not read: its name has another ending",
                    "файл не читается: у имени другое окончание"
                ),
                bilingual!("rename it to `{right}`", "переименуйте его в `{right}`"),
            ),
            StrayKind::Second(right) => (
                bilingual!(
                    "the file is not read: its name has another ending",
                    "файл не читается: у имени другое окончание"
                ),
                bilingual!(
                    "`{right}` exists as well: put the changes into it, and remove this file",
                    "рядом уже есть `{right}`: перенесите правки в него, а этот файл уберите"
                ),
            ),
            StrayKind::Template => (
                bilingual!(
                    "the file is not read: templates are in a folder of their own",
                    "файл не читается: шаблоны лежат в отдельной папке"
                ),
                bilingual!(
                    "move it to the templates folder (mappings.templates)",
                    "перенесите его в папку шаблонов (mappings.templates)"
                ),
            ),
            StrayKind::Document => (
                bilingual!(
                    "the file is not read: a profile is plain text",
                    "файл не читается: профиль — это обычный текст"
                ),
                bilingual!(
                    "save it as plain text in UTF-8, with the ending .yaml",
                    "сохраните его как обычный текст в UTF-8 с окончанием .yaml"
                ),
            ),
            StrayKind::Folder => (
                bilingual!(
                    "the profiles of this folder are not read",
                    "профили в этой папке не читаются"
                ),
                bilingual!(
                    "move them into the profiles' folder itself",
                    "перенесите их в саму папку профилей"
                ),
            ),
            StrayKind::Examples => (
                bilingual!(
                    "the examples of this folder are not found",
                    "примеры в этой папке не находятся"
                ),
                bilingual!("call it `examples`", "назовите её `examples`"),
            ),
        };
        Problem::warning_of_file(Code::WrongPlace, &self.name, message, advice)
    }
}

/// Returns warnings about names that are nearly special: `_default.yaml`, `channels.yaml`.
/// `is_broken` tells whether a file cannot be read as a profile, `is_used` whether a profile names a
/// base.
pub(super) fn misnamed(
    stamps: &[Stamp],
    is_broken: impl Fn(&str) -> bool,
    is_used: impl Fn(&str) -> bool,
) -> Vec<Problem> {
    let one = |stamp: &Stamp| {
        let stem = stamp.name.rsplit_once('.').map_or("", |(stem, _)| stem);
        if SPECIAL.contains(&stem) {
            return None;
        }
        let bare = format!("_{}", stem.trim_start_matches('_'));
        let special = nearest_name(&bare, &SPECIAL)?;
        let is_there = stamps.iter().any(|other| {
            let stem = other.name.rsplit_once('.').map_or("", |(stem, _)| stem);
            stem == special
        });
        // a base may be called so on purpose
        let is_base = stem.starts_with('_') && is_used(stem.trim_start_matches('_'));
        let is_likely = is_broken(&stamp.name) || (stem.starts_with('_') && !is_there);
        let is_profile = || stamp.read().is_ok_and(|text| text.contains("receive"));
        if is_base || !is_likely || is_profile() {
            return None;
        }
        let message = bilingual!(
            "the name is nearly `{special}.yaml`, but only that file has its meaning",
            "имя почти как `{special}.yaml`, но особый смысл только у того файла"
        );
        let advice = bilingual!(
            "rename it to `{special}.yaml`",
            "переименуйте его в `{special}.yaml`"
        );
        Some(Problem::warning_of_file(
            Code::WrongPlace,
            &stamp.name,
            message,
            advice,
        ))
    };
    stamps.iter().filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_that_editors_add_are_recognised() {
        let yaml = ["yaml", "yml", "csv"];
        for (name, right) in [
            ("poll.yaml", None),
            ("poll.yml", None),
            ("poll.yaml.txt", Some("poll.yaml")),
            ("poll.YAML", Some("poll.yaml")),
            ("Poll.Yml", Some("Poll.yml")),
            ("cities.CSV", Some("cities.csv")),
            ("cities.csv.txt", Some("cities.csv")),
            ("poll.yaml.docx", Some("poll.yaml")),
            ("readme.txt", None),
            ("poll.yaml.bak", None),
            ("yaml", None),
        ] {
            assert_eq!(renamed(name, &yaml).as_deref(), right, "{name}");
        }
        assert_eq!(
            renamed("note.hbs.txt", &["hbs"]).as_deref(),
            Some("note.hbs")
        );
    }
}
