//! Labels of list values in smart processes: as for deals; the fields of a process are read when
//! they are needed.

use jiff::SignedDuration;
use leadgate::domain::{Event, ItemType, Lang, State};
use leadgate::simulator::Portal;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::gateway::{TestGateway, answer, now};
use crate::labels::portal;
use crate::preview::client;

/// Both spellings of a process's fields, each in a profile of its own, because a profile uses one.
const SPELLINGS: [(&str, &str); 2] = [
    ("UF_CRM_9_FORM", "UF_CRM_9_TOPICS"),
    ("ufCrm9Form", "ufCrm9Topics"),
];

fn profile((form, topics): (&str, &str), unknown: &str) -> String {
    format!(
        "receive: {{ default: true }}
fields:
  phone: {{ from: $.data.phone, as: phone }}
  form: $.data.form
  topics: {{ from: '$.data.topics[*]', as: join, separator: '; ' }}
  source: $.data.source
contact: {{ fields: {{ PHONE: {{ value: '{{{{phone}}}}', search: true }} }} }}
item:
  type: 1036
  fields:
    title: Договор
    {form}: {{ value: '{{{{form}}}}', as: label, {unknown} }}
    {topics}: {{ value: '{{{{topics}}}}', as: label, on_update: append }}
    sourceId: {{ value: '{{{{source}}}}', as: label }}
"
    )
}

async fn gateway(profile: &str, settings: &[(&str, &str)]) -> TestGateway {
    let home = TempDir::new().unwrap();
    at(home, profile, settings).await
}

async fn at(home: TempDir, profile: &str, settings: &[(&str, &str)]) -> TestGateway {
    let folder = TestGateway::mappings(&home);
    std::fs::write(folder.join("contracts.yaml"), profile).unwrap();
    let mut all = vec![("mappings.dir", folder.to_str().unwrap())];
    all.extend(settings);
    TestGateway::at(home, &all).await
}

fn anna(form: &str, topics: &[&str]) -> Value {
    json!({"phone": "+79123456789", "form": form, "topics": topics, "source": "веб-сайт"})
}

fn items(gateway: &TestGateway) -> Vec<Value> {
    let params = json!({"entityTypeId": 1036, "order": {"id": "ASC"}, "useOriginalUfNames": "Y", "select": ["*", "UF_*"]});
    let list = gateway.portal().call("crm.item.list", params);
    list["result"]["items"].as_array().unwrap().clone()
}

/// Returns how often the fields of the process were read.
fn readings(portal: &Portal) -> usize {
    let calls = portal.transcript();
    let commands = calls.iter().flat_map(|call| call.commands.iter());
    commands
        .filter(|command| command.method == "crm.item.fields")
        .count()
}

#[actix_web::test]
async fn labels_of_an_item_are_stored_as_the_ids_of_their_values() {
    for spelling in SPELLINGS {
        let gateway = gateway(&profile(spelling, "unknown: park"), &[]).await;
        gateway
            .post_answer(answer(
                1,
                1,
                anna(" дистанционная", &["документы, справки", "ОПЛАТА"]),
            ))
            .await;
        gateway.settle().await;
        let found = items(&gateway);
        assert_eq!(found.len(), 1, "{spelling:?}");
        assert_eq!(found[0]["UF_CRM_9_FORM"], 52);
        assert_eq!(found[0]["UF_CRM_9_TOPICS"], json!([55, 54]));
        assert_eq!(found[0]["sourceId"], "WEB");
        // another topic for the same item: the existing one stays
        gateway
            .post_answer(answer(1, 2, anna("очная", &["Договоры"])))
            .await;
        gateway.settle().await;
        let found = items(&gateway);
        assert_eq!(found.len(), 1, "{spelling:?}");
        assert_eq!(found[0]["UF_CRM_9_FORM"], 50);
        assert_eq!(found[0]["UF_CRM_9_TOPICS"], json!([55, 54, 53]));
        assert_eq!(readings(&gateway.portal()), 1, "the process is kept");
    }
}

#[actix_web::test]
async fn an_unknown_label_of_an_item_is_handled_as_the_profile_says() {
    for (unknown, parked, stored, expected) in [
        (
            "unknown: park",
            1,
            json!(null),
            "the list item.UF_CRM_9_FORM (Форма обучения) has no value «вечерняя»; it has Очная",
        ),
        (
            "unknown: skip",
            0,
            json!(null),
            "the list item.UF_CRM_9_FORM has no such value: left out",
        ),
        (
            "default: заочная",
            0,
            json!(51),
            "the list item.UF_CRM_9_FORM has no such value: «Заочная» is used instead",
        ),
    ] {
        let gateway = gateway(&profile(SPELLINGS[0], unknown), &[]).await;
        gateway
            .post_answer(answer(1, 1, anna("вечерняя", &[])))
            .await;
        gateway.settle().await;
        assert_eq!(gateway.count(State::Parked).await, parked, "{unknown}");
        let found = items(&gateway);
        assert_eq!(found.len(), usize::from(parked == 0), "{unknown}");
        if let Some(item) = found.first() {
            assert_eq!(item["UF_CRM_9_FORM"], stored, "{unknown}");
        }
        assert!(
            history(&gateway).contains(expected),
            "{}",
            history(&gateway)
        );
    }
}

/// Returns the history of the first submission as text.
fn history(gateway: &TestGateway) -> String {
    let store = gateway.home.path().join("data").join("leadgate.db");
    let store = leadgate::store::Store::open_read_only(&store).unwrap();
    let journal = leadgate::journal::Journal::new(store, leadgate::intake::sources());
    let leadgate::journal::Found::One(history) = journal.show("1/1").unwrap() else {
        panic!("not there")
    };
    let events = history
        .events
        .iter()
        .filter_map(|logged| match &logged.event {
            Event::Because(why) => Some(why.to_text(Lang::En)),
            _ => None,
        });
    let note = history.entry.note.as_ref();
    let note = note.map(|note| note.to_text(Lang::En));
    events.chain(note).collect::<Vec<_>>().join("\n")
}

#[actix_web::test]
async fn a_missing_process_parks_its_submissions_and_delays_no_deal() {
    let lost = profile(SPELLINGS[0], "unknown: park").replace("1036", "1044");
    let home = TempDir::new().unwrap();
    let deals = "receive: { polls: [2] }\nfields: { topic: $.data.topic }\n\
                 deal: { fields: { TITLE: Т, UF_CRM_TOPICS: { value: '{{topic}}', as: label } } }\n";
    std::fs::write(TestGateway::mappings(&home).join("deals.yaml"), deals).unwrap();
    let gateway = at(home, &lost, &[]).await;
    gateway.post_answer(answer(1, 1, anna("очная", &[]))).await;
    gateway
        .post_answer(answer(2, 1, json!({"topic": "олимпиады"})))
        .await;
    gateway.settle().await;
    assert_eq!(gateway.count(State::Parked).await, 1);
    let words = "the portal has no smart process 1044";
    assert!(history(&gateway).contains(words), "{}", history(&gateway));
    assert_eq!(gateway.deals()[0]["UF_CRM_TOPICS"], json!([48]));
}

#[actix_web::test]
async fn a_value_just_added_to_a_process_is_found_and_previewed() {
    let gateway = gateway(&profile(SPELLINGS[1], "unknown: park"), &[]).await;
    let other = client(&gateway);
    let process = ItemType::new(1036).unwrap();
    // deliveries that did not need the process have read dictionaries without it
    other.dictionaries().await.0.unwrap();
    assert_eq!(readings(&gateway.portal()), 0);
    let (read, call) = other.dictionaries_with(&[process]).await;
    assert!(call.is_some() && readings(&gateway.portal()) == 1);
    let mut old = (*read.unwrap()).clone();
    // five minutes ago the field did not exist
    old.read_at = now() - SignedDuration::from_mins(5);
    let fields = old.processes.get_mut(&process).unwrap().as_mut().unwrap();
    fields.fields.remove("UF_CRM_9_FORM").unwrap();
    let client = client(&gateway);
    client.seed_dictionaries(old);
    let preview_changes = async |form: &str| {
        let packet =
            leadgate::preview::Packet::of("polls", None, answer(1, 1, anna(form, &[])), now())
                .unwrap();
        let folder = gateway.home.path().join("mappings");
        let (profiles, _) = leadgate::profiles::ProfileStore::open(folder, gateway.home.path());
        let profiles = profiles.current();
        let mapped = leadgate::preview::map(&profiles.profiles()[0], &packet);
        let leadgate::mapping::MappingOutcome::Plan(plan) = mapped.outcome else {
            panic!("no plan")
        };
        leadgate::preview::preview_changes(&client, &packet, plan.crm().unwrap()).await
    };
    let change_preview = preview_changes("Очная").await;
    assert_eq!(change_preview.verdict, None, "{change_preview:?}");
    let form = change_preview
        .changes
        .iter()
        .find(|change| change.field == "ufCrm9Form");
    assert_eq!(form.unwrap().new, json!("50"));
    assert_eq!(readings(&gateway.portal()), 2);
    for _ in 0..3 {
        let change_preview = preview_changes("вечерняя").await;
        assert!(change_preview.verdict.is_some());
    }
    assert_eq!(readings(&gateway.portal()), 2, "at most once a minute");
    assert!(items(&gateway).is_empty());
}

#[actix_web::test]
async fn fields_of_a_process_survive_a_restart_and_are_refreshed() {
    let (portal, webhook) = portal().await;
    let text = profile(SPELLINGS[0], "unknown: park");
    let mut home = Some(TempDir::new().unwrap());
    for (number, age, reads) in [(1, "12h", 1), (2, "12h", 1), (3, "2s", 2)] {
        let settings = [
            ("crm.main.webhook", webhook.as_str()),
            ("delivery.dictionary_age", age),
        ];
        let gateway = at(home.take().unwrap(), &text, &settings).await;
        if age == "2s" {
            // without new submissions, the dictionaries in use are still refreshed
            let patience = std::time::Instant::now() + std::time::Duration::from_secs(20);
            while readings(&portal) < reads {
                assert!(std::time::Instant::now() < patience);
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        } else {
            gateway
                .post_answer(answer(1, number, anna("очная", &[])))
                .await;
            gateway.settle().await;
            let delivered = gateway.count(State::Delivered).await;
            assert_eq!(delivered, u64::try_from(number).unwrap());
            assert_eq!(readings(&portal), reads, "at start {number}");
        }
        home = Some(gateway.stop().await);
    }
}
