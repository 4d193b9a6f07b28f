//! Recordings of calls (REST documentation, "telephony.externalCall.attachRecord"): the portal
//! fetches them, or they are uploaded. A repeated one replaces the earlier one.

use data_encoding::BASE64;
use serde_json::{Value, json};

use super::batch::Halt;
use super::commands::Command;
use super::{Connection, Priority};
use crate::crm::call::RecordingTarget;
use crate::crm::error::CrmError;
use crate::crm::trace::CallTrace;
use crate::crm::write::NewFile;

/// What stands in the history for a file that was uploaded.
type FileShown = fn(&NewFile) -> Value;

impl Connection {
    /// Attaches a recording. Returns the request that was made, too.
    pub async fn attach_recording(
        &self,
        target: &RecordingTarget,
    ) -> (Result<(), CrmError>, Option<CallTrace>) {
        let command = command(target);
        let (mut outcomes, call) = self
            .run(&[0], &[command], Halt::Never, Priority::Background)
            .await;
        let outcome = outcomes.pop().unwrap_or(Err(CrmError::NotRun));
        (outcome.map(|_| ()), call)
    }
}

fn command(target: &RecordingTarget) -> Command {
    let method = match target {
        RecordingTarget::Link { .. } | RecordingTarget::Call { .. } => {
            "telephony.externalcall.attachRecord"
        }
        RecordingTarget::Activity { .. } => "crm.activity.update",
    };
    let has_file = !matches!(target, RecordingTarget::Link { .. });
    let encoded: FileShown = |file| BASE64.encode(&file.content).into();
    let size: FileShown = |file| format!("({} bytes)", file.content.len()).into();
    Command {
        method: method.to_owned(),
        params: params(target, encoded),
        shown: has_file.then(|| params(target, size)),
    }
}

fn params(target: &RecordingTarget, content: FileShown) -> Value {
    match target {
        RecordingTarget::Link {
            call,
            address,
            name,
        } => json!({"CALL_ID": call, "RECORD_URL": address, "FILENAME": name}),
        RecordingTarget::Call { call, file } => json!({
            "CALL_ID": call,
            "FILENAME": file.name,
            "FILE_CONTENT": content(file),
        }),
        RecordingTarget::Activity { activity, file } => json!({
            "id": activity,
            "fields": {"FILES": [{"fileData": [file.name, content(file)]}]},
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_uploaded_recording_is_shown_without_its_content() {
        let file = || NewFile {
            name: "main-9e1d.mp3".to_owned(),
            content: bytes::Bytes::from_static(b"ID3"),
        };
        let call = "externalCall.a.1".to_owned();
        let uploaded = command(&RecordingTarget::Call { call, file: file() });
        assert_eq!(uploaded.params["FILE_CONTENT"], "SUQz");
        assert_eq!(uploaded.shown()["FILE_CONTENT"], "(3 bytes)");
        let activity = command(&RecordingTarget::Activity {
            activity: 5,
            file: file(),
        });
        let files = |params: &Value| params["fields"]["FILES"][0]["fileData"].clone();
        assert_eq!(files(&activity.params), json!(["main-9e1d.mp3", "SUQz"]));
        assert_eq!(
            files(activity.shown()),
            json!(["main-9e1d.mp3", "(3 bytes)"])
        );
        let link = command(&RecordingTarget::Link {
            call: "externalCall.a.1".to_owned(),
            address: "https://pbx.example/1".to_owned(),
            name: "main-9e1d.mp3".to_owned(),
        });
        assert_eq!(link.shown()["RECORD_URL"], "https://pbx.example/1");
    }
}
