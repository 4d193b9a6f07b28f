//! Files behind links: fetched from allowed hosts, again while it helps, and kept once they are there.

use leadgate::domain::file::FileFault;
use leadgate::domain::{State, SubmissionId};
use serde_json::json;

use crate::byte_server::ByteServer;
use crate::channels::gateway_with;
use crate::files::{JPG, KINDS, PNG, contents, gateway};
use crate::gateway::TestGateway;

/// A server's files: `/a.png`, `/busy.png` whose first request fails, `/away` to another host.
fn answer(path: &str, times: u32) -> (&'static str, &'static [u8]) {
    let is_first = times == 1;
    match path {
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
        "/busy.png" if is_first => ("503 Busy", b""),
        "/busy.png" => ("200 OK", JPG),
        "/away" => ("302 Found\r\nLocation: http://127.0.0.1:1/a.png", b""),
        "/near" => ("302 Found\r\nLocation: /a.png", b""),
        _ => ("404 Not Found", b""),
    }
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
    let server = ByteServer::start(answer);
    let hosts = server.hosts();
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
    let server = ByteServer::start(answer);
    let hosts = server.hosts();
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
    let server = ByteServer::start(answer);
    let hosts = server.hosts().replace("127.0.0.1", "localhost");
    let gateway_of =
        |hosts: String| async move { gateway(KINDS[0], &[("files.hosts", hosts.as_str())]).await };
    let inner = gateway_of(hosts.clone()).await;
    let id = send_links(&inner, &[format!("{hosts}/a.png")]).await;
    let shown = inner.command(&["journal", "show", &id], &[]);
    let line = "is left out: the host of its link has an address of an inner network";
    assert!(shown.contains(line), "{shown}");
    let gone = gateway_of(server.hosts()).await;
    let id = send_links(&gone, &[server.link("gone-410")]).await;
    let shown = gone.command(&["journal", "show", &id], &[]);
    let line = "is left out: its server says that it no longer exists";
    assert!(shown.contains(line), "{shown}");
}

#[actix_web::test]
async fn the_server_decides_about_the_type_of_a_fetched_file() {
    let server = ByteServer::start(answer);
    let hosts = server.hosts();
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
    let server = ByteServer::start(answer);
    let hosts = server.hosts();
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
    let server = ByteServer::start(answer);
    let hosts = server.hosts();
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
    let server = ByteServer::start(answer);
    let hosts = server.hosts();
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
    let server = ByteServer::start(answer);
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

#[actix_web::test]
async fn a_letter_waits_for_the_files_behind_links() {
    let server = ByteServer::start(answer);
    let hosts = server.hosts();
    let profile = "receive: { channel: jobs }\nfields: { photos: { from: $.photos, as: file } }\n\
                   then: [{ mail: { to: hr@firm.example, subject: x, text: y, files: [photos] } }]\n";
    let flags = [("files.hosts", hosts.as_str())];
    let gateway = gateway_with(&[("jobs.yaml", profile)], &flags).await;
    send_links(&gateway, &[server.link("busy.png"), server.link("a.png")]).await;
    let letters = gateway.portal().mailbox().to_json();
    let file = |name: &str, content: &[u8]| json!({"name": name, "media_type": "image/png", "size": content.len()});
    let files = json!([file("busy.png", JPG), file("a.png", PNG)]);
    assert_eq!(letters[0]["files"], files);
    assert_eq!(letters.as_array().unwrap().len(), 1);
}
