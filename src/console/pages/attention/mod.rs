//! What waits for a person: destinations that do not work, parked submissions by reason, and captured
//! ones by address.

mod dismiss;
mod groups;
mod portals;

use maud::{Markup, html};

use crate::console::PATH;
use crate::console::reply::{Answer, Page, Section, Trouble};
use crate::console::visit::Visit;
use crate::pipeline::DestinationState;
use crate::store::{CapturedGroup, ParkedSubject};

/// Groups on the page; the others are counted.
const SHOWN: usize = 100;

/// Answers the requests of this section.
pub(in crate::console) async fn answer(
    visit: &Visit<'_>,
    rest: &[&str],
) -> Result<Answer, Trouble> {
    match rest {
        [] => page(visit).await,
        ["dismissing"] => dismiss::ask(visit),
        ["dismiss"] => dismiss::carry_out(visit).await,
        _ => Err(Trouble::NotFound),
    }
}

async fn page(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let store = &visit.parts().store;
    let parked = store.parked_subjects().await?;
    let captured = store.captured_groups().await?;
    let waiting = store.waiting_by_destination().await?;
    let states = visit.parts().destinations.states(visit.now);
    let stopped: Vec<_> = states.iter().filter(|state| is_stopped(state)).collect();
    let t = |en, ru| visit.t(en, ru);
    let body = html! {
        p.actions {
            a href={ (PATH) "/replays" } { (t("Replays", "Повторы")) }
            a href={ (PATH) "/alerts" } { (t("Alerts", "Оповещения")) }
        }
        div id="attention" hx-get={ (PATH) "/attention" } hx-trigger="history from:body delay:500ms, profiles from:body, portals from:body"
            hx-select="#attention" hx-swap="outerHTML" {
            @if !stopped.is_empty() {
                h2 { (t("Portals and services that do not work", "Порталы и сервисы, которые не работают")) }
                @for state in &stopped { (portals::stopped(visit, state, &waiting)) }
            }
            @if parked.is_empty() && captured.is_empty() && stopped.is_empty() {
                p.empty {
                    (t("Nothing waits for you. What a profile cannot deliver, and what no profile takes yet, appears here.",
                       "Ничего не ждёт вашего решения. Здесь появится то, что профиль не смог доставить, и то, чего пока не берёт ни один профиль."))
                }
            }
            @if !parked.is_empty() { (parked_part(visit, &parked)) }
            @if !captured.is_empty() { (captured_part(visit, &captured)) }
        }
    };
    Ok(Answer::Page(Page {
        title: t("Attention", "Внимание").to_owned(),
        section: Section::Attention,
        body,
    }))
}

/// Returns whether nothing is delivered to a destination.
fn is_stopped(state: &DestinationState) -> bool {
    state.outage.is_some() || state.by_hand.is_some()
}

fn parked_part(visit: &Visit<'_>, parked: &[ParkedSubject]) -> Markup {
    html! {
        h2 { (visit.t("Parked", "Отложенные")) }
        @for (at, group) in parked.iter().take(SHOWN).enumerate() {
            // the overview leads to the first group of a reason
            @if !parked.iter().take(at).any(|earlier| earlier.reason == group.reason) {
                span id=(group.reason) {}
            }
            (groups::parked(visit, group))
        }
        (beyond(visit, parked.len()))
    }
}

fn captured_part(visit: &Visit<'_>, captured: &[CapturedGroup]) -> Markup {
    html! {
        h2 id="captured" { (visit.t("Waiting for a profile", "Ждут профиля")) }
        @for group in captured.iter().take(SHOWN) { (groups::captured(visit, group)) }
        (beyond(visit, captured.len()))
    }
}

fn beyond(visit: &Visit<'_>, count: usize) -> Markup {
    html! {
        @if count > SHOWN {
            p.hint { (visit.t("More groups: ", "Ещё групп: ")) (count - SHOWN) }
        }
    }
}
