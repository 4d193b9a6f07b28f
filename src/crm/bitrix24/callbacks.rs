//! Callbacks that visitors request in forms of the portal (REST documentation,
//! "ONEXTERNALCALLBACKSTART"). The portal tells of the request only, so the call is registered as a
//! callback.

use serde_json::json;

use super::cards::{REGISTER, registered, registration};
use super::live_calls::entity;
use super::wire::number;
use super::{Connection, Priority};
use crate::crm::call::CallOwner;
use crate::crm::card::{NewCallback, NewCard};
use crate::crm::error::CrmError;
use crate::domain::UserId;

/// The type of a callback.
const CALLBACK: i64 = 4;

impl Connection {
    /// Registers a callback and shows its card; returns its number in the portal. The portal
    /// recognises one that is registered again within half an hour.
    ///
    /// # Errors
    /// Whatever the portal answers.
    pub async fn register_callback(&self, new: &NewCallback) -> Result<String, CrmError> {
        let mut params = registration(&NewCard {
            key: new.key.clone(),
            user: new.user,
            number: new.number.clone(),
            line: new.line.clone(),
            is_outgoing: true,
            started: new.started,
            is_shown: true,
        });
        params["TYPE"] = json!(CALLBACK);
        if let Some((kind, id)) = new.client.and_then(entity) {
            params["CRM_ENTITY_TYPE"] = json!(kind);
            params["CRM_ENTITY_ID"] = json!(id);
        }
        let result = self
            .telephony(REGISTER, params, Priority::Interactive)
            .await?;
        registered(&result)
    }

    /// Returns the employee who is responsible for a client. `None` also for other kinds of records.
    ///
    /// # Errors
    /// Whatever the portal answers.
    pub async fn responsible(&self, client: CallOwner) -> Result<Option<UserId>, CrmError> {
        let Some((kind, id)) = entity(client) else {
            return Ok(None);
        };
        let method = format!("crm.{}.get", kind.to_ascii_lowercase());
        let row = self
            .telephony(&method, json!({"id": id}), Priority::Interactive)
            .await?;
        let user = row.get("ASSIGNED_BY_ID").and_then(number);
        Ok(user.and_then(UserId::new))
    }
}
