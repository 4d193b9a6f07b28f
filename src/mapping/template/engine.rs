//! Templates with helpers and conditions: Handlebars, with everything that could run away refused when
//! the profile is compiled.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::sync::LazyLock;

use handlebars::template::{HelperTemplate, Parameter, Template as Tree, TemplateElement};
use handlebars::{
    Context, Handlebars, Output, Path, PathSeg, RenderContext, Renderable, TemplateError,
};
use serde_json::{Map, Value};

use super::check::{Names, Wording};
use super::helpers::{self, Helper};
use super::scan::Part;
use super::{Name, Values};
use crate::mapping::codes::Code;
use crate::mapping::problem::Problems;
use crate::mapping::suggest;
use crate::mapping::text::LONGEST;

/// Deeper brackets are refused: the parser recurses.
const DEEPEST: usize = 16;
/// So many trees are remembered.
const MOST_TREES: usize = 64;
/// Under this key a template's data hold the single values of fields that are lists.
pub(super) const LISTS: &str = "@lists";

static ENGINE: LazyLock<Handlebars<'static>> = LazyLock::new(helpers::registry);

/// A template that Handlebars renders.
#[derive(Debug)]
pub(super) struct Compiled {
    tree: Tree,
    /// What it mentions, and under which word.
    names: Vec<(String, Name)>,
    asks: bool,
}

impl Compiled {
    /// Whether it asks if there is a value, with `default`, `if` or `unless`.
    pub(super) fn asks(&self) -> bool {
        self.asks
    }

    pub(super) fn names(&self) -> impl Iterator<Item = Name> {
        self.names.iter().map(|(_, name)| *name)
    }

    /// Fills the template in; the error says why not, without values.
    pub(super) fn render(&self, values: &Values<'_>) -> Result<String, String> {
        let mut data = Map::new();
        let mut lists = Map::new();
        for (word, name) in &self.names {
            data.insert(word.clone(), Value::String(values.text(*name).to_owned()));
            if let Name::Field(index) = name
                && let Some(reading) = values.readings.get(*index)
                && !reading.items.is_empty()
            {
                lists.insert(word.clone(), reading.items.clone().into());
            }
        }
        data.insert(LISTS.to_owned(), Value::Object(lists));
        let context = Context::wraps(Value::Object(data)).map_err(|_| TROUBLE.to_owned())?;
        let mut out = Capped(String::new());
        self.tree
            .render(&ENGINE, &context, &mut RenderContext::new(None), &mut out)
            .map_err(|_| TROUBLE.to_owned())?;
        Ok(out.0)
    }
}

const TROUBLE: &str = "the template could not be worked out";

/// Keeps the first 64 KiB.
struct Capped(String);

impl Output for Capped {
    fn write(&mut self, text: &str) -> io::Result<()> {
        let room = (LONGEST + 4).saturating_sub(self.0.len());
        let mut end = text.len().min(room);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        self.0.push_str(text.get(..end).unwrap_or_default());
        Ok(())
    }
}

/// Compiles the parts into one tree, or reports what is wrong.
pub(super) fn compile(
    wording: &Wording<'_>,
    parts: &[Part],
    names: &Names<'_>,
    problems: &mut Problems,
) -> Option<Compiled> {
    if let Some(at) = too_deep(wording.text) {
        let place = wording.place(at, at + 1);
        let message = format!("more than {DEEPEST} brackets inside each other");
        problems.error(Code::BadTemplate, &place, message, "simplify the template");
        return None;
    }
    let Ok(mut tree) = parsed(canonical(wording.text, parts)) else {
        malformed(wording, problems);
        return None;
    };
    let mut walk = Walk {
        wording,
        names,
        problems,
        found: Vec::new(),
        asks: false,
        is_sound: true,
    };
    walk.tree(&mut tree);
    let Walk {
        found: names,
        asks,
        is_sound,
        ..
    } = walk;
    is_sound.then_some(Compiled { tree, names, asks })
}

thread_local! {
    /// Trees of late: the defaults' templates come back with every profile, and reading one takes longer
    /// than the rest of its profile.
    static TREES: RefCell<HashMap<String, Tree>> = RefCell::default();
}

fn parsed(text: String) -> Result<Tree, TemplateError> {
    TREES.with_borrow_mut(|trees| {
        if let Some(tree) = trees.get(&text) {
            return Ok(tree.clone());
        }
        let tree = Tree::compile(&text)?;
        if trees.len() >= MOST_TREES {
            trees.clear();
        }
        trees.insert(text, tree.clone());
        Ok(tree)
    })
}

/// The text with `{name}` and `<name>` spelt as `{{name}}`.
fn canonical(text: &str, parts: &[Part]) -> String {
    let mut out = String::new();
    for part in parts {
        match part {
            Part::Text(range) | Part::Tag(range) => {
                out.push_str(text.get(range.clone()).unwrap_or_default());
            }
            Part::Name { name, .. } => {
                out.push_str("{{");
                out.push_str(text.get(name.clone()).unwrap_or_default());
                out.push_str("}}");
            }
        }
    }
    out
}

fn too_deep(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut blocks = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '#' => blocks += 1,
            _ => {}
        }
        if depth > DEEPEST || blocks > DEEPEST * 4 {
            return Some(at);
        }
    }
    None
}

/// The engine's own words are for programmers; its place is right.
fn malformed(wording: &Wording<'_>, problems: &mut Problems) {
    let place = match Tree::compile(wording.text) {
        Err(error) => match error.pos() {
            Some((line, column)) if line <= 1 => {
                let bytes = wording
                    .text
                    .char_indices()
                    .nth(column.saturating_sub(1))
                    .map_or(0, |(byte, _)| byte);
                wording.place(bytes, bytes + 1)
            }
            Some(_) | None => wording.whole(),
        },
        Ok(_) => wording.whole(),
    };
    problems.error(
        Code::BadTemplate,
        &place,
        "the template cannot be read",
        "a name is {{name}}, a helper {{upper name}}, a condition {{#if name}}…{{else}}…{{/if}}",
    );
}

/// Looks at every name and helper of a tree, and marks names so that a helper of the same name is not
/// taken for them.
struct Walk<'w, 'p> {
    wording: &'w Wording<'w>,
    names: &'w Names<'w>,
    problems: &'p mut Problems,
    found: Vec<(String, Name)>,
    asks: bool,
    is_sound: bool,
}

impl Walk<'_, '_> {
    fn tree(&mut self, tree: &mut Tree) {
        for element in &mut tree.elements {
            match element {
                TemplateElement::RawString(_) | TemplateElement::Comment(_) => {}
                TemplateElement::Expression(call)
                | TemplateElement::HtmlExpression(call)
                | TemplateElement::HelperBlock(call) => self.call(call),
                _ => self.refuse(
                    "partials and decorators are not supported",
                    "write the text out",
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
                return self.refuse("a helper's name is wanted here", "");
            }
            _ => return self.refuse("a helper's name is wanted here", ""),
        };
        self.helper(&word, call);
        for parameter in call.params.iter_mut().chain(call.hash.values_mut()) {
            self.parameter(parameter);
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
            let message = format!("there is no helper `{word}`");
            self.problems
                .error(Code::UnknownHelper, &place, message, advice);
            self.is_sound = false;
            return;
        };
        self.asks |= matches!(word, "default" | "if" | "unless");
        if let Some(message) = misused(helper, call) {
            let advice = format!("write it like {}", helper.example);
            self.problems
                .error(Code::UnknownHelper, &place, message, advice);
            self.is_sound = false;
        }
        if let Err(message) = helpers::check_arguments(helper, call) {
            let advice = format!("write it like {}", helper.example);
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
                _ => self.refuse("this cannot stand in brackets", ""),
            },
            _ => self.refuse("this cannot be read", ""),
        }
    }

    fn name(&mut self, parameter: &mut Parameter) {
        let word = match parameter {
            Parameter::Path(Path::Relative((_, word))) | Parameter::Name(word) => word
                .trim_start_matches("this.")
                .trim_start_matches("./")
                .to_owned(),
            _ => return self.refuse("only names of fields can stand here", ""),
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
        if !self.found.iter().any(|(word, _)| *word == bare) {
            self.found.push((bare, name));
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

    fn refuse(&mut self, message: &str, advice: &str) {
        self.problems
            .error(Code::BadTemplate, &self.wording.whole(), message, advice);
        self.is_sound = false;
    }
}

fn misused(helper: &Helper, call: &HelperTemplate) -> Option<String> {
    let count = call.params.len();
    if call.block != helper.block {
        let name = helper.name;
        return Some(if helper.block {
            format!("`{name}` is a block: it needs `#` and an end")
        } else {
            format!("`{name}` is no block: write it without `#`")
        });
    }
    if count < helper.least || count > helper.most {
        let wanted = match (helper.least, helper.most) {
            (1, 1) => "one value".to_owned(),
            (least, most) if least == most => format!("{least} values"),
            (least, _) => format!("at least {least} values"),
        };
        return Some(format!("`{}` takes {wanted}, not {count}", helper.name));
    }
    let strange = call
        .hash
        .keys()
        .find(|key| !helper.options.contains(&key.as_str()))?;
    Some(format!("`{}` has no option `{strange}`", helper.name))
}
