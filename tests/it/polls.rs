//! The survey portal's contract: the two documented requests, their replies, and what they become.

use leadgate::domain::State;
use serde_json::{Value, json};

use crate::gateway::{TestGateway, answer};

/// The bodies of the two `curl` commands in the portal's documentation, byte for byte.
const POST_POLL: &str = include_str!("../fixtures/polls/post_poll.json");
const POST_ANSWER: &str = include_str!("../fixtures/polls/post_answer.json");

#[actix_web::test]
async fn documented_requests_get_documented_replies_and_become_contact_and_deal() {
    let gateway = TestGateway::start().await;
    let reply = gateway.post("/polls/postPoll", POST_POLL).await;
    assert_eq!(
        (reply.status, reply.content_type.as_str()),
        (200, "application/json")
    );
    assert_eq!(
        reply.body,
        json!({
            "status": "success",
            "message": "Связанная опросная форма для ID 123 создана в CRM или уже существует",
            "description": "Опрос подключён, ответы принимаются",
            "poll_id": 123, "is_successful": true,
        })
    );
    let reply = gateway.post("/polls/postAnswer", POST_ANSWER).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body["status"], "success");
    assert_eq!(
        reply.body["message"],
        "Ответ 345 успешно сохранён и передаётся в CRM"
    );
    assert!(
        reply.body["description"]
            .as_str()
            .unwrap()
            .starts_with("Номер в журнале шлюза: ")
    );
    assert_eq!(
        (&reply.body["poll_id"], &reply.body["answer_id"]),
        (&json!(123), &json!(345))
    );
    assert_eq!(reply.body["is_successful"], true);

    gateway.settle().await;
    let (contacts, deals) = (gateway.contacts(), gateway.deals());
    assert_eq!(
        (contacts.len(), deals.len(), gateway.leads().len()),
        (1, 1, 0)
    );
    assert_eq!(contacts[0]["NAME"], "Моё Имя");
    assert_eq!(contacts[0]["LAST_NAME"], "Моя Фамилия");
    assert_eq!(contacts[0]["EMAIL"][0]["VALUE"], "test@dev.null");
    let deal = &deals[0];
    assert_eq!(
        deal["TITLE"],
        "Вопрос по ОП: Моё Имя Моя Фамилия (ответ №345)"
    );
    assert_eq!(deal["CONTACT_ID"], contacts[0]["ID"]);
    for mark in [
        "UTM_SOURCE",
        "UTM_MEDIUM",
        "UTM_CAMPAIGN",
        "UTM_TERM",
        "UTM_CONTENT",
    ] {
        assert_eq!(deal[mark], "direct", "{mark}");
    }
    assert_eq!(
        deal["SOURCE_DESCRIPTION"],
        "https://portal.hse.ru/polls/123.html"
    );
    let comments = gateway.comments("deal", deal["ID"].as_str().unwrap());
    assert_eq!(comments.len(), 1);
    for said in [
        "firstname: моё имя",
        "lastname: моя фамилия",
        "test@dev.null",
    ] {
        assert!(
            comments[0].contains(said),
            "{said} is not in {}",
            comments[0]
        );
    }
    for technical in ["CJ890", "123.45.67.89", "answer_id"] {
        assert!(!comments[0].contains(technical), "{}", comments[0]);
    }
}

#[actix_web::test]
async fn a_repeat_succeeds_and_changes_nothing() {
    let gateway = TestGateway::start().await;
    gateway.post("/polls/postAnswer", POST_ANSWER).await;
    gateway.settle().await;
    let calls = gateway.portal().counters().calls;
    for _ in 0..3 {
        let reply = gateway.post("/polls/postAnswer", POST_ANSWER).await;
        assert_eq!(
            (reply.status, &reply.body["is_successful"]),
            (200, &json!(true))
        );
        assert_eq!(reply.body["message"], "Ответ 345 был зарегистрирован ранее");
    }
    gateway.settle().await;
    assert_eq!(
        gateway.portal().counters().calls,
        calls,
        "a repeat asks the CRM nothing"
    );
    assert_eq!((gateway.contacts().len(), gateway.deals().len()), (1, 1));
}

#[actix_web::test]
async fn a_second_answer_of_a_person_updates_contact_and_open_deal() {
    let gateway = TestGateway::start().await;
    let people = [
        json!({"firstname": "Анна", "email": "anna@mail.example", "phone": "+79123456789", "question": "Первый"}),
        json!({"firstname": "Аня", "email": "ANNA@Mail.Example", "question": "Второй"}),
        json!({"firstname": "А.", "phone": "8 (912) 345-67-89", "question": "Третий"}),
        json!({"phone": "9123456789", "email": "second@mail.example"}),
    ];
    for (number, data) in (1..).zip(people) {
        let reply = gateway.post_answer(answer(123, number, data)).await;
        assert_eq!(reply.status, 200);
        gateway.settle().await;
    }
    let contacts = gateway.contacts();
    assert_eq!(contacts.len(), 1);
    assert_eq!(
        contacts[0]["NAME"], "Анна",
        "the profile leaves a found contact's name"
    );
    assert_eq!(
        contacts[0]["PHONE"].as_array().unwrap().len(),
        1,
        "no second spelling of the phone"
    );
    assert_eq!(
        contacts[0]["EMAIL"].as_array().unwrap().len(),
        2,
        "a new address is added in any case"
    );
    let deals = gateway.deals();
    assert_eq!(deals.len(), 1, "the profile updates the open deal");
    assert_eq!(deals[0]["COMMENTS"], "Первый\nВторой\nТретий");
    assert!(
        deals[0]["TITLE"].as_str().unwrap().ends_with("(ответ №1)"),
        "on_update: keep"
    );
    assert_eq!(gateway.comments("deal", "1").len(), 4);
}

#[actix_web::test]
async fn an_english_poll_gets_english_replies() {
    let gateway = TestGateway::start().await;
    let poll = json!({"express_poll_id": "124", "name": "Open day", "poll_language": "en"});
    let reply = gateway.post_poll(poll.clone()).await;
    assert_eq!(
        reply.body["message"],
        "The form linked to poll 124 was created or exists already"
    );
    let again = gateway.post_poll(poll).await;
    assert_eq!(
        again.body["description"],
        "The poll is connected again (2 times so far), answers are accepted"
    );
    let reply = gateway
        .post_answer(answer(124, 1, json!({"email": "a@mail.example"})))
        .await;
    assert_eq!(
        reply.body["message"],
        "Answer 1 is saved and on its way to the CRM"
    );
    let reply = gateway
        .post_answer(json!({"header_data": {"poll_id": 124}, "data": {}}))
        .await;
    assert_eq!(reply.status, 400);
    assert_eq!(reply.body["message"], "The answer was not saved");
    assert_eq!(
        reply.body["description"],
        "the required field header_data.answer_id is missing"
    );
}

#[actix_web::test]
async fn a_registration_becomes_a_lead_and_one_without_an_email_is_rejected() {
    let gateway = TestGateway::start().await;
    let data = json!({"firstname": "Пётр", "lastname": "Сидоров", "email": "petr@mail.example", "topics": ["Право", "Экономика"]});
    let reply = gateway.post_answer(answer(200, 1, data)).await;
    assert_eq!(reply.status, 200);
    let refused = gateway
        .post_answer(answer(200, 2, json!({"firstname": "Без почты"})))
        .await;
    assert_eq!(
        (refused.status, &refused.body["is_successful"]),
        (422, &json!(false))
    );
    let why = refused.body["description"].as_str().unwrap();
    assert!(
        why.contains("«email»") && why.contains("$['data']['email']"),
        "{why}"
    );
    gateway.settle().await;
    let leads = gateway.leads();
    assert_eq!((leads.len(), gateway.deals().len()), (1, 0));
    assert_eq!(leads[0]["TITLE"], "Регистрация: Сидоров Пётр");
    assert_eq!(gateway.count(State::Rejected).await, 1, "kept for history");
    // corrected and sent again
    let reply = gateway
        .post_answer(answer(200, 2, json!({"email": "b@mail.example"})))
        .await;
    assert_eq!(reply.status, 200);
    gateway.settle().await;
    assert_eq!(gateway.leads().len(), 2);
}

#[actix_web::test]
async fn the_base_path_is_a_setting_with_exactly_two_paths_below_it() {
    let gateway = TestGateway::with(&[("polls.base_path", "/crm/in")]).await;
    assert_eq!(
        gateway.post("/crm/in/postPoll", POST_POLL).await.status,
        200
    );
    for path in ["/crm/in/other", "/crm/in/postpoll"] {
        let reply = gateway.post(path, POST_POLL).await;
        assert_eq!(
            (reply.status, &reply.body["is_successful"]),
            (404, &json!(false)),
            "{path}"
        );
    }
    for method in [
        reqwest::Method::GET,
        reqwest::Method::PUT,
        reqwest::Method::DELETE,
    ] {
        let request = gateway
            .http()
            .request(method, gateway.url("/crm/in/postAnswer"));
        let reply = gateway.send(request).await;
        assert_eq!(
            (reply.status, &reply.body["is_successful"]),
            (405, &json!(false))
        );
    }
}

#[actix_web::test]
async fn empty_lists_and_null_are_read_as_empty_objects() {
    let gateway = TestGateway::start().await;
    let head = |number: i64, analytics: Value| json!({"poll_id": 123, "answer_id": number, "gid": null, "analytics": analytics});
    let mut number = 0;
    for empty in [json!([]), Value::Null, json!({})] {
        let inside = json!({"cookies": empty, "params": empty, "url": "https://portal.hse.ru/polls/123.html"});
        for (analytics, data) in [
            (inside.clone(), empty.clone()),
            (empty.clone(), empty.clone()),
            (inside, json!({"email": "a@mail.example"})),
            (
                empty.clone(),
                json!({"email": "a@mail.example", "firstname": empty}),
            ),
        ] {
            number += 1;
            let body = json!({"header_data": head(number, analytics), "data": data});
            let reply = gateway.post_answer(body).await;
            assert_eq!(
                (reply.status, &reply.body["is_successful"]),
                (200, &json!(true)),
                "{reply:?}"
            );
        }
    }
    let headless = json!({"header_data": [], "data": []});
    let reply = gateway.post_answer(headless).await;
    assert_eq!(reply.status, 400);
    assert_eq!(
        reply.body["description"],
        "нет обязательного поля header_data.poll_id"
    );
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 12);
    assert_eq!(gateway.contacts().len(), 1);
}

#[actix_web::test]
async fn extra_slashes_in_a_polls_address_change_nothing() {
    let gateway = TestGateway::start().await;
    for path in [
        "/polls//postPoll",
        "/polls/postPoll/",
        "//polls/postPoll",
        "//polls//postPoll//?x=1",
    ] {
        let reply = gateway.post(path, POST_POLL).await;
        assert_eq!(reply.status, 200, "{path}: {reply:?}");
    }
    for path in ["/polls//postAnswer", "//polls/postAnswer/"] {
        let reply = gateway.post(path, POST_ANSWER).await;
        assert_eq!(reply.status, 200, "{path}: {reply:?}");
    }
    for path in ["/polls/postPoll//x", "/polls//other", "/polls/"] {
        assert_eq!(gateway.post(path, POST_POLL).await.status, 404, "{path}");
    }
    let get = gateway.http().get(gateway.url("/polls//postAnswer/"));
    let reply = gateway.send(get).await;
    assert_eq!(
        (reply.status, &reply.body["is_successful"]),
        (405, &json!(false))
    );
    for path in ["//healthz", "/readyz/", "//sandbox", "//rest//1/x/profile"] {
        let reply = gateway.send(gateway.http().get(gateway.url(path))).await;
        assert_eq!(reply.status, 404, "other paths stay exact: {path}");
    }

    let root = TestGateway::with(&[("polls.base_path", "/")]).await;
    for path in ["/postPoll", "//postPoll", "/postPoll/"] {
        assert_eq!(root.post(path, POST_POLL).await.status, 200, "{path}");
    }
}

#[actix_web::test]
async fn only_listed_addresses_may_call_and_a_forged_header_does_not_help() {
    let gateway =
        TestGateway::with(&[("polls.allowed_addresses", "192.0.2.0/24, 2001:db8::/32")]).await;
    let forged = gateway
        .http()
        .post(gateway.url("/polls/postPoll"))
        .header("Content-Type", "application/json")
        .header("X-Forwarded-For", "192.0.2.1")
        .body(POST_POLL);
    let reply = gateway.send(forged).await;
    assert_eq!(
        (reply.status, &reply.body["is_successful"]),
        (403, &json!(false))
    );

    let gateway = TestGateway::with(&[
        ("polls.allowed_addresses", "192.0.2.0/24, 2001:db8::/32"),
        ("server.trusted_proxies", "127.0.0.1"),
    ])
    .await;
    for (forwarded, status) in [
        ("192.0.2.1", 200),
        ("2001:db8::7", 200),
        ("198.51.100.1", 403),
        ("192.0.2.1, 198.51.100.1", 403),
    ] {
        let request = gateway
            .http()
            .post(gateway.url("/polls/postPoll"))
            .header("Content-Type", "application/json")
            .header("X-Forwarded-For", forwarded)
            .body(POST_POLL);
        assert_eq!(gateway.send(request).await.status, status, "{forwarded}");
    }
}

#[actix_web::test]
async fn a_stopping_gateway_finishes_running_work() {
    let gateway = TestGateway::start().await;
    for number in 1..=20 {
        let data = json!({"email": format!("p{number}@mail.example")});
        assert_eq!(
            gateway.post_answer(answer(123, number, data)).await.status,
            200
        );
    }
    let home = gateway.stop().await;
    let again = TestGateway::at(home, &[]).await;
    again.settle().await;
    assert_eq!(
        (again.contacts().len(), again.deals().len()),
        (20, 20),
        "sandbox and queue were kept"
    );
    assert_eq!(again.count(State::Delivered).await, 20);
}

#[actix_web::test]
async fn health_readiness_and_metrics_are_served() {
    let gateway = TestGateway::start().await;
    leadgate::telemetry::metrics_handle();
    gateway.post("/polls/postAnswer", POST_ANSWER).await;
    gateway.settle().await;
    for (path, status) in [("/healthz", "ok"), ("/readyz", "ready")] {
        let reply = gateway.send(gateway.http().get(gateway.url(path))).await;
        assert_eq!(
            (reply.status, &reply.body["status"]),
            (200, &Value::from(status))
        );
    }
    let text = gateway
        .http()
        .get(gateway.url("/metrics"))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    for figure in [
        "leadgate_submissions{state=\"delivered\"} 1",
        "leadgate_intake_total",
        "leadgate_crm_calls_total",
    ] {
        assert!(text.contains(figure), "{figure} is not in\n{text}");
    }
    assert!(!text.contains("dev.null"), "no people in figures");
}
