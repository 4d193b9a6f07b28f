//! Opens what the data folder keeps.

use std::path::Path;
use std::sync::Arc;

use super::STORE_FILE;
use crate::cache::PollRegistry;
use crate::config::Settings;
use crate::domain::{Clock, failed};
use crate::inbox::Inbox;
use crate::store::{Store, StoreOptions};

/// Queues again what was leased when the program ended.
pub(super) async fn recover(inbox: &Inbox, clock: &Arc<dyn Clock>) -> anyhow::Result<()> {
    let recovered = inbox
        .recover(clock.now())
        .await
        .map_err(failed("the inbox cannot be read", "очередь не читается"))?;
    if recovered > 0 {
        tracing::warn!(
            recovered,
            "{recovered} submissions were leased when the program ended; they are queued again"
        );
    }
    Ok(())
}

/// Opens the store in the data folder.
pub(super) fn open_store(settings: &Settings) -> anyhow::Result<Store> {
    let path = settings.data.dir.join(STORE_FILE);
    let options = StoreOptions {
        queue: settings.data.queue_limit,
        begin_afresh: settings.data.begin_afresh,
    };
    Ok(Store::open(&path, &options).map_err(failed(
        "the store cannot be opened",
        "хранилище не открывается",
    ))?)
}

/// Opens the registered polls in the data folder.
pub(super) fn open_registry(data: &Path, store: Store) -> anyhow::Result<PollRegistry> {
    let (registry, report) = PollRegistry::open(&data.join("cache"), store)
        .map_err(failed("the polls cannot be read", "опросы не читаются"))?;
    if report.is_warning() {
        tracing::warn!("{report}");
    } else {
        tracing::debug!("{report}");
    }
    Ok(registry)
}
