//! `leadgate check`: what is wrong with the profiles, all at once; with `--live` also whether the
//! portals' webhooks work.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::Failure;
use super::out::{Ink, Out};
use crate::app;
use crate::config::Settings;
use crate::mapping::{Paint, ProfileSet};
use crate::profiles::{ProfileStore, render_report};

#[derive(Debug, Args)]
pub(super) struct Check {
    /// The profiles' folder (mappings.dir).
    #[arg(value_name = "FOLDER")]
    mappings: Option<PathBuf>,
    /// Ask the CRM connections whether their webhooks work.
    #[arg(long)]
    live: bool,
    /// Warnings fail the check as well.
    #[arg(long)]
    deny_warnings: bool,
}

impl Check {
    pub(super) fn flags(&self, flags: &mut Vec<(String, String)>) {
        if let Some(mappings) = &self.mappings {
            flags.push(("mappings.dir".to_owned(), mappings.display().to_string()));
        }
    }
}

pub(super) fn run(check: &Check, settings: &Settings, out: &Out) -> Result<ExitCode, Failure> {
    let mappings = &settings.mappings;
    let (profiles, report) = ProfileStore::open(&mappings.dir, &mappings.templates);
    let paint = if out.colour() {
        Paint::Colour
    } else {
        Paint::Plain
    };
    Out::line(render_report(&report, paint).trim_end());
    let (errors, warnings) = report.counts();
    let mut failed = errors > 0 || (check.deny_warnings && warnings > 0);
    if check.live {
        failed |= !live(settings, &profiles.current(), out)?;
    }
    Ok(if failed {
        ExitCode::from(1)
    } else {
        ExitCode::SUCCESS
    })
}

/// Asks each connection; true when all are well.
fn live(settings: &Settings, profiles: &ProfileSet, out: &Out) -> Result<bool, Failure> {
    if settings.crm.is_empty() {
        Out::line("no portal is set, the CRM is the embedded sandbox: nothing to ask");
        return Ok(true);
    }
    let needed = app::needed_scopes(settings, profiles);
    let mut well = true;
    for name in settings.crm.keys() {
        let client = app::client_beside(settings, name, String::new())
            .map_err(|error| Failure::new(2, error))?;
        let answer = actix_web::rt::System::new().block_on(client.probe(&needed));
        let shown = client.shown();
        match answer {
            Ok(portal) => {
                let rights = if portal.admin {
                    "an administrator"
                } else {
                    "not an administrator"
                };
                let text = format!(
                    "crm.{name} {shown} works; owner: {} ({rights}); scopes: {}",
                    portal.owner,
                    portal.scopes.join(", ")
                );
                Out::line(out.ink(Ink::Good, &text));
            }
            Err(error) => {
                well = false;
                Out::line(out.ink(Ink::Bad, &format!("crm.{name} {shown}: {error}")));
            }
        }
    }
    Ok(well)
}
