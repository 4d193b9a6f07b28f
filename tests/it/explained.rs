//! What the journal explains about things that are not used: records in other stages, employees who
//! are gone, to-dos that are not wanted.

use leadgate::domain::{Event, Lang};
use serde_json::{Value, json};

use crate::dedup::{CONTACT, add_contact, anna, call, phone, send, with};
use crate::gateway::TestGateway;

/// Returns the explanation of the last submission in a language. Asks once after each submission.
fn explained(gateway: &TestGateway, lang: Lang) -> Vec<String> {
    let number = gateway.next_answer() - 1;
    let history = gateway.history(&format!("5/{number}"));
    let events = history.events.iter();
    let because = events.filter_map(|logged| match &logged.event {
        Event::Because(why) => Some(why.to_text(lang)),
        _ => None,
    });
    because.collect()
}

/// Checks that the explanation of the last submission has these steps.
fn has(gateway: &TestGateway, steps: &[&str]) {
    let told = explained(gateway, Lang::En);
    for step in steps {
        assert!(told.iter().any(|one| one == step), "{step}: {told:#?}");
    }
}

fn deal(rules: &str) -> String {
    format!(
        "{CONTACT}deal:\n{rules}  fields:\n    TITLE: {{ value: \"{{{{order}}}}\", search: true }}\n"
    )
}

fn add_deal(gateway: &TestGateway, title: &str, stage: &str) {
    let fields = json!({"TITLE": title, "STAGE_ID": stage, "CONTACT_ID": 1});
    call(gateway, "crm.deal.add", json!({"fields": fields}));
}

/// Anna with an order of this number.
fn order(number: &str) -> Value {
    let mut packet = anna();
    packet["order"] = json!(number);
    packet
}

async fn with_anna(profile: &str) -> TestGateway {
    let gateway = with(profile).await;
    add_contact(
        &gateway,
        json!({"NAME": "Анна", "PHONE": phone("+79123456789")}),
    );
    gateway
}

#[actix_web::test]
async fn deals_of_the_contact_in_other_stages_are_named() {
    let gateway = with_anna(&deal("  among: [NEW]\n")).await;
    for (title, stage) in [
        ("1", "EXECUTING"),
        ("2", "WON"),
        ("3", "LOSE"),
        ("4", "EXECUTING"),
    ] {
        add_deal(&gateway, title, stage);
    }
    send(&gateway, &[order("9")]).await;
    assert_eq!(gateway.deals().len(), 5);
    has(
        &gateway,
        &[
            "deal 4, 1 of the contact is in a stage that is not in `among`: left alone",
            "deal 3, 2 of the contact is closed: left alone",
        ],
    );
    send(&gateway, &[order("10")]).await;
    let russian = explained(&gateway, Lang::Ru).join("\n");
    assert!(
        russian.contains("сделка 3, 2: у контакта, но закрыто; не трогаем"),
        "{russian}"
    );
    // without `among`, only closed ones are passed over
    let gateway = with_anna(&deal("")).await;
    add_deal(&gateway, "2", "WON");
    send(&gateway, &[order("9")]).await;
    has(&gateway, &["deal 1 of the contact is closed: left alone"]);
    // a used one needs no such explanation
    send(&gateway, &[order("9")]).await;
    let told = explained(&gateway, Lang::En).join("\n");
    assert!(!told.contains("closed"), "{told}");
}

#[actix_web::test]
async fn a_deal_found_by_its_field_outside_among_is_not_called_closed() {
    for (closed, rest) in [
        ("update", "updated, but its stage is kept"),
        ("ignore", "left as it is (closed: ignore)"),
        ("create", "it does not count (closed: create)"),
    ] {
        let rules = format!("  among: [NEW]\n  closed: {closed}\n");
        let gateway = with_anna(&deal(&rules)).await;
        add_deal(&gateway, "7", "EXECUTING");
        send(&gateway, &[order("7")]).await;
        let outside = format!("deal 1 is in stage EXECUTING, which is not in `among`: {rest}");
        has(&gateway, &[&outside]);
        // a closed one still is
        let params = json!({"id": 1, "fields": {"STAGE_ID": "WON"}});
        call(&gateway, "crm.deal.update", params);
        if closed != "create" {
            send(&gateway, &[order("7")]).await;
            let told = explained(&gateway, Lang::En).join("\n");
            assert!(told.contains("deal 1 is closed"), "{told}");
        }
    }
}

#[actix_web::test]
async fn employees_who_are_skipped_are_named() {
    let responsible =
        "  responsible: [gone@firm.example, { in_turn: [also.gone@firm.example, 2] }]\n";
    let gateway = with(&deal(responsible)).await;
    send(&gateway, &[order("1")]).await;
    has(
        &gateway,
        &[
            "no active employee has the address gone@firm.example, also.gone@firm.example: skipped",
            "employee 2 is responsible: turn 1, among 1",
        ],
    );
    let gateway = with(&deal("  responsible: gone@firm.example\n")).await;
    send(&gateway, &[order("1")]).await;
    has(
        &gateway,
        &["no active employee has the address gone@firm.example: skipped"],
    );
}

#[actix_web::test]
async fn to_dos_are_explained_whether_they_are_added_or_not() {
    let todo = |on: &str| format!("todo: {{ title: \"Перезвонить\", after: 2h, on: {on} }}\n");
    for (on, first, second) in [
        (
            "create",
            "a to-do is added for employee 2",
            "no to-do: the profile wants it only for records that are created (todo: on: create)",
        ),
        (
            "update",
            "no to-do: the profile wants it only for records that are found (todo: on: update)",
            "a to-do is added for employee 2",
        ),
    ] {
        let profile = format!("{}{}", deal("  responsible: 2\n"), todo(on));
        let gateway = with(&profile).await;
        send(&gateway, &[order("1")]).await;
        has(&gateway, &[first]);
        send(&gateway, &[order("1")]).await;
        has(&gateway, &[second]);
    }
    let profile = format!("{}{}", deal("  found: ignore\n"), todo("both"));
    let gateway = with(&profile).await;
    send(&gateway, &[order("1"), order("1")]).await;
    has(&gateway, &["no comment and no to-do either"]);
}
