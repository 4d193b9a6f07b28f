//! Requests to HTTP services as commands and pages show them: the address with its query, the header fields,
//! and the body. Secrets are masked before the request is stored.

use serde_json::Value;

use crate::domain::text::{self, clean};
use crate::domain::url_text;

/// Characters of a body that the history shows.
const SHOWN: usize = 4_000;

/// Returns the method and the address with the query of a stored request.
pub fn address(method_and_address: &str, params: &Value) -> String {
    let mut whole = method_and_address.to_owned();
    let query = params.get("query").and_then(Value::as_object);
    for (index, (name, value)) in query.into_iter().flatten().enumerate() {
        whole.push(if index == 0 { '?' } else { '&' });
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        whole.push_str(&url_text::pair(name, &value));
    }
    clean(&whole)
}

/// Returns the header fields and the body, each in a line; `body` writes the latter.
pub fn lines(params: &Value, body: impl Fn(&Value) -> Vec<String>) -> Vec<String> {
    let headers = params.get("headers").and_then(Value::as_object);
    let headers = headers.into_iter().flatten().map(|(name, value)| {
        let value = value.as_str().unwrap_or_default();
        clean(&format!("{name}: {value}"))
    });
    let body = params.get("body").map(body);
    headers.chain(body.into_iter().flatten()).collect()
}

/// Returns a body in one line.
pub fn in_one_line(body: &Value) -> Vec<String> {
    let whole = match body {
        Value::String(text) => text.clone(),
        json => json.to_string(),
    };
    vec![text::ellipsis(&clean(&whole), SHOWN)]
}

/// Returns a body as it is read best: JSON with a line for each member.
pub fn in_full(body: &Value) -> Vec<String> {
    let whole = match body {
        Value::String(text) => text.clone(),
        json => format!("{json:#}"),
    };
    whole.lines().map(clean).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_query_is_part_of_the_address_as_it_is_sent() {
        for (params, shown) in [
            (json!({}), "GET https://a.example/x"),
            (
                json!({"query": {"city": "Казань", "key": "•••"}}),
                "GET https://a.example/x?city=%D0%9A%D0%B0%D0%B7%D0%B0%D0%BD%D1%8C&key=•••",
            ),
            (
                json!({"query": {"a b": "1&2=3\n"}}),
                "GET https://a.example/x?a+b=1%262%3D3%0A",
            ),
        ] {
            assert_eq!(address("GET https://a.example/x", &params), shown);
        }
    }

    #[test]
    fn header_fields_and_the_body_have_lines_of_their_own() {
        let params = json!({
            "headers": {"Authorization": "•••", "Content-Type": "application/json"},
            "body": {"name": "Анна"},
        });
        assert_eq!(
            lines(&params, in_one_line),
            [
                "Authorization: •••",
                "Content-Type: application/json",
                "{\"name\":\"Анна\"}"
            ]
        );
        assert_eq!(lines(&json!({"body": "a\nb"}), in_full), ["a", "b"]);
        assert!(lines(&json!({}), in_full).is_empty());
    }
}
