//! Notices to employees, as `im.notify.system.add` sends them (REST documentation, "Chats,
//! notifications").

use serde_json::{Value, json};

use super::batch::Halt;
use super::commands::Command;
use super::{Connection, Priority};
use crate::crm::error::CrmError;

const METHOD: &str = "im.notify.system.add";

impl Connection {
    /// Sends a notice to an employee. It waits behind deliveries.
    ///
    /// # Errors
    /// Whatever the portal answers; an employee whom it does not know is a refusal.
    pub async fn notify(&self, employee: u32, text: &str) -> Result<(), CrmError> {
        let command = Command::new(METHOD, json!({"USER_ID": employee, "MESSAGE": text}));
        let (mut outcomes, _) = self
            .run(&[0], &[command], Halt::Never, Priority::Background)
            .await;
        // the id of the notice, or false
        match outcomes.pop().unwrap_or(Err(CrmError::NotRun))? {
            Value::Bool(false) => Err(CrmError::Refused {
                method: METHOD.to_owned(),
                code: String::new(),
                text: format!("no notice to the employee {employee}"),
            }),
            _ => Ok(()),
        }
    }
}
