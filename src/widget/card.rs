//! What the widget shows of a card: the state of its newest change, what it became, and its history.

use serde_json::{Value, json};

use super::pages::Pages;
use crate::domain::{
    Bilingual, Destination, Event, Lang, LoggedStep, ParkReason, State, bilingual, parts_of_key,
};
use crate::journal::{Entry, History, Logged};
use crate::replay::{Replay, ReplayBy};

/// Returns the change that counts for the card: the newest one that a profile took, or the newest
/// of all. The changes are sorted, the newest first.
pub(super) fn current(changes: &[History]) -> Option<&History> {
    let is_passed_over = |history: &&History| {
        let state = history.entry.state;
        matches!(state, State::Ignored | State::Captured | State::Rejected)
    };
    let mut taken = changes.iter().filter(|history| !is_passed_over(history));
    taken.next().or_else(|| changes.first())
}

/// Returns how to send a submission again: its unfinished steps, or the CRM step of a delivered
/// one, which updates what it made before. `None` if only an administrator should.
pub(super) fn replay(history: &History) -> Option<Replay> {
    let entry = &history.entry;
    if history.raw.is_empty() {
        return None;
    }
    let by = ReplayBy::TodaysProfile;
    match entry.state {
        // a service may have taken it: a person has to look there first
        State::Parked if entry.reason == Some(ParkReason::OutcomeUnknown) => None,
        State::Parked | State::Waiting | State::Ignored => Some(Replay::new(by, &[])),
        State::Delivered => {
            let step = crm_step(history)?;
            Some(Replay::new(by, &[]).step(&step.outcome.name))
        }
        // a captured one waits for a profile; a rejected one has to be sent by amoCRM
        State::Queued | State::Leased | State::Captured | State::Rejected => None,
    }
}

fn crm_step(history: &History) -> Option<&LoggedStep> {
    let mut steps = history.steps.iter();
    steps.find(|step| step.outcome.destination.kind() == Destination::CRM)
}

/// Returns the state of a card.
pub(super) fn state(changes: &[History], pages: &Pages<'_>, lang: Lang) -> Value {
    let Some(history) = current(changes) else {
        let nothing = Bilingual::new(
            "leadgate has received nothing about this card yet",
            "leadgate пока ничего не получал об этой карточке",
        );
        return json!({"status": "success", "state": null, "message": nothing.pick(lang),
            "became": [], "may_send": false, "under_way": false});
    };
    // an older change may have made what the newest one will update
    let has_led =
        |history: &&History| history.entry.record.is_some() || history.entry.contact.is_some();
    let led = changes.iter().find(has_led);
    let entry = &history.entry;
    json!({
        "status": "success",
        "state": entry.state,
        "state_text": entry.state.in_short(lang),
        "at": entry.settled_at.unwrap_or(entry.received_at),
        "why": why(entry, lang),
        "became": led.map(|history| became(history, pages, lang)).unwrap_or_default(),
        "may_send": replay(history).is_some(),
        "under_way": entry.state.is_under_way(),
    })
}

/// Returns the history of a card: its changes with what happened to each.
pub(super) fn history(changes: &[History], pages: &Pages<'_>, lang: Lang) -> Value {
    let changes = changes.iter().map(|history| {
        let entry = &history.entry;
        let events = history.events.iter();
        let events = events
            .filter_map(|logged| Some(json!({"at": logged.at, "text": happened(logged, lang)?})));
        json!({
            "submission": entry.id,
            "event": event(entry, lang),
            "received_at": entry.received_at,
            "state": entry.state,
            "state_text": entry.state.in_short(lang),
            "why": why(entry, lang),
            "became": became(history, pages, lang),
            "events": events.collect::<Value>(),
        })
    });
    json!({"status": "success", "changes": changes.collect::<Value>()})
}

/// Returns the contact and the record with their pages.
fn became(history: &History, pages: &Pages<'_>, lang: Lang) -> Vec<Value> {
    let entry = &history.entry;
    let connection = crm_step(history).map(|step| step.outcome.destination.name());
    let page = |kind, id: i64| pages.page(connection?, kind, id);
    let contact = entry.contact.map(|id| {
        let text = bilingual!("contact {id}", "контакт {id}").pick(lang);
        json!({"text": text, "url": page(None, id.get())})
    });
    let record = entry.record.map(
        |(kind, id)| json!({"text": kind.numbered(id, lang), "url": page(Some(kind), id.get())}),
    );
    contact.into_iter().chain(record).collect()
}

/// Returns why a submission is in its state.
fn why(entry: &Entry, lang: Lang) -> Option<String> {
    let reason = entry.reason.map(|reason| reason.to_text(lang));
    let note = entry.note.as_ref().map(|note| note.to_text(lang));
    match (reason, note) {
        (Some(reason), Some(note)) => Some(format!("{reason}: {note}")),
        (reason, note) => reason.or(note),
    }
}

/// Names the event of a change in amoCRM.
fn event(entry: &Entry, lang: Lang) -> String {
    let action = parts_of_key(entry.source.key()).map_or("", |(_, action, _)| action);
    let words = match action {
        "add" => Bilingual::new("created", "создание"),
        "update" => Bilingual::new("changed", "изменение"),
        "status" => Bilingual::new("stage changed", "смена этапа"),
        "responsible" => Bilingual::new("responsible user changed", "смена ответственного"),
        "note" => Bilingual::new("note added", "примечание"),
        "delete" => Bilingual::new("deleted", "удаление"),
        "restore" => Bilingual::new("restored", "восстановление"),
        other => return other.to_owned(),
    };
    words.pick(lang).to_owned()
}

/// Returns an event in words; `None` for those that only administrators need.
fn happened(logged: &Logged, lang: Lang) -> Option<String> {
    match &logged.event {
        Event::Verdict(verdict) => {
            let reason = verdict.reason.map(|reason| reason.to_text(lang));
            let text = verdict.text.as_ref().map(|text| text.to_text(lang));
            let state = verdict.state.in_short(lang).to_owned();
            let parts = [Some(state), reason, text].into_iter().flatten();
            Some(parts.collect::<Vec<_>>().join(": "))
        }
        Event::Because(why) => Some(why.to_text(lang)),
        Event::Note(note) => Some(note.to_text(lang).to_owned()),
        Event::Requeued(_) => Some(
            Bilingual::new("sent again by amoCRM", "amoCRM прислал ещё раз")
                .pick(lang)
                .to_owned(),
        ),
        Event::Planned(_)
        | Event::Call(_)
        | Event::Step(_)
        | Event::Repeated(_)
        | Event::Readmitted(_)
        | Event::Foreign(_) => None,
    }
}
