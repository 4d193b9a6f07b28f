//! A preview shows what the following delivery does, and changes nothing itself.

use std::time::Duration;

use jiff::Timestamp;
use leadgate::crm::bitrix24::{Access, Connection, RateLimits, Timeouts};
use leadgate::delivery::{
    self, Verdict,
    crm::{ChangePreview, CrmJob},
};
use leadgate::domain::{CrmStep, Lang, VerdictReason};
use leadgate::mapping::MappingOutcome;
use leadgate::preview::{self, Packet};
use leadgate::profiles::ProfileStore;
use serde_json::{Value, json};

use crate::gateway::{TestGateway, answer, now};

const PROFILE: &str = "name: Вопрос
receive: { default: true }
fields:
  name: $.data.name
  phone: { from: $.data.phone, as: phone }
  email: { from: $.data.email, as: email }
  order: $.data.order
contact:
  update: true
  several: park
  fields:
    NAME: '{{name}}'
    PHONE: { value: '{{phone}}', search: true }
    EMAIL: { value: '{{email}}', search: true }
deal:
  stage: PREPARATION
  change_stage: true
  fields:
    TITLE: 'Заказ {{order}} {{name}}'
    UF_CRM_ORDER_ID: { value: '{{order}}', search: true }
comment: full
";

/// Returns a client of the gateway's sandbox, as a command uses it.
pub(crate) fn client(gateway: &TestGateway) -> Connection {
    let address = gateway.url(&gateway.portal().webhook_path());
    let timeouts = Timeouts {
        call: Duration::from_secs(20),
        connect: Duration::from_secs(5),
    };
    let webhook = Access::webhook(&address.into()).unwrap();
    Connection::new(
        webhook,
        "leadgate-test".to_owned(),
        timeouts,
        RateLimits::default(),
    )
    .unwrap()
}

/// Plans a packet by [`PROFILE`].
fn job(packet: &Packet) -> CrmJob {
    planned(PROFILE, packet)
}

/// Plans a packet by a profile.
pub(crate) fn planned(profile: &str, packet: &Packet) -> CrmJob {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("question.yaml"), profile).unwrap();
    let (profiles, report) = ProfileStore::open(folder.path(), folder.path());
    assert!(!report.has_errors(), "{report:?}");
    let profiles = profiles.current();
    let mapped = preview::map(&profiles.profiles()[0], packet);
    let MappingOutcome::Plan(plan) = mapped.outcome else {
        panic!("{:?}", mapped.outcome)
    };
    CrmJob {
        id: packet.id,
        profile: String::new(),
        plan: plan.crm().unwrap().clone(),
        uncertain: false,
        is_again: false,
        became: packet.became,
        turn: None,
        files: packet.files.clone(),
    }
}

pub(crate) fn packet(data: Value) -> Packet {
    Packet::of("polls", None, answer(1, 1, data), now()).unwrap()
}

pub(crate) async fn preview_changes(
    client: &Connection,
    packet: &Packet,
    plan: &CrmStep,
) -> ChangePreview {
    preview::preview_changes(client, packet, plan).await
}

#[actix_web::test]
async fn a_preview_shows_the_writes_of_the_delivery_and_changes_nothing() {
    let gateway = TestGateway::start().await;
    let client = client(&gateway);
    // the first search by a custom field reads them, later ones use the cache
    client.dictionaries().await.0.unwrap();
    let people = [
        // a new person
        json!({"name": "Анна", "phone": "8 912 345-67-89", "order": "1"}),
        // the same order again: the deal is found by its search field and updated
        json!({"name": "Анна Б", "phone": "+79123456789", "email": "anna@mail.example", "order": "1"}),
        // another order of the same person is another deal
        json!({"name": "Анна", "email": "anna@mail.example", "order": "2"}),
        // text that must not go through a batch
        json!({"name": "Пётр $result[q0]", "phone": "+79120000000", "order": "3"}),
        // again, so that only the comment is left to change
        json!({"name": "Анна", "email": "anna@mail.example", "order": "2"}),
        // no search value for a contact: the contact of the order is used
        json!({"name": "Пётр", "order": "3"}),
    ];
    for (number, data) in people.into_iter().enumerate() {
        let packet = packet(data);
        let job = job(&packet);
        let portal = gateway.portal();
        let before = (portal.snapshot(), portal.revision());
        let change_preview = preview_changes(&client, &packet, &job.plan).await;
        assert_eq!(
            (portal.snapshot(), portal.revision()),
            before,
            "{number}: a preview changes nothing"
        );
        assert_eq!(change_preview.verdict, None);
        assert!(change_preview.reads.len() <= 3, "{number}: few calls");

        let called = portal.transcript().len();
        let jobs = std::slice::from_ref(&job);
        let looked = delivery::crm::look_up(&client, jobs).await;
        let reports = delivery::crm::carry_out(&client, jobs, looked).await;
        assert_eq!(reports[0].verdict, Verdict::Done, "{number}");
        let made: Vec<_> = portal.transcript().split_off(called);
        let made: Vec<_> = made.iter().skip(change_preview.reads.len()).collect();
        assert_eq!(made.len(), change_preview.writes.len(), "{number}");
        for (call, previewed) in made.iter().zip(&change_preview.writes) {
            assert_eq!(call.method, previewed.method, "{number}");
            if number == 3 {
                // ids of records that are created one by one are not known in advance
                assert_eq!(call.method, previewed.commands[0].0);
            } else {
                assert_eq!(call.params, previewed.params, "{number}: to the letter");
            }
        }
        assert_eq!(
            reports[0].explanation[..change_preview.explanation.len()],
            change_preview.explanation[..],
            "{number}: the same words"
        );
    }
}

#[actix_web::test]
async fn a_preview_shows_the_present_value_of_every_field() {
    let gateway = TestGateway::start().await;
    let client = client(&gateway);
    let first = packet(json!({"name": "Анна", "phone": "+79123456789", "order": "1"}));
    let jobs = [job(&first)];
    let looked = delivery::crm::look_up(&client, &jobs).await;
    delivery::crm::carry_out(&client, &jobs, looked).await;
    let second = packet(
        json!({"name": "Аня", "phone": "+79123456789", "email": "a@mail.example", "order": "1"}),
    );
    let change_preview = preview_changes(&client, &second, &job(&second).plan).await;
    let changes: Vec<(String, &str, Option<Value>, Value)> = change_preview
        .changes
        .iter()
        .map(|change| {
            let new = if change.field == "comment" {
                Value::Null
            } else {
                change.new.clone()
            };
            (
                change.target.to_string(),
                change.field.as_str(),
                change.old.clone(),
                new,
            )
        })
        .collect();
    let (contact, deal) = (gateway.contacts(), gateway.deals());
    let contact = format!("contact {}", contact[0]["ID"].as_str().unwrap());
    let deal = format!("deal {}", deal[0]["ID"].as_str().unwrap());
    let text = |text: &str| Some(json!(text));
    assert_eq!(
        changes,
        [
            (contact.clone(), "NAME", text("Анна"), json!("Аня")),
            (contact, "EMAIL", None, json!(["a@mail.example"])),
            (
                deal.clone(),
                "TITLE",
                text("Заказ 1 Анна"),
                json!("Заказ 1 Аня")
            ),
            (deal, "comment", None, Value::Null),
        ]
    );
}

#[actix_web::test]
async fn a_preview_reports_a_choice_for_a_person_and_writes_nothing() {
    let gateway = TestGateway::start().await;
    let client = client(&gateway);
    for name in ["Один", "Два"] {
        let fields = json!({"NAME": name, "PHONE": [{"VALUE": "+79123456789"}]});
        gateway
            .portal()
            .call("crm.contact.add", json!({"fields": fields}));
    }
    let packet = packet(json!({"name": "Три", "phone": "+79123456789", "order": "9"}));
    let change_preview = preview_changes(&client, &packet, &job(&packet).plan).await;
    assert!(
        matches!(
            &change_preview.verdict,
            Some(Verdict::Park {
                text: VerdictReason::SeveralContacts(_),
                ..
            })
        ),
        "{:?}",
        change_preview.verdict
    );
    assert!(change_preview.writes.is_empty() && change_preview.changes.is_empty());
}

#[test]
fn a_packet_names_its_poll_or_the_option_does() {
    let poll = Some("7");
    let now = Timestamp::UNIX_EPOCH;
    let source = |body: Value, poll| {
        let packet = Packet::of("polls", poll, body, now)?;
        Some(leadgate::intake::sources().label(&packet.source, Lang::En))
    };
    assert_eq!(
        source(answer(1, 5, json!({})), None).unwrap(),
        "poll 1, answer 5"
    );
    assert_eq!(
        source(answer(1, 5, json!({})), poll).unwrap(),
        "poll 7, answer 5"
    );
    assert_eq!(
        source(json!({"data": {}}), poll).unwrap(),
        "poll 7, answer 1"
    );
    assert_eq!(source(json!({"data": {}}), None), None);
}
