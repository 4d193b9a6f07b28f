//! Later changes of the CRM: the contact, the company and the record of the first step.

use leadgate::domain::State;
use serde_json::{Value, json};

use crate::channels::gateway_with;
use crate::dedup::call;
use crate::gateway::TestGateway;

const PROFILE: &str = r#"
receive: { channel: shop }
fields: { name: $.name, phone: { from: $.phone, as: phone }, firm: $.firm }
contact: { fields: { NAME: "{{name}}", PHONE: { value: "{{phone}}", search: true } } }
company: { fields: { TITLE: { value: "{{firm}}", search: true } } }
deal: { found: always_create, fields: { TITLE: "Заявка {{name}}" } }
then:
  - { http: bin, path: /orders, json: { company: "{{steps.crm.company_id}}" }, save: { number: { from: $.number, missing: fail } } }
  - { name: person, crm: { update: contact, fields: { POST: "заказ {{steps.bin.number}}" } } }
  - { name: firm, crm: { update: company, fields: { COMMENTS: "заказ {{steps.bin.number}}" }, comment: "Заказ {{steps.bin.number}}" } }
"#;

async fn send(gateway: &TestGateway) {
    let body = json!({"name": "Анна", "phone": "+79123456789", "firm": "Ромашка"}).to_string();
    let reply = gateway.post_in("/in/shop", "application/json", body).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    gateway.settle().await;
}

fn companies(gateway: &TestGateway) -> Vec<Value> {
    let rows = call(gateway, "crm.company.list", json!({"select": ["*"]}));
    rows.as_array().unwrap().clone()
}

#[actix_web::test]
async fn a_later_step_changes_contact_and_company_whether_found_or_created() {
    let gateway = gateway_with(&[("shop.yaml", PROFILE)], &[]).await;
    for number in 1..=2 {
        send(&gateway).await;
        let [company] = &companies(&gateway)[..] else {
            panic!("{:?}", companies(&gateway))
        };
        assert_eq!(company["COMMENTS"], format!("заказ {number}"));
        assert_eq!(company["TITLE"], "Ромашка");
        let comments = gateway.comments("company", company["ID"].as_str().unwrap());
        assert_eq!(comments.len(), number, "{comments:?}");
        assert_eq!(gateway.contacts()[0]["POST"], format!("заказ {number}"));
    }
    assert_eq!(gateway.count(State::Delivered).await, 2);
}

#[actix_web::test]
async fn a_lost_reply_to_a_later_change_of_a_company_doubles_nothing() {
    for (method, code) in [
        ("crm.company.update", "RESET_AFTER"),
        ("crm.company.update", "CUT_BODY"),
        ("crm.company.update", "ERROR_AFTER_SAVE"),
        ("crm.contact.update", "RESET_AFTER"),
        ("crm.timeline.comment.add", "RESET_AFTER"),
        ("crm.timeline.comment.add", "ERROR_AFTER_SAVE"),
    ] {
        let gateway = gateway_with(&[("shop.yaml", PROFILE)], &[]).await;
        let fault = json!({"code": code, "method": method});
        gateway
            .portal()
            .inject(serde_json::from_value(fault).unwrap());
        send(&gateway).await;
        let about = format!("{method} {code}");
        let done = gateway.count(State::Delivered).await;
        let parked = gateway.count(State::Parked).await;
        // the portal reports an error for an update that it saved: a person sees it
        let is_refused = (method, code) == ("crm.company.update", "ERROR_AFTER_SAVE");
        assert_eq!(
            (done, parked),
            if is_refused { (0, 1) } else { (1, 0) },
            "{about}"
        );
        assert_eq!(companies(&gateway).len(), 1, "{about}");
        let comments = gateway.comments("company", "1");
        assert_eq!(
            comments.len(),
            usize::from(!is_refused),
            "{about}: {comments:?}"
        );
    }
}
