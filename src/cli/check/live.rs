//! `check --live`: asks each portal in a few calls, five at most, and holds the profiles against it.

use crate::app;
use crate::cli::Failure;
use crate::cli::out::{Ink, Out};
use crate::config::Settings;
use crate::domain::Lang;
use crate::live::{self, Asked, Compared};
use crate::mapping::{Claims, Problem, ProfileSet, render};

use super::{Check, paint};

/// What came of asking one connection.
pub(super) struct Probe {
    name: String,
    /// The webhook with its secret masked.
    shown: String,
    asked: Asked,
    /// Problems of profiles that go to no connection.
    nowhere: Vec<Problem>,
}

/// Asks every connection, one after the other.
pub(super) fn ask(
    settings: &Settings,
    profiles: &ProfileSet,
    claims: &[Claims],
) -> Result<Vec<Probe>, Failure> {
    let names = app::connection_names(settings);
    let clients = names
        .iter()
        .map(|name| app::client_beside(settings, name, String::new()))
        .collect::<anyhow::Result<Vec<_>>>()
        .map_err(|error| Failure::new(2, error))?;
    let needed = app::needed_scopes(settings, profiles);
    let mut probes = actix_web::rt::System::new().block_on(async {
        let mut probes = Vec::with_capacity(clients.len());
        for (name, client) in names.iter().zip(&clients) {
            let is_own = |claims: &&Claims| match &claims.connection {
                Some(wanted) => wanted == name,
                None => names.len() == 1,
            };
            let own: Vec<&Claims> = claims.iter().filter(is_own).collect();
            probes.push(Probe {
                name: name.clone(),
                shown: client.shown(),
                asked: live::ask(client, &needed, &own).await,
                nowhere: Vec::new(),
            });
        }
        probes
    });
    if let Some(last) = probes.last_mut() {
        last.nowhere = claims
            .iter()
            .filter_map(|claims| live::connection(claims, &names))
            .collect();
    }
    Ok(probes)
}

/// Prints what was found; true when all is well.
pub(super) fn tell(probes: &[Probe], check: &Check, out: &Out, lang: Lang) -> bool {
    let mut well = true;
    for probe in probes {
        well &= tell_one(probe, check, out, lang);
        if !probe.nowhere.is_empty() {
            well = false;
            Out::line(render(&probe.nowhere, paint(out), lang).trim_end());
        }
    }
    well
}

fn tell_one(probe: &Probe, check: &Check, out: &Out, lang: Lang) -> bool {
    if probe.name == app::SANDBOX && probe.asked.is_unreachable() {
        Out::line(
            "no portal is set, and the embedded sandbox runs inside the gateway: start \
             `leadgate serve` to have it asked",
        );
        return true;
    }
    let head = format!("crm.{} {}", probe.name, probe.shown);
    let works = match &probe.asked.portal {
        Ok(portal) => {
            let rights = if portal.admin {
                "an administrator"
            } else {
                "not an administrator"
            };
            let text = format!(
                "{head} works; owner: {} ({rights}); scopes: {}",
                portal.owner,
                portal.scopes.join(", ")
            );
            Out::line(out.ink(Ink::Good, &text));
            true
        }
        Err(error) => {
            Out::line(out.ink(Ink::Bad, &format!("{head}: {error}")));
            false
        }
    };
    match &probe.asked.compared {
        Some(Ok(compared)) => differences(compared, check, out, lang) && works,
        Some(Err(error)) => {
            let text = format!("{head}: its dictionaries cannot be read: {error}");
            Out::line(out.ink(Ink::Bad, &text));
            false
        }
        None => works,
    }
}

fn differences(compared: &Compared, check: &Check, out: &Out, lang: Lang) -> bool {
    if !compared.problems.is_empty() {
        Out::line(render(&compared.problems, paint(out), lang).trim_end());
    }
    if !compared.staff {
        let text =
            "the webhook lacks the scope user_basic or user, so employees were not looked up";
        Out::line(out.ink(Ink::Warn, text));
    }
    let errors = compared
        .problems
        .iter()
        .filter(|problem| problem.is_error())
        .count();
    let warnings = compared.problems.len() - errors;
    let well = errors == 0 && (warnings == 0 || !check.deny_warnings);
    let ink = if well { Ink::Good } else { Ink::Bad };
    let text = format!(
        "profiles held against the portal: {}, {errors} errors, {warnings} warnings",
        compared.profiles
    );
    Out::line(out.ink(ink, &text));
    well
}
