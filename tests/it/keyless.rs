//! Orders without a phone or an e-mail address: a record found by its search field keeps its
//! contact, however often the order comes.

use leadgate::domain::State;
use leadgate::simulator::Fault;
use serde_json::{Value, json};

use crate::dedup::{CONTACT, ORDER, add_contact, call, order, send, with};
use crate::gateway::{TestGateway, answer};
use crate::items::{ITEM, items};

const LEAD: &str = "lead:\n  fields:\n    TITLE: \"Заказ №{{order}}\"\n    \
                    UF_CRM_ORDER: { value: \"{{order}}\", search: true }\n";

fn nameless(order: i64) -> Value {
    json!({"name": "Мария", "phone": "нет", "order": order})
}

/// Returns the ids of the contacts of a deal or lead.
fn contacts_of(gateway: &TestGateway, kind: &str, id: i64) -> Vec<i64> {
    let method = format!("crm.{kind}.contact.items.get");
    let items = call(gateway, &method, json!({ "id": id }));
    let items = items.as_array().unwrap().iter();
    items
        .map(|one| one["CONTACT_ID"].as_i64().unwrap())
        .collect()
}

#[actix_web::test]
async fn the_same_order_sent_four_times_without_a_phone_is_one_record_of_one_contact() {
    for (kind, block) in [("deal", ORDER), ("lead", LEAD), ("item", ITEM)] {
        let gateway = with(&format!("{CONTACT}{block}")).await;
        let field = json!({"FIELD_NAME": "ORDER", "USER_TYPE_ID": "string"});
        call(
            &gateway,
            "crm.lead.userfield.add",
            json!({ "fields": field }),
        );
        send(&gateway, &vec![nameless(6510); 4]).await;
        assert_eq!(gateway.count(State::Delivered).await, 4, "{kind}");
        assert_eq!(gateway.contacts().len(), 1, "{kind}");
        let bound = match kind {
            "item" => {
                assert_eq!(items(&gateway).len(), 1);
                items(&gateway)[0]["contactIds"].clone()
            }
            kind => {
                let rows = gateway.rows(&format!("crm.{kind}.list"));
                assert_eq!(rows.len(), 1, "{kind}");
                json!(contacts_of(&gateway, kind, 1))
            }
        };
        assert_eq!(bound, json!([1]), "{kind}");
        // another order belongs to another person
        send(&gateway, &[nameless(6511)]).await;
        assert_eq!(gateway.contacts().len(), 2, "{kind}");
    }
}

#[actix_web::test]
async fn the_shipped_profile_for_orders_makes_one_contact_of_an_order_without_a_phone() {
    let gateway = TestGateway::start().await;
    let body = "client_name=Мария&client_phone=нет&order_id=6510&order_amount=10";
    for _ in 0..4 {
        let kind = "application/x-www-form-urlencoded";
        let reply = gateway.post_in("/in/site-orders", kind, body).await;
        assert!(reply.status < 300, "{reply:?}");
        gateway.settle().await;
    }
    assert_eq!((gateway.deals().len(), gateway.contacts().len()), (1, 1));
    assert_eq!(contacts_of(&gateway, "deal", 1), [1]);
}

#[actix_web::test]
async fn one_order_in_several_spellings_at_once_is_one_deal_of_one_contact() {
    let gateway = with(&format!("{CONTACT}{ORDER}")).await;
    let spellings = [json!("a-7"), json!(" A-7"), json!("a-7 "), json!("A-7")];
    let numbers = [json!(3500), json!("3500"), json!("3500 ")];
    let sent = spellings.into_iter().chain(numbers);
    let sent = sent.map(|order| json!({"name": "Мария", "order": order}));
    let sent = sent.map(|packet| answer(5, gateway.next_answer(), packet));
    gateway.send_together(sent.collect()).await;
    gateway.settle().await;
    assert_eq!((gateway.deals().len(), gateway.contacts().len()), (2, 2));
    assert_eq!(contacts_of(&gateway, "deal", 1).len(), 1);
    assert_eq!(contacts_of(&gateway, "deal", 2).len(), 1);
}

#[actix_web::test]
async fn a_later_phone_goes_to_the_contact_of_the_order() {
    for (kind, block) in [("deal", ORDER), ("item", ITEM)] {
        let gateway = with(&format!("{CONTACT}{block}")).await;
        let sent = [
            nameless(6510),
            order(6510, 1),
            nameless(6510),
            order(6510, 2),
        ];
        send(&gateway, &sent).await;
        let contacts = gateway.contacts();
        assert_eq!(contacts.len(), 1, "{kind}");
        assert_eq!(contacts[0]["PHONE"][0]["VALUE"], "+74712773120", "{kind}");
        assert_eq!(contacts[0]["PHONE"].as_array().unwrap().len(), 1, "{kind}");
        // another phone is another person, who is found by it from then on
        let mut other = order(6510, 3);
        other["phone"] = json!("+79120000001");
        send(&gateway, &[other.clone(), other, nameless(6510)]).await;
        assert_eq!(gateway.contacts().len(), 2, "{kind}");
    }
}

#[actix_web::test]
async fn a_lead_found_by_its_own_phone_keeps_its_contact() {
    let gateway = with(
        "contact:\n  fields:\n    NAME: \"{{name}}\"\nlead:\n  fields:\n    TITLE: \"{{name}}\"\n    \
         PHONE: { value: \"{{phone}}\", search: true }\n",
    )
    .await;
    let packet = json!({"name": "Мария", "phone": "89123456789"});
    send(&gateway, &vec![packet; 3]).await;
    assert_eq!((gateway.leads().len(), gateway.contacts().len()), (1, 1));
    assert_eq!(contacts_of(&gateway, "lead", 1), [1]);
}

#[actix_web::test]
async fn a_record_without_a_contact_stays_without_one() {
    let ignore = ORDER.replacen("deal:\n", "deal:\n  found: ignore\n", 1);
    for profile in [ORDER, &ignore] {
        let gateway = with(&format!("{CONTACT}{profile}")).await;
        let fields = json!({"TITLE": "x", "UF_CRM_ORDER_ID": "6510"});
        call(&gateway, "crm.deal.add", json!({ "fields": fields }));
        let other = add_contact(&gateway, json!({"NAME": "Другая"}));
        let fields = json!({"TITLE": "y", "UF_CRM_ORDER_ID": "6511", "CONTACT_ID": other});
        call(&gateway, "crm.deal.add", json!({ "fields": fields }));
        let sent = [
            nameless(6510),
            nameless(6510),
            nameless(6511),
            nameless(6511),
        ];
        send(&gateway, &sent).await;
        assert_eq!((gateway.deals().len(), gateway.contacts().len()), (2, 1));
        assert!(contacts_of(&gateway, "deal", 1).is_empty());
        assert_eq!(contacts_of(&gateway, "deal", 2), [other]);
    }
}

#[actix_web::test]
async fn lost_replies_and_replays_make_no_second_contact() {
    for method in ["crm.contact.add", "crm.deal.add", "crm.deal.update"] {
        let gateway = with(&format!("{CONTACT}{ORDER}comment: full\n")).await;
        if method == "crm.deal.update" {
            send(&gateway, &[nameless(6510)]).await;
        }
        let lost = json!({"code": "RESET_AFTER", "method": method, "times": {"next": 1}});
        let lost: Fault = serde_json::from_value(lost).unwrap();
        gateway.portal().inject(lost);
        let mut changed = nameless(6510);
        changed["sum"] = json!(9);
        send(&gateway, &[changed, nameless(6510)]).await;
        let output = gateway.command(&["replay", "--since", "1h", "--step", "crm"], &[]);
        assert!(output.contains("queued again"), "{output}");
        gateway.settle().await;
        let there = (gateway.deals().len(), gateway.contacts().len());
        assert_eq!(there, (1, 1), "{method}");
        assert_eq!(contacts_of(&gateway, "deal", 1), [1], "{method}");
    }
}
