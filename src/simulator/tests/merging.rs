//! Merging of records by `crm.entity.mergeBatch`.

use serde_json::{Value, json};

use super::{ok, portal, refused};

fn merge(ids: &[i64]) -> Value {
    json!({"params": {"entityTypeId": 3, "entityIds": ids}})
}

#[test]
fn the_first_contact_gets_what_the_others_have_and_they_are_gone() {
    let portal = portal();
    let add = |method: &str, fields: Value| ok(&portal, method, json!({ "fields": fields }));
    let phone = json!([{"VALUE": "+79123456789"}]);
    add("crm.contact.add", json!({"NAME": "Анна", "PHONE": phone}));
    let email = json!([{"VALUE": "anna@mail.example"}]);
    add(
        "crm.contact.add",
        json!({"NAME": "Анна", "LAST_NAME": "Иванова", "PHONE": phone, "EMAIL": email}),
    );
    add("crm.deal.add", json!({"TITLE": "A", "CONTACT_IDS": [2, 1]}));
    add(
        "crm.timeline.comment.add",
        json!({"ENTITY_TYPE": "contact", "ENTITY_ID": 2, "COMMENT": "x"}),
    );
    let merged = ok(&portal, "crm.entity.mergeBatch", merge(&[1, 2]));
    assert_eq!(merged, json!({"STATUS": "SUCCESS", "ENTITY_IDS": [2]}));
    let contact = ok(&portal, "crm.contact.get", json!({"id": 1}));
    assert_eq!(contact["LAST_NAME"], "Иванова");
    assert_eq!(contact["PHONE"].as_array().unwrap().len(), 1);
    assert_eq!(contact["EMAIL"].as_array().unwrap().len(), 1);
    refused(&portal, "crm.contact.get", json!({"id": 2}));
    let bound = ok(&portal, "crm.deal.contact.items.get", json!({"id": 1}));
    assert_eq!(bound.as_array().unwrap().len(), 1);
    assert_eq!(bound[0]["CONTACT_ID"], 1);
    let filter = json!({"filter": {"ENTITY_TYPE": "contact", "ENTITY_ID": 1}});
    let comments = ok(&portal, "crm.timeline.comment.list", filter);
    assert_eq!(comments.as_array().unwrap().len(), 1);
    let found = json!({"type": "EMAIL", "values": ["anna@mail.example"], "entity_type": "CONTACT"});
    let found = ok(&portal, "crm.duplicate.findbycomm", found);
    assert_eq!(found, json!({"CONTACT": [1]}));
}

#[test]
fn different_values_are_a_conflict_and_nothing_changes() {
    let portal = portal();
    for name in ["Анна", "Борис"] {
        ok(
            &portal,
            "crm.contact.add",
            json!({"fields": {"NAME": name}}),
        );
    }
    let merged = ok(&portal, "crm.entity.mergeBatch", merge(&[1, 2]));
    assert_eq!(merged["STATUS"], "CONFLICT");
    assert_eq!(
        ok(&portal, "crm.contact.get", json!({"id": 2}))["NAME"],
        "Борис"
    );
    // as after a merge whose answer was lost
    let (_, text) = refused(&portal, "crm.entity.mergeBatch", merge(&[1, 77]));
    assert!(text.contains("at least two"), "{text}");
}
