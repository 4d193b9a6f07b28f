//! More rows share a value than fit on a page, or than the portal's index returns: the right one is
//! still found, and nobody is duplicated.

use leadgate::domain::State;
use serde_json::{Value, json};

use crate::dedup::{CONTACT, ORDER, add_contact, anna, call, order, phone, send, with};
use crate::gateway::{TestGateway, answer};
use crate::items::{ITEM, items};

/// Returns `CONTACT` with another line below `contact:`.
fn contact(rule: &str) -> String {
    CONTACT.replacen("contact:\n", &format!("contact:\n  {rule}\n"), 1)
}

const DEAL: &str = "deal:\n  fields:\n    TITLE: \"Т\"\n";

/// Creates this many contacts with Anna's phone, each with its own surname.
fn crowd(gateway: &TestGateway, number: usize) {
    for n in 1..=number {
        let fields = json!({"LAST_NAME": format!("Жилец{n}"), "PHONE": phone("+79123456789")});
        add_contact(gateway, fields);
    }
}

/// Returns the contacts of a deal.
fn bound(gateway: &TestGateway, deal: &Value) -> Vec<i64> {
    let list = call(
        gateway,
        "crm.deal.contact.items.get",
        json!({"id": deal["ID"]}),
    );
    let list = list.as_array().unwrap().clone();
    list.iter()
        .map(|one| one["CONTACT_ID"].as_i64().unwrap())
        .collect()
}

fn add_deal(gateway: &TestGateway, fields: &Value) {
    call(gateway, "crm.deal.add", json!({"fields": fields}));
}

#[actix_web::test]
async fn a_phone_of_sixty_contacts_finds_the_oldest_the_newest_or_all() {
    for (several, wanted) in [
        ("oldest", vec![1]),
        ("newest", vec![60]),
        ("all", (1..=60).collect()),
    ] {
        let gateway = with(&format!(
            "{}{DEAL}",
            contact(&format!("several: {several}"))
        ))
        .await;
        crowd(&gateway, 60);
        send(&gateway, &[anna()]).await;
        let deals = gateway.deals();
        assert_eq!(deals.len(), 1, "{several}");
        assert_eq!(bound(&gateway, &deals[0]), wanted, "{several}");
        let more = add_contact(&gateway, json!({"NAME": "Б"}));
        assert_eq!(more, 61, "{several}: nobody was created");
    }
}

#[actix_web::test]
async fn a_person_who_shares_a_phone_with_sixty_is_found_by_phone_and_surname() {
    let profile = "contact:\n  match: [[PHONE, LAST_NAME]]\n  fields:\n    \
                   LAST_NAME: { value: \"{{surname}}\", search: true }\n    \
                   PHONE: { value: \"{{phone}}\", search: true }\n";
    let gateway = with(&format!("{profile}{DEAL}")).await;
    crowd(&gateway, 60);
    send(
        &gateway,
        &[
            json!({"surname": "Жилец40", "phone": "89123456789"}),
            json!({"surname": "Новый", "phone": "89123456789"}),
            json!({"surname": "Новый", "phone": "89123456789"}),
        ],
    )
    .await;
    let deals = gateway.deals();
    let of: Vec<&Value> = deals.iter().map(|deal| &deal["CONTACT_ID"]).collect();
    assert_eq!(of, [&json!("40"), &json!("61")]);
    assert_eq!(gateway.count(State::Delivered).await, 3);
}

#[actix_web::test]
async fn a_truncated_result_without_a_match_creates_nobody() {
    // by phone and e-mail together: the portal returns twenty of each
    let gateway = with(&format!("{}{DEAL}", contact("match: [[PHONE, EMAIL]]"))).await;
    let email = json!([{"VALUE": "anna@mail.example"}]);
    for n in 0..50 {
        let fields = match n {
            0..25 => json!({"NAME": "А", "PHONE": phone("+79123456789")}),
            _ => json!({"NAME": "А", "EMAIL": email}),
        };
        add_contact(&gateway, fields);
    }
    let both = json!({"NAME": "Анна", "PHONE": phone("+79123456789"), "EMAIL": email});
    add_contact(&gateway, both);
    send(&gateway, &[anna()]).await;
    assert_eq!(gateway.count(State::Parked).await, 1);
    assert!(gateway.deals().is_empty());
    assert_eq!(add_contact(&gateway, json!({"NAME": "Б"})), 52);
}

/// Searches contacts by a custom field.
const CARD: &str = "contact:\n  SEVERAL\n  fields:\n    NAME: \"{{name}}\"\n    \
                    POST: { value: \"{{site}}\", search: true }\n";

#[actix_web::test]
async fn a_field_value_shared_by_120_contacts_finds_the_right_ones() {
    let all: Vec<i64> = (1..=120).collect();
    for (rule, wanted) in [("oldest", vec![1]), ("newest", vec![120]), ("all", all)] {
        let profile = CARD.replace("SEVERAL", &format!("several: {rule}"));
        let gateway = with(&format!("{profile}{DEAL}")).await;
        for _ in 0..120 {
            add_contact(&gateway, json!({"NAME": "А", "POST": "карта 7"}));
        }
        let before = gateway.portal().counters().calls;
        send(&gateway, &[json!({"name": "Анна", "site": "карта 7"})]).await;
        let calls = gateway.portal().counters().calls - before;
        let deals = gateway.deals();
        assert_eq!(bound(&gateway, &deals[0]), wanted, "{rule}");
        if rule != "all" {
            // the deals are looked up once the contact of the page is known
            assert_eq!(calls, 4, "{rule}: the first page is enough");
        }
    }
}

#[actix_web::test]
async fn reads_no_more_rows_than_the_settings_allow_and_binds_no_partial_result() {
    let home = tempfile::TempDir::new().unwrap();
    let folder = TestGateway::mappings(&home);
    let profile = CARD.replace("SEVERAL", "several: all");
    let text = format!(
        "receive: {{ polls: [5] }}\nfields: {{ name: $.data.name, site: $.data.site }}\n{profile}{DEAL}"
    );
    std::fs::write(folder.join("p.yaml"), text).unwrap();
    let folder = folder.to_str().unwrap();
    let flags = [("mappings.dir", folder), ("delivery.search_limit", "100")];
    let gateway = TestGateway::at(home, &flags).await;
    for _ in 0..151 {
        add_contact(&gateway, json!({"NAME": "А", "POST": "карта 7"}));
    }
    let packet = json!({"name": "Анна", "site": "карта 7"});
    gateway.post_answer(answer(5, 1, packet)).await;
    gateway.settle().await;
    assert_eq!(gateway.count(State::Parked).await, 1);
    assert!(gateway.deals().is_empty());
    // two pages of the search, and the hundred contacts in two commands of one call
    assert_eq!(gateway.portal().counters().commands["crm.contact.list"], 4);
}

#[actix_web::test]
async fn a_dropped_condition_does_not_read_the_whole_table() {
    let profile = "contact:\n  fields:\n    NAME: \"{{name}}\"\n    \
                   UF_CRM_NOWHERE: { value: \"{{site}}\", search: true }\n";
    let gateway = with(&format!("{profile}{DEAL}")).await;
    crowd(&gateway, 120);
    // it hides its fields, too; otherwise it would not be asked for one that it does not have
    let hidden = json!({"code": "REFUSED", "error": "ACCESS_DENIED", "method": "crm.contact.fields", "times": "always"});
    gateway
        .portal()
        .inject(serde_json::from_value(hidden).unwrap());
    send(&gateway, &[json!({"name": "Анна", "site": "карта 7"})]).await;
    assert_eq!(gateway.portal().counters().commands["crm.contact.list"], 1);
    assert_eq!(gateway.deals()[0]["CONTACT_ID"], "121");
}

#[actix_web::test]
async fn the_one_open_record_wins_over_sixty_newer_closed_ones() {
    // the contact's
    let gateway = with(&format!("{CONTACT}{DEAL}")).await;
    crowd(&gateway, 1);
    add_deal(&gateway, &json!({"TITLE": "x", "CONTACT_ID": 1}));
    for _ in 0..60 {
        add_deal(
            &gateway,
            &json!({"TITLE": "x", "CONTACT_ID": 1, "STAGE_ID": "LOSE"}),
        );
    }
    send(&gateway, &[anna()]).await;
    assert_eq!(gateway.portal().counters().records["deal"], 61);
    assert_eq!(gateway.deals()[0]["TITLE"], "Т");
    // by its own number, of any contact
    let gateway = with(&format!("{CONTACT}{ORDER}")).await;
    for n in 0..61 {
        let stage = if n == 0 { "NEW" } else { "WON" };
        let deal = json!({"TITLE": "x", "UF_CRM_ORDER_ID": "77", "STAGE_ID": stage});
        add_deal(&gateway, &deal);
    }
    send(&gateway, &[order(77, 500)]).await;
    assert_eq!(gateway.portal().counters().records["deal"], 61);
    assert_eq!(gateway.deals()[0]["OPPORTUNITY"], "500.00");
}

#[actix_web::test]
async fn the_one_open_item_wins_over_sixty_newer_closed_ones() {
    for (field, id) in [("UF_CRM_9_ORDER_ID", "6510"), ("contactIds", "1")] {
        let gateway = with(&format!("{CONTACT}{ITEM}")).await;
        let person = json!({"NAME": "Мария", "PHONE": phone("74712773120")});
        add_contact(&gateway, person);
        for n in 0..61 {
            let stage = if n == 0 {
                "DT1036_9:NEW"
            } else {
                "DT1036_9:FAIL"
            };
            let value = if field == "contactIds" {
                json!([1])
            } else {
                json!(id)
            };
            let fields = json!({"title": "x", "categoryId": 9, "stageId": stage, field: value});
            let params = json!({"entityTypeId": 1036, "useOriginalUfNames": "Y", "fields": fields});
            call(&gateway, "crm.item.add", params);
        }
        send(&gateway, &[order(6510, 500)]).await;
        assert_eq!(
            gateway.portal().counters().records["dynamic_1036"],
            61,
            "{field}"
        );
        assert_eq!(items(&gateway)[0]["opportunity"], 500, "{field}");
    }
}

#[actix_web::test]
async fn an_open_lead_is_found_among_many_with_its_phone() {
    let gateway = with(
        "lead:\n  fields:\n    TITLE: \"{{name}}\"\n    PHONE: { value: \"{{phone}}\", search: true }\n",
    )
    .await;
    for n in 1..=75 {
        let status = if n == 23 { "NEW" } else { "JUNK" };
        let lead = json!({"TITLE": "x", "PHONE": phone("+79123456789"), "STATUS_ID": status});
        call(&gateway, "crm.lead.add", json!({"fields": lead}));
    }
    send(&gateway, &[anna()]).await;
    assert_eq!(gateway.portal().counters().records["lead"], 75);
    let lead = call(&gateway, "crm.lead.get", json!({"id": 23}));
    assert_eq!(lead["TITLE"], "Анна");
}

#[actix_web::test]
async fn a_single_answer_of_a_known_person_takes_three_calls() {
    for record in [DEAL, ORDER, ITEM] {
        let gateway = with(&format!("{CONTACT}{record}")).await;
        send(&gateway, &[order(6510, 1)]).await;
        let before = gateway.portal().counters().calls;
        send(&gateway, &[order(6510, 2)]).await;
        let calls = gateway.portal().counters().calls - before;
        let most = if record == ITEM { 4 } else { 3 };
        assert!(calls <= most, "{calls} for {record}");
    }
}
