//! The search keys of a contact find different contacts, or none of them has a value.

use leadgate::domain::State;
use leadgate::simulator::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::dedup::{CONTACT, add_contact, anna, call, phone, send, with};
use crate::gateway::{TestGateway, answer};

const DEAL: &str = "deal:\n  fields:\n    TITLE: \"Т\"\n";

/// A gateway with this key in `contact`, and two contacts: one has Anna's phone, the other her
/// address.
async fn two(key: &str) -> TestGateway {
    let profile = CONTACT.replacen("contact:\n", &format!("contact:\n  {key}\n"), 1);
    let gateway = with(&format!("{profile}{DEAL}comment: full\n")).await;
    add_contact(
        &gateway,
        json!({"NAME": "Анна", "PHONE": phone("+79123456789")}),
    );
    let email = json!([{"VALUE": "anna@mail.example", "VALUE_TYPE": "WORK"}]);
    add_contact(&gateway, json!({"LAST_NAME": "Иванова", "EMAIL": email}));
    gateway
}

fn merge_fault(kind: FaultKind) -> Fault {
    Fault::once(kind).on("crm.entity.mergeBatch")
}

fn contact_of(deal: &Value) -> &str {
    deal["CONTACT_ID"].as_str().unwrap()
}

/// Returns the explanation of the first answer.
fn explained(gateway: &TestGateway) -> String {
    gateway.command(&["explain", "5/1", "--lang", "en"], &[])
}

#[actix_web::test]
async fn the_rule_says_who_wins_and_nobody_gets_the_value_of_the_other() {
    for (key, winner) in [
        ("match: any", "1"),
        ("conflict: order", "1"),
        ("conflict: oldest", "1"),
        ("conflict: newest", "2"),
    ] {
        let gateway = two(key).await;
        send(&gateway, &[anna(), anna()]).await;
        assert_eq!(gateway.contacts().len(), 2, "{key}");
        let deals = gateway.deals();
        assert_eq!((deals.len(), contact_of(&deals[0])), (1, winner), "{key}");
        let all = call(
            &gateway,
            "crm.contact.list",
            json!({"select": ["PHONE", "EMAIL"]}),
        );
        for contact in all.as_array().unwrap() {
            let details = |name: &str| contact[name].as_array().map_or(0, Vec::len);
            assert_eq!(details("PHONE") + details("EMAIL"), 1, "{key}: {contact}");
        }
        let why = explained(&gateway);
        assert!(why.contains("belongs to contact"), "{key}: {why}");
    }
    let gateway = two("conflict: park").await;
    send(&gateway, &[anna()]).await;
    assert_eq!(gateway.count(State::Parked).await, 1);
    assert_eq!((gateway.contacts().len(), gateway.deals().len()), (2, 0));
}

#[actix_web::test]
async fn merges_contacts_once_whatever_the_portal_answers() {
    let faults = [
        None,
        Some(FaultKind::ResetBefore),
        Some(FaultKind::ResetAfter),
        Some(FaultKind::CutBody),
        Some(FaultKind::BadGateway),
        Some(FaultKind::ErrorAfterSave),
        Some(FaultKind::OperationTimeLimit),
    ];
    for fault in faults {
        let gateway = two("conflict: merge").await;
        let fault = fault.map(merge_fault);
        let name = format!("{fault:?}");
        if let Some(fault) = fault {
            gateway.portal().inject(fault);
        }
        send(&gateway, &[anna(), anna()]).await;
        gateway.settle().await;
        let contacts = gateway.contacts();
        assert_eq!(contacts.len(), 1, "{name}");
        assert_eq!(contacts[0]["ID"], "1", "{name}");
        assert_eq!(contacts[0]["LAST_NAME"], "Иванова", "{name}");
        assert_eq!(contacts[0]["EMAIL"].as_array().unwrap().len(), 1, "{name}");
        assert_eq!(gateway.deals().len(), 1, "{name}");
        assert_eq!(gateway.count(State::Delivered).await, 2, "{name}");
    }
}

#[actix_web::test]
async fn the_open_deal_of_the_merged_contact_is_used() {
    let gateway = two("conflict: merge").await;
    call(
        &gateway,
        "crm.deal.add",
        json!({"fields": {"TITLE": "Старая", "CONTACT_ID": 2}}),
    );
    send(&gateway, &[anna()]).await;
    let deals = gateway.deals();
    assert_eq!((deals.len(), contact_of(&deals[0])), (1, "1"));
    let why = explained(&gateway);
    assert!(why.contains("has merged contact 2 into contact 1"), "{why}");
}

#[actix_web::test]
async fn what_the_portal_does_not_merge_is_delivered_by_the_order_of_keys() {
    // other names: a person has to choose
    let gateway = two("conflict: merge").await;
    call(
        &gateway,
        "crm.contact.update",
        json!({"id": 2, "fields": {"NAME": "Борис"}}),
    );
    send(&gateway, &[anna()]).await;
    let why = explained(&gateway);
    assert!(why.contains("/crm/contact/merge/?id=1,2"), "{why}");
    assert_eq!(gateway.contacts().len(), 2);
    assert_eq!(contact_of(&gateway.deals()[0]), "1");
    // no administrator
    let gateway = two("conflict: merge").await;
    let denied = FaultKind::Refused {
        error: "ACCESS_DENIED".into(),
    };
    gateway.portal().inject(merge_fault(denied));
    send(&gateway, &[anna()]).await;
    let why = explained(&gateway);
    assert!(why.contains("must be an administrator"), "{why}");
    assert_eq!(contact_of(&gateway.deals()[0]), "1");
    // a shared phone: they may be different people
    let gateway = two("conflict: merge").await;
    add_contact(
        &gateway,
        json!({"NAME": "Мама", "PHONE": phone("89123456789")}),
    );
    send(&gateway, &[anna()]).await;
    let why = explained(&gateway);
    assert!(why.contains("may be different people"), "{why}");
    assert_eq!(gateway.contacts().len(), 3);
}

#[actix_web::test]
async fn another_submission_of_the_batch_may_have_found_the_merged_contact() {
    let gateway = two("conflict: merge").await;
    let other = json!([{"VALUE": "+79990000001"}]);
    call(
        &gateway,
        "crm.contact.update",
        json!({"id": 2, "fields": {"PHONE": other}}),
    );
    let other = json!({"name": "Анна", "phone": "89990000001"});
    gateway
        .send_together(vec![answer(5, 1, anna()), answer(5, 2, other)])
        .await;
    gateway.settle().await;
    assert_eq!(gateway.contacts().len(), 1);
    assert_eq!(gateway.count(State::Delivered).await, 2);
    for deal in gateway.deals() {
        assert_eq!(contact_of(&deal), "1");
    }
}

#[actix_web::test]
async fn a_contact_without_a_key_is_created_skipped_or_parked() {
    let packet = || json!({"name": "Анна", "phone": "позвоните мне"});
    for (rule, contacts, deals, parked) in [
        ("create", 2, 2, 0),
        ("skip_contact", 0, 2, 0),
        ("park", 0, 0, 2),
    ] {
        let head = format!("contact:\n  without_key: {rule}\n");
        let profile = CONTACT.replacen("contact:\n", &head, 1);
        let gateway = with(&format!("{profile}{DEAL}")).await;
        send(&gateway, &[packet(), packet()]).await;
        assert_eq!(gateway.contacts().len(), contacts, "{rule}");
        assert_eq!(gateway.deals().len(), deals, "{rule}");
        assert_eq!(gateway.count(State::Parked).await, parked, "{rule}");
        // a key that can be read is not affected
        send(&gateway, &[anna()]).await;
        assert_eq!(gateway.contacts().len(), contacts + 1, "{rule}");
    }
}
