//! What hooks do not tell is read from amoCRM before mapping: once, in few calls, and never in the
//! way of a hook.

use leadgate::domain::State;
use leadgate::simulator::MailSecurity;
use serde_json::{Value, json};

use crate::amocrm::{fixture, lead, leads, with_profile};
use crate::gateway::{TestGateway, until};
use crate::mail::{ALERTS, mail_to, mailbox};

const PEOPLE: &str = r#"
receive: { amocrm: main, on: [leads, message] }
fields:
  order: { custom: ORDERID }
  name: { from: $.contact.name, as: name }
  phone: { contact: PHONE, as: phone }
  email: { contact: EMAIL, as: email }
  firm: $.company.name
contact:
  fields: { NAME: "{{name.first}}", PHONE: "{{phone}}", EMAIL: "{{email}}" }
deal: { fields: { TITLE: "Order {{order}} of {{firm}}", UF_CRM_ORDER_ID: { value: "{{order}}", search: true } } }
"#;
const TOKEN: [(&str, &str); 3] = [
    ("amocrm.main.token", "sandbox"),
    ("amocrm.main.url", "sandbox"),
    ("amocrm.main.watch", "off"),
];

/// Returns the paths of the calls that amoCRM got, without their queries.
fn calls(gateway: &TestGateway) -> Vec<String> {
    let requests = gateway.portal().service_requests().into_iter();
    let requests = requests.filter(|request| request.service == "amocrm");
    let path = |path: &str| path.split('?').next().unwrap_or_default().to_owned();
    requests.map(|request| path(&request.path)).collect()
}

fn fault(gateway: &TestGateway, fault: Value) {
    gateway
        .portal()
        .inject(serde_json::from_value(fault).unwrap());
}

/// Stores leads in amoCRM, each with a person.
fn with_people(gateway: &TestGateway, count: u64) -> Vec<Value> {
    let portal = gateway.portal();
    let ids = 1..=count;
    ids.map(|id| {
        let contact = json!({"id": 1000 + id, "name": "Ольга Тестова", "_embedded": {"companies": []},
            "custom_fields_values": [{"field_code": "PHONE", "values": [{"value": format!("+7900555{id:04}")}]}]});
        portal.put_amocrm("contacts", contact);
        let found = json!({"id": id, "name": "Курс", "_embedded": {"contacts": [{"id": 1000 + id, "is_main": true}]}});
        portal.put_amocrm("leads", found);
        lead(i64::try_from(id).unwrap(), &format!("A-{id}"), 100)
    })
    .collect()
}

#[actix_web::test]
async fn contact_and_company_of_a_lead_are_read_once() {
    let gateway = with_profile(PEOPLE, &TOKEN).await;
    gateway.post_hook(fixture("leads-add.form")).await;
    gateway.settle().await;
    let contacts = gateway.contacts();
    assert_eq!(contacts[0]["NAME"], "Ольга", "{contacts:?}");
    assert_eq!(contacts[0]["PHONE"][0]["VALUE"], "+79005550142");
    assert_eq!(contacts[0]["EMAIL"][0]["VALUE"], "o.t@mail.example");
    assert_eq!(gateway.deals()[0]["TITLE"], "Order 180022 of ООО «Пример»");
    let read = ["/api/v4/leads", "/api/v4/contacts", "/api/v4/companies"];
    assert_eq!(calls(&gateway), read);
    // amoCRM has changed meanwhile; a replay delivers what was read
    gateway
        .portal()
        .put_amocrm("contacts", json!({"id": 48_810_317, "name": "Никто"}));
    gateway.command(&["replay", "--since", "1h", "--step", "crm"], &[]);
    gateway.settle().await;
    assert_eq!(calls(&gateway), read);
    assert_eq!((gateway.contacts().len(), gateway.deals().len()), (1, 1));
    let journal = gateway.command(&["journal", "--json"], &[]);
    let row: Value = serde_json::from_str(journal.lines().next().unwrap()).unwrap();
    let id = row["id"].as_str().unwrap().to_owned();
    let shown = gateway.command(&["journal", "show", &id, "--lang", "en"], &[]);
    assert!(shown.contains("were read from amoCRM"), "{shown}");
}

#[actix_web::test]
async fn the_contact_of_a_customer_is_read() {
    let profile = PEOPLE.replace("[leads, message]", "customers");
    let gateway = with_profile(&profile, &TOKEN).await;
    let customer = json!({"id": 3, "name": "Покупатель", "_embedded": {
        "contacts": [{"id": 48_810_317, "is_main": true}], "companies": [{"id": 48_810_401}]}});
    gateway.portal().put_amocrm("customers", customer);
    let hook = json!({"customers": {"update": [{"id": "3", "updated_at": "1767009700",
        "custom_fields": [{"id": 5, "code": "ORDERID", "values": [{"value": "C-3"}]}]}]},
        "account": {"id": "30551177"}});
    gateway.post_hook(hook.to_string()).await;
    gateway.settle().await;
    assert_eq!(gateway.contacts()[0]["PHONE"][0]["VALUE"], "+79005550142");
    assert_eq!(gateway.deals()[0]["TITLE"], "Order C-3 of ООО «Пример»");
    let read = ["/api/v4/customers", "/api/v4/contacts", "/api/v4/companies"];
    assert_eq!(calls(&gateway), read);
}

#[actix_web::test]
async fn many_leads_are_read_in_few_calls() {
    let gateway = with_profile(PEOPLE, &TOKEN).await;
    let all = with_people(&gateway, 45);
    let reply = gateway.post_hook(leads("add", &all)).await;
    assert_eq!(reply.body["accepted"], 45);
    gateway.settle().await;
    assert_eq!(gateway.deals().len(), 45);
    assert_eq!(gateway.contacts().len(), 45);
    assert!(calls(&gateway).len() <= 12, "{:?}", calls(&gateway));
}

#[actix_web::test]
async fn without_a_token_nothing_is_read_and_the_fields_are_empty() {
    let gateway = with_profile(PEOPLE, &[]).await;
    gateway.post_hook(fixture("leads-add.form")).await;
    gateway.settle().await;
    assert_eq!(calls(&gateway).len(), 0);
    assert_eq!(gateway.contacts().len(), 0);
    assert_eq!(gateway.deals()[0]["TITLE"], "Order 180022 of");
}

#[actix_web::test]
async fn a_profile_that_uses_the_hook_alone_reads_nothing() {
    let gateway = with_profile(crate::amocrm::LEADS, &TOKEN).await;
    gateway.post_hook(fixture("leads-add.form")).await;
    gateway.settle().await;
    assert_eq!((gateway.deals().len(), calls(&gateway).len()), (1, 0));
    // a hook of the digital pipeline has numbers only
    let bare = json!({"id": 31_470_021, "tags": "tilda", "status_id": 142});
    gateway.post_hook(leads("status", &[bare])).await;
    gateway.settle().await;
    assert_eq!(calls(&gateway).len(), 3);
    assert_eq!(
        gateway.deals().len(),
        1,
        "the order was read and found the deal"
    );
}

#[actix_web::test]
async fn records_that_amocrm_no_longer_has_are_absent() {
    let gateway = with_profile(PEOPLE, &TOKEN).await;
    let message = json!({"message": {"add": [{"id": "m", "contact_id": "5", "element_type": "2",
        "element_id": "77", "created_at": "1767009700"}]}, "account": {"id": "30551177"}});
    gateway
        .post_hook(leads("add", &[lead(77, "A-77", 100)]))
        .await;
    gateway.post_hook(message.to_string()).await;
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 2);
    assert_eq!(gateway.contacts().len(), 0);
    let calls = calls(&gateway);
    assert!(
        !calls.contains(&"/api/v4/companies".to_owned()),
        "{calls:?}"
    );
}

#[actix_web::test]
async fn a_failure_of_amocrm_only_delays_a_submission() {
    for fault in [
        json!({"code": "TOO_MANY_REQUESTS", "method": "amocrm", "times": {"next": 2}}),
        json!({"code": "INTERNAL_SERVER_ERROR", "method": "amocrm", "times": {"next": 2}}),
        json!({"code": "BAD_GATEWAY", "method": "amocrm", "skip": 1}),
        json!({"code": "RESET_BEFORE", "method": "amocrm", "skip": 1}),
        json!({"code": "RESET_AFTER", "method": "amocrm"}),
        json!({"code": "CUT_BODY", "method": "amocrm", "skip": 2}),
        json!({"code": "WRONG_JSON", "method": "amocrm"}),
        json!({"code": "RENAMED", "host": "https://other.example", "method": "amocrm"}),
    ] {
        let gateway = with_profile(PEOPLE, &TOKEN).await;
        self::fault(&gateway, fault.clone());
        gateway.post_hook(fixture("leads-add.form")).await;
        gateway.settle().await;
        assert_eq!(gateway.deals().len(), 1, "{fault}");
        assert_eq!(gateway.contacts().len(), 1, "{fault}");
    }
}

#[actix_web::test]
async fn a_slow_amocrm_delays_neither_hooks_nor_other_submissions() {
    let gateway = with_profile(PEOPLE, &TOKEN).await;
    let other = "receive: { amocrm: main, on: contacts }\ncontact: none\ndeal: { fields: { TITLE: $.name } }\n";
    let other = other
        .replace("$.name", "\"{{name}}\"")
        .replace("contact: none", "fields: { name: $.name }\ncontact: none");
    std::fs::write(gateway.home.path().join("mappings/other.yaml"), other).unwrap();
    let held = json!({"code": "HOLD_REPLY", "ms": 600_000, "method": "amocrm", "times": "always"});
    fault(&gateway, held);
    gateway.post_hook(fixture("leads-add.form")).await;
    until("amoCRM is asked", async || !calls(&gateway).is_empty()).await;
    until("another submission is delivered", async || {
        gateway.post_hook(fixture("contacts-add.form")).await;
        gateway.count(State::Delivered).await == 1
    })
    .await;
    assert_eq!(gateway.count(State::Leased).await, 1);
    let many: Vec<Value> = (1..=300).map(|id| lead(id, "A", 100)).collect();
    let reply = gateway.post_hook(leads("add", &many)).await;
    assert_eq!(reply.body["accepted"], 300);
    // the stop releases what waits to be read; the next start reads it
    let home = gateway.stop().await;
    let folder = home.path().join("mappings");
    let mut flags = vec![("mappings.dir", folder.to_str().unwrap().to_owned())];
    flags.extend(crate::amocrm::ACCOUNT.map(|(key, value)| (key, value.to_owned())));
    flags.extend(TOKEN.map(|(key, value)| (key, value.to_owned())));
    let flags: Vec<(&str, &str)> = flags
        .iter()
        .map(|(key, value)| (*key, value.as_str()))
        .collect();
    let gateway = TestGateway::at(home, &flags).await;
    gateway.settle().await;
    let deals = gateway.deals();
    let order = |order: &str| {
        deals
            .iter()
            .filter(|deal| deal["UF_CRM_ORDER_ID"] == *order)
            .count()
    };
    assert_eq!((order("180022"), order("A")), (1, 1));
}

#[actix_web::test]
async fn a_refused_token_stops_the_calls_and_raises_an_alert() {
    for (code, words) in [
        ("CREDENTIALS_REVOKED", "amocrm.main.token"),
        ("ACCOUNT_BLOCKED", "amoCRM has blocked calls (403)"),
    ] {
        let (letters, address) = mailbox(MailSecurity::Plain);
        let server = format!("smtp://{address}");
        let flags = [&mail_to(&server)[..], &ALERTS, &TOKEN].concat();
        let gateway = with_profile(PEOPLE, &flags).await;
        fault(
            &gateway,
            json!({"code": code, "method": "amocrm", "times": "always"}),
        );
        gateway.post_hook(fixture("leads-add.form")).await;
        until("the alert is sent", async || !letters.letters().is_empty()).await;
        let letter = letters.letters()[0].raw.clone();
        assert!(letter.contains("amoCRM needs attention"), "{letter}");
        gateway.post_hook(fixture("leads-status.json")).await;
        // the later change of the lead waits for the earlier one
        until("both wait", async || {
            gateway.count(State::Waiting).await == 1 && gateway.count(State::Queued).await == 1
        })
        .await;
        assert_eq!(calls(&gateway).len(), 1, "{code}");
        let waiting = gateway.command(&["journal", "--state", "waiting", "--lang", "en"], &[]);
        assert!(waiting.contains(words), "{waiting}");
        assert_eq!(gateway.deals().len(), 0);
    }
}

#[actix_web::test]
async fn a_required_value_may_be_one_that_is_read() {
    let strict = PEOPLE.replace("as: phone }", "as: phone, missing: reject }");
    let gateway = with_profile(&strict, &TOKEN).await;
    gateway.post_hook(fixture("leads-add.form")).await;
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 1);
    gateway
        .post_hook(leads("add", &[lead(5, "A-5", 100)]))
        .await;
    gateway.settle().await;
    assert_eq!(gateway.count(State::Parked).await, 1, "nobody has a phone");
}
