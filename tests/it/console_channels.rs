//! Channels made with the short form of the console.

use leadgate::domain::Role;
use serde_json::Value;

use crate::channels::gateway_with;
use crate::gateway::TestGateway;

const NEW: &str = "/console/channels/new";

/// The example of the manual, as typed into the form.
const EXAMPLE: &[(&str, &str)] = &[
    ("title", "Заказы магазина"),
    ("record", "deal"),
    ("mode", "search"),
    ("found", "update"),
    ("update_fields", "yes"),
    ("stage_deal", "PREPARATION"),
    ("stage_lead", "IN_PROCESS"),
    ("comment", "yes"),
    ("target", "contact.NAME"),
    ("value", "{client_name}"),
    ("target", "contact.PHONE"),
    ("value", "{client_phone}"),
    ("search", "1"),
    ("target", ""),
    ("value", ""),
    ("target", "record.TITLE"),
    ("value", "Заказ №{order_id}"),
    ("target", "record.UF_CRM_ORDER_ID"),
    ("value", "{order_id}"),
    ("search", "4"),
    ("target", "record.OPPORTUNITY"),
    ("value", "{order_amount}"),
    ("target", "record.CURRENCY_ID"),
    ("value", "RUB"),
];

async fn gateway() -> TestGateway {
    gateway_with(&[], &[]).await
}

fn text<'v>(record: &'v Value, key: &str) -> &'v str {
    record[key].as_str().unwrap()
}

#[actix_web::test]
async fn the_example_of_the_manual_makes_one_contact_and_one_deal() {
    let gateway = gateway().await;
    let admin = gateway.signed_in().await;
    let made = admin.press(NEW, EXAMPLE).await;
    assert_eq!(made.status, 303, "{}", made.text);
    let list = admin.read(made.leads_to()).await;
    let address = gateway.url("/in/zakazi-magazina");
    assert!(list.text.contains(&address), "{}", list.text);
    let fields = "client_phone=74712773120&client_name=%D0%9C%D0%B0%D1%80%D0%B8%D1%8F&order_id=6510&order_amount=3500";
    let json = r#"{"client_phone": 74712773120, "client_name": "Мария", "order_id": 6510, "order_amount": 3500}"#;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let form = http.post(&address).body(fields);
    let form = form.header("content-type", "application/x-www-form-urlencoded");
    for request in [
        form,
        http.post(&address).body(json),
        http.get(format!("{address}?{fields}")),
    ] {
        let reply = request.send().await.unwrap();
        assert_eq!(reply.status().as_u16(), 200);
        gateway.settle().await;
    }
    let (contacts, deals) = (gateway.contacts(), gateway.deals());
    assert_eq!((contacts.len(), deals.len()), (1, 1));
    assert_eq!(contacts[0]["PHONE"][0]["VALUE"], "+74712773120");
    assert_eq!(text(&deals[0], "TITLE"), "Заказ №6510");
    assert_eq!(text(&deals[0], "OPPORTUNITY"), "3500.00");
    assert_eq!(text(&deals[0], "STAGE_ID"), "PREPARATION");
}

#[actix_web::test]
async fn a_channel_without_a_name_gets_one_and_an_address_is_never_taken_twice() {
    let gateway = gateway().await;
    let admin = gateway.signed_in().await;
    let fields = [
        ("record", "lead"),
        ("mode", "create"),
        ("target", "record.TITLE"),
        ("value", "{x}"),
    ];
    let addresses = async || {
        let made = admin.press(NEW, &fields).await;
        assert_eq!(made.status, 303, "{}", made.text);
        made.leads_to().to_owned()
    };
    let (one, two) = (addresses().await, addresses().await);
    assert_ne!(one, two);
    let taken: Vec<(&str, &str)> = fields
        .into_iter()
        .chain([("address", "incoming-channel-1")])
        .collect();
    let refused = admin.press(NEW, &taken).await;
    assert_eq!(refused.status, 200, "{}", refused.text);
    assert!(
        refused.text.contains("choose another one"),
        "{}",
        refused.text
    );
}

#[actix_web::test]
async fn what_was_typed_stays_when_something_is_wrong_or_rows_are_added() {
    let gateway = gateway().await;
    let admin = gateway.signed_in().await;
    let wrong = [
        ("title", "<b>Заказы</b>"),
        ("record", "lead"),
        ("default", "yes"),
        ("target", ""),
        ("value", "{\"x\"} <script>"),
    ];
    let page = admin.press(NEW, &wrong).await;
    assert!(
        page.text.contains("Row 1 has a value and no field"),
        "{}",
        page.text
    );
    for kept in [
        "&lt;b&gt;Заказы&lt;/b&gt;",
        "{&quot;x&quot;} &lt;script&gt;",
    ] {
        assert!(page.text.contains(kept), "{kept} in {}", page.text);
    }
    let rows = |text: &str| text.matches("name=\"target\"").count();
    assert_eq!(rows(&page.text), 1);
    let more: Vec<(&str, &str)> = wrong.into_iter().chain([("more", "yes")]).collect();
    let page = admin.press(NEW, &more).await;
    assert_eq!(rows(&page.text), 4);
    assert!(!page.text.contains("role=\"alert\""), "{}", page.text);
    let broken = [
        ("record", "deal"),
        ("target", "record.TITLE"),
        ("value", "{{x"),
    ];
    let page = admin.press(NEW, &broken).await;
    assert!(page.text.contains("role=\"alert\""), "{}", page.text);
    let folder = std::fs::read_dir(gateway.home.path().join("mappings")).unwrap();
    assert!(folder.count() < 3, "no profile was written");
}

#[actix_web::test]
async fn authors_make_channels_and_operators_do_not() {
    let gateway = gateway().await;
    let operator = gateway.signed_in_as(Role::Operator).await;
    assert_eq!(operator.read(NEW).await.status, 403);
    assert_eq!(operator.press(NEW, EXAMPLE).await.status, 403);
    let list = operator.read("/console/channels").await;
    assert!(!list.text.contains("/channels/new"), "{}", list.text);
    let author = gateway.signed_in_as(Role::Author).await;
    assert_eq!(author.press(NEW, EXAMPLE).await.status, 303);
    let settings = gateway.home.path().join("mappings/_channels.yaml");
    assert!(!settings.exists(), "administrators change it");
    let admin = gateway.signed_in().await;
    assert_eq!(admin.press(NEW, EXAMPLE).await.status, 303);
    let settings = std::fs::read_to_string(settings).unwrap();
    assert!(settings.contains("zakazi-magazina-2"), "{settings}");
    assert!(settings.contains("Заказы магазина"), "{settings}");
}

#[actix_web::test]
async fn the_form_offers_what_the_portal_has() {
    let gateway = gateway().await;
    let admin = gateway.signed_in().await;
    let page = admin.read(&format!("{NEW}?record=lead")).await;
    assert!(
        page.text
            .contains("id=\"record-lead\" value=\"lead\" checked"),
        "{}",
        page.text
    );
    for offered in [
        "UF_CRM_ORDER_ID",
        "value=\"C1:",
        "name=\"stage_lead\"",
        "name=\"responsible\"",
    ] {
        assert!(page.text.contains(offered), "{offered} in {}", page.text);
    }
}
