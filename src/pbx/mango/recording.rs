//! Recordings: `events/recording` tells while a call is recorded, `events/record/added` when the
//! recording can be listened to, which is usually after the summary of the call.

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::text;
use crate::pbx::dialect::{RecordingNotice, RecordingState};

/// Where the cabinet plays recordings to employees who may listen to them.
const PLAYER: &str = "https://app.mango-office.ru/vpbx/queries/recording/issa";

/// The end of such an address.
const PLAY: &str = "/play";

/// Where the file of a recording is asked for.
pub(super) const FILE_PATH: &str = "queries/recording/post";

/// The longest number of a call or a recording, in bytes.
const LONGEST_ID: usize = 128;

/// What a step of a path may have as it is.
const STEP: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// The code of a recording that was kept.
const KEPT: &str = "1000";

/// Reads what an event says about a recording. `None` if it names none.
pub(super) fn read(object: &Map<String, Value>, raw: Bytes) -> Option<RecordingNotice> {
    let id = |name| text(object, name).filter(|id| is_id(id));
    let (call, id) = (id("entry_id")?, id("recording_id")?);
    Some(RecordingNotice {
        link: link(&id),
        state: state(object),
        call,
        id,
        raw,
    })
}

/// Returns whether a text is short enough to name a call or a recording.
pub(super) fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST_ID
}

/// Returns the address of a recording.
pub(super) fn link(id: &str) -> String {
    let step = utf8_percent_encode(id, STEP);
    format!("{PLAYER}/{step}{PLAY}")
}

/// Returns the recording at an address. `None` if it is not one of these addresses.
fn id_at(link: &str) -> Option<String> {
    let step = link.strip_prefix(PLAYER)?.strip_prefix('/')?;
    let id = percent_decode_str(step.strip_suffix(PLAY)?).decode_utf8();
    id.ok().map(String::from).filter(|id| is_id(id))
}

/// Returns what asks the PBX for the file of a recording: it redirects to an address for one use.
pub(super) fn order(link: &str) -> Option<Value> {
    let id = id_at(link)?;
    Some(json!({"recording_id": id, "action": "download"}))
}

fn state(object: &Map<String, Value>) -> RecordingState {
    let Some(state) = text(object, "recording_state") else {
        return RecordingState::Ready;
    };
    let is_kept = text(object, "completion_code").is_none_or(|code| code == KEPT);
    let is_mailed_only = text(object, "recipient").is_some_and(|to| to == "Mail");
    if state == "Completed" && (!is_kept || is_mailed_only) {
        RecordingState::Dropped
    } else {
        RecordingState::Begun
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_is_known_by_its_address() {
        let id = "MToxMDAyMDMwOjEwMjAzMDQwNTA6MQ==";
        let wanted = json!({"recording_id": id, "action": "download"});
        assert_eq!(order(&link(id)), Some(wanted));
        for other in [
            "https://pbx.example/queries/recording/issa/a/play",
            "https://app.mango-office.ru/vpbx/queries/recording/issa//play",
            "https://app.mango-office.ru/vpbx/queries/recording/issa/a",
        ] {
            assert_eq!(order(other), None, "{other}");
        }
    }
}
