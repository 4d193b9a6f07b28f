//! `leadgate journal`: what came in and what became of it; `leadgate journal show ID`: one submission
//! with everything that happened to it. Works while the gateway runs.

mod refused;
mod show;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::json;

pub(super) use show::print_plan;

use super::Failure;
use super::explain::parked;
use super::filter::FilterArgs;
use super::out::{Ink, Out};
use super::progress::Progress;
use crate::app::STORE_FILE;
use crate::config::Settings;
use crate::domain::{Bilingual, Clock as _, Lang, State, SystemClock, bilingual, text};
use crate::journal::{Entry, Found, History, Journal as Entries, RefusedFilter};
use crate::store::Store;

#[derive(Debug, Args)]
pub(super) struct Journal {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    filter: FilterArgs,
    /// How many, newest first.
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
    /// Only those that come after this one in the list (its id): the next page.
    #[arg(long, value_name = "ID")]
    before: Option<String>,
    /// Requests that were refused before they became submissions, instead of submissions; of the other filters
    /// `--since` and `--until` count.
    #[arg(long, conflicts_with_all = ["before", "state", "reason", "profile", "channel", "text"])]
    refused: bool,
    /// The language; left out: as the environment's locale says.
    #[arg(long, value_name = "ru|en", value_parser = super::language)]
    lang: Option<Lang>,
    /// One JSON object a line, for machines.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show one submission with everything that happened to it.
    Show(show::Show),
}

pub(super) fn run(journal: &Journal, settings: &Settings, out: &Out) -> Result<ExitCode, Failure> {
    let path = settings.data.dir.join(STORE_FILE);
    let store = Store::open_read_only(&path).map_err(|error| Failure::new(1, error))?;
    let entries = Entries::new(store);
    match &journal.command {
        Some(Command::Show(show)) => show::run(show, &entries, out),
        None => list(journal, &entries, out),
    }
}

fn list(journal: &Journal, entries: &Entries, out: &Out) -> Result<ExitCode, Failure> {
    let lang = journal.lang.unwrap_or_else(|| out.lang());
    let mut filter = journal.filter.filter(SystemClock.now())?;
    if journal.refused {
        let shape = refused::Shape {
            limit: journal.limit,
            lang,
            is_json: journal.json,
        };
        let filter = RefusedFilter {
            since: filter.since,
            until: filter.until,
        };
        return refused::list(entries, filter, &shape, out);
    }
    if let Some(name) = &journal.before {
        filter.before = Some(one(entries, name)?.entry.cursor());
    }
    let mut progress = Progress::new(Bilingual::new("looking", "просмотрено").pick(lang));
    let found = entries
        .list_telling(&filter, journal.limit, &mut |looked| progress.at(looked))
        .map_err(|error| Failure::new(1, error))?;
    drop(progress);
    if journal.json {
        for entry in &found {
            Out::line(as_json(entry).to_string());
        }
        return Ok(ExitCode::SUCCESS);
    }
    if found.is_empty() {
        Out::line(Bilingual::new("nothing there", "ничего нет").pick(lang));
        return Ok(ExitCode::SUCCESS);
    }
    print_entries(&found, lang, out);
    if let Some(last) = found.last().filter(|_| found.len() == journal.limit) {
        let words = Bilingual::new(
            "for the next page add",
            "чтобы увидеть следующую страницу, добавьте",
        )
        .pick(lang);
        let more = format!("{words} --before {}", last.id.short());
        Out::line(out.ink(Ink::Dim, &more));
    }
    Ok(ExitCode::SUCCESS)
}

/// A line a submission.
pub(super) fn print_entries(found: &[Entry], lang: Lang, out: &Out) {
    let heads = Bilingual::new(
        [
            "ID",
            "RECEIVED (UTC)",
            "FROM",
            "PROFILE",
            "STATE",
            "BECAME",
            "WHY",
        ],
        [
            "ID",
            "ПОЛУЧЕНО (UTC)",
            "ОТКУДА",
            "ПРОФИЛЬ",
            "СОСТОЯНИЕ",
            "СТАЛО",
            "ПОЧЕМУ",
        ],
    )
    .pick(lang);
    let mut rows = vec![heads.map(|head| (Ink::Dim, head.to_owned())).to_vec()];
    rows.extend(found.iter().map(|entry| row(entry, lang)));
    out.table(&rows);
}

/// The one submission that has this name.
pub(super) fn one(entries: &Entries, name: &str) -> Result<History, Failure> {
    let none = |why: String| Failure::new(1, anyhow::anyhow!(why));
    match entries.show(name).map_err(|error| Failure::new(1, error))? {
        Found::One(history) => Ok(*history),
        Found::None => Err(none(format!(
            "no submission is called {name}; `leadgate journal` lists them"
        ))),
        Found::Several => Err(none(format!(
            "several submissions are called {name}; give more of the id"
        ))),
        Found::NotAName => Err(none(format!(
            "`{name}` names no submission; give at least four digits of its id, or poll/answer such as \
             123/345"
        ))),
    }
}

fn row(entry: &Entry, lang: Lang) -> Vec<(Ink, String)> {
    let repeats = match entry.repeats {
        0 => String::new(),
        repeats => bilingual!(" (+{repeats} repeats)", " (+{repeats} раз)").pick(lang),
    };
    let why = match (entry.reason, &entry.note, lang) {
        // the note is kept in English
        (Some(reason), _, Lang::Ru) => format!("{reason}: {}", parked(reason, lang).0),
        (Some(reason), Some(note), Lang::En) => format!("{reason}: {}", note.as_str()),
        (Some(reason), None, Lang::En) => reason.to_string(),
        (None, Some(note), _) => note.as_str().to_owned(),
        (None, None, _) => String::new(),
    };
    let why = text::ellipsis(&why.replace('\n', " "), 80);
    let why: Vec<String> = [why, left_out(entry, lang)]
        .into_iter()
        .filter(|words| !words.is_empty())
        .collect();
    vec![
        (Ink::Strong, entry.id.short()),
        (Ink::Plain, moment(entry.received_at)),
        (Ink::Plain, format!("{}{repeats}", entry.source.tell(lang))),
        (
            Ink::Plain,
            entry.profile.clone().unwrap_or_else(|| "–".to_owned()),
        ),
        (ink(entry.state), entry.state.to_string()),
        (Ink::Plain, became(entry, lang)),
        (Ink::Dim, why.join("; ")),
    ]
}

/// The fields of which a value was left out, each with the place of that value, after a mark.
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

/// The colour of a state: green is done, red waits for a person.
pub(super) fn ink(state: State) -> Ink {
    match state {
        State::Delivered => Ink::Good,
        State::Parked | State::Rejected => Ink::Bad,
        State::Waiting | State::Captured => Ink::Warn,
        State::Queued | State::Leased | State::Ignored => Ink::Plain,
    }
}

fn became(entry: &Entry, lang: Lang) -> String {
    let named = Bilingual::new("contact", "контакт").pick(lang);
    let contact = entry.contact.map(|id| format!("{named} {id}"));
    let record = entry.record.map(|(kind, id)| kind.numbered(id, lang));
    contact
        .into_iter()
        .chain(record)
        .collect::<Vec<_>>()
        .join(", ")
}

/// `2026-11-22 06:05:00`, UTC.
pub(super) fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

pub(super) fn as_json(entry: &Entry) -> serde_json::Value {
    json!({
        "id": entry.id, "identity": entry.identity, "received_at": entry.received_at,
        "channel": entry.source.channel(),
        "profile": entry.profile, "state": entry.state, "reason": entry.reason, "note": entry.note,
        "attempt": entry.attempt, "due_at": entry.due_at, "repeats": entry.repeats,
        "contact": entry.contact,
        "record": entry.record.map(|(kind, id)| json!({"kind": kind, "id": id})),
        "left_out": entry.left_out,
    })
}
