//! XML and CSV on a channel: received, mapped, split, previewed.

use serde_json::{Value, json};

use crate::channels::gateway_with;
use crate::gateway::TestGateway;

const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<order id=\"6510\">\n  <client><name>Анна</name>\
    <phone>+7 912 345-67-89</phone></client>\n  <price currency=\"RUB\">3500</price>\n  \
    <items><item><title>Кружка</title></item></items>\n</order>";

const ORDER: &str = r#"
receive: { channel: shop }
fields:
  number: $.order.id
  name: $.order.client.name
  phone: { from: $.order.client.phone, as: phone }
  price: { from: $.order.price.text, as: money }
  goods: { from: "$.order.items.item[*].title", as: join }
contact: { fields: { NAME: "{{name}}", PHONE: { value: "{{phone}}", search: true } } }
deal: { fields: { TITLE: "Заказ {{number}}: {{goods}}", OPPORTUNITY: "{{price}}" } }
comment: full
"#;

const ROWS: &str = r#"
receive: { channel: rows }
fields: { name: $.name, phone: { from: $.phone, as: phone } }
contact: { fields: { NAME: "{{name}}", PHONE: { value: "{{phone}}", search: true } } }
deal: { fields: { TITLE: "Строка: {{name}}" } }
"#;

async fn gateway() -> TestGateway {
    gateway_with(
        &[
            ("shop.yaml", ORDER),
            ("rows.yaml", ROWS),
            ("bars.yaml", &ROWS.replace("channel: rows", "channel: bars")),
            (
                "_channels.yaml",
                "rows: { each: \"$[*]\" }\nbars: { each: \"$[*]\", csv: { separator: \"|\" } }\n",
            ),
        ],
        &[],
    )
    .await
}

fn titles(gateway: &TestGateway) -> Vec<String> {
    let title = |deal: &Value| deal["TITLE"].as_str().unwrap().to_owned();
    gateway.deals().iter().map(title).collect()
}

#[actix_web::test]
async fn an_xml_order_becomes_a_deal() {
    let gateway = gateway().await;
    let reply = gateway.post_in("/in/shop", "application/xml", XML).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    gateway.settle().await;
    let deal = gateway.deals()[0].clone();
    assert_eq!(deal["TITLE"], "Заказ 6510: Кружка");
    assert_eq!(deal["OPPORTUNITY"], "3500.00");
    assert_eq!(gateway.contacts()[0]["NAME"], "Анна");
    let comment = gateway.comments("deal", "1").concat();
    assert!(comment.contains("title: Кружка"), "{comment}");
    let refused = gateway
        .post_in("/in/shop", "text/xml", "<order>\n<id")
        .await;
    assert_eq!(refused.status, 400);
    let message = refused.body["message"].as_str().unwrap();
    assert!(message.contains("XML обрывается в строке 2"), "{message}");
}

#[actix_web::test]
async fn each_row_of_a_csv_is_a_submission() {
    let gateway = gateway().await;
    let text = "name;phone\r\nАнна;8 912 345-67-89\r\n\"Орлова, Мария\";8 912 345-67-80\r\n";
    let (bytes, _, _) = encoding_rs::WINDOWS_1251.encode(text);
    let reply = gateway
        .post_in("/in/rows", "text/csv", bytes.into_owned())
        .await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.body["results"].as_array().unwrap().len(), 2);
    gateway.settle().await;
    let mut found = titles(&gateway);
    found.sort();
    assert_eq!(found, ["Строка: Анна", "Строка: Орлова, Мария"]);
    // and without a type, as curl sends a file
    let more = "name,phone\nПётр,8 912 345-67-81\n";
    let reply = gateway
        .post_in("/in/rows", "application/x-www-form-urlencoded", more)
        .await;
    assert_eq!(reply.status, 200, "{reply:?}");
    gateway.settle().await;
    assert_eq!(titles(&gateway).len(), 3);
    let open = "name,phone\n\"Пётр,8 912 345-67-82\n";
    let refused = gateway.post_in("/in/rows", "text/csv", open).await;
    assert_eq!(
        (refused.status, &refused.body["status"]),
        (400, &json!("error"))
    );
}

#[actix_web::test]
async fn a_channel_may_name_the_separator_of_its_csv() {
    let gateway = gateway().await;
    for (kind, row) in [
        ("text/csv", "Анна|8 912 345-67-89|да, конечно"),
        ("text/plain", "Пётр|8 912 345-67-81|да, конечно"),
    ] {
        let text = format!("name|phone\n{row}\n");
        let reply = gateway.post_in("/in/bars", kind, text).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        gateway.settle().await;
    }
    assert_eq!(titles(&gateway), ["Строка: Анна", "Строка: Пётр"]);
}
