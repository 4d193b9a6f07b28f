//! Names that a form has several times without `[]`: `services=A&services=B`. Such a name has its
//! last value; the list of all of them stands at the top of the packet, as `services[]`.

use std::sync::Arc;

use jsonpath_rust::parser::model::{JpQuery, Segment, Selector};
use jsonpath_rust::query::js_path_process;
use serde_json::Value;

use super::{MOST_VALUES, Path, PathKind, PathMatch, PathStep, direct_steps, spell};
use crate::domain::body::ALL;
use crate::mapping::packet::Packet;

impl Path {
    /// Returns all values of a repeated name as one list; `None` if the name is not repeated.
    pub(crate) fn find_repeated<'v>(&'v self, packet: &'v Packet<'_>) -> Option<PathMatch<'v>> {
        let PathKind::Direct(steps) = &self.kind else {
            return None;
        };
        let value = list(steps, packet.body())?;
        Some(PathMatch {
            value,
            place: Arc::clone(&self.canonical),
            in_text: false,
            moment: None,
        })
    }

    /// Finds elements of a repeated name: `$.services[*]`, `$.services[0]`.
    pub(super) fn find_among_repeated<'v>(&'v self, packet: &'v Packet<'_>) -> Vec<PathMatch<'v>> {
        match &self.kind {
            PathKind::Direct(steps) => {
                let Some((last @ PathStep::Index(_), name)) = steps.split_last() else {
                    return Vec::new();
                };
                let value = list(name, packet.body()).and_then(|list| last.of(list));
                let found = value.map(|value| PathMatch {
                    value,
                    place: Arc::clone(&self.canonical),
                    in_text: false,
                    moment: None,
                });
                found.into_iter().collect()
            }
            PathKind::Query(query) => among(query, packet.body()),
            PathKind::Fact(_) | PathKind::Custom(_) => Vec::new(),
        }
    }
}

/// Applies the last step of a query to the list of a repeated name.
fn among<'v>(query: &JpQuery, body: &'v Value) -> Vec<PathMatch<'v>> {
    let Some((last, name)) = query.segments.split_last() else {
        return Vec::new();
    };
    let takes_elements = match last {
        Segment::Selector(selector) => !matches!(selector, Selector::Name(_)),
        Segment::Selectors(_) => true,
        Segment::Descendant(_) => false,
    };
    if !takes_elements {
        return Vec::new();
    }
    let Some(steps) = direct_steps(&JpQuery::new(name.to_vec())) else {
        return Vec::new();
    };
    let Some(all) = list(&steps, body) else {
        return Vec::new();
    };
    let found = js_path_process(&JpQuery::new(vec![last.clone()]), all).unwrap_or_default();
    let found = found.into_iter().take(MOST_VALUES + 1);
    let name = spell(&steps);
    found
        .map(|found| PathMatch {
            value: found.val,
            place: format!("{name}{}", found.path.trim_start_matches('$')).into(),
            in_text: false,
            moment: None,
        })
        .collect()
}

/// Returns the list of all values of a name, if the packet has one.
fn list<'v>(name: &[PathStep], body: &'v Value) -> Option<&'v Value> {
    let body = body.as_object()?;
    let (first, rest) = name.split_first()?;
    let PathStep::Name(first) = first else {
        return None;
    };
    let mut key = first.clone();
    for step in rest {
        match step {
            PathStep::Name(name) => key.extend(["[", name, "]"]),
            PathStep::Index(index) => key.extend(["[", &index.to_string(), "]"]),
        }
    }
    key.push_str(ALL);
    body.get(&key).filter(|value| value.is_array())
}
