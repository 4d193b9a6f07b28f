//! Somebody stands before the portal and answers in its place: pages, other people's JSON,
//! redirects, half an answer. It is no word of the portal on any submission: nothing is parked,
//! nothing is made twice, and with the portal back everything is delivered.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use actix_web::{HttpRequest, HttpResponse, web};
use leadgate::domain::State;
use leadgate::simulator::{Limits, Portal, PortalOptions};
use serde_json::Value;

use crate::flood::{nothing_doubled, person, send_all};
use crate::gateway::{TestGateway, answer, now, until};

/// How the calls are answered.
#[derive(Debug, Clone)]
enum Door {
    /// By the portal.
    Open,
    /// With this status and body, and nothing is done.
    Shut(u16, String),
    /// With this status and body, and yet everything is done.
    Late(u16, String),
    /// By a redirect to this host and path; `{path}` is the path that was asked for.
    Away(String),
}

/// A portal behind a door.
#[derive(Clone)]
struct House {
    portal: Portal,
    door: Arc<Mutex<Door>>,
    calls: Arc<Mutex<Vec<String>>>,
}

impl House {
    fn new() -> Self {
        let mut options = PortalOptions::new(Arc::new(now));
        options.limits = Limits::off();
        Self {
            portal: Portal::new(options),
            door: Arc::new(Mutex::new(Door::Open)),
            calls: Arc::default(),
        }
    }

    fn set(&self, door: Door) {
        *self.door.lock().unwrap() = door;
    }

    fn calls(&self) -> usize {
        self.calls.lock().unwrap().len()
    }

    fn listen(&self) -> SocketAddr {
        let house = self.clone();
        let server = actix_web::HttpServer::new(move || {
            actix_web::App::new()
                .app_data(web::PayloadConfig::new(8 << 20))
                .app_data(web::Data::new(house.clone()))
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

    /// With hosts to which redirects may lead.
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

async fn knock(house: web::Data<House>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let method = request.path().rsplit('/').next().unwrap().to_owned();
    house.calls.lock().unwrap().push(method.clone());
    let door = house.door.lock().unwrap().clone();
    let ask = || {
        house
            .portal
            .call(&method, serde_json::from_slice(&body).unwrap())
    };
    let status = |status: u16| HttpResponse::build(status.try_into().unwrap());
    match door {
        Door::Open => HttpResponse::Ok().json(ask()),
        Door::Shut(code, text) => status(code).body(text),
        Door::Late(code, text) => {
            ask();
            status(code).body(text)
        }
        Door::Away(address) => HttpResponse::Found()
            .insert_header(("location", address.replace("{path}", request.path())))
            .finish(),
    }
}

/// What is no answer of a portal to the call that was made.
fn strange() -> Vec<(u16, String)> {
    [
        (200, "<html>Sign in</html>"),
        (200, ""),
        (200, "{\"result\":{\"resu"),
        (200, "{\"result\":[]}"),
        (200, "{\"result\":null}"),
        (200, "[]"),
        // keys that nobody has asked for
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
    let house = House::new();
    let gateway = house.gateway(house.listen()).await;
    let mut sent = 0;
    for late in [false, true] {
        // who is turned away at the door has surely changed nothing
        let strange = strange()
            .into_iter()
            .filter(|(status, _)| !late || *status != 401);
        for (status, text) in strange {
            let shown = format!("{status} {text:.60}, late: {late}");
            house.set(if late {
                Door::Late(status, text)
            } else {
                Door::Shut(status, text)
            });
            let before = house.calls();
            send_all(&gateway, people(sent + 1, sent + 4)).await;
            sent += 4;
            until(&shown, async || house.calls() >= before + 3).await;
            assert_eq!(gateway.count(State::Parked).await, 0, "{shown}");
            house.set(Door::Open);
            gateway.settle().await;
            let sent = u64::try_from(sent).unwrap();
            assert_eq!(gateway.count(State::Delivered).await, sent, "{shown}");
            once(&house.portal, sent);
        }
    }
}

#[actix_web::test]
async fn a_redirect_to_an_unlisted_host_is_not_followed() {
    let house = House::new();
    let other = House::new();
    let elsewhere = other.listen();
    // the host alone does not name every port of it
    for hosts in ["", "127.0.0.1", "portal.example, 127.0.0.1:1"] {
        let gateway = house.gateway_with(house.listen(), hosts).await;
        house.set(Door::Away(format!("http://{elsewhere}{{path}}")));
        let before = house.calls();
        let answers = vec![answer(124, 1, person(1))];
        send_all(&gateway, answers).await;
        until("it knocks", async || house.calls() >= before + 3).await;
        assert_eq!(other.calls(), 0, "{hosts}");
        assert_eq!(gateway.count(State::Parked).await, 0);
        house.set(Door::Open);
        gateway.settle().await;
        assert_eq!(gateway.count(State::Delivered).await, 1);
    }
}

#[actix_web::test]
async fn a_redirect_is_kept_only_while_a_portal_answers_there() {
    let house = House::new();
    let (old, new) = (house.listen(), House::new());
    let elsewhere = new.listen();
    let moved = House {
        portal: house.portal.clone(),
        ..House::new()
    };
    let home = moved.listen();
    let gateway = house
        .gateway_with(old, &format!("{elsewhere}, {home}"))
        .await;
    send_all(&gateway, people(1, 2)).await;
    gateway.settle().await;
    once(&house.portal, 2);

    // a page for people learns nothing
    house.set(Door::Away(format!("http://{elsewhere}/welcome")));
    let before = house.calls();
    send_all(&gateway, people(3, 4)).await;
    until("it knocks", async || house.calls() >= before + 3).await;
    assert_eq!(new.calls(), 0);
    // who does not answer as a portal is not taken for the new home
    new.set(Door::Shut(200, "<html>Welcome</html>".to_owned()));
    house.set(Door::Away(format!("http://{elsewhere}{{path}}")));
    until("it is followed", async || new.calls() >= 2).await;
    house.set(Door::Open);
    gateway.settle().await;
    once(&house.portal, 4);

    // the portal has moved: one call finds the new home, the others go there
    house.set(Door::Away(format!("http://{home}{{path}}")));
    send_all(&gateway, people(5, 6)).await;
    gateway.settle().await;
    let before = house.calls();
    send_all(&gateway, people(7, 8)).await;
    gateway.settle().await;
    once(&house.portal, 8);
    assert_eq!(house.calls(), before, "the new address is kept");
    // and back: what stands there now is no portal
    moved.set(Door::Shut(404, "<html>".to_owned()));
    house.set(Door::Open);
    send_all(&gateway, people(9, 10)).await;
    gateway.settle().await;
    once(&house.portal, 10);
}
