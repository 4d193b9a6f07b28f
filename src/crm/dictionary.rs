//! What a portal's administrators set up and profiles refer to: fields, lists, stages, currencies.
//! Read rarely and cached for hours; contains no personal data.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::stage::{pipeline_of, stage_list};
use crate::domain::{EntityKind, ItemType, UserId};

/// A snapshot of a portal's dictionaries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dictionaries {
    /// When the portal was asked.
    pub read_at: Timestamp,
    /// The fields of contacts.
    pub contact: Fields,
    /// The fields of companies; empty if they were not read.
    #[serde(default)]
    pub company: Fields,
    /// The fields of deals.
    pub deal: Fields,
    /// The fields of leads; empty where the portal has none.
    pub lead: Fields,
    /// The portal's reference lists by name: `STATUS` (stages of leads), `DEAL_STAGE`,
    /// `DEAL_STAGE_1`, `SOURCE`, … (REST documentation, "crm.status.list").
    pub lists: BTreeMap<String, Vec<Choice>>,
    /// The names of deal pipelines by number.
    pub pipelines: BTreeMap<i64, String>,
    /// The codes of the currencies.
    pub currencies: Vec<String>,
    /// The smart processes that were asked for so far; a portal may have dozens.
    #[serde(default)]
    pub processes: Processes,
}

/// Fields by CRM name.
pub type Fields = BTreeMap<String, FieldInfo>;

/// A field as the portal describes it (REST documentation, "crm.deal.fields").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldInfo {
    /// The portal's name of its type: `string`, `enumeration`, `crm_status`, ….
    pub kind: String,
    /// Its label in the portal.
    pub title: String,
    /// Whether it cannot be written.
    pub read_only: bool,
    /// Whether the portal requires a value.
    pub required: bool,
    /// Whether it holds several values.
    pub multiple: bool,
    /// The reference list that its values come from.
    pub list: Option<String>,
    /// The values of a custom list.
    pub choices: Vec<Choice>,
}

/// One value of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The stored value: a number in a custom list, a code in a reference list.
    pub id: String,
    /// The label that people see.
    pub label: String,
}

/// A smart process that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Process {
    /// The fields of its items, by their names in capitals.
    pub fields: Fields,
    /// Names in capitals by their `crm.item.*` spelling: `stageId` is `STAGE_ID`.
    pub capitals: BTreeMap<String, String>,
    /// The names of its pipelines by number; empty if only its fields were read.
    #[serde(default)]
    pub pipelines: BTreeMap<i64, String>,
}

/// Smart processes that were asked for; `None` if the portal has none with this number.
pub type Processes = BTreeMap<ItemType, Option<Process>>;

/// An employee of the portal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Employee {
    /// The id.
    pub id: UserId,
    /// The e-mail address; empty if the webhook may not see it.
    pub email: String,
    /// Neither dismissed nor an outsider.
    pub active: bool,
}

impl Dictionaries {
    /// Returns the fields of contacts (`None`), companies, deals, leads or items. A smart process that was not
    /// asked for has none.
    pub fn fields(&self, entity: Option<EntityKind>) -> &Fields {
        static UNREAD: Fields = Fields::new();
        match entity {
            None => &self.contact,
            Some(EntityKind::Company) => &self.company,
            Some(EntityKind::Deal) => &self.deal,
            Some(EntityKind::Lead) => &self.lead,
            Some(EntityKind::Item(number)) => match self.processes.get(&number) {
                Some(Some(process)) => &process.fields,
                Some(None) | None => &UNREAD,
            },
        }
    }

    /// Returns a field. Item fields may also be named in their `crm.item.*` spelling.
    pub fn field(&self, entity: Option<EntityKind>, name: &str) -> Option<&FieldInfo> {
        let fields = self.fields(entity);
        let Some(EntityKind::Item(number)) = entity else {
            return fields.get(name);
        };
        let process = self.processes.get(&number)?.as_ref()?;
        fields.get(process.capitals.get(name).map_or(name, String::as_str))
    }

    /// Returns whether all of these smart processes were asked for.
    pub fn has_processes(&self, processes: &[ItemType]) -> bool {
        processes
            .iter()
            .all(|number| self.processes.contains_key(number))
    }

    /// Returns the values of a list field: those of its own list or of the reference list that it
    /// names. `None` for a field without a list.
    pub fn choices<'d>(&'d self, field: &'d FieldInfo) -> Option<&'d [Choice]> {
        if field.kind == "enumeration" {
            return Some(&field.choices);
        }
        let list = field.list.as_ref().filter(|_| field.kind == "crm_status")?;
        self.lists.get(list).map(Vec::as_slice)
    }

    /// Returns the stages of the pipeline that a stage code names (`C1:NEW`).
    pub fn stages(&self, kind: EntityKind, stage: &str) -> Option<&[Choice]> {
        let list = stage_list(kind, pipeline_of(kind, stage).unwrap_or_default());
        self.lists.get(&list).map(Vec::as_slice)
    }
}

/// Normalises a label for comparison: lower case, single spaces, ё as е.
pub fn folded(label: &str) -> String {
    let words: Vec<&str> = label.split_whitespace().collect();
    words.join(" ").to_lowercase().replace('ё', "е")
}

/// Finds the choice with this label, ignoring case and spacing; an exact match wins.
pub fn by_label<'c>(choices: &'c [Choice], label: &str) -> Option<&'c Choice> {
    let exact = choices.iter().find(|choice| choice.label == label);
    let wanted = folded(label);
    exact.or_else(|| {
        choices
            .iter()
            .find(|choice| folded(&choice.label) == wanted && !wanted.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_label_in_any_case_and_spacing() {
        let choices: Vec<Choice> = [
            ("1", "Королёв"),
            ("2", "Нижний  Новгород"),
            ("3", "королев"),
        ]
        .map(|(id, label)| Choice {
            id: id.to_owned(),
            label: label.to_owned(),
        })
        .to_vec();
        let id = |label: &str| by_label(&choices, label).map(|choice| choice.id.as_str());
        assert_eq!(id(" НИЖНИЙ новгород "), Some("2"));
        assert_eq!(id("КОРОЛЕВ"), Some("1"));
        assert_eq!(id("королев"), Some("3"), "an exact match wins");
        assert_eq!(id("Урюпинск"), None);
        assert_eq!(id(" "), None);
    }
}
