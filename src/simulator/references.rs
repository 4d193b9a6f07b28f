//! `$result[name][path]` inside the commands of a batch, with all its traps: a missing step is not
//! an error but leaves the deepest value that was reached, and a reference swallows everything up
//! to the next space.

use serde_json::{Map, Value};

use super::php;

/// The words that open a reference.
const ROOTS: [&str; 5] = ["result", "error", "total", "next", "time"];

/// The answers so far, by command.
#[derive(Debug, Default)]
pub(super) struct Maps {
    pub(super) result: Map<String, Value>,
    pub(super) error: Map<String, Value>,
    pub(super) total: Map<String, Value>,
    pub(super) next: Map<String, Value>,
    pub(super) time: Map<String, Value>,
}

impl Maps {
    fn root(&self, name: &str) -> Option<&Map<String, Value>> {
        match name {
            "result" => Some(&self.result),
            "error" => Some(&self.error),
            "total" => Some(&self.total),
            "next" => Some(&self.next),
            "time" => Some(&self.time),
            _ => None,
        }
    }
}

/// Puts earlier answers into the values of a parameter; keys are left alone.
pub(super) fn substitute(value: Value, done: &Maps) -> Value {
    match value {
        Value::String(text) => in_text(text, done),
        Value::Array(list) => {
            Value::Array(list.into_iter().map(|it| substitute(it, done)).collect())
        }
        Value::Object(map) => Value::Object(
            map.into_iter()
                .map(|(key, it)| (key, substitute(it, done)))
                .collect(),
        ),
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

struct Reference<'a> {
    before: &'a str,
    root: &'a str,
    path: &'a str,
    after: &'a str,
}

fn in_text(text: String, done: &Maps) -> Value {
    if !text.contains('$') {
        return Value::String(text);
    }
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some(found) = find(rest) {
        let value = resolve(&found, done);
        if out.is_empty() && found.before.is_empty() && found.after.is_empty() {
            return value;
        }
        out.push_str(found.before);
        match value {
            Value::String(text) => out.push_str(&text),
            Value::Number(number) => out.push_str(&number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                out.push('$');
                out.push_str(found.root);
                out.push_str(found.path);
            }
        }
        rest = found.after;
    }
    out.push_str(rest);
    Value::String(out)
}

fn find(text: &str) -> Option<Reference<'_>> {
    text.match_indices('$').find_map(|(at, _)| {
        let (before, tail) = text.split_at_checked(at)?;
        let tail = tail.strip_prefix('$')?;
        let root = ROOTS.iter().find_map(|root| {
            let (head, _) = tail.split_at_checked(root.len())?;
            head.eq_ignore_ascii_case(root).then_some(head)
        })?;
        let tail = tail.strip_prefix(root)?;
        let end = tail
            .find(|letter: char| letter.is_ascii_whitespace() || letter == '\u{b}')
            .unwrap_or(tail.len());
        let (path, after) = tail.split_at_checked(end)?;
        Some(Reference {
            before,
            root,
            path,
            after,
        })
    })
}

fn resolve(reference: &Reference<'_>, done: &Maps) -> Value {
    // The word is found in any case, but looked up as it was typed: `$RESULT` reaches nothing.
    let Some(root) = done.root(reference.root) else {
        return Value::Null;
    };
    let mut steps = steps(reference.path);
    let Some(first) = steps.next().and_then(|step| present(root.get(step))) else {
        return Value::Object(root.clone());
    };
    let mut at = first.clone();
    for step in steps {
        let Some(deeper) = descend(&at, step) else {
            break;
        };
        at = deeper;
    }
    at
}

fn steps(path: &str) -> impl Iterator<Item = &str> {
    let mut rest = path;
    std::iter::from_fn(move || {
        let (_, inner) = rest.split_once('[')?;
        let (step, after) = inner.split_once(']')?;
        rest = after;
        Some(step)
    })
}

fn descend(value: &Value, step: &str) -> Option<Value> {
    match value {
        Value::Array(_) | Value::Object(_) => present(php::member(value, step)).cloned(),
        Value::String(text) => {
            let at = php::list_index(step)?;
            text.chars().nth(at).map(|it| Value::String(it.to_string()))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn present(value: Option<&Value>) -> Option<&Value> {
    value.filter(|it| !it.is_null())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answers() -> Maps {
        let map = |value: Value| value.as_object().cloned().unwrap_or_default();
        Maps {
            result: map(json!({"c1": [], "l1": 15, "s": {"ID": "42"}})),
            total: map(json!({"l": 3})),
            ..Maps::default()
        }
    }

    fn becomes(text: &str) -> Value {
        substitute(json!(text), &answers())
    }

    #[test]
    fn a_missing_step_leaves_the_deepest_value() {
        assert_eq!(becomes("$result[c1][CONTACT][0]"), json!([]));
        assert_eq!(
            becomes("$result[zz][ID]"),
            json!({"c1": [], "l1": 15, "s": {"ID": "42"}})
        );
    }

    #[test]
    fn a_path_ends_at_a_scalar() {
        assert_eq!(becomes("$result[l1]"), json!(15));
        assert_eq!(becomes("$result[l1][ID]"), json!(15));
        assert_eq!(becomes("$resultX[l1]"), json!(15));
        assert_eq!(becomes("$result[s][ID][0]"), json!("4"));
    }

    #[test]
    fn a_reference_swallows_what_follows_up_to_a_space() {
        assert_eq!(
            becomes("Lead #$result[l1], urgent"),
            json!("Lead #15 urgent")
        );
        assert_eq!(becomes("$result[s][ID]-$result[l1]"), json!("42"));
        assert_eq!(becomes("$result[s][ID] - $result[l1]"), json!("42 - 15"));
    }

    #[test]
    fn other_roots_and_other_cases() {
        assert_eq!(becomes("$total[l]"), json!(3));
        assert_eq!(becomes("$RESULT[l1]"), Value::Null);
    }

    #[test]
    fn text_around_an_array_stays() {
        assert_eq!(becomes("price $result"), json!("price $result"));
        assert_eq!(becomes("Cost $total[USD] x"), json!("Cost $total[USD] x"));
    }

    #[test]
    fn depth_does_not_matter_and_keys_are_left_alone() {
        assert_eq!(
            substitute(
                json!({"$result[l1]": {"a": ["$result[l1]", 1]}}),
                &answers()
            ),
            json!({"$result[l1]": {"a": [15, 1]}})
        );
    }

    #[test]
    fn a_null_counts_as_missing() {
        let mut maps = answers();
        maps.result.insert("n".to_owned(), json!({"X": null}));
        assert_eq!(
            substitute(json!("$result[n][X]"), &maps),
            json!({"X": null})
        );
    }
}
