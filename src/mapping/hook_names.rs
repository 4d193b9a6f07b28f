//! What a profile names of an amoCRM account: custom fields, pipelines and stages. `check --live`
//! holds it against the account.

use super::Profile;
use super::condition::ExpectedValue;
use super::field::DeclaredField;
use super::hook_item::ItemPart;
use super::path::FieldOwner;
use crate::domain::HookPattern;

/// What a profile names.
#[derive(Debug, Default)]
pub(crate) struct HookNames {
    /// The custom fields.
    pub(crate) fields: Vec<NamedFields>,
    /// Pipelines, by number or name.
    pub(crate) pipelines: Vec<String>,
    /// Stages, likewise.
    pub(crate) stages: Vec<String>,
}

/// The custom fields that a declared field reads: the first one that has a value counts.
#[derive(Debug)]
pub(crate) struct NamedFields {
    /// The name of the declared field.
    pub(crate) field: String,
    /// Whose custom fields.
    pub(crate) owner: FieldOwner,
    /// Their numbers, codes or names.
    pub(crate) names: Vec<String>,
}

/// The entities whose items have the custom fields of leads, contacts or companies.
const ENTITIES: [&str; 7] = [
    "leads",
    "contacts",
    "companies",
    "unsorted",
    "message",
    "talk",
    "task",
];

impl Profile {
    /// Returns what it names of an account. Custom fields of the item are left out if it takes
    /// events of entities that have fields of their own.
    pub(crate) fn hook_names(&self) -> HookNames {
        let events = &self.receive.events;
        let is_known = |event: &HookPattern| ENTITIES.contains(&event.entity());
        let knows_item = !events.is_empty() && events.iter().all(is_known);
        let mut names = HookNames::default();
        for field in &self.fields {
            for owner in [FieldOwner::Item, FieldOwner::Contact, FieldOwner::Company] {
                let wanted = custom_fields(field, owner);
                if !wanted.is_empty() && (owner != FieldOwner::Item || knows_item) {
                    names.fields.push(NamedFields {
                        field: field.name.to_string(),
                        owner,
                        names: wanted,
                    });
                }
            }
        }
        for test in &self.receive.item {
            let wanted = test.wanted.iter().filter_map(|value| match value {
                ExpectedValue::Text(text) | ExpectedValue::Not(text) => Some(text.clone()),
                _ => None,
            });
            match test.part {
                ItemPart::Pipeline => names.pipelines.extend(wanted),
                ItemPart::Stage => names.stages.extend(wanted),
                ItemPart::Tags => {}
            }
        }
        names
    }
}

fn custom_fields(field: &DeclaredField, owner: FieldOwner) -> Vec<String> {
    let customs = field.paths().iter().filter_map(|path| path.custom());
    let customs = customs.filter(|custom| custom.of() == owner);
    customs.map(|custom| custom.wanted().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use crate::authoring::ProfileFile;
    use crate::mapping::{Profile, compile};

    fn profile(text: &str) -> Arc<Profile> {
        let file = ProfileFile {
            name: "leads.yaml".to_owned(),
            text: text.to_owned(),
        };
        compile(&file, None, &BTreeMap::new()).unwrap().0
    }

    #[test]
    fn a_profile_names_fields_pipelines_and_stages() {
        let names = profile(
            "receive: { amocrm: main, on: [leads.add, talk], when: { pipeline: [Курсы, 7720015], stage: 142, tags: x } }\n\
             fields:\n  order: { custom: [ORDERID, 811201] }\n  phone: { contact: PHONE }\n  firm: { company: ИНН }\n  name: $.name\n\
             deal: { fields: { TITLE: \"{{order}} {{phone}} {{firm}} {{name}}\" } }\n",
        )
        .hook_names();
        let fields = names.fields.iter();
        let fields: Vec<String> = fields
            .map(|one| format!("{} {:?} {}", one.field, one.owner, one.names.join("|")))
            .collect();
        assert_eq!(
            fields,
            [
                "order Item ORDERID|811201",
                "phone Contact PHONE",
                "firm Company ИНН"
            ]
        );
        // names are compared in any case
        assert_eq!(names.pipelines, ["курсы", "7720015"]);
        assert_eq!(names.stages, ["142"]);
        for on in ["", ", on: [leads.add, customers.add]"] {
            let text = format!(
                "receive: {{ amocrm: main{on} }}\nfields: {{ order: {{ custom: ORDERID }} }}\ndeal: {{ fields: {{ TITLE: \"{{{{order}}}}\" }} }}\n"
            );
            assert!(profile(&text).hook_names().fields.is_empty(), "{on}");
        }
    }
}
