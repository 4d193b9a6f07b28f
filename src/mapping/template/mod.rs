//! Templates: `Заказ №{{order_id}}`. Most have a few words and names and are kept as a list of
//! pieces; only those with helpers or conditions use Handlebars.
//!
//! A respondent's text is data: it is inserted as it is and never parsed as a template.

mod arguments;
mod check;
mod engine;
mod escape;
mod helpers;
mod html;
mod loop_hints;
mod loops;
mod mistakes;
mod other_helpers;
mod other_languages;
mod place;
mod scan;
mod slips;
mod unknown_names;
mod walk;

use std::cell::{Cell, OnceCell};
use std::sync::Arc;

use jiff::Timestamp;

use super::reading::FieldReading;
pub(crate) use super::zones::{default_zone, time_zone};
use crate::authoring::sources::template_value;
use crate::domain::{Origin, Source, SourceValue};

pub(crate) use self::check::{Wording, compile, compile_as};
pub(crate) use self::escape::Escape;
pub use self::helpers::HELPERS;
pub use self::html::PageTemplate;
pub(crate) use self::loops::MOST_ROUNDS;
pub(crate) use self::other_languages::rewritten;
pub(crate) use self::scan::{is_name, is_reserved, step_references, step_value};

/// Names that every template has.
pub(crate) const BUILT_IN: [&str; 6] = [
    "poll_id",
    "answer_id",
    RECEIVED_AT,
    "channel",
    "poll_name",
    "channel_name",
];

/// The name of the time when the submission was received.
pub(crate) const RECEIVED_AT: &str = "received_at";

/// A name that a template can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name {
    /// A declared field, by its number.
    Field(usize),
    /// One of [`BUILT_IN`], by its number.
    BuiltIn(usize),
}

/// A compiled template.
#[derive(Debug)]
pub(crate) struct Template {
    /// The rule as written, for the journal.
    rule: Arc<str>,
    /// The declared fields that it uses, each once.
    fields: Vec<usize>,
    /// Whether it is filled in even if none of its fields has a value: it uses a built-in name,
    /// `default`, `if` or `unless`.
    copes: bool,
    escape: Escape,
    body: Body,
}

#[derive(Debug)]
enum Body {
    /// Text and names in turn.
    Pieces(Vec<Piece>),
    /// Anything else.
    Engine(Box<engine::Compiled>),
}

/// A piece of a plain template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(String),
    Name(Name),
}

/// The values that templates are filled with.
pub(crate) struct Values<'v> {
    /// The names of the declared fields, in the order of their numbers; may be empty if no origin
    /// is needed.
    pub(crate) names: &'v [Arc<str>],
    /// Their readings, in the same order.
    pub(crate) readings: &'v [FieldReading],
    /// The built-in values.
    pub(crate) built_in: &'v BuiltIn<'v>,
}

/// The values of [`BUILT_IN`], each made when a template first uses it.
#[derive(Debug, Default)]
pub(crate) struct BuiltIn<'s> {
    submission: Option<(&'s Source, Timestamp)>,
    texts: [OnceCell<String>; BUILT_IN.len()],
    /// Whether a loop ended early since the last look.
    is_cut: Cell<bool>,
}

impl<'s> BuiltIn<'s> {
    /// The values of a submission; by default all are empty.
    pub(crate) fn of(source: &'s Source, received_at: Timestamp) -> Self {
        Self {
            submission: Some((source, received_at)),
            ..Self::default()
        }
    }

    /// Returns whether a loop of a template ended early since the last look.
    pub(crate) fn take_cut(&self) -> bool {
        self.is_cut.take()
    }

    /// Returns names and texts.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let names = BUILT_IN.into_iter().enumerate();
        names.map(|(index, name)| (name, self.text(index)))
    }

    fn text(&self, index: usize) -> &str {
        let make = || {
            let (source, received_at) = self.submission?;
            match *BUILT_IN.get(index)? {
                RECEIVED_AT => Some(received_at.to_string()),
                name => template_value(source, name),
            }
        };
        let text = self.texts.get(index);
        text.map_or("", |text| text.get_or_init(|| make().unwrap_or_default()))
    }
}

/// The result of a template.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Rendered {
    /// The text, trimmed.
    Text(String),
    /// None of its fields has a value.
    NoValue,
    /// It could not be computed.
    Failed,
}

impl Template {
    /// Returns the rule as written.
    pub(crate) fn rule(&self) -> &str {
        &self.rule
    }

    /// Returns the escaping of its values.
    pub(crate) fn escape(&self) -> Escape {
        self.escape
    }

    /// Returns its constant text, if it uses no names.
    pub(crate) fn constant(&self) -> Option<String> {
        let Body::Pieces(pieces) = &self.body else {
            return None;
        };
        let texts: Option<String> = pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => Some(text.as_str()),
                Piece::Name(_) => None,
            })
            .collect();
        texts.map(trimmed)
    }

    /// Returns its field, if it consists of a single one.
    pub(crate) fn only_field(&self) -> Option<usize> {
        match &self.body {
            Body::Pieces(pieces) => match pieces.as_slice() {
                [Piece::Name(Name::Field(index))] => Some(*index),
                _ => None,
            },
            Body::Engine(_) => None,
        }
    }

    /// Returns the numbers of the fields that it uses.
    pub(crate) fn fields(&self) -> &[usize] {
        &self.fields
    }

    /// Returns the numbers of the fields that its loops walk through.
    pub(crate) fn loops(&self) -> &[usize] {
        match &self.body {
            Body::Pieces(_) => &[],
            Body::Engine(compiled) => compiled.loops(),
        }
    }

    /// Returns whether it asks if there is a value, with `default`, `if` or `unless`.
    pub(crate) fn asks(&self) -> bool {
        match &self.body {
            Body::Pieces(_) => false,
            Body::Engine(compiled) => compiled.asks(),
        }
    }

    /// Returns whether it uses any of [`BUILT_IN`].
    pub(crate) fn needs_built_in(&self) -> bool {
        let is_built_in = |name: Name| matches!(name, Name::BuiltIn(_));
        match &self.body {
            Body::Pieces(pieces) => pieces
                .iter()
                .any(|piece| matches!(piece, Piece::Name(name) if is_built_in(*name))),
            Body::Engine(compiled) => compiled.names().any(is_built_in),
        }
    }

    /// Returns the single values of the packet's list, if the template is only the name of one.
    pub(crate) fn items<'v>(&self, values: &Values<'v>) -> Option<&'v [String]> {
        let Body::Pieces(pieces) = &self.body else {
            return None;
        };
        let [Piece::Name(Name::Field(index))] = pieces.as_slice() else {
            return None;
        };
        let reading = values.readings.get(*index)?;
        (!reading.items.is_empty()).then_some(reading.items.as_slice())
    }

    /// Fills the template in.
    pub(crate) fn render(&self, values: &Values<'_>) -> Rendered {
        let mut texts = self.fields.iter().map(|index| values.field(*index));
        let is_any = self.fields.is_empty() || texts.clone().any(|text| text.is_some());
        if !is_any && !self.copes {
            return Rendered::NoValue;
        }
        let Some(text) = self.fill(values) else {
            return Rendered::Failed;
        };
        // a blank result of a condition is no value; a blank one of `missing: empty` is
        let is_meant = self.fields.is_empty() || texts.any(|text| text == Some(""));
        if text.is_empty() && !is_meant {
            return Rendered::NoValue;
        }
        Rendered::Text(text)
    }

    /// Fills the template in, with empty text for missing values; returns `None` if that fails.
    pub(crate) fn fill(&self, values: &Values<'_>) -> Option<String> {
        let text = match &self.body {
            Body::Pieces(pieces) => fill(pieces, self.escape, values),
            Body::Engine(compiled) => {
                let rendered = compiled.render(values)?;
                if rendered.is_cut {
                    values.built_in.is_cut.set(true);
                }
                rendered.text
            }
        };
        Some(super::text::capped(trimmed(text)))
    }

    /// Returns the rule and the places of its values.
    pub(crate) fn origin(&self, values: &Values<'_>) -> Origin {
        let mut sources: Vec<SourceValue> = Vec::new();
        for index in &self.fields {
            let (Some(reading), Some(name)) =
                (values.readings.get(*index), values.names.get(*index))
            else {
                continue;
            };
            if reading.text.is_none() {
                continue;
            }
            if reading.made_of.is_empty() {
                sources.push(SourceValue {
                    field: name.clone(),
                    path: reading.place.clone(),
                });
            }
            for source in &reading.made_of {
                if !sources.contains(source) {
                    sources.push(source.clone());
                }
            }
        }
        Origin {
            rule: self.rule.clone(),
            sources,
            is_guessed: false,
        }
    }
}

impl Values<'_> {
    /// Returns the text of a declared field.
    pub(crate) fn field(&self, index: usize) -> Option<&str> {
        self.readings.get(index)?.text.as_deref()
    }

    /// Returns whether `if` treats it as true: it has a value other than "no".
    pub(crate) fn counts(&self, name: Name) -> bool {
        let says_no = match name {
            Name::Field(index) => {
                let reading = self.readings.get(index);
                reading.is_some_and(|reading| reading.truth == Some(false))
            }
            Name::BuiltIn(_) => false,
        };
        !says_no && !self.text(name).is_empty()
    }

    /// Returns the text of a name; empty without a value.
    pub(crate) fn text(&self, name: Name) -> &str {
        match name {
            Name::Field(index) => self.field(index).unwrap_or_default(),
            Name::BuiltIn(index) => self.built_in.text(index),
        }
    }
}

/// Inserts the values; an absent one removes one of the two blanks around it.
fn fill(pieces: &[Piece], escape: Escape, values: &Values<'_>) -> String {
    let mut text = String::new();
    let mut is_gap = false;
    for piece in pieces {
        match piece {
            Piece::Text(words) => {
                let words = match words.strip_prefix(' ') {
                    Some(rest) if is_gap => rest,
                    Some(_) | None => words,
                };
                text.push_str(words);
                is_gap = false;
            }
            Piece::Name(name) => {
                let value = values.text(*name);
                text.push_str(&escape.apply(value));
                is_gap = value.is_empty() && (text.is_empty() || text.ends_with(' '));
            }
        }
    }
    text
}

fn trimmed(text: String) -> String {
    let kept = text.trim();
    if kept.len() == text.len() {
        return text;
    }
    kept.to_owned()
}

#[cfg(test)]
mod tests;
