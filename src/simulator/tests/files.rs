//! Files of fields and comments, as both families write and answer them.

use serde_json::{Value, json};

use super::{ok, portal};
use crate::simulator::Portal;

fn with_fields() -> Portal {
    let portal = portal();
    for (name, multiple) in [("SCAN", "N"), ("PHOTOS", "Y")] {
        let field = json!({"FIELD_NAME": name, "USER_TYPE_ID": "file", "MULTIPLE": multiple});
        ok(&portal, "crm.deal.userfield.add", json!({"fields": field}));
    }
    portal
}

fn ids(portal: &Portal) -> (Value, Vec<i64>) {
    let item = ok(
        portal,
        "crm.item.get",
        json!({"entityTypeId": 2, "id": 1, "useOriginalUfNames": "Y"}),
    );
    let item = &item["item"];
    let photos = item["UF_CRM_PHOTOS"].as_array().unwrap().iter();
    let photos = photos.map(|file| file["id"].as_i64().unwrap()).collect();
    (item["UF_CRM_SCAN"]["id"].clone(), photos)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "reads better where it is called"
)]
fn set(portal: &Portal, fields: Value) {
    let params = json!({"entityTypeId": 2, "id": 1, "useOriginalUfNames": "Y", "fields": fields});
    ok(portal, "crm.item.update", params);
}

#[test]
fn universal_updates_keep_the_files_whose_ids_are_sent() {
    let portal = with_fields();
    ok(&portal, "crm.deal.add", json!({"fields": {"TITLE": "x"}}));
    assert_eq!(ids(&portal), (Value::Null, vec![]));
    set(
        &portal,
        json!({"UF_CRM_SCAN": ["a.txt", "YQ=="], "UF_CRM_PHOTOS": [["b.txt", "Yg=="], ["c.txt", "Yw=="]]}),
    );
    assert_eq!(ids(&portal), (json!(1), vec![2, 3]));
    set(
        &portal,
        json!({"UF_CRM_PHOTOS": [{"id": 3}, ["d.txt", "ZA=="], {"id": 77}]}),
    );
    assert_eq!(ids(&portal), (json!(1), vec![3, 4]));
    set(
        &portal,
        json!({"UF_CRM_SCAN": ["e.txt", "ZQ=="], "UF_CRM_PHOTOS": []}),
    );
    assert_eq!(ids(&portal), (json!(5), vec![]));
    // what is no base64 is dropped without an error
    set(&portal, json!({"UF_CRM_PHOTOS": [["f.txt", "*"]]}));
    assert_eq!(ids(&portal), (json!(5), vec![]));
    let bare = json!({"entityTypeId": 2, "id": 1, "useOriginalUfNames": "Y",
        "fields": {"UF_CRM_PHOTOS": ["a.txt", "YQ=="]}});
    let answer = portal.call("crm.item.update", bare);
    assert_eq!(answer["error"], "100", "{answer}");
    set(&portal, json!({"UF_CRM_SCAN": []}));
    assert_eq!(ids(&portal).0, Value::Null);
}

#[test]
fn classic_updates_replace_the_files_of_a_field() {
    let portal = with_fields();
    let file = |name: &str| json!({"fileData": [name, "YQ=="]});
    let fields = json!({"UF_CRM_SCAN": file("a"), "UF_CRM_PHOTOS": [file("b"), file("c")]});
    ok(&portal, "crm.deal.add", json!({"fields": fields}));
    let row = ok(&portal, "crm.deal.get", json!({"id": 1}));
    assert_eq!(row["UF_CRM_SCAN"]["id"], 1);
    assert!(row["UF_CRM_PHOTOS"][1]["downloadUrl"].is_string(), "{row}");
    let fields = json!({"UF_CRM_SCAN": {"id": 1, "remove": "Y"}, "UF_CRM_PHOTOS": [file("d")]});
    ok(
        &portal,
        "crm.deal.update",
        json!({"id": 1, "fields": fields}),
    );
    assert_eq!(ids(&portal).1, [4]);
}

#[test]
fn a_snapshot_has_the_files() {
    let portal = with_fields();
    ok(&portal, "crm.deal.add", json!({"fields": {"TITLE": "x"}}));
    set(&portal, json!({"UF_CRM_PHOTOS": [["b.txt", "Yg=="]]}));
    let comment = json!({"ENTITY_ID": 1, "ENTITY_TYPE": "deal", "COMMENT": "x", "FILES": [["a/../c.txt", "Yw=="], ["d", "*"]]});
    ok(
        &portal,
        "crm.timeline.comment.add",
        json!({"fields": comment}),
    );
    let kept = portal.snapshot();
    let again = self::portal();
    again.restore(kept).unwrap();
    let row = ok(&again, "crm.timeline.comment.get", json!({"id": 1}));
    let files = row["FILES"].as_object().unwrap();
    assert_eq!(files.len(), 1);
    assert_eq!(
        (&files["2"]["name"], &files["2"]["size"]),
        (&json!("c.txt"), &json!(1))
    );
    assert_eq!(
        again.core().state.files.get(1).unwrap().content.as_deref(),
        Some(&b"b"[..])
    );
}
