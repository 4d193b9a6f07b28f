//! Records which submissions a worker is processing: a small file beside the store that outlives
//! the process. If the next start finds submissions in it, one of them may have crashed the
//! process. While a worker waits for the disk or a portal, its part of the file says `idle`. So a
//! kill or a power cut, which mostly hits a waiting process, makes no submission a suspect.
//!
//! The file is written without a flush: the operating system keeps what a dead process has written.
//! After a power cut the file may have older content; it counts once, and only for submissions that
//! are still queued.

use std::fs::{File, OpenOptions};
use std::future::Future;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::SubmissionId;

/// Bytes of the file for each worker: as many ids as a batch has at most.
const SLOT: u64 = 40_960;
/// The bytes for each worker in files of earlier releases.
const EARLIER_SLOT: u64 = 4096;
/// The workers that share the file.
const SLOTS: u64 = 2;
/// Maximum number of submissions that fit into a record.
const MOST: usize = 1000;
const BUSY: &str = "busy";
const IDLE: &[u8] = b"idle\n";
const END: &str = "end";

/// One worker's part of the file. Clones share it.
#[derive(Debug, Clone)]
pub struct AtWork {
    /// `None` records nothing.
    file: Option<Arc<Mutex<File>>>,
    offset: u64,
}

/// The workers that process submissions.
#[derive(Debug)]
pub struct Workers {
    /// Makes plans and delivers.
    pub pipeline: AtWork,
    /// Looks for profiles that accept captured submissions.
    pub quarantine: AtWork,
}

impl Workers {
    /// Opens or creates the file, and returns its content: for each worker the submissions that it
    /// was processing when the process ended. Clears nothing yet.
    pub fn open(path: &Path) -> io::Result<(Self, Vec<Vec<SubmissionId>>)> {
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path)?;
        let mut content = Vec::new();
        (&mut file).take(SLOT * SLOTS).read_to_end(&mut content)?;
        let slot = if content.len() as u64 <= EARLIER_SLOT * SLOTS {
            EARLIER_SLOT
        } else {
            SLOT
        };
        let slot = usize::try_from(slot).unwrap_or(usize::MAX);
        let left = content.chunks(slot).map(read).collect();
        let file = Arc::new(Mutex::new(file));
        let slot = |number| AtWork {
            file: Some(Arc::clone(&file)),
            offset: number * SLOT,
        };
        let workers = Self {
            pipeline: slot(0),
            quarantine: slot(1),
        };
        Ok((workers, left))
    }

    /// Clears what was found at the start, and reserves the disk space that later writes need.
    pub fn clear(&self) -> io::Result<()> {
        let slot = usize::try_from(SLOT).unwrap_or_default();
        for worker in [&self.pipeline, &self.quarantine] {
            let mut content = IDLE.to_vec();
            content.resize(slot, b'\n');
            worker.write(&content)?;
        }
        Ok(())
    }
}

impl AtWork {
    /// Returns a worker's part that records nothing.
    pub fn unrecorded() -> Self {
        Self {
            file: None,
            offset: 0,
        }
    }

    /// Records these submissions while `compute` runs.
    pub fn on<T>(&self, ids: &[SubmissionId], work: impl FnOnce() -> T) -> T {
        let _busy = Busy::begin(self, &self.record(ids));
        work()
    }

    /// Records these submissions whenever the future runs, not while it waits.
    pub async fn during<T>(&self, ids: &[SubmissionId], work: impl Future<Output = T>) -> T {
        let (mut work, record) = (pin!(work), self.record(ids));
        std::future::poll_fn(|context| {
            let _busy = Busy::begin(self, &record);
            work.as_mut().poll(context)
        })
        .await
    }

    /// Returns what the file says while these submissions are processed.
    fn record(&self, ids: &[SubmissionId]) -> String {
        if self.file.is_none() {
            return String::new();
        }
        let mut content = format!("{BUSY}\n");
        for id in ids.iter().take(MOST) {
            content.push_str(&id.to_string());
            content.push('\n');
        }
        content.push_str(END);
        content.push('\n');
        content
    }

    fn write(&self, content: &[u8]) -> io::Result<()> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.offset))?;
        file.write_all(content)
    }
}

/// Records that a worker is processing. It is cleared on drop, also by a panic; only the end of the
/// process leaves it.
struct Busy<'w>(&'w AtWork);

impl<'w> Busy<'w> {
    fn begin(worker: &'w AtWork, record: &str) -> Self {
        // without the record a crash suspects no submission; the work continues
        worker.write(record.as_bytes()).ok();
        Self(worker)
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.write(IDLE).ok();
    }
}

fn read(slot: &[u8]) -> Vec<SubmissionId> {
    let text = String::from_utf8_lossy(slot);
    let mut lines = text.lines();
    if lines.next() != Some(BUSY) {
        return Vec::new();
    }
    lines
        .take_while(|line| *line != END)
        .filter_map(|line| line.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use crate::store::testing::Folder;

    /// Returns what the next start would find now.
    fn left(path: &Path) -> Vec<Vec<SubmissionId>> {
        Workers::open(path).unwrap().1
    }

    #[tokio::test]
    async fn submissions_are_named_while_they_are_computed_for_and_not_while_they_wait() {
        let folder = Folder::new();
        let path = folder.path("at-work");
        let (workers, found) = Workers::open(&path).unwrap();
        assert!(found.iter().all(Vec::is_empty));
        workers.clear().unwrap();
        let (one, two) = (SubmissionId::fresh(), SubmissionId::fresh());
        let inside = workers.pipeline.on(&[one, two], || left(&path));
        assert_eq!(inside, [vec![one, two], vec![]]);
        assert_eq!(left(&path), [vec![], vec![]]);

        // a shorter list replaces a longer one; the other worker has its own part
        let inside = workers
            .quarantine
            .on(&[two], || workers.pipeline.on(&[one], || left(&path)));
        assert_eq!(inside, [vec![one], vec![two]]);

        let (started, waiting) = tokio::sync::oneshot::channel();
        let ids = [one];
        let waits = workers.pipeline.during(&ids, async {
            let before = left(&path);
            waiting.await.unwrap();
            before
        });
        let looks = async {
            assert_eq!(left(&path), [vec![], vec![]]);
            started.send(()).unwrap();
        };
        let (before, ()) = tokio::join!(waits, looks);
        assert_eq!(before, [vec![one], vec![]]);
    }

    #[test]
    fn a_thousand_are_named_and_files_of_earlier_releases_are_read() {
        let folder = Folder::new();
        let path = folder.path("at-work");
        let (workers, _) = Workers::open(&path).unwrap();
        workers.clear().unwrap();
        let ids: Vec<SubmissionId> = (0..1000).map(|_| SubmissionId::fresh()).collect();
        let inside = workers.pipeline.on(&ids, || left(&path));
        assert_eq!(inside, [ids, vec![]]);
        // two parts of 4096 bytes
        let (one, two) = (SubmissionId::fresh(), SubmissionId::fresh());
        let part = |id| format!("{:\n<4096}", format!("busy\n{id}\nend\n"));
        std::fs::write(&path, part(one) + &part(two)).unwrap();
        assert_eq!(left(&path), [vec![one], vec![two]]);
    }

    #[test]
    fn a_panic_accuses_nobody() {
        let folder = Folder::new();
        let path = folder.path("at-work");
        let (workers, _) = Workers::open(&path).unwrap();
        workers.clear().unwrap();
        let id = SubmissionId::fresh();
        let work = || workers.pipeline.on(&[id], || panic!("on purpose"));
        assert!(catch_unwind(AssertUnwindSafe(work)).is_err());
        assert_eq!(left(&path), [vec![], vec![]]);
    }

    #[test]
    fn what_is_no_record_names_nobody() {
        for text in [
            &b""[..],
            b"idle\nx",
            b"busy",
            b"busy\nnonsense\nend\n",
            b"\0\0\0",
        ] {
            assert_eq!(read(text), []);
        }
    }
}
