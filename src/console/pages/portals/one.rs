//! A destination: its state, limits and queue, and of a portal what the profiles disagree with.

use std::time::Duration;

use maud::{Markup, html};

use super::limits::{connection, limits};
use super::status::{address, badge, host, kind, why};
use crate::authoring::Problem;
use crate::console::PATH;
use crate::console::layout::{moment, token_field};
use crate::console::reply::{Answer, Page, Section, Trouble};
use crate::console::request::encoded;
use crate::console::visit::Visit;
use crate::crm::{ApplicationState, Connection, Dictionaries};
use crate::domain::{Destination, Role, bilingual, plural};
use crate::live::LastCheck;
use crate::pipeline::DestinationState;

/// The methods whose running time is shown.
const METHODS: usize = 5;

pub(super) async fn page(visit: &Visit<'_>, state: &DestinationState) -> Result<Answer, Trouble> {
    let destination = &state.destination;
    let part = part(visit, state).await?;
    let connection = connection(visit, destination);
    let body = html! {
        p { a href={ (PATH) "/portals" } { (visit.t("All portals and services", "Все порталы и сервисы")) } }
        p.hint { (kind(visit, destination)) @if let Some(host) = host(visit, destination) { " · " (host) } }
        (part)
        (orders(visit, state))
        @if let Some(connection) = connection {
            (of_portal(visit, destination, connection))
        }
    };
    Ok(Answer::Page(Page {
        title: destination.to_string(),
        section: Section::Portals,
        body,
    }))
}

/// The part of the page that loads itself again.
pub(super) async fn part(visit: &Visit<'_>, state: &DestinationState) -> Result<Markup, Trouble> {
    let parts = visit.parts();
    let counts = parts.store.waiting_by_destination().await?;
    let waiting = parts.destinations.waiting(&counts, &state.destination);
    let en = plural::english(waiting, ["submission waits", "submissions wait"]);
    let ru = plural::russian(
        waiting,
        ["обращение ждёт", "обращения ждут", "обращений ждут"],
    );
    let queue = bilingual!("{waiting} {en} for it", "{waiting} {ru} доставки");
    Ok(html! {
        div id="state" hx-get=(address(&state.destination)) hx-swap="outerHTML"
            hx-trigger="portals from:body, history from:body delay:2s" {
            p { (badge(visit, state)) }
            (why(visit, state))
            @if let Some(outage) = &state.outage {
                p { strong { (visit.t("What to do: ", "Что делать: ")) } (outage.advice().pick(visit.lang)) }
            }
            p { (queue.in_lang(visit.lang)) }
            (limits(visit, state, METHODS))
        }
    })
}

/// The buttons of those who may press them.
fn orders(visit: &Visit<'_>, state: &DestinationState) -> Markup {
    if visit.user.role < Role::Operator {
        return html! {};
    }
    let address = address(&state.destination);
    let name = &state.destination;
    html! {
        div.actions {
            @if state.by_hand.is_some() {
                form method="post" action={ (address) "/resume" } {
                    (token_field(visit))
                    button { (visit.t("Resume delivery to ", "Возобновить доставку в ")) (name) }
                }
            } @else {
                form.filters method="post" action={ (address) "/pause" } hx-boost="true" {
                    (token_field(visit))
                    label { (visit.t("Why (for the others)", "Почему (для коллег)"))
                        input name="note" maxlength="200" autocomplete="off"; }
                    button.second { (visit.t("Pause delivery to ", "Приостановить доставку в ")) (name) }
                }
            }
            @if state.outage.is_some() {
                form method="post" action={ (address) "/probe" } {
                    (token_field(visit))
                    button.second { (visit.t("Probe now", "Проверить сейчас")) }
                }
            }
        }
    }
}

fn of_portal(visit: &Visit<'_>, destination: &Destination, connection: &Connection) -> Markup {
    let check = visit.parts().checks.of(destination.name());
    let known = connection.watch_dictionaries().borrow().clone();
    let may = visit.user.role >= Role::Operator;
    let address = address(destination);
    html! {
        h2 { (visit.t("Profiles against the portal", "Профили и портал")) }
        (problems(visit, &check))
        @if may {
            form method="post" action={ (address) "/check" } {
                (token_field(visit))
                button.second { (visit.t("Check profiles and access now", "Проверить профили и доступ сейчас")) }
            }
        }
        h2 { @if connection.application().is_some() { (visit.t("Application", "Приложение")) } @else { (visit.t("Webhook", "Вебхук")) } }
        (webhook(visit, &check, connection))
        h2 { (visit.t("Fields, lists and stages", "Поля, списки и стадии")) }
        @match &known {
            Some(known) => (dictionaries(visit, known, connection.dictionary_age())),
            None => p.hint { (visit.t("Not read yet.", "Ещё не прочитаны.")) },
        }
        @if may {
            form method="post" action={ (address) "/dictionaries" } {
                (token_field(visit))
                button.second { (visit.t("Read them again now", "Прочитать заново сейчас")) }
            }
        }
    }
}

fn problems(visit: &Visit<'_>, check: &LastCheck) -> Markup {
    let Some((at, problems)) = &check.profiles else {
        return html! { p.hint { (visit.t("Not checked since the start.", "После запуска ещё не проверялись.")) } };
    };
    html! {
        p.hint { (visit.t("Checked: ", "Проверено: ")) (moment(visit, *at)) }
        @if problems.is_empty() {
            p.good { (visit.t("Everything that the profiles name exists on the portal.",
                              "Всё, что называют профили, на портале есть.")) }
        } @else {
            div.table { table {
                thead { tr {
                    th { (visit.t("Where", "Где")) }
                    th { (visit.t("What", "Что")) }
                } }
                tbody { @for problem in problems {
                    tr {
                        td { a href=(editor(problem)) { (problem.file) ":" (problem.line) } }
                        td { (problem.message.in_lang(visit.lang))
                            @let advice = problem.advice.in_lang(visit.lang);
                            @if !advice.is_empty() { br; span.hint { (advice) } } }
                    }
                } }
            } }
        }
    }
}

fn editor(problem: &Problem) -> String {
    let file = encoded(&problem.file);
    format!("{PATH}/profiles/{file}?mode=yaml&line={}", problem.line)
}

fn webhook(visit: &Visit<'_>, check: &LastCheck, connection: &Connection) -> Markup {
    html! {
        p { code { (connection.masked_address()) } }
        @if let Some(application) = connection.application()
            && let ApplicationState::Broken(failure, since) = application.state() {
            p.problem { (failure.text().in_lang(visit.lang)) }
            p.hint { (visit.t("Since: ", "С: ")) (moment(visit, since)) }
        }
        @match &check.portal {
            None => p.hint { (visit.t("Press “check” to see its scopes.", "Нажмите «Проверить», чтобы увидеть его права.")) },
            Some((at, Ok(info))) => {
                p { (visit.t("Scopes: ", "Права: ")) (info.scopes.join(", ")) }
                @if !info.admin {
                    p.hint { (visit.t("Its owner is no administrator of the portal, and sees only what that employee may see.",
                                      "Его владелец — не администратор портала и видит только то, что разрешено этому сотруднику.")) }
                }
                p.hint { (visit.t("Checked: ", "Проверено: ")) (moment(visit, *at)) }
            }
            Some((at, Err(error))) => {
                p.problem { (error.to_text(visit.lang)) }
                p.hint { (visit.t("Checked: ", "Проверено: ")) (moment(visit, *at)) }
            }
        }
    }
}

fn dictionaries(visit: &Visit<'_>, known: &Dictionaries, age: Duration) -> Markup {
    let hours = age.as_secs() / 3600;
    let rows = [
        (
            visit.t("Fields of contacts", "Поля контактов"),
            known.contact.len(),
        ),
        (
            visit.t("Fields of companies", "Поля компаний"),
            known.company.len(),
        ),
        (visit.t("Fields of deals", "Поля сделок"), known.deal.len()),
        (visit.t("Fields of leads", "Поля лидов"), known.lead.len()),
        (
            visit.t("Pipelines of deals", "Воронки сделок"),
            known.pipelines.len(),
        ),
        (visit.t("Lists", "Справочники"), known.lists.len()),
        (visit.t("Currencies", "Валюты"), known.currencies.len()),
    ];
    html! {
        p.hint { (visit.t("Read: ", "Прочитаны: ")) (moment(visit, known.read_at)) ". "
            (bilingual!("Kept for {hours} h.", "Хранятся {hours} ч.").pick(visit.lang)) }
        div.table { table { tbody { @for (name, count) in rows {
            tr { th scope="row" { (name) } td.number { (count) } }
        } } } }
    }
}
