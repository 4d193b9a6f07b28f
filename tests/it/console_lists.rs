//! What the console says of values that the portal's lists do not have, of texts that somebody else
//! has changed, and in which zone.

use serde_json::json;

use crate::gateway::TestGateway;

const TEXT: &str = "name: Topics\nreceive: { channel: topics }\nfields: { topic: $.topic }\ndeal:\n  fields:\n    TITLE: \"{{topic}}\"\n    UF_CRM_TOPICS: { value: \"{{topic}}\", as: label }\n";
const FILE: &str = "/console/profiles/topics.yaml";

async fn gateway() -> TestGateway {
    let home = tempfile::TempDir::new().unwrap();
    let folder = TestGateway::mappings(&home);
    std::fs::write(folder.join("topics.yaml"), TEXT).unwrap();
    let folder = folder.display().to_string();
    TestGateway::at(home, &[("mappings.dir", folder.as_str())]).await
}

#[tokio::test]
async fn a_preview_never_promises_what_the_portals_list_would_park() {
    let gateway = gateway().await;
    let client = gateway.signed_in().await;
    let preview = async |topic: &str| {
        let sample = json!({"sample": json!({"topic": topic}).to_string()});
        let body = json!({"text": TEXT, "packet": sample});
        let reply = client
            .post_json(&format!("{FILE}/editor/read"), &body)
            .await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json()
    };
    let before = preview("Chess").await;
    let shown = before["preview"].as_str().unwrap();
    assert!(shown.contains("not known yet"), "{shown}");
    let read = json!({"text": TEXT});
    let reply = client
        .post_json(&format!("{FILE}/editor/dictionary"), &read)
        .await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let after = preview("Chess").await;
    let shown = after["preview"].as_str().unwrap();
    assert!(
        shown.contains("would be parked") && !shown.contains("would be delivered"),
        "{shown}"
    );
    // the page leads to the row
    assert_eq!(after["about"], "deal.UF_CRM_TOPICS");
    let known = preview("Олимпиады").await;
    let shown = known["preview"].as_str().unwrap();
    assert!(shown.contains("would be delivered"), "{shown}");
    assert!(known.get("about").is_none(), "{known}");
}

#[tokio::test]
async fn a_save_is_told_what_it_meets_before_anything_is_written() {
    let gateway = gateway().await;
    let client = gateway.signed_in().await;
    let state = client.read(&format!("{FILE}/state")).await.json();
    let ours = TEXT.replace("name: Topics", "name: Ours");
    let clash = async |body: serde_json::Value| {
        let reply = client.post_json(&format!("{FILE}/clash"), &body).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json()
    };
    let request = json!({"text": ours, "base": state["hash"]});
    assert_eq!(clash(request.clone()).await, json!({}));
    // another key
    let theirs = TEXT.replace("\"{{topic}}\"\n", "\"Theirs {{topic}}\"\n");
    let body = json!({"text": theirs, "base": state["hash"]});
    let saved = client.post_json(&format!("{FILE}/save"), &body).await;
    assert_eq!(saved.status, 200, "{}", saved.text);
    let met = clash(request).await;
    assert_eq!(met["conflicts"], json!([]));
    let merged = met["merged"].as_str().unwrap();
    assert!(
        merged.contains("name: Ours") && merged.contains("Theirs {{topic}}"),
        "{merged}"
    );
    // the same key: first to choose, then what the choice makes
    let same = TEXT.replace("\"{{topic}}\"\n", "\"Ours {{topic}}\"\n");
    let request = json!({"text": same, "base": state["hash"]});
    let met = clash(request.clone()).await;
    let path = &met["conflicts"][0]["path"];
    let chosen =
        json!({"text": same, "base": state["hash"], "choices": [{"path": path, "take": "ours"}]});
    let met = clash(chosen).await;
    assert!(
        met["merged"].as_str().unwrap().contains("Ours {{topic}}"),
        "{met}"
    );
    // nothing of it was written
    let now = client.read(&format!("{FILE}/state")).await.json();
    assert_eq!(now["text"], json!(theirs));
}

#[tokio::test]
async fn a_page_is_in_the_zone_that_the_browser_tells() {
    let gateway = gateway().await;
    let client = gateway.signed_in().await;
    for (sent, zone) in [
        ("Asia/Kamchatka", Some("Asia/Kamchatka, UTC+12:00")),
        ("../../etc/passwd", None),
        ("<script>", None),
        ("Europe/Atlantis", None),
    ] {
        let mut client = gateway.signed_in().await;
        client.add_cookie(&format!("leadgate-zone={sent}"));
        let page = client.read("/console").await;
        assert_eq!(page.status, 200, "{sent}");
        match zone {
            Some(zone) => assert!(page.text.contains(zone), "{}", page.text),
            None => assert!(!page.text.contains(sent), "{}", page.text),
        }
    }
    assert!(client.read("/console").await.text.contains("Time zone: "));
}
