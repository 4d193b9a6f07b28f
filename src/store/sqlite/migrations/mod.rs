//! Migrates the schema forward: numbered files, each in a transaction of its own.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::super::StoreError;

/// The steps; the place in this list, counted from 1, is the schema's number.
pub(in crate::store) const ALL: &[&str] = &[
    include_str!("0001_submissions.sql"),
    include_str!("0002_polls.sql"),
    include_str!("0003_journal.sql"),
    include_str!("0004_turns.sql"),
    include_str!("0005_routes.sql"),
    include_str!("0006_refused.sql"),
    include_str!("0007_crashes.sql"),
    include_str!("0008_sources.sql"),
    include_str!("0009_steps.sql"),
    include_str!("0010_files.sql"),
    include_str!("0010_settled.sql"),
    include_str!("0012_by_time.sql"),
    include_str!("0013_tokens.sql"),
    include_str!("0014_calls.sql"),
    include_str!("0015_console.sql"),
    include_str!("0016_profile_versions.sql"),
    include_str!("0017_bulk_replays.sql"),
    include_str!("0018_listed.sql"),
    include_str!("0019_by_record.sql"),
];

/// Brings the file up to the last of `steps`.
pub(in crate::store) fn forward(
    connection: &mut Connection,
    path: &Path,
    steps: &[&str],
) -> Result<(), StoreError> {
    check_known(connection, path)?;
    let found = schema_of(connection)?;
    for (number, step) in (1_u32..).zip(steps) {
        if number <= found {
            continue;
        }
        if found > 0 {
            tracing::info!(
                "the store is being converted to schema {number}; a large one takes a minute or more"
            );
        }
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", number)?;
        transaction.commit()?;
    }
    Ok(())
}

/// Refuses a file of a later version of the program.
pub(super) fn check_known(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let known = known();
    let found = schema_of(connection)?;
    if found <= known {
        return Ok(());
    }
    Err(StoreError::TooNew {
        path: path.to_owned(),
        found,
        known,
    })
}

/// Refuses a file that has another schema than this program's.
pub(super) fn check_current(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    check_known(connection, path)?;
    if schema_of(connection)? == known() {
        return Ok(());
    }
    Err(StoreError::TooOld {
        path: path.to_owned(),
    })
}

fn known() -> u32 {
    u32::try_from(ALL.len()).unwrap_or(u32::MAX)
}

fn schema_of(connection: &Connection) -> Result<u32, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}
