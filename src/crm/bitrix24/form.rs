//! Encodes parameters as PHP reads them from a query string: `fields[PHONE][0][VALUE]=%2B7912…`.
//! Inside a batch every command is written this way (REST documentation, "batch"), so types are
//! lost: numbers and flags arrive as text.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// Everything but letters, digits and `-_.~` is encoded, in keys and in values: PHP cuts a pair at
/// its first bare `=`, and a bare `#` ends the command.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Encodes one command of a batch: `method?query`.
pub(super) fn command(method: &str, params: &Value) -> String {
    let mut query = String::new();
    if let Value::Object(members) = params {
        for (name, value) in members {
            pair(&mut query, &encode(name), value);
        }
    }
    format!("{method}?{query}")
}

fn pair(query: &mut String, key: &str, value: &Value) {
    let scalar = match value {
        Value::Object(members) => {
            for (name, value) in members {
                pair(query, &format!("{key}[{}]", encode(name)), value);
            }
            return;
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                pair(query, &format!("{key}[{index}]"), value);
            }
            return;
        }
        Value::String(text) => encode(text),
        Value::Number(number) => encode(&number.to_string()),
        Value::Bool(true) => "1".to_owned(),
        Value::Bool(false) => "0".to_owned(),
        Value::Null => String::new(),
    };
    if !query.is_empty() {
        query.push('&');
    }
    query.push_str(key);
    query.push('=');
    query.push_str(&scalar);
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// Returns whether the portal would take a part of these values for a reference to another
/// command's result (`$result[…]`, `$next`, `$total`, `$time`, `$error`, in any case). Encoding
/// does not help, because the portal decodes first; such a command is sent alone, outside any
/// batch.
pub(super) fn looks_like_reference(value: &Value) -> bool {
    match value {
        Value::String(text) => reference_in(text),
        Value::Array(items) => items.iter().any(looks_like_reference),
        Value::Object(members) => members.values().any(looks_like_reference),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn reference_in(text: &str) -> bool {
    const WORDS: [&str; 5] = ["result", "next", "total", "time", "error"];
    text.split('$').skip(1).any(|rest| {
        WORDS.iter().any(|word| {
            rest.get(..word.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(word))
        })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn nested_values_become_bracket_keys_with_everything_else_encoded() {
        let params = json!({
            "fields": {"PHONE": [{"VALUE": "+7 912", "VALUE_TYPE": "WORK"}], "TITLE": "Заказ №1 & #2"},
            "filter": {"=ORIGIN_ID": "a=b", "@ID": [1, 2]},
            "start": -1, "flag": true, "none": null,
        });
        assert_eq!(
            command("crm.deal.add", &params),
            "crm.deal.add?fields[PHONE][0][VALUE]=%2B7%20912&fields[PHONE][0][VALUE_TYPE]=WORK\
             &fields[TITLE]=%D0%97%D0%B0%D0%BA%D0%B0%D0%B7%20%E2%84%961%20%26%20%232\
             &filter[%3DORIGIN_ID]=a%3Db&filter[%40ID][0]=1&filter[%40ID][1]=2&start=-1&flag=1&none="
        );
    }

    #[test]
    fn recognises_text_that_the_portal_would_read_as_a_reference() {
        for text in [
            "$result[c1]",
            "x $RESULT[c1][0] y",
            "$$total[a]",
            "$time",
            "a$next[b]",
            "$error",
        ] {
            assert!(
                looks_like_reference(&json!({"fields": {"NAME": text}})),
                "{text}"
            );
        }
        for text in ["$", "$ result", "100$", "result[c1]", "$rest", "США $100"] {
            assert!(!looks_like_reference(&json!([text])), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_value_never_escapes_from_its_place(text in "\\PC{0,40}") {
            let line = command("m", &json!({"a": text.clone()}));
            let value = line.strip_prefix("m?a=").unwrap();
            prop_assert!(!value.contains(['&', '=', '#', '[', ']', '+', ' ']));
            let decoded = percent_encoding::percent_decode_str(value).decode_utf8().unwrap();
            prop_assert_eq!(decoded.as_ref(), text.as_str());
        }
    }
}
