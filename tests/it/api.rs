//! The API as a program sees it: tokens, lists with pages, histories, problems.

use leadgate::domain::State;
use serde_json::{Value, json};

use crate::gateway::{Reply, TestGateway, answer, until};

/// The document of the API.
const DOCUMENT: &str = include_str!("../../src/api/openapi.json");

impl TestGateway {
    /// Makes a token with these scopes.
    pub(crate) fn new_token(&self, name: &str, scopes: &str, options: &[&str]) -> String {
        let arguments = ["token", "create", name, "--scope", scopes, "--json"];
        let made = self.command(&[&arguments, options].concat(), &[]);
        let made: Value = serde_json::from_str(&made).unwrap();
        made["token"].as_str().unwrap().to_owned()
    }

    /// Makes a token that may read submissions.
    fn api_token(&self, name: &str, expires: &str) -> String {
        self.new_token(name, "submissions:read", &["--expires", expires])
    }

    pub(crate) async fn read_api(&self, path: &str, token: &str) -> Reply {
        let request = self.http().get(self.url(path));
        self.send(request.bearer_auth(token)).await
    }
}

async fn with_answers(count: i64) -> (TestGateway, String) {
    let gateway = TestGateway::start().await;
    for number in 1..=count {
        let data = json!({"firstname": "Анна", "email": format!("anna{number}@mail.example")});
        gateway.post_answer(answer(123, number, data)).await;
    }
    gateway.settle().await;
    let token = gateway.api_token("robot", "1d");
    (gateway, token)
}

/// Checks that a value has the type and the members that a schema of the document demands. It knows
/// the words that the document uses.
fn fits(value: &Value, schema: &Value, document: &Value) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let pointer = reference.trim_start_matches('#');
        let schema = document.pointer(pointer).ok_or(reference)?;
        return fits(value, schema, document);
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        fits(value, part, document)?;
    }
    let types = match &schema["type"] {
        Value::Null => Vec::new(),
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    let is = |kind: &&str| match *kind {
        "null" => value.is_null(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "object" => value.is_object(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        other => panic!("the document has the type {other}"),
    };
    if !types.is_empty() && !types.iter().any(is) {
        return Err(format!("{value} is not one of {types:?}"));
    }
    if let Some(known) = schema["enum"].as_array()
        && !known.contains(value)
    {
        return Err(format!("{value} is not one of {known:?}"));
    }
    if value.is_object() {
        for name in schema["required"].as_array().into_iter().flatten() {
            let name = name.as_str().unwrap();
            value.get(name).ok_or(format!("{name} is missing"))?;
        }
        for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
            if let Some(member) = value.get(name) {
                fits(member, schema, document).map_err(|why| format!("{name}: {why}"))?;
            }
        }
    }
    for item in value.as_array().into_iter().flatten() {
        fits(item, &schema["items"], document)?;
    }
    Ok(())
}

/// Checks a reply against the document.
pub(crate) fn check(reply: &Reply, path: &str) {
    check_operation(reply, path, "get");
}

/// Checks a reply to a request with this method against the document.
pub(crate) fn check_operation(reply: &Reply, path: &str, method: &str) {
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    let operation = &document["paths"][path][method]["responses"];
    let mut described = &operation[reply.status.to_string()];
    if let Some(reference) = described["$ref"].as_str() {
        described = document.pointer(reference.trim_start_matches('#')).unwrap();
    }
    let content = described["content"].as_object();
    let content = content.unwrap_or_else(|| panic!("{path}: {} is not described", reply.status));
    let schema = &content.values().next().unwrap()["schema"];
    if let Err(why) = fits(&reply.body, schema, &document) {
        panic!("{path}: {why}: {}", reply.body);
    }
}

#[actix_web::test]
async fn a_program_reads_pages_of_submissions_and_a_history() {
    let (gateway, token) = with_answers(5).await;
    let list = "/api/v1/submissions";
    let mut ids = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = gateway
            .read_api(&format!("{list}?limit=2{cursor}"), &token)
            .await;
        assert_eq!(page.status, 200, "{page:?}");
        check(&page, list);
        for item in page.body["items"].as_array().unwrap() {
            ids.push(item["id"].as_str().unwrap().to_owned());
        }
        let Some(next) = page.body["next"].as_str() else {
            break;
        };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(ids.len(), 5);
    let newest = gateway
        .read_api(&format!("{list}/{}", ids[0]), &token)
        .await;
    check(&newest, "/api/v1/submissions/{id}");
    assert_eq!(newest.body["identity"], "polls/123/5");
    assert!(
        newest.body["body"]
            .as_str()
            .unwrap()
            .contains("anna5@mail.example")
    );
    assert!(!newest.body["events"].as_array().unwrap().is_empty());
    let named = gateway
        .read_api(&format!("{list}/polls%2F123%2F5"), &token)
        .await;
    assert_eq!(named.body["id"], newest.body["id"]);
    for (query, count) in [
        ("state=delivered", 5),
        ("state=parked", 0),
        ("source=polls%2F123&text=anna3", 1),
        ("source=channels", 0),
        ("since=2020-01-01T00:00:00Z", 5),
        ("until=2020-01-01T00:00:00Z", 0),
    ] {
        let found = gateway.read_api(&format!("{list}?{query}"), &token).await;
        assert_eq!(
            found.body["items"].as_array().unwrap().len(),
            count,
            "{query}"
        );
        assert_eq!(found.body["next"], Value::Null);
    }
    assert_eq!(gateway.count(State::Delivered).await, 5);
}

#[actix_web::test]
async fn a_request_without_a_valid_token_learns_nothing() {
    let (gateway, token) = with_answers(1).await;
    let list = "/api/v1/submissions";
    let bare = gateway.send(gateway.http().get(gateway.url(list))).await;
    assert_eq!(
        (bare.status, &bare.body["type"]),
        (401, &json!("urn:leadgate:no-token"))
    );
    check(&bare, list);
    let other = format!("leadgate_{}", "A".repeat(43));
    let cut = token.trim_start_matches('l');
    for wrong in [
        other.as_str(),
        cut,
        "x",
        &format!("{token}x"),
        &token.to_uppercase(),
    ] {
        let refused = gateway.read_api(list, wrong).await;
        let code = &refused.body["type"];
        assert_eq!(
            (refused.status, code),
            (401, &json!("urn:leadgate:unknown-token"))
        );
    }
    let request = gateway.http().get(gateway.url(list));
    let basic = gateway
        .send(request.basic_auth("robot", Some(&token)))
        .await;
    assert_eq!(basic.status, 401);
    let short = gateway.api_token("short", "1s");
    until("the token expires", async || {
        let refused = gateway.read_api(list, &short).await;
        refused.body["type"] == "urn:leadgate:expired-token"
    })
    .await;
    assert_eq!(gateway.read_api(list, &token).await.status, 200);
    gateway.command(&["token", "revoke", "robot"], &[]);
    assert_eq!(gateway.read_api(list, &token).await.status, 401);
}

#[actix_web::test]
async fn problems_say_what_is_wrong_in_the_language_of_the_request() {
    let (gateway, token) = with_answers(1).await;
    for (path, status, code) in [
        ("/api/v1/submissions?state=lost", 400, "parameter"),
        ("/api/v1/submissions?page=2", 400, "parameter"),
        ("/api/v1/submissions/ffffffff", 404, "no-such-submission"),
        ("/api/v1/submissions/%00", 404, "no-such-submission"),
        ("/api/v1/submissions/a/b", 404, "no-such-address"),
        ("/api/v1/nothing", 404, "no-such-address"),
        ("/api/v1submissions", 404, ""),
    ] {
        let reply = gateway.read_api(path, &token).await;
        assert_eq!(reply.status, status, "{path}");
        if !code.is_empty() {
            assert_eq!(reply.body["type"], format!("urn:leadgate:{code}"), "{path}");
        }
    }
    let url = gateway.url("/api/v1/submissions?limit=many");
    let russian = gateway.http().get(&url).bearer_auth(&token);
    let russian = russian.header("Accept-Language", "de, ru;q=0.9, en;q=0.8");
    let russian = gateway.send(russian).await;
    assert_eq!(
        russian.body["detail"],
        "`limit`: `many` — не число от 1 до 200"
    );
    let posted = gateway.http().post(&url).bearer_auth(&token);
    assert_eq!(gateway.send(posted).await.status, 405);
}

#[actix_web::test]
async fn the_document_is_served_to_everybody_and_names_every_address() {
    let gateway = TestGateway::start().await;
    let url = gateway.url("/api/v1/openapi.json");
    let served = gateway.send(gateway.http().get(url)).await;
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    assert_eq!((served.status, &served.body), (200, &document));
    assert_eq!(document["openapi"], "3.1.0");
    let about = gateway
        .send(gateway.http().get(gateway.url("/api/v1")))
        .await;
    check(&about, "/api/v1");
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let is_open = operation["security"] == json!([]);
            let url = gateway.url(&path.replace("{id}", "ffffffff"));
            let request = match method.as_str() {
                "post" => gateway.http().post(url),
                "put" => gateway.http().put(url),
                "delete" => gateway.http().delete(url),
                _ => gateway.http().get(url),
            };
            let bare = gateway.send(request).await;
            assert_eq!(bare.status, if is_open { 200 } else { 401 }, "{path}");
        }
    }
}

#[actix_web::test]
async fn hours_are_counted_and_a_list_is_of_a_destination() {
    let (gateway, token) = with_answers(2).await;
    let hours = gateway.read_api("/api/v1/hours", &token).await;
    assert_eq!(hours.status, 200, "{hours:?}");
    check(&hours, "/api/v1/hours");
    let items = hours.body["items"].as_array().unwrap();
    let count: u64 = items.iter().map(|it| it["count"].as_u64().unwrap()).sum();
    assert_eq!(count, 2, "{hours:?}");
    assert!(items.iter().all(|item| item["state"] == "delivered"));
    let wrong = gateway.read_api("/api/v1/hours?until=x", &token).await;
    assert_eq!(wrong.status, 400, "{wrong:?}");

    let length = async |query: &str| {
        let page = gateway
            .read_api(&format!("/api/v1/submissions?{query}"), &token)
            .await;
        assert_eq!(page.status, 200, "{page:?}");
        page.body["items"].as_array().unwrap().len()
    };
    assert_eq!(length("destination=crm:sandbox").await, 2);
    assert_eq!(length("destination=crm:other").await, 0);
    assert_eq!(length("left_out=true").await, 0);
    let page = gateway.read_api("/api/v1/submissions", &token).await;
    assert_eq!(page.body["items"][0]["person"], "Анна", "{page:?}");
}
