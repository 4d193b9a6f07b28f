//! Finds submissions by name, and shows them in one line or as JSON.

use super::failure::Failure;
use super::out::{Ink, Out, clean};
use super::sources::channel_json;
use crate::domain::{Bilingual, Lang, State, bilingual, plural, text};
use crate::intake;
use crate::journal::reasons::in_short;
use crate::journal::{Entry, Found, History, Journal, json};

/// Prints a line per submission.
pub(super) fn print_entries(found: &[Entry], out: &Out) {
    let lang = out.lang();
    let column = out.moments(found.iter().map(|entry| entry.received_at));
    let heads = Bilingual::new(
        [
            "ID", "RECEIVED", "FROM", "PROFILE", "STATE", "BECAME", "WHY",
        ],
        [
            "ID",
            "ПОЛУЧЕНО",
            "ОТКУДА",
            "ПРОФИЛЬ",
            "СОСТОЯНИЕ",
            "СТАЛО",
            "ПОЧЕМУ",
        ],
    )
    .pick(lang);
    let mut heads = heads.map(|head| (Ink::Dim, head.to_owned()));
    heads[1].1.push_str(&column.zone);
    let entries = found.iter().zip(column.times);
    let rows = entries.map(|(entry, received)| row(entry, received, lang));
    let rows: Vec<_> = std::iter::once(heads.to_vec()).chain(rows).collect();
    out.table(&rows);
}

/// Finds the one submission that has this name.
pub(super) fn one(entries: &Journal, name: &str) -> Result<History, Failure> {
    let none = |why: Bilingual| Failure::message(1, why);
    match entries.show(name).map_err(|error| Failure::new(1, error))? {
        Found::One(history) => Ok(*history),
        Found::None => Err(none(bilingual!(
            "no submission is called {name}; `leadgate journal` lists them",
            "обращения {name} нет; список выводит `leadgate journal`"
        ))),
        Found::Several => Err(none(bilingual!(
            "several submissions are called {name}; give more of the id",
            "под {name} подходит несколько обращений; укажите больше знаков ID"
        ))),
        Found::NotAName => Err(none(bilingual!(
            "`{name}` names no submission; give at least four digits of its id, or poll/answer such as \
             123/345",
            "`{name}` не указывает на обращение; напишите не меньше четырёх знаков ID или опрос/ответ, \
             например 123/345"
        ))),
    }
}

fn row(entry: &Entry, received: String, lang: Lang) -> Vec<(Ink, String)> {
    let repeats = match entry.repeats {
        0 => String::new(),
        repeats => {
            let en = plural::english(repeats, ["repeat", "repeats"]);
            let ru = plural::russian(repeats, ["раз", "раза", "раз"]);
            bilingual!(" (+{repeats} {en})", " (+{repeats} {ru})").pick(lang)
        }
    };
    let why = in_short(entry, lang);
    let why = text::ellipsis(&clean(&why), 100);
    let why: Vec<String> = [why, left_out(entry, lang)]
        .into_iter()
        .filter(|words| !words.is_empty())
        .collect();
    vec![
        (Ink::Strong, entry.id.short()),
        (Ink::Plain, received),
        (
            Ink::Plain,
            format!(
                "{}{repeats}",
                intake::sources().full_label(&entry.source, lang)
            ),
        ),
        (
            Ink::Plain,
            entry.profile.clone().unwrap_or_else(|| "–".to_owned()),
        ),
        (ink(entry.state), entry.state.in_short(lang).to_owned()),
        (Ink::Plain, became(entry, lang)),
        (Ink::Dim, why.join("; ")),
    ]
}

/// Names the fields whose value was left out, each with the place of that value, after a mark.
fn left_out(entry: &Entry, lang: Lang) -> String {
    let fields: Vec<String> = entry
        .left_out
        .iter()
        .map(|dropped| match &dropped.place {
            Some(place) => format!("{} ← {place}", dropped.field),
            None => dropped.field.clone(),
        })
        .collect();
    if fields.is_empty() {
        return String::new();
    }
    let words = Bilingual::new("! left out", "! не записано").pick(lang);
    text::ellipsis(&format!("{words}: {}", fields.join(", ")), 120)
}

/// Returns the colour of a state: green is done, red waits for a person.
pub(super) fn ink(state: State) -> Ink {
    match state {
        State::Delivered => Ink::Good,
        State::Parked | State::Rejected => Ink::Bad,
        State::Waiting | State::Captured => Ink::Warn,
        State::Queued | State::Leased | State::Ignored => Ink::Plain,
    }
}

/// Names the contact and the record that a submission became.
pub(super) fn became(entry: &Entry, lang: Lang) -> String {
    let named = Bilingual::new("contact", "контакт").pick(lang);
    let contact = entry.contact.map(|id| format!("{named} {id}"));
    let record = entry.record.map(|(kind, id)| kind.numbered(id, lang));
    contact
        .into_iter()
        .chain(record)
        .collect::<Vec<_>>()
        .join(", ")
}

/// Returns a submission as `--json` prints it.
pub(super) fn as_json(entry: &Entry, lang: Lang) -> serde_json::Value {
    let mut whole = json::entry(entry, &intake::sources(), lang);
    whole["channel"] = channel_json(&entry.source);
    whole
}

/// Returns a submission with its history as `--json` prints it.
pub(super) fn history_json(history: &History, lang: Lang) -> serde_json::Value {
    let mut whole = json::history(history, &intake::sources(), lang);
    whole["channel"] = channel_json(&history.entry.source);
    whole
}
