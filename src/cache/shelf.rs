//! sled, held at arm's length: it may panic, hang or lose what it was given, and nobody else notices.

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

/// sled's own default is a gibibyte.
const MEMORY: u64 = 8 << 20;

/// A folder that takes longer than this to open is taken for a broken one.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long to ask for a lock that is held.
const LOCK_TRIES: u32 = 40;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// The key of the stamp; polls have keys of eight bytes.
const STAMP: &[u8] = b"stamp";

/// The folder's content, as long as it behaves.
pub(super) struct Shelf {
    db: sled::Db,
    /// What sled holds of the polls that were asked for, read already. Whoever writes to sled holds it
    /// meanwhile, so that an older registration never overwrites a later one.
    read: Mutex<HashMap<PollId, Arc<Poll>>>,
    broken: AtomicBool,
}

impl fmt::Debug for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shelf")
            .field("broken", &self.broken)
            .finish_non_exhaustive()
    }
}

impl Shelf {
    /// Opens the folder if it agrees with the polls and their stamp, otherwise a new one in its place:
    /// what has missed something or cannot be read is not built upon. Says in words why there can be no
    /// such folder.
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
                Ok(Some(shelf)) => return Ok((shelf, CacheState::Sound)),
                Ok(None) => CacheState::Stale,
                Err(why) => CacheState::Replaced { why },
            }
        } else {
            CacheState::Filled
        };
        set_aside(folder).map_err(|error| error.to_string())?;
        on_own_thread(folder, content, open_new).map(|shelf| (shelf, state))
    }

    /// Keeps a poll. A cache that cannot is not asked again.
    pub(super) fn put(&self, poll: &Poll, stamp: &PollsStamp) {
        let mut read_already = self.read_already();
        read_already.remove(&poll.id);
        self.guarded(|db| {
            let mut batch = sled::Batch::default();
            let kept = read::<Poll>(db, &key(poll.id)).ok()?;
            if kept.is_none_or(|kept| kept.activations < poll.activations) {
                batch.insert(&key(poll.id), serde_json::to_vec(poll).ok()?);
            }
            let kept = read::<PollsStamp>(db, STAMP).ok()?;
            if kept.is_none_or(|kept| kept.activations < stamp.activations) {
                batch.insert(STAMP, serde_json::to_vec(stamp).ok()?);
            }
            db.apply_batch(batch).ok()
        });
    }

    /// Leaves the poll to the store, until it is kept again.
    pub(super) fn forget(&self, id: PollId) {
        let mut read_already = self.read_already();
        read_already.remove(&id);
        self.guarded(|db| db.insert(key(id), ASK_THE_STORE).ok());
    }

    /// What is known of the poll here.
    pub(super) fn get(&self, id: PollId) -> Known {
        let mut read_already = self.read_already();
        if let Some(poll) = read_already.get(&id) {
            return Known::Poll(Arc::clone(poll));
        }
        let kept = self.guarded(|db| db.get(key(id)).ok());
        match kept {
            Some(None) => Known::NotRegistered,
            Some(Some(bytes)) => match serde_json::from_slice(&bytes) {
                Ok(poll) => {
                    let poll = Arc::new(poll);
                    read_already.insert(id, Arc::clone(&poll));
                    Known::Poll(poll)
                }
                Err(_) => Known::AskTheStore,
            },
            None => Known::AskTheStore,
        }
    }

    fn read_already(&self) -> MutexGuard<'_, HashMap<PollId, Arc<Poll>>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with sled; `None` from it, and a panic, mean that it is broken.
    fn guarded<T>(&self, work: impl FnOnce(&sled::Db) -> Option<T>) -> Option<T> {
        if self.broken.load(Ordering::Relaxed) {
            return None;
        }
        let done = catch_unwind(AssertUnwindSafe(|| work(&self.db)))
            .ok()
            .flatten();
        if done.is_none() {
            self.broken.store(true, Ordering::Relaxed);
            tracing::warn!("the cache of polls fails, the store answers until the next start");
        }
        done
    }
}

/// Stands for a poll that is being written just now: no JSON, so it is no poll either.
const ASK_THE_STORE: &[u8] = b"";

/// What the cache knows of a poll. It holds all that are registered, so that a stranger's number is no
/// reason to trouble the store.
pub(super) enum Known {
    /// This.
    Poll(Arc<Poll>),
    /// It is not registered.
    NotRegistered,
    /// Only the store can tell.
    AskTheStore,
}

fn key(id: PollId) -> [u8; 8] {
    id.get().to_be_bytes()
}

/// What the folder is to hold.
#[derive(Clone)]
struct Content {
    polls: Vec<Poll>,
    stamp: PollsStamp,
}

/// Opening a damaged folder can panic, or not come back at all.
fn on_own_thread<T: Send + 'static>(
    folder: &Path,
    content: Content,
    open: fn(&Path, &Content) -> Result<T, sled::Error>,
) -> Result<T, String> {
    let (tell, told) = mpsc::channel();
    let folder = folder.to_owned();
    thread::Builder::new()
        .name("poll-cache".to_owned())
        .spawn(move || {
            let opened = match catch_unwind(|| open(&folder, &content)) {
                Ok(opened) => opened.map_err(|error| error.to_string()),
                Err(_) => Err("sled panicked".to_owned()),
            };
            // when nobody waits any longer it is dropped, and closes
            tell.send(opened).ok();
        })
        .map_err(|error| error.to_string())?;
    told.recv_timeout(PATIENCE)
        .unwrap_or_else(|_| Err("it does not open in time".to_owned()))
}

/// sled gives its lock back a little after it was closed, so a held one is asked for again.
fn open_any(folder: &Path) -> Result<Shelf, sled::Error> {
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
    Ok(Shelf {
        db,
        read: Mutex::default(),
        broken: AtomicBool::new(false),
    })
}

/// sled wraps the system's error in one of its own kind.
fn is_locked(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock || error.to_string().contains("acquire lock")
}

/// The folder as it is; `None` when it does not hold what it should.
fn open_sound(folder: &Path, content: &Content) -> Result<Option<Shelf>, sled::Error> {
    let shelf = open_any(folder)?;
    let agrees = agrees(&shelf.db, content)?;
    Ok(agrees.then_some(shelf))
}

/// A new folder, filled.
fn open_new(folder: &Path, content: &Content) -> Result<Shelf, sled::Error> {
    let shelf = open_any(folder)?;
    fill(&shelf.db, content)?;
    Ok(shelf)
}

/// What stands under a key; what is no longer understood counts as absent.
fn read<T: DeserializeOwned>(db: &sled::Db, key: &[u8]) -> Result<Option<T>, sled::Error> {
    let kept = db.get(key)?;
    Ok(kept.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// Reads all of it, so that what cannot be read is found now.
fn agrees(db: &sled::Db, content: &Content) -> Result<bool, sled::Error> {
    let stamp: Option<PollsStamp> = read(db, STAMP)?;
    let mut agrees = stamp.as_ref() == Some(&content.stamp) && db.len() == content.polls.len() + 1;
    for poll in &content.polls {
        let kept: Option<Poll> = read(db, &key(poll.id))?;
        agrees &= kept.as_ref() == Some(poll);
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

/// Moves what lies there out of the way, over what was moved away before.
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
