//! What only connections to the CRM have: limits, checks of the portal, fields and lists.

use actix_web::web;
use serde_json::{Value, json};

use super::Api;
use super::problem::Problem;
use crate::crm::{Connection, CrmError, Dictionaries};
use crate::domain::{Destination, Lang, bilingual};
use crate::editing::problem_json;
use crate::live::{self, LastCheck};

impl Api {
    /// Returns the connection of a destination.
    pub(super) fn connection(&self, destination: &Destination) -> Option<&Connection> {
        let is_crm = destination.kind() == Destination::CRM;
        let found = self.connections.get(destination.name())?;
        is_crm.then_some(&**found)
    }

    /// Returns how much of a portal's limits is used; null for other destinations.
    pub(super) fn limits(&self, destination: &Destination) -> Value {
        let Some(connection) = self.connection(destination) else {
            return Value::Null;
        };
        let pace = connection.pace();
        let bucket = pace
            .bucket
            .map(|(used, of)| json!({"used": used, "of": of}));
        let (calls, most) = pace.calls;
        let operating = pace.operating.iter();
        let operating =
            operating.map(|(method, seconds)| json!({"method": method, "seconds": seconds}));
        let paused = pace.paused.iter();
        let paused =
            paused.map(|(method, left)| json!({"method": method, "seconds": left.as_secs()}));
        json!({
            "bucket": bucket, "calls": {"used": calls, "of": most},
            "operating": operating.collect::<Vec<_>>(), "operating_limit": pace.operating_limit,
            "paused": paused.collect::<Vec<_>>(),
        })
    }

    /// Asks a portal about its webhook, and compares the profiles with it.
    pub(super) async fn check_portal(&self, destination: &Destination) -> Result<(), Problem> {
        let client = self
            .connection(destination)
            .ok_or(Problem::NoSuchDestination)?;
        let profiles = self.profiles.clone();
        // reads the folder
        let references = web::block(move || profiles.portal_references()).await;
        let references = references.map_err(|_| Problem::Unavailable)?;
        let name = destination.name();
        let own = live::of_connection(&references, name, self.connections.len());
        let scopes = self.scopes.get(name).map(Vec::as_slice);
        let scopes = scopes.unwrap_or_default();
        let checks = &self.checks;
        let checked = checks.check((name, client), scopes, &own, &*self.clock);
        // if the portal did not answer, the check says why
        checked.await.map_err(|error| failed(&error))?;
        Ok(())
    }

    /// Returns what the last check of a portal has found.
    pub(super) fn last_check(
        &self,
        destination: &Destination,
        lang: Lang,
    ) -> Result<Value, Problem> {
        self.connection(destination)
            .ok_or(Problem::NoSuchDestination)?;
        let LastCheck { profiles, portal } = self.checks.of(destination.name());
        let profiles = profiles.map(|(at, problems)| {
            let problems = problems.iter().map(|problem| problem_json(problem, lang));
            json!({"at": at, "problems": problems.collect::<Vec<_>>()})
        });
        let portal = portal.map(|(at, found)| match found {
            Ok(info) => json!({
                "at": at, "works": true, "scopes": info.scopes, "is_admin": info.admin, "error": null,
            }),
            Err(error) => json!({
                "at": at, "works": false, "scopes": [], "is_admin": null,
                "error": error.to_text(lang),
            }),
        });
        Ok(json!({"profiles": profiles, "portal": portal}))
    }

    /// Returns the fields, lists and stages of a portal, as they were read last.
    pub(super) fn dictionaries(&self, destination: &Destination) -> Result<Value, Problem> {
        let connection = self.connection(destination);
        let connection = connection.ok_or(Problem::NoSuchDestination)?;
        let known = connection.watch_dictionaries().borrow().clone();
        let kept = connection.dictionary_age().as_secs();
        Ok(of_dictionaries(known.as_deref(), kept))
    }

    /// Reads them again.
    pub(super) async fn read_dictionaries(&self, destination: &Destination) -> Result<(), Problem> {
        let connection = self.connection(destination);
        let connection = connection.ok_or(Problem::NoSuchDestination)?;
        let read = connection.refresh_dictionaries().await;
        read.map(|_| ()).map_err(|error| failed(&error))
    }
}

fn of_dictionaries(known: Option<&Dictionaries>, kept: u64) -> Value {
    json!({
        "read_at": known.map(|known| known.read_at), "kept_seconds": kept, "dictionaries": known,
    })
}

fn failed(error: &CrmError) -> Problem {
    let failure = error.failure();
    let (en, ru) = (failure.to_text(Lang::En), failure.to_text(Lang::Ru));
    Problem::Portal(bilingual!(
        "the portal did not answer: {en}; try again in a moment",
        "портал не ответил: {ru}; повторите чуть позже"
    ))
}
