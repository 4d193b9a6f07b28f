//! Submissions with files are delivered one by one, each with its files only while it is delivered:
//! a full in-flight set of them would not fit into memory.

use std::time::Duration;

use crate::delivery::{DestinationClient, Job};
use crate::domain::SubmissionId;
use crate::domain::file::FileFault;
use crate::inbox::Lease;
use crate::mapping::attached_files;

use super::Pipeline;
use super::attempt::{Attempt, Task, fault};

/// Returns whether a job writes files.
pub(super) fn has_files(job: &Job) -> bool {
    let step = job.step.kind.crm();
    step.is_some_and(|step| step.planned_files().next().is_some())
}

impl Pipeline {
    /// Delivers jobs with files, one after the other.
    pub(super) async fn each_with_files(
        &self,
        client: &dyn DestinationClient,
        jobs: Vec<(Task, Job)>,
    ) -> Vec<(Lease, Attempt)> {
        let mut attempts = Vec::with_capacity(jobs.len());
        for (task, mut job) in jobs {
            let lease = task.lease;
            let Some(raw) = self.body(job.id).await else {
                attempts.push((lease, fault(lease)));
                continue;
            };
            if let Some(step) = job.step.kind.crm() {
                let stored = (&task.source, &raw);
                job.files = attached_files(step, stored, &self.sources, &self.file_rules);
                let has_links = step.planned_files().any(|file| file.is_link);
                if has_links && self.fetcher.is_some() {
                    self.add_fetched(&mut job).await;
                }
            }
            drop(raw);
            attempts.extend(self.together(client, vec![task], vec![job]).await);
        }
        attempts
    }

    /// Adds the files behind links, and why the others are not there.
    async fn add_fetched(&self, job: &mut Job) {
        let fetched = self.inbox.fetched_files(job.id).await.unwrap_or_default();
        let Some(step) = job.step.kind.crm() else {
            return;
        };
        for file in step.planned_files().filter(|file| file.is_link) {
            let content = if fetched.has(&file.place) {
                fetched.get(&file.place).cloned()
            } else {
                Err(FileFault::NotFetched)
            };
            job.files.insert(&file.place, content);
        }
    }

    /// Returns the stored body. Tries again as long as the store does not answer.
    async fn body(&self, id: SubmissionId) -> Option<bytes::Bytes> {
        loop {
            match self.inbox.body(id).await {
                Ok(raw) => return Some(raw),
                Err(error) if error.is_passing() => {
                    tracing::warn!(error = %error, "a body cannot be read; trying again");
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
                Err(error) => {
                    tracing::error!(error = %error, "a body cannot be read");
                    return None;
                }
            }
        }
    }
}
