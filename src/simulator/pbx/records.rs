//! The records of calls that have ended, and their recordings.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::faults::PbxFaultCode;
use super::{CallDirection, GATEWAY, LINE, LiveCall, MOST_RECORDS, Switch};

/// Samples a second of a recording, and its length in seconds.
const RATE: u32 = 8_000;
const LONGEST: i64 = 10;
/// Samples of half a wave of the tone.
const HALF_WAVE: u32 = 9;
/// Bytes of a recording that is too large.
const LARGE: usize = 80 << 20;

/// The record of a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::simulator) struct PbxRecord {
    /// When it began, in seconds.
    pub(super) began: i64,
    /// The number outside.
    pub(super) number: String,
    /// The inner number of the employee.
    pub(super) inner: String,
    /// Seconds of talk.
    pub(super) talk: i64,
    /// When it ended, in seconds.
    ended: i64,
    /// The record as events and `get_cdr` have it.
    row: Value,
}

impl PbxRecord {
    /// Returns the record as events and `get_cdr` have it.
    pub(in crate::simulator) fn row(&self) -> &Value {
        &self.row
    }

    /// Lets the link to the recording lead to this address of the sandbox.
    pub(super) fn link_to(&mut self, site: &str) {
        if self.talk > 0 {
            let id = self.row.get("id").and_then(Value::as_u64);
            self.row["link"] = recording_link(site, id.unwrap_or_default()).into();
        }
    }
}

fn recording_link(site: &str, id: u64) -> String {
    format!("{site}/services/pbx/record/{id}.wav")
}

impl Switch {
    /// Keeps the record of a call, and returns the event that tells of it.
    pub(super) fn record(&mut self, call: &LiveCall, cause: &str, now: i64) -> Value {
        self.last += 1;
        let id = self.last;
        let talk = call.answered.map_or(0, |answered| now - answered);
        // a call that rang nobody was for the line
        let inner = call.legs.first().map_or(LINE, |leg| leg.inner);
        let outside = format!("+{}", call.number.trim_start_matches('+'));
        let (from, to) = match call.direction {
            CallDirection::Outgoing => (inner, outside.as_str()),
            CallDirection::Incoming => (outside.as_str(), inner),
        };
        let site = self.options.as_ref().map_or("", |options| &options.site);
        let link = if talk > 0 {
            recording_link(site, id)
        } else {
            String::new()
        };
        let row = json!({
            "id": id, "uniqueid": call.session, "dt": call.began, "src": from, "dst": to,
            "duration": now - call.began, "billsec": talk, "cc_queue_waiting_time": 0,
            "lastapp": "bridge", "lastdata": "", "rec_path": "", "gateway": GATEWAY,
            "gateway_number": format!("+{LINE}"), "dial_status": 0,
            "direction": call.direction.number(), "project_id": 0, "project_name": "",
            "bridge_hangup_cause": cause, "hold_accum_seconds": call.held_before, "geo_ids": "",
            "geo_names": "Москва", "link": link,
        });
        if self.records.len() >= MOST_RECORDS {
            self.records.remove(0);
        }
        self.records.push(PbxRecord {
            began: call.began,
            number: outside.clone(),
            inner: inner.to_owned(),
            talk,
            ended: now,
            row: row.clone(),
        });
        self.event("cdr_append", &row, now)
    }

    /// Returns the recording of a call: a soft tone as long as the talk, a WAV file, or what a fault
    /// puts in its place.
    pub(super) fn recording(&mut self, id: &str, now: i64) -> Recording {
        let found = self.records.iter().find(|record| {
            let number = record.row.get("id").and_then(Value::as_u64);
            number.is_some_and(|number| number.to_string() == id)
        });
        let Some(talk) = found.map(|record| record.talk).filter(|talk| *talk > 0) else {
            return Recording::Missing;
        };
        let age = now - found.map_or(now, |record| record.ended);
        match self.recording_fault(age) {
            Some(PbxFaultCode::NoRecording) => Recording::Missing,
            Some(PbxFaultCode::ExpiredRecording) => Recording::Expired,
            Some(PbxFaultCode::HtmlRecording) => Recording::Page,
            Some(PbxFaultCode::EmptyRecording) => Recording::File(Vec::new()),
            Some(PbxFaultCode::LargeRecording) => Recording::Large(LARGE),
            _ => Recording::File(tone(u32::try_from(talk.min(LONGEST)).unwrap_or(1))),
        }
    }
}

/// The reply to a request for a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Recording {
    /// The file.
    File(Vec<u8>),
    /// No such recording, or not yet.
    Missing,
    /// The link has expired.
    Expired,
    /// A page of HTML with status 200.
    Page,
    /// A file with so many bytes.
    Large(usize),
}

/// Returns a WAV file with so many seconds of a soft tone: one channel, 8 bits a sample.
fn tone(seconds: u32) -> Vec<u8> {
    let samples = seconds * RATE;
    let mut file = Vec::new();
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(36 + samples).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&16_u32.to_le_bytes());
    file.extend_from_slice(&1_u16.to_le_bytes());
    file.extend_from_slice(&1_u16.to_le_bytes());
    file.extend_from_slice(&RATE.to_le_bytes());
    file.extend_from_slice(&RATE.to_le_bytes());
    file.extend_from_slice(&1_u16.to_le_bytes());
    file.extend_from_slice(&8_u16.to_le_bytes());
    file.extend_from_slice(b"data");
    file.extend_from_slice(&samples.to_le_bytes());
    file.extend((0..samples).map(|at| {
        if (at / HALF_WAVE).is_multiple_of(2) {
            0x84
        } else {
            0x7c
        }
    }));
    file
}
