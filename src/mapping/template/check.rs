//! Compiles a template's text, or reports every mistake in it.

use super::escape::Escape;
use super::scan::{self, TemplatePart};
use super::{BUILT_IN, Body, Name, Piece, Template, engine};
use crate::authoring::codes::Code;
use crate::authoring::problem::{Problems, TextPlace};
use crate::authoring::suggest;
use crate::domain::bilingual;

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
pub(super) fn compile_as(
    escape: Escape,
    wording: &Wording<'_>,
    declared: &[&str],
    problems: &mut Problems,
) -> Option<Template> {
    let text = wording.text;
    let longest = match escape {
        Escape::Nothing | Escape::Json => LONGEST,
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

    /// Looks a name up, or reports it.
    pub(super) fn find(
        &self,
        word: &str,
        place: impl FnOnce() -> TextPlace,
        problems: &mut Problems,
    ) -> Option<Name> {
        let found = self.lookup(word);
        if found.is_none() {
            let known = self.declared.iter().copied().chain(BUILT_IN);
            let whole = word.split_once('.').map(|(name, _)| name);
            let advice = match (suggest::nearest(word, known), whole) {
                _ if word == "this" => bilingual!(
                    "it has a meaning only in a loop: {{{{#each items}}}}{{{{this}}}}{{{{/each}}}}",
                    "оно имеет смысл только внутри повтора: {{{{#each items}}}}{{{{this}}}}{{{{/each}}}}"
                ),
                (_, Some(name)) if self.is_without_parts(name) => bilingual!(
                    "parts are .first, .last, .second and .remark of a field with `as: name`, .extension with `as: phone`, .currency with `as: money`",
                    "части бывают у полей с `as: name` (.first, .last, .second, .remark), `as: phone` (.extension) и `as: money` (.currency)"
                ),
                (Some(name), _) => suggest::meant_by(word, name),
                (None, _) => bilingual!(
                    "declare it: `fields: {{ {word}: $.data.{word} }}`",
                    "опишите его: `fields: {{ {word}: $.data.{word} }}`"
                ),
            };
            let message = bilingual!("there is no field `{word}`", "нет поля `{word}`");
            problems.error(Code::UnknownField, &place(), message, advice);
        }
        found
    }
}
