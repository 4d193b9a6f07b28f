//! Observes submissions: every path with a value, how often, and of what kind.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::{hooks, labelled};
use crate::domain::clean::is_encoded;
use crate::domain::file::{self, FileReadings, FileSource, ReadFile};
use crate::domain::{CallKind, Country, Email, Phone, body, text_json};
use crate::mapping::money;

/// Anything nested deeper is one field.
const DEEPEST: usize = 6;
/// The maximum number of different fields; further ones are ignored.
const MOST: usize = 300;
/// Maximum length of a key; longer ones are ignored.
const LONGEST_KEY: usize = 100;

/// The fields of all submissions, in the order in which they were found.
#[derive(Debug, Default)]
pub(super) struct Observations {
    places: IndexMap<String, ObservedField>,
}

/// One field.
#[derive(Debug, Default)]
pub(super) struct ObservedField {
    /// Its path: `$.data.email`.
    pub(super) path: String,
    /// Its last key, or its label in a list of questions.
    pub(super) key: String,
    /// The keys above it, the nearest last.
    pub(super) parents: Vec<String>,
    /// The number of submissions in which it has a value.
    pub(super) count: usize,
    /// The kinds of its values.
    pub(super) kinds: BTreeSet<ObservedKind>,
    /// Numbers of values that look like an e-mail address, a phone number, several words.
    pub(super) emails: usize,
    pub(super) phones: usize,
    pub(super) phrases: usize,
    /// Numbers of values that can be read as an amount of money, and as a name in a messenger.
    pub(super) amounts: usize,
    pub(super) handles: usize,
    /// Numbers of amounts of zero, and of values with a letter and no digit.
    pub(super) zeros: usize,
    pub(super) lettered: usize,
    /// Number of values that end like a patronymic.
    pub(super) patronymics: usize,
    /// Number of texts with HTML entities, tags or backslashes before quotes.
    pub(super) encoded: usize,
    /// Number of addresses with UTM marks in them.
    pub(super) marked: usize,
    /// Number of phone numbers that are Russian or have their country code.
    known_phones: usize,
    /// Number of the other values that are phone numbers in each of [`Country::USUAL`].
    local_phones: [usize; Country::USUAL.len()],
    /// Numbers of dates, and of dates with a time.
    pub(super) days: usize,
    pub(super) moments: usize,
    /// Number of lists of plain values.
    pub(super) plain_lists: usize,
    /// Number of values that are files.
    pub(super) files: usize,
}

/// The kind of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ObservedKind {
    Text,
    Number,
    Flag,
    List,
    Block,
}

/// Returns the part of a call's packet that a profile reads: the number of the client is there once,
/// and the line, which is ours, is not.
fn of_call(packet: &Value) -> Option<Value> {
    CallKind::of_packet(packet)?;
    packet.get("record")?;
    let mut call = packet.get("call")?.clone();
    call.as_object_mut()?.shift_remove("line");
    Some(json!({ "call": call }))
}

impl Observations {
    pub(super) fn of(packets: &[Value]) -> Self {
        let mut observed = Self::default();
        for packet in packets {
            match of_call(packet) {
                Some(call) => observed.look(&call, "$", &[]),
                None => observed.look(packet, "$", &[]),
            }
        }
        observed
    }

    /// Observes a single value.
    pub(super) fn of_value(value: &Value, path: &str, keys: &[&str]) -> Self {
        let mut observed = Self::default();
        observed.note(value, path, keys);
        observed
    }

    pub(super) fn seen(&self) -> impl Iterator<Item = &ObservedField> {
        self.places.values()
    }

    fn look(&mut self, value: &Value, path: &str, keys: &[&str]) {
        if is_file(value) && !value.as_array().is_some_and(|items| has_phone(items)) {
            self.note(value, path, keys);
            return;
        }
        let depth = keys.len();
        match value {
            Value::Object(members)
                if depth < DEEPEST
                    && let Some((label, key, value)) = labelled::answer(members) =>
            {
                let path = format!("{path}{}", step(key));
                self.look(value, &path, &[keys, &[label]].concat());
            }
            Value::Object(members) if depth < DEEPEST => self.block(members, path, keys),
            Value::Array(items)
                if depth < DEEPEST
                    && let Some(rows) = labelled::rows(items) =>
            {
                for row in rows {
                    let path = format!("{path}{}", row.path);
                    self.look(row.value, &path, &[keys, &[row.label]].concat());
                }
            }
            Value::Array(items)
                if depth < DEEPEST
                    && let [one] = items.as_slice()
                    && is_wrapped(one, keys) =>
            {
                self.look(one, &format!("{path}[0]"), keys);
            }
            Value::String(text)
                if depth < DEEPEST
                    && let Some(inside) = text_json::inside(text) =>
            {
                match inside {
                    // the path of the text itself gives the text
                    Value::Array(items) if !items.is_empty() => {
                        self.note(&Value::Array(items), &format!("{path}[*]"), keys);
                    }
                    inside => self.look(&inside, path, &[keys, &[""]].concat()),
                }
            }
            Value::Null => {}
            Value::String(text) if text.trim().is_empty() => {}
            Value::Array(items) if items.is_empty() => {}
            _ => self.note(value, path, keys),
        }
    }

    /// Looks at the members of a block.
    fn block(&mut self, members: &Map<String, Value>, path: &str, keys: &[&str]) {
        let depth = keys.len();
        let hook = hooks::entity(members).filter(|_| depth == 0);
        let is_envelope = is_envelope(members) || hook.is_some_and(|it| it != hooks::PEOPLE);
        for (name, value) in members {
            if name.chars().count() > LONGEST_KEY || name.chars().any(char::is_control) {
                continue;
            }
            if hook.is_some() && hooks::is_technical(name) {
                continue;
            }
            if hook.is_some()
                && let Some(fields) = hooks::fields(hook, name, value)
            {
                for field in fields {
                    self.look(
                        &field.value,
                        &field.path,
                        &[name.as_str(), field.name.as_str()],
                    );
                }
                continue;
            }
            // all values of a name that a form repeats
            let repeated = name
                .strip_suffix(body::ALL)
                .filter(|name| depth == 0 && members.contains_key(*name));
            if let Some(name) = repeated {
                let path = format!("{path}{}[*]", step(name));
                self.look(value, &path, &[keys, &[name]].concat());
                continue;
            }
            let path = format!("{path}{}", step(name));
            // beside its fields, a form tells its own name
            let of_form: &[&str] = if is_envelope && name == "name" {
                &["form"]
            } else {
                &[]
            };
            self.look(value, &path, &[keys, of_form, &[name.as_str()]].concat());
        }
    }

    fn note(&mut self, value: &Value, path: &str, keys: &[&str]) {
        if self.places.len() >= MOST && !self.places.contains_key(path) {
            return;
        }
        let seen = self.places.entry(path.to_owned()).or_insert_with(|| {
            let named: Vec<&str> = keys.iter().copied().filter(|key| !key.is_empty()).collect();
            let (key, parents) = named.split_last().unwrap_or((&"", &[]));
            ObservedField {
                path: path.to_owned(),
                key: (*key).to_owned(),
                parents: parents.iter().map(|key| (*key).to_owned()).collect(),
                ..ObservedField::default()
            }
        });
        seen.count += 1;
        seen.files += usize::from(is_file(value));
        seen.kinds.insert(match value {
            Value::String(_) | Value::Null => ObservedKind::Text,
            Value::Number(_) => ObservedKind::Number,
            Value::Bool(_) => ObservedKind::Flag,
            Value::Array(_) => ObservedKind::List,
            Value::Object(_) => ObservedKind::Block,
        });
        seen.amounts += usize::from(is_amount(value));
        seen.zeros += usize::from(is_zero(value));
        if let Value::String(text) = value {
            let has_digit = !is_encoded(text) && text.contains(|c: char| c.is_ascii_digit());
            seen.patronymics += usize::from(is_patronymic(text));
            seen.lettered += usize::from(!has_digit && text.contains(char::is_alphabetic));
            seen.handles += usize::from(is_handle(text));
            seen.emails += usize::from(Email::parse(text).is_some());
            // any long number could be a phone number; people write theirs with a prefix
            let dressed = text.trim_start().starts_with(['+', '8', '7', '(']);
            let is_phone = Phone::parse(text).is_some();
            seen.phones += usize::from(dressed && is_phone);
            seen.known_phones += usize::from(is_phone);
            if !is_phone && is_short_number(text) {
                seen.note_local_phone(text);
            }
            seen.encoded += usize::from(is_encoded(text));
            seen.marked += usize::from(text.contains("utm_source="));
            seen.phrases += usize::from(text.split_whitespace().count() > 1);
            match moment(text.trim()) {
                Some(Precision::Day) => seen.days += 1,
                Some(Precision::Time) => seen.moments += 1,
                None => {}
            }
        }
        if let Value::Array(items) = value {
            let is_plain = |item: &Value| !item.is_array() && !item.is_object();
            seen.plain_lists += usize::from(items.iter().all(is_plain));
        }
    }
}

impl ObservedField {
    fn note_local_phone(&mut self, text: &str) {
        for (count, country) in self.local_phones.iter_mut().zip(Country::USUAL) {
            *count += usize::from(!Phone::all_of(text, country).phones.is_empty());
        }
    }

    /// Returns the country of its phone numbers: the only one in which all of them are numbers.
    pub(super) fn country(&self) -> Option<Country> {
        let local = self.count.checked_sub(self.known_phones)?;
        let counts = self.local_phones.iter().zip(Country::USUAL);
        let mut fitting = counts.filter(|(count, _)| local > 0 && **count == local);
        let (_, country) = fitting.next()?;
        fitting.next().is_none().then_some(country)
    }
}

/// Returns whether a block has the fields of a form in another block, and so a `name` of its own.
fn is_envelope(members: &Map<String, Value>) -> bool {
    let is_inner = |key: &&str| {
        let value = members.get(*key);
        value.is_some_and(|value| value.is_object() || value.is_array())
    };
    let has_person = members.keys().any(|key| {
        let key = key.to_lowercase();
        ["phone", "tel", "mail", "тел", "почт"]
            .iter()
            .any(|part| key.contains(part))
    });
    let inner = ["data", "fields", "answers", "submissions"];
    !has_person && inner.iter().any(is_inner)
}

/// Returns whether the only value of a list is a form's value, and the list only its wrapping.
fn is_wrapped(one: &Value, keys: &[&str]) -> bool {
    let key = keys
        .last()
        .map(|key| key.to_lowercase())
        .unwrap_or_default();
    let parent = keys.iter().rev().nth(1).copied().unwrap_or_default();
    match one {
        Value::String(text) => {
            matches!(key.as_str(), "value" | "values" | "answer" | "answers")
                || parent == "namedValues"
                || Phone::parse(text).is_some()
                || Email::parse(text).is_some()
        }
        Value::Object(_) => matches!(
            key.as_str(),
            "phones" | "emails" | "contacts" | "clients" | "people" | "leads" | "orders"
        ),
        _ => false,
    }
}

fn is_amount(value: &Value) -> bool {
    match value {
        Value::Number(_) => true,
        Value::String(text) => money(text).is_some(),
        _ => false,
    }
}

fn is_patronymic(text: &str) -> bool {
    let lower = text.trim().to_lowercase();
    let ends = ["вич", "вна", "чна", "оглы", "кызы", "vich", "vna", "chna"];
    ends.iter().any(|end| lower.ends_with(end))
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.contains('0') && !text.contains(|c| ('1'..='9').contains(&c)),
        _ => false,
    }
}

/// Returns whether a text may be a person's name in a messenger: `@anna_p`, `https://t.me/anna_p`.
fn is_handle(text: &str) -> bool {
    let text = text.trim();
    let bare = text
        .trim_start_matches("https://")
        .trim_start_matches("http://");
    let name = bare.rsplit('/').next().unwrap_or(bare);
    let name = name.trim_start_matches('@');
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | ':');
    (3..=40).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(is_name)
}

/// Returns whether a list has a phone number.
fn has_phone(items: &[Value]) -> bool {
    let mut texts = items.iter().filter_map(Value::as_str);
    texts.any(|text| Phone::parse(text).is_some())
}

/// Returns whether a text may be a phone number without a country code.
fn is_short_number(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (7..=12).contains(&digits) && !text.contains(char::is_alphabetic)
}

/// Returns a path step: `.email`, or `['Ваш телефон']` for a key that is not a plain word.
pub(super) fn step(key: &str) -> String {
    let plain = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain {
        return format!(".{key}");
    }
    let escaped = key.replace('\\', "\\\\").replace('\'', "\\'");
    format!("['{escaped}']")
}

/// Returns whether a value is a file, or a list of files. A link alone may lead to a page, and a
/// long word is not base64 for that.
fn is_file(value: &Value) -> bool {
    let is_text = value
        .as_str()
        .is_some_and(|text| !text.starts_with("data:"));
    if is_text || !matches!(value, Value::String(_) | Value::Array(_) | Value::Object(_)) {
        return false;
    }
    let mut found = FileReadings::default();
    file::read_all(value, "$", "file", &mut found);
    let is_content = |file: &ReadFile| file.source != FileSource::Link;
    found.unreadable.is_empty() && !found.files.is_empty() && found.files.iter().all(is_content)
}

enum Precision {
    Day,
    Time,
}

/// Recognises a numeric date with a four-digit year: `21.07.2025`, `2025-07-21T11:35:47Z`.
fn moment(text: &str) -> Option<Precision> {
    let (day, time) = match text.split_once(['T', ' ']) {
        Some((day, time)) => (day, Some(time)),
        None => (text, None),
    };
    let parts: Vec<&str> = day.split(['.', '/', '-']).collect();
    let number = |part: &str, length: usize, most: u32| {
        let is_one = part.len() <= length && part.chars().all(|c| c.is_ascii_digit());
        is_one
            && part
                .parse()
                .is_ok_and(|number: u32| (1..=most).contains(&number))
    };
    let is_year = |part: &str| part.len() == 4 && number(part, 4, 9999);
    let is_day = match parts.as_slice() {
        [year, month, day] if is_year(year) => number(month, 2, 12) && number(day, 2, 31),
        [day, month, year] if is_year(year) => number(month, 2, 12) && number(day, 2, 31),
        _ => false,
    };
    match time {
        _ if !is_day => None,
        None => Some(Precision::Day),
        Some(time) => {
            let (hour, _) = time.split_once(':')?;
            let is_time = !hour.is_empty() && hour.chars().all(|c| c.is_ascii_digit());
            is_time.then_some(Precision::Time)
        }
    }
}
