//! Descriptions of fields, as the `fields` methods answer them.

use serde_json::{Map, Value};

use crate::simulator::state::kind::Kind;

/// Describes a field by its type and the letters of its flags: `r` read-only, `i` set once, `!`
/// required, `m` multiple, `x` custom.
pub(super) fn description(type_name: &str, flags: &str) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("type".to_owned(), type_name.into());
    for (name, flag) in [
        ("isRequired", '!'),
        ("isReadOnly", 'r'),
        ("isImmutable", 'i'),
        ("isMultiple", 'm'),
        ("isDynamic", 'x'),
    ] {
        map.insert(name.to_owned(), flags.contains(flag).into());
    }
    map
}

/// Describes fields that are written down one a line: name, type, flags or `-`, title.
pub(super) fn described(lines: &str) -> Map<String, Value> {
    let field = |line: &str| {
        let mut parts = line.split(" | ");
        let (name, type_name, flags) = (parts.next()?, parts.next()?, parts.next()?);
        let mut map = description(type_name, flags);
        map.insert("title".to_owned(), parts.next()?.into());
        Some((name.to_owned(), Value::Object(map)))
    };
    lines.lines().filter_map(field).collect()
}

/// The number of the type that a field links to.
pub(super) fn parent(target: &str) -> Option<i64> {
    let word = target.trim_start_matches("crm_");
    match word {
        "quote" => Some(7),
        _ => Kind::of_word(word).map(Kind::type_id),
    }
}
