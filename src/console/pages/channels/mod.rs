//! Site integration: the incoming channels with their addresses, and a short form that makes one. It
//! has the settings of a universal incoming channel in their usual words, and writes a profile. The
//! editor of profiles opens it afterwards.

mod create;
mod form;
mod list;
mod portal;
mod typed;
mod write;

use crate::console::reply::{Answer, Trouble};
use crate::console::visit::Visit;
use crate::domain::Role;

/// Answers the requests of this section.
pub(in crate::console) async fn answer(
    visit: &Visit<'_>,
    rest: &[&str],
) -> Result<Answer, Trouble> {
    match rest {
        [] => list::page(visit).await,
        ["new"] => {
            visit.need(Role::Author)?;
            if visit.is_post() {
                create::answer(visit).await
            } else {
                form::page(visit, &typed::NewChannel::preset(visit), &[]).await
            }
        }
        _ => Err(Trouble::NotFound),
    }
}
