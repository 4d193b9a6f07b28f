//! Sources in the console: what came, how channels are guarded, and test requests.

use leadgate::domain::Role;
use serde_json::json;

use crate::gateway::{TestGateway, until};

/// A gateway with a channel that a profile takes, and a guarded one.
async fn with_channels() -> TestGateway {
    let home = tempfile::TempDir::new().unwrap();
    let folder = TestGateway::mappings(&home);
    let profile = "receive: { channel: shop }\nfields:\n  phone: { from: phone, as: phone }\ncontact: { fields: { PHONE: { value: \"{{phone}}\", search: true } } }\n";
    std::fs::write(folder.join("shop.yaml"), profile).unwrap();
    let channels = "# ours\nshop:\n  name: Заказы   # for people\n  rate: 100/m\n";
    std::fs::write(folder.join("_channels.yaml"), channels).unwrap();
    let examples = folder.join("examples/shop");
    std::fs::create_dir_all(&examples).unwrap();
    let example = "channel: shop\npacket: { phone: \"+7 900 000-00-00\" }\n";
    std::fs::write(examples.join("first.yaml"), example).unwrap();
    let folder = folder.display().to_string();
    TestGateway::at(home, &[("mappings.dir", &folder)]).await
}

#[tokio::test]
async fn the_page_shows_what_came_and_what_was_refused_to_a_channel() {
    let gateway = with_channels().await;
    let viewer = gateway.signed_in_as(Role::Viewer).await;
    let page = viewer.read("/console/sources").await.text;
    assert!(page.contains("not in the last week"), "{page}");
    gateway
        .post("/in/shop", json!({"phone": "79000000000"}).to_string())
        .await;
    gateway.post("/in/shop", "{").await;
    until("the channel has received something", async || {
        let page = viewer.read("/console/sources").await.text;
        // the unreadable one is kept, too
        page.contains("2 / 0")
    })
    .await;
    let page = viewer.read("/console/sources").await.text;
    assert!(
        page.contains("Заказы") && page.contains("everybody who knows"),
        "{page}"
    );
    let page = viewer.read("/console/sources/channels/shop").await.text;
    assert!(
        page.contains("curl -d") && page.contains("/in/shop"),
        "{page}"
    );
    assert!(
        page.contains("Taken by") && !page.contains("Save the settings"),
        "{page}"
    );
    assert_eq!(
        viewer.read("/console/sources/channels/a%2Fb").await.status,
        422
    );
    assert_eq!(viewer.read("/console/sources/refused").await.status, 200);
}

#[tokio::test]
async fn a_channel_whose_secret_is_missing_is_not_shown_as_guarded() {
    let gateway = with_channels().await;
    let admin = gateway.signed_in().await;
    let path = "/console/sources/channels/shop";
    let base = value(&admin.read(path).await.text, "base");
    let form = [
        ("base", base.as_str()),
        ("title", "Заказы"),
        ("preset", "plain"),
        ("token_in", "header"),
        ("token_name", "X-Api-Key"),
        ("token_secret_in", "file"),
        ("token_secret", "no-such-file.txt"),
        ("basic_secret_in", "env"),
        ("hmac_algorithm", "sha256"),
        ("hmac_encoding", "hex"),
        ("hmac_secret_in", "env"),
        ("files", "drop"),
        ("unreadable", "keep"),
    ];
    let reply = admin.press(&format!("{path}/save"), &form).await;
    assert_eq!(reply.status, 303, "{}", reply.text);
    until("the problem is known", async || {
        let page = admin.read(path).await.text;
        page.contains("no-such-file.txt cannot be read")
    })
    .await;
    for page in [path, "/console/sources"] {
        let page = admin.read(page).await.text;
        assert!(
            page.contains("refuses everything") && !page.contains("guarded: "),
            "{page}"
        );
        assert!(page.contains("no-such-file.txt cannot be read"), "{page}");
    }
    let page = admin.read("/console").await.text;
    assert!(page.contains("/console/profiles/_channels.yaml"), "{page}");
}

#[tokio::test]
async fn a_channel_that_only_captured_requests_use_is_listed() {
    let gateway = with_channels().await;
    let reply = gateway.post("/in/unheard", "{\"phone\": \"1\"}").await;
    assert_eq!(reply.status, 202, "{reply:?}");
    let viewer = gateway.signed_in_as(Role::Viewer).await;
    until("it is listed", async || {
        let page = viewer.read("/console/sources").await.text;
        page.contains("/console/sources/channels/unheard") && page.contains("1 / 0")
    })
    .await;
}

/// Returns the value of a field of a page; empty if the page has none.
fn value(page: &str, name: &str) -> String {
    let field = page.split(&format!("name=\"{name}\" value=\"")).nth(1);
    let value = field.and_then(|rest| rest.split('"').next());
    value.unwrap_or_default().to_owned()
}

#[tokio::test]
async fn an_administrator_guards_a_channel_and_the_file_keeps_the_rest() {
    let gateway = with_channels().await;
    let admin = gateway.signed_in().await;
    let path = "/console/sources/channels/shop";
    let page = admin.read(path).await.text;
    let base = value(&page, "base");
    assert_eq!(value(&page, "rate"), "100/m");
    let secret = gateway.home.path().join("mappings/secret.txt");
    std::fs::write(&secret, "a secret of the tests").unwrap();
    let form = [
        ("base", base.as_str()),
        ("title", "Заказы"),
        ("preset", "plain"),
        ("rate", "100/m"),
        ("token_in", "header"),
        ("token_name", "X-Api-Key"),
        ("token_secret_in", "file"),
        ("token_secret", "secret.txt"),
        ("basic_secret_in", "env"),
        ("hmac_algorithm", "sha256"),
        ("hmac_encoding", "hex"),
        ("hmac_secret_in", "env"),
        ("files", "drop"),
        ("unreadable", "keep"),
    ];
    let reply = admin.press(&format!("{path}/save"), &form).await;
    assert_eq!(reply.status, 303, "{}", reply.text);
    let file = gateway.home.path().join("mappings/_channels.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(
        text.starts_with("# ours\n") && text.contains("name: Заказы   # for people\n"),
        "{text}"
    );
    until("the channel is guarded", async || {
        let body = json!({"phone": "79000000000"}).to_string();
        gateway.post("/in/shop", body).await.status == 401
    })
    .await;
    let page = admin.read(path).await.text;
    assert!(
        page.contains("guarded") && !page.contains("a secret of the tests"),
        "{page}"
    );
    // the page of before the save
    let reply = admin.press(&format!("{path}/save"), &form).await;
    assert!(reply.text.contains("changed meanwhile"), "{}", reply.text);
    let base = value(&reply.text, "base");
    let mut wrong = form;
    wrong[0] = ("base", base.as_str());
    wrong[3] = ("rate", "often");
    let reply = admin.press(&format!("{path}/save"), &wrong).await;
    assert!(
        reply.text.contains("role=\"alert\"") && reply.text.contains("often"),
        "{}",
        reply.text
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
}

#[tokio::test]
async fn a_test_request_is_marked_shown_and_removed_again() {
    let gateway = with_channels().await;
    let operator = gateway.signed_in_as(Role::Operator).await;
    let reply = operator
        .press("/console/sources/channels/shop/test", &[])
        .await;
    assert_eq!(reply.status, 303, "{}", reply.text);
    let page = reply.leads_to().to_owned();
    until("it is delivered", async || {
        operator
            .read(&page)
            .await
            .text
            .contains("Delete what it created")
    })
    .await;
    assert_eq!(gateway.portal().counters().records["contact"], 1);
    let reply = operator.press(&format!("{page}/remove"), &[]).await;
    assert!(reply.text.contains("contact"), "{}", reply.text);
    // a channel without an example gets what its snippets send
    let example = gateway
        .home
        .path()
        .join("mappings/examples/shop/first.yaml");
    std::fs::remove_file(example).unwrap();
    let reply = operator
        .press("/console/sources/channels/shop/test", &[])
        .await;
    assert_eq!(reply.status, 303, "{}", reply.text);
    let none = operator
        .press("/console/sources/channels/nobody/test", &[])
        .await;
    assert_eq!(none.status, 422, "{}", none.text);
    assert_eq!(
        operator
            .read("/console/sources/trials/nothing")
            .await
            .status,
        404
    );
}
