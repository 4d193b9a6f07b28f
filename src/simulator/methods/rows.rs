//! Filtering of small lists that are kept as ready rows: activities and custom fields.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use crate::simulator::php;

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
        let seen = php::strval(value).to_lowercase();
        wanted
            .iter()
            .any(|it| hit(operator, &seen, &php::strval(it).to_lowercase()))
            != operator.starts_with('!')
    })
}

fn hit(operator: &str, seen: &str, wanted: &str) -> bool {
    let order = match (seen.parse::<f64>(), wanted.parse::<f64>()) {
        (Ok(seen), Ok(wanted)) => seen.partial_cmp(&wanted).unwrap_or(Ordering::Equal),
        _ => seen.cmp(wanted),
    };
    match operator {
        ">" => order.is_gt(),
        ">=" => order.is_ge(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        "%" | "!%" => seen.contains(wanted),
        _ => seen == wanted,
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
    for (key, direction) in php::members(order).into_iter().rev() {
        let descending = php::strval(direction).eq_ignore_ascii_case("desc");
        rows.sort_by(|left, right| {
            let side = |row: &Map<String, Value>| {
                let value = row.get(&key).cloned().unwrap_or_default();
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
