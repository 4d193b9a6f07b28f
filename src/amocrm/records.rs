//! Which records belong to a hook, and what becomes of them in the packet: `lead`, `contact`,
//! `contacts` and `company`. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// Contacts of a lead that are read.
const MOST_CONTACTS: usize = 10;
/// The longest record, and the longest reading, in bytes of JSON. Longer ones are left out.
const LONGEST_RECORD: usize = 64 << 10;
const LONGEST_READING: usize = 256 << 10;

/// The records that belong to a hook.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WantedRecords {
    pub(super) lead: Option<u64>,
    pub(super) contact: Option<u64>,
    pub(super) company: Option<u64>,
    /// A customer, whose contacts and company are read; the hook has the customer itself.
    pub(super) customer: Option<u64>,
}

/// Records by their numbers.
pub(super) type Records = BTreeMap<u64, Value>;

/// What was read for several hooks.
#[derive(Debug, Default)]
pub(super) struct Library {
    pub(super) leads: Records,
    pub(super) contacts: Records,
    pub(super) companies: Records,
    pub(super) customers: Records,
}

impl WantedRecords {
    /// Returns what belongs to the item of a packet; `None` if there is nothing to read.
    pub fn of(packet: &Value) -> Option<Self> {
        let hook = packet.get("hook")?;
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let entity = text(hook.get("entity")).unwrap_or_default();
        if text(hook.get("action")).as_deref() == Some("delete") {
            return None;
        }
        let note = packet.get("note");
        let member = |name: &str| number(packet.get(name));
        let element = |name: &str| number(note.and_then(|note| note.get(name)));
        let own = || member("id").or_else(|| element("element_id"));
        let data = |block: &str| {
            let list = packet.get("data")?.get(block)?;
            number(list.get(0)?.get("id"))
        };
        let is_company = packet.get("type").and_then(Value::as_str) == Some("company");
        let wanted = match entity.as_str() {
            "leads" => Self {
                lead: own(),
                ..Self::default()
            },
            "companies" => Self {
                company: own(),
                ..Self::default()
            },
            "contacts" if is_company => Self {
                company: own(),
                ..Self::default()
            },
            "contacts" => Self {
                contact: own(),
                ..Self::default()
            },
            "customers" => Self {
                customer: own(),
                ..Self::default()
            },
            "unsorted" => Self {
                lead: member("lead_id").or_else(|| data("leads")),
                contact: data("contacts"),
                company: data("companies"),
                customer: None,
            },
            "message" | "talk" | "task" => Self::of_element(packet),
            _ => Self::default(),
        };
        (wanted != Self::default()).then_some(wanted)
    }

    /// Returns the records that a message, a talk or a task is about.
    fn of_element(packet: &Value) -> Self {
        let member = |names: [&str; 2]| {
            let value = names.into_iter().find_map(|name| packet.get(name))?;
            match value {
                Value::String(text) => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            }
        };
        let id = member(["element_id", "entity_id"]).and_then(|id| id.parse().ok());
        let mut wanted = Self {
            contact: number(packet.get("contact_id")),
            ..Self::default()
        };
        match member(["element_type", "entity_type"]).as_deref() {
            Some("1" | "contact" | "contacts") => wanted.contact = wanted.contact.or(id),
            Some("2" | "lead" | "leads") => wanted.lead = id,
            Some("3" | "company" | "companies") => wanted.company = id,
            Some("12" | "customer" | "customers") => wanted.customer = id,
            _ => {}
        }
        wanted
    }

    /// Returns the lead or the customer that was read: contacts and companies are linked to it.
    fn owner<'l>(&self, library: &'l Library) -> Option<&'l Value> {
        let lead = self.lead.and_then(|id| library.leads.get(&id));
        let customer = || library.customers.get(&self.customer?);
        lead.or_else(customer)
    }

    /// Returns the contacts to read once the lead or customer is known, the main one first.
    pub(super) fn contacts(&self, library: &Library) -> Vec<u64> {
        let owner = self.owner(library);
        let mut linked: Vec<(bool, u64)> = embedded(owner, "contacts")
            .filter_map(|contact| {
                let is_main = contact.get("is_main").and_then(Value::as_bool);
                Some((!is_main.unwrap_or(false), number(contact.get("id"))?))
            })
            .collect();
        linked.sort_by_key(|(is_other, _)| *is_other);
        let mut seen = BTreeSet::new();
        let all = self
            .contact
            .into_iter()
            .chain(linked.into_iter().map(|(_, id)| id));
        all.filter(|id| seen.insert(*id))
            .take(MOST_CONTACTS)
            .collect()
    }

    /// Returns the company to read once lead and contacts are known: that of the lead or customer,
    /// or that of the main contact.
    pub(super) fn company(&self, library: &Library) -> Option<u64> {
        let owner = self.owner(library);
        let contacts = self.contacts(library);
        let contact = contacts.first().and_then(|id| library.contacts.get(id));
        let first = |record| embedded(record, "companies").find_map(|one| number(one.get("id")));
        self.company
            .or_else(|| first(owner))
            .or_else(|| first(contact))
    }

    /// Returns the members of the packet.
    pub(super) fn reading(&self, library: &Library) -> Map<String, Value> {
        let mut reading = Map::new();
        let lead = self.lead.and_then(|id| library.leads.get(&id));
        let contacts = self.contacts(library);
        let contacts: Vec<Value> = contacts
            .iter()
            .filter_map(|id| library.contacts.get(id))
            .cloned()
            .collect();
        let company = self.company(library);
        let company = company.and_then(|id| library.companies.get(&id));
        for (name, record) in [
            ("contact", contacts.first()),
            ("company", company),
            ("lead", lead),
        ] {
            if let Some(record) = record {
                add(&mut reading, name, record.clone());
            }
        }
        if !contacts.is_empty() {
            add(&mut reading, "contacts", Value::Array(contacts));
        }
        reading
    }
}

/// Adds a member if there is room for it.
fn add(reading: &mut Map<String, Value>, name: &str, value: Value) {
    let length = |value: &Value| value.to_string().len();
    let used: usize = reading.values().map(length).sum();
    if used + length(&value) <= LONGEST_READING {
        reading.insert(name.to_owned(), value);
    }
}

/// Returns records by number, without what only programs of amoCRM use.
pub(super) fn by_number(records: Vec<Value>) -> Records {
    let records = records.into_iter().filter_map(|mut record| {
        let id = number(record.get("id"))?;
        if let Some(members) = record.as_object_mut() {
            members.remove("_links");
        }
        (record.to_string().len() <= LONGEST_RECORD).then_some((id, record))
    });
    records.collect()
}

/// Returns the related records that a record names.
fn embedded<'v>(record: Option<&'v Value>, name: &str) -> impl Iterator<Item = &'v Value> {
    let list = record.and_then(|record| record.get("_embedded")?.get(name)?.as_array());
    list.into_iter().flatten()
}

fn number(value: Option<&Value>) -> Option<u64> {
    let number = match value? {
        Value::String(text) => text.trim().parse().ok()?,
        Value::Number(number) => number.as_u64()?,
        _ => return None,
    };
    (number > 0).then_some(number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wanted(event: (&str, &str), item: Value) -> Option<(u64, u64, u64)> {
        let mut packet = item;
        packet["hook"] = json!({"entity": event.0, "action": event.1});
        let wanted = WantedRecords::of(&packet)?;
        let id = |id: Option<u64>| id.unwrap_or_default();
        Some((id(wanted.lead), id(wanted.contact), id(wanted.company)))
    }

    #[test]
    fn the_records_of_every_entity_are_known() {
        for (event, item, records) in [
            (("leads", "add"), json!({"id": "7"}), Some((7, 0, 0))),
            (("leads", "status"), json!({"id": 7}), Some((7, 0, 0))),
            (
                ("leads", "note"),
                json!({"note": {"element_id": "7", "id": "1"}}),
                Some((7, 0, 0)),
            ),
            (("leads", "delete"), json!({"id": "7"}), None),
            (
                ("contacts", "update"),
                json!({"id": "5", "type": "contact"}),
                Some((0, 5, 0)),
            ),
            (
                ("contacts", "update"),
                json!({"id": "5", "type": "company"}),
                Some((0, 0, 5)),
            ),
            (("companies", "add"), json!({"id": "6"}), Some((0, 0, 6))),
            (
                ("unsorted", "add"),
                json!({"uid": "u", "lead_id": "7", "data": {"contacts": [{"id": "5"}]}}),
                Some((7, 5, 0)),
            ),
            (
                ("unsorted", "add"),
                json!({"uid": "u", "data": {"leads": [{"id": 7}], "companies": [{"id": 6}]}}),
                Some((7, 0, 6)),
            ),
            (
                ("unsorted", "add"),
                json!({"uid": "u", "data": {"leads": [{"name": "x"}]}}),
                None,
            ),
            (
                ("message", "add"),
                json!({"id": "m", "contact_id": "5", "element_type": "2", "element_id": "7"}),
                Some((7, 5, 0)),
            ),
            (
                ("talk", "add"),
                json!({"talk_id": "1", "contact_id": "5", "entity_type": "lead", "entity_id": "7"}),
                Some((7, 5, 0)),
            ),
            (("catalogs", "add"), json!({"id": "1"}), None),
        ] {
            assert_eq!(wanted(event, item.clone()), records, "{event:?} {item}");
        }
        for id in [json!("x"), json!("0"), json!(-1), json!(null)] {
            assert_eq!(wanted(("leads", "add"), json!({ "id": id })), None);
        }
        assert_eq!(WantedRecords::of(&json!({"id": 1})), None);
    }

    #[test]
    fn a_task_belongs_to_what_it_names() {
        for (event, item, records) in [
            (
                ("task", "add"),
                json!({"id": "1", "element_type": 1, "element_id": 5}),
                Some((0, 5, 0)),
            ),
            (
                ("task", "add"),
                json!({"id": "1", "element_type": "3", "element_id": "6"}),
                Some((0, 0, 6)),
            ),
            (("task", "add"), json!({"id": "1"}), None),
        ] {
            assert_eq!(wanted(event, item.clone()), records, "{item}");
        }
    }

    #[test]
    fn the_main_contact_is_the_contact_and_its_company_counts_if_the_lead_has_none() {
        let mut library = Library {
            leads: by_number(vec![
                json!({"id": 7, "_links": {"self": 1}, "_embedded": {"contacts":
                [{"id": 4, "is_main": false}, {"id": 5, "is_main": true}, {"id": 9}], "companies": []}}),
            ]),
            ..Library::default()
        };
        let wanted = WantedRecords {
            lead: Some(7),
            ..WantedRecords::default()
        };
        assert_eq!(wanted.contacts(&library), [5, 4, 9]);
        assert_eq!(wanted.company(&library), None);
        library.contacts = by_number(vec![
            json!({"id": 4}),
            json!({"id": 5, "_embedded": {"companies": [{"id": 6}]}}),
        ]);
        assert_eq!(wanted.company(&library), Some(6));
        library.companies = by_number(vec![json!({"id": 6, "name": "ООО"})]);
        let reading = Value::Object(wanted.reading(&library));
        assert_eq!(reading["contact"]["id"], 5);
        assert_eq!(reading["contacts"][1]["id"], 4, "one was deleted");
        assert_eq!(reading["company"]["name"], "ООО");
        assert_eq!(reading["lead"]["_links"], Value::Null);
    }

    #[test]
    fn a_customer_leads_to_its_contacts_and_its_company() {
        for (entity, item) in [
            ("customers", json!({"id": "3"})),
            (
                "task",
                json!({"id": "1", "element_type": "12", "element_id": 3}),
            ),
        ] {
            let mut packet = item;
            packet["hook"] = json!({"entity": entity, "action": "update"});
            let wanted = WantedRecords::of(&packet).unwrap();
            assert_eq!((wanted.customer, wanted.lead), (Some(3), None), "{entity}");
            let customer = json!({"id": 3, "_embedded": {"companies": [{"id": 6}],
                "contacts": [{"id": 4}, {"id": 5, "is_main": true}]}});
            let library = Library {
                customers: by_number(vec![customer]),
                contacts: by_number(vec![json!({"id": 4}), json!({"id": 5})]),
                companies: by_number(vec![json!({"id": 6, "name": "ООО"})]),
                ..Library::default()
            };
            let reading = Value::Object(wanted.reading(&library));
            assert_eq!(reading["contact"]["id"], 5);
            assert_eq!(reading["company"]["name"], "ООО");
            assert_eq!(reading["lead"], Value::Null);
        }
        let deleted = json!({"id": 3, "hook": {"entity": "customers", "action": "delete"}});
        assert_eq!(WantedRecords::of(&deleted), None);
    }

    #[test]
    fn a_reading_has_a_limit() {
        let long = |id: u64| json!({"id": id, "name": "x".repeat(60_000)});
        let contacts: Vec<Value> = (1..=10).map(|id| json!({"id": id})).collect();
        let lead = json!({"id": 7, "_embedded": {"contacts": contacts}});
        let library = Library {
            leads: by_number(vec![lead]),
            contacts: by_number((1..=10).map(long).collect()),
            ..Library::default()
        };
        let wanted = WantedRecords {
            lead: Some(7),
            ..WantedRecords::default()
        };
        let reading = wanted.reading(&library);
        assert!(reading.contains_key("contact") && !reading.contains_key("contacts"));
        assert_eq!(
            by_number(vec![json!({"id": 1, "x": "y".repeat(70_000)})]).len(),
            0
        );
    }
}
