//! Who is found: which search fields must agree, one of them, all of them, or those of a group.

use maud::{Markup, html};
use serde_json::{Value, json};

use super::super::nodes::{self, Place};
use super::super::sheet::Rows;
use super::{Form, words};
use crate::authoring::yaml::{Node, NodeKind};

impl Form<'_> {
    /// Shows `match` of the contact or the company; `None` for a text of another shape.
    pub(super) fn matching(&self, place: &Place, schema: &Value) -> Option<Markup> {
        let block = place.steps().first()?.as_str()?;
        let searched = self.searched(block);
        let node = self.sheet.find(place);
        let groups = match node.map(|node| &node.kind) {
            None | Some(NodeKind::Scalar(_) | NodeKind::Null) => None,
            Some(NodeKind::List(items)) => {
                let groups = items.iter().map(nodes::texts);
                Some(groups.collect::<Option<Vec<Vec<&str>>>>()?)
            }
            Some(NodeKind::Map(_)) => return None,
        };
        let word = node.and_then(nodes::scalar);
        let menu = self.match_menu(place, word, (groups.is_some(), &searched));
        Some(html! {
            (self.labelled(place, schema, &menu))
            @if let Some(groups) = &groups { (self.groups(place, groups, &searched)) }
            @if searched.is_empty() {
                p.soft { (self.t("Nobody is searched for yet: tick “Search” at a field of the table.",
                    "Пока никого не ищут: отметьте «Искать» у поля в таблице.")) }
            }
        })
    }

    /// The menu: one is enough, all, or groups, which begin with one for each search field.
    fn match_menu(
        &self,
        place: &Place,
        word: Option<&str>,
        (has_groups, searched): (bool, &[&str]),
    ) -> Markup {
        let inherited = self.sheet.inherited(place);
        let inherited = inherited.and_then(|(_, node)| nodes::scalar(node));
        let first: Vec<[&str; 1]> = searched.iter().map(|code| [*code]).collect();
        html! {
            select data-op="set" data-type="json" data-path=(place.json()) {
                option value="" selected[word.is_none() && !has_groups] {
                    @if let Some(word) = inherited {
                        (self.t("as in the defaults: ", "из общих правил: ")) (words::word("match", word, self.lang()))
                    } @else { (self.t("by default", "по умолчанию")) }
                }
                @for one in ["any", "all"] {
                    option value=(json!(one)) selected[word == Some(one)] { (words::word("match", one, self.lang())) }
                }
                @if has_groups || !first.is_empty() {
                    option value=(json!(first)) selected[has_groups] disabled[has_groups] {
                        (self.t("all fields of a group", "все поля одной из групп"))
                    }
                }
                @if let Some(word) = word.filter(|word| !["any", "all"].contains(word)) {
                    option value=(json!(word)) selected { (word) }
                }
            }
        }
    }

    fn groups(&self, place: &Place, groups: &[Vec<&str>], searched: &[&str]) -> Markup {
        let and = self.t(" and ", " и ");
        let or = self.t("; or ", "; или ");
        let said: Vec<String> = groups.iter().map(|group| group.join(and)).collect();
        let used = |code: &&&str| groups.iter().any(|group| group.contains(code));
        let next = searched
            .iter()
            .find(|code| !used(code))
            .or(searched.first());
        html! {
            fieldset.inner data-place=(place.json()) {
                legend { (self.t("Groups of search fields", "Группы полей поиска")) }
                p.soft { (self.t("Found if these agree: ", "Найден, если совпали: ")) (said.join(or)) }
                @for (index, group) in groups.iter().enumerate() {
                    (self.group(&place.item(index), index + 1, (group, searched)))
                }
                @if let Some(next) = next {
                    button.quiet type="button" data-op="append" data-path=(place.json()) data-value=(json!([next])) {
                        (self.t("Add a group", "Добавить группу"))
                    }
                }
            }
        }
    }

    /// A group: a tick for each search field; without a tick there is no group.
    fn group(&self, place: &Place, number: usize, (group, searched): (&[&str], &[&str])) -> Markup {
        let others = group.iter().filter(|code| !searched.contains(code));
        let codes: Vec<&str> = searched.iter().chain(others).copied().collect();
        let title = format!("{} {number}", self.t("Group", "Группа"));
        html! {
            div.group role="group" aria-label=(title) {
                strong { (title) ": " }
                @for code in codes {
                    label.tick {
                        input type="checkbox" checked[group.contains(&code)] value=(code) data-op="group"
                            data-key=(code) data-path=(place.json());
                        " " code { (code) }
                    }
                }
                button.quiet type="button" data-op="remove" data-path=(place.json())
                    aria-label={ (self.t("Remove", "Убрать")) ": " (title) } { "×" }
            }
        }
    }

    /// Returns the fields of a block that people are searched by, also those of the defaults.
    fn searched(&self, block: &str) -> Vec<&str> {
        let Ok(Rows { own, below, .. }) = self.sheet.rows(&Place::of(&[block, "fields"])) else {
            return Vec::new();
        };
        let rows = own.into_iter().chain(below);
        rows.filter(|(_, node)| is_searched(node))
            .map(|(code, _)| code)
            .collect()
    }
}

/// Returns whether a field, or one of its values, is searched by.
fn is_searched(node: &Node) -> bool {
    if let NodeKind::List(items) = &node.kind {
        return items.iter().any(is_searched);
    }
    let search = nodes::child(node, "search").and_then(nodes::scalar);
    matches!(search, Some("true" | "yes" | "on"))
}
