//! A problem of a profile: one mistake at one place, with a stable code and advice. Independent of
//! YAML and the CRM; reading and compiling add problems to [`Problems`].

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::codes::Code;
use super::normaliser::Normaliser;
use crate::domain::text::ellipsis;
use crate::domain::{Bilingual, Lang, bilingual};

/// The severity of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The profile cannot work: it is not loaded.
    Error,
    /// The profile works, but probably not as its author intends.
    Warning,
}

/// One mistake in a profile.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Problem {
    /// Its severity.
    pub severity: Severity,
    /// Its code: stable and documented.
    pub code: Code,
    /// The file's name, without its folder: `consultation.yaml`.
    pub file: Arc<str>,
    /// The line, counted from 1; 0 when the problem concerns the file as a whole.
    pub line: u32,
    /// The column in characters, counted from 1.
    pub column: u32,
    /// The number of characters it covers; at least 1.
    pub length: u32,
    /// The message, in lower case, without a full stop.
    pub message: Bilingual,
    /// The advice; may be empty.
    pub advice: Bilingual,
    /// The line itself, for display.
    pub source_line: String,
}

impl Problem {
    /// Creates a warning about a whole file.
    pub fn warning_of_file(code: Code, file: &str, message: Bilingual, advice: Bilingual) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::of_file(code, file, message, advice)
        }
    }

    /// Creates an error about a whole file, for example one that cannot be read.
    pub fn of_file(code: Code, file: &str, message: Bilingual, advice: Bilingual) -> Self {
        Self {
            severity: Severity::Error,
            code,
            file: file.into(),
            line: 0,
            column: 0,
            length: 0,
            message,
            advice,
            source_line: String::new(),
        }
    }

    /// Returns the problem as JSON, in one language.
    pub fn to_json(&self, lang: Lang) -> serde_json::Value {
        serde_json::json!({
            "severity": match self.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            "code": self.code.as_str(),
            "file": &*self.file,
            "line": self.line,
            "column": self.column,
            "length": self.length,
            "message": self.message.in_lang(lang),
            "advice": self.advice.in_lang(lang),
        })
    }

    /// Returns whether it prevents loading the profile.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Problem {
    /// Writes one line for the log: `file:line:column code message`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        write!(f, " {} {}", self.code, self.message.in_lang(Lang::En))
    }
}

/// A text that problems can point into: a profile, the defaults, a template.
#[derive(Debug, Clone)]
pub(crate) struct SourceText(Arc<Source>);

#[derive(Debug)]
struct Source {
    name: Arc<str>,
    text: String,
    /// Texts that are masked in all output.
    hidden: OnceLock<Vec<String>>,
}

impl SourceText {
    pub(crate) fn new(name: &str, text: &str) -> Self {
        Self(Arc::new(Source {
            name: name.into(),
            text: text.to_owned(),
            hidden: OnceLock::new(),
        }))
    }

    /// Returns the file's name.
    pub(crate) fn name(&self) -> &str {
        &self.0.name
    }

    /// Returns the content.
    pub(crate) fn text(&self) -> &str {
        &self.0.text
    }

    /// Hides these parts of the text in all messages. May be called once.
    pub(crate) fn hide(&self, parts: Vec<String>) {
        // a text is read once, so nothing was hidden before
        self.0.hidden.set(parts).ok();
    }

    fn hidden(&self) -> &[String] {
        self.0.hidden.get().map_or(&[], Vec::as_slice)
    }

    fn line(&self, number: u32) -> String {
        let index = usize::try_from(number).unwrap_or(0);
        let line = self.text().lines().nth(index.saturating_sub(1));
        without(line.unwrap_or_default(), self.hidden())
    }
}

/// A place in a text.
#[derive(Debug, Clone)]
pub(crate) struct TextPlace {
    pub(crate) source: SourceText,
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) length: u32,
}

impl TextPlace {
    /// Returns the beginning of a text, for problems of the whole text.
    pub(crate) fn start_of(source: &SourceText) -> Self {
        Self {
            source: source.clone(),
            line: 1,
            column: 1,
            length: 1,
        }
    }

    /// Returns a part of the same line: `offset` characters further, `length` characters long.
    pub(crate) fn part(&self, offset: usize, length: usize) -> Self {
        Self {
            source: self.source.clone(),
            line: self.line,
            column: self.column + u32::try_from(offset).unwrap_or(0),
            length: u32::try_from(length).unwrap_or(1).max(1),
        }
    }

    /// Returns its line.
    pub(crate) fn line_text(&self) -> String {
        self.source.line(self.line)
    }

    /// Extends it to the bracket that closes the one at its beginning, on the same line.
    pub(crate) fn in_brackets(&self) -> Self {
        let mut depth = 0_usize;
        let start = usize::try_from(self.column.saturating_sub(1)).unwrap_or(0);
        for (index, c) in self.line_text().chars().skip(start).enumerate() {
            match c {
                '{' | '[' => depth += 1,
                '}' | ']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return self.part(0, index + 1);
            }
        }
        self.clone()
    }

    /// Returns what stands there in its line.
    pub(crate) fn text(&self) -> String {
        let start = usize::try_from(self.column.saturating_sub(1)).unwrap_or(0);
        let length = usize::try_from(self.length).unwrap_or(1);
        self.line_text().chars().skip(start).take(length).collect()
    }

    /// Returns a place in a text of several lines, in characters from its beginning.
    pub(crate) fn within(source: &SourceText, offset: usize, length: usize) -> Self {
        let before: String = source.text().chars().take(offset).collect();
        let line = before.matches('\n').count();
        let column = before
            .rsplit('\n')
            .next()
            .unwrap_or_default()
            .chars()
            .count();
        TextPlace {
            line: u32::try_from(line + 1).unwrap_or(1),
            ..TextPlace::start_of(source).part(column, length)
        }
    }

    /// Creates a problem at this place.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers make both texts for this call"
    )]
    pub(crate) fn problem(
        &self,
        severity: Severity,
        code: Code,
        message: Bilingual,
        advice: Bilingual,
    ) -> Problem {
        Problem {
            severity,
            code,
            file: self.source.0.name.clone(),
            line: self.line,
            column: self.column,
            length: self.length.max(1),
            message: message
                .map(|text| ellipsis(&without(text, self.source.hidden()), LONGEST_MESSAGE)),
            advice: advice.map(|text| without(text, self.source.hidden())),
            source_line: self.source.line(self.line),
        }
    }
}

/// Replaces each character of these parts with a dot.
fn without(text: &str, parts: &[String]) -> String {
    let parts = parts.iter().filter(|part| !part.is_empty());
    parts.fold(text.to_owned(), |text, part| {
        text.replace(part, &"•".repeat(part.chars().count()))
    })
}

/// Maximum number of problems reported for one file.
const MOST: usize = 100;
/// Maximum length of a message, which may quote the file.
const LONGEST_MESSAGE: usize = 300;

/// What advice needs to know about a profile.
#[derive(Debug, Clone, Default)]
pub(crate) struct ProfileFacts {
    /// Its file: paths of the defaults may suit other profiles.
    pub(crate) file: String,
    /// Whether its packets are the survey portal's, with the answers in `data`.
    pub(crate) is_for_polls: bool,
    /// The last names of the paths that its fields read, and these fields.
    pub(crate) readers: Vec<(String, String)>,
    /// The fields that are yes or no.
    pub(crate) truths: Vec<String>,
    /// The first paths of its fields.
    pub(crate) paths: Vec<(String, String)>,
    /// The fields with a form.
    pub(crate) forms: Vec<(String, Normaliser)>,
    /// The texts of its CRM fields: `contact.NAME` and `{{firstname}}`.
    pub(crate) crm_texts: Vec<(String, String)>,
    /// The fields with known values: these, and the texts from which `map` makes them.
    pub(crate) values: Vec<(String, KnownValues)>,
}

/// The values that a field can have.
#[derive(Debug, Clone, Default)]
pub(crate) struct KnownValues {
    pub(crate) all: Vec<String>,
    /// Whether it may have others, which `unknown: keep` lets through.
    pub(crate) is_open: bool,
    /// The rows of its `map`.
    pub(crate) rows: Vec<(String, String)>,
}

impl ProfileFacts {
    /// Returns the path of a value that a form calls like this.
    pub(crate) fn path_of(&self, name: &str) -> String {
        let root = if self.is_for_polls { "$.data" } else { "$" };
        let is_plain = name.chars().all(|c| c.is_alphanumeric() || c == '_');
        if is_plain {
            return format!("{root}.{name}");
        }
        format!("{root}['{}']", name.replace('\'', "\\'"))
    }

    /// Returns the values that a field can have, if the profile says so.
    pub(crate) fn known_values(&self, field: &str) -> Option<&KnownValues> {
        let found = self.values.iter().find(|(name, _)| name == field);
        found.map(|(_, known)| known)
    }

    /// Returns advice on a text that the `map` of a field replaces.
    pub(crate) fn meant_value(&self, field: &str, text: &str) -> Option<Bilingual> {
        let known = self.known_values(field)?;
        let lower = text.trim().to_lowercase();
        let mut rows = known.rows.iter();
        let (_, to) = rows.find(|(from, _)| from.trim().to_lowercase() == lower)?;
        Some(bilingual!(
            "`map` of the field makes `{to}` of it: write `{to}`",
            "`map` поля делает из него `{to}`: напишите `{to}`"
        ))
    }

    /// Returns the form of a field, if it has one.
    pub(crate) fn form_of(&self, field: &str) -> Option<Normaliser> {
        let found = self.forms.iter().find(|(name, _)| name == field);
        found.map(|(_, form)| *form)
    }

    /// Returns the first path of a field.
    pub(crate) fn path_of_field(&self, field: &str) -> Option<&str> {
        let found = self.paths.iter().find(|(name, _)| name == field);
        found.map(|(_, path)| path.as_str())
    }

    /// Returns the text of a CRM field, by its block and name.
    pub(crate) fn crm_text(&self, place: &str) -> Option<&str> {
        let found = self.crm_texts.iter().find(|(name, _)| name == place);
        found.map(|(_, text)| text.as_str())
    }

    /// Returns the only field with a form.
    pub(crate) fn only_field(&self, form: Normaliser) -> Option<&str> {
        let mut fields = self.forms.iter().filter(|(_, own)| *own == form);
        let (name, _) = fields.next()?;
        fields.next().is_none().then_some(name.as_str())
    }

    /// Returns the field that reads a value of this name.
    pub(crate) fn reader_of(&self, name: &str) -> Option<&str> {
        let found = self.readers.iter().find(|(last, _)| last == name);
        found.map(|(_, field)| field.as_str())
    }
}

/// Collects problems: reading continues after a mistake, so that all are reported at once.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    /// What advice needs to know.
    pub(crate) facts: ProfileFacts,
    list: Vec<Problem>,
    /// The number of further problems, and whether any is an error.
    unreported: usize,
    has_unreported_error: bool,
}

impl Problems {
    /// Reports a mistake that keeps the profile from working.
    pub(crate) fn error(
        &mut self,
        code: Code,
        place: &TextPlace,
        message: Bilingual,
        advice: Bilingual,
    ) {
        let problem = place.problem(Severity::Error, code, message, advice);
        self.push(problem);
    }

    /// Reports something that the author probably did not intend.
    pub(crate) fn warn(
        &mut self,
        code: Code,
        place: &TextPlace,
        message: Bilingual,
        advice: Bilingual,
    ) {
        let problem = place.problem(Severity::Warning, code, message, advice);
        self.push(problem);
    }

    /// Returns the number of problems so far.
    pub(crate) fn count(&self) -> usize {
        self.list.len() + self.unreported
    }

    pub(crate) fn push(&mut self, problem: Problem) {
        if self.list.contains(&problem) {
            return;
        }
        if self.list.len() < MOST {
            self.list.push(problem);
        } else {
            self.unreported += 1;
            self.has_unreported_error |= problem.is_error();
        }
    }

    /// Masks these texts in everything that problems show: advice may repeat a line.
    pub(crate) fn hide(&mut self, secrets: &[String]) {
        if secrets.is_empty() {
            return;
        }
        for problem in &mut self.list {
            problem.source_line = without(&problem.source_line, secrets);
            problem.message = problem.message.map(|text| without(text, secrets));
            problem.advice = problem.advice.map(|text| without(text, secrets));
        }
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.has_unreported_error || self.list.iter().any(Problem::is_error)
    }

    /// Returns all problems in the order of files and lines.
    pub(crate) fn into_sorted(self) -> Vec<Problem> {
        let mut list = self.list;
        if let (1.., Some(last)) = (self.unreported, list.last_mut()) {
            // the last one is replaced by the total
            let more = self.unreported + 1;
            last.message = bilingual!("and {more} more problems", "и ещё ошибок: {more}");
            last.advice = bilingual!("fix the others first", "сначала исправьте остальные");
            if self.has_unreported_error {
                last.severity = Severity::Error;
            }
        }
        list.sort_by(|one, other| {
            (&one.file, one.line, one.column, one.severity).cmp(&(
                &other.file,
                other.line,
                other.column,
                other.severity,
            ))
        });
        list
    }
}
