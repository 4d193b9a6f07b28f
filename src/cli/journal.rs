//! `leadgate journal`: what came in and what became of it; `leadgate journal show ID`: one submission
//! with everything that happened to it. Works while the gateway runs.

mod show;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::json;

use super::Failure;
use super::out::{Ink, Out};
use crate::app::STORE_FILE;
use crate::config::Settings;
use crate::domain::{State, text};
use crate::journal::{Entry, Filter, Journal as Entries};
use crate::store::Store;

#[derive(Debug, Args)]
pub(super) struct Journal {
    #[command(subcommand)]
    command: Option<Command>,
    /// Only submissions in this state: queued, leased, waiting, delivered, parked, captured, rejected,
    /// ignored.
    #[arg(long, value_name = "STATE")]
    state: Option<String>,
    /// Only those that this profile took (the file without its ending).
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,
    /// Only those in which this text occurs, in any case.
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// How many, newest first.
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
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
    let filter = Filter {
        state: state(journal)?,
        profile: journal.profile.clone(),
        text: journal.text.clone(),
        ..Filter::default()
    };
    let found = entries
        .list(&filter, journal.limit)
        .map_err(|error| Failure::new(1, error))?;
    if journal.json {
        for entry in &found {
            Out::line(as_json(entry).to_string());
        }
        return Ok(ExitCode::SUCCESS);
    }
    if found.is_empty() {
        Out::line("nothing there");
        return Ok(ExitCode::SUCCESS);
    }
    let heads = [
        "ID",
        "RECEIVED (UTC)",
        "FROM",
        "PROFILE",
        "STATE",
        "BECAME",
        "WHY",
    ];
    let mut rows = vec![heads.map(|head| (Ink::Dim, head.to_owned())).to_vec()];
    rows.extend(found.iter().map(row));
    out.table(&rows);
    Ok(ExitCode::SUCCESS)
}

fn state(journal: &Journal) -> Result<Option<State>, Failure> {
    let Some(word) = &journal.state else {
        return Ok(None);
    };
    let known = State::ALL.map(State::as_str).join(", ");
    State::parse(word).map(Some).ok_or_else(|| {
        Failure::new(
            2,
            anyhow::anyhow!("`{word}` is no state; there are {known}"),
        )
    })
}

fn row(entry: &Entry) -> Vec<(Ink, String)> {
    let repeats = if entry.repeats > 0 {
        format!(" (+{} repeats)", entry.repeats)
    } else {
        String::new()
    };
    let why = match (entry.reason, &entry.note) {
        (Some(reason), Some(note)) => format!("{reason}: {}", note.as_str()),
        (Some(reason), None) => reason.to_string(),
        (None, Some(note)) => note.as_str().to_owned(),
        (None, None) => String::new(),
    };
    vec![
        (Ink::Strong, entry.id.short()),
        (Ink::Plain, moment(entry.received_at)),
        (Ink::Plain, format!("{}{repeats}", entry.source)),
        (
            Ink::Plain,
            entry.profile.clone().unwrap_or_else(|| "–".to_owned()),
        ),
        (ink(entry.state), entry.state.to_string()),
        (Ink::Plain, became(entry)),
        (Ink::Dim, text::ellipsis(&why.replace('\n', " "), 80)),
    ]
}

/// The colour of a state: green is done, red waits for a person.
fn ink(state: State) -> Ink {
    match state {
        State::Delivered => Ink::Good,
        State::Parked | State::Rejected => Ink::Bad,
        State::Waiting | State::Captured => Ink::Warn,
        State::Queued | State::Leased | State::Ignored => Ink::Plain,
    }
}

fn became(entry: &Entry) -> String {
    let contact = entry.contact.map(|id| format!("contact {id}"));
    let record = entry.record.map(|(kind, id)| format!("{kind} {id}"));
    contact
        .into_iter()
        .chain(record)
        .collect::<Vec<_>>()
        .join(", ")
}

/// `2026-11-22 06:05:00`, UTC.
fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn as_json(entry: &Entry) -> serde_json::Value {
    json!({
        "id": entry.id, "identity": entry.identity, "received_at": entry.received_at,
        "profile": entry.profile, "state": entry.state, "reason": entry.reason, "note": entry.note,
        "attempt": entry.attempt, "due_at": entry.due_at, "repeats": entry.repeats,
        "contact": entry.contact,
        "record": entry.record.map(|(kind, id)| json!({"kind": kind, "id": id})),
    })
}
