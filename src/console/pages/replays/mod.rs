//! Replays of many submissions: the dry run, the confirmation, the progress, the outcomes.

mod change;
mod compare;
mod examples;
mod list;
mod one;

use crate::console::reply::{Answer, Trouble};
use crate::console::visit::Visit;
use crate::domain::{Bilingual, bilingual, plural};

/// Answers the requests of this section.
pub(in crate::console) async fn answer(
    visit: &Visit<'_>,
    rest: &[&str],
) -> Result<Answer, Trouble> {
    if rest.is_empty() && visit.is_post() {
        return change::make(visit).await;
    }
    let number = |text: &str| text.parse::<i64>().map_err(|_| Trouble::NotFound);
    match rest {
        [] => list::page(visit).await,
        [id] => one::page(visit, number(id)?).await,
        [id, "examples"] => examples::page(visit, number(id)?).await,
        [id, "compare"] => compare::page(visit, number(id)?).await,
        [id, "confirm"] => change::confirm(visit, number(id)?).await,
        [id, "stop"] => change::stop(visit, number(id)?).await,
        _ => Err(Trouble::NotFound),
    }
}

/// Returns a number of submissions in words.
pub(in crate::console) fn submissions(visit: &Visit<'_>, count: u64) -> String {
    counted(count).pick(visit.lang)
}

fn counted(count: u64) -> Bilingual {
    let en = plural::english(count, ["submission", "submissions"]);
    let ru = plural::russian(count, ["обращение", "обращения", "обращений"]);
    bilingual!("{count} {en}", "{count} {ru}")
}
