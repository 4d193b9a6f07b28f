//! Calls before they are made: the request of a list of commands, and what a chain of changes would
//! send.

use serde_json::{Value, json};

use super::batch::{self, Halt};
use super::chain::Created;
use super::commands::Command;
use super::{Connection, pack};
use crate::crm::write::Write;

/// A call that would be made.
#[derive(Clone, PartialEq)]
pub struct OutgoingCall {
    /// `batch`, or the one method.
    pub method: String,
    /// Its parameters as they would be sent.
    pub params: Value,
    /// Its commands: each method with its parameters before encoding.
    pub commands: Vec<(String, Value)>,
}

/// Omits parameters: they are personal data.
impl std::fmt::Debug for OutgoingCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "OutgoingCall({}, {} commands)",
            self.method,
            self.commands.len()
        )
    }
}

/// Returns the method and parameters of the call with these commands; `None` if there are none.
pub(super) fn request(commands: &[Command], halt: Halt) -> Option<(String, Value)> {
    match commands {
        [] => None,
        [one] => Some((one.method.clone(), one.params.clone())),
        _ => Some(("batch".to_owned(), batch::request(commands, halt))),
    }
}

impl Connection {
    /// Returns the calls that [`Connection::write`] would make for this chain alone. Placeholders
    /// stand for the ids that the portal will assign in earlier calls.
    pub fn outgoing_calls(&self, chain: &[Write]) -> Vec<OutgoingCall> {
        let later = Created {
            company: Some(json!("(the id of the new company)")),
            contact: Some(json!("(the id of the new contact)")),
            record: Some(json!("(the id of the new record)")),
        };
        let calls = pack::calls_of(chain, &later);
        calls.iter().filter_map(|commands| call(commands)).collect()
    }
}

fn call(commands: &[Command]) -> Option<OutgoingCall> {
    let shown = commands.iter().map(|command| Command {
        params: command.shown().clone(),
        ..command.clone()
    });
    let commands: Vec<Command> = shown.collect();
    let (method, params) = request(&commands, Halt::AtFirstError)?;
    Some(OutgoingCall {
        method,
        params,
        commands: commands
            .iter()
            .map(|command| (command.method.clone(), command.params.clone()))
            .collect(),
    })
}
