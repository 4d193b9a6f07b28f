//! A search by a field that the portal does not have never finds anything, so nothing is created.

use leadgate::domain::State;
use leadgate::simulator::CallRecord;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::gateway::{TestGateway, answer};
use crate::items::items;

const FIELDS: &str = "receive: { default: true }
fields:
  name: $.data.name
  order: $.data.order
  phone: { from: $.data.phone, as: phone }
";

const CONTACT: &str =
    "contact: { fields: { NAME: '{{name}}', PHONE: { value: '{{phone}}', search: true } } }\n";

const DEAL: &str =
    "deal: { fields: { TITLE: x, UF_CRM_NOPE: { value: '{{order}}', search: true } } }\n";

async fn with(blocks: &str) -> TestGateway {
    at(TempDir::new().unwrap(), blocks).await
}

async fn at(home: TempDir, blocks: &str) -> TestGateway {
    let folder = TestGateway::mappings(&home);
    std::fs::write(folder.join("shop.yaml"), format!("{FIELDS}{blocks}")).unwrap();
    TestGateway::at(home, &[("mappings.dir", folder.to_str().unwrap())]).await
}

fn anna() -> Value {
    json!({"name": "Анна", "phone": "+79123456789", "order": "77"})
}

/// Returns how often the dictionaries were read.
fn asked(gateway: &TestGateway) -> usize {
    let reads = |call: &CallRecord| {
        let inside = call.commands.iter();
        inside
            .filter(|command| command.method == "crm.contact.fields")
            .count()
    };
    gateway.portal().transcript().iter().map(reads).sum()
}

fn counted(gateway: &TestGateway) -> [usize; 4] {
    [
        gateway.contacts().len(),
        gateway.deals().len(),
        gateway.leads().len(),
        items(gateway).len(),
    ]
}

#[actix_web::test]
async fn an_impossible_search_creates_nothing() {
    let field = "{ value: '{{order}}', search: true }";
    for (blocks, field) in [
        (format!("{CONTACT}{DEAL}"), "deal.UF_CRM_NOPE"),
        (
            format!("{CONTACT}lead: {{ fields: {{ TITLE: x, UF_CRM_NOPE: {field} }} }}\n"),
            "lead.UF_CRM_NOPE",
        ),
        (
            format!(
                "contact: {{ fields: {{ NAME: '{{{{name}}}}', UF_CRM_NOPE: {field} }} }}\ndeal: {{ fields: {{ TITLE: x }} }}\n"
            ),
            "contact.UF_CRM_NOPE",
        ),
        // a standard field of Bitrix24, misspelt
        (
            format!("{CONTACT}deal: {{ fields: {{ TITLE: x, ADITIONAL_INFO: {field} }} }}\n"),
            "deal.ADITIONAL_INFO",
        ),
        (
            format!(
                "{CONTACT}item: {{ type: 1036, fields: {{ title: x, ufCrm9Nope: {field} }} }}\n"
            ),
            "item.ufCrm9Nope",
        ),
        (
            format!(
                "{CONTACT}item: {{ type: 1036, fields: {{ title: x, UF_CRM_9_NOPE: {field} }} }}\n"
            ),
            "item.UF_CRM_9_NOPE",
        ),
    ] {
        let gateway = with(&blocks).await;
        for number in [1, 2] {
            gateway.post_answer(answer(1, number, anna())).await;
        }
        gateway.settle().await;
        assert_eq!(gateway.count(State::Parked).await, 2, "{field}");
        assert_eq!(counted(&gateway), [0; 4], "{field}");
        let explain = ["explain", "1/1", "--lang"];
        let output = gateway.command(&[&explain[..], &["en"]].concat(), &[]);
        for part in [
            &format!("the portal has no field {field}, by which the profile shop searches"),
            "the profile searches by a field that the portal does not have",
            "fix the field in the profile, or create it in Bitrix24",
            "leadgate replay",
        ] {
            assert!(output.contains(part), "{part} is not in\n{output}");
        }
        let output = gateway.command(&[&explain[..], &["ru"]].concat(), &[]);
        for part in [
            &format!("на портале нет поля {field}, по которому ищет профиль shop"),
            "исправьте поле в профиле или создайте его в Битрикс24",
            "leadgate replay",
        ] {
            assert!(output.contains(part), "{part} is not in\n{output}");
        }
    }
}

#[actix_web::test]
async fn a_replay_delivers_once_the_field_exists() {
    let gateway = with(&format!("{CONTACT}{DEAL}")).await;
    for number in [1, 2] {
        gateway.post_answer(answer(1, number, anna())).await;
    }
    gateway.settle().await;
    assert_eq!(gateway.count(State::Parked).await, 2);
    let fields = json!({"FIELD_NAME": "NOPE", "USER_TYPE_ID": "string"});
    let made = json!({ "fields": fields });
    gateway.portal().call("crm.deal.userfield.add", made);
    let before = asked(&gateway);
    let replay = ["replay", "--state", "parked", "--reason", "unknown-field"];
    let output = gateway.command(&replay, &[]);
    assert!(output.contains("queued again: 2"), "{output}");
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 2);
    assert_eq!(counted(&gateway), [1, 1, 0, 0]);
    assert_eq!(gateway.deals()[0]["UF_CRM_NOPE"], "77");
    assert_eq!(asked(&gateway), before + 1, "read again at once");
}

#[actix_web::test]
async fn a_replay_of_a_missing_list_or_field_reads_the_dictionaries_at_once() {
    let label = "{ value: '{{name}}', as: label, unknown: park }";
    for (deal, field) in [
        (
            format!("deal: {{ fields: {{ TITLE: x, UF_CRM_CITY2: {label} }} }}\n"),
            json!({"FIELD_NAME": "CITY2", "USER_TYPE_ID": "enumeration", "LIST": [{"VALUE": "Анна"}]}),
        ),
        (
            "deal: { fields: { TITLE: x, UF_CRM_CARD2: { value: '{{order}}', search: true } } }\n"
                .to_owned(),
            json!({"FIELD_NAME": "CARD2", "USER_TYPE_ID": "double"}),
        ),
    ] {
        let gateway = with(&format!("{CONTACT}{deal}")).await;
        gateway.post_answer(answer(1, 1, anna())).await;
        gateway.settle().await;
        assert_eq!(gateway.count(State::Parked).await, 1, "{deal}");
        // a replay before the cause is gone is parked again
        gateway.command(&["replay", "1/1"], &[]);
        gateway.settle().await;
        assert_eq!(gateway.count(State::Parked).await, 1, "{deal}");
        let made = json!({ "fields": field });
        gateway.portal().call("crm.deal.userfield.add", made);
        gateway.command(&["replay", "1/1"], &[]);
        gateway.settle().await;
        assert_eq!(gateway.count(State::Delivered).await, 1, "{deal}");
    }
}

#[actix_web::test]
async fn only_a_doubtful_search_costs_one_extra_call() {
    let known =
        "deal: { fields: { TITLE: x, UF_CRM_ORDER_ID: { value: '{{order}}', search: true } } }\n";
    let plain = "deal: { fields: { TITLE: { value: '{{order}}', search: true } } }\n";
    let filled = "deal: { fields: { TITLE: x, UF_CRM_ORDER_ID: '{{order}}', UF_CRM_NOPE: x } }\n";
    let always = DEAL.replace("deal: {", "deal: { found: always_create,");
    for (deal, calls) in [(known, 1), (plain, 0), (filled, 0), (always.as_str(), 0)] {
        let gateway = with(&format!("{CONTACT}{deal}")).await;
        for number in [1, 2, 3] {
            gateway.post_answer(answer(1, number, anna())).await;
            gateway.settle().await;
        }
        assert_eq!(gateway.count(State::Delivered).await, 3, "{deal}");
        assert_eq!(asked(&gateway), calls, "{deal}");
    }
}

#[actix_web::test]
async fn a_portal_that_hides_its_fields_gets_unchecked_searches() {
    for refusal in [
        json!({"code": "REFUSED", "error": "ACCESS_DENIED", "method": "crm.status.list", "times": "always"}),
        json!({"code": "SCOPE_MISSING", "method": "crm.status.list", "times": "always"}),
    ] {
        let gateway = with(&format!("{CONTACT}{DEAL}")).await;
        gateway
            .portal()
            .inject(serde_json::from_value(refusal).unwrap());
        for number in [1, 2] {
            gateway.post_answer(answer(1, number, anna())).await;
            gateway.settle().await;
        }
        assert_eq!(gateway.count(State::Delivered).await, 2);
        assert_eq!(asked(&gateway), 1, "not again and again");
    }
}
