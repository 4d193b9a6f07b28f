//! Paths at the top of a poll's packet, and questions without a root: the path that is meant.

use super::fields::PACKET;
use crate::authoring::OF_HEADER;
use crate::authoring::problem::Problems;
use crate::authoring::suggest;
use crate::domain::{Bilingual, bilingual};

/// What people call the block of the answers, and that of the technical values.
const ANSWERS: [&str; 12] = [
    "answer",
    "answers",
    "body",
    "fields",
    "form",
    "payload",
    "post",
    "responses",
    "result",
    "values",
    "ответ",
    "ответы",
];
const HEADERS: [&str; 6] = ["head", "header", "headers", "info", "meta", "metadata"];

/// Returns the path inside the packet of a poll that a path at its top means.
pub(super) fn in_packet(written: &str, first: &str) -> Bilingual {
    let bare = written.trim_start_matches('$').trim_start_matches('.');
    let rest = bare
        .strip_prefix(first)
        .filter(|rest| rest.starts_with(['.', '[']));
    if let Some(rest) = rest {
        let lower = first.to_lowercase();
        let block = match lower.as_str() {
            word if ANSWERS.contains(&word) => Some("data"),
            word if HEADERS.contains(&word) => Some("header_data"),
            _ => None,
        };
        let block = block.or_else(|| suggest::nearest(first, PACKET));
        if let Some(block) = block {
            return bilingual!("write `$.{block}{rest}`", "напишите `$.{block}{rest}`");
        }
    } else if let Some(near) = suggest::nearest(first, PACKET) {
        return bilingual!("did you mean `$.{near}…`?", "может быть, `$.{near}…`?");
    }
    if OF_HEADER.contains(&bare) {
        return bilingual!(
            "write `$.header_data.{bare}`",
            "напишите `$.header_data.{bare}`"
        );
    }
    bilingual!(
        "an answer's own fields are in data: $.data.{bare}",
        "поля самого ответа лежат в data: $.data.{bare}"
    )
}

/// `{{question}}`: a template in place of a path. Returns advice with the path.
pub(super) fn of_template(written: &str, problems: &Problems) -> Option<Bilingual> {
    let inside = written.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    let name = inside.trim();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let path = is_name.then(|| problems.facts.path_of(name))?;
    let shown = if path.contains(['[', ' ']) {
        format!("\"{path}\"")
    } else {
        path
    };
    Some(bilingual!(
        "write `{shown}`; a value made of other fields is `{{ value: \"…\" }}`",
        "напишите `{shown}`; значение из других полей — `{{ value: \"…\" }}`"
    ))
}

/// `Дата:`, `Ваш телефон`: the text of a question without a root. Returns advice with the whole text.
pub(super) fn of_question(written: &str, problems: &Problems) -> Option<Bilingual> {
    let text = written.trim();
    let is_text = text.starts_with(char::is_alphabetic)
        && !text.contains([
            '$', '[', ']', '{', '=', '<', '>', '|', '&', '/', '\\', '.', ';', '\'', '"',
        ])
        && !text.trim_end_matches(':').contains(':')
        && (text.ends_with([':', '?', '!', '*']) || text.contains(' '));
    if !is_text {
        return None;
    }
    if let Some(list) = alternatives(text, problems) {
        return Some(bilingual!(
            "several paths are a list: write `{list}`",
            "несколько путей пишут списком: напишите `{list}`"
        ));
    }
    let path = problems.facts.path_of(text);
    Some(bilingual!("write \"{path}\"", "напишите \"{path}\""))
}

/// `delivery или shipping`: the paths of both.
fn alternatives(text: &str, problems: &Problems) -> Option<String> {
    let sign = [" или ", " or ", " либо "]
        .into_iter()
        .find(|sign| text.contains(sign))?;
    let names: Vec<&str> = text.split(sign).map(str::trim).collect();
    let is_name = |name: &&str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    let paths = names.iter().map(|name| problems.facts.path_of(name));
    names
        .iter()
        .all(is_name)
        .then(|| format!("[{}]", paths.collect::<Vec<_>>().join(", ")))
}
