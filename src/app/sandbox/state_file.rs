//! Keeps a sandbox's state in a file. A sandbox is for trying things out: what it learnt in its last
//! second may be lost with the power.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::simulator::Portal;

/// How often the state is looked at.
const EVERY: Duration = Duration::from_secs(1);

/// A portal and the file that remembers it.
#[derive(Clone)]
pub(super) struct StateFile {
    portal: Portal,
    file: Arc<PathBuf>,
}

impl StateFile {
    /// Puts the portal back to what the file says; a file that is not there or cannot be read leaves it
    /// as it is.
    pub(super) fn restore(portal: &Portal, file: PathBuf) -> Self {
        if let Ok(text) = std::fs::read(&file) {
            let restored = serde_json::from_slice(&text)
                .map_err(|error| error.to_string())
                .and_then(|state| portal.restore(state));
            if let Err(why) = restored {
                tracing::warn!(
                    "the sandbox begins afresh: {} cannot be read: {why}",
                    file.display()
                );
            }
        }
        Self {
            portal: portal.clone(),
            file: Arc::new(file),
        }
    }

    /// Writes the state down a second after it changed, until draining.
    pub(super) fn keep(&self, draining: CancellationToken) {
        let state_file = self.clone();
        tokio::spawn(async move {
            let mut saved = state_file.portal.revision();
            while draining
                .run_until_cancelled(tokio::time::sleep(EVERY))
                .await
                .is_some()
            {
                let revision = state_file.portal.revision();
                if revision == saved {
                    continue;
                }
                let writer = state_file.clone();
                if tokio::task::spawn_blocking(move || writer.save())
                    .await
                    .is_ok()
                {
                    saved = revision;
                }
            }
        });
    }

    /// Writes the state down now.
    pub(super) fn save(&self) {
        let file: &Path = &self.file;
        let fresh = file.with_extension("json.new");
        let written = serde_json::to_vec(&self.portal.snapshot())
            .map_err(std::io::Error::from)
            .and_then(|state| std::fs::write(&fresh, state))
            .and_then(|()| std::fs::rename(&fresh, file));
        if let Err(error) = written {
            tracing::warn!(error = %error, "the sandbox's state cannot be kept");
        }
    }
}
