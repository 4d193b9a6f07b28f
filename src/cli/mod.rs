//! The commands, one file each: they parse arguments, call other modules and print.
//!
//! Exit codes: 0 success · 1 a negative result (problems found, not ready, nothing found) · 2 wrong
//! arguments or settings · 3 the gateway could not run.

mod alerts;
mod amocrm;
mod app;
mod arguments;
mod backup;
mod check;
mod config;
mod draft;
mod entries;
mod erase;
mod errors;
mod explain;
mod failure;
mod filter;
mod health;
mod journal;
mod out;
mod packets;
mod pbx;
mod preview;
mod progress;
mod replay;
mod sandbox;
mod schema;
mod serve;
mod sources;
mod test;
mod times;
mod token;
mod trial;
mod user;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::{Environment, Loaded, MappingSettings, Sources};
use crate::domain::{Bilingual, Lang};
use crate::profiles::ProfileStore;
use crate::telemetry;
use arguments::{ArgumentMistake, Unparsed};
use failure::Failure;
use out::Out;

/// Turns survey answers and site forms into Bitrix24 contacts, leads and deals.
#[derive(Debug, Parser)]
#[command(name = "leadgate", version, about, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// The heading of the options that all commands share.
const OF_ALL: &str = "Options of all commands";

#[derive(Debug, Args)]
struct Common {
    /// The settings file; default: leadgate.toml in this folder, if it exists.
    #[arg(long, global = true, value_name = "FILE", help_heading = OF_ALL)]
    config: Option<PathBuf>,
    /// The data folder (data.dir).
    #[arg(long, global = true, value_name = "FOLDER", help_heading = OF_ALL)]
    data: Option<PathBuf>,
    /// What is logged (log.filter): error, warn, info, debug, or tracing directives.
    #[arg(long, global = true, value_name = "FILTER", help_heading = OF_ALL)]
    log: Option<String>,
    /// The language of the output; default: the locale of the environment.
    #[arg(long, global = true, value_name = "ru|en", value_parser = language, help_heading = OF_ALL)]
    lang: Option<Lang>,
}

/// Parses `--lang`.
fn language(tag: &str) -> Result<Lang, ArgumentMistake> {
    let wanted = Bilingual::new("ru or en", "напишите ru или en");
    Lang::parse(tag).ok_or_else(|| ArgumentMistake(wanted.into()))
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the gateway.
    Serve(serve::ServeArgs),
    /// Run the sandbox CRM alone; with --data it keeps its state there.
    Sandbox(sandbox::SandboxArgs),
    /// Check profiles and report all mistakes; with --live also check the CRM connections.
    Check(check::CheckArgs),
    /// Show what a packet would become: fields, plan, CRM calls and their changes; write nothing.
    Preview(preview::PreviewArgs),
    /// Write a first profile from answers that no profile took, or from packets.
    Draft(draft::DraftArgs),
    /// Send a test lead through the running gateway and show what it became; with --remove delete it.
    Try(trial::TryArgs),
    /// Run the examples of the profiles; with --update accept the current results.
    Test(test::TestArgs),
    /// Print the JSON Schema of profiles for editors; with --channels that of _channels.yaml, with
    /// --pbx that of _pbx.yaml.
    Schema(schema::SchemaArgs),
    /// Show submissions and their states.
    Journal(journal::JournalArgs),
    /// Explain the result of a submission.
    Explain(explain::ExplainArgs),
    /// Deliver parked or finished submissions again; with --dry-run only show the differences.
    Replay(replay::ReplayArgs),
    /// Erase a person's data, found by phone number or e-mail address; bare records remain.
    Erase(erase::EraseArgs),
    /// Copy everything that the gateway keeps into a new folder, while it runs.
    Backup(backup::BackupArgs),
    /// Put a backup back; the gateway must be stopped.
    Restore(backup::RestoreArgs),
    /// Try the alerts: send a message on every way of the settings.
    Alerts(alerts::AlertsArgs),
    /// Commands about accounts of amoCRM.
    Amocrm(amocrm::AmocrmArgs),
    /// Commands about local applications of portals.
    App(app::AppArgs),
    /// Give commands to a PBX: call, hold, show its history and its users.
    Pbx(pbx::PbxArgs),
    /// Make, list and revoke tokens of the API.
    Token(token::TokenArgs),
    /// Add people to the console, change their passwords and roles, and end their sessions.
    User(user::UserArgs),
    /// Print the effective settings with their sources, secrets masked.
    Config,
    /// Check whether a running gateway is ready, for container health checks.
    Health,
}

/// Runs the command that the process was called with.
pub fn run() -> ExitCode {
    let environment = Environment::of_process();
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let cli = match arguments::parse::<Cli>(&arguments, environment.lang()) {
        Ok(cli) => cli,
        Err(unparsed) => return usage(&unparsed, environment),
    };
    let out = Out::of_process(&environment, cli.common.lang);
    let code = match dispatch(cli, environment, &out) {
        Ok(code) => code,
        Err(failure) => {
            let code = failure.code;
            Out::failure(&failure.to_text(out.lang()));
            ExitCode::from(code)
        }
    };
    telemetry::finish_log();
    code
}

/// Prints help, or the mistake in the arguments. The message repeats the arguments, and one of them
/// may be a secret of the settings.
fn usage(unparsed: &Unparsed, environment: Environment) -> ExitCode {
    if unparsed.is_mistake {
        let sources = Sources {
            file: environment.config_file().map(Into::into),
            environment,
            flags: Vec::new(),
        };
        // its secrets are registered as it is read, be the rest of it right or wrong
        drop(crate::config::load(&sources));
        Out::complaint(&unparsed.text);
    } else {
        Out::raw(&unparsed.text.to_string());
    }
    ExitCode::from(unparsed.code)
}

/// Registers the secrets of channels before a command prints what senders wrote. Reading them is
/// enough.
fn register_secrets(command: &Command, mappings: &MappingSettings) {
    if matches!(
        command,
        Command::Journal(_)
            | Command::Explain(_)
            | Command::Replay(_)
            | Command::Erase(_)
            | Command::Try(_)
    ) {
        drop(ProfileStore::open(&mappings.dir, &mappings.templates));
    }
}

/// Returns the settings that the options of a command stand for.
fn flags(common: &Common, command: &Command) -> Vec<(String, String)> {
    let mut flags = Vec::new();
    if let Some(data) = &common.data {
        flags.push(("data.dir".to_owned(), data.display().to_string()));
    }
    if let Some(log) = &common.log {
        flags.push(("log.filter".to_owned(), log.clone()));
    }
    match command {
        Command::Serve(serve) => serve.flags(&mut flags),
        Command::Check(check) => check.flags(&mut flags),
        Command::Test(test) => test.flags(&mut flags),
        Command::Sandbox(_)
        | Command::Preview(_)
        | Command::Draft(_)
        | Command::Try(_)
        | Command::Schema(_)
        | Command::Journal(_)
        | Command::Explain(_)
        | Command::Replay(_)
        | Command::Erase(_)
        | Command::Backup(_)
        | Command::Restore(_)
        | Command::Alerts(_)
        | Command::Amocrm(_)
        | Command::App(_)
        | Command::Pbx(_)
        | Command::Token(_)
        | Command::User(_)
        | Command::Config
        | Command::Health => {}
    }
    flags
}

fn dispatch(cli: Cli, environment: Environment, out: &Out) -> Result<ExitCode, Failure> {
    let Cli { common, command } = cli;
    let flags = flags(&common, &command);
    let file = common
        .config
        .or_else(|| environment.config_file().map(Into::into));
    let loaded: Loaded = crate::config::load(&Sources {
        file,
        environment,
        flags,
    })
    .map_err(|error| Failure::new(2, error))?;
    let out = &out.in_zone(&loaded.settings.output.zone);
    register_secrets(&command, &loaded.settings.mappings);
    match command {
        Command::Serve(serve) => serve::run(&serve, loaded.settings, out.lang()),
        Command::Sandbox(sandbox) => {
            sandbox::run(sandbox, common.data, &loaded.settings, out.lang())
        }
        Command::Check(check) => check::run(&check, &loaded.settings, out),
        Command::Draft(draft) => draft::run(&draft, &loaded.settings, out),
        Command::Preview(preview) => preview::run(&preview, &loaded.settings, out),
        Command::Try(trial) => trial::run(&trial, &loaded.settings, out),
        Command::Test(test) => test::run(&test, &loaded.settings, out),
        Command::Schema(schema) => Ok(schema::run(&schema, out)),
        Command::Journal(journal) => journal::run(&journal, &loaded.settings, out),
        Command::Explain(explain) => explain::run(&explain, &loaded.settings, out),
        Command::Replay(replay) => replay::run(&replay, &loaded.settings, out),
        Command::Erase(erase) => erase::run(&erase, &loaded.settings, out),
        Command::Backup(backup) => backup::back_up(&backup, &loaded.settings, out),
        Command::Restore(restore) => backup::restore(&restore, &loaded.settings, out),
        Command::Alerts(alerts) => alerts::run(&alerts, &loaded.settings, out),
        Command::Amocrm(amocrm) => amocrm::run(&amocrm, &loaded.settings, out),
        Command::App(app) => app::run(&app, &loaded.settings, out),
        Command::Pbx(pbx) => pbx::run(&pbx, &loaded.settings, out),
        Command::Token(token) => token::run(&token, &loaded.settings, out),
        Command::User(user) => user::run(&user, &loaded.settings, out),
        Command::Config => config::run(&loaded, out),
        Command::Health => health::run(&loaded.settings, out),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn every_command_and_option_has_a_russian_text_and_no_text_is_left_over() {
        let unfit = arguments::unfit_texts(&Cli::command());
        assert!(unfit.is_empty(), "{}", unfit.join("\n"));
    }
}
