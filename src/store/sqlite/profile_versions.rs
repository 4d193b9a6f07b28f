//! Versions of the files of the profiles' folder.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::super::StoreError;
use super::values::{Col, get};
use crate::domain::{NewProfileVersion, ProfileCounts, ProfileVersion, State, VERSIONS_KEPT};

/// The columns of a version.
const HEAD: &str = "file, number, hash, at, who, note, is_good";
/// The most submissions that are counted of a state.
const MOST_COUNTED: usize = 50_000;

/// Keeps a text as the latest version of its file; returns the number of the version. A text that is
/// the latest already gets no other number, but may learn who saved it.
pub(in crate::store) fn keep_profile_version(
    connection: &Connection,
    new: &NewProfileVersion,
) -> Result<u32, StoreError> {
    let version = &new.version;
    let latest: Option<(u32, String)> = connection
        .prepare_cached(
            "SELECT number, hash FROM profile_versions WHERE file = ? ORDER BY number DESC LIMIT 1",
        )?
        .query_row([&version.file], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let number = match latest {
        Some((number, hash)) if hash == version.hash => {
            connection
                .prepare_cached(
                    "UPDATE profile_versions
                     SET is_good = max(is_good, ?1), who = coalesce(?2, who),
                         note = CASE WHEN ?2 IS NULL THEN note ELSE ?3 END
                     WHERE file = ?4 AND number = ?5",
                )?
                .execute(params![
                    version.is_good,
                    version.who,
                    version.note,
                    version.file,
                    number
                ])?;
            number
        }
        latest => {
            let number = latest.map_or(1, |(number, _)| number + 1);
            add(connection, new, number)?;
            number
        }
    };
    if let Some(edition) = &new.edition {
        connection
            .prepare_cached(
                "INSERT INTO profile_editions (file, edition, number, at) VALUES (?, ?, ?, ?)
                 ON CONFLICT (file, edition) DO UPDATE SET number = excluded.number, at = excluded.at",
            )?
            .execute(params![version.file, edition, number, Col(version.at)])?;
    }
    Ok(number)
}

fn add(connection: &Connection, new: &NewProfileVersion, number: u32) -> Result<(), StoreError> {
    let version = &new.version;
    connection
        .prepare_cached(
            "INSERT INTO profile_versions (file, number, hash, at, who, note, is_good, text)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            version.file,
            number,
            version.hash,
            Col(version.at),
            version.who,
            version.note,
            version.is_good,
            new.text,
        ])?;
    let oldest = number.saturating_sub(VERSIONS_KEPT);
    for table in ["profile_versions", "profile_editions"] {
        connection
            .prepare_cached(&format!(
                "DELETE FROM {table} WHERE file = ? AND number <= ?"
            ))?
            .execute(params![version.file, oldest])?;
    }
    Ok(())
}

/// Returns up to `limit` versions of a file, the newest first, and those before the number `before`
/// if there is one.
pub(in crate::store) fn profile_versions(
    connection: &Connection,
    file: &str,
    before: Option<u32>,
    limit: usize,
) -> Result<Vec<ProfileVersion>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {HEAD} FROM profile_versions WHERE file = ? AND number < ?
         ORDER BY number DESC LIMIT ?"
    ))?;
    let before = before.unwrap_or(u32::MAX);
    let versions = statement.query_map(params![file, before, limit], head)?;
    Ok(versions.collect::<Result<_, _>>()?)
}

/// Returns the latest version of each file.
pub(in crate::store) fn latest_profile_versions(
    connection: &Connection,
) -> Result<Vec<ProfileVersion>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {HEAD} FROM profile_versions v
         WHERE number = (SELECT max(number) FROM profile_versions WHERE file = v.file)
         ORDER BY file"
    ))?;
    let versions = statement.query_map([], head)?;
    Ok(versions.collect::<Result<_, _>>()?)
}

/// Returns a version with its text.
pub(in crate::store) fn profile_version(
    connection: &Connection,
    file: &str,
    number: u32,
) -> Result<Option<(ProfileVersion, String)>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {HEAD}, text FROM profile_versions WHERE file = ? AND number = ?"
    ))?;
    let found = statement.query_row(params![file, number], with_text);
    Ok(found.optional()?)
}

/// Returns the latest version with this hash, or of this edition, with its text.
pub(in crate::store) fn profile_version_of(
    connection: &Connection,
    file: &str,
    hash: &str,
) -> Result<Option<(ProfileVersion, String)>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {HEAD}, text FROM profile_versions
         WHERE file = ?1 AND (hash = ?2 OR number = (
             SELECT number FROM profile_editions WHERE file = ?1 AND edition = ?2))
         ORDER BY number DESC LIMIT 1"
    ))?;
    let found = statement.query_row(params![file, hash], with_text);
    Ok(found.optional()?)
}

fn head(row: &Row<'_>) -> rusqlite::Result<ProfileVersion> {
    Ok(ProfileVersion {
        file: row.get("file")?,
        number: row.get("number")?,
        hash: row.get("hash")?,
        at: get(row, "at")?,
        who: row.get("who")?,
        note: row.get("note")?,
        is_good: row.get("is_good")?,
    })
}

fn with_text(row: &Row<'_>) -> rusqlite::Result<(ProfileVersion, String)> {
    Ok((head(row)?, row.get("text")?))
}

/// Counts what each profile took since a time, and what is parked, by the file without extension.
pub(in crate::store) fn profile_counts(
    connection: &Connection,
    since: Timestamp,
) -> Result<BTreeMap<String, ProfileCounts>, StoreError> {
    let mut counts: BTreeMap<String, ProfileCounts> = BTreeMap::new();
    let mut statement = connection.prepare_cached(
        "SELECT profile, count(*) FROM (
             SELECT profile FROM submissions WHERE state = ? AND received_at >= ? LIMIT ?)
         WHERE profile IS NOT NULL GROUP BY profile",
    )?;
    let mut count = |state: State, since: Timestamp| -> Result<Vec<(String, u64)>, StoreError> {
        let rows = statement
            .query_map(params![state.as_str(), Col(since), MOST_COUNTED], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        Ok(rows.collect::<Result<_, _>>()?)
    };
    for state in State::ALL {
        let found = count(state, since)?;
        let is_more = found.iter().map(|(_, number)| number).sum::<u64>() >= MOST_COUNTED as u64;
        for (profile, number) in found {
            let of = counts.entry(profile).or_default();
            of.came += number;
            of.is_more |= is_more;
        }
    }
    for (profile, number) in count(State::Parked, Timestamp::UNIX_EPOCH)? {
        counts.entry(profile).or_default().parked = number;
    }
    Ok(counts)
}
