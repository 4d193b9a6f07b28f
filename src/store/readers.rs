//! A few connections that only read. They live on blocking threads, see the last commit, and neither
//! wait for the writer nor hold it up.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::StoreError;
use super::sqlite::Place;

/// How many may read at the same time.
const MOST: usize = 4;

/// The pool; connections are opened when first needed.
pub(super) struct Readers {
    place: Place,
    idle: Mutex<Vec<Connection>>,
    pub(super) turns: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn new(place: Place) -> Self {
        Self {
            place,
            idle: Mutex::new(Vec::with_capacity(MOST)),
            turns: Arc::new(Semaphore::new(MOST)),
        }
    }

    /// Does the work on this thread, in one view of the data.
    pub(super) fn run<F, T>(&self, work: F) -> Result<T, StoreError>
    where
        F: FnOnce(&Connection) -> Result<T, StoreError>,
    {
        let idle = self.idle().pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => self.place.open_reader()?,
        };
        let view = connection.transaction()?;
        let result = work(&view);
        let ended = view.finish();
        self.place.note(&result);
        // a connection that met trouble is not trusted with the next question
        if ended.is_ok() && !matches!(result, Err(StoreError::Unavailable { .. })) {
            self.idle().push(connection);
        }
        result
    }

    /// Closes the connections that rest.
    pub(super) fn close_idle(&self) {
        self.idle().clear();
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
