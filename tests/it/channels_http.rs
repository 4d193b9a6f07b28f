//! Channels as an HTTP request source: every setting of the reply including the status text, the
//! usual examples of a JSON parser, and missing values.

use std::fmt::Write as _;

use leadgate::domain::State;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::channels::gateway_with;
use crate::gateway::TestGateway;

const SHOP: &str = "receive: { channel: [shop, other, wordless] }\nfields: { order: { from: order, missing: reject } }\n\
    deal: { found: always_create, fields: { TITLE: \"{{order}}\" } }\n";

/// Returns the raw reply to a request.
async fn bytes(gateway: &TestGateway, address: &str, form: &str) -> String {
    let url = gateway.url("");
    let host = url.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
    let request = format!(
        "POST {address} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

fn first_line(answer: &str) -> &str {
    answer.split("\r\n").next().unwrap()
}

#[actix_web::test]
async fn settings_determine_status_status_text_headers_and_body() {
    let settings = r#"
shop:
  reply:
    accepted:
      status: 201
      status_text: Order taken; thank you!
      type: text/plain
      headers: { Access-Control-Allow-Origin: "*", X-From: leadgate }
      body: "{{outcome}}"
    refused: { status_text: Not This One }
other: { reply: { accepted: { status_text: Fine } } }
"#;
    let gateway = gateway_with(&[("shop.yaml", SHOP), ("_channels.yaml", settings)], &[]).await;
    let answer = bytes(&gateway, "/in/shop", "order=1").await;
    assert_eq!(first_line(&answer), "HTTP/1.1 201 Order taken; thank you!");
    for line in [
        "\r\naccess-control-allow-origin: *\r\n",
        "\r\nx-from: leadgate\r\n",
        "\r\ncontent-type: text/plain; charset=utf-8\r\n",
    ] {
        assert!(answer.contains(line), "{line}: {answer}");
    }
    assert!(answer.ends_with("\r\n\r\naccepted"), "{answer}");
    // the settings' status text with our status, and the standard text without settings
    for (address, form, line) in [
        ("/in/shop", "other=1", "HTTP/1.1 422 Not This One"),
        ("/in/other", "order=1", "HTTP/1.1 200 Fine"),
        ("/in/other", "x=1", "HTTP/1.1 422 Unprocessable Entity"),
        ("/in/wordless", "order=1", "HTTP/1.1 200 OK"),
        ("/in/unheard-of", "order=1", "HTTP/1.1 202 Accepted"),
    ] {
        let answer = bytes(&gateway, address, form).await;
        assert_eq!(first_line(&answer), line, "{answer}");
    }
}

/// Status texts stay in memory, so their number is limited: beyond it the standard texts are sent.
#[actix_web::test]
async fn status_texts_beyond_the_limit_are_the_standard_ones() {
    let mut settings = String::new();
    for number in 0..256 {
        writeln!(
            settings,
            "c{number}: {{ reply: {{ accepted: {{ status_text: Text {number} }} }} }}"
        )
        .unwrap();
    }
    // the last one in the order of names
    settings += "shop: { reply: { accepted: { status_text: One more } } }\n";
    let gateway = gateway_with(&[("shop.yaml", SHOP), ("_channels.yaml", &settings)], &[]).await;
    let answer = bytes(&gateway, "/in/shop", "order=1").await;
    assert_eq!(first_line(&answer), "HTTP/1.1 200 OK");
    let answer = bytes(&gateway, "/in/c7", "order=1").await;
    assert_eq!(first_line(&answer), "HTTP/1.1 202 Text 7");
}

/// A JSON parser's examples: a value, a value in an object, a value in a list.
#[actix_web::test]
async fn json_paths_find_values_in_objects_and_lists() {
    let profile = "receive: { channel: call }
fields:
  firstname: firstName
  phone:     { from: $.phone, as: phone }
  code:      $.appealType.Code
  kind:      '[\"appealType\"][\"Name\"]'
  from:      appealText
  question:  '[\"raw\"][1][\"q\"]'
contact: { fields: { NAME: '{{firstname}}', PHONE: { value: '{{phone}}', search: true } } }
deal:
  found: always_create
  fields: { TITLE: '{{kind}} ({{code}})', SOURCE_DESCRIPTION: '{{from}}', COMMENTS: '{{question}}' }
";
    let gateway = gateway_with(&[("call.yaml", profile)], &[]).await;
    let packets = [
        json!({"firstName": "Ольга", "phone": "+79005550142",
               "appealType": {"Code": "101", "Name": "Заказать звонок"}, "appealText": "target_fb"}),
        json!({"phone": "+79005550142", "appealType": {"Code": 101, "Name": "Опрос"},
               "raw": [{"q": "ab6c", "a": "3f0b"}, {"q": "d337", "a": "f3d4"}]}),
    ];
    for packet in packets {
        let reply = gateway
            .post_in("/in/call", "application/json", packet.to_string())
            .await;
        assert_eq!(reply.status, 200, "{reply:?}");
        gateway.settle().await;
    }
    let deals = gateway.deals();
    assert_eq!(deals[0]["TITLE"], "Заказать звонок (101)");
    assert_eq!(deals[0]["SOURCE_DESCRIPTION"], "target_fb");
    assert_eq!(deals[1]["TITLE"], "Опрос (101)");
    assert_eq!(deals[1]["COMMENTS"], "d337");
    assert_eq!(gateway.contacts().len(), 1);
}

/// All choices for a missing value: refuse, write an empty one, leave the field alone, use a
/// default, park the request.
#[actix_web::test]
async fn a_missing_value_is_refused_or_written_empty_as_its_field_says() {
    let profile = |missing: &str| {
        format!(
            "receive: {{ channel: {missing} }}\nfields:\n  order: order\n  note: {{ from: $.note, {} }}\n\
             deal: {{ fields: {{ TITLE: Заказ, COMMENTS: '{{{{note}}}}', \
             UF_CRM_ORDER_ID: {{ value: '{{{{order}}}}', search: true }} }} }}\n",
            if missing == "default" {
                "default: нет".to_owned()
            } else {
                format!("missing: {missing}")
            }
        )
    };
    let rules = ["reject", "park", "empty", "skip", "default"];
    let texts: Vec<(String, String)> = rules
        .iter()
        .map(|rule| (format!("{rule}.yaml"), profile(rule)))
        .collect();
    let files: Vec<(&str, &str)> = texts
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let gateway = gateway_with(&files, &[]).await;
    for (number, rule) in rules.into_iter().enumerate() {
        let fields =
            json!({"TITLE": "Заказ", "COMMENTS": "было", "UF_CRM_ORDER_ID": number.to_string()});
        gateway
            .portal()
            .call("crm.deal.add", json!({"fields": fields}));
        let packet = json!({"order": number, "note": null}).to_string();
        let reply = gateway
            .post_in(&format!("/in/{rule}"), "application/json", packet)
            .await;
        let status = if rule == "reject" { 422 } else { 200 };
        assert_eq!(reply.status, status, "{rule}: {reply:?}");
    }
    gateway.settle().await;
    assert_eq!(gateway.count(State::Parked).await, 1);
    let deals = gateway.deals();
    let notes: Vec<&str> = deals
        .iter()
        .map(|deal| deal["COMMENTS"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(notes, ["было", "было", "", "было", "нет"]);
}

/// A discount card and a nickname identify a person as a phone does.
#[actix_web::test]
async fn a_contact_is_found_by_a_card_or_a_nickname() {
    let profile = "receive: { channel: shop }
fields: { name: name, card: card, nick: nick }
contact:
  match: any
  fields:
    NAME: '{{name}}'
    UF_CRM_CARD: { value: '{{card}}', search: true }
    IM: { value: '{{nick}}', type: TELEGRAM, search: true }
deal: { found: always_create, fields: { TITLE: '{{name}}' } }
";
    let gateway = gateway_with(&[("shop.yaml", profile)], &[]).await;
    let fields = json!({"FIELD_NAME": "CARD", "USER_TYPE_ID": "string", "LABEL": "Карта"});
    gateway
        .portal()
        .call("crm.contact.userfield.add", json!({"fields": fields}));
    for form in [
        "name=Ivan&card=4410&nick=ivan_p",
        "name=Ivan+P&card=4410",
        "name=Vanya&nick=ivan_p",
        "name=Ivan&card=4411",
    ] {
        assert_eq!(gateway.post_in("/in/shop", "", form).await.status, 200);
        gateway.settle().await;
    }
    assert_eq!(gateway.contacts().len(), 2);
    let whose: Vec<Value> = gateway
        .deals()
        .iter()
        .map(|deal| deal["CONTACT_ID"].clone())
        .collect();
    assert_eq!(whose, ["1", "1", "1", "2"]);
}

#[actix_web::test]
async fn extra_slashes_in_a_channels_address_change_nothing() {
    let gateway = gateway_with(
        &[
            (
                "shop.yaml",
                "receive: { channel: shop }\nfields: { name: name }\n\
        deal: { found: always_create, fields: { TITLE: \"{{name}}\" } }\n",
            ),
            (
                "_channels.yaml",
                "shop: { token: { query: key, secret: { file: key } } }\n",
            ),
            ("key", "1234567890abcdef"),
        ],
        &[],
    )
    .await;
    for path in ["/in/shop/", "/in//shop", "//in/shop", "//in//shop//"] {
        let reply = gateway
            .get_in(&format!("{path}?key=1234567890abcdef&name=a//b/"))
            .await;
        assert_eq!(reply.status, 200, "{path}: {reply:?}");
        let denied = gateway.get_in(&format!("{path}?key=other&name=x")).await;
        assert_eq!(denied.status, 401, "{path}: the guard holds");
    }
    for path in ["/in//", "//in/", "/in//shop/x", "/in/shop//x"] {
        assert_eq!(gateway.get_in(path).await.status, 404, "{path}");
    }
    gateway.settle().await;
    assert_eq!(gateway.deals().len(), 4);
    assert_eq!(gateway.deals()[0]["TITLE"], "a//b/");
}
