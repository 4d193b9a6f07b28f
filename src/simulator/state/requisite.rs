//! The requisites of contacts and companies, and the templates that they are made by.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::kind::Kind;

/// A requisite: its fields by name, as the portal answers them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(in crate::simulator) struct Requisite(pub(in crate::simulator) Map<String, Value>);

impl Requisite {
    /// Returns whether this contact or company owns it.
    pub(in crate::simulator) fn belongs_to(&self, kind: Kind, id: u32) -> bool {
        let is = |name: &str, wanted: &str| self.text(name) == wanted;
        is("ENTITY_TYPE_ID", &kind.type_id().to_string()) && is("ENTITY_ID", &id.to_string())
    }

    /// Returns a field's text; empty if it has no value.
    pub(in crate::simulator) fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

/// A template of requisites.
#[derive(Debug, Clone, Copy)]
pub(in crate::simulator) struct Preset {
    pub(in crate::simulator) id: u32,
    pub(in crate::simulator) name: &'static str,
    pub(in crate::simulator) code: &'static str,
}

/// The templates of a portal. Those for organisations, sole proprietors and individuals come with
/// it (REST documentation, "crm.requisite.preset.list"); that their codes end like this is our
/// inference from the reserved form `#CRM_REQUISITE_PRESET_DEF_...`.
pub(in crate::simulator) const PRESETS: [Preset; 3] = [
    Preset {
        id: 1,
        name: "Организация",
        code: "#CRM_REQUISITE_PRESET_DEF_RU_COMPANY#",
    },
    Preset {
        id: 2,
        name: "ИП",
        code: "#CRM_REQUISITE_PRESET_DEF_RU_INDIVIDUAL#",
    },
    Preset {
        id: 3,
        name: "Физ. лицо",
        code: "#CRM_REQUISITE_PRESET_DEF_RU_PERSON#",
    },
];
