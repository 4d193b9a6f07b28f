//! `leadgate journal`: what came in and what became of it; `leadgate journal show ID`: one submission
//! with everything that happened to it. Works while the gateway runs.

mod refused;
mod show;

use std::process::ExitCode;

use clap::{Args, Subcommand};

pub(super) use show::print_plan;

use super::Failure;
use super::entries::{as_json, one, print_entries};
use super::filter::FilterArgs;
use super::out::{Ink, Out};
use super::progress::Progress;
use crate::app::STORE_FILE;
use crate::config::Settings;
use crate::domain::{Bilingual, Clock as _, Lang, SystemClock};
use crate::journal::{Journal as Entries, RefusedFilter};
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
