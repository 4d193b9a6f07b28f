//! All destinations.

use maud::{Markup, html};

use super::status::{address, badge, host, kind, why};
use crate::console::PATH;
use crate::console::reply::{Answer, Page, Section, Trouble};
use crate::console::visit::Visit;

pub(super) async fn page(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    let part = table(visit).await?;
    let body = html! {
        p.hint { (visit.t("Where submissions are delivered to. What does not work is probed until it works; what you pause waits for you.",
                          "Куда доставляются обращения. Что не работает, проверяется, пока не заработает; что вы приостановили, ждёт вас.")) }
        (part)
    };
    Ok(Answer::Page(Page {
        title: visit
            .t("Portals and services", "Порталы и сервисы")
            .to_owned(),
        section: Section::Portals,
        body,
    }))
}

/// The part of the page that loads itself again.
pub(super) async fn table(visit: &Visit<'_>) -> Result<Markup, Trouble> {
    let parts = visit.parts();
    let counts = parts.store.waiting_by_destination().await?;
    let states = parts.destinations.states(visit.now);
    Ok(html! {
        div id="destinations" hx-get={ (PATH) "/portals" } hx-swap="outerHTML"
            hx-trigger="portals from:body, history from:body delay:2s" {
            @if states.is_empty() {
                p.empty { (visit.t("There is no portal. Set crm.main.webhook, or start without it to use the sandbox.",
                                   "Порталов нет. Задайте crm.main.webhook или запустите без него, чтобы работала песочница.")) }
            } @else {
                div.table { table {
                    thead { tr {
                        th { (visit.t("Name", "Имя")) }
                        th { (visit.t("What it is", "Что это")) }
                        th { (visit.t("State", "Состояние")) }
                        th.number { (visit.t("Waiting", "Ждут")) }
                    } }
                    tbody { @for state in &states {
                        tr {
                            td { a href=(address(&state.destination)) { (state.destination) } }
                            td { (kind(visit, &state.destination))
                                @if let Some(host) = host(visit, &state.destination) { br; span.hint { (host) } } }
                            td { (badge(visit, state)) (why(visit, state)) }
                            td.number { (parts.destinations.waiting(&counts, &state.destination)) }
                        }
                    } }
                } }
            }
        }
    })
}
