//! Owns the tasks that run as long as the program does. A task that panics or ends before the
//! shutdown is logged by its name, shows in `/readyz` and in `leadgate_task_up`, and stops the
//! program.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use actix_web::dev::Server;
use futures_util::FutureExt as _;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The metric of a task that runs.
const UP: f64 = 1.0;

/// The metric of a task that has ended.
const DOWN: f64 = 0.0;

/// Owns tasks. Clones share them.
#[derive(Clone, Default)]
pub struct Supervisor {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    tasks: TaskTracker,
    draining: CancellationToken,
    failed: CancellationToken,
    /// The first task that failed: the others may have failed because of it.
    failure: OnceLock<&'static str>,
    running: Mutex<BTreeSet<&'static str>>,
    #[cfg(test)]
    panicking: tokio::sync::watch::Sender<Option<&'static str>>,
}

/// The end of a task.
pub struct TaskEnd(CancellationToken);

impl TaskEnd {
    /// Returns when the task has ended, by whatever cause.
    pub async fn wait(&self) {
        self.0.cancelled().await;
    }
}

impl Supervisor {
    /// Returns the token that tells tasks to finish. Before it is cancelled, no task may end.
    pub fn draining(&self) -> CancellationToken {
        self.inner.draining.clone()
    }

    /// Tells all tasks to finish.
    pub fn drain(&self) {
        self.inner.draining.cancel();
    }

    /// Runs a task that must not end before draining. Each name is used once.
    pub fn spawn<F>(&self, name: &'static str, task: F) -> TaskEnd
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.running().insert(name);
        show(name, UP);
        let ended = CancellationToken::new();
        let end = ended.clone().drop_guard();
        let supervisor = self.clone();
        #[cfg(test)]
        let task = panicking_on_request(name, self.inner.panicking.subscribe(), task);
        self.own(async move {
            let result = AssertUnwindSafe(task).catch_unwind().await;
            supervisor.running().remove(name);
            show(name, DOWN);
            if result.is_err() {
                supervisor.fail(name, "panicked");
            } else if !supervisor.inner.draining.is_cancelled() {
                supervisor.fail(name, "ended");
            }
            drop(end);
        });
        TaskEnd(ended)
    }

    /// Runs a web server that must not stop before draining.
    pub fn spawn_server(&self, name: &'static str, server: Server) -> TaskEnd {
        self.spawn(name, async move {
            if let Err(error) = server.await {
                tracing::error!(error = %error, "the web server `{name}` failed");
            }
        })
    }

    /// Runs a job that may end at any time; only a panic is a failure. Draining drops an unfinished
    /// job.
    pub fn spawn_job<F>(&self, name: &'static str, job: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let supervisor = self.clone();
        #[cfg(test)]
        let job = panicking_on_request(name, self.inner.panicking.subscribe(), job);
        self.own(async move {
            let job = supervisor.inner.draining.run_until_cancelled(job);
            if AssertUnwindSafe(job).catch_unwind().await.is_err() {
                show(name, DOWN);
                supervisor.fail(name, "panicked");
            }
        });
    }

    /// Returns the name of the first task that failed.
    pub fn failure(&self) -> Option<&'static str> {
        self.inner.failure.get().copied()
    }

    /// Returns when a task has failed.
    pub async fn failed(&self) {
        self.inner.failed.cancelled().await;
    }

    /// Waits until every task has ended, at most this long, and logs the names of those that have
    /// not.
    pub async fn finish(&self, patience: Duration) {
        self.inner.tasks.close();
        let all_ended = tokio::time::timeout(patience, self.inner.tasks.wait()).await;
        if all_ended.is_err() {
            let names: Vec<&str> = self.running().iter().copied().collect();
            let names = names.join(", ");
            tracing::warn!("tasks that did not end in time are aborted: {names}");
        }
    }

    /// The tracker waits for the task. Its handle is not needed: the task catches its panics
    /// itself.
    fn own(&self, task: impl Future<Output = ()> + Send + 'static) {
        drop(self.inner.tasks.spawn(task));
    }

    fn fail(&self, name: &'static str, how: &str) {
        tracing::error!(task = name, "the task `{name}` {how}; shutting down");
        // a later failure is not the cause
        self.inner.failure.set(name).ok();
        self.inner.failed.cancel();
    }

    fn running(&self) -> MutexGuard<'_, BTreeSet<&'static str>> {
        let running = &self.inner.running;
        running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the names of the tasks that run.
    #[cfg(test)]
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.running().iter().copied().collect()
    }

    /// Makes the task of this name panic.
    #[cfg(test)]
    pub(crate) fn inject_panic(&self, name: &'static str) {
        self.inner.panicking.send_replace(Some(name));
    }
}

/// Runs blocking work on a thread of its own. A panic goes on in the caller, so that the caller's
/// task fails by it. `None` means that the runtime shuts down.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Some(done),
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(_cancelled) => None,
        },
    }
}

fn show(name: &'static str, value: f64) {
    metrics::gauge!("leadgate_task_up", "task" => name).set(value);
}

#[cfg(test)]
async fn panicking_on_request(
    name: &'static str,
    mut requested: tokio::sync::watch::Receiver<Option<&'static str>>,
    task: impl Future<Output = ()> + Send,
) {
    tokio::select! {
        () = task => {}
        _ = requested.wait_for(|requested| *requested == Some(name)) => panic!("injected by a test"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry;

    fn is_shown(line: &str) -> bool {
        telemetry::metrics_handle()
            .render()
            .lines()
            .any(|it| it == line)
    }

    #[tokio::test]
    async fn a_task_that_panics_or_ends_early_is_named() {
        for (name, does_panic) in [("panics early", true), ("ends early", false)] {
            let supervisor = Supervisor::default();
            let task = supervisor.spawn(name, async move { assert!(!does_panic, "injected") });
            supervisor.failed().await;
            task.wait().await;
            assert_eq!(supervisor.failure(), Some(name));
            assert!(supervisor.names().is_empty());
        }
    }

    #[tokio::test]
    async fn the_first_failure_is_the_cause() {
        let supervisor = Supervisor::default();
        supervisor.spawn("cause", async {}).wait().await;
        supervisor.spawn("consequence", async {}).wait().await;
        assert_eq!(supervisor.failure(), Some("cause"));
    }

    #[tokio::test]
    async fn a_task_may_end_while_draining_but_not_panic() {
        let supervisor = Supervisor::default();
        supervisor.drain();
        supervisor.spawn("ends", async {}).wait().await;
        assert_eq!(supervisor.failure(), None);
        let panics = supervisor.spawn("panics", async { panic!("injected") });
        panics.wait().await;
        assert_eq!(supervisor.failure(), Some("panics"));
    }

    #[tokio::test]
    async fn a_job_may_end_at_any_time_but_not_panic() {
        let supervisor = Supervisor::default();
        supervisor.spawn_job("ends", async {});
        supervisor.finish(Duration::MAX).await;
        assert_eq!(supervisor.failure(), None);
        let supervisor = Supervisor::default();
        supervisor.spawn_job("panics", async { panic!("injected") });
        supervisor.failed().await;
        assert_eq!(supervisor.failure(), Some("panics"));
    }

    #[tokio::test]
    async fn draining_drops_a_job_and_finish_waits_for_every_task() {
        let supervisor = Supervisor::default();
        supervisor.spawn_job("job", std::future::pending());
        let draining = supervisor.draining();
        let task = supervisor.spawn("task", async move { draining.cancelled().await });
        assert_eq!(supervisor.names(), ["task"]);
        supervisor.drain();
        supervisor.finish(Duration::MAX).await;
        task.wait().await;
        assert_eq!(supervisor.failure(), None);
    }

    #[tokio::test]
    async fn finish_does_not_wait_for_a_task_that_hangs() {
        let supervisor = Supervisor::default();
        supervisor.spawn("hangs", std::future::pending());
        supervisor.drain();
        supervisor.finish(Duration::ZERO).await;
        assert_eq!(supervisor.names(), ["hangs"]);
    }

    #[tokio::test]
    async fn the_metric_is_1_while_a_task_runs_and_0_after_its_end() {
        telemetry::metrics_handle();
        let supervisor = Supervisor::default();
        let task = supervisor.spawn("metric-test", std::future::pending());
        assert!(is_shown("leadgate_task_up{task=\"metric-test\"} 1"));
        supervisor.inject_panic("metric-test");
        task.wait().await;
        assert!(is_shown("leadgate_task_up{task=\"metric-test\"} 0"));
    }

    #[tokio::test]
    async fn a_panic_of_blocking_work_ends_the_task() {
        let supervisor = Supervisor::default();
        let task = supervisor.spawn("blocking", async {
            blocking::<()>(|| panic!("injected")).await;
            std::future::pending::<()>().await;
        });
        task.wait().await;
        assert_eq!(supervisor.failure(), Some("blocking"));
    }
}
