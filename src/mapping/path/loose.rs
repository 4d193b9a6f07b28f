//! Compares numbers, texts, and yes and no of a packet by what they say: forms send every value as
//! text. RFC 9535 calls values of two types unequal, so `$.kind == 2` would never hold for a form.

use jsonpath_rust::parser::model::{
    Comparable, Comparison, Filter, FilterAtom, JpQuery, Literal, Segment, Selector,
};
use serde_json::Value;

use crate::mapping::normalise::money;

/// How forms spell yes and no.
const YES: &[&str] = &[
    "true", "True", "TRUE", "on", "yes", "Yes", "y", "Y", "1", "да", "Да",
];
const NO: &[&str] = &[
    "false", "False", "FALSE", "off", "no", "No", "n", "N", "0", "нет", "Нет",
];

/// Lets the filters of a test accept each value in every spelling.
pub(super) fn loosened(query: &JpQuery) -> JpQuery {
    let one = |selector: &Selector| match selector {
        Selector::Filter(inner) => Selector::Filter(filter(inner)),
        other => other.clone(),
    };
    let segments = query.segments.iter().map(|segment| match segment {
        Segment::Selector(selector) => Segment::Selector(one(selector)),
        Segment::Selectors(list) => Segment::Selectors(list.iter().map(one).collect()),
        Segment::Descendant(_) => segment.clone(),
    });
    JpQuery::new(segments.collect())
}

/// Returns whether a test says that a value is more or less than a number.
pub(super) fn compares_numbers(query: &JpQuery) -> bool {
    query.segments.iter().any(|segment| match segment {
        Segment::Selector(Selector::Filter(inner)) => has_order(inner),
        Segment::Selector(_) | Segment::Selectors(_) | Segment::Descendant(_) => false,
    })
}

/// Returns the packet with numbers in place of texts that are numbers.
pub(super) fn with_numbers(value: &Value) -> Value {
    match value {
        Value::String(text) => number(text).unwrap_or_else(|| value.clone()),
        Value::Array(list) => list.iter().map(with_numbers).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), with_numbers(value)))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// Longer texts are no numbers, in bytes.
const LONGEST: usize = 40;

fn number(text: &str) -> Option<Value> {
    if text.len() > LONGEST {
        return None;
    }
    let read = money(text)?;
    serde_json::from_str(&read).ok().filter(Value::is_number)
}

fn has_order(filter: &Filter) -> bool {
    match filter {
        Filter::Or(list) | Filter::And(list) => list.iter().any(has_order),
        Filter::Atom(FilterAtom::Filter { expr, .. }) => has_order(expr),
        Filter::Atom(FilterAtom::Test { .. }) => false,
        Filter::Atom(FilterAtom::Comparison(comparison)) => match &**comparison {
            Comparison::Eq(..) | Comparison::Ne(..) => false,
            Comparison::Gt(left, right)
            | Comparison::Gte(left, right)
            | Comparison::Lt(left, right)
            | Comparison::Lte(left, right) => is_number(left) || is_number(right),
        },
    }
}

fn is_number(side: &Comparable) -> bool {
    matches!(
        side,
        Comparable::Literal(Literal::Int(_) | Literal::Float(_))
    )
}

fn filter(written: &Filter) -> Filter {
    match written {
        Filter::Or(list) => Filter::Or(list.iter().map(filter).collect()),
        Filter::And(list) => Filter::And(list.iter().map(filter).collect()),
        Filter::Atom(FilterAtom::Filter { expr, not }) => {
            Filter::Atom(FilterAtom::filter(filter(expr), *not))
        }
        Filter::Atom(FilterAtom::Test { .. }) => written.clone(),
        Filter::Atom(FilterAtom::Comparison(comparison)) => match &**comparison {
            Comparison::Eq(left, right) => {
                let all = each_spelling(left, right, Comparison::Eq);
                all.map_or_else(|| written.clone(), Filter::Or)
            }
            Comparison::Ne(left, right) => {
                let all = each_spelling(left, right, Comparison::Ne);
                all.map_or_else(|| written.clone(), Filter::And)
            }
            Comparison::Gt(..) | Comparison::Gte(..) | Comparison::Lt(..) | Comparison::Lte(..) => {
                written.clone()
            }
        },
    }
}

/// Returns the comparison with each spelling of its value, if there are several.
fn each_spelling(
    left: &Comparable,
    right: &Comparable,
    comparison: fn(Comparable, Comparable) -> Comparison,
) -> Option<Vec<Filter>> {
    let (path, literal) = match (left, right) {
        (Comparable::SingularQuery(_), Comparable::Literal(literal)) => (left, literal),
        (Comparable::Literal(literal), Comparable::SingularQuery(_)) => (right, literal),
        _ => return None,
    };
    let others = spellings(literal);
    if others.is_empty() {
        return None;
    }
    let all = std::iter::once(literal.clone()).chain(others);
    let one = |literal| comparison(path.clone(), Comparable::Literal(literal));
    Some(
        all.map(|literal| Filter::Atom(FilterAtom::cmp(Box::new(one(literal)))))
            .collect(),
    )
}

/// The same value in other types.
fn spellings(literal: &Literal) -> Vec<Literal> {
    match literal {
        Literal::Int(number) => vec![Literal::String(number.to_string())],
        Literal::Float(number) => vec![Literal::String(number.to_string())],
        Literal::Bool(truth) => {
            let words = if *truth { YES } else { NO };
            words
                .iter()
                .map(|word| Literal::String((*word).to_owned()))
                .collect()
        }
        Literal::String(text) => match text.as_str() {
            "true" => vec![Literal::Bool(true)],
            "false" => vec![Literal::Bool(false)],
            text => text
                .parse::<i64>()
                .ok()
                .filter(|number| number.to_string() == text)
                .map(Literal::Int)
                .into_iter()
                .collect(),
        },
        Literal::Null => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::mapping::packet::Packet;
    use crate::mapping::path::When;

    #[test]
    fn numbers_texts_and_yes_are_compared_by_what_they_say() {
        let form = json!({ "kind": "2", "total": "1 500,50", "agree": "on", "zip": "007",
            "name": "Анна", "phone": "+79123456789" });
        let body = json!({ "kind": 2, "total": 1500.5, "agree": true, "zip": "007",
            "name": "Анна", "phone": "+79123456789" });
        for (test, holds) in [
            ("$.kind == 2", true),
            ("2 == $.kind", true),
            ("$.kind == '2'", true),
            ("$.kind != 2", false),
            ("$.kind != '2'", false),
            ("$.kind == 3", false),
            ("$.kind != 3", true),
            ("$.kind == '02'", false),
            ("$.zip == '007'", true),
            ("$.zip == 7", false),
            ("$[?@.kind == 2]", true),
            ("$.total > 1000", true),
            ("$.total >= 1501", false),
            ("1000 < $.total", true),
            ("$.total > 1000 && $.kind == '2' && $.name == 'Анна'", true),
            ("$.total < 1000 || $.kind == 2", true),
            ("!($.kind == 2)", false),
            ("$.agree == true", true),
            ("$.agree != true", false),
            ("$.agree == false", false),
            ("$.name == true", false),
            ("$.missing == 2", false),
            ("$.missing != 2", true),
            ("$.missing > 0", false),
            ("$.name > 5", false),
            ("search($.phone, '^.79')", true),
        ] {
            let when = When::parse(test).unwrap();
            for packet in [&form, &body] {
                assert_eq!(when.matches(&Packet::new(packet)), holds, "{test} {packet}");
            }
        }
    }

    #[test]
    fn forms_spell_yes_and_no_in_their_ways() {
        let yes = When::parse("$.agree == true").unwrap();
        let no = When::parse("$.agree == false").unwrap();
        for (value, is) in [
            ("on", true),
            ("1", true),
            ("Да", true),
            ("0", false),
            ("нет", false),
        ] {
            let packet = json!({ "agree": value });
            assert_eq!(yes.matches(&Packet::new(&packet)), is, "{value}");
            assert_eq!(no.matches(&Packet::new(&packet)), !is, "{value}");
        }
    }
}
