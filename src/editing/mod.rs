//! Edits the files of the profiles' folder for people and programs: reads and checks texts, saves
//! them, merges what two people have changed, and restores versions. The console and the API call
//! it; the folder itself is in [`crate::profiles`].

mod channel_keys;
mod channels;
mod check;
mod draft;
mod list;
mod problem;
mod save;

use std::sync::Arc;
use std::time::Duration;

use actix_web::web;
use serde_json::{Value, json};
use tokio::sync::{Mutex, Semaphore};
use tokio::time::timeout;

pub use self::channel_keys::{ChannelKey, KeyGuard, MadeKey};
pub use self::channels::{ChannelBlock, known_channels};
pub use self::check::{fix_of, problem_json};
pub use self::draft::{DraftSource, Drafted, capitalised, free_name, packets_of};
pub use self::list::{ListedFile, version_json};
pub use self::problem::{EditProblem, TextConflict};
pub use self::save::{SaveRequest, Saved};
use crate::authoring::{Problem, ProfileFile};
use crate::config::Settings;
use crate::domain::{Bilingual, Clock, Lang, ProfileVersion, Role, text_hash};
use crate::profiles::{FileKind, ProfileStore, unfit_name};
use crate::store::Store;

/// Texts checked at the same time.
const CHECKS: usize = 2;
/// How long a check waits for its turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// Who edits.
#[derive(Debug, Clone)]
pub struct Author {
    /// The name, for the versions.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

/// Tells whether leadgate can ask an account of amoCRM: it has a token.
pub type CanAsk = fn(&Settings, &str) -> bool;

/// Edits the files of the profiles' folder.
pub struct ProfileEditor {
    profiles: Arc<ProfileStore>,
    store: Store,
    settings: Arc<Settings>,
    /// Whether an account of amoCRM can be asked.
    can_ask: CanAsk,
    clock: Arc<dyn Clock>,
    /// One save at a time: it compares the file with what the author began from.
    saving: Mutex<()>,
    /// Places for checks: each takes a core.
    checks: Arc<Semaphore>,
}

/// A file as it is now.
#[derive(Debug, Clone)]
pub struct OpenFile {
    /// Its name.
    pub file: String,
    /// What it is for.
    pub kind: FileKind,
    /// Its text; empty for a new one.
    pub text: String,
    /// The hash of the text, which a save names as its base; `None` for a new file.
    pub hash: Option<String>,
    /// The edition of the profile in use.
    pub edition: Option<String>,
    /// The version of this text, if it is known.
    pub version: Option<ProfileVersion>,
    /// Why it cannot be saved by this author; `None` if it can.
    pub obstacle: Option<Bilingual>,
    /// Whether a save changes a git work tree.
    pub is_in_git: bool,
    /// What is wrong with the text.
    pub problems: Vec<Problem>,
}

impl OpenFile {
    /// Returns it as JSON.
    pub fn to_json(&self, lang: Lang) -> Value {
        let problems = self.problems.iter();
        json!({
            "file": self.file,
            "kind": self.kind.as_str(),
            "text": self.text,
            "hash": self.hash,
            "edition": self.edition,
            "version": self.version.as_ref().map(|version| version.number),
            "saved_by": self.version.as_ref().and_then(|version| version.who.as_ref()),
            "may_save": self.obstacle.is_none(),
            "why_not": self.obstacle.as_ref().map(|why| why.in_lang(lang)),
            "in_git": self.is_in_git,
            "problems": problems.map(|problem| problem_json(problem, lang)).collect::<Vec<_>>(),
        })
    }
}

impl ProfileEditor {
    /// Prepares the editor.
    pub fn new(
        profiles: Arc<ProfileStore>,
        store: Store,
        (settings, can_ask): (Arc<Settings>, CanAsk),
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            profiles,
            store,
            settings,
            can_ask,
            clock,
            saving: Mutex::new(()),
            checks: Arc::new(Semaphore::new(CHECKS)),
        }
    }

    /// Runs something that waits for the disk.
    async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&ProfileStore) -> T + Send + 'static,
    ) -> Result<T, EditProblem> {
        let profiles = Arc::clone(&self.profiles);
        let done = web::block(move || work(&profiles)).await;
        done.map_err(|_| EditProblem::Stopping)
    }

    /// Opens a file, for an author who may want to save it.
    pub async fn open(&self, file: &str, author: &Author) -> Result<OpenFile, EditProblem> {
        let name = file.to_owned();
        let read = move |profiles: &ProfileStore| {
            let text = profiles.text_of(&name)?;
            let known = text.as_ref();
            let obstacle = known.and_then(|_| profiles.obstacle(&name));
            Ok((text, obstacle, profiles.is_in_git()))
        };
        let (text, obstacle, is_in_git) =
            self.on_disk(read).await?.map_err(EditProblem::Unreadable)?;
        let text = text.ok_or(EditProblem::NoSuchFile)?;
        let hash = text_hash(&text);
        let version = self
            .store
            .profile_version_of(file.to_owned(), hash.clone())
            .await?;
        let problems = self.check(file, &text).await?;
        let current = self.profiles.current();
        let in_use = current.by_file(file);
        let may_not = self.refusal(file, None, author);
        Ok(OpenFile {
            file: file.to_owned(),
            kind: FileKind::of_name(file),
            hash: Some(hash),
            edition: in_use.map(|profile| profile.reference().hash.clone()),
            version: version.map(|(version, _)| version),
            obstacle: may_not.or(obstacle),
            is_in_git,
            problems,
            text,
        })
    }

    /// Prepares a file that does not exist yet.
    pub async fn begin(
        &self,
        file: &str,
        text: String,
        author: &Author,
    ) -> Result<OpenFile, EditProblem> {
        if let Some(why) = unfit_name(file) {
            return Err(EditProblem::UnfitName(why));
        }
        let name = file.to_owned();
        let seen = move |profiles: &ProfileStore| {
            (
                profiles.text_of(&name).is_ok_and(|text| text.is_none()),
                profiles.obstacle(&name),
                profiles.is_in_git(),
            )
        };
        let (is_free, obstacle, is_in_git) = self.on_disk(seen).await?;
        if !is_free {
            return Err(EditProblem::Exists);
        }
        Ok(OpenFile {
            file: file.to_owned(),
            kind: FileKind::of_name(file),
            problems: self.check(file, &text).await?,
            text,
            hash: None,
            edition: None,
            version: None,
            obstacle: self.refusal(file, None, author).or(obstacle),
            is_in_git,
        })
    }

    /// Returns everything that is wrong with a text, as if it were this file. Writes nothing.
    pub async fn check(&self, file: &str, text: &str) -> Result<Vec<Problem>, EditProblem> {
        Ok(self.checked(file, text).await?.problems)
    }

    /// Checks a text as if it stood in the file, and returns the profile that it makes, too.
    pub async fn checked(
        &self,
        file: &str,
        text: &str,
    ) -> Result<crate::profiles::CheckedText, EditProblem> {
        let file = ProfileFile {
            name: file.to_owned(),
            text: text.to_owned(),
        };
        let settings = Arc::clone(&self.settings);
        let turn = timeout(PATIENCE, Arc::clone(&self.checks).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else {
            return Err(EditProblem::Busy);
        };
        self.on_disk(move |profiles| {
            let checked = check::with_settings(profiles, &file, &settings);
            drop(turn);
            checked
        })
        .await
    }

    /// Returns up to `limit` versions of a file, the newest first; with `before` those with lower
    /// numbers.
    pub async fn versions(
        &self,
        file: &str,
        before: Option<u32>,
        limit: usize,
    ) -> Result<Vec<ProfileVersion>, EditProblem> {
        let versions = self.store.profile_versions(file.to_owned(), before, limit);
        Ok(versions.await?)
    }

    /// Returns a version with its text.
    pub async fn version(
        &self,
        file: &str,
        number: u32,
    ) -> Result<(ProfileVersion, String), EditProblem> {
        let found = self.store.profile_version(file.to_owned(), number).await?;
        found.ok_or(EditProblem::NoSuchVersion)
    }

    /// Returns the version of a file with this hash, or of this edition. Without its extension a
    /// file's name is that of a profile.
    pub async fn version_of(
        &self,
        file: &str,
        hash: &str,
    ) -> Result<(ProfileVersion, String), EditProblem> {
        let names = [
            file.to_owned(),
            format!("{file}.yaml"),
            format!("{file}.yml"),
        ];
        for name in names {
            let found = self.store.profile_version_of(name, hash.to_owned()).await?;
            if let Some(found) = found {
                return Ok(found);
            }
        }
        Err(EditProblem::NoSuchVersion)
    }
}
