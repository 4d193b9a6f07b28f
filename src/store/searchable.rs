//! The text of a submission that a search looks at, and how typed text is compared with it: in any
//! case, `е` for `ё`, phone numbers by their digits.

use serde_json::Value;

use super::entry::{Entry, Logged};
use crate::domain::event::Event;
use crate::domain::{Lang, Phone, SourceKinds, VerdictReason, body, text};

/// Characters of one value that are searchable: names, numbers and addresses are shorter.
const LONGEST_VALUE: usize = 200;

/// Bytes of one submission that are searchable.
const LONGEST: usize = 8_000;

/// Fewer typed digits than this are compared as they are.
const FEWEST_TYPED_DIGITS: usize = 3;

/// Fewer digits than this are a number, not a phone number.
const FEWEST_DIGITS: usize = 5;

/// The words that a person searches for.
#[derive(Debug)]
pub(super) struct SearchText(Vec<Vec<String>>);

impl SearchText {
    /// Parses what a person typed.
    pub(super) fn of(typed: &str) -> Self {
        let folded = fold(typed);
        let typed = folded.trim();
        if looks_like_phone(typed) && digits(typed).len() >= FEWEST_TYPED_DIGITS {
            return Self(vec![spellings(typed)]);
        }
        Self(
            typed
                .split_whitespace()
                .map(|word| vec![word.to_owned()])
                .collect(),
        )
    }

    /// Returns whether all words occur in a text of [`of_submission`].
    pub(super) fn occurs_in(&self, folded: &str) -> bool {
        self.0
            .iter()
            .all(|spellings| spellings.iter().any(|word| folded.contains(word)))
    }

    /// Returns the words: all must occur, each in one of its spellings.
    pub(super) fn words(&self) -> &[Vec<String>] {
        &self.0
    }
}

/// Returns the typed text, its digits, and the digits of the phone number that it may be.
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

/// Returns the searchable text of a submission: its ids, the values of its plan, notes, the values
/// of its body.
pub(super) fn of_submission(
    entry: &Entry,
    raw: &[u8],
    events: &[Logged],
    sources: &SourceKinds,
) -> String {
    let mut text = SearchableText::default();
    text.add(entry.identity.as_str());
    text.add(&entry.id.to_string());
    if let Some(contact) = entry.contact {
        text.add(&contact.to_string());
    }
    if let Some((_, record)) = entry.record {
        text.add(&record.to_string());
    }
    if let Some(note) = &entry.note {
        text.reason(note);
    }
    text.packet(sources.decode(&entry.source, raw), raw);
    // the latest first: a long history must not displace the newest values
    for logged in events.iter().rev() {
        if let Some(body) = &logged.body {
            text.packet(sources.decode_other(&entry.source, body), body);
        }
        text.event(&logged.event);
    }
    text.text
}

#[derive(Default)]
struct SearchableText {
    text: String,
}

impl SearchableText {
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

    /// Adds the values and not the bytes: JSON may write a letter as `\u0416`, and a form as `%D0`.
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

    /// Adds a reason as both languages show it.
    fn reason(&mut self, reason: &VerdictReason) {
        self.add(&reason.to_text(Lang::En));
        self.add(&reason.to_text(Lang::Ru));
    }

    fn event(&mut self, event: &Event) {
        match event {
            Event::Planned(planned) => {
                let steps = planned.plan.steps.iter();
                steps
                    .flat_map(|step| step.kind.searchable_values())
                    .for_each(|value| self.add(value));
            }
            Event::Verdict(verdict) => {
                if let Some(reason) = &verdict.text {
                    self.reason(reason);
                }
            }
            Event::Step(step) => {
                if let Some(reason) = &step.text {
                    self.reason(reason);
                }
            }
            Event::Readmitted(before) => {
                if let Some(reason) = &before.reason {
                    self.reason(reason);
                }
            }
            Event::Note(note) => {
                self.add(note.to_text(Lang::En));
                self.add(note.to_text(Lang::Ru));
            }
            // replies of the CRM may name other people; explanations hold only ids and names of
            // fields
            Event::Call(_)
            | Event::Because(_)
            | Event::Repeated(_)
            | Event::Requeued(_)
            | Event::Foreign(_) => {}
        }
    }
}

/// Returns the text in lower case, with `е` for `ё` and a blank for each control character.
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
        let mut text = SearchableText::default();
        for value in values {
            text.add(value);
        }
        SearchText::of(typed).occurs_in(&text.text)
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
}
