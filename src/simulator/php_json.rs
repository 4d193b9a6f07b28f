//! JSON as the portal writes it: an empty map is `[]`, slashes and the characters of HTML are
//! escaped, other Unicode stays as it is, whole floats lose their fraction.

use data_encoding::{HEXLOWER, HEXUPPER};
use serde_json::Value;

use super::php;

/// The text of one answer.
pub(super) fn encode(value: &Value) -> String {
    let mut out = String::with_capacity(512);
    write(&mut out, value);
    out
}

fn write(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => write_number(out, number),
        Value::String(text) => write_text(out, text),
        Value::Array(list) => write_list(out, list.iter()),
        // an object without visible members, such as a `DateTime` of the portal
        Value::Object(map) if php::is_hollow(map) => out.push_str("{}"),
        Value::Object(map) if php::is_list(map) => write_list(out, map.values()),
        Value::Object(map) => {
            out.push('{');
            for (at, (key, member)) in map.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_text(out, key);
                out.push(':');
                write(out, member);
            }
            out.push('}');
        }
    }
}

fn write_list<'a>(out: &mut String, members: impl Iterator<Item = &'a Value>) {
    out.push('[');
    for (at, member) in members.enumerate() {
        if at > 0 {
            out.push(',');
        }
        write(out, member);
    }
    out.push(']');
}

fn write_number(out: &mut String, number: &serde_json::Number) {
    let text = number.to_string();
    out.push_str(text.strip_suffix(".0").unwrap_or(&text));
}

fn write_text(out: &mut String, text: &str) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '/' => out.push_str("\\/"),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            // JSON_HEX_TAG, _AMP, _APOS and _QUOT; U+2028 and U+2029 stay escaped even with
            // JSON_UNESCAPED_UNICODE.
            '<' | '>' | '&' | '\'' | '"' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                escape(out, letter);
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

/// Writes `\u0000`. PHP writes the HTML escapes in capitals and the control characters in small
/// letters.
fn escape(out: &mut String, letter: char) {
    let code = u16::try_from(u32::from(letter)).unwrap_or_default();
    let encoding = if matches!(letter, '<' | '>' | '&' | '\'' | '"') {
        HEXUPPER
    } else {
        HEXLOWER
    };
    out.push_str("\\u");
    encoding.encode_append(&code.to_be_bytes(), out);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_empty_map_is_a_list() {
        assert_eq!(
            encode(&json!({"result": {}, "n": []})),
            r#"{"result":[],"n":[]}"#
        );
    }

    #[test]
    fn keys_from_zero_make_a_list_and_gaps_an_object() {
        assert_eq!(encode(&json!({"0": 1, "1": 2})), "[1,2]");
        assert_eq!(encode(&json!({"0": 1, "2": 2})), r#"{"0":1,"2":2}"#);
        assert_eq!(encode(&json!({"1": 1})), r#"{"1":1}"#);
    }

    #[test]
    fn markup_is_escaped_and_cyrillic_is_not() {
        assert_eq!(
            encode(&json!("<a href=\"/x\">Анна & 'Ко'</a>\n")),
            "\"\\u003Ca href=\\u0022\\/x\\u0022\\u003EАнна \\u0026 \\u0027Ко\\u0027\\u003C\\/a\\u003E\\n\""
        );
        assert_eq!(encode(&json!("\u{1}\u{1f}")), "\"\\u0001\\u001f\"");
    }

    #[test]
    fn whole_floats_are_written_without_a_fraction() {
        assert_eq!(encode(&json!([100.0, 100.5, 7])), "[100,100.5,7]");
    }
}
