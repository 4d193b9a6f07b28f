//! For each method that writes, in a batch and alone: the portal makes the change, the reply is
//! lost, and nothing is made twice.

use leadgate::domain::State;
use serde_json::{Value, json};

use crate::gateway::{TestGateway, answer};

/// Finds the record by its order number, completes it and the contact, and binds the contact.
const KNOWN: &str = "\
receive: { polls: [5] }
fields: { name: $.data.name, order: $.data.order, email: { from: $.data.email, as: email }, phone: { from: $.data.phone, as: phone } }
contact:
  update: true
  fields:
    NAME: \"{{name}}\"
    PHONE: { value: \"{{phone}}\", search: true }
    EMAIL: { value: \"{{email}}\", search: true }
KIND:
  fields: { TITLE: \"{{name}}\", UF_CRM_ORDER: { value: \"{{order}}\", search: true } }
comment: full
todo: { title: \"Перезвонить {{name}}\", after: 2h }
";

/// Starts a gateway for one kind of record; the portal has Anna's phone and a record of another
/// person.
async fn gateway(kind: &str) -> TestGateway {
    let home = tempfile::TempDir::new().unwrap();
    let folder = TestGateway::mappings(&home);
    std::fs::write(folder.join("known.yaml"), KNOWN.replace("KIND", kind)).unwrap();
    let gateway = TestGateway::at(home, &[("mappings.dir", folder.to_str().unwrap())]).await;
    let portal = gateway.portal();
    let field = json!({"FIELD_NAME": "ORDER", "USER_TYPE_ID": "string"});
    portal.call(
        &format!("crm.{kind}.userfield.add"),
        json!({ "fields": field }),
    );
    gateway
}

/// Creates Anna and order 77 in the portal.
fn known_before(gateway: &TestGateway, kind: &str) {
    let portal = gateway.portal();
    let add = |method: &str, fields: Value| {
        portal.call(method, json!({ "fields": fields }))["result"].clone()
    };
    add(
        "crm.contact.add",
        json!({"NAME": "Аня", "PHONE": [{"VALUE": "8 912 345-67-89"}]}),
    );
    let other = add("crm.contact.add", json!({"NAME": "Пётр"}));
    let record = json!({"TITLE": "Старое", "UF_CRM_ORDER": "77", "CONTACT_ID": other});
    add(&format!("crm.{kind}.add"), record);
}

fn anna(name: &str) -> Value {
    json!({"name": name, "order": "77", "phone": "+79123456789", "email": "anna@mail.example"})
}

/// Asserts that everything exists once, and that the record has `bound` contacts.
async fn once(gateway: &TestGateway, kind: &str, contacts: usize, bound: usize, case: &str) {
    assert_eq!(gateway.count(State::Delivered).await, 1, "{case}");
    let rows = gateway.contacts();
    assert_eq!(rows.len(), contacts, "{case}");
    for list in ["PHONE", "EMAIL"] {
        assert_eq!(rows[0][list].as_array().unwrap().len(), 1, "{case}: {list}");
    }
    let records = gateway.rows(&format!("crm.{kind}.list"));
    assert_eq!(records.len(), 1, "{case}");
    assert_eq!(
        records[0]["TITLE"], rows[0]["NAME"],
        "{case}: both brought up to date"
    );
    let items = json!({"id": records[0]["ID"]});
    let items = gateway
        .portal()
        .call(&format!("crm.{kind}.contact.items.get"), items);
    assert_eq!(items["result"].as_array().unwrap().len(), bound, "{case}");
    let counters = gateway.portal().counters();
    assert_eq!((counters.comments, counters.activities), (1, 1), "{case}");
    assert!(counters.faults > 0, "{case}: no fault was played");
}

#[actix_web::test]
async fn a_lost_reply_to_an_update_causes_no_second_change() {
    for kind in ["deal", "lead"] {
        let methods = [
            "crm.contact.update".to_owned(),
            format!("crm.{kind}.update"),
            format!("crm.{kind}.contact.add"),
            "crm.timeline.comment.add".to_owned(),
            "crm.activity.todo.add".to_owned(),
        ];
        for (name, code) in [
            ("Анна", "RESET_AFTER"),
            ("Анна", "CUT_BODY"),
            // sent command by command, so that the fault hits this call
            ("$result[q0]", "RESET_AFTER"),
            ("$result[q0]", "INTERNAL_SERVER_ERROR"),
        ] {
            for method in &methods {
                let gateway = gateway(kind).await;
                known_before(&gateway, kind);
                let fault = json!({"code": code, "method": method});
                gateway
                    .portal()
                    .inject(serde_json::from_value(fault).unwrap());
                gateway.post_answer(answer(5, 1, anna(name))).await;
                gateway.settle().await;
                once(&gateway, kind, 2, 2, &format!("{code} at {method}, {name}")).await;
            }
        }
    }
}

#[actix_web::test]
async fn a_lost_reply_to_a_creation_causes_no_second_one() {
    for kind in ["deal", "lead"] {
        let methods = [
            "crm.contact.add".to_owned(),
            format!("crm.{kind}.add"),
            "crm.timeline.comment.add".to_owned(),
            "crm.activity.todo.add".to_owned(),
        ];
        for code in ["RESET_AFTER", "ERROR_AFTER_SAVE"] {
            for method in &methods {
                let gateway = gateway(kind).await;
                let fault = json!({"code": code, "method": method});
                gateway
                    .portal()
                    .inject(serde_json::from_value(fault).unwrap());
                gateway.post_answer(answer(5, 1, anna("$result[q0]"))).await;
                gateway.settle().await;
                once(&gateway, kind, 1, 1, &format!("{code} at {method}")).await;
            }
        }
    }
}

#[actix_web::test]
async fn a_batch_cut_at_any_command_is_continued() {
    for kind in ["deal", "lead"] {
        for code in ["CUT_BATCH", "RESET_WITHIN"] {
            for after in 0..5 {
                let gateway = gateway(kind).await;
                known_before(&gateway, kind);
                let cut = json!({"code": code, "after": after, "method": "crm.contact.update"});
                gateway
                    .portal()
                    .inject(serde_json::from_value(cut).unwrap());
                gateway.post_answer(answer(5, 1, anna("Анна"))).await;
                gateway.settle().await;
                once(&gateway, kind, 2, 2, &format!("{code} after {after}")).await;
            }
        }
    }
}
