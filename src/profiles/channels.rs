//! The file of the channels' settings: read beside the profiles, its secrets fetched from where it says; a
//! broken edit leaves the last good one at work.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use secrecy::SecretString;

use super::report::LoadReport;
use super::scan::{Fingerprint, Stamp};
use super::status_texts::StatusTexts;
use crate::config::secret_variable;
use crate::mapping::{Channels, Pages, Problem, ProfileFile, SecretSource, Words, say};

/// Longer secrets are none. Bytes.
const LONGEST_SECRET: u64 = 4096;

/// The file, as far as it was read.
#[derive(Default)]
pub(super) struct ChannelsFile {
    stamp: Option<Stamp>,
    /// The pages that answers may consist of.
    pages: Vec<Stamp>,
    /// The last good edition.
    pub(super) good: Arc<Channels>,
    /// What is wrong with the present text.
    pub(super) problems: Vec<Problem>,
    /// Whether any edition was good.
    was_good: bool,
    status_texts: StatusTexts,
}

impl ChannelsFile {
    /// Reads the file, if it or a page has changed.
    pub(super) fn refresh(&mut self, found: &Fingerprint) {
        if !found.unreadable.is_empty() {
            return;
        }
        let stamp = found.mappings.iter().find(|stamp| stamp.is_channels());
        let pages = found.templates.iter().filter(|stamp| stamp.is_page());
        if stamp == self.stamp.as_ref() && pages.clone().eq(&self.pages) {
            return;
        }
        let Some(stamp) = stamp else {
            let status_texts = std::mem::take(&mut self.status_texts);
            *self = Self {
                status_texts,
                ..Self::default()
            };
            return;
        };
        self.stamp = Some(stamp.clone());
        self.pages = pages.cloned().collect();
        let (channels, problems) = match self.texts(stamp) {
            Ok((file, pages)) => Channels::read(&file, &pages),
            Err(problem) => (None, vec![*problem]),
        };
        self.problems = problems;
        if let Some(channels) = channels {
            let folder = stamp.path.parent().unwrap_or(Path::new("."));
            let (channels, unfetched) = channels.fetch_secrets(&|source| fetch(source, folder));
            let mut keep = |text: &str| self.status_texts.keep(text);
            let (channels, unkept) = channels.keep_status_texts(&mut keep);
            self.problems.extend(unfetched);
            self.problems.extend(unkept);
            self.good = Arc::new(channels);
            self.was_good = true;
        } else if !self.was_good {
            self.good = Arc::new(Channels::broken());
        }
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

    /// Adds what became of the file.
    pub(super) fn report(&self, report: &mut LoadReport) {
        let is_broken = self.problems.iter().any(Problem::is_error);
        let Some(stamp) = self.stamp.as_ref().filter(|_| is_broken) else {
            return;
        };
        let list = if self.was_good {
            &mut report.kept_old
        } else {
            &mut report.failed
        };
        list.push(stamp.name.clone());
    }
}

fn fetch(source: &SecretSource, folder: &Path) -> Result<SecretString, Words> {
    match source {
        SecretSource::Environment(name) => secret_variable(name).ok_or_else(|| {
            say!(
                "the environment variable {name} is not set",
                "нет переменной окружения {name}"
            )
        }),
        SecretSource::File(path) => {
            let mut text = String::new();
            fs::File::open(folder.join(path))
                .and_then(|file| file.take(LONGEST_SECRET).read_to_string(&mut text))
                .map_err(|error| {
                    say!(
                        "the file {path} cannot be read: {error}",
                        "файл {path} не читается: {error}"
                    )
                })?;
            let text = text.trim();
            if text.is_empty() {
                return Err(say!("the file {path} is empty", "файл {path} пуст"));
            }
            Ok(SecretString::from(text))
        }
    }
}
