//! Filtering of small lists that are kept as ready rows: activities and custom fields.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use crate::simulator::{php, when};

const OPERATORS: [&str; 10] = ["!=", "!%", "!@", ">=", "<=", ">", "<", "!", "=", "%"];

/// Whether a row passes a classic filter; unknown keys and empty lists are no condition.
pub(in crate::simulator) fn pass(row: &Map<String, Value>, filter: &Value) -> bool {
    php::members(filter).into_iter().all(|(key, wanted)| {
        let operator = OPERATORS
            .into_iter()
            .find(|it| key.starts_with(it))
            .unwrap_or("");
        let name = key.trim_start_matches(operator).trim_start_matches('@');
        let wanted = php::values(wanted);
        let Some(value) = row.get(name).filter(|_| !wanted.is_empty()) else {
            return true;
        };
        let seen = php::strval(value);
        wanted
            .iter()
            .any(|it| hit(operator, &seen, &php::strval(it)))
            != operator.starts_with('!')
    })
}

/// Compares as the portal does: numbers as numbers, moments whatever their zones, other texts without
/// regard to case.
fn hit(operator: &str, seen: &str, wanted: &str) -> bool {
    let (text, wanted_text) = (seen.to_lowercase(), wanted.to_lowercase());
    let moments = when::parse_moment(seen).zip(when::parse_moment(wanted));
    let order = match (seen.parse::<f64>(), wanted.parse::<f64>()) {
        (Ok(seen), Ok(wanted)) => seen.partial_cmp(&wanted).unwrap_or(Ordering::Equal),
        _ => match moments {
            Some((seen, wanted)) => seen.cmp(&wanted),
            None => text.cmp(&wanted_text),
        },
    };
    match operator {
        ">" => order.is_gt(),
        ">=" => order.is_ge(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        "%" | "!%" => text.contains(&wanted_text),
        _ => text == wanted_text || moments.is_some_and(|(seen, wanted)| seen == wanted),
    }
}

/// Copies the rows that pass: most lists return few of many.
pub(in crate::simulator) fn passing<'r>(
    rows: impl Iterator<Item = &'r Map<String, Value>>,
    filter: &Value,
) -> Vec<Map<String, Value>> {
    rows.filter(|row| pass(row, filter)).cloned().collect()
}

/// Sorts rows by a classic order.
pub(in crate::simulator) fn sort(rows: &mut [Map<String, Value>], order: &Value) {
    sort_by(rows, order, |row| row);
}

/// Sorts what has fields by a classic order.
pub(in crate::simulator) fn sort_by<T>(
    rows: &mut [T],
    order: &Value,
    fields: impl Fn(&T) -> &Map<String, Value>,
) {
    for (key, direction) in php::members(order).into_iter().rev() {
        let descending = php::strval(direction).eq_ignore_ascii_case("desc");
        rows.sort_by(|left, right| {
            let side = |row: &T| {
                let value = fields(row).get(&key).cloned().unwrap_or_default();
                (php::intval(&value), php::strval(&value))
            };
            let ordering = side(left).cmp(&side(right));
            if descending {
                ordering.reverse()
            } else {
                ordering
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn moments_are_compared_whatever_their_zones_and_numbers_as_numbers() {
        let row = json!({"START_TIME": "2026-03-01T10:00:00+03:00", "ID": "9", "NAME": "Анна"});
        let row = row.as_object().unwrap();
        for (filter, passes) in [
            (json!({">=START_TIME": "2026-03-01T07:00:00+00:00"}), true),
            (json!({">START_TIME": "2026-03-01T07:00:00Z"}), false),
            (json!({"<START_TIME": "2026-03-01T08:00:00Z"}), true),
            (json!({"=START_TIME": "2026-03-01 10:00:00"}), true),
            (json!({"!=START_TIME": "2026-03-01T07:00:00Z"}), false),
            (json!({">ID": "10"}), false),
            (json!({"=ID": "09"}), false),
            (json!({"NAME": "анна"}), true),
            (json!({"%NAME": "НН"}), true),
        ] {
            assert_eq!(pass(row, &filter), passes, "{filter}");
        }
    }
}
