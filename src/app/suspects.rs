//! What the program may have died of the last time.

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};

use crate::config::Settings;
use crate::inbox::{Inbox, Workers};

/// In the data folder: for which submissions the gateway computes at this moment.
const AT_WORK_FILE: &str = "leadgate.at-work";
/// So long after the start suspects are tried. Whoever kills the program at every start does not hit them, and
/// everything else is delivered first.
const PAUSE: SignedDuration = SignedDuration::from_secs(5);

/// Counts the end of the last run against the submissions for which it computed then, and parks the one
/// that ends the program again and again.
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
