//! Live calls in the console: who talks to whom, calling a number, holding.

use leadgate::domain::Role;

use crate::channels::gateway_with;
use crate::console::ConsoleClient;
use crate::gateway::{TestGateway, until};
use crate::pbx_calls::KEY;
use crate::pbx_catch_up::PROFILE;

const PEOPLE: &str = "main:\n  default: 7\n  employees: { 9022: 1, 9023: 6 }\n";

async fn with_pbx() -> TestGateway {
    let files = [("calls.yaml", PROFILE), ("_pbx.yaml", PEOPLE)];
    let settings = [
        ("pbx.main.key", KEY),
        ("pbx.main.url", "sandbox"),
        ("pbx.main.pbx_key", "a long key of commands"),
    ];
    gateway_with(&files, &settings).await
}

/// Waits until the page of the calls contains a text, and returns it.
async fn page_with(client: &ConsoleClient, text: &str) -> String {
    let has = async || client.read("/console/calls").await.text.contains(text);
    until(&format!("the page has {text}"), has).await;
    client.read("/console/calls").await.text
}

#[actix_web::test]
async fn an_operator_calls_a_number_sees_the_call_and_holds_it() {
    let gateway = with_pbx().await;
    let operator = gateway.signed_in_as(Role::Operator).await;
    let page = operator.read("/console/calls").await.text;
    assert!(page.contains("Nobody is on the phone"), "{page}");
    page_with(&operator, "value=\"main/1\"").await;
    let wrong = [("as", "main/1"), ("number", "anna")];
    let refused = operator.press("/console/calls/call", &wrong).await;
    assert_eq!(refused.status, 422);
    let nobody = [("as", "main/x"), ("number", "+79066800404")];
    let refused = operator.press("/console/calls/call", &nobody).await;
    assert_eq!(refused.status, 422);
    let call = [("as", "main/1"), ("number", "+7 906 680-04-04")];
    let ordered = operator.press("/console/calls/call", &call).await;
    assert_eq!(ordered.status, 303, "{}", ordered.text);
    assert!(
        ordered
            .header("set-cookie")
            .contains("leadgate-caller=main")
    );
    let sandbox = gateway.pbx_page().await;
    let session = sandbox.split("data-call=\"").nth(1).unwrap();
    let session = session.split('"').next().unwrap().to_owned();
    let answer = format!("session={session}&inner=9022");
    assert_eq!(gateway.press_pbx("answer", &answer).await, "status=200");
    let page = page_with(&operator, "talking").await;
    for part in ["outgoing", "79066800404", "Hold"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let hold = [("as", "main/1"), ("call", session.as_str())];
    let held = operator.press("/console/calls/hold", &hold).await;
    assert_eq!(held.status, 303, "{}", held.text);
    page_with(&operator, "Resume").await;
    let viewer = gateway.signed_in_as(Role::Viewer).await;
    let page = viewer.read("/console/calls").await.text;
    assert!(page.contains("on hold"), "{page}");
    for hidden in ["79066800404", "<button class=\"second\"", "name=\"as\""] {
        assert!(!page.contains(hidden), "{hidden}: {page}");
    }
    let admin = gateway.signed_in().await;
    let audit = admin.read("/console/audit").await.text;
    assert!(
        audit.contains("called") && !audit.contains("680"),
        "{audit}"
    );
}

#[actix_web::test]
async fn without_a_pbx_the_page_says_how_to_connect_one() {
    let gateway = TestGateway::start().await;
    let client = gateway.signed_in().await;
    let page = client.read("/console/calls").await.text;
    assert!(page.contains("[pbx.main]"), "{page}");
    assert!(page.contains("/pbx/main"), "{page}");
}
