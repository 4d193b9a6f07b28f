//! How everything is: what waits for a person, destinations, profiles, open alerts.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::web;
use maud::{Markup, html};

use crate::alerts::{AlertKind, OpenAlert, open_alerts};
use crate::authoring::{Code, Problem};
use crate::console::PATH;
use crate::console::layout::moment;
use crate::console::pages::portals::limits::limits;
use crate::console::pages::portals::status::{address, badge};
use crate::console::reply::Trouble;
use crate::console::visit::Visit;
use crate::domain::{ParkReason, State};
use crate::journal::state_texts;
use crate::store::StoreError;

/// Profiles that a card names.
const NAMED: usize = 8;

/// What waits for a person: parked by reason, captured, and what is under way.
pub(super) async fn waiting(visit: &Visit<'_>) -> Result<Markup, Trouble> {
    let counts = visit.parts().inbox.counts().await?;
    let of = |state: State| counts.get(&state).copied().unwrap_or(0);
    let mut reasons: BTreeMap<&str, (ParkReason, u64)> = BTreeMap::new();
    for group in visit.parts().store.parked_groups().await? {
        let sum = reasons.entry(group.reason.as_str());
        sum.or_insert((group.reason, 0)).1 += group.count;
    }
    let t = |en, ru| visit.t(en, ru);
    let under_way = of(State::Queued) + of(State::Leased) + of(State::Waiting);
    let captured = of(State::Captured);
    Ok(html! {
        section.card {
            h2 { (t("Waits for a person", "Ждёт человека")) }
            @if reasons.is_empty() && captured == 0 {
                p.good { (t("Nothing waits for you.", "Вас ничего не ждёт.")) }
            }
            ul.plain {
                @for (reason, count) in reasons.values() {
                    li { a href={ (PATH) "/attention#" (reason) } { strong { (count) } " · "
                        (state_texts::parked(*reason, visit.lang).0) } }
                }
                @if captured > 0 {
                    li { a href={ (PATH) "/attention#captured" } { strong { (captured) } " · "
                        (t("no profile takes it yet", "профиля для этого ещё нет")) } }
                }
            }
            p.hint { a href={ (PATH) "/history" } { (t("under way: ", "в пути: ")) (under_way) } }
        }
    })
}

/// The destinations with their state.
pub(super) fn destinations(visit: &Visit<'_>) -> Markup {
    let states = visit.parts().destinations.states(visit.now);
    html! {
        section.card {
            h2 { (visit.t("Portals and services", "Порталы и сервисы")) }
            ul.plain { @for state in &states {
                li { a href=(address(&state.destination)) { (state.destination) } " " (badge(visit, state))
                    (limits(visit, state, 1)) }
            } }
        }
    }
}

/// The profiles, and those whose file has a mistake.
pub(super) async fn profiles(visit: &Visit<'_>) -> Result<Markup, Trouble> {
    let store = visit.parts().profiles.clone();
    let files = web::block(move || store.files()).await;
    let files = files.map_err(|_| StoreError::Closed)?;
    let current = visit.parts().profiles.current();
    let all = current.profiles();
    let outdated: Vec<&str> = all
        .iter()
        .filter(|profile| current.is_outdated(profile))
        .map(|profile| profile.file())
        .collect();
    // a warning that something cannot be read means a channel that refuses everything
    let is_wrong = |problem: &Problem| problem.is_error() || problem.code == Code::Unreadable;
    let wrong: Vec<&str> = files
        .iter()
        .filter(|file| file.problems.iter().any(is_wrong))
        .map(|file| file.name.as_str())
        .filter(|name| !outdated.contains(name))
        .collect();
    let unlike = unlike_portals(visit);
    let unlike: Vec<&str> = unlike.iter().map(String::as_str).collect();
    let t = |en, ru| visit.t(en, ru);
    Ok(html! {
        section.card {
            h2 { (t("Profiles", "Профили")) }
            @if all.is_empty() {
                p.warn { (t("There is no profile: nothing is delivered.", "Профилей нет: ничего не доставляется.")) }
            } @else if outdated.is_empty() && wrong.is_empty() && unlike.is_empty() {
                p.good { (t("All work: ", "Все работают: ")) (all.len()) }
            }
            @if !outdated.is_empty() {
                p.warn { (t("The file has a mistake, an older edition works:",
                            "В файле ошибка, работает прежняя редакция:")) }
                (files_list(visit, &outdated))
            }
            @if !wrong.is_empty() {
                p.warn { (t("The file has a problem:", "В файле проблема:")) }
                (files_list(visit, &wrong))
            }
            @if !unlike.is_empty() {
                p.warn { (t("Names what the portal does not have:", "Называет то, чего нет на портале:")) }
                (files_list(visit, &unlike))
            }
            p.hint { a href={ (PATH) "/profiles" } { (t("All profiles", "Все профили")) } }
        }
    })
}

/// Returns the files of profiles that disagree with their portals, by the last checks.
fn unlike_portals(visit: &Visit<'_>) -> BTreeSet<String> {
    let parts = visit.parts();
    let checks = parts.connections.keys();
    let checks = checks.filter_map(|name| parts.checks.of(name).profiles);
    let problems = checks.flat_map(|(_, problems)| problems);
    problems.map(|problem| problem.file.to_string()).collect()
}

fn files_list(visit: &Visit<'_>, files: &[&str]) -> Markup {
    html! {
        ul.plain { @for file in files.iter().take(NAMED) {
            li { a href={ (PATH) "/profiles/" (file) } { (file) } }
        }
        @if files.len() > NAMED { li { (visit.t("and others: ", "и ещё: ")) (files.len() - NAMED) } } }
    }
}

/// The open alerts but for what other cards show: silent sources, the disk, the backlog, and more.
/// They are found also if nobody is to be told.
pub(super) async fn alerts(visit: &Visit<'_>) -> Result<Markup, Trouble> {
    let parts = visit.parts();
    let words = (parts.sources.clone(), visit.lang);
    let open = open_alerts(&parts.store, &parts.settings.alerts, words).await?;
    let others = open.iter().filter(|alert| alert.kind != AlertKind::Parked);
    let others: Vec<&OpenAlert> = others.collect();
    Ok(html! {
        @if !others.is_empty() {
            section.card {
                h2 { (visit.t("Alerts", "Оповещения")) }
                ul.plain { @for alert in others {
                    li { strong.warn { (alert.text) }
                        @if let Some(since) = alert.since { " · " (visit.t("since ", "с ")) (moment(visit, since)) }
                        div.hint { (alert.advice) }
                    }
                } }
            }
        }
    })
}
