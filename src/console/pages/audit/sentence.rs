//! Says in words what an entry of the audit log is about.

use maud::{Markup, html};
use serde_json::Value;

use super::actions::{ACTIONS, Place};
use crate::console::PATH;
use crate::console::request::encoded;
use crate::console::signed_in::employee;
use crate::console::visit::Visit;
use crate::domain::{AuditEntry, ParkReason, Role};

/// Returns what was done, with a link to what it was done to. An action of another release is shown
/// as it is stored.
pub(super) fn sentence(visit: &Visit<'_>, entry: &AuditEntry) -> Markup {
    let known = ACTIONS.iter().find(|action| action.code == entry.action);
    let Some(action) = known else {
        return html! { (entry.action) " " (entry.about) };
    };
    let facts = action.facts.iter().filter_map(|(key, en, ru)| {
        let value = value(visit, key, entry.details.get(key)?)?;
        Some((visit.t(en, ru), value))
    });
    let subject = subject(visit, action.place, entry);
    html! {
        (visit.t(action.said.0, action.said.1))
        @if let Some((address, name)) = subject {
            ": " @match address {
                Some(address) => a href={ (PATH) (address) } { (name) },
                None => (name),
            }
        }
        @for (name, value) in facts { " · " (name) " " (value) }
    }
}

/// Returns a fact in words; `None` if there is nothing to say.
fn value(visit: &Visit<'_>, key: &str, value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) if text.is_empty() => return None,
        Value::String(text) => text.clone(),
        Value::Number(number) if key.ends_with("version") || key == "restored" => {
            format!("v{number}")
        }
        Value::Number(number) => number.to_string(),
        Value::Array(values) => {
            let texts = values.iter().filter_map(Value::as_str);
            texts.collect::<Vec<_>>().join(", ")
        }
        Value::Null | Value::Bool(_) | Value::Object(_) => return None,
    };
    let words = match key {
        "role" => Role::parse(&text).map(|role| role.to_text(visit.lang).to_owned()),
        "reason" => ParkReason::parse(&text).map(|reason| reason.to_text(visit.lang)),
        "by" if text == "today" => Some(
            visit
                .t("today's profile", "сегодняшнему профилю")
                .to_owned(),
        ),
        "by" if text == "stored" => {
            Some(visit.t("the stored plan", "сохранённому плану").to_owned())
        }
        _ => None,
    };
    Some(words.unwrap_or(text))
}

/// Returns what an action was done to: the address of its page, if it has one, and its name.
fn subject(
    visit: &Visit<'_>,
    place: Place,
    entry: &AuditEntry,
) -> Option<(Option<String>, String)> {
    let detail = |key: &str| match entry.details.get(key)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let name = match place {
        Place::Nothing => return None,
        Place::Channel => detail("channel")?,
        Place::Replay if entry.about.is_empty() => detail("replay")?,
        _ => entry.about.clone(),
    };
    if name.is_empty() {
        let unknown = visit.t("unknown name", "неизвестное имя");
        return (place == Place::User).then(|| (None, unknown.to_owned()));
    }
    let id = encoded(&name);
    let address = match place {
        Place::Nothing | Place::Named => None,
        Place::User if entry.action == "user-removed" => None,
        // employees of portals are no users
        Place::User if employee::parse(&name).is_some() => None,
        Place::Destination => Some(format!("/portals/{id}")),
        Place::Submission => Some(format!("/history/{id}")),
        Place::User => Some(format!("/users?name={id}")),
        Place::Replay => Some(format!("/replays/{id}")),
        Place::Pbx => Some(format!("/sources/pbx/{id}")),
        Place::Channel => Some(format!("/sources/channels/{id}")),
        Place::Trial => detail("id").map(|id| format!("/sources/trials/{}", encoded(&id))),
        Place::Chosen if name.contains('/') => Some(format!("/history?source={id}")),
        Place::File | Place::Chosen => Some(format!("/profiles/{id}")),
    };
    let name = match place {
        Place::Submission => name.chars().take(8).collect(),
        Place::User => visit.name(&name).into_owned(),
        _ => name,
    };
    Some((address, name))
}
