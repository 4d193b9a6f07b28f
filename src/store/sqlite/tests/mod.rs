//! What only the SQLite backend does: its files, its thread, its indexes.

mod crash;
mod cut;
mod disk;
mod foreign;
mod home;
mod million;
mod open;
mod removal;
mod routes;
mod steps;
mod writer;

use std::time::Duration;

use crate::domain::Submission;
use crate::store::testing::{Folder, answer, at};
use crate::store::{Accepted, Admission, Arrival, Store, StoreError, StoreOptions, Trouble};

/// Takes a submission in for delivery.
async fn admit(store: &Store, submission: &Submission) -> Result<Accepted, StoreError> {
    let arrival = Arrival::new(submission, None, Admission::Queue);
    store.admit(arrival).await
}

/// How many submissions there are.
async fn stored(store: &Store) -> u64 {
    store.counts().await.unwrap().values().sum()
}

/// Keeps the writer busy until the returned sender is dropped.
async fn hold(store: &Store) -> std::sync::mpsc::Sender<()> {
    let (release, released) = std::sync::mpsc::channel::<()>();
    let (tell, told) = tokio::sync::oneshot::channel();
    store
        .write_behind(move |_| {
            tell.send(()).unwrap();
            released.recv_timeout(Duration::from_secs(60)).ok();
            Ok(())
        })
        .unwrap();
    told.await.unwrap();
    release
}
