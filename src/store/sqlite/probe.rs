//! A small write that shows whether the store takes anything.

use rusqlite::{Connection, params};

use super::super::StoreError;
use crate::domain::SubmissionId;

/// Inserts a submission and undoes that, which visits the tables and indexes of an accept, and
/// notes the time, which is written to the disk with the transaction.
pub(in crate::store) fn probe(connection: &Connection, now: i64) -> Result<(), StoreError> {
    super::step(connection, "SAVEPOINT trial")?;
    let id = SubmissionId::fresh().to_string();
    let tried = connection
        .prepare_cached(
            "INSERT INTO submissions (id, identity, source, received_at, state, due_at, raw)
             VALUES (randomblob(16), ?1, 'probe', ?2, 'queued', ?2, x'')",
        )
        .and_then(|mut insert| insert.execute(params![id, now]));
    super::step(connection, "ROLLBACK TO trial")?;
    super::step(connection, "RELEASE trial")?;
    tried?;
    connection
        .prepare_cached("INSERT OR REPLACE INTO meta (name, value) VALUES ('probed_at', ?)")?
        .execute([now.to_string()])?;
    Ok(())
}
