//! Records with several contacts: they are found by any of them, and no contact is ever unbound.

use std::time::Duration;

use leadgate::domain::State;
use serde_json::{Value, json};

use crate::dedup::{CONTACT, add_contact, anna, call, order, phone, send, with};
use crate::gateway::{TestGateway, answer};
use crate::items::{ITEM, items};

const MARIA: &str = "74712773120";

/// Creates somebody, Anna and Maria: contacts 1, 2 and 3.
fn people(gateway: &TestGateway) {
    add_contact(gateway, json!({"NAME": "Пётр"}));
    add_contact(
        gateway,
        json!({"NAME": "Анна", "PHONE": phone("+79123456789")}),
    );
    add_contact(gateway, json!({"NAME": "Мария", "PHONE": phone(MARIA)}));
}

/// Creates a lead or deal of these contacts; the first is the main one.
fn add(gateway: &TestGateway, kind: &str, title: &str, contacts: &Value) -> i64 {
    let fields = json!({"TITLE": title, "CONTACT_IDS": contacts});
    let id = call(
        gateway,
        &format!("crm.{kind}.add"),
        json!({"fields": fields}),
    );
    id.as_i64().unwrap()
}

/// Returns the contacts of a lead or deal, and whether each is the main one.
fn bound(gateway: &TestGateway, kind: &str, id: i64) -> Vec<(i64, bool)> {
    let method = format!("crm.{kind}.contact.items.get");
    let list = call(gateway, &method, json!({"id": id}));
    let list = list.as_array().unwrap().clone();
    list.iter()
        .map(|one| {
            (
                one["CONTACT_ID"].as_i64().unwrap(),
                one["IS_PRIMARY"] == "Y",
            )
        })
        .collect()
}

fn titles(gateway: &TestGateway, kind: &str) -> Vec<String> {
    let rows = gateway.rows(&format!("crm.{kind}.list"));
    rows.iter()
        .map(|row| row["TITLE"].as_str().unwrap().to_owned())
        .collect()
}

#[actix_web::test]
async fn a_record_with_the_contact_in_second_place_is_updated() {
    for kind in ["deal", "lead"] {
        let gateway = with(&format!("{CONTACT}{kind}:\n  fields:\n    TITLE: \"Т\"\n")).await;
        people(&gateway);
        let id = add(&gateway, kind, "x", &json!([1, 2]));
        add(&gateway, kind, "чужая", &json!([1, 3]));
        let before = gateway.portal().counters().commands;
        send(&gateway, &[anna(), anna()]).await;
        assert_eq!(titles(&gateway, kind), ["Т", "чужая"]);
        assert_eq!(bound(&gateway, kind, id), [(1, true), (2, false)], "{kind}");
        let bindings = format!("crm.{kind}.contact.add");
        assert_eq!(
            gateway.portal().counters().commands.get(&bindings),
            before.get(&bindings),
            "who is bound is not bound again"
        );
    }
}

#[actix_web::test]
async fn a_portal_without_that_search_still_finds_by_the_main_contact() {
    let gateway = with(&format!("{CONTACT}deal:\n  fields:\n    TITLE: \"Т\"\n")).await;
    people(&gateway);
    add(&gateway, "deal", "общая", &json!([1, 2]));
    add(&gateway, "deal", "своя", &json!([2, 1]));
    let old = json!({"code": "REFUSED", "error": "INVALID_ARG_VALUE", "method": "crm.item.list"});
    let old = serde_json::from_value(old).unwrap();
    gateway.portal().inject(old);
    send(&gateway, &[anna()]).await;
    assert_eq!(gateway.portal().counters().faults, 1);
    assert_eq!(gateway.count(State::Delivered).await, 1);
    assert_eq!(titles(&gateway, "deal"), ["общая", "Т"]);
}

#[actix_web::test]
async fn a_record_of_ones_own_wins_over_a_newer_shared_one() {
    let gateway = with(&format!("{CONTACT}deal:\n  fields:\n    TITLE: \"Т\"\n")).await;
    people(&gateway);
    add(&gateway, "deal", "своя", &json!([2]));
    add(&gateway, "deal", "общая", &json!([1, 2]));
    send(&gateway, &[anna()]).await;
    assert_eq!(titles(&gateway, "deal"), ["Т", "общая"]);
}

#[actix_web::test]
async fn a_closed_shared_record_or_one_in_another_stage_does_not_count() {
    for (among, stage, wanted) in [
        ("", "LOSE", 2),
        ("  among: [PREPARATION]\n", "NEW", 2),
        ("  among: [PREPARATION]\n", "PREPARATION", 1),
    ] {
        let deal = format!("{CONTACT}deal:\n{among}  fields:\n    TITLE: \"Т\"\n");
        let gateway = with(&deal).await;
        people(&gateway);
        let id = add(&gateway, "deal", "x", &json!([1, 2]));
        let moved = json!({"id": id, "fields": {"STAGE_ID": stage}});
        call(&gateway, "crm.deal.update", moved);
        send(&gateway, &[anna()]).await;
        assert_eq!(titles(&gateway, "deal").len(), wanted, "{among}{stage}");
    }
}

fn add_item(gateway: &TestGateway, more: &Value) {
    let mut fields = json!({"title": "x", "categoryId": 9, "stageId": "DT1036_9:NEW"});
    let all = fields.as_object_mut().unwrap();
    all.extend(more.as_object().unwrap().clone());
    let params = json!({"entityTypeId": 1036, "useOriginalUfNames": "Y", "fields": fields});
    call(gateway, "crm.item.add", params);
}

#[actix_web::test]
async fn an_item_with_the_contact_in_second_place_is_updated() {
    let profile = format!("{CONTACT}{ITEM}").replace(
        "UF_CRM_9_ORDER_ID: { value: \"{{order}}\", search: true }",
        "opened: true",
    );
    let gateway = with(&profile).await;
    people(&gateway);
    add_item(&gateway, &json!({"contactIds": [1, 2, 3]}));
    send(&gateway, &[order(7, 500), order(7, 600)]).await;
    let found = items(&gateway);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["opportunity"], 600);
    assert_eq!(found[0]["contactIds"], json!([1, 2, 3]));
}

/// Binds contacts to item 1 as an employee does in its card, the main one first.
fn bind_by_hand(gateway: &TestGateway, contacts: &Value) {
    let fields = json!({"contactIds": contacts});
    let params = json!({"entityTypeId": 1036, "id": 1, "fields": fields});
    call(gateway, "crm.item.update", params);
}

#[actix_web::test]
async fn a_contact_that_an_employee_binds_during_a_delivery_stays_bound() {
    let gateway = with(&format!("{CONTACT}{ITEM}")).await;
    people(&gateway);
    add_item(
        &gateway,
        &json!({"contactIds": [1], "UF_CRM_9_ORDER_ID": "7"}),
    );
    // the reply to the first look-up is on its way
    let slow = json!({"code": "SLOW_BODY", "ms": 700, "times": {"next": 1}});
    let slow = serde_json::from_value(slow).unwrap();
    gateway.portal().inject(slow);
    gateway.post_answer(answer(5, 1, order(7, 500))).await;
    while gateway.portal().counters().faults == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    bind_by_hand(&gateway, &json!([1, 2]));
    gateway.settle().await;
    assert_eq!(items(&gateway)[0]["contactIds"], json!([1, 2, 3]));
    assert_eq!(items(&gateway)[0]["contactId"], 1);
}

#[actix_web::test]
async fn lost_replies_and_repeats_unbind_no_contact() {
    for (code, method) in [
        ("RESET_BEFORE", "crm.item.update"),
        ("RESET_AFTER", "crm.item.update"),
        ("INTERNAL_SERVER_ERROR", "crm.item.update"),
        ("RESET_AFTER", "crm.timeline.comment.add"),
        ("RESET_BEFORE", "crm.item.get"),
    ] {
        let gateway = with(&format!("{CONTACT}{ITEM}")).await;
        people(&gateway);
        add_item(
            &gateway,
            &json!({"contactIds": [2, 1], "UF_CRM_9_ORDER_ID": "7"}),
        );
        let fault = json!({"code": code, "method": method, "times": {"next": 1}});
        let fault = serde_json::from_value(fault).unwrap();
        gateway.portal().inject(fault);
        send(&gateway, &[order(7, 500)]).await;
        assert_eq!(gateway.portal().counters().faults, 1, "{code} {method}");
        assert_eq!(items(&gateway)[0]["contactIds"], json!([2, 1, 3]), "{code}");
        // an employee removes Maria and makes Peter the main one; Maria answers again
        bind_by_hand(&gateway, &json!([1, 2]));
        send(&gateway, &[order(7, 600)]).await;
        assert_eq!(items(&gateway)[0]["contactIds"], json!([1, 2, 3]), "{code}");
        assert_eq!(items(&gateway).len(), 1);
        assert_eq!(gateway.comments("dynamic_1036", "1").len(), 2);
    }
}

#[actix_web::test]
async fn binding_a_contact_leaves_the_others_bound() {
    for kind in ["deal", "lead"] {
        let order = if kind == "deal" {
            "UF_CRM_ORDER_ID"
        } else {
            "UF_CRM_POLL_ID"
        };
        let profile = format!(
            "{CONTACT}{kind}:\n  fields:\n    TITLE: \"Т\"\n    \
             {order}: {{ value: \"{{{{order}}}}\", search: true }}\n"
        );
        let gateway = with(&profile).await;
        people(&gateway);
        let id = add(&gateway, kind, "x", &json!([1, 2]));
        let mark = json!({"id": id, "fields": {order: "7"}});
        call(&gateway, &format!("crm.{kind}.update"), mark);
        let lost = json!({"code": "RESET_AFTER", "method": format!("crm.{kind}.contact.add")});
        let lost = serde_json::from_value(lost).unwrap();
        gateway.portal().inject(lost);
        let maria = json!({"phone": MARIA, "order": 7});
        send(&gateway, &[maria.clone(), maria]).await;
        let all = [(1, true), (2, false), (3, false)];
        assert_eq!(bound(&gateway, kind, id), all, "{kind}");
        assert_eq!(titles(&gateway, kind).len(), 1);
    }
}
