//! Reads rows and checks them against the query: a filter that the portal silently dropped must
//! never link the wrong contact.

use serde_json::Value;

use super::companies;
use super::files;
use super::names::{field_names, origin_fields, owner_type};
use super::wire::{flag, member, multifield, number, rows, text};
use crate::crm::contact_details::ContactDetails;
use crate::crm::query::{
    ContactRow, EmployeeRow, FieldMap, Query, QueryResult, RecordFilter, RecordRow,
};
use crate::crm::stage::stage_list;
use crate::domain::{ContactId, Email, EntityKind, RecordId, SubmissionId, UserId};

/// Returns all rows of a result, matching or not; universal methods wrap theirs in `items`.
pub(super) fn rows_of(result: &Value) -> Vec<&Value> {
    let listed = result.get("items").or_else(|| result.get("productRows"));
    rows(listed.unwrap_or(result))
}

/// Returns the custom search field, with its entity, that no row contains although it was selected:
/// the portal does not know the field and has dropped the condition.
pub(super) fn dropped<'q>(
    query: &'q Query,
    result: &Value,
) -> Option<(Option<EntityKind>, &'q str)> {
    let (entity, names): (_, Vec<&str>) = match query {
        Query::ContactsByFields { fields, .. } => (
            None,
            fields.iter().map(|field| field.name.as_str()).collect(),
        ),
        Query::Records {
            kind,
            which: RecordFilter::ByFieldValue { field, .. },
            ..
        } => (Some(*kind), vec![&field.name]),
        Query::Company(query) => companies::search_field(query)?,
        _ => return None,
    };
    let listed = rows_of(result);
    let is_dropped = |name: &&str| {
        (name.starts_with("UF_") || name.starts_with("ufCrm"))
            && listed.iter().all(|row| row.get(*name).is_none())
    };
    let name = names.into_iter().find(is_dropped)?;
    (!listed.is_empty()).then_some((entity, name))
}

/// Reads the result of the command for `query`; rows that do not match it are omitted.
pub(super) fn read(query: &Query, result: &Value, originator: &str) -> QueryResult {
    match query {
        Query::ContactsByPhone(_) | Query::ContactsByEmail(_) => {
            QueryResult::ContactIds(ids(member(result, "CONTACT"), ContactId::new))
        }
        Query::LeadsByPhone(_) | Query::LeadsByEmail(_) => {
            QueryResult::RecordIds(ids(member(result, "LEAD"), RecordId::new))
        }
        Query::ContactsByText { field, text, .. } => {
            contact_ids(result, |row| details(row).begins(field, text))
        }
        Query::ContactsByFields { fields, .. } => contact_ids(result, |row| {
            contact(row).is_some_and(|row| {
                let mut fields = fields.iter();
                fields.all(|field| row.holds(&field.name, &field.value, field.compare))
            })
        }),
        Query::ContactByOrigin(id) => contact_ids(result, |row| ours(row, originator, *id)),
        Query::Contacts { ids, .. } => contacts(result, ids),
        Query::Records { kind, which, .. } => of_records(*kind, which, result, originator),
        Query::ContactsOfItem { id, .. } => of_item(*id, result),
        Query::ProductRows { id, .. } => product_rows(result, *id),
        Query::Files { id, names, .. } => {
            let mut items = rows_of(result).into_iter();
            let row = items.find(|row| row.get("id").and_then(number) == Some(*id));
            files::read(row, names)
        }
        Query::FinalStages { kind, category } => {
            final_stages(result, &stage_list(*kind, *category))
        }
        Query::CommentWithMarker { marker, .. } => {
            QueryResult::Present(holds_marker(result, "COMMENT", marker, |_| true))
        }
        Query::TodoWithMarker { kind, id, marker } => {
            let of_record = |row: &Value| {
                let is = |name: &str, wanted: i64| {
                    row.get(name).and_then(number).is_some_and(|n| n == wanted)
                };
                is("OWNER_TYPE_ID", owner_type(*kind)) && is("OWNER_ID", id.get())
            };
            QueryResult::Present(holds_marker(result, "DESCRIPTION", marker, of_record))
        }
        Query::Company(query) => QueryResult::Company(companies::read(query, result, originator)),
        Query::EmployeesByEmail(email) => QueryResult::Employees(
            rows(result)
                .into_iter()
                .filter_map(|row| employee(row, email))
                .collect(),
        ),
        Query::ParentOfDepartment(id) => QueryResult::Department {
            parent: parent(result, *id),
        },
    }
}

fn of_records(
    kind: EntityKind,
    which: &RecordFilter,
    result: &Value,
    originator: &str,
) -> QueryResult {
    match which {
        RecordFilter::DuplicateCandidates(ids) | RecordFilter::LinkedIds(ids) => {
            records(kind, result, |_, record| ids.contains(&record.id))
        }
        RecordFilter::Earlier(id) => records(kind, result, |_, record| record.id == *id),
        RecordFilter::CreatedFor(id) => {
            let origin_fields = origin_fields(kind, originator, *id);
            records(kind, result, |row, _| marked(row, &origin_fields))
        }
        RecordFilter::ByMainContact { contacts, among } => records(kind, result, |_, record| {
            record.is_open(among) && record.contact.is_some_and(|id| contacts.contains(&id))
        }),
        RecordFilter::AnyOfContact(contact) => {
            records(kind, result, |_, record| record.contact == Some(*contact))
        }
        RecordFilter::ByContact { contact, among } => bound_to(kind, *contact, among, result),
        RecordFilter::ByFieldValue { field, .. } => records(kind, result, |_, record| {
            record.holds(&field.name, &field.value, field.compare)
        }),
        RecordFilter::ByPrefix { field, text, .. } => {
            records(kind, result, |_, record| record.details.begins(field, text))
        }
    }
}

/// Returns whether a row that `is_meant` has this marker in this field.
fn holds_marker(
    result: &Value,
    field: &str,
    marker: &str,
    is_meant: impl Fn(&Value) -> bool,
) -> bool {
    rows(result)
        .into_iter()
        .filter(|row| is_meant(row))
        .filter_map(|row| text(row.get(field)?))
        .any(|stored| stored.contains(marker))
}

/// Reads the records that a contact is linked to: rows of items, ids of leads and deals.
fn bound_to(kind: EntityKind, contact: ContactId, among: &[String], result: &Value) -> QueryResult {
    let is_theirs = |row: &Value| {
        let main = row
            .get("contactId")
            .and_then(number)
            .and_then(ContactId::new);
        main == Some(contact) || ids(row.get("contactIds"), ContactId::new).contains(&contact)
    };
    if let EntityKind::Item(_) = kind {
        return records(kind, result, |row, record| {
            is_theirs(row) && (among.is_empty() || among.contains(&record.stage))
        });
    }
    let his = rows_of(result).into_iter().filter(|row| is_theirs(row));
    let mut found: Vec<RecordId> = his
        .filter_map(|row| RecordId::new(number(row.get("id")?)?))
        .collect();
    found.sort_unstable();
    QueryResult::RecordIds(found)
}

/// Reads the contacts of an item, the main one first.
fn of_item(id: RecordId, result: &Value) -> QueryResult {
    let item = result
        .get("item")
        .filter(|item| item.get("id").and_then(number).and_then(RecordId::new) == Some(id));
    let main = item.and_then(|item| number(item.get("contactId")?));
    let all = item.and_then(|item| item.get("contactIds")).map(rows);
    let all = all.unwrap_or_default().into_iter().filter_map(number);
    let mut contacts: Vec<ContactId> = Vec::new();
    for contact in main.into_iter().chain(all).filter_map(ContactId::new) {
        if !contacts.contains(&contact) {
            contacts.push(contact);
        }
    }
    QueryResult::ContactIds(contacts)
}

fn contacts(result: &Value, ids: &[ContactId]) -> QueryResult {
    let mut found: Vec<ContactRow> = rows(result).into_iter().filter_map(contact).collect();
    found.retain(|row| ids.contains(&row.id));
    found.sort_by_key(|row| row.id);
    QueryResult::Contacts(found)
}

/// Reads the product rows of a record, in their order.
fn product_rows(result: &Value, owner: RecordId) -> QueryResult {
    let of_record = rows_of(result)
        .into_iter()
        .filter(|row| row.get("ownerId").and_then(number) == Some(owner.get()));
    QueryResult::Products(of_record.map(fields).collect())
}

/// Reads the final stages of a list.
fn final_stages(result: &Value, dictionary: &str) -> QueryResult {
    let member = |row: &Value, name: &str| row.get(name).and_then(text).unwrap_or_default();
    let is_final = |row: &&Value| {
        member(row, "ENTITY_ID") == dictionary
            && matches!(member(row, "SEMANTICS").as_str(), "S" | "F")
    };
    let stages = rows(result).into_iter().filter(is_final);
    QueryResult::Stages(stages.map(|row| member(row, "STATUS_ID")).collect())
}

/// Reads the ids of a list, lowest first.
pub(super) fn ids<T: Ord>(list: Option<&Value>, id: impl Fn(i64) -> Option<T>) -> Vec<T> {
    let mut ids: Vec<T> = list
        .map(rows)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|found| id(number(found)?))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn contact_ids(result: &Value, fits: impl Fn(&Value) -> bool) -> QueryResult {
    let mut ids: Vec<ContactId> = rows(result)
        .into_iter()
        .filter(|row| fits(row))
        .filter_map(|row| ContactId::new(number(row.get("ID")?)?))
        .collect();
    ids.sort_unstable();
    QueryResult::ContactIds(ids)
}

fn contact(row: &Value) -> Option<ContactRow> {
    Some(ContactRow {
        id: ContactId::new(number(row.get("ID")?)?)?,
        owner: row
            .get("ASSIGNED_BY_ID")
            .and_then(number)
            .and_then(UserId::new),
        details: details(row),
        fields: fields(row),
    })
}

pub(super) fn details(row: &Value) -> ContactDetails {
    ContactDetails {
        phones: multifield(row, "PHONE"),
        emails: multifield(row, "EMAIL"),
        sites: multifield(row, "WEB"),
        messengers: multifield(row, "IM"),
    }
}

fn records(
    kind: EntityKind,
    result: &Value,
    fits: impl Fn(&Value, &RecordRow) -> bool,
) -> QueryResult {
    let mut found: Vec<RecordRow> = rows_of(result)
        .into_iter()
        .filter_map(|row| Some((row, record(kind, row)?)))
        .filter(|(row, record)| fits(row, record))
        .map(|(_, record)| record)
        .collect();
    found.sort_by_key(|record| record.id);
    QueryResult::Records(found)
}

fn record(kind: EntityKind, row: &Value) -> Option<RecordRow> {
    let names = field_names(kind);
    let semantics = names.semantics.map(|field| row.get(field).and_then(text));
    let contact = row.get(names.contact).and_then(number);
    let owner = row.get(names.responsible).and_then(number);
    Some(RecordRow {
        id: RecordId::new(number(row.get(names.id)?)?)?,
        stage: row.get(names.stage).and_then(text).unwrap_or_default(),
        is_final: semantics.map(|semantics| semantics.as_deref() != Some("P")),
        contact: contact.and_then(ContactId::new),
        contacts: ids(
            names.contacts.and_then(|field| row.get(field)),
            ContactId::new,
        ),
        owner: owner.and_then(UserId::new),
        details: details(row),
        fields: fields(row),
    })
}

pub(super) fn fields(row: &Value) -> FieldMap {
    row.as_object()
        .map(|members| {
            members
                .iter()
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect()
        })
        .unwrap_or_default()
}

/// Returns whether both origin fields match, ignoring case as the portal's database does.
fn ours(row: &Value, originator: &str, id: SubmissionId) -> bool {
    let pair = [
        ("ORIGINATOR_ID", originator.to_owned()),
        ("ORIGIN_ID", id.to_string()),
    ];
    marked(row, &pair)
}

fn marked(row: &Value, origin_fields: &[(&str, String)]) -> bool {
    origin_fields.iter().all(|(name, wanted)| {
        row.get(*name)
            .and_then(text)
            .is_some_and(|stored| stored.eq_ignore_ascii_case(wanted))
    })
}

/// Returns the department above. The portal's row must be the one that was asked for.
fn parent(result: &Value, id: i64) -> Option<i64> {
    let mut rows = rows(result).into_iter();
    let row = rows.find(|row| row.get("ID").and_then(number) == Some(id))?;
    row.get("PARENT").and_then(number).filter(|id| *id > 0)
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
    use crate::crm::search_value::SearchValue;
    use crate::domain::spelling::CompareAs;
    use crate::domain::{Phone, Several};

    fn ids(ids: &[i64]) -> QueryResult {
        QueryResult::ContactIds(ids.iter().filter_map(|id| ContactId::new(*id)).collect())
    }

    #[test]
    fn reads_both_an_object_and_the_empty_list() {
        let query = Query::ContactsByPhone(Phone::parse("+79123456789").unwrap());
        assert_eq!(
            read(&query, &json!({"CONTACT": [91, 84]}), "o"),
            ids(&[84, 91])
        );
        assert_eq!(read(&query, &json!([]), "o"), ids(&[]));
        assert_eq!(read(&query, &json!({"LEAD": [5]}), "o"), ids(&[]));
    }

    #[test]
    fn omits_rows_that_do_not_match_the_query() {
        let query = Query::ContactsByFields {
            fields: vec![SearchValue::new("UF_CRM_CARD", "77", CompareAs::Text)],
            several: Several::Oldest,
        };
        let all = json!([{"ID": "1", "UF_CRM_CARD": "78"}, {"ID": "2", "UF_CRM_CARD": "77"}, {"ID": "3"}]);
        assert_eq!(read(&query, &all, "o"), ids(&[2]));

        let asked = vec![ContactId::new(2).unwrap()];
        let query = Query::Records {
            kind: EntityKind::Deal,
            which: RecordFilter::ByMainContact {
                contacts: asked,
                among: vec!["NEW".into()],
            },
            select: vec![],
        };
        let all = json!([
            {"ID": "5", "STAGE_ID": "NEW", "CONTACT_ID": "1"},
            {"ID": "6", "STAGE_ID": "WON", "CONTACT_ID": "2"},
            {"ID": "7", "STAGE_ID": "NEW", "CONTACT_ID": "2"},
            {"STAGE_ID": "NEW", "CONTACT_ID": "2"},
        ]);
        let QueryResult::Records(found) = read(&query, &all, "o") else {
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
    fn an_origin_needs_both_fields() {
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
        let QueryResult::Employees(found) = read(&query, &rows, "o") else {
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
    fn recognises_an_item_by_its_external_code() {
        let kind = EntityKind::Item(crate::domain::ItemType::new(1036).unwrap());
        let id = SubmissionId::fresh();
        let query = Query::Records {
            kind,
            which: RecordFilter::CreatedFor(id),
            select: vec![],
        };
        let rows = json!({"items": [
            {"id": 1, "stageId": "DT1036_9:NEW", "xmlId": "o-zz", "contactId": 5},
            {"id": 2, "stageId": "DT1036_9:NEW", "xmlId": format!("O-{id}"), "contactId": 5, "contactIds": [5, 4]},
        ]});
        let QueryResult::Records(found) = read(&query, &rows, "o") else {
            panic!()
        };
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].id.get(), found[0].is_final), (2, None));
        assert_eq!(found[0].contacts.len(), 2);
    }

    #[test]
    fn omits_contacts_that_a_dropped_filter_returned() {
        let query = Query::ContactsByFields {
            fields: vec![
                SearchValue::new("LAST_NAME", "Иванова", CompareAs::Text),
                SearchValue::new("IM", "@anna", CompareAs::Messenger),
            ],
            several: Several::Oldest,
        };
        let all = json!([
            {"ID": "1", "LAST_NAME": "Иванова"},
            {"ID": "2", "LAST_NAME": "Иванова", "IM": [{"VALUE": "annabel"}]},
            {"ID": "3", "LAST_NAME": "ИВАНОВА", "IM": [{"VALUE": "Anna"}]},
        ]);
        assert_eq!(read(&query, &all, "o"), ids(&[3]));
        let query = Query::Records {
            kind: EntityKind::Lead,
            which: RecordFilter::DuplicateCandidates(vec![RecordId::new(4).unwrap()]),
            select: vec![],
        };
        let QueryResult::Records(found) = read(&query, &json!([{"ID": "3"}, {"ID": "4"}]), "o")
        else {
            panic!()
        };
        assert_eq!(found.len(), 1);
    }
}
