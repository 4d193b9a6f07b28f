//! Texts of templates that reach the CRM otherwise than they look: `\n` that is no line break,
//! full-width braces, HTML in a title.

use crate::authoring::codes::Code;
use crate::authoring::problem::Problems;
use crate::authoring::yaml::Text;
use crate::domain::bilingual;

/// Longer texts are refused anyway, in bytes.
const LONGEST: usize = 4096;

/// Checks a template.
pub(super) fn check(text: &Text, problems: &mut Problems) {
    if text.value.len() > LONGEST {
        return;
    }
    line_break(text, problems);
    full_width(text, problems);
}

fn place_of(text: &Text, at: usize, length: usize) -> crate::authoring::problem::TextPlace {
    let offset = text.value.get(..at).map_or(0, |head| head.chars().count());
    text.part(offset, length)
}

/// `'{{topic}}\n{{city}}'`: only double quotes know `\n`.
fn line_break(text: &Text, problems: &mut Problems) {
    // in double quotes, the two signs stand for a backslash that the author escaped
    if !text.is_literal() {
        return;
    }
    let value = text.value.as_str();
    let Some(at) = ["\\n", "\\t", "\\r"]
        .iter()
        .find_map(|sign| value.find(sign))
    else {
        return;
    };
    let before = value.get(..at).unwrap_or_default();
    // `C:\new` is a path of a disk, and inside a tag it belongs to a helper
    let is_text = before.ends_with([':', '\\']);
    if is_text || before.matches("{{").count() != before.matches("}}").count() {
        return;
    }
    let fixed = value.replace('"', "\\\"");
    let message = bilingual!(
        "`\\n` begins a new line only in double quotes: here it is written as it is",
        "`\\n` — новая строка только в двойных кавычках: здесь запишется сам знак"
    );
    let advice = bilingual!("write \"{fixed}\"", "напишите \"{fixed}\"");
    problems.warn(Code::BadTemplate, &place_of(text, at, 2), message, advice);
}

/// `｛｛topic｝｝`: signs of an Asian keyboard.
fn full_width(text: &Text, problems: &mut Problems) {
    let value = text.value.as_str();
    let Some(at) = value.find(['｛', '｝', '❴', '❵']) else {
        return;
    };
    let fixed = value.replace(['｛', '❴'], "{").replace(['｝', '❵'], "}");
    let message = bilingual!(
        "these braces are not ordinary ones: the text is written as it is",
        "эти скобки — не обычные фигурные: текст попадёт в CRM как есть"
    );
    let advice = bilingual!("write \"{fixed}\"", "напишите \"{fixed}\"");
    problems.warn(Code::BadTemplate, &place_of(text, at, 1), message, advice);
}

/// Tags of HTML in a field that shows them as they are.
pub(super) fn markup(code: &str, text: &Text, problems: &mut Problems) {
    let value = text.value.as_str();
    let tags = [
        "<b>", "<i>", "<br>", "<br/>", "<br />", "<p>", "<strong>", "<em>", "<div>", "<span",
    ];
    let found = tags.iter().find_map(|tag| Some((value.find(tag)?, *tag)));
    let Some((at, tag)) = found else { return };
    let mut fixed = value.to_owned();
    for tag in ["b", "i", "p", "strong", "em", "div", "span"] {
        fixed = fixed
            .replace(&format!("<{tag}>"), "")
            .replace(&format!("</{tag}>"), "");
    }
    let fixed = fixed
        .replace("<br>", " ")
        .replace("<br/>", " ")
        .replace("<br />", " ");
    let message = bilingual!(
        "`{code}` is a plain text: the portal shows `{tag}` as it is",
        "`{code}` — простой текст: портал покажет `{tag}` как есть"
    );
    let advice = bilingual!("write \"{fixed}\"", "напишите \"{fixed}\"");
    let place = place_of(text, at, tag.chars().count());
    problems.warn(Code::BadTemplate, &place, message, advice);
}

/// Tags and what they are in BB code.
const TAGS: [(&str, &str); 12] = [
    ("<br>", "\\n"),
    ("<br/>", "\\n"),
    ("<br />", "\\n"),
    ("<p>", ""),
    ("</p>", "\\n"),
    ("<b>", "[b]"),
    ("</b>", "[/b]"),
    ("<strong>", "[b]"),
    ("</strong>", "[/b]"),
    ("<i>", "[i]"),
    ("</i>", "[/i]"),
    ("<div>", ""),
];

/// Tags of HTML in a field that has BB code.
pub(super) fn html(code: &str, text: &Text, problems: &mut Problems) {
    let value = text.value.as_str();
    let found = TAGS
        .iter()
        .find_map(|(tag, _)| Some((value.find(tag)?, *tag)));
    let Some((at, tag)) = found else { return };
    let mut fixed = value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    for (tag, right) in TAGS {
        fixed = fixed.replace(tag, right);
    }
    let fixed = fixed.replace("</div>", "\\n");
    let fixed = fixed.trim_end_matches("\\n");
    let message = bilingual!(
        "`{code}` has BB code and no HTML: the card may show `{tag}` as it is",
        "в `{code}` BB-код, а не HTML: карточка может показать `{tag}` как есть"
    );
    let advice = bilingual!("write \"{fixed}\"", "напишите \"{fixed}\"");
    let place = place_of(text, at, tag.chars().count());
    problems.warn(Code::BadTemplate, &place, message, advice);
}
