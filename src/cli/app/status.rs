//! `leadgate app status`: what is known of an application, and what the portal says.

use std::process::ExitCode;

use super::ConnectionArgs;
use crate::app;
use crate::cli::failure::Failure;
use crate::cli::out::{Ink, Out, clean};
use crate::config::Settings;
use crate::crm::{Application, Connection, KnownInstallation};
use crate::domain::{Bilingual, Lang, bilingual};
use crate::profiles::ProfileStore;

pub(super) fn run(
    args: &ConnectionArgs,
    settings: &Settings,
    out: &Out,
) -> Result<ExitCode, Failure> {
    let (name, _) = super::application(args.name.as_deref(), settings)?;
    let client = app::command_connection(settings, name, String::new());
    let client = client.map_err(|error| Failure::new(2, error))?;
    let Some(application) = client.application().cloned() else {
        return Ok(ExitCode::from(1));
    };
    let mappings = &settings.mappings;
    let (profiles, _) = ProfileStore::open(&mappings.dir, &mappings.templates);
    let needed = app::needed_scopes(settings, &profiles.current(), name);
    let system = actix_web::rt::System::new();
    let works = system.block_on(show(&client, &application, (name, &needed, out)));
    Ok(if works {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

async fn show(
    client: &Connection,
    application: &Application,
    (name, needed, out): (&str, &[&[&str]], &Out),
) -> bool {
    let lang = out.lang();
    let (id, portal) = (application.client_id(), application.origin());
    let head = bilingual!(
        "crm.{name}: application {id} of {portal}",
        "crm.{name}: приложение {id}, портал {portal}"
    );
    Out::line(head.pick(lang));
    match application.installation().await {
        Ok(Some(known)) => administrators(&known, out),
        Ok(None) => {
            let none = Bilingual::new(
                "not installed: open the application in the portal's menu as an administrator",
                "не установлено: откройте приложение в меню портала под администратором",
            );
            Out::line(out.ink(Ink::Bad, none.pick(lang)));
            return false;
        }
        Err(failure) => {
            Out::line(out.ink(Ink::Bad, failure.text().in_lang(lang)));
            return false;
        }
    }
    match client.probe(needed).await {
        Ok(portal) => {
            let (owner, scopes) = (clean(&portal.owner), portal.scopes.join(", "));
            let text = bilingual!(
                "the portal answers; tokens of: {owner}; scopes: {scopes}",
                "портал отвечает; токены сотрудника: {owner}; права: {scopes}"
            );
            Out::line(out.ink(Ink::Good, text.in_lang(lang)));
        }
        Err(error) => {
            Out::line(out.ink(Ink::Bad, &error.to_text(lang)));
            return false;
        }
    }
    bindings(client, out).await
}

fn administrators(known: &KnownInstallation, out: &Out) {
    let lang = out.lang();
    for one in &known.administrators {
        let user = one.user_id;
        let (at, until) = (out.moment(one.obtained_at), out.moment(one.expires_at));
        let (text, ink) = if one.works {
            let text = bilingual!(
                "administrator {user}: tokens of {at}, valid until {until}, renewed when needed",
                "администратор {user}: токены от {at}, действуют до {until}, обновляются при необходимости"
            );
            (text, Ink::Good)
        } else {
            let text = bilingual!(
                "administrator {user}: the tokens of {at} are not renewed any more",
                "администратор {user}: токены от {at} больше не обновляются"
            );
            (text, Ink::Warn)
        };
        Out::line(out.ink(ink, text.in_lang(lang)));
    }
    if known.application_token.is_none() {
        let none = Bilingual::new(
            "the portal has not told the token of its events: open the application again",
            "портал не сообщил токен событий: откройте приложение ещё раз",
        );
        Out::line(out.ink(Ink::Warn, none.pick(lang)));
    }
}

/// Shows what is in the portal. Returns whether it says.
async fn bindings(client: &Connection, out: &Out) -> bool {
    let lang = out.lang();
    match client.bound().await {
        Ok((pages, events)) => {
            let none = Bilingual::new("none", "нет").pick(lang);
            let list = |all: Vec<String>| {
                if all.is_empty() {
                    none.to_owned()
                } else {
                    clean(&all.join(", "))
                }
            };
            let is_bound = !pages.is_empty() && !events.is_empty();
            let (pages, events) = (list(pages), list(events));
            let text = bilingual!(
                "pages in the portal: {pages}; events: {events}",
                "страницы на портале: {pages}; события: {events}"
            );
            let ink = if is_bound { Ink::Good } else { Ink::Warn };
            Out::line(out.ink(ink, text.in_lang(lang)));
            if !is_bound {
                let advice = Bilingual::new(
                    "`leadgate app rebind` puts them there again",
                    "вернуть их: `leadgate app rebind`",
                );
                Out::line(advice.pick(lang));
            }
            is_bound
        }
        Err(error) => {
            let why = error.failure();
            let (en, ru) = (why.to_text(Lang::En), why.to_text(Lang::Ru));
            let text = bilingual!(
                "the portal does not say what is bound: {en}",
                "портал не говорит, что привязано: {ru}"
            );
            Out::line(out.ink(Ink::Bad, text.in_lang(lang)));
            false
        }
    }
}
