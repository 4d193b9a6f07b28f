//! What commands show of a request to an HTTP service is what the service got, without secrets.

use leadgate::domain::State;
use serde_json::json;

use crate::channels::gateway_with;
use crate::gateway::TestGateway;

const PROFILE: &str = r#"
receive: { channel: shop }
fields: { name: $.name }
then:
  - { http: far, path: "/заказ/{{name}}", query: { город: "Новый Уренгой" }, form: { имя: "{{name}}", и: "a&b=c d" } }
"#;

#[actix_web::test]
async fn address_login_header_fields_and_form_are_shown_as_they_were_sent() {
    let service = TestGateway::start().await;
    let url = service.url("/services/bin");
    let url = url.replace("http://", "http://anna:pa55word@");
    let flags = [
        ("http.far.url", url.as_str()),
        ("http.far.headers.user_agent", "shop/1.0"),
        ("http.far.headers.accept", "text/csv"),
        ("http.far.headers.x_key", "k3y-very-secret"),
    ];
    let gateway = gateway_with(&[("shop.yaml", PROFILE)], &flags).await;
    let body = json!({"name": "Анна"}).to_string();
    let reply = gateway.post_in("/in/shop", "application/json", body).await;
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 1);
    let id = reply.body["id"].as_str().unwrap();
    let [request] = &service.portal().service_requests()[..] else {
        panic!("one request")
    };
    let sent = |name: &str| request.headers.iter().find(|(known, _)| known == name);
    assert_eq!(sent("user-agent").unwrap().1, "shop/1.0");
    assert!(sent("authorization").unwrap().1.starts_with("Basic "));
    assert!(request.body.contains("%26b%3Dc+d"), "{}", request.body);
    for command in ["journal show", "explain"] {
        let words: Vec<&str> = command.split(' ').chain([id]).collect();
        let text = gateway.command(&words, &[]);
        for part in [
            "/services/bin/%D0%B7%D0%B0%D0%BA%D0%B0%D0%B7/%D0%90%D0%BD%D0%BD%D0%B0?%D0%B3%D0%BE%D1%80%D0%BE%D0%B4=%D0%9D%D0%BE%D0%B2%D1%8B%D0%B9+%D0%A3",
            "User-Agent: shop/1.0",
            "Accept: text/csv",
            "X-Key: •••",
            "Authorization: •••",
            request.body.as_str(),
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        for secret in ["pa55word", "k3y-very"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}
