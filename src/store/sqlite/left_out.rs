//! Which values of a packet did not get into the CRM, read from the reasoning of its latest plan.

use rusqlite::{Connection, params};

use super::super::StoreError;
use super::super::entry::Entry;
use super::events::decode;
use crate::domain::{Event, Explanation, LeftOutSince, PlanEvent};

/// A condition on the payload of an explanation that may be about a left-out value.
macro_rules! may_tell {
    () => {
        "(payload LIKE '{\"mapping\":%' OR payload LIKE '{\"unknown_label\":%'
          OR payload LIKE '{\"contact\":{\"belongs_to_other\":%'
          OR payload LIKE '{\"contact\":{\"without_key\":%')"
    };
}

/// A condition on `submissions` for rows that may have left-out values; [`fill`] checks them.
pub(super) const MAY_HAVE: &str = concat!(
    "EXISTS (SELECT 1 FROM events WHERE submission = submissions.seq AND kind = 'because' AND ",
    may_tell!(),
    ")"
);

/// Adds to an entry what its latest plan has left out, in all steps of that plan.
pub(super) fn fill(connection: &Connection, entry: &mut Entry) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(concat!(
        "SELECT attempt, kind, version, CASE WHEN ",
        may_tell!(),
        " THEN payload END
         FROM events
         WHERE submission = ?1 AND kind IN ('because', 'step')
             AND attempt >= (SELECT max(attempt) FROM events WHERE submission = ?1 AND kind = 'planned')
         ORDER BY seq",
    ))?;
    let mut since = LeftOutSince::default();
    let mut rows = statement.query(params![entry.seq])?;
    while let Some(row) = rows.next()? {
        let (attempt, kind): (u32, String) = (row.get(0)?, row.get(1)?);
        let event = match row.get::<_, Option<String>>(3)? {
            _ if kind == "step" => PlanEvent::StepFinished,
            None => PlanEvent::Other,
            Some(payload) => match decode(kind, row.get(2)?, payload) {
                Event::Because(Explanation::Mapping(note)) => PlanEvent::Mapping(note),
                Event::Because(why) => PlanEvent::Delivery(why),
                _ => PlanEvent::Other,
            },
        };
        since.add(attempt, event);
    }
    entry.left_out = since.all();
    Ok(())
}
