//! `leadgate check`: reports every mistake in the profiles; with `--live` also whether the portals'
//! webhooks work, and whether the portals have what the profiles name.

mod amocrm;
mod cards;
mod live;
mod mail;
mod pbx;
mod services;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::failure::Failure;
use super::out::Out;
use crate::app;
use crate::authoring::{Problem, Severity};
use crate::config::Settings;
use crate::domain::{Bilingual, Lang};
use crate::live::connection;
use crate::mapping::PortalReferences;
use crate::profiles::{GuardMemory, LoadReport, ProfileStore, render_report};
use crate::redact;

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// The profiles' folder (mappings.dir).
    #[arg(value_name = "FOLDER")]
    mappings: Option<PathBuf>,
    /// Ask the CRM connections whether their webhooks work, and whether the portals have the
    /// fields, list values, stages, employees and currencies that the profiles name; ask the
    /// accounts of amoCRM likewise, and PBXs for their users.
    #[arg(long)]
    live: bool,
    /// Warnings fail the check as well.
    #[arg(long)]
    deny_warnings: bool,
    /// Print one JSON object instead of text.
    #[arg(long, conflicts_with = "live")]
    json: bool,
}

impl CheckArgs {
    pub(super) fn flags(&self, flags: &mut Vec<(String, String)>) {
        if let Some(mappings) = &self.mappings {
            flags.push(("mappings.dir".to_owned(), mappings.display().to_string()));
        }
    }
}

pub(super) fn run(check: &CheckArgs, settings: &Settings, out: &Out) -> Result<ExitCode, Failure> {
    app::check_destinations(settings).map_err(|error| Failure::new(2, error))?;
    let mappings = &settings.mappings;
    // the remembered guards belong to the folder of the settings, not to another one
    let memory = check
        .mappings
        .is_none()
        .then(|| GuardMemory::read_only(&settings.data.dir));
    let (profiles, mut report) =
        ProfileStore::open_with(&mappings.dir, &mappings.templates, memory);
    let services = settings.service_names();
    let services: Vec<&str> = services.iter().map(String::as_str).collect();
    profiles.check_destinations(&services, &mut report);
    if !check.live {
        report
            .problems
            .extend(unknown_connections(settings, &profiles));
    }
    if settings.mail.is_none() && !settings.crm.is_empty() {
        let unsent = profiles.current().without_mail_server();
        report.problems.extend(unsent);
    }
    report.problems.extend(of_accounts(settings, &profiles));
    let lang = out.lang();
    if check.json {
        Out::line(redact::mask_all(&json(&report, lang).to_string()));
    } else {
        let shown = render_report(&report, out.paint(), lang);
        Out::line(redact::mask_all(shown.trim_end()));
        if !report.failed.is_empty() {
            Out::line(
                Bilingual::new(
                    "a running gateway goes on with the last good version of such a file, if it had one",
                    "работающий шлюз продолжает по последней исправной версии такого файла, если она у него была",
                )
                .pick(lang),
            );
        }
    }
    let (errors, warnings) = report.counts();
    let mut failed = errors > 0 || (check.deny_warnings && warnings > 0);
    if check.live {
        let references = profiles.portal_references();
        let probes = live::probe(settings, &profiles.current(), &references)?;
        let printer = live::ProbePrinter {
            out,
            lang,
            deny_warnings: check.deny_warnings,
        };
        failed |= !printer.print(&probes);
        failed |= !services::ask(settings, lang, out)?;
        failed |= !amocrm::ask(settings, &profiles.current(), &printer)?;
        failed |= !cards::ask(settings, &printer)?;
        failed |= !pbx::ask(settings, &profiles.hand_matches().load(), &printer)?;
        failed |= !mail::ask(settings, lang, out)?;
    }
    Ok(if failed {
        ExitCode::from(1)
    } else {
        ExitCode::SUCCESS
    })
}

/// Returns what profiles expect of accounts of amoCRM and of PBXs, and the settings lack.
fn of_accounts(settings: &Settings, profiles: &ProfileStore) -> Vec<Problem> {
    let accounts: Vec<&str> = settings.amocrm.keys().map(String::as_str).collect();
    let silent = settings.amocrm.keys().map(String::as_str);
    let silent: Vec<&str> = silent
        .filter(|name| !app::can_ask(settings, name))
        .collect();
    let set = profiles.current();
    let mut problems = set.unknown_accounts(&accounts);
    problems.extend(set.unread_fields(&silent));
    for (name, account) in &settings.amocrm {
        let pipelines: Vec<&str> = account.pipelines.values().map(String::as_str).collect();
        let stages: Vec<&str> = account.stages.values().map(String::as_str).collect();
        problems.extend(set.unnamed_in_account(name, (&pipelines, &stages)));
    }
    let pbxs: Vec<&str> = settings.pbx.keys().map(String::as_str).collect();
    problems.extend(set.unknown_pbxs(&pbxs));
    problems.extend(profiles.unknown_matches(&pbxs));
    problems
}

/// Returns a warning for each profile that names a connection which the settings do not have.
fn unknown_connections(settings: &Settings, profiles: &ProfileStore) -> Vec<Problem> {
    let names = settings.connection_names();
    let set = profiles.current();
    let mut wanted = set
        .profiles()
        .iter()
        .filter_map(|profile| profile.connection());
    if wanted.all(|name| names.iter().any(|known| known == name)) {
        return Vec::new();
    }
    let references = profiles.portal_references();
    let is_named = |references: &&PortalReferences| references.connection.is_some();
    let unknown = references.iter().filter(is_named);
    unknown
        .filter_map(|references| connection(references, &names))
        .map(|problem| Problem {
            severity: Severity::Warning,
            ..problem
        })
        .collect()
}

/// Returns the report as JSON. `line` and `column` count from 1, in characters; both are 0 when a
/// problem concerns a file as a whole.
fn json(report: &LoadReport, lang: Lang) -> serde_json::Value {
    let (errors, warnings) = report.counts();
    let problems: Vec<_> = report
        .problems
        .iter()
        .map(|problem| problem.to_json(lang))
        .collect();
    serde_json::json!({
        "errors": errors,
        "warnings": warnings,
        "loaded": report.loaded,
        "failed": report.failed,
        "problems": problems,
    })
}
