//! Calls in the portal's telephony: each once, in the statistics and in the timelines, whatever is
//! lost or repeated.

use leadgate::domain::State;
use leadgate::simulator::{StatisticsAccess, TelephonyAccess};
use serde_json::{Value, json};

use crate::channels::gateway_with;
use crate::gateway::{TestGateway, until};
use crate::pbx_calls::{
    KEY, call, calls, fault, gateway, gateway_at, gateway_with_default, record, send_record, values,
};

/// A call makes a deal of its contact.
const DEALS: &str = r#"receive: { pbx: main }
name: Calls with deals
fields: { phone: { from: $.call.number, as: phone, missing: reject } }
contact: { fields: { PHONE: { value: "{{phone}}", search: true } } }
deal: { found: update, fields: { TITLE: { value: "Call {{phone}}", on_update: keep } } }
comment: none
"#;

/// Returns the statistics of calls.
pub(crate) fn statistics(gateway: &TestGateway) -> Vec<Value> {
    gateway
        .portal()
        .set_statistics_access(StatisticsAccess::All);
    let listed = gateway.portal().call(
        "voximplant.statistic.get",
        json!({"SORT": "ID", "ORDER": "ASC"}),
    );
    listed["result"].as_array().unwrap().clone()
}

#[actix_web::test]
async fn calls_are_in_the_statistics_and_in_the_timeline() {
    let gateway = gateway().await;
    call(&gateway, "9e1d", "+79005550142", "106", 28).await;
    gateway.settle().await;
    let mut missed = record("9e1e", "+79005550143", "107", 0);
    missed["bridge_hangup_cause"] = json!("USER_BUSY");
    send_record(&gateway, missed).await;
    gateway.settle().await;
    let mut busy = record("9e1f", "106", "+79005550144", 0);
    busy["bridge_hangup_cause"] = json!("USER_BUSY");
    send_record(&gateway, busy).await;
    gateway.settle().await;
    let names = [
        "EXTERNAL_CALL_ID",
        "CALL_TYPE",
        "PORTAL_USER_ID",
        "CALL_DURATION",
        "CALL_FAILED_CODE",
        "CALL_FAILED_REASON",
        "PORTAL_NUMBER",
        "CRM_ENTITY_TYPE",
    ];
    let rows = statistics(&gateway);
    let shown: Vec<Vec<Value>> = rows.iter().map(|row| values(row, &names)).collect();
    let line = "74955550100";
    let expected = [
        ["main/9e1d", "2", "6", "28", "200", "", line, "CONTACT"],
        ["main/9e1e", "2", "7", "0", "304", "USER_BUSY", line, "LEAD"],
        [
            "main/9e1f",
            "1",
            "6",
            "0",
            "486",
            "USER_BUSY",
            line,
            "CONTACT",
        ],
    ];
    assert_eq!(json!(shown), json!(expected));
    let found = calls(&gateway);
    let names = ["DIRECTION", "COMPLETED", "RESPONSIBLE_ID", "ORIGINATOR_ID"];
    let shown: Vec<Vec<Value>> = found.iter().map(|call| values(call, &names)).collect();
    assert_eq!(
        json!(shown),
        json!([
            ["1", "Y", "6", null],
            ["1", "N", "7", null],
            ["2", "Y", "6", null]
        ])
    );
    assert_eq!(found[0]["START_TIME"], rows[0]["CALL_START_DATE"]);
    // the portal has created nothing of its own
    assert_eq!((gateway.contacts().len(), gateway.leads().len()), (3, 1));
    assert_eq!(gateway.count(State::Delivered).await, 3);
    let asked = gateway.portal().counters();
    // not for each call
    let probes = asked.commands.get("telephony.externalline.get");
    assert!(probes.is_some_and(|count| *count < 3), "{probes:?}");
}

#[actix_web::test]
async fn the_call_of_a_deal_is_in_its_timeline_and_in_that_of_the_contact() {
    let files = [("deals.yaml", DEALS)];
    let gateway = gateway_with(&files, &[("pbx.main.key", KEY)]).await;
    call(&gateway, "9e1d", "+79005550142", "106", 28).await;
    gateway.settle().await;
    let [found] = &calls(&gateway)[..] else {
        panic!("one call")
    };
    let id = found["ID"].as_str().unwrap();
    let bound = json!({"activityId": id});
    let bound = gateway.portal().call("crm.activity.binding.list", bound);
    let types: Vec<i64> = bound["result"]
        .as_array()
        .unwrap()
        .iter()
        .map(|owner| owner["entityTypeId"].as_i64().unwrap())
        .collect();
    assert!(types.contains(&2) && types.contains(&3), "{types:?}");
}

#[actix_web::test]
async fn lost_replies_and_repeats_leave_one_call_in_telephony() {
    for (code, method, times) in [
        ("RESET_AFTER", "telephony.externalcall.register", 2),
        ("CUT_BODY", "telephony.externalcall.register", 2),
        ("ERROR_AFTER_SAVE", "telephony.externalcall.register", 1),
        ("BAD_GATEWAY", "telephony.externalcall.register", 2),
        ("RESET_AFTER", "telephony.externalcall.finish", 2),
        ("CUT_BODY", "telephony.externalcall.finish", 2),
        ("ERROR_AFTER_SAVE", "telephony.externalcall.finish", 2),
        ("RESET_BEFORE", "telephony.externalcall.finish", 2),
        ("INTERNAL_SERVER_ERROR", "telephony.externalcall.finish", 2),
        ("RESET_AFTER", "telephony.externalline.get", 2),
        ("INTERNAL_SERVER_ERROR", "telephony.externalline.get", 2),
        ("QUERY_LIMIT_EXCEEDED", "telephony.externalline.get", 2),
        ("BAD_GATEWAY", "voximplant.statistic.get", 2),
        ("INTERNAL_SERVER_ERROR", "voximplant.statistic.get", 2),
        ("RESET_AFTER", "crm.activity.binding.add", 2),
        ("BAD_GATEWAY", "crm.activity.list", 2),
        ("INTERNAL_SERVER_ERROR", "user.get", 2),
    ] {
        let gateway = gateway().await;
        fault(&gateway, code, method, times);
        call(&gateway, "9e1d", "+79005550142", "106", 28).await;
        call(&gateway, "9e1d", "+79005550142", "106", 28).await;
        gateway.settle().await;
        call(&gateway, "9e1d", "+79005550142", "106", 28).await;
        gateway.settle().await;
        assert_eq!(statistics(&gateway).len(), 1, "{code} {method}");
        assert_eq!(calls(&gateway).len(), 1, "{code} {method}");
        assert_eq!(gateway.count(State::Delivered).await, 1, "{code} {method}");
    }
}

#[actix_web::test]
async fn a_lost_finish_is_found_although_the_statistics_hide_it() {
    for shown in [StatisticsAccess::Own, StatisticsAccess::Nothing] {
        let gateway = gateway().await;
        gateway.portal().set_statistics_access(shown);
        fault(&gateway, "RESET_AFTER", "telephony.externalcall.finish", 1);
        call(&gateway, "9e1d", "+79005550142", "106", 28).await;
        gateway.settle().await;
        gateway.command(&["replay", "--since", "1h", "--step", "pbx.call"], &[]);
        gateway.settle().await;
        assert_eq!(calls(&gateway).len(), 1, "{shown:?}");
        assert_eq!(statistics(&gateway).len(), 1, "{shown:?}");
        assert_eq!(gateway.count(State::Delivered).await, 1);
    }
}

#[actix_web::test]
async fn a_restart_between_finish_and_its_reply_leaves_one_call() {
    let gateway = gateway().await;
    fault(
        &gateway,
        "RESET_AFTER",
        "telephony.externalcall.finish",
        1000,
    );
    call(&gateway, "9e1d", "+79005550142", "106", 28).await;
    until("the portal has the call", async || {
        statistics(&gateway).len() == 1
    })
    .await;
    let gateway = gateway_at(gateway.stop().await).await;
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 1);
    assert_eq!(statistics(&gateway).len(), 1);
    assert_eq!(calls(&gateway).len(), 1);
}

#[actix_web::test]
async fn a_call_of_telephony_that_is_delivered_again_is_found() {
    let gateway = gateway().await;
    call(&gateway, "9e1d", "+79005550142", "106", 28).await;
    gateway.settle().await;
    gateway.command(&["replay", "--since", "1h", "--step", "pbx.call"], &[]);
    gateway.settle().await;
    assert_eq!(statistics(&gateway).len(), 1);
    assert_eq!(calls(&gateway).len(), 1);
    let shown = gateway.command(&["journal", "show", "pbx/main/9e1d"], &["--lang", "en"]);
    assert!(shown.contains("already in the timeline"), "{shown}");
    assert!(shown.contains("telephony, employee 6"), "{shown}");
}

#[actix_web::test]
async fn an_activity_of_an_earlier_version_is_not_doubled() {
    let gateway = gateway().await;
    let portal = gateway.portal();
    portal.set_telephony_access(TelephonyAccess::Applications);
    call(&gateway, "9e1d", "+79005550142", "106", 28).await;
    gateway.settle().await;
    portal.set_telephony_access(TelephonyAccess::Webhooks);
    // another process has not asked the portal yet
    let gateway = gateway_at(gateway.stop().await).await;
    gateway.command(&["replay", "--since", "1h", "--step", "pbx.call"], &[]);
    gateway.settle().await;
    assert_eq!(calls(&gateway).len(), 1);
    assert_eq!(statistics(&gateway).len(), 0);
}

#[actix_web::test]
async fn a_portal_that_stops_allowing_telephony_gets_activities() {
    let gateway = gateway().await;
    call(&gateway, "9e1d", "+79005550142", "106", 28).await;
    gateway.settle().await;
    gateway
        .portal()
        .set_telephony_access(TelephonyAccess::Applications);
    call(&gateway, "9e1e", "+79005550143", "106", 28).await;
    gateway.settle().await;
    let origins: Vec<bool> = calls(&gateway)
        .iter()
        .map(|call| call["ORIGIN_ID"] == "main/9e1e")
        .collect();
    assert_eq!(origins, [false, true]);
    assert_eq!(gateway.count(State::Delivered).await, 2);
}

#[actix_web::test]
async fn a_call_of_nobody_belongs_to_the_responsible_or_to_the_default_employee() {
    let gateways = [(gateway().await, "1"), (gateway_with_default().await, "7")];
    for (gateway, user) in gateways {
        call(&gateway, "9e1d", "+79005550142", "9999", 28).await;
        gateway.settle().await;
        let rows = statistics(&gateway);
        assert_eq!(rows[0]["PORTAL_USER_ID"], user);
    }
}

#[actix_web::test]
async fn a_call_that_the_portal_refuses_is_parked_with_its_words() {
    let gateway = gateway().await;
    let refusal = json!({
        "code": "REFUSED", "error": "ERROR_CORE", "method": "telephony.externalcall.register",
        "times": {"next": 9},
    });
    let portal = gateway.portal();
    portal.inject(serde_json::from_value(refusal).unwrap());
    call(&gateway, "9e1d", "+79005550142", "106", 28).await;
    gateway.settle().await;
    assert_eq!(gateway.count(State::Parked).await, 1);
    let shown = gateway.command(&["journal", "show", "pbx/main/9e1d"], &["--lang", "en"]);
    assert!(shown.contains("ERROR_CORE"), "{shown}");
    assert_eq!(calls(&gateway).len(), 0);
}

#[actix_web::test]
async fn two_calls_of_one_client_at_one_moment_are_two() {
    let gateway = gateway().await;
    gateway
        .portal()
        .set_statistics_access(StatisticsAccess::All);
    call(&gateway, "9e1d", "+79005550142", "106", 28).await;
    call(&gateway, "9e1e", "+79005550142", "107", 13).await;
    gateway.settle().await;
    gateway.command(&["replay", "--since", "1h", "--step", "pbx.call"], &[]);
    gateway.settle().await;
    assert_eq!(statistics(&gateway).len(), 2);
    assert_eq!(calls(&gateway).len(), 2);
}
