//! Finds the submissions that may have crashed the last run.

use jiff::{SignedDuration, Timestamp};

use crate::config::Settings;
use crate::domain::{BilingualError, bilingual, failed};
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
    let trouble = |error: std::io::Error| {
        let path = path.display();
        let text = bilingual!("cannot write {path}", "не удаётся записать {path}");
        BilingualError::because(text, error)
    };
    let (workers, left) = Workers::open(&path).map_err(trouble)?;
    let limit = settings.delivery.crash_limit;
    for ids in left.into_iter().filter(|ids| !ids.is_empty()) {
        let (first, count) = (ids.first().map(ToString::to_string), ids.len());
        let first = first.unwrap_or_default();
        let parked = inbox.blame(ids, limit, now);
        if parked
            .await
            .map_err(failed("the inbox cannot be read", "очередь не читается"))?
        {
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
    suspects.map_err(failed("the inbox cannot be read", "очередь не читается"))?;
    workers.clear().map_err(trouble)?;
    Ok(workers)
}
