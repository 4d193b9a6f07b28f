//! Texts in addresses and forms as they are sent, for people to read: percent-encoded, except masks
//! and the values that come later, such as `{{steps.crm.deal_id}}`.

use percent_encoding::percent_encode_byte;

/// The character of a mask.
const MASKED: char = '•';
/// The most bytes between `{{` and `}}`.
const LONGEST_NAME: usize = 200;

/// Returns a name and its value as a form or a query has them.
pub fn pair(name: &str, value: &str) -> String {
    let part = |text: &str| encoded(text, form);
    format!("{}={}", part(name), part(value))
}

/// Returns a path as a request has it. What is percent-encoded already stays.
pub fn path(text: &str) -> String {
    encoded(text, |byte, into| {
        if byte.is_ascii_graphic() && !b"\"#<>?`{}".contains(&byte) {
            into.push(char::from(byte));
        } else {
            into.push_str(percent_encode_byte(byte));
        }
    })
}

/// Writes a byte as forms do (URL Standard, `application/x-www-form-urlencoded`).
fn form(byte: u8, into: &mut String) {
    match byte {
        b' ' => into.push('+'),
        _ if byte.is_ascii_alphanumeric() || b"*-._".contains(&byte) => into.push(char::from(byte)),
        _ => into.push_str(percent_encode_byte(byte)),
    }
}

/// Returns where the name of a later value ends; names are short.
fn end_of_name(text: &str) -> Option<usize> {
    let mut pairs = text.as_bytes().windows(2).take(LONGEST_NAME);
    pairs.position(|pair| pair == b"}}")
}

fn encoded(text: &str, write: impl Fn(u8, &mut String)) -> String {
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let later = rest.strip_prefix("{{").and_then(end_of_name);
        let length = match later {
            Some(end) => end + 4,
            None => c.len_utf8(),
        };
        let (part, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        if later.is_some() || c == MASKED {
            whole.push_str(part);
        } else {
            part.bytes().for_each(|byte| write(byte, &mut whole));
        }
        rest = after;
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_encoded_as_forms_are_sent() {
        for (name, value, sent) in [
            (
                "city",
                "Казань",
                "city=%D0%9A%D0%B0%D0%B7%D0%B0%D0%BD%D1%8C",
            ),
            ("a b", "1&2=3\n", "a+b=1%262%3D3%0A"),
            ("key", "•••", "key=•••"),
            ("x", "*-._~+%{}", "x=*-._%7E%2B%25%7B%7D"),
            (
                "deal",
                "n {{steps.crm.deal_id}}!",
                "deal=n+{{steps.crm.deal_id}}%21",
            ),
            ("open", "{{a", "open=%7B%7Ba"),
            ("", "", "="),
        ] {
            assert_eq!(pair(name, value), sent);
        }
    }

    #[test]
    fn a_path_is_encoded_once() {
        for (written, sent) in [
            ("orders/1", "orders/1"),
            ("%D0%90/@a:b;c=1", "%D0%90/@a:b;c=1"),
            ("я #?", "%D1%8F%20%23%3F"),
            ("•••/{{name}}", "•••/{{name}}"),
        ] {
            assert_eq!(path(written), sent);
        }
    }
}
