//! The pages of records in Bitrix24, to which the widget links.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::SANDBOX_CONNECTION;
use crate::crm::Connection;
use crate::domain::EntityKind;

/// Where the records of each connection have their pages.
pub(super) struct Pages<'p> {
    pub(super) connections: &'p BTreeMap<String, Arc<Connection>>,
    /// The public address of leadgate, which also serves the sandbox.
    pub(super) public_url: &'p str,
}

impl Pages<'_> {
    /// Returns the page of a record, of the contact without a kind; `None` if the settings do not
    /// have the connection any more.
    pub(super) fn page(&self, name: &str, kind: Option<EntityKind>, id: i64) -> Option<String> {
        if name == SANDBOX_CONNECTION {
            let word = kind.map_or("contact", EntityKind::as_str);
            return Some(format!("{}/sandbox/{word}/{id}", self.public_url));
        }
        let connection = self.connections.get(name)?;
        Some(connection.page(kind, id))
    }
}
