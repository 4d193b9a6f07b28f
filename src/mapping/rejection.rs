//! Why a submission is rejected, for its sender and the journal. The packet's values are not
//! repeated.

use super::field::DeclaredField;
use super::reading::FieldReading;
use crate::authoring::Normaliser;
use crate::domain::{Lang, MappingExplanation, Note, RejectedValue, VerdictReason};

/// A required field without a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// Its name in the profile.
    pub field: String,
    /// Its places as normalised paths.
    pub paths: Vec<String>,
    /// What is wrong with it.
    pub fault: FieldFault,
}

/// Why a required field has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldFault {
    /// It is missing or blank.
    Missing,
    /// It cannot be read as this.
    Unreadable(Normaliser),
    /// It is not in the field's table.
    Unknown,
}

/// Returns the reason of a rejection, as data.
pub fn reason(rejections: &[Rejection]) -> VerdictReason {
    VerdictReason::Rejected(rejections.iter().map(Rejection::value).collect())
}

/// Returns the reason of a rejection as one sentence.
pub fn rejection_text(rejections: &[Rejection], lang: Lang) -> String {
    reason(rejections).to_text(lang)
}

impl Rejection {
    /// Returns the note of a submission that is parked for this value.
    pub fn note(&self) -> Note {
        Note {
            about: format!("fields.{}", self.field),
            what: self.fault.what(),
        }
    }

    fn value(&self) -> RejectedValue {
        RejectedValue {
            field: self.field.clone(),
            paths: self.paths.clone(),
            what: self.fault.what(),
        }
    }
}

impl FieldFault {
    pub(crate) fn what(self) -> MappingExplanation {
        match self {
            Self::Missing => MappingExplanation::NoValue,
            Self::Unreadable(form) => MappingExplanation::NotReadAs {
                wanted: form.wants(),
            },
            Self::Unknown => MappingExplanation::NotKnown,
        }
    }
}

/// Returns the rejection of a field without a value.
pub(super) fn rejection(field: &DeclaredField, reading: &FieldReading) -> Rejection {
    Rejection {
        field: field.name.to_string(),
        paths: field.places(),
        fault: fault(field, reading),
    }
}

/// Returns why a field has no value.
pub(super) fn fault(field: &DeclaredField, reading: &FieldReading) -> FieldFault {
    if reading.unknown {
        FieldFault::Unknown
    } else if reading.unreadable {
        FieldFault::Unreadable(field.form)
    } else {
        FieldFault::Missing
    }
}
