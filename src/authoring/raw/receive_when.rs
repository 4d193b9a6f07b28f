//! Fields in `receive.when`: `{ form_kind: 2 }`. A profile is chosen before its fields are read, so
//! only the packet can be tested there.

use super::ITEM_TESTS;
use crate::authoring::codes::Code;
use crate::authoring::reader::Reader;
use crate::authoring::suggest;
use crate::authoring::yaml::{Node, NodeKind, Text};
use crate::domain::bilingual;

/// What stands in `header_data` of a poll's packet.
pub(crate) const OF_HEADER: [&str; 6] = [
    "form_kind",
    "poll_id",
    "answer_id",
    "analytics",
    "create_time",
    "gid",
];

/// Reports a block that tests fields; returns whether it is one.
pub(super) fn of_fields(node: &Node, reader: &mut Reader<'_>) -> bool {
    let NodeKind::Map(entries) = &node.kind else {
        return false;
    };
    let tests: Option<Vec<String>> = entries
        .iter()
        .map(|(name, value)| test(name, value, reader))
        .collect();
    let Some(tests) = tests.filter(|tests| !tests.is_empty()) else {
        return false;
    };
    let test = tests.join(" && ");
    let message = bilingual!(
        "`receive.when` tests the packet: fields are read later",
        "в `receive.when` проверяют сам пакет: поля читаются позже"
    );
    let advice = bilingual!("write `when: {test}`", "напишите `when: {test}`");
    reader.error(Code::WrongType, &node.place.in_brackets(), message, advice);
    true
}

/// `form_kind: 2` as a test of the packet.
fn test(name: &Text, value: &Node, reader: &Reader<'_>) -> Option<String> {
    let word = name.value.trim();
    // a misspelt test of an item is reported as such
    if suggest::nearest(word, ITEM_TESTS).is_some() {
        return None;
    }
    let facts = &reader.problems.facts;
    let path = if word.starts_with("$.") {
        word.to_owned()
    } else if facts.is_for_polls && OF_HEADER.contains(&word) {
        format!("$.header_data.{word}")
    } else {
        facts.path_of(word)
    };
    let values: Vec<&Text> = match &value.kind {
        NodeKind::Scalar(text) => vec![text],
        NodeKind::List(list) => list
            .iter()
            .map(|item| match &item.kind {
                NodeKind::Scalar(text) => Some(text),
                NodeKind::Null | NodeKind::List(_) | NodeKind::Map(_) => None,
            })
            .collect::<Option<_>>()?,
        NodeKind::Null | NodeKind::Map(_) => return None,
    };
    let tests: Vec<String> = values.iter().map(|text| compared(&path, text)).collect();
    let joined = tests.join(" || ");
    Some(
        if tests.len() > 1 && tests.iter().all(|test| !test.is_empty()) {
            format!("({joined})")
        } else {
            joined
        },
    )
}

fn compared(path: &str, text: &Text) -> String {
    let value = text.value.trim();
    let operand = value.trim_start_matches(['=', '!', '<', '>']).trim();
    let sign = value.strip_suffix(operand).unwrap_or_default().trim();
    match (value, sign) {
        ("present", _) => path.to_owned(),
        ("absent", _) => format!("!{path}"),
        (_, sign) => {
            let sign = match sign {
                "" | "=" => "==",
                sign => sign,
            };
            let operand = operand.trim_matches(['\'', '"']);
            if operand.parse::<f64>().is_ok() {
                format!("{path} {sign} {operand}")
            } else {
                format!("{path} {sign} '{}'", operand.replace(['\'', '\\'], ""))
            }
        }
    }
}
