//! Notes of a plan.

use crate::domain::{MappingExplanation, Note};

/// Returns a note about a field or a part of a step.
pub(super) fn note(about: String, what: MappingExplanation) -> Note {
    Note { about, what }
}
