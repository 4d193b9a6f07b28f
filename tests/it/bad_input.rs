//! Bad input to polls: each request gets its documented reply, nothing panics, nothing is written
//! in part, and hostile text arrives in the CRM unchanged.

use leadgate::domain::State;
use serde_json::{Value, json};

use crate::channels::gateway_with;
use crate::gateway::{Reply, TestGateway, answer};

fn refused(reply: &Reply, status: u16, words: &str) {
    assert_eq!(reply.status, status, "{words}: {reply:?}");
    assert_eq!(reply.content_type, "application/json");
    assert_eq!(
        (&reply.body["status"], &reply.body["is_successful"]),
        (&json!("error"), &json!(false))
    );
    let why = reply.body["description"].as_str().unwrap();
    assert!(why.contains(words), "`{words}` is not in `{why}`");
    for key in ["message", "poll_id", "answer_id"] {
        assert!(
            reply.body.get(key).is_some(),
            "{key} is missing in {}",
            reply.body
        );
    }
}

#[actix_web::test]
async fn invalid_json_is_refused_with_line_and_column() {
    let gateway = TestGateway::start().await;
    let path = "/polls/postAnswer";
    refused(&gateway.post(path, "").await, 400, "тело запроса пустое");
    refused(
        &gateway.post(path, "  \n").await,
        400,
        "тело запроса пустое",
    );
    refused(
        &gateway.post(path, "привет").await,
        400,
        "строка 1, столбец 1",
    );
    refused(
        &gateway.post(path, "{\n  \"data\": {,}\n}").await,
        400,
        "строка 2, столбец 12",
    );
    refused(
        &gateway.post(path, "{\"a\": \"").await,
        400,
        "JSON обрывается",
    );
    refused(
        &gateway
            .post(path, vec![b'{', b'"', b'a', b'"', b':', 0xff, 0xfe])
            .await,
        400,
        "столбец 6: это не UTF-8",
    );
    refused(
        &gateway.post(path, "{\"a\":\"\u{0}\"}").await,
        400,
        "управляющий символ",
    );
    refused(
        &gateway.post(path, "[".repeat(200) + &"]".repeat(200)).await,
        400,
        "вложенность больше 64",
    );
    let deep = format!("{}1{}", "{\"a\":".repeat(200), "}".repeat(200));
    refused(
        &gateway.post(path, deep).await,
        400,
        "вложенность больше 64",
    );
    for kind in ["[]", "1", "\"x\"", "null", "true"] {
        refused(
            &gateway.post(path, kind).await,
            400,
            "поле $ должно быть объектом",
        );
    }
    refused(
        &gateway.post(path, vec![b' '; 5 << 20]).await,
        413,
        "длиннее 1048576 байт",
    );
    assert_eq!(gateway.count(State::Rejected).await, 0);
}

#[actix_web::test]
async fn refuses_a_long_body_without_a_length() {
    let gateway = TestGateway::start().await;
    let chunks = futures_util::stream::iter(
        (0..5 * 64).map(|_| Ok::<_, std::io::Error>(vec![b' '; 16 << 10])),
    );
    let request = gateway
        .http()
        .post(gateway.url("/polls/postAnswer"))
        .header("Content-Type", "application/json")
        .body(reqwest::Body::wrap_stream(chunks));
    refused(&gateway.send(request).await, 413, "длиннее 1048576 байт");
}

#[actix_web::test]
async fn refuses_other_content_types_than_json() {
    let gateway = TestGateway::start().await;
    let body = answer(123, 1, json!({"email": "a@mail.example"})).to_string();
    for (content_type, status) in [
        ("application/json", 200),
        ("Application/JSON; Charset=UTF-8", 200),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("application/json; charset=windows-1251", 415),
    ] {
        let request = gateway
            .http()
            .post(gateway.url("/polls/postAnswer"))
            .header("Content-Type", content_type)
            .body(body.clone());
        let reply = gateway.send(request).await;
        assert_eq!(reply.status, status, "{content_type}");
    }
    let bare = gateway
        .http()
        .post(gateway.url("/polls/postAnswer"))
        .body(body);
    refused(&gateway.send(bare).await, 415, "application/json");
}

#[actix_web::test]
async fn names_ids_and_data_of_the_wrong_type() {
    let gateway = TestGateway::start().await;
    let head = |id: Value| json!({"header_data": {"poll_id": 123, "answer_id": id}, "data": {}});
    let wrong = [
        json!(-345),
        json!(0),
        json!(3.5),
        json!(1e30),
        json!("x"),
        json!([1]),
        json!({}),
        json!(true),
    ];
    for id in wrong {
        refused(
            &gateway.post_answer(head(id)).await,
            400,
            "header_data.answer_id должно быть целым числом",
        );
    }
    let huge = r#"{"header_data":{"poll_id":123,"answer_id":99999999999999999999},"data":{}}"#;
    refused(
        &gateway.post("/polls/postAnswer", huge).await,
        400,
        "header_data.answer_id должно быть",
    );
    refused(
        &gateway.post_answer(head(Value::Null)).await,
        400,
        "нет обязательного поля header_data.answer_id",
    );
    for (data, words) in [
        (json!(["x"]), "поле data должно быть объектом"),
        (json!([[]]), "поле data должно быть объектом"),
        (json!("x"), "поле data должно быть объектом"),
        (json!(false), "поле data должно быть объектом"),
    ] {
        refused(&gateway.post_answer(answer(123, 1, data)).await, 400, words);
    }
    let bare = json!({"header_data": {"poll_id": 123, "answer_id": 1}});
    refused(
        &gateway.post_answer(bare).await,
        400,
        "нет обязательного поля data",
    );
    refused(
        &gateway.post_answer(json!({"data": {}})).await,
        400,
        "нет обязательного поля header_data",
    );
    assert_eq!(gateway.contacts().len() + gateway.deals().len(), 0);
}

#[actix_web::test]
async fn an_answer_with_an_unreadable_phone_or_email_is_delivered_without_it() {
    let gateway = TestGateway::start().await;
    let data = json!({"firstname": "Анна", "phone": "позвоните мне", "email": "не скажу"});
    assert_eq!(gateway.post_answer(answer(123, 1, data)).await.status, 200);
    gateway.settle().await;
    let contact = &gateway.contacts()[0];
    assert_eq!(
        (&contact["HAS_PHONE"], &contact["HAS_EMAIL"]),
        (&json!("N"), &json!("N"))
    );
    let comment = gateway.comments("deal", "1").remove(0);
    assert!(
        comment.contains("позвоните мне") && comment.contains("не скажу"),
        "nothing is lost"
    );
    assert_eq!(gateway.count(State::Delivered).await, 1);
}

/// Removes the invisible character that disables markup.
fn seen(text: &str) -> String {
    text.replace('\u{2060}', "")
}

#[actix_web::test]
async fn hostile_text_arrives_unchanged() {
    let profile = "receive: { polls: [123] }\n\
        fields: { firstname: $.data.firstname, question: $.data.question, email: { from: $.data.email, as: email } }\n\
        contact: { fields: { NAME: \"{{firstname}}\", EMAIL: { value: \"{{email}}\", search: true } } }\n\
        deal: { fields: { TITLE: \"{{firstname}}\", COMMENTS: \"{{question}}\" } }\ncomment: answers\n";
    let gateway = gateway_with(&[("plain.yaml", profile)], &[]).await;
    let texts = [
        "<script>alert(1)</script>",
        "[URL=http://evil.example]сюда[/URL] [B]x[/B]",
        "{{firstname}} {email} <email> {{#each this}}{{/each}}",
        "$result[q0]",
        "a $result[q0][ID] b $total[x] $ERROR[q1]",
        "'; DROP TABLE contacts; --",
        "=HYPERLINK(\"http://evil.example\")",
        "a&fields[TITLE]=x#y+z%00%2B",
        "🙂 Ёлка \u{202e}txet",
        "ноль\u{0}внутри",
        "crm.contact.delete?id=1",
        "%_=@!<>",
    ];
    for (number, text) in (1..).zip(texts) {
        let data = json!({"firstname": text, "email": format!("h{number}@mail.example"), "question": text});
        let reply = gateway.post_answer(answer(123, number, data)).await;
        assert_eq!(reply.status, 200, "{text}");
    }
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, texts.len() as u64);
    let (contacts, deals) = (gateway.contacts(), gateway.deals());
    assert_eq!((contacts.len(), deals.len()), (texts.len(), texts.len()));
    for (number, text) in (1..).zip(texts) {
        let email = format!("h{number}@mail.example");
        let contact = contacts
            .iter()
            .find(|contact| contact["EMAIL"][0]["VALUE"] == email)
            .unwrap();
        // the portal cuts a name to fifty characters
        let name: String = text.chars().take(50).collect();
        assert_eq!(
            contact["NAME"].as_str().unwrap().trim(),
            name.trim(),
            "{text}"
        );
        let id = contact["ID"].as_str().unwrap();
        let deal = deals.iter().find(|deal| deal["CONTACT_ID"] == id).unwrap();
        assert!(
            deal["TITLE"].as_str().unwrap().contains(text),
            "{text}: {}",
            deal["TITLE"]
        );
        assert_eq!(seen(deal["COMMENTS"].as_str().unwrap()), text);
        let comment = gateway
            .comments("deal", deal["ID"].as_str().unwrap())
            .remove(0);
        assert!(
            !comment.contains("[B]") && !comment.contains("[URL=") && !comment.contains("<script")
        );
        let flat = seen(&comment);
        assert!(
            flat.contains(&format!("firstname: {text}")),
            "{text} is not in {flat}"
        );
    }
}

#[actix_web::test]
async fn an_answer_that_is_encoded_twice_is_read() {
    let gateway = TestGateway::start().await;
    let body = answer(
        123,
        77,
        json!({"firstname": "Анна", "email": "anna@mail.example"}),
    );
    let twice = Value::from(body.to_string()).to_string();
    let reply = gateway.post("/polls/postAnswer", twice).await;
    assert_eq!((reply.status, &reply.body["answer_id"]), (200, &json!(77)));
    gateway.settle().await;
    assert_eq!(gateway.contacts()[0]["NAME"], "Анна");
    let again = gateway.post("/polls/postAnswer", body.to_string()).await;
    assert_eq!(again.status, 200);
    gateway.settle().await;
    assert_eq!(gateway.deals().len(), 1, "the same answer");
    let poll = Value::from(r#"{"poll_id":123,"poll_language":"en"}"#).to_string();
    let reply = gateway.post("/polls/postPoll", poll).await;
    assert_eq!((reply.status, &reply.body["poll_id"]), (200, &json!(123)));
}
