//! Who of a PBX is who in the portal, as people have matched them by hand (`_pbx.yaml`).

use std::collections::BTreeMap;

use super::UserId;

/// What people have matched by hand, for each PBX (`_pbx.yaml`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HandMatches {
    by_pbx: BTreeMap<String, PbxMatches>,
}

/// What people have matched by hand, for one PBX.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PbxMatches {
    /// The employees by the inner numbers of the PBX.
    pub employees: BTreeMap<String, UserId>,
    /// The employee for calls whose inner number belongs to nobody.
    pub default: Option<UserId>,
}

impl HandMatches {
    /// Collects the matches of each PBX.
    pub fn new(by_pbx: BTreeMap<String, PbxMatches>) -> Self {
        Self { by_pbx }
    }

    /// Returns the matches of a PBX, if it has any.
    pub fn of(&self, pbx: &str) -> Option<&PbxMatches> {
        self.by_pbx.get(pbx)
    }
}
