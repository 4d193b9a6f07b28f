//! The PBX of the sandbox rings the gateway: from its buttons to leads, contacts and the timeline.

use leadgate::domain::State;
use serde_json::json;

use crate::gateway::TestGateway;
use crate::pbx_calls::{calls, gateway};

impl TestGateway {
    /// Presses a button of the page; returns the query of the page that follows.
    pub(crate) async fn press_pbx(&self, what: &str, form: &str) -> String {
        self.press_in_sandbox(&format!("pbx/press/{what}"), form)
            .await
    }

    /// Presses a button of the sandbox, and returns the query of the page that follows.
    pub(crate) async fn press_in_sandbox(&self, button: &str, form: &str) -> String {
        let url = self.url(&format!("/sandbox/{button}"));
        let request = self
            .http()
            .post(url)
            .header("sec-fetch-site", "same-origin");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let reply = request.body(form.to_owned()).send().await.unwrap();
        // the client has followed to the page
        reply.url().query().unwrap_or_default().to_owned()
    }

    pub(crate) async fn pbx_page(&self) -> String {
        let url = self.url("/sandbox/pbx?lang=en");
        self.http()
            .get(url)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
    }

    /// Lets a client call, and returns the session.
    async fn ring(&self, number: &str, inner: &str) -> String {
        let form = format!("number={number}&inner={inner}");
        assert_eq!(self.press_pbx("ring", &form).await, "status=200");
        let page = self.pbx_page().await;
        let (_, rest) = page.split_once("data-call=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    }
}

#[actix_web::test]
async fn calls_of_the_sandbox_reach_the_crm_with_their_recordings() {
    let gateway = gateway().await;
    let missed = gateway.ring("%2B79062195047", "").await;
    let gone = format!("session={missed}");
    assert_eq!(gateway.press_pbx("hangup", &gone).await, "status=200");
    let talked = gateway.ring("%2B79005550142", "9022").await;
    let answer = format!("session={talked}&inner=9022");
    gateway.press_pbx("answer", &answer).await;
    let session = format!("session={talked}");
    gateway.press_pbx("hold", &session).await;
    // the PBX counts whole seconds of talk
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    gateway.press_pbx("hold", &session).await;
    gateway.press_pbx("hangup", &session).await;
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 2);
    assert_eq!(gateway.leads().len(), 1);
    assert_eq!(gateway.contacts().len(), 2);
    assert_eq!(calls(&gateway).len(), 2);
    let page = gateway.pbx_page().await;
    let (_, link) = page.split_once("/services/pbx/record/").unwrap();
    let id = link.split('.').next().unwrap();
    let url = gateway.url(&format!("/services/pbx/record/{id}.wav"));
    let file = gateway.http().get(url).send().await.unwrap();
    assert_eq!(file.status(), 200);
    assert!(file.bytes().await.unwrap().starts_with(b"RIFF"));
}

#[actix_web::test]
async fn a_lost_record_is_no_call_and_a_repeated_one_is_one() {
    let gateway = gateway().await;
    let fault = |code: &str| {
        let fault = json!([{"code": code, "action": "cdr_append"}]).to_string();
        let url = gateway.url("/sandbox/control/pbx-faults");
        let request = gateway
            .http()
            .post(url)
            .header("sec-fetch-site", "same-origin");
        gateway.send(request.body(fault))
    };
    assert_eq!(fault("LOST_EVENT").await.status, 200);
    let lost = gateway.ring("%2B79062195047", "9022").await;
    gateway
        .press_pbx("hangup", &format!("session={lost}"))
        .await;
    assert_eq!(fault("REPEATED_EVENT").await.status, 200);
    let repeated = gateway.ring("%2B79062195048", "9022").await;
    gateway
        .press_pbx("hangup", &format!("session={repeated}"))
        .await;
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 1);
    assert_eq!(gateway.leads().len(), 1);
}
