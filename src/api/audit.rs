//! The audit log: who changed what, the latest first.

use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::problem::Problem;
use super::query::{self, PAGE};
use super::{Api, as_reply, check_method};
use crate::domain::{ApiScope, AuditEntry, bilingual};
use crate::redact;

impl Api {
    /// Answers a request for a page of the audit log.
    pub(super) async fn answer_audit(
        &self,
        request: &HttpRequest,
    ) -> Result<HttpResponse, Problem> {
        check_method(request, "GET, HEAD")?;
        self.allow(request, ApiScope::ReadAudit).await?;
        let (before, limit) = page(request.query_string())?;
        let mut entries = self.store.audit(before, limit + 1).await?;
        let is_more = entries.len() > limit;
        entries.truncate(limit);
        let next = entries
            .last()
            .filter(|_| is_more)
            .map(|(number, _)| *number);
        let items = entries
            .iter()
            .map(|(number, entry)| of_entry(*number, entry));
        let answer = json!({"items": items.collect::<Vec<_>>(), "next": next});
        Ok(as_reply(redact::mask(&answer.to_string()).into_owned()))
    }
}

fn of_entry(number: i64, entry: &AuditEntry) -> Value {
    json!({
        "number": number, "at": entry.at, "who": entry.who, "action": entry.action,
        "about": entry.about, "details": entry.details,
    })
}

/// Reads `before` and `limit`.
fn page(text: &str) -> Result<(Option<i64>, usize), Problem> {
    let (mut before, mut limit) = (None, PAGE);
    for (name, value) in query::pairs(text) {
        let set = match name.as_str() {
            "before" => query::number(&value).map(|number| before = Some(number)),
            "limit" => query::limit(&value).map(|number| limit = number),
            _ => Err(bilingual!(
                "there is no such parameter; there are before, limit",
                "такого параметра нет; есть before, limit"
            )),
        };
        set.map_err(|wrong| Problem::Parameter(name, wrong))?;
    }
    Ok((before, limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_begins_before_a_number() {
        assert!(matches!(page(""), Ok((None, PAGE))));
        assert!(matches!(page("before=7&limit=2"), Ok((Some(7), 2))));
        for query in ["before=x", "before=-1", "limit=0", "since=x"] {
            assert!(page(query).is_err(), "{query}");
        }
    }
}
