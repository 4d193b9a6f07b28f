//! Recordings of calls (REST documentation, "telephony.externalCall.attachRecord"): the portal
//! fetches them, or they are uploaded, large ones by a form. A repeated one replaces the earlier one.

use std::time::Duration;

use data_encoding::BASE64;
use reqwest::Url;
use serde_json::{Value, json};

use super::batch::Halt;
use super::commands::Command;
use super::upload::FileForm;
use super::wire::text;
use super::{Connection, Priority};
use crate::crm::call::RecordingTarget;
use crate::crm::error::CrmError;
use crate::crm::trace::{CallTrace, CommandTrace, Outcome};
use crate::crm::write::NewFile;
use crate::domain::NoAnswer;

/// The method that attaches a recording, and the one that takes a file apart.
const ATTACH: &str = "telephony.externalcall.attachRecord";
const UPLOAD: &str = "upload";

/// What stands in the history for a file that was uploaded.
type FileShown = fn(&NewFile) -> Value;

/// A larger recording is uploaded apart: base64 makes it a third longer, and its request would have to
/// be in memory several times.
const LARGEST_IN_REQUEST: usize = 20 << 20;

/// How long an upload may take: the time limit of a call is for short ones.
const UPLOAD_WITHIN: Duration = Duration::from_secs(10 * 60);

/// The field of an upload's form, unless the portal names another one.
const FIELD: &str = "file";

/// What stands in the history for an address that is a secret as long as it is valid.
const HIDDEN: &str = "…";

impl Connection {
    /// Attaches a recording. Returns the requests that were made, too.
    pub async fn attach_recording(
        &self,
        target: &RecordingTarget,
    ) -> (Result<(), CrmError>, Vec<CallTrace>) {
        if let RecordingTarget::Call { call, file } = target
            && file.content.len() > LARGEST_IN_REQUEST
        {
            return self.upload_recording(call, file).await;
        }
        let (outcome, trace) = self.attach(command(target)).await;
        (outcome.map(drop), trace.into_iter().collect())
    }

    /// Asks the portal where it takes the recording of a call, and sends it there.
    async fn upload_recording(
        &self,
        call: &str,
        file: &NewFile,
    ) -> (Result<(), CrmError>, Vec<CallTrace>) {
        let params = json!({"CALL_ID": call, "FILENAME": file.name});
        let (answer, trace) = self.attach(Command::new(ATTACH, params)).await;
        let mut traces: Vec<CallTrace> = trace.into_iter().map(hide_address).collect();
        let place = match answer.and_then(|answer| self.upload_place(&answer)) {
            Ok(place) => place,
            Err(error) => return (Err(error), traces),
        };
        let form = FileForm::new(&place.field, &file.name, &file.content);
        let permit = self.pacer.acquire(Priority::Background).await;
        let (info, answer) = self.rest.upload(place.address, form, UPLOAD_WITHIN).await;
        drop(permit);
        let outcome = match &answer {
            Ok(value) => Outcome::Done(value.get("result").cloned().unwrap_or_default()),
            Err(error) => Outcome::Failed(error.failure()),
        };
        traces.push(CallTrace {
            method: UPLOAD.to_owned(),
            status: info.status,
            duration: info.duration,
            error: answer.as_ref().err().map(CrmError::failure),
            command_count: 1,
            commands: vec![CommandTrace {
                of: 0,
                method: UPLOAD.to_owned(),
                params: json!({place.field: format!("({} bytes)", file.content.len())}),
                outcome,
            }],
        });
        (answer.map(drop), traces)
    }

    async fn attach(&self, command: Command) -> (Result<Value, CrmError>, Option<CallTrace>) {
        let (mut outcomes, call) = self
            .run(&[0], &[command], Halt::Never, Priority::Background)
            .await;
        (outcomes.pop().unwrap_or(Err(CrmError::NotRun)), call)
    }

    /// Reads where the portal takes a file. Only the portal itself gets it.
    fn upload_place(&self, answer: &Value) -> Result<UploadPlace, CrmError> {
        let member = |name: &str| answer.get(name).and_then(text);
        let address = member("uploadUrl").filter(|address| !address.is_empty());
        let address = address.ok_or(CrmError::Unknown {
            why: NoAnswer::NoId,
        })?;
        let address = self.rest.file_address(&address);
        Ok(UploadPlace {
            address: address.ok_or_else(|| CrmError::Refused {
                method: ATTACH.to_owned(),
                code: "UPLOAD_ADDRESS".to_owned(),
                text: "the portal names another host for the upload".to_owned(),
            })?,
            field: member("fieldName").unwrap_or_else(|| FIELD.to_owned()),
        })
    }
}

/// Where the portal takes a file.
struct UploadPlace {
    address: Url,
    field: String,
}

/// Hides the address for the upload.
fn hide_address(mut trace: CallTrace) -> CallTrace {
    for command in &mut trace.commands {
        if let Outcome::Done(result) = &mut command.outcome
            && let Some(address) = result.get_mut("uploadUrl")
        {
            *address = HIDDEN.into();
        }
    }
    trace
}

fn command(target: &RecordingTarget) -> Command {
    let method = match target {
        RecordingTarget::Link { .. } | RecordingTarget::Call { .. } => ATTACH,
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
