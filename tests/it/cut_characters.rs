//! Emojis that a form cut in two: the body is read, the history says so, the bytes stay unchanged.

use leadgate::domain::{Event, Explanation, State};
use leadgate::journal::History;
use serde_json::{Value, json};

use crate::channels::{URLENCODED, gateway_with};
use crate::gateway::{Reply, TestGateway};

const SHOP: &str = "receive: { channel: shop }\nfields: { name: name, odd: \"$['x\u{fffd}']\" }\n\
    deal: { found: always_create, fields: { TITLE: \"{{name}}{{odd}}\" } }\n";

/// Returns how often the history says that characters were cut.
fn noted(history: &History) -> usize {
    let notes = history.events.iter();
    notes
        .filter(|logged| logged.event == Event::Because(Explanation::CutCharacters))
        .count()
}

fn id(reply: &Reply) -> &str {
    reply.body["id"].as_str().unwrap()
}

#[actix_web::test]
async fn an_answer_with_a_cut_emoji_is_delivered_and_its_history_says_so() {
    let gateway = TestGateway::start().await;
    let body = r#"{"header_data":{"poll_id":123,"answer_id":1},"data":{"firstname":"Анна \ud83d","cut\uDE00":"\ude00\ud83d","email":"a@mail.example"}}"#;
    for message in [
        "Ответ 1 успешно сохранён и передаётся в CRM",
        "Ответ 1 был зарегистрирован ранее",
    ] {
        let reply = gateway.post("/polls/postAnswer", body).await;
        assert_eq!(
            (reply.status, &reply.body["message"]),
            (200, &json!(message))
        );
    }
    gateway.settle().await;
    assert_eq!(gateway.contacts()[0]["NAME"], "Анна \u{fffd}");
    let history = gateway.history("123/1");
    assert_eq!(noted(&history), 1);
    assert_eq!(history.raw, body.as_bytes(), "the bytes stay as they came");
    for (lang, words) in [("ru", "прочитаны как U+FFFD"), ("en", "read as U+FFFD")] {
        let shown = gateway.command(&["journal", "show", "123/1", "--lang", lang], &[]);
        assert_eq!(shown.matches(words).count(), 1, "{shown}");
    }
}

#[actix_web::test]
async fn a_poll_with_a_cut_emoji_in_its_name_is_connected() {
    let gateway = TestGateway::start().await;
    let body = r#"{"poll_id":123,"poll_name":"Опрос \ud83d","x\ud83d":1}"#;
    let reply = gateway.post("/polls/postPoll", body).await;
    assert_eq!(reply.status, 200, "{reply:?}");
}

#[actix_web::test]
async fn a_channels_json_with_cut_emojis_is_read_in_any_charset() {
    let gateway = gateway_with(&[("shop.yaml", SHOP)], &[]).await;
    let windows = [&b"{\"name\":\"\xc0\xed\xed\xe0 \\ud83d\"}"[..], b""].concat();
    for (content_type, body) in [
        ("application/json", br#"{"name":"a\uD83D"}"#.to_vec()),
        ("", br#"{"x\ud83d":"key"}"#.to_vec()),
        (
            "application/json",
            br#"{"\_x":"\ude00","name":"Markdown\_\ud83d"}"#.to_vec(),
        ),
        ("application/json; charset=windows-1251", windows),
        (
            "application/json",
            br#"{"name":"whole \ud83d\ude00"}"#.to_vec(),
        ),
        (URLENCODED, br"name=form \ud83d".to_vec()),
    ] {
        let reply = gateway.post_in("/in/shop", content_type, body).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        gateway.settle().await;
        let title = gateway.deals().last().unwrap()["TITLE"].clone();
        let is_cut = title.as_str().unwrap().contains('\u{fffd}') || title == "key";
        assert_eq!(noted(&gateway.history(id(&reply))) == 1, is_cut, "{title}");
    }
    let titles: Vec<Value> = gateway
        .deals()
        .iter()
        .map(|deal| deal["TITLE"].clone())
        .collect();
    let wanted = [
        "a\u{fffd}",
        "key",
        "Markdown_\u{fffd}",
        "Анна \u{fffd}",
        "whole 😀",
        r"form \ud83d",
    ];
    assert_eq!(titles, wanted);
}

#[actix_web::test]
async fn only_submissions_with_a_cut_emoji_get_a_note() {
    let gateway = gateway_with(
        &[
            ("shop.yaml", SHOP),
            ("_channels.yaml", "shop: { each: \"$[*]\" }\n"),
        ],
        &[],
    )
    .await;
    let body = r#"[{"name":"a\ud83d"},{"name":"b"}]"#;
    let reply = gateway.post_in("/in/shop", "application/json", body).await;
    gateway.settle().await;
    let cut: Vec<bool> = reply.body["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| {
            let id = result["id"].as_str().unwrap();
            noted(&gateway.history(id)) == 1
        })
        .collect();
    assert_eq!(cut, [true, false]);
}

#[actix_web::test]
async fn captured_and_refused_bodies_get_the_note_too() {
    let gateway = gateway_with(
        &[(
            "shop.yaml",
            &SHOP.replace("name: name", "name: { from: name, missing: reject }"),
        )],
        &[],
    )
    .await;
    let captured = gateway
        .post_in("/in/later", "", r#"{"name":"\ud83d"}"#)
        .await;
    assert_eq!(
        (captured.status, &captured.body["outcome"]),
        (202, &json!("captured"))
    );
    let refused = gateway.post_in("/in/shop", "", r#"{"x":"\ud83d"}"#).await;
    assert_eq!(
        (refused.status, &refused.body["outcome"]),
        (422, &json!("rejected"))
    );
    for reply in [&captured, &refused] {
        assert_eq!(noted(&gateway.history(id(reply))), 1);
    }
    let broken = gateway.post_in("/in/shop", "", r#"{"a":"\ud83d" 1}"#).await;
    assert_eq!(broken.status, 400);
    let why = broken.body["message"].as_str().unwrap();
    assert!(why.contains("столбец 15: здесь ожидается запятая"), "{why}");
    assert_eq!(gateway.count(State::Rejected).await, 1);
}

#[actix_web::test]
async fn invalid_utf8_is_read_as_cut_characters_in_a_channel() {
    let gateway = gateway_with(&[("shop.yaml", SHOP)], &[]).await;
    let cases: [(&[u8], &str); 5] = [
        (b"\xed\xa0\xbd", "\u{fffd}"),
        (b"\xd0\x90\xd0\xbd\xd0", "Ан\u{fffd}"),
        (b"\xf0\x9f\x98", "\u{fffd}"),
        (b"\xd0\x90\xd0\xbd \xff\xfe", "Ан \u{fffd}\u{fffd}"),
        (b"\xd0\x90\xed\xa0\xbd\xed\xb8\x80", "А😀"),
    ];
    for (bytes, wanted) in cases {
        let body = [b"{\"name\":\"", bytes, b"\"}"].concat();
        let reply = gateway
            .post_in("/in/shop", "application/json", body.clone())
            .await;
        assert_eq!(reply.status, 200, "{reply:?}");
        gateway.settle().await;
        assert_eq!(gateway.deals().last().unwrap()["TITLE"], wanted);
        let history = gateway.history(id(&reply));
        assert_eq!(history.raw, body, "the bytes stay as they came");
        assert_eq!(noted(&history) == 1, wanted != "А😀", "{wanted}");
    }
    for (body, wanted) in [
        (&b"{\"x\xed\xa0\xbd\":\"key\"}"[..], "key"),
        // windows-1251 is recognised as before
        (b"{\"name\":\"\xc0\xed\xed\xe0\"}", "Анна"),
    ] {
        let reply = gateway
            .post_in("/in/shop", "application/json", body.to_vec())
            .await;
        assert_eq!(reply.status, 200, "{reply:?}");
        gateway.settle().await;
        assert_eq!(gateway.deals().last().unwrap()["TITLE"], wanted);
    }
}

#[actix_web::test]
async fn invalid_utf8_is_read_as_cut_characters_in_an_answer() {
    let gateway = TestGateway::start().await;
    let head = br#"{"header_data":{"poll_id":123,"answer_id":1},"data":{"email":"a@mail.example","firstname":""#;
    let body = [&head[..], b"\xd0\x90\xd0\xbd\xd0\",\"\xff\xfe\":1}}"].concat();
    let reply = gateway.post("/polls/postAnswer", body.clone()).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    gateway.settle().await;
    assert_eq!(gateway.contacts()[0]["NAME"], "Ан\u{fffd}");
    let history = gateway.history("123/1");
    assert_eq!((noted(&history), history.raw.as_ref()), (1, &body[..]));
    let windows = b"{\"poll_name\":\"\xc0\xed\xed\xe0\"}".to_vec();
    let refused = gateway.post("/polls/postPoll", windows).await;
    assert_eq!(refused.status, 400, "polls are UTF-8");
}
