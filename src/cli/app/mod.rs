//! `leadgate app`: commands about local applications of portals.

mod info;
mod rebind;
mod status;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::failure::Failure;
use super::out::Out;
use crate::config::{CrmAccessSettings, PortalAppSettings, Settings};
use crate::domain::{Bilingual, bilingual};

#[derive(Debug, Args)]
pub(super) struct AppArgs {
    #[command(subcommand)]
    command: AppCommand,
}

#[derive(Debug, Subcommand)]
enum AppCommand {
    /// Print what to enter on the portal when the application is added there.
    Info(info::InfoArgs),
    /// Show whether the application is installed, whose tokens it has, and what the portal says.
    Status(ConnectionArgs),
    /// Put the application's pages and events into the portal again.
    Rebind(ConnectionArgs),
}

#[derive(Debug, Args)]
struct ConnectionArgs {
    /// The connection of the settings, `crm.NAME`; not needed if there is one application only.
    name: Option<String>,
}

pub(super) fn run(args: &AppArgs, settings: &Settings, out: &Out) -> Result<ExitCode, Failure> {
    match &args.command {
        AppCommand::Info(info) => info::run(info, settings, out),
        AppCommand::Status(args) => status::run(args, settings, out),
        AppCommand::Rebind(args) => rebind::run(args, settings, out),
    }
}

/// Returns the named application of the settings, or the only one.
fn application<'s>(
    wanted: Option<&str>,
    settings: &'s Settings,
) -> Result<(&'s str, &'s PortalAppSettings), Failure> {
    let applications = settings
        .crm
        .iter()
        .filter_map(|(name, one)| match &one.access {
            CrmAccessSettings::App(app) => Some((name.as_str(), app)),
            CrmAccessSettings::Webhook(_) => None,
        });
    let applications: Vec<_> = applications.collect();
    let wrong = match (wanted, applications.as_slice()) {
        (None, [one]) => return Ok(*one),
        (Some(wanted), all) => match all.iter().find(|(name, _)| *name == wanted) {
            Some(found) => return Ok(*found),
            None => bilingual!(
                "the settings have no application crm.{wanted}.app",
                "в настройках нет приложения crm.{wanted}.app"
            ),
        },
        (None, []) if settings.sandbox.as_application => Bilingual::new(
            "leadgate is an application of the embedded sandbox: it is installed and shown on the page /sandbox/app",
            "leadgate — приложение встроенной песочницы: его установка и состояние — на странице /sandbox/app",
        )
        .into(),
        (None, []) => Bilingual::new(
            "the settings have no application; add [crm.main.app], see docs/portal-app.md",
            "в настройках нет приложения; добавьте [crm.main.app], см. docs/portal-app.ru.md",
        )
        .into(),
        (None, several) => {
            let names: Vec<&str> = several.iter().map(|(name, _)| *name).collect();
            let names = names.join(", ");
            bilingual!(
                "the settings have several applications; name one: {names}",
                "в настройках несколько приложений; укажите одно: {names}"
            )
        }
    };
    Err(Failure::message(2, wrong))
}
