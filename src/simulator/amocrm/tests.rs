//! API v4 as a client sees it.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::services::Received;
use super::AmoAccount;

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(1_767_009_600_000 + milliseconds).unwrap()
}

fn call(
    account: &mut AmoAccount,
    method: &str,
    path: &str,
    body: &Value,
    now: i64,
) -> (u16, Value) {
    let received = Received::made(method, path, "Bearer sandbox", &body.to_string());
    let reply = account.serve(&received, at(now));
    (
        reply.status,
        serde_json::from_str(&reply.body).unwrap_or_default(),
    )
}

#[test]
fn lists_have_pages_filters_and_related_records_on_request() {
    let mut account = AmoAccount::default();
    for id in 1..=60 {
        account.put("leads", json!({"id": id, "name": "x"}));
    }
    let ids = |body: &Value| {
        let leads = body["_embedded"]["leads"].as_array().cloned();
        let leads = leads.unwrap_or_default();
        leads
            .iter()
            .filter_map(|lead| lead["id"].as_u64())
            .collect::<Vec<_>>()
    };
    let mut clock = 0;
    let mut get = |path: &str| {
        clock += 1000;
        call(&mut account, "GET", path, &Value::Null, clock)
    };
    let (status, body) = get("/api/v4/leads");
    assert_eq!((status, ids(&body).len()), (200, 50));
    assert!(body["_links"]["next"].is_object());
    assert_eq!(ids(&get("/api/v4/leads?page=2").1).len(), 11);
    assert_eq!(get("/api/v4/leads?page=3"), (204, Value::Null));
    let (_, body) = get("/api/v4/leads?filter%5Bid%5D%5B%5D=7&filter%5Bid%5D%5B%5D=999&limit=250");
    assert_eq!(ids(&body), [7]);
    assert_eq!(get("/api/v4/leads?filter[id]=999").0, 204);
    assert_eq!(get("/api/v4/leads?limit=251").0, 400);
    let (_, lead) = get("/api/v4/leads/31470021");
    assert_eq!(lead["_embedded"]["contacts"], Value::Null);
    let (_, lead) = get("/api/v4/leads/31470021?with=contacts,source");
    assert_eq!(lead["_embedded"]["contacts"][0]["id"], 48_810_317);
    let (_, contact) = get("/api/v4/contacts/48810317");
    assert_eq!(contact["custom_fields_values"][0]["field_code"], "PHONE");
    let (_, fields) = get("/api/v4/leads/custom_fields");
    assert_eq!(fields["_embedded"]["custom_fields"][0]["code"], "ORDERID");
    assert_eq!(get("/api/v4/leads/5000").0, 204);
    assert_eq!(get("/api/v4/pipelines").0, 404);
    assert_eq!(get("/api/v4/account").1["subdomain"], "edudemo");
}

#[test]
fn a_call_needs_the_token_and_the_eighth_of_a_second_is_refused() {
    let mut account = AmoAccount::default();
    let wrong = Received::made("GET", "/api/v4/leads", "Bearer other", "");
    assert_eq!(account.serve(&wrong, at(0)).status, 401);
    let statuses = (1..=9).map(|n| call(&mut account, "GET", "/api/v4/account", &Value::Null, n).0);
    assert_eq!(
        statuses.collect::<Vec<_>>(),
        [200, 200, 200, 200, 200, 200, 429, 429, 429]
    );
    let later = call(&mut account, "GET", "/api/v4/account", &Value::Null, 1001);
    assert_eq!(later.0, 200);
}

#[test]
fn hooks_are_listed_added_changed_and_removed() {
    let mut account = AmoAccount::default();
    let mut clock = 0;
    let mut webhooks = |method: &str, body: Value| {
        clock += 1000;
        call(&mut account, method, "/api/v4/webhooks", &body, clock)
    };
    assert_eq!(webhooks("GET", Value::Null).0, 204);
    let hook = json!({"destination": "https://gw.example/amo/main", "settings": ["add_lead"]});
    let (status, made) = webhooks("POST", hook.clone());
    assert_eq!((status, &made["disabled"]), (201, &json!(false)));
    let (_, again) = webhooks("POST", hook.clone());
    assert_eq!(again["id"], made["id"]);
    assert_eq!(webhooks("GET", Value::Null).1["_total_items"], 1);
    for wrong in [
        json!({}),
        json!({"destination": "x", "settings": ["add_lead"]}),
        json!({"destination": "https://a.example", "settings": []}),
    ] {
        assert_eq!(webhooks("POST", wrong).0, 400);
    }
    assert_eq!(webhooks("DELETE", hook.clone()).0, 204);
    assert_eq!(webhooks("DELETE", hook).0, 404);
}
