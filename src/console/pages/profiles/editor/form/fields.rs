//! The table of declared fields: names for values of the packet, and what each has there now.

use maud::{Markup, html};
use serde_json::Value;

use super::super::nodes::{self, Place};
use super::super::sheet::Rows;
use super::{Form, block, words};
use crate::authoring::yaml::{Node, NodeKind};

/// The keys that say where a value comes from; a field has one of them.
const ORIGINS: [&str; 5] = ["from", "custom", "contact", "company", "value"];

impl Form<'_> {
    /// Shows the block of declared fields.
    pub(super) fn declared(&self) -> Markup {
        let place = Place::of(&["fields"]);
        let Rows { own, below, file } = match self.sheet.rows(&place) {
            Ok(rows) => rows,
            Err(node) => return self.card(&place, node),
        };
        let body = html! {
            @if own.is_empty() {
                p.soft { (self.t("Click a value of the packet on the left, or add a field here.",
                    "Нажмите на значение пакета слева или добавьте поле здесь.")) }
            }
            div.table { table.fields {
                caption.hidden { (words::key("fields", self.lang())) }
                thead { tr {
                    th scope="col" { (self.t("Field", "Поле")) }
                    th scope="col" { (self.t("From", "Откуда")) }
                    th scope="col" { (self.t("Read as", "Читать как")) }
                    th scope="col" { (self.t("In the packet", "В пакете")) }
                    th { span.hidden { (self.t("Actions", "Действия")) } }
                } }
                tbody {
                    @for (name, node) in &own { (self.field(&place.key(name), node)) }
                    @for (name, node) in &below { (self.field_below(name, node, file)) }
                }
            } }
            div.actions data-op="add-declared" data-path=(place.json()) {
                label.line { span { (self.t("New field", "Новое поле")) }
                    input type="text" autocomplete="off" spellcheck="false" placeholder=(self.t("name", "имя")); }
                label.line { span { (self.t("Path", "Путь")) }
                    input type="text" autocomplete="off" spellcheck="false" placeholder="$.data.phone"; }
                button.quiet type="button" { (self.t("Add the field", "Добавить поле")) }
            }
        };
        block(
            "fields",
            self.t("Values of the packet", "Значения пакета"),
            &body,
        )
    }

    fn field(&self, place: &Place, node: &Node) -> Markup {
        let name = place.last();
        let is_block = matches!(node.kind, NodeKind::Map(_));
        let origin = ORIGINS.iter().find(|key| nodes::child(node, key).is_some());
        let from = match origin {
            Some(key) if is_block => place.key(key),
            None if is_block => place.key("from"),
            _ => place.clone(),
        };
        let more = if is_block {
            self.field_more(place, node)
        } else {
            html! {}
        };
        html! {
            tr data-place=(place.json()) {
                th scope="row" {
                    input.name type="text" autocomplete="off" spellcheck="false" value=(name)
                        aria-label={ (self.t("Name of the field", "Имя поля")) " " (name) }
                        data-op="rename-field" data-from=(name);
                }
                td {
                    @if let Some(key) = origin.filter(|key| **key != "from") { small { code { (key) } } " " }
                    (self.origin_input(&from, name))
                }
                td { (self.form_of(place, node)) }
                td.value { (self.value_of(name)) }
                td {
                    button.quiet type="button" data-op="remove" data-path=(place.json())
                        aria-label={ (self.t("Remove", "Убрать")) " " (name) } { "×" }
                }
            }
            @let problems = self.problems_at(place);
            @if is_block || !problems.0.is_empty() {
                tr.more { td colspan="5" { (more) (problems) } }
            }
        }
    }

    /// The path or paths, a line each.
    fn origin_input(&self, place: &Place, name: &str) -> Markup {
        let node = self.sheet.find(place);
        let Some(texts) = node.map_or(Some(Vec::new()), nodes::texts) else {
            return html! { span.soft { (self.t("see YAML", "см. YAML")) } };
        };
        let label = format!("{}: {name}", self.t("Path", "Путь"));
        let is_list = node.is_some_and(|node| matches!(node.kind, NodeKind::List(_)));
        html! {
            @if texts.len() > 1 {
                textarea rows=(texts.len().min(6)) aria-label=(label) data-op="set" data-type="list" data-list[is_list]
                    data-path=(place.json()) { "\n" (texts.join("\n")) }
            } @else {
                input type="text" autocomplete="off" spellcheck="false" aria-label=(label) value=(texts.join(""))
                    data-op="set" data-type="list" data-list[is_list] data-path=(place.json());
            }
        }
    }

    fn form_of(&self, place: &Place, node: &Node) -> Markup {
        let current = nodes::child(node, "as").and_then(nodes::scalar);
        let key = self.field_schema("as");
        let all = key.get("enum").and_then(Value::as_array);
        let forms = all.into_iter().flatten().filter_map(Value::as_str);
        html! {
            select data-op="inner" data-of="from" data-key="as" data-type="text" data-path=(place.json())
                aria-label={ (self.t("Read as", "Читать как")) ": " (place.last()) } {
                option value="" selected[current.is_none()] { (words::word("as", "text", self.lang())) }
                @for form in forms.filter(|form| *form != "text") {
                    option value=(form) selected[current == Some(form)] { (words::word("as", form, self.lang())) }
                }
            }
        }
    }

    fn field_schema(&self, key: &str) -> &'static Value {
        let of_field = self.schema_of("fields").get("additionalProperties");
        let found = of_field.and_then(|field| field.get("properties")?.get(key));
        found.unwrap_or(&Value::Null)
    }

    fn field_more(&self, place: &Place, node: &Node) -> Markup {
        let empty = serde_json::Map::new();
        let of_field = self.schema_of("fields").get("additionalProperties");
        let keys = of_field.and_then(|field| field.get("properties")?.as_object());
        let keys = keys.unwrap_or(&empty);
        let is_shown = |key: &str| {
            key != "as" && !(ORIGINS.contains(&key) && nodes::child(node, key).is_some())
        };
        let others = keys.iter().filter(|(key, _)| is_shown(key));
        self.other_keys((place, node), keys, others)
    }

    /// The value of a field in the packet that stands on the left.
    fn value_of(&self, name: &str) -> Markup {
        html! {
            @match self.facts.values.get(name) {
                Some(Some(value)) if value.is_empty() => span.soft { (self.t("empty", "пусто")) },
                Some(Some(value)) => (crate::domain::text::ellipsis(value, 60)),
                Some(None) => span.soft { "–" },
                None => "",
            }
        }
    }

    fn field_below(&self, name: &str, node: &Node, file: &str) -> Markup {
        let from = nodes::texts(node).or_else(|| {
            let mut keys = ORIGINS.iter();
            nodes::texts(keys.find_map(|key| nodes::child(node, key))?)
        });
        html! {
            tr.is-inherited {
                th scope="row" { (name) br; small { (self.t("from", "из")) " " (file) } }
                td { (from.unwrap_or_default().join(", ")) }
                td { (nodes::child(node, "as").and_then(nodes::scalar).unwrap_or_default()) }
                td.value { (self.value_of(name)) }
                td {}
            }
        }
    }
}
