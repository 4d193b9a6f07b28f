//! How many submissions came in which hour, and their outcomes.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Api;
use super::problem::Problem;
use super::query::{self, time};
use crate::domain::bilingual;

/// How far back it looks without `since`, and at most.
const DAY: SignedDuration = SignedDuration::from_hours(24);
const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 92);

impl Api {
    /// Returns the submissions of each hour by their states.
    pub(super) async fn hours(&self, query: &str) -> Result<Value, Problem> {
        let now = self.clock.now();
        let since = since(query, now)?;
        let hours = self.store.hours(since).await?;
        let items: Vec<Value> = hours
            .into_iter()
            .map(|counted| {
                json!({"hour": counted.hour, "state": counted.state, "count": counted.count})
            })
            .collect();
        Ok(json!({ "items": items }))
    }
}

fn since(query: &str, now: Timestamp) -> Result<Timestamp, Problem> {
    let ago = |time| now.checked_sub(time).unwrap_or(Timestamp::UNIX_EPOCH);
    let mut since = ago(DAY);
    for (name, value) in query::pairs(query) {
        if name != "since" {
            let wrong = bilingual!(
                "there is no such parameter; there is since",
                "такого параметра нет; есть since"
            );
            return Err(Problem::Parameter(name, wrong));
        }
        since = time(&value).map_err(|wrong| Problem::Parameter(name, wrong))?;
    }
    Ok(since.max(ago(LONGEST)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_unless_another_time_is_given() {
        let now: Timestamp = "2026-11-28T12:30:00Z".parse().unwrap();
        let since = |query| since(query, now).ok().map(|at| at.to_string());
        assert_eq!(since("").as_deref(), Some("2026-11-27T12:30:00Z"));
        let week = "since=2026-11-21T00:00:00%2B03:00";
        assert_eq!(since(week).as_deref(), Some("2026-11-20T21:00:00Z"));
        let long = "since=1990-01-01T00:00:00Z";
        assert_eq!(since(long).as_deref(), Some("2026-08-28T12:30:00Z"));
        assert_eq!(since("until=2026-11-21T00:00:00Z"), None);
        assert_eq!(since("since=yesterday"), None);
    }
}
