//! Menus from the portal's dictionaries: stages, fields, list values.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::super::nodes::{self, Place};
use super::{Form, RECORDS, record_kind};
use crate::crm::{Choice, FieldInfo, stage_list};
use crate::domain::{Destination, EntityKind, HttpStep};

/// The block makes an item of a process that has no number yet.
struct UnknownKind;

impl Form<'_> {
    /// The stage of a new record: a menu of the portal's stages by pipeline, or a text without them.
    pub(super) fn stage(&self, place: &Place) -> Markup {
        let block = place.steps().first().and_then(|step| step.as_str());
        let kind = block.and_then(|block| record_kind(self.sheet, block));
        let groups = kind.map(|kind| self.stages(kind)).unwrap_or_default();
        if groups.is_empty() {
            return self.text(place);
        }
        let current = self.sheet.find(place).and_then(nodes::scalar);
        let mut known = groups.iter().flat_map(|(_, stages)| stages);
        let is_known = current.is_none_or(|current| known.any(|stage| stage.id == current));
        let inherited = self
            .sheet
            .inherited(place)
            .and_then(|(_, node)| nodes::scalar(node));
        html! {
            select data-op="set" data-type="text" data-path=(place.json()) {
                option value="" selected[current.is_none()] {
                    (self.t("the portal's first stage", "первая стадия портала"))
                    @if let Some(stage) = inherited { " · " (self.t("from the defaults: ", "из общих правил: ")) (stage) }
                }
                @if let Some(stage) = current.filter(|_| !is_known) {
                    option value=(stage) selected { (stage) " — " (self.t("not on the portal", "на портале нет")) }
                }
                @for (pipeline, stages) in &groups {
                    optgroup label=(pipeline) {
                        @for stage in stages {
                            option value=(stage.id) selected[current == Some(stage.id.as_str())] {
                                (stage.label) " · " (stage.id)
                            }
                        }
                    }
                }
            }
        }
    }

    /// Returns the names of the destinations of a kind, such as the HTTP services of the settings.
    pub(super) fn services(&self, kind: &str) -> Vec<&str> {
        let all = self.visit.parts().destinations.iter();
        let of_kind = all.filter(|(destination, _)| destination.kind() == kind);
        of_kind.map(|(destination, _)| destination.name()).collect()
    }

    /// A menu of names that the settings have; a text that is none of them stays. `None` without any.
    pub(super) fn named(&self, place: &Place) -> Option<Markup> {
        let names = match place.pattern().as_str() {
            "crm" => self.services(Destination::CRM),
            "then.*.http" => self.services(HttpStep::KIND),
            _ => return None,
        };
        if names.is_empty() {
            return None;
        }
        let current = self.sheet.find(place).and_then(nodes::scalar);
        let current = current.filter(|name| !name.is_empty());
        let inherited = self.sheet.inherited(place);
        let inherited = inherited.and_then(|(_, node)| nodes::scalar(node));
        Some(html! {
            select data-op="set" data-type="text" data-path=(place.json()) {
                option value="" selected[current.is_none()] {
                    @if let Some(name) = inherited { (self.t("from the defaults: ", "из общих правил: ")) (name) }
                    @else if place.last() == "crm" && names.len() == 1 { (self.t("the only one", "единственное")) }
                    @else { (self.t("choose", "выберите")) }
                }
                @for name in &names {
                    option value=(name) selected[current == Some(name)] { (name) }
                }
                @if let Some(name) = current.filter(|name| !names.contains(name)) {
                    option value=(name) selected { (name) " — " (self.t("not in the settings", "в настройках нет")) }
                }
            }
        })
    }

    /// Returns the stages of a kind of record by pipeline.
    fn stages(&self, kind: EntityKind) -> Vec<(String, Vec<Choice>)> {
        let Some(portal) = &self.facts.portal else {
            return Vec::new();
        };
        let only = BTreeMap::from([(0, self.t("Stages", "Стадии").to_owned())]);
        let pipelines = match kind {
            EntityKind::Deal if !portal.pipelines.is_empty() => &portal.pipelines,
            EntityKind::Item(process) => match portal.processes.get(&process) {
                Some(Some(found)) if !found.pipelines.is_empty() => &found.pipelines,
                Some(_) | None => &only,
            },
            EntityKind::Deal | EntityKind::Lead | EntityKind::Company => &only,
        };
        let groups = pipelines.iter().map(|(number, name)| {
            let stages = portal.lists.get(&stage_list(kind, *number));
            (name.clone(), stages.cloned().unwrap_or_default())
        });
        groups.filter(|(_, stages)| !stages.is_empty()).collect()
    }

    /// The menus of words that a text may be, among others.
    pub(super) fn word_menus(&self) -> Markup {
        let menus = [
            (
                "menu-comment",
                &[
                    ("none", "no comment", "без комментария"),
                    ("answers", "what people answered", "что ответили люди"),
                    ("full", "the whole packet", "весь пакет"),
                ][..],
            ),
            (
                "menu-default",
                &[
                    ("true", "polls and channels", "опросы и каналы"),
                    ("polls", "polls", "опросы"),
                    ("channels", "channels", "каналы"),
                    ("amocrm", "amoCRM", "amoCRM"),
                    ("pbx", "PBXs", "АТС"),
                ][..],
            ),
        ];
        html! {
            @for (id, words) in menus {
                datalist id=(id) { @for (word, en, ru) in words { option value=(word) { (self.t(en, ru)) } } }
            }
        }
    }

    /// Returns the id of the menu that helps to fill a text, if the page has one.
    pub(super) fn menu_of(&self, place: &Place) -> Option<String> {
        let steps = place.steps();
        let block = steps.first()?.as_str()?;
        match place.pattern().as_str() {
            "comment" | "comment.use" => return Some("menu-comment".to_owned()),
            "receive.default" => return Some("menu-default".to_owned()),
            _ => {}
        }
        if matches!(place.last(), "responsible" | "in_turn") {
            return Some("menu-staff".to_owned());
        }
        match (steps.len(), place.last()) {
            (2, "among") if RECORDS.contains(&block) => self
                .facts
                .portal
                .is_some()
                .then(|| format!("stages-{block}")),
            _ => None,
        }
    }

    /// The menus of a block's texts: fields that can be added, values of lists, stages.
    pub(super) fn menus(&self, block: &str, used: &[&str]) -> Markup {
        let fields: Vec<(&String, &FieldInfo)> = self.fields_of(block);
        let stages = record_kind(self.sheet, block).map(|kind| self.stages(kind));
        html! {
            datalist id={ "fields-" (block) } {
                @for (code, field) in fields.iter().filter(|(code, field)| !field.read_only && !used.contains(&code.as_str())) {
                    option value=(code) { (field.title) }
                }
            }
            @if let Some(groups) = stages {
                datalist id={ "stages-" (block) } {
                    @for (pipeline, stages) in &groups {
                        @for stage in stages { option value=(stage.id) { (pipeline) ": " (stage.label) } }
                    }
                }
            }
            @for (code, field) in &fields {
                @if used.contains(&code.as_str()) && let Some(choices) = self.choices(field) {
                    datalist id={ "choices-" (block) "-" (code) } {
                        @for choice in choices { option value=(choice.label) { (choice.id) } }
                    }
                }
            }
        }
    }

    /// Returns whose fields a block has, as dictionaries name it.
    fn owner(&self, block: &str) -> Result<Option<EntityKind>, UnknownKind> {
        match (block, record_kind(self.sheet, block)) {
            ("contact", _) => Ok(None),
            (_, Some(kind)) => Ok(Some(kind)),
            (_, None) => Err(UnknownKind),
        }
    }

    /// Returns the portal's fields for a block, by code; none if the portal was not read.
    pub(super) fn fields_of(&self, block: &str) -> Vec<(&String, &FieldInfo)> {
        match (&self.facts.portal, self.owner(block)) {
            (Some(portal), Ok(owner)) => portal.fields(owner).iter().collect(),
            _ => Vec::new(),
        }
    }

    /// Returns the portal's description of a field.
    pub(super) fn field_info(&self, block: &str, code: &str) -> Option<&FieldInfo> {
        let owner = self.owner(block).ok()?;
        self.facts.portal.as_ref()?.field(owner, code)
    }

    /// Returns the values of a list field; none if they are too many for a menu.
    pub(super) fn choices(&self, field: &FieldInfo) -> Option<Vec<Choice>> {
        const MOST: usize = 500;
        let choices = self.facts.portal.as_ref()?.choices(field)?;
        (!choices.is_empty() && choices.len() <= MOST).then(|| choices.to_vec())
    }
}
