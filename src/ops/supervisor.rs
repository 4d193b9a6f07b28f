//! Notices the end of tasks that must run as long as the gateway does: a task that panicked or returned early is
//! logged by its name, shows in `/readyz`, and ends the process.

use std::sync::{Arc, OnceLock};

use tokio::task::{JoinError, JoinHandle};
use tokio_util::sync::CancellationToken;

/// A watch over tasks. Clones share it.
#[derive(Clone)]
pub struct Supervisor {
    inner: Arc<Inner>,
}

struct Inner {
    draining: CancellationToken,
    failed: CancellationToken,
    /// The first task that ended before its time.
    ended: OnceLock<&'static str>,
    #[cfg(test)]
    tripped: tokio::sync::watch::Sender<Option<&'static str>>,
}

impl Supervisor {
    /// Once `draining` is cancelled, tasks may return.
    pub fn new(draining: CancellationToken) -> Self {
        let inner = Inner {
            draining,
            failed: CancellationToken::new(),
            ended: OnceLock::new(),
            #[cfg(test)]
            tripped: tokio::sync::watch::Sender::new(None),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Runs a task that must not end before draining. The handle waits for it and never fails.
    pub fn spawn<F>(&self, name: &'static str, task: F) -> JoinHandle<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        #[cfg(test)]
        let task = Self::until_tripped(name, self.inner.tripped.subscribe(), task);
        let running = tokio::spawn(task);
        let watch = self.clone();
        tokio::spawn(async move {
            let ended = running.await;
            watch.judge(name, ended);
        })
    }

    /// The name of the first task that ended before its time.
    pub fn ended(&self) -> Option<&'static str> {
        self.inner.ended.get().copied()
    }

    /// Returns when a task has ended before its time.
    pub async fn failed(&self) {
        self.inner.failed.cancelled().await;
    }

    fn judge(&self, name: &'static str, ended: Result<(), JoinError>) {
        let how = match ended {
            Err(error) if error.is_panic() => "panicked",
            // the runtime ends
            Err(_) => return,
            Ok(()) if self.inner.draining.is_cancelled() => return,
            Ok(()) => "ended",
        };
        tracing::error!(task = name, "the task {name} {how}: the gateway stops");
        // only the first one is the cause
        self.inner.ended.set(name).ok();
        self.inner.failed.cancel();
    }

    /// Makes the task of this name panic.
    #[cfg(test)]
    pub(crate) fn trip(&self, name: &'static str) {
        self.inner.tripped.send_replace(Some(name));
    }

    #[cfg(test)]
    async fn until_tripped(
        name: &'static str,
        mut tripped: tokio::sync::watch::Receiver<Option<&'static str>>,
        task: impl Future<Output = ()> + Send,
    ) {
        tokio::select! {
            () = task => {}
            _ = tripped.wait_for(|tripped| *tripped == Some(name)) => panic!("as the test wants it"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_panics_or_returns_early_is_named() {
        for (name, task) in [("first", true), ("second", false)] {
            let watch = Supervisor::new(CancellationToken::new());
            let handle = watch.spawn(name, async move { assert!(!task, "as the test wants it") });
            watch.failed().await;
            handle.await.unwrap();
            assert_eq!(watch.ended(), Some(name));
        }
    }

    #[tokio::test]
    async fn a_task_that_returns_while_draining_is_no_failure_but_a_panic_is() {
        let draining = CancellationToken::new();
        draining.cancel();
        let watch = Supervisor::new(draining);
        watch.spawn("returns", async {}).await.unwrap();
        assert_eq!(watch.ended(), None);
        watch
            .spawn("panics", async { panic!("as the test wants it") })
            .await
            .unwrap();
        assert_eq!(watch.ended(), Some("panics"));
    }
}
