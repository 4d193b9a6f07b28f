//! Which values of a packet did not get into the CRM, read from the reasoning of its latest plan.

use rusqlite::{Connection, params};

use super::super::StoreError;
use super::super::entry::Entry;
use super::events::decode;
use crate::domain::{DroppedValue, Event, Explanation};

/// A condition on `submissions` for rows that may have left-out values; [`fill`] checks them.
pub(super) const MAY_HAVE: &str = "EXISTS (SELECT 1 FROM events WHERE submission = submissions.seq AND kind = 'because' \
     AND (payload LIKE '{\"mapping\":%' OR payload LIKE '{\"unknown_label\":%'))";

/// Adds to an entry what its latest plan has left out.
pub(super) fn fill(connection: &Connection, entry: &mut Entry) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT kind, version, payload FROM events
         WHERE submission = ?1 AND kind = 'because'
             AND (payload LIKE '{\"mapping\":%' OR payload LIKE '{\"unknown_label\":%')
             AND attempt = (SELECT max(attempt) FROM events WHERE submission = ?1 AND kind = 'planned')
         ORDER BY seq",
    )?;
    let mut steps: Vec<Explanation> = Vec::new();
    let mut rows = statement.query(params![entry.seq])?;
    while let Some(row) = rows.next()? {
        if let Event::Because(why) = decode(row.get(0)?, row.get(1)?, row.get(2)?) {
            steps.push(why);
        }
    }
    entry.left_out = DroppedValue::all(&steps);
    Ok(())
}
