//! `leadgate journal`: lists submissions and their states; `leadgate journal show ID` shows the
//! history of one. Works while the gateway runs.

mod plan;
mod refused;
mod show;
mod steps;

use std::process::ExitCode;

use clap::{Args, Subcommand};

pub(super) use plan::{print_plan, when};

use super::entries::{as_json, one, print_entries};
use super::failure::Failure;
use super::filter::FilterArgs;
use super::out::{Ink, Out};
use super::progress::Progress;
use crate::app::STORE_FILE;
use crate::config::Settings;
use crate::domain::{Bilingual, Clock as _, SystemClock};
use crate::intake;
use crate::journal::{Journal, RefusedFilter};
use crate::store::Store;

#[derive(Debug, Args)]
pub(super) struct JournalArgs {
    #[command(subcommand)]
    command: Option<JournalCommand>,
    #[command(flatten)]
    filter: FilterArgs,
    /// The maximum number of submissions, newest first.
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
    /// Only submissions after this one in the list (its id): the next page.
    #[arg(long, value_name = "ID")]
    before: Option<String>,
    /// List requests that were refused before they became submissions; only `--since` and `--until`
    /// apply.
    #[arg(long, conflicts_with_all = ["before", "state", "reason", "profile", "source", "channel", "text"])]
    refused: bool,
    /// Print one JSON object per line.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum JournalCommand {
    /// Show one submission with its whole history.
    Show(show::Show),
}

pub(super) fn run(args: &JournalArgs, settings: &Settings, out: &Out) -> Result<ExitCode, Failure> {
    let path = settings.data.dir.join(STORE_FILE);
    let store = Store::open_read_only(&path).map_err(|error| Failure::new(1, error))?;
    let journal = Journal::new(store, intake::sources());
    match &args.command {
        Some(JournalCommand::Show(show)) => show::run(show, &journal, out),
        None => list(args, &journal, out),
    }
}

fn list(args: &JournalArgs, journal: &Journal, out: &Out) -> Result<ExitCode, Failure> {
    let lang = out.lang();
    let mut filter = args.filter.filter(SystemClock.now(), out.zone())?;
    if args.refused {
        let shape = refused::RefusedListOptions {
            limit: args.limit,
            lang,
            is_json: args.json,
        };
        let filter = RefusedFilter {
            since: filter.since,
            until: filter.until,
            before: None,
        };
        return refused::list(journal, filter, &shape, out);
    }
    if let Some(name) = &args.before {
        filter.before = Some(one(journal, name)?.entry.cursor());
    }
    let mut progress = Progress::new(Bilingual::new("looking", "просмотрено").pick(lang));
    let found = journal
        .list_telling(&filter, args.limit, &mut |looked| progress.at(looked))
        .map_err(|error| Failure::new(1, error))?;
    drop(progress);
    if args.json {
        for entry in &found {
            Out::line(as_json(entry, out.lang()).to_string());
        }
        return Ok(ExitCode::SUCCESS);
    }
    if found.is_empty() {
        Out::line(Bilingual::new("no submissions found", "обращений не найдено").pick(lang));
        return Ok(ExitCode::SUCCESS);
    }
    print_entries(&found, out);
    if let Some(last) = found.last().filter(|_| found.len() == args.limit) {
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
