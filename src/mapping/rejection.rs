//! Why a submission is rejected, for its sender and the journal. The packet's values are not
//! repeated.

use super::plan::{FieldFault, Rejection};
use crate::domain::{Lang, MappingExplanation, Note, RejectedValue, VerdictReason};

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
