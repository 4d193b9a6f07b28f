//! History: the list of submissions, and the page of one. The filter of the list is in its address;
//! searched text is not, because it may be a person's.

mod actions;
mod editions;
mod exchange;
mod filter;
mod find;
pub(in crate::console::pages) mod list;
pub(in crate::console::pages) mod one;
mod packet;
mod plan;

use crate::console::reply::{Answer, Trouble};
use crate::console::visit::Visit;

/// Answers the requests of this section.
pub(in crate::console) async fn answer(
    visit: &Visit<'_>,
    rest: &[&str],
) -> Result<Answer, Trouble> {
    match rest {
        [] => list::page(visit).await,
        ["new"] => list::arrived(visit).await,
        ["erase"] => actions::erase(visit).await,
        [name, "row"] => list::row(visit, name).await,
        [name, "packet"] => packet::download(visit, name).await,
        [name, "replay"] => actions::replay(visit, name).await,
        // the identity of an answer: polls/123/345, or 123/345
        parts => one::page(visit, &parts.join("/")).await,
    }
}
