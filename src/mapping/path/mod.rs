//! Paths into a packet: RFC 9535 JSONPath, compiled once. Paths to a single value are walked
//! directly, all others by `jsonpath-rust`. Paths that would silently find nothing are refused when
//! the profile is compiled.

mod budget;
mod custom;
mod facts;
mod functions;
mod lint;
mod loose;
mod mistakes;
mod notations;
mod one_value;
mod operators;
mod read_members;
mod repeated;
mod simple;
mod single;
mod slips;
mod when;

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use jsonpath_rust::parser::model::{JpQuery, Segment, Selector};
use jsonpath_rust::parser::parse_json_path;
use jsonpath_rust::query::js_path_process;
use serde_json::Value;

use super::packet::Packet;
use crate::domain::{Bilingual, text_json};

pub(crate) use self::budget::{OF_A_PROFILE, TooCostly};
pub(crate) use self::custom::{CustomField, FieldOwner};
use self::facts::Fact;
pub(crate) use self::facts::other_name;
use self::read_members::READ_MEMBERS;
pub(crate) use self::when::When;

/// Maximum length of a path.
const LONGEST: usize = 1024;
/// Maximum number of values that one path takes from a packet.
pub(crate) const MOST_VALUES: usize = 1000;

/// A compiled path.
#[derive(Debug, Clone)]
pub(crate) struct Path {
    /// The path in its normal spelling: `$['data']['phone']`, or as written if it is a query.
    canonical: Arc<str>,
    kind: PathKind,
    /// The same path without the elements of lists, for a packet with one value in place of a list.
    alone: Option<Arc<Self>>,
}

#[derive(Debug, Clone)]
enum PathKind {
    Direct(Vec<PathStep>),
    Query(Box<JpQuery>),
    /// A fact beside the body.
    Fact(Fact),
    /// A custom field of amoCRM.
    Custom(CustomField),
}

/// One step of a direct path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PathStep {
    Name(String),
    Index(i64),
}

/// A value that a path found, and its place.
#[derive(Debug)]
pub(crate) struct PathMatch<'v> {
    pub(crate) value: &'v Value,
    pub(crate) place: Arc<str>,
    /// Whether the value is inside a text.
    pub(crate) in_text: bool,
    /// The time that a custom field of amoCRM tells in seconds.
    pub(crate) moment: Option<Timestamp>,
}

/// Why a path cannot be used; offset and length are in characters.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadPath {
    pub(crate) offset: usize,
    pub(crate) length: usize,
    pub(crate) message: Bilingual,
    pub(crate) advice: Bilingual,
}

impl BadPath {
    fn whole(text: &str, message: Bilingual, advice: Bilingual) -> Self {
        Self {
            offset: 0,
            length: text.chars().count(),
            message,
            advice,
        }
    }

    fn at(offset: usize, length: usize, message: Bilingual, advice: Bilingual) -> Self {
        Self {
            offset,
            length,
            message,
            advice,
        }
    }
}

impl Path {
    /// Compiles a path; the leading `$` is optional.
    pub(crate) fn parse(text: &str) -> Result<Self, BadPath> {
        let trimmed = text.trim();
        lint::length(trimmed)?;
        Self::read(trimmed).map_err(|bad| mistakes::explain(trimmed).unwrap_or(bad))
    }

    fn read(trimmed: &str) -> Result<Self, BadPath> {
        if let Some(path) = facts::parse(trimmed).or_else(|| custom::parse(trimmed)) {
            return path;
        }
        if let Some(steps) = simple::parse(trimmed) {
            return Ok(Self::direct(steps));
        }
        let (full, added) = with_root(trimmed);
        lint::before_parsing(&full, added)?;
        let query = parse(&full, added)?;
        lint::regexes(&query.segments).map_err(|pattern| lint::bad_regex(trimmed, &pattern))?;
        Ok(match direct_steps(&query) {
            Some(steps) => Self::direct(steps),
            None => Self {
                canonical: full.into(),
                alone: single::alone(&query.segments).map(|steps| Arc::new(Self::direct(steps))),
                kind: PathKind::Query(Box::new(query)),
            },
        })
    }

    fn direct(steps: Vec<PathStep>) -> Self {
        Self {
            canonical: spell(&steps).into(),
            alone: single::without_first(&steps).map(|steps| Arc::new(Self::direct(steps))),
            kind: PathKind::Direct(steps),
        }
    }

    /// Returns the path in its normal spelling.
    pub(crate) fn as_str(&self) -> &str {
        &self.canonical
    }

    /// The same, for values that are found there.
    pub(crate) fn place(&self) -> &Arc<str> {
        &self.canonical
    }

    /// Returns the first step, if it is a name.
    pub(crate) fn first_name(&self) -> Option<&str> {
        match &self.kind {
            PathKind::Direct(steps) => match steps.first()? {
                PathStep::Name(name) => Some(name),
                PathStep::Index(_) => None,
            },
            PathKind::Query(query) => match query.segments.first()? {
                Segment::Selector(Selector::Name(name)) => Some(name),
                Segment::Selector(_) | Segment::Selectors(_) | Segment::Descendant(_) => None,
            },
            PathKind::Fact(_) | PathKind::Custom(_) => None,
        }
    }

    /// Returns whether it names a custom field of amoCRM.
    pub(crate) fn is_custom(&self) -> bool {
        matches!(self.kind, PathKind::Custom(_))
    }

    /// Returns the custom field of amoCRM that it names.
    pub(crate) fn custom(&self) -> Option<&CustomField> {
        match &self.kind {
            PathKind::Custom(field) => Some(field),
            _ => None,
        }
    }

    /// Returns whether it leads to what is read from amoCRM.
    pub(crate) fn reads_amocrm(&self) -> bool {
        match &self.kind {
            PathKind::Custom(field) => field.of != FieldOwner::Item,
            PathKind::Fact(_) => false,
            PathKind::Direct(_) | PathKind::Query(_) => {
                let first = self.first_name();
                first.is_some_and(|first| READ_MEMBERS.contains(&first))
            }
        }
    }

    /// Returns the fact beside the packet to which it leads.
    pub(crate) fn fact(&self) -> Option<Fact> {
        match &self.kind {
            PathKind::Fact(fact) => Some(*fact),
            PathKind::Direct(_) | PathKind::Query(_) | PathKind::Custom(_) => None,
        }
    }

    /// Returns whether it is a fact of the request and not of the packet.
    pub(crate) fn asks_request(&self) -> bool {
        self.fact().is_some_and(Fact::is_of_request)
    }

    /// Returns whether it can visit more values than a packet has.
    pub(crate) fn can_explode(&self) -> bool {
        match &self.kind {
            PathKind::Direct(_) | PathKind::Fact(_) | PathKind::Custom(_) => false,
            PathKind::Query(_) => budget::can_explode(&self.canonical),
        }
    }

    /// Returns its cost on this packet; 0 for a direct path.
    pub(crate) fn cost(&self, packet: &Packet<'_>) -> Result<usize, TooCostly> {
        match &self.kind {
            PathKind::Direct(_) | PathKind::Fact(_) | PathKind::Custom(_) => Ok(0),
            PathKind::Query(query) => cost(query, packet),
        }
    }

    /// Returns whether it leads into a text of this value that may be JSON.
    pub(crate) fn enters_text(&self, body: &Value) -> bool {
        match &self.kind {
            PathKind::Direct(steps) => walk(steps, body) == Walked::Text,
            PathKind::Query(query) => {
                budget::survey(query, body).is_ok_and(|survey| survey.enters_text)
            }
            PathKind::Fact(_) | PathKind::Custom(_) => false,
        }
    }

    /// Returns every value at this path, in the packet's order; none if that is too costly, see
    /// [`Self::cost`]. A path that leads into a text finds the JSON inside it; `..` looks into texts
    /// only if it finds nothing outside of them.
    pub(crate) fn find<'v>(&'v self, packet: &'v Packet<'_>) -> Vec<PathMatch<'v>> {
        self.find_first(packet, MOST_VALUES)
    }

    /// Returns the first values at this path, up to `most`, and never more than one above
    /// [`MOST_VALUES`]; see [`Self::find`].
    pub(crate) fn find_first<'v>(
        &'v self,
        packet: &'v Packet<'_>,
        most: usize,
    ) -> Vec<PathMatch<'v>> {
        if let PathKind::Fact(fact) = &self.kind {
            return facts::find(self, *fact, packet);
        }
        if let PathKind::Custom(field) = &self.kind {
            let mut found = custom::find(field, packet);
            found.truncate(most);
            return found;
        }
        let mut found = Vec::new();
        for depth in 0.. {
            let Some(body) = packet.layer(depth) else {
                break;
            };
            let goes_on = self.find_in(body, depth, &mut found);
            if !goes_on {
                break;
            }
        }
        if found.is_empty() {
            found = self.find_among_repeated(packet);
        }
        if found.is_empty() {
            found.extend(self.find_alone(packet));
        }
        found.truncate(most);
        found
    }

    /// Finds the values in one layer of the packet. Returns whether the next layer counts instead.
    fn find_in<'v>(&'v self, body: &'v Value, depth: usize, into: &mut Vec<PathMatch<'v>>) -> bool {
        let in_text = depth > 0;
        let query = match &self.kind {
            PathKind::Direct(steps) => {
                let walked = walk(steps, body);
                if let Walked::To(value) = walked {
                    into.push(PathMatch {
                        value,
                        place: self.led_to(steps, body),
                        in_text,
                        moment: None,
                    });
                }
                return walked == Walked::Text;
            }
            PathKind::Query(query) => query,
            PathKind::Fact(_) | PathKind::Custom(_) => return false,
        };
        let Ok(survey) = budget::survey(query, body) else {
            into.clear();
            return false;
        };
        let found = js_path_process(query, body).unwrap_or_default();
        let found = found.into_iter().take(MOST_VALUES + 1);
        *into = found
            .map(|found| PathMatch {
                value: found.val,
                place: found.path.into(),
                in_text,
                moment: None,
            })
            .collect();
        survey.enters_text || (into.is_empty() && descends(query))
    }

    /// Returns the place of a direct path: its own spelling, unless it counts from the end of an
    /// array.
    fn led_to(&self, steps: &[PathStep], body: &Value) -> Arc<str> {
        let from_the_end = |step: &PathStep| matches!(step, PathStep::Index(index) if *index < 0);
        if !steps.iter().any(from_the_end) {
            return Arc::clone(&self.canonical);
        }
        let mut value = Some(body);
        let counted: Vec<PathStep> = steps
            .iter()
            .map(|step| {
                let here = value;
                value = here.and_then(|here| step.of(here));
                match (step, here) {
                    (PathStep::Index(index), Some(Value::Array(list))) if *index < 0 => {
                        PathStep::Index(i64::try_from(list.len()).unwrap_or(i64::MAX) + index)
                    }
                    (step, _) => step.clone(),
                }
            })
            .collect();
        spell(&counted).into()
    }
}

impl PathStep {
    fn of<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        match (self, value) {
            (Self::Name(name), Value::Object(map)) => map.get(name),
            (Self::Index(index), Value::Array(list)) => {
                let index = if *index < 0 {
                    list.len()
                        .checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?
                } else {
                    usize::try_from(*index).ok()?
                };
                list.get(index)
            }
            (Self::Name(_) | Self::Index(_), _) => None,
        }
    }
}

/// Where a direct path leads.
#[derive(Debug, PartialEq)]
enum Walked<'v> {
    To(&'v Value),
    Nowhere,
    /// Into a text that may be JSON.
    Text,
}

fn walk<'v>(steps: &[PathStep], body: &'v Value) -> Walked<'v> {
    let mut value = body;
    for step in steps {
        value = match (step.of(value), value) {
            (Some(next), _) => next,
            (None, Value::String(text)) if text_json::may_be_json(text) => return Walked::Text,
            (None, _) => return Walked::Nowhere,
        };
    }
    Walked::To(value)
}

/// Returns the cost of a query on this packet, with the layers that it enters.
fn cost(query: &JpQuery, packet: &Packet<'_>) -> Result<usize, TooCostly> {
    let mut cost = 0;
    for depth in 0.. {
        let Some(body) = packet.layer(depth) else {
            break;
        };
        let survey = budget::survey(query, body)?;
        cost += survey.cost;
        if !survey.enters_text && !descends(query) {
            break;
        }
    }
    Ok(cost)
}

fn descends(query: &JpQuery) -> bool {
    let is_descent = |segment: &Segment| matches!(segment, Segment::Descendant(_));
    query.segments.iter().any(is_descent)
}

/// Writes `$['data']['phones'][0]`, with the escapes of RFC 9535 section 2.7.
fn spell(steps: &[PathStep]) -> String {
    let mut text = String::from("$");
    for step in steps {
        match step {
            PathStep::Name(name) => text.extend(["['", &escaped(name), "']"]),
            PathStep::Index(index) => text.extend(["[", &index.to_string(), "]"]),
        }
    }
    text
}

fn escaped(name: &str) -> Cow<'_, str> {
    if !name.contains(|c: char| c == '\'' || c == '\\' || c.is_control()) {
        return Cow::Borrowed(name);
    }
    let mut text = String::new();
    for c in name.chars() {
        match c {
            '\'' | '\\' => text.extend(['\\', c]),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            c if c.is_control() => {
                let code = format!("\\u{:04x}", u32::from(c));
                text.push_str(&code);
            }
            c => text.push(c),
        }
    }
    Cow::Owned(text)
}

/// Returns the path with its `$`, and the number of characters that were added.
fn with_root(text: &str) -> (Cow<'_, str>, usize) {
    match text.chars().next() {
        Some('$') => (Cow::Borrowed(text), 0),
        Some('[' | '.') => (Cow::Owned(format!("${text}")), 1),
        _ => (Cow::Owned(format!("$.{text}")), 2),
    }
}

fn parse(full: &str, added: usize) -> Result<JpQuery, BadPath> {
    parse_json_path(full).map_err(|error| lint::explain(&error, full, added))
}

fn direct_steps(query: &JpQuery) -> Option<Vec<PathStep>> {
    query
        .segments
        .iter()
        .map(|segment| match segment {
            Segment::Selector(Selector::Name(name)) => Some(PathStep::Name(name.clone())),
            Segment::Selector(Selector::Index(index)) => Some(PathStep::Index(*index)),
            Segment::Selector(_) | Segment::Selectors(_) | Segment::Descendant(_) => None,
        })
        .collect()
}

#[cfg(test)]
mod tests;
