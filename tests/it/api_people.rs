//! Users, tokens, the audit log and the erasure of a person by the API.

use leadgate::domain::Role;
use serde_json::{Value, json};

use crate::api::{check, check_operation};
use crate::gateway::{TestGateway, answer};

const OF_USER: &str = "/api/v1/users/{name}";
const ERASURES: &str = "/api/v1/erasures";

#[tokio::test]
async fn users_are_added_and_changed_by_the_rules_of_the_console() {
    let gateway = TestGateway::start().await;
    let token = gateway.new_token("robot", "users:read,users:write", &[]);
    gateway.signed_in().await;
    let put = async |name: &str, body: Value| {
        let path = format!("/api/v1/users/{name}");
        gateway.ask_api(("PUT", &path), &token, Some(&body)).await
    };
    let none = put("olga", json!({"role": "author"})).await;
    assert_eq!(none.body["type"], "urn:leadgate:no-such-user", "{none:?}");
    let olga = json!({"role": "author", "password": "a long password of olga"});
    let added = put("olga", olga).await;
    assert_eq!(added.body["role"], "author", "{added:?}");
    check_operation(&added, OF_USER, "put");
    let short = put("olga", json!({"password": "olga"})).await;
    assert_eq!(
        (short.status, &short.body["type"]),
        (409, &json!("urn:leadgate:user"))
    );
    let named = put(
        "a%0Ab",
        json!({"role": "admin", "password": "a long password"}),
    )
    .await;
    assert_eq!(named.body["type"], "urn:leadgate:user", "{named:?}");
    let list = gateway.read_api("/api/v1/users", &token).await;
    check(&list, "/api/v1/users");
    assert!(!list.body.to_string().contains("argon2"), "{list:?}");
    let mut items = list.body["items"].as_array().unwrap().iter();
    let admin = items.find(|user| user["name"] == "admin").unwrap();
    assert_eq!(admin["sessions"], 1, "{list:?}");
}

#[tokio::test]
async fn the_last_administrator_stays_and_sessions_end() {
    let gateway = TestGateway::start().await;
    let token = gateway.new_token("robot", "users:read,users:write,audit:read", &[]);
    let client = gateway.signed_in().await;
    let put = async |name: &str, body: Value| {
        let path = format!("/api/v1/users/{name}");
        gateway.ask_api(("PUT", &path), &token, Some(&body)).await
    };
    // the last administrator stays one
    for weaker in [
        put("admin", json!({"role": "viewer"})).await,
        gateway
            .ask_api(("DELETE", "/api/v1/users/admin"), &token, None)
            .await,
    ] {
        assert_eq!(
            (weaker.status, &weaker.body["type"]),
            (409, &json!("urn:leadgate:last-admin")),
            "{weaker:?}"
        );
    }
    let olga = json!({"role": "admin", "password": "a long password of olga"});
    assert_eq!(put("olga", olga).await.status, 200);
    assert_eq!(put("admin", json!({"role": "viewer"})).await.status, 200);
    assert_eq!(client.read("/console/audit").await.status, 403);
    let path = "/api/v1/users/admin/sign-out";
    let ended = gateway.ask_api(("POST", path), &token, None).await;
    assert_eq!(ended.body["ended"], 1, "{ended:?}");
    let page = client.read("/console").await.text;
    assert!(page.contains("Sign in"), "{page}");
    let removed = gateway
        .ask_api(("DELETE", "/api/v1/users/admin"), &token, None)
        .await;
    check_operation(&removed, OF_USER, "delete");
    let audit = gateway.read_api("/api/v1/audit?limit=2", &token).await;
    check(&audit, "/api/v1/audit");
    let items = audit.body["items"].as_array().unwrap();
    assert_eq!(
        (items.len(), &items[0]["action"], &items[0]["who"]),
        (2, &json!("user-removed"), &json!("token robot")),
        "{audit:?}"
    );
    let next = &audit.body["next"];
    let older = format!("/api/v1/audit?limit=2&before={next}");
    let older = gateway.read_api(&older, &token).await;
    let first = &older.body["items"][0]["number"];
    assert!(first.as_i64() < next.as_i64(), "{older:?}");
}

#[tokio::test]
async fn a_token_that_only_reads_users_changes_nothing() {
    let gateway = TestGateway::start().await;
    gateway.new_token("robot", "users:read", &[]);
    let reader = gateway.new_token("reader", "users:read", &[]);
    for (method, path) in [
        ("GET", "/api/v1/audit"),
        ("PUT", "/api/v1/users/olga"),
        ("DELETE", "/api/v1/users/olga"),
        ("POST", "/api/v1/users/olga/sign-out"),
        ("DELETE", "/api/v1/tokens/robot"),
        ("POST", ERASURES),
    ] {
        let request = (method, path);
        let refused = gateway.ask_api(request, &reader, Some(&json!({}))).await;
        assert_eq!(refused.status, 403, "{method} {path}");
    }
}

#[tokio::test]
async fn tokens_are_listed_without_their_texts_and_revoked() {
    let gateway = TestGateway::start().await;
    let token = gateway.new_token("robot", "users:read,users:write", &[]);
    let other = gateway.new_token("a robot", "submissions:read", &["--expires", "never"]);
    let list = gateway.read_api("/api/v1/tokens", &token).await;
    check(&list, "/api/v1/tokens");
    let names = list.body["items"].as_array().unwrap().iter();
    let names: Vec<_> = names.map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["a robot", "robot"]);
    assert_eq!(list.body["items"][0]["expires_at"], Value::Null);
    for text in [&token, &other] {
        assert!(!list.body.to_string().contains(text.as_str()), "{list:?}");
    }
    let path = "/api/v1/tokens/a%20robot";
    let revoked = gateway.ask_api(("DELETE", path), &token, None).await;
    check_operation(&revoked, "/api/v1/tokens/{name}", "delete");
    let refused = gateway.read_api("/api/v1/submissions", &other).await;
    assert_eq!(refused.body["type"], "urn:leadgate:unknown-token");
    let again = gateway.ask_api(("DELETE", path), &token, None).await;
    assert_eq!(again.body["type"], "urn:leadgate:no-such-token");
    let admin = gateway.signed_in().await;
    let audit = admin.read("/console/audit").await.text;
    assert!(audit.contains("token of the API revoked"), "{audit}");
}

#[tokio::test]
async fn a_person_is_counted_first_and_erased_when_the_count_is_confirmed() {
    let gateway = TestGateway::start().await;
    let token = gateway.new_token("robot", "people:erase,submissions:read", &[]);
    for number in 1..=2 {
        let data = json!({"firstname": "Анна", "email": "anna@mail.example"});
        gateway.post_answer(answer(123, number, data)).await;
    }
    gateway.settle().await;
    let erase = async |body: Value| {
        let request = ("POST", ERASURES);
        gateway.ask_api(request, &token, Some(&body)).await
    };
    let person = json!({"emails": ["Anna@mail.example"]});
    let dry = erase(person.clone()).await;
    check_operation(&dry, ERASURES, "post");
    assert_eq!(
        (&dry.body["count"], &dry.body["erased"]),
        (&json!(2), &Value::Null),
        "{dry:?}"
    );
    let mut wrong = person.clone();
    wrong["confirm"] = json!(1);
    let wrong = erase(wrong).await;
    assert_eq!(
        (wrong.status, &wrong.body["type"]),
        (409, &json!("urn:leadgate:count-changed")),
        "{wrong:?}"
    );
    let found = "/api/v1/submissions?text=anna@mail.example";
    let kept = gateway.read_api(found, &token).await;
    assert_eq!(kept.body["items"].as_array().unwrap().len(), 2);
    let mut confirmed = person.clone();
    confirmed["confirm"] = json!(2);
    let erased = erase(confirmed).await;
    check_operation(&erased, ERASURES, "post");
    assert_eq!(erased.body["erased"]["count"], 2, "{erased:?}");
    let gone = gateway.read_api(found, &token).await;
    assert_eq!(gone.body["items"], json!([]));
    assert_eq!(erase(person).await.body["count"], 0);
    for nobody in [
        json!({}),
        json!({"phones": ["anna"]}),
        json!({"phones": []}),
    ] {
        let refused = erase(nobody).await;
        assert_eq!(refused.body["type"], "urn:leadgate:person", "{refused:?}");
    }
    let admin = gateway.signed_in_as(Role::Admin).await;
    let audit = admin.read("/console/audit").await.text;
    assert!(
        audit.contains("data of a person erased") && !audit.contains("anna@mail"),
        "{audit}"
    );
}
