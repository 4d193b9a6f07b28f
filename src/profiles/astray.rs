//! Files that look inside like profiles or examples and are not read: `poll.txt`, `poll.ymal`, a
//! profile some folders below. Those that their names give away are found by `strays`, and left out
//! here.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::examples::name_of;
use super::strays::Stray;
use crate::authoring::{Code, Problem};
use crate::domain::{Bilingual, bilingual};

/// Maximum number of files that are looked at, and of those that are named.
const MOST_FILES: usize = 500;
const MOST_NAMED: usize = 20;
/// How deep subfolders are looked into.
const DEEPEST: usize = 3;
/// How much of a file is looked at, in bytes.
const HEAD: u64 = 64 * 1024;

/// The folder of examples.
const EXAMPLES: &str = "examples";
/// What people call it, beside slips.
const LIKE_EXAMPLES: [&str; 7] = [
    "sample",
    "test",
    "tests",
    "пример",
    "примеры",
    "тест",
    "тесты",
];
/// Folders whose files are put aside on purpose.
const ASIDE: [&str; 26] = [
    "archive",
    "archived",
    "archives",
    "backup",
    "backups",
    "bak",
    "copies",
    "copy",
    "disabled",
    "docs",
    "draft",
    "drafts",
    "off",
    "old",
    "temp",
    "templates",
    "tmp",
    "trash",
    "unused",
    "архив",
    "копии",
    "отключено",
    "старое",
    "старые",
    "черновик",
    "черновики",
];
/// Endings of plain texts.
const TEXTS: [&str; 9] = [
    "txt", "text", "conf", "cfg", "json", "htm", "html", "tpl", "xml",
];
/// Endings of documents, which are no plain texts.
const DOCUMENTS: [&str; 6] = ["doc", "docx", "odt", "rtf", "pages", "wps"];

/// What a text looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Profile,
    Example,
    Other,
}

impl Content {
    /// Looks for the keys at the left margin that profiles and examples begin with.
    fn of(text: &str) -> Self {
        let has = |key: &str| text.lines().any(|line| line.starts_with(key));
        if has("packet:") {
            Self::Example
        } else if has("receive:")
            || (has("fields:") && (has("deal:") || has("lead:") || has("contact:")))
        {
            Self::Profile
        } else {
            Self::Other
        }
    }

    fn of_file(path: &Path) -> Self {
        let mut bytes = Vec::new();
        let read = fs::File::open(path).and_then(|file| file.take(HEAD).read_to_end(&mut bytes));
        if read.is_err() {
            return Self::Other;
        }
        Self::of(&String::from_utf8_lossy(&bytes))
    }
}

/// Returns a warning for each file beside the profiles, or below them, that looks like a profile, is
/// not read, and is not reported as a stray.
pub(super) fn profiles(mappings: &Path, templates: &Path, strays: &[Stray]) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut left = MOST_FILES;
    for path in entries(mappings) {
        if left == 0 || found.len() >= MOST_NAMED {
            break;
        }
        left -= 1;
        let name = name_of(&path);
        if strays.iter().any(|stray| stray.name() == name) {
            continue;
        }
        if path.is_dir() {
            if name != EXAMPLES && !is_same(&path, templates) {
                found.extend(folder(&path, &name, &mut left));
            }
        } else {
            found.extend(beside(mappings, &path, &name));
        }
    }
    found.truncate(MOST_NAMED);
    found
}

/// A file in the folder of profiles.
fn beside(mappings: &Path, path: &Path, name: &str) -> Option<Problem> {
    let right = right_name(name)?;
    let exists = mappings.join(&right).exists();
    let ending = ending_of(name).unwrap_or_default();
    if DOCUMENTS.contains(&ending.as_str()) {
        return (!exists).then(|| document(name, &right));
    }
    if !has_double_ending(name) && Content::of_file(path) != Content::Profile {
        return None;
    }
    let why = if has_double_ending(name) {
        bilingual!(
            "`{name}` is not read: its name ends with `.{ending}`, which Windows may hide",
            "`{name}` не читается: имя кончается на `.{ending}`, а Windows может это скрывать"
        )
    } else {
        bilingual!(
            "`{name}` is not read: the name of a profile ends with `.yaml`",
            "`{name}` не читается: имя профиля кончается на `.yaml`"
        )
    };
    let advice = if exists {
        bilingual!(
            "`{right}` exists as well: put the changes into it, and remove this file",
            "рядом уже есть `{right}`: перенесите правки в него, а этот файл уберите"
        )
    } else {
        bilingual!("rename it to `{right}`", "переименуйте его в `{right}`")
    };
    Some(unread(name, why, advice))
}

fn document(name: &str, right: &str) -> Problem {
    let why = bilingual!(
        "`{name}` is not read: a profile is plain text, and this is a document of a word processor",
        "`{name}` не читается: профиль — простой текст, а это документ текстового редактора"
    );
    let advice = bilingual!(
        "copy the text into Notepad and save it as `{right}` in UTF-8",
        "скопируйте текст в Блокнот и сохраните как `{right}` в UTF-8"
    );
    unread(name, why, advice)
}

/// Returns whether the files of a folder are put aside on purpose.
pub(super) fn is_aside(folder: &str) -> bool {
    ASIDE.contains(&folder.to_lowercase().as_str())
}

/// The files of a subfolder.
fn folder(path: &Path, name: &str, left: &mut usize) -> Vec<Problem> {
    let lower = name.to_lowercase();
    if is_aside(name) {
        return Vec::new();
    }
    let mut files = Vec::new();
    below(path, DEEPEST, left, &mut files);
    let contents: Vec<(PathBuf, Content)> = files
        .into_iter()
        .map(|file| {
            let content = Content::of_file(&file);
            (file, content)
        })
        .collect();
    let has_examples = contents
        .iter()
        .any(|(_, content)| *content == Content::Example);
    if is_like_examples(&lower) && has_examples {
        return vec![other_folder(name)];
    }
    let mut found = Vec::new();
    for (file, content) in contents {
        let below = file.strip_prefix(path).unwrap_or(&file);
        let shown = format!("{name}/{}", below.display());
        let own = name_of(&file);
        match content {
            Content::Profile => found.push(in_subfolder(&shown, &own)),
            Content::Example => found.push(example_elsewhere(&shown, &own)),
            Content::Other => {}
        }
    }
    found
}

/// Returns whether a folder's name is a slip of `examples`.
fn is_like_examples(lower: &str) -> bool {
    lower != EXAMPLES
        && (LIKE_EXAMPLES.contains(&lower) || strsim::damerau_levenshtein(lower, EXAMPLES) <= 2)
}

/// Returns what to say of a folder that is a slip of `examples`.
fn other_folder(name: &str) -> Problem {
    let why = bilingual!(
        "the examples in `{name}` are not read",
        "примеры в папке `{name}` не читаются"
    );
    let advice = bilingual!(
        "rename the folder to `{EXAMPLES}`",
        "переименуйте папку в `{EXAMPLES}`"
    );
    unread(name, why, advice)
}

fn in_subfolder(shown: &str, name: &str) -> Problem {
    let right = right_name(name).unwrap_or_else(|| name.to_owned());
    let why = bilingual!(
        "`{shown}` is not read: profiles in subfolders do not work",
        "`{shown}` не читается: профили в подпапках не работают"
    );
    let advice = bilingual!(
        "move it to the folder of the profiles itself: `{right}`",
        "перенесите его в саму папку профилей: `{right}`"
    );
    unread(shown, why, advice)
}

fn example_elsewhere(shown: &str, name: &str) -> Problem {
    let why = bilingual!(
        "the example `{shown}` is not read",
        "пример `{shown}` не читается"
    );
    let advice = bilingual!(
        "move it to `{EXAMPLES}/PROFILE/{name}`, with the name of the profile's file",
        "перенесите его в `{EXAMPLES}/ПРОФИЛЬ/{name}`: папка называется как файл профиля"
    );
    unread(shown, why, advice)
}

/// Adds the YAML files of a folder and of those below it.
fn below(folder: &Path, depth: usize, left: &mut usize, files: &mut Vec<PathBuf>) {
    for path in entries(folder) {
        let Some(rest) = left.checked_sub(1) else {
            return;
        };
        *left = rest;
        if path.is_dir() {
            if depth > 1 {
                below(&path, depth - 1, left, files);
            }
        } else if matches!(ending_of(&name_of(&path)).as_deref(), Some("yaml" | "yml")) {
            files.push(path);
        }
    }
}

/// Returns the warning about a file that is not read.
pub(super) fn unread(name: &str, why: Bilingual, advice: Bilingual) -> Problem {
    Problem::warning_of_file(Code::UnreadFile, name, why, advice)
}

/// Returns the names of the files in a folder, for advice on a file that is missing.
pub(super) fn names(folder: &Path) -> Vec<String> {
    let files = entries(folder).into_iter().take(MOST_FILES);
    let files = files.filter(|path| path.is_file());
    files.map(|path| name_of(&path)).collect()
}

/// Returns the entries of a folder in the order of their names, without hidden ones.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(list) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = list
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| !name_of(path).starts_with(['.', '#', '~']))
        .collect();
    paths.sort();
    paths
}

/// Returns the name that the file should have, or `None` if it is read as it is, or meant for
/// something else.
fn right_name(name: &str) -> Option<String> {
    let ending = ending_of(name);
    let is_read = matches!(name.rsplit('.').next(), Some("yaml" | "yml"));
    let is_profile = match ending.as_deref() {
        None => true,
        Some(ending) => is_yaml(ending) || TEXTS.contains(&ending) || DOCUMENTS.contains(&ending),
    };
    if is_read || !is_profile {
        return None;
    }
    let mut stem = name.trim();
    while let Some((head, tail)) = stem.rsplit_once('.') {
        let tail = tail.trim().to_lowercase();
        let is_ending = is_yaml(&tail) || TEXTS.contains(&&*tail) || DOCUMENTS.contains(&&*tail);
        if !is_ending || head.is_empty() {
            break;
        }
        stem = head.trim_end();
    }
    let lower = stem.to_lowercase();
    for tail in ["_yaml", "-yaml", " yaml", ",yaml", "_yml", ",yml"] {
        if lower.ends_with(tail) && lower.len() > tail.len() {
            stem = stem.get(..stem.len() - tail.len()).unwrap_or(stem);
            break;
        }
    }
    Some(format!("{stem}.yaml"))
}

/// `poll.yaml.txt`.
fn has_double_ending(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(head, tail)| {
        let is_text = TEXTS.contains(&&*tail.to_lowercase());
        is_text && ending_of(head).is_some_and(|ending| is_yaml(&ending))
    })
}

/// `YAML`, `yml `, `yam`, and `уml` with a Russian letter.
fn is_yaml(ending: &str) -> bool {
    let latin = ending.replace('у', "y").replace('а', "a").replace('м', "m");
    matches!(
        latin.as_str(),
        "yaml" | "yml" | "yam" | "ymal" | "yalm" | "yamll" | "yaaml" | "jaml" | "yaml_" | "yaml1"
    )
}

fn ending_of(name: &str) -> Option<String> {
    let (_, ending) = name.rsplit_once('.')?;
    Some(ending.trim().to_lowercase())
}

fn is_same(one: &Path, other: &Path) -> bool {
    one == other
        || matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_that_a_profile_should_have_is_found() {
        for (name, right) in [
            ("poll.yaml", None),
            ("poll.yml", None),
            ("poll.YAML", Some("poll.yaml")),
            ("poll.Yml", Some("poll.yaml")),
            ("poll.yaml ", Some("poll.yaml")),
            ("poll.ymal", Some("poll.yaml")),
            ("poll.уaml", Some("poll.yaml")),
            ("poll.yaml.txt", Some("poll.yaml")),
            ("poll.yaml.TXT", Some("poll.yaml")),
            ("poll.yml.json", Some("poll.yaml")),
            ("poll.txt", Some("poll.yaml")),
            ("poll", Some("poll.yaml")),
            ("poll_yaml", Some("poll.yaml")),
            ("poll.docx", Some("poll.yaml")),
            ("poll.yaml.docx", Some("poll.yaml")),
            ("_site.yaml.txt", Some("_site.yaml")),
            ("опрос 2026.txt", Some("опрос 2026.yaml")),
            ("v1.2.txt", Some("v1.2.yaml")),
            ("poll.yaml.bak", None),
            ("poll.yaml.old", None),
            ("poll.yaml~", None),
            ("poll.yaml.disabled", None),
            ("cities.csv", None),
            ("note.hbs", None),
            ("logo.png", None),
        ] {
            assert_eq!(right_name(name).as_deref(), right, "{name}");
        }
    }

    #[test]
    fn slips_of_the_folder_of_examples_are_known() {
        for (name, is_like) in [
            ("example", true),
            ("exmaples", true),
            ("examples2", true),
            ("примеры", true),
            ("examples", false),
            ("polls", false),
            ("sites", false),
        ] {
            assert_eq!(is_like_examples(name), is_like, "{name}");
        }
    }
}
