//! Renders problems for people: the place, the line with a caret under the mistake, and advice.

use super::problem::{Problem, Severity};
use crate::domain::text::head;
use crate::domain::{Bilingual, Lang};

/// The maximum length of a line shown, in characters.
const WIDEST: usize = 100;

/// Renders all problems in one language, with an empty line between them.
pub fn render(problems: &[Problem], paint: Paint, lang: Lang) -> String {
    problems
        .iter()
        .map(|problem| one(problem, paint, lang))
        .collect::<Vec<_>>()
        .join("\n")
}

fn one(problem: &Problem, paint: Paint, lang: Lang) -> String {
    let (word, hue) = match problem.severity {
        Severity::Error => (Bilingual::new("error", "ошибка").pick(lang), "31"),
        Severity::Warning => (Bilingual::new("warning", "предупреждение").pick(lang), "33"),
    };
    let place = if problem.line > 0 {
        format!("{}:{}:{}", problem.file, problem.line, problem.column)
    } else {
        problem.file.to_string()
    };
    let mut text = format!(
        "{} {}: {} {}\n",
        paint.bold(&place),
        paint.hue(word, hue),
        paint.bold(problem.code.as_str()),
        problem.message.in_lang(lang)
    );
    if problem.line > 0 && !problem.source_line.trim().is_empty() {
        snippet(&mut text, problem, paint, hue);
    }
    if !problem.advice.is_empty() {
        let word = paint.hue(Bilingual::new("help:", "совет:").pick(lang), "36");
        let help = format!("  {word} {}\n", problem.advice.in_lang(lang));
        text.push_str(&help);
    }
    text
}

/// Appends the line and the caret; a long line is shown around its mistake.
fn snippet(text: &mut String, problem: &Problem, paint: Paint, hue: &str) {
    let column = problem.column.saturating_sub(1) as usize;
    let is_long = problem.source_line.chars().nth(WIDEST).is_some();
    let from = if is_long {
        column.saturating_sub(WIDEST / 2)
    } else {
        0
    };
    let line: String = problem
        .source_line
        .chars()
        .skip(from)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let shown = head(&line, WIDEST).trim_end();
    let number = problem.line.to_string();
    let gutter = " ".repeat(number.len());
    let before = " ".repeat(column - from);
    let room = shown.chars().count().saturating_sub(column - from).max(1);
    let carets = "^".repeat((problem.length as usize).clamp(1, room));
    let carets = paint.hue(&carets, hue);
    let shown = format!(" {number} | {shown}\n {gutter} | {before}{carets}\n");
    text.push_str(&shown);
}

/// Whether to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Paint {
    /// Without colours: files, logs, pages.
    #[default]
    Plain,
    /// With terminal colours.
    Colour,
}

impl Paint {
    fn hue(self, text: &str, hue: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Colour => format!("\u{1b}[{hue}m{text}\u{1b}[0m"),
        }
    }

    fn bold(self, text: &str) -> String {
        self.hue(text, "1")
    }
}
