//! The commands, a file each: they parse, call and print, and decide nothing.
//!
//! Exit codes: 0 all well · 1 the answer is "no" (problems found, not ready, nothing there) · 2 the
//! call or the settings are wrong · 3 the gateway could not run.

mod check;
mod config;
mod draft;
mod entries;
mod erase;
mod explain;
mod failure;
mod filter;
mod health;
mod journal;
mod language;
mod out;
mod packets;
mod preview;
mod progress;
mod reasons;
mod replay;
mod sandbox;
mod schema;
mod serve;
mod sources;
mod state_texts;
mod test;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::{Environment, Loaded, MappingSettings, Sources};
use crate::profiles::ProfileStore;
use crate::telemetry;
use failure::Failure;
use out::Out;

/// Takes survey answers and site forms, makes Bitrix24 contacts, leads and deals of them.
#[derive(Debug, Parser)]
#[command(name = "leadgate", version, about, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// Where every command's own options end.
const OF_ALL: &str = "Options of all commands";

#[derive(Debug, Args)]
struct Common {
    /// The settings file; leadgate.toml of this folder when it is there.
    #[arg(long, global = true, value_name = "FILE", help_heading = OF_ALL)]
    config: Option<PathBuf>,
    /// The data folder (data.dir).
    #[arg(long, global = true, value_name = "FOLDER", help_heading = OF_ALL)]
    data: Option<PathBuf>,
    /// What is logged (log.filter): error, warn, info, debug, or tracing directives.
    #[arg(long, global = true, value_name = "FILTER", help_heading = OF_ALL)]
    log: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the gateway.
    Serve(serve::ServeArgs),
    /// Run the sandbox CRM alone; with --data it keeps its state there.
    Sandbox(sandbox::SandboxArgs),
    /// Check profiles, all mistakes at once; with --live also the CRM connections.
    Check(check::CheckArgs),
    /// Show what would become of a packet: fields, plan, CRM calls, and what they would change;
    /// write nothing.
    Preview(preview::PreviewArgs),
    /// Write a first profile from answers that no profile took, or from packets.
    Draft(draft::DraftArgs),
    /// Run the examples that lie beside the profiles; with --update accept what they give now.
    Test(test::TestArgs),
    /// Print the JSON Schema of profiles or, with --channels, of _channels.yaml, for editors.
    Schema(schema::SchemaArgs),
    /// Show what came in and what became of it.
    Journal(journal::JournalArgs),
    /// Tell in words why a submission became what it became.
    Explain(explain::ExplainArgs),
    /// Deliver again what is parked or came to an end; with --dry-run only show what would be
    /// different.
    Replay(replay::ReplayArgs),
    /// Remove what is kept of a person, found by phone or e-mail address; the bare records stay.
    Erase(erase::EraseArgs),
    /// Print the effective settings and where each comes from, secrets masked.
    Config,
    /// Ask a running gateway whether it is ready; for container health checks.
    Health,
}

/// Runs the command that the process was called with.
pub fn run() -> ExitCode {
    let environment = Environment::of_process();
    let out = Out::of_process(&environment);
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error, environment),
    };
    let code = match dispatch(cli, environment, &out) {
        Ok(code) => code,
        Err(failure) => {
            Out::failure(&failure.error);
            ExitCode::from(failure.code)
        }
    };
    telemetry::finish_log();
    code
}

/// Prints help, or what is wrong with the arguments. These are repeated in the message, and one of
/// them may be a secret that is known from the settings.
fn usage(error: &clap::Error, environment: Environment) -> ExitCode {
    if error.use_stderr() {
        let sources = Sources {
            file: environment.config_file().map(Into::into),
            environment,
            flags: Vec::new(),
        };
        // its secrets are registered as it is read, be the rest of it right or wrong
        drop(crate::config::load(&sources));
        Out::complaint(&error.render());
    } else {
        Out::raw(&error.render().to_string());
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// Registers the secrets of channels before a command prints what senders wrote: reading them is
/// enough.
fn register_secrets(command: &Command, mappings: &MappingSettings) {
    if matches!(
        command,
        Command::Journal(_) | Command::Explain(_) | Command::Replay(_) | Command::Erase(_)
    ) {
        drop(ProfileStore::open(&mappings.dir, &mappings.templates));
    }
}

fn dispatch(cli: Cli, environment: Environment, out: &Out) -> Result<ExitCode, Failure> {
    let Cli { common, command } = cli;
    let mut flags = Vec::new();
    if let Some(data) = &common.data {
        flags.push(("data.dir".to_owned(), data.display().to_string()));
    }
    if let Some(log) = &common.log {
        flags.push(("log.filter".to_owned(), log.clone()));
    }
    match &command {
        Command::Serve(serve) => serve.flags(&mut flags),
        Command::Check(check) => check.flags(&mut flags),
        Command::Test(test) => test.flags(&mut flags),
        Command::Sandbox(_)
        | Command::Preview(_)
        | Command::Draft(_)
        | Command::Schema(_)
        | Command::Journal(_)
        | Command::Explain(_)
        | Command::Replay(_)
        | Command::Erase(_)
        | Command::Config
        | Command::Health => {}
    }
    let file = common
        .config
        .or_else(|| environment.config_file().map(Into::into));
    let loaded: Loaded = crate::config::load(&Sources {
        file,
        environment,
        flags,
    })
    .map_err(|error| Failure::new(2, error))?;
    register_secrets(&command, &loaded.settings.mappings);
    match command {
        Command::Serve(serve) => serve::run(&serve, loaded.settings),
        Command::Sandbox(sandbox) => sandbox::run(sandbox, common.data, &loaded.settings),
        Command::Check(check) => check::run(&check, &loaded.settings, out),
        Command::Draft(draft) => draft::run(&draft, &loaded.settings, out),
        Command::Preview(preview) => preview::run(&preview, &loaded.settings, out),
        Command::Test(test) => test::run(&test, &loaded.settings, out),
        Command::Schema(schema) => Ok(schema::run(&schema, out)),
        Command::Journal(journal) => journal::run(&journal, &loaded.settings, out),
        Command::Explain(explain) => explain::run(&explain, &loaded.settings, out),
        Command::Replay(replay) => replay::run(&replay, &loaded.settings, out),
        Command::Erase(erase) => erase::run(&erase, &loaded.settings, out),
        Command::Config => Ok(config::run(&loaded)),
        Command::Health => health::run(&loaded.settings),
    }
}
