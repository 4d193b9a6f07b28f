//! Templates with helpers and conditions: Handlebars. Everything unbounded is refused when the
//! profile is compiled.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::sync::LazyLock;

use handlebars::template::Template as Tree;
use handlebars::{Context, Handlebars, Output, RenderContext, Renderable, TemplateError};
use serde_json::{Map, Value};

use super::check::{TemplateNames, Wording};
use super::escape::Escape;
use super::helpers;
use super::scan::TemplatePart;
use super::walk::{self, TemplateFindings};
use super::{Name, Values, loops};
use crate::authoring::codes::Code;
use crate::authoring::problem::Problems;
use crate::domain::{Bilingual, bilingual};
use crate::mapping::text::LONGEST;

/// Maximum depth of brackets, because the parser recurses.
const DEEPEST: usize = 16;
/// Maximum number of cached trees.
const MOST_TREES: usize = 64;
/// The key of the template's data that says whether a name counts as true: it has a value other
/// than "no".
pub(super) const IS: &str = "@is";
/// The key of the template's data with the single values of list fields.
pub(super) const LISTS: &str = "@lists";
/// The key of the template's data with the packet's blocks, and lists with blocks.
pub(super) const BLOCKS: &str = "@blocks";
/// The key of the template's data with the packet's values of fields that loops walk through.
pub(super) const ROWS: &str = "@rows";

static ENGINE: LazyLock<Handlebars<'static>> = LazyLock::new(|| helpers::registry(Escape::Nothing));
static HTML_ENGINE: LazyLock<Handlebars<'static>> =
    LazyLock::new(|| helpers::registry(Escape::Html));
static URL_ENGINE: LazyLock<Handlebars<'static>> = LazyLock::new(|| helpers::registry(Escape::Url));
static JSON_ENGINE: LazyLock<Handlebars<'static>> =
    LazyLock::new(|| helpers::registry(Escape::Json));

/// A template that Handlebars renders.
#[derive(Debug)]
pub(super) struct Compiled {
    tree: Tree,
    escape: Escape,
    /// The names that it uses, and the words for them.
    names: Vec<(String, Name)>,
    asks: bool,
    /// The fields that loops walk through.
    loops: Vec<usize>,
}

/// What a template gave.
pub(super) struct EngineText {
    pub(super) text: String,
    /// Whether a loop ended early.
    pub(super) is_cut: bool,
}

impl Compiled {
    /// Whether it asks if there is a value, with `default`, `if` or `unless`.
    pub(super) fn asks(&self) -> bool {
        self.asks
    }

    /// Returns the fields that its loops walk through.
    pub(super) fn loops(&self) -> &[usize] {
        &self.loops
    }

    pub(super) fn names(&self) -> impl Iterator<Item = Name> {
        self.names.iter().map(|(_, name)| *name)
    }

    /// Renders the template; returns `None` if that fails.
    pub(super) fn render(&self, values: &Values<'_>) -> Option<EngineText> {
        let mut data = Map::new();
        let mut lists = Map::new();
        let mut blocks = Map::new();
        let mut truths = Map::new();
        let mut rows = Map::new();
        for (word, name) in &self.names {
            truths.insert(word.clone(), values.counts(*name).into());
            data.insert(word.clone(), Value::String(values.text(*name).to_owned()));
            if let Name::Field(index) = name
                && let Some(reading) = values.readings.get(*index)
            {
                if !reading.items.is_empty() {
                    lists.insert(word.clone(), reading.items.clone().into());
                }
                if let Some(block) = &reading.block {
                    blocks.insert(word.clone(), block.clone());
                }
                if let Some(looped) = &reading.rows {
                    rows.insert(word.clone(), looped.clone());
                }
            }
        }
        data.insert(ROWS.to_owned(), Value::Object(rows));
        data.insert(LISTS.to_owned(), Value::Object(lists));
        data.insert(BLOCKS.to_owned(), Value::Object(blocks));
        data.insert(IS.to_owned(), Value::Object(truths));
        self.run(data)
    }

    /// Returns whether it can be filled in, with this text for every name: the engine finds some
    /// mistakes only then.
    fn works_with(&self, text: &str) -> bool {
        let mut data = Map::new();
        let (mut truths, mut rows) = (Map::new(), Map::new());
        for (word, _) in &self.names {
            truths.insert(word.clone(), (!text.is_empty()).into());
            data.insert(word.clone(), text.into());
            if !text.is_empty() {
                rows.insert(word.clone(), vec![text].into());
            }
        }
        for (key, value) in [
            (LISTS, Map::new()),
            (BLOCKS, Map::new()),
            (IS, truths),
            (ROWS, rows),
        ] {
            data.insert(key.to_owned(), Value::Object(value));
        }
        self.run(data).is_some()
    }

    fn run(&self, data: Map<String, Value>) -> Option<EngineText> {
        let context = Context::wraps(Value::Object(data)).ok()?;
        let mut out = Capped::default();
        let engine = match self.escape {
            Escape::Nothing => &*ENGINE,
            Escape::Html => &*HTML_ENGINE,
            Escape::Json => &*JSON_ENGINE,
            Escape::Url => &*URL_ENGINE,
        };
        loops::begin();
        let mut state = RenderContext::new(None);
        let rendered = self.tree.render(engine, &context, &mut state, &mut out);
        // a full output ends the rendering
        if rendered.is_err() && !out.is_full {
            return None;
        }
        Some(EngineText {
            is_cut: loops::is_cut() || (out.is_full && !self.loops.is_empty()),
            text: out.text,
        })
    }
}

/// Keeps the first 64 KiB.
#[derive(Default)]
struct Capped {
    text: String,
    is_full: bool,
}

impl Output for Capped {
    fn write(&mut self, text: &str) -> io::Result<()> {
        let room = (LONGEST + 4).saturating_sub(self.text.len());
        let mut end = text.len().min(room);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        self.text.push_str(text.get(..end).unwrap_or_default());
        if end < text.len() {
            self.is_full = true;
            return Err(io::ErrorKind::WriteZero.into());
        }
        Ok(())
    }
}

/// Compiles the parts into one tree, or reports the mistakes.
pub(super) fn compile(
    wording: &Wording<'_>,
    parts: &[TemplatePart],
    names: &TemplateNames<'_>,
    problems: &mut Problems,
) -> Option<Compiled> {
    if let Some(at) = too_deep(wording.text) {
        let place = wording.place(at, at + 1);
        let message = bilingual!(
            "more than {DEEPEST} brackets inside each other",
            "больше {DEEPEST} скобок друг в друге"
        );
        let advice = bilingual!("simplify the template", "упростите шаблон");
        problems.error(Code::BadTemplate, &place, message, advice);
        return None;
    }
    let Ok(mut tree) = parsed(canonical(wording.text, parts)) else {
        malformed(wording, problems);
        return None;
    };
    let escape = names.escape;
    let TemplateFindings { names, asks, loops } = walk::walk(&mut tree, wording, names, problems)?;
    let compiled = Compiled {
        tree,
        escape,
        names,
        asks,
        loops,
    };
    if !(compiled.works_with("1") && compiled.works_with("")) {
        let message = bilingual!(
            "the template cannot be filled in: every submission would be parked",
            "шаблон нельзя заполнить: каждое обращение было бы отложено"
        );
        problems.error(Code::BadTemplate, &wording.whole(), message, usual());
        return None;
    }
    Some(compiled)
}

thread_local! {
    /// The cache of parsed trees: every profile has the templates of the defaults, and parsing one
    /// takes longer than the rest of a profile.
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

/// Rewrites `{name}` and `<name>` as `{{name}}`.
fn canonical(text: &str, parts: &[TemplatePart]) -> String {
    let mut out = String::new();
    for part in parts {
        match part {
            TemplatePart::Text(range) | TemplatePart::Tag(range) => {
                out.push_str(text.get(range.clone()).unwrap_or_default());
            }
            TemplatePart::Name { name, .. } => {
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

/// Translates the engine's message, which is for programmers; keeps its place.
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
    let count = |tag: &str| wording.text.matches(tag).count();
    if count("{{#each") != count("{{/each") {
        let message = bilingual!(
            "a loop has no end, or an end no loop",
            "у повтора нет конца или у конца нет повтора"
        );
        let advice = bilingual!(
            "write {{{{#each items}}}}…{{{{/each}}}}",
            "пишите {{{{#each items}}}}…{{{{/each}}}}"
        );
        return problems.error(Code::BadTemplate, &place, message, advice);
    }
    problems.error(
        Code::BadTemplate,
        &place,
        bilingual!("the template cannot be read", "шаблон не читается"),
        usual(),
    );
}

/// How everything is written.
fn usual() -> Bilingual {
    bilingual!(
        "a name is {{{{name}}}}, a helper {{{{upper name}}}}, a condition {{{{#if \
         name}}}}…{{{{else}}}}…{{{{/if}}}}, a loop {{{{#each list}}}}…{{{{/each}}}}",
        "имя — {{{{name}}}}, помощник — {{{{upper name}}}}, условие — {{{{#if \
         name}}}}…{{{{else}}}}…{{{{/if}}}}, повтор — {{{{#each list}}}}…{{{{/each}}}}",
    )
}
