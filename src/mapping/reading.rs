//! The value that was read for one declared field.

use std::sync::Arc;

use serde_json::Value;

use super::normalise::NameCertainty;
use crate::domain::{PlannedFile, SourceValue};

/// The value that was read for a field.
#[derive(Debug, Clone, Default)]
pub(crate) struct FieldReading {
    /// The text; `None` if there is no value.
    pub(crate) text: Option<String>,
    /// The single values of a list.
    pub(crate) items: Vec<String>,
    /// What stands beside each value under a name of its own, such as the extension of a phone;
    /// empty if nothing does.
    pub(crate) beside: Vec<Option<String>>,
    /// The files of a field that takes files; the texts are their names.
    pub(crate) files: Vec<PlannedFile>,
    /// The packet's value, if it is an object or a list that contains objects; as JSON it has more
    /// detail than as text.
    pub(crate) block: Option<Value>,
    /// The packet's value or values, if a loop walks through them.
    pub(crate) rows: Option<Value>,
    /// The value with its type, where the profile needs it: a number, true or false, a list, a
    /// block. A text has none.
    pub(crate) typed: Option<Value>,
    /// The value as a boolean: with `as: bool`, or `true` and `false` of the packet.
    pub(crate) truth: Option<bool>,
    /// Where the value is in the packet; `None` for a default.
    pub(crate) place: Option<Arc<str>>,
    /// Whether there was a value that could not be read.
    pub(crate) unreadable: bool,
    /// Whether there was a value that is not in the field's table.
    pub(crate) unknown: bool,
    /// Whether the field's own `when` does not hold.
    pub(crate) unwanted: bool,
    /// For a part of a name: whether the part is certain.
    pub(crate) certainty: NameCertainty,
    /// The values that filled the template of a computed field.
    pub(crate) made_of: Vec<SourceValue>,
}
