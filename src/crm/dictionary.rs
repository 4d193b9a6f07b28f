//! What a portal's administrators set up and profiles refer to: fields, lists, stages, currencies. Read
//! rarely, kept for hours; holds nothing about people.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::stage::{pipeline_of, stage_list};
use crate::domain::{EntityKind, ItemType, UserId};

/// A portal's dictionaries as they were at some time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dictionaries {
    /// When they were read.
    pub read_at: Timestamp,
    /// The fields of contacts.
    pub contact: Fields,
    /// The fields of deals.
    pub deal: Fields,
    /// The fields of leads; empty where the portal has none.
    pub lead: Fields,
    /// The portal's word lists by their names: `STATUS` (stages of leads), `DEAL_STAGE`, `DEAL_STAGE_1`,
    /// `SOURCE`, … (REST documentation, "crm.status.list").
    pub lists: BTreeMap<String, Vec<Choice>>,
    /// The names of the pipelines of deals by their numbers.
    pub pipelines: BTreeMap<i64, String>,
    /// The codes of the currencies.
    pub currencies: Vec<String>,
    /// The fields of those smart processes whose lists somebody has asked for: a portal may have dozens.
    #[serde(default)]
    pub processes: Processes,
}

/// Fields by their CRM names.
pub type Fields = BTreeMap<String, FieldInfo>;

/// A field as the portal describes it (REST documentation, "crm.deal.fields").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldInfo {
    /// The portal's word for its type: `string`, `enumeration`, `crm_status`, ….
    pub kind: String,
    /// What people call it.
    pub title: String,
    /// Cannot be written.
    pub read_only: bool,
    /// Must be filled, says the portal.
    pub required: bool,
    /// Holds several values.
    pub multiple: bool,
    /// The word list that its values come from.
    pub list: Option<String>,
    /// The values of a custom list.
    pub choices: Vec<Choice>,
}

/// One value of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What is stored: a number of a custom list, a code of a word list.
    pub id: String,
    /// What people read.
    pub label: String,
}

/// A smart process that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Process {
    /// The fields of its items, by their names in capitals.
    pub fields: Fields,
    /// The names in capitals by those of `crm.item.*`: `stageId` is `STAGE_ID`.
    pub capitals: BTreeMap<String, String>,
    /// The names of its pipelines by their numbers; none where only its fields were asked for.
    #[serde(default)]
    pub pipelines: BTreeMap<i64, String>,
}

/// Smart processes that were asked for; `None`: the portal has none with this number.
pub type Processes = BTreeMap<ItemType, Option<Process>>;

/// An employee that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Employee {
    /// The id.
    pub id: UserId,
    /// The address; empty when the webhook may not see it.
    pub email: String,
    /// Neither dismissed nor an outsider.
    pub active: bool,
}

impl Dictionaries {
    /// The fields of contacts (`None`), deals, leads or items; of a smart process that was not asked for
    /// there are none.
    pub fn fields(&self, entity: Option<EntityKind>) -> &Fields {
        static UNREAD: Fields = Fields::new();
        match entity {
            None => &self.contact,
            Some(EntityKind::Deal) => &self.deal,
            Some(EntityKind::Lead) => &self.lead,
            Some(EntityKind::Item(number)) => match self.processes.get(&number) {
                Some(Some(process)) => &process.fields,
                Some(None) | None => &UNREAD,
            },
        }
    }

    /// A field; those of items may be named as `crm.item.*` does, too.
    pub fn field(&self, entity: Option<EntityKind>, name: &str) -> Option<&FieldInfo> {
        let fields = self.fields(entity);
        let Some(EntityKind::Item(number)) = entity else {
            return fields.get(name);
        };
        let process = self.processes.get(&number)?.as_ref()?;
        fields.get(process.capitals.get(name).map_or(name, String::as_str))
    }

    /// Whether all of these smart processes were asked for.
    pub fn has_processes(&self, processes: &[ItemType]) -> bool {
        processes
            .iter()
            .all(|number| self.processes.contains_key(number))
    }

    /// The values that a field takes: of its own list, or of the portal's word list that it refers to;
    /// `None` for a field without a list.
    pub fn choices<'d>(&'d self, field: &'d FieldInfo) -> Option<&'d [Choice]> {
        if field.kind == "enumeration" {
            return Some(&field.choices);
        }
        let list = field.list.as_ref().filter(|_| field.kind == "crm_status")?;
        self.lists.get(list).map(Vec::as_slice)
    }

    /// The stages among which this one should be: a deal's stage names its pipeline, `C1:NEW`.
    pub fn stages(&self, kind: EntityKind, stage: &str) -> Option<&[Choice]> {
        let list = stage_list(kind, pipeline_of(kind, stage).unwrap_or_default());
        self.lists.get(&list).map(Vec::as_slice)
    }
}

/// A label as it is compared: letters in one case, blanks run together, ё as е.
pub fn folded(label: &str) -> String {
    let words: Vec<&str> = label.split_whitespace().collect();
    words.join(" ").to_lowercase().replace('ё', "е")
}

/// The choice with this label, however its letters and blanks are written.
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
    fn a_label_is_known_in_any_case_and_with_any_blanks() {
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
        assert_eq!(id("королев"), Some("3"), "the exact one goes first");
        assert_eq!(id("Урюпинск"), None);
        assert_eq!(id(" "), None);
    }
}
