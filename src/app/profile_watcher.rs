//! Reads edited profiles again while the gateway runs.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::ops;
use crate::profiles::{LoadReport, ProfileStore};

/// Watches the folder of profiles. It compares files by name, time and size, which works on every
/// file system, mounted ones included.
pub(super) struct ProfileWatcher {
    /// `None`: never.
    pub(super) every: Option<Duration>,
    pub(super) profiles: Arc<ProfileStore>,
    /// Tells the tasks that depend on the profiles.
    pub(super) changed: watch::Sender<()>,
    pub(super) draining: CancellationToken,
}

impl ProfileWatcher {
    /// Runs until draining.
    pub(super) async fn run(self) {
        let Some(every) = self.every else {
            return self.draining.cancelled().await;
        };
        let pause = || tokio::time::sleep(every);
        while self.draining.run_until_cancelled(pause()).await.is_some() {
            let profiles = Arc::clone(&self.profiles);
            let reloaded = ops::blocking(move || profiles.reload_if_changed()).await;
            if let Some(Some(report)) = reloaded {
                tracing::info!(profiles = report.loaded.len(), "profiles reloaded");
                log_report(&report);
                self.changed.send_replace(());
            }
        }
    }
}

/// Logs each problem of the profiles once, and counts the channels that keep an older guard.
pub(super) fn log_report(report: &LoadReport) {
    let kept = u32::try_from(report.kept_guards.len()).unwrap_or(u32::MAX);
    metrics::gauge!("leadgate_channels_guard_kept").set(f64::from(kept));
    for problem in &report.problems {
        if problem.is_error() {
            tracing::error!("{problem}");
        } else {
            tracing::warn!("{problem}");
        }
    }
    for name in &report.kept_old {
        tracing::error!(
            "{name} is broken; its last good version stays in use; run `leadgate check`"
        );
    }
}
