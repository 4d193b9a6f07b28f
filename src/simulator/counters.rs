//! Counters to judge a run by: calls, refusals, duplicates.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::{
    core::Core,
    state::{kind::Kind, table::Table},
};

/// Counters of a portal.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Counters {
    /// Calls, a batch being one.
    pub calls: u64,
    /// Methods that ran or were refused, those in batches included; `?` stands for unknown ones.
    pub commands: BTreeMap<String, u64>,
    /// Calls refused before any work: throttled, unauthorised, blocked.
    pub refused: u64,
    /// Faults that occurred.
    pub faults: u64,
    /// Records by kind.
    pub records: BTreeMap<String, u64>,
    /// Comments in all timelines.
    pub comments: u64,
    /// Calls and to-dos in all timelines.
    pub activities: u64,
    /// Records that share a phone or an e-mail with an older one of their kind.
    pub duplicates_by_match_code: Duplicates,
    /// Records that share `ORIGINATOR_ID` and `ORIGIN_ID` with an older one of their kind.
    pub duplicates_by_origin: Duplicates,
    /// Calls in the fullest bucket.
    pub bucket_level: f64,
    /// How many it holds; `None` when the limit is off.
    pub bucket_size: Option<f64>,
}

/// Duplicate records by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Duplicates {
    /// Contacts.
    pub contact: u64,
    /// Leads.
    pub lead: u64,
    /// Deals; they have no phones of their own.
    pub deal: u64,
}

impl Counters {
    /// Returns the same counters as JSON.
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// Counts the stored records.
pub(super) fn count(core: &Core) -> Counters {
    let state = &core.state;
    let twins = |kind| state.codes.duplicates(kind) as u64;
    let origins = |kind| same_origin(state.table(kind));
    Counters {
        calls: core.tally.calls,
        commands: core.tally.commands.clone(),
        refused: core.tally.refused,
        faults: core.tally.faults,
        records: Kind::ALL
            .iter()
            .map(|kind| {
                let count = state.table(*kind).rows.len() as u64;
                (kind.word().to_owned(), count)
            })
            .collect(),
        comments: state.comments.len() as u64,
        activities: state.activities.len() as u64,
        duplicates_by_match_code: Duplicates {
            contact: twins(Kind::Contact),
            lead: twins(Kind::Lead),
            deal: 0,
        },
        duplicates_by_origin: Duplicates {
            contact: origins(Kind::Contact),
            lead: origins(Kind::Lead),
            deal: origins(Kind::Deal),
        },
        bucket_level: core.meter.level(core.now()),
        bucket_size: core.meter.limits.bucket.map(|it| it.size),
    }
}

fn same_origin(table: &Table) -> u64 {
    let mut seen = std::collections::HashSet::new();
    let mut late = 0;
    for record in table.rows.values() {
        let Some(origin) = table.text(record, "ORIGIN_ID") else {
            continue;
        };
        let originator = table.text(record, "ORIGINATOR_ID").unwrap_or_default();
        if !seen.insert((originator.to_lowercase(), origin.to_lowercase())) {
            late += 1;
        }
    }
    late
}
