//! Checks every name and helper of a template's tree when the profile is compiled; the engine
//! itself would find a wrong one only at run time.

use handlebars::template::{HelperTemplate, Parameter, Template as Tree, TemplateElement};
use handlebars::{Path, PathSeg};

use super::Name;
use super::check::{TemplateNames, Wording};
use super::engine::IS;
use super::escape::Escape;
use super::helpers::{self, Helper};
use super::loop_hints::{self, Declared, LoopHints};
use super::loops::{self, LoopWords};
use super::{arguments, other_helpers};
use crate::authoring::codes::Code;
use crate::authoring::problem::Problems;
use crate::authoring::suggest;
use crate::domain::{Bilingual, bilingual};

/// The names and tests of a template.
pub(super) struct TemplateFindings {
    /// Each name once, with its meaning.
    pub(super) names: Vec<(String, Name)>,
    /// Whether it asks if there is a value, with `default`, `if`, `unless`, or `else` of a loop.
    pub(super) asks: bool,
    /// The fields that loops walk through.
    pub(super) loops: Vec<usize>,
}

/// The helpers that test whether a name is true.
const TESTS: [&str; 5] = ["if", "unless", "and", "or", "not"];

/// The helper of loops, and what other languages call it.
const EACH: &str = "each";
const OTHER_LOOPS: [&str; 8] = [
    "for", "foreach", "loop", "range", "repeat", "map", "with", "цикл",
];

/// Returns the parameter for a word of the data. `this.date` is the field, `date` alone would be
/// the helper.
fn flat(word: &str) -> Parameter {
    let written = format!("this.{word}");
    Parameter::Path(Path::Relative((
        vec![PathSeg::Named(word.to_owned())],
        written,
    )))
}

/// Returns a word without `this.` and `./`.
fn bare(word: &str) -> String {
    let word = word.trim_start_matches("this.").trim_start_matches("./");
    if word == "." { "this" } else { word }.to_owned()
}

fn is_of_loops(word: &str) -> bool {
    word.starts_with('@') || word.starts_with("..") || matches!(word, "this" | ".")
}

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
            loops: Vec::new(),
        },
        loops: Vec::new(),
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
    /// The loops around this place, the innermost last.
    loops: Vec<OpenLoop>,
    is_sound: bool,
}

/// A loop whose body is being walked.
#[derive(Default)]
struct OpenLoop {
    /// The word of its list.
    list: String,
    words: LoopWords,
    hints: LoopHints,
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
        // a format without quotes is reported as such
        let most = if word == "date" { 1 } else { usize::MAX };
        let values = call.params.iter_mut().take(most);
        for parameter in values.chain(call.hash.values_mut()) {
            self.parameter(parameter);
            if TESTS.contains(&word.as_str()) {
                ask(parameter);
            }
        }
        if word == EACH {
            return self.each(call);
        }
        for inner in [&mut call.template, &mut call.inverse]
            .into_iter()
            .flatten()
        {
            self.tree(inner);
        }
    }

    /// Walks a loop, and notes the words of its body with it.
    fn each(&mut self, call: &mut HelperTemplate) {
        if self.names.escape != Escape::Nothing {
            return self.refuse(
                bilingual!(
                    "pages and replies have no lists, so they have no loops",
                    "на страницах и в ответах нет списков, поэтому нет и повторов"
                ),
                bilingual!(
                    "use the loop in a profile or in the template of a comment",
                    "пишите повтор в профиле или в шаблоне комментария"
                ),
            );
        }
        if call.block_param.is_some() {
            return self.refuse(
                bilingual!(
                    "a loop has no names of its own: `as |…|`",
                    "у повтора нет своих имён: `as |…|`"
                ),
                bilingual!(
                    "write {{{{#each items}}}}{{{{name}}}}{{{{/each}}}}: a name in a loop is a member of the element, {{{{this}}}} the element itself",
                    "пишите {{{{#each items}}}}{{{{name}}}}{{{{/each}}}}: имя внутри повтора — поле элемента, {{{{this}}}} — сам элемент"
                ),
            );
        }
        let list = match call.params.first() {
            Some(Parameter::Path(Path::Relative((_, word)))) => {
                word.strip_prefix("this.").unwrap_or(word).to_owned()
            }
            // reported already
            None => return,
            Some(_) => {
                return self.refuse(
                    bilingual!("a loop needs a list", "повтору нужен список"),
                    bilingual!(
                        "name a field: {{{{#each items}}}}…{{{{/each}}}}",
                        "назовите поле: {{{{#each items}}}}…{{{{/each}}}}"
                    ),
                );
            }
        };
        self.single_value(&list);
        if self.loops.is_empty()
            && let Some(Name::Field(index)) = self.names.lookup(&list)
        {
            self.findings.loops.push(index);
        }
        self.findings.asks |= call.inverse.is_some();
        if let Some(inverse) = &mut call.inverse {
            self.tree(inverse);
        }
        let words = self.body(list, call.template.as_mut());
        call.hash.insert(loops::WORDS.to_owned(), words);
    }

    /// Walks the body of a loop over this list, and returns its words.
    fn body(&mut self, list: String, body: Option<&mut Tree>) -> Parameter {
        self.loops.push(OpenLoop {
            list,
            ..OpenLoop::default()
        });
        if let Some(body) = body {
            self.tree(body);
        }
        let open = self.loops.pop().unwrap_or_default();
        self.hint(&open.hints);
        Parameter::Literal(open.words.into_json())
    }

    /// Warns of a loop over a field that never has several values.
    fn single_value(&mut self, list: &str) {
        let words = loop_hints::single_value(list, &self.problems.facts);
        let Some((message, advice)) = words.filter(|_| self.loops.is_empty()) else {
            return;
        };
        let (start, end) = self.find(list);
        let place = self.wording.place(start, end);
        self.problems
            .warn(Code::BadTemplate, &place, message, advice);
    }

    fn helper(&mut self, word: &str, call: &HelperTemplate) {
        let (start, end) = self.find(word);
        let place = self.wording.place(start, end);
        let Some(helper) = helpers::HELPERS.iter().find(|helper| helper.name == word) else {
            let known: Vec<&str> = helpers::HELPERS.iter().map(|helper| helper.name).collect();
            let is_list = call.block && self.names.lookup(word).is_some();
            let advice = if is_list || OTHER_LOOPS.contains(&word) {
                let list = if is_list { word } else { "items" };
                bilingual!(
                    "a loop is {{{{#each {list}}}}}…{{{{/each}}}}",
                    "повтор пишется так: {{{{#each {list}}}}}…{{{{/each}}}}"
                )
            } else {
                other_helpers::advice(word, call, &self.problems.facts)
                    .unwrap_or_else(|| suggest::did_you_mean(word, &known))
            };
            let message = bilingual!("there is no helper `{word}`", "нет помощника `{word}`");
            self.problems
                .error(Code::UnknownHelper, &place, message, advice);
            self.is_sound = false;
            return;
        };
        self.findings.asks |= matches!(word, "default" | "if" | "unless");
        if let Some(message) = helpers::misused(helper, call) {
            let advice = self.like(helper, call);
            self.problems
                .error(Code::UnknownHelper, &place, message, advice);
            self.is_sound = false;
        }
        if let Err(message) = helpers::check_arguments(helper, call) {
            let advice = arguments::swapped(helper, call)
                .or_else(|| self.date(helper, call))
                .unwrap_or_else(|| self.like(helper, call));
            self.problems
                .error(Code::BadTemplate, &place, message, advice);
            self.is_sound = false;
        } else if self.is_sound
            && let Some((message, advice)) = arguments::odd(helper, call)
        {
            self.problems
                .warn(Code::BadTemplate, &place, message, advice);
        } else if let Some((message, advice)) = self.quoted_name(helper, call) {
            self.problems
                .warn(Code::BadTemplate, &place, message, advice);
        } else if let Some((message, advice)) = self.arguments_never(call) {
            self.problems
                .warn(Code::WrongValue, &place, message, advice);
        }
    }

    /// `upper "promo"`: the name of a field in quotes is a text.
    fn quoted_name(
        &self,
        helper: &Helper,
        call: &HelperTemplate,
    ) -> Option<(Bilingual, Bilingual)> {
        let first = call.params.first().and_then(other_helpers::written)?;
        let name = first.strip_prefix('"')?.strip_suffix('"')?;
        let is_test = matches!(helper.name, "eq" | "ne" | "default");
        self.names.lookup(name).filter(|_| !is_test)?;
        let sign = if call.block { "#" } else { "" };
        Some(arguments::quoted(&format!("{sign}{}", helper.name), name))
    }

    /// `eq delivery "Курер"`: a text that the field never has.
    fn arguments_never(&self, call: &HelperTemplate) -> Option<(Bilingual, Bilingual)> {
        if self.loops.is_empty() {
            arguments::never(call, &self.problems.facts)
        } else {
            None
        }
    }

    /// Shows the helper with the first value that it has here.
    fn like(&self, helper: &Helper, call: &HelperTemplate) -> Bilingual {
        let first = call.params.first().and_then(other_helpers::written);
        let first = first.filter(|word| self.names.lookup(word).is_some());
        let start = format!("{} ", helper.name);
        let example = match (first, helper.example.split_once(&start)) {
            (Some(first), Some((before, behind))) if !before.contains('(') => {
                let end = behind.find([' ', '}']).unwrap_or(behind.len());
                let rest = behind.get(end..).unwrap_or_default();
                format!("{before}{start}{first}{rest}")
            }
            _ => helper.example.to_owned(),
        };
        bilingual!("write it like {example}", "пишите так: {example}")
    }

    /// `date day "ДД.ММ.ГГГГ"`, `date day d.m.Y`: the format as it should be.
    fn date(&self, helper: &Helper, call: &HelperTemplate) -> Option<Bilingual> {
        let [first, second] = call.params.as_slice() else {
            return None;
        };
        if helper.name != "date" {
            return None;
        }
        let name = other_helpers::written(first)?;
        let format = other_helpers::written(second)?;
        let format = other_helpers::date_format(format.trim_matches('"'));
        self.names.lookup(&name)?;
        Some(bilingual!(
            "write `{{{{date {name} \"{format}\"}}}}`",
            "напишите `{{{{date {name} \"{format}\"}}}}`"
        ))
    }

    fn parameter(&mut self, parameter: &mut Parameter) {
        match parameter {
            Parameter::Path(_) | Parameter::Name(_) => self.name(parameter),
            Parameter::Literal(_) => {}
            Parameter::Subexpression(inner) => match inner.element.as_mut() {
                TemplateElement::Expression(call)
                    if call.params.is_empty() && call.hash.is_empty() =>
                {
                    self.bracketed(call);
                }
                TemplateElement::Expression(call) => self.call(call),
                _ => self.refuse_odd(),
            },
            _ => self.refuse_odd(),
        }
    }

    /// `#if (company)`: the engine takes a name in round brackets for a helper, and fails.
    fn bracketed(&mut self, call: &HelperTemplate) {
        let Some(word) = other_helpers::written(&call.name) else {
            return self.refuse_odd();
        };
        let word = bare(&word);
        let (start, end) = self.find(&word);
        let place = self.wording.place(start, end);
        let (message, advice) = arguments::bracketed(&word);
        self.problems
            .error(Code::BadTemplate, &place, message, advice);
        self.is_sound = false;
    }

    fn name(&mut self, parameter: &mut Parameter) {
        let word = match parameter {
            Parameter::Path(Path::Relative((_, word))) | Parameter::Name(word) => word
                .trim_start_matches("this.")
                .trim_start_matches("./")
                .to_owned(),
            Parameter::Path(Path::Local((_, _, word))) => word.clone(),
            _ => return self.refuse_odd(),
        };
        if !self.loops.is_empty() {
            return self.looped(&word, parameter);
        }
        if is_of_loops(&word) {
            return self.refuse_outside(&word);
        }
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
        *parameter = flat(&bare);
        if !self.findings.names.iter().any(|(word, _)| *word == bare) {
            self.findings.names.push((bare, name));
        }
    }

    /// A name in the body of a loop.
    fn looped(&mut self, word: &str, parameter: &mut Parameter) {
        if word.starts_with('@') && !loops::LOCALS.contains(&word) {
            let known = loops::LOCALS.join(", ");
            return self.refuse(
                bilingual!("a loop has no `{word}`", "у повтора нет `{word}`"),
                bilingual!("write one of {known}", "напишите одно из: {known}"),
            );
        }
        if let Some(list) = self.loops.last().map(|open| open.list.clone())
            && let Some(rest) = word.strip_prefix(&format!("{list}."))
        {
            let shown = rest.to_owned();
            return self.refuse(
                bilingual!(
                    "in the loop over `{list}`, `{word}` would be a member `{list}` of the element",
                    "внутри повтора по `{list}` запись `{word}` — это поле `{list}` самого элемента"
                ),
                bilingual!("write {{{{{shown}}}}}", "пишите {{{{{shown}}}}}"),
            );
        }
        self.note(word);
        if self.in_loop(word, self.loops.len()) {
            *parameter = flat(word);
        }
    }

    /// Notes a word of a loop that may mean something else.
    fn note(&mut self, word: &str) {
        let facts = &self.problems.facts;
        let declared = match self.names.lookup(&bare(word)) {
            None => Declared::Nowhere,
            Some(_) if loop_hints::is_named_by_author(&bare(word), facts) => Declared::ByAuthor,
            Some(_) => Declared::Perhaps,
        };
        if let Some(open) = self.loops.last_mut() {
            open.hints.note(word, declared);
        }
    }

    /// Warns of words of a loop that may mean something else.
    fn hint(&mut self, hints: &LoopHints) {
        for (word, message, advice) in hints.warnings() {
            let (start, end) = self.find(&word);
            let place = self.wording.place(start, end);
            self.problems
                .warn(Code::BadTemplate, &place, message, advice);
        }
    }

    /// Adds a word to the loop at this depth, and to those around it if it may be theirs. Reports
    /// a name outside of all loops that does not exist; at depth 0, returns whether it exists.
    fn in_loop(&mut self, word: &str, depth: usize) -> bool {
        let Some(above) = depth.checked_sub(1) else {
            let Some(name) = self.names.lookup(word) else {
                return false;
            };
            if !self.findings.names.iter().any(|(known, _)| known == word) {
                self.findings.names.push((word.to_owned(), name));
            }
            return true;
        };
        if loops::LOCALS.contains(&word) {
            self.open_loop(above, |words| words.local(word));
            return true;
        }
        if let Some(outer) = word.strip_prefix("../") {
            let outer = bare(outer);
            if !self.in_loop(&outer, above) {
                let (start, end) = self.find(&outer);
                let place = self.wording.place(start, end);
                self.names.find(&outer, || place, self.problems);
                self.is_sound = false;
                return false;
            }
            self.open_loop(above, |words| words.outer(word, &outer));
            return true;
        }
        let named = bare(word);
        let path = if named == "this" {
            Vec::new()
        } else {
            loops::members(&named)
        };
        let has_outer = !path.is_empty() && self.in_loop(&named, above);
        let outer = has_outer.then_some(named.as_str());
        self.open_loop(above, |words| words.member(word, &path, outer));
        true
    }

    fn open_loop(&mut self, index: usize, add: impl FnOnce(&mut LoopWords)) {
        if let Some(open) = self.loops.get_mut(index) {
            add(&mut open.words);
        }
    }

    fn refuse_outside(&mut self, word: &str) {
        self.refuse(
            bilingual!(
                "`{word}` has a meaning only in a loop",
                "`{word}` имеет смысл только внутри повтора"
            ),
            bilingual!(
                "write it between {{{{#each items}}}} and {{{{/each}}}}, or name a field",
                "пишите его между {{{{#each items}}}} и {{{{/each}}}} или назовите поле"
            ),
        );
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
