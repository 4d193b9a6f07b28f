//! Submissions of one person that share no search value, for example one with the phone and one with
//! the e-mail address of the same contact, are delivered at the same time. The look-ups show that they
//! concern the same: nobody gets a second deal, and no line is lost.

use std::collections::BTreeMap;

use leadgate::domain::State;
use leadgate::simulator::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::dedup::{CONTACT, add_contact, call, phone, with};
use crate::gateway::{TestGateway, answer, until};

const DEAL: &str = "deal:\n  fields:\n    TITLE: { value: \"{{order}}\", on_update: keep }\n    \
                    COMMENTS: { value: \"{{site}}\", on_update: append }\n";

/// Makes the portal know a person with two phones and an address.
fn know(gateway: &TestGateway, number: usize) -> i64 {
    let phones = [0, 1].map(|which| json!({"VALUE": number_of(number, which)}));
    let email = json!([{"VALUE": email(number)}]);
    let fields = json!({"NAME": format!("Имя{number}"), "PHONE": phones, "EMAIL": email});
    add_contact(gateway, fields)
}

fn number_of(person: usize, which: usize) -> String {
    format!("+7912{person:03}00{which}1")
}

fn email(person: usize) -> String {
    format!("p{person}@mail.example")
}

/// An answer that finds this person by some of the values: 1 the first phone, 2 the second one, 4 the
/// address.
fn by(person: usize, keys: usize, line: &str) -> Value {
    let phones = [0, 1].iter().filter(|which| keys & (1 << **which) != 0);
    let phones: Vec<String> = phones.map(|which| number_of(person, *which)).collect();
    let mut data = json!({"name": format!("Имя{person}"), "site": line, "order": line});
    if !phones.is_empty() {
        data["phone"] = json!(phones.join(", "));
    }
    if keys & 4 != 0 {
        data["email"] = json!(email(person));
    }
    data
}

/// Sends these packets so that one batch takes them.
async fn together(gateway: &TestGateway, packets: &[Value]) {
    let answers = packets.iter().cloned();
    let answers = answers.map(|data| answer(5, gateway.next_answer(), data));
    gateway.send_together(answers.collect()).await;
    gateway.settle().await;
}

/// The number of deals of each contact.
fn deals_by_contact(gateway: &TestGateway) -> BTreeMap<String, usize> {
    let mut deals = BTreeMap::new();
    for deal in gateway.deals() {
        let contact = deal["CONTACT_ID"].as_str().unwrap().to_owned();
        *deals.entry(contact).or_default() += 1;
    }
    deals
}

/// Asserts that the field has each of these lines once.
fn assert_lines(row: &Value, field: &str, lines: &[&str]) {
    let text = row[field].as_str().unwrap_or_default();
    for line in lines {
        assert_eq!(text.matches(line).count(), 1, "{line} in {text:?}");
    }
}

#[actix_web::test]
async fn one_person_by_phone_and_by_address_gets_one_deal() {
    // pairs and threes; the one with several keys is the oldest, the middle one or the youngest
    for keys in [
        vec![1, 4],
        vec![4, 1],
        vec![1, 2, 4],
        vec![1, 6, 2],
        vec![6, 1, 4],
        vec![2, 4, 3],
    ] {
        let gateway = with(&format!("{CONTACT}{DEAL}")).await;
        let mut packets = Vec::new();
        let lines = ["раз", "два", "три"];
        for person in 0..3 {
            know(&gateway, person);
            for (keys, line) in keys.iter().zip(lines) {
                packets.push(by(person, *keys, line));
            }
        }
        together(&gateway, &packets).await;
        let delivered = gateway.count(State::Delivered).await;
        assert_eq!(delivered, packets.len() as u64, "{keys:?}");
        assert_eq!(gateway.contacts().len(), 3, "{keys:?}");
        let deals = deals_by_contact(&gateway);
        assert_eq!(deals.len(), 3, "{keys:?}: {deals:?}");
        assert!(
            deals.values().all(|count| *count == 1),
            "{keys:?}: {deals:?}"
        );
        for deal in gateway.deals() {
            assert_lines(&deal, "COMMENTS", &lines[..keys.len()]);
        }
    }
}

#[actix_web::test]
async fn the_history_says_that_a_submission_waited_and_looked_again() {
    let gateway = with(&format!("{CONTACT}{DEAL}")).await;
    let mut packets = Vec::new();
    for person in 0..10 {
        know(&gateway, person);
        packets.extend([by(person, 1, "раз"), by(person, 4, "два")]);
    }
    together(&gateway, &packets).await;
    let shown = (1..=20).map(|number| {
        let text = gateway.command(&["journal", "show", &format!("5/{number}")], &[]);
        text.matches("waited for another submission").count()
    });
    let waited: usize = shown.sum();
    assert!((1..=10).contains(&waited), "{waited}");
    let (_, most, all_delivered) = gateway.attempts();
    assert!(all_delivered);
    // the one that the closed portal refused, and this one
    assert!(most <= 2, "waiting counts no attempt: {most}");
}

#[actix_web::test]
async fn a_look_up_that_a_change_has_overtaken_is_repeated() {
    let gateway = with(&format!("{CONTACT}{DEAL}")).await;
    know(&gateway, 1);
    // the first one has read what the portal had, and learns it after the second one has written
    let slow = Fault::once(FaultKind::SlowBody { ms: 2500 });
    gateway.portal().inject(slow.on("crm.duplicate.findbycomm"));
    gateway.post_answer(answer(5, 1, by(1, 1, "раз"))).await;
    until("the first look-up", async || {
        let calls = gateway.portal().transcript();
        calls.iter().any(|call| call.method.contains("findbycomm"))
    })
    .await;
    gateway.post_answer(answer(5, 2, by(1, 4, "два"))).await;
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 2);
    let deals = gateway.deals();
    assert_eq!(deals.len(), 1);
    assert_lines(&deals[0], "COMMENTS", &["раз", "два"]);
}

#[actix_web::test]
async fn whoever_waited_goes_on_after_a_failure_of_the_other() {
    let refused = FaultKind::Refused {
        error: "INVALID_ARG_VALUE".into(),
    };
    // lost after it was saved, lost before, refused
    for (fault, parked) in [
        (FaultKind::ResetAfter, 0),
        (FaultKind::ResetBefore, 0),
        (refused, 1),
    ] {
        let gateway = with(&format!("{CONTACT}{DEAL}")).await;
        know(&gateway, 1);
        let answers = [by(1, 1, "раз"), by(1, 4, "два")];
        let answers = answers.map(|data| answer(5, gateway.next_answer(), data));
        gateway.send_together(answers.to_vec()).await;
        let fault = Fault::once(fault).on("crm.deal.add");
        gateway.portal().inject(fault.clone());
        gateway.settle().await;
        assert_eq!(gateway.count(State::Parked).await, parked, "{fault:?}");
        assert_eq!(gateway.count(State::Delivered).await, 2 - parked);
        let deals = gateway.deals();
        assert_eq!(deals.len(), 1, "{fault:?}");
        let mut lines = vec!["раз", "два"];
        if parked == 1 {
            // either may go first and be refused; the other one makes the deal
            lines.retain(|line| deals[0]["TITLE"] == *line);
            assert_eq!(deals[0]["COMMENTS"], lines[0]);
        }
        assert_lines(&deals[0], "COMMENTS", &lines);
    }
}

#[actix_web::test]
async fn no_line_of_a_contact_is_lost() {
    let contact = CONTACT.replacen(
        "fields:\n",
        "fields:\n    COMMENTS: { value: \"{{site}}\", on_update: append }\n",
        1,
    );
    let gateway = with(&format!(
        "{contact}deal:\n  found: always_create\n  fields:\n    TITLE: Т\n"
    ))
    .await;
    let lines = ["раз", "два", "три"];
    let mut packets = Vec::new();
    for person in 0..4 {
        know(&gateway, person);
        for (keys, line) in [1, 2, 4].into_iter().zip(lines) {
            packets.push(by(person, keys, line));
        }
    }
    together(&gateway, &packets).await;
    assert_eq!(gateway.contacts().len(), 4);
    for contact in gateway.contacts() {
        assert_lines(&contact, "COMMENTS", &lines);
    }
    assert_eq!(gateway.deals().len(), packets.len());
}

#[actix_web::test]
async fn no_line_of_a_record_is_lost_that_is_found_by_its_number_and_by_its_contact() {
    for kind in ["deal", "lead"] {
        let record = format!(
            "{kind}:\n  fields:\n    TITLE: {{ value: \"{{{{name}}}}\", on_update: keep }}\n    \
             UF_CRM_ORDER: {{ value: \"{{{{order}}}}\", search: true }}\n    \
             COMMENTS: {{ value: \"{{{{site}}}}\", on_update: append }}\n"
        );
        let gateway = with(&format!("{CONTACT}{record}")).await;
        let field = json!({"FIELD_NAME": "ORDER", "USER_TYPE_ID": "string"});
        let add = format!("crm.{kind}.userfield.add");
        call(&gateway, &add, json!({"fields": field}));
        let mut packets = Vec::new();
        for person in 0..4 {
            let contact = know(&gateway, person);
            let order = format!("n{person}");
            let fields = json!({"TITLE": "x", "CONTACT_ID": contact, "UF_CRM_ORDER": order});
            call(
                &gateway,
                &format!("crm.{kind}.add"),
                json!({"fields": fields}),
            );
            let name = format!("Имя{person}");
            packets.push(json!({"name": name, "phone": number_of(person, 0), "site": "раз"}));
            packets.push(json!({"name": name, "order": order, "site": "два"}));
            packets.push(json!({"name": name, "email": email(person), "site": "три"}));
        }
        together(&gateway, &packets).await;
        assert_eq!(gateway.count(State::Delivered).await, packets.len() as u64);
        let records = gateway.rows(&format!("crm.{kind}.list"));
        assert_eq!(records.len(), 4, "{kind}");
        for record in records {
            assert_lines(&record, "COMMENTS", &["раз", "два", "три"]);
        }
        assert_eq!(gateway.contacts().len(), 4, "{kind}");
    }
}

#[actix_web::test]
async fn a_lead_with_phones_of_its_own_gets_every_line() {
    let gateway = with(
        "contact: none\nlead:\n  fields:\n    TITLE: { value: \"{{name}}\", on_update: keep }\n    \
         PHONE: { value: \"{{phone}}\", search: true }\n    EMAIL: { value: \"{{email}}\", search: true }\n    \
         COMMENTS: { value: \"{{site}}\", on_update: append }\n",
    )
    .await;
    let lead =
        json!({"TITLE": "x", "PHONE": phone(&number_of(1, 0)), "EMAIL": [{"VALUE": email(1)}]});
    call(&gateway, "crm.lead.add", json!({"fields": lead}));
    together(&gateway, &[by(1, 1, "раз"), by(1, 4, "два")]).await;
    let leads = gateway.leads();
    assert_eq!(leads.len(), 1);
    assert_lines(&leads[0], "COMMENTS", &["раз", "два"]);
}

#[actix_web::test]
async fn who_finds_a_contact_that_is_being_merged_waits_for_it() {
    let contact = CONTACT.replacen("contact:\n", "contact:\n  conflict: merge\n", 1);
    for younger_first in [false, true] {
        let gateway = with(&format!("{contact}{DEAL}")).await;
        let first = json!({"NAME": "Анна", "PHONE": phone(&number_of(1, 0))});
        add_contact(&gateway, first);
        let phones = json!([{"VALUE": number_of(1, 1)}]);
        let second = json!({"NAME": "Анна", "PHONE": phones, "EMAIL": [{"VALUE": email(1)}]});
        add_contact(&gateway, second);
        let mut packets = [by(1, 5, "раз"), by(1, 2, "два")];
        if younger_first {
            packets.reverse();
        }
        together(&gateway, &packets).await;
        assert_eq!(gateway.count(State::Delivered).await, 2);
        assert_eq!(gateway.contacts().len(), 1);
        let deals = gateway.deals();
        assert_eq!(deals.len(), 1);
        assert_lines(&deals[0], "COMMENTS", &["раз", "два"]);
    }
}

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % most
    }
}

#[actix_web::test]
async fn a_crowd_with_any_of_their_values_makes_one_deal_each() {
    const PEOPLE: usize = 5;
    for seed in 0..4 {
        let mut numbers = Numbers(seed);
        let gateway = with(&format!("{CONTACT}{DEAL}")).await;
        for person in 0..PEOPLE {
            know(&gateway, person);
        }
        let mut lines = vec![Vec::new(); PEOPLE];
        for wave in 0..3 {
            let mut packets = Vec::new();
            for number in 0..15 {
                let person = numbers.below(PEOPLE);
                let line = format!("строка-{wave}-{number}.");
                packets.push(by(person, 1 + numbers.below(7), &line));
                lines[person].push(line);
            }
            let answers = packets.into_iter();
            let answers = answers.map(|data| answer(5, gateway.next_answer(), data));
            let answers: Vec<Value> = answers.collect();
            if wave == 1 {
                // as they come, not gathered
                for answer in answers {
                    gateway.post_answer(answer).await;
                }
            } else {
                gateway.send_together(answers).await;
            }
        }
        gateway.settle().await;
        assert_eq!(gateway.count(State::Delivered).await, 45, "{seed}");
        assert_eq!(gateway.contacts().len(), PEOPLE, "{seed}");
        let deals = deals_by_contact(&gateway);
        assert!(deals.values().all(|count| *count == 1), "{seed}: {deals:?}");
        for deal in gateway.deals() {
            let person: usize = deal["CONTACT_ID"].as_str().unwrap().parse().unwrap();
            let lines: Vec<&str> = lines[person - 1].iter().map(String::as_str).collect();
            assert_lines(&deal, "COMMENTS", &lines);
        }
    }
}
