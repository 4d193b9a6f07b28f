//! Hooks of amoCRM: an item with a list of custom fields, which profiles name by their codes.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::authoring::{CONTACT_ROOT, CUSTOM_ROOT};
use crate::domain::{HookPattern, hook_event};

/// The entity whose `name` is a person's.
pub(super) const PEOPLE: &str = "contacts";
/// The most custom fields of an item that are looked at.
const MOST: usize = 200;
/// The most events that a draft names.
const MOST_EVENTS: usize = 20;
/// The entities whose items have no person, but belong to one whom leadgate can read.
const OF_PEOPLE: [&str; 5] = ["leads", "customers", "message", "talk", "task"];
/// The member with what is read; no hook has such a name.
const READ: &str = "the contact as leadgate reads it";
/// The path of the contact's name, and the beginning of all paths to it.
const CONTACT_NAME: &str = "$.contact.name";
/// The entities whose hooks tell changes of an item, which becomes one deal.
const OF_ITEMS: [&str; 5] = ["leads", INCOMING, "contacts", "companies", "customers"];
/// The entity of incoming leads, which become leads.
const INCOMING: &str = "unsorted";
/// A value that is a date like all others.
const A_DATE: &str = "2026-01-01";
/// Members of an item that say nothing about a person or an order.
const TECHNICAL: [&str; 5] = [
    "hook",
    "account_id",
    "_links",
    "_embedded",
    "linked_leads_id",
];

/// A custom field of an item.
pub(super) struct DraftField {
    pub(super) name: String,
    /// `$custom['ORDERID']`.
    pub(super) path: String,
    /// Its value, or a list of its values.
    pub(super) value: Value,
}

/// Returns the entity, if a packet is a hook.
pub(super) fn entity(packet: &Map<String, Value>) -> Option<&str> {
    packet.get("hook")?.get("entity")?.as_str()
}

/// Returns the packets without those of events that amoCRM does not have, if any are left.
pub(super) fn without_unknown(packets: &[Value]) -> Option<Vec<Value>> {
    let is_unknown = |packet: &&Value| hook_event(packet).is_some_and(|event| !is_known(event));
    let known: Vec<Value> = packets
        .iter()
        .filter(|packet| !is_unknown(packet))
        .cloned()
        .collect();
    (!known.is_empty() && known.len() < packets.len()).then_some(known)
}

fn is_known(event: &str) -> bool {
    event.contains('.') && HookPattern::parse(event).is_some_and(|event| event.is_known())
}

/// Returns the events of the packets.
fn events(packets: &[Value]) -> BTreeSet<&str> {
    let events = packets.iter().filter_map(hook_event);
    events.filter(|event| is_known(event)).collect()
}

/// Returns the entities of the packets, if all of them are hooks that tell changes of items.
fn changed_entities(packets: &[Value]) -> Option<BTreeSet<&str>> {
    let events = events(packets);
    let entities: BTreeSet<&str> = events
        .iter()
        .filter_map(|event| Some(event.split_once('.')?.0))
        .collect();
    let is_of_items = entities.iter().all(|entity| OF_ITEMS.contains(entity));
    (!entities.is_empty() && is_of_items).then_some(entities)
}

/// Returns the block `receive` with the events of the packets, if these are hooks.
pub(super) fn with_events(receive: &str, packets: &[Value]) -> String {
    let events: Vec<&str> = events(packets).into_iter().take(MOST_EVENTS).collect();
    let Some(open) = receive.strip_suffix(" }").filter(|_| !events.is_empty()) else {
        return receive.to_owned();
    };
    let newest = if changed_entities(packets).is_some() {
        ", newest: true"
    } else {
        ""
    };
    format!("{open}, on: [{}]{newest} }}", events.join(", "))
}

/// The item that hooks tell changes of, by which its deal is found again.
pub(super) struct HookedItem {
    /// The fields to declare.
    pub(super) declarations: Vec<String>,
    /// The value of the CRM's field.
    pub(super) value: String,
}

/// Returns how the deal of an item is found again, if the packets are hooks that tell changes of
/// items. An incoming lead and the lead that it becomes are the same.
pub(super) fn item(receive: &str, packets: &[Value]) -> Option<HookedItem> {
    let entities = changed_entities(packets)?;
    let account = receive.strip_prefix("{ amocrm: ")?.strip_suffix(" }")?;
    let is_of_leads = entities
        .iter()
        .all(|entity| matches!(*entity, "leads" | INCOMING));
    let mut declarations =
        vec!["amo_id: { from: [$.lead_id, $.id, $.note.element_id] }".to_owned()];
    let kind = if is_of_leads {
        "leads"
    } else {
        let map = format!("{{ {INCOMING}: leads }}");
        declarations.push(format!(
            "amo_kind: {{ from: $.hook.entity, map: {map}, unknown: keep }}"
        ));
        "{{amo_kind}}"
    };
    Some(HookedItem {
        declarations,
        value: format!("amoCRM {account} {kind} {{{{amo_id}}}}"),
    })
}

/// Returns the packets with the contact that leadgate will read for them. Only the kinds of its
/// values matter.
pub(super) fn with_contact(packets: &[Value]) -> Vec<Value> {
    let add = |packet: &Value| {
        let mut packet = packet.clone();
        if let Some(members) = packet.as_object_mut()
            && entity(members).is_some_and(|entity| OF_PEOPLE.contains(&entity))
        {
            members.insert(READ.to_owned(), Value::Bool(true));
        }
        packet
    };
    packets.iter().map(add).collect()
}

/// Returns the fields of the contact that leadgate will read.
fn contact_fields(member: &str) -> Option<Vec<DraftField>> {
    let field = |name: &str, path: String, value: &str| DraftField {
        name: name.to_owned(),
        path,
        value: value.into(),
    };
    (member == READ).then(|| {
        vec![
            field("fio", CONTACT_NAME.to_owned(), "Анна Иванова"),
            field("phone", format!("{CONTACT_ROOT}['PHONE']"), "+79005550142"),
            field(
                "email",
                format!("{CONTACT_ROOT}['EMAIL']"),
                "a@mail.example",
            ),
        ]
    })
}

/// Returns whether a path leads to the contact that is read.
pub(super) fn is_read(path: &str) -> bool {
    path == CONTACT_NAME || path.starts_with(CONTACT_ROOT)
}

/// Returns whether a member of an item is of no use in a profile.
pub(super) fn is_technical(name: &str) -> bool {
    TECHNICAL.contains(&name)
}

/// Returns what a draft uses of a member that it does not look into itself.
pub(super) fn fields(entity: Option<&str>, member: &str, value: &Value) -> Option<Vec<DraftField>> {
    custom_fields(member, value)
        .or_else(|| contact_fields(member))
        .or_else(|| incoming(entity, member, value))
        .or_else(|| tags(member, value))
}

/// Returns the custom fields of a member.
fn custom_fields(member: &str, value: &Value) -> Option<Vec<DraftField>> {
    listed(Some(value).filter(|_| member == "custom_fields")?)
}

/// Returns the fields of a list, or of a block in its place.
fn listed(list: &Value) -> Option<Vec<DraftField>> {
    let list: Vec<&Value> = match list {
        Value::Array(list) => list.iter().collect(),
        Value::Object(map) => map.values().collect(),
        _ => return None,
    };
    let fields = list.into_iter().take(MOST).filter_map(|field| {
        let text = |name: &str| match field.get(name)? {
            Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let is_usable =
            |name: &String| !name.contains(['\'', '\\']) && !name.contains(char::is_control);
        let id = text("id").or_else(|| text("field_id"));
        let name = text("name").or_else(|| text("field_name"));
        let known = text("code")
            .or_else(|| text("field_code"))
            .or_else(|| name.clone())
            .filter(is_usable)
            .or(id)?;
        Some(DraftField {
            path: format!("{CUSTOM_ROOT}['{known}']"),
            name: name.unwrap_or(known),
            value: value_of(field)?,
        })
    });
    Some(fields.collect())
}

/// Returns what a draft uses of an incoming lead's block `data`: the names of its lead and its
/// contact, and their custom fields.
fn incoming(entity: Option<&str>, member: &str, value: &Value) -> Option<Vec<DraftField>> {
    if entity != Some(INCOMING) || member != "data" {
        return None;
    }
    let mut fields = Vec::new();
    for (block, name) in [
        ("contacts", "fio"),
        ("leads", "lead_title"),
        ("companies", "company"),
    ] {
        let Some(item) = value.get(block).and_then(|list| list.get(0)) else {
            continue;
        };
        if let Some(text) = item.get("name").filter(|text| text.is_string()) {
            fields.push(DraftField {
                name: name.to_owned(),
                path: format!("$.data.{block}[0].name"),
                value: text.clone(),
            });
        }
        for member in ["custom_fields", "custom_fields_values"] {
            let found = item.get(member).and_then(listed);
            fields.extend(found.unwrap_or_default());
        }
    }
    Some(fields)
}

/// Returns the names of an item's tags.
fn tags(member: &str, value: &Value) -> Option<Vec<DraftField>> {
    let tags = value.as_array().filter(|_| member == "tags")?;
    let names: Vec<Value> = tags
        .iter()
        .filter_map(|tag| tag.get("name").cloned())
        .collect();
    let field = DraftField {
        name: "tags".to_owned(),
        path: "$.tags[*].name".to_owned(),
        value: Value::Array(names),
    };
    Some(vec![field])
}

/// Returns the value of a field, or all of them.
fn value_of(field: &Value) -> Option<Value> {
    let one = |value: &Value| match value.get("value") {
        Some(value) => value.clone(),
        // only dates have bare values: seconds
        None if is_seconds(value) => A_DATE.into(),
        None => value.clone(),
    };
    match field.get("values")? {
        Value::Array(list) => match list.as_slice() {
            [] => None,
            [only] => Some(one(only)),
            several => Some(several.iter().map(one).collect()),
        },
        other => Some(one(other)),
    }
}

fn is_seconds(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_i64(),
        Value::String(text) => text.parse::<i64>().is_ok(),
        _ => false,
    }
}

/// Returns the key and the custom field of a path, as a profile writes it: `custom: ORDERID`,
/// `contact: PHONE`.
pub(super) fn named(path: &str) -> Option<(&'static str, &str)> {
    let roots = [(CUSTOM_ROOT, "custom"), (CONTACT_ROOT, "contact")];
    roots.into_iter().find_map(|(root, key)| {
        let name = path.strip_prefix(root)?.strip_prefix("['")?;
        Some((key, name.strip_suffix("']")?))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::author_tools::draft::tests::assert_compiles;
    use crate::author_tools::draft::{DraftOptions, draft};
    use crate::domain::Lang;

    #[test]
    fn a_draft_for_hooks_reads_the_contact_where_leadgate_can() {
        let hook = |entity: &str| {
            json!({"id": "1", "name": "Заявка", "hook": {"entity": entity, "event": format!("{entity}.add")},
                "custom_fields": [{"id": 5, "code": "PHONE", "values": [{"value": "+79005550142"}]}]})
        };
        let of_hooks = |reads_contacts: bool| DraftOptions {
            receive: "{ amocrm: main }".to_owned(),
            reads_contacts,
            by_default: None,
            name: "Заявка".to_owned(),
            lang: Lang::En,
        };
        let lead = json!({"id": "1", "name": "Заявка", "price": "5", "hook": {"entity": "leads", "event": "leads.add"}});
        let text = draft(&of_hooks(true), std::slice::from_ref(&lead));
        for line in [
            "  fio: { from: $.contact.name, as: name }   # read from amoCRM\n",
            "  phone: { contact: \"PHONE\", as: phone }   # read from amoCRM\n",
            "  email: { contact: \"EMAIL\", as: email }   # read from amoCRM\n",
            "\ncontact:\n",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
        assert!(
            !text.contains("0142") && !text.contains("Иванова"),
            "{text}"
        );
        assert_compiles(&text);
        let text = draft(&of_hooks(false), &[lead]);
        assert!(
            !text.contains("contact:") || text.contains("contact: none"),
            "{text}"
        );
        assert_compiles(&text);
        // the hook of a contact has all this itself
        let text = draft(&of_hooks(true), &[hook("contacts")]);
        assert!(
            text.contains("phone: { custom: \"PHONE\", as: phone }"),
            "{text}"
        );
        assert!(!text.contains("read from amoCRM"), "{text}");
        // a lead with a phone of its own
        let text = draft(&of_hooks(true), &[hook("leads")]);
        assert_compiles(&text);
    }

    fn drafted(packets: &[serde_json::Value]) -> String {
        let options = DraftOptions {
            receive: "{ amocrm: main }".to_owned(),
            reads_contacts: false,
            by_default: None,
            name: "amoCRM main".to_owned(),
            lang: Lang::En,
        };
        let text = draft(&options, packets);
        assert_compiles(&text);
        text
    }

    #[test]
    fn a_draft_names_known_events_and_finds_the_deal_of_an_item_again() {
        let hook = |event: &str| {
            let entity = event.split_once('.').map_or(event, |(entity, _)| entity);
            json!({"id": "7", "name": "x", "hook": {"event": event, "entity": entity}})
        };
        let all = |events: &[&str]| drafted(&events.iter().map(|it| hook(it)).collect::<Vec<_>>());
        let by_lead = "ADDITIONAL_INFO: { value: \"amoCRM main leads {{amo_id}}\", search: true }";
        let by_kind =
            "ADDITIONAL_INFO: { value: \"amoCRM main {{amo_kind}} {{amo_id}}\", search: true }";
        for (events, receive, key) in [
            (
                &["leads.add", "leads.status", "leads.frobnicate"][..],
                "receive: { amocrm: main, on: [leads.add, leads.status], newest: true }\n",
                by_lead,
            ),
            (
                &["unsorted.add", "leads.add"],
                "on: [leads.add, unsorted.add], newest: true }\n",
                by_lead,
            ),
            (
                &["contacts.add", "leads.add", "zebras.add"],
                "on: [contacts.add, leads.add], newest: true }\n",
                by_kind,
            ),
            (
                &["message.add", "leads.add"],
                "on: [leads.add, message.add] }\n",
                "",
            ),
            (&["leads.frobnicate"], "receive: { amocrm: main }\n", ""),
        ] {
            let text = all(events);
            assert!(text.contains(receive), "{events:?}: {text}");
            assert!(text.contains(key), "{events:?}: {text}");
            assert_eq!(text.contains("amo_id"), !key.is_empty(), "{text}");
            assert!(
                !text.contains("frobnicate") && !text.contains("zebras"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_draft_reads_the_contact_of_an_incoming_lead() {
        let field =
            |code: &str, value: &str| json!({"id": 1, "code": code, "values": [{"value": value}]});
        let text = drafted(&[
            json!({"uid": "7b0c", "lead_id": "5", "source_name": "Форма",
            "data": {"leads": [{"id": "5", "name": "Запись"}], "contacts": [{"name": "Ольга Тестова",
                "custom_fields": [field("PHONE", "+79005550142"), field("EMAIL", "o@mail.example")]}]},
            "hook": {"entity": "unsorted", "event": "unsorted.add"}}),
        ]);
        for line in [
            "  fio: { from: \"$.data.contacts[0].name\", as: name }",
            "  phone: { custom: \"PHONE\", as: phone }",
            "  email: { custom: \"EMAIL\", as: email }",
            "    NAME: \"{{fio.first}}\"",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
        assert!(!text.contains("0142") && !text.contains("Ольга"), "{text}");
    }

    #[test]
    fn a_draft_reads_dates_and_tags_of_a_lead() {
        let text = drafted(&[
            json!({"id": "7", "name": "x", "tags": [{"id": "5120", "name": "tilda"}],
            "custom_fields": [{"id": "1", "name": "Дата старта", "values": ["1767225600"]},
                {"id": "2", "name": "Число", "values": [{"value": "1767225600"}]}],
            "hook": {"entity": "leads", "event": "leads.add"}}),
        ]);
        for line in [
            "#   дата_старта: { custom: \"Дата старта\", as: date }",
            "#   число: { custom: \"Число\" }",
            "#   tags: { from: \"$.tags[*].name\", as: join }",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
    }
}
