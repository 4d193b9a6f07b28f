//! Labels of list values: known, unknown, just added.

use jiff::SignedDuration;
use leadgate::domain::{Lang, State};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::gateway::{TestGateway, answer, now, until};
use crate::preview::client;

const PROFILE: &str = "name: Темы
receive: { default: true }
fields:
  name: $.data.name
  phone: { from: $.data.phone, as: phone }
  topics: { from: '$.data.topics[*]', as: join }
  city: $.data.city
  source: $.data.source
contact:
  fields:
    NAME: '{{name}}'
    PHONE: { value: '{{phone}}', search: true }
deal:
  fields:
    TITLE: 'Т {{name}}'
    UF_CRM_TOPICS: { value: '{{topics}}', as: label, on_update: append }
    UF_CRM_CITY: { value: '{{city}}', as: label, UNKNOWN }
    SOURCE_ID: { value: '{{source}}', as: label, unknown: skip }
";

async fn gateway(unknown: &str) -> TestGateway {
    gateway_of(&PROFILE.replace("UNKNOWN", unknown)).await
}

async fn gateway_of(text: &str) -> TestGateway {
    let home = TempDir::new().unwrap();
    let folder = TestGateway::mappings(&home);
    std::fs::write(folder.join("topics.yaml"), text).unwrap();
    let gateway = TestGateway::at(home, &[("mappings.dir", folder.to_str().unwrap())]).await;
    let list = json!([{"VALUE": "Москва"}, {"VALUE": "Санкт-Петербург"}, {"VALUE": "Другой"}]);
    let fields = json!({"FIELD_NAME": "CITY", "USER_TYPE_ID": "enumeration", "LABEL": "Город", "LIST": list});
    gateway
        .portal()
        .call("crm.deal.userfield.add", json!({"fields": fields}));
    gateway
}

fn anna(city: &str) -> Value {
    json!({
        "name": "Анна", "phone": "+79123456789", "city": city, "source": "веб-сайт",
        "topics": ["онлайн-курсы", " ОЛИМПИАДЫ "],
    })
}

/// Returns the ids of the city's list by label.
fn city(gateway: &TestGateway, label: &str) -> String {
    let fields = gateway.portal().call("crm.deal.fields", json!({}));
    let items = fields["result"]["UF_CRM_CITY"]["items"].clone();
    let item = items
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["VALUE"] == label);
    item.unwrap()["ID"].as_str().unwrap().to_owned()
}

fn asked(gateway: &TestGateway) -> usize {
    let reads = |call: &leadgate::simulator::CallRecord| {
        let inside = call.commands.iter().map(|command| command.method.clone());
        inside.filter(|method| method == "crm.deal.fields").count()
    };
    gateway.portal().transcript().iter().map(reads).sum()
}

#[actix_web::test]
async fn labels_are_stored_as_the_ids_of_their_values() {
    let gateway = gateway("unknown: park").await;
    gateway
        .post_answer(answer(1, 1, anna("  санкт-петербург")))
        .await;
    gateway.settle().await;
    let deal = &gateway.deals()[0];
    assert_eq!(deal["UF_CRM_TOPICS"], json!([47, 48]));
    assert_eq!(
        deal["UF_CRM_CITY"],
        json!(city(&gateway, "Санкт-Петербург"))
    );
    assert_eq!(deal["SOURCE_ID"], "WEB");
    // more topics for the same deal: the existing ones stay
    let more = json!({"name": "Анна", "phone": "+79123456789", "city": "Москва", "topics": ["Бакалавриат"]});
    gateway.post_answer(answer(1, 2, more)).await;
    gateway.settle().await;
    let deals = gateway.deals();
    assert_eq!(deals.len(), 1);
    assert_eq!(deals[0]["UF_CRM_TOPICS"], json!([47, 48, 45]));
    assert_eq!(deals[0]["UF_CRM_CITY"], json!(city(&gateway, "Москва")));
    assert_eq!(asked(&gateway), 1, "the dictionaries are kept");
}

#[actix_web::test]
async fn an_unknown_label_is_handled_as_the_profile_says_and_reported() {
    let outcome = |gateway: &TestGateway| {
        let store = gateway.home.path().join("data").join("leadgate.db");
        let store = leadgate::store::Store::open_read_only(&store).unwrap();
        let journal = leadgate::journal::Journal::new(store, leadgate::intake::sources());
        let leadgate::journal::Found::One(history) = journal.show("1/1").unwrap() else {
            panic!("not there")
        };
        let note = history.entry.note.map(|note| note.to_text(Lang::En));
        let reason = history.entry.reason.map(|reason| reason.to_string());
        let events: Vec<String> = history
            .events
            .iter()
            .filter_map(|logged| match &logged.event {
                leadgate::domain::Event::Because(why) => {
                    Some(why.to_text(leadgate::domain::Lang::En))
                }
                _ => None,
            })
            .collect();
        (reason, note.unwrap_or_default(), events.join("\n"))
    };
    let words = "the list deal.UF_CRM_CITY (Город) has no value «Урюпинск»; it has Москва";
    for unknown in ["unknown: park", "on_update: overwrite"] {
        let gateway = gateway(unknown).await;
        gateway.post_answer(answer(1, 1, anna("Урюпинск"))).await;
        gateway.settle().await;
        assert_eq!(gateway.count(State::Parked).await, 1);
        let (reason, note, events) = outcome(&gateway);
        assert_eq!(reason.as_deref(), Some("unknown-label"));
        assert!(note.contains(words), "{note}");
        assert_eq!(events, note, "a step that can be shown in another language");
        assert_eq!(gateway.deals().len(), 0);
        assert_eq!(gateway.contacts().len(), 0, "nothing is half written");
    }
    for (unknown, stored, more) in [
        ("unknown: skip", None, "left out (unknown: skip)"),
        (
            "default: другой",
            Some("Другой"),
            "«Другой» is used instead",
        ),
        (
            "unknown: default, default: Москва",
            Some("Москва"),
            "«Москва» is used instead",
        ),
    ] {
        let gateway = gateway(unknown).await;
        gateway.post_answer(answer(1, 1, anna("Урюпинск"))).await;
        gateway.settle().await;
        let stored = stored.map_or(Value::Null, |label| json!(city(&gateway, label)));
        let deal = &gateway.deals()[0];
        assert_eq!(
            deal["UF_CRM_CITY"].as_str().unwrap_or_default(),
            stored.as_str().unwrap_or_default()
        );
        let (_, _, events) = outcome(&gateway);
        let lacks = "the list deal.UF_CRM_CITY has no such value";
        assert!(events.contains(lacks) && events.contains(more), "{events}");
    }
    // of several values only the unknown ones are left out, and named
    let several = PROFILE.replace("UNKNOWN", "unknown: skip").replace(
        "as: label, on_update: append",
        "as: label, unknown: skip, on_update: append",
    );
    let partly = gateway_of(&several).await;
    let mut data = anna("Москва");
    data["topics"] = json!(["Пение", "олимпиады", "Танцы"]);
    partly.post_answer(answer(1, 1, data)).await;
    partly.settle().await;
    let topics = &partly.deals()[0]["UF_CRM_TOPICS"];
    assert_eq!(topics.as_array().map(Vec::len), Some(1), "{topics}");
    let (_, _, events) = outcome(&partly);
    assert!(
        events.contains("has no value «Пение», «Танцы»: left out"),
        "{events}"
    );
    let gateway = gateway("default: Нигде").await;
    gateway.post_answer(answer(1, 1, anna("Урюпинск"))).await;
    gateway.settle().await;
    assert!(outcome(&gateway).1.contains("nor the default «Нигде»"));
}

#[actix_web::test]
async fn a_value_just_added_is_found_and_a_missing_one_looked_up_once() {
    let gateway = gateway("unknown: park").await;
    let client = client(&gateway);
    let (read, call) = crate::preview::client(&gateway).dictionaries().await;
    assert!(call.is_some());
    let mut old = (*read.unwrap()).clone();
    // five minutes ago the field did not exist
    old.read_at = now() - SignedDuration::from_mins(5);
    old.deal.remove("UF_CRM_CITY");
    client.seed_dictionaries(old);
    let before = asked(&gateway);
    let preview_changes = async |place: &str| {
        let packet = leadgate::preview::Packet::of("polls", None, answer(1, 1, anna(place)), now());
        let packet = packet.unwrap();
        let (profiles, _) = leadgate::profiles::ProfileStore::open(
            gateway.home.path().join("mappings"),
            gateway.home.path(),
        );
        let profiles = profiles.current();
        let mapped = leadgate::preview::map(&profiles.profiles()[0], &packet);
        let leadgate::mapping::MappingOutcome::Plan(plan) = mapped.outcome else {
            panic!("no plan")
        };
        leadgate::preview::preview_changes(&client, &packet, plan.crm().unwrap()).await
    };
    let change_preview = preview_changes("Москва").await;
    assert_eq!(change_preview.verdict, None, "{change_preview:?}");
    assert_eq!(asked(&gateway), before + 1);
    for _ in 0..3 {
        let change_preview = preview_changes("Урюпинск").await;
        assert!(change_preview.verdict.is_some());
    }
    assert_eq!(asked(&gateway), before + 1, "not for every one");
}

#[actix_web::test]
async fn labels_wait_for_an_unreachable_portal() {
    let gateway = gateway("unknown: park").await;
    let busy = json!({"code": "QUERY_LIMIT_EXCEEDED", "times": {"next": 1}});
    gateway
        .portal()
        .inject(serde_json::from_value(busy).unwrap());
    gateway.post_answer(answer(1, 1, anna("Москва"))).await;
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 1);
    assert_eq!((gateway.deals().len(), gateway.contacts().len()), (1, 1));
}

/// Starts a separate portal that, like a real one, runs while the gateway does not.
pub(crate) async fn portal() -> (leadgate::simulator::Portal, String) {
    use leadgate::simulator::{Portal, PortalOptions};
    let portal = Portal::new(PortalOptions::new(std::sync::Arc::new(now)));
    let (_, address) = crate::pauses::switch_on(&portal, "127.0.0.1:0".parse().unwrap()).await;
    let webhook = format!("http://{address}{}", portal.webhook_path());
    (portal, webhook)
}

/// Returns profiles with a list field.
fn topics(home: &TempDir) -> String {
    let folder = TestGateway::mappings(home);
    let profile = "receive: { default: true }\nfields: { topic: $.data.topic }\n\
                   deal:\n  found: always_create\n  fields:\n    TITLE: Т\n    UF_CRM_TOPICS: { value: '{{topic}}', as: label }\n";
    std::fs::write(folder.join("topics.yaml"), profile).unwrap();
    folder.to_str().unwrap().to_owned()
}

/// Returns how often the dictionaries were read.
fn readings(portal: &leadgate::simulator::Portal) -> usize {
    let calls = portal.transcript();
    let commands = calls.iter().flat_map(|call| call.commands.iter());
    commands
        .filter(|command| command.method == "crm.deal.fields")
        .count()
}

#[actix_web::test]
async fn dictionaries_are_refreshed_before_they_expire() {
    let (portal, webhook) = portal().await;
    let home = TempDir::new().unwrap();
    let folder = topics(&home);
    let settings = [
        ("mappings.dir", folder.as_str()),
        ("crm.main.webhook", webhook.as_str()),
        ("delivery.dictionary_age", "2s"),
    ];
    let gateway = TestGateway::at(home, &settings).await;
    gateway
        .post_answer(answer(1, 1, json!({"topic": "магистратура"})))
        .await;
    gateway.settle().await;
    until("three readings", async || readings(&portal) >= 3).await;
}

#[actix_web::test]
async fn dictionaries_survive_a_restart() {
    let (portal, webhook) = portal().await;
    let home = TempDir::new().unwrap();
    let folder = topics(&home);
    let asked = || readings(&portal);
    let mut home = Some(home);
    for (number, age, reads) in [(1, "12h", 1), (2, "12h", 1), (3, "0s", 2)] {
        let settings = [
            ("mappings.dir", folder.as_str()),
            ("crm.main.webhook", webhook.as_str()),
            ("delivery.dictionary_age", age),
        ];
        let gateway = TestGateway::at(home.take().unwrap(), &settings).await;
        gateway
            .post_answer(answer(1, number, json!({"topic": "магистратура"})))
            .await;
        gateway.settle().await;
        assert_eq!(
            gateway.count(State::Delivered).await,
            u64::try_from(number).unwrap()
        );
        assert_eq!(asked(), reads, "at start {number}");
        home = Some(gateway.stop().await);
    }
}
