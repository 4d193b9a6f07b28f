//! Placeholders of the portal's mail templates and of documents: `#ORDER_ID#`, `«MERGEFIELD kind»`,
//! and a row of a loop named as in other languages: `{{item.title}}`.

use crate::authoring::codes::Code;
use crate::authoring::problem::Problems;
use crate::authoring::suggest;
use crate::authoring::yaml::Text;
use crate::domain::bilingual;

/// Longer texts are refused anyway, in bytes.
const LONGEST: usize = 4096;

/// What other languages call the row of a loop.
const ROWS: [&str; 5] = ["item", "row", "el", "it", "строка"];

/// Checks a template.
pub(super) fn check(text: &Text, names: &[&str], problems: &mut Problems) {
    if text.value.len() > LONGEST {
        return;
    }
    hashes(text, names, problems);
    merge_field(text, names, problems);
    row(text, names, problems);
}

fn warn(text: &Text, range: std::ops::Range<usize>, right: &str, problems: &mut Problems) {
    let value = text.value.as_str();
    let written = value.get(range.clone()).unwrap_or_default();
    let offset = value
        .get(..range.start)
        .map_or(0, |head| head.chars().count());
    let message = bilingual!(
        "`{written}` belongs to another template language and is written as it is",
        "`{written}` — запись другого языка шаблонов, она попадёт в CRM как есть"
    );
    let advice = bilingual!("write `{right}`", "напишите `{right}`");
    let place = text.part(offset, written.chars().count());
    problems.warn(Code::BadTemplate, &place, message, advice);
}

/// Returns the declared field that a word means: `ORDER_ID` is `order`.
fn meant<'n>(word: &str, names: &[&'n str]) -> Option<&'n str> {
    let lower = word.to_lowercase();
    let near = suggest::nearest_name(&lower, names);
    near.or_else(|| {
        let is_part = |name: &&&str| name.len() > 2 && lower.split('_').any(|part| part == **name);
        names.iter().find(is_part).copied()
    })
}

/// `#ORDER_ID#`: a macro of the portal. The name of a declared field is reported as such.
fn hashes(text: &Text, names: &[&str], problems: &mut Problems) {
    let value = text.value.as_str();
    let mut from = 0;
    while let Some(start) = value.get(from..).and_then(|rest| rest.find('#')) {
        let start = from + start;
        let inside = value.get(start + 1..).unwrap_or_default();
        let Some(end) = inside.find('#') else { return };
        let word = inside.get(..end).unwrap_or_default();
        let is_macro = word.len() > 2
            && word.starts_with(|c: char| c.is_ascii_uppercase())
            && word
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        if is_macro && !names.contains(&word) {
            let name = meant(word, names).map_or_else(|| word.to_lowercase(), str::to_owned);
            let range = start..start + end + 2;
            warn(text, range, &format!("{{{{{name}}}}}"), problems);
            return;
        }
        from = start + 1;
    }
}

/// `«MERGEFIELD kind»`.
fn merge_field(text: &Text, names: &[&str], problems: &mut Problems) {
    let value = text.value.as_str();
    let Some(at) = value.find("MERGEFIELD ") else {
        return;
    };
    let word = value.get(at + "MERGEFIELD ".len()..).unwrap_or_default();
    let end = word.find(|c: char| !(c.is_alphanumeric() || c == '_'));
    let word = word.get(..end.unwrap_or(word.len())).unwrap_or_default();
    if word.is_empty() {
        return;
    }
    let before = value.get(..at).unwrap_or_default();
    let opening = before.chars().next_back().filter(|c| "«{<".contains(*c));
    let start = at - opening.map_or(0, char::len_utf8);
    let mut end = at + "MERGEFIELD ".len() + word.len();
    let rest = value.get(end..).unwrap_or_default();
    if let Some(close) = rest.chars().next().filter(|c| "»}>".contains(*c)) {
        end += close.len_utf8();
    }
    let name = meant(word, names).unwrap_or(word);
    warn(text, start..end, &format!("{{{{{name}}}}}"), problems);
}

/// `{{#each items}}{{item.title}}`: the row has no name.
fn row(text: &Text, names: &[&str], problems: &mut Problems) {
    let value = text.value.as_str();
    let Some(open) = value.find("{{#each ") else {
        return;
    };
    let body = value.get(open..).unwrap_or_default();
    let tag = body.split("}}").next().unwrap_or_default();
    if tag.contains(" as ") || tag.contains(" in ") {
        // the name of the row is reported
        return;
    }
    let list = tag.trim_start_matches("{{#each ").trim();
    // `good` for a row of `goods`
    let singular = list
        .strip_suffix("es")
        .into_iter()
        .chain(list.strip_suffix('s'));
    let singular = singular.filter(|name| name.len() > 2);
    for name in ROWS.into_iter().chain(singular) {
        let sign = format!("{{{{{name}.");
        let Some(at) = body.find(&sign) else { continue };
        // `as |item|` is an error of its own
        if names.contains(&name) || body.contains(" as |") {
            continue;
        }
        let member = body.get(at + sign.len()..).unwrap_or_default();
        let Some((member, _)) = member.split_once("}}") else {
            continue;
        };
        let member = member.trim();
        let start = open + at;
        let length = sign.len() + member.len() + 2;
        let offset = value.get(..start).map_or(0, |head| head.chars().count());
        let message = bilingual!(
            "a row of a loop has no name: `{name}` is looked for inside of it",
            "у строки повтора нет имени: `{name}` ищется внутри неё самой"
        );
        let advice = bilingual!("write `{{{{{member}}}}}`", "напишите `{{{{{member}}}}}`");
        let place = text.part(offset, length);
        problems.warn(Code::BadTemplate, &place, message, advice);
        return;
    }
}
