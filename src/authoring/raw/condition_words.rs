//! `and`, `or` and `not` as keys of a condition: other programs have them; here a list, several
//! values and `"!= …"` say the same.

use crate::authoring::codes::Code;
use crate::authoring::reader::Reader;
use crate::authoring::yaml::{Node, NodeKind, Text};
use crate::domain::bilingual;

/// What a word joins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Joint {
    And,
    Or,
    Not,
}

const WORDS: &[(&str, Joint)] = &[
    ("and", Joint::And),
    ("all", Joint::And),
    ("&&", Joint::And),
    ("и", Joint::And),
    ("все", Joint::And),
    ("or", Joint::Or),
    ("any", Joint::Or),
    ("||", Joint::Or),
    ("или", Joint::Or),
    ("not", Joint::Not),
    ("!", Joint::Not),
    ("не", Joint::Not),
];

/// Reports a key that joins conditions. A field of such a name has a text or a list of texts.
pub(super) fn report(key: &Text, value: &Node, reader: &mut Reader<'_>) -> bool {
    let word = key.value.to_lowercase();
    let Some((_, joint)) = WORDS.iter().find(|(known, _)| *known == word) else {
        return false;
    };
    let mut tests = Vec::new();
    collect(value, &mut tests);
    if tests.is_empty() {
        return false;
    }
    let right = match joint {
        Joint::And => all(&tests),
        Joint::Or => any(&tests, reader),
        Joint::Not => none(&tests),
    };
    let written = &key.value;
    let message = bilingual!(
        "a condition has no word `{written}`",
        "в условии нет слова `{written}`"
    );
    let advice = bilingual!("write `when: {right}`", "напишите `when: {right}`");
    reader.error(Code::WrongType, &key.place, message, advice);
    true
}

/// The fields in it and their values.
fn collect<'n>(node: &'n Node, tests: &mut Vec<(&'n str, Vec<&'n str>)>) {
    match &node.kind {
        NodeKind::List(list) => list.iter().for_each(|item| collect(item, tests)),
        NodeKind::Map(entries) => {
            for (name, value) in entries {
                let values = match &value.kind {
                    NodeKind::Scalar(text) => vec![text.value.as_str()],
                    NodeKind::List(list) => list.iter().filter_map(scalar).collect(),
                    NodeKind::Null | NodeKind::Map(_) => continue,
                };
                tests.push((&name.value, values));
            }
        }
        NodeKind::Null | NodeKind::Scalar(_) => {}
    }
}

fn scalar(node: &Node) -> Option<&str> {
    match &node.kind {
        NodeKind::Scalar(text) => Some(&text.value),
        NodeKind::Null | NodeKind::List(_) | NodeKind::Map(_) => None,
    }
}

/// Writes a text so that YAML reads it as such.
fn spelt(text: &str) -> String {
    let is_plain = text.starts_with(char::is_alphanumeric)
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | '+'));
    if is_plain {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn one(name: &str, values: &[&str]) -> String {
    let spelt: Vec<String> = values.iter().map(|value| spelt(value)).collect();
    match spelt.as_slice() {
        [value] => format!("{name}: {value}"),
        several => format!("{name}: [{}]", several.join(", ")),
    }
}

fn all(tests: &[(&str, Vec<&str>)]) -> String {
    let written: Vec<String> = tests
        .iter()
        .map(|(name, values)| one(name, values))
        .collect();
    let is_repeated = |(index, (name, _)): (usize, &(&str, Vec<&str>))| {
        tests.iter().skip(index + 1).any(|(other, _)| other == name)
    };
    if tests.iter().enumerate().any(is_repeated) {
        return format!("[{{ {} }}]", written.join(" }, { "));
    }
    format!("{{ {} }}", written.join(", "))
}

fn any(tests: &[(&str, Vec<&str>)], reader: &Reader<'_>) -> String {
    let first = tests.first().map_or("", |(name, _)| *name);
    if tests.iter().all(|(name, _)| *name == first) {
        let values: Vec<&str> = tests
            .iter()
            .flat_map(|(_, values)| values.clone())
            .collect();
        return format!("{{ {} }}", one(first, &values));
    }
    let tests: Vec<String> = tests
        .iter()
        .flat_map(|(name, values)| {
            let path = reader.problems.facts.path_of(name);
            let one = move |value: &&str| {
                let value = value.replace(['\'', '\\'], "");
                format!("{path} == '{value}'")
            };
            values.iter().map(one).collect::<Vec<_>>()
        })
        .collect();
    tests.join(" || ")
}

fn none(tests: &[(&str, Vec<&str>)]) -> String {
    let negated: Vec<String> = tests
        .iter()
        .flat_map(|(name, values)| {
            values.iter().map(move |value| match *value {
                "present" => format!("{{ {name}: absent }}"),
                "absent" => format!("{{ {name}: present }}"),
                value => format!("{{ {name}: {} }}", spelt(&format!("!= {value}"))),
            })
        })
        .collect();
    match negated.as_slice() {
        [one] => one.clone(),
        several => format!("[{}]", several.join(", ")),
    }
}
