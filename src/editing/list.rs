//! The files of the folder with what people want to know of each.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{EditProblem, ProfileEditor, problem_json};
use crate::domain::{Lang, ProfileCounts, ProfileVersion};
use crate::profiles::{FileState, ProfileStore};

/// What came in this time is counted.
const RECENTLY: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A file in the list.
#[derive(Debug, Clone)]
pub struct ListedFile {
    /// What it is, and what is in use of it.
    pub state: FileState,
    /// The latest version.
    pub latest: Option<ProfileVersion>,
    /// The version in use, if the latest is broken.
    pub working: Option<ProfileVersion>,
    /// What came in the last seven days, and what is parked.
    pub counts: ProfileCounts,
}

impl ListedFile {
    /// Returns the word for its state: `good`, `warnings`, `last_good` or `broken`.
    pub fn state_word(&self) -> &'static str {
        if !self.state.is_broken() {
            if self.state.problems.is_empty() {
                return "good";
            }
            return "warnings";
        }
        if self.state.profile.is_some() {
            return "last_good";
        }
        "broken"
    }

    /// Returns it as JSON.
    pub fn to_json(&self, lang: Lang) -> Value {
        let problems = self.state.problems.iter();
        let profile = self.state.profile.as_ref();
        json!({
            "file": self.state.name,
            "kind": self.state.kind.as_str(),
            "name": profile.map(|profile| profile.name()),
            "state": self.state_word(),
            "edition": profile.map(|profile| &profile.reference().hash),
            "version": self.latest.as_ref().map(version_json),
            "working": self.working.as_ref().map(version_json),
            "came_in_7_days": self.counts.came,
            "parked": self.counts.parked,
            "problems": problems.map(|problem| problem_json(problem, lang)).collect::<Vec<_>>(),
        })
    }
}

/// Returns a version as JSON.
pub fn version_json(version: &ProfileVersion) -> Value {
    json!({
        "number": version.number,
        "hash": version.hash,
        "at": version.at,
        "who": version.who,
        "note": version.note,
        "is_good": version.is_good,
    })
}

impl ProfileEditor {
    /// Lists the files: those that many share first.
    pub async fn list(&self) -> Result<Vec<ListedFile>, EditProblem> {
        let mut files = self.on_disk(ProfileStore::files).await?;
        files.sort_by(|one, other| (one.kind, &one.name).cmp(&(other.kind, &other.name)));
        let latest = self.store.latest_profile_versions().await?;
        let mut latest: BTreeMap<String, ProfileVersion> = latest
            .into_iter()
            .map(|version| (version.file.clone(), version))
            .collect();
        let since = self.clock.now().checked_sub(RECENTLY);
        let since = since.unwrap_or(Timestamp::MIN);
        let mut counts = self.store.profile_counts(since).await?;
        let mut listed = Vec::with_capacity(files.len());
        for state in files {
            let reference = state.profile.as_ref().map(|profile| profile.reference());
            let working = match reference.filter(|_| state.is_broken()) {
                Some(reference) => {
                    let (file, edition) = (state.name.clone(), reference.hash.clone());
                    let found = self.store.profile_version_of(file, edition).await?;
                    found.map(|(version, _)| version)
                }
                None => None,
            };
            let stem = state.name.rsplit_once('.').map(|(stem, _)| stem);
            listed.push(ListedFile {
                latest: latest.remove(&state.name),
                counts: stem
                    .and_then(|stem| counts.remove(stem))
                    .unwrap_or_default(),
                working,
                state,
            });
        }
        Ok(listed)
    }
}
