//! Portals and services: whether each destination works, its limits and queue, what disagrees with a
//! portal, and pauses by hand.

mod change;
mod gauge;
pub(super) mod limits;
mod list;
mod one;
pub(super) mod status;

use percent_encoding::percent_decode_str;

use crate::console::reply::{Answer, Trouble};
use crate::console::visit::Visit;
use crate::domain::{Destination, Role};
use crate::pipeline::DestinationState;

/// Answers the requests of this section.
pub(in crate::console) async fn answer(
    visit: &Visit<'_>,
    rest: &[&str],
) -> Result<Answer, Trouble> {
    match rest {
        [] if visit.wants_fragment() => list::table(visit).await.map(Answer::Fragment),
        [] => list::page(visit).await,
        [name] => {
            let state = state(visit, name)?;
            if visit.wants_fragment() {
                return one::part(visit, &state).await.map(Answer::Fragment);
            }
            one::page(visit, &state).await
        }
        [
            name,
            action @ ("check" | "probe" | "pause" | "resume" | "dictionaries"),
        ] => {
            if !visit.is_post() {
                return Err(Trouble::Method);
            }
            visit.need(Role::Operator)?;
            change::answer(visit, &state(visit, name)?, action).await
        }
        _ => Err(Trouble::NotFound),
    }
}

/// Returns what is known about a destination: `crm:main`, or `main` for a connection to the CRM.
fn state(visit: &Visit<'_>, name: &str) -> Result<DestinationState, Trouble> {
    let name = percent_decode_str(name).decode_utf8_lossy();
    let wanted = Destination::parse(&name).unwrap_or_else(|| Destination::crm(&name));
    let states = visit.parts().destinations.states(visit.now);
    let mut states = states.into_iter();
    states
        .find(|state| state.destination == wanted)
        .ok_or(Trouble::NotFound)
}
