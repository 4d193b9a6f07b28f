//! Compiles a template's text, or reports every mistake in it.

use super::escape::Escape;
use super::scan::{self, TemplatePart, step_value};
use super::{BUILT_IN, Body, Name, Piece, RECEIVED_AT, Template, engine, mistakes};
use crate::authoring::codes::Code;
use crate::authoring::lookalike::OddCharacter;
use crate::authoring::problem::{Problems, TextPlace};
use crate::authoring::suggest;
use crate::domain::{Bilingual, bilingual};

/// Maximum length of a template, in bytes.
const LONGEST: usize = 4096;
/// Maximum length of a page, in bytes.
const LONGEST_PAGE: usize = 32 * 1024;

/// A text and a way to point into it: offset and length in characters.
pub(crate) struct Wording<'t> {
    pub(crate) text: &'t str,
    pub(crate) part: &'t dyn Fn(usize, usize) -> TextPlace,
}

impl Wording<'_> {
    /// Returns the place of a range of bytes.
    pub(super) fn place(&self, start: usize, end: usize) -> TextPlace {
        let chars = |range: std::ops::Range<usize>| {
            self.text.get(range).map_or(0, |text| text.chars().count())
        };
        (self.part)(chars(0..start), chars(start..end).max(1))
    }

    pub(super) fn whole(&self) -> TextPlace {
        self.place(0, self.text.len())
    }
}

/// Compiles a template with the declared names; its values are not escaped.
pub(crate) fn compile(
    wording: &Wording<'_>,
    declared: &[&str],
    problems: &mut Problems,
) -> Option<Template> {
    compile_as(Escape::Nothing, wording, declared, problems)
}

/// Compiles a template with the declared names.
pub(crate) fn compile_as(
    escape: Escape,
    wording: &Wording<'_>,
    declared: &[&str],
    problems: &mut Problems,
) -> Option<Template> {
    let text = wording.text;
    let longest = match escape {
        Escape::Nothing | Escape::Json | Escape::Url => LONGEST,
        Escape::Html => LONGEST_PAGE,
    };
    if text.len() > longest {
        let message = bilingual!(
            "the template is longer than {longest} bytes",
            "шаблон длиннее {longest} байт"
        );
        let advice = bilingual!("split it up", "разделите его");
        problems.error(Code::TooLarge, &wording.whole(), message, advice);
        return None;
    }
    // names of every template; the names of a reply are declared
    let is_built_in = |name: &str| escape == Escape::Nothing && BUILT_IN.contains(&name);
    let is_declared = |name: &str| declared.contains(&name) || is_built_in(name);
    let parts = match scan::scan(text, &is_declared) {
        Ok(parts) => parts,
        Err(scan::Unclosed(at)) => {
            let place = wording.place(at, at + 2);
            let message = bilingual!("a `{{{{` without its `}}}}`", "у `{{{{` нет своих `}}}}`");
            let advice = bilingual!("close it with `}}}}`", "закройте: `}}}}`");
            problems.error(Code::BadTemplate, &place, message, advice);
            return None;
        }
    };
    let names = TemplateNames { declared, escape };
    if mistakes::report(wording, &parts, &names, problems) {
        return None;
    }
    let known = are_known(&parts, wording, &names, problems);
    let body = if parts
        .iter()
        .any(|part| matches!(part, TemplatePart::Tag(_)))
    {
        Body::Engine(Box::new(engine::compile(
            wording, &parts, &names, problems,
        )?))
    } else {
        Body::Pieces(pieces(text, &parts, &names))
    };
    if !known {
        return None;
    }
    let mentioned = mentioned(&body);
    let is_built_in = |name: &Name| matches!(name, Name::BuiltIn(_));
    Some(Template {
        rule: text.into(),
        escape,
        fields: fields(&mentioned),
        copes: mentioned.iter().any(is_built_in) || asks(&body),
        body,
    })
}

/// Returns whether the names exist, and reports the others. In a loop, a name may be a member of the
/// list's elements.
fn are_known(
    parts: &[TemplatePart],
    wording: &Wording<'_>,
    names: &TemplateNames<'_>,
    problems: &mut Problems,
) -> bool {
    let (mut loops, mut are_known) = (0_usize, true);
    for part in parts {
        match part {
            TemplatePart::Tag(tag) => {
                let tag = wording.text.get(tag.clone()).unwrap_or_default();
                loops = scan::loops_open(tag, loops);
            }
            TemplatePart::Name { name, .. } if loops == 0 => {
                let word = wording.text.get(name.clone()).unwrap_or_default();
                let place = || wording.place(name.start, name.end);
                are_known &= names.find(word, place, problems).is_some();
            }
            TemplatePart::Text(_) | TemplatePart::Name { .. } => {}
        }
    }
    are_known
}

fn pieces(text: &str, parts: &[TemplatePart], names: &TemplateNames<'_>) -> Vec<Piece> {
    parts
        .iter()
        .filter_map(|part| match part {
            TemplatePart::Text(range) => Some(Piece::Text(text.get(range.clone())?.to_owned())),
            TemplatePart::Name { name, .. } => {
                Some(Piece::Name(names.lookup(text.get(name.clone())?)?))
            }
            TemplatePart::Tag(_) => None,
        })
        .collect()
}

fn mentioned(body: &Body) -> Vec<Name> {
    match body {
        Body::Pieces(pieces) => pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Name(name) => Some(*name),
                Piece::Text(_) => None,
            })
            .collect(),
        Body::Engine(compiled) => compiled.names().collect(),
    }
}

fn asks(body: &Body) -> bool {
    match body {
        Body::Pieces(_) => false,
        Body::Engine(compiled) => compiled.asks(),
    }
}

/// Returns the declared fields among the names, each once.
fn fields(names: &[Name]) -> Vec<usize> {
    let mut fields = Vec::new();
    for name in names {
        if let Name::Field(index) = name
            && !fields.contains(index)
        {
            fields.push(*index);
        }
    }
    fields
}

/// The names that a template may use.
pub(super) struct TemplateNames<'n> {
    pub(super) declared: &'n [&'n str],
    pub(super) escape: Escape,
}

impl TemplateNames<'_> {
    /// A declared field wins over a built-in name.
    pub(super) fn lookup(&self, word: &str) -> Option<Name> {
        if let Some(index) = self.declared.iter().position(|name| *name == word) {
            return Some(Name::Field(index));
        }
        BUILT_IN
            .iter()
            .position(|name| *name == word)
            .map(Name::BuiltIn)
    }

    /// Returns whether it is a field without parts.
    fn is_without_parts(&self, name: &str) -> bool {
        let is_part = |word: &&str| {
            let rest = word.strip_prefix(name);
            rest.is_some_and(|rest| rest.starts_with('.'))
        };
        self.declared.contains(&name) && !self.declared.iter().any(is_part)
    }

    /// Returns the result of an earlier step that is named without `steps.`, or without the step.
    fn result_of_step(&self, word: &str) -> Option<&str> {
        let is_meant = |name: &&&str| {
            name.strip_prefix("steps.").is_some_and(|short| {
                let value = short.split_once('.').map(|(_, value)| value);
                short == word || value == Some(word)
            })
        };
        self.declared.iter().find(is_meant).copied()
    }

    /// Says which name is meant, or how to declare it.
    fn advice(&self, word: &str, problems: &Problems) -> Bilingual {
        if word == "this" {
            return bilingual!(
                "it has a meaning only in a loop: {{{{#each items}}}}{{{{this}}}}{{{{/each}}}}",
                "оно имеет смысл только внутри повтора: {{{{#each items}}}}{{{{this}}}}{{{{/each}}}}"
            );
        }
        let odd = OddCharacter::find(word).filter(|odd| self.lookup(&odd.corrected).is_some());
        if let Some(odd) = odd {
            return odd.explained(word);
        }
        let mut known: Vec<&str> = self.declared.to_vec();
        if self.escape == Escape::Nothing {
            known.extend(BUILT_IN);
        }
        if let Some(advice) = self.not_a_field(word, problems) {
            return advice;
        }
        if let Some((name, part)) = word.split_once('.') {
            if self.is_without_parts(name) {
                return bilingual!(
                    "write `{{{{{name}}}}}`; parts are .first, .last, .second and .remark of a field with `as: name`, .extension with `as: phone`, .currency with `as: money`",
                    "напишите `{{{{{name}}}}}`; части бывают у полей с `as: name` (.first, .last, .second, .remark), `as: phone` (.extension) и `as: money` (.currency)"
                );
            }
            if self.declared.contains(&name) {
                return self.part(name, part);
            }
        }
        if let Some(result) = self.result_of_step(word) {
            return bilingual!("write `{{{{{result}}}}}`", "напишите `{{{{{result}}}}}`");
        }
        if let Some(field) = problems.facts.reader_of(last(word)) {
            return bilingual!(
                "the field that reads it is called `{field}`: write `{{{{{field}}}}}`",
                "его читает поле `{field}`: напишите `{{{{{field}}}}}`"
            );
        }
        if let Some(field) = self.of_form(word, problems) {
            return bilingual!(
                "did you mean `{{{{{field}}}}}`?",
                "может быть, `{{{{{field}}}}}`?"
            );
        }
        if matches!(word, "now" | "date" | "time" | "today" | "дата" | "сегодня") {
            return suggest::meant(RECEIVED_AT);
        }
        if let Some(name) = suggest::nearest(word, known.iter().copied()) {
            return suggest::meant_by(word, name);
        }
        if self.escape != Escape::Nothing {
            return suggest::did_you_mean(word, &known);
        }
        let (name, path) = (last(word), problems.facts.path_of(last(word)));
        bilingual!(
            "declare it: `fields: {{ {name}: {path} }}`",
            "опишите его: `fields: {{ {name}: {path} }}`"
        )
    }

    /// Returns advice on a part that a field does not have.
    fn part(&self, name: &str, part: &str) -> Bilingual {
        let start = format!("{name}.");
        let parts: Vec<&str> = self
            .declared
            .iter()
            .filter_map(|declared| declared.strip_prefix(&start))
            .collect();
        let lower = part.to_lowercase();
        let meant = match lower.as_str() {
            "lastname" | "last_name" | "surname" | "family" | "фамилия" => Some("last"),
            "firstname" | "first_name" | "имя" => Some("first"),
            "patronymic" | "middle" | "middlename" | "отчество" => Some("second"),
            "ext" | "добавочный" => Some("extension"),
            "code" | "валюта" => Some("currency"),
            _ => suggest::nearest(part, parts.iter().copied()),
        };
        if let Some(meant) = meant.filter(|meant| parts.contains(meant)) {
            return bilingual!(
                "write `{{{{{name}.{meant}}}}}`",
                "напишите `{{{{{name}.{meant}}}}}`"
            );
        }
        let all: Vec<String> = parts.iter().map(|part| format!("`.{part}`")).collect();
        let all = all.join(", ");
        bilingual!(
            "the parts of `{name}` are {all}",
            "части поля `{name}`: {all}"
        )
    }

    /// Returns the result of a step that is written without the step or without `steps`.
    fn result_named(&self, word: &str) -> Option<&str> {
        let end = format!(".{word}");
        let mut results = self.declared.iter().copied();
        results.find(|name| step_value(name).is_some() && name.ends_with(&end))
    }

    /// Looks a name up, or reports it.
    pub(super) fn find(
        &self,
        word: &str,
        place: impl FnOnce() -> TextPlace,
        problems: &mut Problems,
    ) -> Option<Name> {
        let found = self.lookup(word);
        if found.is_none() && step_value(word).is_some() {
            let message = bilingual!(
                "there is no result `{word}` here",
                "результата `{word}` здесь нет"
            );
            let advice = bilingual!(
                "results of steps can be used in `then`, in the steps after them",
                "результаты шагов доступны в `then`, в следующих за ними шагах"
            );
            problems.error(Code::UnknownStep, &place(), message, advice);
        } else if found.is_none() {
            let advice = match self.result_named(word) {
                Some(result) => suggest::meant(result),
                None => self.advice(word, problems),
            };
            let message = bilingual!("there is no field `{word}`", "нет поля `{word}`");
            problems.error(Code::UnknownField, &place(), message, advice);
        }
        found
    }
}

/// Returns the last name of a path: `data.topic`.
fn last(word: &str) -> &str {
    word.rsplit('.').next().unwrap_or(word)
}
