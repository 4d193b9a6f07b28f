//! The packet that profiles see: the item itself, and beside it `hook` with the event and the
//! account. Stored bytes are a hook with one item; they are decoded the same way.

use aws_lc_rs::digest::{Context, SHA256};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::split::{HookItem, NoItems, items, short};
use crate::config::AmoSettings;
use crate::domain::body::{self, FormLimits, Mistake};
use crate::domain::clean::entities;
use crate::domain::json::{Bounds, Decoded};
use crate::domain::{FINAL_STAGES, Source, Succession, hook_event, key_of_item};

/// The member of a packet with the event and the account.
pub(super) const HOOK: &str = "hook";
/// Members with the time of a change; the latest counts.
const TIMES: [&str; 2] = ["last_modified", "updated_at"];
/// Members with the time of an item that never changed.
const FIRST_TIMES: [&str; 2] = ["created_at", "date_create"];
/// Members that tell who made the change.
const USERS: [&str; 3] = ["modified_user_id", "updated_by", "modified_by"];
/// Bytes of the digest in a key: enough that no two items of one second share one.
const DIGEST: usize = 12;
/// The longest number of an item in a key, in characters.
const LONGEST_ID: usize = 64;

/// What is known beside an item: the names that the settings give to its numbers, and what was read
/// from amoCRM. Stored with it, so that a replay finds the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct HookNames {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stage: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pipeline: Option<String>,
    /// What was read from amoCRM: members of the packet.
    #[serde(rename = "read", skip_serializing_if = "Option::is_none")]
    pub(super) reading: Option<Map<String, Value>>,
}

impl HookNames {
    /// Returns what the settings call the stage and the pipeline of an item.
    pub(super) fn of(item: &Map<String, Value>, account: &AmoSettings) -> Self {
        let member = |name: &str| short(item.get(name));
        Self {
            stage: member("status_id").and_then(|id| account.stages.get(&id).cloned()),
            pipeline: member("pipeline_id").and_then(|id| account.pipelines.get(&id).cloned()),
            reading: None,
        }
    }
}

/// Adds the names that the settings give to the stage and the pipeline of a packet that was never
/// received, as the gateway does when it receives one.
pub fn add_names(packet: &mut Value, account: &AmoSettings) {
    let Some(members) = packet.as_object_mut().filter(|it| it.contains_key(HOOK)) else {
        return;
    };
    let HookNames {
        stage, pipeline, ..
    } = HookNames::of(members, account);
    let is_final = |name: &Value| FINAL_STAGES.iter().any(|(_, known)| name == known);
    if let Some(stage) = stage
        && members.get("stage_name").is_none_or(is_final)
    {
        members.insert("stage_name".to_owned(), Value::String(stage));
    }
    if let Some(pipeline) = pipeline {
        let name = members.entry("pipeline_name");
        name.or_insert(Value::String(pipeline));
    }
}

/// Decodes the bytes of a request, which may have more fields than other forms.
pub(super) fn request(raw: &[u8], bounds: Bounds) -> Result<Decoded, Mistake> {
    body::decode_form(raw, bounds, FormLimits::of_fields(bounds.values))
}

/// Decodes bytes into a packet. A request with several items stays as it is, see [`packets`].
pub(super) fn packet(source: &Source, raw: &[u8], bounds: Bounds) -> Result<Value, Mistake> {
    let value = request(raw, bounds)?.value;
    if is_packet(&value) {
        return Ok(value);
    }
    let mut items = items(value, usize::MAX).map_err(|_| Mistake::Unknown)?;
    match (items.pop(), items.is_empty()) {
        (Some(only), true) => Ok(only.into_packet(&source.details().unwrap_or_default())),
        // rare: decoding again is cheaper than a copy of every body
        _ => request(raw, bounds).map(|decoded| decoded.value),
    }
}

/// Returns the packets of a request with several items.
pub(super) fn packets(request: &Value) -> Option<Vec<Value>> {
    if is_packet(request) {
        return None;
    }
    let items: Result<Vec<HookItem>, NoItems> = items(request.clone(), usize::MAX);
    let names = HookNames::default();
    let packets = items.ok()?.into_iter().map(|item| item.into_packet(&names));
    Some(packets.collect())
}

/// Returns whether a value is a packet already, as test leads and examples have it.
fn is_packet(value: &Value) -> bool {
    hook_event(value).is_some()
}

impl HookItem {
    /// Returns the packet that profiles see.
    pub(super) fn into_packet(self, names: &HookNames) -> Value {
        let event = self.event();
        let account = self.told_account();
        let mut packet: Map<String, Value> = self
            .item
            .into_iter()
            .map(|(key, value)| (key, readable(value)))
            .collect();
        let stage = short(packet.get("status_id"));
        let fixed = |stage: &String| {
            let found = FINAL_STAGES.iter().find(|(id, _)| id == stage);
            found.map(|(_, name)| (*name).to_owned())
        };
        let stage = names
            .stage
            .clone()
            .or_else(|| stage.as_ref().and_then(fixed));
        for (key, name) in [
            ("stage_name", stage),
            ("pipeline_name", names.pipeline.clone()),
        ] {
            if let Some(name) = name {
                packet.entry(key).or_insert(Value::String(name));
            }
        }
        for (name, record) in names.reading.iter().flatten() {
            packet.insert(name.clone(), record.clone());
        }
        let mut hook = Map::new();
        hook.insert("event".to_owned(), json!(event));
        hook.insert("entity".to_owned(), json!(self.entity));
        hook.insert("action".to_owned(), json!(self.action));
        hook.insert("account".to_owned(), json!(account.id));
        hook.insert("subdomain".to_owned(), json!(account.subdomain));
        hook.retain(|_, value| !value.is_null());
        packet.insert(HOOK.to_owned(), Value::Object(hook));
        Value::Object(packet)
    }

    /// Returns the number of the item: a unique text for an incoming lead or a message, and for a
    /// note the number of the note.
    pub(super) fn id(&self) -> String {
        let inner = |name: &str| short(self.item.get("note").and_then(|note| note.get(name)));
        let own = |name: &str| short(self.item.get(name));
        let id = own("id")
            .or_else(|| own("uid"))
            .or_else(|| own("talk_id"))
            .or_else(|| inner("id"))
            .or_else(|| inner("element_id"))
            .unwrap_or_default();
        let plain = |c: char| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        };
        let id: String = id.chars().take(LONGEST_ID).map(plain).collect();
        if id.is_empty() { "-".to_owned() } else { id }
    }

    /// Returns when the item changed, in seconds since 1970; 0 if it does not tell.
    pub(super) fn time(&self) -> u64 {
        let note = self.item.get("note");
        let told = |names: &[&str]| {
            let of = |name: &&str| {
                let value = self.item.get(*name);
                seconds(value).or_else(|| seconds(note.and_then(|note| note.get(*name))))
            };
            names.iter().filter_map(of).max()
        };
        told(&TIMES).or_else(|| told(&FIRST_TIMES)).unwrap_or(0)
    }

    /// Returns whether one of these users made the change.
    pub(super) fn is_made_by(&self, users: &[String]) -> bool {
        let is_one = |value: Option<&Value>| short(value).is_some_and(|id| users.contains(&id));
        let note = self.item.get("note");
        let changed = USERS
            .iter()
            .map(|name| self.item.get(*name))
            .find(|value| short(*value).is_some_and(|id| id != "0"));
        match (changed, self.action.as_str()) {
            (Some(user), _) => is_one(user),
            // a note or a new item tells its author only
            (None, "add" | "note") => {
                is_one(self.item.get("created_user_id"))
                    || is_one(note.and_then(|note| note.get("created_by")))
            }
            (None, _) => false,
        }
    }

    /// Returns the place of the item's change among its others. The key of a submission is the
    /// account, the entity, the number, the time, the action and a digest of the item.
    pub(super) fn succession(&self) -> Succession {
        let account = self.told_account();
        let account = account.id.or(account.subdomain).unwrap_or_default();
        let plain = |c: char| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        };
        let account: String = account.chars().take(LONGEST_ID).map(plain).collect();
        let (entity, id) = (&self.entity, self.id());
        Succession::new(&key_of_item(&account, entity, &id), self.time())
    }

    /// Returns what tells changes of one second apart.
    pub(super) fn rest_of_key(&self) -> String {
        let mut digest = Context::new(&SHA256);
        feed_members(&self.item, &mut digest);
        let digest = digest.finish();
        let bytes = digest.as_ref().get(..DIGEST).unwrap_or_default();
        format!("{}/{}", self.action, HEXLOWER.encode(bytes))
    }
}

/// Reads a time as a number or as digits.
fn seconds(value: Option<&Value>) -> Option<u64> {
    let text = short(value)?;
    let is_time = text.len() <= 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_time)
}

/// Writes the characters that amoCRM has encoded as HTML entities.
fn readable(value: Value) -> Value {
    match value {
        Value::String(text) if text.contains('&') => Value::String(entities(&text)),
        Value::Array(list) => list.into_iter().map(readable).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(key, value)| (key, readable(value)))
            .collect(),
        plain => plain,
    }
}

/// Feeds a value to a digest. The order of members, and whether a number came as text, make no
/// difference: a form and JSON tell the same item.
fn feed(value: &Value, digest: &mut Context) {
    match value {
        Value::Null => digest.update(b"\""),
        Value::Bool(flag) => feed_text(if *flag { "1" } else { "0" }, digest),
        Value::Number(number) => feed_text(&number.to_string(), digest),
        Value::String(text) => feed_text(text, digest),
        Value::Array(list) => {
            digest.update(b"[");
            for item in list {
                feed(item, digest);
            }
            digest.update(b"]");
        }
        Value::Object(members) => feed_members(members, digest),
    }
}

fn feed_text(text: &str, digest: &mut Context) {
    digest.update(b"\"");
    digest.update(&text.len().to_be_bytes());
    digest.update(text.as_bytes());
}

fn feed_members(members: &Map<String, Value>, digest: &mut Context) {
    let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
    sorted.sort_unstable_by_key(|(key, _)| *key);
    digest.update(b"{");
    for (key, value) in sorted {
        feed_text(key, digest);
        feed(value, digest);
    }
    digest.update(b"}");
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = "leads[add][0][id]=31470021&leads[add][0][name]=A%26amp%3BB&leads[add][0][price]=0\
        &leads[add][0][status_id]=142&leads[add][0][last_modified]=1767009600\
        &leads[add][0][custom_fields][0][id]=811203&leads[add][0][custom_fields][0][values][0]=1767225600\
        &account[subdomain]=edudemo&account[id]=30551177";

    fn item(request: Value) -> HookItem {
        items(request, 1).unwrap().remove(0)
    }

    fn key(request: Value) -> String {
        let item = item(request);
        item.succession().key(&item.rest_of_key())
    }

    #[test]
    fn a_form_and_json_are_the_same_packet_and_the_same_submission() {
        let source = Source::new("amocrm", "main", "");
        let packet = packet(&source, FORM.as_bytes(), Bounds::STORED).unwrap();
        assert_eq!(
            packet,
            json!({"id": "31470021", "name": "A&B", "price": "0", "status_id": "142",
                "last_modified": "1767009600",
                "custom_fields": [{"id": "811203", "values": ["1767225600"]}],
                "stage_name": "Успешно реализовано",
                "hook": {"event": "leads.add", "entity": "leads", "action": "add",
                    "account": "30551177", "subdomain": "edudemo"}})
        );
        let form = request(FORM.as_bytes(), Bounds::STORED).unwrap().value;
        let json = json!({"account": {"id": 30_551_177, "subdomain": "edudemo"}, "leads": {"add": [{
            "custom_fields": [{"values": [1_767_225_600], "id": 811_203}], "id": 31_470_021,
            "last_modified": 1_767_009_600, "status_id": 142, "price": 0, "name": "A&amp;B"}]}});
        assert_eq!(key(form), key(json.clone()));
        let key = key(json);
        assert!(
            key.starts_with("30551177/leads/31470021/00000000001767009600/add/"),
            "{key}"
        );
        assert_eq!(
            crate::domain::parts_of_key(&key),
            Some(("leads", "add", "31470021"))
        );
    }

    #[test]
    fn stored_bytes_and_packets_decode_to_the_same_packet() {
        let names = HookNames {
            stage: Some("Новая".to_owned()),
            pipeline: Some("Курсы".to_owned()),
            reading: json!({"contact": {"id": 5}}).as_object().cloned(),
        };
        let source = Source::new("amocrm", "main", "").with_details(&names);
        let raw = item(request(FORM.as_bytes(), Bounds::STORED).unwrap().value).alone();
        let packet = packet(&source, raw.to_string().as_bytes(), Bounds::STORED).unwrap();
        assert_eq!(
            (&packet["stage_name"], &packet["pipeline_name"]),
            (&json!("Новая"), &json!("Курсы"))
        );
        assert_eq!(packet["contact"]["id"], 5);
        let again = super::packet(&source, packet.to_string().as_bytes(), Bounds::STORED);
        assert_eq!(again.unwrap(), packet);
        assert_eq!(packets(&packet), None);
    }

    #[test]
    fn a_request_with_several_items_has_several_packets() {
        let request = json!({"leads": {"add": [{"id": 1}, {"id": 2}]}});
        let source = Source::new("amocrm", "main", "");
        let decoded = packet(&source, request.to_string().as_bytes(), Bounds::STORED).unwrap();
        assert_eq!(decoded, request);
        let ids: Vec<Value> = packets(&decoded)
            .unwrap()
            .iter()
            .map(|it| it["id"].clone())
            .collect();
        assert_eq!(ids, [json!(1), json!(2)]);
        let nothing = packet(&source, b"a=1", Bounds::STORED);
        assert_eq!(nothing, Err(Mistake::Unknown));
    }

    #[test]
    fn changes_of_an_item_differ_by_time_action_and_content() {
        let lead = |action: &str, fields: Value| {
            let mut lead = json!({"id": 7, "last_modified": 100});
            lead.as_object_mut()
                .unwrap()
                .extend(fields.as_object().unwrap().clone());
            key(json!({"leads": {action: [lead]}, "account": {"id": 9}}))
        };
        let first = lead("add", json!({}));
        assert_eq!(first, lead("add", json!({})));
        for other in [
            lead("update", json!({})),
            lead("add", json!({"price": 5})),
            lead("add", json!({"last_modified": 101})),
            lead("add", json!({"updated_at": 102})),
            lead("add", json!({"id": 8})),
        ] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn items_of_every_entity_have_a_number_and_a_time() {
        for (request, id, time) in [
            (
                json!({"unsorted": {"add": [{"uid": "7b0c-e1", "created_at": 5}]}}),
                "7b0c-e1",
                5,
            ),
            (
                json!({"message": {"add": [{"id": "c1a4", "created_at": "1767009700"}]}}),
                "c1a4",
                1_767_009_700,
            ),
            (
                json!({"contacts": {"note": [{"note": {"id": 3, "created_at": 4, "type": {"_value": "3"}}}]}}),
                "3",
                4,
            ),
            (
                json!({"leads": {"add": [{"id": "a/b c", "last_modified": "soon"}]}}),
                "a_b_c",
                0,
            ),
            (json!({"task": {"add": [{"text": "x"}]}}), "-", 0),
        ] {
            let item = item(request.clone());
            assert_eq!((item.id().as_str(), item.time()), (id, time), "{request}");
        }
    }

    #[test]
    fn our_own_changes_are_recognised() {
        let own = ["5".to_owned()];
        for (request, is_own) in [
            (
                json!({"leads": {"update": [{"id": 1, "modified_user_id": "5"}]}}),
                true,
            ),
            (
                json!({"leads": {"update": [{"id": 1, "modified_user_id": 5}]}}),
                true,
            ),
            (
                json!({"leads": {"update": [{"id": 1, "modified_user_id": 6, "created_user_id": 5}]}}),
                false,
            ),
            (
                json!({"leads": {"update": [{"id": 1, "modified_user_id": 0, "created_user_id": 5}]}}),
                false,
            ),
            (
                json!({"leads": {"add": [{"id": 1, "modified_user_id": 0, "created_user_id": 5}]}}),
                true,
            ),
            (
                json!({"leads": {"add": [{"id": 1, "modified_user_id": 0, "created_user_id": 0}]}}),
                false,
            ),
            (
                json!({"contacts": {"note": [{"note": {"id": 1, "created_by": "5"}}]}}),
                true,
            ),
            (json!({"leads": {"add": [{"id": 1}]}}), false),
        ] {
            assert_eq!(item(request.clone()).is_made_by(&own), is_own, "{request}");
            assert!(!item(request).is_made_by(&[]));
        }
    }
}
