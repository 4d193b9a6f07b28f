//! A declared field: from a packet to one text (and a list of texts), or to a reason why there is none.

use indexmap::IndexMap;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::normalise::{self, Form};
use super::path::Path;
use super::text;
use crate::domain::Note;

/// A compiled field.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) from: Vec<Path>,
    pub(crate) form: Form,
    pub(crate) separator: Option<String>,
    pub(crate) zone: TimeZone,
    pub(crate) map: Option<IndexMap<String, String>>,
    pub(crate) missing: Missing,
}

/// What happens when a field has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Missing {
    /// CRM fields that need it are left out.
    Skip,
    /// It is empty text, which clears a CRM field.
    Empty,
    /// This text takes its place.
    Default(String),
    /// The sender is told.
    Reject,
    /// A person decides.
    Park,
}

/// What was read for a field.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reading {
    /// The text; `None` when there is no value.
    pub(crate) text: Option<String>,
    /// The single values, where there are several.
    pub(crate) items: Vec<String>,
    /// Where it stands in the packet; `None` for a default.
    pub(crate) place: Option<String>,
    /// Something stood there and could not be read.
    pub(crate) unreadable: bool,
}

impl Field {
    /// Reads the field; what it could not use goes into the notes.
    pub(crate) fn read(&self, body: &Value, notes: &mut Vec<Note>) -> Reading {
        let mut unreadable = false;
        for path in &self.from {
            let found = path.find(body);
            let mut items = Vec::new();
            for found in &found {
                text::items(found.value, &mut items);
            }
            if items.is_empty() {
                continue;
            }
            let place = match found.as_slice() {
                [one] => one.place.as_ref(),
                _ => path.as_str(),
            };
            if let Some(reading) = self.shape(items, &found, notes, place) {
                return reading;
            }
            unreadable = true;
        }
        let text = match &self.missing {
            Missing::Default(text) => Some(text.clone()),
            Missing::Empty => Some(String::new()),
            Missing::Skip | Missing::Reject | Missing::Park => None,
        };
        Reading {
            text,
            items: Vec::new(),
            place: None,
            unreadable,
        }
    }

    fn shape(
        &self,
        items: Vec<String>,
        found: &[super::path::Found<'_>],
        notes: &mut Vec<Note>,
        place: &str,
    ) -> Option<Reading> {
        let listed = items.len();
        let items = self.translate(items, notes, place)?;
        let mut read: Vec<String> = match self.form {
            Form::Split => items
                .iter()
                .flat_map(|item| normalise::split(item, self.separator.as_deref()))
                .take(text::MOST_ITEMS)
                .collect(),
            form if form.keeps_all() => items,
            form => items
                .iter()
                .find_map(|item| form.apply(item, &self.zone))
                .into_iter()
                .collect(),
        };
        if read.is_empty() {
            self.note(
                notes,
                format!("{} cannot be read at {place}", self.form.wants()),
            );
            return None;
        }
        let text = match (read.as_slice(), found) {
            ([_], _) => read.swap_remove(0),
            // a list or a block in one piece has its rendering; single values are joined here
            (_, [one]) if self.form == Form::Text && self.map.is_none() => text::of(one.value)?,
            (several, _) => text::capped(several.join(self.joint())),
        };
        Some(Reading {
            text: Some(text),
            items: if listed > 1 || self.form == Form::Split {
                read
            } else {
                Vec::new()
            },
            place: Some(place.to_owned()),
            unreadable: false,
        })
    }

    fn joint(&self) -> &str {
        match (self.form, &self.separator) {
            (Form::Join, Some(separator)) => separator,
            _ => ", ",
        }
    }

    /// Looks the values up in `map`; a value that it lacks counts as unreadable.
    fn translate(
        &self,
        items: Vec<String>,
        notes: &mut Vec<Note>,
        place: &str,
    ) -> Option<Vec<String>> {
        let Some(map) = &self.map else {
            return Some(items);
        };
        let before = items.len();
        let known: Vec<String> = items
            .iter()
            .filter_map(|item| {
                map.get(item)
                    .or_else(|| map.get(&item.to_lowercase()))
                    .cloned()
            })
            .collect();
        if known.len() < before {
            self.note(notes, format!("a value at {place} is not in `map`"));
        }
        (!known.is_empty()).then_some(known)
    }

    fn note(&self, notes: &mut Vec<Note>, text: String) {
        notes.push(Note {
            about: format!("fields.{}", self.name),
            text,
        });
    }
}
