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
        let params = json!({"USER_ID": employee, "MESSAGE": text});
        self.send_notice(employee, params).await
    }

    /// Sends a notice that replaces an earlier one with the same tag. Only applications may use tags.
    ///
    /// # Errors
    /// Whatever the portal answers.
    pub async fn notify_once(&self, employee: u32, text: &str, tag: &str) -> Result<(), CrmError> {
        let before = self.is_denied(METHOD);
        let params = json!({"USER_ID": employee, "MESSAGE": text, "TAG": tag});
        let sent = self.send_notice(employee, params).await;
        self.excuse(METHOD, before);
        sent
    }

    async fn send_notice(&self, employee: u32, params: Value) -> Result<(), CrmError> {
        let command = Command::new(METHOD, params);
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
