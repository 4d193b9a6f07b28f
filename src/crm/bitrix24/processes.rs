//! Single smart processes: the fields of their items and their pipelines. Their stages are in the
//! dictionaries with all others (REST documentation, "crm.item.fields", "crm.category.list").

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::commands::Command;
use super::dictionaries::{field, pipelines};
use super::wire::{member, text};
use super::{Connection, Priority};
use crate::crm::dictionary::Process;
use crate::crm::dictionary::Processes;
use crate::crm::error::CrmError;
use crate::domain::ItemType;

/// The maximum number of processes in a request: two commands each fill one call.
const MAX_PROCESSES: usize = 25;

impl Connection {
    /// Reads these smart processes, at most 25. `None` stands for one that the portal does not have
    /// or hides from the webhook's owner.
    ///
    /// # Errors
    ///
    /// When the portal does not answer.
    pub async fn processes(
        &self,
        asked: &[ItemType],
        priority: Priority,
    ) -> Result<Processes, CrmError> {
        let asked: Vec<ItemType> = asked.iter().copied().take(MAX_PROCESSES).collect();
        if asked.is_empty() {
            return Ok(BTreeMap::new());
        }
        let commands: Vec<Command> = asked
            .iter()
            .flat_map(|process| {
                let which = json!({"entityTypeId": process});
                ["crm.item.fields", "crm.category.list"]
                    .map(|method| Command::new(method, which.clone()))
            })
            .collect();
        let outcomes = self.run_all(&commands, priority).await;
        let mut outcomes = outcomes.into_iter();
        let mut next = || outcomes.next().unwrap_or(Err(CrmError::NotRun));
        let mut found = BTreeMap::new();
        for process in asked {
            let (fields, categories) = (next(), next());
            let known = process_from(fields)?.map(|process| Process {
                // a process without pipelines may refuse to list them
                pipelines: pipelines(&categories.unwrap_or_default()),
                ..process
            });
            found.insert(process, known);
        }
        Ok(found)
    }
}

/// Reads a process from the answer about its fields; `None` if it does not exist or is hidden from
/// the webhook's owner, which must not fail the other processes.
pub(super) fn process_from(fields: Result<Value, CrmError>) -> Result<Option<Process>, CrmError> {
    match fields {
        Ok(fields) => Ok(Some(described(&fields))),
        Err(CrmError::Refused { .. } | CrmError::Denied { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads the fields of a process.
fn described(described: &Value) -> Process {
    let mut process = Process::default();
    let Some(Value::Object(fields)) = member(described, "fields") else {
        return process;
    };
    for (name, about) in fields {
        let capitals = about.get("upperName").and_then(text);
        let capitals = capitals.unwrap_or_else(|| name.clone());
        process.fields.insert(capitals.clone(), field(name, about));
        process.capitals.insert(name.clone(), capitals);
    }
    process
}
