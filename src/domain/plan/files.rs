//! Files of a plan. A plan says where a file is and never has its content.

use serde::{Deserialize, Serialize};

use super::{CrmStep, PlannedValue, StepKind};
use crate::domain::Personal;
use crate::domain::file::file_size;

/// A file for a field of the CRM, or for the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedFile {
    /// Its harmless name.
    pub name: Personal,
    /// Its type, such as `image/png`; empty if nothing tells it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Its size in bytes; `None` for a link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Its place in the packet.
    pub place: String,
    /// Whether it is behind a link.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_link: bool,
    /// Whether the CRM's field takes several files.
    #[serde(default, skip_serializing_if = "is_false")]
    pub many: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl PlannedFile {
    /// Returns its name and size: `scan.pdf, 12 KB`.
    pub fn to_text(&self) -> String {
        let name = self.name.as_str();
        match self.size {
            Some(size) => format!("{name}, {}", file_size(size)),
            None => name.to_owned(),
        }
    }
}

impl CrmStep {
    /// Returns all files: those of fields, then those of the timeline.
    pub fn planned_files(&self) -> impl Iterator<Item = &PlannedFile> {
        let of_fields = self.fields().filter_map(|(_, field)| match &field.value {
            PlannedValue::File(file) => Some(file),
            _ => None,
        });
        of_fields.chain(&self.files)
    }
}

impl StepKind {
    /// Returns all files that the step writes or sends.
    pub fn planned_files(&self) -> Vec<&PlannedFile> {
        match self {
            Self::Crm(crm) => crm.planned_files().collect(),
            Self::Mail(mail) => mail.files.iter().collect(),
            Self::CrmUpdate(_) | Self::Http(_) | Self::Recording(_) => Vec::new(),
            #[cfg(test)]
            Self::Probe(_) => Vec::new(),
        }
    }
}
