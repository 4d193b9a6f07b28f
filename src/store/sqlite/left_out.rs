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
          OR payload LIKE '{\"unknown_labels\":%'
          OR payload LIKE '{\"contact\":{\"belongs_to_other\":%'
          OR payload LIKE '{\"contact\":{\"without_key\":%'
          OR payload LIKE '{\"company\":{\"belongs_to_other\":%'
          OR payload LIKE '{\"company\":{\"requisite_kept\":%'
          OR payload LIKE '{\"company\":{\"without_key\":%'
          OR payload LIKE '{\"record\":{%\"products_not_read\":%'
          OR payload LIKE '{\"file\":{%\"left_out\":%')"
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::file::FileFault;
    use crate::domain::{
        CompanyExplanation, CompanyId, ContactExplanation, ContactId, DroppedValue, EntityKind,
        FileExplanation, FileOutcome, KeylessCompany, Personal, RecordExplanation, WithoutKey,
    };

    #[test]
    fn the_condition_finds_every_explanation_of_a_dropped_value() {
        let field = || "PHONE".to_owned();
        let file = |what| {
            Explanation::File(FileExplanation {
                field: "files".into(),
                place: "$['cv']".into(),
                what,
            })
        };
        let left_out = [
            Explanation::UnknownLabel {
                field: field(),
                instead: None,
                place: None,
            },
            Explanation::UnknownLabels {
                field: field(),
                labels: vec![Personal::from("x")],
                instead: None,
            },
            Explanation::Contact(ContactExplanation::BelongsToOther {
                id: ContactId::new(1).unwrap(),
                field: field(),
                other: ContactId::new(2).unwrap(),
                place: None,
            }),
            Explanation::Contact(ContactExplanation::WithoutKey(WithoutKey::SkipContact)),
            Explanation::Company(CompanyExplanation::BelongsToOther {
                id: CompanyId::new(1).unwrap(),
                field: field(),
                other: CompanyId::new(2).unwrap(),
                place: None,
            }),
            Explanation::Company(CompanyExplanation::RequisiteKept {
                id: CompanyId::new(1).unwrap(),
                field: field(),
                place: None,
            }),
            Explanation::Company(CompanyExplanation::WithoutKey(KeylessCompany::SkipCompany)),
            Explanation::Record {
                kind: EntityKind::Deal,
                about: RecordExplanation::ProductsNotRead(500),
            },
            file(FileOutcome::LeftOut(FileFault::Empty)),
        ];
        let database = Connection::open_in_memory().unwrap();
        let condition = concat!("SELECT ", may_tell!(), " FROM (SELECT ?1 AS payload)");
        let is_found = |why: &Explanation| -> bool {
            let payload = serde_json::to_string(why).unwrap();
            database
                .query_row(condition, [payload], |row| row.get(0))
                .unwrap()
        };
        for why in left_out {
            assert_eq!(DroppedValue::all([&why]).len(), 1, "{why:?}");
            assert!(is_found(&why), "{why:?}");
        }
        assert!(!is_found(&file(FileOutcome::Written)));
        assert!(!is_found(&Explanation::CutCharacters));
    }
}
