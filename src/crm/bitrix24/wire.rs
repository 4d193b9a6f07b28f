//! The portal's quirks end here: numbers as strings, `[]` for an empty object, errors with status
//! 200, codes that are empty, numeric, or missing.

use serde_json::{Map, Value};

use crate::crm::error::CrmError;
use crate::domain::NoAnswer;
use crate::redact;

/// Characters of the portal's code that are kept. The documented ones have up to 40.
const LONGEST_CODE: usize = 100;

/// Characters of the portal's description that are kept.
const LONGEST_DESCRIPTION: usize = 500;

/// Reads a whole number, also when sent as text; `None` for anything else.
pub(super) fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Reads text, also when sent as a number; `None` for null and for structures.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Reads a flag: `true`, `"Y"`, `"1"` and 1 are true.
pub(super) fn flag(value: &Value) -> bool {
    match value {
        Value::Bool(flag) => *flag,
        Value::String(text) => text.eq_ignore_ascii_case("y") || text == "1" || text == "true",
        Value::Number(number) => number.as_i64() == Some(1),
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}

/// Returns the rows of a list; PHP sends a list with gaps as an object.
pub(super) fn rows(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(members) => members.values().collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

/// Returns a member of a PHP map, which is sent as `[]` when empty and as a list when its keys are
/// 0, 1, 2….
pub(super) fn member<'a>(map: &'a Value, key: &str) -> Option<&'a Value> {
    match map {
        Value::Object(members) => members.get(key),
        Value::Array(items) => key.parse::<usize>().ok().and_then(|index| items.get(index)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// Returns the values of a multifield such as `PHONE`.
pub(super) fn multifield(row: &Value, name: &str) -> Vec<String> {
    row.get(name)
        .map(|list| {
            rows(list)
                .into_iter()
                .filter_map(|item| text(item.get("VALUE")?))
                .collect()
        })
        .unwrap_or_default()
}

/// Reads `error` and `error_description` of an answer or of one command; `None` when there is no
/// `error` member, which is the portal's sign of success.
pub(super) fn failure(method: &str, body: &Value) -> Option<CrmError> {
    let Value::Object(members) = body else {
        return None;
    };
    let code = match members.get("error")? {
        Value::String(code) => code.clone(),
        Value::Number(code) => code.to_string(),
        Value::Object(inner) => inner.get("code").and_then(text).unwrap_or_default(),
        Value::Null | Value::Bool(_) | Value::Array(_) => String::new(),
    };
    let words = description(members);
    let code = shortened(&code, LONGEST_CODE);
    Some(classify(method, code, &words))
}

/// Returns whether an answer with an `error` has the portal's own shape: a code with a description,
/// or an object (newer methods).
pub(super) fn is_portals_refusal(body: &Value) -> bool {
    body.get("error_description").is_some() || body.get("error").is_some_and(Value::is_object)
}

fn description(members: &Map<String, Value>) -> String {
    let words = members.get("error_description").and_then(text).or_else(|| {
        members
            .get("error")
            .and_then(|error| error.get("message"))
            .and_then(text)
    });
    shortened(&words.unwrap_or_default(), LONGEST_DESCRIPTION)
}

/// Masks and cuts the portal's words. The portal may repeat the address that was called; it is
/// masked before it is cut, or a part would stay.
fn shortened(words: &str, longest: usize) -> String {
    crate::domain::text::ellipsis(redact::mask_all(words).trim(), longest)
}

/// Classifies an error by the portal's code, ignoring case, never by its localised message
/// (REST documentation, "Error codes"; statuses differ between the documentation and the servers).
fn classify(method: &str, code: String, words: &str) -> CrmError {
    let text = words.to_owned();
    match code.to_ascii_uppercase().as_str() {
        "QUERY_LIMIT_EXCEEDED" | "OPERATION_TIME_LIMIT" | "CONNECTION_ERROR" => {
            CrmError::Throttled { code }
        }
        "INTERNAL_SERVER_ERROR" | "ERROR_UNEXPECTED_ANSWER" => CrmError::Unknown {
            why: NoAnswer::Internal {
                words: format!("{code} {words}").trim().into(),
            },
        },
        "OVERLOAD_LIMIT"
        | "NO_AUTH_FOUND"
        | "INVALID_CREDENTIALS"
        | "INSUFFICIENT_SCOPE"
        | "USER_ACCESS_ERROR"
        | "AUTHORIZATION_ERROR"
        | "APPLICATION_NOT_FOUND"
        | "NOT_INSTALLED"
        | "ERROR_OAUTH"
        | "PAYMENT_REQUIRED"
        | "WRONG_LICENSE"
        | "WRONG_AUTH_TYPE"
        | "METHOD_CONFIRM_WAITING"
        | "METHOD_CONFIRM_DENIED"
        | "INVALID_REQUEST"
        | "PORTAL_DELETED"
        | "EXPIRED_TOKEN"
        | "INVALID_TOKEN" => CrmError::Denied {
            method: method.to_owned(),
            code,
            text,
        },
        // outside crm methods ACCESS_DENIED means the plan; inside, the rights to one record
        "ACCESS_DENIED" if !method.starts_with("crm.") => CrmError::Denied {
            method: method.to_owned(),
            code,
            text,
        },
        _ => CrmError::Refused {
            method: method.to_owned(),
            code,
            text,
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::crm::error::Remedy;

    #[test]
    fn reads_a_value_in_every_form_that_the_portal_sends() {
        assert_eq!(number(&json!("15")), Some(15));
        assert_eq!(number(&json!(15)), Some(15));
        assert_eq!(number(&json!("x")), None);
        assert!(flag(&json!("Y")) && flag(&json!(true)) && !flag(&json!("N")));
        assert_eq!(rows(&json!([])).len(), 0);
        assert_eq!(rows(&json!({"0": 1, "2": 2})).len(), 2);
        assert_eq!(member(&json!([]), "q1"), None);
        assert_eq!(member(&json!({"q1": 5}), "q1"), Some(&json!(5)));
        assert_eq!(member(&json!([7]), "0"), Some(&json!(7)));
    }

    #[test]
    fn a_code_is_masked_and_cut_like_a_description() {
        let url = "https://other.example/rest/7/c0dec0de99zz/crm.deal.add";
        let long = format!("{} {url}", "x".repeat(80));
        for (code, start) in [(url.to_owned(), "https://other.example"), (long, "xxx")] {
            for error in [json!(code), json!({"code": code, "message": "no"})] {
                let error = failure("crm.deal.add", &json!({"error": error})).unwrap();
                let CrmError::Refused { code, .. } = &error else {
                    panic!("{error}");
                };
                assert!(
                    code.starts_with(start) && code.chars().count() <= 100,
                    "{code}"
                );
                assert!(!error.to_string().contains("c0de"), "{error}");
            }
        }
        let endless = json!({"error": "Ж".repeat(1_000_000)});
        let error = failure("crm.deal.add", &endless).unwrap();
        assert!(error.to_string().chars().count() < 200);
    }

    #[test]
    fn errors_are_classified_by_their_remedy() {
        for (body, remedy) in [
            (json!({"error": "QUERY_LIMIT_EXCEEDED"}), Remedy::TryAgain),
            (json!({"error": "OPERATION_TIME_LIMIT"}), Remedy::TryAgain),
            (
                json!({"error": "internal_server_error"}),
                Remedy::CheckFirst,
            ),
            (json!({"error": "OVERLOAD_LIMIT"}), Remedy::PauseConnection),
            (
                json!({"error": "insufficient_scope"}),
                Remedy::PauseConnection,
            ),
            (
                json!({"error": "", "error_description": "Access denied."}),
                Remedy::NeedsOperator,
            ),
            (
                json!({"error": 100, "error_description": "x"}),
                Remedy::NeedsOperator,
            ),
            (
                json!({"error": {"code": "X", "message": "y"}}),
                Remedy::NeedsOperator,
            ),
        ] {
            assert_eq!(
                failure("crm.deal.add", &body).unwrap().remedy(),
                remedy,
                "{body}"
            );
        }
        assert_eq!(failure("m", &json!({"result": 1})), None);
        assert_eq!(failure("m", &json!([])), None);
    }
}
