//! The company of a CRM step: how it is found, and what to do if it cannot be.

use serde::{Deserialize, Serialize};

use super::contact::is_default;
use super::{Conflict, Match, PlannedField, Responsible, Several};

/// The part of a plan about the company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompanyPlan {
    /// Which search fields must agree.
    pub match_: Match,
    /// What to do if several companies match; never `All`.
    pub several: Several,
    /// Which company is used if the search keys find different ones; never `Merge`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub conflict: Conflict,
    /// What to do if no search field has a value.
    #[serde(default, skip_serializing_if = "is_default")]
    pub without_key: KeylessCompany,
    /// The responsible employee of a new company; `None` means that of the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responsible: Option<Responsible>,
    /// The template of its requisite; `None`: the portal's own for organisations or sole
    /// proprietors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<i64>,
    /// Its fields in the profile's order; left-out values are not among them. Those that begin with
    /// `RQ_` belong to its requisite.
    pub fields: Vec<PlannedField>,
}

/// What to do if no search field of the company has a value, so that no repeat would find it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeylessCompany {
    /// Create no company.
    #[default]
    SkipCompany,
    /// Create it.
    Create,
    /// Leave the submission to a person.
    Park,
}

impl PlannedField {
    /// Returns whether the field belongs to a requisite.
    pub fn is_of_requisite(&self) -> bool {
        self.name.starts_with("RQ_")
    }
}
