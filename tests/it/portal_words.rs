//! The portal's messages can repeat the webhook's address. Its secret reaches neither the journal
//! nor the sender, in any spelling.

use leadgate::domain::{Event, State};
use serde_json::json;

use crate::gateway::{TestGateway, answer, direct, until};

/// Answers every call with a refusal that repeats its address.
async fn echo(request: actix_web::HttpRequest) -> actix_web::HttpResponse {
    let path = request.path().to_owned();
    let url = format!("https://portal.example{path}");
    let words = format!(
        "no access to {url}, {}, {}, {}",
        url.replace('/', "\\/"),
        url.replace('/', "%2F"),
        "x".repeat(420) + &url
    );
    actix_web::HttpResponse::Unauthorized()
        .json(json!({"error": format!("NO_AUTH_FOUND {url}"), "error_description": words}))
}

#[actix_web::test]
async fn a_portal_that_repeats_the_webhook_puts_no_secret_into_the_journal() {
    let server = actix_web::HttpServer::new(|| {
        actix_web::App::new().default_service(actix_web::web::to(echo))
    })
    .workers(1)
    .disable_signals()
    .bind("127.0.0.1:0")
    .unwrap();
    let address = server.addrs()[0];
    actix_web::rt::spawn(server.run());
    for secret in ["ech0edc0de22", "e1"] {
        let webhook = format!("http://{address}/rest/1/{secret}/");
        let gateway = TestGateway::with(&[("crm.main.webhook", &webhook)]).await;
        gateway
            .post_answer(answer(
                124,
                1,
                json!({"firstname": "Анна", "email": "anna@mail.example"}),
            ))
            .await;
        let read = || {
            let history = gateway.history("124/1");
            let calls = history
                .events
                .iter()
                .filter_map(|logged| match &logged.event {
                    Event::Call(call) => Some(serde_json::to_string(call).unwrap()),
                    _ => None,
                });
            calls.collect::<Vec<_>>().join("\n")
        };
        until("a refusal is in the journal", async || {
            read().contains("no access")
        })
        .await;
        let events = read();
        assert!(events.contains("•••"), "{events}");
        for path in ["/rest/1/", "\\/rest\\/1\\/", "%2Frest%2F1%2F"] {
            assert!(!events.contains(&format!("{path}{secret}")), "{events}");
        }
        assert!(secret.len() < 6 || !events.contains(secret), "{events}");
        assert_eq!(gateway.count(State::Parked).await, 0);
        // a shortened text does not end with a part of the secret
        assert!(!events.contains("/rest/1/ech0"), "{events}");
        let metrics = direct()
            .get(gateway.url("/metrics"))
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        assert!(!metrics.contains("ech0edc0de22"));
    }
}
