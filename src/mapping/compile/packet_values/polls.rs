//! Answers of polls: the technical values are in `header_data`, the answers in `data`.

use super::tests::PacketTest;
use super::{PacketMistake, is_number, names_of, write};
use crate::authoring::OF_HEADER;
use crate::domain::bilingual;

/// What a poll is called and its language, which are facts beside the packet.
const FACTS: [(&str, &str); 8] = [
    ("poll_name", "$poll.name"),
    ("name", "$poll.name"),
    ("poll_language", "$poll.language"),
    ("language", "$poll.language"),
    ("lang", "$poll.language"),
    ("locale", "$poll.language"),
    ("poll", "$poll.id"),
    ("id", "$poll.id"),
];

pub(super) fn path(written: &str) -> Option<PacketMistake> {
    for block in ["$.data", "$.header_data"] {
        let rest = written.strip_prefix(block);
        let rest = rest.and_then(|rest| rest.strip_prefix("[0]").or(rest.strip_prefix("[*]")));
        if let Some(rest) = rest.filter(|rest| rest.starts_with('.')) {
            return Some(PacketMistake::path(written, &format!("{block}{rest}")));
        }
    }
    let names = names_of(written)?;
    let right = match names.as_slice() {
        ["data", name] if OF_HEADER.contains(name) => format!("$.header_data.{name}"),
        ["header_data", name] => {
            let fact = FACTS.iter().find(|(word, _)| word == name);
            fact.map(|(_, fact)| (*fact).to_owned())?
        }
        _ => return None,
    };
    Some(PacketMistake::path(written, &right))
}

pub(super) fn test(test: &PacketTest<'_>) -> Option<PacketMistake> {
    let value = test.text?;
    match test.path {
        "$poll.language" if !matches!(value, "ru" | "en") => {
            let lower = value.to_lowercase();
            let advice = match lower.as_str() {
                word if word.starts_with("ru") || word.starts_with("рус") || word == "rus" => {
                    write("'ru'")
                }
                word if word.starts_with("en") || word.starts_with("анг") => write("'en'"),
                _ => bilingual!("it is `'ru'` or `'en'`", "бывает `'ru'` или `'en'`"),
            };
            Some(PacketMistake::value(test.path, value, advice))
        }
        "$.header_data.form_kind" | "$.header_data.poll_id" | "$.header_data.answer_id"
            if !is_number(value) && value != "null" =>
        {
            let path = test.path;
            let advice = bilingual!("it is a number: `{path} == 2`", "это число: `{path} == 2`");
            Some(PacketMistake::value(test.path, value, advice))
        }
        _ => None,
    }
}
