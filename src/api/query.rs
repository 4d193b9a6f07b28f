//! The query of a list: which submissions, and how many.

use jiff::Timestamp;
use percent_encoding::percent_decode_str;

use super::problem::Problem;
use crate::domain::{Bilingual, Destination, ParkReason, State, bilingual};
use crate::journal::{Cursor, Filter, SourceFilter};

/// Submissions of a page.
pub(super) const PAGE: usize = 50;
/// The most submissions of a page.
const LARGEST_PAGE: usize = 200;

/// The parameters, as the document of the API lists them.
pub(super) const PARAMETERS: [&str; 11] = [
    "state",
    "reason",
    "profile",
    "source",
    "destination",
    "left_out",
    "since",
    "until",
    "text",
    "limit",
    "cursor",
];

/// Which page of which list.
#[derive(Debug)]
pub(super) struct ListQuery {
    pub(super) filter: Filter,
    pub(super) limit: usize,
}

impl ListQuery {
    /// Parses the part of an address behind `?`.
    pub(super) fn parse(query: &str) -> Result<Self, Problem> {
        let mut list = Self {
            filter: Filter::default(),
            limit: PAGE,
        };
        for (name, value) in pairs(query) {
            list.set(&name, &value)
                .map_err(|wrong| Problem::Parameter(name, wrong))?;
        }
        Ok(list)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), Bilingual> {
        let filter = &mut self.filter;
        match name {
            "state" => {
                filter.state = Some(
                    State::parse(value)
                        .ok_or_else(|| one_of(value, &State::ALL.map(State::as_str)))?,
                );
            }
            "reason" => {
                filter.reason = Some(
                    ParkReason::parse(value)
                        .ok_or_else(|| one_of(value, &ParkReason::ALL.map(ParkReason::as_str)))?,
                );
            }
            "profile" => filter.profile = Some(value.to_owned()),
            "source" => filter.source = Some(source(value)),
            "destination" => filter.destination = Some(destination(value)?),
            "left_out" => filter.left_out = flag(value)?,
            "since" => filter.since = Some(time(value)?),
            "until" => filter.until = Some(time(value)?),
            "text" => filter.text = Some(value.to_owned()),
            "limit" => self.limit = limit(value)?,
            "cursor" => {
                filter.before = Some(Cursor::parse(value).ok_or_else(|| {
                    bilingual!(
                        "`{value}` is no cursor; send `next` of the page before",
                        "`{value}` — не указатель; передайте `next` предыдущей страницы"
                    )
                })?);
            }
            _ => {
                let known = PARAMETERS.join(", ");
                return Err(bilingual!(
                    "there is no such parameter; there are {known}",
                    "такого параметра нет; есть {known}"
                ));
            }
        }
        Ok(())
    }
}

/// Returns the parameters of a query.
pub(super) fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    })
}

/// Returns what a part of the query means: `+` is a blank.
fn decoded(part: &str) -> String {
    let part = part.replace('+', " ");
    percent_decode_str(&part).decode_utf8_lossy().into_owned()
}

fn one_of(value: &str, known: &[&str]) -> Bilingual {
    let known = known.join(", ");
    bilingual!(
        "`{value}` is not one of {known}",
        "`{value}` не подходит; можно {known}"
    )
}

/// Parses `polls` or `polls/123`.
pub(super) fn source(value: &str) -> SourceFilter {
    let (name, address) = match value.split_once('/') {
        Some((name, address)) => (name, Some(address.to_owned())),
        None => (value, None),
    };
    SourceFilter {
        name: name.to_owned(),
        address,
    }
}

fn destination(value: &str) -> Result<Destination, Bilingual> {
    Destination::parse(value).ok_or_else(|| {
        bilingual!(
            "`{value}` is no destination; write its kind and name, such as crm:main",
            "`{value}` — не назначение; напишите вид и имя, например crm:main"
        )
    })
}

fn flag(value: &str) -> Result<bool, Bilingual> {
    value.parse().map_err(|_| one_of(value, &["true", "false"]))
}

pub(super) fn time(value: &str) -> Result<Timestamp, Bilingual> {
    value.parse().map_err(|_| {
        bilingual!(
            "`{value}` is not a time; write 2026-11-22T10:00:00+03:00",
            "`{value}` — не время; напишите 2026-11-22T10:00:00+03:00"
        )
    })
}

/// Parses the number of an entry.
pub(super) fn number(value: &str) -> Result<i64, Bilingual> {
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let number = value.parse().ok().filter(|_| is_number);
    number.ok_or_else(|| {
        bilingual!(
            "`{value}` is not a number; send `next` of the page before",
            "`{value}` — не число; передайте `next` предыдущей страницы"
        )
    })
}

pub(super) fn limit(value: &str) -> Result<usize, Bilingual> {
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let limit: Option<usize> = is_number.then(|| value.parse().ok()).flatten();
    limit
        .filter(|limit| (1..=LARGEST_PAGE).contains(limit))
        .ok_or_else(|| {
            bilingual!(
                "`{value}` is not a number from 1 to {LARGEST_PAGE}",
                "`{value}` — не число от 1 до {LARGEST_PAGE}"
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Lang;

    #[test]
    fn every_parameter_is_read_and_every_mistake_is_named() {
        let query = "state=parked&reason=refused-by-crm&profile=leads&source=polls%2F123\
            &since=2026-11-22T10:00:00%2B03:00&until=2026-11-23T00:00:00Z&text=%D0%90%D0%BD%D0%BD%D0%B0+7\
            &limit=200&cursor=5-7&destination=crm:main&left_out=true";
        let list = ListQuery::parse(query).unwrap();
        assert_eq!(list.limit, 200);
        let filter = list.filter;
        assert_eq!(filter.state, Some(State::Parked));
        assert_eq!(filter.reason, Some(ParkReason::RefusedByCrm));
        assert_eq!(filter.text.as_deref(), Some("Анна 7"));
        assert_eq!(filter.source, Some(source("polls/123")));
        assert_eq!(filter.since, "2026-11-22T07:00:00Z".parse().ok());
        assert!(filter.until.is_some() && filter.before.is_some());
        assert_eq!(filter.destination, Some(Destination::crm("main")));
        assert!(filter.left_out);
        assert_eq!(ListQuery::parse("").unwrap().limit, PAGE);
        for (query, name, words) in [
            ("state=lost", "state", "not one of queued"),
            ("reason=x", "reason", "not one of "),
            ("since=yesterday", "since", "is not a time"),
            ("until=", "until", "is not a time"),
            ("destination=main", "destination", "is no destination"),
            ("left_out=1", "left_out", "not one of true, false"),
            ("limit=0", "limit", "from 1 to 200"),
            ("limit=201", "limit", "from 1 to 200"),
            ("limit=-1", "limit", "from 1 to 200"),
            ("limit=%2B5", "limit", "from 1 to 200"),
            ("cursor=x", "cursor", "is no cursor"),
            ("page=2", "page", "there is no such parameter"),
            ("%FF=1", "\u{fffd}", "there is no such parameter"),
        ] {
            let Err(Problem::Parameter(at, wrong)) = ListQuery::parse(query) else {
                panic!("{query}");
            };
            assert_eq!(at, name);
            assert!(wrong.in_lang(Lang::En).contains(words), "{query}");
        }
    }
}
