//! `or:` between the conditions of a list, which must all hold.

use super::finding::Finding;
use super::line::Line;
use crate::authoring::codes::Code;
use crate::domain::bilingual;

/// Explains a line that is nothing but a joint: `or:` between `- sum: present` and `- city: absent`.
pub(super) fn find(lines: &[Line<'_>], index: usize) -> Option<Finding> {
    let line = lines.get(index)?;
    let word = line.body().trim_start_matches("- ").trim_end_matches(':');
    let is_or = matches!(word.to_lowercase().as_str(), "or" | "или");
    let is_and = matches!(word.to_lowercase().as_str(), "and" | "и");
    if !is_or && !is_and {
        return None;
    }
    let mut above = lines.iter().take(index).rev().filter(|it| !it.is_blank());
    let mut below = lines.iter().skip(index + 1).filter(|it| !it.is_blank());
    let tests = [above.next()?, below.next()?].map(|line| test(lines, line));
    let [Some(left), Some(right)] = tests else {
        return None;
    };
    let range = line.body_at()..line.text.len();
    let message = bilingual!(
        "a list of conditions has no `{word}`: all of them must hold",
        "в списке условий нет слова `{word}`: нужны все условия списка"
    );
    let advice = if is_and {
        bilingual!("remove this line", "уберите эту строку")
    } else {
        bilingual!(
            "write both as one test: `when: \"{left} || {right}\"`",
            "напишите оба одним условием: `when: \"{left} || {right}\"`"
        )
    };
    Some(Finding::new(line, range, Code::Yaml, message, advice))
}

/// `- sum: present` as a test of the packet: `$.total`.
fn test(lines: &[Line<'_>], line: &Line<'_>) -> Option<String> {
    let body = line.body().strip_prefix("- ")?;
    let body = body.trim_matches(['{', '}', ' ']);
    let (name, value) = body.split_once(':')?;
    let (name, value) = (name.trim(), value.trim().trim_matches(['"', '\'']));
    let path = path_of(lines, name);
    Some(match value {
        "present" => path,
        "absent" => format!("!{path}"),
        value if value.starts_with(['>', '<', '!']) => format!("{path} {value}"),
        value => format!("{path} == '{value}'"),
    })
}

/// Returns the path that a field reads, by its line.
fn path_of(lines: &[Line<'_>], name: &str) -> String {
    let start = format!("{name}:");
    let declared = lines.iter().find_map(|line| {
        let rest = line.body().strip_prefix(&start)?;
        let path = rest.get(rest.find("$.")?..)?;
        let end = path.find([',', ' ', '}', ']', '"', '\'']);
        path.get(..end.unwrap_or(path.len()))
    });
    declared.map_or_else(|| format!("$.{name}"), str::to_owned)
}
