//! The guarantees hold while the CRM misbehaves: one contact, one deal, one comment, or a parked
//! submission with the portal's message.

use leadgate::domain::State;
use leadgate::simulator::Fault;
use serde_json::{Value, json};

use crate::gateway::{TestGateway, answer};

/// Returns a fault for the next calls.
pub(crate) fn fault(code: &str, times: u32) -> Fault {
    serde_json::from_value(json!({"code": code, "times": {"next": times}})).unwrap()
}

fn fault_at(code: &str, method: &str) -> Fault {
    serde_json::from_value(json!({"code": code, "method": method, "times": {"next": 1}})).unwrap()
}

fn anna() -> Value {
    json!({"firstname": "Анна", "email": "anna@mail.example", "phone": "+79123456789"})
}

/// Counts contacts, deals and comments.
fn counted(gateway: &TestGateway) -> (usize, usize, usize) {
    let deals = gateway.deals();
    let comments = deals
        .iter()
        .map(|deal| gateway.comments("deal", deal["ID"].as_str().unwrap()).len())
        .sum();
    (gateway.contacts().len(), deals.len(), comments)
}

#[actix_web::test]
async fn lost_and_refused_replies_never_make_a_second_record() {
    let methods = [
        "crm.duplicate.findbycomm",
        "crm.contact.add",
        "crm.deal.add",
        "crm.timeline.comment.add",
    ];
    let faults = [
        "RESET_BEFORE",
        "RESET_AFTER",
        "CUT_BODY",
        "ERROR_AFTER_SAVE",
        "INTERNAL_SERVER_ERROR",
        "BAD_GATEWAY",
    ];
    for code in faults {
        for method in methods {
            let gateway = TestGateway::start().await;
            gateway.portal().inject(fault_at(code, method));
            assert_eq!(
                gateway.post_answer(answer(123, 1, anna())).await.status,
                200
            );
            gateway.settle().await;
            assert_eq!(
                gateway.portal().counters().faults,
                u64::from(played(code, method)),
                "{code} {method}"
            );
            assert_eq!(counted(&gateway), (1, 1, 1), "{code} at {method}");
            assert_eq!(
                gateway.count(State::Delivered).await,
                1,
                "{code} at {method}"
            );
        }
    }
}

/// Faults after saving do not apply to searches, which save nothing.
fn played(code: &str, method: &str) -> bool {
    code != "ERROR_AFTER_SAVE" || method != "crm.duplicate.findbycomm"
}

#[actix_web::test]
async fn a_cut_batch_is_continued() {
    for after in 0..3 {
        let gateway = TestGateway::start().await;
        let cut = json!({"code": "CUT_BATCH", "after": after, "method": "crm.contact.add", "times": {"next": 1}});
        gateway
            .portal()
            .inject(serde_json::from_value(cut).unwrap());
        gateway.post_answer(answer(123, 1, anna())).await;
        gateway.settle().await;
        assert_eq!(counted(&gateway), (1, 1, 1), "after {after}");
    }
}

#[actix_web::test]
async fn a_busy_portal_is_retried() {
    let gateway = TestGateway::start().await;
    gateway.portal().inject(fault("QUERY_LIMIT_EXCEEDED", 2));
    gateway.post_answer(answer(123, 1, anna())).await;
    gateway.settle().await;
    assert_eq!(counted(&gateway), (1, 1, 1));
}

#[actix_web::test]
async fn a_final_refusal_parks_with_the_portals_words() {
    let gateway = TestGateway::start().await;
    let mandatory =
        json!({"code": "MANDATORY_FIELD", "entity": "deal", "field": "UF_CRM_ORDER_ID"});
    gateway
        .portal()
        .inject(serde_json::from_value(mandatory).unwrap());
    gateway.post_answer(answer(123, 1, anna())).await;
    gateway.settle().await;
    assert_eq!(gateway.count(State::Parked).await, 1);
    assert_eq!(counted(&gateway), (1, 0, 0));
}

#[actix_web::test]
async fn reply_delivered_waits_for_the_crm() {
    let home = tempfile::TempDir::new().unwrap();
    let folder = TestGateway::mappings(&home);
    let profile = "name: Ждём\nreceive: { polls: [5] }\nreply: delivered\nfields:\n  email: { from: $.data.email, as: email }\n\
                   contact:\n  fields:\n    EMAIL: { value: \"{{email}}\", search: true }\ndeal:\n  fields:\n    TITLE: \"Т\"\n";
    std::fs::write(folder.join("waiting.yaml"), profile).unwrap();
    let start = async |home, wait| {
        let folder = ("mappings.dir", folder.to_str().unwrap());
        TestGateway::at(home, &[folder, ("polls.delivered_wait", wait)]).await
    };
    let gateway = start(home, "60s").await;
    let data = json!({"email": "a@mail.example"});
    let reply = gateway.post_answer(answer(5, 1, data.clone())).await;
    assert_eq!(
        reply.body["message"],
        "Ответ 1 успешно сохранён в CRM или был зарегистрирован ранее"
    );
    assert_eq!(
        gateway.deals().len(),
        1,
        "it exists when the sender gets the reply"
    );

    let gateway = start(gateway.stop().await, "200ms").await;
    let shut = json!({"code": "CREDENTIALS_REVOKED", "times": "always"});
    gateway
        .portal()
        .inject(serde_json::from_value(shut).unwrap());
    let reply = gateway.post_answer(answer(5, 2, data.clone())).await;
    assert_eq!(
        (reply.status, &reply.body["is_successful"]),
        (202, &json!(false))
    );
    gateway.portal().clear_faults();
    gateway.settle().await;
    let reply = gateway.post_answer(answer(5, 2, data)).await;
    assert_eq!(
        (reply.status, &reply.body["is_successful"]),
        (200, &json!(true))
    );
    assert_eq!(
        gateway.deals().len(),
        1,
        "the open deal was joined, and never doubled"
    );
}
