//! Which rows match a plan's search fields, and what to do if the fields find different rows. The
//! same rules hold for contacts and companies.

use super::super::questions::search_fields_of;
use crate::domain::{FoundByKey, IncompleteGroup, Match, PlannedField, SearchedKind};

/// The search fields of a plan, and which of them must agree.
#[derive(Clone, Copy)]
pub(super) struct SearchRule<'p> {
    pub(super) match_: &'p Match,
    pub(super) fields: &'p [PlannedField],
}

impl SearchRule<'_> {
    /// Returns the names of the search fields, each once.
    pub(super) fn names(self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for field in search_fields_of(self.fields) {
            if !names.contains(&field.name) {
                names.push(field.name.clone());
            }
        }
        names
    }

    /// Returns the names of the fields by which a row matches; empty if it does not.
    pub(super) fn agreeing(self, holds: impl Fn(&PlannedField) -> bool) -> Vec<String> {
        let agrees = |name: &str| {
            search_fields_of(self.fields).any(|field| field.name == name && holds(field))
        };
        let names = self.names();
        let good: Vec<String> = names.iter().filter(|name| agrees(name)).cloned().collect();
        match self.match_ {
            Match::Any => good,
            Match::All if good.len() == names.len() => good,
            Match::All => Vec::new(),
            Match::Groups(groups) => groups
                .iter()
                .find(|group| !group.is_empty() && group.iter().all(|name| good.contains(name)))
                .cloned()
                .unwrap_or_default(),
        }
    }

    /// Returns the search fields; fields that must match together are one text, `PHONE + LAST_NAME`.
    pub(super) fn ways(self) -> Vec<String> {
        let names = self.names();
        match self.match_ {
            Match::Any => names,
            Match::All if names.is_empty() => names,
            Match::All => vec![names.join(" + ")],
            Match::Groups(groups) => groups
                .iter()
                .filter(|group| !group.is_empty() && group.iter().all(|name| names.contains(name)))
                .map(|group| group.join(" + "))
                .collect(),
        }
    }

    /// Returns the groups that find nothing, because a field of them has no value.
    pub(super) fn incomplete_groups(self, of: SearchedKind) -> Vec<IncompleteGroup> {
        let Match::Groups(groups) = self.match_ else {
            return Vec::new();
        };
        let names = self.names();
        let lacking = groups.iter().map(|fields| IncompleteGroup {
            of,
            fields: fields.clone(),
            missing: fields
                .iter()
                .filter(|name| !names.contains(name))
                .cloned()
                .collect(),
        });
        lacking.filter(|group| !group.missing.is_empty()).collect()
    }

    /// Returns what each key finds among these rows, in the profile's order, without those that find
    /// nothing.
    pub(super) fn found_by_keys<Id: Copy>(
        self,
        all: &[Id],
        holds: impl Fn(Id, &PlannedField) -> bool,
    ) -> Vec<FoundByKey<Id>> {
        let mut keys: Vec<FoundByKey<Id>> = Vec::new();
        let mut add = |by: String, finds: &dyn Fn(Id) -> bool| {
            let ids: Vec<Id> = all.iter().copied().filter(|id| finds(*id)).collect();
            if !ids.is_empty() {
                keys.push(FoundByKey { by, ids });
            }
        };
        match self.match_ {
            Match::Any => {
                for field in search_fields_of(self.fields) {
                    add(field.name.clone(), &|id| holds(id, field));
                }
            }
            // one row has all values, or none matches
            Match::All => {}
            Match::Groups(groups) => {
                let has = |id: Id, name: &str| {
                    search_fields_of(self.fields)
                        .any(|field| field.name == name && holds(id, field))
                };
                for group in groups.iter().filter(|group| !group.is_empty()) {
                    add(group.join(" + "), &|id| {
                        group.iter().all(|name| has(id, name))
                    });
                }
            }
        }
        keys
    }
}

/// Returns the rows that the keys leave, in their order: each key in turn excludes those that it does
/// not find, unless that would exclude all.
pub(super) fn left_by<Id: Copy + PartialEq>(keys: &[FoundByKey<Id>], all: &[Id]) -> Vec<Id> {
    let mut left = all.to_vec();
    for key in keys {
        let both: Vec<Id> = left
            .iter()
            .copied()
            .filter(|id| key.ids.contains(id))
            .collect();
        if !both.is_empty() {
            left = both;
        }
    }
    left
}

/// Returns whether a key finds none of the rows that are left.
pub(super) fn disagree<Id: Copy + PartialEq>(keys: &[FoundByKey<Id>], left: &[Id]) -> bool {
    let finds = |key: &FoundByKey<Id>| left.iter().any(|id| key.ids.contains(id));
    !keys.iter().all(finds)
}
