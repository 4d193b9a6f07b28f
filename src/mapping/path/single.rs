//! Accepts a single object where a path takes the elements of a list: senders with one order often
//! send the order itself instead of a list, and XML does not tell one element from a list of one.

use jsonpath_rust::parser::model::{JpQuery, Segment, Selector};
use serde_json::{Map, Value};

use super::{Packet, Path, PathKind, PathMatch, PathStep};

impl Path {
    /// Wraps each object at which this path takes elements into a list, so that the path finds the
    /// object and not its members. An empty object stays, as an empty list.
    pub(crate) fn list_single_objects(&self, body: &mut Value) {
        match &self.kind {
            PathKind::Direct(steps) => direct(steps, body),
            PathKind::Query(query) => segments(&query.segments, body),
            PathKind::Fact(_) | PathKind::Custom(_) => {}
        }
    }

    /// Finds the object that stands in place of a list, or what it has under the rest of the path. A
    /// single text is no list.
    pub(super) fn find_alone<'v>(&'v self, packet: &'v Packet<'_>) -> Option<PathMatch<'v>> {
        let found = self.alone.as_ref()?.find_first(packet, 1).pop()?;
        let takes_element = match &self.kind {
            PathKind::Direct(steps) => matches!(steps.last(), Some(PathStep::Index(_))),
            PathKind::Query(query) => {
                let last = query.segments.last();
                !matches!(last, Some(Segment::Selector(Selector::Name(_))))
            }
            PathKind::Fact(_) | PathKind::Custom(_) => false,
        };
        let is_element = || found.value.as_object().is_some_and(|map| !map.is_empty());
        (!takes_element || is_element()).then_some(found)
    }

    /// Returns whether its last step is a name, so that it may find a list itself.
    pub(crate) fn ends_in_a_name(&self) -> bool {
        match &self.kind {
            PathKind::Direct(steps) => matches!(steps.last(), Some(PathStep::Name(_))),
            PathKind::Query(query) => match query.segments.last() {
                Some(Segment::Descendant(inner)) => {
                    matches!(**inner, Segment::Selector(Selector::Name(_)))
                }
                Some(Segment::Selector(Selector::Name(_))) => true,
                Some(_) | None => false,
            },
            PathKind::Fact(_) | PathKind::Custom(_) => false,
        }
    }

    /// Returns whether it finds a list without elements.
    pub(crate) fn finds_empty_list(&self, body: &Value) -> bool {
        let is_empty = |value: &Value| match value {
            Value::Array(list) => list.is_empty(),
            Value::Object(map) => map.is_empty(),
            _ => false,
        };
        let parent = match &self.kind {
            PathKind::Direct(steps) => {
                let parent = steps.split_last().map_or(&[][..], |(_, parent)| parent);
                PathKind::Direct(parent.to_vec())
            }
            PathKind::Query(query) => {
                let parent = query.segments.split_last();
                let parent = parent.map_or(&[][..], |(_, parent)| parent);
                PathKind::Query(Box::new(JpQuery::new(parent.to_vec())))
            }
            PathKind::Fact(_) | PathKind::Custom(_) => return false,
        };
        let parent = Self {
            kind: parent,
            alone: None,
            ..self.clone()
        };
        let packet = Packet::new(body);
        let found = parent.find(&packet);
        !found.is_empty() && found.iter().all(|found| is_empty(found.value))
    }
}

/// Returns a direct path without the first or last elements of lists; `None` if it takes no
/// elements, or others.
pub(super) fn without_first(steps: &[PathStep]) -> Option<Vec<PathStep>> {
    let names: Vec<PathStep> = steps
        .iter()
        .filter(|step| !matches!(step, PathStep::Index(0 | -1)))
        .cloned()
        .collect();
    let is_name = |step: &PathStep| matches!(step, PathStep::Name(_));
    (names.len() < steps.len() && names.iter().all(is_name)).then_some(names)
}

/// The same for a query that takes all elements.
pub(super) fn alone(segments: &[Segment]) -> Option<Vec<PathStep>> {
    let steps: Option<Vec<PathStep>> = segments
        .iter()
        .map(|segment| match segment {
            Segment::Selector(Selector::Name(name)) => Some(PathStep::Name(name.clone())),
            Segment::Selector(Selector::Wildcard | Selector::Index(0 | -1)) => {
                Some(PathStep::Index(0))
            }
            _ => None,
        })
        .collect();
    without_first(&steps?)
}

fn direct(steps: &[PathStep], value: &mut Value) {
    let Some((first, rest)) = steps.split_first() else {
        return;
    };
    if matches!(first, PathStep::Index(_)) {
        into_list(value);
    }
    let next = match (first, value) {
        (PathStep::Name(name), Value::Object(map)) => map.get_mut(name),
        // a single object is the only element
        (PathStep::Index(_), Value::Array(list)) if list.len() == 1 => list.first_mut(),
        (PathStep::Index(index), Value::Array(list)) => {
            let index = usize::try_from(*index).ok();
            index.and_then(|index| list.get_mut(index))
        }
        (PathStep::Name(_) | PathStep::Index(_), _) => None,
    };
    if let Some(next) = next {
        direct(rest, next);
    }
}

fn segments(path: &[Segment], value: &mut Value) {
    let Some((first, rest)) = path.split_first() else {
        return;
    };
    match first {
        Segment::Selector(Selector::Name(name)) => {
            if let Some(member) = value.as_object_mut().and_then(|map| map.get_mut(name)) {
                segments(rest, member);
            }
        }
        Segment::Selector(_) => elements(rest, value),
        Segment::Selectors(several) => {
            let is_name = |selector: &Selector| matches!(selector, Selector::Name(_));
            if !several.iter().any(is_name) {
                elements(rest, value);
            }
        }
        Segment::Descendant(inner) => {
            if let Segment::Selector(Selector::Name(name)) = inner.as_ref() {
                // a second descent would visit the same values again and again
                let is_descent = |segment: &Segment| matches!(segment, Segment::Descendant(_));
                let end = rest.iter().position(is_descent).unwrap_or(rest.len());
                descend(name, rest.get(..end).unwrap_or_default(), value);
            }
        }
    }
}

fn elements(rest: &[Segment], value: &mut Value) {
    into_list(value);
    for element in members(value) {
        segments(rest, element);
    }
}

fn descend(name: &str, rest: &[Segment], value: &mut Value) {
    for member in members(value) {
        descend(name, rest, member);
    }
    if let Some(member) = value.as_object_mut().and_then(|map| map.get_mut(name)) {
        segments(rest, member);
    }
}

fn members(value: &mut Value) -> Vec<&mut Value> {
    match value {
        Value::Array(list) => list.iter_mut().collect(),
        Value::Object(map) => map.values_mut().collect(),
        _ => Vec::new(),
    }
}

fn into_list(value: &mut Value) {
    if value.as_object().is_some_and(is_single) {
        *value = Value::Array(vec![value.take()]);
    }
}

/// Returns whether this is a single object. PHP writes a list with gaps as an object with numeric
/// names; that is a list, too.
fn is_single(map: &Map<String, Value>) -> bool {
    let is_number = |name: &String| name.bytes().all(|byte| byte.is_ascii_digit());
    let is_list = map.keys().all(is_number) && map.values().all(Value::is_object);
    !map.is_empty() && !is_list
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(path: &str, mut body: Value) -> Vec<Value> {
        let path = Path::parse(path).unwrap();
        path.list_single_objects(&mut body);
        let packet = Packet::new(&body);
        let found = path.find(&packet);
        found.into_iter().map(|found| found.value.clone()).collect()
    }

    #[test]
    fn one_object_instead_of_a_list_is_found_whole() {
        let one = json!({"name": "Anna", "phone": {"n": 1}});
        for (path, body) in [
            ("$[*]", one.clone()),
            ("$.*", one.clone()),
            ("$[:]", one.clone()),
            ("$[0]", one.clone()),
            ("$[-1]", one.clone()),
            ("$[?@.name]", one.clone()),
            ("$[0, 1]", one.clone()),
            ("$.orders[*]", json!({"orders": one})),
            ("$['orders'][*]", json!({"orders": one})),
            ("$.orders[0]", json!({"orders": one})),
            ("$..orders[*]", json!({"a": [{"orders": one}]})),
            ("$.shops[*].orders[*]", json!({"shops": {"orders": one}})),
            ("$.shops[*].orders[*]", json!({"shops": [{"orders": one}]})),
            ("$.shops[*].orders[*]", json!({"shops": {"orders": [one]}})),
            ("$.orders", json!({"orders": one})),
        ] {
            let found = found(path, body.clone());
            assert_eq!(found, std::slice::from_ref(&one), "{path} in {body}");
        }
    }

    #[test]
    fn lists_stay_lists_also_as_php_writes_them_with_gaps() {
        let (one, other) = (json!({"n": 1}), json!({"n": 2}));
        for body in [json!([one, other]), json!({"0": one, "2": other})] {
            assert_eq!(found("$[*]", body), [one.clone(), other.clone()]);
        }
        assert_eq!(found("$[*]", json!([[1], "x", null])).len(), 3);
        assert_eq!(
            found("$[*]", json!({"7": "seven"})),
            [json!({"7": "seven"})]
        );
        for nothing in [json!([]), json!({}), json!("x"), json!(null)] {
            assert_eq!(found("$[*]", nothing), Vec::<Value>::new());
        }
    }

    #[test]
    fn distinguishes_an_empty_list_from_a_missing_one() {
        let is_empty = |path: &str, body| Path::parse(path).unwrap().finds_empty_list(&body);
        for (path, body, empty) in [
            ("$[*]", json!([]), true),
            ("$[*]", json!({}), true),
            ("$.orders[*]", json!({"orders": []}), true),
            ("$.orders[*]", json!({"orders": {}}), true),
            ("$.orders[0]", json!({"orders": []}), true),
            ("$..orders[*]", json!({"orders": []}), true),
            ("$.orders[*]", json!({"order": {}}), false),
            ("$.orders[*]", json!({"orders": null}), false),
            ("$.orders[*]", json!({"orders": "x"}), false),
            ("$.orders[?@.x]", json!({"orders": [{"y": 1}]}), false),
        ] {
            assert_eq!(is_empty(path, body), empty, "{path}");
        }
    }

    #[test]
    fn many_nested_descents_take_no_long_time() {
        let mut body = json!({"name": "x"});
        for _ in 0..60 {
            body = json!({"answers": body});
        }
        let path = Path::parse("$..answers..answers..answers[*]").unwrap();
        path.list_single_objects(&mut body);
        assert!(body.is_object());
    }
}
