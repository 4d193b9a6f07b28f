//! Shared look-ups: the questions of many submissions in one command. `crm.duplicate.findbycomm`
//! takes twenty values, and a list command many values of one field (`@FIELD`, REST documentation,
//! "crm.contact.list" and "crm.item.list", field `filter`). Whose a row is, is told by the row itself
//! ([`super::attribute`]); a question whose rows may have been cut off is asked again alone.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};

use super::commands::Command;
use super::form;
use super::names::is_comparable;
use crate::crm::company::CompanyQuery;
use crate::crm::query::{PAGE_SIZE, Query, RecordFilter};
use crate::crm::search_value::SearchValue;
use crate::domain::EntityKind;

/// The values that `crm.duplicate.findbycomm` reads; it ignores further ones (REST documentation,
/// "crm.duplicate.findbycomm").
const INDEX_VALUES: usize = 20;
/// The owners that a shared command of the index should return: half of what shows for certain that
/// no value was cut off.
const INDEX_ROWS: f64 = 10.0;
/// The rows that a shared list command should return: half a page.
const LIST_ROWS: f64 = 25.0;
/// The values of one field in a command, each spelling counted: portals read a thousand parameters.
const LIST_VALUES: usize = 200;
/// Fewer questions to the index are asked alone: the owners of shared values take one more call,
/// which reads their phones and addresses.
const FEWEST_OF_INDEX: usize = 5;

/// How the rows of a shared command are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// Owners in the duplicate index, of which only ids come back: `CONTACT`, `LEAD` or `COMPANY`, and
    /// `PHONE` or `EMAIL`.
    Index(&'static str, &'static str),
    /// Rows by their ids.
    Ids,
    /// Rows by the value of a field.
    Values,
    /// Leads, deals or items by their main contact.
    MainContact(EntityKind),
    /// The same in any stage: old customers have many.
    PastOfContact(EntityKind),
    /// Leads, deals or items by any of their contacts.
    AnyContact(EntityKind),
    /// The same question of several submissions.
    Same,
}

/// A question that may share a command.
struct Shareable {
    family: Family,
    /// What questions must have in common to share a command.
    key: String,
    /// How many values it has.
    values: usize,
}

/// Queries that share a command.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Group {
    pub(super) family: Family,
    /// Their indexes.
    pub(super) members: Vec<usize>,
    /// The number of their values.
    pub(super) values: usize,
    pub(super) command: Command,
}

/// How the queries of a list are asked.
#[derive(Debug, Default)]
pub(super) struct Groups {
    pub(super) shared: Vec<Group>,
    /// The indexes of queries that are asked alone.
    pub(super) alone: Vec<usize>,
}

/// Rows per value, as measured: known people make groups smaller.
#[derive(Debug)]
pub(super) struct Sharing {
    state: Mutex<Rates>,
    /// Whether questions share commands at all.
    limit: usize,
}

#[derive(Debug, Clone, Copy)]
struct Rates {
    phones: f64,
    emails: f64,
    values: f64,
    contacts: f64,
    past: f64,
}

impl Rates {
    fn of(&mut self, family: Family) -> Option<&mut f64> {
        Some(match family {
            Family::Index(_, "PHONE") => &mut self.phones,
            Family::Index(..) => &mut self.emails,
            Family::Values => &mut self.values,
            Family::MainContact(_) | Family::AnyContact(_) => &mut self.contacts,
            Family::PastOfContact(_) => &mut self.past,
            Family::Ids | Family::Same => return None,
        })
    }
}

impl Default for Sharing {
    fn default() -> Self {
        Self {
            state: Mutex::new(Rates {
                phones: 0.25,
                emails: 0.25,
                values: 0.5,
                contacts: 1.0,
                past: 2.0,
            }),
            limit: usize::MAX,
        }
    }
}

impl Sharing {
    /// Lets every question go alone.
    #[cfg(test)]
    pub(super) fn off() -> Self {
        Self {
            limit: 1,
            ..Self::default()
        }
    }

    fn state(&self) -> MutexGuard<'_, Rates> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records how many rows the values of a shared command had.
    pub(super) fn note(&self, family: Family, values: usize, rows: usize) {
        let count = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
        let sample = count(rows) / count(values.max(1));
        if let Some(rate) = self.state().of(family) {
            // adapts quickly to more rows and slowly to fewer
            let weight = if sample > *rate { 0.5 } else { 0.1 };
            *rate += (sample - *rate) * weight;
        }
    }

    /// Lowers the rate of a family whose questions all go alone: nothing else would measure that
    /// there are fewer rows now.
    fn relax(&self, family: Family) {
        if let Some(rate) = self.state().of(family) {
            *rate *= 0.9;
        }
    }

    /// Returns how many values the next command of this family takes.
    fn most(&self, family: Family) -> usize {
        let state = *self.state();
        let (rows, rate, most) = match family {
            Family::Index(_, "PHONE") => (INDEX_ROWS, state.phones, INDEX_VALUES),
            Family::Index(..) => (INDEX_ROWS, state.emails, INDEX_VALUES),
            Family::Values => (LIST_ROWS, state.values, LIST_VALUES),
            Family::MainContact(_) | Family::AnyContact(_) => {
                (LIST_ROWS, state.contacts, PAGE_SIZE)
            }
            Family::PastOfContact(_) => (LIST_ROWS, state.past, PAGE_SIZE),
            Family::Ids => return PAGE_SIZE.min(self.limit),
            // one value, however many ask for it
            Family::Same if self.limit > 1 => return usize::MAX,
            Family::Same => return 1,
        };
        let fit = (rows / rate.max(0.01)).clamp(1.0, 1000.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped"
        )]
        let fit = fit as usize;
        fit.min(most).min(self.limit)
    }

    /// Groups queries, whose commands are given, by what may share a command.
    pub(super) fn group(&self, queries: &[Query], commands: &[Command]) -> Groups {
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut kinds: Vec<(Family, Vec<(usize, usize)>)> = Vec::new();
        let mut groups = Groups::default();
        for (of, (query, command)) in queries.iter().zip(commands).enumerate() {
            let Some(question) = shareable(query, command) else {
                groups.alone.push(of);
                continue;
            };
            let place = *places.entry(question.key).or_insert(kinds.len());
            if place == kinds.len() {
                kinds.push((question.family, Vec::new()));
            }
            if let Some((_, members)) = kinds.get_mut(place) {
                members.push((of, question.values));
            }
        }
        for (family, members) in kinds {
            if matches!(family, Family::Index(..)) && members.len() < FEWEST_OF_INDEX {
                groups.alone.extend(members.into_iter().map(|(of, _)| of));
                continue;
            }
            let parts = parts(&members, family, self.most(family));
            if members.len() > 1 && parts.len() == members.len() {
                self.relax(family);
            }
            for (part, values) in parts {
                if let [one] = part.as_slice() {
                    groups.alone.push(*one);
                    continue;
                }
                let of_part = part.iter().filter_map(|of| commands.get(*of));
                let of_part: Vec<&Command> = of_part.collect();
                groups.shared.push(Group {
                    family,
                    values,
                    command: merged(&of_part),
                    members: part,
                });
            }
        }
        groups.alone.sort_unstable();
        groups
    }
}

/// Divides questions, each with the number of its values, into parts of at most this many values.
fn parts(members: &[(usize, usize)], family: Family, most: usize) -> Vec<(Vec<usize>, usize)> {
    let mut parts: Vec<(Vec<usize>, usize)> = Vec::new();
    for (of, values) in members {
        let values = if family == Family::Same { 1 } else { *values };
        match parts.last_mut() {
            Some((part, filled)) if *filled + values <= most => {
                part.push(*of);
                *filled += values;
            }
            _ => parts.push((vec![*of], values)),
        }
    }
    parts
}

/// Returns whether and with what a query may share a command.
fn shareable(query: &Query, command: &Command) -> Option<Shareable> {
    // such a command is sent outside batches, alone
    if form::looks_like_reference(&command.params) {
        return None;
    }
    let method = &command.method;
    let (family, what, values) = match query {
        Query::ContactsByPhone(_) => index(command, "CONTACT", "PHONE"),
        Query::ContactsByEmail(_) => index(command, "CONTACT", "EMAIL"),
        Query::LeadsByPhone(_) => index(command, "LEAD", "PHONE"),
        Query::LeadsByEmail(_) => index(command, "LEAD", "EMAIL"),
        Query::ContactsByFields { fields, .. } => match fields.as_slice() {
            [field] => by_value(field, &field.name)?,
            _ => return None,
        },
        Query::ContactByOrigin(_) => (Family::Values, "origin".to_owned(), 1),
        Query::Contacts { ids, .. } => (Family::Ids, "ids".to_owned(), ids.len()),
        Query::Records { kind, which, .. } => of_records(*kind, which)?,
        Query::Company(query) => of_companies(query, command)?,
        Query::FinalStages { .. } | Query::EmployeesByEmail(_) => {
            (Family::Same, command.params.to_string(), 1)
        }
        Query::ContactsByText { .. }
        | Query::ContactsOfItem { .. }
        | Query::CommentWithMarker { .. }
        | Query::TodoWithMarker { .. }
        | Query::ProductRows { .. }
        | Query::Files { .. }
        | Query::ParentOfDepartment(_) => return None,
    };
    // whether custom fields go by their original names, and which smart process is meant, is said for
    // a whole command
    let names = command.params.get("useOriginalUfNames").is_some();
    let process = command.params.get("entityTypeId");
    Some(Shareable {
        family,
        key: format!("{method} {names} {process:?} {what}"),
        values,
    })
}

fn index(
    command: &Command,
    entity: &'static str,
    channel: &'static str,
) -> (Family, String, usize) {
    let values = command.params.get("values").and_then(Value::as_array);
    let family = Family::Index(entity, channel);
    (
        family,
        format!("{entity} {channel}"),
        values.map_or(1, Vec::len),
    )
}

fn of_companies(query: &CompanyQuery, command: &Command) -> Option<(Family, String, usize)> {
    Some(match query {
        CompanyQuery::ByPhone(_) => index(command, "COMPANY", "PHONE"),
        CompanyQuery::ByEmail(_) => index(command, "COMPANY", "EMAIL"),
        CompanyQuery::ByField { field, .. } => by_value(field, &field.name)?,
        CompanyQuery::Rows { ids, .. } => (Family::Ids, "ids".to_owned(), ids.len()),
        CompanyQuery::Presets => (Family::Same, String::new(), 1),
        CompanyQuery::ByOrigin(_)
        | CompanyQuery::ByRequisite(_)
        | CompanyQuery::Requisites(_)
        | CompanyQuery::RequisiteByOrigin(_)
        | CompanyQuery::OfContact(_) => return None,
    })
}

fn of_records(kind: EntityKind, which: &RecordFilter) -> Option<(Family, String, usize)> {
    Some(match which {
        RecordFilter::DuplicateCandidates(ids) => (Family::Ids, "candidates".to_owned(), ids.len()),
        RecordFilter::LinkedIds(ids) => (Family::Ids, "ids".to_owned(), ids.len()),
        RecordFilter::Earlier(_) => (Family::Ids, "ids".to_owned(), 1),
        RecordFilter::CreatedFor(_) => (Family::Values, "origin".to_owned(), 1),
        RecordFilter::ByMainContact { contacts, among } => {
            let what = format!("main {kind} {among:?}");
            (Family::MainContact(kind), what, contacts.len())
        }
        RecordFilter::AnyOfContact(_) => (Family::PastOfContact(kind), format!("past {kind}"), 1),
        RecordFilter::ByContact { among, .. } => {
            (Family::AnyContact(kind), format!("any {kind} {among:?}"), 1)
        }
        RecordFilter::ByFieldValue { field, .. } => {
            by_value(field, &format!("{kind} {}", field.name))?
        }
        RecordFilter::ByPrefix { .. } => return None,
    })
}

/// Returns how the values of a field share a command: each spelling counts.
fn by_value(field: &SearchValue, what: &str) -> Option<(Family, String, usize)> {
    is_comparable(&field.name).then(|| (Family::Values, what.to_owned(), field.spellings.len()))
}

/// Merges commands that differ in the values of their filter and in what they select. A condition
/// that differs becomes a list of all values.
fn merged(commands: &[&Command]) -> Command {
    let Some((first, others)) = commands.split_first() else {
        return Command::new("", Value::Null);
    };
    let mut all = (*first).clone();
    let of = |name: &'static str| commands.iter().filter_map(move |one| one.params.get(name));
    if let Some(slot @ Value::Array(_)) = all.params.get_mut("values") {
        *slot = union(of("values"));
    }
    if let Some(slot @ Value::Array(_)) = all.params.get_mut("select") {
        *slot = union(of("select"));
    }
    if let Some(Value::Object(filter)) = all.params.get_mut("filter") {
        let mut shared = Map::new();
        for (key, value) in std::mem::take(filter) {
            let same = |other: &&Command| other.params["filter"].get(&key) == Some(&value);
            if others.iter().all(same) {
                shared.insert(key, value);
                continue;
            }
            // one value is compared with `=`, several with `@`
            let name = key.trim_start_matches(['=', '@']);
            let values = of("filter").filter_map(|filter| {
                let one = filter.get(format!("={name}"));
                one.or_else(|| filter.get(format!("@{name}")))
            });
            shared.insert(format!("@{name}"), union(values));
        }
        *filter = shared;
    }
    all
}

/// Returns the members of these lists, or these values, in their order, each once.
fn union<'v>(lists: impl Iterator<Item = &'v Value>) -> Value {
    let mut seen = HashSet::new();
    let mut all = Vec::new();
    for list in lists {
        let items = match list {
            Value::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        for item in items {
            if seen.insert(item.to_string()) {
                all.push(item.clone());
            }
        }
    }
    json!(all)
}

#[cfg(test)]
mod tests;
