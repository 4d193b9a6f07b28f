//! Phones, e-mails, sites and messengers of a record, and the merge that an update makes of them.

use serde_json::{Map, Value};

use super::{
    errors::ApiError,
    php,
    state::{
        State,
        record::{Channel, Multi, Record},
    },
    write::Writing,
};

/// Longer values are cut.
const LIMIT: usize = 250;

/// Merges a classic list of one sort: without `ID` appended, with `ID` replaced or, being empty,
/// deleted.
pub(super) fn merge(
    state: &mut State,
    record: &mut Record,
    code: &str,
    sent: &Value,
) -> Result<(), ApiError> {
    // A plain text in place of the list is dropped silently.
    let (Some(channel), true) = (Channel::of_code(code), php::is_array(sent)) else {
        return Ok(());
    };
    for (_, element) in php::members(sent) {
        if !php::is_array(element) {
            continue;
        }
        let text = |key: &str| php::member(element, key).map(php::strval);
        let change = Change {
            id: text("ID")
                .and_then(|id| id.parse().ok())
                .filter(|id| *id > 0),
            channel,
            sort: text("VALUE_TYPE"),
            value: text("VALUE").filter(|_| text("DELETE").as_deref() != Some("Y")),
        };
        apply(state, record, change)?;
    }
    Ok(())
}

/// Merges the universal `fm`: numeric keys are ids, `n0`, `n1` and so on are new ones.
pub(super) fn merge_fm(
    state: &mut State,
    record: &mut Record,
    how: Writing,
    sent: &Value,
) -> Result<(), ApiError> {
    for (key, element) in php::members(sent) {
        let text = |key: &str| php::member(element, key).map(php::strval);
        let code = text("typeId").unwrap_or_default();
        let id = key.parse::<u32>().ok();
        let known = id.and_then(|id| record.multi.iter().find(|it| it.id == id));
        let Some(channel) = Channel::of_code(&code).or(known.map(|it| it.channel)) else {
            continue;
        };
        let change = Change {
            id: known.map(|it| it.id),
            channel,
            sort: text("valueType"),
            value: text("value"),
        };
        // A list has the keys 0, 1, 2: on update they are taken for ids that do not exist.
        if id.is_none() || change.id.is_some() || how.adding {
            apply(state, record, change)?;
        }
    }
    Ok(())
}

struct Change {
    id: Option<u32>,
    channel: Channel,
    sort: Option<String>,
    value: Option<String>,
}

fn apply(state: &mut State, record: &mut Record, change: Change) -> Result<(), ApiError> {
    let value: String = change
        .value
        .unwrap_or_default()
        .trim()
        .chars()
        .take(LIMIT)
        .collect();
    let at = record
        .multi
        .iter()
        .position(|it| Some(it.id) == change.id && it.channel == change.channel);
    if value.is_empty() {
        if let Some(at) = at {
            record.multi.remove(at);
        }
        return Ok(());
    }
    let sort = change
        .sort
        .filter(|it| !it.is_empty())
        .unwrap_or_else(|| default_sort(change.channel).to_owned());
    if change.channel == Channel::Email && !is_address(&value) {
        let title = if sort == "HOME" {
            "Private e-mail"
        } else {
            "Work e-mail"
        };
        return Err(ApiError::coded(
            "ERROR_CORE",
            format!("The field \"{title}\" contains an invalid address"),
        ));
    }
    if let Some(old) = at.and_then(|at| record.multi.get_mut(at)) {
        old.sort = sort.into();
        old.value = value.into();
        return Ok(());
    }
    // An element with an id that the record does not have changes nothing.
    let twin = record
        .multi
        .iter()
        .any(|it| it.channel == change.channel && *it.sort == *sort && *it.value == *value);
    if change.id.is_none() && !twin {
        record.multi.push(Multi {
            id: state.next_multi(),
            channel: change.channel,
            sort: sort.into(),
            value: value.into(),
        });
    }
    Ok(())
}

fn default_sort(channel: Channel) -> &'static str {
    match channel {
        Channel::Phone | Channel::Email | Channel::Web => "WORK",
        Channel::Im => "OTHER",
    }
}

/// About what the portal's own check does: one `@`, a name before it, a domain without spaces after
/// it.
fn is_address(text: &str) -> bool {
    let Some((name, host)) = text.rsplit_once('@') else {
        return false;
    };
    let clean = |part: &str| {
        !part.is_empty()
            && !part
                .chars()
                .any(|it| it.is_whitespace() || matches!(it, '@' | '<' | '>' | ',' | ';'))
            && !part.starts_with('.')
            && !part.ends_with('.')
            && !part.contains("..")
    };
    clean(name) && clean(host) && host.contains('.')
}

/// The elements of one sort as classic answers print them.
pub(super) fn classic(record: &Record, channel: Channel) -> Option<Value> {
    let list: Vec<Value> = record
        .multi
        .iter()
        .filter(|it| it.channel == channel)
        .map(|it| {
            let mut map = Map::new();
            map.insert("ID".to_owned(), it.id.to_string().into());
            map.insert("VALUE_TYPE".to_owned(), (*it.sort).into());
            map.insert("VALUE".to_owned(), (*it.value).into());
            map.insert("TYPE_ID".to_owned(), it.channel.code().into());
            Value::Object(map)
        })
        .collect();
    (!list.is_empty()).then_some(Value::Array(list))
}

/// All elements as the universal `fm`.
pub(super) fn universal(record: &Record) -> Value {
    record
        .multi
        .iter()
        .map(|it| {
            serde_json::json!({
                "id": it.id,
                "valueType": it.sort,
                "value": it.value,
                "typeId": it.channel.code(),
            })
        })
        .collect()
}

/// The first value of a sort, for the universal `phone`, `emailWork` and so on.
pub(super) fn first<'a>(record: &'a Record, channel: Channel, sort: Option<&str>) -> &'a str {
    record
        .multi
        .iter()
        .find(|it| it.channel == channel && sort.is_none_or(|sort| *it.sort == *sort))
        .map_or("", |it| &it.value)
}
