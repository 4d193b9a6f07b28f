//! What text is looked for in, and how what a person types is compared with it: in any case, е for ё,
//! numbers by their digits.

use serde_json::Value;

use super::entry::{Entry, Logged};
use crate::domain::event::Event;
use crate::domain::{Phone, Sent, Source, body, json, text};

/// Of one value so many characters are looked at: names, numbers and addresses are shorter.
const LONGEST_VALUE: usize = 200;

/// Of one submission so many bytes are looked at.
const LONGEST: usize = 8_000;

/// The index knows text by pieces of this many characters.
const PIECE: usize = 3;

/// So many last digits of a number tell it from others well enough.
const TAIL: usize = 7;

/// Fewer digits are a number, not a part of a phone.
const FEWEST_DIGITS: usize = 5;

/// What a person looks for: words that must all occur, each in one of its spellings.
#[derive(Debug)]
pub(super) struct Wanted(Vec<Vec<String>>);

impl Wanted {
    /// Reads what was typed.
    pub(super) fn of(typed: &str) -> Self {
        let folded = fold(typed);
        let typed = folded.trim();
        if looks_like_phone(typed) && digits(typed).len() >= PIECE {
            return Self(vec![spellings(typed)]);
        }
        Self(
            typed
                .split_whitespace()
                .map(|word| vec![word.to_owned()])
                .collect(),
        )
    }

    /// Whether it occurs in what [`of_submission`] has made.
    pub(super) fn occurs_in(&self, folded: &str) -> bool {
        self.0
            .iter()
            .all(|spellings| spellings.iter().any(|word| folded.contains(word)))
    }

    /// A question for the index; it may find more than what is wanted, never less. `None` when every word
    /// is too short for the index.
    pub(super) fn query(&self) -> Option<String> {
        let long = |word: &String| word.chars().nth(PIECE - 1).is_some();
        let words: Vec<String> = self
            .0
            .iter()
            .filter(|spellings| spellings.iter().all(long))
            .map(|spellings| {
                let mut any: Vec<String> =
                    spellings.iter().map(|word| pieces(rare(word))).collect();
                any.dedup();
                format!("({})", any.join(" OR "))
            })
            .collect();
        (!words.is_empty()).then(|| words.join(" AND "))
    }
}

/// Of a whole number its last digits: half the country shares the first ones.
fn rare(word: &str) -> &str {
    let tail = word.len().saturating_sub(TAIL);
    match word.get(tail..) {
        Some(rest) if tail > 2 && word.bytes().all(|byte| byte.is_ascii_digit()) => rest,
        _ => word,
    }
}

/// `("пет" AND "етр")`.
fn pieces(word: &str) -> String {
    let letters: Vec<char> = word.chars().take(64).collect();
    let pieces: Vec<String> = letters
        .windows(PIECE)
        .map(|piece| {
            let piece: String = piece.iter().collect();
            format!("\"{}\"", piece.replace('"', "\"\""))
        })
        .collect();
    format!("({})", pieces.join(" AND "))
}

/// As it was typed, its digits, and the digits of the number that it may be.
fn spellings(typed: &str) -> Vec<String> {
    let bare = digits(typed);
    let mut all = vec![bare.clone()];
    if let Some(phone) = Phone::parse(typed) {
        all.push(digits(phone.as_str()));
    }
    // the beginning of a number that is kept as +7…
    if let Some(rest) = bare.strip_prefix('8')
        && rest.len() > FEWEST_DIGITS
    {
        all.push(format!("7{rest}"));
    }
    if !typed.contains(char::is_whitespace) {
        all.push(typed.to_owned());
    }
    all.sort();
    all.dedup();
    all
}

/// What people remember of a submission: its ids, the values of its plan, notes, the values of its body.
pub(super) fn of_submission(entry: &Entry, raw: &[u8], events: &[Logged]) -> String {
    let mut words = Words::default();
    words.add(entry.identity.as_str());
    words.add(&entry.id.to_string());
    if let Some(contact) = entry.contact {
        words.add(&contact.to_string());
    }
    if let Some((_, record)) = entry.record {
        words.add(&record.to_string());
    }
    if let Some(note) = &entry.note {
        words.add(note.as_str());
    }
    words.packet(body::decode(&entry.source, raw), raw);
    // the latest first: a huge history must not crowd out what counts
    for logged in events.iter().rev() {
        words.event(&entry.source, logged);
    }
    words.text
}

#[derive(Default)]
struct Words {
    text: String,
}

impl Words {
    fn add(&mut self, value: &str) {
        let value = text::head(value.trim(), LONGEST_VALUE);
        if looks_like_phone(value) && digits(value).len() >= FEWEST_DIGITS {
            self.push(&digits(value));
            if let Some(phone) = Phone::parse(value) {
                self.push(&digits(phone.as_str()));
            }
        }
        self.push(&fold(value));
    }

    fn push(&mut self, folded: &str) {
        let known = self.text.lines().any(|line| line == folded);
        if !folded.is_empty() && !known && self.text.len() + folded.len() < LONGEST {
            self.text.push_str(folded);
            self.text.push('\n');
        }
    }

    /// JSON may hide letters behind `\u0416` and a form behind `%D0`, so the values are looked at, not the bytes.
    fn packet(&mut self, packet: Result<Value, body::Mistake>, raw: &[u8]) {
        match packet {
            Ok(packet) => self.value(&packet),
            Err(_) => self.add(&String::from_utf8_lossy(raw)),
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.add(text),
            Value::Number(number) => self.add(&number.to_string()),
            Value::Array(items) => items.iter().for_each(|item| self.value(item)),
            Value::Object(fields) => fields.values().for_each(|field| self.value(field)),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn event(&mut self, source: &Source, logged: &Logged) {
        if let Some(body) = &logged.body {
            let read = match source {
                Source::Poll { .. } => body::decode(source, body),
                // how that one came is not kept: its bytes tell
                Source::Channel { .. } => body::packet(&Sent::default(), body, json::DEEPEST),
            };
            self.packet(read, body);
        }
        match &logged.event {
            Event::Planned(planned) => {
                let contact = planned.plan.contact.iter().flat_map(|part| &part.fields);
                let record = planned.plan.record.iter().flat_map(|part| &part.fields);
                contact
                    .chain(record)
                    .for_each(|field| self.add(field.value.as_str()));
            }
            Event::Verdict(verdict) => {
                if let Some(text) = &verdict.text {
                    self.add(text.as_str());
                }
            }
            Event::Readmitted(before) => {
                if let Some(reason) = &before.reason {
                    self.add(reason.as_str());
                }
            }
            Event::Note(note) => self.add(note.text.as_str()),
            // the CRM's answers may tell of other people; reasons hold nothing but ids and names of fields
            Event::Call(_)
            | Event::Because(_)
            | Event::Repeated(_)
            | Event::Requeued(_)
            | Event::Foreign(_) => {}
        }
    }
}

/// Lower case, е for ё, a blank for what is no text.
fn fold(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .map(|letter| match letter {
            'ё' => 'е',
            letter if letter.is_control() => ' ',
            letter => letter,
        })
        .collect()
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

fn looks_like_phone(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|letter| {
            letter.is_ascii_digit() || "+()-. ".contains(letter) || letter.is_whitespace()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(typed: &str, values: &[&str]) -> bool {
        let mut words = Words::default();
        for value in values {
            words.add(value);
        }
        Wanted::of(typed).occurs_in(&words.text)
    }

    #[test]
    fn a_phone_is_found_in_any_spelling_and_by_its_parts() {
        for kept in ["8 (912) 345-67-89", "+79123456789", "9123456789"] {
            for typed in [
                "8 (912) 345-67-89",
                "+7 912 345 67 89",
                "89123456789",
                "8912345",
                "912 345",
                "6789",
                "67-89",
                "345",
            ] {
                assert!(found(typed, &[kept]), "{typed} in {kept}");
            }
            assert!(!found("+7 912 345 67 88", &[kept]));
        }
    }

    #[test]
    fn words_are_found_in_any_case_and_order() {
        let values = ["Пётр", "Соловьёв", "Petr@Mail.example"];
        for typed in ["пётр", "ПЕТР", "соловьев пет", "петр  соловьев", "mail.ex"]
        {
            assert!(found(typed, &values), "{typed}");
        }
        assert!(!found("петр иванов", &values));
    }

    #[test]
    fn the_index_is_asked_for_pieces_and_short_words_are_left_to_reading() {
        assert_eq!(
            Wanted::of("Петр a\"bc").query().unwrap(),
            r#"(("пет" AND "етр")) AND (("a""b" AND """bc"))"#
        );
        assert_eq!(
            Wanted::of("8 912 345-67-89").query().unwrap(),
            r#"(("345" AND "456" AND "567" AND "678" AND "789"))"#
        );
        assert_eq!(Wanted::of("ян").query(), None);
        assert_eq!(
            Wanted::of("ян петр").query().unwrap(),
            r#"(("пет" AND "етр"))"#
        );
    }
}
