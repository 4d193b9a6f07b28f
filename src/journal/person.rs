//! Whether something that was kept tells of a person: by a phone or an address, compared as numbers and
//! addresses, wherever they stand and however they are written.

use std::fmt;

use crate::domain::{Email, Phone, json};

/// By what a person is known.
#[derive(Clone, Default)]
pub struct Person {
    /// Any of these numbers.
    pub phones: Vec<Phone>,
    /// Any of these addresses.
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

/// So many last digits are compared before a number is read in earnest.
const TAIL: usize = 7;

impl Person {
    /// Whether this body, plan or call tells of the person.
    pub fn occurs_in(&self, bytes: &[u8]) -> bool {
        // JSON may hide letters behind `\u0040`
        let text = match json::decode(bytes, json::DEEPEST) {
            Ok(decoded) => decoded.value.to_string(),
            Err(_) => String::from_utf8_lossy(bytes).into_owned(),
        };
        (!self.emails.is_empty() && self.has_email(&text))
            || (!self.phones.is_empty() && self.has_phone(&text))
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

    /// A run of digits and their punctuation may hold several numbers, with blanks between and inside.
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
    fn a_person_is_seen_in_any_spelling() {
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
    fn strangers_are_not() {
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
