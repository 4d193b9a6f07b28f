//! `batch`: up to fifty commands in a row, each as a query string, each able to use what the earlier ones
//! answered. The outer call succeeds whatever the commands do.

use serde_json::{Map, Value};

use super::{
    params, php,
    references::{Maps, substitute},
};

/// Commands past this one are refused, one by one.
pub(super) const COMMANDS: usize = 50;
/// Methods that may not stand in a batch.
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

/// The commands of a batch in their order. What is no text is skipped and leaves no trace.
pub(super) fn commands(outer: &Value) -> Vec<Command> {
    named(outer, "cmd")
        .map(php::members)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|(key, value)| Some(command(key, value.as_str()?)))
        .collect()
}

/// PHP's truth: the text `false` is true.
pub(super) fn halts(outer: &Value) -> bool {
    named(outer, "halt").is_some_and(php::truthy)
}

/// `cmd` and `halt` are found in any case.
fn named<'a>(outer: &'a Value, name: &str) -> Option<&'a Value> {
    outer
        .as_object()?
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

/// PHP's `parse_url`: a raw `#` cuts off everything behind it.
fn command(key: String, text: &str) -> Command {
    let text = text.split('#').next().unwrap_or_default();
    let (method, query) = text.split_once('?').unwrap_or((text, ""));
    Command {
        key,
        method: method.trim().to_owned(),
        query: query.to_owned(),
    }
}

/// The five members of the answer, whatever is in them.
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
    fn commands_come_in_order_and_only_texts_count() {
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
    fn the_word_false_halts() {
        assert!(halts(&json!({"halt": "false"})));
        assert!(!halts(&json!({"halt": "0"})));
        assert!(!halts(&json!({})));
    }
}
