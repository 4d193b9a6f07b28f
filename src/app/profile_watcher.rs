//! Reads edited profiles again while the gateway runs.

use std::collections::BTreeMap;
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
        let mut kept = BTreeMap::new();
        let pause = || tokio::time::sleep(every);
        while self.draining.run_until_cancelled(pause()).await.is_some() {
            let profiles = Arc::clone(&self.profiles);
            let reloaded = ops::blocking(move || profiles.reload_if_changed()).await;
            if let Some(Some(report)) = reloaded {
                tracing::info!(profiles = report.loaded.len(), "profiles reloaded");
                log_report(&report);
                count_kept(&mut kept, &report);
                self.changed.send_replace(());
            }
        }
    }
}

/// Logs each problem of the profiles once, and counts the files by what is in use of them and the
/// channels that keep an older guard.
pub(super) fn log_report(report: &LoadReport) {
    let count = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
    metrics::gauge!("leadgate_channels_guard_kept").set(count(report.kept_guards.len()));
    for (state, files) in [
        ("current", &report.loaded),
        ("last_good", &report.kept_old),
        ("not_loaded", &report.failed),
    ] {
        metrics::gauge!("leadgate_profile_files", "state" => state).set(count(files.len()));
    }
    for problem in &report.problems {
        if problem.is_error() {
            tracing::error!("{problem}");
        } else {
            tracing::warn!("{problem}");
        }
    }
    for name in &report.kept_old {
        let edition = report.kept_editions.get(name).map(String::as_str);
        // the settings of channels have none
        let edition = edition.map_or(String::new(), |edition| format!(" {edition}"));
        tracing::error!(
            "{name} is broken; its last good edition{edition} stays in use; run `leadgate check`"
        );
    }
    for name in &report.failed {
        tracing::error!(
            "{name} is broken and has no good edition: not loaded; run `leadgate check`"
        );
    }
}

/// Counts the last good editions that are in use; those of corrected files are 0.
fn count_kept(kept: &mut BTreeMap<String, String>, report: &LoadReport) {
    let set = |(profile, edition): (&String, &String), value: f64| {
        let labels = [("profile", profile.clone()), ("edition", edition.clone())];
        metrics::gauge!("leadgate_profile_last_good", &labels).set(value);
    };
    for before in &*kept {
        set(before, 0.0);
    }
    kept.clone_from(&report.kept_editions);
    for now in &*kept {
        set(now, 1.0);
    }
}
