//! Limits the cost of a query on one packet. `jsonpath-rust` stores the full place of every value
//! that it visits and cannot be stopped. So this walk comes first, to find a query that would
//! explode (`$..answers..value` on sixty nested `answers`): it visits what the engine would visit,
//! assumes that every filter passes, stores no places, and stops at the budget. It counts instead
//! of measuring time, so the same packet always gives the same result.

use jsonpath_rust::parser::model::{
    Comparable, Comparison, Filter, FilterAtom, FnArg, JpQuery, Literal, Segment, Selector,
    SingularQuery, SingularQuerySegment, Test, TestFunction,
};
use serde_json::Value;

use super::PathStep;
use crate::domain::text_json;

/// The budget of one query. A packet with 100,000 values, each visited once, costs about 12
/// million.
pub(crate) const OF_A_PATH: usize = 16 << 20;
/// The budget of all queries of a profile together.
pub(crate) const OF_A_PROFILE: usize = 64 << 20;

/// A visited value costs this plus the length of its place: about the bytes that the engine stores
/// for it.
const VISIT: usize = 64;
/// A result costs this, and so does everything in it, because it is rendered or copied.
const RENDERED: usize = 64;
/// The cost of a pattern, which the engine compiles for each comparison.
const PATTERN: usize = 20_000;
/// The cost of a pattern in the packet: the engine's maximum.
const FOREIGN_PATTERN: usize = 1_000_000;

/// The query is too costly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooCostly;

/// What a query does on a packet, without running it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Survey {
    pub(super) cost: usize,
    /// Whether it leads into a text that may be JSON.
    pub(super) enters_text: bool,
}

/// Surveys a query on this packet.
pub(super) fn survey(query: &JpQuery, body: &Value) -> Result<Survey, TooCostly> {
    let mut walk = Walk {
        root: body,
        left: OF_A_PATH,
        enters_text: false,
    };
    for (value, _) in walk.query(&query.segments, (body, 1))? {
        walk.weigh(value)?;
    }
    Ok(Survey {
        cost: OF_A_PATH - walk.left,
        enters_text: walk.enters_text,
    })
}

/// A value, and the length of its full place.
type At<'v> = (&'v Value, usize);

struct Walk<'v> {
    root: &'v Value,
    left: usize,
    enters_text: bool,
}

impl<'v> Walk<'v> {
    fn pay(&mut self, cost: usize) -> Result<(), TooCostly> {
        self.left = self.left.checked_sub(cost).ok_or(TooCostly)?;
        Ok(())
    }

    /// Returns the cost of a value that becomes text, with everything in it.
    fn weigh(&mut self, value: &Value) -> Result<(), TooCostly> {
        match value {
            Value::String(text) => self.pay(RENDERED + text.len() / 2),
            Value::Null | Value::Bool(_) | Value::Number(_) => self.pay(RENDERED),
            Value::Array(list) => {
                self.pay(RENDERED)?;
                list.iter().try_for_each(|value| self.weigh(value))
            }
            Value::Object(map) => {
                self.pay(RENDERED)?;
                map.values().try_for_each(|value| self.weigh(value))
            }
        }
    }

    fn query(&mut self, segments: &[Segment], from: At<'v>) -> Result<Vec<At<'v>>, TooCostly> {
        let mut current = vec![from];
        for segment in segments {
            let mut next = Vec::new();
            for at in current {
                self.segment(segment, at, &mut next)?;
            }
            current = next;
        }
        Ok(current)
    }

    fn segment(
        &mut self,
        segment: &Segment,
        at: At<'v>,
        into: &mut Vec<At<'v>>,
    ) -> Result<(), TooCostly> {
        match segment {
            Segment::Selector(selector) => self.select(selector, at, into),
            Segment::Selectors(list) => list
                .iter()
                .try_for_each(|selector| self.select(selector, at, into)),
            Segment::Descendant(inner) => {
                self.segment(inner, at, into)?;
                for child in children(at) {
                    self.visit(child)?;
                    if matches!(child.0, Value::Array(_) | Value::Object(_)) {
                        self.segment(segment, child, into)?;
                    }
                }
                Ok(())
            }
        }
    }

    fn visit(&mut self, (_, length): At<'v>) -> Result<(), TooCostly> {
        self.pay(VISIT + length)
    }

    fn select(
        &mut self,
        selector: &Selector,
        at: At<'v>,
        into: &mut Vec<At<'v>>,
    ) -> Result<(), TooCostly> {
        self.look_at(at.0);
        let one = match selector {
            Selector::Name(name) => {
                let bare = name.trim_matches(['\'', '"']);
                let found = [name, bare].map(|name| PathStep::Name(name.to_owned()).of(at.0));
                found.into_iter().flatten().next()
            }
            Selector::Index(index) => PathStep::Index(*index).of(at.0),
            Selector::Wildcard | Selector::Slice(..) | Selector::Filter(_) => {
                for child in children(at) {
                    self.visit(child)?;
                    if let Selector::Filter(filter) = selector {
                        self.filter(filter, child)?;
                    }
                    into.push(child);
                }
                return Ok(());
            }
        };
        if let Some(value) = one {
            let length = match selector {
                Selector::Name(name) => name.len(),
                _ => 0,
            };
            let child = (value, at.1 + length + 4);
            self.visit(child)?;
            into.push(child);
        }
        Ok(())
    }

    /// Notes a text that may be JSON and that the query wants to look into.
    fn look_at(&mut self, value: &Value) {
        if let Value::String(text) = value {
            self.enters_text |= text_json::may_be_json(text);
        }
    }

    /// Follows the path of a comparison as far as it leads.
    fn follow(&mut self, query: &SingularQuery, at: At<'v>) {
        let (segments, mut value) = match query {
            SingularQuery::Current(segments) => (segments, at.0),
            SingularQuery::Root(segments) => (segments, self.root),
        };
        for segment in segments {
            self.look_at(value);
            let step = match segment {
                SingularQuerySegment::Name(name) => PathStep::Name(name.clone()),
                SingularQuerySegment::Index(index) => PathStep::Index(*index),
            };
            let Some(next) = step.of(value) else {
                return;
            };
            value = next;
        }
    }

    fn filter(&mut self, filter: &Filter, at: At<'v>) -> Result<(), TooCostly> {
        match filter {
            Filter::Or(list) | Filter::And(list) => {
                list.iter().try_for_each(|one| self.filter(one, at))
            }
            Filter::Atom(FilterAtom::Filter { expr, .. }) => self.filter(expr, at),
            Filter::Atom(FilterAtom::Test { expr, .. }) => self.test(expr, at),
            Filter::Atom(FilterAtom::Comparison(comparison)) => match &**comparison {
                Comparison::Eq(a, b)
                | Comparison::Ne(a, b)
                | Comparison::Gt(a, b)
                | Comparison::Gte(a, b)
                | Comparison::Lt(a, b)
                | Comparison::Lte(a, b) => {
                    self.compared(a, at)?;
                    self.compared(b, at)
                }
            },
        }
    }

    fn compared(&mut self, side: &Comparable, at: At<'v>) -> Result<(), TooCostly> {
        match side {
            Comparable::Literal(_) => Ok(()),
            Comparable::SingularQuery(query) => {
                self.follow(query, at);
                self.visit(at)
            }
            Comparable::Function(function) => self.function(function, at),
        }
    }

    fn test(&mut self, test: &Test, at: At<'v>) -> Result<(), TooCostly> {
        let found = match test {
            Test::RelQuery(segments) => self.query(segments, at)?,
            Test::AbsQuery(query) => self.query(&query.segments, (self.root, 1))?,
            Test::Function(function) => return self.function(function, at),
        };
        // a function copies its arguments
        let texts = found.iter().filter_map(|(value, _)| value.as_str());
        let letters: usize = texts.map(str::len).sum();
        self.pay(VISIT + letters / 4)
    }

    fn function(&mut self, function: &TestFunction, at: At<'v>) -> Result<(), TooCostly> {
        match function {
            TestFunction::Search(text, pattern) | TestFunction::Match(text, pattern) => {
                let is_written = matches!(pattern, FnArg::Literal(Literal::String(_)));
                self.pay(if is_written { PATTERN } else { FOREIGN_PATTERN })?;
                self.argument(text, at)?;
                self.argument(pattern, at)
            }
            TestFunction::Length(inner) => self.argument(inner, at),
            TestFunction::Value(inner) | TestFunction::Count(inner) => self.argument(inner, at),
            TestFunction::Custom(_, list) => list.iter().try_for_each(|one| self.argument(one, at)),
        }
    }

    fn argument(&mut self, argument: &FnArg, at: At<'v>) -> Result<(), TooCostly> {
        match argument {
            FnArg::Literal(_) => Ok(()),
            FnArg::Test(test) => self.test(test, at),
            FnArg::Filter(filter) => self.filter(filter, at),
        }
    }
}

/// Returns the values directly within another one.
fn children<'v>((value, length): At<'v>) -> Box<dyn Iterator<Item = At<'v>> + 'v> {
    // brackets and quotes, or brackets and a number
    const AROUND: usize = 4;
    match value {
        Value::Array(list) => Box::new(list.iter().map(move |value| (value, length + AROUND))),
        Value::Object(map) => Box::new(
            map.iter()
                .map(move |(name, value)| (value, length + name.len() + AROUND)),
        ),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            Box::new(std::iter::empty())
        }
    }
}

/// Returns whether the cost of a query can grow faster than the packet: `..` twice, or with a
/// filter.
pub(super) fn can_explode(written: &str) -> bool {
    let (mut quote, mut before) = (None, ' ');
    let (mut descents, mut filters) = (0, 0);
    for c in written.chars() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, '.') if before == '.' => descents += 1,
            (None, '?') => filters += 1,
            (Some(_) | None, _) => {}
        }
        before = c;
    }
    descents > 1 || (descents > 0 && filters > 0)
}
