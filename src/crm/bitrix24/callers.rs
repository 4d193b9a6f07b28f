//! Who calls, and who works here. A caller must not wait, so both searches for a number and the rows
//! of what they find are one call: lists refer to the results of searches before them. The portal
//! drops a condition whose reference has no value, and the list then has any rows (REST
//! documentation, "batch"); rows that no search has found are omitted.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::batch;
use super::commands::{self, Command};
use super::wire::{flag, member, multifield, number, rows, text};
use super::{Connection, Priority};
use crate::crm::caller::{CallerRow, ColleagueRow};
use crate::crm::error::CrmError;
use crate::crm::query::PAGE_SIZE;
use crate::domain::{Phone, UserId};

/// The commands for one number.
const COMMANDS_EACH: usize = 5;

/// How many numbers fit into one call.
pub const MOST_CALLERS: usize = batch::MAX_COMMANDS / COMMANDS_EACH;

/// How many pages of employees one call reads, and how many calls are made at most.
const PAGES: usize = 10;
const MOST_CALLS: usize = 20;

impl Connection {
    /// Returns the contacts and companies of each of these numbers, oldest first; at most
    /// [`MOST_CALLERS`] numbers, in one call.
    pub async fn callers(
        &self,
        phones: &[Phone],
        priority: Priority,
    ) -> Vec<Result<Vec<CallerRow>, CrmError>> {
        let asked = phones.iter().take(MOST_CALLERS).enumerate();
        let commands: Vec<Command> = asked
            .flat_map(|(place, phone)| commands_of(phone, place * COMMANDS_EACH))
            .collect();
        let outcomes = self.run_all(&commands, priority).await;
        let mut outcomes = outcomes.into_iter();
        let read = phones.iter().map(|phone| {
            let own: Vec<_> = outcomes.by_ref().take(COMMANDS_EACH).collect();
            found(phone, own)
        });
        read.collect()
    }

    /// Returns the active employees.
    pub async fn colleagues(&self, priority: Priority) -> Result<Vec<ColleagueRow>, CrmError> {
        let mut found = Vec::new();
        let was_denied = self.is_denied("user.get");
        for call in 0..MOST_CALLS {
            let pages = (0..PAGES).map(|page| {
                let start = (call * PAGES + page) * PAGE_SIZE;
                Command::new(
                    "user.get",
                    json!({
                        "FILTER": {"ACTIVE": "Y", "USER_TYPE": "employee"},
                        "sort": "ID", "order": "ASC", "start": start,
                    }),
                )
            });
            let pages: Vec<Command> = pages.collect();
            let outcomes = self.run_all(&pages, priority).await;
            // deliveries work without it: its missing scope must not keep them paused
            self.excuse("user.get", was_denied);
            let mut is_last = false;
            for page in outcomes {
                let page = page?;
                let listed = rows(&page);
                is_last |= listed.len() < PAGE_SIZE;
                found.extend(listed.into_iter().filter_map(colleague));
            }
            if is_last {
                break;
            }
        }
        found.sort_by_key(|row: &ColleagueRow| row.id);
        found.dedup_by_key(|row| row.id);
        Ok(found)
    }
}

/// Returns the commands for a number; the first of them has this place in the batch.
fn commands_of(phone: &Phone, first: usize) -> [Command; COMMANDS_EACH] {
    let result = |place: usize, path: &str| format!("$result[{}]{path}", batch::key(first + place));
    let list = |entity: &str, ids: String, fields: &[&str]| {
        let select = commands::select(fields, &[]);
        commands::list(
            format!("crm.{entity}.list"),
            json!({"@ID": ids}),
            select,
            "ASC",
        )
    };
    let spellings = phone.spellings();
    [
        commands::duplicates("CONTACT", "PHONE", &spellings),
        commands::duplicates("COMPANY", "PHONE", &spellings),
        list(
            "contact",
            result(0, "[CONTACT]"),
            &[
                "ID",
                "NAME",
                "SECOND_NAME",
                "LAST_NAME",
                "COMPANY_ID",
                "ASSIGNED_BY_ID",
                "PHONE",
            ],
        ),
        list(
            "company",
            result(1, "[COMPANY]"),
            &["ID", "TITLE", "ASSIGNED_BY_ID", "PHONE"],
        ),
        // the company of the first contact
        list("company", result(2, "[0][COMPANY_ID]"), &["ID", "TITLE"]),
    ]
}

/// Reads what the commands for a number have found.
fn found(
    phone: &Phone,
    outcomes: Vec<Result<Value, CrmError>>,
) -> Result<Vec<CallerRow>, CrmError> {
    let mut outcomes = outcomes.into_iter();
    let mut next = || outcomes.next().unwrap_or(Err(CrmError::NotRun));
    let (contacts, companies) = (next()?, next()?);
    let (contact_rows, company_rows) = (next()?, next()?);
    // a client without the name of the company is better than none
    let names = next().unwrap_or_default();
    let of = |searched: &Value, key: &str| -> BTreeSet<i64> {
        let ids = member(searched, key).map(rows).unwrap_or_default();
        ids.into_iter().filter_map(number).collect()
    };
    let own = |listed: &Value, ids: &BTreeSet<i64>, read: fn(&Value) -> Option<CallerRow>| {
        let listed = rows(listed).into_iter().filter(|row| {
            let mut phones = multifield(row, "PHONE").into_iter();
            phones.any(|stored| phone.is_meant_by(&stored))
        });
        let listed = listed.filter_map(read);
        let own = listed.filter(|row| ids.contains(&row.id));
        own.collect::<Vec<_>>()
    };
    let mut callers = own(&contact_rows, &of(&contacts, "CONTACT"), contact);
    let companies = own(&company_rows, &of(&companies, "COMPANY"), company);
    let titles: Vec<(i64, String)> = rows(&names)
        .into_iter()
        .filter_map(company)
        .chain(companies.iter().cloned())
        .map(|row| (row.id, row.name))
        .collect();
    for caller in &mut callers {
        if let Some((id, name)) = &mut caller.company {
            let known = titles.iter().find(|(known, _)| known == id);
            *name = known.map(|(_, name)| name.clone());
        }
    }
    callers.extend(companies);
    Ok(callers)
}

fn contact(row: &Value) -> Option<CallerRow> {
    let names = ["LAST_NAME", "NAME", "SECOND_NAME"].map(|name| word(row, name));
    Some(CallerRow {
        is_company: false,
        name: joined(&names).trim().to_owned(),
        ..caller(row)?
    })
}

fn company(row: &Value) -> Option<CallerRow> {
    Some(CallerRow {
        is_company: true,
        name: word(row, "TITLE").trim().to_owned(),
        ..caller(row)?
    })
}

fn word(row: &Value, name: &str) -> String {
    row.get(name).and_then(text).unwrap_or_default()
}

/// Reads what contacts and companies share.
fn caller(row: &Value) -> Option<CallerRow> {
    let positive = |name: &str| row.get(name).and_then(number).filter(|id| *id > 0);
    Some(CallerRow {
        id: positive("ID")?,
        is_company: false,
        name: String::new(),
        company: positive("COMPANY_ID").map(|id| (id, None)),
        owner: positive("ASSIGNED_BY_ID").and_then(UserId::new),
    })
}

fn colleague(row: &Value) -> Option<ColleagueRow> {
    let word = |name: &str| row.get(name).and_then(text).unwrap_or_default();
    let kind = row.get("USER_TYPE").and_then(text);
    // the lesser scopes show neither, and their filters are dropped
    let is_employee = kind.is_none_or(|kind| kind == "employee");
    let is_active = row.get("ACTIVE").is_none_or(flag);
    let id = UserId::new(number(row.get("ID")?)?)?;
    let name = match joined(&["NAME", "LAST_NAME"].map(word)) {
        name if name.is_empty() => id.to_string(),
        name => name,
    };
    // free text: people type spaces
    let inner: String = word("UF_PHONE_INNER").split_whitespace().collect();
    (is_employee && is_active).then_some(ColleagueRow {
        id,
        name,
        inner: Some(inner).filter(|inner| !inner.is_empty()),
        email: Some(word("EMAIL").trim().to_owned()).filter(|email| !email.is_empty()),
    })
}

fn joined(words: &[String]) -> String {
    let words = words.iter().map(|word| word.trim());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone() -> Phone {
        Phone::parse("+79005550142").unwrap()
    }

    #[test]
    fn lists_refer_to_the_searches_of_the_same_number() {
        let commands = commands_of(&phone(), 10);
        let filters: Vec<Value> = commands
            .iter()
            .map(|command| command.params["filter"]["@ID"].clone())
            .collect();
        assert_eq!(
            filters[2..],
            [
                json!("$result[q10][CONTACT]"),
                json!("$result[q11][COMPANY]"),
                json!("$result[q12][0][COMPANY_ID]")
            ]
        );
        assert_eq!(
            commands[0].params["values"],
            json!(["+79005550142", "9005550142"])
        );
    }

    #[test]
    fn rows_that_no_search_has_found_are_omitted() {
        let row = |id: i64, phone: &str| {
            json!({"ID": id.to_string(), "NAME": "Ольга", "LAST_NAME": "Т.", "COMPANY_ID": "12",
                "ASSIGNED_BY_ID": "6", "PHONE": [{"VALUE": phone}]})
        };
        let outcomes = |found: Value| {
            vec![
                Ok(found),
                Ok(json!([])),
                // 48 is hers, 49 was not found, 50 has the number of another country
                Ok(json!([
                    row(48, "8 900 555-01-42"),
                    row(49, "+79005550142"),
                    row(50, "+49 900 555014")
                ])),
                Ok(
                    json!([{"ID": "12", "TITLE": "ООО «Пример»", "PHONE": [{"VALUE": "+79005550142"}]}]),
                ),
                Ok(json!([{"ID": "12", "TITLE": "ООО «Пример»"}])),
            ]
        };
        let callers = found(&phone(), outcomes(json!({"CONTACT": [48, 50]}))).unwrap();
        assert_eq!(
            callers,
            [CallerRow {
                id: 48,
                is_company: false,
                name: "Т. Ольга".to_owned(),
                company: Some((12, Some("ООО «Пример»".to_owned()))),
                owner: UserId::new(6),
            }]
        );
        assert_eq!(found(&phone(), outcomes(json!([]))).unwrap(), []);
    }

    #[test]
    fn a_search_that_failed_is_no_answer_and_a_missing_company_is_none() {
        let failed = || Err(CrmError::NotRun);
        let empty = || Ok(json!([]));
        assert!(found(&phone(), vec![failed(), empty(), empty(), empty(), empty()]).is_err());
        assert!(found(&phone(), vec![empty(), empty(), empty(), failed(), empty()]).is_err());
        assert_eq!(
            found(&phone(), vec![empty(), empty(), empty(), empty(), failed()]),
            Ok(Vec::new())
        );
        assert!(found(&phone(), Vec::new()).is_err());
    }

    #[test]
    fn colleagues_are_active_employees_with_tidy_numbers() {
        let inner = |row: Value| colleague(&row).map(|it| (it.name, it.inner));
        let some =
            |name: &str, inner: Option<&str>| Some((name.to_owned(), inner.map(str::to_owned)));
        for (row, seen) in [
            (
                json!({"ID": "6", "ACTIVE": true, "NAME": "Рита", "LAST_NAME": "Ким", "UF_PHONE_INNER": " 10 6 ", "USER_TYPE": "employee"}),
                some("Рита Ким", Some("106")),
            ),
            (json!({"ID": "6", "NAME": "Рита"}), some("Рита", None)),
            (json!({"ID": "6"}), some("6", None)),
            (json!({"ID": "6", "ACTIVE": false, "NAME": "Рита"}), None),
            (json!({"ID": "6", "USER_TYPE": "extranet"}), None),
            (json!({"NAME": "Рита"}), None),
        ] {
            assert_eq!(inner(row.clone()), seen, "{row}");
        }
    }
}
