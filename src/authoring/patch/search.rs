//! Finds the changes of a profile that change whom it finds.

use std::collections::BTreeMap;

use super::meaning::{self, Meaning};

/// The keys that decide who is found, and whose values are blocks of their own.
const KEYS: [&str; 6] = ["search", "match", "several", "found", "closed", "among"];

/// Returns where two texts of a profile differ in who is found, such as `contact.match`. A text that
/// is no YAML says nothing.
pub fn search_changes(old: &str, new: &str) -> Vec<String> {
    let (old, new) = (said(old), said(new));
    let mut changed: Vec<String> = old
        .iter()
        .filter(|(place, value)| new.get(*place) != Some(*value))
        .map(|(place, _)| place.clone())
        .collect();
    let added = new.keys().filter(|place| !old.contains_key(*place));
    changed.extend(added.cloned());
    changed.sort();
    changed
}

/// Returns everything that a text says about who is found.
fn said(text: &str) -> BTreeMap<String, Meaning> {
    let mut found = BTreeMap::new();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some(root) = meaning::read(text) {
        collect(&root, "", &mut found);
    }
    found
}

fn collect(of: &Meaning, place: &str, found: &mut BTreeMap<String, Meaning>) {
    match of {
        Meaning::Map(entries) => {
            for (name, value) in entries {
                let place = if place.is_empty() {
                    name.clone()
                } else {
                    format!("{place}.{name}")
                };
                // another base brings other rules
                let is_base = place == "base";
                // the names of declared fields are the author's own
                let is_key = KEYS.contains(&name.as_str()) && !place.starts_with("fields.");
                if is_base || is_key {
                    found.insert(place, value.clone());
                } else {
                    collect(value, &place, found);
                }
            }
        }
        Meaning::List(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(item, &format!("{place}.{}", index + 1), found);
            }
        }
        Meaning::Null | Meaning::Text(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_of_who_is_found_are_named_and_others_are_not() {
        let old = "contact:\n  match: any\n  fields:\n    PHONE: { value: x, search: true }\ndeal:\n  among: [NEW]\n";
        let same = old.replace("value: x", "value: \"{{y}}\"");
        assert_eq!(search_changes(old, &same), [""; 0]);
        let new = "contact:\n  match: all\n  fields:\n    PHONE: { value: x }\ndeal:\n  among: [NEW]\n  found: ignore\nfields:\n  found: $.x\n";
        assert_eq!(
            search_changes(old, new),
            ["contact.fields.PHONE.search", "contact.match", "deal.found"]
        );
    }
}
