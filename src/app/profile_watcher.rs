//! Reads edited profiles again while the gateway runs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::domain::{Clock, NewProfileVersion, ProfileVersion, text_hash};
use crate::ops;
use crate::profiles::{LoadReport, ProfileStore};
use crate::store::Store;

/// Watches the folder of profiles. It compares files by name, time and size, which works on every
/// file system, mounted ones included.
pub(super) struct ProfileWatcher {
    /// `None`: never.
    pub(super) every: Option<Duration>,
    pub(super) profiles: Arc<ProfileStore>,
    /// Keeps the versions of the files.
    pub(super) store: Store,
    pub(super) clock: Arc<dyn Clock>,
    /// Tells the tasks that depend on the profiles.
    pub(super) changed: watch::Sender<()>,
    pub(super) draining: CancellationToken,
}

impl ProfileWatcher {
    /// Runs until draining.
    pub(super) async fn run(self) {
        self.keep_versions().await;
        let mut kept = BTreeMap::new();
        while self
            .draining
            .run_until_cancelled(self.pause())
            .await
            .is_some()
        {
            let profiles = Arc::clone(&self.profiles);
            let reloaded = ops::blocking(move || profiles.reload_if_changed()).await;
            if let Some(Some(report)) = reloaded {
                tracing::info!(profiles = report.loaded.len(), "profiles reloaded");
                log_report(&report);
                count_kept(&mut kept, &report);
                self.keep_versions().await;
                self.changed.send_replace(());
            }
        }
    }

    /// Waits for the next look: the time of the settings, or until the console has saved a file.
    async fn pause(&self) {
        let asked = self.profiles.asked_to_reload();
        match self.every {
            Some(every) => {
                // both mean the same
                tokio::time::timeout(every, asked).await.ok();
            }
            None => asked.await,
        }
    }

    /// Keeps what was loaded as versions.
    async fn keep_versions(&self) {
        let texts = self.profiles.take_texts();
        if texts.is_empty() {
            return;
        }
        let at = self.clock.now();
        let versions = texts.into_iter().map(|loaded| NewProfileVersion {
            version: ProfileVersion {
                hash: text_hash(&loaded.text),
                file: loaded.file,
                number: 0,
                at,
                who: None,
                note: String::new(),
                is_good: loaded.is_good,
            },
            text: loaded.text,
            edition: loaded.edition,
        });
        let kept = self.store.keep_profile_versions(versions.collect()).await;
        if let Err(error) = kept {
            tracing::warn!(error = %error, "versions of profiles could not be kept");
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
