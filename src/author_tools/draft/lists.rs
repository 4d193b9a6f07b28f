//! Recognises packets that hold several submissions: a CSV, a JSON list, `{ "orders": [ … ] }`. Their
//! channel splits them with `each`.

use serde_json::Value;

use super::codes::{self, Role};
use super::labelled;
use super::observe::{Observations, step};

/// Anything nested deeper is not searched.
const DEEPEST: usize = 3;
/// The maximum number of rows that are looked at.
const MOST: usize = 200;

/// The submissions in packets, and the path that finds them: `$[*]`, `$.orders[*]`.
pub(super) struct ObservedRows {
    pub(super) each: String,
    pub(super) rows: Vec<Value>,
}

/// Returns the submissions, if all packets are lists, or hold one whose rows tell how to reach a
/// person while nothing else of the packet does.
pub(super) fn observe(packets: &[Value]) -> Option<ObservedRows> {
    let keys = match packets.first()? {
        Value::Array(_) => Vec::new(),
        _ if reaches_person(packets) => return None,
        first => look(first, &mut Vec::new())?,
    };
    let mut rows: Vec<Value> = Vec::new();
    for packet in packets {
        let found = keys.iter().try_fold(packet, |value, key| value.get(key))?;
        let found = found.as_array().filter(|items| is_list(items))?;
        rows.extend(found.iter().take(MOST.saturating_sub(rows.len())).cloned());
    }
    let path: String = keys.iter().map(|key| step(key)).collect();
    Some(ObservedRows {
        each: format!("${path}[*]"),
        rows,
    })
}

/// Returns the keys that lead to the list.
fn look(value: &Value, keys: &mut Vec<String>) -> Option<Vec<String>> {
    for (key, value) in value.as_object()? {
        let is_usual = key.chars().count() <= 100 && !key.chars().any(char::is_control);
        if !is_usual {
            continue;
        }
        keys.push(key.clone());
        let found = match value {
            Value::Array(items) if is_list(items) && reaches_person(items) => Some(keys.clone()),
            Value::Object(_) if keys.len() < DEEPEST => look(value, keys),
            _ => None,
        };
        if found.is_some() {
            return found;
        }
        keys.pop();
    }
    None
}

/// Returns whether the elements may be submissions, and are no answers of one.
fn is_list(items: &[Value]) -> bool {
    !items.is_empty() && items.iter().all(Value::is_object) && labelled::rows(items).is_none()
}

fn reaches_person(packets: &[Value]) -> bool {
    let packets = packets.get(..MOST).unwrap_or(packets);
    let observed = Observations::of(packets);
    let mut roles = observed.seen().filter_map(codes::role);
    roles.any(|role| matches!(role, Role::Phone | Role::Email))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn several_submissions_of_a_packet_are_found() {
        let row = || json!({"Имя": "Анна", "Телефон": "8 912 345-67-89"});
        let plain = || json!({"sku": "A", "price": 5});
        for (packet, each) in [
            (json!([row()]), Some("$[*]")),
            (json!([row(), row()]), Some("$[*]")),
            (json!([plain()]), Some("$[*]")),
            (json!({"orders": [row(), row()]}), Some("$.orders[*]")),
            (
                json!({"data": {"заказы": [row(), row()]}}),
                Some("$.data['заказы'][*]"),
            ),
            (
                json!({"list": {"order": [row(), row()]}}),
                Some("$.list.order[*]"),
            ),
            (
                json!({"phone": "89123456789", "friends": [row(), row()]}),
                None,
            ),
            (json!({"items": [plain(), plain()]}), None),
            (
                json!([{"name": "phone", "value": "89123456789"}, {"name": "x", "value": "y"}]),
                None,
            ),
            (
                json!({"answers": [{"q": "Телефон", "a": "89123456789"}]}),
                None,
            ),
            (json!(["89123456789"]), None),
            (json!([]), None),
            (json!({"phone": "89123456789"}), None),
        ] {
            let found = observe(std::slice::from_ref(&packet));
            assert_eq!(found.map(|found| found.each).as_deref(), each, "{packet}");
        }
        let packets = [json!({"orders": [row(), row()]}), json!({"orders": "none"})];
        assert!(observe(&packets).is_none());
        let packets = [json!([row(), row()]), json!([row()])];
        assert_eq!(observe(&packets).unwrap().rows.len(), 3);
    }
}
