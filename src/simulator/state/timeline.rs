//! Data that belongs to records but is not a field: comments, activities, notices to employees.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::kind::Kind;

/// A comment in a record's timeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::simulator) struct Comment {
    pub(in crate::simulator) id: u32,
    pub(in crate::simulator) kind: Kind,
    pub(in crate::simulator) owner: u32,
    /// Seconds since 1970.
    pub(in crate::simulator) created: i64,
    pub(in crate::simulator) author: u32,
    /// BB codes as they were sent, trimmed.
    pub(in crate::simulator) text: String,
    /// Names of the attached files with their sizes.
    pub(in crate::simulator) files: Vec<(String, u64)>,
    /// Their ids, in the same order; older snapshots have none.
    #[serde(default)]
    pub(in crate::simulator) file_ids: Vec<u32>,
}

/// A call, meeting, e-mail or to-do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::simulator) struct Activity {
    pub(in crate::simulator) id: u32,
    pub(in crate::simulator) kind: Kind,
    pub(in crate::simulator) owner: u32,
    /// Everything else by its classic name, as it is answered.
    pub(in crate::simulator) fields: Map<String, Value>,
}

impl Activity {
    /// Makes another record the owner.
    pub(in crate::simulator) fn belong_to(&mut self, (kind, owner): (Kind, u32)) {
        (self.kind, self.owner) = (kind, owner);
        for (name, value) in [
            ("OWNER_ID", owner.to_string()),
            ("OWNER_TYPE_ID", kind.type_id().to_string()),
        ] {
            self.fields.insert(name.to_owned(), value.into());
        }
    }

    pub(in crate::simulator) fn text(&self, code: &str) -> &str {
        self.fields
            .get(code)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }
}

/// A notice shown to an employee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::simulator) struct Notice {
    pub(in crate::simulator) id: u32,
    pub(in crate::simulator) user: u32,
    /// `None` when the system sent it.
    pub(in crate::simulator) from: Option<u32>,
    pub(in crate::simulator) text: String,
    pub(in crate::simulator) tag: String,
    pub(in crate::simulator) sub_tag: String,
    pub(in crate::simulator) created: i64,
}
