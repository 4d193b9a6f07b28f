//! What people order: checks, probes, pauses.

use actix_web::web;
use serde_json::{Value, json};

use super::status::address;
use crate::console::PATH;
use crate::console::reply::{Answer, Trouble};
use crate::console::visit::Visit;
use crate::crm::{Connection, CrmError};
use crate::domain::{Destination, Lang, PausedByHand, bilingual};
use crate::live;
use crate::pipeline::{DestinationState, pause_by_hand, resume};

/// The longest note, in characters.
const LONGEST_NOTE: usize = 200;

pub(super) async fn answer(
    visit: &Visit<'_>,
    state: &DestinationState,
    action: &str,
) -> Result<Answer, Trouble> {
    let destination = &state.destination;
    match action {
        "pause" => pause(visit, destination).await?,
        "resume" => end_pause(visit, destination).await?,
        "probe" => {
            visit.parts().destinations.pauses().probe_now(destination);
            let about = destination.to_string();
            visit.note("probed", &about, Value::Null).await?;
        }
        "check" => check(visit, destination).await?,
        _ => read_again(visit, destination).await?,
    }
    let path = address(destination);
    let path = path.strip_prefix(PATH).unwrap_or("/portals");
    Ok(Answer::Go(path.to_owned()))
}

async fn pause(visit: &Visit<'_>, destination: &Destination) -> Result<(), Trouble> {
    let note: String = visit
        .text("note")
        .trim()
        .chars()
        .take(LONGEST_NOTE)
        .collect();
    let parts = visit.parts();
    let pause = PausedByHand {
        since: visit.now,
        who: visit.user.name.clone(),
        note,
    };
    let details = json!({"note": pause.note});
    if pause_by_hand(&parts.destinations, &parts.inbox, destination, pause).await? {
        let about = destination.to_string();
        visit.note("destination-paused", &about, details).await?;
    }
    Ok(())
}

async fn end_pause(visit: &Visit<'_>, destination: &Destination) -> Result<(), Trouble> {
    let parts = visit.parts();
    if resume(&parts.destinations, &parts.inbox, destination).await? {
        let about = destination.to_string();
        visit
            .note("destination-resumed", &about, Value::Null)
            .await?;
    }
    Ok(())
}

fn connection<'v>(visit: &Visit<'v>, destination: &Destination) -> Result<&'v Connection, Trouble> {
    let is_crm = destination.kind() == Destination::CRM;
    let found = visit.parts().connections.get(destination.name());
    let found = found.filter(|_| is_crm).ok_or(Trouble::NotFound)?;
    Ok(found)
}

/// Asks the portal about its webhook, and compares the profiles with it.
async fn check(visit: &Visit<'_>, destination: &Destination) -> Result<(), Trouble> {
    let client = connection(visit, destination)?;
    let parts = visit.parts();
    let profiles = parts.profiles.clone();
    // reads the folder
    let references = web::block(move || profiles.portal_references()).await;
    let references = references.map_err(|_| Trouble::NotFound)?;
    let name = destination.name();
    let own = live::of_connection(&references, name, parts.connections.len());
    let scopes = parts.scopes.get(name).map(Vec::as_slice);
    let scopes = scopes.unwrap_or_default();
    let checks = &parts.checks;
    let checked = checks.check((name, client), scopes, &own, &*parts.clock);
    let found = checked.await.map_err(|error| failed(&error))?;
    // if the portal did not answer, the page says why
    if let Some(problems) = found {
        let details = json!({"problems": problems});
        visit
            .note("portal-checked", &destination.to_string(), details)
            .await?;
    }
    Ok(())
}

async fn read_again(visit: &Visit<'_>, destination: &Destination) -> Result<(), Trouble> {
    let client = connection(visit, destination)?;
    let read = client.refresh_dictionaries().await;
    read.map_err(|error| failed(&error))?;
    let about = destination.to_string();
    visit.note("dictionaries-read", &about, Value::Null).await?;
    Ok(())
}

fn failed(error: &CrmError) -> Trouble {
    let failure = error.failure();
    let (en, ru) = (failure.to_text(Lang::En), failure.to_text(Lang::Ru));
    Trouble::Unavailable(bilingual!(
        "The portal did not answer: {en}. Try again in a moment.",
        "Портал не ответил: {ru}. Повторите чуть позже."
    ))
}
