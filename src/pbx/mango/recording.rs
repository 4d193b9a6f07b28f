//! Recordings: `events/recording` tells while a call is recorded, `events/record/added` when the
//! recording can be listened to, which is usually after the summary of the call.

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::text;
use crate::pbx::dialect::{RecordingNotice, RecordingState};

/// Where the cabinet plays recordings to employees who may listen to them.
const PLAYER: &str = "https://app.mango-office.ru/vpbx/queries/recording/issa";

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
    let id = |name| text(object, name).filter(|id| id.len() <= LONGEST_ID);
    let (call, id) = (id("entry_id")?, id("recording_id")?);
    let step = utf8_percent_encode(&id, STEP);
    Some(RecordingNotice {
        link: format!("{PLAYER}/{step}/play"),
        state: state(object),
        call,
        id,
        raw,
    })
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
