//! Files into the CRM: from forms, from JSON, into fields and timelines, once whatever is lost.

use data_encoding::BASE64;
use leadgate::domain::file::FileFault;
use leadgate::domain::{State, SubmissionId};
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
const KINDS: [(&str, [&str; 2], i64); 3] = [
    ("deal:", ["UF_CRM_SCAN", "UF_CRM_PHOTOS"], 2),
    ("lead:", ["UF_CRM_SCAN", "UF_CRM_PHOTOS"], 1),
    (
        "item:\n  type: 1036",
        ["ufCrm9Scan", "UF_CRM_9_FILES"],
        1036,
    ),
];

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0 first picture";
const JPG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF second picture";

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

async fn gateway(kind: (&str, [&str; 2], i64), flags: &[(&str, &str)]) -> TestGateway {
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
async fn contents(gateway: &TestGateway, kind: i64, name: &str) -> Vec<Vec<u8>> {
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

/// A server with files: `/a.png`, `/busy.png` whose first request fails, `/away` to another host.
struct FileServer {
    address: std::net::SocketAddr,
    is_over: std::sync::Arc<std::sync::atomic::AtomicBool>,
}

impl FileServer {
    fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let is_over = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let stop = std::sync::Arc::clone(&is_over);
        std::thread::spawn(move || {
            let mut failures = 1;
            let mut seen = std::collections::BTreeSet::new();
            for stream in listener.incoming().map_while(Result::ok) {
                if stop.load(std::sync::atomic::Ordering::SeqCst) {
                    return;
                }
                answer(stream, &mut failures, &mut seen);
            }
        });
        Self { address, is_over }
    }

    fn link(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }
}

impl Drop for FileServer {
    fn drop(&mut self) {
        self.is_over
            .store(true, std::sync::atomic::Ordering::SeqCst);
        std::net::TcpStream::connect(self.address).ok();
    }
}

fn answer(
    mut stream: std::net::TcpStream,
    failures: &mut u32,
    seen: &mut std::collections::BTreeSet<String>,
) {
    use std::io::{BufRead as _, BufReader, Write as _};
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let first = lines.next().and_then(Result::ok).unwrap_or_default();
    for line in lines.map_while(Result::ok) {
        if line.is_empty() {
            break;
        }
    }
    let path = first.split(' ').nth(1).unwrap_or_default();
    let is_first = seen.insert(path.to_owned());
    let (head, body): (&str, &[u8]) = match path {
        "/later-403" if is_first => ("403 Forbidden", b""),
        "/later-404" if is_first => ("404 Not Found", b""),
        "/later-409" if is_first => ("409 Conflict", b""),
        "/later-425" if is_first => ("425 Too Early", b""),
        path if path.starts_with("/later-") => ("200 OK", PNG),
        "/once.png" if is_first => ("200 OK", PNG),
        "/gone-410" => ("410 Gone", b""),
        "/page" => ("200 OK\r\nContent-Type: text/html", b"<p>"),
        "/named-exe" => (
            "200 OK\r\nContent-Disposition: attachment; filename=a.exe",
            b"MZ",
        ),
        "/named-png" => (
            "200 OK\r\nContent-Disposition: attachment; filename=a.png",
            JPG,
        ),
        "/typed-png" => ("200 OK\r\nContent-Type: image/png", PNG),
        path if path.starts_with("/long-") => ("200 OK", &[b'x'; 3000]),
        "/a.png" => ("200 OK", PNG),
        "/large.png" => ("200 OK", &[b'x'; 5000]),
        "/busy.png" if *failures > 0 => {
            *failures -= 1;
            ("503 Busy", b"")
        }
        "/busy.png" => ("200 OK", JPG),
        "/away" => ("302 Found\r\nLocation: http://127.0.0.1:1/a.png", b""),
        "/near" => ("302 Found\r\nLocation: /a.png", b""),
        _ => ("404 Not Found", b""),
    };
    let length = body.len();
    let head = format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).ok();
    stream.write_all(body).ok();
}

async fn send_links(gateway: &TestGateway, links: &[String]) -> String {
    let body = json!({"name": "Анна", "phone": "89123456789", "photos": links});
    let reply = gateway.post("/in/jobs", body.to_string()).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 1);
    reply.body["id"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn files_behind_links_are_fetched_from_allowed_hosts() {
    let server = FileServer::start();
    let hosts = format!("http://{}", server.address);
    let flags = [
        ("files.hosts", hosts.as_str()),
        ("files.limit", "4KB"),
        ("files.fetch_for", "100ms"),
    ];
    let gateway = gateway(KINDS[0], &flags).await;
    let links = ["near", "busy.png", "gone.png", "away", "large.png"];
    let mut links: Vec<String> = links.iter().map(|path| server.link(path)).collect();
    links.push("https://files.example/a.png".to_owned());
    let id = send_links(&gateway, &links).await;
    assert_eq!(contents(&gateway, 2, "UF_CRM_PHOTOS").await, [PNG, JPG]);
    let shown = gateway.command(&["journal", "show", &id], &[]);
    for line in [
        "the file at $['photos'][0] is being fetched",
        "the file at $['photos'][2] is left out: its server does not give it",
        "the file at $['photos'][3] is left out: files.hosts does not allow the host of its link",
        "the file at $['photos'][4] is left out: it is larger than files.limit allows",
        "the file at $['photos'][5] is left out: files.hosts does not allow the host of its link",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
}

#[actix_web::test]
async fn a_file_that_its_server_does_not_give_yet_is_fetched_again() {
    let server = FileServer::start();
    let hosts = format!("http://{}", server.address);
    for path in ["later-403", "later-404", "later-409", "later-425"] {
        let gateway = gateway(KINDS[0], &[("files.hosts", hosts.as_str())]).await;
        let id = send_links(&gateway, &[server.link(path)]).await;
        assert_eq!(
            contents(&gateway, 2, "UF_CRM_PHOTOS").await,
            [PNG],
            "{path}"
        );
        let shown = gateway.command(&["journal", "show", &id], &[]);
        let line = "the file at $['photos'][0] is fetched again: its server does not give it";
        assert!(shown.contains(line), "{shown}");
    }
}

#[actix_web::test]
async fn faults_that_last_hold_nothing_back_and_are_told() {
    let server = FileServer::start();
    let hosts = format!("http://localhost:{}", server.address.port());
    let gateway_of =
        |hosts: String| async move { gateway(KINDS[0], &[("files.hosts", hosts.as_str())]).await };
    let inner = gateway_of(hosts.clone()).await;
    let id = send_links(&inner, &[format!("{hosts}/a.png")]).await;
    let shown = inner.command(&["journal", "show", &id], &[]);
    let line = "is left out: the host of its link has an address of an inner network";
    assert!(shown.contains(line), "{shown}");
    let gone = gateway_of(format!("http://{}", server.address)).await;
    let id = send_links(&gone, &[server.link("gone-410")]).await;
    let shown = gone.command(&["journal", "show", &id], &[]);
    let line = "is left out: its server says that it no longer exists";
    assert!(shown.contains(line), "{shown}");
}

#[actix_web::test]
async fn the_server_decides_about_the_type_of_a_fetched_file() {
    let server = FileServer::start();
    let hosts = format!("http://{}", server.address);
    let flags = [("files.hosts", hosts.as_str()), ("files.types", "image/*")];
    let gateway = gateway(KINDS[0], &flags).await;
    let link = |path: &str, name: &str| json!({"url": server.link(path), "name": name});
    let photos = json!([
        link("page", "a.png"),
        link("named-exe", "b.png"),
        link("named-png", "c"),
        link("typed-png", "d.bin"),
    ]);
    let body = json!({"name": "Анна", "phone": "89123456789", "photos": photos});
    let reply = gateway.post("/in/jobs", body.to_string()).await;
    gateway.settle().await;
    assert_eq!(contents(&gateway, 2, "UF_CRM_PHOTOS").await, [JPG, PNG]);
    let shown = gateway.command(
        &["journal", "show", reply.body["id"].as_str().unwrap()],
        &[],
    );
    for place in [0, 1] {
        let line = format!(
            "the file at $['photos'][{place}] is left out: files.types does not allow its type"
        );
        assert!(shown.contains(&line), "{shown}");
    }
}

#[actix_web::test]
async fn equal_links_are_fetched_once_and_all_files_have_one_limit() {
    let server = FileServer::start();
    let hosts = format!("http://{}", server.address);
    let flags = [
        ("files.hosts", hosts.as_str()),
        ("files.limit", "4KB"),
        ("files.fetch_total", "4KB"),
    ];
    let gateway = gateway(KINDS[0], &flags).await;
    let links = ["once.png", "once.png", "long-1", "long-2"];
    let links: Vec<String> = links.iter().map(|path| server.link(path)).collect();
    let id = send_links(&gateway, &links).await;
    let stored = contents(&gateway, 2, "UF_CRM_PHOTOS").await;
    assert_eq!(stored.len(), 3);
    assert_eq!(stored[..2], [PNG, PNG]);
    let shown = gateway.command(&["journal", "show", &id], &[]);
    let line = "the file at $['photos'][3] is left out: the files behind the links of one submission are larger than files.fetch_total";
    assert!(shown.contains(line), "{shown}");
    let places = gateway.inbox().fetched_places(id.parse().unwrap()).await;
    assert_eq!(places.unwrap().len(), 3);
}

#[actix_web::test]
async fn a_file_that_was_fetched_stays_whatever_comes_later() {
    let server = FileServer::start();
    let hosts = format!("http://{}", server.address);
    let gateway = gateway(KINDS[0], &[("files.hosts", hosts.as_str())]).await;
    let id = send_links(&gateway, &[server.link("a.png")]).await;
    let id: SubmissionId = id.parse().unwrap();
    let place = "$['photos'][0]".to_owned();
    for later in [Err(FileFault::NotThere), Ok("other".into())] {
        let inbox = gateway.inbox();
        inbox.keep_file(id, place.clone(), later).await.unwrap();
        let files = inbox.fetched_files(id).await.unwrap();
        assert_eq!(&files.get(&place).unwrap()[..], PNG);
    }
}

#[actix_web::test]
async fn fetched_files_are_written_after_the_hosts_are_gone_from_the_settings() {
    let gateway = gateway(KINDS[0], &[]).await;
    let link = "https://files.example/a.png";
    let id = send_links(&gateway, &[link.to_owned()]).await;
    let inbox = gateway.inbox();
    let place = "$['photos'][0]".to_owned();
    let file = Ok(PNG.into());
    inbox
        .keep_file(id.parse().unwrap(), place, file)
        .await
        .unwrap();
    gateway.command(&["replay", &id, "--step", "crm"], &[]);
    gateway.settle().await;
    assert_eq!(contents(&gateway, 2, "UF_CRM_PHOTOS").await, [PNG]);
}

#[actix_web::test]
async fn a_replay_has_the_files_behind_links_without_their_server() {
    let server = FileServer::start();
    let hosts = format!("http://{}", server.address);
    let gateway = gateway(KINDS[0], &[("files.hosts", hosts.as_str())]).await;
    let id = send_links(&gateway, &[server.link("a.png"), server.link("busy.png")]).await;
    drop(server);
    let nothing = json!({"UF_CRM_PHOTOS": []});
    let params = json!({"entityTypeId": 2, "id": 1, "useOriginalUfNames": "Y", "fields": nothing});
    gateway.portal().call("crm.item.update", params);
    gateway.command(&["replay", &id, "--step", "crm"], &[]);
    gateway.settle().await;
    assert_eq!(contents(&gateway, 2, "UF_CRM_PHOTOS").await, [PNG, JPG]);
    let submission = id.parse().unwrap();
    let kept = async || gateway.inbox().fetched_places(submission).await.unwrap();
    assert_eq!(kept().await.len(), 2);
    gateway.command(&["erase", "--phone", "+79123456789", "--yes"], &[]);
    assert_eq!(kept().await.len(), 0);
}

#[actix_web::test]
async fn files_that_cannot_be_fetched_in_time_hold_nothing_back_for_ever() {
    let server = FileServer::start();
    let dead = server.link("a.png");
    drop(server);
    let hosts = dead.trim_end_matches("/a.png").to_owned();
    for (flags, why) in [
        (vec![], "files.hosts does not allow"),
        (
            vec![
                ("files.hosts", hosts.as_str()),
                ("files.fetch_for", "100ms"),
            ],
            "it could not be fetched within files.fetch_for",
        ),
    ] {
        let gateway = gateway(KINDS[0], &flags).await;
        let id = send_links(&gateway, std::slice::from_ref(&dead)).await;
        assert_eq!(contents(&gateway, 2, "UF_CRM_PHOTOS").await.len(), 0);
        let shown = gateway.command(&["journal", "show", &id], &[]);
        assert!(shown.contains(why), "{shown}");
    }
}
