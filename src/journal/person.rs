//! Finds stored data about a person, by phone numbers and e-mail addresses. They are compared as
//! numbers and addresses, at any place and in any spelling.

use std::fmt;

use crate::domain::{Email, Phone, Refused, body, json};

/// The phones and addresses of a person.
#[derive(Clone, Default)]
pub struct Person {
    /// Phone numbers.
    pub phones: Vec<Phone>,
    /// E-mail addresses.
    pub emails: Vec<Email>,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person")
            .field("phones", &self.phones.len())
            .field("emails", &self.emails.len())
            .finish()
    }
}

/// Number of last digits to compare before a number is parsed.
const TAIL: usize = 7;

impl Person {
    /// Returns whether this body, plan or call contains data about the person.
    pub fn occurs_in(&self, bytes: &[u8]) -> bool {
        // JSON may escape characters, as in `\u0040`
        let text = match json::decode(bytes, json::DEEPEST) {
            Ok(decoded) => decoded.value.to_string(),
            Err(_) => String::from_utf8_lossy(bytes).into_owned(),
        };
        (!self.emails.is_empty() && self.has_email(&text))
            || (!self.phones.is_empty() && self.has_phone(&text))
    }
    /// Returns whether a refused request contains data about the person. Its body could not be
    /// decoded, so it is searched as it is, and without the escapes of forms and JSON.
    pub fn occurs_in_refused(&self, refused: &Refused) -> bool {
        if self.occurs_in(refused.source.as_bytes()) {
            return true;
        }
        let Some(raw) = &refused.body else {
            return false;
        };
        let packet = body::decode(None, raw, json::DEEPEST).ok();
        let mut texts = vec![raw.to_vec(), unescaped(raw)];
        texts.extend(packet.map(|packet| packet.value.to_string().into_bytes()));
        texts.iter().any(|text| self.occurs_in(text))
    }

    fn has_email(&self, text: &str) -> bool {
        text.split(|letter: char| {
            !letter.is_alphanumeric() && !"@.!#$%&'*+-=?^_`{|}~".contains(letter)
        })
        .filter(|word| word.contains('@'))
        .flat_map(|word| [word, word.trim_matches(['.', '\'', '{', '}', '?', '!'])])
        .filter_map(Email::parse)
        .any(|email| self.emails.contains(&email))
    }

    fn has_phone(&self, text: &str) -> bool {
        text.split(|letter: char| {
            !letter.is_ascii_digit() && !letter.is_whitespace() && !"+()-.".contains(letter)
        })
        .any(|run| self.is_in_run(run))
    }

    /// Searches a run of digits and punctuation, which may hold several numbers with blanks between
    /// and inside.
    fn is_in_run(&self, run: &str) -> bool {
        let digits = digits(run);
        let promising = |phone: &Phone| {
            let number = phone.as_str();
            let tail = number.char_indices().rev().nth(TAIL - 1);
            tail.and_then(|(at, _)| number.get(at..))
                .is_some_and(|tail| digits.contains(tail))
        };
        if !self.phones.iter().any(promising) {
            return false;
        }
        let groups: Vec<&str> = run.split_whitespace().collect();
        (0..groups.len()).any(|first| {
            (first..groups.len().min(first + 8)).any(|last| {
                groups
                    .get(first..=last)
                    .and_then(|part| Phone::parse(&part.join(" ")))
                    .is_some_and(|phone| self.phones.contains(&phone))
            })
        })
    }
}

/// Decodes `%40`, `\u0040` and `+`, and removes the zeros of UTF-16.
fn unescaped(raw: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let [first, tail @ ..] = rest {
        let (byte, after) = match rest {
            [b'%', after @ ..] if hex(after, 2).is_some() => (hex(after, 2), after.get(2..)),
            [b'\\', b'u', after @ ..] if hex(after, 4).is_some() => (hex(after, 4), after.get(4..)),
            [b'+', ..] => (Some(u32::from(b' ')), Some(tail)),
            _ => (Some(u32::from(*first)), Some(tail)),
        };
        // phones and addresses are ASCII; other characters need not be exact
        let byte = byte
            .and_then(|byte| u8::try_from(byte).ok())
            .unwrap_or(b'?');
        if byte != 0 {
            text.push(byte);
        }
        rest = after.unwrap_or_default();
    }
    text
}

fn hex(bytes: &[u8], digits: usize) -> Option<u32> {
    let text = std::str::from_utf8(bytes.get(..digits)?).ok()?;
    let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    u32::from_str_radix(text, 16).ok().filter(|_| is_hex)
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anna() -> Person {
        Person {
            phones: vec![Phone::parse("+79123456789").unwrap()],
            emails: vec![Email::parse("anna@mail.example").unwrap()],
        }
    }

    #[test]
    fn finds_a_person_in_any_spelling() {
        for text in [
            r#"{"phone":"8 (912) 345-67-89"}"#,
            r#"{"phone":79123456789}"#,
            r#"{"p":["912 345 67 89"]}"#,
            r#"{"q":"звоните 8-912-345-67-89 вечером"}"#,
            r#"{"q":"89120000000 8 912 345 67 89"}"#,
            r#"{"email":"Anna@Mail.example"}"#,
            r#"{"email":"anna\u0040mail.example"}"#,
            r#"{"q":"пишите на <anna@mail.example>."}"#,
            r#"{"q":"пишите на anna@mail.example."}"#,
            "not JSON, anna@mail.example",
        ] {
            assert!(anna().occurs_in(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn finds_a_person_in_an_undecodable_body() {
        let refused = |body: &[u8]| Refused {
            at: jiff::Timestamp::UNIX_EPOCH,
            address: None,
            source: "channels/shop".to_owned(),
            method: "POST".to_owned(),
            status: 400,
            code: "unreadable".to_owned(),
            size: 0,
            body: Some(body.to_vec().into()),
        };
        for body in [
            &br#"{"phone":"8 (912) 345-67-89","#[..],
            br#"{"email":"anna\u0040mail.example""#,
            b"phone=%2B7+912+345-67-89&a",
            b"email=anna%40mail.example",
            b"<mail>anna@mail.example</mail>",
            b"a\0n\0n\0a\0@\0m\0a\0i\0l\0.\0e\0x\0a\0m\0p\0l\0e\0",
        ] {
            let text = String::from_utf8_lossy(body);
            assert!(anna().occurs_in_refused(&refused(body)), "{text}");
        }
        assert!(!anna().occurs_in_refused(&refused(br#"{"phone":"8 (912) 345-67-80","#)));
    }

    #[test]
    fn does_not_find_other_people() {
        for text in [
            r#"{"phone":"8 (912) 345-67-80"}"#,
            r#"{"card":"5500791234567890"}"#,
            r#"{"email":"joanna@mail.example"}"#,
            r#"{"email":"anna@mail.example.org"}"#,
            r#"{"phone":"+49123456789"}"#,
        ] {
            assert!(!anna().occurs_in(text.as_bytes()), "{text}");
        }
    }
}
