//! The calls of an attempt as the journal keeps them.

use serde_json::{Value, json};

use crate::crm::{CallTrace, CommandOutcome, CommandTrace};
use crate::domain::event::Call;

/// Returns a call as an event: a batch lists its commands, a single call has its parameters and
/// answer as they are.
pub(in crate::delivery) fn event(call: &CallTrace) -> Call {
    let (params, answer) = match call.commands.as_slice() {
        [one] if call.method != "batch" => (one.params.clone(), answer(one)),
        commands => (
            commands
                .iter()
                .map(|c| json!({"method": c.method, "params": c.params}))
                .collect(),
            commands.iter().map(answer).collect(),
        ),
    };
    Call {
        method: call.method.clone(),
        params,
        status: call.status,
        answer: match &call.error {
            Some(failure) => Call::failed(failure),
            None => answer,
        },
        duration_ms: u64::try_from(call.duration.as_millis()).unwrap_or(u64::MAX),
        commands: u32::try_from(call.command_count).unwrap_or(u32::MAX),
    }
}

fn answer(command: &CommandTrace) -> Value {
    match &command.outcome {
        CommandOutcome::Done(result) => json!({"result": result}),
        CommandOutcome::Failed(failure) => Call::failed(failure),
        CommandOutcome::NotRun => json!({"not_run": true}),
    }
}
