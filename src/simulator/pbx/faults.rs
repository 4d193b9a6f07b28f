//! What goes wrong between a PBX and the gateway.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Switch;

/// A fault of the PBX. It strikes the next so many events, or requests for a recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::simulator) struct PbxFault {
    /// What goes wrong.
    pub(super) code: PbxFaultCode,
    /// Only events of this action; all if it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) action: Option<String>,
    /// How often.
    #[serde(default = "once")]
    pub(super) times: u32,
}

fn once() -> u32 {
    1
}

/// The kinds of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(in crate::simulator) enum PbxFaultCode {
    /// The event is never sent.
    LostEvent,
    /// The event is sent twice.
    RepeatedEvent,
    /// The event is sent after the others of the same press.
    LateEvent,
    /// The event has a wrong key.
    WrongKey,
    /// The recording is not ready: 404.
    NoRecording,
}

/// An event on its way to the gateway.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sent {
    pub(super) event: Value,
    pub(super) has_key: bool,
}

impl Switch {
    /// Applies the faults to the events of a press.
    pub(super) fn strike(&mut self, events: Vec<Value>) -> Vec<Sent> {
        let mut sent = Vec::new();
        let mut late = Vec::new();
        for event in events {
            let action = event.get("action").and_then(Value::as_str);
            let fault = self.next_fault(action.unwrap_or_default());
            let event = Sent {
                event,
                has_key: fault != Some(PbxFaultCode::WrongKey),
            };
            match fault {
                Some(PbxFaultCode::LostEvent) => {}
                Some(PbxFaultCode::LateEvent) => late.push(event),
                Some(PbxFaultCode::RepeatedEvent) => sent.extend([event.clone(), event]),
                Some(PbxFaultCode::WrongKey | PbxFaultCode::NoRecording) | None => sent.push(event),
            }
        }
        sent.append(&mut late);
        sent
    }

    /// Returns whether a fault says that a recording is not ready.
    pub(super) fn is_recording_late(&mut self) -> bool {
        self.take(|fault| fault.code == PbxFaultCode::NoRecording)
            .is_some()
    }

    fn next_fault(&mut self, action: &str) -> Option<PbxFaultCode> {
        self.take(|fault| {
            let is_wanted = fault
                .action
                .as_deref()
                .is_none_or(|wanted| wanted == action);
            is_wanted && fault.code != PbxFaultCode::NoRecording
        })
    }

    /// Uses up one time of the first fault that fits.
    fn take(&mut self, fits: impl Fn(&PbxFault) -> bool) -> Option<PbxFaultCode> {
        let at = self.faults.iter().position(fits)?;
        let fault = self.faults.get_mut(at)?;
        let code = fault.code;
        fault.times = fault.times.saturating_sub(1);
        if fault.times == 0 {
            self.faults.remove(at);
        }
        Some(code)
    }
}
