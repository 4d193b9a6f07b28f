//! The rules of a universal incoming channel, row by row: `docs/channels.md` has the table and
//! links here.

use serde_json::{Value, json};

use crate::channels::gateway_with;
use crate::gateway::TestGateway;

/// Returns a profile for the channel `site` with this record block (without its fields) and these
/// rules of the contact.
async fn channel(contact: &str, record: &str) -> TestGateway {
    let profile = format!(
        "receive: {{ channel: site }}\n\
         fields: {{ name: name, phone: {{ from: phone, as: phone }}, email: {{ from: email, as: email }}, order: order, sum: sum }}\n\
         contact: {{ {contact} fields: {{ NAME: \"{{{{name}}}}\", PHONE: {{ value: \"{{{{phone}}}}\", search: true }}, \
         EMAIL: {{ value: \"{{{{email}}}}\", search: true }} }} }}\n\
         {record}\n"
    );
    gateway_with(&[("site.yaml", &profile)], &[]).await
}

/// Returns a deal block with these rules; title and amount come from the packet.
async fn deals(contact: &str, rules: &str) -> TestGateway {
    channel(
        contact,
        &format!("deal: {{ {rules} fields: {{ TITLE: \"Заказ №{{order}}\", OPPORTUNITY: \"{{sum}}\" }} }}"),
    )
    .await
}

async fn send(gateway: &TestGateway, packet: Value) {
    let reply = gateway.post("/in/site", packet.to_string()).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    gateway.settle().await;
}

fn order(number: u32, sum: u32) -> Value {
    json!({"name": "Мария", "phone": "74712773120", "order": number, "sum": sum})
}

/// Returns title, amount and stage of each deal.
fn shown(gateway: &TestGateway) -> Vec<(String, String, String)> {
    let text = |deal: &Value, key: &str| deal[key].as_str().unwrap().to_owned();
    gateway
        .deals()
        .iter()
        .map(|deal| {
            (
                text(deal, "TITLE"),
                text(deal, "OPPORTUNITY"),
                text(deal, "STAGE_ID"),
            )
        })
        .collect()
}

fn row(title: &str, sum: &str, stage: &str) -> (String, String, String) {
    (title.to_owned(), sum.to_owned(), stage.to_owned())
}

#[actix_web::test]
async fn a_channel_makes_leads_or_deals() {
    let gateway = deals("", "").await;
    send(&gateway, order(1, 10)).await;
    assert_eq!((gateway.deals().len(), gateway.leads().len()), (1, 0));
    let gateway = channel("", "lead: { fields: { TITLE: \"{order}\" } }").await;
    send(&gateway, order(1, 10)).await;
    assert_eq!((gateway.deals().len(), gateway.leads().len()), (0, 1));
    assert_eq!(gateway.leads()[0]["TITLE"], "1");
}

#[actix_web::test]
async fn always_create_ignores_open_records() {
    let gateway = deals("", "found: always_create,").await;
    send(&gateway, order(1, 10)).await;
    send(&gateway, order(2, 20)).await;
    assert_eq!(gateway.contacts().len(), 1);
    assert_eq!(
        shown(&gateway),
        [
            row("Заказ №1", "10.00", "NEW"),
            row("Заказ №2", "20.00", "NEW")
        ]
    );
}

#[actix_web::test]
async fn search_first_updates_the_open_record_of_the_contact() {
    let gateway = deals("", "found: update,").await;
    send(&gateway, order(1, 10)).await;
    send(&gateway, order(2, 20)).await;
    assert_eq!(shown(&gateway), [row("Заказ №2", "20.00", "NEW")]);
}

#[actix_web::test]
async fn only_the_stages_of_the_list_count_as_open() {
    let gateway = deals("", "found: update, among: [PREPARATION],").await;
    send(&gateway, order(1, 10)).await;
    send(&gateway, order(2, 20)).await;
    assert_eq!(
        shown(&gateway).len(),
        2,
        "the first one is not in a stage of the list"
    );
    let moved = json!({"id": 1, "fields": {"STAGE_ID": "PREPARATION"}});
    gateway.portal().call("crm.deal.update", moved);
    send(&gateway, order(3, 30)).await;
    let shown = shown(&gateway);
    assert_eq!(shown[0], row("Заказ №3", "30.00", "PREPARATION"));
    assert_eq!(shown.len(), 2);
}

#[actix_web::test]
async fn found_ignore_skips_a_request_if_a_record_is_open() {
    let gateway = deals("", "found: ignore,").await;
    send(&gateway, order(1, 10)).await;
    send(&gateway, order(2, 20)).await;
    assert_eq!(shown(&gateway), [row("Заказ №1", "10.00", "NEW")]);
}

#[actix_web::test]
async fn change_stage_moves_a_found_record() {
    for (flag, stage) in [("false", "EXECUTING"), ("true", "PREPARATION")] {
        let rules = format!("found: update, stage: PREPARATION, change_stage: {flag},");
        let gateway = deals("", &rules).await;
        send(&gateway, order(1, 10)).await;
        assert_eq!(
            shown(&gateway),
            [row("Заказ №1", "10.00", "PREPARATION")],
            "the stage of a new one"
        );
        gateway.portal().call(
            "crm.deal.update",
            json!({"id": 1, "fields": {"STAGE_ID": "EXECUTING"}}),
        );
        send(&gateway, order(2, 20)).await;
        assert_eq!(shown(&gateway), [row("Заказ №2", "20.00", stage)]);
    }
}

#[actix_web::test]
async fn update_fields_decides_whether_a_found_record_changes() {
    for (flag, title) in [("true", "Заказ №2"), ("false", "Заказ №1")] {
        let gateway = deals("", &format!("found: update, update_fields: {flag},")).await;
        send(&gateway, order(1, 10)).await;
        send(&gateway, order(2, 20)).await;
        assert_eq!(shown(&gateway)[0].0, title);
    }
}

#[actix_web::test]
async fn a_found_contact_gets_missing_phones_always_and_other_fields_on_update() {
    for (rule, name) in [
        ("update: false,", "Мария"),
        ("update: true,", "Мария Петровна"),
    ] {
        let gateway = deals(rule, "").await;
        send(&gateway, order(1, 10)).await;
        let mut second = order(2, 20);
        second["name"] = json!("Мария Петровна");
        second["email"] = json!("maria@mail.example");
        send(&gateway, second).await;
        let contacts = gateway.contacts();
        assert_eq!(contacts.len(), 1);
        assert_eq!(contacts[0]["NAME"], name);
        assert_eq!(contacts[0]["EMAIL"][0]["VALUE"], "maria@mail.example");
        // found by the e-mail address; the second phone is added to the first
        send(
            &gateway,
            json!({"email": "maria@mail.example", "phone": "89000000001", "order": 3}),
        )
        .await;
        let phones = gateway.contacts()[0]["PHONE"].as_array().unwrap().len();
        assert_eq!((gateway.contacts().len(), phones), (1, 2));
    }
}

#[actix_web::test]
async fn the_profile_names_the_responsible_employee_of_a_new_record() {
    let gateway = deals("", "responsible: 2,").await;
    send(&gateway, order(1, 10)).await;
    assert_eq!(gateway.deals()[0]["ASSIGNED_BY_ID"], "2");
}

#[actix_web::test]
async fn a_record_is_found_by_its_search_field_for_any_person() {
    let record = "deal: { found: update, fields: { TITLE: \"Заказ №{order}\", OPPORTUNITY: \"{sum}\", \
        UF_CRM_ORDER_ID: { value: \"{order}\", search: true } } }";
    let gateway = channel("", record).await;
    send(&gateway, order(6510, 3500)).await;
    let mut other = order(6510, 4000);
    other["phone"] = json!("89000000001");
    send(&gateway, other).await;
    assert_eq!(
        gateway.contacts().len(),
        2,
        "another phone is another person"
    );
    assert_eq!(
        shown(&gateway),
        [row("Заказ №6510", "4000.00", "NEW")],
        "and the same order"
    );
}

#[actix_web::test]
async fn comment_full_contains_the_whole_request() {
    let record = "comment: full\ndeal: { fields: { TITLE: x } }";
    let gateway = channel("", record).await;
    send(
        &gateway,
        json!({"phone": "74712773120", "cart": [{"sku": "A-1", "count": 2}], "note": "звоните"}),
    )
    .await;
    let comment = gateway.comments("deal", "1").remove(0);
    for text in ["74712773120", "A-1", "count", "звоните"] {
        assert!(comment.contains(text), "{text} is not in {comment}");
    }
}
