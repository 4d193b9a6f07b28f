//! Companies in REST: classic `crm.company.*`, because profiles name fields as these methods do, and
//! `crm.requisite.*` for tax numbers, which a company itself does not have (REST documentation,
//! "crm.requisite.list").

use serde_json::{Map, Value, json};

use super::chain::{Created, saving};
use super::commands::{self, Command};
use super::names::{COMPANY_TYPE, field_names, origin_fields};
use super::pages::PageRows;
use super::rows;
use super::wire::{flag, number, text};
use crate::crm::company::{
    CompanyAnswer, CompanyQuery, CompanyRow, CompanyWrite, PresetRow, RequisiteRow,
};
use crate::crm::query::QueryResult;
use crate::domain::{CompanyId, EntityKind, Several, SubmissionId, UserId};

/// The entity of companies.
const KIND: EntityKind = EntityKind::Company;

/// The fields by which a row tells for which submission it was created.
const ORIGIN: [&str; 2] = ["ORIGINATOR_ID", "ORIGIN_ID"];

/// Returns the command that answers a query.
pub(super) fn command(query: &CompanyQuery, originator: &str) -> Command {
    match query {
        CompanyQuery::ByPhone(phone) => {
            commands::duplicates("COMPANY", "PHONE", &phone.spellings())
        }
        CompanyQuery::ByEmail(email) => {
            commands::duplicates("COMPANY", "EMAIL", &email.spellings())
        }
        CompanyQuery::ByField { field, several } => {
            let filter = commands::conditions(std::slice::from_ref(field));
            companies(filter, std::slice::from_ref(&field.name), *several)
        }
        CompanyQuery::ByOrigin(id) => {
            let pair = origin_fields(KIND, originator, *id);
            let filter = commands::equal(pair.iter().map(|(name, value)| (*name, value.as_str())));
            companies(filter, &ORIGIN.map(str::to_owned), Several::Oldest)
        }
        CompanyQuery::Rows { ids, select } => {
            let base = ["ASSIGNED_BY_ID", "PHONE", "EMAIL", "WEB", "IM"];
            let base: Vec<String> = base
                .iter()
                .chain(&ORIGIN)
                .map(ToString::to_string)
                .collect();
            let fields = [base.as_slice(), select].concat();
            companies(json!({"@ID": ids}), &fields, Several::All)
        }
        CompanyQuery::ByRequisite(field) => {
            let filter = commands::conditions(std::slice::from_ref(field));
            requisites(filter, &[&field.name])
        }
        CompanyQuery::Requisites(ids) => requisites(json!({"@ENTITY_ID": ids}), &["*"]),
        CompanyQuery::RequisiteByOrigin(id) => {
            requisites(json!({"=XML_ID": mark(originator, *id)}), &["XML_ID"])
        }
        CompanyQuery::Presets => Command::new(
            "crm.requisite.preset.list",
            json!({"order": {"SORT": "ASC", "ID": "ASC"}, "select": ["ID", "XML_ID", "ACTIVE"]}),
        ),
        CompanyQuery::OfContact(id) => {
            Command::new("crm.contact.company.items.get", json!({"id": id}))
        }
    }
}

/// Returns the text that marks the requisite of a submission.
pub(crate) fn mark(originator: &str, id: SubmissionId) -> String {
    format!("{originator}-{id}")
}

fn companies(filter: Value, more: &[String], several: Several) -> Command {
    let order = match several {
        Several::Newest => "DESC",
        Several::Oldest | Several::All | Several::Park => "ASC",
    };
    let select = commands::select(&["ID"], more);
    commands::list("crm.company.list", filter, select, order)
}

/// Lists requisites of companies. Contacts have requisites, too, perhaps with the same number.
fn requisites(mut filter: Value, more: &[&str]) -> Command {
    filter["ENTITY_TYPE_ID"] = json!(COMPANY_TYPE);
    let base = ["ID", "ENTITY_TYPE_ID", "ENTITY_ID"];
    let select: Vec<&str> = base.iter().chain(more).copied().collect();
    Command::new(
        "crm.requisite.list",
        json!({"filter": filter, "select": select, "order": {"ID": "ASC"}}),
    )
}

/// Returns the search field of companies that the portal may have dropped.
pub(super) fn search_field(query: &CompanyQuery) -> Option<(Option<EntityKind>, Vec<&str>)> {
    match query {
        CompanyQuery::ByField { field, .. } => Some((Some(KIND), vec![&field.name])),
        _ => None,
    }
}

/// Reads the result of the command for `query`; rows that do not match it are omitted.
pub(super) fn read(query: &CompanyQuery, result: &Value, originator: &str) -> CompanyAnswer {
    let found = |row: &Value| company(row, originator);
    match query {
        CompanyQuery::ByPhone(_) | CompanyQuery::ByEmail(_) => {
            let listed = super::wire::member(result, "COMPANY");
            CompanyAnswer::Ids(rows::ids(listed, CompanyId::new))
        }
        CompanyQuery::ByField { field, .. } => ids(rows::rows_of(result)
            .into_iter()
            .filter_map(found)
            .filter(|row| row.holds(&field.name, &field.value, field.compare))
            .map(|row| row.id)),
        CompanyQuery::ByOrigin(id) => ids(rows::rows_of(result)
            .into_iter()
            .filter_map(found)
            .filter(|row| row.origin == Some(*id))
            .map(|row| row.id)),
        CompanyQuery::Rows { ids, .. } => {
            let mut all: Vec<CompanyRow> = rows::rows_of(result)
                .into_iter()
                .filter_map(found)
                .filter(|row| ids.contains(&row.id))
                .collect();
            all.sort_by_key(|row| row.id);
            CompanyAnswer::Rows(all)
        }
        CompanyQuery::ByRequisite(field) => ids(requisites_of(result)
            .filter(|row| {
                let stored = row.fields.get(&field.name);
                stored.is_some_and(|stored| field.is(stored))
            })
            .map(|row| row.company)),
        CompanyQuery::Requisites(ids) => CompanyAnswer::Requisites(
            requisites_of(result)
                .filter(|row| ids.contains(&row.company))
                .collect(),
        ),
        CompanyQuery::RequisiteByOrigin(id) => {
            let wanted = mark(originator, *id);
            let is_ours = |row: RequisiteRow| {
                let stored = row.fields.get("XML_ID").and_then(text);
                stored.is_some_and(|stored| stored.eq_ignore_ascii_case(&wanted))
            };
            CompanyAnswer::Present(requisites_of(result).any(is_ours))
        }
        CompanyQuery::Presets => CompanyAnswer::Presets(
            rows::rows_of(result)
                .into_iter()
                .filter_map(preset)
                .collect(),
        ),
        CompanyQuery::OfContact(_) => {
            let listed = rows::rows_of(result).into_iter();
            let listed = listed.filter_map(|row| number(row.get("COMPANY_ID")?));
            CompanyAnswer::Ids(listed.filter_map(CompanyId::new).collect())
        }
    }
}

fn ids(found: impl Iterator<Item = CompanyId>) -> CompanyAnswer {
    let mut ids: Vec<CompanyId> = found.collect();
    ids.sort_unstable();
    ids.dedup();
    CompanyAnswer::Ids(ids)
}

fn company(row: &Value, originator: &str) -> Option<CompanyRow> {
    let word = |name: &str| row.get(name).and_then(text);
    let is_ours = word("ORIGINATOR_ID").is_some_and(|it| it.eq_ignore_ascii_case(originator));
    let origin = word("ORIGIN_ID").filter(|_| is_ours);
    Some(CompanyRow {
        id: CompanyId::new(number(row.get("ID")?)?)?,
        owner: row
            .get("ASSIGNED_BY_ID")
            .and_then(number)
            .and_then(UserId::new),
        origin: origin.and_then(|id| id.parse().ok()),
        details: rows::details(row),
        fields: rows::fields(row),
    })
}

/// Reads the requisites of companies. A portal that drops the condition returns those of contacts,
/// too.
fn requisites_of(result: &Value) -> impl Iterator<Item = RequisiteRow> {
    rows::rows_of(result).into_iter().filter_map(|row| {
        let of_company = row.get("ENTITY_TYPE_ID").and_then(number) == Some(COMPANY_TYPE);
        Some(RequisiteRow {
            company: CompanyId::new(number(row.get("ENTITY_ID")?)?).filter(|_| of_company)?,
            fields: rows::fields(row),
        })
    })
}

fn preset(row: &Value) -> Option<PresetRow> {
    Some(PresetRow {
        id: row.get("ID").and_then(number).filter(|id| *id > 0)?,
        code: row.get("XML_ID").and_then(text).unwrap_or_default(),
        active: row.get("ACTIVE").is_none_or(flag),
    })
}

/// Returns whether rows beyond a full page can matter.
pub(super) fn wants_more(query: &CompanyQuery, answer: &QueryResult, page: PageRows) -> bool {
    let is_empty = match answer {
        QueryResult::Company(CompanyAnswer::Ids(ids)) => ids.is_empty(),
        QueryResult::Company(CompanyAnswer::Requisites(rows)) => rows.is_empty(),
        _ => true,
    };
    // a full page without a match means that the portal dropped the condition
    match query {
        CompanyQuery::ByField { .. } if is_empty => page == PageRows::BeginWithText,
        CompanyQuery::ByField { several, .. } => matches!(several, Several::Park | Several::All),
        CompanyQuery::ByRequisite(_) | CompanyQuery::Requisites(_) => !is_empty,
        CompanyQuery::ByPhone(_)
        | CompanyQuery::ByEmail(_)
        | CompanyQuery::ByOrigin(_)
        | CompanyQuery::Rows { .. }
        | CompanyQuery::RequisiteByOrigin(_)
        | CompanyQuery::Presets
        | CompanyQuery::OfContact(_) => false,
    }
}

/// Returns the command for one change; `None` if it refers to something that the chain has not
/// created.
pub(super) fn change(write: &CompanyWrite, created: &Created) -> Option<Command> {
    Some(match write {
        CompanyWrite::Add { fields } => Command::new("crm.company.add", saving(fields, None)),
        CompanyWrite::Update { id, fields } => {
            Command::new("crm.company.update", saving(fields, Some(json!(id))))
        }
        CompanyWrite::AddRequisite { company, fields } => {
            let mut fields: Map<String, Value> = fields.clone();
            fields.insert("ENTITY_TYPE_ID".to_owned(), json!(COMPANY_TYPE));
            fields.insert("ENTITY_ID".to_owned(), created.company(*company)?);
            Command::new("crm.requisite.add", json!({ "fields": fields }))
        }
        CompanyWrite::BindToContact { contact, company } => {
            let company = created.company(*company)?;
            let params = json!({"id": contact, "fields": {"COMPANY_ID": company}});
            Command::new("crm.contact.company.add", params)
        }
        CompanyWrite::BindToRecord { kind, id, company } => {
            let name = field_names(*kind).company.to_owned();
            let fields = Map::from_iter([(name, created.company(*company)?)]);
            super::chain::record(*kind, "update", &fields, Some(json!(id)))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crm::company::CompanyRef;
    use crate::crm::search_value::SearchValue;
    use crate::domain::spelling::CompareAs;

    fn id(number: i64) -> CompanyId {
        CompanyId::new(number).unwrap()
    }

    #[test]
    fn only_requisites_of_companies_with_exactly_this_number_count() {
        let inn = SearchValue::new("RQ_INN", "7707083893", CompareAs::Text);
        let query = CompanyQuery::ByRequisite(inn);
        let row = |kind: i64, owner: i64, inn: &str| json!({"ID": "1", "ENTITY_TYPE_ID": kind.to_string(), "ENTITY_ID": owner, "RQ_INN": inn});
        let result = json!([
            row(3, 1, "7707083893"),
            row(4, 2, "7707083894"),
            row(4, 9, "7707083893"),
            row(4, 3, "7707083893"),
            row(4, 3, " 7707083893 "),
            row(4, 0, "7707083893"),
            {"ID": "7"},
        ]);
        assert_eq!(
            read(&query, &result, "o"),
            CompanyAnswer::Ids(vec![id(3), id(9)])
        );
        assert_eq!(read(&query, &json!([]), "o"), CompanyAnswer::Ids(vec![]));
    }

    #[test]
    fn a_company_is_ours_if_both_marks_agree() {
        let mine = SubmissionId::fresh();
        let other = SubmissionId::fresh();
        let row = |id: i64, originator: &str, origin: &str| json!({"ID": id, "ORIGINATOR_ID": originator, "ORIGIN_ID": origin});
        let result = json!([
            row(1, "x", &mine.to_string()),
            row(2, "o", &other.to_string()),
            row(3, "O", &mine.to_string().to_uppercase()),
            row(4, "o", "zz"),
        ]);
        let query = CompanyQuery::ByOrigin(mine);
        assert_eq!(read(&query, &result, "o"), CompanyAnswer::Ids(vec![id(3)]));
    }

    #[test]
    fn a_requisite_names_the_company_of_its_chain() {
        let fields = Map::from_iter([("RQ_INN".to_owned(), json!("7707083893"))]);
        let add = CompanyWrite::AddRequisite {
            company: CompanyRef::Created,
            fields,
        };
        assert_eq!(change(&add, &Created::default()), None);
        let created = Created {
            company: Some(json!("$result[q0]")),
            ..Created::default()
        };
        let command = change(&add, &created).unwrap();
        assert_eq!(
            command.params["fields"],
            json!({"RQ_INN": "7707083893", "ENTITY_TYPE_ID": 4, "ENTITY_ID": "$result[q0]"})
        );
    }
}
