//! A declared field: turns a packet into one text (and a list of texts), or into the reason for
//! having none.

use std::sync::Arc;

use serde_json::Value;

use super::condition::Condition;
use super::normalise::{self, NameCertainty, NamePart, NormaliseOptions};
use super::packet::Packet;
use super::path::{MOST_VALUES, Path, PathMatch};
use super::reading::FieldReading;
use super::table::Dictionary;
use super::template::{MOST_ROUNDS, Rendered, Template, Values, default_zone};
use super::text;
use super::typed::truth;
use crate::authoring::{NameOrder, Normaliser};
use crate::domain::clean::clean;
use crate::domain::{Country, MappingExplanation, Note};

/// A compiled field.
#[derive(Debug)]
pub(crate) struct DeclaredField {
    pub(crate) name: Arc<str>,
    pub(crate) source: FieldSource,
    pub(crate) when: Condition,
    pub(crate) form: Normaliser,
    pub(crate) separator: Option<String>,
    pub(crate) options: NormaliseOptions,
    /// Whether the profile uses what stands beside its values, or writes it.
    pub(crate) uses_beside: bool,
    /// Whether a loop walks through its values.
    pub(crate) is_looped: bool,
    /// Whether the profile uses the type of its value.
    pub(crate) keeps_type: bool,
    pub(crate) dictionary: Option<Dictionary>,
    pub(crate) unknown: UnknownValue,
    pub(crate) missing: Missing,
}

/// The source of a field's value.
#[derive(Debug)]
pub(crate) enum FieldSource {
    /// The packet: the first place with a readable value.
    Paths(Vec<Path>),
    /// Other fields.
    Template(Box<Template>),
    /// A part of another field.
    Part {
        of: usize,
        part: FieldPart,
        order: Option<NameOrder>,
    },
}

/// A part of a field that templates can use by its own name: `fio.first`, `phone.extension`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldPart {
    Name(NamePart),
    /// What stands beside the value.
    Beside,
}

impl FieldPart {
    /// Returns the words behind the dot, and the parts, of fields with this `as`.
    pub(crate) fn of(form: Normaliser) -> &'static [(&'static str, Self)] {
        match form {
            Normaliser::Name => &[
                ("last", Self::Name(NamePart::Last)),
                ("first", Self::Name(NamePart::First)),
                ("second", Self::Name(NamePart::Second)),
                ("remark", Self::Beside),
            ],
            Normaliser::Phone => &[("extension", Self::Beside)],
            Normaliser::Money => &[("currency", Self::Beside)],
            _ => &[],
        }
    }
}

/// What to do with a value that is not in the field's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum UnknownValue {
    /// It stays as it is.
    Keep,
    /// Treat it as missing.
    LikeMissing,
    /// This.
    Like(Missing),
}

/// What to do if a field has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Leave out the CRM fields that need it.
    Skip,
    /// Use an empty text, which clears a CRM field.
    Empty,
    /// Use this text instead.
    Default(String),
    /// Reject the submission.
    Reject,
    /// A person decides.
    Park,
}

impl DeclaredField {
    /// A part of a field: `fio.first`.
    pub(crate) fn part(name: String, of: usize, part: FieldPart, order: Option<NameOrder>) -> Self {
        Self {
            name: name.into(),
            source: FieldSource::Part { of, part, order },
            when: Condition::default(),
            form: Normaliser::Text,
            separator: None,
            options: NormaliseOptions {
                zone: default_zone(),
                country: Country::RUSSIA,
                part: None,
            },
            uses_beside: false,
            is_looped: false,
            keeps_type: false,
            dictionary: None,
            unknown: UnknownValue::LikeMissing,
            missing: Missing::Skip,
        }
    }

    /// Returns whether it can reject a submission.
    pub(crate) fn can_reject(&self) -> bool {
        self.missing == Missing::Reject || self.unknown == UnknownValue::Like(Missing::Reject)
    }

    /// Returns whether it is a part of another field.
    pub(crate) fn is_a_part(&self) -> bool {
        matches!(self.source, FieldSource::Part { .. })
    }

    /// Returns whether it is a part of this field.
    pub(crate) fn is_part_of(&self, field: usize) -> bool {
        matches!(self.source, FieldSource::Part { of, .. } if of == field)
    }

    /// Returns the numbers of the fields that must be read before it.
    pub(crate) fn needs(&self) -> Vec<usize> {
        let mut needs: Vec<usize> = match &self.source {
            FieldSource::Paths(_) => Vec::new(),
            FieldSource::Template(template) => template.fields().to_vec(),
            FieldSource::Part { of, .. } => vec![*of],
        };
        needs.extend(self.when.fields());
        needs
    }

    /// Returns its places as normalised paths.
    pub(crate) fn places(&self) -> Vec<String> {
        match &self.source {
            FieldSource::Paths(paths) => {
                paths.iter().map(|path| path.as_str().to_owned()).collect()
            }
            FieldSource::Template(_) | FieldSource::Part { .. } => Vec::new(),
        }
    }

    /// Reads the field; `values` has the fields that were read before. Notes record what it could
    /// not use. The error says why its template could not be computed.
    pub(crate) fn read(
        &self,
        packet: &Packet<'_>,
        values: &Values<'_>,
        notes: &mut Vec<Note>,
    ) -> Result<FieldReading, MappingExplanation> {
        if !self.when.holds(packet, values) {
            let mut reading = absent(&self.missing, self.form);
            reading.unwanted = true;
            return Ok(reading);
        }
        let reading = match &self.source {
            FieldSource::Paths(paths) if self.form == Normaliser::File => {
                self.read_files(paths, packet, notes)
            }
            FieldSource::Paths(paths) => self.read_packet(paths, packet, notes),
            FieldSource::Template(template) => self.computed(template, values, notes)?,
            FieldSource::Part { of, part, order } => part_of(values, *of, *part, *order),
        };
        if reading.text.is_some() {
            return Ok(reading);
        }
        let rule = match &self.unknown {
            UnknownValue::Like(rule) if reading.unknown => rule,
            UnknownValue::Like(_) | UnknownValue::LikeMissing | UnknownValue::Keep => &self.missing,
        };
        Ok(FieldReading {
            unreadable: reading.unreadable,
            unknown: reading.unknown,
            ..absent(rule, self.form)
        })
    }

    /// Returns what stops the submission if there is no value.
    pub(crate) fn rule(&self, reading: &FieldReading) -> &Missing {
        match &self.unknown {
            _ if reading.unwanted => &Missing::Skip,
            UnknownValue::Like(rule) if reading.unknown => rule,
            UnknownValue::Like(_) | UnknownValue::LikeMissing | UnknownValue::Keep => &self.missing,
        }
    }

    fn read_packet(
        &self,
        paths: &[Path],
        packet: &Packet<'_>,
        notes: &mut Vec<Note>,
    ) -> FieldReading {
        let mut failed = FieldReading::default();
        for path in paths {
            let mut found = self.found(path, packet);
            let is_all = found.len() <= MOST_VALUES;
            found.truncate(MOST_VALUES);
            let mut items = Vec::new();
            for found in &found {
                match found.moment.filter(|_| self.form.is_time()) {
                    Some(moment) => items.push(moment.to_string()),
                    None => text::items(found.value, &mut items),
                }
            }
            if items.is_empty() {
                continue;
            }
            let place = match found.as_slice() {
                [one] => &one.place,
                _ => path.place(),
            };
            let whole = match found.as_slice() {
                [one] => Some(one.value),
                _ => None,
            };
            if !is_all || items.len() > text::MOST_ITEMS {
                items.truncate(text::MOST_ITEMS);
                self.note(notes, too_many(place));
            }
            match self.shape(items, whole, notes, place) {
                Ok(reading) => {
                    return FieldReading {
                        place: Some(Arc::clone(place)),
                        rows: self.rows(&found),
                        ..reading
                    };
                }
                Err(why) => {
                    failed.unreadable |= why == Failed::Unreadable;
                    failed.unknown |= why == Failed::Unknown;
                }
            }
        }
        failed
    }

    /// Returns what a path finds. A field that takes lists gets all values of a name that the form
    /// repeats.
    pub(crate) fn found<'v>(&self, path: &'v Path, packet: &'v Packet<'_>) -> Vec<PathMatch<'v>> {
        let takes_lists = matches!(
            self.form,
            Normaliser::Join | Normaliser::Split | Normaliser::File
        );
        let repeated = takes_lists.then(|| path.find_repeated(packet)).flatten();
        let find = || path.find_first(packet, MOST_VALUES + 1);
        repeated.map_or_else(find, |list| vec![list])
    }

    /// Returns the packet's values for a loop.
    fn rows(&self, found: &[PathMatch<'_>]) -> Option<Value> {
        if !self.is_looped || !self.is_plain() {
            return None;
        }
        Some(match found {
            [one] => one.value.clone(),
            several => several.iter().map(|found| found.value.clone()).collect(),
        })
    }

    fn computed(
        &self,
        template: &Template,
        values: &Values<'_>,
        notes: &mut Vec<Note>,
    ) -> Result<FieldReading, MappingExplanation> {
        let rendered = template.render(values);
        if values.built_in.take_cut() {
            self.note(notes, MappingExplanation::LoopCut { most: MOST_ROUNDS });
        }
        let text = match rendered {
            Rendered::Text(text) if !text.is_empty() => text,
            Rendered::Text(_) | Rendered::NoValue => return Ok(FieldReading::default()),
            Rendered::Failed => return Err(MappingExplanation::TemplateFailed),
        };
        Ok(match self.shape(vec![text], None, notes, "`value`") {
            Ok(reading) => FieldReading {
                made_of: template.origin(values).sources,
                ..reading
            },
            Err(why) => FieldReading {
                unreadable: why == Failed::Unreadable,
                unknown: why == Failed::Unknown,
                ..FieldReading::default()
            },
        })
    }

    fn shape(
        &self,
        items: Vec<String>,
        whole: Option<&Value>,
        notes: &mut Vec<Note>,
        place: &str,
    ) -> Result<FieldReading, Failed> {
        let listed = items.len();
        let items = self.translate(self.with_decimal_points(items, whole), notes, place)?;
        let mut beside = Vec::new();
        let mut read: Vec<String> = match self.form {
            Normaliser::Split => items
                .iter()
                .flat_map(|item| normalise::split(item, self.separator.as_deref()))
                .take(text::MOST_ITEMS + 1)
                .collect(),
            Normaliser::Clean => items
                .iter()
                .map(|item| clean(item))
                .filter(|item| !item.is_empty())
                .collect(),
            form if form.keeps_all() => items,
            _ => self.normalised(&items, &mut beside, notes, place),
        };
        if read.len() > text::MOST_ITEMS {
            read.truncate(text::MOST_ITEMS);
            self.note(notes, too_many(place));
        }
        if read.is_empty() && self.options.part.is_some() {
            // an address without this part is no mistake
            return Err(Failed::Absent);
        }
        if read.is_empty() {
            let what = MappingExplanation::Unreadable {
                wanted: self.form.wants(),
                place: place.to_owned(),
            };
            self.note(notes, what);
            return Err(Failed::Unreadable);
        }
        let text = match (read.as_slice(), whole) {
            ([_], _) => read.swap_remove(0),
            ([first, ..], _) if self.form.lists_all() => first.clone(),
            // a whole list or block has its own rendering; single values are joined here
            (_, Some(value)) if self.is_plain() => text::of(value).ok_or(Failed::Unreadable)?,
            (several, _) => text::capped(several.join(self.joint())),
        };
        Ok(FieldReading {
            typed: self.typed(&text, &read, whole),
            truth: self.truth(&text, whole),
            text: Some(text),
            block: whole
                .filter(|value| self.is_plain() && has_block(value))
                .cloned(),
            items: if listed > 1 || self.form == Normaliser::Split || self.form.lists_all() {
                read
            } else {
                Vec::new()
            },
            beside: if beside.iter().any(Option::is_some) {
                beside
            } else {
                Vec::new()
            },
            ..FieldReading::default()
        })
    }

    /// Returns the readable values, each once: all of them if the normaliser lists all, otherwise
    /// the first.
    fn normalised(
        &self,
        items: &[String],
        beside: &mut Vec<Option<String>>,
        notes: &mut Vec<Note>,
        place: &str,
    ) -> Vec<String> {
        let mut read: Vec<String> = Vec::new();
        let (mut has_more, mut is_unlisted) = (false, false);
        for item in items {
            let found = self.form.read_all(item, &self.options);
            is_unlisted |= found.is_unlisted;
            has_more |= found.has_more && !found.values.is_empty();
            for value in found.values {
                if read.len() >= text::MOST_ITEMS || read.contains(&value.text) {
                    continue;
                }
                has_more |= value.beside.is_some() && !self.uses_beside && !self.is_money();
                read.push(value.text);
                beside.push(value.beside);
            }
            if !read.is_empty() && !self.form.lists_all() {
                break;
            }
        }
        let place = || Some(place.to_owned());
        if has_more {
            let (wanted, place) = (self.form.wants(), place());
            self.note(notes, MappingExplanation::TextBeside { wanted, place });
        }
        if is_unlisted {
            self.note(notes, MappingExplanation::UnlistedPhone { place: place() });
        }
        read
    }

    /// Marks the point of a JSON number as a decimal one: people write `12.345` for twelve thousand,
    /// programs do not.
    fn with_decimal_points(&self, items: Vec<String>, whole: Option<&Value>) -> Vec<String> {
        if !self.is_money() || !whole.is_some_and(is_numbers) {
            return items;
        }
        let mark = |number: String| {
            if number.contains('.') {
                number + "000"
            } else {
                number
            }
        };
        items.into_iter().map(mark).collect()
    }

    fn is_money(&self) -> bool {
        self.form == Normaliser::Money
    }

    /// Returns whether the packet's value is used unchanged.
    pub(super) fn is_plain(&self) -> bool {
        self.form == Normaliser::Text && self.dictionary.is_none()
    }

    fn joint(&self) -> &str {
        match (self.form, &self.separator) {
            (Normaliser::Join | Normaliser::Lookup, Some(separator)) => separator,
            _ => ", ",
        }
    }

    /// Looks the values up in the table; leaves out or keeps unknown ones, as the profile says.
    fn translate(
        &self,
        items: Vec<String>,
        notes: &mut Vec<Note>,
        place: &str,
    ) -> Result<Vec<String>, Failed> {
        let Some(table) = &self.dictionary else {
            return Ok(items);
        };
        let before = items.len();
        let mut unknown = 0_usize;
        let known: Vec<String> = items
            .into_iter()
            .filter_map(|item| {
                if let Some(text) = table.find(&item) {
                    return Some(text.to_owned());
                }
                unknown += 1;
                (self.unknown == UnknownValue::Keep).then_some(item)
            })
            .collect();
        if unknown > 0 {
            let place = place.to_owned();
            let is_filled =
                self.unknown == UnknownValue::Keep || (known.is_empty() && self.has_default());
            let what = if self.form == Normaliser::Lookup {
                MappingExplanation::NotInTable { place, is_filled }
            } else {
                MappingExplanation::NotInMap { place, is_filled }
            };
            self.note(notes, what);
        }
        // a list with an unknown value stops the submission like an unknown value
        let stops = matches!(
            &self.unknown,
            UnknownValue::Like(Missing::Reject | Missing::Park)
        );
        if known.is_empty() || (stops && known.len() < before) {
            return Err(Failed::Unknown);
        }
        Ok(known)
    }

    /// Returns whether the profile has a replacement for an unknown value.
    fn has_default(&self) -> bool {
        let rule = match &self.unknown {
            UnknownValue::Like(rule) => rule,
            UnknownValue::LikeMissing | UnknownValue::Keep => &self.missing,
        };
        matches!(rule, Missing::Default(_))
    }

    fn note(&self, notes: &mut Vec<Note>, what: MappingExplanation) {
        notes.push(Note {
            about: format!("fields.{}", self.name),
            what,
        });
    }
}

fn too_many(place: &str) -> MappingExplanation {
    MappingExplanation::TooManyValues {
        most: MOST_VALUES,
        place: place.to_owned(),
    }
}

fn has_block(value: &Value) -> bool {
    match value {
        Value::Object(_) => true,
        Value::Array(items) => items.iter().any(has_block),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Returns why an existing value cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failed {
    Absent,
    Unreadable,
    Unknown,
}

fn absent(rule: &Missing, form: Normaliser) -> FieldReading {
    let text = match rule {
        Missing::Default(text) => Some(text.clone()),
        Missing::Empty => Some(String::new()),
        Missing::Skip | Missing::Reject | Missing::Park => None,
    };
    FieldReading {
        truth: text.as_deref().and_then(|text| truth(form, text)),
        text,
        ..FieldReading::default()
    }
}

fn part_of(
    values: &Values<'_>,
    of: usize,
    part: FieldPart,
    order: Option<NameOrder>,
) -> FieldReading {
    let Some(whole) = values.readings.get(of) else {
        return FieldReading::default();
    };
    let part = match part {
        FieldPart::Name(part) => part,
        FieldPart::Beside => {
            return FieldReading {
                text: whole.beside.first().cloned().flatten(),
                place: whole.place.clone(),
                made_of: whole.made_of.clone(),
                ..FieldReading::default()
            };
        }
    };
    let name = whole.text.as_deref();
    let found = name.and_then(|name| normalise::name_part(name, part, order));
    FieldReading {
        certainty: found
            .as_ref()
            .map_or(NameCertainty::Certain, |part| part.certainty),
        text: found.map(|part| part.text),
        place: whole.place.clone(),
        made_of: whole.made_of.clone(),
        ..FieldReading::default()
    }
}

/// Returns whether a value is a JSON number, or a list of them.
fn is_numbers(value: &Value) -> bool {
    match value {
        Value::Number(_) => true,
        Value::Array(items) => !items.is_empty() && items.iter().all(Value::is_number),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Object(_) => false,
    }
}
