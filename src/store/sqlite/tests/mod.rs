//! What only the SQLite backend does: its files, its thread, its indexes.

mod crash;
mod cut;
mod disk;
mod foreign;
mod home;
mod listed;
mod million;
mod open;
mod removal;
mod routes;
mod steps;
mod writer;

use std::time::Duration;

use crate::store::testing::{Folder, admit, answer, at, stored};
use crate::store::{Accepted, Admission, Arrival, Store, StoreError, StoreOptions, Trouble};

/// Keeps the writer busy until the returned sender is dropped.
async fn hold(store: &Store) -> std::sync::mpsc::Sender<()> {
    let (release, released) = std::sync::mpsc::channel::<()>();
    let (started, is_started) = tokio::sync::oneshot::channel();
    store
        .write_behind(move |_| {
            started.send(()).unwrap();
            released.recv_timeout(Duration::from_secs(60)).ok();
            Ok(())
        })
        .unwrap();
    is_started.await.unwrap();
    release
}
