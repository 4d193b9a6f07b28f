//! Events as rows: kind, version of its form, and content as JSON.

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::super::StoreError;
use super::super::bounds;
use super::super::entry::Logged;
use super::values::{Col, get};
use crate::domain::SubmissionId;
use crate::domain::event::{Event, Foreign};
use crate::redact;

/// The version of the form that this program writes.
const VERSION: u32 = 1;

/// An event on its way into the store.
pub(in crate::store) struct NewEvent<'a> {
    pub(in crate::store) at: Timestamp,
    pub(in crate::store) attempt: u32,
    pub(in crate::store) event: &'a Event,
    /// Another body of the same submission, if the event is about one.
    pub(in crate::store) body: Option<&'a [u8]>,
}

/// Writes one down, without the secrets that we know.
pub(in crate::store) fn append(
    connection: &Connection,
    submission: i64,
    new: &NewEvent<'_>,
) -> Result<(), StoreError> {
    let payload = encode(new.event).map_err(StoreError::Encode)?;
    connection
        .prepare_cached(
            "INSERT INTO events (submission, at, attempt, kind, version, payload, body)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            submission,
            Col(new.at),
            new.attempt,
            new.event.kind(),
            VERSION,
            redact::mask(&payload),
            new.body
        ])?;
    Ok(())
}

/// Writes several down in the history of a submission, outside of any attempt's end.
pub(in crate::store) fn append_to(
    connection: &Connection,
    id: SubmissionId,
    events: &[Event],
    at: Timestamp,
) -> Result<(), StoreError> {
    let found: Option<(i64, u32)> = connection
        .prepare_cached("SELECT seq, attempt FROM submissions WHERE id = ?")?
        .query_row([Col(id)], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (seq, attempt) = found.ok_or(StoreError::Unknown { id })?;
    for event in events {
        let new = NewEvent {
            at,
            attempt,
            event,
            body: None,
        };
        append(connection, seq, &new)?;
    }
    Ok(())
}

/// All events of a submission, oldest first.
pub(in crate::store) fn events_of(
    connection: &Connection,
    submission: i64,
) -> Result<Vec<Logged>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT at, attempt, kind, version, payload, body FROM events
         WHERE submission = ? ORDER BY seq",
    )?;
    let events = statement
        .query_map([submission], logged)?
        .collect::<Result<_, _>>()?;
    Ok(events)
}

fn logged(row: &Row<'_>) -> rusqlite::Result<Logged> {
    let body: Option<Vec<u8>> = row.get("body")?;
    Ok(Logged {
        at: get(row, "at")?,
        attempt: row.get("attempt")?,
        event: decode(row.get("kind")?, row.get("version")?, row.get("payload")?),
        body: body.map(Bytes::from),
    })
}

fn encode(event: &Event) -> Result<String, serde_json::Error> {
    fn json(content: &impl Serialize) -> Result<String, serde_json::Error> {
        serde_json::to_string(content)
    }
    match event {
        Event::Planned(planned) => bounds::planned(planned),
        Event::Call(call) => bounds::call(call),
        Event::Step(step) => json(step),
        Event::Verdict(verdict) => json(verdict),
        Event::Repeated(repeated) => json(repeated),
        Event::Readmitted(readmitted) => json(readmitted),
        Event::Requeued(requeued) => json(requeued),
        Event::Because(why) => json(why),
        Event::Note(note) => json(note),
        Event::Foreign(foreign) => Ok(foreign.payload.clone()),
    }
}

/// Reads an event. An event of another version that cannot be read is shown as stored.
pub(super) fn decode(kind: String, version: u32, payload: String) -> Event {
    fn read<T: DeserializeOwned>(payload: &str, wrap: fn(T) -> Event) -> Option<Event> {
        serde_json::from_str(payload).ok().map(wrap)
    }
    let known = match (kind.as_str(), version) {
        ("planned", VERSION) => read(&payload, |planned| Event::Planned(Box::new(planned))),
        ("call", VERSION) => read(&payload, Event::Call),
        ("step", VERSION) => read(&payload, Event::Step),
        ("verdict", VERSION) => read(&payload, Event::Verdict),
        ("repeated", VERSION) => read(&payload, Event::Repeated),
        ("readmitted", VERSION) => read(&payload, Event::Readmitted),
        ("requeued", VERSION) => read(&payload, Event::Requeued),
        ("because", VERSION) => read(&payload, Event::Because),
        ("note", VERSION) => read(&payload, Event::Note),
        _ => None,
    };
    known.unwrap_or(Event::Foreign(Foreign { kind, payload }))
}
