//! `leadgate app rebind`: puts the pages and events of an application into the portal again.

use std::process::ExitCode;

use super::ConnectionArgs;
use crate::app;
use crate::cli::failure::Failure;
use crate::cli::out::{Ink, Out};
use crate::config::Settings;
use crate::domain::{Lang, bilingual};
use crate::portal_app::{PATH, TelephonyUse, bind};

pub(super) fn run(
    args: &ConnectionArgs,
    settings: &Settings,
    out: &Out,
) -> Result<ExitCode, Failure> {
    let (name, own) = super::application(args.name.as_deref(), settings)?;
    let client = app::command_connection(settings, name, String::new());
    let client = client.map_err(|error| Failure::new(2, error))?;
    let page = |page: &str| format!("{}{PATH}/{name}/{page}", own.public_url);
    let (handler, events) = (page("app"), page("events"));
    let dials = settings
        .pbx
        .values()
        .any(|pbx| pbx.connection == name && pbx.commands.is_some());
    let telephony = if dials {
        TelephonyUse::Yes
    } else {
        TelephonyUse::No
    };
    let system = actix_web::rt::System::new();
    let bound = system.block_on(bind(&client, telephony, (&handler, &events)));
    let report = bound.map_err(|error| {
        let why = error.failure();
        let (en, ru) = (why.to_text(Lang::En), why.to_text(Lang::Ru));
        let text = bilingual!(
            "nothing was put into the portal: {en}",
            "на портал ничего не добавлено: {ru}"
        );
        Failure::message(1, text)
    })?;
    let lang = out.lang();
    let (pages, events) = (
        report.placements.bound.join(", "),
        report.events.bound.join(", "),
    );
    let done = bilingual!(
        "pages in the portal: {pages}; events: {events}",
        "страницы на портале: {pages}; события: {events}"
    );
    Out::line(out.ink(Ink::Good, done.in_lang(lang)));
    for (what, error) in report.refused() {
        let why = error.failure().to_text(lang);
        Out::line(out.ink(Ink::Bad, &format!("{what}: {why}")));
    }
    Ok(if report.is_complete() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}
