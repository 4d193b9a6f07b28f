//! From a hook of amoCRM to a deal: custom fields, the newest change, our own changes.

use leadgate::domain::State;
use serde_json::{Value, json};

use crate::amocrm::{fixture, lead, leads, with_profile};
use crate::gateway::{TestGateway, until};

const NEWEST: &str = r#"
receive: { amocrm: main, on: [leads], newest: true }
fields: { order: { custom: ORDERID }, price: { from: $.price, as: money } }
deal: { fields: { TITLE: "Order {{order}}", UF_CRM_ORDER_ID: { value: "{{order}}", search: true }, OPPORTUNITY: "{{price}}" } }
"#;

/// Returns a change of lead 1.
fn change(time: i64) -> Value {
    let mut lead = lead(1, "A-1", time);
    lead["price"] = json!(time.to_string());
    lead
}

fn refuse_everything(gateway: &TestGateway) {
    let shut = json!({"code": "CREDENTIALS_REVOKED", "times": "always"});
    gateway
        .portal()
        .inject(serde_json::from_value(shut).unwrap());
}

#[actix_web::test]
async fn the_shipped_profile_makes_a_deal_and_its_payment_closes_it() {
    let flags: Vec<(&str, &str)> = crate::amocrm::ACCOUNT.to_vec();
    let gateway = TestGateway::with(&flags).await;
    let reply = gateway.post_hook(fixture("leads-add.form")).await;
    assert_eq!(reply.body["accepted"], 1, "{reply:?}");
    gateway.settle().await;
    let deals = gateway.deals();
    assert_eq!(deals[0]["TITLE"], "Заказ №180022: Заявка: курс «Аналитик»");
    assert_eq!(
        (&deals[0]["OPPORTUNITY"], &deals[0]["STAGE_ID"]),
        (&json!("4900.00"), &json!("NEW"))
    );
    assert_eq!(
        deals[0]["SOURCE_DESCRIPTION"],
        "https://edu.example/a?x=1&utm_source=ya"
    );
    let reply = gateway.post_hook(fixture("leads-status.json")).await;
    assert_eq!(reply.body["accepted"], 1, "{reply:?}");
    gateway.settle().await;
    let deals = gateway.deals();
    assert_eq!((deals.len(), &deals[0]["STAGE_ID"]), (1, &json!("WON")));
    // the article's shape
    gateway.post_hook(fixture("article.json")).await;
    gateway.settle().await;
    assert_eq!(gateway.deals()[1]["TITLE"], "Заказ №A-77: Название товара");
}

#[actix_web::test]
async fn a_flood_of_changes_out_of_order_is_one_deal_with_the_newest_values() {
    let gateway = with_profile(NEWEST, &[]).await;
    refuse_everything(&gateway);
    let times: Vec<i64> = (0..60).map(|n| 1000 + (n * 37) % 60).collect();
    for chunk in times.chunks(7) {
        let changes: Vec<Value> = chunk.iter().map(|time| change(*time)).collect();
        for _ in 0..2 {
            let reply = gateway.post_hook(leads("update", &changes)).await;
            assert_eq!(reply.status, 200, "{reply:?}");
        }
    }
    gateway.portal().clear_faults();
    gateway.settle().await;
    let deals = gateway.deals();
    assert_eq!(
        (deals.len(), &deals[0]["OPPORTUNITY"]),
        (1, &json!("1059.00"))
    );
    assert_eq!(
        gateway.count(State::Delivered).await + gateway.count(State::Ignored).await,
        60
    );
    // a late one changes nothing
    gateway.post_hook(leads("update", &[change(999)])).await;
    gateway.settle().await;
    assert_eq!(gateway.deals()[0]["OPPORTUNITY"], "1059.00");
    let ignored = gateway.command(
        &[
            "journal", "--state", "ignored", "--limit", "1", "--lang", "ru",
        ],
        &[],
    );
    assert!(
        ignored.contains("уже пришло более новое изменение"),
        "{ignored}"
    );
}

#[actix_web::test]
async fn of_captured_changes_only_the_newest_of_each_item_is_delivered() {
    let gateway = with_profile(
        "receive: { amocrm: other }\ndeal: { fields: { TITLE: x } }\n",
        &[],
    )
    .await;
    for time in [5, 9, 1, 7, 3] {
        let other = lead(2, "A-2", 100 - time);
        gateway
            .post_hook(leads("update", &[change(time), other]))
            .await;
    }
    assert_eq!(gateway.count(State::Captured).await, 10);
    std::fs::write(gateway.home.path().join("mappings/leads.yaml"), NEWEST).unwrap();
    until("both are delivered", async || {
        gateway.count(State::Delivered).await == 2 && gateway.count(State::Captured).await == 0
    })
    .await;
    assert_eq!(gateway.count(State::Ignored).await, 8);
    let mut deals = gateway.deals();
    deals.sort_by_key(|deal| deal["UF_CRM_ORDER_ID"].to_string());
    assert_eq!(deals.len(), 2);
    assert_eq!(deals[0]["OPPORTUNITY"], "9.00");
    let ignored = gateway.command(&["journal", "--state", "ignored", "--lang", "ru"], &[]);
    assert!(
        ignored.contains("уже пришло более новое изменение"),
        "{ignored}"
    );
    // one that comes later is compared with them
    let reply = gateway.post_hook(leads("update", &[change(8)])).await;
    assert_eq!(reply.status, 200);
    gateway.settle().await;
    assert_eq!(gateway.count(State::Ignored).await, 9);
}

#[actix_web::test]
async fn an_older_change_that_a_person_replays_is_delivered() {
    let gateway = with_profile(NEWEST, &[]).await;
    gateway.post_hook(leads("update", &[change(9)])).await;
    gateway.settle().await;
    gateway.post_hook(leads("update", &[change(5)])).await;
    assert_eq!(gateway.count(State::Ignored).await, 1);
    gateway.command(&["replay", "--state", "ignored"], &[]);
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 2);
    assert_eq!(gateway.deals()[0]["OPPORTUNITY"], "5.00");
}

#[actix_web::test]
async fn items_and_profiles_do_not_overtake_each_other() {
    let gateway = with_profile(NEWEST, &[]).await;
    refuse_everything(&gateway);
    let changes = [
        lead(1, "A-1", 200),
        lead(10, "A-10", 100),
        lead(11, "A-11", 50),
    ];
    gateway.post_hook(leads("add", &changes)).await;
    gateway.portal().clear_faults();
    gateway.settle().await;
    assert_eq!(gateway.deals().len(), 3);
    assert_eq!(gateway.count(State::Ignored).await, 0);
}

#[actix_web::test]
async fn without_newest_every_change_is_delivered() {
    let profile = NEWEST.replace(", newest: true", "");
    let gateway = with_profile(&profile, &[]).await;
    gateway
        .post_hook(leads("update", &[change(3), change(1), change(2)]))
        .await;
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 3);
    assert_eq!(gateway.deals().len(), 1);
}

#[actix_web::test]
async fn changes_of_our_own_user_are_ignored() {
    let gateway = with_profile(NEWEST, &[("amocrm.main.own_users", "9204411")]).await;
    let mut own = change(5);
    own["modified_user_id"] = json!("9204411");
    let reply = gateway.post_hook(leads("update", &[own, change(4)])).await;
    assert_eq!(
        reply.body,
        json!({"status": "success", "accepted": 1, "ignored": 1})
    );
    gateway.settle().await;
    assert_eq!(gateway.deals()[0]["OPPORTUNITY"], "4.00");
    let ignored = gateway.command(&["journal", "--state", "ignored", "--lang", "en"], &[]);
    assert!(ignored.contains("own_users"), "{ignored}");
}

#[actix_web::test]
async fn custom_fields_of_any_shape_reach_the_deal() {
    let profile = r#"
receive: { amocrm: main, on: leads.add, when: { tags: [landing, x], pipeline: Курсы, stage: "60110233" } }
fields:
  order: { custom: 811203 }
  start: { custom: Дата старта, as: date }
  formats: { custom: форматы, as: join, separator: " + " }
  agreed: { custom: "811209", as: bool }
  address: { custom: Адрес }
  page: { custom: [НЕТ, referer], as: url, part: query.utm_source }
  stage: $.stage_name
deal:
  fields:
    TITLE: "{{order}} {{start}} {{formats}} {{address}} {{page}} {{stage}}"
    COMMENTS: { value: agreed, when: { agreed: true } }
"#;
    let flags = [
        ("amocrm.main.stages.60110233", "Новая заявка"),
        ("amocrm.main.pipelines.7720015", "Курсы"),
    ];
    let gateway = with_profile(profile, &flags).await;
    let reply = gateway.post_hook(fixture("leads-add.form")).await;
    assert_eq!(reply.body["accepted"], 1, "{reply:?}");
    gateway.settle().await;
    let deals = gateway.deals();
    assert_eq!(
        deals[0]["TITLE"],
        "180022 2026-01-01 Очно + Онлайн Пермь, ул. Ленина, 1 ya Новая заявка"
    );
    assert_eq!(deals[0]["COMMENTS"], "agreed");
}

#[actix_web::test]
async fn a_contact_and_an_incoming_lead_reach_the_crm() {
    let profile = r#"
receive: { amocrm: main, on: [contacts.add, unsorted.add] }
fields:
  phone: { custom: PHONE, as: phone }
  email: { custom: EMAIL, as: email }
  fio: { from: ["$.data.contacts[0].name", $.name], as: name }
contact: { fields: { NAME: "{{fio.first}}", PHONE: { value: "{{phone}}", search: true }, EMAIL: { value: "{{email}}", search: true } } }
"#;
    let gateway = with_profile(profile, &[]).await;
    gateway.post_hook(fixture("contacts-add.form")).await;
    gateway.settle().await;
    gateway.post_hook(fixture("unsorted-add.json")).await;
    gateway.settle().await;
    let contacts = gateway.contacts();
    assert_eq!(contacts.len(), 1);
    assert_eq!(contacts[0]["NAME"], "Ольга");
    assert_eq!(contacts[0]["PHONE"][0]["VALUE"], "+79005550142");
    assert_eq!(contacts[0]["EMAIL"][0]["VALUE"], "o.t@mail.example");
}
