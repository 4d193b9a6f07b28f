//! `batch`: up to fifty commands in a row, each as a query string, each able to use what the
//! earlier ones answered. The outer call succeeds even if commands fail.

use serde_json::{Map, Value};

use super::{
    params, php,
    references::{Maps, substitute},
};

/// Commands past this one are refused, one by one.
pub(super) const COMMANDS: usize = 50;
/// Methods that are not allowed in a batch.
pub(super) const FORBIDDEN: [&str; 3] = ["batch", "upload", "download"];

/// One command as it was sent.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Command {
    pub(super) key: String,
    pub(super) method: String,
    query: String,
}

impl Command {
    /// The parameters with references filled in.
    pub(super) fn params(&self, done: &Maps) -> Value {
        let parsed = Value::Object(params::parse_str(&self.query));
        substitute(parsed, done)
    }
}

/// Returns the commands of a batch in order. A command that is not a text is skipped.
pub(super) fn commands(outer: &Value) -> Vec<Command> {
    named(outer, "cmd")
        .map(php::members)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|(key, value)| Some(command(key, value.as_str()?)))
        .collect()
}

/// Whether a value is true in PHP: the text `false` is.
pub(super) fn halts(outer: &Value) -> bool {
    named(outer, "halt").is_some_and(php::truthy)
}

/// Finds `cmd` and `halt` in any case.
fn named<'a>(outer: &'a Value, name: &str) -> Option<&'a Value> {
    outer
        .as_object()?
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

/// PHP's `parse_url`: a raw `#` cuts off the rest.
fn command(key: String, text: &str) -> Command {
    let text = text.split('#').next().unwrap_or_default();
    let (method, query) = text.split_once('?').unwrap_or((text, ""));
    Command {
        key,
        method: method.trim().to_owned(),
        query: query.to_owned(),
    }
}

/// Returns the five members of the answer; all are present even if empty.
pub(super) fn result(done: Maps) -> Value {
    let mut map = Map::new();
    map.insert("result".to_owned(), Value::Object(done.result));
    map.insert("result_error".to_owned(), Value::Object(done.error));
    map.insert("result_total".to_owned(), Value::Object(done.total));
    map.insert("result_next".to_owned(), Value::Object(done.next));
    map.insert("result_time".to_owned(), Value::Object(done.time));
    Value::Object(map)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn commands_run_in_order_and_other_values_than_text_are_skipped() {
        let list = commands(
            &json!({"CMD": {"b": "profile", "x": {"method": "scope"}, "a": "scope?full=1&"}}),
        );
        let keys: Vec<&str> = list.iter().map(|it| it.key.as_str()).collect();
        assert_eq!(keys, ["b", "a"]);
        assert_eq!(list[1].params(&Maps::default()), json!({"full": "1"}));
    }

    #[test]
    fn a_fragment_cuts_the_rest() {
        let list = commands(&json!({"cmd": ["crm.lead.add?fields[TITLE]=No #5&fields[NAME]=A"]}));
        assert_eq!(
            list[0].params(&Maps::default()),
            json!({"fields": {"TITLE": "No "}})
        );
    }

    #[test]
    fn the_text_false_halts() {
        assert!(halts(&json!({"halt": "false"})));
        assert!(!halts(&json!({"halt": "0"})));
        assert!(!halts(&json!({})));
    }
}
