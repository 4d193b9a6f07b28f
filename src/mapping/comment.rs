//! The comment with the whole packet: a readable indented list. It is plain text; delivery disables
//! markup in it.

use serde_json::Value;

use super::text;
use crate::domain::text::head;

/// Maximum length of a comment, in characters.
pub(crate) const LONGEST: usize = 16_000;
const DEEPEST: usize = 16;
const CUT: &str = "… the rest is left out here; the journal has the whole packet";

/// Returns the packet as a list: keys in its order, two blanks per level.
pub(crate) fn full(body: &Value) -> String {
    let mut list = List {
        text: String::new(),
        room: LONGEST,
    };
    list.value(body, 0);
    if list.room > 0 {
        return list.text.trim_end().to_owned();
    }
    let kept = head(&list.text, LONGEST - CUT.chars().count() - 1);
    format!("{}\n{CUT}", kept.trim_end())
}

struct List {
    text: String,
    /// The number of characters that still fit.
    room: usize,
}

impl List {
    fn write(&mut self, text: &str) {
        let length = text.chars().count();
        if length < self.room {
            self.text.push_str(text);
            self.room -= length;
        } else {
            self.text.push_str(head(text, self.room));
            self.room = 0;
        }
    }

    fn indent(&mut self, depth: usize) {
        for _ in 0..depth {
            self.write("  ");
        }
    }

    /// Writes a key with a colon, or the dash of a list.
    fn line(&mut self, depth: usize, [label, mark]: [&str; 2], value: &Value) {
        if self.room == 0 {
            return;
        }
        self.indent(depth);
        self.write(label);
        self.write(mark);
        match value {
            Value::Array(list) if !list.is_empty() => {
                self.write("\n");
                self.value(value, depth + 1);
            }
            Value::Object(map) if !map.is_empty() => {
                self.write("\n");
                self.value(value, depth + 1);
            }
            Value::Array(_) | Value::Object(_) | Value::Null => self.write(" —\n"),
            Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                self.write(" ");
                self.scalar(value, depth + 1);
                self.write("\n");
            }
        }
    }

    /// Writes a text; further lines are indented, so that they cannot look like keys.
    fn scalar(&mut self, value: &Value, depth: usize) {
        let text = match value {
            Value::String(text) => text.trim(),
            other => {
                let shown = text::of(other).unwrap_or_default();
                return self.write(&shown);
            }
        };
        for (index, line) in text.lines().enumerate() {
            if index > 0 {
                self.write("\n");
                self.indent(depth);
            }
            self.write(line);
        }
    }

    fn value(&mut self, value: &Value, depth: usize) {
        if depth > DEEPEST {
            self.indent(depth);
            return self.write("…\n");
        }
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    self.line(depth, [key, ":"], value);
                }
            }
            Value::Array(list) => {
                for value in list {
                    self.line(depth, ["-", ""], value);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                self.scalar(value, depth);
                self.write("\n");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_packet_reads_as_a_list() {
        let body = json!({
            "header_data": {"poll_id": 123, "gid": null, "tags": [], "ok": true},
            "data": {"имя": "Анна\nвторая строка: x", "темы": ["a", {"b": 1.0}]}
        });
        insta::assert_snapshot!(full(&body), @r#"
        header_data:
          poll_id: 123
          gid: —
          tags: —
          ok: true
        data:
          имя: Анна
            вторая строка: x
          темы:
            - a
            -
              b: 1
        "#);
    }

    #[test]
    fn a_long_packet_is_cut_and_says_so() {
        let body = json!({"data": {"text": "я".repeat(50_000), "after": 1}});
        let text = full(&body);
        assert!(text.chars().count() <= LONGEST);
        assert!(text.ends_with(CUT));
    }
}
