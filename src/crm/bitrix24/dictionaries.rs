//! A portal's dictionaries: read in one call, cached by the connection, read again when they are
//! old or when something is missing. Employees are requested by id or address, never all of them.

use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::{Mutex, watch};

use super::batch::Halt;
use super::commands::Command;
use super::processes::process_from;
use super::wire::{flag, member, number, rows, text};
use super::{Connection, Priority};
use crate::crm::dictionary::{Choice, Dictionaries, Employee, FieldInfo, Fields};
use crate::crm::error::CrmError;
use crate::crm::query::PAGE_SIZE;
use crate::crm::trace::CallTrace;
use crate::domain::{Clock as _, Email, EntityKind, ItemType, SystemClock, UserId};

/// A portal that does not answer or refuses is not asked for dictionaries more often than this.
const MIN_REREAD_INTERVAL: SignedDuration = SignedDuration::from_secs(60);

/// The number of smart processes that fit into one call with all other dictionaries.
const MAX_PROCESSES: usize = 43;

/// The maximum age, unless the settings say otherwise.
const DEFAULT_AGE: Duration = Duration::from_secs(12 * 60 * 60);

/// The cached dictionaries.
pub(super) struct DictionaryCache {
    current: watch::Sender<Option<Arc<Dictionaries>>>,
    /// When a reading was last tried. Locked while the dictionaries are read.
    reading: Mutex<Option<Timestamp>>,
    /// When the portal refused them, if the last reading was refused.
    refused: std::sync::Mutex<Option<Timestamp>>,
    /// When an answer of the portal last contradicted the cache.
    doubted_at: std::sync::Mutex<Option<Timestamp>>,
    age: Duration,
}

impl Default for DictionaryCache {
    fn default() -> Self {
        Self {
            current: watch::Sender::new(None),
            reading: Mutex::default(),
            refused: std::sync::Mutex::default(),
            doubted_at: std::sync::Mutex::default(),
            age: DEFAULT_AGE,
        }
    }
}

/// Locks a shared time.
fn locked(time: &std::sync::Mutex<Option<Timestamp>>) -> MutexGuard<'_, Option<Timestamp>> {
    time.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is_recent(time: Option<Timestamp>, now: Timestamp) -> bool {
    time.is_some_and(|at| now.duration_since(at) < MIN_REREAD_INTERVAL)
}

/// Dictionaries, and the call that read them, unless they were cached.
pub type DictionariesResult = (Result<Arc<Dictionaries>, CrmError>, Option<CallTrace>);

impl Connection {
    /// Sets the maximum age of the dictionaries.
    #[must_use]
    pub fn with_dictionary_age(mut self, age: Duration) -> Self {
        self.cache.age = age;
        self
    }

    /// Fills the cache with dictionaries that were stored elsewhere.
    pub fn seed_dictionaries(&self, dictionaries: Dictionaries) {
        self.cache
            .current
            .send_replace(Some(Arc::new(dictionaries)));
    }

    /// Returns a receiver of newly read dictionaries, to store them elsewhere.
    pub fn watch_dictionaries(&self) -> watch::Receiver<Option<Arc<Dictionaries>>> {
        self.cache.current.subscribe()
    }

    /// Returns the dictionaries, not older than the settings allow.
    pub async fn dictionaries(&self) -> DictionariesResult {
        self.dictionaries_with(&[]).await
    }

    /// Returns the dictionaries with the fields of these smart processes, which are included in
    /// every later reading.
    pub async fn dictionaries_with(&self, processes: &[ItemType]) -> DictionariesResult {
        let oldest = SignedDuration::try_from(self.cache.age).unwrap_or(SignedDuration::MAX);
        self.current_dictionaries(oldest, processes).await
    }

    /// Reads the dictionaries with background priority before they are too old, so that no
    /// submission waits for them.
    ///
    /// # Errors
    ///
    /// When the portal does not answer, or refuses them; the old ones stay cached.
    pub async fn refresh_dictionaries(&self) -> Result<Arc<Dictionaries>, CrmError> {
        let now = SystemClock.now();
        let mut tried = self.cache.reading.lock().await;
        *tried = Some(now);
        let read = self
            .read_dictionaries(&[], now, Priority::Background)
            .await
            .0?;
        self.cache.current.send_replace(Some(Arc::clone(&read)));
        Ok(read)
    }

    /// Returns whether the portal refused them a moment ago. Callers that can do without them then
    /// do not ask again.
    pub fn dictionaries_were_refused(&self) -> bool {
        is_recent(*locked(&self.cache.refused), SystemClock.now())
    }

    /// Returns whether a field that is missing from the portal's rows may have been deleted.
    /// Dictionaries that still have it are discarded, once a minute at most. Returns false if newer
    /// dictionaries have it, too, or if there are none.
    pub(super) fn is_field_in_doubt(&self, entity: Option<EntityKind>, name: &str) -> bool {
        let now = SystemClock.now();
        let mut doubted_at = locked(&self.cache.doubted_at);
        let current = self.cache.current.borrow().clone();
        let Some(current) = current else {
            return is_recent(*doubted_at, now) && !self.dictionaries_were_refused();
        };
        if current.fields(entity).is_empty() {
            return false;
        }
        if current.field(entity, name).is_none() {
            return true;
        }
        if is_recent(*doubted_at, now) {
            return false;
        }
        *doubted_at = Some(now);
        self.cache.current.send_replace(None);
        true
    }

    /// Returns the maximum age of the dictionaries.
    pub fn dictionary_age(&self) -> Duration {
        self.cache.age
    }

    /// Reads the dictionaries with these processes again, unless they are younger than `oldest`. For
    /// callers that miss something in the cached ones.
    pub async fn current_dictionaries(
        &self,
        oldest: SignedDuration,
        processes: &[ItemType],
    ) -> DictionariesResult {
        let now = SystemClock.now();
        let young = || {
            let current = self.cache.current.borrow().clone();
            current.filter(|current| {
                now.duration_since(current.read_at) < oldest && current.has_processes(processes)
            })
        };
        if let Some(current) = young() {
            return (Ok(current), None);
        }
        let mut tried = self.cache.reading.lock().await;
        if let Some(current) = young() {
            return (Ok(current), None);
        }
        // a portal that does not answer is not asked repeatedly by callers that could use old ones
        let pause = oldest.min(MIN_REREAD_INTERVAL);
        let is_recent = tried.is_some_and(|at| now.duration_since(at) < pause);
        let current = self.cache.current.borrow().clone();
        if let Some(current) =
            current.filter(|current| is_recent && current.has_processes(processes))
        {
            return (Ok(current), None);
        }
        *tried = Some(now);
        let (read, call) = self
            .read_dictionaries(processes, now, Priority::Submission)
            .await;
        if let Ok(read) = &read {
            self.cache.current.send_replace(Some(Arc::clone(read)));
        }
        let is_refused = matches!(
            read,
            Err(CrmError::Refused { .. } | CrmError::Denied { .. })
        );
        *locked(&self.cache.refused) = is_refused.then_some(now);
        (read, call)
    }

    /// Reads the dictionaries with these processes and those of earlier requests, as far as one
    /// call has room.
    async fn read_dictionaries(
        &self,
        asked: &[ItemType],
        now: Timestamp,
        priority: Priority,
    ) -> DictionariesResult {
        let mut processes: Vec<ItemType> = asked.to_vec();
        if let Some(current) = self.cache.current.borrow().as_ref() {
            processes.extend(
                current
                    .processes
                    .keys()
                    .filter(|known| !asked.contains(known)),
            );
        }
        processes.truncate(MAX_PROCESSES);
        let mut commands = vec![
            Command::new("crm.contact.fields", json!({})),
            Command::new("crm.deal.fields", json!({})),
            Command::new("crm.status.list", json!({"order": {"SORT": "ASC"}})),
            Command::new("crm.category.list", json!({"entityTypeId": 2})),
            Command::new("crm.currency.list", json!({})),
            // a portal without leads may refuse it
            Command::new("crm.lead.fields", json!({})),
            Command::new("crm.company.fields", json!({})),
        ];
        let of = |number: &ItemType| json!({"entityTypeId": number});
        let items = processes.iter().map(of);
        commands.extend(items.map(|which| Command::new("crm.item.fields", which)));
        let owners = vec![0; commands.len()];
        let (outcomes, call) = self.run(&owners, &commands, Halt::Never, priority).await;
        (whole(outcomes, &processes, now).map(Arc::new), call)
    }

    /// Returns the employees with these ids and addresses, as far as they exist; `None` if the
    /// webhook may not read employees. At most fifty ids and 49 addresses are requested.
    pub async fn employees(
        &self,
        ids: &[UserId],
        emails: &[Email],
        priority: Priority,
    ) -> Result<Option<Vec<Employee>>, CrmError> {
        let by_id = json!({"FILTER": {"ID": ids.iter().take(50).collect::<Vec<_>>()}});
        let mut commands = Vec::new();
        if !ids.is_empty() {
            commands.push(Command::new("user.get", by_id));
        }
        commands.extend(
            emails.iter().take(49).map(|email| {
                Command::new("user.get", json!({"FILTER": {"=EMAIL": email.as_str()}}))
            }),
        );
        let outcomes = self.run_all(&commands, priority).await;
        let mut found = Vec::new();
        for outcome in outcomes {
            match outcome {
                Ok(result) => found.extend(rows(&result).into_iter().filter_map(employee)),
                Err(CrmError::Denied { code, .. })
                    if code.eq_ignore_ascii_case("insufficient_scope") =>
                {
                    return Ok(None);
                }
                // a scope that was not granted hides the method
                Err(CrmError::Refused { code, .. })
                    if code.eq_ignore_ascii_case("ERROR_METHOD_NOT_FOUND") =>
                {
                    return Ok(None);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Some(found))
    }

    /// Returns the active employees with their names, for a menu: the first two hundred.
    pub async fn staff(&self) -> Result<Vec<Choice>, CrmError> {
        let page = |number: usize| {
            let filter = json!({"ACTIVE": true, "USER_TYPE": "employee"});
            let params =
                json!({"FILTER": filter, "ORDER": {"ID": "ASC"}, "start": number * PAGE_SIZE});
            Command::new("user.get", params)
        };
        let pages: Vec<Command> = (0..4).map(page).collect();
        let was_denied = self.is_denied("user.get");
        let outcomes = self.run_all(&pages, Priority::Background).await;
        // deliveries work without it
        self.excuse("user.get", was_denied);
        let mut staff: Vec<Choice> = Vec::new();
        for outcome in outcomes {
            for row in rows(&outcome?) {
                let word = |key: &str| row.get(key).and_then(text).unwrap_or_default();
                let id = word("ID");
                let label = format!("{} {}", word("NAME"), word("LAST_NAME"));
                // a page beyond the last one repeats rows
                if !id.is_empty() && !staff.iter().any(|known| known.id == id) {
                    let label = label.trim().to_owned();
                    staff.push(Choice { id, label });
                }
            }
        }
        Ok(staff)
    }
}

/// Assembles the dictionaries; fails if one that every portal has is missing.
fn whole(
    outcomes: Vec<Result<Value, CrmError>>,
    asked: &[ItemType],
    now: Timestamp,
) -> Result<Dictionaries, CrmError> {
    let mut outcomes = outcomes.into_iter();
    let mut next = || outcomes.next().unwrap_or(Err(CrmError::NotRun));
    let (contact, deal, statuses) = (next()?, next()?, next()?);
    let (categories, currencies, lead, company) = (next(), next(), next(), next());
    let mut processes = BTreeMap::new();
    for number in asked {
        processes.insert(*number, process_from(next())?);
    }
    let mut dictionaries = Dictionaries {
        read_at: now,
        contact: fields(&contact),
        deal: fields(&deal),
        lead: lead.as_ref().map(fields).unwrap_or_default(),
        company: company.as_ref().map(fields).unwrap_or_default(),
        lists: BTreeMap::new(),
        pipelines: BTreeMap::new(),
        currencies: Vec::new(),
        processes,
    };
    for row in rows(&statuses) {
        let word = |key: &str| row.get(key).and_then(text);
        if let (Some(list), Some(id)) = (word("ENTITY_ID"), word("STATUS_ID")) {
            let label = word("NAME").unwrap_or_default();
            let list = dictionaries.lists.entry(list).or_default();
            list.push(Choice { id, label });
        }
    }
    dictionaries.pipelines = pipelines(&categories.unwrap_or_default());
    dictionaries.currencies = rows(&currencies.unwrap_or_default())
        .into_iter()
        .filter_map(|row| row.get("CURRENCY").and_then(text))
        .collect();
    Ok(dictionaries)
}

/// Returns the names of pipelines by number (REST documentation, "crm.category.list").
pub(super) fn pipelines(categories: &Value) -> BTreeMap<i64, String> {
    let categories = member(categories, "categories").map(rows);
    let categories = categories.unwrap_or_default().into_iter();
    categories
        .filter_map(|row| {
            let name = row.get("name").and_then(text).unwrap_or_default();
            Some((row.get("id").and_then(number)?, name))
        })
        .collect()
}

fn fields(described: &Value) -> Fields {
    let Value::Object(members) = described else {
        return Fields::new();
    };
    members
        .iter()
        .map(|(name, about)| (name.clone(), field(name, about)))
        .collect()
}

pub(super) fn field(name: &str, about: &Value) -> FieldInfo {
    let word = |key: &str| about.get(key).and_then(text);
    let is = |key: &str| about.get(key).is_some_and(flag);
    // a custom field's `title` is its code; people see its label
    let title = ["formLabel", "listLabel", "title"]
        .into_iter()
        .find_map(|key| word(key).filter(|title| !title.is_empty()));
    let choices = about.get("items").map(rows).unwrap_or_default();
    FieldInfo {
        kind: word("type").unwrap_or_default(),
        title: title.unwrap_or_else(|| name.to_owned()),
        read_only: is("isReadOnly"),
        required: is("isRequired"),
        multiple: is("isMultiple"),
        list: word("statusType"),
        choices: choices
            .into_iter()
            .filter_map(|item| {
                Some(Choice {
                    id: text(item.get("ID")?)?,
                    label: text(item.get("VALUE")?)?,
                })
            })
            .collect(),
    }
}

fn employee(row: &Value) -> Option<Employee> {
    let insider = row
        .get("USER_TYPE")
        .and_then(text)
        .is_none_or(|kind| kind == "employee");
    Some(Employee {
        id: UserId::new(number(row.get("ID")?)?)?,
        email: row.get("EMAIL").and_then(text).unwrap_or_default(),
        active: insider && row.get("ACTIVE").is_some_and(flag),
    })
}
