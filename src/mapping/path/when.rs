//! `receive.when`: whether a profile takes a submission.

use std::borrow::Cow;

use jsonpath_rust::parser::model::{
    Comparable, Comparison, Filter, FilterAtom, JpQuery, Segment, Selector, SingularQuery,
    SingularQuerySegment, Test,
};
use jsonpath_rust::query::js_path_process;
use serde_json::Value;

use super::read_members::reads_members;
use super::{
    BadPath, Packet, Path, PathStep, TooCostly, budget, cost, direct_steps, facts, lint, loose,
    mistakes, parse, with_root,
};

/// A test of a packet, in one of three spellings: a path that must find something (`$.data[?@.city
/// == 'Пермь']`), a comparison (`$.header_data.form_kind == 2`), or a path whose last step tests an
/// object (`$.header_data[?@.form_kind == 2]`). RFC 9535 applies that last test to the members of
/// the object; authors mean the object itself, so both are tried.
#[derive(Debug, Clone)]
pub(crate) struct When {
    written: String,
    tests: Vec<JpQuery>,
    /// Whether a test uses facts beside the packet.
    has_facts: bool,
    /// Whether a test uses a fact of the request.
    asks_request: bool,
    /// Whether a test says that a value is more or less than a number.
    compares_numbers: bool,
}

impl When {
    /// Compiles a test.
    pub(crate) fn parse(text: &str) -> Result<Self, BadPath> {
        let trimmed = text.trim();
        lint::length(trimmed)?;
        Self::read(trimmed).map_err(|bad| mistakes::explain_test(trimmed).unwrap_or(bad))
    }

    fn read(trimmed: &str) -> Result<Self, BadPath> {
        let written = trimmed.to_owned();
        let rewritten = facts::rewritten(trimmed)?;
        let has_facts = rewritten.is_some();
        let asks_request = rewritten.as_ref().is_some_and(|it| it.asks_request);
        let compiled = |tests: Vec<JpQuery>| Self {
            written: written.clone(),
            compares_numbers: tests.iter().any(loose::compares_numbers),
            tests: tests.iter().map(loose::loosened).collect(),
            has_facts,
            asks_request,
        };
        let whole = rewritten.as_ref().map_or(trimmed, |it| it.test.as_str());
        if is_comparison(whole) {
            let wrapped = format!("$[?{whole}]");
            lint::before_parsing(&wrapped, 3)?;
            let query = parse(&wrapped, 3)?;
            lint::regexes(&query.segments).map_err(|p| lint::bad_regex(whole, &p))?;
            return Ok(compiled(vec![query]));
        }
        if let Some(fact) = facts::parse(trimmed) {
            fact?;
        } else {
            Path::parse(whole)?;
        }
        let (full, added) = with_root(whole);
        let query = parse(&full, added)?;
        let tests = on_the_object(&query).into_iter().chain([query]).collect();
        Ok(compiled(tests))
    }

    /// Returns whether it uses a fact of the request.
    pub(crate) fn asks_request(&self) -> bool {
        self.asks_request
    }

    /// Returns whether it tests what is read from amoCRM.
    pub(crate) fn reads_amocrm(&self) -> bool {
        reads_members(&self.written)
    }

    /// Returns the test as written.
    pub(crate) fn as_str(&self) -> &str {
        &self.written
    }

    /// Whether it can visit more than a packet has values.
    pub(crate) fn can_explode(&self) -> bool {
        budget::can_explode(&self.written)
    }

    /// Returns the cost of the test on this packet.
    pub(crate) fn cost(&self, packet: &Packet<'_>) -> Result<usize, TooCostly> {
        self.on(packet, |packet| {
            let mut tests = self.tests.iter();
            tests.try_fold(0, |sum, test| Ok(sum + cost(test, packet)?))
        })
    }

    /// Returns whether the packet passes. If the test is too costly, it passes: its profile parks
    /// it with the reason, so that no other profile takes it.
    pub(crate) fn matches(&self, packet: &Packet<'_>) -> bool {
        self.on(packet, |packet| {
            let holds = |read: Read| self.tests.iter().any(|test| matches(test, packet, read));
            holds(as_written) || self.compares_numbers && holds(with_numbers)
        })
    }

    /// Applies the tests to the packet, with the facts beside it if they use some.
    fn on<R>(&self, packet: &Packet<'_>, apply: impl FnOnce(&Packet<'_>) -> R) -> R {
        if !self.has_facts {
            return apply(packet);
        }
        apply(&Packet::new(&facts::with_facts(packet)))
    }
}

/// How a test reads the packet.
type Read = fn(&Value) -> Cow<'_, Value>;

fn as_written(body: &Value) -> Cow<'_, Value> {
    Cow::Borrowed(body)
}

fn with_numbers(body: &Value) -> Cow<'_, Value> {
    Cow::Owned(loose::with_numbers(body))
}

/// Tests the packet, with the JSON inside its texts if the test leads into one.
fn matches(test: &JpQuery, packet: &Packet<'_>, read: Read) -> bool {
    let (mut body, mut depth) = (packet.body(), 0);
    loop {
        let Ok(survey) = budget::survey(test, body) else {
            return true;
        };
        let next = if survey.enters_text {
            packet.layer(depth + 1)
        } else {
            None
        };
        let Some(next) = next else {
            return js_path_process(test, &*read(body)).is_ok_and(|found| !found.is_empty());
        };
        (body, depth) = (next, depth + 1);
    }
}

/// Returns whether there is an operator outside of brackets and quotes, or a function at the start.
fn is_comparison(text: &str) -> bool {
    let mut depth = 0_usize;
    let mut quote = None;
    for c in text.chars() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, '[') => depth += 1,
            (None, ']') => depth = depth.saturating_sub(1),
            (None, '=' | '<' | '>' | '!' | '&' | '|' | '(') if depth == 0 => return true,
            (Some(_) | None, _) => {}
        }
    }
    false
}

/// Rewrites `$.a[?@.b == 1]` as a test of the object `$.a` itself: `$[?$.a.b == 1]`.
fn on_the_object(query: &JpQuery) -> Option<JpQuery> {
    let (last, before) = query.segments.split_last()?;
    let Segment::Selector(Selector::Filter(filter)) = last else {
        return None;
    };
    let prefix = direct_steps(&JpQuery::new(before.to_vec()))?;
    let filter = rebase(filter, &prefix)?;
    Some(JpQuery::new(vec![Segment::Selector(Selector::Filter(
        filter,
    ))]))
}

/// Replaces `@` in the filter by the path of the object; returns `None` if a function prevents it.
fn rebase(filter: &Filter, prefix: &[PathStep]) -> Option<Filter> {
    let all = |list: &[Filter]| {
        list.iter()
            .map(|one| rebase(one, prefix))
            .collect::<Option<Vec<_>>>()
    };
    Some(match filter {
        Filter::Or(list) => Filter::Or(all(list)?),
        Filter::And(list) => Filter::And(all(list)?),
        Filter::Atom(FilterAtom::Filter { expr, not }) => {
            Filter::Atom(FilterAtom::filter(rebase(expr, prefix)?, *not))
        }
        Filter::Atom(FilterAtom::Test { expr, not }) => {
            Filter::Atom(FilterAtom::test(rebase_test(expr, prefix)?, *not))
        }
        Filter::Atom(FilterAtom::Comparison(comparison)) => {
            let (left, right) = comparison.vals();
            let left = rebase_side(left, prefix)?;
            let right = rebase_side(right, prefix)?;
            Filter::Atom(FilterAtom::cmp(Box::new(match &**comparison {
                Comparison::Eq(..) => Comparison::Eq(left, right),
                Comparison::Ne(..) => Comparison::Ne(left, right),
                Comparison::Gt(..) => Comparison::Gt(left, right),
                Comparison::Gte(..) => Comparison::Gte(left, right),
                Comparison::Lt(..) => Comparison::Lt(left, right),
                Comparison::Lte(..) => Comparison::Lte(left, right),
            })))
        }
    })
}

fn rebase_test(test: &Test, prefix: &[PathStep]) -> Option<Test> {
    match test {
        Test::RelQuery(segments) => {
            let before = prefix.iter().map(|step| {
                Segment::Selector(match step {
                    PathStep::Name(name) => Selector::Name(name.clone()),
                    PathStep::Index(index) => Selector::Index(*index),
                })
            });
            let whole = before.chain(segments.iter().cloned()).collect();
            Some(Test::AbsQuery(JpQuery::new(whole)))
        }
        Test::AbsQuery(query) => Some(Test::AbsQuery(query.clone())),
        Test::Function(_) => None,
    }
}

fn rebase_side(side: &Comparable, prefix: &[PathStep]) -> Option<Comparable> {
    match side {
        Comparable::SingularQuery(SingularQuery::Current(segments)) => {
            let before = prefix.iter().map(|step| match step {
                PathStep::Name(name) => SingularQuerySegment::Name(name.clone()),
                PathStep::Index(index) => SingularQuerySegment::Index(*index),
            });
            let whole = before.chain(segments.iter().cloned()).collect();
            Some(Comparable::SingularQuery(SingularQuery::Root(whole)))
        }
        Comparable::SingularQuery(SingularQuery::Root(_)) | Comparable::Literal(_) => {
            Some(side.clone())
        }
        Comparable::Function(_) => None,
    }
}
