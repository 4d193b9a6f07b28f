//! One value in several spellings: what the first submission made is found by the next ones, whatever
//! the field holds; different values stay different.

use leadgate::domain::State;
use serde_json::{Value, json};

use crate::dedup::{call, send, with};
use crate::gateway::{TestGateway, answer};
use crate::items::items;

/// A contact with one search field, and what a portal needs for it.
fn contact(field: &str) -> String {
    format!("contact:\n  fields:\n    NAME: \"{{{{name}}}}\"\n    {field}\n")
}

/// A deal with one search field.
fn deal(field: &str) -> String {
    format!(
        "contact: none\ndeal:\n  fields:\n    TITLE: {{ value: \"{{{{name}}}}\", on_update: keep }}\n    {field}\n"
    )
}

/// Adds a custom field of this type to deals.
fn add_field(gateway: &TestGateway, sort: &str) {
    let fields = json!({"FIELD_NAME": "KEY", "USER_TYPE_ID": sort});
    call(gateway, "crm.deal.userfield.add", json!({"fields": fields}));
}

/// Returns packets with these values of one field.
fn packets(field: &str, values: &[&str]) -> Vec<Value> {
    let packet = |value: &&str| json!({"name": "Анна", field: value});
    values.iter().map(packet).collect()
}

#[actix_web::test]
async fn a_contact_is_found_by_its_site_in_any_spelling() {
    let profile = contact("WEB: { value: \"{{site}}\", search: true }");
    for spellings in [
        &[
            "https://www.Anna.example/",
            "anna.example",
            "http://anna.example",
            "WWW.ANNA.EXAMPLE/",
            "https://anna.example/",
        ][..],
        &[
            "http://shop.example/cv/",
            "www.shop.example/CV",
            "https://shop.example/cv",
        ],
        &[
            "https://пример.рф/",
            "xn--e1afmkfd.xn--p1ai",
            "www.пример.рф",
        ],
        &["vk.com/id1", "https://www.vk.com/id1/", "http://VK.com/id1"],
    ] {
        let gateway = with(&profile).await;
        send(&gateway, &packets("site", spellings)).await;
        assert_eq!(gateway.contacts().len(), 1, "{spellings:?}");
        let row = call(&gateway, "crm.contact.get", json!({"id": 1}));
        assert_eq!(row["WEB"].as_array().unwrap().len(), 1, "{spellings:?}");
    }
    let gateway = with(&profile).await;
    let others = [
        "anna.example",
        "anna.example/cv",
        "shop.anna.example",
        "anna.example.org",
    ];
    send(&gateway, &packets("site", &others)).await;
    assert_eq!(gateway.contacts().len(), others.len());
}

#[actix_web::test]
async fn a_contact_is_found_by_its_name_in_a_messenger_bare_and_as_a_link() {
    for (kind, spellings) in [
        (
            "TELEGRAM",
            &[
                "@Anna",
                "anna",
                "t.me/anna",
                "https://t.me/anna/",
                "http://telegram.me/anna",
            ][..],
        ),
        ("TELEGRAM", &["https://t.me/anna", "@anna"]),
        (
            "VK",
            &[
                "vk.com/id1",
                "id1",
                "https://vk.com/id1",
                "https://m.vk.com/id1",
            ],
        ),
        (
            "WHATSAPP",
            &["8 (912) 345-67-89", "+7 912 345-67-89", "+79123456789"],
        ),
        (
            "WHATSAPP",
            &[
                "https://wa.me/79123456789",
                "89123456789",
                "wa.me/79123456789",
            ],
        ),
        ("VIBER", &["+79123456789", "9123456789"]),
        (
            "INSTAGRAM",
            &["https://www.instagram.com/anna.style/", "@anna.style"],
        ),
        ("OTHER", &["anna", "@anna", "https://t.me/anna"]),
    ] {
        let field = format!("IM: {{ value: \"{{{{tg}}}}\", type: {kind}, search: true }}");
        let gateway = with(&contact(&field)).await;
        send(&gateway, &packets("tg", spellings)).await;
        assert_eq!(gateway.contacts().len(), 1, "{kind} {spellings:?}");
        let row = call(&gateway, "crm.contact.get", json!({"id": 1}));
        assert_eq!(
            row["IM"].as_array().unwrap().len(),
            1,
            "{kind} {spellings:?}"
        );
    }
    let gateway = with(&contact(
        "IM: { value: \"{{tg}}\", type: TELEGRAM, search: true }",
    ))
    .await;
    let others = ["anna", "anna2", "https://vk.com/ann", "https://t.me/ann"];
    send(&gateway, &packets("tg", &others)).await;
    assert_eq!(gateway.contacts().len(), others.len());
}

#[actix_web::test]
async fn a_deal_is_found_by_a_value_as_its_field_holds_it() {
    let profile = deal("UF_CRM_KEY: { value: \"{{sum}}\", search: true }");
    for (sort, spellings) in [
        (
            "string",
            &[
                "3 500,00",
                "3500",
                "3500.0",
                "3500,0",
                "3\u{a0}500",
                "3500.00",
            ][..],
        ),
        ("string", &["3500", "3 500,00"]),
        ("string", &["Заказ А-7", "заказ а-7 "]),
        ("double", &["3 500,50", "3500.5", "3500.50", "3500,50 руб."]),
        ("integer", &["3 500", "3500.0", "3500"]),
        (
            "date",
            &[
                "01.03.2026",
                "2026-03-01",
                "1 марта 2026 г.",
                "1.3.2026",
                "2026-03-01T12:00:00+03:00",
            ],
        ),
        (
            "datetime",
            &[
                "2026-03-01T07:00:00Z",
                "2026-03-01T10:00:00+03:00",
                "01.03.2026 10:00",
            ],
        ),
        ("boolean", &["да", "Y", "1", "true"]),
        ("money", &["3500|RUB", "3500.00|RUB", "3500.0|RUB"]),
        (
            "url",
            &[
                "https://www.shop.example/a/",
                "shop.example/a",
                "http://shop.example/A",
            ],
        ),
        ("employee", &["1", "1.0"]),
    ] {
        let gateway = with(&profile).await;
        add_field(&gateway, sort);
        send(&gateway, &packets("sum", spellings)).await;
        assert_eq!(
            gateway.count(State::Delivered).await,
            spellings.len() as u64,
            "{sort}"
        );
        assert_eq!(gateway.deals().len(), 1, "{sort} {spellings:?}");
    }
    for (sort, values) in [
        ("string", &["007", "7", "0007"][..]),
        ("string", &["3,500", "3500", "3.5"]),
        ("string", &["2026-03-01", "01.03.2026"]),
        ("double", &["3500", "350", "3"]),
        ("date", &["01.03.2026", "03.01.2026"]),
        ("money", &["3500|RUB", "3500|USD"]),
    ] {
        let gateway = with(&profile).await;
        add_field(&gateway, sort);
        send(&gateway, &packets("sum", values)).await;
        assert_eq!(gateway.deals().len(), values.len(), "{sort} {values:?}");
    }
}

#[actix_web::test]
async fn the_portals_own_fields_are_compared_by_their_types() {
    for (profile, spellings) in [
        (
            contact("BIRTHDATE: { value: \"{{sum}}\", search: true }"),
            &["31.12.1990", "1990-12-31"],
        ),
        (
            deal("OPPORTUNITY: { value: \"{{sum}}\", search: true }"),
            &["3 500,00", "3500"],
        ),
        (
            deal("BEGINDATE: { value: \"{{sum}}\", search: true }"),
            &["01.03.2026", "2026-03-01"],
        ),
        (
            deal("ADDITIONAL_INFO: { value: \"{{sum}}\", search: true }"),
            &["3 500,00", "3500"],
        ),
    ] {
        let gateway = with(&profile).await;
        send(&gateway, &packets("sum", spellings)).await;
        let made = gateway.contacts().len() + gateway.deals().len();
        assert_eq!(made, 1, "{profile}");
    }
}

#[actix_web::test]
async fn leads_items_and_companies_are_found_in_any_spelling_too() {
    let lead = "contact: none\nlead:\n  fields:\n    TITLE: { value: \"{{name}}\", on_update: keep }\n    \
                WEB: { value: \"{{site}}\", search: true }\n";
    let gateway = with(lead).await;
    send(
        &gateway,
        &packets("site", &["https://shop.example/", "www.shop.example"]),
    )
    .await;
    assert_eq!(gateway.leads().len(), 1);

    let item = "contact: none\nitem:\n  type: 1036\n  fields:\n    \
                UF_CRM_9_ORDER_ID: { value: \"{{sum}}\", search: true }\n";
    let gateway = with(item).await;
    send(&gateway, &packets("sum", &["3 500,00", "3500", "3500.0"])).await;
    assert_eq!(items(&gateway).len(), 1);

    let company = "contact: none\ncompany:\n  fields:\n    TITLE: \"{{name}}\"\n    FIELD\n";
    for (field, spellings) in [
        (
            "WEB: { value: \"{{site}}\", search: true }",
            ["http://shop.example", "SHOP.example/"],
        ),
        (
            "RQ_OGRN: { value: \"{{site}}\", search: true }",
            ["1027700132195", "1027700132195.0"],
        ),
        (
            "BANKING_DETAILS: { value: \"{{site}}\", search: true }",
            ["3 500,00", "3500"],
        ),
    ] {
        let gateway = with(&company.replace("FIELD", field)).await;
        send(&gateway, &packets("site", &spellings)).await;
        assert_eq!(gateway.rows("crm.company.list").len(), 1, "{field}");
    }
}

#[actix_web::test]
async fn a_site_and_a_name_find_together() {
    let profile = "contact:\n  match: [[WEB, LAST_NAME]]\n  fields:\n    NAME: \"{{name}}\"\n    \
                   LAST_NAME: { value: \"{{surname}}\", search: true }\n    \
                   WEB: { value: \"{{site}}\", search: true }\n";
    let gateway = with(profile).await;
    let packet = |surname: &str, site: &str| json!({"name": "А", "surname": surname, "site": site});
    send(
        &gateway,
        &[
            packet("Иванова", "https://firm.example"),
            packet("Петрова", "firm.example"),
            packet("иванова", "www.firm.example/"),
        ],
    )
    .await;
    assert_eq!(gateway.contacts().len(), 2);
}

#[actix_web::test]
async fn many_orders_share_look_ups_in_all_spellings() {
    let gateway = with(&deal(
        "UF_CRM_ORDER_ID: { value: \"{{order}}\", search: true }",
    ))
    .await;
    for number in 0..30 {
        let stored = match number % 3 {
            0 => format!("{}.00", 5000 + number),
            1 => format!("5 {number:03},00"),
            _ => format!("00{}", 5000 + number),
        };
        let fields = json!({"TITLE": "Прежний", "UF_CRM_ORDER_ID": stored});
        call(&gateway, "crm.deal.add", json!({"fields": fields}));
    }
    let order = |number: i64| json!({"name": "Новый", "order": (5000 + number).to_string()});
    let answers = (0..30).map(|number| answer(5, gateway.next_answer(), order(number)));
    gateway.send_together(answers.collect()).await;
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 30);
    // a code with zeros before it is another order
    assert_eq!(gateway.deals().len(), 40);
}
