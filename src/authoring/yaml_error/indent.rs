//! Indentation: tabs and other blanks, and lines that are further left or right than their
//! neighbours.

use super::finding::Finding;
use super::line::Line;
use crate::authoring::codes::Code;
use crate::authoring::lookalike::is_invisible;
use crate::authoring::raw::crm_codes;
use crate::domain::bilingual;

/// Reports a tab, a non-breaking space or an invisible character before a key.
pub(super) fn odd_space(line: &Line<'_>) -> Option<Finding> {
    let body = line.body();
    let odd = body
        .chars()
        .next()
        .filter(|c| c.is_whitespace() || is_invisible(*c))?;
    let at = line.indent..line.indent + odd.len_utf8();
    if body.trim_start().is_empty() {
        return None;
    }
    let (message, advice) = if odd == '\t' {
        (
            bilingual!(
                "YAML does not allow tabs for indentation",
                "в YAML нельзя делать отступы табуляцией"
            ),
            bilingual!(
                "use two spaces per level",
                "делайте отступы пробелами, по два на уровень"
            ),
        )
    } else {
        (
            bilingual!(
                "this indentation has a non-breaking or invisible space",
                "в отступе этой строки неразрывный или невидимый пробел"
            ),
            bilingual!(
                "delete it and type ordinary spaces",
                "сотрите его и наберите обычные пробелы"
            ),
        )
    };
    Some(Finding::new(line, at, Code::Yaml, message, advice))
}

/// Finds the line whose indentation differs, near the place where the parser stopped.
pub(super) fn find(lines: &[Line<'_>], stopped: usize) -> Option<Finding> {
    // the parser may notice it one line later
    [stopped, stopped.saturating_sub(1)]
        .into_iter()
        .find_map(|last| up_to(lines, last))
}

/// Reports a key that is deeper than the value above it.
pub(super) fn below_a_value(lines: &[Line<'_>], index: usize) -> Option<Finding> {
    let line = lines.get(index)?;
    let above = lines.get(..index)?;
    let previous = above.iter().rev().find(|line| !line.is_blank())?;
    let is_below = line.key.is_some()
        && !line.is_item
        && previous.key.is_some()
        && !previous.opens()
        && line.indent > previous.key_at;
    if is_below {
        return up_to(lines, line.number);
    }
    None
}

fn up_to(lines: &[Line<'_>], stopped: usize) -> Option<Finding> {
    let full: Vec<&Line<'_>> = lines
        .iter()
        .filter(|line| !line.is_blank() && line.number <= stopped)
        .collect();
    let (last, before) = full.split_last()?;
    let previous = before.last()?;
    let wanted = if last.indent > previous.key_at {
        if previous.opens() {
            return None;
        }
        let odd = full_block(previous)
            .or_else(|| second_value(last, previous))
            .or_else(|| lone_first(lines, last, before, previous));
        if odd.is_some() {
            return odd;
        }
        // 4, 2, 4: the line above is the odd one; so it is below a block that it left empty
        let above = before.iter().rev().nth(1);
        let is_odd = |above: &&&Line<'_>| {
            above.indent == last.indent || (above.opens() && above.key_at == previous.indent)
        };
        if above.as_ref().is_some_and(is_odd) {
            let own = of_profile(previous, before);
            return Some(own.unwrap_or_else(|| moved(previous, last.indent)));
        }
        if let Some(finding) = lost_fields(last, before, previous) {
            return Some(finding);
        }
        previous.key_at
    } else {
        let open = margins(before);
        if open.contains(&last.indent) {
            return None;
        }
        let first = first_of_file(last, before);
        if let Some(finding) = first.or_else(|| lone_first(lines, last, before, previous)) {
            return Some(finding);
        }
        if last.indent == 1 && last.key.is_some_and(|key| TOP.contains(&key)) {
            return Some(moved(last, 0));
        }
        // a line that is a little too far left belongs to the line above it
        open.into_iter()
            .filter(|indent| *indent > last.indent)
            .min()?
    };
    Some(moved(last, wanted))
}

/// Keys that stand at the left margin, and in no block.
const TOP: [&str; 15] = [
    "receive", "contact", "company", "deal", "lead", "item", "comment", "todo", "then", "reply",
    "identity", "country", "crm", "base", "files",
];

/// Returns the margins of the blocks that are open at the end of these lines.
fn margins(before: &[&Line<'_>]) -> Vec<usize> {
    let mut open: Vec<usize> = Vec::new();
    for line in before {
        open.retain(|indent| *indent < line.indent);
        open.push(line.indent);
        if line.is_item && line.key.is_some() {
            open.push(line.key_at);
        }
    }
    open
}

/// ` name: …` above `receive: …`: the first key of the file is the odd one.
fn first_of_file(last: &Line<'_>, before: &[&Line<'_>]) -> Option<Finding> {
    let first = before.first()?;
    let near = before.iter().filter(|line| line.indent <= first.indent);
    let is_odd = last.indent == 0 && first.indent > 0 && first.key.is_some() && near.count() == 1;
    is_odd.then(|| moved(first, 0))
}

/// The first key of a block stands elsewhere than all that follow: `TITLE` at 3, the others at 4.
fn lone_first(
    lines: &[Line<'_>],
    last: &Line<'_>,
    before: &[&Line<'_>],
    previous: &Line<'_>,
) -> Option<Finding> {
    let parent = before.iter().rev().nth(1)?;
    let is_first = parent.opens() && parent.key_at < previous.indent.min(last.indent);
    let below = lines
        .iter()
        .filter(|line| line.number > last.number && !line.is_blank());
    let mut below = below
        .take_while(|line| line.indent > parent.key_at)
        .peekable();
    let are_others = below.peek().is_some_and(|line| line.indent == last.indent)
        && below.all(|line| line.indent != previous.indent);
    (is_first && are_others && last.key.is_some()).then(|| moved(previous, last.indent))
}

/// `contact: yes` above its keys.
fn full_block(line: &Line<'_>) -> Option<Finding> {
    let key = line.key?;
    let value = line.value();
    let is_block = TOP.contains(&key) || matches!(key, "fields" | "products" | "map");
    let begins_text = value.starts_with(['{', '[', '|', '>', '"', '\'']);
    if !is_block || value.is_empty() || begins_text || value.contains(':') {
        return None;
    }
    let message = bilingual!(
        "`{key}` has keys below it, so nothing stands behind its colon",
        "под `{key}` идут его ключи, поэтому после двоеточия ничего не пишут"
    );
    let advice = bilingual!("write `{key}:`", "напишите `{key}:`");
    let range = line.value_range();
    Some(Finding::new(line, range, Code::Yaml, message, advice))
}

/// A text in quotes on a line of its own below one that is complete.
fn second_value(line: &Line<'_>, above: &Line<'_>) -> Option<Finding> {
    let key = above.key?;
    let value = above.value().trim_end_matches('\\').trim_end();
    let quoted = |text: &str| {
        let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let inside = text.strip_prefix(quote)?.strip_suffix(quote)?;
        (!inside.contains(['"', '\''])).then(|| inside.to_owned())
    };
    let (first, second) = (quoted(value)?, quoted(line.body().trim())?);
    if line.key.is_some() || line.is_item {
        return None;
    }
    let message = bilingual!(
        "`{key}` has a value already: a text goes on within its quotes",
        "у `{key}` уже есть значение: текст продолжают внутри кавычек"
    );
    let advice = bilingual!(
        "write `{key}: \"{first} {second}\"`",
        "напишите `{key}: \"{first} {second}\"`"
    );
    let range = line.indent..line.text.len();
    Some(Finding::new(line, range, Code::Yaml, message, advice))
}

/// `  comment: full` among the CRM fields: a key of the profile itself.
fn of_profile(line: &Line<'_>, before: &[&Line<'_>]) -> Option<Finding> {
    let key = line
        .key
        .filter(|key| TOP.contains(key) && line.indent > 0)?;
    let mut above = before
        .iter()
        .rev()
        .filter(|other| other.number < line.number);
    let block = above.find(|other| other.indent == 0)?.key?;
    let message = bilingual!(
        "`{key}` is a key of the profile itself, and stands inside of `{block}`",
        "`{key}` — ключ самого профиля, а стоит внутри `{block}`"
    );
    let advice = bilingual!(
        "move the line behind the block `{block}`, to the left margin: no spaces before `{key}`",
        "перенесите строку за блок `{block}`, к левому краю: пробелов перед `{key}` нет"
    );
    let range = line.key_at..line.key_at + key.len();
    Some(Finding::new(line, range, Code::Yaml, message, advice))
}

/// A CRM field below a key of its block: the line `fields:` stands elsewhere, or is missing.
fn lost_fields(line: &Line<'_>, before: &[&Line<'_>], above: &Line<'_>) -> Option<Finding> {
    let code = line.key.filter(|key| crm_codes::is_code(key))?;
    let block = before
        .iter()
        .rev()
        .find(|line| line.indent < above.key_at)?;
    let is_block = |key: &str| matches!(key, "contact" | "company" | "deal" | "lead" | "item");
    if !block.key.is_some_and(is_block) {
        return None;
    }
    let inside = before
        .iter()
        .rev()
        .take_while(|line| line.number != block.number);
    let fields = inside.clone().find(|line| line.key == Some("fields"));
    let message = bilingual!(
        "`{code}` is a CRM field, and stands outside of `fields`",
        "`{code}` — поле CRM, а стоит вне `fields`"
    );
    let spaces = above.key_at;
    let advice = crm_codes::own_key(code).unwrap_or_else(|| match fields {
        Some(fields) => {
            let number = fields.number;
            bilingual!(
                "move this line below line {number}, to the other fields",
                "перенесите строку под строку {number}, к остальным полям"
            )
        }
        None => bilingual!(
            "the line `fields:` is missing: put it above the fields, with {spaces} spaces before it, and two more before each field",
            "не хватает строки `fields:`: поставьте её над полями, перед ней — пробелов: {spaces}, а перед каждым полем — на два больше"
        ),
    });
    let range = line.key_at..line.key_at + code.len();
    Some(Finding::new(line, range, Code::Yaml, message, advice))
}

fn moved(line: &Line<'_>, wanted: usize) -> Finding {
    let word = line.key.unwrap_or_else(|| line.body());
    let range = 0..line.key_at + line.key.map_or(1, str::len);
    let (message, advice) = if wanted > line.indent {
        let by = wanted - line.indent;
        (
            bilingual!(
                "`{word}` stands further left than the lines beside it",
                "`{word}` стоит левее соседних строк"
            ),
            bilingual!(
                "move the line {by} to the right: {wanted} spaces before `{word}`",
                "сдвиньте строку вправо на {by}: перед `{word}` — пробелов: {wanted}"
            ),
        )
    } else {
        let by = line.indent - wanted;
        (
            bilingual!(
                "`{word}` stands further right than the lines beside it",
                "`{word}` стоит правее соседних строк"
            ),
            bilingual!(
                "move the line {by} to the left: {wanted} spaces before `{word}`",
                "сдвиньте строку влево на {by}: перед `{word}` — пробелов: {wanted}"
            ),
        )
    };
    Finding::new(line, range, Code::Yaml, message, advice)
}
