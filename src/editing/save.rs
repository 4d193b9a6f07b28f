//! Saves texts: refuses what the author may not change, merges what somebody else has changed
//! meanwhile, and writes only what the gateway can work by.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{Author, EditProblem, ProfileEditor, TextConflict};
use crate::authoring::patch::{self, Change, Choice, Merged};
use crate::authoring::{LARGEST_FILE, Problem, too_large};
use crate::domain::{
    Bilingual, Lang, NewProfileVersion, ProfileVersion, Role, bilingual, text_hash,
};
use crate::profiles::{CheckedText, FileKind, unfit_name};

/// How long a save waits until the gateway works by the new text.
const WORKS_WITHIN: Duration = Duration::from_secs(3);
/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// The longest note, in characters.
const LONGEST_NOTE: usize = 500;

/// A text to save.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaveRequest {
    /// The text.
    pub text: String,
    /// The hash of the text that the author began from; missing for a new file.
    #[serde(default)]
    pub base: Option<String>,
    /// What changed, for the list of versions.
    #[serde(default)]
    pub note: String,
    /// What the author has chosen where somebody else has changed the same. If it is there, even
    /// empty, the author has seen the other text and wants both together.
    #[serde(default)]
    pub choices: Option<Vec<Choice>>,
    /// The hash of the other text that the author has seen.
    #[serde(default)]
    pub theirs: Option<String>,
}

/// A saved text.
#[derive(Debug, Clone)]
pub struct Saved {
    /// The text: with the changes of others, if there were any.
    pub text: String,
    /// Its hash.
    pub hash: String,
    /// The edition of the profile.
    pub edition: Option<String>,
    /// The number of its version.
    pub number: u32,
    /// Whether the gateway works by it already; otherwise it does within seconds.
    pub is_at_work: bool,
    /// Warnings.
    pub problems: Vec<Problem>,
}

impl Saved {
    /// Returns it as JSON.
    pub fn to_json(&self, lang: Lang) -> Value {
        let problems = self.problems.iter();
        let problems = problems.map(|problem| super::problem_json(problem, lang));
        json!({
            "saved": true,
            "text": self.text,
            "hash": self.hash,
            "edition": self.edition,
            "version": self.number,
            "at_work": self.is_at_work,
            "problems": problems.collect::<Vec<_>>(),
        })
    }
}

impl ProfileEditor {
    /// Saves a text.
    pub async fn save(
        &self,
        file: &str,
        request: &SaveRequest,
        author: &Author,
    ) -> Result<Saved, EditProblem> {
        if request.text.len() > LARGEST_FILE {
            return Err(EditProblem::NotWritable(too_large()));
        }
        let _one = self.saving.lock().await;
        let current = self.present(file).await?;
        if let (None, Some(why)) = (&current, unfit_name(file)) {
            return Err(EditProblem::UnfitName(why));
        }
        let text = self.joined(file, request, current.as_deref()).await?;
        let checked = self.checked(file, &text).await?;
        if !checked.is_good() {
            return Err(EditProblem::Broken(checked.problems));
        }
        // a base that is new may be that of profiles that exist
        let is_base = FileKind::of_name(file) == FileKind::Base;
        let before = current.as_deref().or(is_base.then_some(""));
        if let Some(why) = self.refusal(file, before.map(|old| (old, &*text)), author) {
            return Err(EditProblem::Refused(why));
        }
        self.write(file, &text).await?;
        let note = request.note.trim();
        let mut saved = self.keep(file, (text, note), checked, author).await?;
        // what is wrong with a channel shows only when its secrets are read
        if FileKind::of_name(file) == FileKind::Channels && saved.is_at_work {
            let name = file.to_owned();
            let loaded = self.on_disk(move |profiles| profiles.problems_of(&name));
            saved.problems = loaded.await?;
        }
        Ok(saved)
    }

    /// Returns what a save would meet if somebody else has saved the file meanwhile: both texts put
    /// together, or the entries to choose; nothing is written.
    pub async fn clash(&self, file: &str, request: &SaveRequest) -> Result<(), EditProblem> {
        let current = self.present(file).await?;
        let unseen = SaveRequest {
            // not theirs: the answer says what stands there now
            theirs: Some(String::new()),
            ..request.clone()
        };
        let joined = self.joined(file, &unseen, current.as_deref()).await;
        joined.map(drop)
    }

    /// Returns the text of a file; `None` without one.
    pub(super) async fn present(&self, file: &str) -> Result<Option<String>, EditProblem> {
        let name = file.to_owned();
        let read = self.on_disk(move |profiles| profiles.text_of(&name));
        read.await?.map_err(EditProblem::Unreadable)
    }

    /// Makes a text of a version the present one, as a new version.
    pub async fn restore(
        &self,
        file: &str,
        number: u32,
        author: &Author,
    ) -> Result<Saved, EditProblem> {
        let (_, text) = self.version(file, number).await?;
        let current = self.present(file).await?;
        let request = SaveRequest {
            text,
            base: current.as_deref().map(text_hash),
            note: format!("v{number}"),
            ..SaveRequest::default()
        };
        self.save(file, &request, author).await
    }

    /// Makes changes of single entries of a file, and saves it; a missing file begins empty.
    pub async fn change(
        &self,
        file: &str,
        changes: &[Change],
        note: &str,
        author: &Author,
    ) -> Result<Saved, EditProblem> {
        let current = self.present(file).await?;
        let base = current.as_deref().map(text_hash);
        let mut text = current.unwrap_or_default();
        for change in changes {
            text = patch::patch(&text, change)?.text;
        }
        let request = SaveRequest {
            text,
            base,
            note: note.to_owned(),
            ..SaveRequest::default()
        };
        self.save(file, &request, author).await
    }

    /// Returns the text to write: the author's or, if somebody else has saved the file meanwhile,
    /// both together.
    async fn joined(
        &self,
        file: &str,
        request: &SaveRequest,
        current: Option<&str>,
    ) -> Result<String, EditProblem> {
        let ours = &request.text;
        let (base, current) = match (&request.base, current) {
            (None, None) => return Ok(ours.clone()),
            (None, Some(_)) => return Err(EditProblem::Exists),
            (Some(base), Some(current)) if *base == text_hash(current) => return Ok(ours.clone()),
            (Some(_), Some(current)) if current == ours => return Ok(ours.clone()),
            (Some(base), current) => (base, current),
        };
        let Some(theirs) = current else {
            // nothing is overwritten where the file is gone
            if request.choices.is_some() {
                return Ok(ours.clone());
            }
            return Err(EditProblem::Conflict(Box::new(TextConflict {
                theirs: None,
                theirs_hash: None,
                theirs_by: None,
                merged: Some(ours.clone()),
                conflicts: Vec::new(),
            })));
        };
        let theirs_hash = text_hash(theirs);
        let choices = request.choices.as_deref().unwrap_or_default();
        let merged = self.merged(file, (base, ours, theirs), choices).await?;
        let has_seen = request.choices.is_some()
            && request
                .theirs
                .as_ref()
                .is_none_or(|seen| *seen == theirs_hash);
        let is_whole = merged
            .as_ref()
            .is_some_and(|merged| merged.conflicts.is_empty());
        if let Some(merged) = merged.as_ref().filter(|_| has_seen && is_whole) {
            return Ok(merged.text.clone());
        }
        let saved = self
            .store
            .profile_version_of(file.to_owned(), theirs_hash.clone())
            .await?;
        Err(EditProblem::Conflict(Box::new(TextConflict {
            theirs: Some(theirs.to_owned()),
            theirs_hash: Some(theirs_hash),
            theirs_by: saved.and_then(|(version, _)| version.who),
            merged: merged
                .as_ref()
                .filter(|_| is_whole)
                .map(|merged| merged.text.clone()),
            conflicts: merged.map(|merged| merged.conflicts).unwrap_or_default(),
        })))
    }

    /// Merges two texts; `None` if the one that both began from is not known any more, or if a text
    /// is no YAML.
    async fn merged(
        &self,
        file: &str,
        (base, ours, theirs): (&str, &str, &str),
        choices: &[Choice],
    ) -> Result<Option<Merged>, EditProblem> {
        let base = self
            .store
            .profile_version_of(file.to_owned(), base.to_owned())
            .await?;
        let Some((_, base)) = base else {
            return Ok(None);
        };
        Ok(patch::merge((&base, ours, theirs), choices).ok())
    }

    /// Returns why an author may not save a file, or this change of it.
    pub(super) fn refusal(
        &self,
        file: &str,
        change: Option<(&str, &str)>,
        author: &Author,
    ) -> Option<Bilingual> {
        if author.role < Role::Author {
            return Some(bilingual!(
                "your role may read profiles and not change them",
                "ваша роль позволяет читать профили, но не менять их"
            ));
        }
        if author.role >= Role::Admin {
            return None;
        }
        let is_shared = matches!(
            FileKind::of_name(file),
            FileKind::Defaults | FileKind::Channels | FileKind::People
        );
        if is_shared {
            return Some(bilingual!(
                "{file} counts for all profiles or channels: an administrator changes it",
                "{file} действует на все профили или каналы: его меняет администратор"
            ));
        }
        if self.settings.console.authors_change_search {
            return None;
        }
        let (old, new) = change?;
        let changed = patch::search_changes(old, new).join(", ");
        (!changed.is_empty()).then(|| {
            bilingual!(
                "this changes who is found ({changed}): an administrator saves such a change, or sets \
                 console.authors_change_search",
                "это меняет, кто будет найден ({changed}): такое изменение сохраняет администратор — или \
                 разрешает console.authors_change_search"
            )
        })
    }

    async fn write(&self, file: &str, text: &str) -> Result<(), EditProblem> {
        let (name, text) = (file.to_owned(), text.to_owned());
        let written = self.on_disk(move |profiles| {
            if let Some(why) = profiles.obstacle(&name) {
                return Err(why);
            }
            profiles.write(&name, &text).map_err(|error| {
                bilingual!(
                    "{name} cannot be written: {error}",
                    "{name} не записывается: {error}"
                )
            })
        });
        written.await?.map_err(EditProblem::NotWritable)
    }

    /// Keeps the written text as a version, and waits until the gateway works by it.
    async fn keep(
        &self,
        file: &str,
        (text, note): (String, &str),
        checked: CheckedText,
        author: &Author,
    ) -> Result<Saved, EditProblem> {
        let hash = text_hash(&text);
        let profile = checked.profile.as_ref();
        let edition = profile.map(|profile| profile.reference().hash.clone());
        let version = NewProfileVersion {
            version: ProfileVersion {
                file: file.to_owned(),
                number: 0,
                hash: hash.clone(),
                at: self.clock.now(),
                who: Some(author.name.clone()),
                note: note.chars().take(LONGEST_NOTE).collect(),
                is_good: true,
            },
            text: text.clone(),
            edition: edition.clone(),
        };
        let before = self.profiles.current();
        self.profiles.ask_to_reload();
        let numbers = self.store.keep_profile_versions(vec![version]).await?;
        let until = Instant::now() + WORKS_WITHIN;
        let mut is_at_work = false;
        while !is_at_work && Instant::now() < until {
            let current = self.profiles.current();
            is_at_work = match &edition {
                Some(edition) => current
                    .by_file(file)
                    .is_some_and(|profile| profile.reference().hash == *edition),
                None => !Arc::ptr_eq(&current, &before),
            };
            if !is_at_work {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        }
        Ok(Saved {
            text,
            hash,
            edition,
            number: numbers.first().copied().unwrap_or_default(),
            is_at_work,
            problems: checked.problems,
        })
    }
}
