//! Many commands in one HTTP call, with an outcome for each of them.

use serde_json::{Map, Value, json};

use super::commands::Command;
use super::files;
use super::form;
use super::wire;
use crate::crm::error::CrmError;
use crate::crm::trace::Outcome as CommandOutcome;
use crate::domain::NoAnswer;

/// The number of commands that the portal runs in one batch (REST documentation, "batch").
pub(super) const MAX_COMMANDS: usize = 50;

/// Whether an error ends the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Halt {
    Never,
    AtFirstError,
}

/// Returns the parameters of a batch. Keys are not numeric, so that PHP never answers with a bare
/// list.
pub(super) fn request(commands: &[Command], halt: Halt) -> Value {
    let cmd: Map<String, Value> = commands
        .iter()
        .enumerate()
        .map(|(index, command)| {
            (
                key(index),
                Value::from(form::command(&command.method, &command.params)),
            )
        })
        .collect();
    json!({"halt": u8::from(halt == Halt::AtFirstError), "cmd": cmd})
}

/// Returns the key of a command.
pub(super) fn key(index: usize) -> String {
    format!("q{index}")
}

/// Returns the outcome of each command. A command that is neither among the results nor among the
/// errors was not run if an earlier one failed; otherwise its outcome is unknown, because the
/// portal cuts a long batch at any point.
pub(super) fn outcomes(commands: &[Command], envelope: &Value) -> Vec<Result<Value, CrmError>> {
    let nothing = Value::Null;
    let body = envelope.get("result").unwrap_or(&nothing);
    let (done, failed) = (
        body.get("result").unwrap_or(&nothing),
        body.get("result_error").unwrap_or(&nothing),
    );
    let mut halted = false;
    commands
        .iter()
        .enumerate()
        .map(|(index, command)| {
            let key = key(index);
            if let Some(error) = wire::member(failed, &key) {
                halted = true;
                let failure = wire::failure(&command.method, error);
                let why = NoAnswer::NoCode;
                return Err(failure.unwrap_or(CrmError::Unknown { why }));
            }
            match wire::member(done, &key) {
                Some(result) => Ok(result.clone()),
                None if halted => Err(CrmError::NotRun),
                None => Err(CrmError::Unknown {
                    why: NoAnswer::MissingInBatch,
                }),
            }
        })
        .collect()
}

/// Returns the `time` block of one command.
pub(super) fn time(envelope: &Value, index: usize, commands: usize) -> Option<&Value> {
    if commands == 1 {
        return envelope.get("time");
    }
    wire::member(envelope.get("result")?.get("result_time")?, &key(index))
}

/// Converts an outcome for the journal.
pub(super) fn trace_outcome(outcome: &Result<Value, CrmError>) -> CommandOutcome {
    match outcome {
        Ok(result) => {
            let mut shown = result.clone();
            files::hide_addresses(&mut shown);
            CommandOutcome::Done(shown)
        }
        Err(CrmError::NotRun) => CommandOutcome::NotRun,
        Err(error) => CommandOutcome::Failed(error.failure()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three() -> Vec<Command> {
        ["a", "b", "c"].map(|m| Command::new(m, json!({}))).to_vec()
    }

    #[test]
    fn every_command_gets_an_outcome() {
        let answer = json!({"result": {
            "result": {"q0": 15}, "result_error": {"q1": {"error": "", "error_description": "no"}},
            "result_total": [], "result_next": [], "result_time": [],
        }});
        let found = outcomes(&three(), &answer);
        assert_eq!(found[0], Ok(json!(15)));
        assert!(matches!(&found[1], Err(CrmError::Refused { text, .. }) if text == "no"));
        assert_eq!(found[2], Err(CrmError::NotRun));
    }

    #[test]
    fn a_missing_command_without_an_error_is_unknown() {
        let answer = json!({"result": {"result": {"q0": []}, "result_error": []}});
        let found = outcomes(&three(), &answer);
        assert_eq!(found[0], Ok(json!([])));
        assert!(matches!(found[1], Err(CrmError::Unknown { .. })));
        assert!(matches!(found[2], Err(CrmError::Unknown { .. })));
    }

    #[test]
    fn an_answer_of_another_shape_makes_every_command_unknown() {
        for answer in [
            json!({"result": []}),
            json!({"result": true}),
            json!({"result": {"result": []}}),
        ] {
            assert!(
                outcomes(&three(), &answer)
                    .iter()
                    .all(|o| matches!(o, Err(CrmError::Unknown { .. })))
            );
        }
    }
}
