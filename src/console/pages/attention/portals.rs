//! A destination to which nothing is delivered.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::console::layout::token_field;
use crate::console::pages::portals::status::{address, badge, why};
use crate::console::pages::replays::submissions;
use crate::console::visit::Visit;
use crate::domain::{Role, bilingual};
use crate::pipeline::DestinationState;

/// Shows since when and why nothing is delivered, what waits, when it is probed, and what to do.
pub(super) fn stopped(
    visit: &Visit<'_>,
    state: &DestinationState,
    waiting: &BTreeMap<String, u64>,
) -> Markup {
    let t = |en, ru| visit.t(en, ru);
    let address = address(&state.destination);
    let count = visit
        .parts()
        .destinations
        .waiting(waiting, &state.destination);
    let waiting = submissions(visit, count);
    let waiting = bilingual!("Waiting for it: {waiting}.", "Ждут доставки: {waiting}.");
    html! {
        article.card {
            h3 { a href=(address) { (state.destination) } " " (badge(visit, state)) }
            (why(visit, state))
            p { (waiting.pick(visit.lang)) }
            p { strong { (t("What to do: ", "Что делать: ")) } (advice(visit, state)) }
            div.actions {
                a.button.second href=(address) { (t("Open its page", "Открыть страницу")) }
                @if visit.user.role >= Role::Operator && state.by_hand.is_some() {
                    form method="post" action={ (address) "/resume" } {
                        (token_field(visit))
                        button { (t("Resume delivery to ", "Возобновить доставку в ")) (state.destination) }
                    }
                }
                @if visit.user.role >= Role::Operator && state.outage.is_some() {
                    form method="post" action={ (address) "/probe" } {
                        (token_field(visit))
                        button.second { (t("Probe now", "Проверить сейчас")) }
                    }
                }
            }
        }
    }
}

fn advice<'v>(visit: &'v Visit<'_>, state: &DestinationState) -> &'v str {
    match (&state.by_hand, &state.outage) {
        (Some(_), _) => visit.t(
            "Resume the delivery when the reason is gone.",
            "Возобновите доставку, когда причина устранена.",
        ),
        (None, Some(outage)) => outage.advice().pick(visit.lang),
        (None, None) => "",
    }
}
