//! Submissions with files are delivered one by one, each with its files only while it is delivered:
//! a full in-flight set of them would not fit into memory.

use std::time::Duration;

use bytes::Bytes;

use crate::delivery::{DestinationClient, Job};
use crate::domain::PlannedFile;
use crate::domain::file::{AttachedFiles, FileFault, LinkedFile};
use crate::inbox::StoreError;
use crate::mapping::{attached_files, linked_files};

use super::Pipeline;
use super::attempt::{Task, fault};
use super::batch::Ended;
use super::claims::BatchClaims;

/// How long to wait for a store that does not answer.
const PAUSE: Duration = Duration::from_millis(500);

/// Returns whether a job writes or sends files.
pub(super) fn has_files(job: &Job) -> bool {
    !job.step.kind.planned_files().is_empty()
}

impl Pipeline {
    /// Delivers a job with its files.
    pub(super) async fn with_files(
        &self,
        client: &dyn DestinationClient,
        claims: &BatchClaims,
        (task, mut job): (Task, Job),
    ) -> Vec<Ended> {
        let lease = task.lease;
        let (inbox, id) = (&self.inbox, job.id);
        let Some(raw) = stored("a body", || inbox.body(id)).await else {
            return vec![Ended::Settled(lease, Box::new(fault(lease)))];
        };
        let (planned, body) = (job.step.kind.planned_files(), (&task.source, &raw));
        job.files = attached_files(&planned, body, &self.sources, &self.file_rules);
        if planned.iter().any(|file| file.is_link) {
            let fetched = stored("fetched files", || inbox.fetched_files(id)).await;
            let Some(fetched) = fetched else {
                return vec![Ended::Settled(lease, Box::new(fault(lease)))];
            };
            let links = linked_files(&planned, body, &self.sources);
            for (place, content) in self.fetched(&planned, &links, &fetched) {
                job.files.insert(&place, content);
            }
        }
        drop(raw);
        self.together(client, claims, vec![(task, job)]).await
    }

    /// Returns the places of the files behind links with their contents, or why there are none.
    fn fetched(
        &self,
        planned: &[&PlannedFile],
        links: &[LinkedFile],
        fetched: &AttachedFiles,
    ) -> Vec<(String, Result<Bytes, FileFault>)> {
        let linked = planned.iter().filter(|file| file.is_link);
        let found = linked.map(|file| {
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
            (file.place.clone(), content)
        });
        found.collect()
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
