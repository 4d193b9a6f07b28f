//! Stage, responsible employee and title by a value of the packet.

use leadgate::domain::State;
use serde_json::{Value, json};

use crate::gateway::{TestGateway, answer};

const PROFILE: &str = r#"
receive: { polls: [5] }
fields: { city: $.data.city, phone: { from: $.data.phone, as: phone } }
contact: { fields: { PHONE: { value: "{{phone}}", search: true } } }
deal:
  stage: { by: "{{city}}", map: { Москва: PREPARATION, Казань: "C1:NEW" }, default: NEW }
  among: { by: "{{city}}", map: { Москва: [NEW, PREPARATION] } }
  change_stage: true
  responsible:
    by: "{{city}}"
    map: { Москва: { in_turn: [2, 3] }, Казань: { in_turn: [2, 3] } }
  fields:
    TITLE: { by: "{{city}}", map: { Москва: "Столица" }, default: "Регион {{city}}" }
comment: none
"#;

async fn gateway() -> TestGateway {
    let home = tempfile::TempDir::new().unwrap();
    let folder = TestGateway::mappings(&home);
    std::fs::write(folder.join("shop.yaml"), PROFILE).unwrap();
    TestGateway::at(home, &[("mappings.dir", folder.to_str().unwrap())]).await
}

async fn send(gateway: &TestGateway, city: &str, phone: u32) {
    let data = json!({"city": city, "phone": format!("+7912000{phone:04}")});
    let reply = gateway
        .post_answer(answer(5, gateway.next_answer(), data))
        .await;
    assert_eq!(reply.status, 200);
    gateway.settle().await;
}

fn shown(gateway: &TestGateway, keys: &[&str]) -> Vec<String> {
    let show = |deal: &Value| {
        let texts = keys.iter().map(|key| deal[key].as_str().unwrap());
        texts.collect::<Vec<_>>().join(" ")
    };
    gateway.deals().iter().map(show).collect()
}

#[actix_web::test]
async fn records_go_where_their_row_says() {
    let gateway = gateway().await;
    send(&gateway, "москва", 1).await;
    send(&gateway, "КАЗАНЬ", 2).await;
    send(&gateway, "Пермь", 3).await;
    assert_eq!(
        shown(&gateway, &["TITLE", "STAGE_ID", "CATEGORY_ID"]),
        [
            "Столица PREPARATION 0",
            "Регион КАЗАНЬ C1:NEW 1",
            "Регион Пермь NEW 0"
        ]
    );
    // the same person in another city: his open deal is moved within its pipeline
    send(&gateway, "Москва", 3).await;
    assert_eq!(
        shown(&gateway, &["TITLE", "STAGE_ID", "CATEGORY_ID"])[2..],
        ["Столица PREPARATION 0"]
    );
    // and another pipeline gets a deal of its own
    send(&gateway, "Казань", 3).await;
    assert_eq!(gateway.deals().len(), 4);
    assert_eq!(gateway.count(State::Delivered).await, 5);
    let explained = gateway.command(&["explain", "5/1", "--lang", "ru"], &[]);
    for part in [
        "deal.stage: выбрана строка «Москва» из `map` по {{city}}",
        "deal.fields.TITLE: выбрана строка «Москва» из `map` по {{city}}",
    ] {
        assert!(explained.contains(part), "{part} is not in\n{explained}");
    }
}

#[actix_web::test]
async fn employees_take_turns_within_their_row() {
    let gateway = gateway().await;
    for (city, phone) in [("Москва", 1), ("Казань", 2), ("Москва", 3), ("Казань", 4)]
    {
        send(&gateway, city, phone).await;
    }
    assert_eq!(
        shown(&gateway, &["TITLE", "ASSIGNED_BY_ID"]),
        [
            "Столица 2",
            "Регион Казань 2",
            "Столица 3",
            "Регион Казань 3"
        ]
    );
}
