//! `each`: one request, many submissions. A single object is one submission; a single value never
//! is.

use leadgate::domain::{ParkReason, State};
use serde_json::{Value, json};

use crate::channels::gateway_with;
use crate::gateway::{Reply, TestGateway};

const PROFILE: &str = "receive: { channel: shop }\nfields: { name: [name, \"$[0]\"] }\n\
    deal: { found: always_create, fields: { TITLE: \"из {{name}}\" } }\n";

async fn shop(each: &str) -> TestGateway {
    let channels = format!("shop: {{ each: \"{each}\" }}\n");
    gateway_with(
        &[("shop.yaml", PROFILE), ("_channels.yaml", &channels)],
        &[],
    )
    .await
}

async fn post(gateway: &TestGateway, body: &Value) -> Reply {
    let body = body.to_string();
    gateway.post_in("/in/shop", "application/json", body).await
}

fn titles(gateway: &TestGateway) -> Vec<String> {
    let title = |deal: &Value| deal["TITLE"].as_str().unwrap().to_owned();
    let mut titles: Vec<_> = gateway.deals().iter().map(title).collect();
    titles.sort();
    titles
}

fn outcomes(reply: &Reply) -> Vec<&str> {
    let results = reply.body["results"].as_array().unwrap();
    let outcomes = results.iter().map(|result| result["outcome"].as_str());
    outcomes.map(Option::unwrap).collect()
}

#[actix_web::test]
async fn one_object_instead_of_a_list_is_one_submission() {
    let anna = json!({"name": "Анна", "phone": "+79123456789", "order": {"sum": 1}});
    for (each, body) in [
        ("$[*]", anna.clone()),
        ("$.orders[*]", json!({"orders": anna})),
        ("$.orders[*]", json!({"orders": [anna]})),
        ("$..orders[*]", json!({"shop": {"orders": anna}})),
        ("$.orders", json!({"orders": anna})),
        ("$[?@.name]", anna.clone()),
    ] {
        let gateway = shop(each).await;
        let reply = post(&gateway, &body).await;
        assert_eq!(reply.status, 200, "{each} {body}: {reply:?}");
        assert_eq!(outcomes(&reply), ["accepted"], "{each} {body}");
        gateway.settle().await;
        assert_eq!(titles(&gateway), ["из Анна"], "{each} {body}");
        gateway.command(
            &[
                "replay",
                reply.body["results"][0]["id"].as_str().unwrap(),
                "--step",
                "crm",
            ],
            &[],
        );
        gateway.settle().await;
        assert_eq!(gateway.count(State::Delivered).await, 1, "{each} {body}");
    }
    let form = shop("$[*]").await;
    assert_eq!(form.get_in("/in/shop?name=Anna&phone=1").await.status, 200);
    form.settle().await;
    assert_eq!(titles(&form), ["из Anna"]);
}

#[actix_web::test]
async fn every_spelling_of_a_list_gives_all_submissions() {
    let (anna, boris) = (json!({"name": "Анна"}), json!({"name": "Борис"}));
    let rows = json!([["Анна", 1], ["Борис", 2]]);
    for body in [json!([anna, boris]), json!({"0": anna, "7": boris}), rows] {
        let gateway = shop("$[*]").await;
        let reply = post(&gateway, &body).await;
        assert_eq!(outcomes(&reply), ["accepted", "accepted"], "{body}");
        gateway.settle().await;
        assert_eq!(titles(&gateway), ["из Анна", "из Борис"], "{body}");
    }
}

#[actix_web::test]
async fn single_values_in_a_list_are_refused_one_by_one_and_kept() {
    let gateway = shop("$[*]").await;
    let reply = post(&gateway, &json!(["Анна", {"name": "Борис"}, null, 7, true])).await;
    assert_eq!(reply.status, 207);
    let refused = "nothing-inside";
    assert_eq!(
        outcomes(&reply),
        [refused, "accepted", refused, refused, refused]
    );
    let result = |number: usize| &reply.body["results"][number];
    for (number, words) in [(0, "строка"), (2, "null"), (3, "число"), (4, "да или нет")]
    {
        let message = result(number)["message"].as_str().unwrap();
        assert!(
            message.contains("Это не заявка") && message.contains(words),
            "{message}"
        );
    }
    gateway.settle().await;
    assert_eq!(titles(&gateway), ["из Борис"]);
    assert_eq!(gateway.count(State::Rejected).await, 4);
    let id = result(0)["id"].as_str().unwrap();
    assert_eq!(gateway.history(id).raw, "\"Анна\"".as_bytes());

    // replayed by id, it is parked for the profile's author; it is not a bug of the program
    gateway.command(&["replay", id, "--rejected"], &[]);
    gateway.settle().await;
    assert_eq!(
        gateway.history(id).entry.reason,
        Some(ParkReason::MappingFailed)
    );
    assert_eq!(gateway.deals().len(), 1);
}

#[actix_web::test]
async fn a_request_without_any_submission_is_refused_with_the_reason_and_kept_whole() {
    for (each, body, words) in [
        (
            "$[*]",
            json!(["a", null]),
            "an object {…} or a list […] is needed, not a text",
        ),
        ("$[*]", json!(null), "not a single value"),
        ("$[*]", json!("Anna"), "not a single value"),
        ("$[*]", json!(7), "not a single value"),
        (
            "$.orders[*]",
            json!({"orders": null, "name": "Анна"}),
            "`each`",
        ),
        ("$.orders[*]", json!({"orders": "x"}), "`each`"),
        ("$.orders[*]", json!({"order": {"name": "Анна"}}), "`each`"),
        (
            "$.orders[*]",
            json!({"orders": [false]}),
            "not true or false",
        ),
        ("$.name", json!({"name": "Анна"}), "not a text"),
    ] {
        let gateway = shop(each).await;
        let request = gateway.posting("/in/shop", "application/json", body.to_string());
        let reply = gateway.send(request.header("Accept-Language", "en")).await;
        assert_eq!(
            (reply.status, &reply.body["outcome"]),
            (422, &json!("nothing-inside")),
            "{each} {body}: {reply:?}"
        );
        let message = reply.body["message"].as_str().unwrap();
        assert!(message.contains(words), "{each} {body}: {message}");
        assert_eq!(gateway.count(State::Rejected).await, 1, "{each} {body}");
        let history = gateway.history(reply.body["id"].as_str().unwrap());
        assert_eq!(history.raw, body.to_string().as_bytes());
        gateway.settle().await;
        assert_eq!(
            gateway.count(State::Parked).await + gateway.deals().len() as u64,
            0
        );
    }
}

#[actix_web::test]
async fn an_empty_list_is_refused_and_not_kept() {
    for (each, body) in [
        ("$[*]", json!([])),
        ("$.orders[*]", json!({"orders": []})),
        ("$.orders[*]", json!({"orders": {}})),
    ] {
        let gateway = shop(each).await;
        let reply = post(&gateway, &body).await;
        assert_eq!(
            (reply.status, &reply.body["outcome"]),
            (422, &json!("nothing-inside")),
            "{body}"
        );
        assert_eq!(gateway.count(State::Rejected).await, 0, "{body}");
    }
}
