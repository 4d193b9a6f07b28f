//! Where a page may contain a value. Escaping is enough between elements and within the quotes of
//! an ordinary attribute. It is not enough in scripts, styles, event handlers and at the start of a
//! link, so a template with a value there is refused.

use super::check::Wording;
use super::scan::{self, TemplatePart};
use crate::authoring::codes::Code;
use crate::authoring::problem::Problems;
use crate::domain::{Bilingual, Lang, bilingual};

/// Elements whose content is not markup.
const CODE: [&str; 2] = ["script", "style"];
/// Attributes that are read as code or as a page.
const CODE_ATTRIBUTES: [&str; 2] = ["style", "srcdoc"];
/// Attributes with an address; the template itself must give its start.
const LINKS: [&str; 8] = [
    "href",
    "src",
    "action",
    "formaction",
    "data",
    "poster",
    "background",
    "xlink:href",
];

/// Reports values at unsafe places; returns `None` if there are any.
pub(super) fn check(wording: &Wording<'_>, names: &[&str], problems: &mut Problems) -> Option<()> {
    let text = wording.text;
    // the compiler reports unclosed tags
    let parts = scan::scan(text, &|name| names.contains(&name)).unwrap_or_default();
    let mut before = String::new();
    let mut is_good = true;
    for part in parts {
        let range = match part {
            TemplatePart::Text(words) => {
                before.push_str(text.get(words).unwrap_or_default());
                continue;
            }
            TemplatePart::Name { whole, .. } => whole,
            TemplatePart::Tag(tag) if gives_nothing(text.get(tag.clone()).unwrap_or_default()) => {
                continue;
            }
            TemplatePart::Tag(tag) => tag,
        };
        if let Err(place) = good_place(&before) {
            let (en, ru) = (place.in_lang(Lang::En), place.in_lang(Lang::Ru));
            let message = bilingual!(
                "a value is not allowed in {en}: a sender's text could run there as code",
                "значения не допускаются {ru}: там текст отправителя мог бы выполниться как код"
            );
            let advice = bilingual!(
                "put it between elements, or into the quotes of an attribute such as `title=\"…\"`",
                "поставьте его между элементами или в кавычки атрибута, например `title=\"…\"`"
            );
            let place = wording.place(range.start, range.end);
            problems.error(Code::BadTemplate, &place, message, advice);
            is_good = false;
        }
        before.push('x');
    }
    is_good.then_some(())
}

/// Conditions, their ends, and remarks.
fn gives_nothing(tag: &str) -> bool {
    let inside = tag.trim_start_matches('{').trim_start_matches('~');
    let inside = inside.trim_start();
    inside.starts_with(['#', '/', '!', '^']) || inside.starts_with("else")
}

/// Returns whether the next part of the page is only text; otherwise describes the place.
fn good_place(before: &str) -> Result<(), Bilingual> {
    let mut rest = before;
    while let Some((_, from)) = rest.split_once('<') {
        rest = from;
        if !from.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/') {
            continue;
        }
        let name: String = from
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        rest = after_tag(from)?;
        let name = name.to_ascii_lowercase();
        if CODE.contains(&name.as_str()) {
            let lower = rest.to_ascii_lowercase();
            let end = lower.find(&format!("</{name}"));
            let end = end.ok_or_else(|| bilingual!("a script or style", "в скрипте или стиле"))?;
            rest = rest.get(end..).unwrap_or_default();
        }
    }
    Ok(())
}

/// What follows a tag; when the tag is not at its end, whether its value may continue with anything.
fn after_tag(tag: &str) -> Result<&str, Bilingual> {
    let mut open: Option<(usize, char)> = None;
    for (at, c) in tag.char_indices() {
        match (open, c) {
            (None, '>') => return Ok(tag.get(at + 1..).unwrap_or_default()),
            (None, '"' | '\'') => open = Some((at, c)),
            (Some((_, quote)), c) if c == quote => open = None,
            (Some(_) | None, _) => {}
        }
    }
    let Some((at, _)) = open else {
        return Err(bilingual!("a tag without quotes", "в теге без кавычек"));
    };
    let (name, value) = tag.split_at_checked(at).unwrap_or_default();
    let name = name.trim_end().trim_end_matches('=').trim_end();
    let name = name.rsplit([' ', '\t', '\n', '\r', '/', '"', '\'']).next();
    let name = name.unwrap_or_default().to_ascii_lowercase();
    let is_bare = value.get(1..).is_none_or(|value| value.trim().is_empty());
    if name.starts_with("on") || CODE_ATTRIBUTES.contains(&name.as_str()) {
        return Err(bilingual!("`{name}`", "в `{name}`"));
    }
    if is_bare && LINKS.contains(&name.as_str()) {
        return Err(bilingual!("the beginning of `{name}`", "в начале `{name}`"));
    }
    // only text follows within these quotes
    Ok("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stands_only_where_it_is_text() {
        for before in [
            "",
            "<p>",
            "<p title=\"",
            "<p title='a b",
            "<a href=\"/thanks?id=",
            "<script>if (a<b) f(\"'\")</script><p>",
            "<style>p{color:red}</STYLE>",
            "a < b, <!-- ",
            "<input value=\"x\"><br/>",
        ] {
            assert!(good_place(before).is_ok(), "{before}");
        }
        for before in [
            "<p ",
            "<p title=",
            "<p title=\"x\" ",
            "<script>f(\"",
            "<SCRIPT type='x'>",
            "<style>",
            "<a href=\"",
            "<a HREF = ' ",
            "<form action='",
            "<p onclick=\"f('",
            "<p\tstyle=\"color:",
            "<iframe srcdoc='",
            "</p ",
        ] {
            assert!(good_place(before).is_err(), "{before}");
        }
    }
}
