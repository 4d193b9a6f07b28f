//! An amoCRM account: leads, contacts, companies and customers, and its hooks, as API v4
//! shows them below `/services/amocrm/api/v4/…`. The token is `sandbox`, or one of the pairs that
//! [`oauth`] gives.
//!
//! The shapes are those of amoCRM's documentation of API v4: lists in `_embedded` with 50 records a
//! page and 250 at most, `204` without a body for an empty list, `application/problem+json` for
//! errors, `_embedded.contacts` of a lead only with `with=contacts`, seven calls a second.

mod api;
mod content;
mod oauth;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Portal;

/// The name of amoCRM, in addresses and faults.
pub(super) const AMOCRM: &str = "amocrm";
/// The name of its exchange of tokens, in faults.
const AMOCRM_OAUTH: &str = "amocrm-oauth";
/// The entities that have records.
const ENTITIES: [&str; 4] = ["leads", "contacts", "companies", "customers"];
/// Records of an entity that are kept.
const MOST: usize = 20_000;
/// Calls in a second.
const RATE: usize = 7;

/// The account.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct AmoAccount {
    /// The records of the entities, by their numbers, as a reply shows them.
    records: BTreeMap<String, BTreeMap<u64, Value>>,
    hooks: Vec<Value>,
    last_hook: u64,
    /// When calls came, at most [`RATE`].
    #[serde(skip)]
    calls: VecDeque<Timestamp>,
    authorizations: oauth::Authorizations,
}

impl Default for AmoAccount {
    fn default() -> Self {
        let mut account = Self {
            records: BTreeMap::new(),
            hooks: Vec::new(),
            last_hook: 839_655,
            calls: VecDeque::new(),
            authorizations: oauth::Authorizations::default(),
        };
        for (entity, record) in content::records() {
            account.put(entity, record);
        }
        account
    }
}

/// Returns the name of a request to amoCRM in faults.
pub(super) fn fault_name(path: &str) -> &'static str {
    if path == oauth::PATH {
        AMOCRM_OAUTH
    } else {
        AMOCRM
    }
}

impl AmoAccount {
    /// Stores a record under its number. Nothing happens without a number, or for an entity that has
    /// no records.
    fn put(&mut self, entity: &str, record: Value) {
        let known = ENTITIES.into_iter().find(|known| *known == entity);
        let id = record.get("id").and_then(Value::as_u64);
        let (Some(entity), Some(id)) = (known, id) else {
            return;
        };
        let records = self.records.entry(entity.to_owned()).or_default();
        if records.len() < MOST || records.contains_key(&id) {
            records.insert(id, record);
        }
    }

    /// Counts a call; returns whether it is one too many of this second.
    fn is_too_fast(&mut self, now: Timestamp) -> bool {
        let since = now.checked_sub(SignedDuration::from_secs(1));
        let since = since.unwrap_or(Timestamp::MIN);
        while self.calls.front().is_some_and(|first| *first <= since) {
            self.calls.pop_front();
        }
        if self.calls.len() >= RATE {
            return true;
        }
        self.calls.push_back(now);
        false
    }

    /// Stores a hook, or changes the one with this address. A disabled hook is switched on.
    fn subscribe(&mut self, destination: &str, settings: &Value, now: Timestamp) -> Value {
        let now = now.as_second();
        let mut known = self.hooks.iter_mut();
        if let Some(hook) = known.find(|hook| hook["destination"] == *destination) {
            hook["settings"] = settings.clone();
            hook["disabled"] = json!(false);
            hook["updated_at"] = json!(now);
            return hook.clone();
        }
        self.last_hook += 1;
        let hook = json!({
            "id": self.last_hook, "destination": destination, "created_at": now,
            "updated_at": now, "account_id": content::ACCOUNT, "created_by": content::USER,
            "sort": 1, "disabled": false, "settings": settings,
        });
        self.hooks.push(hook.clone());
        hook
    }

    /// Removes a hook; returns whether there was one with this address.
    fn unsubscribe(&mut self, destination: &str) -> bool {
        let before = self.hooks.len();
        self.hooks
            .retain(|hook| hook["destination"] != *destination);
        self.hooks.len() < before
    }

    fn to_json(&self) -> Value {
        let records = self.records.iter().map(|(entity, records)| {
            let records = records.values().cloned().collect();
            (entity.clone(), Value::Array(records))
        });
        let mut all: serde_json::Map<String, Value> = records.collect();
        all.insert("webhooks".to_owned(), Value::Array(self.hooks.clone()));
        Value::Object(all)
    }
}

impl Portal {
    /// Stores a record of amoCRM under its number: of `leads`, `contacts`, `companies` or `customers`.
    pub fn put_amocrm(&self, entity: &str, record: Value) {
        let mut core = self.core();
        core.services.amocrm.put(entity, record);
        core.state.revision += 1;
    }

    /// Returns the records and hooks of amoCRM.
    pub fn amocrm(&self) -> Value {
        self.core().services.amocrm.to_json()
    }

    /// Switches all hooks of amoCRM off, as amoCRM does if they are refused too often.
    pub fn disable_amocrm_hooks(&self) {
        let mut core = self.core();
        for hook in &mut core.services.amocrm.hooks {
            hook["disabled"] = json!(true);
        }
        core.state.revision += 1;
    }

    /// Stores records from `{"leads": […]}`; `Err` says what is wrong.
    pub(super) fn put_all_amocrm(&self, all: Value) -> Result<(), String> {
        let Value::Object(all) = all else {
            return Err("write {\"leads\": [{\"id\": 1}]}".to_owned());
        };
        for (entity, records) in all {
            if !ENTITIES.contains(&entity.as_str()) {
                return Err(format!(
                    "there are no {entity}, but {}",
                    ENTITIES.join(", ")
                ));
            }
            for record in records.as_array().into_iter().flatten() {
                self.put_amocrm(&entity, record.clone());
            }
        }
        Ok(())
    }
}
