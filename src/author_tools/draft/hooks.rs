//! Hooks of amoCRM: an item with a list of custom fields, which profiles name by their codes.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::authoring::CUSTOM_ROOT;
use crate::domain::hook_event;

/// The entity whose `name` is a person's.
pub(super) const PEOPLE: &str = "contacts";
/// The most custom fields of an item that are looked at.
const MOST: usize = 200;
/// The most events that a draft names.
const MOST_EVENTS: usize = 20;
/// Members of an item that say nothing about a person or an order.
const TECHNICAL: [&str; 5] = [
    "hook",
    "account_id",
    "_links",
    "_embedded",
    "linked_leads_id",
];

/// A custom field of an item.
pub(super) struct DraftField {
    pub(super) name: String,
    /// `$custom['ORDERID']`.
    pub(super) path: String,
    /// Its value, or a list of its values.
    pub(super) value: Value,
}

/// Returns the entity, if a packet is a hook.
pub(super) fn entity(packet: &Map<String, Value>) -> Option<&str> {
    packet.get("hook")?.get("entity")?.as_str()
}

/// Returns the block `receive` with the events of the packets, if these are hooks.
pub(super) fn with_events(receive: &str, packets: &[Value]) -> String {
    let events = packets.iter().filter_map(hook_event);
    let events: BTreeSet<String> = events.map(str::to_owned).collect();
    let plain = |event: &String| {
        event
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._".contains(c))
    };
    match receive.strip_suffix(" }") {
        Some(open) if !events.is_empty() && events.iter().all(plain) => {
            let events: Vec<String> = events.into_iter().take(MOST_EVENTS).collect();
            format!("{open}, on: [{}] }}", events.join(", "))
        }
        Some(_) | None => receive.to_owned(),
    }
}

/// Returns whether a member of an item is of no use in a profile.
pub(super) fn is_technical(name: &str) -> bool {
    TECHNICAL.contains(&name)
}

/// Returns the custom fields of a member.
pub(super) fn custom_fields(member: &str, value: &Value) -> Option<Vec<DraftField>> {
    let list = value.as_array().filter(|_| member == "custom_fields")?;
    let fields = list.iter().take(MOST).filter_map(|field| {
        let text = |name: &str| match field.get(name)? {
            Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let is_usable =
            |name: &String| !name.contains(['\'', '\\']) && !name.contains(char::is_control);
        let id = text("id");
        let name = text("name");
        let known = text("code")
            .or_else(|| name.clone())
            .filter(is_usable)
            .or(id)?;
        Some(DraftField {
            path: format!("{CUSTOM_ROOT}['{known}']"),
            name: name.unwrap_or(known),
            value: value_of(field)?,
        })
    });
    Some(fields.collect())
}

/// Returns the value of a field, or all of them.
fn value_of(field: &Value) -> Option<Value> {
    let one = |value: &Value| value.get("value").unwrap_or(value).clone();
    match field.get("values")? {
        Value::Array(list) => match list.as_slice() {
            [] => None,
            [only] => Some(one(only)),
            several => Some(several.iter().map(one).collect()),
        },
        other => Some(one(other)),
    }
}

/// Returns the custom field that a path names, as a profile writes it.
pub(super) fn named(path: &str) -> Option<&str> {
    path.strip_prefix(CUSTOM_ROOT)?
        .strip_prefix("['")?
        .strip_suffix("']")
}
