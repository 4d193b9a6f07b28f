//! Tags of other template languages, written as they should be here: loops and conditions of Jinja,
//! Twig and Liquid, filters with values, the conditional operator, joined texts, sums.

use std::ops::Range;

use super::helpers::HELPERS;
use super::scan::is_name;

/// Words for a loop.
pub(super) fn is_loop(word: &str) -> bool {
    matches!(
        word,
        "foreach" | "forEach" | "for" | "loop" | "repeat" | "section" | "цикл" | "with"
    )
}

/// Returns a tag as it should be.
pub(super) fn tag(inside: &str, is_known: &dyn Fn(&str) -> bool) -> Option<String> {
    looped(inside)
        .or_else(|| test_in_the_middle(inside))
        .or_else(|| filter(inside, is_known))
        .or_else(|| conditional(inside, is_known))
        .or_else(|| behind(inside, is_known))
        .or_else(|| joined(inside, is_known))
        .or_else(|| with_commas(inside))
        .or_else(|| counted(inside))
}

/// `#foreach items`, `#for item in items`, `#with fio`.
fn looped(inside: &str) -> Option<String> {
    let (word, rest) = inside.strip_prefix('#')?.trim_start().split_once(' ')?;
    if !is_loop(word) {
        return None;
    }
    let list = rest.trim().rsplit([' ', '=']).next()?;
    let list = list.trim_matches(['$', '(', ')', '"', '\'']);
    if !is_name(list) {
        return None;
    }
    Some(match word {
        "with" => format!("{{{{#if {list}}}}}{{{{{list}}}}}{{{{/if}}}}"),
        _ => format!("{{{{#each {list}}}}}…{{{{/each}}}}"),
    })
}

/// `#if (kind eq 'x')`.
fn test_in_the_middle(inside: &str) -> Option<String> {
    let (word, test) = inside.strip_prefix('#')?.split_once(' ')?;
    let test = test.trim().strip_prefix('(')?.strip_suffix(')')?;
    if !matches!(word, "if" | "unless") {
        return None;
    }
    for (written, helper) in [
        (" eq ", "eq"),
        (" == ", "eq"),
        (" === ", "eq"),
        (" = ", "eq"),
        (" ne ", "ne"),
        (" != ", "ne"),
        (" <> ", "ne"),
        (" and ", "and"),
        (" && ", "and"),
        (" or ", "or"),
        (" || ", "or"),
    ] {
        let Some((left, right)) = test.split_once(written) else {
            continue;
        };
        let (left, right) = (left.trim(), right.trim());
        if is_name(left) && !right.is_empty() {
            return Some(format!("{{{{#{word} ({helper} {left} {right})}}}}"));
        }
    }
    None
}

/// `day | date: '%d.%m.%Y'`, `services|join(', ')`.
fn filter(inside: &str, is_known: &dyn Fn(&str) -> bool) -> Option<String> {
    let (name, filter) = inside.split_once('|')?;
    let name = name.trim().trim_start_matches('$');
    if !is_known(name) || filter.starts_with('|') {
        return None;
    }
    let at = filter.find([':', '('])?;
    let word = filter.get(..at)?.trim();
    let value = filter.get(at + 1..)?.trim().trim_end_matches(')').trim();
    let helper = match word {
        "strftime" | "format" | "date_format" => "date",
        "implode" => "join",
        "limit" | "slice" | "truncatechars" => "truncate",
        other => other,
    };
    let takes_value = matches!(helper, "date" | "join" | "truncate");
    (takes_value && !value.is_empty() && !value.contains(['|', '{', '}']))
        .then(|| format!("{{{{{helper} {name} {value}}}}}"))
}

/// `full ? full : 'нет'`.
fn conditional(inside: &str, is_known: &dyn Fn(&str) -> bool) -> Option<String> {
    let (test, rest) = inside.split_once('?')?;
    let (yes, no) = rest.split_once(':')?;
    let (test, yes, no) = (test.trim(), yes.trim(), no.trim());
    if !is_known(test) || yes.is_empty() || no.is_empty() {
        return None;
    }
    if test == yes {
        return Some(format!("{{{{default {test} {no}}}}}"));
    }
    let (yes, no) = (piece(yes, is_known)?, piece(no, is_known)?);
    Some(format!(
        "{{{{#if {test}}}}}{yes}{{{{else}}}}{no}{{{{/if}}}}"
    ))
}

/// `city if city else 'нет'`.
fn behind(inside: &str, is_known: &dyn Fn(&str) -> bool) -> Option<String> {
    let (yes, rest) = inside.split_once(" if ")?;
    let (test, no) = rest.split_once(" else ")?;
    conditional(&format!("{test} ? {yes} : {no}"), is_known)
}

/// A name as a tag, a text without its quotes.
fn piece(text: &str, is_known: &dyn Fn(&str) -> bool) -> Option<String> {
    let text = text.trim();
    if is_known(text) {
        return Some(format!("{{{{{text}}}}}"));
    }
    let inside = |quote| text.strip_prefix(quote)?.strip_suffix(quote);
    let inside = inside('\'').or_else(|| inside('"'))?;
    (!inside.contains(['"', '\''])).then(|| inside.to_owned())
}

/// `firstname ~ ' ' ~ lastname`, `firstname + " " + lastname`.
fn joined(inside: &str, is_known: &dyn Fn(&str) -> bool) -> Option<String> {
    for sign in ['~', '+', '&', '.'] {
        if !inside.contains(sign) || !inside.contains(['"', '\'']) {
            continue;
        }
        let mut template = String::new();
        let mut is_whole = true;
        let parts = split(inside, sign);
        for part in &parts {
            match piece(part, is_known) {
                Some(piece) => template.push_str(&piece),
                None => is_whole = false,
            }
        }
        if is_whole && parts.len() > 1 && template.contains("{{") {
            return Some(template);
        }
    }
    None
}

/// Splits at a sign outside of quotes.
fn split(text: &str, sign: char) -> Vec<&str> {
    let (mut parts, mut start, mut quote) = (Vec::new(), 0, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, _) if c == sign => {
                parts.push(text.get(start..at).unwrap_or_default());
                start = at + c.len_utf8();
            }
            (Some(_) | None, _) => {}
        }
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}

/// `default full, 'нет'`.
fn with_commas(inside: &str) -> Option<String> {
    let (helper, rest) = inside.split_once(' ')?;
    if !HELPERS.iter().any(|known| known.name == helper) || rest.contains('(') {
        return None;
    }
    let values = split(rest, ',');
    if values.len() < 2 {
        return None;
    }
    let values: Vec<&str> = values.into_iter().map(str::trim).collect();
    let values = values.join(" ");
    Some(format!("{{{{{helper} {values}}}}}"))
}

/// `@index + 1`.
fn counted(inside: &str) -> Option<String> {
    let (name, number) = inside.split_once('+')?;
    let is_one = name.trim() == "@index" && number.trim() == "1";
    is_one.then(|| "{{@number}}".to_owned())
}

/// A template with loops and conditions of Jinja, Twig or Liquid, and where they are, in bytes.
pub(crate) fn rewritten(text: &str) -> Option<(Range<usize>, String)> {
    let start = text.find("{%")?;
    let mut loops: Vec<(String, &str)> = Vec::new();
    let mut fixed = String::new();
    let mut rest = text.get(start..)?;
    let mut end = start;
    let mut behind = 0;
    while let Some(at) = rest.find("{%") {
        let close = at + rest.get(at..)?.find("%}")? + 2;
        fixed.push_str(&in_loops(rest.get(..at)?, &loops));
        let inside = rest.get(at + 2..close - 2)?.trim_matches(['-', '+']).trim();
        fixed.push_str(&statement(inside, &mut loops)?);
        end += close;
        behind = fixed.len();
        rest = rest.get(close..)?;
    }
    if !loops.is_empty() {
        return None;
    }
    fixed.truncate(behind);
    Some((start..end, fixed))
}

/// The same, if there is a loop: its names are those of the elements, and unknown here.
pub(super) fn rewritten_loop(text: &str) -> Option<(Range<usize>, String)> {
    rewritten(text).filter(|(_, fixed)| fixed.contains("{{#each "))
}

/// `for i in items`, `endif`, `else`.
fn statement<'t>(inside: &'t str, loops: &mut Vec<(String, &'t str)>) -> Option<String> {
    let (word, rest) = inside.split_once(' ').unwrap_or((inside, ""));
    let rest = rest.trim();
    Some(match word {
        "for" | "foreach" => {
            let (item, list) = rest.split_once(" in ")?;
            let (item, list) = (item.trim(), list.trim());
            if !is_name(item) || !is_name(list) {
                return None;
            }
            loops.push((format!("{item}."), item));
            format!("{{{{#each {list}}}}}")
        }
        "endfor" | "endforeach" => {
            loops.pop()?;
            "{{/each}}".to_owned()
        }
        "if" if is_name(rest) => format!("{{{{#if {rest}}}}}"),
        "if" => {
            let (left, right) = rest.split_once("==")?;
            let (left, right) = (left.trim(), right.trim());
            if !is_name(left) || right.contains(' ') {
                return None;
            }
            format!("{{{{#if (eq {left} {right})}}}}")
        }
        "unless" if is_name(rest) => format!("{{{{#unless {rest}}}}}"),
        "else" => "{{else}}".to_owned(),
        "endif" => "{{/if}}".to_owned(),
        "endunless" => "{{/unless}}".to_owned(),
        _ => return None,
    })
}

/// A text inside of loops: `{{ i.title }}` is `{{title}}`, `{{ i }}` is `{{this}}`.
fn in_loops(text: &str, loops: &[(String, &str)]) -> String {
    let mut fixed = text.to_owned();
    for (prefix, item) in loops {
        for blank in ["", " "] {
            fixed = fixed.replace(&format!("{{{{{blank}{prefix}"), "{{");
            let whole = format!("{{{{{blank}{item}{blank}}}}}");
            fixed = fixed.replace(&whole, "{{this}}");
        }
    }
    fixed.replace(" }}", "}}").replace("{{ ", "{{")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_other_languages_are_written_as_they_should_be() {
        let is_known =
            |word: &str| matches!(word, "full" | "first" | "last" | "sum" | "day" | "services");
        for (inside, right) in [
            ("day | date: '%d.%m.%Y'", "{{date day '%d.%m.%Y'}}"),
            ("services|join(', ')", "{{join services ', '}}"),
            ("full | truncate: 20", "{{truncate full 20}}"),
            ("full ? full : 'нет'", "{{default full 'нет'}}"),
            ("full if full else 'нет'", "{{default full 'нет'}}"),
            (
                "'да' if full else 'нет'",
                "{{#if full}}да{{else}}нет{{/if}}",
            ),
            ("full ? 'да' : 'нет'", "{{#if full}}да{{else}}нет{{/if}}"),
            (
                "full ? first : last",
                "{{#if full}}{{first}}{{else}}{{last}}{{/if}}",
            ),
            ("first ~ ' ' ~ last", "{{first}} {{last}}"),
            ("first + ' ' + last", "{{first}} {{last}}"),
            ("'№' . sum", "№{{sum}}"),
            ("default full, 'нет'", "{{default full 'нет'}}"),
            ("truncate full, 20", "{{truncate full 20}}"),
            ("@index+1", "{{@number}}"),
            ("@index + 1", "{{@number}}"),
            ("#if (full eq 'x')", "{{#if (eq full 'x')}}"),
            ("#if (full == 'x')", "{{#if (eq full 'x')}}"),
            ("#if (first and last)", "{{#if (and first last)}}"),
            ("#foreach services", "{{#each services}}…{{/each}}"),
            ("#for item in services", "{{#each services}}…{{/each}}"),
            ("#with full", "{{#if full}}{{full}}{{/if}}"),
        ] {
            assert_eq!(tag(inside, &is_known).as_deref(), Some(right), "{inside}");
        }
        for inside in [
            "full",
            "upper full",
            "default full 'a, b'",
            "#each services",
            "#if full",
            "#if (eq full 'x')",
            "date day \"%d-%m\"",
            "first-name",
        ] {
            assert_eq!(tag(inside, &is_known), None, "{inside}");
        }
    }

    #[test]
    fn statements_of_jinja_are_rewritten_as_a_whole() {
        for (text, right) in [
            (
                "{% for i in items %}{{ i.title }}; {% endfor %}",
                "{{#each items}}{{title}}; {{/each}}",
            ),
            (
                "{% for i in items %}{{i}} {% endfor %}",
                "{{#each items}}{{this}} {{/each}}",
            ),
            (
                "а {% if phone %} {{phone}}{% endif %} б",
                "{{#if phone}} {{phone}}{{/if}}",
            ),
            (
                "{%- if kind == 'x' -%}a{% else %}b{% endif %}",
                "{{#if (eq kind 'x')}}a{{else}}b{{/if}}",
            ),
            (
                "{% unless phone %}нет{% endunless %}",
                "{{#unless phone}}нет{{/unless}}",
            ),
        ] {
            let found = rewritten(text).map(|(_, fixed)| fixed);
            assert_eq!(found.as_deref(), Some(right), "{text}");
        }
        for text in [
            "{{phone}}",
            "{% for",
            "{% raw %}",
            "{% for i in items %}{{i}}",
            "100{%",
        ] {
            assert_eq!(rewritten(text), None, "{text}");
        }
    }
}
