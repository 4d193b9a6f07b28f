//! The comments that need no template: `answers`, the answer in the sender's words and order, and
//! `full`, the answer and behind it everything else that came. They are plain text; delivery
//! disables markup in it. The CRM's card joins ordinary blanks, so levels begin with other ones.

mod parts;

use std::borrow::Cow;

use serde_json::{Map, Value};

use self::parts::{Asked, Parts, is_mark, is_secret, is_technical};
use super::packet::Packet;
use super::text;
use crate::authoring::sources::given_name;
use crate::domain::body::ALL;
use crate::domain::file::without_contents;
use crate::domain::text::{has_russian, head};
use crate::domain::text_json;

/// Maximum length of a comment, in characters.
pub(crate) const LONGEST: usize = 16_000;
/// Deeper values are shown as `…`.
const DEEPEST: usize = 16;
/// Lines of a list that are written as one, in characters.
const SHORT: usize = 160;
const CUT: &str =
    "… the rest is left out here; the journal has the whole packet / остальное — в журнале";
/// Stands before everything that is not the answer.
const TECHNICAL: &str = "Technical data / Технические данные";
/// One level, in blanks that the card keeps.
const LEVEL: &str = "\u{a0}\u{a0}\u{a0}\u{a0}";

/// Returns the answer without what is technical, missing or blank.
pub(crate) fn answers(packet: &Packet<'_>) -> String {
    let parts = Parts::of(packet.body());
    let mut list = List::new(Content::Answers);
    list.is_russian = is_russian(&parts.answer, DEEPEST);
    list.values(&parts.answer, 0);
    list.into_text()
}

/// Returns the answer, and the rest of the packet under a heading.
pub(crate) fn full(packet: &Packet<'_>) -> String {
    let parts = Parts::of(packet.body());
    let mut list = List::new(Content::Everything);
    list.values(&parts.answer, 0);
    let named = packet.source().and_then(given_name);
    if named.is_some() || !parts.technical.is_empty() {
        if !list.text.is_empty() {
            list.text.push('\n');
        }
        list.text.extend([TECHNICAL, "\n"]);
    }
    if let Some((key, name)) = named {
        list.text.extend([key, ": ", &*name, "\n"]);
    }
    for (key, value) in &parts.technical {
        if is_secret(key) {
            list.text.extend([key, ": ••••••\n"]);
        } else {
            list.member(key, value, 0);
        }
    }
    list.into_text()
}

/// What a comment shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Everything,
    /// What people answered.
    Answers,
}

struct List {
    content: Content,
    /// Whether yes and no are written in Russian.
    is_russian: bool,
    text: String,
}

impl List {
    fn new(content: Content) -> Self {
        Self {
            content,
            is_russian: false,
            text: String::new(),
        }
    }

    /// Returns the text, cut to the longest comment.
    fn into_text(self) -> String {
        let text = self.text.trim_matches(['\n', ' ']);
        if text.len() <= LONGEST || text.chars().count() <= LONGEST {
            return text.to_owned();
        }
        let kept = head(text, LONGEST - CUT.chars().count() - 1);
        format!("{}\n{CUT}", kept.trim_end())
    }

    /// Whether the text is longer than any comment.
    fn is_full(&self) -> bool {
        // a character has at most four bytes
        self.text.len() > LONGEST * 4
    }

    fn shows_all(&self) -> bool {
        self.content == Content::Everything
    }

    /// Returns the question and the answer, if nothing else of the value must be shown.
    fn asked<'v>(&self, value: &'v Value) -> Option<Asked<'v>> {
        Asked::read(value).filter(|asked| asked.is_whole || !self.shows_all())
    }

    /// Returns whether there is nothing of the value to show.
    fn is_empty(&self, value: &Value) -> bool {
        !self.shows_all() && is_blank(value)
    }

    /// Returns whether a member or a question is left out.
    fn leaves_out(&self, name: &str) -> bool {
        !self.shows_all() && is_technical(name)
    }

    fn indent(&mut self, depth: usize) {
        for _ in 1..depth {
            self.text.push_str(LEVEL);
        }
        if depth > 0 {
            self.text.push_str("• ");
        }
    }

    /// Writes the members of an object, or the elements of a list.
    fn values(&mut self, value: &Value, depth: usize) {
        match value {
            Value::Object(map) => self.members(map, depth),
            Value::Array(list) => self.elements(list, depth),
            Value::Null => {}
            Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                self.scalar(value, depth);
                self.text.push('\n');
            }
        }
    }

    fn members(&mut self, map: &Map<String, Value>, depth: usize) {
        for (key, value) in map {
            if self.is_full() {
                return;
            }
            if self.shows_all() {
                self.member(key, value, depth);
            } else if is_mark(key) || (depth > 0 && is_technical(key)) {
                // a poll has its own fields at the top, `Parts` has looked at those of channels
            } else if let Some(all) = all_values(map, key) {
                self.member(key, all, depth);
            } else if !is_list_of_another(map, key) {
                self.member(key, value, depth);
            }
        }
    }

    /// Writes a key or a question with its value.
    fn member(&mut self, key: &str, value: &Value, depth: usize) {
        let opened = opened(value);
        let value = opened.as_ref();
        if let Some(asked) = self.asked(value) {
            if !self.leaves_out(asked.text) {
                self.line(asked.text, asked.answer, depth);
            }
            return;
        }
        // the questions of a quiz need no name of their list
        let is_quiz = |list: &Vec<Value>| list.iter().all(|it| Asked::read(it).is_some());
        if !self.shows_all() && value.as_array().is_some_and(is_quiz) {
            return self.values(value, depth);
        }
        self.line(key, value, depth);
    }

    fn line(&mut self, label: &str, value: &Value, depth: usize) {
        let opened = opened(value);
        let value = opened.as_ref();
        if self.is_empty(value) {
            return;
        }
        self.indent(depth);
        self.text.push_str(label.trim_end_matches([':', ' ']));
        self.text.push(':');
        match value {
            Value::Array(list) if list.iter().any(is_composite) => self.below(value, depth),
            Value::Array(list) if self.shows_all() && !list.is_empty() => self.below(value, depth),
            Value::Object(map) if !map.is_empty() => self.below(value, depth),
            value => {
                self.text.push(' ');
                match text::of(value) {
                    Some(_) if !value.is_array() => self.scalar(value, depth + 1),
                    Some(joined) => {
                        let shown = without_contents(&joined);
                        self.text.push_str(shown.as_deref().unwrap_or(&joined));
                    }
                    None => self.text.push('—'),
                }
                self.text.push('\n');
            }
        }
    }

    /// Writes a list or an object below its label.
    fn below(&mut self, value: &Value, depth: usize) {
        self.text.push('\n');
        if depth >= DEEPEST {
            self.indent(depth + 1);
            return self.text.push_str("…\n");
        }
        self.values(value, depth + 1);
    }

    fn elements(&mut self, list: &[Value], depth: usize) {
        let mut number = 0;
        for element in list {
            if self.is_full() {
                return;
            }
            let opened = opened(element);
            let element = opened.as_ref();
            if self.is_empty(element) {
                continue;
            }
            if let Some(asked) = self.asked(element) {
                if !self.leaves_out(asked.text) {
                    self.line(asked.text, asked.answer, depth);
                }
                continue;
            }
            number += 1;
            if is_composite(element) {
                self.row(number, element, depth);
            } else {
                self.indent(depth.max(1));
                match text::of(element) {
                    Some(_) => self.scalar(element, depth + 1),
                    None => self.text.push('—'),
                }
                self.text.push('\n');
            }
        }
    }

    /// Writes an element that has values of its own: in one line if it is short.
    fn row(&mut self, number: usize, value: &Value, depth: usize) {
        for _ in 1..depth {
            self.text.push_str(LEVEL);
        }
        self.text.extend([&*number.to_string(), "."]);
        let shown = if self.shows_all() {
            Cow::Borrowed(value)
        } else {
            self.row_for_people(value)
        };
        match one_line(&shown).filter(|line| line.chars().count() <= SHORT) {
            Some(line) => self.text.extend([" ", &*line, "\n"]),
            None => self.below(value, depth),
        }
    }

    /// Returns the members of a row without what machines added, with words for yes and no.
    fn row_for_people<'v>(&self, value: &'v Value) -> Cow<'v, Value> {
        let Value::Object(map) = value else {
            return Cow::Borrowed(value);
        };
        let is_plain = |(key, value): (&String, &Value)| !is_technical(key) && !value.is_boolean();
        if map.iter().all(is_plain) {
            return Cow::Borrowed(value);
        }
        let members = map.iter().filter(|(key, _)| !is_technical(key));
        let worded = members.map(|(key, value)| {
            let value = match value {
                Value::Bool(_) => Value::from(self.yes_or_no(value)),
                other => other.clone(),
            };
            (key.clone(), value)
        });
        Cow::Owned(Value::Object(worded.collect()))
    }

    fn yes_or_no(&self, value: &Value) -> &'static str {
        let is_yes = value == &Value::Bool(true);
        match (self.shows_all(), self.is_russian, is_yes) {
            (true, _, true) => "true",
            (true, _, false) => "false",
            (false, true, true) => "да",
            (false, true, false) => "нет",
            (false, false, true) => "yes",
            (false, false, false) => "no",
        }
    }

    /// Writes a text; further lines are indented, so that they cannot look like keys.
    fn scalar(&mut self, value: &Value, depth: usize) {
        let text = match value {
            Value::String(text) => text.trim(),
            Value::Bool(_) => return self.text.push_str(self.yes_or_no(value)),
            other => {
                let shown = text::of(other).unwrap_or_default();
                return self.text.push_str(&shown);
            }
        };
        // the content of a file is no text for people
        let shown = without_contents(text);
        let text = shown.as_deref().unwrap_or(text);
        for (index, line) in text.lines().enumerate() {
            if index > 0 {
                self.text.push('\n');
                for _ in 0..depth {
                    self.text.push_str(LEVEL);
                }
            }
            self.text.push_str(line);
        }
    }
}

/// Returns what is inside a text that holds JSON, otherwise the value itself.
fn opened(value: &Value) -> Cow<'_, Value> {
    match value {
        Value::String(text) if text_json::may_be_json(text) => {
            let inside = text_json::inside(text);
            inside.map_or(Cow::Borrowed(value), Cow::Owned)
        }
        value => Cow::Borrowed(value),
    }
}

fn is_composite(value: &Value) -> bool {
    matches!(value, Value::Object(_) | Value::Array(_))
}

/// Returns whether a name or a text has a Russian letter.
fn is_russian(value: &Value, depth: usize) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => has_russian(text),
        Value::Array(_) | Value::Object(_) if depth == 0 => false,
        Value::Array(list) => list.iter().any(|value| is_russian(value, depth - 1)),
        Value::Object(map) => map
            .iter()
            .any(|(key, value)| has_russian(key) || is_russian(value, depth - 1)),
    }
}

/// Returns whether there is no value in it for people.
fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(list) => list.iter().all(is_blank),
        Value::Object(map) => {
            let is_left_out =
                |(key, value): (&String, &Value)| is_technical(key) || is_blank(value);
            map.iter().all(is_left_out)
                || Asked::read(value).is_some_and(|asked| is_technical(asked.text))
        }
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Returns the members of an object as one line, if all of them are single values.
fn one_line(value: &Value) -> Option<String> {
    let map = value.as_object()?;
    let is_plain = |value: &Value| match value {
        Value::String(text) => !text.contains('\n') && !text_json::may_be_json(text),
        value => !is_composite(value),
    };
    if map.is_empty() || !map.values().all(is_plain) {
        return None;
    }
    text::of(value)
}

/// Returns all values of a name that a form repeats: they stand beside its last one.
fn all_values<'v>(map: &'v Map<String, Value>, key: &str) -> Option<&'v Value> {
    // most packets have no such name
    let all = map.get(&format!("{key}{ALL}"))?;
    all.is_array().then_some(all)
}

/// Returns whether a member is the list of the values of another one.
fn is_list_of_another(map: &Map<String, Value>, key: &str) -> bool {
    let of = key.strip_suffix(ALL);
    of.is_some_and(|of| map.contains_key(of))
}

#[cfg(test)]
mod tests;
