//! What PBXs ask: a directory of people for each, and the task that reads for them.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use super::connections::Connections;
use crate::config::Settings;
use crate::domain::Clock;
use crate::ops::Supervisor;
use crate::pbx::directory::{Directory, DirectoryReader, DirectoryRules};

/// The directories by the names of their PBXs.
pub(super) type Directories = BTreeMap<String, Arc<Directory>>;

/// Builds the directories, and starts the task that reads for them.
pub(super) fn start(
    settings: &Settings,
    connections: &Connections,
    clock: &Arc<dyn Clock>,
    supervisor: &Supervisor,
) -> Directories {
    let (directories, readers) = directories(settings, connections, clock);
    if let Some(reading) = read(readers, &supervisor.draining()) {
        supervisor.spawn("pbx-directories", reading);
    }
    directories
}

fn directories(
    settings: &Settings,
    connections: &Connections,
    clock: &Arc<dyn Clock>,
) -> (Directories, Vec<DirectoryReader>) {
    let built = settings.pbx.iter().filter_map(|(name, pbx)| {
        let portal = connections.0.get(&pbx.connection)?;
        let rules = DirectoryRules {
            within: pbx.answer_within,
            keep: pbx.remember_for,
            most: pbx.remember_most,
            newest_first: pbx.newest_first,
        };
        let (directory, reader) = Directory::new(Arc::clone(portal), rules, Arc::clone(clock));
        Some(((name.clone(), directory), reader))
    });
    built.unzip()
}

/// Reads for all directories until draining; `None` without any.
fn read(
    readers: Vec<DirectoryReader>,
    draining: &CancellationToken,
) -> Option<impl Future<Output = ()> + Send + use<>> {
    let tasks: Vec<_> = readers
        .into_iter()
        .map(|reader| reader.run(draining.clone()))
        .collect();
    (!tasks.is_empty()).then_some(async move {
        join_all(tasks).await;
    })
}
