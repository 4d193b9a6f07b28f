//! Calls that leadgate lacks are read from the PBX: none is lost, none is doubled.

use leadgate::domain::State;
use leadgate::simulator::TelephonyAccess;
use serde_json::Value;
use tempfile::TempDir;

use crate::gateway::{TestGateway, now, until};
use crate::pbx_calls::{KEY, calls, send_record};
use crate::pbx_fake::{FakePbx, PBX_KEY, row};

/// Every call makes a contact.
pub(crate) const PROFILE: &str = r#"receive: { default: pbx }
name: Calls
fields: { phone: { from: $.call.number, as: phone, missing: reject } }
contact: { fields: { PHONE: { value: "{{phone}}", search: true } } }
comment: none
"#;

/// Starts a gateway on this folder that asks the PBX at this address.
async fn start(home: TempDir, pbx: &str, flags: &[(&str, &str)]) -> TestGateway {
    let folder = TestGateway::mappings(&home);
    std::fs::write(folder.join("calls.yaml"), PROFILE).unwrap();
    let own = [
        ("mappings.dir", folder.to_str().unwrap()),
        ("pbx.main.key", KEY),
        ("pbx.main.url", pbx),
        ("pbx.main.pbx_key", PBX_KEY),
    ];
    TestGateway::at(home, &[&own, flags].concat()).await
}

async fn until_delivered(gateway: &TestGateway, count: u64) {
    until(&format!("{count} delivered"), async || {
        gateway.count(State::Delivered).await >= count
    })
    .await;
}

/// Waits until the PBX was asked for what follows so many records.
async fn until_asked(pbx: &FakePbx, offset: usize) {
    until(&format!("asked for {offset}"), async || {
        let state = pbx.state();
        state.asked.iter().any(|asked| asked["offset"] == offset)
    })
    .await;
}

#[actix_web::test]
async fn calls_of_an_outage_are_read_page_by_page_and_none_is_doubled() {
    let pbx = FakePbx::default();
    let address = pbx.listen();
    let rows: Vec<Value> = (1..=8)
        .map(|number| row(number, 4000 - 100 * i64::from(number)))
        .collect();
    let gateway = start(TempDir::new().unwrap(), &address, &[]).await;
    // two arrived before the outage, and one of the middle as well
    for place in [0, 1, 4] {
        send_record(&gateway, rows[place].clone()).await;
    }
    gateway.settle().await;
    let home = gateway.stop().await;
    {
        let mut state = pbx.state();
        (state.rows, state.page, state.failures) = (rows.clone(), 3, 2);
        state.asked.clear();
    }
    let gateway = start(home, &address, &[]).await;
    until_delivered(&gateway, 8).await;
    until_asked(&pbx, 8).await;
    // the PBX sends one of them after all
    send_record(&gateway, rows[6].clone()).await;
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 8);
    assert_eq!(gateway.contacts().len(), 8);
    assert_eq!(calls(&gateway).len(), 8);
    // what was known is not even a repeat
    assert_eq!(gateway.history("pbx/main/call-1").entry.repeats, 0);
    assert_eq!(gateway.history("pbx/main/call-7").entry.repeats, 1);
    let state = pbx.state();
    let offsets: Vec<u64> = state
        .asked
        .iter()
        .map(|asked| asked["offset"].as_u64().unwrap())
        .collect();
    // the second page fails twice, and everything is asked for again
    assert_eq!(offsets, [0, 3, 0, 3, 0, 3, 6, 8]);
}

/// Returns from when to when the PBX was asked for calls the last time, in seconds.
fn last_span(pbx: &FakePbx) -> (i64, i64) {
    let state = pbx.state();
    let params = &state.asked.last().unwrap()["params"];
    let time = |name: &str| params[name].as_str().unwrap().parse::<i64>().unwrap();
    (time("start_dt"), time("end_dt"))
}

#[actix_web::test]
async fn a_new_pbx_is_asked_for_calls_from_the_first_start_on() {
    let pbx = FakePbx::default();
    let address = pbx.listen();
    let before = now().as_second();
    let gateway = start(TempDir::new().unwrap(), &address, &[]).await;
    until_asked(&pbx, 0).await;
    let (from, to) = last_span(&pbx);
    assert!(
        (before..before + 60).contains(&from) && to > from,
        "{from} {to}"
    );
    // and still after a restart
    let home = gateway.stop().await;
    pbx.state().asked.clear();
    let _gateway = start(home, &address, &[]).await;
    until_asked(&pbx, 0).await;
    assert_eq!(last_span(&pbx).0, from);
}

#[actix_web::test]
async fn a_silent_pbx_is_asked_and_one_that_repeats_its_page_is_not_asked_for_ever() {
    let pbx = FakePbx::default();
    pbx.state().is_stubborn = true;
    let address = pbx.listen();
    let silence = [("pbx.main.silence", "100ms")];
    let gateway = start(TempDir::new().unwrap(), &address, &silence).await;
    until_asked(&pbx, 0).await;
    {
        let mut state = pbx.state();
        (state.rows, state.page) = (vec![row(1, 60), row(2, 30)], 2);
        state.asked.clear();
    }
    until_delivered(&gateway, 2).await;
    until("asked again and again", async || {
        pbx.state().asked.len() >= 6
    })
    .await;
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 2);
    let state = pbx.state();
    let further = state.asked.iter().filter(|asked| asked["offset"] == 4);
    assert_eq!(further.count(), 0);
}

#[actix_web::test]
async fn without_catching_up_the_history_is_never_asked_for() {
    let pbx = FakePbx::default();
    {
        let mut state = pbx.state();
        (state.rows, state.page) = (vec![row(1, 60)], 10);
    }
    let address = pbx.listen();
    let off = [("pbx.main.catch_up", "off"), ("pbx.main.silence", "100ms")];
    let gateway = start(TempDir::new().unwrap(), &address, &off).await;
    send_record(&gateway, row(2, 10)).await;
    until_delivered(&gateway, 1).await;
    let home = gateway.stop().await;
    assert!(pbx.state().asked.is_empty());
    // a PBX of which a call is stored is not new
    let gateway = start(home, &address, &[]).await;
    until_delivered(&gateway, 2).await;
    let (from, to) = last_span(&pbx);
    assert!((86_400..87_000).contains(&(to - from)), "{from} {to}");
}

#[actix_web::test]
async fn what_the_pbx_has_of_a_stored_call_is_added_to_it() {
    let pbx = FakePbx::default();
    let address = pbx.listen();
    let silence = [("pbx.main.silence", "100ms")];
    let gateway = start(TempDir::new().unwrap(), &address, &silence).await;
    gateway
        .portal()
        .set_telephony_access(TelephonyAccess::Applications);
    let mut sent = row(2, 30);
    send_record(&gateway, sent.clone()).await;
    until_delivered(&gateway, 1).await;
    sent["link"] = "https://pbx.example/r/2".into();
    {
        let mut state = pbx.state();
        (state.rows, state.page) = (vec![sent], 10);
    }
    until("the link is there", async || {
        let calls = calls(&gateway);
        let text = calls.first().map(|call| call["DESCRIPTION"].to_string());
        text.is_some_and(|text| text.contains("pbx.example/r/2"))
    })
    .await;
    assert_eq!(calls(&gateway).len(), 1);
    assert_eq!(gateway.contacts().len(), 1);
}
