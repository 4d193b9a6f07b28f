//! Further pages of a list: whether one is needed, and where it begins. Pages are addressed by id,
//! because numbered pages shift when rows are added meanwhile (REST documentation, "How to Retrieve
//! Large Volumes of Data").

use serde_json::{Map, Value, json};

use super::commands::Command;
use super::names::is_comparable;
use super::{companies, rows, wire};
use crate::crm::company::CompanyQuery;
use crate::crm::query::{PAGE_SIZE, Query, QueryResult, RecordFilter, RecordRow};
use crate::domain::Several;

/// A marker is searched among this many rows, newest first, and this many product rows are read.
const MAX_NUMBERED_ROWS: usize = 2_000;

/// Where a page begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Page {
    /// The number of rows before it.
    read: usize,
    /// The last id before it, if the list is paged by ids.
    last: Option<i64>,
}

/// What follows a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NextPage {
    /// Everything needed has been read.
    NotNeeded,
    /// Another page follows.
    From(Page),
    /// There are more rows, which are not read.
    Truncated,
}

/// Turns the command for the first page into the command for another page.
pub(super) fn at(mut command: Command, page: Page) -> Command {
    let Value::Object(params) = &mut command.params else {
        return command;
    };
    match page.last {
        Some(last) => {
            let condition = match order(params) {
                (id, Order::Up) => format!(">{id}"),
                (id, Order::Down) => format!("<{id}"),
            };
            if let Some(Value::Object(filter)) = params.get_mut("filter") {
                filter.insert(condition, json!(last));
            }
        }
        None if page.read > 0 => {
            params.insert("start".to_owned(), json!(page.read));
        }
        None => {}
    }
    command
}

/// Decides whether to read another page. `answer` has the matching rows of all pages so far, `most`
/// limits the number of rows.
pub(super) fn next_page(
    asked: (&Query, &Command, Page),
    result: &Value,
    answer: &QueryResult,
    most: usize,
) -> NextPage {
    let (query, command, page) = asked;
    let listed = rows::rows_of(result);
    if listed.len() < PAGE_SIZE || !wants_more(query, answer, PageRows::of(query, &listed)) {
        return NextPage::NotNeeded;
    }
    let read = page.read + listed.len();
    if let QueryResult::Present(_) | QueryResult::Products(_) = answer {
        let next = Page { read, last: None };
        return if read < MAX_NUMBERED_ROWS {
            NextPage::From(next)
        } else {
            NextPage::Truncated
        };
    }
    let Value::Object(params) = &command.params else {
        return NextPage::Truncated;
    };
    let (id, order) = order(params);
    let ids = listed.iter().filter_map(|row| wire::number(row.get(id)?));
    let (last, moves_on): (Option<i64>, fn(i64, i64) -> bool) = match order {
        Order::Up => (ids.max(), |last, before| last > before),
        Order::Down => (ids.min(), |last, before| last < before),
    };
    match last {
        // a portal that drops the condition would return the same page forever
        Some(last) if read < most && page.last.is_none_or(|before| moves_on(last, before)) => {
            NextPage::From(Page {
                read,
                last: Some(last),
            })
        }
        Some(_) | None => NextPage::Truncated,
    }
}

/// What the rows of a page have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PageRows {
    /// All have a site or a messenger that begins with the wanted text: some portals compare only
    /// its beginning, and the right one may follow.
    BeginWithText,
    /// Anything else.
    Unrelated,
}

impl PageRows {
    fn of(query: &Query, listed: &[&Value]) -> Self {
        let field = match query {
            Query::ContactsByFields { fields, .. } => fields.first(),
            Query::Records {
                which: RecordFilter::ByFieldValue { field, .. },
                ..
            }
            | Query::Company(CompanyQuery::ByField { field, .. }) => Some(field),
            _ => None,
        };
        let Some(field) = field.filter(|field| !is_comparable(&field.name)) else {
            return Self::Unrelated;
        };
        let texts = field.spellings.iter().map(|text| text.to_lowercase());
        let texts: Vec<String> = texts.collect();
        let begins = |row: &&Value| {
            let mut stored = wire::multifield(row, &field.name).into_iter();
            stored.any(|stored| {
                let stored = stored.to_lowercase();
                texts.iter().any(|text| stored.starts_with(text))
            })
        };
        if listed.iter().all(begins) {
            Self::BeginWithText
        } else {
            Self::Unrelated
        }
    }
}

/// Returns whether rows beyond a full page can matter.
fn wants_more(query: &Query, answer: &QueryResult, page: PageRows) -> bool {
    let is_beginning = page == PageRows::BeginWithText;
    match (query, answer) {
        (Query::ContactsByFields { .. }, QueryResult::ContactIds(ids)) if ids.is_empty() => {
            is_beginning
        }
        // a full page without a match means that the portal dropped the condition: the next pages
        // would be the whole database
        (
            Query::ContactsByFields { several, .. } | Query::ContactsByText { several, .. },
            QueryResult::ContactIds(ids),
        ) => match (several, ids.len()) {
            (Several::Oldest | Several::Newest, _) | (_, 0) => false,
            (Several::Park, found) => found < 2,
            (Several::All, _) => true,
        },
        (Query::Company(query), answer) => companies::wants_more(query, answer, page),
        (Query::Records { which, .. }, answer) => match (which, answer) {
            (
                RecordFilter::ByFieldValue { among, .. } | RecordFilter::ByPrefix { among, .. },
                QueryResult::Records(found),
            ) => {
                let is_open = |row: &RecordRow| row.is_open(among);
                (is_beginning || !found.is_empty()) && !found.iter().any(is_open)
            }
            (RecordFilter::ByContact { .. }, QueryResult::RecordIds(ids)) => !ids.is_empty(),
            (RecordFilter::ByContact { .. }, QueryResult::Records(found)) => !found.is_empty(),
            // may be closed records of the contact, if the portal dropped that half of the
            // condition
            (RecordFilter::ByMainContact { .. }, _) => true,
            (_, _) => false,
        },
        (_, QueryResult::Present(found)) => !found,
        // a page without rows of the record means that the portal dropped the condition
        (_, QueryResult::Products(rows)) => !rows.is_empty(),
        (_, _) => false,
    }
}

enum Order {
    Up,
    Down,
}

/// Returns the field that a list is ordered by, and the direction.
fn order(params: &Map<String, Value>) -> (&str, Order) {
    let by = params.get("order").and_then(Value::as_object);
    let Some((id, direction)) = by.and_then(|by| by.iter().next()) else {
        return ("ID", Order::Up);
    };
    match direction.as_str() {
        Some("DESC") => (id, Order::Down),
        _ => (id, Order::Up),
    }
}

/// Adds the rows of another page.
pub(super) fn join(answer: &mut QueryResult, more: QueryResult) {
    match (answer, more) {
        (QueryResult::ContactIds(ids), QueryResult::ContactIds(more)) => together(ids, more),
        (QueryResult::RecordIds(ids), QueryResult::RecordIds(more)) => together(ids, more),
        (QueryResult::Records(rows), QueryResult::Records(more)) => {
            rows.extend(more);
            rows.sort_by_key(|row| row.id);
            rows.dedup_by_key(|row| row.id);
        }
        (QueryResult::Products(rows), QueryResult::Products(more)) => rows.extend(more),
        (QueryResult::Company(answer), QueryResult::Company(more)) => answer.join(more),
        (answer, more) => *answer = more,
    }
}

/// Merges ids in order, each once.
fn together<T: Ord>(ids: &mut Vec<T>, more: Vec<T>) {
    ids.extend(more);
    ids.sort_unstable();
    ids.dedup();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crm::bitrix24::commands;
    use crate::crm::search_value::SearchValue;
    use crate::domain::spelling::CompareAs;
    use crate::domain::{ContactId, EntityKind, ItemType, RecordId};

    /// A full page of descending ids.
    fn full(from: i64) -> Value {
        let rows = (0..50).map(|n| json!({"ID": (from - n).to_string(), "id": from - n}));
        json!(rows.collect::<Vec<_>>())
    }

    fn query(kind: EntityKind) -> Query {
        Query::Records {
            kind,
            which: RecordFilter::ByContact {
                contact: ContactId::new(1).unwrap(),
                among: vec![],
            },
            select: vec![],
        }
    }

    fn next(query: &Query, page: Page, result: &Value, most: usize) -> NextPage {
        let command = at(commands::of(query, "o"), page);
        let his = QueryResult::RecordIds(vec![RecordId::new(200).unwrap()]);
        next_page((query, &command, page), result, &his, most)
    }

    #[test]
    fn a_list_is_paged_by_ids() {
        let item = EntityKind::Item(ItemType::new(1036).unwrap());
        for kind in [EntityKind::Deal, item] {
            let query = query(kind);
            let result = json!({"items": full(200)});
            let NextPage::From(page) = next(&query, Page::default(), &result, 1_000) else {
                panic!("a full page is not the last")
            };
            let command = at(commands::of(&query, "o"), page);
            assert_eq!(command.params["filter"]["<id"], 151);
            assert_eq!(command.params["start"], -1);
            let result = json!({"items": [{"id": 150}]});
            assert_eq!(next(&query, page, &result, 1_000), NextPage::NotNeeded);
        }
    }

    #[test]
    fn product_rows_are_paged_by_number_up_to_a_limit_of_their_own() {
        let query = Query::ProductRows {
            kind: EntityKind::Deal,
            id: RecordId::new(9).unwrap(),
        };
        let result = json!({"productRows": full(200)});
        let command = commands::of(&query, "o");
        let there = QueryResult::Products(vec![[("id".to_owned(), json!(1))].into()]);
        let after = |read| {
            let page = Page { read, last: None };
            super::next_page((&query, &command, page), &result, &there, 50)
        };
        let NextPage::From(page) = after(0) else {
            panic!("a full page is not the last")
        };
        assert_eq!(at(command.clone(), page).params["start"], 50);
        assert_eq!(after(1_950), NextPage::Truncated);
        // rows of other records
        let none = QueryResult::Products(vec![]);
        let asked = (&query, &command, Page::default());
        assert_eq!(
            super::next_page(asked, &result, &none, 50),
            NextPage::NotNeeded
        );
    }

    #[test]
    fn paging_stops_at_the_limit_and_when_ids_do_not_advance() {
        let query = query(EntityKind::Deal);
        let result = json!({"items": full(200)});
        assert_eq!(
            next(&query, Page::default(), &result, 50),
            NextPage::Truncated
        );
        let NextPage::From(page) = next(&query, Page::default(), &result, 1_000) else {
            panic!("a full page is not the last")
        };
        // the condition was dropped, and the same page came again
        assert_eq!(next(&query, page, &result, 1_000), NextPage::Truncated);
        // rows without ids lead nowhere
        let odd = json!({"items": vec![json!({}); 50]});
        assert_eq!(next(&query, page, &odd, 1_000), NextPage::Truncated);
    }

    #[test]
    fn the_newest_and_the_oldest_are_on_the_first_page() {
        for (several, order, next_page) in [
            (Several::Oldest, "ASC", NextPage::NotNeeded),
            (Several::Newest, "DESC", NextPage::NotNeeded),
            (
                Several::Park,
                "ASC",
                NextPage::From(Page {
                    read: 50,
                    last: Some(200),
                }),
            ),
        ] {
            let query = Query::ContactsByFields {
                fields: vec![SearchValue::new("POST", "x", CompareAs::Text)],
                several,
            };
            let command = commands::of(&query, "o");
            assert_eq!(command.params["order"]["ID"], order);
            let one = QueryResult::ContactIds(vec![ContactId::new(151).unwrap()]);
            let asked = (&query, &command, Page::default());
            assert_eq!(super::next_page(asked, &full(200), &one, 1_000), next_page);
            // nothing agrees: the portal has dropped the condition
            let nobody = QueryResult::ContactIds(vec![]);
            assert_eq!(
                super::next_page(asked, &full(200), &nobody, 1_000),
                NextPage::NotNeeded
            );
        }
    }

    #[test]
    fn a_page_of_names_with_the_same_beginning_is_not_the_last() {
        let name = SearchValue::one_by_one("IM", "anna", None).swap_remove(0);
        let contacts = Query::ContactsByFields {
            fields: vec![name.clone()],
            several: Several::Oldest,
        };
        let leads = Query::Records {
            kind: EntityKind::Lead,
            which: RecordFilter::ByFieldValue {
                field: name.clone(),
                among: vec![],
            },
            select: vec![],
        };
        let companies = Query::Company(CompanyQuery::ByField {
            field: name,
            several: Several::Oldest,
        });
        let page = |name: &str| {
            let row =
                |n: i64| json!({"ID": n.to_string(), "IM": [{"VALUE": format!("{name}{n}")}]});
            json!((1..=50).map(row).collect::<Vec<_>>())
        };
        for query in [contacts, leads, companies] {
            let next = |result: &Value| {
                let command = commands::of(&query, "o");
                let nobody = rows::read(&query, result, "o");
                let asked = (&query, &command, Page::default());
                super::next_page(asked, result, &nobody, 1_000)
            };
            assert!(
                matches!(next(&page("Anna")), NextPage::From(_)),
                "{query:?}"
            );
            // the portal has dropped the condition
            assert_eq!(next(&page("boris")), NextPage::NotNeeded, "{query:?}");
        }
    }
}
