//! Another server answers in the portal's place: HTML pages, other JSON, redirects, half a reply.
//! None of that is the portal's result for a submission, so nothing is parked and nothing is made
//! twice. Once the portal is back, everything is delivered.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use actix_web::{HttpRequest, HttpResponse, web};
use leadgate::domain::State;
use leadgate::simulator::{Limits, Portal, PortalOptions};
use serde_json::Value;

use crate::flood::{nothing_doubled, person, send_all};
use crate::gateway::{TestGateway, answer, now, until};

/// How calls are answered.
#[derive(Debug, Clone)]
enum Answering {
    /// By the portal.
    Portal,
    /// With this status and body, without executing the call.
    Instead(u16, String),
    /// With this status and body, after executing the call.
    After(u16, String),
    /// By a redirect to this host and path; `{path}` is the requested path.
    Redirect(String),
}

/// A portal behind a front end that can answer in its place.
#[derive(Clone)]
struct FrontEnd {
    portal: Portal,
    answering: Arc<Mutex<Answering>>,
    calls: Arc<Mutex<Vec<String>>>,
}

impl FrontEnd {
    fn new() -> Self {
        let mut options = PortalOptions::new(Arc::new(now));
        options.limits = Limits::off();
        Self {
            portal: Portal::new(options),
            answering: Arc::new(Mutex::new(Answering::Portal)),
            calls: Arc::default(),
        }
    }

    fn set(&self, answering: Answering) {
        *self.answering.lock().unwrap() = answering;
    }

    fn calls(&self) -> usize {
        self.calls.lock().unwrap().len()
    }

    fn listen(&self) -> SocketAddr {
        let front_end = self.clone();
        let server = actix_web::HttpServer::new(move || {
            actix_web::App::new()
                .app_data(web::PayloadConfig::new(8 << 20))
                .app_data(web::Data::new(front_end.clone()))
                .default_service(web::to(knock))
        })
        .workers(1)
        .disable_signals()
        .bind("127.0.0.1:0")
        .unwrap();
        let address = server.addrs()[0];
        actix_web::rt::spawn(server.run());
        address
    }

    async fn gateway(&self, address: SocketAddr) -> TestGateway {
        self.gateway_with(address, "").await
    }

    /// Starts a gateway that follows redirects to these hosts.
    async fn gateway_with(&self, address: SocketAddr, hosts: &str) -> TestGateway {
        let webhook = format!("http://{address}{}", self.portal.webhook_path());
        TestGateway::with(&[
            ("crm.main.webhook", &webhook),
            ("crm.main.plan", "enterprise"),
            ("crm.main.redirect_hosts", hosts),
            ("delivery.retry_longest", "300ms"),
        ])
        .await
    }
}

async fn knock(
    front_end: web::Data<FrontEnd>,
    request: HttpRequest,
    body: web::Bytes,
) -> HttpResponse {
    let method = request.path().rsplit('/').next().unwrap().to_owned();
    front_end.calls.lock().unwrap().push(method.clone());
    let answering = front_end.answering.lock().unwrap().clone();
    let ask = || {
        front_end
            .portal
            .call(&method, serde_json::from_slice(&body).unwrap())
    };
    let status = |status: u16| HttpResponse::build(status.try_into().unwrap());
    match answering {
        Answering::Portal => HttpResponse::Ok().json(ask()),
        Answering::Instead(code, text) => status(code).body(text),
        Answering::After(code, text) => {
            ask();
            status(code).body(text)
        }
        Answering::Redirect(address) => HttpResponse::Found()
            .insert_header(("location", address.replace("{path}", request.path())))
            .finish(),
    }
}

/// Replies that are not a portal's reply to the call.
fn strange() -> Vec<(u16, String)> {
    [
        (200, "<html>Sign in</html>"),
        (200, ""),
        (200, "{\"result\":{\"resu"),
        (200, "{\"result\":[]}"),
        (200, "{\"result\":null}"),
        (200, "[]"),
        // keys of commands that were not sent
        (
            200,
            "{\"result\":{\"result\":[],\"result_error\":{\"z\":{\"error\":\"X\"}}}}",
        ),
        (
            200,
            "{\"result\":{\"result\":{\"q0\":0,\"q1\":[],\"q2\":{}},\"result_error\":[]}}",
        ),
        (401, "{\"error\":\"NEW\",\"error_description\":\"x\"}"),
        (403, "{\"error\":\"blocked\"}"),
        (404, "{\"error\":\"no route\"}"),
        (500, "{\"error\":\"\",\"error_description\":\"x\"}"),
        (502, "{\"error\":\"Bad Gateway\"}"),
        (504, "<html>Gateway time-out</html>"),
    ]
    .map(|(status, text)| (status, text.to_owned()))
    .into_iter()
    .chain([(200, "[".repeat(300_000))])
    .collect()
}

fn people(from: i64, to: i64) -> Vec<Value> {
    (from..=to).map(|n| answer(124, n, person(n))).collect()
}

fn once(portal: &Portal, count: u64) {
    let counters = portal.counters();
    let sum = |kind: &str| counters.records[kind];
    assert_eq!(
        (sum("contact"), sum("deal"), counters.comments),
        (count, count, count)
    );
    nothing_doubled(portal);
}

#[actix_web::test]
async fn replies_of_another_server_park_and_duplicate_nothing() {
    let front_end = FrontEnd::new();
    let gateway = front_end.gateway(front_end.listen()).await;
    let mut sent = 0;
    for executed in [false, true] {
        // a call that the front end refuses has certainly changed nothing
        let strange = strange()
            .into_iter()
            .filter(|(status, _)| !executed || *status != 401);
        for (status, text) in strange {
            let shown = format!("{status} {text:.60}, executed: {executed}");
            front_end.set(if executed {
                Answering::After(status, text)
            } else {
                Answering::Instead(status, text)
            });
            let before = front_end.calls();
            send_all(&gateway, people(sent + 1, sent + 4)).await;
            sent += 4;
            until(&shown, async || front_end.calls() >= before + 3).await;
            assert_eq!(gateway.count(State::Parked).await, 0, "{shown}");
            front_end.set(Answering::Portal);
            gateway.settle().await;
            let sent = u64::try_from(sent).unwrap();
            assert_eq!(gateway.count(State::Delivered).await, sent, "{shown}");
            once(&front_end.portal, sent);
        }
    }
}

#[actix_web::test]
async fn a_redirect_to_an_unlisted_host_is_not_followed() {
    let front_end = FrontEnd::new();
    let other = FrontEnd::new();
    let elsewhere = other.listen();
    // a host without a port does not allow every port
    for hosts in ["", "127.0.0.1", "portal.example, 127.0.0.1:1"] {
        let gateway = front_end.gateway_with(front_end.listen(), hosts).await;
        front_end.set(Answering::Redirect(format!("http://{elsewhere}{{path}}")));
        let before = front_end.calls();
        let answers = vec![answer(124, 1, person(1))];
        send_all(&gateway, answers).await;
        until("it retries", async || front_end.calls() >= before + 3).await;
        assert_eq!(other.calls(), 0, "{hosts}");
        until("the list shows why in Russian", async || {
            let list = gateway.command(&["journal"], &["--lang", "ru"]);
            assert!(!list.contains("redirects"), "{list}");
            list.contains("ответа нет: портал перенаправл")
        })
        .await;
        assert_eq!(gateway.count(State::Parked).await, 0);
        front_end.set(Answering::Portal);
        gateway.settle().await;
        assert_eq!(gateway.count(State::Delivered).await, 1);
    }
}

#[actix_web::test]
async fn a_redirect_is_kept_only_while_a_portal_answers_there() {
    let front_end = FrontEnd::new();
    let (old, new) = (front_end.listen(), FrontEnd::new());
    let elsewhere = new.listen();
    let moved = FrontEnd {
        portal: front_end.portal.clone(),
        ..FrontEnd::new()
    };
    let home = moved.listen();
    let gateway = front_end
        .gateway_with(old, &format!("{elsewhere}, {home}"))
        .await;
    send_all(&gateway, people(1, 2)).await;
    gateway.settle().await;
    once(&front_end.portal, 2);

    // a page for people receives nothing
    front_end.set(Answering::Redirect(format!("http://{elsewhere}/welcome")));
    let before = front_end.calls();
    send_all(&gateway, people(3, 4)).await;
    until("it retries", async || front_end.calls() >= before + 3).await;
    assert_eq!(new.calls(), 0);
    // a host that does not answer as a portal is not used as the new address
    new.set(Answering::Instead(200, "<html>Welcome</html>".to_owned()));
    front_end.set(Answering::Redirect(format!("http://{elsewhere}{{path}}")));
    until("it is followed", async || new.calls() >= 2).await;
    front_end.set(Answering::Portal);
    gateway.settle().await;
    once(&front_end.portal, 4);

    // the portal has moved: one call finds the new address, the others use it
    front_end.set(Answering::Redirect(format!("http://{home}{{path}}")));
    send_all(&gateway, people(5, 6)).await;
    gateway.settle().await;
    let before = front_end.calls();
    send_all(&gateway, people(7, 8)).await;
    gateway.settle().await;
    once(&front_end.portal, 8);
    assert_eq!(front_end.calls(), before, "the new address is kept");
    // and back: no portal answers at the new address any more
    moved.set(Answering::Instead(404, "<html>".to_owned()));
    front_end.set(Answering::Portal);
    send_all(&gateway, people(9, 10)).await;
    gateway.settle().await;
    once(&front_end.portal, 10);
}
