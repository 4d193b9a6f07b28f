//! Rows that come back, checked against what was asked for: a filter that the portal dropped in silence
//! must never bind a stranger.

use serde_json::Value;

use super::commands::{owner_type, semantics_field, stage_field};
use super::wire::{flag, member, multifield, number, rows, text};
use crate::crm::{Answer, ContactRow, EmployeeRow, FieldMap, Query, RecordRow};
use crate::domain::{ContactId, Email, EntityKind, RecordId, SubmissionId, UserId};

/// Reads the result of the command for `query`; rows that do not answer it are left out.
pub(super) fn read(query: &Query, result: &Value, originator: &str) -> Answer {
    match query {
        Query::ContactsByPhone(_) | Query::ContactsByEmail(_) => {
            let ids = member(result, "CONTACT").map(rows).unwrap_or_default();
            let mut ids: Vec<ContactId> = ids
                .into_iter()
                .filter_map(|id| ContactId::new(number(id)?))
                .collect();
            ids.sort_unstable();
            ids.dedup();
            Answer::ContactIds(ids)
        }
        Query::ContactsByField { name, value } => contact_ids(result, |row| {
            row.get(name).is_some_and(|stored| same(stored, value))
        }),
        Query::ContactByOrigin(id) => contact_ids(result, |row| ours(row, originator, *id)),
        Query::Contacts { ids, .. } => {
            let mut found: Vec<ContactRow> = rows(result).into_iter().filter_map(contact).collect();
            found.retain(|row| ids.contains(&row.id));
            found.sort_by_key(|row| row.id);
            Answer::Contacts(found)
        }
        Query::RecordsOfContacts {
            kind,
            contacts,
            among,
            ..
        } => records(*kind, result, |row, record| {
            record.contact.is_some_and(|it| contacts.contains(&it))
                && is_open(*kind, among, row, record)
        }),
        Query::RecordsByField {
            kind, name, value, ..
        } => records(*kind, result, |row, _| {
            row.get(name).is_some_and(|stored| same(stored, value))
        }),
        Query::RecordById { kind, id, .. } => records(*kind, result, |_, record| record.id == *id),
        Query::RecordByOrigin { kind, id } => {
            records(*kind, result, |row, _| ours(row, originator, *id))
        }
        Query::CommentWithMarker { marker, .. } => {
            Answer::Present(holds(result, "COMMENT", marker, |_| true))
        }
        Query::TodoWithMarker { kind, id, marker } => {
            let is_its = |row: &Value| {
                let is = |name: &str, wanted: i64| {
                    row.get(name)
                        .and_then(number)
                        .is_some_and(|found| found == wanted)
                };
                is("OWNER_TYPE_ID", owner_type(*kind)) && is("OWNER_ID", id.get())
            };
            Answer::Present(holds(result, "DESCRIPTION", marker, is_its))
        }
        Query::EmployeesByEmail(email) => Answer::Employees(
            rows(result)
                .into_iter()
                .filter_map(|row| employee(row, email))
                .collect(),
        ),
    }
}

/// Whether the record's stage is one of these; of none: whether it is not final.
fn is_open(kind: EntityKind, among: &[String], row: &Value, record: &RecordRow) -> bool {
    if among.is_empty() {
        row.get(semantics_field(kind)).and_then(text).as_deref() == Some("P")
    } else {
        among.contains(&record.stage)
    }
}

/// Whether one of these rows has the marker in a text of its own.
fn holds(result: &Value, field: &str, marker: &str, fits: impl Fn(&Value) -> bool) -> bool {
    rows(result)
        .into_iter()
        .filter(|row| fits(row))
        .filter_map(|row| text(row.get(field)?))
        .any(|found| found.contains(marker))
}

fn contact_ids(result: &Value, fits: impl Fn(&Value) -> bool) -> Answer {
    let mut ids: Vec<ContactId> = rows(result)
        .into_iter()
        .filter(|row| fits(row))
        .filter_map(|row| ContactId::new(number(row.get("ID")?)?))
        .collect();
    ids.sort_unstable();
    Answer::ContactIds(ids)
}

fn contact(row: &Value) -> Option<ContactRow> {
    Some(ContactRow {
        id: ContactId::new(number(row.get("ID")?)?)?,
        owner: row
            .get("ASSIGNED_BY_ID")
            .and_then(number)
            .and_then(UserId::new),
        phones: multifield(row, "PHONE"),
        emails: multifield(row, "EMAIL"),
        fields: fields(row),
    })
}

fn records(kind: EntityKind, result: &Value, fits: impl Fn(&Value, &RecordRow) -> bool) -> Answer {
    let mut found: Vec<RecordRow> = rows(result)
        .into_iter()
        .filter_map(|row| Some((row, record(kind, row)?)))
        .filter(|(row, record)| fits(row, record))
        .map(|(_, record)| record)
        .collect();
    found.sort_by_key(|record| record.id);
    Answer::Records(found)
}

fn record(kind: EntityKind, row: &Value) -> Option<RecordRow> {
    Some(RecordRow {
        id: RecordId::new(number(row.get("ID")?)?)?,
        stage: row
            .get(stage_field(kind))
            .and_then(text)
            .unwrap_or_default(),
        contact: row
            .get("CONTACT_ID")
            .and_then(number)
            .and_then(ContactId::new),
        owner: row
            .get("ASSIGNED_BY_ID")
            .and_then(number)
            .and_then(UserId::new),
        fields: fields(row),
    })
}

fn fields(row: &Value) -> FieldMap {
    row.as_object()
        .map(|members| {
            members
                .iter()
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect()
        })
        .unwrap_or_default()
}

/// Both members of the pair, in lower case: the portal's database compares without regard to case.
fn ours(row: &Value, originator: &str, id: SubmissionId) -> bool {
    let is = |name: &str, wanted: &str| {
        row.get(name)
            .and_then(text)
            .is_some_and(|stored| stored.eq_ignore_ascii_case(wanted))
    };
    is("ORIGINATOR_ID", originator) && is("ORIGIN_ID", &id.to_string())
}

/// Whether a stored value is the one that was searched: numbers by their worth (`3500` is `3500.00`),
/// text without regard to case and outer blanks, one of a list by any member.
fn same(stored: &Value, wanted: &str) -> bool {
    if let Value::Array(items) = stored {
        return items.iter().any(|item| same(item, wanted));
    }
    let Some(stored) = text(stored) else {
        return false;
    };
    let (stored, wanted) = (stored.trim(), wanted.trim());
    let as_number = |text: &str| text.parse::<f64>().ok().filter(|n| n.is_finite());
    let digits = |text: &str| text.starts_with(|c: char| c != '0' && c != '+');
    if stored.to_lowercase() == wanted.to_lowercase() {
        return true;
    }
    match (as_number(stored), as_number(wanted)) {
        (Some(a), Some(b)) if digits(stored) && digits(wanted) => {
            (a - b).abs() < f64::EPSILON && a.abs() < 1e15
        }
        _ => false,
    }
}

fn employee(row: &Value, email: &Email) -> Option<EmployeeRow> {
    let stored = Email::parse(&text(row.get("EMAIL")?)?)?;
    let insider = row
        .get("USER_TYPE")
        .and_then(text)
        .is_none_or(|kind| kind == "employee");
    (stored == *email).then_some(())?;
    Some(EmployeeRow {
        id: UserId::new(number(row.get("ID")?)?)?,
        active: insider && row.get("ACTIVE").is_some_and(flag),
        departments: row
            .get("UF_DEPARTMENT")
            .map(|list| rows(list).into_iter().filter_map(number).collect())
            .unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::Phone;

    fn ids(ids: &[i64]) -> Answer {
        Answer::ContactIds(ids.iter().filter_map(|id| ContactId::new(*id)).collect())
    }

    #[test]
    fn a_search_reads_both_an_object_and_the_empty_list() {
        let query = Query::ContactsByPhone(Phone::parse("+79123456789").unwrap());
        assert_eq!(
            read(&query, &json!({"CONTACT": [91, 84]}), "o"),
            ids(&[84, 91])
        );
        assert_eq!(read(&query, &json!([]), "o"), ids(&[]));
        assert_eq!(read(&query, &json!({"LEAD": [5]}), "o"), ids(&[]));
    }

    #[test]
    fn rows_that_were_not_asked_for_are_left_out() {
        let query = Query::ContactsByField {
            name: "UF_CRM_CARD".into(),
            value: "77".into(),
        };
        let all = json!([{"ID": "1", "UF_CRM_CARD": "78"}, {"ID": "2", "UF_CRM_CARD": "77"}, {"ID": "3"}]);
        assert_eq!(read(&query, &all, "o"), ids(&[2]));

        let asked = vec![ContactId::new(2).unwrap()];
        let query = Query::RecordsOfContacts {
            kind: EntityKind::Deal,
            contacts: asked,
            among: vec!["NEW".into()],
            select: vec![],
        };
        let all = json!([
            {"ID": "5", "STAGE_ID": "NEW", "CONTACT_ID": "1"},
            {"ID": "6", "STAGE_ID": "WON", "CONTACT_ID": "2"},
            {"ID": "7", "STAGE_ID": "NEW", "CONTACT_ID": "2"},
        ]);
        let Answer::Records(found) = read(&query, &all, "o") else {
            panic!()
        };
        assert_eq!(
            found
                .iter()
                .map(|record| record.id.get())
                .collect::<Vec<_>>(),
            [7]
        );
    }

    #[test]
    fn an_origin_needs_both_halves() {
        let id = SubmissionId::fresh();
        let query = Query::ContactByOrigin(id);
        let rows = json!([
            {"ID": 1, "ORIGINATOR_ID": "other", "ORIGIN_ID": id.to_string()},
            {"ID": 2, "ORIGINATOR_ID": "o", "ORIGIN_ID": "zz"},
            {"ID": 3, "ORIGINATOR_ID": "O", "ORIGIN_ID": id.to_string()},
        ]);
        assert_eq!(read(&query, &rows, "o"), ids(&[3]));
    }

    #[test]
    fn an_employee_is_the_one_with_exactly_this_address() {
        let query = Query::EmployeesByEmail(Email::parse("a_b@hse.example").unwrap());
        let rows = json!([
            {"ID": "1", "ACTIVE": true, "EMAIL": "aXb@hse.example", "USER_TYPE": "employee"},
            {"ID": "2", "ACTIVE": true, "EMAIL": "A_B@hse.example", "USER_TYPE": "employee", "UF_DEPARTMENT": [1, "5"]},
            {"ID": "3", "ACTIVE": true},
        ]);
        let Answer::Employees(found) = read(&query, &rows, "o") else {
            panic!()
        };
        assert_eq!(found.len(), 1);
        assert_eq!(
            (
                found[0].id.get(),
                found[0].active,
                found[0].departments.as_slice()
            ),
            (2, true, &[1, 5][..])
        );
    }

    #[test]
    fn values_agree_by_worth_and_without_case() {
        assert!(same(&json!("3500.00"), "3500"));
        assert!(same(&json!("Заказ"), "заказ "));
        assert!(same(&json!(["a", "b"]), "B"));
        assert!(
            !same(&json!("007"), "7"),
            "leading noughts are part of a code"
        );
        assert!(!same(&json!(null), ""));
    }
}
