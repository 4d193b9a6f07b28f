//! The PBXs: calls, holds, the history and the users.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use jiff::{SignedDuration, Timestamp};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Value, json};

use super::problem::Problem;
use super::query::{self, PAGE};
use super::{Api, as_reply, body, check_method};
use crate::domain::{ApiScope, Bilingual, UserId, bilingual};
use crate::pbx::{CLOCKS_APART, DialNumber, HistoryQuery};
use crate::redact;
use crate::telephony::{ControlFailure, PbxClient, PbxControl};

/// The longest body of a command, in bytes.
const BODY: usize = 4 << 10;
/// How long the employees may take to be read.
const EMPLOYEES_WITHIN: Duration = Duration::from_secs(5);

/// The history begins so long ago unless the query says otherwise.
const HISTORY: SignedDuration = SignedDuration::from_hours(24);

/// The parameters of the history, as the document of the API lists them.
pub(super) const PARAMETERS: [&str; 5] = ["since", "until", "number", "limit", "cursor"];

/// The body of a call.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallBody {
    #[serde(deserialize_with = "body::whole_number")]
    employee: i64,
    number: String,
}

/// The body of a hold.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HoldBody {
    #[serde(deserialize_with = "body::whole_number")]
    employee: i64,
}

impl Api {
    /// Answers a request below `/pbx/{name}`.
    pub(super) async fn answer_pbx(
        &self,
        request: &HttpRequest,
        body: web::Payload,
        (name, rest): (&str, &[&str]),
    ) -> Result<HttpResponse, Problem> {
        let (method, scope) = match rest {
            ["calls"] | ["calls", _, "hold"] => ("POST", ApiScope::WriteCalls),
            ["history" | "users"] => ("GET, HEAD", ApiScope::ReadCalls),
            _ => return Err(Problem::NoSuchAddress),
        };
        check_method(request, method)?;
        self.allow(request, scope).await?;
        let name = percent_decode_str(name).decode_utf8_lossy();
        let pbx = self.pbxs.get(&*name).ok_or(Problem::NoSuchPbx)?;
        let pbx = ApiPbx(pbx);
        let answer = match rest {
            ["calls"] => return pbx.call(&name, body::read(body, BODY).await?).await,
            ["calls", call, _] => {
                let call = percent_decode_str(call).decode_utf8_lossy();
                pbx.hold(&call, body::read(body, BODY).await?).await?
            }
            ["history"] => {
                let query = history_query(request.query_string(), self.clock.now())?;
                pbx.history(query).await?
            }
            _ => pbx.users().await?,
        };
        Ok(as_reply(redact::mask(&answer.to_string()).into_owned()))
    }
}

/// A PBX, as the API answers about it.
struct ApiPbx<'a>(&'a PbxControl);

impl ApiPbx<'_> {
    fn client(&self) -> Result<&PbxClient, Problem> {
        Ok(self.0.client()?)
    }

    /// Lets an employee call a number. The reply follows the order, not the conversation.
    async fn call(&self, name: &str, body: CallBody) -> Result<HttpResponse, Problem> {
        let number = DialNumber::parse(&body.number).ok_or_else(|| {
            Problem::Body(bilingual!(
                "`number`: write a phone number or an inner number, up to 20 digits",
                "`number`: укажите номер телефона или внутренний номер, до 20 цифр"
            ))
        })?;
        let employee = employee(body.employee)?;
        let answer = json!({"pbx": name, "employee": body.employee, "number": number.as_str()});
        self.0.call(employee, number).await?;
        Ok(HttpResponse::Accepted()
            .content_type("application/json")
            .body(answer.to_string()))
    }

    /// Puts a call on hold, or ends the hold.
    async fn hold(&self, call: &str, body: HoldBody) -> Result<Value, Problem> {
        self.0.hold(employee(body.employee)?, call).await?;
        Ok(json!({"call": call, "employee": body.employee}))
    }

    async fn history(&self, query: HistoryQuery) -> Result<Value, Problem> {
        let read = self.client()?.history(query.clone()).await;
        let (records, rows) = read.map_err(ControlFailure::Pbx)?;
        // a PBX may return fewer than were asked for
        let next = (rows > 0).then(|| {
            let (from, to) = (query.from.as_second(), query.to.as_second());
            format!("{from}-{to}-{}", query.offset.saturating_add(rows))
        });
        // calls as profiles see them
        let items = records.into_iter();
        let items = items.filter_map(|mut record| record.packet.get_mut("call").map(Value::take));
        Ok(json!({"items": items.collect::<Vec<_>>(), "next": next}))
    }

    async fn users(&self) -> Result<Value, Problem> {
        let users = self.client()?.users().await.map_err(ControlFailure::Pbx)?;
        let matching = self.0.directory.matching(users, EMPLOYEES_WITHIN).await;
        Ok(matching.ok_or(Problem::NoEmployees)?.to_json())
    }
}

fn employee(id: i64) -> Result<UserId, Problem> {
    UserId::new(id).ok_or_else(|| {
        Problem::Body(bilingual!(
            "`employee`: write the ID of an employee of the portal",
            "`employee`: укажите ID сотрудника портала"
        ))
    })
}

/// Parses which page of the history is asked for.
fn history_query(text: &str, now: Timestamp) -> Result<HistoryQuery, Problem> {
    let mut query = HistoryQuery {
        from: now.checked_sub(HISTORY).unwrap_or(now),
        to: now.checked_add(CLOCKS_APART).unwrap_or(now),
        numbers: Vec::new(),
        limit: PAGE,
        offset: 0,
    };
    for (name, value) in query::pairs(text) {
        set(&mut query, &name, &value).map_err(|wrong| Problem::Parameter(name, wrong))?;
    }
    Ok(query)
}

fn set(history: &mut HistoryQuery, name: &str, value: &str) -> Result<(), Bilingual> {
    match name {
        "since" => history.from = query::time(value)?,
        "until" => history.to = query::time(value)?,
        "number" => {
            let number = DialNumber::parse(value)
                .ok_or_else(|| bilingual!("`{value}` is not a number", "`{value}` — не номер"))?;
            history.numbers = vec![number];
        }
        "limit" => history.limit = query::limit(value)?,
        "cursor" => {
            let place = cursor(value).ok_or_else(|| {
                bilingual!(
                    "`{value}` is no cursor; send `next` of the page before",
                    "`{value}` — не указатель; передайте `next` предыдущей страницы"
                )
            })?;
            (history.from, history.to, history.offset) = place;
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

/// Reads the place of a page: its range of times, and how many records are before it.
fn cursor(text: &str) -> Option<(Timestamp, Timestamp, usize)> {
    let mut parts = text.split('-');
    let mut time = || Timestamp::from_second(parts.next()?.parse().ok()?).ok();
    let (from, to) = (time()?, time()?);
    let offset = parts.next()?.parse().ok()?;
    parts.next().is_none().then_some((from, to, offset))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Lang;

    #[test]
    fn the_history_is_that_of_a_day_unless_the_query_says_otherwise() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let parsed = |query: &str| history_query(query, now).unwrap();
        let whole = parsed("");
        assert_eq!(whole.from.to_string(), "2026-11-21T10:00:00Z");
        assert_eq!(whole.to.to_string(), "2026-11-22T10:05:00Z");
        assert_eq!((whole.limit, whole.offset), (PAGE, 0));
        let some = parsed("since=2026-11-22T10:00:00%2B03:00&number=%2B7+906+680-04-04&limit=2");
        assert_eq!(some.from.to_string(), "2026-11-22T07:00:00Z");
        assert_eq!(some.numbers[0].as_str(), "+79066800404");
        let next = parsed("cursor=1763712000-1763798400-40");
        assert_eq!((next.from.as_second(), next.offset), (1_763_712_000, 40));
        for (query, words) in [
            ("cursor=1-2", "is no cursor"),
            ("cursor=-1-2-3", "is no cursor"),
            ("number=anna", "is not a number"),
            ("since=today", "is not a time"),
            ("page=2", "there is no such parameter"),
        ] {
            let Err(Problem::Parameter(_, wrong)) = history_query(query, now) else {
                panic!("{query}");
            };
            assert!(wrong.in_lang(Lang::En).contains(words), "{query}");
        }
    }
}
