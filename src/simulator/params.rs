//! Parameters as PHP reads them: a query or a form becomes nested arrays by the brackets in its
//! keys. The result is one object; invalid parts are dropped silently, as in PHP.

use percent_encoding::percent_decode;
use serde_json::{Map, Value};

use super::php;

/// PHP's `max_input_nesting_level`: deeper keys are dropped.
const MAX_DEPTH: usize = 64;
/// PHP's `max_input_vars` as Bitrix24 sets it: what follows is dropped.
pub(super) const MOST_FIELDS: usize = 10_000;
/// A body with more brackets and commas than any client sends counts as malformed.
const MOST_MARKS: usize = 500_000;

/// PHP's `parse_str`: each pair is cut at the first literal `=`, and only then decoded.
pub(super) fn parse_str(query: &str) -> Map<String, Value> {
    let mut tree = Map::new();
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    for pair in pairs.take(MOST_FIELDS) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        put(&mut tree, &decode(key), Value::String(decode(value)));
    }
    tree.into_iter()
        .map(|(key, value)| (key, php::shape(value)))
        .collect()
}

/// Stores a form field under the place that its name spells: `a[b][]`.
pub(super) fn put(tree: &mut Map<String, Value>, name: &str, value: Value) {
    let Some(steps) = steps(name) else { return };
    if steps.len() > MAX_DEPTH {
        return;
    }
    let mut steps = steps.into_iter();
    let Some(first) = steps.next() else { return };
    let mut at = tree.entry(first).or_insert(Value::Null);
    for step in steps {
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        let Some(map) = at.as_object_mut() else {
            return;
        };
        let key = if step.is_empty() { next_key(map) } else { step };
        at = map.entry(key).or_insert(Value::Null);
    }
    *at = value;
}

/// The body's members replace those of the query, whole, not deeply.
pub(super) fn overlay(query: &mut Map<String, Value>, body: Map<String, Value>) {
    for (key, value) in body {
        query.insert(key, value);
    }
}

/// Reads a JSON body; returns nothing if it is malformed, as the portal then uses the query alone.
pub(super) fn from_json(body: &[u8]) -> Map<String, Value> {
    let marks = body
        .iter()
        .filter(|byte| matches!(byte, b',' | b'[' | b'{'));
    if marks.count() > MOST_MARKS {
        return Map::new();
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(map)) => map,
        Ok(Value::Array(list)) => list
            .into_iter()
            .enumerate()
            .map(|(at, value)| (at.to_string(), value))
            .collect(),
        Ok(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | Err(_) => {
            Map::new()
        }
    }
}

/// Percent-decoding with `+` for a space; broken sequences stay, invalid UTF-8 is replaced.
pub(super) fn decode(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode(spaced.as_bytes())
        .decode_utf8_lossy()
        .into_owned()
}

fn steps(name: &str) -> Option<Vec<String>> {
    let name = name.trim_start_matches(' ');
    let name = name.split('\0').next().unwrap_or_default();
    let (root, mut rest) = match name.find('[') {
        Some(at) if at > 0 => name.split_at(at),
        _ => (name, ""),
    };
    if root.is_empty() {
        return None;
    }
    if !rest.is_empty() && !rest.contains(']') {
        // An unclosed bracket is an underscore, and what follows belongs to the name.
        return Some(vec![mangle(&format!("{root}{rest}"))]);
    }
    let mut steps = vec![mangle(root)];
    while let Some(inner) = rest.strip_prefix('[') {
        let Some((key, after)) = inner.split_once(']') else {
            break;
        };
        steps.push(key.to_owned());
        rest = after;
    }
    Some(steps)
}

fn mangle(root: &str) -> String {
    root.replace([' ', '.', '['], "_")
}

fn next_key(map: &Map<String, Value>) -> String {
    let highest = map.keys().filter_map(|key| php::list_index(key)).max();
    highest.map_or(0, |at| at + 1).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parsed(query: &str) -> Value {
        Value::Object(parse_str(query))
    }

    #[test]
    fn brackets_nest() {
        assert_eq!(
            parsed(
                "fields[TITLE]=Call+me&fields[PHONE][0][VALUE]=%2B7495&select[]=ID&select[]=UF_*"
            ),
            json!({"fields": {"TITLE": "Call me", "PHONE": [{"VALUE": "+7495"}]}, "select": ["ID", "UF_*"]})
        );
    }

    #[test]
    fn encoded_brackets_are_brackets() {
        assert_eq!(
            parsed("filter%5B%3E%3DDATE_CREATE%5D=2026-01-01"),
            json!({"filter": {">=DATE_CREATE": "2026-01-01"}})
        );
    }

    #[test]
    fn a_pair_is_cut_at_the_first_equals_sign() {
        // The filter is lost, so the call returns the whole portal.
        assert_eq!(
            parsed("filter[>=DATE_CREATE]=2026-01-01"),
            json!({"filter_>": "DATE_CREATE]=2026-01-01"})
        );
        assert_eq!(parsed("filter[=ID]=5"), json!({"filter_": "ID]=5"}));
    }

    #[test]
    fn dots_and_spaces_become_underscores_at_the_top_only() {
        assert_eq!(
            parsed("a.b=1&c d=2&e[f.g]=3"),
            json!({"a_b": "1", "c_d": "2", "e": {"f.g": "3"}})
        );
    }

    #[test]
    fn appending_continues_after_the_highest_index() {
        assert_eq!(parsed("a[5]=x&a[]=y"), json!({"a": {"5": "x", "6": "y"}}));
        assert_eq!(parsed("x[]="), json!({"x": [""]}));
    }

    #[test]
    fn later_scalars_win_and_arrays_replace_scalars() {
        assert_eq!(parsed("a=1&a=2"), json!({"a": "2"}));
        assert_eq!(parsed("a=1&a[b]=2"), json!({"a": {"b": "2"}}));
    }

    #[test]
    fn trailing_ampersands_and_nameless_values_are_ignored() {
        assert_eq!(parsed("a=1&&=2&"), json!({"a": "1"}));
    }

    #[test]
    fn a_body_of_brackets_only_is_not_json() {
        let body = format!("{{\"a\":[{}[]]}}", "[],".repeat(1_000_000));
        assert_eq!(from_json(body.as_bytes()), Map::new());
        let body = vec!["a[]=1"; 20_000].join("&");
        assert_eq!(parsed(&body)["a"].as_array().map(Vec::len), Some(10_000));
    }

    #[test]
    fn malformed_json_is_ignored() {
        assert_eq!(from_json(b"{\"filter\":"), Map::new());
    }
}
