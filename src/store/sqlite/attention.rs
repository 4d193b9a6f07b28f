//! What waits for a person, in groups, and how a person dismisses it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::super::StoreError;
use super::super::attention::{CapturedGroup, ParkedSubject};
use super::crashes;
use super::events::{NewEvent, append};
use super::replay::forget_choice;
use super::values::{Col, get, maybe, source};
use crate::domain::event::{Event, Verdict};
use crate::domain::{ParkReason, ReasonSubject, Source, State, SubmissionId, VerdictReason};

/// Returns the parked submissions in groups, the largest first.
pub(in crate::store) fn parked_subjects(
    connection: &Connection,
) -> Result<Vec<ParkedSubject>, StoreError> {
    // one row for each reason in full; those that name the same are joined below
    let mut statement = connection.prepare_cached(
        "SELECT profile, reason, note, count(*) AS count, id,
             min(coalesce(settled_at, received_at)) AS since,
             max(coalesce(settled_at, received_at)) AS latest
         FROM submissions WHERE state = 'parked' GROUP BY profile, reason, note",
    )?;
    let mut rows = statement.query([])?;
    let mut groups: BTreeMap<(Option<String>, &str, ReasonSubject), ParkedSubject> =
        BTreeMap::new();
    while let Some(row) = rows.next()? {
        let reason: Option<String> = row.get("reason")?;
        // a later release may have parked it
        let Some(reason) = reason.as_deref().and_then(ParkReason::parse) else {
            continue;
        };
        let note: Option<VerdictReason> = maybe(row, "note")?;
        let subject = subject_of(note.as_ref());
        let group = ParkedSubject {
            profile: row.get("profile")?,
            reason,
            subject: subject.clone(),
            count: row.get("count")?,
            since: get(row, "since")?,
            latest: get(row, "latest")?,
            example: get(row, "id")?,
            note,
        };
        match groups.entry((group.profile.clone(), reason.as_str(), subject)) {
            Entry::Vacant(place) => {
                place.insert(group);
            }
            Entry::Occupied(known) => join(known.into_mut(), group),
        }
    }
    let mut groups: Vec<ParkedSubject> = groups.into_values().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.count));
    Ok(groups)
}

fn subject_of(note: Option<&VerdictReason>) -> ReasonSubject {
    note.map(VerdictReason::subject).unwrap_or_default()
}

fn join(known: &mut ParkedSubject, more: ParkedSubject) {
    known.count += more.count;
    known.since = known.since.min(more.since);
    if more.latest > known.latest {
        known.latest = more.latest;
        known.example = more.example;
        known.note = more.note;
    }
}

/// Returns the captured submissions by address, the largest groups first.
pub(in crate::store) fn captured_groups(
    connection: &Connection,
) -> Result<Vec<CapturedGroup>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, source, identity, details, received_at, note IS NOT NULL AS is_unreadable
         FROM submissions WHERE state = 'captured' ORDER BY seq",
    )?;
    let mut rows = statement.query([])?;
    let mut groups: BTreeMap<(String, String), CapturedGroup> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let source: Source = source(row)?;
        let is_unreadable: bool = row.get("is_unreadable")?;
        let at: Timestamp = get(row, "received_at")?;
        let id: SubmissionId = get(row, "id")?;
        let (name, address) = (source.name().to_owned(), source.address().to_owned());
        let group = groups
            .entry((name.clone(), address.clone()))
            .or_insert(CapturedGroup {
                source: name,
                address,
                count: 0,
                unreadable: 0,
                since: at,
                latest: at,
                example: id,
            });
        group.count += 1;
        group.unreadable += u64::from(is_unreadable);
        (group.latest, group.example) = (at, id);
    }
    let mut groups: Vec<CapturedGroup> = groups.into_values().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.count));
    Ok(groups)
}

/// Dismisses those of these that are parked or captured: they become ignored for this reason, and
/// their histories say so. Returns how many there were. What an earlier attempt may have sent stays
/// noted, so that a replay looks it up.
pub(in crate::store) fn dismiss(
    connection: &Connection,
    ids: &[SubmissionId],
    reason: &VerdictReason,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let mut find = connection.prepare_cached(
        "SELECT seq, attempt FROM submissions
         WHERE id = ? AND state IN ('parked', 'captured')",
    )?;
    let mut ignore = connection.prepare_cached(
        "UPDATE submissions SET state = 'ignored', settled_at = ?2, reason = NULL, note = ?3
         WHERE seq = ?1",
    )?;
    let event = Event::Verdict(Verdict {
        state: State::Ignored,
        reason: None,
        text: Some(reason.clone()),
        due_at: None,
    });
    let mut dismissed = 0;
    for id in ids {
        let found: Option<(i64, u32)> = find
            .query_row([Col(*id)], |row| Ok((row.get("seq")?, row.get("attempt")?)))
            .optional()?;
        let Some((seq, attempt)) = found else {
            continue;
        };
        ignore.execute(params![seq, Col(now), Col(reason)])?;
        let new = NewEvent {
            at: now,
            attempt,
            event: &event,
            body: None,
        };
        append(connection, seq, &new)?;
        forget_choice(connection, seq)?;
        crashes::forget(connection, seq)?;
        dismissed += 1;
    }
    Ok(dismissed)
}
