//! The result of reading the folder, for the start, the log and `check`.

use std::collections::BTreeMap;

use crate::authoring::{Code, Paint, Problem, Severity, render};
use crate::domain::{Bilingual, Lang};

/// The result of reading the folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoadReport {
    /// Files in use as they are.
    pub loaded: Vec<String>,
    /// Broken files whose last good version stays in use.
    pub kept_old: Vec<String>,
    /// The editions of these that stay in use.
    pub kept_editions: BTreeMap<String, String>,
    /// Broken files without a good version.
    pub failed: Vec<String>,
    /// Channels that keep guards of an earlier version, because the file has lost them.
    pub kept_guards: Vec<String>,
    /// All problems, including warnings.
    pub problems: Vec<Problem>,
}

impl LoadReport {
    /// Returns whether any problem is an error.
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(Problem::is_error)
    }

    /// Adds what is unknown of the destinations of broken files, in place of the steps that their
    /// right names would be.
    pub(super) fn with_destinations(&mut self, unknown: Vec<Problem>, known: &[&str]) {
        for mut problem in unknown {
            let advice = problem.advice.in_lang(Lang::En);
            let is_meant = |name: &&&str| advice.contains(&format!("`{name}`"));
            let lost = known.iter().find(is_meant);
            let lost = lost.map(|name| format!("no step `{name}`"));
            let before = self.problems.len();
            self.problems.retain(|other| {
                let message = other.message.in_lang(Lang::En);
                let is_lost = lost.as_ref().is_some_and(|lost| message.ends_with(lost));
                other.file != problem.file || other.code != Code::UnknownStep || !is_lost
            });
            if self.problems.len() < before {
                // it keeps the file from working
                problem.severity = Severity::Error;
            }
            self.problems.push(problem);
        }
    }

    /// Returns the numbers of errors and warnings.
    pub fn counts(&self) -> (usize, usize) {
        let errors = self
            .problems
            .iter()
            .filter(|problem| problem.is_error())
            .count();
        (errors, self.problems.len() - errors)
    }
}

/// Returns the report for people: the problems, the profiles still in use, and the totals.
pub fn render_report(report: &LoadReport, paint: Paint, lang: Lang) -> String {
    let mut text = render(&report.problems, paint, lang);
    if !text.is_empty() {
        text.push('\n');
    }
    let kept = report.kept_old.iter();
    let failed = report.failed.iter();
    let lines = kept
        .map(|name| {
            let words = Bilingual::new(
                "the last valid version stays in use",
                "продолжает работать последняя исправная версия",
            )
            .pick(lang);
            format!("{name}: {words}\n")
        })
        .chain(failed.map(|name| {
            let words = Bilingual::new("not loaded", "не загружен").pick(lang);
            format!("{name}: {words}\n")
        }));
    text.extend(lines);
    let kept_profiles = report.kept_old.iter().filter(|name| !name.starts_with('_'));
    let (errors, warnings) = report.counts();
    let working = report.loaded.len() + kept_profiles.count();
    let sum = match lang {
        Lang::En => format!(
            "{} in use, {}, {}\n",
            count(working, "profile"),
            count(errors, "error"),
            count(warnings, "warning")
        ),
        Lang::Ru => {
            format!("профилей в работе: {working}, ошибок: {errors}, предупреждений: {warnings}\n")
        }
    };
    text + &sum
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
