//! The page of a submission: what came, what the profile made of it, what was sent where, and why it
//! ended as it did.

use maud::{Markup, html};

use super::editions::Editions;
use super::list::{links, state};
use super::{actions, exchange, find, packet, plan};
use crate::console::layout::moment;
use crate::console::pages::portals::status::address;
use crate::console::reply::{Answer, Page, Section, Trouble};
use crate::console::visit::Visit;
use crate::console::{PATH, mask};
use crate::domain::{Destination, Event, Explanation, LoggedStep, bilingual, plural};
use crate::journal::explain::{self, ExplainedAttempt, ExplainedStep};
use crate::journal::{Call, Entry, History, Logged, state_texts};

/// Shows the page.
pub(super) async fn page(visit: &Visit<'_>, name: &str) -> Result<Answer, Trouble> {
    let history = find::one(visit, name).await?;
    let editions = &Editions::of(visit, &history).await?;
    let id = history.entry.id.short();
    let t = |en, ru| visit.t(en, ru);
    let trigger = "history from:body delay:500ms, portals from:body";
    let is_open = history.entry.state.is_under_way();
    let address = format!("{PATH}/history/{}", history.entry.id);
    let body = html! {
        div id="submission" hx-get=[is_open.then_some(&address)] hx-trigger=[is_open.then_some(trigger)]
            hx-select=[is_open.then_some("#submission")] hx-swap=[is_open.then_some("outerHTML")] {
            section.card { (head(visit, &history, editions)) (conclusion(visit, &history.entry)) (held(visit, &history)) }
            (actions::buttons(visit, &history))
            h2 { (t("What came", "Что пришло")) }
            (packet::show(visit, &history))
            @if let Some(planned) = planned(&history) { (plan::show(visit, &history, planned)) }
            (steps(visit, &history))
            h2 { (t("What happened", "Что происходило")) }
            (story(visit, &history, editions))
        }
    };
    Ok(Answer::Page(Page {
        title: bilingual!("Submission {id}", "Обращение {id}").pick(visit.lang),
        section: Section::History,
        body,
    }))
}

/// Returns the latest plan, also if it was shortened for the journal.
fn planned(history: &History) -> Option<&crate::domain::Plan> {
    let mut events = history.events.iter().rev();
    events.find_map(|logged| match &logged.event {
        Event::Planned(planned) => Some(&planned.plan),
        _ => None,
    })
}

fn head(visit: &Visit<'_>, history: &History, editions: &Editions) -> Markup {
    let entry = &history.entry;
    let t = |en, ru| visit.t(en, ru);
    let profile = planned(history).map(|plan| &plan.profile);
    let mut crm = history.steps.iter().map(|step| &step.outcome.destination);
    let crm = crm.rfind(|destination| destination.kind() == Destination::CRM);
    html! {
        dl.facts {
            dt { (t("State", "Состояние")) } dd { (state(visit, entry)) }
            dt { (t("From", "Откуда")) }
            dd {
                (visit.parts().sources.full_label(&entry.source, visit.lang))
                @if entry.source.is_trial() { " · " (t("test", "проба")) }
            }
            dt { (t("Received", "Получено")) } dd { (moment(visit, entry.received_at)) }
            @if let Some(person) = &entry.person {
                dt { (t("Person", "Человек")) } dd { (mask::masked(visit, person.as_str())) }
            }
            @if let Some(profile) = profile {
                dt { (t("Profile", "Профиль")) } dd { (editions.show(visit, profile)) }
            } @else if let Some(profile) = &entry.profile {
                dt { (t("Profile", "Профиль")) }
                dd { a href={ (PATH) "/profiles/" (profile) } { (profile) } }
            }
            @if entry.contact.is_some() || entry.record.is_some() {
                dt { (t("In Bitrix24", "В Битрикс24")) }
                dd { (links(visit, entry, crm.map(Destination::name))) }
            }
            @if entry.repeats > 0 {
                dt { (t("Sent again", "Прислано ещё")) } dd { (times(visit, entry.repeats)) }
            }
            @if let Some(due) = entry.due_at {
                dt { (t("Next attempt", "Следующая попытка")) } dd { (moment(visit, due)) }
            }
            dt { "ID" } dd.mono { (entry.id) }
        }
    }
}

fn times(visit: &Visit<'_>, count: u32) -> String {
    let en = plural::english(count, ["time", "times"]);
    let ru = plural::russian(count, ["раз", "раза", "раз"]);
    bilingual!("{count} {en}", "{count} {ru}").pick(visit.lang)
}

/// The result, and what follows from it, as `leadgate explain` says it.
pub(in crate::console::pages) fn conclusion(visit: &Visit<'_>, entry: &Entry) -> Markup {
    let outcome = state_texts::outcome(entry, visit.lang);
    let parked = entry
        .reason
        .map(|reason| state_texts::parked_by(reason, entry.note.as_ref(), visit.lang));
    let note = entry.note.as_ref().filter(|_| entry.reason.is_some());
    html! {
        p.verdict { strong { (mask::line(visit, &outcome, 1_000)) } }
        @if let Some((what, advice)) = parked {
            p { (what) @if let Some(note) = note {
                ": " (mask::line(visit, &note.to_text(visit.lang), 1_000))
            } }
            p { strong { (visit.t("What to do: ", "Что делать: ")) } (advice) }
        }
        @if !entry.left_out.is_empty() {
            p.warn { (visit.t("Not everything was written: ", "Записано не всё: "))
                @for (number, dropped) in entry.left_out.iter().enumerate() {
                    @if number > 0 { ", " }
                    code { (dropped.field) }
                    @if let Some(place) = &dropped.place { " ← " code { (place) } }
                }
            }
        }
    }
}

/// Says that somebody has paused the destination for which it waits.
fn held(visit: &Visit<'_>, history: &History) -> Markup {
    let parts = visit.parts();
    let waits = history.entry.state.is_under_way();
    let destination = waits.then(|| next_destination(visit, history)).flatten();
    let pause = destination.as_ref().and_then(|destination| {
        let mut all = parts.destinations.pauses().by_hand();
        all.remove(destination)
    });
    html! {
        @if let (Some(destination), Some(pause)) = (&destination, &pause) {
            p.warn {
                (visit.t("Delivery to ", "Доставка в ")) a href=(address(destination)) { (destination) }
                (visit.t(" is paused since ", " приостановлена с ")) (moment(visit, pause.since))
                " (" (visit.name(&pause.who)) @if !pause.note.is_empty() { ": " (pause.note) } "). "
                (visit.t("This submission waits until it is resumed.",
                         "Обращение ждёт, пока доставку не возобновят."))
            }
        }
    }
}

/// Returns where it goes next: by its latest plan or, before the first attempt, by its profile.
fn next_destination(visit: &Visit<'_>, history: &History) -> Option<Destination> {
    let parts = visit.parts();
    if let Some(plan) = planned(history) {
        let outcomes: Vec<_> = history
            .steps
            .iter()
            .map(|step| step.outcome.clone())
            .collect();
        let (_, step) = plan.next_step(&outcomes)?;
        let (kind, name) = step.kind.destination();
        return parts.destinations.find(kind, name).cloned();
    }
    let file = history.entry.profile.as_deref()?;
    let profiles = parts.profiles.current();
    let mut profiles = profiles.profiles().iter();
    let profile = profiles.find(|profile| profile.reference().file == file)?;
    let destination = profile.destination();
    let name = Some(destination.name()).filter(|name| !name.is_empty());
    parts.destinations.find(destination.kind(), name).cloned()
}

/// The outcomes of the steps, with their destinations.
fn steps(visit: &Visit<'_>, history: &History) -> Markup {
    let t = |en, ru| visit.t(en, ru);
    html! {
        @if !history.steps.is_empty() {
            h2 { (t("Steps", "Шаги")) }
            div.table { table {
                thead { tr {
                    th { (t("Step", "Шаг")) } th { (t("Destination", "Куда")) }
                    th { (t("Outcome", "Итог")) } th { (t("When", "Когда")) }
                } }
                tbody { @for step in &history.steps { (one_step(visit, step)) } }
            } }
        }
    }
}

fn one_step(visit: &Visit<'_>, step: &LoggedStep) -> Markup {
    let LoggedStep { at, outcome } = step;
    html! {
        tr {
            td { (outcome.name) }
            td { (outcome.destination) }
            td {
                (state_texts::verdict(outcome.verdict, visit.lang))
                @if let Some(refusal) = &outcome.refusal {
                    ": " (mask::line(visit, &refusal.text.to_text(visit.lang), 500))
                }
            }
            td { (moment(visit, *at)) }
        }
    }
}

/// The attempts with their calls, the latest first and open, and what happened between them.
fn story(visit: &Visit<'_>, history: &History, editions: &Editions) -> Markup {
    let attempts = explain::attempts(history);
    let last = attempts.last().map(|attempt| attempt.number);
    html! {
        @for attempt in attempts.iter().rev() {
            details.card open[Some(attempt.number) == last] {
                summary { (attempt_title(visit, attempt)) }
                @if let Some(profile) = attempt.profile { p { (editions.show(visit, profile)) } }
                ul.reasons { @for step in &attempt.steps { (reasoning(visit, step)) } }
                @if let Some(reason) = attempt.reason(visit.lang) {
                    p { "→ " (mask::line(visit, &reason, 1_000)) }
                }
                @for call in calls(history, attempt.number) { (exchange::call(visit, call)) }
            }
        }
        @if attempts.is_empty() {
            p.empty { (visit.t("No attempt has been made.", "Попыток ещё не было.")) }
        }
        (between(visit, history))
    }
}

fn attempt_title(visit: &Visit<'_>, attempt: &ExplainedAttempt<'_>) -> Markup {
    html! {
        (visit.t("Attempt", "Попытка")) " " (attempt.number) ", " (moment(visit, attempt.at))
        @if let Some(verdict) = attempt.verdict {
            " · " (state_texts::state(verdict.state, visit.lang))
        }
    }
}

fn calls(history: &History, attempt: u32) -> impl Iterator<Item = &Call> {
    let events = history.events.iter();
    let of_attempt = events.filter(move |logged| logged.attempt == attempt);
    of_attempt.filter_map(|logged| match &logged.event {
        Event::Call(call) => Some(call),
        _ => None,
    })
}

/// A step of the reasoning. Requests are among the calls; what somebody typed is hidden from those
/// who may not see it.
pub(in crate::console::pages) fn reasoning(visit: &Visit<'_>, step: &ExplainedStep<'_>) -> Markup {
    let is_typed = match step {
        ExplainedStep::Request(_) => return html! {},
        ExplainedStep::Because(why) => matches!(
            why,
            Explanation::UnknownLabels { .. } | Explanation::Label(_) | Explanation::File(_)
        ),
        ExplainedStep::Note(note) => note.code.is_none(),
        ExplainedStep::Finished(_) => false,
    };
    let text = step.to_text(visit.lang);
    html! {
        @if is_typed && !visit.sees_people() {
            li.hint { (visit.t("hidden: it may contain a person's data", "скрыто: здесь могут быть личные данные")) }
        } @else {
            li { (mask::line(visit, &text, 2_000)) }
        }
    }
}

/// What happened outside the attempts: repeats with other bodies, refusals before.
fn between(visit: &Visit<'_>, history: &History) -> Markup {
    let is_outside = |logged: &&Logged| {
        matches!(
            logged.event,
            Event::Repeated(_) | Event::Readmitted(_) | Event::Requeued(_) | Event::Foreign(_)
        )
    };
    let outside: Vec<&Logged> = history.events.iter().filter(is_outside).collect();
    html! {
        @if !outside.is_empty() {
            h2 { (visit.t("Sent again", "Прислано ещё раз")) }
            @for logged in outside { (other(visit, history, logged)) }
        }
    }
}

fn other(visit: &Visit<'_>, history: &History, logged: &Logged) -> Markup {
    let t = |en, ru| visit.t(en, ru);
    html! {
        div.card {
            (moment(visit, logged.at)) ": "
            @match &logged.event {
                Event::Repeated(_) => {
                    (t("sent again with another body", "прислано ещё раз с другим телом"))
                    @match &logged.body {
                        Some(body) => (packet::other(visit, &history.entry.source, body)),
                        None => {
                            p.hint { (t("The body was not kept.", "Тело не сохранено.")) }
                        }
                    }
                },
                Event::Readmitted(before) => {
                    (t("it had been refused before, and was accepted now",
                       "раньше было отклонено, теперь принято"))
                    @if let Some(reason) = &before.reason {
                        ": " (mask::line(visit, &reason.to_text(visit.lang), 500))
                    }
                },
                Event::Requeued(_) => (t("sent again while parked, queued for another attempt",
                    "прислано ещё раз, пока было отложено; поставлено в очередь")),
                _ => (t("written by another edition of leadgate", "записано другой версией leadgate")),
            }
        }
    }
}
