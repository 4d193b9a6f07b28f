//! `leadgate amocrm`: commands about accounts of amoCRM.

mod connect;
mod hooks;
mod widget;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::failure::Failure;
use super::out::Out;
use crate::config::{AmoSettings, Settings};
use crate::domain::{Bilingual, bilingual};

#[derive(Debug, Args)]
pub(super) struct AmocrmArgs {
    #[command(subcommand)]
    command: AmocrmCommand,
}

#[derive(Debug, Subcommand)]
enum AmocrmCommand {
    /// Show, add and remove the hooks of an account; needs a token of an administrator.
    Hooks(hooks::HooksArgs),
    /// Connect an account by the authorization code of an integration; a long-lived token needs no
    /// code.
    Connect(connect::ConnectArgs),
    /// Build the archive of the widget for cards, to upload it to an integration of amoCRM.
    Widget(widget::WidgetArgs),
}

pub(super) fn run(args: &AmocrmArgs, settings: &Settings, out: &Out) -> Result<ExitCode, Failure> {
    match &args.command {
        AmocrmCommand::Hooks(hooks) => hooks::run(hooks, settings, out),
        AmocrmCommand::Connect(connect) => connect::run(connect, settings, out),
        AmocrmCommand::Widget(widget) => widget::run(widget, settings, out),
    }
}

/// Returns the named account of the settings, or the only one.
fn account<'s>(
    wanted: Option<&'s str>,
    settings: &'s Settings,
) -> Result<(&'s str, &'s AmoSettings), Failure> {
    let mut names = settings.amocrm.keys().map(String::as_str);
    let name = match (wanted, names.next(), names.next()) {
        (Some(name), _, _) | (None, Some(name), None) => name,
        (None, None, _) => {
            let none = Bilingual::new(
                "the settings have no account of amoCRM; add [amocrm.main], see docs/amocrm.md",
                "в настройках нет аккаунта amoCRM; добавьте [amocrm.main], см. docs/amocrm.ru.md",
            );
            return Err(Failure::message(2, none));
        }
        (None, Some(_), Some(_)) => {
            let names: Vec<&str> = settings.amocrm.keys().map(String::as_str).collect();
            let names = names.join(", ");
            let several = bilingual!(
                "the settings have several accounts of amoCRM; name one: {names}",
                "в настройках несколько аккаунтов amoCRM; укажите один: {names}"
            );
            return Err(Failure::message(2, several));
        }
    };
    let account = settings.amocrm.get(name).ok_or_else(|| {
        let unknown = bilingual!(
            "the settings have no account amocrm.{name}",
            "в настройках нет аккаунта amocrm.{name}"
        );
        Failure::message(2, unknown)
    })?;
    Ok((name, account))
}
