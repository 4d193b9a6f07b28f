//! What portals of other age and mood do differently, switched on by the control API.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// One departure from the documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::simulator) enum Quirk {
    /// `DOMAIN` carries a default port.
    DefaultPort,
    /// Scopes are separated by blanks instead of commas.
    ScopeWithBlanks,
    /// Events carry another `application_token`.
    WrongToken,
    /// Events carry no `application_token`.
    NoToken,
    /// `ONAPPINSTALL` comes when the installation begins, to the installer's address.
    EarlyInstallEvent,
    /// The page around a frame never answers `refreshAuth`.
    SilentParent,
}

/// How this portal departs from the documentation.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::simulator) struct Quirks {
    on: BTreeSet<Quirk>,
    /// Fields of a page's form that are missing, as older portals omit `APPLICATION_TOKEN`,
    /// `SERVER_ENDPOINT` and `APPLICATION_SCOPE`.
    pub(in crate::simulator) omit: Vec<String>,
    /// The text of `PLACEMENT_OPTIONS` where a page has none: `[]`, `""`; without it the field is
    /// missing.
    pub(in crate::simulator) no_options: Option<String>,
    /// How often an event comes again.
    pub(in crate::simulator) repeats: u8,
    /// Codes of widgets that this portal does not know.
    pub(in crate::simulator) missing_placements: Vec<String>,
    /// Who authorizes at `/oauth/authorize/`; 0 is the administrator.
    pub(in crate::simulator) authorizing_user: u32,
}

impl Quirks {
    /// Whether one is switched on.
    pub(in crate::simulator) fn has(&self, quirk: Quirk) -> bool {
        self.on.contains(&quirk)
    }
}
