//! Hooks of amoCRM: the names of accounts in the settings, and the events that hooks tell of.

use std::fmt;

use serde_json::Value;

/// The name under which hooks are stored.
pub const HOOKS: &str = "amocrm";

/// The name of an amoCRM account or a PBX in the settings, and the last part of its address:
/// `/amo/{name}`, `/pbx/{name}`.
/// Small Latin letters, digits, `-` and `_`, beginning with a letter or a digit. Capitals are
/// converted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointName(String);

impl EndpointName {
    /// The longest name.
    pub const LONGEST: usize = 64;

    /// Parses a name.
    pub fn parse(text: &str) -> Option<Self> {
        let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let is_name = text.len() <= Self::LONGEST
            && text.chars().all(is_letter)
            && text.starts_with(|c: char| c.is_ascii_alphanumeric());
        is_name.then(|| Self(text.to_ascii_lowercase()))
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EndpointName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The member of a source's details with what was read from amoCRM for the hook: the lead, its
/// contacts and its company. They are members of the packet.
pub const HOOK_READING: &str = "read";

/// Returns how the identities of the submissions begin that tell changes of one item: the account of
/// the settings, amoCRM's number of it, the entity and the number of the item.
pub fn item_of_hooks(name: &EndpointName, account: &str, entity: &str, id: &str) -> String {
    format!("{HOOKS}/{name}/{}/", key_of_item(account, entity, id))
}

/// Returns how the keys of these submissions begin, without the slash.
pub fn key_of_item(account: &str, entity: &str, id: &str) -> String {
    format!("{account}/{entity}/{id}")
}

/// Stages that every pipeline of amoCRM has, and their names.
pub const FINAL_STAGES: [(&str, &str); 2] = [
    ("142", "Успешно реализовано"),
    ("143", "Закрыто и не реализовано"),
];

/// The entities of hooks with their actions, as amoCRM documents them.
pub const HOOK_EVENTS: &[(&str, &[&str])] = &[
    (
        "leads",
        &[
            "add",
            "update",
            "delete",
            "restore",
            "status",
            "responsible",
            "note",
        ],
    ),
    (
        "contacts",
        &["add", "update", "delete", "restore", "responsible", "note"],
    ),
    (
        "companies",
        &["add", "update", "delete", "restore", "responsible", "note"],
    ),
    (
        "customers",
        &["add", "update", "delete", "responsible", "note"],
    ),
    ("task", &["add", "update", "delete", "responsible"]),
    ("unsorted", &["add", "update", "delete"]),
    ("message", &["add", "update"]),
    ("talk", &["add", "update"]),
    ("catalogs", &["add", "update", "delete"]),
];

/// An event as profiles name it: `leads.add`, or `leads` for every action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookPattern {
    entity: String,
    action: Option<String>,
}

impl HookPattern {
    /// Parses `leads.add` or `leads`; the words need not be known ones.
    pub fn parse(text: &str) -> Option<Self> {
        let is_word = |word: &str| {
            let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            (1..=32).contains(&word.len()) && word.chars().all(is_letter)
        };
        let (entity, action) = match text.split_once('.') {
            Some((entity, action)) => (entity, Some(action)),
            None => (text, None),
        };
        (is_word(entity) && action.is_none_or(is_word)).then(|| Self {
            entity: entity.to_owned(),
            action: action.map(str::to_owned),
        })
    }

    /// Returns whether amoCRM documents such an event.
    pub fn is_known(&self) -> bool {
        HOOK_EVENTS.iter().any(|(entity, actions)| {
            let action = self.action.as_deref();
            *entity == self.entity && action.is_none_or(|action| actions.contains(&action))
        })
    }

    /// Returns the events as amoCRM's API spells them: `add_lead`.
    pub fn codes(&self) -> Vec<String> {
        let entity = match self.entity.as_str() {
            "companies" => "company",
            plural => plural.strip_suffix('s').unwrap_or(plural),
        };
        let known = HOOK_EVENTS.iter().find(|(known, _)| *known == self.entity);
        let all = known.map_or(&[][..], |(_, actions)| *actions);
        let actions: Vec<&str> = match &self.action {
            Some(action) => vec![action],
            None => all.to_vec(),
        };
        let actions = actions.into_iter();
        actions.map(|action| format!("{action}_{entity}")).collect()
    }

    /// Returns the entity: `leads`.
    pub fn entity(&self) -> &str {
        &self.entity
    }

    /// Returns whether the hooks themselves tell contacts or companies.
    pub fn tells_people(&self) -> bool {
        matches!(self.entity.as_str(), "contacts" | "companies" | "unsorted")
    }

    /// Returns whether an event, `leads.add`, is meant.
    pub fn matches(&self, event: &str) -> bool {
        let (entity, action) = event.split_once('.').unwrap_or((event, ""));
        entity == self.entity && self.action.as_deref().is_none_or(|wanted| wanted == action)
    }
}

/// Returns whether a text is a number of amoCRM, of an account, a user or a record.
pub fn is_amo_number(text: &str) -> bool {
    (1..=19).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns the parts of a key of hooks: the entity, the action and the number of the item.
pub fn parts_of_key(key: &str) -> Option<(&str, &str, &str)> {
    let mut parts = key.split('/');
    let (_account, entity, id) = (parts.next()?, parts.next()?, parts.next()?);
    let (_time, action) = (parts.next()?, parts.next()?);
    Some((entity, action, id))
}

/// Returns the event of a packet that is an item of a hook: `leads.add`.
pub fn hook_event(packet: &Value) -> Option<&str> {
    packet.get("hook")?.get("event")?.as_str()
}

/// Returns the entity of a packet that is an item of a hook: `leads`.
pub fn hook_entity(packet: &Value) -> Option<&str> {
    packet.get("hook")?.get("entity")?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_an_account_has_plain_letters_and_ignores_case() {
        for (text, name) in [
            ("main", Some("main")),
            ("School_2-b", Some("school_2-b")),
            ("", None),
            ("-x", None),
            ("a.b", None),
            ("a/b", None),
            ("школа", None),
        ] {
            let parsed = EndpointName::parse(text);
            assert_eq!(parsed.as_ref().map(EndpointName::as_str), name, "{text}");
        }
        assert!(EndpointName::parse(&"a".repeat(65)).is_none());
    }

    #[test]
    fn an_event_is_named_with_or_without_its_action() {
        for (written, event, is_meant) in [
            ("leads.add", "leads.add", true),
            ("leads.add", "leads.status", false),
            ("leads", "leads.status", true),
            ("leads", "contacts.add", false),
            ("lead", "leads.add", false),
        ] {
            let pattern = HookPattern::parse(written).unwrap();
            assert_eq!(pattern.matches(event), is_meant, "{written}, {event}");
        }
        for (written, codes) in [
            ("leads.status", &["status_lead"][..]),
            ("companies.update", &["update_company"]),
            ("contacts.note", &["note_contact"]),
            ("talk", &["add_talk", "update_talk"]),
            ("unsorted.add", &["add_unsorted"]),
        ] {
            assert_eq!(HookPattern::parse(written).unwrap().codes(), codes);
        }
        for (written, known) in [
            ("leads.status", Some(true)),
            ("message.add", Some(true)),
            ("task", Some(true)),
            ("leads.paid", Some(false)),
            ("deals.add", Some(false)),
            ("leads.", None),
            (".add", None),
            ("leads.add.x", None),
            ("Leads", None),
            ("сделки", None),
        ] {
            let pattern = HookPattern::parse(written);
            assert_eq!(pattern.map(|it| it.is_known()), known, "{written}");
        }
    }
}
