//! Keeps the portals' dictionaries in the cache, so that the next start need not read them again.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use super::connections::Connections;
use crate::cache::ValueCache;
use crate::crm::{Connection, Dictionaries};
use crate::ops;

/// Gives each client the dictionaries that the cache has for it. Returns the task that keeps and
/// refreshes them until draining, or `None` without a real portal. The embedded sandbox is left
/// out: it may have been emptied since, and reading it costs nothing.
pub(super) fn keep(
    connections: &Connections,
    cache: &ValueCache,
    draining: CancellationToken,
) -> Option<impl Future<Output = ()> + Send + use<>> {
    let mut keeping = Vec::new();
    for (name, client) in &connections.0 {
        if name == super::SANDBOX {
            continue;
        }
        let key = key(name, client);
        if let Some(cached) = cache.get::<Dictionaries>(&key) {
            client.seed_dictionaries(cached);
        }
        keeping.push(keep_one(Arc::clone(client), key, cache.clone()));
    }
    if keeping.is_empty() {
        return None;
    }
    Some(async move {
        draining.run_until_cancelled(join_all(keeping)).await;
    })
}

/// Returns the key in the cache. It holds the portal's address: another portal under the same name
/// has other dictionaries.
fn key(name: &str, client: &Connection) -> String {
    format!("dictionaries {name} {}", client.masked_address())
}

/// The shortest time between two refreshes.
const MOST_OFTEN: Duration = Duration::from_secs(1);

async fn keep_one(client: Arc<Connection>, key: String, cache: ValueCache) {
    let mut read = client.watch_dictionaries();
    loop {
        let is_used = read.borrow().is_some() && !client.dictionary_age().is_zero();
        // before they expire, so that no submission waits for it
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
        let (key, cache) = (key.clone(), cache.clone());
        // sled blocks
        ops::blocking(move || cache.insert(&key, &*latest)).await;
    }
}
