//! Finds stored data about a person, by phone numbers and e-mail addresses. They are compared as
//! numbers and addresses, at any place and in any spelling.

use std::fmt;

use serde_json::Value;

use crate::domain::{Country, Email, Phone, Refused, body, json};

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

/// Number of times that a text is unescaped: JSON in a text in JSON is escaped twice.
const MOST_ESCAPES: usize = 3;

/// What a `+` means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plus {
    /// A blank, as in a form.
    Blank,
    /// Itself.
    Stays,
}

impl Person {
    /// Returns whether this body, plan or call contains data about the person.
    pub fn occurs_in(&self, bytes: &[u8]) -> bool {
        // the values and not the bytes: JSON writes a line break as `\n`, and `@` may be `\u0040`
        let is_in_values = match json::decode(bytes, json::DEEPEST) {
            Ok(decoded) => self.is_in_value(&decoded.value),
            Err(_) => self.is_in_text(&String::from_utf8_lossy(bytes)),
        };
        // of two members with the same key, only one becomes a value
        is_in_values || self.is_in_text(&String::from_utf8_lossy(&unescaped(bytes, Plus::Stays)))
    }

    /// Returns whether the key of a submission contains a phone or an address of the person. A
    /// profile may join them with other values: `79123456789-2026`, `42-anna@mail.example`.
    pub fn occurs_in_key(&self, key: &str) -> bool {
        if self.occurs_in(key.as_bytes()) {
            return true;
        }
        let plain = unescaped(key.as_bytes(), Plus::Blank);
        let plain = String::from_utf8_lossy(&plain);
        [key, &plain]
            .iter()
            .any(|key| self.has_joined_email(key) || self.has_joined_phone(key))
    }

    fn has_joined_email(&self, key: &str) -> bool {
        let key = key.to_lowercase();
        self.emails.iter().any(|email| {
            let mut found = key.match_indices(email.as_str());
            found.any(|(at, text)| {
                let before = key.get(..at).unwrap_or_default();
                let after = key.get(at + text.len()..).unwrap_or_default();
                is_apart_before(before) && is_apart_after(after)
            })
        })
    }

    /// Compares groups of neighbouring digits, whatever stands between them.
    fn has_joined_phone(&self, key: &str) -> bool {
        if self.phones.is_empty() {
            return false;
        }
        let groups = key.split(|letter: char| !letter.is_ascii_digit());
        let groups: Vec<&str> = groups.filter(|group| !group.is_empty()).collect();
        (0..groups.len()).any(|first| {
            (first..groups.len().min(first + 8)).any(|last| {
                let digits = groups.get(first..=last).unwrap_or_default().concat();
                // the longest number has 15 digits
                digits.len() <= 15
                    && [digits.clone(), format!("+{digits}")]
                        .iter()
                        .filter_map(|text| Phone::parse(text))
                        .any(|phone| self.phones.contains(&phone))
            })
        })
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
        let packet = packet.map(|packet| packet.value.to_string().into_bytes());
        self.occurs_in(raw)
            || self.occurs_in_form(raw)
            || packet.is_some_and(|text| self.occurs_in(&text))
    }

    /// Returns whether these bytes, which could not be decoded, contain data about the person
    /// without the escapes of forms and JSON.
    pub fn occurs_in_form(&self, bytes: &[u8]) -> bool {
        self.occurs_in(&unescaped(bytes, Plus::Blank))
    }

    /// Searches every text, key and number. [`json::DEEPEST`] limits the depth.
    fn is_in_value(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.is_in_text(text),
            // 79123456789.0 and 7.9123456789e10 are whole numbers too
            Value::Number(number) => {
                let number = number.to_string();
                self.is_in_words(number.strip_suffix(".0").unwrap_or(&number))
            }
            Value::Array(items) => items.iter().any(|item| self.is_in_value(item)),
            Value::Object(members) => members
                .iter()
                .any(|(key, value)| self.is_in_text(key) || self.is_in_value(value)),
            Value::Null | Value::Bool(_) => false,
        }
    }

    /// Searches a text, which may itself be JSON or contain the address of a page.
    fn is_in_text(&self, text: &str) -> bool {
        if self.is_in_words(text) {
            return true;
        }
        let mut text = text.as_bytes().to_vec();
        for _ in 0..MOST_ESCAPES {
            let plain = unescaped(&text, Plus::Stays);
            if plain == text {
                return false;
            }
            if self.is_in_words(&String::from_utf8_lossy(&plain)) {
                return true;
            }
            text = plain;
        }
        false
    }

    fn is_in_words(&self, text: &str) -> bool {
        (!self.emails.is_empty() && self.has_email(text))
            || (!self.phones.is_empty() && self.has_phone(text))
    }

    fn has_email(&self, text: &str) -> bool {
        // all characters that an address may contain, then those that people's addresses contain:
        // in `a=1&email=anna@mail.example` only the second is right
        ["@.!#$%&'*+-=?^_`{|}~", "@.+-_'"].iter().any(|allowed| {
            text.split(|letter: char| !letter.is_alphanumeric() && !allowed.contains(letter))
                .filter(|word| word.contains('@'))
                .flat_map(|word| {
                    [
                        word,
                        word.trim_matches(['.', '\'', '{', '}', '?', '!', '-', '_']),
                    ]
                })
                .filter_map(Email::parse)
                .any(|email| self.emails.contains(&email))
        })
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
                    .and_then(|part| Phone::exact(&part.join(" "), Country::RUSSIA))
                    .is_some_and(|phone| self.phones.contains(&phone))
            })
        })
    }
}

/// Returns whether an address can begin after this: a sign that no address contains, or `-`, `_`, `.`
/// or `+` behind a number.
fn is_apart_before(before: &str) -> bool {
    let Some(last) = before.chars().next_back() else {
        return true;
    };
    if "-_.+".contains(last) {
        let word = before
            .trim_end_matches(['-', '_', '.', '+'])
            .rsplit(|letter: char| !letter.is_alphanumeric())
            .next()
            .unwrap_or_default();
        return !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    }
    !last.is_alphanumeric() && !"'!#$%&*=?^`{}~".contains(last)
}

/// Returns whether an address can end before this. Another level of its host is another address.
fn is_apart_after(after: &str) -> bool {
    let mut letters = after.chars();
    match letters.next() {
        None => true,
        Some('.') => !letters.next().is_some_and(char::is_alphabetic),
        Some(letter) => !letter.is_alphanumeric(),
    }
}

/// Decodes `%40`, `\u0040`, `\n` and, in a form, `+`; removes the zeros of UTF-16.
fn unescaped(raw: &[u8], plus: Plus) -> Vec<u8> {
    let mut text = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let [first, tail @ ..] = rest {
        let (byte, after) = match rest {
            [b'%', after @ ..] if hex(after, 2).is_some() => (hex(after, 2), after.get(2..)),
            [b'\\', b'u', after @ ..] if hex(after, 4).is_some() => (hex(after, 4), after.get(4..)),
            [b'\\', b'n' | b'r' | b't' | b'b' | b'f', after @ ..] => {
                (Some(u32::from(b' ')), Some(after))
            }
            [b'\\', byte @ (b'\\' | b'/' | b'"'), after @ ..] => {
                (Some(u32::from(*byte)), Some(after))
            }
            [b'+', ..] if plus == Plus::Blank => (Some(u32::from(b' ')), Some(tail)),
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
            r#"{"phone":79123456789.0}"#,
            r#"{"phone":7.9123456789e10}"#,
            r#"{"anna@mail.example":true}"#,
            r#"{"8 912 345-67-89":true}"#,
            r#"{"a":{"b":[1,["Анна\nanna@mail.example"]]}}"#,
        ] {
            assert!(anna().occurs_in(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn finds_a_person_after_a_line_break_a_tab_or_an_escape() {
        for value in [
            r"x\nanna@mail.example",
            r"x\tanna@mail.example\ty",
            r"x\r\nanna@mail.example\r\ny",
            r"x\fanna@mail.example",
            r"x\u000aanna@mail.example",
            r"x\u2028anna@mail.example",
            r"x\\nanna@mail.example",
            r#"{\"q\":\"x\\nanna@mail.example\"}"#,
            r"https:\/\/site.example\/?email=anna%40mail.example&a=1",
            r"https://site.example/?x=1&email=anna@mail.example&a=1",
            r"**anna@mail.example** _anna@mail.example_",
            r"x\n8 912 345-67-89",
            r"x\t8\t912\t345\t67\t89\n",
            r"tel=8%20912%20345%2067%2089",
        ] {
            for text in [
                format!(r#"{{"q":"{value}"}}"#),
                format!(r#"{{"q":[[{{"{value}":1}}]]}}"#),
                format!(r#""{value}""#),
                format!(r#"{{"q":"{value}","q":"another"}}"#),
                // cut, so it is no JSON
                format!(r#"{{"q":"{value}","#),
            ] {
                assert!(anna().occurs_in(text.as_bytes()), "{text}");
            }
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
            b"text=x%0D%0Aanna%40mail.example%0D%0Ay",
            b"text=x%0Aanna@mail.example&b",
            b"a=1&text=x%098+912+345-67-89",
            &br#"{"q":"x\nanna@mail.example""#[..],
            br#"{"q":"x\nanna@mail.example"}"#,
            b"<mail>anna@mail.example</mail>",
            b"a\0n\0n\0a\0@\0m\0a\0i\0l\0.\0e\0x\0a\0m\0p\0l\0e\0",
        ] {
            let text = String::from_utf8_lossy(body);
            assert!(anna().occurs_in_refused(&refused(body)), "{text}");
        }
        assert!(!anna().occurs_in_refused(&refused(br#"{"phone":"8 (912) 345-67-80","#)));
    }

    #[test]
    fn does_not_find_the_letter_of_an_escape_in_an_address() {
        let nanna = Person {
            emails: vec![Email::parse("nanna@mail.example").unwrap()],
            ..Person::default()
        };
        assert!(!nanna.occurs_in(br#"{"q":"x\nanna@mail.example"}"#));
        assert!(nanna.occurs_in(br#"{"q":"x\nnanna@mail.example"}"#));
    }

    #[test]
    fn finds_a_person_in_a_key_that_joins_values() {
        for key in [
            "anna@mail.example",
            "Anna@Mail.Example",
            "mailto:anna@mail.example",
            "anna%40mail.example",
            "anna@mail.example-42",
            "anna@mail.example_2026-11-22",
            "42-anna@mail.example",
            "42_anna@mail.example.7",
            "shop:anna@mail.example:42",
            "a/b/anna@mail.example/c",
            "+79123456789",
            "79123456789",
            "9123456789",
            "8 (912) 345-67-89",
            "%2B7+912+345-67-89",
            "79123456789-2026",
            "42-79123456789",
            "79123456789.1",
            "2026_8-912-345-67-89_1",
            "a/79123456789/b",
        ] {
            assert!(anna().occurs_in_key(key), "{key}");
        }
        for key in [
            "42",
            "joanna@mail.example",
            "a.anna@mail.example",
            "x-anna@mail.example",
            "anna@mail.example.org",
            "anna@mail.exampleorg",
            "79123456780-2026",
            "179123456789",
            "5500791234567890123",
            "erased:00112233445566778899aabbccddeeff",
        ] {
            assert!(!anna().occurs_in_key(key), "{key}");
        }
    }

    #[test]
    fn does_not_find_other_people() {
        for text in [
            r#"{"phone":"8 (912) 345-67-80"}"#,
            r#"{"card":"5500791234567890"}"#,
            r#"{"email":"joanna@mail.example"}"#,
            r#"{"email":"anna@mail.example.org"}"#,
            r#"{"phone":"+49123456789"}"#,
            r#"{"q":"x\nnanna@mail.example"}"#,
            r#"{"q":"o'anna@mail.example"}"#,
            r#"{"q":"a+anna@mail.example"}"#,
            r#"{"q":"x.anna@mail.example\n"}"#,
            r#"{"q":["8 912","345-67-89"]}"#,
        ] {
            assert!(!anna().occurs_in(text.as_bytes()), "{text}");
        }
    }
}
