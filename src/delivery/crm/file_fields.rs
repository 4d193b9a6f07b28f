//! The planned files of fields, and what becomes of them: shared by look-ups and decisions.

use crate::domain::file::FileFault;
use crate::domain::{
    EntityKind, Explanation, FileExplanation, FileOutcome, PlannedField, PlannedFile, PlannedValue,
};

/// Returns the files of some fields, each with its field.
pub(super) fn of(fields: &[PlannedField]) -> impl Iterator<Item = (&PlannedField, &PlannedFile)> {
    fields.iter().filter_map(|field| match &field.value {
        PlannedValue::File(file) => Some((field, file)),
        _ => None,
    })
}

/// Returns the field's name with its block: `deal.UF_CRM_SCAN`.
pub(super) fn about(entity: Option<EntityKind>, name: &str) -> String {
    let block = entity.map_or("contact", EntityKind::as_str);
    format!("{block}.{name}")
}

/// Explains what becomes of a file.
pub(super) fn explained(field: String, file: &PlannedFile, what: FileOutcome) -> Explanation {
    Explanation::File(FileExplanation {
        field,
        place: file.place.clone(),
        what,
    })
}

/// Explains why a file is left out.
pub(super) fn left_out(field: String, file: &PlannedFile, fault: FileFault) -> Explanation {
    explained(field, file, FileOutcome::LeftOut(fault))
}
