//! Files into the CRM: from forms, from JSON, into fields and timelines, once whatever is lost.

use data_encoding::BASE64;
use leadgate::domain::State;
use leadgate::simulator::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::channels::gateway_with;
use crate::gateway::{Reply, TestGateway};

const PROFILE: &str = "\
receive: { channel: jobs }
fields:
  name: $.name
  phone: { from: $.phone, as: phone }
  scan: { from: $.scan, as: file }
  photos: { from: $.photos, as: file }
contact:
  fields:
    NAME: \"{{name}}\"
    PHONE: { value: \"{{phone}}\", search: true }
    UF_CRM_SCAN: \"{{scan}}\"
KIND
  fields: { SCAN: \"{{scan}}\", PHOTOS: [\"{{photos}}\"] }
comment: full
files: [scan, photos]
";

/// The block, the CRM's names of its fields, its type number.
pub(crate) const KINDS: [(&str, [&str; 2], i64); 3] = [
    ("deal:", ["UF_CRM_SCAN", "UF_CRM_PHOTOS"], 2),
    ("lead:", ["UF_CRM_SCAN", "UF_CRM_PHOTOS"], 1),
    (
        "item:\n  type: 1036",
        ["ufCrm9Scan", "UF_CRM_9_FILES"],
        1036,
    ),
];

pub(crate) const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0 first picture";
pub(crate) const JPG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF second picture";

fn profile((block, [scan, photos], _): (&str, [&str; 2], i64)) -> String {
    // the sandbox's smart process has one field for files
    let scan = if scan.starts_with("uf") { "" } else { scan };
    let scan = if scan.is_empty() {
        String::new()
    } else {
        format!("{scan}: \"{{{{scan}}}}\", ")
    };
    PROFILE
        .replace("KIND", block)
        .replace("SCAN: \"{{scan}}\", PHOTOS", &format!("{scan}{photos}"))
}

pub(crate) async fn gateway(kind: (&str, [&str; 2], i64), flags: &[(&str, &str)]) -> TestGateway {
    let gateway = gateway_with(&[("jobs.yaml", &profile(kind))], flags).await;
    for entity in ["deal", "lead", "contact"] {
        for (name, multiple) in [("SCAN", "N"), ("PHOTOS", "Y")] {
            let field = json!({"FIELD_NAME": name, "USER_TYPE_ID": "file", "MULTIPLE": multiple});
            let method = format!("crm.{entity}.userfield.add");
            gateway.portal().call(&method, json!({ "fields": field }));
        }
    }
    gateway
}

/// A form with these parts: name, file name, content.
fn form(parts: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, content) in parts {
        let file = if file.is_empty() {
            String::new()
        } else {
            format!("; filename=\"{file}\"")
        };
        let head =
            format!("--xyz\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--xyz--\r\n");
    body
}

const MULTIPART: &str = "multipart/form-data; boundary=xyz";

fn person<'p>(more: &[(&'p str, &'p str, &'p [u8])]) -> Vec<u8> {
    let mut parts: Vec<(&str, &str, &[u8])> = vec![
        ("name", "", "Анна".as_bytes()),
        ("phone", "", b"89123456789"),
    ];
    parts.extend_from_slice(more);
    form(&parts)
}

async fn send(gateway: &TestGateway, body: Vec<u8>) -> Reply {
    let reply = gateway.post_in("/in/jobs", MULTIPART, body).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    gateway.settle().await;
    reply
}

/// The contents of a field's files, as the portal gives them.
pub(crate) async fn contents(gateway: &TestGateway, kind: i64, name: &str) -> Vec<Vec<u8>> {
    let wanted = json!({"entityTypeId": kind, "id": 1, "useOriginalUfNames": "Y"});
    let answer = gateway.portal().call("crm.item.get", wanted);
    let field = answer["result"]["item"][name].clone();
    let files = match field {
        Value::Array(files) => files,
        Value::Null => Vec::new(),
        one => vec![one],
    };
    let mut contents = Vec::new();
    for file in files {
        let address = file["urlMachine"].as_str().unwrap();
        let response = gateway.http().get(gateway.url(address)).send().await;
        let response = response.unwrap();
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert!(header("content-disposition").starts_with("attachment"));
        contents.push(response.bytes().await.unwrap().to_vec());
    }
    contents
}

/// The files of the comments of record 1: `name size`.
fn comments(gateway: &TestGateway, kind: i64) -> Vec<Vec<String>> {
    let word = match kind {
        1 => "lead".to_owned(),
        2 => "deal".to_owned(),
        kind => format!("dynamic_{kind}"),
    };
    let filter = json!({"filter": {"ENTITY_ID": 1, "ENTITY_TYPE": word}});
    let answer = gateway.portal().call("crm.timeline.comment.list", filter);
    let rows = answer["result"].as_array().unwrap();
    let files = |row: &Value| {
        let files = row["FILES"]
            .as_object()
            .into_iter()
            .flat_map(|it| it.values());
        files
            .map(|file| format!("{} {}", file["name"].as_str().unwrap(), file["size"]))
            .collect()
    };
    rows.iter().map(files).collect()
}

fn uploads(gateway: &TestGateway) -> u64 {
    let counters = gateway.portal().counters();
    counters
        .commands
        .get("crm.item.update")
        .copied()
        .unwrap_or(0)
}

#[actix_web::test]
async fn files_of_a_form_go_into_fields_and_the_timeline() {
    for kind in KINDS {
        let gateway = gateway(kind, &[]).await;
        let body = person(&[
            ("scan", "скан.pdf", b"%PDF-1.7 x"),
            ("photos[]", "a.png", PNG),
            ("photos[]", "b.jpg", JPG),
        ]);
        send(&gateway, body).await;
        assert_eq!(gateway.count(State::Delivered).await, 1, "{kind:?}");
        let [scan, photos] = kind.1;
        assert_eq!(
            contents(&gateway, kind.2, photos).await,
            [PNG, JPG],
            "{kind:?}"
        );
        if kind.2 != 1036 {
            assert_eq!(
                contents(&gateway, kind.2, scan).await,
                [b"%PDF-1.7 x"],
                "{kind:?}"
            );
        }
        assert_eq!(contents(&gateway, 3, "UF_CRM_SCAN").await, [b"%PDF-1.7 x"]);
        let expected = [
            "скан.pdf 10".to_owned(),
            format!("a.png {}", PNG.len()),
            format!("b.jpg {}", JPG.len()),
        ];
        assert_eq!(comments(&gateway, kind.2), [expected], "{kind:?}");
    }
}

#[actix_web::test]
async fn base64_in_json_is_a_file_too() {
    let gateway = gateway(KINDS[0], &[]).await;
    let body = json!({
        "name": "Анна", "phone": "89123456789",
        "scan": {"name": "скан.pdf", "type": "application/pdf", "content": BASE64.encode(b"%PDF-1.7 x")},
        "photos": [
            format!("data:image/png;base64,{}", BASE64.encode(PNG)),
            ["b.jpg", BASE64.encode(JPG)],
        ],
    });
    let reply = gateway.post("/in/jobs", body.to_string()).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    gateway.settle().await;
    assert_eq!(contents(&gateway, 2, "UF_CRM_PHOTOS").await, [PNG, JPG]);
    assert_eq!(contents(&gateway, 2, "UF_CRM_SCAN").await, [b"%PDF-1.7 x"]);
    let expected = [
        "скан.pdf 10".to_owned(),
        format!("photos.png {}", PNG.len()),
        format!("b.jpg {}", JPG.len()),
    ];
    assert_eq!(comments(&gateway, 2), [expected]);
}

#[actix_web::test]
async fn files_are_written_once_whatever_is_lost() {
    let faults = [
        FaultKind::ResetAfter,
        FaultKind::ResetBefore,
        FaultKind::CutBody,
        FaultKind::BadGateway,
        FaultKind::OperationTimeLimit,
    ];
    let methods = ["crm.item.update", "crm.timeline.comment.add"];
    for (kind, faults) in [(KINDS[0], &faults[..]), (KINDS[2], &faults[..2])] {
        for method in methods {
            for fault in faults {
                let gateway = gateway(kind, &[]).await;
                gateway
                    .portal()
                    .inject(Fault::once(fault.clone()).on(method));
                let body = person(&[("photos[]", "a.png", PNG), ("photos[]", "b.jpg", JPG)]);
                send(&gateway, body).await;
                gateway.settle().await;
                let about = format!("{kind:?} {method} {fault:?}");
                assert_eq!(gateway.count(State::Delivered).await, 1, "{about}");
                assert_eq!(
                    contents(&gateway, kind.2, kind.1[1]).await,
                    [PNG, JPG],
                    "{about}"
                );
                let files = [
                    format!("a.png {}", PNG.len()),
                    format!("b.jpg {}", JPG.len()),
                ];
                assert_eq!(comments(&gateway, kind.2), [files], "{about}");
            }
        }
    }
}

#[actix_web::test]
async fn a_later_submission_adds_files_and_the_same_file_only_once() {
    let gateway = gateway(KINDS[0], &[]).await;
    send(
        &gateway,
        person(&[("photos", "a.png", PNG), ("scan", "1.pdf", b"first")]),
    )
    .await;
    assert_eq!(uploads(&gateway), 2);
    // another file with the size of the first one, and the first one again
    let mut other = PNG.to_vec();
    other.reverse();
    let body = person(&[
        ("photos", "a.png", PNG),
        ("photos", "c.png", &other),
        ("photos", "b.jpg", JPG),
        ("scan", "2.pdf", b"other"),
    ]);
    send(&gateway, body.clone()).await;
    assert_eq!(
        contents(&gateway, 2, "UF_CRM_PHOTOS").await,
        [PNG, &other, JPG]
    );
    // a field with one file has the new one; the contact keeps its own
    assert_eq!(contents(&gateway, 2, "UF_CRM_SCAN").await, [b"other"]);
    assert_eq!(contents(&gateway, 3, "UF_CRM_SCAN").await, [b"first"]);
    let before = uploads(&gateway);
    send(&gateway, body).await;
    assert_eq!(uploads(&gateway), before);
    assert_eq!(contents(&gateway, 2, "UF_CRM_PHOTOS").await.len(), 3);
}

#[actix_web::test]
async fn a_replay_has_the_files_and_adds_none_twice() {
    let gateway = gateway(KINDS[0], &[]).await;
    let reply = send(&gateway, person(&[("photos", "a.png", PNG)])).await;
    let id = reply.body["id"].as_str().unwrap().to_owned();
    gateway.portal().call(
        "crm.item.update",
        json!({
            "entityTypeId": 2, "id": 1, "useOriginalUfNames": "Y", "fields": {"UF_CRM_PHOTOS": []},
        }),
    );
    for _ in 0..2 {
        gateway.command(&["replay", &id, "--step", "crm"], &[]);
        gateway.settle().await;
        assert_eq!(contents(&gateway, 2, "UF_CRM_PHOTOS").await, [PNG]);
        assert_eq!(gateway.count(State::Delivered).await, 1);
    }
}

#[actix_web::test]
async fn what_cannot_be_used_is_left_out_and_everything_else_is_delivered() {
    let gateway = gateway(
        KINDS[0],
        &[("files.limit", "1KB"), ("files.types", "image/*")],
    )
    .await;
    let large = vec![b'x'; 1025];
    let body = person(&[
        ("photos[]", "large.png", &large),
        ("photos[]", "a.png", PNG),
        ("photos[]", "empty.png", b""),
        ("scan", "a.exe", b"MZ"),
    ]);
    let reply = send(&gateway, body).await;
    assert_eq!(gateway.count(State::Delivered).await, 1);
    assert_eq!(contents(&gateway, 2, "UF_CRM_PHOTOS").await, [PNG]);
    assert_eq!(comments(&gateway, 2), [[format!("a.png {}", PNG.len())]]);
    let shown = gateway.command(
        &["journal", "show", reply.body["id"].as_str().unwrap()],
        &[],
    );
    for line in [
        "deal.UF_CRM_PHOTOS: the file at $['photos'][0] is left out: it is larger than files.limit allows",
        "fields.photos: the file at $['photos'][2] is left out: it is empty",
        "deal.UF_CRM_SCAN: the file at $['scan'] is left out: files.types does not allow its type",
        "files: the file at $['photos'][0] is left out",
        "deal.UF_CRM_PHOTOS gets the file at $['photos'][1]",
        "a.png, ",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
}

#[actix_web::test]
async fn a_field_that_is_not_for_files_gets_none() {
    let gateway = gateway_with(&[("jobs.yaml", &profile(KINDS[0]))], &[]).await;
    let field = json!({"FIELD_NAME": "PHOTOS", "USER_TYPE_ID": "string"});
    let method = "crm.deal.userfield.add";
    gateway.portal().call(method, json!({ "fields": field }));
    send(&gateway, person(&[("photos", "a.png", PNG)])).await;
    assert_eq!(gateway.count(State::Delivered).await, 1);
    assert_eq!(gateway.deals()[0]["UF_CRM_PHOTOS"], Value::Null);
    assert_eq!(comments(&gateway, 2), [[format!("a.png {}", PNG.len())]]);
}

#[actix_web::test]
async fn erased_submissions_leave_no_bytes_of_their_files() {
    let gateway = gateway(KINDS[0], &[]).await;
    let secret = b"only-in-this-file-9f31";
    let reply = send(&gateway, person(&[("photos", "a.png", secret)])).await;
    let id = reply.body["id"].as_str().unwrap().to_owned();
    let shown = gateway.command(&["journal", "show", &id, "--json"], &[]);
    assert!(!shown.contains("only-in-this-file"), "{shown}");
    assert!(!shown.contains(&BASE64.encode(secret)), "{shown}");
    assert!(!shown.contains("token="), "{shown}");
    assert!(
        gateway
            .history(&id)
            .raw
            .windows(secret.len())
            .any(|it| it == secret)
    );
    gateway.command(&["erase", "--phone", "+79123456789", "--yes"], &[]);
    assert!(gateway.history(&id).raw.is_empty());
}
