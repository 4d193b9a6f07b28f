//! A control for a key, by its schema: a menu of words, a line of text, a list of lines, a small table,
//! or the keys of a block.

use maud::{Markup, html};
use serde_json::Value;

use super::super::nodes::{self, Place};
use super::{Form, words};
use crate::authoring::yaml::{Node, NodeKind};

/// Blocks within blocks are shown to this depth; deeper ones are cards.
const DEEPEST: usize = 5;

/// How a key takes its value.
enum Shape<'s> {
    /// One of these words; `true` and `false` are words, too.
    Word(Vec<&'s str>),
    /// One text.
    Text,
    /// A text, or a list of texts.
    List,
    /// A block of these keys; a text may stand for it.
    Block,
    /// A block whose keys the author chooses.
    Pairs,
}

impl Form<'_> {
    /// Shows the keys of a block: the important ones and those that are set, then the others.
    pub(super) fn keys(&self, place: &Place, schema: &Value, important: &[&str]) -> Markup {
        let node = self.sheet.find(place);
        if let Some(node) = node
            && !matches!(node.kind, NodeKind::Map(_) | NodeKind::Null)
        {
            return self.card(place, node);
        }
        let empty = serde_json::Map::new();
        let properties = block_of(schema)
            .and_then(Value::as_object)
            .unwrap_or(&empty);
        // the fields of the CRM have a table of their own
        let is_own = |key: &str| !(key == "fields" && is_crm_block(place));
        let is_first =
            |key: &&String| important.contains(&key.as_str()) || self.is_set(&place.key(key));
        let mut first: Vec<&String> = properties
            .keys()
            .filter(|key| is_own(key))
            .filter(is_first)
            .collect();
        first.sort_by_key(|key| {
            important
                .iter()
                .position(|it| it == key)
                .unwrap_or(usize::MAX)
        });
        let others: Vec<&String> = properties
            .keys()
            .filter(|key| is_own(key) && !is_first(key))
            .collect();
        let control = |key: &String| {
            let schema = properties.get(key).unwrap_or(&Value::Null);
            self.control(&place.key(key), schema)
        };
        let unknown = node.into_iter().flat_map(nodes::entries);
        let unknown = unknown.filter(|(key, _)| !properties.contains_key(*key));
        let cards: Vec<Markup> = unknown
            .map(|(key, node)| self.card(&place.key(key), node))
            .collect();
        html! {
            @for key in first { (control(key)) }
            @for card in &cards { (card) }
            @if !others.is_empty() {
                details data-more=(place.json()) {
                    summary { (self.t("More settings", "Ещё настройки")) " (" (others.len()) ")" }
                    @for key in others { (control(key)) }
                }
            }
        }
    }

    /// Shows one key.
    pub(super) fn control(&self, place: &Place, schema: &Value) -> Markup {
        let node = self.sheet.find(place);
        if place.steps().len() > DEEPEST {
            return node.map(|node| self.card(place, node)).unwrap_or_default();
        }
        if matches!(place.pattern().as_str(), "contact.match" | "company.match")
            && let Some(matching) = self.matching(place, schema)
        {
            return html! { (matching) (self.problems_at(place)) };
        }
        let is_text =
            node.is_none_or(|node| matches!(node.kind, NodeKind::Scalar(_) | NodeKind::Null));
        if is_text && let Some(menu) = self.named(place) {
            return html! { (self.labelled(place, schema, &menu)) (self.problems_at(place)) };
        }
        let body = match (shape(schema), node.map(|node| &node.kind)) {
            (_, Some(NodeKind::Scalar(_) | NodeKind::Null) | None)
                if place.last() == "stage" && is_record(place) =>
            {
                self.labelled(place, schema, &self.stage(place))
            }
            (Shape::Word(all), Some(NodeKind::Scalar(_) | NodeKind::Null) | None) => {
                self.labelled(place, schema, &self.select(place, &all))
            }
            (Shape::Text, Some(NodeKind::Scalar(_) | NodeKind::Null) | None) => {
                self.labelled(place, schema, &self.text(place))
            }
            (Shape::List | Shape::Pairs | Shape::Block, found)
                if takes_text(schema)
                    && !matches!(found, Some(NodeKind::Map(_)))
                    && self.is_plain(place) =>
            {
                let has_lists = matches!(shape(schema), Shape::List) || takes_list(schema);
                let input = if has_lists {
                    self.list(place)
                } else {
                    self.text(place)
                };
                self.labelled(place, schema, &input)
            }
            (Shape::Block, Some(NodeKind::Map(_) | NodeKind::Null) | None) => {
                return html! {
                    details.inner open[node.is_some()] {
                        summary { (words::key(&place.pattern(), self.lang())) " " code { (place.last()) } }
                        (self.keys(place, schema, &[]))
                        @if node.is_some() { (self.removal(place)) }
                    }
                };
            }
            (Shape::Pairs | Shape::List, Some(NodeKind::Map(entries)))
                if entries
                    .iter()
                    .all(|(_, value)| nodes::scalar(value).is_some()) =>
            {
                self.pairs(place)
            }
            (Shape::Pairs, Some(NodeKind::Null) | None) => self.pairs(place),
            (_, Some(_)) => return node.map(|node| self.card(place, node)).unwrap_or_default(),
            (_, None) => html! {},
        };
        html! { (body) (self.problems_at(place)) }
    }

    /// Returns whether a key has a text or a list of texts, or nothing.
    fn is_plain(&self, place: &Place) -> bool {
        let node = self.sheet.find(place);
        node.is_none_or(|node| nodes::texts(node).is_some())
    }

    /// A control with its name, its explanation and where its value comes from if it is not set here.
    pub(super) fn labelled(&self, place: &Place, schema: &Value, input: &Markup) -> Markup {
        let help = schema.get("description").and_then(Value::as_str);
        let inherited = self.sheet.inherited(place).filter(|_| !self.is_set(place));
        html! {
            label.key data-place=(place.json()) class=[inherited.is_some().then_some("is-inherited")] {
                span { (words::key(&place.pattern(), self.lang())) " " code { (place.last()) } }
                (input)
                @if let Some((file, node)) = inherited {
                    small.inherited {
                        (self.t("from", "из")) " " (file)
                        @if let Some(texts) = nodes::texts(node) { ": " (texts.join(", ")) }
                    }
                }
                @if let Some(help) = help { small.help { (help) } }
            }
        }
    }

    fn select(&self, place: &Place, all: &[&str]) -> Markup {
        let current = self.sheet.find(place).and_then(nodes::scalar);
        let is_flag = all.contains(&"true");
        let shown: Vec<&str> = if is_flag {
            vec!["true", "false"]
        } else {
            all.to_vec()
        };
        let folded = current.map(|word| match word {
            "yes" | "on" if is_flag => "true",
            "no" | "off" if is_flag => "false",
            other => other,
        });
        let inherited = self
            .sheet
            .inherited(place)
            .and_then(|(_, node)| nodes::scalar(node));
        let key = place.last();
        html! {
            select data-op="set" data-type=(if is_flag { "flag" } else { "text" }) data-path=(place.json()) {
                option value="" selected[folded.is_none()] {
                    @if let Some(word) = inherited {
                        (self.t("as in the defaults: ", "из общих правил: ")) (words::word(key, word, self.lang()))
                    } @else { (self.t("by default", "по умолчанию")) }
                }
                @for word in &shown {
                    option value=(word) selected[folded == Some(*word)] { (words::word(key, word, self.lang())) }
                }
                @if let Some(word) = folded.filter(|word| !shown.contains(word)) {
                    option value=(word) selected { (word) }
                }
            }
        }
    }

    pub(super) fn text(&self, place: &Place) -> Markup {
        let current = self
            .sheet
            .find(place)
            .and_then(nodes::scalar)
            .unwrap_or_default();
        let inherited = self
            .sheet
            .inherited(place)
            .and_then(|(_, node)| nodes::scalar(node));
        let rows = current.trim_end().lines().count();
        html! {
            @if rows > 1 {
                textarea rows=(rows.min(12)) data-op="set" data-type="text" data-path=(place.json()) { "\n" (current) }
            } @else {
                input type="text" autocomplete="off" spellcheck="false" value=(current) placeholder=[inherited]
                    list=[self.menu_of(place)] data-op="set" data-type="text" data-path=(place.json());
            }
        }
    }

    /// A text, or a list of texts: a line each.
    fn list(&self, place: &Place) -> Markup {
        let node = self.sheet.find(place);
        let texts = node.and_then(nodes::texts).unwrap_or_default();
        let is_list = node.is_some_and(|node| matches!(node.kind, NodeKind::List(_)));
        let inherited = self
            .sheet
            .inherited(place)
            .and_then(|(_, node)| nodes::texts(node));
        let hint = inherited.map(|texts| texts.join(", "));
        html! {
            @if texts.len() < 2 {
                input type="text" autocomplete="off" spellcheck="false" value=(texts.join("")) placeholder=[hint]
                    list=[self.menu_of(place)] data-op="set" data-type="list" data-list[is_list] data-path=(place.json());
            } @else {
                textarea rows=(texts.len().min(12)) data-op="set" data-type="list" data-list[is_list]
                    data-path=(place.json()) { "\n" (texts.join("\n")) }
            }
        }
    }

    /// A block whose keys the author chooses, with texts: a table of two columns.
    fn pairs(&self, place: &Place) -> Markup {
        let node = self.sheet.find(place);
        let entries: Vec<(&str, &Node)> = node.into_iter().flat_map(nodes::entries).collect();
        let title = words::key(&place.pattern(), self.lang());
        let (from, to) = (self.t("Key", "Ключ"), self.t("Value", "Значение"));
        html! {
            fieldset.pairs data-place=(place.json()) {
                legend { (title) " " code { (place.last()) } }
                @for (key, value) in &entries {
                    @let at = place.key(key);
                    div.pair {
                        input type="text" aria-label=(from) value=(key) data-op="rename" data-path=(at.json());
                        input type="text" aria-label={ (to) ": " (key) } value=(nodes::scalar(value).unwrap_or_default())
                            data-op="set" data-type="text" data-path=(at.json());
                        button.quiet type="button" data-op="remove" data-path=(at.json())
                            aria-label={ (self.t("Remove", "Убрать")) " " (key) } { "×" }
                    }
                }
                div.pair data-op="pair" data-path=(place.json()) {
                    input type="text" placeholder=(from) aria-label={ (title) ": " (self.t("new key", "новый ключ")) };
                    input type="text" placeholder=(to) aria-label={ (title) ": " (self.t("new value", "новое значение")) };
                    button.quiet type="button" { (self.t("Add", "Добавить")) }
                }
            }
        }
    }
}

/// Returns the keys of a block that a schema describes.
fn block_of(schema: &Value) -> Option<&Value> {
    schema
        .get("properties")
        .or_else(|| variants(schema).find_map(|one| one.get("properties")))
}

fn variants(schema: &Value) -> impl Iterator<Item = &Value> {
    let all = schema.get("anyOf").and_then(Value::as_array);
    all.into_iter().flatten()
}

fn types(schema: &Value) -> Vec<&str> {
    let own = schema.get("type").and_then(Value::as_array);
    own.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

fn takes_text(schema: &Value) -> bool {
    let is_text = |schema: &Value| {
        types(schema)
            .iter()
            .any(|it| matches!(*it, "string" | "integer"))
    };
    is_text(schema) || variants(schema).any(is_text)
}

fn takes_list(schema: &Value) -> bool {
    let items = schema.get("items").map(types).unwrap_or_default();
    items.contains(&"string")
}

fn shape(schema: &Value) -> Shape<'_> {
    if schema.get("enum").is_some() {
        return Shape::Word(enumerated(schema));
    }
    if let Some(variant) = variants(schema).find(|one| one.get("enum").is_some())
        && block_of(schema).is_none()
    {
        return Shape::Word(enumerated(variant));
    }
    if block_of(schema).is_some() {
        return Shape::Block;
    }
    if schema
        .get("additionalProperties")
        .is_some_and(Value::is_object)
    {
        return Shape::Pairs;
    }
    if takes_list(schema) {
        return Shape::List;
    }
    Shape::Text
}

/// Returns the words of an enumeration: `true` and `false` as texts.
fn enumerated(schema: &Value) -> Vec<&str> {
    let all = schema.get("enum").and_then(Value::as_array);
    let words = all.into_iter().flatten().filter_map(|word| match word {
        Value::String(word) => Some(word.as_str()),
        Value::Bool(true) => Some("true"),
        Value::Bool(false) => Some("false"),
        _ => None,
    });
    words.collect()
}

/// Returns whether a place is a block with fields of the CRM.
fn is_crm_block(place: &Place) -> bool {
    let pattern = place.pattern();
    matches!(
        pattern.as_str(),
        "contact" | "company" | "deal" | "lead" | "item"
    )
}

/// Returns whether a place is a key of a deal, lead or item.
fn is_record(place: &Place) -> bool {
    let pattern = place.pattern();
    let block = pattern.split('.').next().unwrap_or_default();
    super::RECORDS.contains(&block) && place.steps().len() == 2
}
