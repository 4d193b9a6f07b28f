//! `leadgate check`: what is wrong with the profiles, all at once; with `--live` also whether the
//! portals' webhooks work, and whether they have what the profiles speak of.

mod live;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::Failure;
use super::out::Out;
use crate::config::Settings;
use crate::mapping::Paint;
use crate::profiles::{ProfileStore, render_report};

#[derive(Debug, Args)]
pub(super) struct Check {
    /// The profiles' folder (mappings.dir).
    #[arg(value_name = "FOLDER")]
    mappings: Option<PathBuf>,
    /// Ask the CRM connections whether their webhooks work, and whether the portals have the fields, list
    /// values, stages, employees and currencies that the profiles name.
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
    Out::line(render_report(&report, paint(out)).trim_end());
    let (errors, warnings) = report.counts();
    let mut failed = errors > 0 || (check.deny_warnings && warnings > 0);
    if check.live {
        let claims = profiles.claims();
        let probes = live::ask(settings, &profiles.current(), &claims)?;
        failed |= !live::tell(&probes, check, out);
    }
    Ok(if failed {
        ExitCode::from(1)
    } else {
        ExitCode::SUCCESS
    })
}

fn paint(out: &Out) -> Paint {
    if out.colour() {
        Paint::Colour
    } else {
        Paint::Plain
    }
}
