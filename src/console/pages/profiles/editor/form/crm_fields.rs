//! The table of a block's CRM fields: the portal's label and code, the value, what happens in a found
//! record, whether it is searched by.

use maud::{Markup, html};
use serde_json::Value;

use super::super::nodes::{self, Place};
use super::super::sheet::Rows;
use super::{Form, schema, words};
use crate::authoring::yaml::{Node, NodeKind};

/// The rows that a block shows also if they are empty: usual fields of people and records.
fn usual(block: &str) -> &'static [&'static str] {
    match block {
        "contact" => &["NAME", "LAST_NAME", "PHONE", "EMAIL"],
        "item" => &["title"],
        _ => &["TITLE"],
    }
}

/// The keys of a field that have a column of the table.
const COLUMNS: [&str; 3] = ["value", "search", "on_update"];

impl Form<'_> {
    /// Shows the table of a block.
    pub(super) fn crm_table(&self, block: &str) -> Markup {
        let place = Place::of(&[block, "fields"]);
        let Rows { own, below, file } = match self.sheet.rows(&place) {
            Ok(rows) => rows,
            Err(node) => return self.card(&place, node),
        };
        let is_known = |code: &str| own.iter().chain(&below).any(|(name, _)| *name == code);
        let empty = self.empty_rows(block, &is_known);
        let used: Vec<&str> = own
            .iter()
            .chain(&below)
            .map(|(code, _)| *code)
            .chain(empty.iter().map(String::as_str))
            .collect();
        html! {
            (self.menus(block, &used))
            div.table { table.fields {
                caption.hidden { (words::key(block, self.lang())) }
                thead { tr {
                    th scope="col" { (self.t("Field", "Поле")) }
                    th scope="col" { (self.t("Value", "Значение")) }
                    th scope="col" { (self.t("In a found one", "При обновлении")) }
                    th scope="col" { (self.t("Search", "Искать")) }
                    th { span.hidden { (self.t("Actions", "Действия")) } }
                } }
                tbody {
                    @for (code, node) in &own { (self.slot(block, &place.key(code), node)) }
                    @for (code, node) in &below { (self.inherited_row(block, code, node, file)) }
                    @for code in &empty { (self.empty_row(block, &place.key(code))) }
                }
            } }
            div.actions data-op="add-field" data-block=(block) {
                label.line {
                    span { (self.t("Another field", "Ещё поле")) }
                    input type="text" list={ "fields-" (block) } autocomplete="off" spellcheck="false"
                        placeholder=(self.t("code of the field", "код поля"));
                }
                button.quiet type="button" { (self.t("Add the field", "Добавить поле")) }
            }
        }
    }

    /// Returns the rows without a value: required by the portal, usual, or added a moment ago.
    fn empty_rows(&self, block: &str, is_known: &dyn Fn(&str) -> bool) -> Vec<String> {
        let fields = self.fields_of(block);
        let required = fields
            .iter()
            .filter(|(_, field)| field.required && !field.read_only)
            .map(|(code, _)| (*code).clone());
        let usual = usual(block).iter().map(|code| (*code).to_owned());
        let pending = self.facts.pending.iter().filter(|(of, _)| of == block);
        let pending = pending.map(|(_, code)| code.clone());
        let mut rows: Vec<String> = Vec::new();
        for code in required.chain(usual).chain(pending) {
            if !is_known(&code) && !rows.contains(&code) {
                rows.push(code);
            }
        }
        rows
    }

    fn heading(&self, block: &str, code: &str) -> Markup {
        let info = self.field_info(block, code);
        let title = info
            .map(|info| info.title.as_str())
            .filter(|title| !title.is_empty());
        html! {
            @if let Some(title) = title { (title) " " small { code { (code) } } } @else { code { (code) } }
            @if info.is_some_and(|info| info.required) {
                " " small.required { (self.t("required", "обязательно")) }
            }
        }
    }

    /// The row of a field; a list of values has a row each.
    fn slot(&self, block: &str, place: &Place, node: &Node) -> Markup {
        if let NodeKind::List(items) = &node.kind {
            return html! {
                @for (index, item) in items.iter().enumerate() {
                    (self.slot(block, &place.item(index), item))
                }
            };
        }
        let code = match place.last() {
            // an item of a list
            "" => place
                .steps()
                .iter()
                .rev()
                .find_map(Value::as_str)
                .unwrap_or_default(),
            code => code,
        };
        let is_block = matches!(node.kind, NodeKind::Map(_));
        let value = if is_block {
            place.key("value")
        } else {
            place.clone()
        };
        let has_other = is_block && self.sheet.find(&value).is_none();
        let search = nodes::child(node, "search").and_then(nodes::scalar);
        let is_searched = matches!(search, Some("true" | "yes" | "on"));
        let more = if is_block {
            self.slot_more(place, node)
        } else {
            html! {}
        };
        html! {
            tr data-place=(place.json()) data-target=(value.json()) {
                th scope="row" { (self.heading(block, code)) }
                td {
                    @if has_other { span.soft { (self.t("a table, below", "таблица, ниже")) } }
                    @else { (self.value_input(block, code, &value)) }
                }
                td { (self.on_update(place, node)) }
                td {
                    input type="checkbox" checked[is_searched] data-op="inner" data-of="value" data-key="search"
                        data-type="check" data-path=(place.json())
                        aria-label={ (self.t("Search by", "Искать по")) " " (code) };
                }
                td {
                    button.quiet type="button" data-op="remove" data-path=(place.json())
                        aria-label={ (self.t("Remove", "Убрать")) " " (code) } { "×" }
                }
            }
            @let problems = self.problems_at(place);
            @if is_block || !problems.0.is_empty() {
                tr.more { td colspan="5" { (more) (problems) } }
            }
        }
    }

    fn value_input(&self, block: &str, code: &str, value: &Place) -> Markup {
        let text = self
            .sheet
            .find(value)
            .and_then(nodes::scalar)
            .unwrap_or_default();
        let has_menu = self
            .field_info(block, code)
            .and_then(|field| self.choices(field))
            .is_some();
        let menu = has_menu.then(|| format!("choices-{block}-{code}"));
        let label = format!("{}: {code}", self.t("Value", "Значение"));
        html! {
            @if text.trim_end().contains('\n') {
                textarea rows="4" aria-label=(label) data-op="set" data-type="text" data-keep data-path=(value.json()) { "\n" (text) }
            } @else {
                input type="text" autocomplete="off" spellcheck="false" aria-label=(label) value=(text) list=[menu]
                    data-op="set" data-type="text" data-keep data-path=(value.json());
            }
        }
    }

    fn on_update(&self, place: &Place, node: &Node) -> Markup {
        let current = nodes::child(node, "on_update").and_then(nodes::scalar);
        html! {
            select data-op="inner" data-of="value" data-key="on_update" data-type="text" data-path=(place.json())
                aria-label={ (self.t("In a found one", "При обновлении")) ": " (place.last()) } {
                option value="" selected[current.is_none()] { (self.t("as for the block", "как у блока")) }
                @for word in ["keep", "overwrite", "fill", "append"] {
                    option value=(word) selected[current == Some(word)] { (words::word("on_update", word, self.lang())) }
                }
            }
        }
    }

    /// The keys of a field that have no column.
    fn slot_more(&self, place: &Place, node: &Node) -> Markup {
        let empty = serde_json::Map::new();
        let slot = schema(self.lang()).pointer("/$defs/slot/properties");
        let keys = slot.and_then(Value::as_object).unwrap_or(&empty);
        let others = keys
            .iter()
            .filter(|(key, _)| !COLUMNS.contains(&key.as_str()));
        self.other_keys((place, node), keys, others)
    }

    /// Keys of an entry that have no column: those that are set, what the form does not know, and the
    /// others folded.
    pub(super) fn other_keys<'k>(
        &self,
        (place, node): (&Place, &Node),
        known: &serde_json::Map<String, Value>,
        shown: impl Iterator<Item = (&'k String, &'k Value)>,
    ) -> Markup {
        let (set, unset): (Vec<_>, Vec<_>) =
            shown.partition(|(key, _)| nodes::child(node, key).is_some());
        let unknown = nodes::entries(node).filter(|(key, _)| !known.contains_key(*key));
        html! {
            @for (key, schema) in set { (self.control(&place.key(key), schema)) }
            @for (key, node) in unknown { (self.card(&place.key(key), node)) }
            details data-more=(place.json()) {
                summary { (self.t("More", "Ещё")) " " code { (place.last()) } }
                @for (key, schema) in unset { (self.control(&place.key(key), schema)) }
            }
        }
    }

    /// A row of the defaults or the base: grey, and can be replaced here.
    fn inherited_row(&self, block: &str, code: &str, node: &Node, file: &str) -> Markup {
        let place = Place::of(&[block, "fields", code]);
        let value =
            nodes::scalar(node).or_else(|| nodes::child(node, "value").and_then(nodes::scalar));
        let value = value.unwrap_or_default();
        let search = nodes::child(node, "search").and_then(nodes::scalar);
        html! {
            tr.is-inherited data-place=(place.json()) data-target=(place.json()) {
                th scope="row" { (self.heading(block, code)) }
                td {
                    input type="text" autocomplete="off" spellcheck="false" placeholder=(value)
                        aria-label={ (self.t("Value", "Значение")) ": " (code) }
                        data-op="set" data-type="text" data-path=(place.json());
                }
                td colspan="2" { small { (self.t("from", "из")) " " (file)
                    @if search.is_some() { ", " (self.t("searched by", "по нему ищут")) } } }
                td {}
            }
        }
    }

    fn empty_row(&self, block: &str, place: &Place) -> Markup {
        let code = place.last();
        let info = self.field_info(block, code);
        let is_required = info.is_some_and(|info| info.required);
        html! {
            tr.is-empty data-place=(place.json()) data-target=(place.json()) class=[is_required.then_some("is-required")] {
                th scope="row" { (self.heading(block, code)) }
                td { (self.value_input(block, code, place)) }
                td {} td {} td {}
            }
        }
    }
}
