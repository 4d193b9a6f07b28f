//! Files behind links, fetched for submissions.

use bytes::Bytes;
use rusqlite::{Connection, params};

use super::super::StoreError;
use super::values::Col;
use crate::domain::SubmissionId;
use crate::domain::file::{AttachedFiles, FetchedPlace, FileFault};

/// Stores a file, or why there is none. A stored file stays: a later fault replaces only a fault.
/// Nothing is stored for a submission whose content is gone.
pub(in crate::store) fn keep_file(
    connection: &Connection,
    id: SubmissionId,
    place: &str,
    file: Result<&Bytes, FileFault>,
) -> Result<(), StoreError> {
    let fault = file.err().map(|fault| serde_json::to_string(&fault));
    let fault = fault.transpose().map_err(StoreError::Encode)?;
    let content: &[u8] = file.map_or(&[], |content| content);
    connection
        .prepare_cached(
            "INSERT INTO files (submission, place, fault, content)
             SELECT seq, ?2, ?3, ?4 FROM submissions WHERE id = ?1 AND length(raw) > 0
             ON CONFLICT (submission, place) DO UPDATE
             SET fault = excluded.fault, content = excluded.content
             WHERE files.fault IS NOT NULL",
        )?
        .execute(params![Col(id), place, fault, content])?;
    Ok(())
}

/// Returns what is stored of a submission's files behind links, faults included.
pub(in crate::store) fn fetched_places(
    connection: &Connection,
    id: SubmissionId,
) -> Result<Vec<FetchedPlace>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT place, fault, length(content) FROM files
             WHERE submission = (SELECT seq FROM submissions WHERE id = ?)",
        )?
        .query_map([Col(id)], |row| {
            let fault: Option<String> = row.get(1)?;
            Ok(FetchedPlace {
                place: row.get(0)?,
                fault: fault.map(|fault| read_fault(&fault)),
                size: row.get(2)?,
            })
        })?
        .collect::<Result<_, _>>()?)
}

/// Reads a stored fault; one that this version does not know is like none in particular.
fn read_fault(stored: &str) -> FileFault {
    serde_json::from_str(stored).unwrap_or(FileFault::NotFetched)
}

/// Returns the fetched files of a submission.
pub(in crate::store) fn fetched_files(
    connection: &Connection,
    id: SubmissionId,
) -> Result<AttachedFiles, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT place, fault, content FROM files
         WHERE submission = (SELECT seq FROM submissions WHERE id = ?)",
    )?;
    let mut rows = statement.query([Col(id)])?;
    let mut files = AttachedFiles::default();
    while let Some(row) = rows.next()? {
        let (place, fault): (String, Option<String>) = (row.get(0)?, row.get(1)?);
        let content = match fault {
            Some(fault) => Err(read_fault(&fault)),
            None => Ok(Bytes::from(row.get::<_, Vec<u8>>(2)?)),
        };
        files.insert(&place, content);
    }
    Ok(files)
}

/// Forgets which files could not be had: they are fetched again.
pub(super) fn forget_faults(connection: &Connection, submission: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM files WHERE submission = ? AND fault IS NOT NULL")?
        .execute([submission])?;
    Ok(())
}

/// Removes the fetched files of a submission.
pub(super) fn remove(connection: &Connection, submission: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM files WHERE submission = ?")?
        .execute([submission])?;
    Ok(())
}
