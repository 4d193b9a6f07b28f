//! Submissions with files are delivered one by one, each with its files only while it is delivered:
//! a full in-flight set of them would not fit into memory.

use std::time::Duration;

use crate::delivery::{DestinationClient, Job};
use crate::domain::file::{AttachedFiles, FileFault, LinkedFile};
use crate::inbox::{Lease, StoreError};
use crate::mapping::{attached_files, linked_files};

use super::Pipeline;
use super::attempt::{Attempt, Task, fault};

/// How long to wait for a store that does not answer.
const PAUSE: Duration = Duration::from_millis(500);

/// Returns whether a job writes files.
pub(super) fn has_files(job: &Job) -> bool {
    let step = job.step.kind.crm();
    step.is_some_and(|step| step.planned_files().next().is_some())
}

impl Pipeline {
    /// Delivers a job with its files.
    pub(super) async fn with_files(
        &self,
        client: &dyn DestinationClient,
        task: Task,
        mut job: Job,
    ) -> Vec<(Lease, Attempt)> {
        let lease = task.lease;
        let (inbox, id) = (&self.inbox, job.id);
        let Some(raw) = stored("a body", || inbox.body(id)).await else {
            return vec![(lease, fault(lease))];
        };
        if let Some(step) = job.step.kind.crm() {
            let body = (&task.source, &raw);
            job.files = attached_files(step, body, &self.sources, &self.file_rules);
            if step.planned_files().any(|file| file.is_link) {
                let fetched = stored("fetched files", || inbox.fetched_files(id)).await;
                let Some(fetched) = fetched else {
                    return vec![(lease, fault(lease))];
                };
                let links = linked_files(step, body, &self.sources);
                self.add_fetched(&mut job, &links, &fetched);
            }
        }
        drop(raw);
        self.together(client, vec![task], vec![job]).await
    }

    /// Adds the files behind links, and why the others are not there.
    fn add_fetched(&self, job: &mut Job, links: &[LinkedFile], fetched: &AttachedFiles) {
        let Some(step) = job.step.kind.crm() else {
            return;
        };
        for file in step.planned_files().filter(|file| file.is_link) {
            let same = links.iter().find(|link| link.also.contains(&file.place));
            let place = match same {
                Some(same) if !fetched.has(&file.place) => &same.place,
                _ => &file.place,
            };
            let content = if fetched.has(place) {
                fetched.get(place).cloned()
            } else if self.fetcher.is_some() {
                Err(FileFault::NotFetched)
            } else {
                Err(FileFault::Link)
            };
            job.files.insert(&file.place, content);
        }
    }
}

/// Reads from the store. Tries again as long as it does not answer.
async fn stored<T, R>(what: &str, read: impl Fn() -> R) -> Option<T>
where
    R: Future<Output = Result<T, StoreError>>,
{
    loop {
        match read().await {
            Ok(found) => return Some(found),
            Err(error) if error.is_passing() => {
                tracing::warn!(error = %error, "{what} cannot be read; trying again");
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => {
                tracing::error!(error = %error, "{what} cannot be read");
                return None;
            }
        }
    }
}
