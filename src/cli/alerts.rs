//! `leadgate alerts test`: sends a test message on every way of the settings.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::failure::Failure;
use super::out::{Ink, Out, clean};
use crate::alerts::Way;
use crate::app::command_ways;
use crate::config::Settings;
use crate::domain::{Bilingual, Clock as _, Lang, SystemClock, bilingual};

#[derive(Debug, Args)]
pub(super) struct AlertsArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Send a test message on every way of the settings, and say how each went.
    Test,
}

pub(super) fn run(
    AlertsArgs { what: What::Test }: &AlertsArgs,
    settings: &Settings,
    out: &Out,
) -> Result<ExitCode, Failure> {
    if !settings.alerts.is_on() {
        let nobody = Bilingual::new(
            "nobody is told: set alerts.mail, alerts.bitrix24 or alerts.http",
            "оповещать некого: задайте alerts.mail, alerts.bitrix24 или alerts.http",
        );
        Out::line(nobody.pick(out.lang()));
        return Ok(ExitCode::from(1));
    }
    let ways = command_ways(settings).map_err(|error| Failure::new(2, error))?;
    let results =
        actix_web::rt::System::new().block_on(ways.test(&settings.alerts, SystemClock.now()));
    let mut code = ExitCode::SUCCESS;
    for (way, result) in results {
        let name = named(&way, out.lang());
        let (ink, mark, text) = match result {
            Ok(()) => (
                Ink::Good,
                "✓",
                Bilingual::new("sent", "отправлено")
                    .pick(out.lang())
                    .to_owned(),
            ),
            Err(error) => {
                code = ExitCode::from(1);
                (Ink::Bad, "✗", clean(&error.to_text(out.lang())))
            }
        };
        Out::line(format!("{} {name}: {text}", out.ink(ink, mark)));
    }
    Ok(code)
}

/// Names a recipient as the settings do.
fn named(way: &Way, lang: Lang) -> String {
    match way {
        Way::Mail(email) => email.as_str().to_owned(),
        Way::Http(service) => bilingual!("service {service}", "сервис {service}").pick(lang),
        Way::Bitrix24(employee) => {
            bilingual!("employee {employee}", "сотрудник {employee}").pick(lang)
        }
    }
}
