//! The later CRM step: updates what an earlier CRM step found or created, adds a comment to it, or
//! the call of a PBX.

use serde::{Deserialize, Serialize};

use super::call::PlannedCall;
use super::later::StepText;
use crate::domain::EntityKind;

/// Changes of the contact, the company or the record of an earlier step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrmUpdateStep {
    /// The connection of the settings; `None` for the only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// The step that found or created it.
    pub of: String,
    /// What is changed.
    pub target: UpdateTarget,
    /// The fields to overwrite.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<(String, StepText)>,
    /// The stage to which the record is moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// The comment for the record's timeline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<StepText>,
    /// The call for the timeline of the record or else of the contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<PlannedCall>,
}

/// What a later CRM step changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpdateTarget {
    /// The contact.
    Contact,
    /// The lead, deal, item or company.
    Record(EntityKind),
}

impl UpdateTarget {
    /// Returns the name of the value that has its id: `deal_id`.
    pub fn id_name(self) -> String {
        match self {
            Self::Contact => "contact_id".to_owned(),
            Self::Record(kind) => format!("{}_id", kind.as_str()),
        }
    }

    /// Returns its word in a profile.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Record(kind) => kind.as_str(),
        }
    }
}

impl CrmUpdateStep {
    /// Returns the step as names and values, for printing it and for comparing two plans.
    pub(super) fn facts(&self) -> Vec<(String, String)> {
        let target = self.target.as_str();
        let mut facts = vec![("update".to_owned(), target.to_owned())];
        if let Some(connection) = &self.connection {
            facts.push(("connection".to_owned(), connection.clone()));
        }
        for (name, value) in &self.fields {
            facts.push((format!("{target}.{name}"), value.shown().to_owned()));
        }
        if let Some(stage) = &self.stage {
            facts.push((format!("{target} (stage)"), stage.clone()));
        }
        if let Some(comment) = &self.comment {
            facts.push(("comment".to_owned(), comment.shown().to_owned()));
        }
        if let Some(call) = &self.call {
            facts.push(("call".to_owned(), call.shown()));
        }
        facts
    }
}
