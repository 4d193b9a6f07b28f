//! Telephony: calls from registration to recording, as a connector sees them.

use std::net::TcpListener;

use actix_web::{App, HttpResponse, HttpServer, web};
use serde_json::{Value, json};

use super::{ok, options, portal, refused, wire::Site};
use crate::simulator::{
    CallHook, CrmMode, Fault, FaultKind, Portal, StatisticsAccess, TelephonyAccess,
};

const NUMBER: &str = "+79062195047";
const LINE: &str = "74951343060";
const REGISTER: &str = "telephony.externalCall.register";
const FINISH: &str = "telephony.externalCall.finish";
const ATTACH: &str = "telephony.externalCall.attachRecord";

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
fn call(portal: &Portal, more: &Value) -> String {
    let reply = ok(portal, REGISTER, incoming(more));
    reply["CALL_ID"].as_str().unwrap().to_owned()
}

fn contact(portal: &Portal) -> Value {
    let fields = json!({
        "NAME": "Анна", "LAST_NAME": "Орлова", "ASSIGNED_BY_ID": 12,
        "PHONE": [{"VALUE": "8 (906) 219-50-47"}],
    });
    ok(portal, "crm.contact.add", json!({ "fields": fields }))
}

fn statistics(portal: &Portal, call: &str) -> Value {
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

/// Serves recordings, and returns their address.
fn recordings() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let root = format!("http://{}", listener.local_addr().unwrap());
    let server = HttpServer::new(|| {
        let wav = || async { HttpResponse::Ok().content_type("audio/wav").body("RIFF") };
        let named = || async {
            HttpResponse::Ok()
                .insert_header(("content-disposition", "attachment; filename=\"talk.mp3\""))
                .body("ID3")
        };
        App::new()
            .route("/1.wav", web::get().to(wav))
            .route("/record", web::get().to(named))
            .route("/late.wav", web::get().to(HttpResponse::NotFound))
    });
    let server = server
        .workers(1)
        .disable_signals()
        .listen(listener)
        .unwrap();
    actix_web::rt::spawn(server.run());
    root
}

#[actix_web::test]
async fn a_recording_is_fetched_or_sent_and_a_repeat_replaces_it() {
    let site = Site::start();
    contact(&site.portal);
    let id = call(&site.portal, &json!({}));
    let root = recordings();
    let url = |path: &str| json!({"CALL_ID": id, "RECORD_URL": format!("{root}{path}")});
    let (_, early) = site.json(ATTACH, url("/1.wav")).await;
    let text = early["error_description"].as_str().unwrap();
    assert!(text.contains("not finished yet"), "{text}");
    ok(
        &site.portal,
        FINISH,
        json!({"CALL_ID": id, "USER_ID": 9, "DURATION": 3}),
    );
    let (_, late) = site.json(ATTACH, url("/late.wav")).await;
    assert_eq!(
        late["error_description"],
        "Server returns HTTP error code 404"
    );
    let gone = json!({"CALL_ID": id, "RECORD_URL": "http://127.0.0.1:1/1.wav"});
    assert_eq!(
        site.json(ATTACH, gone).await.1["error"],
        "SERVER_NOT_AVAILABLE"
    );
    let (_, fetched) = site.json(ATTACH, url("/1.wav")).await;
    assert_eq!(fetched["result"]["FILE_ID"], 1);
    let (_, named) = site.json(ATTACH, url("/record")).await;
    assert_eq!(named["result"]["FILE_ID"], 2);
    let stored = statistics(&site.portal, &id);
    assert_eq!(stored[0]["RECORD_FILE_ID"], 2);
    for (more, text) in [
        (
            json!({}),
            "Required parameters are not set. Request should contain either URL or FILENAME parameter",
        ),
        (
            json!({"FILENAME": "1.ogg", "FILE_CONTENT": "UklGRg=="}),
            "Wrong file extension. Only wav and mp3 are allowed",
        ),
        (
            json!({"FILENAME": "1.wav", "FILE_CONTENT": "%"}),
            "File content is not properly encoded. Base64 encoding is expected.",
        ),
        (json!({"FILENAME": ""}), "File name is empty"),
    ] {
        let mut params = json!({"CALL_ID": id});
        for (name, value) in more.as_object().unwrap() {
            params[name] = value.clone();
        }
        assert_eq!(refused(&site.portal, ATTACH, params).1, text);
    }
    let sent = json!({"CALL_ID": id, "FILENAME": "1.wav", "FILE_CONTENT": "UklGRg=="});
    assert_eq!(ok(&site.portal, ATTACH, sent)["FILE_ID"], 3);
    let page = site.client.get(format!("{}/sandbox/contact/1", site.root));
    let page = page.send().await.unwrap().text().await.unwrap();
    assert!(page.contains(r#"src="/sandbox/record/3""#), "{page}");
    let played = site.client.get(format!("{}/sandbox/record/3", site.root));
    let played = played.send().await.unwrap();
    assert_eq!(played.headers()["content-type"], "audio/wav");
    assert_eq!(played.text().await.unwrap(), "RIFF");
}

#[test]
fn a_transcription_belongs_to_a_finished_call() {
    let portal = portal();
    let id = call(&portal, &json!({}));
    let message =
        json!({"SIDE": "Client", "START_TIME": 0, "STOP_TIME": 4, "MESSAGE": "Добрый день"});
    let params = json!({"CALL_ID": id, "MESSAGES": [message]});
    let method = "telephony.call.attachTranscription";
    let (_, text) = refused(&portal, method, params.clone());
    assert_eq!(text, format!("Call {id} is not found. Is it finished?"));
    ok(&portal, FINISH, json!({"CALL_ID": id, "USER_ID": 9}));
    assert_eq!(ok(&portal, method, params)["TRANSCRIPT_ID"], 1);
    assert_eq!(statistics(&portal, &id)[0]["TRANSCRIPT_ID"], "1");
    let wrong = json!({"CALL_ID": id, "MESSAGES": [{"SIDE": "Bot"}]});
    let (_, text) = refused(&portal, method, wrong);
    assert_eq!(text, "MESSAGES[0][SIDE] should be either Client or User");
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

#[test]
fn statistics_are_filtered_and_sorted_as_texts() {
    let portal = portal();
    for (number, seconds) in [(1, 5), (2, 95), (3, 20)] {
        let id = call(
            &portal,
            &json!({"EXTERNAL_CALL_ID": format!("main/{number}"),
            "CALL_START_DATE": format!("2026-03-01T0{number}:00:00Z")}),
        );
        ok(
            &portal,
            FINISH,
            json!({"CALL_ID": id, "USER_ID": 9, "DURATION": seconds}),
        );
    }
    let ids = |params: Value| -> Vec<String> {
        let rows = ok(&portal, "voximplant.statistic.get", params);
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| row["ID"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids(json!({"FILTER": {">CALL_DURATION": 10}})), ["2", "3"]);
    assert_eq!(
        ids(json!({"FILTER": {">=CALL_START_DATE": "2026-03-01T05:00:00+03:00"}})),
        ["2", "3"]
    );
    let between = json!(["2026-03-01T01:30:00Z", "2026-03-01T02:30:00Z"]);
    assert_eq!(
        ids(json!({"FILTER": {"><CALL_START_DATE": between}})),
        ["2"]
    );
    assert_eq!(ids(json!({"SORT": "ID", "ORDER": "DESC"})), ["3", "2", "1"]);
    assert_eq!(
        ids(json!({"FILTER": {"EXTERNAL_CALL_ID": "main/3"}})),
        ["3"]
    );
}

#[test]
fn statistics_can_hide_the_calls_of_others() {
    let portal = portal();
    let id = call(&portal, &json!({}));
    ok(&portal, FINISH, json!({"CALL_ID": id, "USER_ID": 9}));
    portal.set_statistics_access(StatisticsAccess::Own);
    assert_eq!(statistics(&portal, &id), json!([]));
    portal.set_statistics_access(StatisticsAccess::Nothing);
    let (code, _) = refused(&portal, "voximplant.statistic.get", json!({}));
    assert_eq!(code, "ACCESS_DENIED");
    portal.set_statistics_access(StatisticsAccess::All);
    assert_eq!(statistics(&portal, &id).as_array().unwrap().len(), 1);
}

async fn html(site: &Site, path: &str) -> String {
    let page = site.client.get(format!("{}{path}", site.root));
    page.send().await.unwrap().text().await.unwrap()
}

#[actix_web::test]
async fn the_card_is_in_front_of_an_employee_while_it_is_shown() {
    let site = Site::start();
    contact(&site.portal);
    let id = call(&site.portal, &json!({"SHOW": 0}));
    let card = format!(r#"data-call="{id}""#);
    assert!(!html(&site, "/sandbox/employee/9").await.contains(&card));
    let users = json!({"CALL_ID": id, "USER_ID": [9, 10, 15]});
    ok(&site.portal, "telephony.externalCall.show", users);
    let shown = html(&site, "/sandbox/employee/9?lang=en").await;
    for text in [&card, "Анна Орлова", "Ольга Лебедева", LINE, NUMBER] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    let hidden = json!({"CALL_ID": id, "USER_ID": 9});
    ok(&site.portal, "telephony.externalCall.hide", hidden);
    assert!(!html(&site, "/sandbox/employee/9").await.contains(&card));
    assert!(html(&site, "/sandbox/employee/10").await.contains(&card));
    ok(
        &site.portal,
        FINISH,
        json!({"CALL_ID": id, "USER_ID": 10, "DURATION": 4}),
    );
    assert!(!html(&site, "/sandbox/employee/10").await.contains(&card));
    let left = call(&site.portal, &json!({"EXTERNAL_CALL_ID": "main/9e1f"}));
    let other = json!({"CALL_ID": left, "USER_ID": 10, "DURATION": 4});
    ok(&site.portal, FINISH, other);
    let seen = html(&site, "/sandbox/employee/9").await;
    assert!(
        seen.contains(&left),
        "finish hides the card only from the one who finishes"
    );
    let statistics = html(&site, "/sandbox/telephony").await;
    assert!(statistics.contains(&format!(r#"data-statistic="{id}""#)));
    let unknown = json!({"CALL_ID": "externalCall.none"});
    assert_eq!(
        ok(&site.portal, "telephony.externalCall.show", unknown.clone()),
        false
    );
    assert_eq!(
        ok(&site.portal, "telephony.externalCall.hide", unknown),
        false
    );
}

#[actix_web::test]
async fn a_click_on_a_number_registers_the_call_and_tells_the_handler() {
    let site = Site::start();
    contact(&site.portal);
    assert!(
        !html(&site, "/sandbox/contact/1")
            .await
            .contains("/sandbox/click")
    );
    let url = format!("{}/services/bin/click", site.root);
    site.portal.connect_calls(Some(CallHook {
        url,
        token: "a token of the portal".to_owned(),
    }));
    assert!(
        html(&site, "/sandbox/contact/1")
            .await
            .contains("/sandbox/click")
    );
    let click = || {
        let form = "kind=contact&id=1&user=9&number=8+(906)+219-50-47";
        let request = site.client.post(format!("{}/sandbox/click", site.root));
        request
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form)
            .send()
    };
    let fault = json!({"code": "REPEATED_EVENT", "action": "ONEXTERNALCALLSTART"});
    let faults = site
        .client
        .post(format!("{}/sandbox/control/pbx-faults", site.root));
    faults.body(fault.to_string()).send().await.unwrap();
    let back = click().await.unwrap();
    let location = back.headers()["location"].to_str().unwrap();
    assert_eq!(location, "/sandbox/contact/1?status=200");
    let shown = html(&site, "/sandbox/employee/9").await;
    assert!(shown.contains("Анна Орлова"), "{shown}");
    let told = site.portal.service_requests();
    assert_eq!(told.len(), 2, "told twice");
    let event = serde_json::to_string(&told).unwrap();
    for text in [
        "ONEXTERNALCALLSTART",
        "externalCall%2E",
        "application%5Ftoken",
    ] {
        assert!(event.contains(text), "{text}: {event}");
    }
}
