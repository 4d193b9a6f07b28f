//! Packets and bodies as people see them: long base64 is replaced by its size.

use serde_json::Value;

/// Shorter base64 is shown as it is: it may be a key or a token.
const SHORTEST: usize = 1000;

/// Returns the text with its long base64 replaced: `(base64, 12345)`; `None` if it has none.
pub fn without_contents(text: &str) -> Option<String> {
    if text.len() < SHORTEST {
        return None;
    }
    let mut shown = String::new();
    let mut kept = 0;
    let mut begin = None;
    let bytes = text.as_bytes();
    for at in 0..=bytes.len() {
        let is_base64 = bytes.get(at).is_some_and(|byte| is_sign(bytes, at, *byte));
        match (is_base64, begin) {
            (true, None) => begin = Some(at),
            (false, Some(from)) => {
                if at - from >= SHORTEST {
                    shown.push_str(text.get(kept..from)?);
                    shown.extend(["(base64, ", &(at - from).to_string(), ")"]);
                    kept = at;
                }
                begin = None;
            }
            _ => {}
        }
    }
    if kept == 0 {
        return None;
    }
    shown.push_str(text.get(kept..)?);
    Some(shown)
}

/// Returns whether this byte may stand in base64; PHP writes a slash in JSON as `\/`.
fn is_sign(bytes: &[u8], at: usize, byte: u8) -> bool {
    match byte {
        b'+' | b'/' | b'-' | b'_' | b'=' => true,
        b'\\' => bytes.get(at + 1) == Some(&b'/'),
        byte => byte.is_ascii_alphanumeric(),
    }
}

/// Replaces the long base64 in all texts of a packet.
pub fn without_contents_in(packet: &mut Value) {
    match packet {
        Value::String(text) => {
            if let Some(shown) = without_contents(text) {
                *text = shown;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(without_contents_in),
        Value::Object(members) => members.values_mut().for_each(without_contents_in),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
