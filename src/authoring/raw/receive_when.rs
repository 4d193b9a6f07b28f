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

/// What people call the kind of a call.
const KINDS: [&str; 9] = [
    "kind",
    "call.kind",
    "$.call.kind",
    "type",
    "call_type",
    "direction",
    "event",
    "status",
    "вид",
];
/// The members of a call by which profiles are chosen, and what else they are called.
const MEMBERS: [(&str, &str); 12] = [
    ("line", "line"),
    ("did", "line"),
    ("line_name", "line_name"),
    ("number", "number"),
    ("phone", "number"),
    ("from", "number"),
    ("inner", "inner"),
    ("extension", "inner"),
    ("to", "inner"),
    ("duration", "duration"),
    ("talk", "talk"),
    ("answered", "answered"),
];
/// Words for the kinds of calls.
const CALLS: [(&str, &str); 4] = [
    (
        "missed",
        "miss lost noanswer no_answer unanswered пропущ потеря неотвеч",
    ),
    ("incoming", "in inbound answered вход принят отвеч"),
    ("outgoing", "out outbound исход"),
    ("internal", "local inner внутр"),
];

/// Reports a block that tests a call: `{ kind: missed }` is `on: missed`, other members are in
/// `$.call`. Returns whether it is one.
pub(super) fn of_call(node: &Node, reader: &mut Reader<'_>) -> bool {
    let NodeKind::Map(entries) = &node.kind else {
        return false;
    };
    let mut on = None;
    let mut tests: Vec<String> = Vec::new();
    for (name, value) in entries {
        let word = name.value.trim().to_lowercase();
        let NodeKind::Scalar(text) = &value.kind else {
            return false;
        };
        let bare = word.trim_start_matches("$.").trim_start_matches("call.");
        let member = MEMBERS.iter().find(|(known, _)| *known == bare);
        if KINDS.contains(&word.as_str()) {
            let Some(kind) = call_kind(text.value.trim()) else {
                return false;
            };
            on = Some(kind);
        } else if let Some((_, member)) = member {
            let quoted = *member != "answered" && !matches!(*member, "duration" | "talk");
            let path = format!("$.call.{member}");
            let value = text.value.trim();
            tests.push(if quoted {
                format!("{path} == '{}'", value.replace(['\'', '\\'], ""))
            } else {
                compared(&path, text)
            });
        } else {
            return false;
        }
    }
    let test = tests.join(" && ");
    let right = match (on, test.is_empty()) {
        (Some(kind), true) => format!("on: {kind}"),
        (Some(kind), false) => format!("on: {kind}, when: \"{test}\""),
        (None, false) => format!("when: \"{test}\""),
        (None, true) => return false,
    };
    let message = bilingual!(
        "`receive.when` tests the packet; the kinds of calls stand in `on`",
        "в `receive.when` проверяют сам пакет, а виды звонков пишут в `on`"
    );
    let advice = bilingual!("write `{right}`", "напишите `{right}`");
    reader.error(Code::WrongType, &node.place.in_brackets(), message, advice);
    true
}

/// Returns the kind of calls that a word means.
fn call_kind(word: &str) -> Option<&'static str> {
    let lower = word.to_lowercase();
    let found = CALLS.iter().find(|(kind, words)| {
        let mut words = words.split(' ');
        // a Russian word has an ending
        *kind == lower || words.any(|it| it == lower || (!it.is_ascii() && lower.starts_with(it)))
    });
    found.map(|(kind, _)| *kind)
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
