//! The rules of finding and updating, end to end: a profile, packets, and the resulting content of
//! the CRM.

use leadgate::domain::State;
use leadgate::simulator::Fault;
use serde_json::{Value, json};

use crate::gateway::{TestGateway, answer};

/// Starts a gateway with one profile for poll 5; `fields` names what the tests send.
pub(crate) async fn with(profile: &str) -> TestGateway {
    let home = tempfile::TempDir::new().unwrap();
    let folder = TestGateway::mappings(&home);
    let text = format!(
        "name: Проверка\nreceive: {{ polls: [5] }}\nfields:\n  phone: $.data.phone\n  email: $.data.email\n  \
         name: $.data.name\n  surname: $.data.surname\n  order: $.data.order\n  site: $.data.site\n  \
         tg: $.data.tg\n  topics: $.data.topics[*]\n  sum: $.data.sum\n{profile}"
    );
    std::fs::write(folder.join("p.yaml"), text).unwrap();
    TestGateway::at(home, &[("mappings.dir", folder.to_str().unwrap())]).await
}

/// Sends answers one after the other, each after the delivery of the one before.
pub(crate) async fn send(gateway: &TestGateway, packets: &[Value]) {
    for packet in packets {
        let number = gateway.next_answer();
        let reply = gateway.post_answer(answer(5, number, packet.clone())).await;
        assert_eq!(reply.status, 200, "{:?}", reply.body);
        gateway.settle().await;
    }
}

pub(crate) fn call(gateway: &TestGateway, method: &str, params: Value) -> Value {
    let answer = gateway.portal().call(method, params);
    assert!(answer.get("error").is_none(), "{method}: {answer}");
    answer["result"].clone()
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "reads better where it is called"
)]
pub(crate) fn add_contact(gateway: &TestGateway, fields: Value) -> i64 {
    let id = call(gateway, "crm.contact.add", json!({"fields": fields}));
    id.as_i64().unwrap()
}

pub(crate) fn phone(number: &str) -> Value {
    json!([{"VALUE": number, "VALUE_TYPE": "WORK"}])
}

fn values(row: &Value, field: &str) -> Vec<String> {
    let list = row[field].as_array().cloned().unwrap_or_default();
    list.iter()
        .map(|one| one["VALUE"].as_str().unwrap().to_owned())
        .collect()
}

pub(crate) const CONTACT: &str = "contact:\n  fields:\n    NAME: \"{{name}}\"\n    LAST_NAME: \"{{surname}}\"\n    \
                       PHONE: { value: \"{{phone}}\", search: true }\n    \
                       EMAIL: { value: \"{{email}}\", search: true }\n";

pub(crate) fn anna() -> Value {
    json!({"name": "Анна", "surname": "Иванова", "phone": "89123456789", "email": "anna@mail.example"})
}

#[actix_web::test]
async fn phone_and_surname_find_together_or_the_email_does_alone() {
    let gateway = with(
        "contact:\n  match: [[PHONE, LAST_NAME], [EMAIL]]\n  fields:\n    NAME: \"{{name}}\"\n    \
         LAST_NAME: { value: \"{{surname}}\", search: true }\n    \
         PHONE: { value: \"{{phone}}\", search: true }\n    \
         EMAIL: { value: \"{{email}}\", search: true }\n",
    )
    .await;
    // a family shares the phone
    let mother = add_contact(
        &gateway,
        json!({"LAST_NAME": "Петрова", "PHONE": phone("+79123456789")}),
    );
    send(
        &gateway,
        &[json!({"name": "Анна", "surname": "Иванова", "phone": "89123456789"})],
    )
    .await;
    assert_eq!(
        gateway.contacts().len(),
        2,
        "another surname is another person"
    );
    send(
        &gateway,
        &[json!({"name": "А.", "surname": "иванова", "phone": "+7 912 345-67-89"})],
    )
    .await;
    assert_eq!(gateway.contacts().len(), 2);
    call(
        &gateway,
        "crm.contact.update",
        json!({"id": mother, "fields": {"EMAIL": [{"VALUE": "Mama@mail.example"}]}}),
    );
    send(
        &gateway,
        &[json!({"surname": "Другая", "email": "mama@mail.example"})],
    )
    .await;
    assert_eq!(gateway.contacts().len(), 2, "the address alone finds");
}

#[actix_web::test]
async fn match_all_requires_every_search_field() {
    let profile = CONTACT.replacen("contact:\n", "contact:\n  match: all\n", 1);
    let gateway = with(&profile).await;
    add_contact(
        &gateway,
        json!({"NAME": "А", "PHONE": phone("+79123456789")}),
    );
    send(&gateway, &[anna(), anna()]).await;
    assert_eq!(gateway.contacts().len(), 2);
}

#[actix_web::test]
async fn phones_are_found_in_every_stored_spelling() {
    let stored = [
        "8 (912) 345-67-89",
        "+7 912 345 67 89",
        "9123456789",
        "79123456789",
        "80291234567",
        "8 029 123-45-67",
        "+375 29 123-45-67",
    ];
    for spelling in stored {
        let gateway = with(CONTACT).await;
        add_contact(&gateway, json!({"NAME": "А", "PHONE": phone(spelling)}));
        let number = if spelling.contains("29") {
            "+375291234567"
        } else {
            "+79123456789"
        };
        send(&gateway, &[json!({"name": "Анна", "phone": number})]).await;
        let contacts = gateway.contacts();
        assert_eq!(contacts.len(), 1, "{spelling}");
        assert_eq!(
            values(&contacts[0], "PHONE"),
            [spelling],
            "nothing is added twice"
        );
    }
}

#[actix_web::test]
async fn several_contacts_are_handled_as_the_profile_says() {
    for (several, bound) in [
        ("oldest", vec![1]),
        ("newest", vec![2]),
        ("all", vec![1, 2]),
        ("park", vec![]),
    ] {
        let profile = CONTACT.replacen(
            "contact:\n",
            &format!("contact:\n  several: {several}\n"),
            1,
        );
        let gateway = with(&format!("{profile}deal:\n  fields:\n    TITLE: \"Т\"\n")).await;
        for _ in 0..2 {
            add_contact(
                &gateway,
                json!({"NAME": "А", "PHONE": phone("+79123456789")}),
            );
        }
        send(&gateway, &[anna()]).await;
        assert_eq!(gateway.contacts().len(), 2, "{several}");
        if bound.is_empty() {
            assert_eq!(gateway.count(State::Parked).await, 1);
            assert!(gateway.deals().is_empty());
            continue;
        }
        let items = call(&gateway, "crm.deal.contact.items.get", json!({"id": 1}));
        let ids: Vec<i64> = items
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["CONTACT_ID"].as_i64().unwrap())
            .collect();
        assert_eq!(ids, bound, "{several}");
    }
}

pub(crate) const ORDER: &str = "deal:\n  fields:\n    TITLE: \"Заказ №{{order}}\"\n    OPPORTUNITY: \"{{sum}}\"\n    \
                     UF_CRM_ORDER_ID: { value: \"{{order}}\", search: true }\n";

pub(crate) fn order(number: i64, sum: i64) -> Value {
    json!({"name": "Мария", "phone": "74712773120", "order": number, "sum": sum})
}

#[actix_web::test]
async fn the_same_order_makes_one_deal_and_another_order_a_second() {
    let gateway = with(&format!("{CONTACT}{ORDER}")).await;
    send(
        &gateway,
        &[order(6510, 3500), order(6510, 4000), order(6511, 10)],
    )
    .await;
    let deals = gateway.deals();
    let seen: Vec<(&str, &str)> = deals
        .iter()
        .map(|deal| {
            (
                deal["TITLE"].as_str().unwrap(),
                deal["OPPORTUNITY"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(seen, [("Заказ №6510", "4000.00"), ("Заказ №6511", "10.00")]);
    assert_eq!(gateway.contacts().len(), 1);
}

#[actix_web::test]
async fn a_deal_of_another_person_is_found_by_its_order_and_the_contact_bound() {
    let gateway = with(&format!("{CONTACT}{ORDER}")).await;
    let other = add_contact(&gateway, json!({"NAME": "Другой"}));
    call(
        &gateway,
        "crm.deal.add",
        json!({"fields": {"TITLE": "x", "UF_CRM_ORDER_ID": "6510", "CONTACT_ID": other}}),
    );
    send(&gateway, &[order(6510, 1)]).await;
    assert_eq!(gateway.deals().len(), 1);
    let items = call(&gateway, "crm.deal.contact.items.get", json!({"id": 1}));
    assert_eq!(items.as_array().unwrap().len(), 2);
}

#[actix_web::test]
async fn any_of_several_search_fields_finds_the_deal() {
    let gateway = with(&format!(
        "{ORDER}    ADDITIONAL_INFO: {{ value: \"{{{{tg}}}}\", search: true }}\n"
    ))
    .await;
    send(
        &gateway,
        &[
            json!({"order": 1, "tg": "A-7"}),
            json!({"order": 1}),
            json!({"tg": "a-7"}),
            json!({"order": 2}),
        ],
    )
    .await;
    assert_eq!(gateway.deals().len(), 2);
}

#[actix_web::test]
async fn a_closed_deal_of_the_same_order_is_handled_as_the_profile_says() {
    for (closed, deals, title) in [
        ("update", 1, "Заказ №7"),
        ("ignore", 1, "x"),
        ("create", 2, "x"),
    ] {
        let rule = format!("deal:\n  closed: {closed}\n  stage: NEW\n  change_stage: true\n");
        let gateway = with(&ORDER.replacen("deal:\n", &rule, 1)).await;
        let won = json!({"TITLE": "x", "UF_CRM_ORDER_ID": "7", "STAGE_ID": "WON"});
        call(&gateway, "crm.deal.add", json!({"fields": won}));
        send(&gateway, &[json!({"order": 7})]).await;
        let there = gateway.deals();
        assert_eq!(there.len(), deals, "{closed}");
        assert_eq!(
            (there[0]["TITLE"].as_str(), there[0]["STAGE_ID"].as_str()),
            (Some(title), Some("WON")),
            "{closed}"
        );
        // the next packet creates nothing more
        send(&gateway, &[json!({"order": 7})]).await;
        assert_eq!(gateway.deals().len(), deals, "{closed}");
    }
}

#[actix_web::test]
async fn fields_of_a_found_deal_follow_on_update() {
    let gateway = with(
        "contact:\n  fields:\n    PHONE: { value: \"{{phone}}\", search: true }\ndeal:\n  fields:\n    \
         TITLE: { value: \"{{name}}\", on_update: keep }\n    \
         ADDITIONAL_INFO: { value: \"{{order}}\", on_update: overwrite }\n    \
         SOURCE_DESCRIPTION: { value: \"{{site}}\", on_update: fill }\n    \
         COMMENTS: { value: \"{{tg}}\", on_update: append }\n    \
         UF_CRM_TOPICS: [{ value: \"{{topics}}\", on_update: append }]\n",
    )
    .await;
    let packet = |n: i64, site: &str, topics: Value| {
        json!({"phone": "89123456789", "name": format!("имя {n}"), "order": n, "site": site,
               "tg": format!("строка {n}"), "topics": topics})
    };
    send(
        &gateway,
        &[
            packet(1, "", json!([45])),
            packet(2, "откуда", json!([46, 45])),
            packet(3, "ещё", json!([])),
        ],
    )
    .await;
    let deals = gateway.deals();
    let deal = &deals[0];
    assert_eq!(deals.len(), 1);
    assert_eq!(deal["TITLE"], "имя 1");
    assert_eq!(deal["ADDITIONAL_INFO"], "3");
    assert_eq!(deal["SOURCE_DESCRIPTION"], "откуда");
    assert_eq!(deal["COMMENTS"], "строка 1\nстрока 2\nстрока 3");
    assert_eq!(deal["UF_CRM_TOPICS"], json!([45, 46]));
}

#[actix_web::test]
async fn sites_and_messengers_find_a_contact_and_are_added_once() {
    let gateway = with(
        "contact:\n  fields:\n    PHONE: { value: \"{{phone}}\", search: true }\n    \
         WEB: \"{{site}}\"\n    IM: { value: \"{{tg}}\", type: telegram, search: true }\n",
    )
    .await;
    send(
        &gateway,
        &[
            json!({"phone": "89123456789", "tg": "anna", "site": "anna.example"}),
            json!({"tg": "Anna", "site": "https://anna.example/"}),
            // a value with the same beginning is another person's
            json!({"tg": "ann", "site": "other.example"}),
        ],
    )
    .await;
    let contacts = gateway.contacts();
    assert_eq!(contacts.len(), 2);
    let whole = call(&gateway, "crm.contact.get", json!({"id": 1}));
    assert_eq!(values(&whole, "IM"), ["anna"]);
    assert_eq!(whole["IM"][0]["VALUE_TYPE"], "TELEGRAM");
    assert_eq!(values(&whole, "WEB"), ["anna.example"]);
}

#[actix_web::test]
async fn a_lead_is_found_by_its_phone_and_gets_missing_values() {
    let gateway = with(
        "lead:\n  fields:\n    TITLE: { value: \"{{name}}\", on_update: keep }\n    \
         PHONE: { value: \"{{phone}}\", search: true }\n    EMAIL: \"{{email}}\"\n",
    )
    .await;
    let lead = json!({"TITLE": "x", "PHONE": phone("8 912 345 67 89")});
    call(&gateway, "crm.lead.add", json!({"fields": lead}));
    // the portal's match code confuses this foreign number with ours
    let stranger = json!({"TITLE": "чужой", "PHONE": phone("+49123456789")});
    call(&gateway, "crm.lead.add", json!({"fields": stranger}));
    send(&gateway, &[anna(), anna()]).await;
    let leads = gateway.leads();
    assert_eq!(leads.len(), 2);
    assert_eq!(values(&leads[0], "PHONE"), ["8 912 345 67 89"]);
    assert_eq!(values(&leads[0], "EMAIL"), ["anna@mail.example"]);
    assert_eq!(leads[0]["TITLE"], "x");
}

#[actix_web::test]
async fn rotation_survives_retries_and_repeats() {
    let gateway = with(&format!(
        "{CONTACT}deal:\n  responsible: [contact_owner, {{ in_turn: [6, 7, 9] }}]\n  fields:\n    TITLE: \"Т\"\n"
    ))
    .await;
    let person = |n: i64| json!({"name": "А", "phone": format!("8912000000{n}")});
    send(&gateway, &[person(1)]).await;
    // the reply is lost after the deal was saved: the second attempt keeps its turn
    let lost = json!({"code": "RESET_AFTER", "method": "crm.deal.add", "times": {"next": 1}});
    let lost: Fault = serde_json::from_value(lost).unwrap();
    gateway.portal().inject(lost);
    send(&gateway, &[person(2)]).await;
    // known people take no turn either
    send(&gateway, &[person(1), person(2), person(3), person(4)]).await;
    let owners = |rows: Vec<Value>| -> Vec<String> {
        rows.iter()
            .map(|row| row["ASSIGNED_BY_ID"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(owners(gateway.deals()), ["6", "7", "9", "6"]);
    assert_eq!(
        owners(gateway.contacts()),
        ["6", "7", "9", "6"],
        "the contact goes along"
    );
    // and the rotation continues after a restart
    let home = gateway.stop().await;
    let folder = home.path().join("mappings");
    let gateway = TestGateway::at(home, &[("mappings.dir", folder.to_str().unwrap())]).await;
    gateway.post_answer(answer(5, 500, person(5))).await;
    gateway.settle().await;
    let deals = gateway.deals();
    assert_eq!(deals.last().unwrap()["ASSIGNED_BY_ID"], "7");
}

#[actix_web::test]
async fn rotation_distributes_many_records_evenly() {
    let gateway = with(&format!(
        "{CONTACT}deal:\n  responsible: {{ in_turn: [6, 7, 9] }}\n  fields:\n    TITLE: \"Т\"\n"
    ))
    .await;
    for n in 0..30 {
        let person = json!({"name": "А", "phone": format!("891200000{n:02}")});
        gateway.post_answer(answer(5, 100 + n, person)).await;
    }
    gateway.settle().await;
    for user in ["6", "7", "9"] {
        let of_user = gateway
            .deals()
            .iter()
            .filter(|deal| deal["ASSIGNED_BY_ID"] == user)
            .count();
        assert_eq!(of_user, 10, "employee {user}");
    }
}

#[tokio::test]
async fn an_open_deal_of_another_pipeline_is_not_used() {
    let profile = format!(
        "{CONTACT}deal:\n  stage: C1:NEW\n  change_stage: true\n  fields:\n    TITLE: \"Вебинар {{{{name}}}}\"\n"
    );
    let gateway = with(&profile).await;
    let contact = add_contact(
        &gateway,
        json!({"NAME": "Анна", "PHONE": phone("+79123456789")}),
    );
    let fields = json!({"TITLE": "Большая сделка", "STAGE_ID": "EXECUTING", "CONTACT_ID": contact});
    let sale = call(&gateway, "crm.deal.add", json!({"fields": fields}));
    let packet = json!({"phone": "8 912 345-67-89", "name": "Аня"});
    send(&gateway, &[packet.clone(), packet]).await;

    let sale = call(&gateway, "crm.deal.get", json!({"id": sale}));
    assert_eq!(
        (&sale["TITLE"], &sale["STAGE_ID"]),
        (&json!("Большая сделка"), &json!("EXECUTING"))
    );
    let deals = call(
        &gateway,
        "crm.deal.list",
        json!({"filter": {"CATEGORY_ID": 1}, "select": ["*"]}),
    );
    let deals = deals.as_array().unwrap();
    assert_eq!(
        deals.len(),
        1,
        "the second answer joins what the first has made"
    );
    assert_eq!(deals[0]["TITLE"], "Вебинар Аня");
}
