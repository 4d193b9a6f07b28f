//! What goes wrong between a PBX and the gateway.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Switch;

/// A fault of the PBX. It strikes the next so many events, or requests for a recording; with
/// `seconds`, all requests for recordings of calls that ended less long ago.
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
    /// How long after its call's end a recording is struck, instead of `times`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) seconds: Option<u32>,
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
    /// The event is sent for two legs of the call, with equal sessions.
    TwoLegs,
    /// The recording is not ready: 404.
    NoRecording,
    /// The link to the recording has expired: 410.
    ExpiredRecording,
    /// A page of HTML with status 200 instead of the recording.
    HtmlRecording,
    /// A recording of no bytes.
    EmptyRecording,
    /// A recording of 80 MiB.
    LargeRecording,
}

impl PbxFaultCode {
    /// Whether it strikes recordings, not events.
    fn is_of_recordings(self) -> bool {
        match self {
            Self::NoRecording
            | Self::ExpiredRecording
            | Self::HtmlRecording
            | Self::EmptyRecording
            | Self::LargeRecording => true,
            Self::LostEvent
            | Self::RepeatedEvent
            | Self::LateEvent
            | Self::WrongKey
            | Self::TwoLegs => false,
        }
    }
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
                Some(PbxFaultCode::TwoLegs) => {
                    let other = of_other_leg(&event);
                    sent.push(event);
                    sent.extend(other);
                }
                Some(_) | None => sent.push(event),
            }
        }
        sent.append(&mut late);
        sent
    }

    /// Returns the fault that strikes the recording of a call that ended so many seconds ago.
    pub(super) fn recording_fault(&mut self, age: i64) -> Option<PbxFaultCode> {
        let lasting = self.faults.iter().find(|fault| {
            let seconds = fault.seconds.map(i64::from);
            fault.code.is_of_recordings() && seconds.is_some_and(|seconds| age < seconds)
        });
        if let Some(fault) = lasting {
            return Some(fault.code);
        }
        self.take(|fault| fault.code.is_of_recordings() && fault.seconds.is_none())
    }

    /// Returns how often an event of the portal is sent. Only a fault that names it strikes it.
    pub(in crate::simulator) fn sendings(&mut self, event: &str) -> u32 {
        match self.take(|fault| fault.action.as_deref() == Some(event)) {
            Some(PbxFaultCode::LostEvent) => 0,
            Some(PbxFaultCode::RepeatedEvent) => 2,
            _ => 1,
        }
    }

    fn next_fault(&mut self, action: &str) -> Option<PbxFaultCode> {
        self.take(|fault| {
            let is_wanted = fault
                .action
                .as_deref()
                .is_none_or(|wanted| wanted == action);
            is_wanted && !fault.code.is_of_recordings()
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

/// Returns an event as the call's other leg has it; `None` if it is not of a leg.
fn of_other_leg(sent: &Sent) -> Option<Sent> {
    let mut sent = sent.clone();
    let id = sent.event.pointer_mut("/body/call_id")?;
    *id = format!("{}-b", id.as_str()?).into();
    Some(sent)
}
