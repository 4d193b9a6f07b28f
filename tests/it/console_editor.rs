//! The editor of profiles as its script uses it: the form, the tree and the preview of a text, and
//! changes that keep every other byte.

use leadgate::domain::Role;
use serde_json::{Value, json};

use crate::console::ConsoleClient;
use crate::gateway::TestGateway;

const TEXT: &str = "# note\nname: Visits   # shown\nreceive: { channel: visits }\nfields:\n  who: $.name\ndeal:\n  fields:\n    TITLE: 'Visit of {{who}}'   # keep me\n";
const FILE: &str = "/console/profiles/visits.yaml/editor";

async fn gateway_with(text: &str) -> TestGateway {
    let home = tempfile::TempDir::new().unwrap();
    let folder = TestGateway::mappings(&home);
    std::fs::write(folder.join("visits.yaml"), text).unwrap();
    let folder = folder.display().to_string();
    TestGateway::at(home, &[("mappings.dir", folder.as_str())]).await
}

/// Sends a request of the script and returns the answer.
async fn ask(client: &ConsoleClient, path: &str, body: Value) -> Value {
    let reply = client.post_json(&format!("{FILE}/{path}"), &body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

#[tokio::test]
async fn a_change_of_the_form_keeps_every_other_byte() {
    let gateway = gateway_with(TEXT).await;
    let client = gateway.signed_in().await;
    let path = json!(["deal", "fields", "TITLE"]);
    let set = json!({"op": "set", "path": path, "value": "Call {{who}}"});
    let answer = ask(&client, "change", json!({"text": TEXT, "change": set})).await;
    let text = answer["text"].as_str().unwrap();
    let changed: Vec<_> = TEXT
        .lines()
        .zip(text.lines())
        .filter(|(one, other)| one != other)
        .collect();
    assert_eq!(changed.len(), 1, "{text}");
    assert!(
        changed[0].1.contains("Call {{who}}") && changed[0].1.contains("# keep me"),
        "{text}"
    );
    let search =
        json!({"op": "inner", "path": path, "of": "value", "key": "search", "value": true});
    let answer = ask(&client, "change", json!({"text": text, "change": search})).await;
    let text = answer["text"].as_str().unwrap();
    assert!(
        text.contains("search: true") && text.contains("# note"),
        "{text}"
    );
}

#[tokio::test]
async fn the_first_row_of_a_table_decides_by_the_value_and_keeps_it_for_the_rest() {
    let field = "{ value: \"{{who}}\", as: label }   # keep me\n";
    let text = format!(
        "name: Visits\nreceive: {{ channel: visits }}\nfields: {{ who: $.name }}\ndeal:\n  fields:\n    UF_CRM_TOWN: {field}"
    );
    let gateway = gateway_with(&text).await;
    let client = gateway.signed_in().await;
    let row = json!(["deal", "fields", "UF_CRM_TOWN", "map", "Tver city"]);
    let set = json!({"op": "set", "path": row, "value": "Tver"});
    let answer = ask(&client, "change", json!({"text": text, "change": set})).await;
    let changed = answer["text"].as_str().unwrap();
    for part in [
        "by: \"{{who}}\"",
        "Tver city",
        "default:",
        "as: label",
        "# keep me",
    ] {
        assert!(changed.contains(part), "{part}: {changed}");
    }
    assert!(!changed.contains("value:"), "{changed}");
    assert_eq!(answer["problems"], json!([]), "{changed}");
    // beside a table, an emptied value goes away
    let both = text.replace("as: label", "map: { a: b }");
    let path = json!(["deal", "fields", "UF_CRM_TOWN", "value"]);
    let set = json!({"op": "set", "path": path, "value": ""});
    let answer = ask(&client, "change", json!({"text": both, "change": set})).await;
    let changed = answer["text"].as_str().unwrap();
    assert!(!changed.contains("value:"), "{changed}");
}

#[tokio::test]
async fn a_text_shows_its_form_its_problems_and_what_becomes_of_a_pasted_packet() {
    let gateway = gateway_with(TEXT).await;
    let client = gateway.signed_in().await;
    let sample = json!({"sample": json!({"name": "Anna <b>"}).to_string()});
    let answer = ask(&client, "read", json!({"text": TEXT, "packet": sample})).await;
    assert_eq!(answer["problems"], json!([]));
    let preview = answer["preview"].as_str().unwrap();
    assert!(preview.contains("Visit of Anna &lt;b&gt;"), "{preview}");
    let form = answer["form"].as_str().unwrap();
    assert!(form.contains("Visit of {{who}}"), "{form}");
    let mistaken = TEXT.replace("fields:\n    TITLE", "fieldz:\n    TITLE");
    let answer = ask(&client, "read", json!({"text": mistaken})).await;
    let problem = &answer["problems"][0];
    assert_eq!(
        (
            problem["line"].as_u64(),
            problem["fixes"][0]["text"].as_str()
        ),
        (Some(7), Some("fields")),
        "{answer}"
    );
    let broken = TEXT.replace("{ channel", "{{ channel");
    let answer = ask(&client, "read", json!({"text": broken})).await;
    assert!(
        answer["locked"].as_str().unwrap().contains("Line 3"),
        "{answer}"
    );
    assert_eq!(answer["form"], Value::Null);
}

#[tokio::test]
async fn a_value_of_the_packet_becomes_a_field_and_fills_what_it_usually_fills() {
    let gateway = gateway_with(TEXT).await;
    let client = gateway.signed_in().await;
    let packet = json!({"name": "Anna", "Ваш телефон": "8 912 345-67-89"});
    let sample = json!({"sample": packet.to_string()});
    let take = json!({"op": "take", "at": ["Ваш телефон"]});
    let body = json!({"text": TEXT, "packet": sample, "change": take});
    let answer = ask(&client, "change", body).await;
    let text = answer["text"].as_str().unwrap();
    assert!(text.contains("$['Ваш телефон']"), "{text}");
    assert!(text.contains("PHONE"), "{text}");
    assert!(
        answer["preview"].as_str().unwrap().contains("+79123456789"),
        "{answer}"
    );
    let rows = json!({"rows": [{"code": "A", "value": "1"}, {"code": "B", "value": "2"}]});
    let sample = json!({"sample": rows.to_string()});
    let take = json!({"op": "take", "at": ["rows", 1, "value"]});
    let answer = ask(
        &client,
        "change",
        json!({"text": TEXT, "packet": sample, "change": take}),
    )
    .await;
    let question = answer["ask"].as_str().unwrap();
    assert!(
        question.contains("$.rows[?@.code == &#39;B&#39;].value")
            || question.contains("$.rows[?@.code == 'B'].value"),
        "{question}"
    );
}

#[tokio::test]
async fn received_packets_stand_in_the_tree_and_viewers_do_not_see_them() {
    let gateway = gateway_with(TEXT).await;
    gateway
        .post(
            "/in/visits",
            json!({"name": "Anna", "town": "Tver"}).to_string(),
        )
        .await;
    gateway
        .post("/in/visits", json!({"name": "Boris"}).to_string())
        .await;
    gateway.settle().await;
    let client = gateway.signed_in().await;
    let body = json!({"text": TEXT});
    let tree = client.post_json(&format!("{FILE}/tree"), &body).await;
    assert_eq!(tree.status, 200, "{}", tree.text);
    assert!(
        tree.text.contains("town") && tree.text.contains("1 of 2"),
        "{}",
        tree.text
    );
    let menu = client.post_json(&format!("{FILE}/packets"), &body).await;
    assert_eq!(menu.text.matches("<option").count(), 3, "{}", menu.text);
    let recent = client.post_json(&format!("{FILE}/recent"), &body).await;
    assert!(recent.text.contains("2 the same"), "{}", recent.text);
    let viewer = gateway.signed_in_as(Role::Viewer).await;
    for path in ["tree", "packets", "read"] {
        let reply = viewer.post_json(&format!("{FILE}/{path}"), &body).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        assert!(
            !reply.text.contains("Boris") && !reply.text.contains("Tver"),
            "{path}: {}",
            reply.text
        );
    }
    for path in ["change", "recent", "crm"] {
        let change = json!({"text": TEXT, "change": {"op": "remove", "path": ["name"]}});
        let reply = viewer.post_json(&format!("{FILE}/{path}"), &change).await;
        assert_eq!(reply.status, 403, "{path}");
    }
}

#[tokio::test]
async fn every_setting_of_a_channel_stands_in_the_form_with_its_name() {
    let gateway = gateway_with(TEXT).await;
    let client = gateway.signed_in().await;
    let text = format!(
        "{TEXT}contact: {{ fields: {{ PHONE: {{ value: \"{{{{who}}}}\", search: true }} }} }}\n"
    );
    let answer = ask(&client, "read", json!({"text": text})).await;
    let form = answer["form"].as_str().unwrap();
    for path in [
        "name",
        "receive channel",
        "receive default",
        "receive when",
        "identity",
        "country",
        "reply",
        "deal found",
        "deal closed",
        "deal among",
        "deal stage",
        "deal change_stage",
        "deal update_fields",
        "deal responsible",
        "contact update",
        "contact several",
        "contact match",
        "contact without_key",
        "contact responsible",
        "comment",
        "files",
        "todo title",
        "todo after",
        "deal fields TITLE",
        "contact fields PHONE value",
        "contact fields PHONE type",
    ] {
        let steps: Vec<&str> = path.split(' ').collect();
        let wanted = format!(
            "data-path=\"{}\"",
            json!(steps).to_string().replace('"', "&quot;")
        );
        assert!(form.contains(&wanted), "{path}: {wanted}\n{form}");
    }
    assert!(form.contains("data-op=\"record\""));
    assert!(form.contains("data-key=\"search\""));
    assert!(form.contains("data-op=\"rename-field\""));
}

#[tokio::test]
async fn what_the_defaults_say_is_grey_and_names_its_file() {
    let home = tempfile::TempDir::new().unwrap();
    let folder = TestGateway::mappings(&home);
    std::fs::write(folder.join("visits.yaml"), TEXT).unwrap();
    let defaults = "deal: { found: always_create, fields: { SOURCE_ID: WEB } }\n";
    std::fs::write(folder.join("_defaults.yaml"), defaults).unwrap();
    let folder = folder.display().to_string();
    let gateway = TestGateway::at(home, &[("mappings.dir", folder.as_str())]).await;
    let client = gateway.signed_in().await;
    let answer = ask(&client, "read", json!({"text": TEXT})).await;
    let form = answer["form"].as_str().unwrap();
    assert!(form.contains("is-inherited"), "{form}");
    assert!(
        form.contains("from _defaults.yaml: always_create"),
        "{form}"
    );
    assert!(form.contains("SOURCE_ID"), "{form}");
}
