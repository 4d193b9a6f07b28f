//! Every fault as a client sees it.

use std::time::{Duration, Instant};

use serde_json::json;

use super::wire::Site;
use crate::simulator::{Fault, FaultKind, Latency, Limits, Times};

#[actix_web::test]
async fn early_refusals_change_nothing() {
    let site = Site::start();
    for (kind, status, code) in [
        (FaultKind::QueryLimitExceeded, 503, "QUERY_LIMIT_EXCEEDED"),
        (FaultKind::OverloadLimit, 503, "OVERLOAD_LIMIT"),
        (FaultKind::InternalServerError, 500, "INTERNAL_SERVER_ERROR"),
        (FaultKind::CredentialsRevoked, 401, "INVALID_CREDENTIALS"),
        (FaultKind::UserDismissed, 401, "authorization_error"),
        (FaultKind::OperationTimeLimit, 429, "OPERATION_TIME_LIMIT"),
        (FaultKind::ScopeMissing, 401, "insufficient_scope"),
    ] {
        site.portal.inject(Fault::once(kind).on("crm.deal.add"));
        assert_eq!(site.json("profile", json!({})).await.0, 200);
        let (seen, answer) = site.json("crm.deal.add", json!({})).await;
        assert_eq!((seen, &answer["error"]), (status, &json!(code)));
    }
    assert_eq!(site.deals(), 0);
    assert_eq!(site.json("crm.deal.add", json!({})).await.0, 200);
}

#[actix_web::test]
async fn a_renamed_portal_redirects_and_a_failing_front_end_answers_html() {
    let site = Site::start();
    let host = "https://new.example".to_owned();
    site.portal.inject(Fault::once(FaultKind::Renamed { host }));
    let response = site
        .client
        .post(site.url("profile"))
        .send()
        .await
        .expect("an answer");
    assert_eq!(response.status(), 302);
    assert_eq!(
        response.headers()["location"],
        "https://new.example/rest/1/sandbox/profile"
    );
    site.portal.inject(Fault::once(FaultKind::BadGateway));
    let (status, text) = site.post("profile", json!({})).await.expect("an answer");
    assert_eq!(status, 502);
    assert!(text.starts_with("<html>"));
}

#[actix_web::test]
async fn connections_break_before_and_after_the_work() {
    let site = Site::start();
    site.portal.inject(Fault::once(FaultKind::ResetBefore));
    assert!(site.post("crm.deal.add", json!({})).await.is_err());
    assert_eq!(site.deals(), 0);
    site.portal.inject(Fault::once(FaultKind::ResetAfter));
    assert!(site.post("crm.deal.add", json!({})).await.is_err());
    assert_eq!(site.deals(), 1);
    site.portal.inject(Fault::once(FaultKind::CutBody));
    assert!(site.post("crm.deal.add", json!({})).await.is_err());
    assert_eq!(site.deals(), 2);
    let started = Instant::now();
    site.portal
        .inject(Fault::once(FaultKind::HoldReply { ms: 60 }));
    assert!(site.post("crm.deal.add", json!({})).await.is_err());
    assert!(started.elapsed() >= Duration::from_millis(60));
    assert_eq!(site.deals(), 3);
    let codes: Vec<_> = site
        .portal
        .transcript()
        .into_iter()
        .filter_map(|it| it.fault)
        .collect();
    assert_eq!(
        codes,
        ["RESET_BEFORE", "RESET_AFTER", "CUT_BODY", "HOLD_REPLY"]
    );
}

#[actix_web::test]
async fn a_slow_body_arrives_whole() {
    let site = Site::start();
    site.portal
        .inject(Fault::once(FaultKind::SlowBody { ms: 50 }));
    let started = Instant::now();
    let (status, _) = site.json("profile", json!({})).await;
    assert_eq!(status, 200);
    assert!(started.elapsed() >= Duration::from_millis(40));
}

#[actix_web::test]
async fn an_error_after_saving_is_still_an_error() {
    let site = Site::start();
    site.portal
        .inject(Fault::once(FaultKind::ErrorAfterSave).on("crm.deal.add"));
    let cmd = json!({"cmd": {"l": "crm.lead.add", "d": "crm.deal.add"}});
    let (_, answer) = site.json("batch", cmd).await;
    assert_eq!(answer["result"]["result"], json!({"l": 1}));
    assert_eq!(answer["result"]["result_error"]["d"]["error"], "");
    assert_eq!(site.deals(), 1);
}

#[actix_web::test]
async fn a_batch_is_cut_after_some_commands() {
    let site = Site::start();
    site.portal
        .inject(Fault::once(FaultKind::CutBatch { after: 2 }));
    let cmd = json!({"cmd": ["crm.deal.add", "crm.deal.add", "crm.deal.add"]});
    let (status, text) = site.post("batch", cmd).await.expect("an answer");
    assert_eq!((status, text.starts_with("<html>")), (504, true));
    assert_eq!(site.deals(), 2);
    site.portal
        .inject(Fault::once(FaultKind::ResetWithin { after: 1 }));
    let cmd = json!({"cmd": ["crm.deal.add", "crm.deal.add"]});
    assert!(site.post("batch", cmd.clone()).await.is_err());
    assert_eq!(site.deals(), 3);
    // the cut is after the end
    site.portal
        .inject(Fault::once(FaultKind::CutBatch { after: 9 }));
    assert_eq!(site.post("batch", cmd).await.expect("an answer").0, 504);
    assert_eq!((site.deals(), site.portal.counters().faults), (5, 3));
}

#[actix_web::test]
async fn a_call_longer_than_the_limit_is_done_without_an_answer() {
    let site = Site::start();
    site.portal.set_limits(Limits {
        request_timeout: 0.05,
        ..Limits::off()
    });
    site.portal.set_latency(Latency {
        command: Duration::from_millis(40),
        ..Latency::default()
    });
    let answer = site.post("crm.deal.add", json!({})).await;
    assert_eq!(answer.expect("an answer").0, 200);
    let cmd = json!({"cmd": ["crm.deal.add", "crm.deal.add", "crm.deal.add", "crm.deal.add"]});
    let answer = site.post("batch", cmd).await;
    assert_eq!(answer.expect("an answer").0, 504);
    assert_eq!(site.deals(), 3, "an unknown part of the batch is done");
    site.portal.set_latency(Latency {
        call: Duration::from_millis(90),
        ..Latency::default()
    });
    let answer = site.post("crm.deal.add", json!({})).await;
    assert_eq!(answer.expect("an answer").0, 504);
    assert_eq!(site.deals(), 4);
}

#[actix_web::test]
async fn a_field_becomes_mandatory() {
    let site = Site::start();
    let kind = FaultKind::MandatoryField {
        entity: "deal".to_owned(),
        field: "UF_CRM_ORDER_ID".to_owned(),
    };
    site.portal.inject(Fault::once(kind));
    let (status, answer) = site.json("crm.deal.add", json!({})).await;
    assert_eq!(status, 400);
    assert!(
        answer["error_description"]
            .as_str()
            .is_some_and(|it| it.contains("Номер заказа"))
    );
    site.portal.clear_faults();
    assert_eq!(site.json("crm.deal.add", json!({})).await.0, 200);
}

#[actix_web::test]
async fn chances_repeat_with_the_seed() {
    let run = || async {
        let site = Site::start();
        site.portal
            .inject(Fault::once(FaultKind::BadGateway).times(Times::Chance(0.5)));
        let mut seen = Vec::new();
        for _ in 0..12 {
            seen.push(site.post("profile", json!({})).await.map_or(0, |it| it.0));
        }
        seen
    };
    assert_eq!(run().await, run().await);
}
