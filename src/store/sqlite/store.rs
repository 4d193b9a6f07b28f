//! The store itself: one file, the thread that writes it, and the connections that read it.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use super::lock::DataLock;
use super::place::Place;
use super::readers::Readers;
use super::writer::{Tx, Writer};
use super::{error, probe, used};
use crate::domain::InstanceId;
use crate::store::{StoreError, StoreOptions};

/// The store. Clones share one file and one writer; with the last one the file is closed.
#[derive(Clone)]
pub struct Store {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) place: Place,
    instance: InstanceId,
    // the order matters: the last connection to close tidies the file up, so that is the writer's
    pub(super) readers: Readers,
    writer: Option<Writer>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("path", &self.inner.place.path())
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the store for work, makes it in a folder that had none, and brings it up to date. Only
    /// one process at a time can have it open so.
    pub fn open(path: &Path, options: &StoreOptions) -> Result<Self, StoreError> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|source| StoreError::Folder {
                path: folder.to_owned(),
                source,
            })?;
        }
        let lock = DataLock::take(path)?;
        let past = used::check(path, options)?;
        let place = Place::new(path);
        let connection = place.open_writer(past)?;
        let instance = instance_of(&connection)?;
        used::mark(path, &instance);
        let writer = Writer::start(connection, place.clone(), Some(lock), options.queue).map_err(
            |source| StoreError::Folder {
                path: path.to_owned(),
                source,
            },
        )?;
        Ok(Self::assemble(place, instance, Some(writer)))
    }

    /// Opens the store for looking, also while a gateway works with it.
    pub fn open_read_only(path: &Path) -> Result<Self, StoreError> {
        used::check_present(path)?;
        let place = Place::new(path);
        let connection = place.open_reader_checked()?;
        // a file that is only being made has none yet
        let instance = stored_instance(&connection)?.ok_or_else(|| StoreError::TooOld {
            path: path.to_owned(),
        })?;
        Ok(Self::assemble(place, instance, None))
    }

    /// Opens the same store once more. What is deleted through it is overwritten in the file.
    pub fn thorough(&self) -> Result<Self, StoreError> {
        Self::open_beside(self.inner.place.path())
    }

    /// Opens the store for short pieces of writing by hand, also while a gateway works with it:
    /// each waits its turn. It must be up to date.
    pub fn open_beside(path: &Path) -> Result<Self, StoreError> {
        used::check_present(path)?;
        let place = Place::new(path);
        drop(place.open_reader_checked()?);
        let connection = place.open_thorough()?;
        let instance = instance_of(&connection)?;
        let writer = Writer::start(connection, place.clone(), None, 1).map_err(|source| {
            StoreError::Folder {
                path: path.to_owned(),
                source,
            }
        })?;
        Ok(Self::assemble(place, instance, Some(writer)))
    }

    fn assemble(place: Place, instance: InstanceId, writer: Option<Writer>) -> Self {
        let inner = Inner {
            readers: Readers::new(place.clone()),
            place,
            instance,
            writer,
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The id of this installation, created and stored with the store.
    pub fn instance(&self) -> &InstanceId {
        &self.inner.instance
    }

    /// Returns when the writing thread has ended, whatever the reason.
    pub fn ended(&self) -> impl Future<Output = ()> + Send + 'static {
        let ended = self.inner.writer.as_ref().map(Writer::ended);
        async move {
            if let Some(ended) = ended {
                ended.cancelled().await;
            }
        }
    }

    /// Returns the number of requests in the last flush.
    #[cfg(test)]
    pub(super) fn together(&self) -> usize {
        self.inner.writer.as_ref().map_or(0, Writer::together)
    }

    /// Makes the writing thread panic.
    #[cfg(test)]
    pub(crate) async fn panic(&self) {
        if let Some(writer) = &self.inner.writer {
            writer.panic().await;
        }
    }

    /// Tests whether the store accepts writes: writes a little in a flushed transaction of its own,
    /// and reports damage that any request has met.
    pub(crate) async fn probe(&self, now: Timestamp) -> Result<(), StoreError> {
        let now = now.as_microsecond();
        // first, because a file that was cut short looks damaged, too
        self.write(move |tx| probe::probe(tx, now)).await?;
        if self.inner.place.is_damaged() {
            return Err(error::damaged());
        }
        Ok(())
    }

    /// Finishes the waiting writes and closes the file; later write requests are refused.
    pub async fn close(&self) {
        self.inner.readers.close_idle();
        if let Some(writer) = &self.inner.writer {
            writer.close().await;
        }
    }

    /// Runs `work` in a transaction and returns when it is on disk. Waits if the queue is full, for
    /// work that must not be refused, such as an outcome.
    pub(super) async fn write<F, T>(&self, work: F) -> Result<T, StoreError>
    where
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        self.writer()?.send(guarded(work)).await?.get().await
    }

    /// The same, but fails at once if the queue is full, for work that can be sent again.
    pub(super) async fn write_or_refuse<F, T>(&self, work: F) -> Result<T, StoreError>
    where
        F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        self.writer()?.try_send(work)?.get().await
    }

    /// Hands `work` over without waiting for its outcome.
    pub(super) fn write_behind<F>(&self, work: F) -> Result<(), StoreError>
    where
        F: FnOnce(&Connection) -> Result<(), StoreError> + Send + 'static,
    {
        self.writer()?.try_send(guarded(work)).map(drop)
    }

    /// Returns whether many requests are writing.
    pub(crate) fn is_busy(&self) -> bool {
        /// More requests per flush than a worker alone causes.
        const CROWD: usize = 8;
        let writer = self.inner.writer.as_ref();
        writer.is_some_and(|writer| writer.together() > CROWD)
    }

    /// Reads on a blocking thread, in one snapshot of the data.
    pub(super) async fn read<F, T>(&self, work: F) -> Result<T, StoreError>
    where
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        let turn = Arc::clone(&self.inner.readers.turns).acquire_owned().await;
        let inner = Arc::clone(&self.inner);
        tokio::task::spawn_blocking(move || {
            let result = inner.readers.run(work);
            drop(turn);
            result
        })
        .await
        .unwrap_or(Err(StoreError::Closed))
    }

    /// Reads on this thread.
    pub(super) fn read_blocking<F, T>(&self, work: F) -> Result<T, StoreError>
    where
        F: FnOnce(&Connection) -> Result<T, StoreError>,
    {
        self.inner.readers.run(work)
    }

    fn writer(&self) -> Result<&Writer, StoreError> {
        self.inner.writer.as_ref().ok_or(StoreError::ReadOnly)
    }
}

/// The work, undone as a whole when it fails.
fn guarded<F, T>(work: F) -> impl FnOnce(&Tx<'_>) -> Result<T, StoreError>
where
    F: FnOnce(&Connection) -> Result<T, StoreError>,
{
    move |tx| {
        tx.guard()?;
        work(tx.connection)
    }
}

fn stored_instance(connection: &Connection) -> Result<Option<InstanceId>, StoreError> {
    let sql = "SELECT value FROM meta WHERE name = 'instance'";
    let stored = connection.query_row(sql, [], |row| row.get(0)).optional()?;
    Ok(stored.map(InstanceId::from_stored))
}

fn instance_of(connection: &Connection) -> Result<InstanceId, StoreError> {
    if let Some(stored) = stored_instance(connection)? {
        return Ok(stored);
    }
    let fresh = InstanceId::fresh();
    connection.execute(
        "INSERT INTO meta (name, value) VALUES ('instance', ?)",
        [fresh.as_str()],
    )?;
    Ok(fresh)
}
