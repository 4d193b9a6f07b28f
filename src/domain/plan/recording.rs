//! The recording step: attaches the recording of a call to what the call step has put into the
//! timeline.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::call::PlannedCall;
use crate::domain::Personal;

/// The recording of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingStep {
    /// The connection of the settings; `None` for the only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// The step that has put the call into the timeline.
    pub of: String,
    /// The key of the call: the name of the PBX and the number of the call.
    pub key: String,
    /// The address of the recording. It is often all that one needs to hear the call.
    pub link: Personal,
    /// When the record of the call was received: a late recording is waited for from then on.
    pub received_at: Timestamp,
}

impl RecordingStep {
    /// The name of the step, which no step of a profile can have.
    pub const STEP: &str = "pbx.recording";
    /// The kind of a PBX's recordings as a destination.
    pub const KIND: &str = "recording";

    /// Returns the step for the recording of a call, if it has one.
    pub fn of_call(
        call: &PlannedCall,
        connection: Option<&str>,
        received_at: Timestamp,
    ) -> Option<Self> {
        let link = call.recording.as_deref()?.trim();
        (!link.is_empty()).then(|| Self {
            connection: connection.map(str::to_owned),
            of: PlannedCall::STEP.to_owned(),
            key: call.key.clone(),
            link: link.into(),
            received_at,
        })
    }

    /// Returns the name of the PBX in the settings.
    pub fn pbx(&self) -> &str {
        self.key.split_once('/').map_or(&self.key, |(pbx, _)| pbx)
    }

    /// Returns the step as names and values, for printing it and for comparing two plans.
    pub(super) fn facts(&self) -> Vec<(String, String)> {
        vec![("recording".to_owned(), self.link.as_str().to_owned())]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::{CALLS, Source};

    fn of(recording: &str) -> Option<RecordingStep> {
        let packet = json!({"call": {
            "kind": "incoming", "number": "+79005550142", "recording": recording
        }});
        let source = Source::new(CALLS, "main", "9e1d");
        let call = PlannedCall::of_packet(&source, &packet, Timestamp::UNIX_EPOCH).unwrap();
        RecordingStep::of_call(&call, None, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_recording_has_a_step_and_its_address_stays_out_of_debug() {
        let step = of("https://pbx.example/1").unwrap();
        assert_eq!((step.pbx(), step.of.as_str()), ("main", "pbx.call"));
        assert!(!format!("{step:?}").contains("pbx.example"));
        let stored = serde_json::to_value(&step).unwrap();
        assert_eq!(
            serde_json::from_value::<RecordingStep>(stored).unwrap(),
            step
        );
        assert_eq!(of(" "), None);
    }
}
