//! Keeps a sandbox's state in a file. A sandbox is for trials: the end of the process by force loses
//! what was changed in its last moment, at most a second, and a power cut may lose more.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::ops;
use crate::simulator::Portal;

/// Changes wait this long, so that those of one submission are saved together.
const SHORTEST: Duration = Duration::from_millis(20);
/// Changes wait at most this long.
const LONGEST: Duration = Duration::from_secs(1);
/// How many times as long as saving took the next one waits: a large portal is saved less often.
const REST: u32 = 10;

/// A portal and the file that keeps its state.
#[derive(Clone)]
pub(super) struct StateFile {
    portal: Portal,
    file: Arc<PathBuf>,
}

impl StateFile {
    /// Restores the portal from the file. A missing or unreadable file leaves the portal as it is.
    pub(super) fn restore(portal: &Portal, file: PathBuf) -> Self {
        if let Ok(text) = std::fs::read(&file) {
            let restored = serde_json::from_slice(&text)
                .map_err(|error| error.to_string())
                .and_then(|state| portal.restore(state));
            if let Err(why) = restored {
                tracing::warn!(
                    "{} cannot be read: {why}; the sandbox starts with fresh content",
                    file.display()
                );
            }
        }
        Self {
            portal: portal.clone(),
            file: Arc::new(file),
        }
    }

    /// Saves the state soon after each change, until draining.
    pub(super) async fn save_changes(self, draining: CancellationToken) {
        let mut saved = self.portal.revision();
        let mut rested = Instant::now();
        loop {
            let due = async {
                self.portal.changed().await;
                let soon = Instant::now() + SHORTEST;
                tokio::time::sleep_until(soon.max(rested)).await;
            };
            if draining.run_until_cancelled(due).await.is_none() {
                return;
            }
            let revision = self.portal.revision();
            if revision == saved {
                continue;
            }
            let this = self.clone();
            let begin = Instant::now();
            if ops::blocking(move || this.save()).await.is_some() {
                saved = revision;
            }
            rested = Instant::now() + (begin.elapsed() * REST).min(LONGEST);
        }
    }

    /// Saves the state now.
    pub(super) fn save(&self) {
        let file: &Path = &self.file;
        let fresh = file.with_extension("json.new");
        let written = serde_json::to_vec(&self.portal.snapshot())
            .map_err(std::io::Error::from)
            .and_then(|state| std::fs::write(&fresh, state))
            .and_then(|()| std::fs::rename(&fresh, file));
        if let Err(error) = written {
            tracing::warn!(error = %error, "cannot save the sandbox's state");
        }
    }
}
