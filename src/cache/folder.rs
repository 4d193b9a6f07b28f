//! The sled folder. sled may panic, hang or lose data; none of that reaches the callers.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::CacheState;
use crate::domain::{Poll, PollId};
use crate::store::PollsStamp;

/// sled's memory; its own default is 1 GiB.
const MEMORY: u64 = 8 << 20;

/// A folder that takes longer than this to open counts as broken.
const OPEN_TIMEOUT: Duration = Duration::from_secs(10);

/// How often, and after which pause, to try again for a lock that is held.
const LOCK_TRIES: u32 = 40;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// The key of the stamp; polls have keys of eight bytes.
const STAMP: &[u8] = b"stamp";

/// An open sled folder. After its first failure it is not used any more.
pub(super) struct CacheFolder {
    db: sled::Db,
    /// Every poll that the folder has, decoded if it was looked up before. Locked while sled is
    /// written, so that an older registration never overwrites a later one.
    polls: Mutex<HashMap<PollId, Option<Arc<Poll>>>>,
    broken: AtomicBool,
}

impl fmt::Debug for CacheFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheFolder")
            .field("broken", &self.broken)
            .finish_non_exhaustive()
    }
}

impl CacheFolder {
    /// Opens the folder if it agrees with the polls and their stamp; otherwise replaces it by a new
    /// one, so that missed or unreadable entries are never used. `Err` says why that is impossible.
    pub(super) fn open(
        folder: &Path,
        polls: &[Poll],
        stamp: &PollsStamp,
    ) -> Result<(Self, CacheState), String> {
        let content = Content {
            polls: polls.to_vec(),
            stamp: stamp.clone(),
        };
        let state = if folder.exists() {
            match on_own_thread(folder, content.clone(), open_sound) {
                Ok(Some(opened)) => return Ok((opened, CacheState::Sound)),
                Ok(None) => CacheState::Stale,
                Err(why) => CacheState::Replaced { why },
            }
        } else {
            CacheState::Filled
        };
        set_aside(folder).map_err(|error| error.to_string())?;
        on_own_thread(folder, content, open_new).map(|opened| (opened, state))
    }

    /// Stores a poll.
    pub(super) fn insert(&self, poll: &Poll, stamp: &PollsStamp) {
        let mut polls = self.polls();
        polls.insert(poll.id, None);
        self.guarded(|db| {
            let mut batch = sled::Batch::default();
            let cached = read::<Poll>(db, &key(poll.id)).ok()?;
            if cached.is_none_or(|cached| cached.activations < poll.activations) {
                batch.insert(&key(poll.id), serde_json::to_vec(poll).ok()?);
            }
            let cached = read::<PollsStamp>(db, STAMP).ok()?;
            if cached.is_none_or(|cached| cached.activations < stamp.activations) {
                batch.insert(STAMP, serde_json::to_vec(stamp).ok()?);
            }
            db.apply_batch(batch).ok()
        });
    }

    /// Invalidates a poll: the store answers for it until it is inserted again.
    pub(super) fn invalidate(&self, id: PollId) {
        let mut polls = self.polls();
        polls.insert(id, None);
        self.guarded(|db| db.insert(key(id), ASK_THE_STORE).ok());
    }

    /// Looks a poll up.
    pub(super) fn get(&self, id: PollId) -> Lookup {
        if self.broken.load(Ordering::Relaxed) {
            return Lookup::AskTheStore;
        }
        let mut polls = self.polls();
        let Some(known) = polls.get_mut(&id) else {
            return Lookup::NotRegistered;
        };
        if let Some(poll) = known {
            return Lookup::Poll(Arc::clone(poll));
        }
        let stored = self.guarded(|db| db.get(key(id)).ok()).flatten();
        match stored.map(|bytes| serde_json::from_slice(&bytes)) {
            Some(Ok(poll)) => Lookup::Poll(Arc::clone(known.insert(Arc::new(poll)))),
            Some(Err(_)) | None => Lookup::AskTheStore,
        }
    }

    /// Stores a value that is not a poll. The store has no copy of it.
    pub(super) fn insert_value(&self, name: &str, value: &[u8]) {
        self.guarded(|db| db.open_tree(VALUES).ok()?.insert(name, value).ok());
    }

    /// Returns the value with this name.
    pub(super) fn value(&self, name: &str) -> Option<Vec<u8>> {
        let value = self.guarded(|db| db.open_tree(VALUES).ok()?.get(name).ok());
        value.flatten().map(|bytes| bytes.to_vec())
    }

    fn polls(&self) -> MutexGuard<'_, HashMap<PollId, Option<Arc<Poll>>>> {
        self.polls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls `work` with sled. `None` and a panic mean that sled is broken.
    fn guarded<T>(&self, work: impl FnOnce(&sled::Db) -> Option<T>) -> Option<T> {
        if self.broken.load(Ordering::Relaxed) {
            return None;
        }
        let done = catch_unwind(AssertUnwindSafe(|| work(&self.db)))
            .ok()
            .flatten();
        if done.is_none() {
            self.broken.store(true, Ordering::Relaxed);
            tracing::warn!("the cache of polls failed; the store answers until the next start");
        }
        done
    }
}

/// The entry of an invalidated poll. It is not JSON, so it cannot be mistaken for a poll.
const ASK_THE_STORE: &[u8] = b"";

/// The result of a lookup. The cache has all registered polls, so unknown numbers do not reach the
/// store.
pub(super) enum Lookup {
    /// The poll is registered.
    Poll(Arc<Poll>),
    /// The poll is not registered.
    NotRegistered,
    /// Only the store knows.
    AskTheStore,
}

fn key(id: PollId) -> [u8; 8] {
    id.get().to_be_bytes()
}

/// The tree of values that are not polls.
const VALUES: &str = "notes";

/// The content that the folder must have.
#[derive(Clone)]
struct Content {
    polls: Vec<Poll>,
    stamp: PollsStamp,
}

/// Opens the folder on a thread of its own, because opening a damaged one can panic or hang.
fn on_own_thread<T: Send + 'static>(
    folder: &Path,
    content: Content,
    open: fn(&Path, &Content) -> Result<T, sled::Error>,
) -> Result<T, String> {
    let (sender, receiver) = mpsc::channel();
    let folder = folder.to_owned();
    thread::Builder::new()
        .name("poll-cache".to_owned())
        .spawn(move || {
            let opened = match catch_unwind(|| open(&folder, &content)) {
                Ok(opened) => opened.map_err(|error| error.to_string()),
                Err(_) => Err("sled panicked".to_owned()),
            };
            // after the time limit nothing receives it: it is dropped, and closes the folder
            sender.send(opened).ok();
        })
        .map_err(|error| error.to_string())?;
    receiver
        .recv_timeout(OPEN_TIMEOUT)
        .unwrap_or_else(|_| Err("it did not open in time".to_owned()))
}

/// Opens a folder. sled releases its lock some time after closing, so a held lock is tried again.
fn open_any(folder: &Path, content: &Content) -> Result<CacheFolder, sled::Error> {
    let config = sled::Config::new()
        .path(folder)
        .cache_capacity(MEMORY)
        .mode(sled::Mode::LowSpace)
        .flush_every_ms(Some(2_000));
    let mut tries = 0;
    let db = loop {
        match config.open() {
            Err(sled::Error::Io(error)) if is_locked(&error) && tries < LOCK_TRIES => {
                tries += 1;
                thread::sleep(LOCK_PAUSE);
            }
            opened => break opened?,
        }
    };
    Ok(CacheFolder {
        db,
        polls: Mutex::new(content.polls.iter().map(|poll| (poll.id, None)).collect()),
        broken: AtomicBool::new(false),
    })
}

/// Returns whether another process has the lock. sled wraps the system's error in one of its own.
fn is_locked(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock || error.to_string().contains("acquire lock")
}

/// Opens the folder as it is. Returns `None` if its content differs from what it must have.
fn open_sound(folder: &Path, content: &Content) -> Result<Option<CacheFolder>, sled::Error> {
    let opened = open_any(folder, content)?;
    let agrees = agrees(&opened.db, content)?;
    Ok(agrees.then_some(opened))
}

/// Creates and fills a new folder.
fn open_new(folder: &Path, content: &Content) -> Result<CacheFolder, sled::Error> {
    let opened = open_any(folder, content)?;
    fill(&opened.db, content)?;
    Ok(opened)
}

/// Reads an entry; an entry of an unknown format counts as absent.
fn read<T: DeserializeOwned>(db: &sled::Db, key: &[u8]) -> Result<Option<T>, sled::Error> {
    let entry = db.get(key)?;
    Ok(entry.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// Compares every entry, so that unreadable ones are found at the start.
fn agrees(db: &sled::Db, content: &Content) -> Result<bool, sled::Error> {
    let stamp: Option<PollsStamp> = read(db, STAMP)?;
    let mut agrees = stamp.as_ref() == Some(&content.stamp) && db.len() == content.polls.len() + 1;
    for poll in &content.polls {
        let cached: Option<Poll> = read(db, &key(poll.id))?;
        agrees &= cached.as_ref() == Some(poll);
    }
    Ok(agrees)
}

fn fill(db: &sled::Db, content: &Content) -> Result<(), sled::Error> {
    let json = |error: serde_json::Error| sled::Error::Io(io::Error::other(error));
    let mut batch = sled::Batch::default();
    for poll in &content.polls {
        batch.insert(&key(poll.id), serde_json::to_vec(poll).map_err(json)?);
    }
    batch.insert(STAMP, serde_json::to_vec(&content.stamp).map_err(json)?);
    db.apply_batch(batch)?;
    db.flush()?;
    Ok(())
}

/// Renames the folder to `….broken`, replacing an earlier one.
fn set_aside(folder: &Path) -> io::Result<()> {
    if fs::symlink_metadata(folder).is_err() {
        return Ok(());
    }
    let aside = aside(folder);
    match fs::symlink_metadata(&aside) {
        Ok(old) if old.is_dir() => fs::remove_dir_all(&aside)?,
        Ok(_) => fs::remove_file(&aside)?,
        Err(_) => {}
    }
    fs::rename(folder, aside)
}

fn aside(folder: &Path) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_owned();
    name.push(".broken");
    folder.with_file_name(name)
}
