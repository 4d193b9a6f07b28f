//! From files to a set: only what has changed is compiled again, and a broken file leaves its last good
//! edition at work.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::report::LoadReport;
use super::scan::{DEFAULTS, Fingerprint, MOST_FILES, Stamp};
use crate::mapping::{Code, Compiler, Problem, Profile, ProfileFile, ProfileSet};

/// What is loaded now.
#[derive(Default)]
pub(super) struct Loaded {
    files: HashMap<String, Entry>,
    /// The defaults and templates that everything was compiled with.
    shared: Shared,
}

/// One profile file.
struct Entry {
    stamp: Stamp,
    /// The last edition that compiled.
    profile: Option<Arc<Profile>>,
    /// What is wrong with the present text.
    problems: Vec<Problem>,
}

#[derive(Default, PartialEq, Eq)]
struct Shared {
    defaults: Option<ProfileFile>,
    templates: BTreeMap<String, String>,
}

impl Entry {
    fn is_broken(&self) -> bool {
        self.problems.iter().any(Problem::is_error)
    }
}

impl Loaded {
    /// Compiles what has changed and puts the set together.
    pub(super) fn refresh(&mut self, found: &Fingerprint) -> (ProfileSet, LoadReport) {
        let mut problems = folder_problems(found);
        let shared = Shared::read(found, &mut problems);
        let is_all = shared != self.shared;
        self.shared = shared;
        let compiler = Compiler::new(self.shared.defaults.as_ref(), &self.shared.templates);
        let mut files = HashMap::new();
        for stamp in found.mappings.iter().filter(|stamp| stamp.name != DEFAULTS) {
            let before = self.files.remove(&stamp.name);
            let entry = match before {
                Some(entry) if !is_all && entry.stamp == *stamp => entry,
                before => compiled(&compiler, stamp, before.and_then(|entry| entry.profile)),
            };
            files.insert(stamp.name.clone(), entry);
        }
        // a folder that cannot be read for a moment takes nothing out of work
        if !found.unreadable.is_empty() {
            for (name, entry) in self.files.drain() {
                files.entry(name).or_insert(entry);
            }
        }
        problems.extend(compiler.defaults_problems().iter().cloned());
        self.files = files;
        self.assemble(problems)
    }

    fn assemble(&self, mut problems: Vec<Problem>) -> (ProfileSet, LoadReport) {
        let mut names: Vec<&String> = self.files.keys().collect();
        names.sort();
        let entries: Vec<(&String, &Entry)> = names
            .into_iter()
            .filter_map(|name| Some((name, self.files.get(name)?)))
            .collect();
        let profiles = entries
            .iter()
            .filter_map(|(_, entry)| entry.profile.clone())
            .collect();
        let (set, together) = ProfileSet::new(profiles);
        let of_files = entries.iter().flat_map(|(_, entry)| &entry.problems);
        problems.extend(of_files.cloned().chain(together));
        let mut seen = std::collections::HashSet::new();
        problems.retain(|problem| seen.insert(problem.clone()));
        let pick = |wanted: fn(&Entry) -> bool| {
            let picked = entries.iter().filter(|(_, entry)| wanted(entry));
            picked.map(|(name, _)| (*name).clone()).collect()
        };
        let report = LoadReport {
            loaded: pick(|entry| !entry.is_broken()),
            kept_old: pick(|entry| entry.is_broken() && entry.profile.is_some()),
            failed: pick(|entry| entry.is_broken() && entry.profile.is_none()),
            problems,
        };
        (set, report)
    }
}

fn compiled(compiler: &Compiler<'_>, stamp: &Stamp, before: Option<Arc<Profile>>) -> Entry {
    let result = stamp
        .read()
        .map_err(|why| unreadable(stamp, why))
        .and_then(|text| {
            compiler.compile(&ProfileFile {
                name: stamp.name.clone(),
                text,
            })
        });
    let (profile, problems) = match result {
        Ok((profile, warnings)) => (Some(profile), warnings),
        Err(problems) => (before, problems),
    };
    Entry {
        stamp: stamp.clone(),
        profile,
        problems,
    }
}

fn unreadable(stamp: &Stamp, why: String) -> Vec<Problem> {
    let code = if why.contains("larger") {
        Code::TooLarge
    } else {
        Code::Unreadable
    };
    let advice = "save it as UTF-8 text and let the gateway's user read it";
    vec![Problem::of_file(code, &stamp.name, why, advice)]
}

fn folder_problems(found: &Fingerprint) -> Vec<Problem> {
    let mut problems: Vec<Problem> = found
        .unreadable
        .iter()
        .map(|(folder, why)| {
            let message = format!("the folder cannot be read: {why}");
            let advice = "create it, or name another one in the settings";
            Problem::of_file(
                Code::Unreadable,
                &folder.display().to_string(),
                message,
                advice,
            )
        })
        .collect();
    if found.is_too_many {
        let message = format!("more than {MOST_FILES} files: the rest is not looked at");
        problems.push(Problem::of_file(
            Code::TooLarge,
            "mappings",
            message,
            "clear the folder up",
        ));
    }
    problems
}

impl Shared {
    fn read(found: &Fingerprint, problems: &mut Vec<Problem>) -> Self {
        let mut text = |stamp: &Stamp| match stamp.read() {
            Ok(text) => Some(text),
            Err(why) => {
                problems.extend(unreadable(stamp, why));
                None
            }
        };
        let defaults = found.mappings.iter().find(|stamp| stamp.name == DEFAULTS);
        Self {
            defaults: defaults.and_then(|stamp| {
                Some(ProfileFile {
                    name: stamp.name.clone(),
                    text: text(stamp)?,
                })
            }),
            templates: found
                .templates
                .iter()
                .filter_map(|stamp| {
                    let name = stamp.name.strip_suffix(".hbs")?.to_owned();
                    Some((name, text(stamp)?))
                })
                .collect(),
        }
    }
}
