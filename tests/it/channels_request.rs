//! `$request.…`: what a request tells apart from its body.

use crate::channels::{URLENCODED, gateway_with};
use crate::gateway::{TestGateway, until};

const PROFILE: &str = "receive: { channel: shop, when: \"search($request.referer, 'shop')\" }\n\
    fields: { phone: { from: phone, as: phone }, ip: $request.address, agent: $request.user_agent,\n  \
      page: { from: [page, $request.referer], as: url }, language: $request.language, time: $request.time,\n  \
      host: $request.host, method: $request.method, origin: $request.origin }\n\
    comment: full\n\
    deal: { found: always_create, fields: { TITLE: \"{{ip}} {{agent}} {{language}} {{method}}\",\n  \
      SOURCE_DESCRIPTION: \"{{page}} {{origin}} {{host}} {{time}}\" } }\n";
const PLAIN: &str = "receive: { channel: plain }\nfields: { name: name }\n\
    deal: { fields: { TITLE: \"{{name}}\" } }\n";

async fn send(gateway: &TestGateway, channel: &str, referer: &str) -> (u16, String) {
    let request = gateway
        .posting(
            &format!("/in/{channel}"),
            URLENCODED,
            "phone=89123456789&name=Anna",
        )
        .header("X-Forwarded-For", "203.0.113.7")
        .header("User-Agent", "Mozilla/5.0 (X11)")
        .header("Referer", referer.to_owned())
        .header("Origin", "https://shop.example")
        .header("Accept-Language", "en-GB");
    let reply = gateway.send(request).await;
    (reply.status, reply.body["id"].as_str().unwrap().to_owned())
}

#[actix_web::test]
async fn profiles_use_what_the_request_tells() {
    let flags = [("server.trusted_proxies", "127.0.0.1/32")];
    let files = [("shop.yaml", PROFILE), ("plain.yaml", PLAIN)];
    let gateway = gateway_with(&files, &flags).await;
    let referer = "https://shop.example/tea?mail=anna%40mail.example";
    let (status, id) = send(&gateway, "shop", referer).await;
    assert_eq!(status, 200);
    gateway.settle().await;
    let deals = gateway.deals();
    assert_eq!(
        deals[0]["TITLE"],
        "203.0.113.7 Mozilla/5.0 (X11) en-GB POST"
    );
    let source = deals[0]["SOURCE_DESCRIPTION"].as_str().unwrap();
    assert!(
        source.starts_with(&format!("{referer} https://shop.example 127.0.0.1:")),
        "{source}"
    );
    let comment = &gateway.comments("deal", deals[0]["ID"].as_str().unwrap())[0];
    assert!(
        !comment.contains("203.0.113.7") && !comment.contains("Mozilla"),
        "{comment}"
    );

    // a replay reads the same, and the packet in the journal stays as it was sent
    let shown = gateway.command(&["journal", "show", &id], &["--json"]);
    assert!(shown.contains("203.0.113.7"), "{shown}");
    let mappings = gateway.home.path().join("mappings");
    let config = gateway.home.path().join("leadgate.toml");
    std::fs::write(&config, format!("mappings.dir = {mappings:?}\n")).unwrap();
    let preview = [
        "preview",
        &id,
        "--no-crm",
        "--config",
        config.to_str().unwrap(),
    ];
    let preview = gateway.command(&preview, &[]);
    assert!(preview.contains("$request.address"), "{preview}");

    // nothing is kept where no profile asks for it
    let (_, plain) = send(&gateway, "plain", referer).await;
    let shown = gateway.command(&["journal", "show", &plain], &["--json"]);
    assert!(!shown.contains("203.0.113.7"), "{shown}");

    // erased with the submission, also found by it
    let erased = gateway.command(&["erase", "--email", "anna@mail.example", "--yes"], &[]);
    assert!(erased.contains("erased: 1"), "{erased}");
    let shown = gateway.command(&["journal", "show", &id], &["--json"]);
    assert!(
        !shown.contains("203.0.113.7") && !shown.contains("Mozilla"),
        "{shown}"
    );
}

#[actix_web::test]
async fn a_request_in_quarantine_keeps_what_it_told_for_a_later_profile() {
    let gateway = gateway_with(&[("plain.yaml", PLAIN)], &[]).await;
    let (status, _) = send(&gateway, "shop", "https://shop.example/").await;
    assert_eq!(status, 202);
    std::fs::write(gateway.home.path().join("mappings/shop.yaml"), PROFILE).unwrap();
    let is_there = async || gateway.deals().len() == 1;
    until("it is delivered", is_there).await;
    let title = gateway.deals()[0]["TITLE"].as_str().unwrap().to_owned();
    assert!(
        title.contains("127.0.0.1 Mozilla/5.0 (X11) en-GB POST"),
        "{title}"
    );
}
