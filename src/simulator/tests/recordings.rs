//! Recordings, statistics, cards and clicks on numbers: what people see and hear of calls.

use std::net::TcpListener;

use actix_web::{App, HttpResponse, HttpServer, web};
use serde_json::{Value, json};

use super::{
    ok, portal, refused,
    telephony::{FINISH, LINE, NUMBER, call, contact, statistics},
    wire::Site,
};
use crate::simulator::{CallHook, StatisticsAccess};

const ATTACH: &str = "telephony.externalCall.attachRecord";

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

#[actix_web::test]
async fn a_recording_without_content_is_uploaded_to_the_address_that_the_portal_gives() {
    let site = Site::start();
    contact(&site.portal);
    let id = call(&site.portal, &json!({}));
    let done = json!({"CALL_ID": id, "USER_ID": 9, "DURATION": 3});
    ok(&site.portal, FINISH, done);
    let place = ok(
        &site.portal,
        ATTACH,
        json!({"CALL_ID": id, "FILENAME": "1.mp3"}),
    );
    assert_eq!(place["fieldName"], "file");
    let address = place["uploadUrl"].as_str().unwrap();
    let upload = async |address: &str, field: &str, content: &str| {
        let body = format!(
            "--x\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"a\"\r\n\r\n{content}\r\n--x--\r\n"
        );
        let request = site.client.post(format!("{}{address}", site.root));
        let request = request.header("content-type", "multipart/form-data; boundary=x");
        let reply = request.body(body).send().await.unwrap();
        (
            reply.status().as_u16(),
            reply.json::<Value>().await.unwrap(),
        )
    };
    let (status, reply) = upload(address, "file", "ID3").await;
    assert_eq!((status, &reply["result"]["FILE_ID"]), (200, &json!(1)));
    let played = site.client.get(format!("{}/sandbox/record/1", site.root));
    let played = played.send().await.unwrap();
    assert_eq!(played.headers()["content-type"], "audio/mpeg");
    assert_eq!(played.text().await.unwrap(), "ID3");
    for (address, field, content, status) in [
        (address, "file", "", 400),
        (address, "other", "ID3", 400),
        (&address.replace("telephony", "disk"), "file", "ID3", 401),
        (&format!("{address}0"), "file", "ID3", 401),
    ] {
        assert_eq!(upload(address, field, content).await.0, status, "{address}");
    }
}

#[actix_web::test]
async fn a_visitor_requests_a_callback_and_the_portal_tells_the_handler_without_a_call() {
    let site = Site::start();
    let page = html(&site, "/sandbox/telephony").await;
    assert!(!page.contains("/sandbox/callback"));
    site.portal.connect_calls(Some(CallHook {
        url: format!("{}/services/bin/callback", site.root),
        token: "a token of the portal".to_owned(),
    }));
    let page = html(&site, "/sandbox/telephony").await;
    assert!(page.contains("/sandbox/callback"), "{page}");
    for _ in 0..2 {
        let request = site.client.post(format!("{}/sandbox/callback", site.root));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let form = "number=8+(906)+219-50-47&line=7";
        let back = request.body(form).send().await.unwrap();
        let location = back.headers()["location"].to_str().unwrap();
        assert_eq!(location, "/sandbox/telephony?status=200");
    }
    let leads = ok(&site.portal, "crm.lead.list", json!({}));
    assert_eq!(leads.as_array().unwrap().len(), 1, "one client: {leads}");
    let told = serde_json::to_string(&site.portal.service_requests()).unwrap();
    for text in ["ONEXTERNALCALLBACKSTART", "LEAD", "application%5Ftoken"] {
        assert!(told.contains(text), "{text}: {told}");
    }
    assert!(!told.contains("externalCall"), "{told}");
}

#[test]
fn activities_are_found_by_whose_timelines_they_are_in() {
    let portal = portal();
    contact(&portal);
    let deal = json!({"fields": {"TITLE": "Курс", "CONTACT_ID": 1}});
    ok(&portal, "crm.deal.add", deal);
    let other = json!({"fields": {"NAME": "Рита", "PHONE": [{"VALUE": "+79062195048"}]}});
    ok(&portal, "crm.contact.add", other);
    for number in [NUMBER, "+79062195048"] {
        let id = call(
            &portal,
            &json!({"PHONE_NUMBER": number, "EXTERNAL_CALL_ID": number}),
        );
        ok(&portal, FINISH, json!({"CALL_ID": id, "USER_ID": 9}));
    }
    let found = |bindings: Value| {
        let filter = json!({"filter": {"BINDINGS": bindings}, "order": {"ID": "ASC"}});
        let rows = ok(&portal, "crm.activity.list", filter);
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| row["ID"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    for (bindings, ids) in [
        (json!([{"OWNER_TYPE_ID": 3, "OWNER_ID": 1}]), &["1"][..]),
        (json!([{"OWNER_TYPE_ID": 2, "OWNER_ID": 1}]), &["1"]),
        (json!([{"OWNER_TYPE_ID": 3, "OWNER_ID": 2}]), &["2"]),
        (json!({"OWNER_TYPE_ID": 3}), &["1", "2"]),
        (
            json!([{"OWNER_TYPE_ID": 2}, {"OWNER_TYPE_ID": 3}]),
            &["1", "1", "2"],
        ),
        (json!([{"OWNER_TYPE_ID": 4}]), &[]),
    ] {
        assert_eq!(found(bindings.clone()), ids, "{bindings}");
    }
}
