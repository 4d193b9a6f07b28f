//! Splits a hook into its items. A hook has entities, these have actions, and these have lists of
//! items: `leads[add][0][id]=7`. Each value of a hook goes into one item only, so that the parts are
//! together no larger than the whole.

use serde_json::{Map, Value, json};

use crate::domain::{HOOK_EVENTS, text_json};

/// Entities that amoCRM or programs that pass hooks on spell otherwise.
const OTHER_ENTITIES: [&str; 6] = [
    "tasks",
    "messages",
    "talks",
    "catalog_elements",
    "elements",
    "chats",
];
/// Members beside the actions that belong into the item. Programs that pass hooks on as JSON put
/// them there.
const BESIDE: [&str; 8] = [
    "custom_fields",
    "tags",
    "account_id",
    "created_at",
    "updated_at",
    "last_modified",
    "date_create",
    "modified_user_id",
];
/// Of these, the values that all items of an entity share.
const SHARED: [&str; 3] = ["account_id", "created_at", "updated_at"];
/// Members that are no action, although they may hold lists of blocks.
const NO_ACTIONS: [&str; 4] = ["_embedded", "_links", "account", "hook"];
/// Members that identify an item.
const IDS: [&str; 4] = ["id", "uid", "talk_id", "note"];
/// The most members at the top of a request that are searched for a hook inside them.
const MOST_WRAPPERS: usize = 20;
/// The longest number, name or address of an account that counts, in bytes.
const LONGEST_TEXT: usize = 200;

/// One item of a hook.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct HookItem {
    pub(super) entity: String,
    pub(super) action: String,
    pub(super) item: Map<String, Value>,
    pub(super) account: HookAccount,
}

/// The account that a hook tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct HookAccount {
    pub(super) id: Option<String>,
    pub(super) subdomain: Option<String>,
}

/// Why a request has no items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoItems {
    /// It is not a hook.
    NotAHook,
    /// It has more items than this.
    TooMany(usize),
}

/// Returns the items of a decoded request, in their order.
pub(super) fn items(request: Value, most: usize) -> Result<Vec<HookItem>, NoItems> {
    let mut items = Vec::new();
    for hook in hooks(request) {
        of_hook(hook, most, &mut items)?;
    }
    if items.is_empty() {
        return Err(NoItems::NotAHook);
    }
    Ok(items)
}

/// Returns the hooks of a request: usually one. Programs that pass hooks on may send a list of them,
/// or put one into another block or a text.
fn hooks(request: Value) -> Vec<Map<String, Value>> {
    match request {
        Value::Array(list) => list.into_iter().filter_map(one).collect(),
        other => one(other).into_iter().collect(),
    }
}

fn one(request: Value) -> Option<Map<String, Value>> {
    let Value::Object(members) = request else {
        return None;
    };
    if has_items(&members) {
        return Some(members);
    }
    let inner = members.into_iter().take(MOST_WRAPPERS);
    inner.map(|(_, value)| value).find_map(|value| {
        let value = match value {
            Value::String(text) => text_json::inside(&text)?,
            value => value,
        };
        match value {
            Value::Object(members) => has_items(&members).then_some(members),
            _ => None,
        }
    })
}

fn has_items(members: &Map<String, Value>) -> bool {
    let account = account(members);
    members.iter().any(|(entity, actions)| {
        let mut actions = actions.as_object().into_iter().flatten();
        is_entity(entity, &account) && actions.any(|(action, list)| is_action(entity, action, list))
    })
}

/// Returns whether a member is an entity. One that nobody knows may be an entity of tomorrow, if the
/// hook tells its account.
fn is_entity(name: &str, account: &HookAccount) -> bool {
    is_known(name) || (*account != HookAccount::default() && is_word(name))
}

fn is_known(entity: &str) -> bool {
    OTHER_ENTITIES.contains(&entity) || HOOK_EVENTS.iter().any(|(known, _)| *known == entity)
}

fn is_word(word: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    (1..=32).contains(&word.len())
        && word.chars().all(is_letter)
        && !NO_ACTIONS.contains(&word)
        && !BESIDE.contains(&word)
}

/// Returns whether a member of an entity is an action with items.
fn is_action(entity: &str, action: &str, list: &Value) -> bool {
    is_word(action)
        && match list {
            Value::Array(list) => list.iter().any(Value::is_object),
            Value::Object(list) => is_numbered(list) || is_single(entity, action, list),
            _ => false,
        }
}

/// Returns whether an object is a list whose numbers have gaps.
fn is_numbered(list: &Map<String, Value>) -> bool {
    !list.is_empty()
        && list.iter().all(|(key, value)| {
            value.is_object() && key.len() < 10 && key.bytes().all(|byte| byte.is_ascii_digit())
        })
}

/// Returns whether an object is an item that stands in place of a list.
fn is_single(entity: &str, action: &str, item: &Map<String, Value>) -> bool {
    let mut known = HOOK_EVENTS.iter().filter(|(known, _)| *known == entity);
    known.any(|(_, actions)| actions.contains(&action))
        && IDS.iter().any(|id| item.contains_key(*id))
}

fn of_hook(hook: Map<String, Value>, most: usize, into: &mut Vec<HookItem>) -> Result<(), NoItems> {
    let account = account(&hook);
    for (entity, actions) in hook {
        let Value::Object(actions) = actions else {
            continue;
        };
        if !is_entity(&entity, &account) {
            continue;
        }
        let begin = into.len();
        let mut beside = Map::new();
        for (action, list) in actions {
            if !is_action(&entity, &action, &list) {
                if BESIDE.contains(&action.as_str()) {
                    beside.insert(action, list);
                }
                continue;
            }
            for item in listed(list) {
                if into.len() >= most {
                    return Err(NoItems::TooMany(most));
                }
                into.push(HookItem {
                    entity: entity.clone(),
                    action: action.clone(),
                    item,
                    account: account.clone(),
                });
            }
        }
        add_beside(beside, into.get_mut(begin..).unwrap_or_default());
    }
    Ok(())
}

/// Adds what stands beside the actions: to an only item everything, otherwise short values that all
/// items share.
fn add_beside(beside: Map<String, Value>, items: &mut [HookItem]) {
    if let [only] = items {
        for (name, value) in beside {
            only.item.entry(name).or_insert(value);
        }
        return;
    }
    for (name, value) in beside {
        let is_shared = SHARED.contains(&name.as_str());
        let Some(text) = short(Some(&value)).filter(|_| is_shared) else {
            continue;
        };
        for item in &mut *items {
            let own = item.item.entry(name.clone());
            own.or_insert_with(|| Value::String(text.clone()));
        }
    }
}

/// Returns the items of a list, or of an object in place of one.
fn listed(list: Value) -> Vec<Map<String, Value>> {
    let block = |value: Value| match value {
        Value::Object(item) => Some(item),
        _ => None,
    };
    match list {
        Value::Array(list) => list.into_iter().filter_map(block).collect(),
        Value::Object(list) if is_numbered(&list) => {
            let mut numbered: Vec<(u32, Value)> = list
                .into_iter()
                .map(|(key, value)| (key.parse().unwrap_or(u32::MAX), value))
                .collect();
            numbered.sort_by_key(|(number, _)| *number);
            let values = numbered.into_iter().map(|(_, value)| value);
            values.filter_map(block).collect()
        }
        single => block(single).into_iter().collect(),
    }
}

/// Returns the account of a hook, which may be the first of a list.
fn account(hook: &Map<String, Value>) -> HookAccount {
    let told = hook.get("account").map(first);
    let member = |name: &str| short(told.and_then(|told| told.get(name)));
    HookAccount {
        id: member("id"),
        subdomain: member("subdomain"),
    }
}

fn first(value: &Value) -> &Value {
    match value {
        Value::Array(list) => list.first().unwrap_or(value),
        other => other,
    }
}

/// Returns a short text or a number as text.
pub(super) fn short(value: Option<&Value>) -> Option<String> {
    let text = match value? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty() && text.len() <= LONGEST_TEXT).then_some(text)
}

impl HookItem {
    /// Returns the account; an item may tell its number alone.
    pub(super) fn told_account(&self) -> HookAccount {
        if self.account == HookAccount::default() {
            return HookAccount {
                id: short(self.item.get("account_id")),
                subdomain: None,
            };
        }
        self.account.clone()
    }

    /// Returns its event: `leads.add`.
    pub(super) fn event(&self) -> String {
        format!("{}.{}", self.entity, self.action)
    }

    /// Returns a hook with this item alone, as it is stored.
    pub(super) fn alone(self) -> Value {
        let Self {
            entity,
            action,
            item,
            account,
        } = self;
        let mut told = Map::new();
        told.extend(account.id.map(|id| ("id".to_owned(), json!(id))));
        let subdomain = account.subdomain;
        told.extend(subdomain.map(|name| ("subdomain".to_owned(), json!(name))));
        let mut hook = Map::new();
        hook.insert(entity, json!({ action: [item] }));
        if !told.is_empty() {
            hook.insert("account".to_owned(), Value::Object(told));
        }
        Value::Object(hook)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(request: Value) -> Result<Vec<String>, NoItems> {
        let shown = |item: &HookItem| {
            let id = short(item.item.get("id").or(item.item.get("uid")));
            format!("{} {}", item.event(), id.unwrap_or_default())
        };
        items(request, 100).map(|items| items.iter().map(shown).collect())
    }

    #[test]
    fn a_request_may_have_several_entities_actions_and_items() {
        let request = json!({
            "leads": {"add": [{"id": "1"}, {"id": "2"}], "status": [{"id": "1"}]},
            "unsorted": {"add": [{"uid": "u"}]},
            "account": {"id": "9"},
            "contacts": {"update": [{"id": 5}]},
        });
        let wanted = [
            "leads.add 1",
            "leads.add 2",
            "leads.status 1",
            "unsorted.add u",
            "contacts.update 5",
        ];
        assert_eq!(events(request).unwrap(), wanted);
    }

    #[test]
    fn items_are_found_in_every_shape_that_senders_give_them() {
        let lead = json!({"leads": {"add": [{"id": 1}]}, "account": {"id": 9}});
        for (request, wanted) in [
            (
                json!({"leads": {"add": {"0": {"id": 1}}}}),
                &["leads.add 1"][..],
            ),
            (
                json!({"leads": {"add": {"12": {"id": 12}, "3": {"id": 3}}}}),
                &["leads.add 3", "leads.add 12"],
            ),
            (
                json!({"leads": {"add": {"id": 1, "name": "x"}}}),
                &["leads.add 1"],
            ),
            (json!([lead, lead]), &["leads.add 1", "leads.add 1"]),
            (json!({"body": lead}), &["leads.add 1"]),
            (
                json!({"event": "x", "json": lead.to_string()}),
                &["leads.add 1"],
            ),
            // an entity of tomorrow, of an account that the hook tells
            (
                json!({"invoices": {"paid": [{"id": 1}]}, "account": {"id": 9}}),
                &["invoices.paid 1"],
            ),
        ] {
            assert_eq!(events(request.clone()).unwrap(), wanted, "{request}");
        }
    }

    #[test]
    fn what_is_not_a_hook_has_no_items() {
        for request in [
            json!({}),
            json!([]),
            json!([1]),
            json!({"a": "1"}),
            json!({"leads": "x"}),
            json!({"leads": {"add": "x"}}),
            json!({"leads": {"add": []}}),
            json!({"leads": {"add": [1, "x"]}}),
            json!({"leads": {"custom_fields": [{"id": 1}]}}),
            json!({"invoices": {"paid": [{"id": 1}]}}),
            json!({"order": {"items": [{"id": 1}]}, "account": {"name": "x"}}),
            json!({"account": {"id": 9}}),
            json!({"LEADS": {"add": [{"id": 1}]}}),
        ] {
            assert_eq!(events(request.clone()), Err(NoItems::NotAHook), "{request}");
        }
    }

    #[test]
    fn members_beside_the_action_belong_to_an_only_item() {
        let fields = json!([{"id": 1, "values": [{"value": "a"}]}]);
        let beside = |add: Value| {
            json!({"leads": {"add": add, "account_id": 9, "custom_fields": fields,
                "created_at": 5, "strange": {"a": 1}}, "account": [{"id": 9}]})
        };
        let one = items(beside(json!([{"id": 1, "created_at": 4}])), 10).unwrap();
        let item = Value::Object(one[0].item.clone());
        assert_eq!(
            item,
            json!({"id": 1, "created_at": 4, "account_id": 9, "custom_fields": fields})
        );
        assert_eq!(one[0].account.id.as_deref(), Some("9"));
        // nobody knows whose fields they are
        let two = items(beside(json!([{"id": 1}, {"id": 2}])), 10).unwrap();
        let item = Value::Object(two[1].item.clone());
        assert_eq!(item, json!({"id": 2, "account_id": "9", "created_at": "5"}));
    }

    #[test]
    fn a_request_with_too_many_items_is_not_split() {
        let list: Vec<Value> = (0..11).map(|id| json!({"id": id})).collect();
        let request = json!({"leads": {"add": list}});
        assert_eq!(items(request.clone(), 11).unwrap().len(), 11);
        assert_eq!(items(request, 10), Err(NoItems::TooMany(10)));
    }

    #[test]
    fn the_parts_of_a_hostile_request_are_no_larger_than_the_whole() {
        let long = "x".repeat(100_000);
        let list: Vec<Value> = (0..1000).map(|id| json!({"id": id})).collect();
        let wide: Map<String, Value> = (0..5000).map(|n| (format!("k{n}"), json!(n))).collect();
        let request = json!({
            "leads": {"add": list, "created_at": long, "custom_fields": [wide], "more": wide},
            "account": {"id": long, "subdomain": long, "_links": wide},
            "wide": wide,
        });
        let whole = request.to_string().len();
        let parts: usize = items(request, 2000)
            .unwrap()
            .into_iter()
            .map(|item| item.alone().to_string().len())
            .sum();
        assert!(parts <= whole, "{parts} of {whole}");
    }

    #[test]
    fn an_item_alone_is_the_same_item() {
        let request = json!({"leads": {"add": [{"id": "1"}, {"id": "2"}]}, "account": {"id": "9", "subdomain": "edu"}});
        for item in items(request, 10).unwrap() {
            let again = items(item.clone().alone(), 10).unwrap();
            assert_eq!(again, [item]);
        }
    }
}
