//! The portals' dictionaries outlive the program: what a client reads goes into the cache, and comes back
//! at the next start.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::cache::Notes;
use crate::crm::{Connection, Dictionaries};
use crate::pipeline::Connections;

/// Gives each client what was kept for it, and keeps and refreshes what it reads until draining. The embedded sandbox
/// may have been emptied since, and is near: nothing is kept of it.
pub(super) fn keep(connections: &Connections, notes: &Notes, draining: &CancellationToken) {
    for (name, client) in &connections.0 {
        if name == super::SANDBOX {
            continue;
        }
        let key = key(name, client);
        if let Some(kept) = notes.get::<Dictionaries>(&key) {
            client.seed_dictionaries(kept);
        }
        let (client, notes, draining) = (Arc::clone(client), notes.clone(), draining.clone());
        tokio::spawn(async move {
            draining
                .run_until_cancelled(keep_on(&client, &key, &notes))
                .await;
        });
    }
}

/// The address belongs to it: another portal under the same name has other dictionaries.
fn key(name: &str, client: &Connection) -> String {
    format!("dictionaries {name} {}", client.masked_address())
}

/// Whatever the settings say, dictionaries are not read all the time.
const MOST_OFTEN: Duration = Duration::from_secs(1);

async fn keep_on(client: &Connection, key: &str, notes: &Notes) {
    let mut read = client.watch_dictionaries();
    loop {
        let is_used = read.borrow().is_some() && !client.dictionary_age().is_zero();
        // a little before they are too old, so that no submission waits for it
        let soon = client.dictionary_age() / 10 * 9;
        let old = tokio::time::sleep(soon.max(MOST_OFTEN));
        tokio::select! {
            changed = read.changed() => if changed.is_err() { return },
            () = old, if is_used => {
                if let Err(error) = client.refresh_dictionaries().await {
                    tracing::debug!(error = %error, "the dictionaries were not refreshed");
                }
                continue;
            }
        }
        let Some(latest) = read.borrow_and_update().clone() else {
            continue;
        };
        let (key, notes) = (key.to_owned(), notes.clone());
        // sled blocks
        let kept = tokio::task::spawn_blocking(move || notes.keep(&key, &*latest)).await;
        if kept.is_err() {
            tracing::warn!("the portal's dictionaries were not kept");
        }
    }
}
