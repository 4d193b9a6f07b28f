//! Telephony: calls from registration to recording, as a connector sees them.

use serde_json::{Value, json};

use super::{ok, options, portal, refused, wire::Site};
use crate::simulator::{CrmMode, Fault, FaultKind, Portal, TelephonyAccess};

pub(super) const NUMBER: &str = "+79062195047";
pub(super) const LINE: &str = "74951343060";
const REGISTER: &str = "telephony.externalCall.register";
pub(super) const FINISH: &str = "telephony.externalCall.finish";

/// Returns the parameters of an incoming call to user 9, with these changes.
fn incoming(more: &Value) -> Value {
    let mut params = json!({
        "USER_ID": 9, "PHONE_NUMBER": NUMBER, "TYPE": 2, "LINE_NUMBER": LINE,
        "EXTERNAL_CALL_ID": "main/9e1d",
    });
    for (name, value) in more.as_object().unwrap() {
        params[name] = value.clone();
    }
    params
}

/// Registers such a call and returns its id.
pub(super) fn call(portal: &Portal, more: &Value) -> String {
    let reply = ok(portal, REGISTER, incoming(more));
    reply["CALL_ID"].as_str().unwrap().to_owned()
}

pub(super) fn contact(portal: &Portal) -> Value {
    let fields = json!({
        "NAME": "Анна", "LAST_NAME": "Орлова", "ASSIGNED_BY_ID": 12,
        "PHONE": [{"VALUE": "8 (906) 219-50-47"}],
    });
    ok(portal, "crm.contact.add", json!({ "fields": fields }))
}

pub(super) fn statistics(portal: &Portal, call: &str) -> Value {
    let filter = json!({"FILTER": {"CALL_ID": call}, "SORT": "ID", "ORDER": "DESC"});
    ok(portal, "voximplant.statistic.get", filter)
}

fn activity(portal: &Portal, call: &str) -> Value {
    let filter = json!({"filter": {"ORIGIN_ID": format!("VI_{call}")}});
    let found = ok(portal, "crm.activity.list", filter);
    assert!(found.as_array().unwrap().len() <= 1, "{found}");
    found[0].clone()
}

#[test]
fn an_answered_call_of_a_known_client_is_in_the_timelines_and_the_statistics() {
    let portal = portal();
    contact(&portal);
    let deal = json!({"fields": {"TITLE": "Курс", "CONTACT_ID": 1}});
    ok(&portal, "crm.deal.add", deal);
    let reply = ok(&portal, REGISTER, incoming(&json!({"CRM_CREATE": 1})));
    assert_eq!(reply["CRM_ENTITY_TYPE"], "CONTACT");
    assert_eq!(reply["CRM_ENTITY_ID"], 1);
    assert_eq!(reply["CRM_CREATED_ENTITIES"], json!([]));
    let id = reply["CALL_ID"].as_str().unwrap();
    let (start, rest) = id.split_once('.').unwrap();
    let (hash, _) = rest.split_once('.').unwrap();
    assert_eq!((start, hash.len()), ("externalCall", 32));
    let done = json!({"CALL_ID": id, "USER_ID": 10, "DURATION": 95, "STATUS_CODE": "200"});
    let row = ok(&portal, FINISH, done.clone());
    assert_eq!(row["CALL_STATUS"], 1);
    assert_eq!(row["PHONE_NUMBER"], "79062195047");
    let shown = activity(&portal, id);
    for (name, value) in [
        ("TYPE_ID", "2"),
        ("PROVIDER_ID", "VOXIMPLANT_CALL"),
        ("DIRECTION", "1"),
        ("COMPLETED", "Y"),
        ("RESPONSIBLE_ID", "10"),
        ("OWNER_TYPE_ID", "3"),
    ] {
        assert_eq!(shown[name], value, "{name}");
    }
    let stored = statistics(&portal, id);
    for (name, value) in [
        ("CALL_DURATION", "95"),
        ("PORTAL_USER_ID", "10"),
        ("PORTAL_NUMBER", LINE),
        ("EXTERNAL_CALL_ID", "main/9e1d"),
        ("CALL_FAILED_CODE", "200"),
        ("CALL_TYPE", "2"),
        ("CRM_ENTITY_ID", "1"),
    ] {
        assert_eq!(stored[0][name], value, "{name}");
    }
    let (_, text) = refused(&portal, FINISH, done);
    assert!(text.starts_with("Call is not found"), "{text}");
    assert_eq!(statistics(&portal, id).as_array().unwrap().len(), 1);
}

#[test]
fn wrong_parameters_are_refused_in_the_portals_words() {
    let portal = portal();
    for (more, text) in [
        (
            json!({"USER_ID": 0}),
            "USER_ID or USER_PHONE_INNER should be set",
        ),
        (
            json!({"USER_ID": "", "USER_PHONE_INNER": "9999"}),
            "USER_ID or USER_PHONE_INNER should be set",
        ),
        (json!({"USER_ID": 15}), "User is not found or is not active"),
        (json!({"TYPE": 7}), "Unknown TYPE"),
        (
            json!({"CALL_START_DATE": "10.03.2026 11:19"}),
            "CALL_START_DATE should be in the ISO-8601 format",
        ),
        (
            json!({"PHONE_NUMBER": "anonymous"}),
            "Unsupported phone number format",
        ),
    ] {
        let refusal = refused(&portal, REGISTER, incoming(&more));
        assert_eq!(refusal, ("ERROR_CORE".to_owned(), text.to_owned()));
    }
    let (code, _) = refused(&portal, FINISH, json!({"CALL_ID": 7, "USER_ID": 9}));
    assert_eq!(code, "INVALID_ARGUMENT");
    let by_inner = json!({"USER_ID": "", "USER_PHONE_INNER": "9023"});
    assert!(call(&portal, &by_inner).starts_with("externalCall."));
}

#[test]
fn an_equal_call_within_thirty_minutes_is_the_same_one_while_it_lives() {
    let portal = portal();
    let first = call(&portal, &json!({}));
    assert_eq!(call(&portal, &json!({"CRM_CREATE": 1})), first);
    // without the foreign id any call of the number matches
    let params = json!({"USER_ID": 9, "PHONE_NUMBER": "89062195047", "TYPE": 2});
    assert_eq!(ok(&portal, REGISTER, params)["CALL_ID"], first);
    for other in [
        json!({"EXTERNAL_CALL_ID": "main/9e1e"}),
        json!({"USER_ID": 10}),
        json!({"TYPE": 1}),
        json!({"LINE_NUMBER": "74950000000"}),
        json!({"PHONE_NUMBER": "+79062195048"}),
    ] {
        assert_ne!(call(&portal, &other), first, "{other}");
    }
    let old = json!({"EXTERNAL_CALL_ID": "old", "CALL_START_DATE": "2026-03-01T09:20:00+03:00"});
    assert_ne!(
        call(&portal, &old),
        call(&portal, &old),
        "backdated calls repeat"
    );
    ok(&portal, FINISH, json!({"CALL_ID": first, "USER_ID": 9}));
    assert_ne!(
        call(&portal, &json!({})),
        first,
        "a finished call is not found"
    );
}

#[test]
fn an_unknown_client_gets_a_lead_of_the_one_who_finishes() {
    let portal = portal();
    let reply = ok(&portal, REGISTER, incoming(&json!({"CRM_CREATE": 1})));
    assert_eq!(reply["CRM_CREATED_LEAD"], 1);
    let entities = json!([{"ENTITY_TYPE": "LEAD", "ENTITY_ID": 1}]);
    assert_eq!(reply["CRM_CREATED_ENTITIES"], entities);
    let lead = || ok(&portal, "crm.lead.get", json!({"id": 1}));
    assert_eq!(lead()["TITLE"], "+79062195047 - Входящий звонок");
    assert_eq!(lead()["SOURCE_ID"], "CALL");
    assert_eq!(lead()["SOURCE_DESCRIPTION"], LINE);
    assert_eq!(lead()["ASSIGNED_BY_ID"], "9");
    let done = json!({"CALL_ID": reply["CALL_ID"], "USER_PHONE_INNER": "9024", "DURATION": 3});
    ok(&portal, FINISH, done);
    assert_eq!(lead()["ASSIGNED_BY_ID"], "10");
    // the lead is open, so the next call finds it
    let again = json!({"CRM_CREATE": 1, "EXTERNAL_CALL_ID": "main/9e1e"});
    let reply = ok(&portal, REGISTER, incoming(&again));
    assert_eq!(reply["CRM_ENTITY_TYPE"], "LEAD");
    assert_eq!(reply["CRM_CREATED_LEAD"], Value::Null);
}

#[test]
fn a_portal_without_leads_creates_a_contact_and_a_deal() {
    let portal = Portal::new(crate::simulator::PortalOptions {
        mode: CrmMode::Simple,
        ..options()
    });
    let reply = ok(&portal, REGISTER, incoming(&json!({"CRM_CREATE": 1})));
    assert_eq!(reply["CRM_CREATED_LEAD"], Value::Null);
    assert_eq!(
        reply["CRM_CREATED_ENTITIES"],
        json!([{"ENTITY_TYPE": "CONTACT", "ENTITY_ID": 1}, {"ENTITY_TYPE": "DEAL", "ENTITY_ID": 1}])
    );
    let deal = ok(&portal, "crm.deal.get", json!({"id": 1}));
    assert_eq!(deal["CONTACT_ID"], "1");
}

#[test]
fn numbers_of_employees_create_nothing() {
    let portal = portal();
    let mobile = json!({"CRM_CREATE": 1, "PHONE_NUMBER": "89005550107"});
    let reply = ok(&portal, REGISTER, incoming(&mobile));
    assert_eq!(
        reply["LEAD_CREATION_ERROR"],
        "Lead creation is disabled for local users"
    );
    assert_eq!(reply["CRM_ENTITY_TYPE"], "");
    assert_eq!(reply["CRM_ENTITY_ID"], Value::Null);
    let done = json!({"CALL_ID": reply["CALL_ID"], "USER_ID": 9, "DURATION": 3});
    let row = ok(&portal, FINISH, done);
    assert_eq!(row["CRM_ACTIVITY_ID"], Value::Null);
    assert!(row["ERRORS"]["ACTIVITY_CREATION"].is_string());
    let inner = json!({"CRM_CREATE": 1, "PHONE_NUMBER": "9024"});
    let reply = ok(&portal, REGISTER, incoming(&inner));
    assert_eq!(reply["LEAD_CREATION_ERROR"], Value::Null);
    assert_eq!(portal.counters().records["lead"], 0);
}

#[test]
fn only_a_missed_incoming_call_stays_open() {
    let portal = portal();
    contact(&portal);
    let mut number = 0;
    let mut state_of = |sort: i64, code: &str, seconds: u32| {
        number += 1;
        let more = json!({"TYPE": sort, "EXTERNAL_CALL_ID": format!("main/{number}")});
        let id = call(&portal, &more);
        let done = json!({"CALL_ID": id, "USER_ID": 9, "STATUS_CODE": code, "DURATION": seconds});
        let row = ok(&portal, FINISH, done);
        let status = row["CALL_STATUS"].as_i64().unwrap();
        let completed = activity(&portal, &id)["COMPLETED"].clone();
        (completed, status, row["CALL_FAILED_CODE"].clone())
    };
    assert_eq!(state_of(2, "304", 0), (json!("N"), 0, json!("304")));
    assert_eq!(state_of(4, "304", 0), (json!("N"), 0, json!("304")));
    assert_eq!(state_of(1, "304", 0), (json!("Y"), 0, json!("304")));
    assert_eq!(state_of(2, "486", 0), (json!("Y"), 0, json!("486")));
    assert_eq!(state_of(2, "", 0), (json!("N"), 0, json!("304")));
    assert_eq!(state_of(2, "", 9), (json!("Y"), 1, json!("200")));
    // the seconds of ringing make a missed call look answered
    assert_eq!(state_of(2, "304", 20), (json!("N"), 1, json!("304")));
}

#[test]
fn a_client_who_was_created_during_the_call_is_found_at_its_end() {
    let portal = portal();
    let id = call(&portal, &json!({}));
    contact(&portal);
    ok(
        &portal,
        FINISH,
        json!({"CALL_ID": id, "USER_ID": 9, "DURATION": 3}),
    );
    assert_eq!(activity(&portal, &id)["OWNER_ID"], "1");
}

#[test]
fn lines_are_added_once_and_appear_with_the_first_call() {
    let portal = portal();
    let add = json!({"NUMBER": LINE, "NAME": "Приёмная", "CRM_AUTO_CREATE": "N"});
    ok(&portal, "telephony.externalLine.add", add.clone());
    let (_, text) = refused(&portal, "telephony.externalLine.add", add);
    assert_eq!(text, "Line already exists");
    let outgoing = json!({"TYPE": 1, "CRM_CREATE": 1});
    let reply = ok(&portal, REGISTER, incoming(&outgoing));
    assert_eq!(reply["CRM_CREATED_LEAD"], Value::Null, "the line says no");
    call(&portal, &json!({"LINE_NUMBER": "74950000000"}));
    let lines = ok(&portal, "telephony.externalLine.get", json!({}));
    assert_eq!(lines[0]["CRM_AUTO_CREATE"], "N");
    assert_eq!(lines[1]["NUMBER"], "74950000000");
    let rename = json!({"NUMBER": LINE, "NAME": "Отдел продаж"});
    let updated = ok(&portal, "telephony.externalLine.update", rename);
    assert_eq!(updated, json!({"ID": "1"}));
    let delete = json!({"NUMBER": LINE});
    assert_eq!(
        ok(&portal, "telephony.externalLine.delete", delete.clone()),
        json!([])
    );
    let (_, text) = refused(&portal, "telephony.externalLine.delete", delete);
    assert_eq!(text, format!("Could not find line with number {LINE}"));
}

#[test]
fn a_portal_that_keeps_to_its_documentation_refuses_webhooks() {
    let portal = portal();
    let id = call(&portal, &json!({}));
    portal.set_telephony_access(TelephonyAccess::Applications);
    for method in [REGISTER, FINISH, "telephony.externalLine.get"] {
        let (code, _) = refused(&portal, method, incoming(&json!({"CALL_ID": id})));
        assert_eq!(code, "WRONG_AUTH_TYPE", "{method}");
    }
    assert_eq!(
        ok(
            &portal,
            "telephony.externalCall.show",
            json!({"CALL_ID": id})
        ),
        true
    );
    portal.set_scopes(&["crm"]);
    let (code, _) = refused(
        &portal,
        "telephony.externalCall.show",
        json!({"CALL_ID": id}),
    );
    assert_eq!(code, "insufficient_scope");
}

#[test]
fn a_snapshot_keeps_calls_lines_and_statistics() {
    let portal = portal();
    let id = call(&portal, &json!({}));
    let other = super::portal();
    other.restore(portal.snapshot()).unwrap();
    ok(&other, FINISH, json!({"CALL_ID": id, "USER_ID": 9}));
    assert_eq!(statistics(&other, &id)[0]["PORTAL_NUMBER"], LINE);
}

#[actix_web::test]
async fn a_lost_reply_leaves_a_call_that_statistics_know() {
    let site = Site::start();
    let id = call(&site.portal, &json!({}));
    site.portal
        .inject(Fault::once(FaultKind::ResetAfter).on(FINISH));
    let done = json!({"CALL_ID": id, "USER_ID": 9, "DURATION": 3});
    assert!(site.post(FINISH, done.clone()).await.is_err());
    let (status, reply) = site.json(FINISH, done).await;
    assert_eq!((status, &reply["error"]), (400, &json!("ERROR_CORE")));
    assert_eq!(statistics(&site.portal, &id).as_array().unwrap().len(), 1);
    let (_, text) = site.post(REGISTER, incoming(&json!({}))).await.unwrap();
    let id = serde_json::from_str::<Value>(&text).unwrap()["result"]["CALL_ID"].clone();
    let done = json!({"CALL_ID": id, "USER_ID": 9, "DURATION": 3});
    let (_, text) = site.post(FINISH, done).await.unwrap();
    assert!(text.contains(r#""CALL_START_DATE":{}"#), "{text}");
}

#[test]
fn clients_are_searched_with_those_who_are_responsible() {
    let portal = portal();
    contact(&portal);
    let company = json!({"TITLE": "ООО «Пример»", "PHONE": [{"VALUE": NUMBER}]});
    ok(&portal, "crm.company.add", json!({ "fields": company }));
    let found = ok(
        &portal,
        "telephony.externalCall.searchCrmEntities",
        json!({"PHONE_NUMBER": "89062195047"}),
    );
    let kinds: Vec<&Value> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["CRM_ENTITY_TYPE"])
        .collect();
    assert_eq!(kinds, [&json!("CONTACT"), &json!("COMPANY")]);
    assert_eq!(found[0]["NAME"], "Анна Орлова");
    assert_eq!(found[0]["ASSIGNED_BY"]["USER_PHONE_INNER"], "112");
}
