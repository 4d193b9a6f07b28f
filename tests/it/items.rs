//! Items of smart processes, by the same rules as leads and deals.

use serde_json::{Value, json};

use crate::dedup::{CONTACT, call, order, send, with};
use crate::gateway::TestGateway;

pub(crate) const ITEM: &str = "item:\n  type: 1036\n  stage: DT1036_9:NEW\n  fields:\n    TITLE: \"Заказ №{{order}}\"\n    \
                    opportunity: \"{{sum}}\"\n    \
                    UF_CRM_9_ORDER_ID: { value: \"{{order}}\", search: true }\ncomment: full\n\
                    todo: { title: \"Перезвонить\", after: 2h }\n";

pub(crate) fn items(gateway: &TestGateway) -> Vec<Value> {
    let params = json!({"entityTypeId": 1036, "order": {"id": "ASC"}, "useOriginalUfNames": "Y"});
    let list = call(gateway, "crm.item.list", params);
    list["items"].as_array().unwrap().clone()
}

#[actix_web::test]
async fn items_of_a_smart_process_follow_the_same_rules() {
    let gateway = with(&format!("{CONTACT}{ITEM}")).await;
    send(
        &gateway,
        &[order(6510, 3500), order(6510, 4000), order(6511, 10)],
    )
    .await;
    let found = items(&gateway);
    assert_eq!(found.len(), 2);
    assert_eq!(found[0]["title"], "Заказ №6510");
    assert_eq!(found[0]["opportunity"], 4000);
    assert_eq!(found[0]["UF_CRM_9_ORDER_ID"], "6510");
    assert_eq!(found[0]["contactIds"], json!([1]));
    assert_eq!(found[0]["stageId"], "DT1036_9:NEW");
    assert_eq!(gateway.comments("dynamic_1036", "1").len(), 2);
    let filter = json!({"OWNER_TYPE_ID": 1036, "OWNER_ID": 1});
    let todos = call(&gateway, "crm.activity.list", json!({"filter": filter}));
    assert_eq!(todos.as_array().unwrap().len(), 2);
    // another person's item, found by its order: the contact is added
    send(
        &gateway,
        &[json!({"name": "Пётр", "phone": "+79120000001", "order": 6510})],
    )
    .await;
    assert_eq!(items(&gateway)[0]["contactIds"], json!([1, 2]));
}

#[actix_web::test]
async fn an_item_in_a_final_stage_counts_as_closed() {
    let gateway = with(&format!("{CONTACT}{ITEM}").replace(
        "UF_CRM_9_ORDER_ID: { value: \"{{order}}\", search: true }",
        "opened: true",
    ))
    .await;
    // a final stage that the portal added itself
    let stage = json!({"ENTITY_ID": "DYNAMIC_1036_STAGE_9", "STATUS_ID": "GONE", "NAME": "Ушёл", "SEMANTICS": "F"});
    call(&gateway, "crm.status.add", json!({"fields": stage}));
    let code = "DT1036_9:GONE";
    send(&gateway, &[order(1, 1)]).await;
    let end = json!({"entityTypeId": 1036, "id": 1, "fields": {"stageId": code}});
    call(&gateway, "crm.item.update", end);
    send(&gateway, &[order(2, 1), order(3, 1)]).await;
    let stages: Vec<Value> = items(&gateway)
        .iter()
        .map(|item| item["stageId"].clone())
        .collect();
    assert_eq!(stages, [code, "DT1036_9:NEW"]);
}

#[actix_web::test]
async fn a_lost_reply_about_an_item_makes_no_second_one() {
    for code in ["RESET_BEFORE", "RESET_AFTER", "ERROR_AFTER_SAVE"] {
        for method in ["crm.item.add", "crm.timeline.comment.add"] {
            let gateway = with(&format!("{CONTACT}{ITEM}")).await;
            let fault = json!({"code": code, "method": method, "times": {"next": 1}});
            gateway
                .portal()
                .inject(serde_json::from_value(fault).unwrap());
            send(&gateway, &[order(1, 1)]).await;
            assert_eq!(gateway.portal().counters().faults, 1, "{code} {method}");
            assert_eq!(
                (
                    items(&gateway).len(),
                    gateway.comments("dynamic_1036", "1").len()
                ),
                (1, 1),
                "{code} {method}"
            );
            assert_eq!(gateway.contacts().len(), 1);
        }
    }
}
