//! Many answers at once, while the portal misbehaves: every accepted answer is delivered or parked,
//! each person becomes one contact, each answer at most one deal. The sandbox's seeded plan makes
//! the faults repeatable.

use leadgate::domain::State;
use leadgate::simulator::{Latency, Limits, Portal};
use serde_json::{Value, json};

use crate::gateway::{TestGateway, answer};

/// Returns the n-th invented person.
pub(crate) fn person(number: i64) -> Value {
    json!({
        "firstname": format!("Имя{number}"), "email": format!("p{number}@mail.example"),
        "phone": format!("+7912{:07}", 1_000_000 + number),
    })
}

pub(crate) async fn send_all(gateway: &TestGateway, answers: Vec<Value>) {
    let sent = answers.into_iter().map(|answer| async move {
        let reply = gateway.post_answer(answer).await;
        assert_eq!(reply.body["is_successful"], true, "{reply:?}");
    });
    futures_util::future::join_all(sent).await;
}

/// Asserts that no person and no answer exists twice.
pub(crate) fn nothing_doubled(portal: &Portal) {
    let counters = portal.counters().to_json();
    for duplicates in ["duplicates_by_match_code", "duplicates_by_origin"] {
        for kind in ["contact", "lead", "deal"] {
            assert_eq!(counters[duplicates][kind], 0, "{duplicates}: {counters}");
        }
    }
}

#[actix_web::test]
async fn a_flood_of_new_people_shares_calls() {
    let gateway = TestGateway::start().await;
    let answers = (1..=200).map(|n| answer(124, n, person(n)));
    gateway.send_together(answers.collect()).await;
    let before = gateway.portal().counters();
    gateway.settle().await;
    assert_eq!(
        (
            gateway.contacts().len(),
            gateway.rows("crm.deal.list").len()
        ),
        (50, 50),
        "a page each"
    );
    let counters = gateway.portal().counters();
    assert_eq!(
        (
            counters.records["contact"],
            counters.records["deal"],
            counters.comments
        ),
        (200, 200, 200)
    );
    nothing_doubled(&gateway.portal());
    let calls = counters.calls - before.calls;
    assert!(calls <= 60, "{calls} calls for 200 answers");
}

#[actix_web::test]
async fn ten_answers_of_one_new_person_at_once_make_one_contact() {
    for kind in ["phone", "email", "crossed"] {
        let gateway = TestGateway::start().await;
        let anna = person(1);
        let answers = (1..=10).map(|number| {
            let mut data = anna.clone();
            match (kind, number % 3) {
                ("phone", _) | ("crossed", 0) => data.as_object_mut().unwrap().remove("email"),
                ("email", _) | ("crossed", 1) => data.as_object_mut().unwrap().remove("phone"),
                _ => None,
            };
            answer(123, number, data)
        });
        gateway.send_together(answers.collect()).await;
        gateway.settle().await;
        let counters = gateway.portal().counters();
        assert_eq!(
            (counters.records["contact"], counters.records["deal"]),
            (1, 1),
            "{kind}"
        );
        assert_eq!(
            counters.comments, 10,
            "{kind}: every answer is in the timeline"
        );
        nothing_doubled(&gateway.portal());
    }
}

#[actix_web::test]
async fn an_answer_sent_three_times_out_of_order_is_one_answer() {
    let gateway = TestGateway::start().await;
    let mut answers = Vec::new();
    for number in 1..=60 {
        for copy in 0..3 {
            // a fixed shuffle
            answers.push((
                (number * 7919 + copy * 104_729) % 1009,
                answer(124, number, person(number)),
            ));
        }
    }
    answers.sort_by_key(|(place, _)| *place);
    send_all(
        &gateway,
        answers.into_iter().map(|(_, answer)| answer).collect(),
    )
    .await;
    gateway.settle().await;
    let counters = gateway.portal().counters();
    assert_eq!(
        (
            counters.records["contact"],
            counters.records["deal"],
            counters.comments
        ),
        (60, 60, 60)
    );
    nothing_doubled(&gateway.portal());
}

#[actix_web::test]
async fn many_faults_duplicate_and_lose_nothing() {
    let faults = [
        ("QUERY_LIMIT_EXCEEDED", 0.1),
        ("RESET_AFTER", 0.1),
        ("RESET_BEFORE", 0.05),
        ("BAD_GATEWAY", 0.05),
        ("CUT_BODY", 0.1),
        ("ERROR_AFTER_SAVE", 0.02),
    ];
    let gateway = TestGateway::with(&[("delivery.retry_longest", "200ms")]).await;
    for (code, chance) in faults {
        let fault = json!({"code": code, "times": {"chance": chance}});
        gateway
            .portal()
            .inject(serde_json::from_value(fault).unwrap());
    }
    let cut = json!({"code": "CUT_BATCH", "after": 7, "times": {"chance": 0.1}});
    gateway
        .portal()
        .inject(serde_json::from_value(cut).unwrap());
    send_all(
        &gateway,
        (1..=120).map(|n| answer(124, n, person(n))).collect(),
    )
    .await;
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 120);
    let counters = gateway.portal().counters();
    assert!(
        counters.faults > 10,
        "{} faults were played",
        counters.faults
    );
    assert_eq!(
        (
            counters.records["contact"],
            counters.records["deal"],
            counters.comments
        ),
        (120, 120, 120)
    );
    nothing_doubled(&gateway.portal());
}

#[actix_web::test]
async fn a_slow_portal_gets_shorter_calls() {
    let gateway = TestGateway::with(&[("delivery.retry_longest", "200ms")]).await;
    let portal = gateway.portal();
    // fifty commands would take four seconds, but the portal cuts a call off after one and a half
    let slow = std::time::Duration::from_millis(80);
    portal.set_latency(Latency {
        command: slow,
        ..Latency::default()
    });
    portal.set_limits(Limits {
        request_timeout: 1.5,
        ..Limits::off()
    });
    let answers = (1..=60).map(|n| answer(124, n, person(n)));
    gateway.send_together(answers.collect()).await;
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 60);
    assert_eq!(portal.counters().records["deal"], 60);
    nothing_doubled(&portal);
}

#[actix_web::test]
async fn never_exceeds_the_portals_limits() {
    let gateway = TestGateway::with(&[("sandbox.limits", "standard")]).await;
    send_all(
        &gateway,
        (1..=100).map(|n| answer(124, n, person(n))).collect(),
    )
    .await;
    gateway.settle().await;
    let counters = gateway.portal().counters();
    assert_eq!(counters.refused, 0);
    assert_eq!(counters.records["deal"], 100);
}
