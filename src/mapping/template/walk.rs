//! Checks every name and helper of a template's tree when the profile is compiled; the engine
//! itself would find a wrong one only at run time.

use handlebars::template::{HelperTemplate, Parameter, Template as Tree, TemplateElement};
use handlebars::{Path, PathSeg};

use super::Name;
use super::check::{TemplateNames, Wording};
use super::engine::IS;
use super::escape::Escape;
use super::helpers::{self, Helper};
use crate::authoring::codes::Code;
use crate::authoring::problem::Problems;
use crate::authoring::suggest;
use crate::domain::{Bilingual, bilingual};

/// The names and tests of a template.
pub(super) struct TemplateFindings {
    /// Each name once, with its meaning.
    pub(super) names: Vec<(String, Name)>,
    /// Whether it asks if there is a value, with `default`, `if` or `unless`.
    pub(super) asks: bool,
}

/// The helpers that test whether a name is true.
const TESTS: [&str; 5] = ["if", "unless", "and", "or", "not"];

/// Makes a test use whether a name is true, instead of its text: the text `N` would be true.
fn ask(parameter: &mut Parameter) {
    if let Parameter::Path(Path::Relative((segments, _))) = parameter {
        segments.insert(0, PathSeg::Named(IS.to_owned()));
    }
}

/// Checks a tree and marks its names, so that they are not mistaken for helpers. Reports problems
/// and returns `None` if anything is wrong.
pub(super) fn walk(
    tree: &mut Tree,
    wording: &Wording<'_>,
    names: &TemplateNames<'_>,
    problems: &mut Problems,
) -> Option<TemplateFindings> {
    let mut walk = Walk {
        wording,
        names,
        problems,
        findings: TemplateFindings {
            names: Vec::new(),
            asks: false,
        },
        is_sound: true,
    };
    walk.tree(tree);
    walk.is_sound.then_some(walk.findings)
}

struct Walk<'w, 'p> {
    wording: &'w Wording<'w>,
    names: &'w TemplateNames<'w>,
    problems: &'p mut Problems,
    findings: TemplateFindings,
    is_sound: bool,
}

impl Walk<'_, '_> {
    fn tree(&mut self, tree: &mut Tree) {
        for element in &mut tree.elements {
            match element {
                TemplateElement::RawString(_) | TemplateElement::Comment(_) => {}
                TemplateElement::HtmlExpression(_) if self.names.escape != Escape::Nothing => self
                    .refuse(
                        bilingual!(
                            "pages and replies always escape values",
                            "на страницах и в ответах значения всегда экранируются"
                        ),
                        bilingual!(
                            "write two braces: {{{{name}}}}",
                            "пишите две скобки: {{{{name}}}}"
                        ),
                    ),
                TemplateElement::Expression(call)
                | TemplateElement::HtmlExpression(call)
                | TemplateElement::HelperBlock(call) => self.call(call),
                _ => self.refuse(
                    bilingual!(
                        "partials and decorators are not supported",
                        "вставки и декораторы не поддерживаются"
                    ),
                    bilingual!("write the text out", "напишите текст целиком"),
                ),
            }
        }
    }

    fn call(&mut self, call: &mut HelperTemplate) {
        let is_name = call.params.is_empty() && call.hash.is_empty() && !call.block;
        if is_name {
            return self.name(&mut call.name);
        }
        let word = match &call.name {
            Parameter::Name(word) | Parameter::Path(Path::Relative((_, word))) => word.clone(),
            Parameter::Path(Path::Local(_))
            | Parameter::Literal(_)
            | Parameter::Subexpression(_) => {
                return self.refuse_odd();
            }
            _ => return self.refuse_odd(),
        };
        self.helper(&word, call);
        for parameter in call.params.iter_mut().chain(call.hash.values_mut()) {
            self.parameter(parameter);
            if TESTS.contains(&word.as_str()) {
                ask(parameter);
            }
        }
        for inner in [&mut call.template, &mut call.inverse]
            .into_iter()
            .flatten()
        {
            self.tree(inner);
        }
    }

    fn helper(&mut self, word: &str, call: &HelperTemplate) {
        let (start, end) = self.find(word);
        let place = self.wording.place(start, end);
        let Some(helper) = helpers::HELPERS.iter().find(|helper| helper.name == word) else {
            let known: Vec<&str> = helpers::HELPERS.iter().map(|helper| helper.name).collect();
            let advice = suggest::did_you_mean(word, &known);
            let message = bilingual!("there is no helper `{word}`", "нет помощника `{word}`");
            self.problems
                .error(Code::UnknownHelper, &place, message, advice);
            self.is_sound = false;
            return;
        };
        self.findings.asks |= matches!(word, "default" | "if" | "unless");
        if let Some(message) = misused(helper, call) {
            let advice = like(helper);
            self.problems
                .error(Code::UnknownHelper, &place, message, advice);
            self.is_sound = false;
        }
        if let Err(message) = helpers::check_arguments(helper, call) {
            let advice = like(helper);
            self.problems
                .error(Code::BadTemplate, &place, message, advice);
            self.is_sound = false;
        }
    }

    fn parameter(&mut self, parameter: &mut Parameter) {
        match parameter {
            Parameter::Path(_) | Parameter::Name(_) => self.name(parameter),
            Parameter::Literal(_) => {}
            Parameter::Subexpression(inner) => match inner.element.as_mut() {
                TemplateElement::Expression(call) => self.call(call),
                _ => self.refuse_odd(),
            },
            _ => self.refuse_odd(),
        }
    }

    fn name(&mut self, parameter: &mut Parameter) {
        let word = match parameter {
            Parameter::Path(Path::Relative((_, word))) | Parameter::Name(word) => word
                .trim_start_matches("this.")
                .trim_start_matches("./")
                .to_owned(),
            _ => return self.refuse_odd(),
        };
        let bare = word
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let (start, end) = self.find(&bare);
        let place = self.wording.place(start, end);
        let Some(name) = self.names.find(&bare, || place, self.problems) else {
            self.is_sound = false;
            return;
        };
        // `this.date` is the field, `date` alone would be the helper
        let written = format!("this.{bare}");
        let path = Path::Relative((vec![PathSeg::Named(bare.clone())], written));
        *parameter = Parameter::Path(path);
        if !self.findings.names.iter().any(|(word, _)| *word == bare) {
            self.findings.names.push((bare, name));
        }
    }

    /// Where a word stands as a whole word inside a tag.
    fn find(&self, word: &str) -> (usize, usize) {
        let text = self.wording.text;
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        let mut from = text.find("{{").unwrap_or(0);
        while let Some(at) = text.get(from..).and_then(|rest| rest.find(word)) {
            let (start, end) = (from + at, from + at + word.len());
            let before = text.get(..start).and_then(|t| t.chars().next_back());
            let after = text.get(end..).and_then(|t| t.chars().next());
            if !before.is_some_and(is_part) && !after.is_some_and(is_part) && !word.is_empty() {
                return (start, end);
            }
            from = end.max(from + 1);
            while !text.is_char_boundary(from) {
                from += 1;
            }
        }
        (0, text.len())
    }

    /// A construct of the engine's language that is not supported.
    fn refuse_odd(&mut self) {
        self.refuse(
            bilingual!(
                "only field names and helpers are allowed here",
                "здесь допустимы только имена полей и помощники"
            ),
            bilingual!(
                "write it like {{{{name}}}} or {{{{upper name}}}}",
                "пишите так: {{{{name}}}} или {{{{upper name}}}}"
            ),
        );
    }

    fn refuse(&mut self, message: Bilingual, advice: Bilingual) {
        self.problems
            .error(Code::BadTemplate, &self.wording.whole(), message, advice);
        self.is_sound = false;
    }
}

fn like(helper: &Helper) -> Bilingual {
    let example = helper.example;
    bilingual!("write it like {example}", "пишите так: {example}")
}

fn misused(helper: &Helper, call: &HelperTemplate) -> Option<Bilingual> {
    let count = call.params.len();
    let name = helper.name;
    if call.block != helper.block {
        return Some(if helper.block {
            bilingual!(
                "`{name}` is a block: it needs `#` and an end",
                "`{name}` — блок: ему нужны `#` и конец"
            )
        } else {
            bilingual!(
                "`{name}` is not a block: write it without `#`",
                "`{name}` — не блок: пишите без `#`"
            )
        });
    }
    if count < helper.least || count > helper.most {
        return Some(match (helper.least, helper.most) {
            (1, 1) => bilingual!(
                "`{name}` takes one value, not {count}",
                "`{name}` берёт одно значение, а здесь {count}"
            ),
            (least, most) if least == most => bilingual!(
                "`{name}` takes {least} values, not {count}",
                "`{name}` берёт значений: {least}, а здесь {count}"
            ),
            (least, _) => bilingual!(
                "`{name}` takes at least {least} values, not {count}",
                "`{name}` берёт значений не меньше чем {least}, а здесь {count}"
            ),
        });
    }
    let strange = call
        .hash
        .keys()
        .find(|key| !helper.options.contains(&key.as_str()))?;
    Some(bilingual!(
        "`{name}` has no option `{strange}`",
        "у `{name}` нет настройки `{strange}`"
    ))
}
