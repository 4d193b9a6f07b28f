//! The file of the channels' settings. It is read with the profiles, and its secrets from the
//! places that it names. After a broken edit, or if the file is missing or empty, the last good
//! version stays in use: guards end only if a valid file says so.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};

use super::keys::{ChannelKeys, KeyStamps};
use super::memory::GuardMemory;
use super::report::LoadReport;
use super::scan::{Fingerprint, Stamp};
use super::status_texts::StatusTexts;
use crate::authoring::{Code, Problem, ProfileFile};
use crate::channels::{Channels, Pages, SecretSource};
use crate::config::secret_variable;
use crate::domain::{Bilingual, bilingual};
use crate::redact;

/// Maximum length of a secret, in bytes.
const LONGEST_SECRET: u64 = 4096;

/// The file's usual name.
pub(super) const CHANNELS_FILE: &str = "_channels.yaml";

/// The state of the file.
#[derive(Default)]
pub(super) struct ChannelsFile {
    /// Its folder.
    folder: PathBuf,
    /// Whether the folder was listed.
    was_read: bool,
    stamp: Option<Stamp>,
    /// The pages for replies.
    pages: Vec<Stamp>,
    /// The last good version.
    pub(super) good: Arc<Channels>,
    /// The problems of the present text.
    pub(super) problems: Vec<Problem>,
    /// Whether any version was good.
    was_good: bool,
    memory: Option<GuardMemory>,
    /// The keys that the gateway has made, and their state when they were read.
    keys: ChannelKeys,
    key_stamps: KeyStamps,
    /// The problem of the memory of guards.
    forgotten: Option<Problem>,
    status_texts: StatusTexts,
}

impl ChannelsFile {
    /// Starts without having read the file: the earlier guards are in force.
    pub(super) fn new(folder: &Path, mut memory: Option<GuardMemory>) -> Self {
        let (good, forgotten) = memory.as_mut().map(GuardMemory::recall).unwrap_or_default();
        let keys = memory.as_ref().map(|memory| memory.keys.clone());
        let keys = keys.unwrap_or_default();
        let (good, _) = good.fetch_secrets(&|source| fetch(source, (folder, &keys)));
        Self {
            keys,
            folder: folder.to_owned(),
            good: Arc::new(good),
            memory,
            forgotten,
            ..Self::default()
        }
    }

    /// Returns whether a key has changed since it was read.
    pub(super) fn has_new_keys(&self) -> bool {
        self.keys.stamps() != self.key_stamps
    }

    /// Reads the file if it, a page or a key has changed.
    pub(super) fn refresh(&mut self, found: &Fingerprint) {
        if !found.unreadable.is_empty() && self.was_read {
            return;
        }
        let stamp = found.mappings.iter().find(|stamp| stamp.is_channels());
        let pages = found.templates.iter().filter(|stamp| stamp.is_page());
        let keys = self.keys.stamps();
        let is_same = stamp == self.stamp.as_ref() && keys == self.key_stamps;
        if self.was_read && is_same && pages.clone().eq(&self.pages) {
            return;
        }
        self.key_stamps = keys;
        let is_hidden = found.is_hidden(&self.folder);
        self.was_read = !is_hidden;
        self.stamp = stamp.cloned();
        self.pages = pages.cloned().collect();
        match stamp {
            Some(stamp) => self.read(stamp),
            None if is_hidden && self.good.is_empty() => {
                self.problems = Vec::new();
                self.good = Arc::new(self.good.closed());
            }
            None => self.do_without(),
        }
        self.problems.extend(self.forgotten.clone());
        let unwritten = self
            .memory
            .as_mut()
            .and_then(|memory| memory.remember(&self.good));
        self.problems.extend(unwritten);
    }

    fn read(&mut self, stamp: &Stamp) {
        let (channels, problems) = match self.texts(stamp) {
            Ok((file, pages)) => Channels::read(&file, &pages),
            Err(problem) => (None, vec![*problem]),
        };
        if channels.as_ref().is_some_and(Channels::is_empty) {
            self.do_without();
            return;
        }
        self.problems = problems;
        if let Some(channels) = channels {
            let channels = channels.keeping(&self.good);
            let folder = &self.folder;
            let (channels, unfetched) =
                channels.fetch_secrets(&|source| fetch(source, (folder, &self.keys)));
            let mut keep = |text: &str| self.status_texts.keep(text);
            let (channels, unkept) = channels.keep_status_texts(&mut keep);
            self.problems.extend(unfetched);
            self.problems.extend(unkept);
            self.good = Arc::new(channels);
            self.was_good = true;
            self.forgotten = None;
        } else {
            if !self.was_good {
                self.good = Arc::new(self.good.closed());
            }
            self.fetch_again();
        }
    }

    /// Reads the secrets of the settings in use again: a key is revoked at once, whatever the file
    /// says.
    fn fetch_again(&mut self) {
        let (folder, keys) = (&self.folder, &self.keys);
        let good = Channels::clone(&self.good);
        let (good, _) = good.fetch_secrets(&|source| fetch(source, (folder, keys)));
        self.good = Arc::new(good);
    }

    /// Handles a missing or empty file.
    fn do_without(&mut self) {
        self.problems = Vec::new();
        let Some(kept) = self.good.without_file() else {
            self.good = Arc::default();
            self.was_good = false;
            return;
        };
        let is_broken = kept.is_broken();
        self.good = Arc::new(kept);
        self.fetch_again();
        if is_broken {
            let message = bilingual!(
                "the file is gone or empty, and nobody knows how channels were guarded: they \
                 answer 503",
                "файл пропал или пуст, и неизвестно, как были защищены каналы: они отвечают 503",
            );
            let advice = bilingual!(
                "write the channels' settings into it",
                "запишите в него настройки каналов"
            );
            self.problems.push(Problem::of_file(
                Code::GuardKept,
                CHANNELS_FILE,
                message,
                advice,
            ));
            return;
        }
        let message = bilingual!(
            "the file is missing or empty: channels that were guarded stay guarded",
            "файл пропал или пуст: защищённые каналы остаются защищёнными"
        );
        let advice = bilingual!(
            "put it back; to open a channel, write `NAME: {{ guard: none }}` in it",
            "верните его; чтобы открыть канал, напишите в нём `ИМЯ: {{ guard: none }}`"
        );
        self.problems.push(Problem::of_file(
            Code::GuardKept,
            CHANNELS_FILE,
            message,
            advice,
        ));
    }

    fn texts(&self, stamp: &Stamp) -> Result<(ProfileFile, Pages), Box<Problem>> {
        let file = ProfileFile {
            name: stamp.name.clone(),
            text: stamp.read()?,
        };
        let mut pages = Pages::new();
        for page in &self.pages {
            pages.insert(page.name.clone(), page.read()?);
        }
        Ok((file, pages))
    }

    /// Adds the state of the file.
    pub(super) fn report(&self, report: &mut LoadReport) {
        if !self.problems.iter().any(Problem::is_error) {
            return;
        }
        let list = if self.was_good || !(self.good.is_broken() || self.good.is_empty()) {
            &mut report.kept_old
        } else {
            &mut report.failed
        };
        let name = self
            .stamp
            .as_ref()
            .map_or(CHANNELS_FILE, |stamp| &stamp.name);
        list.push(name.to_owned());
    }
}

/// Reads the pages for replies; those that cannot be read are missing.
pub(super) fn pages_of(found: &Fingerprint) -> Pages {
    let pages = found.templates.iter().filter(|stamp| stamp.is_page());
    pages
        .filter_map(|page| Some((page.name.clone(), page.read().ok()?)))
        .collect()
}

/// Reads a secret, and registers it for masking.
fn fetch(
    source: &SecretSource,
    (folder, keys): (&Path, &ChannelKeys),
) -> Result<SecretString, Bilingual> {
    let secret = match source {
        SecretSource::Kept(name) => return keys.read(name),
        SecretSource::Environment(name) => secret_variable(name).ok_or_else(|| {
            bilingual!(
                "the environment variable {name} is not set",
                "нет переменной окружения {name}"
            )
        })?,
        SecretSource::File(path) => of_file(path, folder)?,
    };
    redact::register(secret.expose_secret());
    Ok(secret)
}

fn of_file(path: &str, folder: &Path) -> Result<SecretString, Bilingual> {
    let mut text = String::new();
    fs::File::open(folder.join(path))
        .and_then(|file| file.take(LONGEST_SECRET).read_to_string(&mut text))
        .map_err(|error| {
            bilingual!(
                "the file {path} cannot be read: {error}",
                "файл {path} не читается: {error}"
            )
        })?;
    let text = text.trim();
    if text.is_empty() {
        return Err(bilingual!("the file {path} is empty", "файл {path} пуст"));
    }
    Ok(SecretString::from(text))
}
