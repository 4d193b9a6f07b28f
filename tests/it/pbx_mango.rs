//! Mango Office: its calls become what the calls of any PBX become, by the shipped profiles.

use leadgate::domain::State;
use leadgate::simulator::TelephonyAccess;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::channels::{URLENCODED, gateway_with};
use crate::gateway::{Reply, TestGateway, until};
use crate::mango_fake::{FakeMango, KEY, MP3, SALT, row, sign};
use crate::pbx_calls::calls;
use crate::pbx_catch_up::PROFILE;

/// Where the cabinet plays the recording of the fixtures.
const LINK: &str = "https://app.mango-office.ru/vpbx/queries/recording/issa/MToxMDAyMDMwOjEwMjAzMDQwNTA6MQ%3D%3D/play";

/// Starts a gateway with the two shipped profiles for calls.
async fn gateway() -> TestGateway {
    let shipped = |name: &str| {
        let path = format!("{}/mappings/{name}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).unwrap()
    };
    let (missed, others) = (shipped("calls-missed.yaml"), shipped("calls.yaml"));
    let files = [
        ("calls-missed.yaml", missed.as_str()),
        ("calls.yaml", others.as_str()),
    ];
    let flags = [
        ("pbx.main.dialect", "mango"),
        ("pbx.main.key", KEY),
        ("pbx.main.salt", SALT),
    ];
    let gateway = gateway_with(&files, &flags).await;
    // activities have the address of the recording in their texts
    let portal = gateway.portal();
    portal.set_telephony_access(TelephonyAccess::Applications);
    gateway
}

fn fixture(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/pbx/mango");
    let text = std::fs::read_to_string(format!("{folder}/{name}.json")).unwrap();
    text.trim_end().to_owned()
}

async fn post(gateway: &TestGateway, path: &str, json: &str, sign: &str) -> Reply {
    let field = |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let (key, json) = (field(KEY), field(json));
    let body = format!("vpbx_api_key={key}&sign={sign}&json={json}");
    let address = format!("/pbx/main/{path}");
    gateway.post_in(&address, URLENCODED, body).await
}

/// Sends a fixture as the PBX does.
async fn tell(gateway: &TestGateway, path: &str, name: &str) {
    let json = fixture(name);
    let reply = post(gateway, path, &json, &sign(&json)).await;
    assert_eq!(
        (reply.status, &reply.body),
        (200, &Value::Null),
        "{name}: {reply:?}"
    );
}

fn phones(rows: &[Value]) -> Vec<Value> {
    rows.iter()
        .map(|row| row["PHONE"][0]["VALUE"].clone())
        .collect()
}

#[actix_web::test]
async fn calls_become_contacts_and_leads_by_the_shipped_profiles() {
    let gateway = gateway().await;
    for (path, name) in [
        ("events/call", "queue"),
        ("events/call", "appeared"),
        // events of a part arrive in any order, and more than once
        ("events/call", "disconnected"),
        ("events/call", "connected"),
        ("events/recording", "recording_started"),
        ("events/recording", "recording_completed"),
        ("events/summary", "summary_answered"),
        ("events/summary", "summary_answered"),
        ("events/record/added", "record_added"),
        ("events/record/added", "record_added"),
        ("events/summary", "summary_missed"),
        ("events/summary", "summary_outgoing"),
        ("events/summary", "summary_internal"),
        ("events/dtmf", "queue"),
    ] {
        tell(&gateway, path, name).await;
    }
    gateway.settle().await;
    let mut numbers = phones(&gateway.contacts());
    numbers.sort_by_key(Value::to_string);
    assert_eq!(numbers, ["+79005550142", "+79005550143", "+79005550144"]);
    let titles: Vec<Value> = gateway
        .leads()
        .iter()
        .map(|lead| lead["TITLE"].clone())
        .collect();
    assert_eq!(titles, ["Пропущенный звонок +79005550143"]);
    // the internal call waits for a profile, and no recording came apart from its call
    assert_eq!(gateway.count(State::Captured).await, 1);
    assert_eq!(gateway.count(State::Ignored).await, 0);
    let calls = calls(&gateway);
    let origin = |origin: &str| {
        let found = calls.iter().filter(|call| call["ORIGIN_ID"] == origin);
        found.cloned().collect::<Vec<Value>>()
    };
    let answered = origin("main/MTAyMDMwNDA1MA==");
    assert_eq!((calls.len(), answered.len()), (3, 1));
    let lines = answered[0]["DESCRIPTION"].as_str().unwrap();
    assert!(lines.contains(LINK), "{lines}");
}

#[actix_web::test]
async fn only_what_the_pbx_has_signed_is_taken() {
    let gateway = gateway().await;
    let json = fixture("summary_answered");
    let value: Value = serde_json::from_str(&json).unwrap();
    let again = serde_json::to_string_pretty(&value).unwrap();
    for (json, sign) in [
        (json.as_str(), ""),
        (json.as_str(), "5548f6ab"),
        (again.as_str(), sign(&json).as_str()),
    ] {
        let reply = post(&gateway, "events/summary", json, sign).await;
        let message = reply.body["message"].as_str().unwrap_or_default();
        assert_eq!(reply.status, 401, "{reply:?}");
        assert!(message.contains("pbx.NAME.salt"), "{message}");
    }
    let nameless = r#"{"entry_id":"MTA="}"#;
    let reply = post(&gateway, "events/summary", nameless, &sign(nameless)).await;
    assert_eq!(reply.status, 422, "{reply:?}");
    // the cabinet checks the address with an empty request
    for address in ["/pbx/main", "/pbx/main/ping", "/pbx/main//events/call"] {
        let reply = gateway.post_in(address, URLENCODED, "").await;
        assert_eq!(
            (reply.status, &reply.body),
            (200, &Value::Null),
            "{address}"
        );
    }
    let other = gateway
        .post_in("/pbx/other/events/call", URLENCODED, "")
        .await;
    assert_eq!(other.status, 404);
    gateway.settle().await;
    assert_eq!(gateway.contacts(), Vec::<Value>::new());
}

#[actix_web::test]
async fn a_recording_that_comes_after_its_call_is_kept_with_its_address() {
    let gateway = gateway().await;
    tell(&gateway, "events/summary", "summary_answered").await;
    for _ in 0..2 {
        tell(&gateway, "events/record/added", "record_added").await;
    }
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 1);
    assert_eq!(gateway.count(State::Ignored).await, 1);
    let journal = gateway.command(&["journal", "--source", "pbx/main", "--json"], &[]);
    assert!(journal.contains(LINK), "{journal}");
}

#[actix_web::test]
async fn a_recording_that_is_ready_before_its_call_ends_belongs_to_it() {
    let gateway = gateway().await;
    tell(&gateway, "events/record/added", "record_added").await;
    tell(&gateway, "events/summary", "summary_answered").await;
    tell(&gateway, "events/record/added", "record_added").await;
    gateway.settle().await;
    let lines = calls(&gateway)[0]["DESCRIPTION"].clone();
    assert!(lines.as_str().unwrap().contains(LINK), "{lines}");
}

/// Starts a gateway on this folder that asks the API at this address.
async fn start(home: TempDir, api: &str, flags: &[(&str, &str)]) -> TestGateway {
    let folder = TestGateway::mappings(&home);
    std::fs::write(folder.join("calls.yaml"), PROFILE).unwrap();
    let own = [
        ("mappings.dir", folder.to_str().unwrap()),
        ("pbx.main.dialect", "mango"),
        ("pbx.main.key", KEY),
        ("pbx.main.salt", SALT),
        ("pbx.main.url", api),
        ("pbx.main.history_every", "100ms"),
    ];
    TestGateway::at(home, &[&own, flags].concat()).await
}

async fn until_delivered(gateway: &TestGateway, count: u64) {
    until(&format!("{count} delivered"), async || {
        gateway.count(State::Delivered).await >= count
    })
    .await;
    gateway.settle().await;
}

#[actix_web::test]
async fn calls_of_an_outage_are_read_from_the_statistics_once() {
    let mango = FakeMango::default();
    {
        let mut state = mango.state();
        // the newest first, as the API lists them
        state.rows = (1..=150)
            .map(|number| row(number, 60 * i64::from(number), ""))
            .collect();
        state.patience = 2;
    }
    let api = mango.listen();
    let gateway = start(TempDir::new().unwrap(), &api, &[]).await;
    until_delivered(&gateway, 150).await;
    assert_eq!(total(&gateway, "crm.contact.list"), 150);
    until("the end of the list was seen", async || {
        mango.state().asked == [3, 3, 3]
    })
    .await;
    let home = gateway.stop().await;
    {
        let mut state = mango.state();
        let offsets: Vec<&Value> = state.orders.iter().map(|order| &order["offset"]).collect();
        assert_eq!(offsets, ["0", "100", "150"]);
        assert_eq!(state.orders[0]["limit"], "100");
        state.rows.insert(0, row(151, 30, ""));
    }
    let gateway = start(home, &api, &[]).await;
    until_delivered(&gateway, 151).await;
    // the summary of a call comes after all
    let summary = r#"{"entry_id":"entry-151","call_direction":1,"from":{"number":"79005550151"},"to":{"extension":"106"},"line_number":"74955550100","create_time":1767012345,"talk_time":0,"end_time":1767012360}"#;
    let reply = post(&gateway, "events/summary", summary, &sign(summary)).await;
    assert_eq!(reply.status, 200);
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 151);
    assert_eq!(total(&gateway, "crm.contact.list"), 151);
    assert_eq!(total(&gateway, "voximplant.statistic.get"), 151);
}

#[actix_web::test]
async fn the_statistics_are_given_up_after_a_while_and_asked_for_again() {
    let mango = FakeMango::default();
    {
        let mut state = mango.state();
        (state.rows, state.patience) = (vec![row(1, 60, "")], 1_000);
    }
    let api = mango.listen();
    let within = [("pbx.main.history_within", "300ms")];
    let gateway = start(TempDir::new().unwrap(), &api, &within).await;
    until("ordered again", async || mango.state().orders.len() >= 2).await;
    assert_eq!(gateway.count(State::Delivered).await, 0);
    mango.state().patience = 0;
    until_delivered(&gateway, 1).await;
    assert_eq!(gateway.contacts().len(), 1);
}

#[actix_web::test]
async fn recordings_are_fetched_with_a_signature_and_uploaded() {
    let mango = FakeMango::default();
    mango.state().rows = vec![row(2, 60, "MToxMDAyMDMwOjEwMjAzMDQwNTA6MQ==")];
    let api = mango.listen();
    let gateway = start(TempDir::new().unwrap(), &api, &[]).await;
    until_delivered(&gateway, 1).await;
    assert_eq!(recording(&gateway).await, MP3);
    assert_eq!(
        mango.state().recordings,
        ["MToxMDAyMDMwOjEwMjAzMDQwNTA6MQ=="]
    );
}

#[actix_web::test]
async fn a_recording_that_comes_after_its_call_reaches_it_once() {
    let mango = FakeMango::default();
    let api = mango.listen();
    let gateway = start(TempDir::new().unwrap(), &api, &[]).await;
    tell(&gateway, "events/summary", "summary_answered").await;
    until_delivered(&gateway, 1).await;
    assert_eq!(recording(&gateway).await, b"");
    let home = gateway.stop().await;
    let gateway = start(home, &api, &[]).await;
    for _ in 0..2 {
        tell(&gateway, "events/record/added", "record_added").await;
        gateway.settle().await;
    }
    assert_eq!(recording(&gateway).await, MP3);
    assert_eq!(mango.state().recordings.len(), 1);
    assert_eq!(gateway.count(State::Ignored).await, 0);
    assert_eq!(gateway.contacts().len(), 1);
}

#[actix_web::test]
async fn the_statistics_bring_a_recording_of_which_the_event_was_lost() {
    let mango = FakeMango::default();
    let api = mango.listen();
    let gateway = start(TempDir::new().unwrap(), &api, &[]).await;
    let summary = r#"{"entry_id":"entry-2","call_direction":1,"from":{"number":"79005550002"},"to":{"extension":"106"},"line_number":"74955550100","create_time":1767012345,"forward_time":1767012345,"talk_time":1767012350,"end_time":1767012360}"#;
    let reply = post(&gateway, "events/summary", summary, &sign(summary)).await;
    assert_eq!(reply.status, 200);
    until_delivered(&gateway, 1).await;
    let home = gateway.stop().await;
    mango.state().rows = vec![row(2, 60, "MToxMDAyMDMwOjEwMjAzMDQwNTA6MQ==")];
    let gateway = start(home, &api, &[("pbx.main.silence", "100ms")]).await;
    until("the recording is attached", async || {
        recording(&gateway).await == MP3
    })
    .await;
    let orders = mango.state().orders.len();
    until("asked again", async || {
        mango.state().orders.len() > orders + 2
    })
    .await;
    gateway.settle().await;
    assert_eq!(recording(&gateway).await, MP3);
    assert_eq!(mango.state().recordings.len(), 1);
}

#[actix_web::test]
async fn a_recording_that_was_announced_before_belongs_to_a_call_of_the_statistics() {
    let mango = FakeMango::default();
    let api = mango.listen();
    let gateway = start(TempDir::new().unwrap(), &api, &[]).await;
    let home = gateway.stop().await;
    let silence = [("pbx.main.silence", "100ms")];
    let gateway = start(home, &api, &silence).await;
    let notice = r#"{"entry_id":"entry-2","product_id":300022532,"user_id":300049012,"timestamp":1767012395,"recording_id":"MToxMDAyMDMwOjEwMjAzMDQwNTA6MQ=="}"#;
    let reply = post(&gateway, "events/record/added", notice, &sign(notice)).await;
    assert_eq!(reply.status, 200);
    // the summary is lost, and the statistics do not name the recording yet
    mango.state().rows = vec![row(2, 60, "")];
    until_delivered(&gateway, 1).await;
    assert_eq!(recording(&gateway).await, MP3);
}

/// Returns how many rows a list of the portal has.
fn total(gateway: &TestGateway, method: &str) -> u64 {
    let listed = gateway.portal().call(method, json!({}));
    listed["total"].as_u64().unwrap()
}

/// Returns the recording of the only call.
async fn recording(gateway: &TestGateway) -> Vec<u8> {
    let calls = calls(gateway);
    assert_eq!(calls.len(), 1, "{calls:?}");
    let Some(file) = calls[0]["FILES"][0]["url"].as_str() else {
        return Vec::new();
    };
    let reply = gateway.http().get(gateway.url(file)).send().await.unwrap();
    reply.bytes().await.unwrap().to_vec()
}
