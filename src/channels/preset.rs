//! Form builders whose habits channels know.

use serde::{Deserialize, Serialize};

/// The form builder whose habits a sender has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// None.
    #[default]
    Plain,
    /// Tilda's forms: a test ping, `tranid`, UTM marks in a cookie.
    Tilda,
}

impl Preset {
    /// Returns whether the sender has no habits of its own.
    pub fn is_plain(&self) -> bool {
        *self == Self::Plain
    }
}
