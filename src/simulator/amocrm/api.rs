//! The calls of API v4.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{AmoAccount, ENTITIES, content, oauth};
use crate::simulator::services::{Received, ServiceReply};
use crate::simulator::{params, php};

/// The token that a call needs.
const TOKEN: &str = "Bearer sandbox";
/// Records of a page, if a call does not say.
const PAGE: usize = 50;
/// Records of a page at most.
const LARGEST_PAGE: usize = 250;
/// Hooks of an account at most.
const MOST_HOOKS: usize = 100;
/// Members of `_embedded` that an entity shows only if `with` names them.
const ON_REQUEST: [(&str, &[&str]); 4] = [
    ("leads", &["contacts"]),
    ("contacts", &["leads", "customers"]),
    ("companies", &["contacts", "leads", "customers"]),
    ("customers", &["contacts", "companies"]),
];

impl AmoAccount {
    /// Serves a call.
    pub(in crate::simulator) fn serve(
        &mut self,
        received: &Received,
        now: Timestamp,
    ) -> ServiceReply {
        if received.path == oauth::PATH {
            return self.authorize(received, now);
        }
        if self.is_too_fast(now) {
            return problem(429, "Too Many Requests");
        }
        let header = received.header("authorization").unwrap_or_default();
        if header != TOKEN && !self.authorizations.admits(header, now) {
            return problem(401, "Неверный логин или пароль");
        }
        let (path, query) = received
            .path
            .split_once('?')
            .unwrap_or((&received.path, ""));
        let Some(path) = path.strip_prefix("/api/v4/") else {
            return problem(404, "Not found");
        };
        let query = params::parse_str(query);
        let parts: Vec<&str> = path.trim_end_matches('/').split('/').collect();
        match (received.method.as_str(), parts.as_slice()) {
            ("GET", ["account"]) => hal(200, &account()),
            ("GET", ["leads", "pipelines"]) => page("pipelines", content::pipelines(), &query),
            (method, ["webhooks"]) => self.webhooks(method, &received.body, now),
            ("GET", [entity]) if ENTITIES.contains(entity) => self.list(entity, &query),
            ("GET", [entity, "custom_fields"]) if ENTITIES.contains(entity) => {
                page("custom_fields", fields(entity), &query)
            }
            ("GET", [entity, id]) if ENTITIES.contains(entity) => self.one(entity, id, &query),
            (_, [entity, ..]) if ENTITIES.contains(entity) => problem(405, "Method Not Allowed"),
            _ => problem(404, "Not found"),
        }
    }

    fn list(&self, entity: &str, query: &Map<String, Value>) -> ServiceReply {
        let wanted = query.get("filter").and_then(|filter| filter.get("id"));
        let wanted: Option<Vec<u64>> = wanted.map(numbers);
        let records = self.records.get(entity).into_iter().flatten();
        let found =
            records.filter(|(id, _)| wanted.as_ref().is_none_or(|wanted| wanted.contains(*id)));
        let found = found.map(|(_, record)| shown(entity, record, query));
        page(entity, found.collect(), query)
    }

    fn one(&self, entity: &str, id: &str, query: &Map<String, Value>) -> ServiceReply {
        let id = id.parse::<u64>().ok();
        let records = self.records.get(entity);
        match records.and_then(|records| records.get(&id?)) {
            Some(record) => hal(200, &shown(entity, record, query)),
            None => no_content(),
        }
    }

    fn webhooks(&mut self, method: &str, body: &str, now: Timestamp) -> ServiceReply {
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        let destination = body.get("destination").and_then(Value::as_str);
        match (method, destination) {
            ("GET", _) if self.hooks.is_empty() => no_content(),
            ("GET", _) => {
                let hooks = &self.hooks;
                let body = json!({"_total_items": hooks.len(), "_embedded": {"webhooks": hooks}});
                hal(200, &body)
            }
            ("POST", Some(destination)) => {
                let settings = body.get("settings").filter(|list| {
                    let list = list.as_array();
                    list.is_some_and(|list| !list.is_empty() && list.iter().all(Value::is_string))
                });
                let is_address =
                    destination.starts_with("https://") || destination.starts_with("http://");
                match settings {
                    Some(settings) if is_address && self.hooks.len() < MOST_HOOKS => {
                        hal(201, &self.subscribe(destination, settings, now))
                    }
                    _ => problem(400, "Request validation failed"),
                }
            }
            ("DELETE", Some(destination)) if self.unsubscribe(destination) => no_content(),
            ("DELETE", Some(_)) => problem(404, "Not found"),
            ("POST" | "DELETE", None) => problem(400, "Request validation failed"),
            _ => problem(405, "Method Not Allowed"),
        }
    }
}

fn account() -> Value {
    json!({"id": content::ACCOUNT, "name": "Демо", "subdomain": content::SUBDOMAIN,
        "current_user_id": content::USER, "country": "RU", "currency": "RUB"})
}

fn fields(entity: &str) -> Vec<Value> {
    let fields = content::fields(entity).iter();
    let fields = fields.map(|(id, name, code, kind)| {
        json!({"id": id, "name": name, "code": code, "type": kind, "entity_type": entity})
    });
    fields.collect()
}

/// Returns the numbers of a filter: one, or a list.
fn numbers(value: &Value) -> Vec<u64> {
    let number = |value: &Value| php::strval(value).parse::<u64>().ok();
    match value {
        Value::Array(list) => list.iter().filter_map(number).collect(),
        Value::Object(list) => list.values().filter_map(number).collect(),
        single => number(single).into_iter().collect(),
    }
}

/// Returns a record without the members that the call did not ask for.
fn shown(entity: &str, record: &Value, query: &Map<String, Value>) -> Value {
    let with = query.get("with").map(php::strval).unwrap_or_default();
    let with: Vec<&str> = with.split(',').map(str::trim).collect();
    let mut record = record.clone();
    let on_request = ON_REQUEST.iter().find(|(known, _)| *known == entity);
    if let Some(embedded) = record.get_mut("_embedded").and_then(Value::as_object_mut) {
        for member in on_request.map_or(&[][..], |(_, members)| members) {
            if !with.contains(member) {
                embedded.remove(*member);
            }
        }
    }
    record
}

/// Returns a page of a list; an empty one has no body.
fn page(name: &str, all: Vec<Value>, query: &Map<String, Value>) -> ServiceReply {
    let number = |key: &str| {
        let value = query.get(key).map(php::strval);
        value.and_then(|text| text.parse::<usize>().ok())
    };
    let limit = number("limit").unwrap_or(PAGE);
    if !(1..=LARGEST_PAGE).contains(&limit) {
        return problem(400, "Request validation failed");
    }
    let at = number("page").unwrap_or(1).max(1);
    let skipped = limit.saturating_mul(at - 1);
    let has_next = all.len() > skipped.saturating_add(limit);
    let found: Vec<Value> = all.into_iter().skip(skipped).take(limit).collect();
    if found.is_empty() {
        return no_content();
    }
    let mut body = json!({"_page": at, "_links": {}, "_embedded": {name: found}});
    if has_next {
        let next = at + 1;
        body["_links"]["next"] = json!({"href": format!("?page={next}&limit={limit}")});
    }
    hal(200, &body)
}

pub(super) fn hal(status: u16, body: &Value) -> ServiceReply {
    ServiceReply {
        content_type: "application/hal+json",
        ..ServiceReply::json(status, body)
    }
}

fn no_content() -> ServiceReply {
    ServiceReply {
        body: String::new(),
        ..ServiceReply::json(204, &Value::Null)
    }
}

/// Returns an error of the API.
fn problem(status: u16, title: &str) -> ServiceReply {
    let body = json!({"title": title, "type": format!("https://httpstatus.es/{status}"),
        "status": status, "detail": title});
    ServiceReply {
        content_type: "application/problem+json",
        ..ServiceReply::json(status, &body)
    }
}
