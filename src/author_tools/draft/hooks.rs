//! Hooks of amoCRM: an item with a list of custom fields, which profiles name by their codes.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::authoring::{CONTACT_ROOT, CUSTOM_ROOT};
use crate::domain::hook_event;

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

/// Returns the block `receive` with the events of the packets, if these are hooks.
pub(super) fn with_events(receive: &str, packets: &[Value]) -> String {
    let events = packets.iter().filter_map(hook_event);
    let events: BTreeSet<String> = events.map(str::to_owned).collect();
    let plain = |event: &String| {
        event
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._".contains(c))
    };
    match receive.strip_suffix(" }") {
        Some(open) if !events.is_empty() && events.iter().all(plain) => {
            let events: Vec<String> = events.into_iter().take(MOST_EVENTS).collect();
            format!("{open}, on: [{}] }}", events.join(", "))
        }
        Some(_) | None => receive.to_owned(),
    }
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
pub(super) fn contact_fields(member: &str) -> Option<Vec<DraftField>> {
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

/// Returns the custom fields of a member.
pub(super) fn custom_fields(member: &str, value: &Value) -> Option<Vec<DraftField>> {
    let list = value.as_array().filter(|_| member == "custom_fields")?;
    let fields = list.iter().take(MOST).filter_map(|field| {
        let text = |name: &str| match field.get(name)? {
            Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let is_usable =
            |name: &String| !name.contains(['\'', '\\']) && !name.contains(char::is_control);
        let id = text("id");
        let name = text("name");
        let known = text("code")
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

/// Returns the value of a field, or all of them.
fn value_of(field: &Value) -> Option<Value> {
    let one = |value: &Value| value.get("value").unwrap_or(value).clone();
    match field.get("values")? {
        Value::Array(list) => match list.as_slice() {
            [] => None,
            [only] => Some(one(only)),
            several => Some(several.iter().map(one).collect()),
        },
        other => Some(one(other)),
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
}
