//! The look-ups of many submissions share commands, and their changes share calls; everybody still gets
//! their own contact and deal.

use std::collections::BTreeMap;

use leadgate::domain::State;
use leadgate::simulator::{CallRecord, Fault, FaultKind, Times};
use serde_json::{Value, json};

use crate::dedup::{CONTACT, add_contact, call, phone, with};
use crate::gateway::{TestGateway, answer};

const DEAL: &str = "deal:\n  found: update\n  fields:\n    TITLE: { value: \"{{order}}\", on_update: keep }\n    \
                    COMMENTS: { value: \"{{site}}\", on_update: overwrite }\ncomment: full\n";

/// The person of this number.
fn person(number: usize) -> Value {
    json!({
        "name": format!("Имя{number}"),
        "phone": format!("8 912 {number:03}-00-11"),
        "email": format!("p{number}@mail.example"),
        "order": format!("Заказ {number}"),
        "site": format!("сайт {number}"),
    })
}

/// Sends the answers of these people together.
async fn together(gateway: &TestGateway, people: impl Iterator<Item = Value>) {
    let answers = people.map(|data| answer(5, gateway.next_answer(), data));
    gateway.send_together(answers.collect()).await;
    gateway.settle().await;
}

/// Queues the answers of twenty people while the portal refuses everything, so that one batch takes
/// all of them.
async fn queue_twenty(gateway: &TestGateway) {
    let answers = (0..20).map(|number| answer(5, gateway.next_answer(), person(number)));
    let shut = json!({"code": "CREDENTIALS_REVOKED", "times": "always"});
    gateway
        .portal()
        .inject(serde_json::from_value(shut).unwrap());
    for answer in answers {
        gateway.post_answer(answer).await;
    }
    gateway.portal().clear_faults();
}

/// The calls that reached the portal's methods.
fn calls(gateway: &TestGateway) -> Vec<CallRecord> {
    let calls = gateway.portal().transcript();
    calls
        .into_iter()
        .filter(|call| call.fault.is_none())
        .collect()
}

/// How often each method ran, in batches and alone.
fn methods(calls: &[CallRecord]) -> BTreeMap<String, usize> {
    let mut methods = BTreeMap::new();
    for call in calls {
        let inside = call.commands.iter().map(|command| command.method.clone());
        let alone = call.commands.is_empty().then(|| call.method.clone());
        for method in inside.chain(alone) {
            *methods.entry(method).or_default() += 1;
        }
    }
    methods
}

/// All rows of a classic list: those of `TestGateway` are one page.
fn all(gateway: &TestGateway, method: &str) -> Vec<Value> {
    let mut rows: Vec<Value> = Vec::new();
    loop {
        let params =
            json!({"select": ["*", "PHONE", "EMAIL"], "order": {"ID": "ASC"}, "start": rows.len()});
        let page = call(gateway, method, params);
        let page = page.as_array().unwrap();
        rows.extend(page.iter().cloned());
        if page.len() < 50 {
            return rows;
        }
    }
}

fn contacts(gateway: &TestGateway) -> Vec<Value> {
    all(gateway, "crm.contact.list")
}

fn deals(gateway: &TestGateway) -> Vec<Value> {
    all(gateway, "crm.deal.list")
}

/// Returns the name of the contact of each deal by the deal's title.
fn owners(gateway: &TestGateway) -> BTreeMap<String, String> {
    let contacts = contacts(gateway);
    let name = |id: &Value| {
        let contact = contacts.iter().find(|contact| contact["ID"] == *id);
        contact.unwrap()["NAME"].as_str().unwrap().to_owned()
    };
    let deals = deals(gateway);
    let owner = |deal: &Value| {
        let title = deal["TITLE"].as_str().unwrap().to_owned();
        (title, name(&deal["CONTACT_ID"]))
    };
    deals.iter().map(owner).collect()
}

#[actix_web::test]
async fn sixty_new_people_share_a_few_look_ups() {
    let gateway = with(&format!("{CONTACT}{DEAL}")).await;
    together(&gateway, (0..60).map(person)).await;
    assert_eq!(gateway.count(State::Delivered).await, 60);
    assert_eq!(contacts(&gateway).len(), 60);
    let owners = owners(&gateway);
    assert_eq!(owners.len(), 60);
    for number in 0..60 {
        assert_eq!(owners[&format!("Заказ {number}")], format!("Имя{number}"));
    }
    let calls = calls(&gateway);
    let methods = methods(&calls);
    let asked = methods["crm.duplicate.findbycomm"];
    assert!(asked <= 20, "{asked} instead of 120");
    let written = calls.iter().filter(|call| call.commands.len() > 40).count();
    assert!(written >= 3, "full calls: {written}");
}

#[actix_web::test]
async fn known_people_are_told_apart_among_strangers_and_crowds() {
    let gateway = with(&format!("{CONTACT}{DEAL}")).await;
    let mut known = Vec::new();
    for number in 0..30 {
        let spelling = match number % 3 {
            0 => format!("+7912{number:03}0011"),
            1 => format!("8 (912) {number:03}-00-11"),
            _ => format!("912{number:03}0011"),
        };
        known.push(add_contact(
            &gateway,
            json!({"NAME": format!("Имя{number}"), "PHONE": phone(&spelling)}),
        ));
    }
    // another one has the phone of one and the address of another
    add_contact(
        &gateway,
        json!({"NAME": "Чужой", "PHONE": phone("+7 912 040-00-11 доб. 5"),
               "EMAIL": [{"VALUE": "xp41@mail.example"}]}),
    );
    // an office phone of thirty
    for number in 0..30 {
        add_contact(
            &gateway,
            json!({"NAME": format!("Коллега{number}"), "PHONE": phone("+79120500011")}),
        );
    }
    let before = contacts(&gateway).len();
    together(&gateway, (0..60).map(person)).await;
    assert_eq!(gateway.count(State::Delivered).await, 60);
    let owners = owners(&gateway);
    for number in 0..60 {
        let name = match number {
            50 => "Коллега0".to_owned(),
            number => format!("Имя{number}"),
        };
        assert_eq!(owners[&format!("Заказ {number}")], name, "{number}");
    }
    assert_eq!(contacts(&gateway).len(), before + 29);
    let address = |contact: &Value| contact["EMAIL"][0]["VALUE"].clone();
    for contact in contacts(&gateway) {
        let id: i64 = contact["ID"].as_str().unwrap().parse().unwrap();
        if let Some(number) = known.iter().position(|known| *known == id) {
            assert_eq!(address(&contact), format!("p{number}@mail.example"));
        }
    }
    // the second time everything is known, and the deals are open
    let before = gateway.portal().transcript().last().unwrap().number;
    together(&gateway, (0..60).map(person)).await;
    assert_eq!(deals(&gateway).len(), 60);
    let mut calls = calls(&gateway);
    calls.retain(|call| call.number > before);
    let methods = methods(&calls);
    assert_eq!(methods.get("crm.contact.add"), None);
    assert_eq!(methods.get("crm.deal.add"), None);
    let reads: usize = [
        "crm.duplicate.findbycomm",
        "crm.contact.list",
        "crm.deal.list",
        "crm.item.list",
    ]
    .iter()
    .map(|method| methods.get(*method).copied().unwrap_or(0))
    .sum();
    assert!(reads <= 150, "{methods:?}");
}

#[actix_web::test]
async fn a_shared_command_that_is_refused_is_repeated_value_by_value() {
    let gateway = with(&format!("{CONTACT}{DEAL}")).await;
    add_contact(
        &gateway,
        json!({"NAME": "Имя3", "PHONE": phone("+79120030011")}),
    );
    let kind = FaultKind::Refused {
        error: "INVALID_ARG_VALUE".into(),
    };
    let fault = Fault::once(kind).on("crm.duplicate.findbycomm");
    queue_twenty(&gateway).await;
    gateway.portal().inject(fault);
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 20);
    assert_eq!(contacts(&gateway).len(), 20);
    assert_eq!(owners(&gateway)["Заказ 3"], "Имя3");
}

#[actix_web::test]
async fn a_refused_command_that_is_alone_in_its_call_parks_nobody() {
    let by_order = "contact:\n  fields:\n    NAME: \"{{name}}\"\n    POST: { value: \"{{order}}\", search: true }\n";
    // the list of one field, and the rows of the owners that the index returned
    for profile in [by_order, CONTACT] {
        let gateway = with(&format!("{profile}{DEAL}")).await;
        add_contact(
            &gateway,
            json!({"NAME": "Имя3", "POST": "Заказ 3", "PHONE": phone("+79120030011")}),
        );
        let kind = FaultKind::Refused {
            error: "INVALID_ARG_VALUE".into(),
        };
        queue_twenty(&gateway).await;
        gateway
            .portal()
            .inject(Fault::once(kind).on("crm.contact.list"));
        gateway.settle().await;
        assert_eq!(gateway.count(State::Delivered).await, 20, "{profile}");
        assert_eq!(contacts(&gateway).len(), 20, "{profile}");
        assert_eq!(owners(&gateway)["Заказ 3"], "Имя3");
    }
}

#[actix_web::test]
async fn a_list_that_ignores_the_condition_finds_nobody_else() {
    let by_order = "contact:\n  fields:\n    NAME: \"{{name}}\"\n    POST: { value: \"{{order}}\", search: true }\n";
    for crowd in [3, 60] {
        let gateway = with(&format!("{by_order}{DEAL}")).await;
        for number in 0..crowd {
            add_contact(
                &gateway,
                json!({"NAME": "Чужой", "POST": format!("Другой {number}")}),
            );
        }
        let known = add_contact(&gateway, json!({"NAME": "Имя7", "POST": "Заказ 7"}));
        for number in 0..crowd {
            add_contact(
                &gateway,
                json!({"NAME": "Чужой", "POST": format!("Иной {number}")}),
            );
        }
        let before = contacts(&gateway).len();
        let kind = FaultKind::IgnoredCondition {
            field: "POST".into(),
        };
        queue_twenty(&gateway).await;
        gateway
            .portal()
            .inject(Fault::once(kind).times(Times::Always));
        gateway.settle().await;
        assert_eq!(gateway.count(State::Delivered).await, 20);
        // on a small portal every row is read; on a large one the known contact is beyond the page, as it
        // is for a look-up of its own
        let found = usize::from(crowd < 50);
        assert_eq!(contacts(&gateway).len(), before + 20 - found, "{crowd}");
        if found == 1 {
            let deals = deals(&gateway);
            let seventh = deals
                .iter()
                .find(|deal| deal["TITLE"] == "Заказ 7")
                .unwrap();
            assert_eq!(seventh["CONTACT_ID"], known.to_string());
        }
    }
}

#[actix_web::test]
async fn a_history_names_nobody_else() {
    let gateway = with(&format!("{CONTACT}{DEAL}")).await;
    for number in [2, 3, 4] {
        let digits = format!("+7912{number:03}0011");
        add_contact(
            &gateway,
            json!({"NAME": format!("Имя{number}"), "PHONE": phone(&digits)}),
        );
    }
    together(&gateway, (0..20).map(person)).await;
    for number in 0..20 {
        let shown = format!("5/{}", number + 1);
        let text = gateway.command(&["journal", "show", &shown, "--json"], &[]);
        assert!(text.contains("findbycomm"), "{text}");
        for other in (0..20).filter(|other| *other != number) {
            for part in [
                format!("912{other:03}0011"),
                format!("p{other}@mail.example"),
                format!("Имя{other}\""),
            ] {
                assert!(
                    !text.contains(&part),
                    "{part} is in the history of {shown}\n{text}"
                );
            }
        }
    }
}

#[actix_web::test]
async fn text_that_looks_like_a_reference_sends_only_itself_outside_the_batch() {
    let gateway = with(&format!("{CONTACT}{DEAL}")).await;
    let people = (0..20).map(|number| {
        let mut person = person(number);
        if number == 5 {
            person["name"] = json!("$result[q0]");
        }
        if number == 6 {
            person["surname"] = json!("$total[q1]");
        }
        person
    });
    together(&gateway, people).await;
    assert_eq!(gateway.count(State::Delivered).await, 20);
    let names: Vec<Value> = gateway
        .contacts()
        .iter()
        .map(|it| it["NAME"].clone())
        .collect();
    assert_eq!(names.len(), 20);
    assert!(names.contains(&json!("$result[q0]")), "{names:?}");
    let calls = calls(&gateway);
    let alone = |method: &str| {
        let calls = calls.iter().filter(|call| call.commands.is_empty());
        calls.filter(|call| call.method == method).count()
    };
    // the comments repeat the whole answer; the deals share calls with whatever else is to be sent
    assert_eq!(alone("crm.contact.add"), 2);
    assert_eq!(alone("crm.timeline.comment.add"), 2);
    assert!(alone("crm.deal.add") <= 2);
}
