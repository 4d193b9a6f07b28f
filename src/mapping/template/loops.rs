//! Loops: `{{#each items}}{{name}} × {{quantity}}{{/each}}`. The body is rendered once for each
//! element of a list, or member of an object. A plain name in it is a member of the element; if the
//! element has no members, it is the name outside of the loop. `../name` always is.
//!
//! The compiler notes with each loop which words its body uses, so that each round gets these and
//! nothing else.

use std::borrow::Cow;
use std::cell::Cell;

use handlebars::{
    Context, Handlebars, Helper as Call, HelperDef, HelperResult, Output, PathAndJson,
    RenderContext, RenderErrorReason, Renderable,
};
use serde_json::{Map, Value, json};

use super::engine::{BLOCKS, IS, LISTS, ROWS};
use crate::domain::text_json;
use crate::mapping::text;

/// The option of a compiled loop with the words of its body.
pub(super) const WORDS: &str = "words";
/// What a loop knows about each round.
pub(super) const LOCALS: [&str; 5] = ["@index", "@number", "@key", "@first", "@last"];
/// Rounds of one loop.
pub(crate) const MOST_ROUNDS: usize = 1000;
/// Rounds of all loops of a template together.
const MOST_OF_ALL: usize = 5000;

thread_local! {
    /// The rounds that the loops of the template in work may still have.
    static LEFT: Cell<usize> = const { Cell::new(0) };
    /// Whether a loop of it ended early.
    static IS_CUT: Cell<bool> = const { Cell::new(false) };
}

/// Begins a template.
pub(super) fn begin() {
    LEFT.set(MOST_OF_ALL);
    IS_CUT.set(false);
}

/// Returns whether a loop of the template ended early.
pub(super) fn is_cut() -> bool {
    IS_CUT.get()
}

/// The words of a loop's body.
#[derive(Debug, Default)]
pub(super) struct LoopWords(Map<String, Value>);

impl LoopWords {
    /// Adds a word for the element or a member of it; `outer` is the word outside of the loop that
    /// it means if the element has no members.
    pub(super) fn member(&mut self, word: &str, path: &[String], outer: Option<&str>) {
        let how = json!({ "path": path, "outer": outer });
        self.0.entry(word).or_insert(how);
    }

    /// Adds a word of the loop itself.
    pub(super) fn local(&mut self, word: &str) {
        self.0.entry(word).or_insert(json!({ "local": true }));
    }

    /// Adds a word outside of the loop.
    pub(super) fn outer(&mut self, word: &str, outer: &str) {
        self.0.entry(word).or_insert(json!({ "outer": outer }));
    }

    pub(super) fn into_json(self) -> Value {
        Value::Object(self.0)
    }
}

/// Splits `product.name`, `options.[0].title`, `[Your phone]`.
pub(super) fn members(word: &str) -> Vec<String> {
    let mut path = Vec::new();
    let mut rest = word;
    while !rest.is_empty() {
        let bracketed = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        let (name, after) = bracketed.unwrap_or_else(|| rest.split_once('.').unwrap_or((rest, "")));
        path.push(name.to_owned());
        rest = match bracketed {
            Some(_) => after.strip_prefix('.').unwrap_or(after),
            None => after,
        };
    }
    path
}

/// The helper.
#[derive(Clone, Copy)]
pub(super) struct Each;

/// One round of a loop.
struct Round<'v> {
    key: &'v str,
    value: &'v Value,
    index: usize,
    is_last: bool,
}

impl HelperDef for Each {
    fn call<'reg: 'rc, 'rc>(
        &self,
        call: &Call<'rc>,
        engine: &'reg Handlebars<'reg>,
        context: &'rc Context,
        outer: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let listed = call.param(0).map(|list| rows(list, context));
        let listed = listed.unwrap_or_default();
        if listed.is_empty() {
            return match call.inverse() {
                Some(inverse) => inverse.render(engine, context, outer, out),
                None => Ok(()),
            };
        }
        let words = call
            .hash_get(WORDS)
            .and_then(|words| words.value().as_object());
        let (Some(words), Some(body)) = (words, call.template()) else {
            return Err(RenderErrorReason::InvalidParamType("words").into());
        };
        let last = listed.len() - 1;
        for (index, (key, value)) in listed.iter().enumerate() {
            let left = LEFT.get();
            if index >= MOST_ROUNDS || left == 0 {
                IS_CUT.set(true);
                break;
            }
            LEFT.set(left - 1);
            let round = Round {
                key,
                value,
                index,
                is_last: index == last,
            };
            let data = round.data(words, context.data());
            let inner = Context::wraps(data)?;
            body.render(engine, &inner, &mut RenderContext::new(None), out)?;
        }
        Ok(())
    }
}

/// Returns the elements of a list or the members of an object with their keys; a single value is
/// one element.
fn rows<'c>(list: &PathAndJson<'_>, context: &'c Context) -> Vec<(String, Cow<'c, Value>)> {
    let Some(word) = list.relative_path() else {
        return Vec::new();
    };
    let word = word.strip_prefix("this.").unwrap_or(word);
    let of = |key: &str| context.data().get(key)?.get(word);
    let found = of(ROWS).or_else(|| of(BLOCKS)).or_else(|| of(LISTS));
    let Some(value) = found.or_else(|| context.data().get(word)) else {
        return Vec::new();
    };
    let number = |index: usize| index.to_string();
    match opened(value) {
        Cow::Borrowed(Value::Array(list)) => {
            let list = list.iter().enumerate();
            list.map(|(index, value)| (number(index), opened(value)))
                .collect()
        }
        Cow::Owned(Value::Array(list)) => {
            let list = list.into_iter().enumerate();
            list.map(|(index, value)| (number(index), Cow::Owned(value)))
                .collect()
        }
        Cow::Borrowed(Value::Object(map)) => {
            let members = map.iter();
            members
                .map(|(key, value)| (key.clone(), opened(value)))
                .collect()
        }
        Cow::Owned(Value::Object(map)) => {
            let members = map.into_iter();
            members
                .map(|(key, value)| (key, Cow::Owned(value)))
                .collect()
        }
        value if text::of(&value).is_none() => Vec::new(),
        value => vec![(number(0), value)],
    }
}

/// Returns what is inside a text that holds JSON, otherwise the value itself.
fn opened(value: &Value) -> Cow<'_, Value> {
    match value {
        Value::String(text) if text_json::may_be_json(text) => {
            text_json::inside(text).map_or(Cow::Borrowed(value), Cow::Owned)
        }
        value => Cow::Borrowed(value),
    }
}

impl Round<'_> {
    /// Returns the data of the body: its words, as the engine's data has the names of a template.
    fn data(&self, words: &Map<String, Value>, outer: &Value) -> Value {
        let mut data = RoundData::default();
        for (word, how) in words {
            if how.get("local").is_some() {
                let (text, holds) = self.local(word);
                data.truths.insert(word.clone(), holds.into());
                data.texts.insert(word.clone(), text.into());
                continue;
            }
            let path = how.get("path").and_then(Value::as_array);
            let outside = how.get("outer").and_then(Value::as_str);
            let is_member = path.is_some_and(|path| path.is_empty() || has_members(self.value));
            match (path, outside) {
                (Some(path), _) if is_member => {
                    let value = member(self.value, path);
                    data.put(word, value.as_deref());
                }
                (_, Some(outside)) => data.copy(word, outside, outer),
                (_, None) => data.put(word, None),
            }
        }
        data.into_json()
    }

    /// Returns the text of a word of the loop itself, and whether it counts as true.
    fn local(&self, word: &str) -> (String, bool) {
        match word {
            "@index" => (self.index.to_string(), true),
            "@number" => ((self.index + 1).to_string(), true),
            "@key" => (self.key.to_owned(), true),
            "@first" => ((self.index == 0).to_string(), self.index == 0),
            _ => (self.is_last.to_string(), self.is_last),
        }
    }
}

fn has_members(value: &Value) -> bool {
    matches!(value, Value::Object(_) | Value::Array(_))
}

/// Returns the member of an element at a path.
fn member<'v>(value: &'v Value, path: &[Value]) -> Option<Cow<'v, Value>> {
    let Some((first, rest)) = path.split_first() else {
        return Some(Cow::Borrowed(value));
    };
    let name = first.as_str()?;
    let next = match value {
        Value::Object(map) => map.get(name)?,
        Value::Array(list) => list.get(name.parse::<usize>().ok()?)?,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
    };
    // a text of forms may hold JSON
    if !rest.is_empty()
        && let Cow::Owned(inside) = opened(next)
    {
        return member(&inside, rest).map(|found| Cow::Owned(found.into_owned()));
    }
    member(next, rest)
}

/// The data of a body.
#[derive(Default)]
struct RoundData {
    texts: Map<String, Value>,
    truths: Map<String, Value>,
    lists: Map<String, Value>,
    blocks: Map<String, Value>,
    rows: Map<String, Value>,
}

impl RoundData {
    fn put(&mut self, word: &str, value: Option<&Value>) {
        let text = value.and_then(text::of).unwrap_or_default();
        let holds = !text.is_empty() && value != Some(&Value::Bool(false));
        self.truths.insert(word.to_owned(), holds.into());
        self.texts.insert(word.to_owned(), text.into());
        let Some(value) = value.filter(|value| has_members(value)) else {
            return;
        };
        if value.is_array() {
            let mut items = Vec::new();
            text::items(value, &mut items);
            self.lists.insert(word.to_owned(), items.into());
        }
        self.blocks.insert(word.to_owned(), value.clone());
    }

    /// Takes a word over from outside of the loop.
    fn copy(&mut self, word: &str, outside: &str, outer: &Value) {
        let of = |key: &str| outer.get(key).and_then(|of| of.get(outside)).cloned();
        let put = |map: &mut Map<String, Value>, value: Option<Value>| {
            if let Some(value) = value {
                map.insert(word.to_owned(), value);
            }
        };
        put(
            &mut self.texts,
            outer.get(outside).cloned().or_else(|| Some("".into())),
        );
        put(&mut self.truths, of(IS).or(Some(false.into())));
        put(&mut self.lists, of(LISTS));
        put(&mut self.blocks, of(BLOCKS));
        put(&mut self.rows, of(ROWS));
    }

    fn into_json(self) -> Value {
        let mut data = self.texts;
        for (key, map) in [
            (IS, self.truths),
            (LISTS, self.lists),
            (BLOCKS, self.blocks),
            (ROWS, self.rows),
        ] {
            data.insert(key.to_owned(), Value::Object(map));
        }
        Value::Object(data)
    }
}
