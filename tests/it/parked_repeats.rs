//! Repeats of a parked answer: with `reply: delivered` it gets another attempt, within limits; with
//! `reply: accepted` it waits for a person.

use futures_util::future::join_all;
use leadgate::domain::{Event, State};
use serde_json::{Value, json};

use crate::channels::gateway_with;
use crate::gateway::{Reply, TestGateway, answer, until};

const RULES: &str = "fields: { email: { from: [$.data.email, $.email], as: email }, city: [$.data.city, $.city] }\n\
    contact: { fields: { EMAIL: { value: \"{{email}}\", search: true } } }\n\
    deal: { found: always_create, fields: { TITLE: \"{{city}}\" } }\n";

async fn waiting() -> TestGateway {
    let poll = format!("receive: {{ polls: [5] }}\nreply: delivered\n{RULES}");
    let shop = format!(
        "receive: {{ channel: shop }}\nidentity: \"{{{{email}}}}\"\nreply: delivered\n{RULES}"
    );
    let plain = format!("receive: {{ polls: [6] }}\n{RULES}");
    let files = [
        ("poll.yaml", &*poll),
        ("shop.yaml", &shop),
        ("plain.yaml", &plain),
    ];
    gateway_with(
        &files,
        &[
            ("polls.delivered_wait", "60s"),
            ("channels.delivered_wait", "60s"),
        ],
    )
    .await
}

/// Makes the portal refuse every deal until its faults are cleared.
fn refuse_deals(gateway: &TestGateway) {
    let mandatory =
        json!({"code": "MANDATORY_FIELD", "entity": "deal", "field": "UF_CRM_ORDER_ID"});
    gateway
        .portal()
        .inject(serde_json::from_value(mandatory).unwrap());
}

async fn anna(gateway: &TestGateway, poll: i64, city: &str) -> Reply {
    let data = json!({"email": "anna@mail.example", "city": city});
    gateway.post_answer(answer(poll, 1, data)).await
}

fn requeued(gateway: &TestGateway, wanted: &str) -> usize {
    let history = gateway.history(wanted);
    let events = history.events.iter();
    events
        .filter(|logged| matches!(logged.event, Event::Requeued(_)))
        .count()
}

#[actix_web::test]
async fn a_parked_answer_is_delivered_when_it_is_repeated() {
    let gateway = waiting().await;
    refuse_deals(&gateway);
    for _ in 0..3 {
        let reply = anna(&gateway, 5, "Пермь").await;
        assert_eq!(
            (reply.status, &reply.body["is_successful"]),
            (422, &json!(false))
        );
    }
    assert_eq!(gateway.count(State::Parked).await, 1);
    gateway.portal().clear_faults();
    let reply = anna(&gateway, 5, "Пермь").await;
    assert_eq!(
        (reply.status, &reply.body["is_successful"]),
        (200, &json!(true)),
        "{reply:?}"
    );
    let calls = gateway.portal().counters().calls;
    let reply = anna(&gateway, 5, "Пермь").await;
    assert_eq!(reply.status, 200);
    assert_eq!(
        gateway.portal().counters().calls,
        calls,
        "a delivered submission stays delivered"
    );
    assert_eq!((gateway.contacts().len(), gateway.deals().len()), (1, 1));
    assert_eq!(requeued(&gateway, "5/1"), 3);
    let shown = gateway.command(&["journal", "show", "5/1", "--lang", "ru"], &[]);
    assert_eq!(shown.matches("для новой попытки").count(), 3, "{shown}");
}

#[actix_web::test]
async fn a_parked_request_is_delivered_when_it_is_repeated() {
    let gateway = waiting().await;
    refuse_deals(&gateway);
    let body = "email=anna@mail.example&city=Omsk";
    let reply = gateway.post_in("/in/shop", "", body).await;
    assert_eq!(
        (reply.status, &reply.body["outcome"]),
        (422, &json!("parked"))
    );
    gateway.portal().clear_faults();
    let again = gateway.post_in("/in/shop", "", body).await;
    assert_eq!(
        (again.status, &again.body["outcome"]),
        (200, &json!("delivered"))
    );
    assert_eq!(reply.body["id"], again.body["id"]);
    assert_eq!((gateway.contacts().len(), gateway.deals().len()), (1, 1));
}

#[actix_web::test]
async fn a_repeat_with_another_body_delivers_the_stored_one_and_is_in_the_history() {
    let gateway = waiting().await;
    refuse_deals(&gateway);
    assert_eq!(anna(&gateway, 5, "Пермь").await.status, 422);
    gateway.portal().clear_faults();
    assert_eq!(anna(&gateway, 5, "Омск").await.status, 200);
    assert_eq!(gateway.deals()[0]["TITLE"], "Пермь");
    let history = gateway.history("5/1");
    let others: Vec<Value> = history
        .events
        .iter()
        .filter_map(|logged| serde_json::from_slice(logged.body.as_ref()?).ok())
        .collect();
    assert_eq!(others.len(), 1);
    assert_eq!(others[0]["data"]["city"], "Омск");
}

#[actix_web::test]
async fn many_repeats_make_few_attempts_and_a_short_history() {
    let gateway = waiting().await;
    refuse_deals(&gateway);
    for _ in 0..12 {
        assert_eq!(anna(&gateway, 5, "Пермь").await.status, 422);
    }
    let history = gateway.history("5/1");
    assert_eq!((history.entry.attempt, history.entry.repeats), (6, 11));
    let calls = gateway.portal().counters().calls;
    let together = (0..20).map(|_| anna(&gateway, 5, "Пермь"));
    for reply in join_all(together).await {
        assert_eq!(reply.status, 422);
    }
    assert_eq!(gateway.portal().counters().calls, calls);
    let later = gateway.history("5/1");
    assert_eq!((later.entry.attempt, later.entry.repeats), (6, 31));
    assert_eq!(later.events.len(), history.events.len());
    gateway.portal().clear_faults();
    gateway.command(&["replay", "5/1"], &[]);
    gateway.settle().await;
    assert_eq!(anna(&gateway, 5, "Пермь").await.status, 200);
    assert_eq!((gateway.contacts().len(), gateway.deals().len()), (1, 1));
}

#[actix_web::test]
async fn concurrent_repeats_share_one_attempt() {
    let gateway = waiting().await;
    refuse_deals(&gateway);
    assert_eq!(anna(&gateway, 5, "Пермь").await.status, 422);
    gateway.portal().clear_faults();
    let together = (0..8).map(|_| anna(&gateway, 5, "Пермь"));
    for reply in join_all(together).await {
        assert_eq!(reply.status, 200, "{reply:?}");
    }
    assert_eq!((gateway.contacts().len(), gateway.deals().len()), (1, 1));
    assert_eq!(gateway.history("5/1").entry.attempt, 2);
}

#[actix_web::test]
async fn with_reply_accepted_a_repeat_is_confirmed_and_stays_parked() {
    let gateway = waiting().await;
    refuse_deals(&gateway);
    assert_eq!(anna(&gateway, 6, "Пермь").await.status, 200);
    gateway.settle().await;
    assert_eq!(gateway.count(State::Parked).await, 1);
    gateway.portal().clear_faults();
    let reply = anna(&gateway, 6, "Пермь").await;
    assert_eq!(
        (reply.status, &reply.body["is_successful"]),
        (200, &json!(true))
    );
    gateway.settle().await;
    assert_eq!(gateway.count(State::Parked).await, 1);
    let entry = gateway.history("6/1").entry;
    assert_eq!((entry.attempt, entry.repeats), (1, 1));
}

#[actix_web::test]
async fn a_repeat_that_the_profile_now_rejects_is_answered_parked() {
    let gateway = waiting().await;
    refuse_deals(&gateway);
    assert_eq!(anna(&gateway, 5, "Пермь").await.status, 422);
    let body = "email=anna@mail.example&city=Omsk";
    assert_eq!(gateway.post_in("/in/shop", "", body).await.status, 422);
    let mappings = gateway.home.path().join("mappings");
    for name in ["poll.yaml", "shop.yaml"] {
        let file = mappings.join(name);
        let strict = std::fs::read_to_string(&file).unwrap();
        let strict = strict.replace(
            "city: [$.data.city, $.city]",
            "city: { from: $.town, missing: reject }",
        );
        std::fs::write(&file, strict).unwrap();
    }
    // a new answer is refused once the edited profile is in use
    let stranger = json!({"email": "boris@mail.example"});
    until("the edited profile is at work", async || {
        let number = gateway.next_answer() + 1;
        let reply = gateway
            .post_answer(answer(5, number, stranger.clone()))
            .await;
        reply.body["description"].as_str().unwrap().contains("city")
    })
    .await;
    let reply = anna(&gateway, 5, "Пермь").await;
    assert_eq!(
        (reply.status, &reply.body["is_successful"]),
        (422, &json!(false))
    );
    let why = reply.body["description"].as_str().unwrap();
    assert!(why.contains("отложен для оператора"), "{why}");
    let reply = gateway.post_in("/in/shop", "", body).await;
    assert_eq!(
        (reply.status, &reply.body["outcome"]),
        (422, &json!("parked"))
    );
}
