//! The sources: what came last and how much, who fell silent, what was refused, and what the settings
//! know of each.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::caller::Caller;
use super::problem::Problem;
use super::query::{self, PAGE};
use super::{Api, as_reply, check_method};
use crate::alerts::{Subject, open_alerts};
use crate::authoring::{AMOCRM, CHANNELS, PBXS, POLLS};
use crate::domain::{ApiScope, Lang, Poll, bilingual};
use crate::editing::known_channels;
use crate::journal::{Activities, RefusedFilter, refused_why};
use crate::redact;
use crate::store::StoreError;

/// The parameters of the refused requests, as the document of the API lists them.
pub(super) const PARAMETERS: [&str; 4] = ["since", "until", "before", "limit"];

/// An address of a source.
type SourceAddress = (String, String);

impl Api {
    /// Answers a request for the sources, or for those of one kind.
    pub(super) async fn answer_sources(
        &self,
        request: &HttpRequest,
        what: &str,
        lang: Lang,
    ) -> Result<HttpResponse, Problem> {
        check_method(request, "GET, HEAD")?;
        let caller = self.caller(request, ApiScope::ReadSources).await?;
        let answer = match what {
            "sources" => self.all_sources(lang).await?,
            "polls" => {
                let polls = self.polls().await?;
                let items = polls.iter().map(|poll| of_poll(poll, &caller));
                json!({"items": items.collect::<Vec<_>>()})
            }
            "amocrm" => self.accounts(),
            "pbx" => self.exchanges(),
            _ => self.refused(request.query_string(), &caller, lang).await?,
        };
        Ok(as_reply(redact::mask(&answer.to_string()).into_owned()))
    }

    async fn polls(&self) -> Result<Vec<Poll>, Problem> {
        let store = self.store.clone();
        let polls = web::block(move || store.polls()).await;
        let (polls, _) = polls.map_err(|_| StoreError::Closed)??;
        Ok(polls)
    }

    /// Returns what has come, as far as it has been read.
    pub(super) async fn activities(&self) -> Result<Activities, Problem> {
        Ok(self.arrivals.look(&self.store, self.clock.now()).await?)
    }

    async fn all_sources(&self, lang: Lang) -> Result<Value, Problem> {
        let activities = self.activities().await?;
        let silent = self.silent(lang).await?;
        let mut names: BTreeMap<SourceAddress, Option<String>> = BTreeMap::new();
        for address in activities.by_source.keys() {
            names.insert(address.clone(), None);
        }
        for poll in self.polls().await? {
            names.insert((POLLS.to_owned(), poll.id.to_string()), poll.name);
        }
        let settings = self.profiles.channels();
        for channel in known_channels(&self.profiles, &activities) {
            let own = settings.by_address(&channel);
            let title = own.map(|own| own.title.clone());
            let title = title.filter(|title| !title.is_empty());
            names.insert((CHANNELS.to_owned(), channel), title);
        }
        let accounts = self.settings.amocrm.keys().map(|name| (AMOCRM, name));
        let exchanges = self.settings.pbx.keys().map(|name| (PBXS, name));
        for (source, name) in accounts.chain(exchanges) {
            names.entry((source.to_owned(), name.clone())).or_default();
        }
        let items = names.into_iter().map(|(key, name)| {
            let activity = activities.by_source.get(&key);
            json!({
                "source": key.0, "address": key.1, "name": name,
                "last_received": activity.map(|it| it.last),
                "this_hour": activity.map_or(0, |it| it.this_hour),
                "week_ago": activity.map_or(0, |it| it.week_ago),
                "is_silent": silent.contains_key(&key),
                "silent_since": silent.get(&key),
            })
        });
        let since = self.clock.now().checked_sub(SignedDuration::from_hours(24));
        let journal = self.journal.clone();
        let refused = web::block(move || journal.refused_counts(since.ok())).await;
        let refused = refused.map_err(|_| StoreError::Closed)??;
        Ok(json!({
            "items": items.collect::<Vec<_>>(), "is_whole": activities.is_whole,
            "refused_in_24_hours": refused,
        }))
    }

    /// Returns the sources that usually send something at this time, and since when they have not.
    async fn silent(
        &self,
        lang: Lang,
    ) -> Result<BTreeMap<SourceAddress, Option<Timestamp>>, Problem> {
        let words = (self.sources.clone(), lang);
        let open = open_alerts(&self.store, &self.alerts, words).await?;
        let silent = open.into_iter().filter_map(|alert| match alert.subject {
            Subject::Silence { source, address } => Some(((source, address), alert.since)),
            _ => None,
        });
        Ok(silent.collect())
    }

    fn accounts(&self) -> Value {
        let health = self.amocrm.all();
        let items = self.settings.amocrm.iter().map(|(name, account)| {
            let own = health.iter().filter(|(of, _, _)| of == name);
            let troubles = own.filter_map(|(_, trouble, since)| {
                let since = (*since)?;
                Some(json!({"trouble": trouble, "since": since}))
            });
            json!({
                "name": name, "is_watched": account.api.is_some(),
                "troubles": troubles.collect::<Vec<_>>(),
            })
        });
        json!({"items": items.collect::<Vec<_>>()})
    }

    fn exchanges(&self) -> Value {
        let items = self.settings.pbx.iter().map(|(name, pbx)| {
            let client = self.pbxs.get(name).and_then(|pbx| pbx.client.as_ref());
            let addresses = pbx.allowed_addresses.iter().map(ToString::to_string);
            json!({
                "name": name, "dialect": pbx.dialect.as_str(), "takes_commands": client.is_some(),
                "last_request": client.and_then(|client| client.heard()),
                "addresses": addresses.collect::<Vec<_>>(),
            })
        });
        json!({"items": items.collect::<Vec<_>>()})
    }

    async fn refused(&self, query: &str, caller: &Caller, lang: Lang) -> Result<Value, Problem> {
        let (filter, limit) = refused_query(query)?;
        let journal = self.journal.clone();
        let found = web::block(move || journal.refused_with_numbers(filter, limit + 1)).await;
        let mut found = found.map_err(|_| StoreError::Closed)??;
        let is_more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| is_more).map(|(number, _)| *number);
        let items = found.iter().map(|(_, refused)| {
            let from = refused.address.as_deref();
            json!({
                "at": refused.at, "from": from.map(|from| caller.of_person(from)),
                "to": refused.source, "method": refused.method, "status": refused.status,
                "code": refused.code, "why": refused_why(&refused.code, lang),
                "bytes": refused.size,
            })
        });
        Ok(json!({"items": items.collect::<Vec<_>>(), "next": next}))
    }
}

fn of_poll(poll: &Poll, caller: &Caller) -> Value {
    let employee = poll.employee.as_ref();
    json!({
        "id": poll.id, "name": poll.name, "language": poll.language.as_str(),
        "employee": employee.map(|employee| caller.of_person(employee.as_str())),
        "registered_at": poll.registered_at, "activated_at": poll.activated_at,
        "activations": poll.activations,
    })
}

fn refused_query(text: &str) -> Result<(RefusedFilter, usize), Problem> {
    let (mut filter, mut limit) = (RefusedFilter::default(), PAGE);
    for (name, value) in query::pairs(text) {
        let set = match name.as_str() {
            "since" => query::time(&value).map(|at| filter.since = Some(at)),
            "until" => query::time(&value).map(|at| filter.until = Some(at)),
            "before" => query::number(&value).map(|number| filter.before = Some(number)),
            "limit" => query::limit(&value).map(|number| limit = number),
            _ => {
                let known = PARAMETERS.join(", ");
                Err(bilingual!(
                    "there is no such parameter; there are {known}",
                    "такого параметра нет; есть {known}"
                ))
            }
        };
        set.map_err(|wrong| Problem::Parameter(name, wrong))?;
    }
    Ok((filter, limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_requests_are_asked_for_by_time_and_page() {
        let (filter, limit) = refused_query("since=2026-11-22T10:00:00Z&before=7&limit=2").unwrap();
        assert!(filter.since.is_some() && filter.until.is_none());
        assert_eq!((filter.before, limit), (Some(7), 2));
        for query in ["since=today", "before=x", "limit=0", "page=2"] {
            assert!(refused_query(query).is_err(), "{query}");
        }
    }
}
