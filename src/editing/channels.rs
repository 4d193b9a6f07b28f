//! The settings of one channel: its block in `_channels.yaml` as JSON, and changes of it that leave
//! the rest of the file as it is.

use std::collections::BTreeSet;

use serde_json::{Map, Number, Value};

use super::{Author, EditProblem, ProfileEditor, SaveRequest, Saved, TextConflict};
use crate::authoring::patch::{self, Change, Key};
use crate::authoring::problem::SourceText;
use crate::authoring::yaml::{self, Node, NodeKind};
use crate::authoring::{CHANNELS, ProfileFile};
use crate::domain::{ChannelName, text_hash};
use crate::journal::Activities;
use crate::profiles::ProfileStore;

/// The file of the channels' settings.
pub(super) const FILE: &str = "_channels.yaml";

/// The settings of a channel as they stand in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelBlock {
    /// The hash of the file; `None` if there is none.
    pub hash: Option<String>,
    /// The block, with the keys of the file; `None` without one. It names secrets, and has none.
    pub settings: Option<Map<String, Value>>,
    /// The channel's name as the file spells it.
    key: String,
}

/// Returns the channels of profiles and settings, and those that something came to.
pub fn known_channels(profiles: &ProfileStore, activities: &Activities) -> BTreeSet<String> {
    let (current, settings) = (profiles.current(), profiles.channels());
    let of_profiles = current.addresses(CHANNELS).into_iter().map(str::to_owned);
    let of_settings = settings.names().into_iter().map(ToString::to_string);
    let seen = activities.addresses_of(CHANNELS).map(str::to_owned);
    of_profiles.chain(of_settings).chain(seen).collect()
}

impl ProfileEditor {
    /// Reads the settings of a channel.
    pub async fn channel_block(&self, name: &ChannelName) -> Result<ChannelBlock, EditProblem> {
        let text = self.present(FILE).await?;
        Ok(read(text.as_deref(), name))
    }

    /// Makes the settings of a channel these; keys that are missing are removed. `base` is the hash
    /// of the file that the author has seen; `None` if there was none.
    pub async fn save_channel(
        &self,
        name: &ChannelName,
        (wanted, base): (&Map<String, Value>, Option<&str>),
        author: &Author,
    ) -> Result<Saved, EditProblem> {
        let current = self.present(FILE).await?;
        let block = read(current.as_deref(), name);
        if block.hash.as_deref() != base {
            return Err(EditProblem::Conflict(Box::new(TextConflict {
                theirs: None,
                theirs_hash: block.hash,
                theirs_by: None,
                merged: None,
                conflicts: Vec::new(),
            })));
        }
        let path = vec![Key::Name(block.key)];
        let mut changes = Vec::new();
        match &block.settings {
            None => changes.push(Change::Set {
                path,
                value: Value::Object(wanted.clone()),
            }),
            Some(before) => between(&path, before, wanted, &mut changes),
        }
        let mut text = current.unwrap_or_default();
        for change in &changes {
            text = patch::patch(&text, change)?.text;
        }
        let request = SaveRequest {
            text,
            base: block.hash,
            note: name.to_string(),
            ..SaveRequest::default()
        };
        self.save(FILE, &request, author).await
    }
}

/// Reads the block of a channel. A text that is no YAML has none: a change of it fails.
fn read(text: Option<&str>, name: &ChannelName) -> ChannelBlock {
    let mut block = ChannelBlock {
        hash: text.map(text_hash),
        settings: None,
        key: name.to_string(),
    };
    let file = ProfileFile {
        name: FILE.to_owned(),
        text: text.unwrap_or_default().to_owned(),
    };
    let text = file.text.trim_start_matches('\u{feff}');
    let Ok(root) = yaml::read(&SourceText::new(&file.name, text)) else {
        return block;
    };
    let NodeKind::Map(entries) = &root.kind else {
        return block;
    };
    let own = entries
        .iter()
        .find(|(key, _)| ChannelName::parse(key.value.trim()).as_ref() == Some(name));
    if let Some((key, node)) = own {
        block.key.clone_from(&key.value);
        block.settings = Some(match value(node) {
            Value::Object(settings) => settings,
            _ => Map::new(),
        });
    }
    block
}

/// Returns a node as JSON; plain numbers and flags are what they look like.
fn value(node: &Node) -> Value {
    match &node.kind {
        NodeKind::Null => Value::Null,
        NodeKind::Scalar(text) if !text.plain => Value::from(text.value.clone()),
        NodeKind::Scalar(text) => match text.value.as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            number => whole(number).unwrap_or_else(|| Value::from(number)),
        },
        NodeKind::List(items) => items.iter().map(value).collect(),
        NodeKind::Map(entries) => {
            let entries = entries.iter();
            Value::Object(
                entries
                    .map(|(key, node)| (key.value.clone(), value(node)))
                    .collect(),
            )
        }
    }
}

/// Reads a whole number that JSON writes with the same digits.
fn whole(text: &str) -> Option<Value> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then(|| Value::Number(Number::from(number)))
}

/// Returns the changes that make a block another one: only what differs is written.
fn between(
    path: &[Key],
    before: &Map<String, Value>,
    wanted: &Map<String, Value>,
    changes: &mut Vec<Change>,
) {
    let inner = |name: &String| {
        let mut path = path.to_vec();
        path.push(Key::Name(name.clone()));
        path
    };
    for (name, value) in wanted {
        match (before.get(name), value) {
            (Some(old), new) if is_same(old, new) => {}
            (Some(Value::Object(old)), Value::Object(new)) if !new.is_empty() => {
                between(&inner(name), old, new, changes);
            }
            (_, value) => changes.push(Change::Set {
                path: inner(name),
                value: value.clone(),
            }),
        }
    }
    let removed = before.keys().filter(|name| !wanted.contains_key(*name));
    changes.extend(removed.map(|name| Change::Remove { path: inner(name) }));
}

/// Returns whether two values are written alike: the file does not tell `202` from `"202"`.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| is_same(a, b))
        }
        (Value::Object(one), Value::Object(other)) => {
            let mut entries = one.iter();
            one.len() == other.len()
                && entries
                    .all(|(name, value)| other.get(name).is_some_and(|other| is_same(value, other)))
        }
        (one, other) => written(one) == written(other),
    }
}

fn written(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TEXT: &str = "# ours\nShop:\n  name: Заказы   # for people\n  token: { header: X-Key, secret: { env: SHOP } }\n  rate: 10/m\n  reply: { accepted: { status: 202, body: \"1\" } }\nother: { rate: 5/s }\n";

    fn shop(text: &str) -> ChannelBlock {
        read(Some(text), &ChannelName::parse("shop").unwrap())
    }

    /// Returns the text with these settings of the channel.
    fn edited(wanted: &Value) -> String {
        let before = shop(TEXT);
        let mut changes = Vec::new();
        let path = [Key::Name(before.key)];
        between(
            &path,
            &before.settings.unwrap(),
            wanted.as_object().unwrap(),
            &mut changes,
        );
        changes.iter().fold(TEXT.to_owned(), |text, change| {
            patch::patch(&text, change).unwrap().text
        })
    }

    #[test]
    fn a_block_is_read_and_written_back_unchanged() {
        let block = shop(TEXT);
        let settings = Value::Object(block.settings.unwrap());
        let reply = json!({"accepted": {"status": 202, "body": "1"}});
        assert_eq!(settings["reply"], reply);
        assert_eq!(settings["token"]["secret"], json!({"env": "SHOP"}));
        assert_eq!(edited(&settings), TEXT);
        let none = read(None, &ChannelName::parse("shop").unwrap());
        assert_eq!((none.hash, none.settings), (None, None));
        assert_eq!(shop("other: {}\n").settings, None);
        assert_eq!(shop("shop:\n").settings, Some(Map::new()));
        assert_eq!(shop("a: [\n").settings, None);
    }

    #[test]
    fn only_what_differs_is_written() {
        let mut settings = Value::Object(shop(TEXT).settings.unwrap());
        settings["rate"] = json!("20/m");
        settings["reply"]["accepted"]["status"] = json!("202");
        settings["reply"]["accepted"]["body"] = json!("ok");
        settings["token"]["secret"] = json!({"kept": true});
        settings["once_per"] = json!("60s");
        let text = edited(&settings);
        for kept in [
            "# ours\nShop:\n  name: Заказы   # for people\n",
            "rate: 20/m\n",
            "status: 202",
            "kept: true",
            "once_per: 60s",
            "other: { rate: 5/s }\n",
        ] {
            assert!(text.contains(kept), "{kept}: {text}");
        }
        assert!(!text.contains("SHOP"), "{text}");
        let text = edited(&json!({"name": "Заказы"}));
        let left = shop(&text).settings.unwrap();
        assert_eq!(left.keys().collect::<Vec<_>>(), ["name"], "{text}");
    }
}
