//! Finds the submissions that may have crashed the last run.

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};

use crate::config::Settings;
use crate::inbox::{Inbox, Workers};

/// The file in the data folder that names the submissions in work at the moment.
const AT_WORK_FILE: &str = "leadgate.at-work";
/// The delay after the start before suspects are tried. Everything else is delivered first, and a
/// program that is killed soon after every start does not count against them.
const PAUSE: SignedDuration = SignedDuration::from_secs(5);

/// Counts a crash against each submission that was in work then, and parks a submission that
/// crashes the program repeatedly.
pub(super) async fn blame(
    settings: &Settings,
    inbox: &Inbox,
    now: Timestamp,
) -> anyhow::Result<Workers> {
    let path = settings.data.dir.join(AT_WORK_FILE);
    let trouble = || format!("cannot write {}", path.display());
    let (workers, left) = Workers::open(&path).with_context(trouble)?;
    let limit = settings.delivery.crash_limit;
    for ids in left.into_iter().filter(|ids| !ids.is_empty()) {
        let (first, count) = (ids.first().map(ToString::to_string), ids.len());
        let first = first.unwrap_or_default();
        let parked = inbox.blame(ids, limit, now);
        if parked.await.context("the inbox cannot be read")? {
            tracing::error!(
                submission.id = first,
                "submission {first} parked: the program ended {limit} times in a row while it worked on it; \
                 see `leadgate journal show {first}`"
            );
        } else {
            tracing::warn!(
                count,
                "the program ended while it worked on {count} submissions, {first} among them: they are \
                 tried one by one"
            );
        }
    }
    let until = now.checked_add(PAUSE).unwrap_or(now);
    let suspects = inbox.put_off_suspects(until).await;
    suspects.context("the inbox cannot be read")?;
    workers.clear().with_context(trouble)?;
    Ok(workers)
}
