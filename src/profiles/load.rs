//! Loads files into a set: compiles only what has changed, and keeps the last good version of a
//! broken file.

use std::collections::{BTreeMap, HashSet};
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use super::astray;
use super::channels::{CHANNELS_FILE, ChannelsFile};
use super::files::{FileKind, FileState, LoadedText};
use super::memory::GuardMemory;
use super::people::PeopleFile;
use super::report::LoadReport;
use super::scan::{Fingerprint, MOST_FILES, Stamp};
use super::shared::{Shared, UnreadableFile};
use super::strays::{self, Stray};
use crate::authoring::{Code, Problem, ProfileFile, Severity, WrittenMatches, is_like_defaults};
use crate::channels::Channels;
use crate::domain::{Lang, bilingual};
use crate::mapping::{
    Compiled, Compiler, Neighbours, PortalReferences, Profile, ProfileSet, base_name,
};

/// What is loaded now.
#[derive(Default)]
pub(super) struct LoadedProfiles {
    /// The folders of profiles and templates.
    mappings: PathBuf,
    templates: PathBuf,
    files: BTreeMap<String, Entry>,
    /// The texts that were loaded since they were taken last.
    texts: Vec<LoadedText>,
    /// The other files of which `texts` has had the text.
    others: BTreeMap<String, Stamp>,
    channels: ChannelsFile,
    people: PeopleFile,
    /// The defaults, bases and templates that everything was compiled with.
    shared: Shared,
}

/// One profile file.
struct Entry {
    stamp: Stamp,
    /// The last version that compiled.
    profile: Option<Arc<Profile>>,
    /// The problems of the present text.
    problems: Vec<Problem>,
    /// The base that it names.
    base: Option<String>,
    /// Its text, until it is taken for the versions.
    text: Option<String>,
}

impl Entry {
    fn take_text(&mut self) -> Option<LoadedText> {
        let text = self.text.take()?;
        let is_good = !self.is_broken();
        let profile = self.profile.as_ref().filter(|_| is_good);
        Some(LoadedText {
            file: self.stamp.name.clone(),
            text,
            edition: profile.map(|profile| profile.reference().hash.clone()),
            is_good,
        })
    }

    fn is_broken(&self) -> bool {
        self.problems.iter().any(Problem::is_error)
    }
}

impl LoadedProfiles {
    /// Starts empty; channels start with the earlier guards.
    pub(super) fn new(mappings: &Path, templates: &Path, memory: Option<GuardMemory>) -> Self {
        Self {
            mappings: mappings.to_owned(),
            templates: templates.to_owned(),
            channels: ChannelsFile::new(mappings, memory),
            ..Self::default()
        }
    }

    /// Returns whether a key of a channel has changed since it was read.
    pub(super) fn has_new_keys(&self) -> bool {
        self.channels.has_new_keys()
    }

    /// Compiles what has changed and builds the set.
    pub(super) fn refresh(&mut self, found: &Fingerprint) -> (ProfileSet, LoadReport) {
        let mut problems = folder_problems(found);
        let (mut shared, unreadable) = Shared::read(found, &self.shared);
        self.channels.refresh(found);
        self.people.refresh(found);
        let lacks_defaults = unreadable
            .iter()
            .any(|file| file.is_defaults && !file.is_kept);
        if !problems.is_empty() || lacks_defaults {
            // an unreadable folder disables no profile; without its defaults none means the same
            problems.extend(unreadable.into_iter().map(|file| file.problem));
            return self.assemble(problems);
        }
        shared.neighbours = Neighbours {
            mappings: astray::names(&self.mappings),
            templates: astray::names(&self.templates),
        };
        let is_same = shared.has_same_texts(&self.shared);
        let is_listed_anew = shared.neighbours != self.shared.neighbours;
        self.shared = shared;
        let compiler = self.shared.compiler();
        let mut before = std::mem::take(&mut self.files);
        let mut changed = Vec::new();
        let profiles = found.mappings.iter().filter(|stamp| stamp.is_profile());
        for stamp in profiles.filter(|stamp| !compiler.is_base(&stamp.name)) {
            match before.remove(&stamp.name) {
                Some(entry)
                    if is_same
                        && entry.stamp == *stamp
                        // advice on a missing file names those that are there
                        && !(is_listed_anew && entry.is_broken()) =>
                {
                    self.files.insert(stamp.name.clone(), entry);
                }
                before => changed.push((stamp, before.and_then(|entry| entry.profile))),
            }
        }
        let entries = compile_all(&compiler, &changed);
        let names = changed.iter().map(|(stamp, _)| stamp.name.clone());
        for (name, mut entry) in names.zip(entries) {
            self.texts.extend(entry.take_text());
            self.files.insert(name, entry);
        }
        problems.extend(unreadable.into_iter().map(|file| self.judged(file)));
        problems.extend(two_files(found));
        problems.extend(self.unread(found, &compiler));
        problems.extend(compiler.shared_problems().cloned());
        problems.extend(self.unused_bases(&compiler));
        problems.extend(found.is_too_many.then(too_many_files));
        let (set, report) = self.assemble(problems);
        self.keep_others(found, &report);
        (set, report)
    }

    /// Takes the texts that were loaded since the last time.
    pub(super) fn take_texts(&mut self) -> Vec<LoadedText> {
        std::mem::take(&mut self.texts)
    }

    /// Returns the files of the folder with what is in use of them.
    pub(super) fn states(&self, found: &Fingerprint, report: &LoadReport) -> Vec<FileState> {
        let stamps = found.mappings.iter();
        let state = |stamp: &Stamp| {
            let entry = self.files.get(&stamp.name);
            let of_file = report.problems.iter();
            FileState {
                name: stamp.name.clone(),
                // a file with an underscore that no profile names as its base is read as a profile
                kind: if entry.is_some() {
                    FileKind::Profile
                } else {
                    FileKind::of_name(&stamp.name)
                },
                profile: entry.and_then(|entry| entry.profile.clone()),
                problems: of_file
                    .filter(|problem| *problem.file == *stamp.name)
                    .cloned()
                    .collect(),
            }
        };
        stamps.map(state).collect()
    }

    /// Remembers the texts of the files that several profiles share.
    fn keep_others(&mut self, found: &Fingerprint, report: &LoadReport) {
        for stamp in &found.mappings {
            let is_profile = self.files.contains_key(&stamp.name);
            if is_profile || self.others.get(&stamp.name) == Some(stamp) {
                continue;
            }
            if let Ok(text) = stamp.read() {
                let mut problems = report.problems.iter();
                let is_broken =
                    problems.any(|problem| *problem.file == *stamp.name && problem.is_error());
                self.texts.push(LoadedText {
                    file: stamp.name.clone(),
                    text,
                    edition: None,
                    is_good: !is_broken,
                });
            }
            self.others.insert(stamp.name.clone(), stamp.clone());
        }
    }

    /// Returns a warning for each file that lies in the folders and is not read.
    fn unread(&self, found: &Fingerprint, compiler: &Compiler<'_>) -> Vec<Problem> {
        let is_of_another_kind = |problem: &Problem| {
            let own = self.files.get(&*problem.file).into_iter();
            let own = own.flat_map(|entry| &entry.problems);
            let mut all = own.chain(compiler.shared_problems());
            all.any(|known| known.code == Code::UnreadFile && known.file == problem.file)
        };
        let is_broken = |name: &str| self.files.get(name).is_some_and(Entry::is_broken);
        let is_used = |name: &str| self.uses_base(name);
        let misnamed = strays::misnamed(&found.mappings, is_broken, is_used).into_iter();
        let strays = found.strays.iter().map(Stray::problem);
        strays
            .chain(misnamed.filter(|problem| !is_of_another_kind(problem)))
            .chain(astray::profiles(
                &self.mappings,
                &self.templates,
                &found.strays,
            ))
            .collect()
    }

    /// Returns whether a profile names this base.
    fn uses_base(&self, name: &str) -> bool {
        let bases = self.files.values().map(|entry| entry.base.as_deref());
        bases.flatten().any(|base| base == name)
    }

    /// Returns a warning for each base that no profile names.
    fn unused_bases(&self, compiler: &Compiler<'_>) -> Vec<Problem> {
        // a slip of the defaults is reported as such
        let unused = compiler
            .bases()
            .filter(|(name, file)| !self.uses_base(name) && !is_like_defaults(file));
        unused.map(|(name, file)| unused_base(name, file)).collect()
    }

    /// Returns the problem of a shared file: a warning if every profile works without it.
    fn judged(&self, file: UnreadableFile) -> Problem {
        let is_missed = self.files.values().any(Entry::is_broken);
        let severity = if is_missed || file.is_kept {
            Severity::Error
        } else {
            Severity::Warning
        };
        Problem {
            severity,
            ..file.problem
        }
    }

    fn assemble(&self, mut problems: Vec<Problem>) -> (ProfileSet, LoadReport) {
        let entries = self.files.values();
        let profiles = entries
            .clone()
            .filter_map(|entry| entry.profile.clone())
            .collect();
        let (set, together) = ProfileSet::new(profiles);
        let of_files = entries.flat_map(|entry| &entry.problems);
        problems.extend(of_files.cloned().chain(together));
        problems.extend(self.channels.problems.iter().cloned());
        problems.extend(self.people.problems.iter().cloned());
        problems.extend(self.channels.good.kept_problems(CHANNELS_FILE, &set));
        // a broken profile may be the one that names the channel
        let is_whole = !problems
            .iter()
            .any(|problem| problem.code == Code::Unreadable);
        if is_whole && self.files.values().all(|entry| !entry.is_broken()) {
            problems.extend(self.channels.good.unnamed(&set));
        }
        let mut seen = HashSet::new();
        problems.retain(|problem| seen.insert(problem.clone()));
        one_for_unread(&mut problems);
        let pick = |wanted: fn(&Entry) -> bool| {
            let picked = self.files.iter().filter(|(_, entry)| wanted(entry));
            picked.map(|(name, _)| name.clone()).collect()
        };
        let kept = self.files.iter().filter(|(_, entry)| entry.is_broken());
        let kept_editions: BTreeMap<String, String> = kept
            .filter_map(|(name, entry)| {
                let edition = &entry.profile.as_ref()?.reference().hash;
                Some((name.clone(), edition.clone()))
            })
            .collect();
        let mut report = LoadReport {
            loaded: pick(|entry| !entry.is_broken()),
            kept_old: pick(|entry| entry.is_broken() && entry.profile.is_some()),
            failed: pick(|entry| entry.is_broken() && entry.profile.is_none()),
            kept_editions,
            kept_guards: self
                .channels
                .good
                .kept()
                .into_iter()
                .map(ToString::to_string)
                .collect(),
            problems,
        };
        let set = set.with_outdated(&report.kept_old);
        self.channels.report(&mut report);
        self.people.report(&mut report);
        (set, report)
    }

    /// Returns the matches of people and PBXs in use.
    pub(super) fn people(&self) -> Arc<WrittenMatches> {
        self.people.current()
    }

    /// Returns the settings of channels in use.
    pub(super) fn channels(&self) -> Arc<Channels> {
        Arc::clone(&self.channels.good)
    }
}

/// Returns a warning for each HTTP destination that these broken files name and the settings lack.
pub(super) fn unknown_destinations(
    found: &Fingerprint,
    files: &[String],
    known: &[&str],
) -> Vec<Problem> {
    let (shared, _) = Shared::read(found, &Shared::default());
    let compiler = shared.compiler();
    let stamps = found.mappings.iter().filter(|stamp| stamp.is_profile());
    let broken = stamps.filter(|stamp| files.contains(&stamp.name));
    broken
        .filter_map(|stamp| {
            let name = stamp.name.clone();
            let text = stamp.read().ok()?;
            Some(compiler.unknown_destinations(&ProfileFile { name, text }, known))
        })
        .flatten()
        .collect()
}

/// Returns what the profiles of these folders refer to in their portals, without those that cannot
/// be compiled.
pub(super) fn portal_references(found: &Fingerprint) -> Vec<PortalReferences> {
    let (shared, _) = Shared::read(found, &Shared::default());
    let compiler = shared.compiler();
    let stamps = found.mappings.iter().filter(|stamp| stamp.is_profile());
    stamps
        .filter(|stamp| !compiler.is_base(&stamp.name))
        .filter_map(|stamp| {
            let file = ProfileFile {
                name: stamp.name.clone(),
                text: stamp.read().ok()?,
            };
            // a profile that makes the compiler panic is reported when it is loaded
            catch_unwind(AssertUnwindSafe(|| compiler.portal_references(&file)))
                .ok()
                .flatten()
        })
        .collect()
}

/// A file to compile, and its last good version.
type Job<'s> = (&'s Stamp, Option<Arc<Profile>>);

/// Minimum number of files per thread.
const WORTH_A_THREAD: usize = 50;

/// Compiles files in parallel, because a start may read a thousand of them.
fn compile_all(compiler: &Compiler<'_>, jobs: &[Job<'_>]) -> Vec<Entry> {
    let one = |(stamp, before): &Job<'_>| compiled(compiler, stamp, before.clone());
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let share = jobs.len().div_ceil(cores).max(WORTH_A_THREAD);
    thread::scope(|scope| {
        let mut shares = jobs.chunks(share);
        let own = shares.next().unwrap_or_default();
        let others: Vec<_> = shares
            .map(|share| scope.spawn(move || share.iter().map(one).collect::<Vec<_>>()))
            .collect();
        let mut entries: Vec<Entry> = own.iter().map(one).collect();
        for other in others {
            let theirs = other.join().unwrap_or_else(|panic| resume_unwind(panic));
            entries.extend(theirs);
        }
        entries
    })
}

fn compiled(compiler: &Compiler<'_>, stamp: &Stamp, before: Option<Arc<Profile>>) -> Entry {
    let result = stamp.read().map_err(|problem| vec![*problem]);
    let base = result.as_ref().ok().and_then(|text| base_of(text));
    let text = result.as_ref().ok().cloned();
    let result = result.and_then(|text| {
        let file = ProfileFile {
            name: stamp.name.clone(),
            text,
        };
        or_problem(&file.name, || compiler.compile(&file))
    });
    let (profile, problems) = match result {
        Ok((profile, warnings)) => (Some(profile), warnings),
        Err(problems) => (before, problems),
    };
    Entry {
        stamp: stamp.clone(),
        profile,
        problems,
        base,
        text,
    }
}

/// Compiles one profile. A panic becomes a problem of its file, so that the other profiles still
/// load.
pub(super) fn or_problem(file: &str, compile: impl FnOnce() -> Compiled) -> Compiled {
    catch_unwind(AssertUnwindSafe(compile)).unwrap_or_else(|_| {
        let message = bilingual!(
            "leadgate failed on this file: this is a bug in leadgate",
            "при чтении этого файла произошёл сбой: это ошибка в самом leadgate"
        );
        let advice = bilingual!(
            "undo the last edit, and report the file to the developers; the log names the place",
            "отмените последнюю правку и сообщите о файле разработчикам; место сбоя — в логе"
        );
        Err(vec![Problem::of_file(
            Code::CompilerFailed,
            file,
            message,
            advice,
        )])
    })
}

/// The base that no profile names.
fn unused_base(name: &str, file: &str) -> Problem {
    let why = bilingual!(
        "no profile uses the base `{file}`",
        "базу `{file}` не использует ни один профиль"
    );
    let advice = bilingual!(
        "write `base: {name}` in the profiles that it is meant for",
        "напишите `base: {name}` в профилях, для которых она нужна"
    );
    astray::unread(file, why, advice)
}

fn too_many_files() -> Problem {
    let message = bilingual!(
        "more than {MOST_FILES} files: the rest are not read",
        "файлов больше {MOST_FILES}: остальные не прочитаны"
    );
    let advice = bilingual!(
        "remove files that are not needed",
        "уберите из папки лишнее"
    );
    Problem::of_file(Code::TooLarge, "mappings", message, advice)
}

/// Returns the base that a profile names at its left margin, without its quotes and endings.
pub(super) fn base_of(text: &str) -> Option<String> {
    let line = text.lines().find_map(|line| line.strip_prefix("base:"))?;
    let word = line.split(" #").next()?.trim().trim_matches(['"', '\'']);
    Some(base_name(word).to_owned())
}

/// Reports a second file of the channels' settings; only the first counts.
fn two_files(found: &Fingerprint) -> Option<Problem> {
    let other = found
        .mappings
        .iter()
        .filter(|stamp| stamp.is_channels())
        .nth(1)?;
    let name = &other.name;
    let message = bilingual!(
        "{CHANNELS_FILE} exists as well, and only that file is read",
        "рядом лежит {CHANNELS_FILE}, и читается только он"
    );
    let advice = bilingual!("put both into one file", "соберите настройки в одном файле");
    Some(Problem::of_file(Code::WrongPlace, name, message, advice))
}

/// Leaves out that a profile lacks a file which is reported as unreadable.
fn one_for_unread(problems: &mut Vec<Problem>) {
    let unread: Vec<String> = problems
        .iter()
        .filter(|problem| problem.code == Code::Unreadable)
        .map(|problem| problem.file.trim_end_matches(".hbs").to_owned())
        .collect();
    problems.retain(|problem| {
        let is_missing = matches!(problem.code, Code::UnknownTemplate | Code::UnknownTable);
        let message = problem.message.in_lang(Lang::En);
        !(is_missing
            && unread
                .iter()
                .any(|name| message.contains(&format!("`{name}`"))))
    });
}

fn folder_problems(found: &Fingerprint) -> Vec<Problem> {
    found
        .unreadable
        .iter()
        .map(|(folder, why)| {
            let message = bilingual!(
                "the folder cannot be read: {why}",
                "папка не читается: {why}"
            );
            let advice = bilingual!(
                "create it, or name another one in the settings",
                "создайте её или укажите в настройках другую"
            );
            Problem::of_file(
                Code::Unreadable,
                &folder.display().to_string(),
                message,
                advice,
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_the_compiler_is_a_problem_of_that_file_alone() {
        let problems = or_problem("bad.yaml", || panic!("a bug")).unwrap_err();
        let [problem] = problems.as_slice() else {
            panic!("{problems:?}");
        };
        assert_eq!(
            problem.to_string(),
            "bad.yaml profile/compiler-failed leadgate failed on this file: this is a bug in leadgate"
        );
        assert!(problem.is_error());
        assert!(
            or_problem("good.yaml", || Err(Vec::new()))
                .unwrap_err()
                .is_empty()
        );
    }
}
