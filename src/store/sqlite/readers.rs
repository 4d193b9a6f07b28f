//! A few connections that only read. They live on blocking threads, see the last commit, and
//! neither wait for the writer nor hold it up.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::error;
use super::place::Place;
use crate::store::StoreError;

/// Maximum number of concurrent readers.
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
        let opened = idle.map_or_else(|| self.place.open_reader(), Ok);
        let mut connection = opened.map_err(|error| self.explained(error))?;
        let view = connection
            .transaction()
            .map_err(|error| self.explained(error.into()))?;
        let result = work(&view).map_err(|error| self.explained(error));
        let ended = view.finish();
        self.place.note(&result);
        // a connection that met trouble is not trusted with the next question
        if ended.is_ok() && !matches!(result, Err(StoreError::Unavailable { .. })) {
            self.idle().push(connection);
        }
        result
    }

    /// Whatever SQLite makes of the rest of a file that was cut short, that is the cause.
    fn explained(&self, error: StoreError) -> StoreError {
        if error.shows_loss() && self.place.is_cut() {
            return error::cut();
        }
        error
    }

    /// Closes the connections that rest.
    pub(super) fn close_idle(&self) {
        self.idle().clear();
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
