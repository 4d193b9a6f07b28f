//! Keeps a sandbox's state in a file. A sandbox is for trials: a power cut may lose its last
//! second.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::ops;
use crate::simulator::Portal;

/// How often changes are saved.
const EVERY: Duration = Duration::from_secs(1);

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

    /// Saves the state within a second after a change, until draining.
    pub(super) async fn save_changes(self, draining: CancellationToken) {
        let mut saved = self.portal.revision();
        let pause = || tokio::time::sleep(EVERY);
        while draining.run_until_cancelled(pause()).await.is_some() {
            let revision = self.portal.revision();
            if revision == saved {
                continue;
            }
            let this = self.clone();
            if ops::blocking(move || this.save()).await.is_some() {
                saved = revision;
            }
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
