//! Recordings of calls: by link or copied, late or not usable at all; the call itself never waits.

use std::sync::OnceLock;

use leadgate::domain::{State, StepVerdict};
use leadgate::simulator::TelephonyAccess;
use serde_json::{Value, json};

use crate::byte_server::ByteServer;
use crate::gateway::{TestGateway, until};
use crate::pbx_calls::{calls, fault, gateway_of, record, send_record};

const MP3: &[u8] = b"ID3\x03\0\0\0\0\0\0a recording";
const WAV: &[u8] = b"RIFF\x24\0\0\0WAVEfmt a recording";

const LARGE: &[u8] = &[b'a'; 20_000];

/// Returns a recording that does not fit into the body of a method.
fn huge() -> &'static [u8] {
    static HUGE: OnceLock<Vec<u8>> = OnceLock::new();
    HUGE.get_or_init(|| {
        let mut content = WAV.to_vec();
        content.resize(21 << 20, 0x80);
        content
    })
}

/// A server's recordings. The address `/late/N` has its recording at the N-th request.
fn answer(path: &str, times: u32) -> (&'static str, &'static [u8]) {
    match path {
        "/1.mp3" | "/get?file=1" => ("200 OK\r\nContent-Type: audio/mpeg", MP3),
        "/1.wav" => ("200 OK\r\nContent-Type: application/octet-stream", WAV),
        "/page" => (
            "200 OK\r\nContent-Type: audio/mpeg",
            b"<html>sign in</html>",
        ),
        "/empty" => ("200 OK\r\nContent-Type: audio/mpeg", b""),
        "/ogg" => ("200 OK\r\nContent-Type: audio/ogg", b"OggS"),
        "/large" => ("200 OK\r\nContent-Type: audio/mpeg", LARGE),
        "/huge.wav" => ("200 OK\r\nContent-Type: audio/wav", huge()),
        "/away" => ("302 Found\r\nLocation: http://localhost:1/1.mp3", b""),
        "/near" => ("302 Found\r\nLocation: /1.mp3", b""),
        path => match path.strip_prefix("/late/").map(str::parse::<u32>) {
            Some(Ok(number)) if times >= number => ("200 OK\r\nContent-Type: audio/mpeg", MP3),
            _ => ("404 Not Found", b""),
        },
    }
}

/// Sends the record of a call with this recording.
async fn call(gateway: &TestGateway, id: &str, link: &str) {
    let mut record = record(id, "+79005550142", "106", 28);
    record["link"] = json!(link);
    send_record(gateway, record).await;
}

/// Starts a gateway that may fetch from this server.
async fn gateway(server: &ByteServer, flags: &[(&str, &str)]) -> TestGateway {
    let hosts = server.hosts();
    let own = [
        ("pbx.main.recording_hosts", hosts.as_str()),
        ("pbx.main.recording_wait", "100ms"),
    ];
    gateway_of(&[&own, flags].concat()).await
}

/// Returns the names and the contents of the recordings of all calls.
async fn recordings(gateway: &TestGateway) -> Vec<Vec<u8>> {
    let mut contents = Vec::new();
    for call in calls(gateway) {
        for file in call["FILES"].as_array().into_iter().flatten() {
            let url = gateway.url(file["url"].as_str().unwrap());
            let reply = gateway.http().get(url).send().await.unwrap();
            contents.push(reply.bytes().await.unwrap().to_vec());
        }
    }
    contents
}

fn verdict(gateway: &TestGateway, id: &str) -> StepVerdict {
    let history = gateway.history(&format!("pbx/main/{id}"));
    let steps = history.steps.iter().map(|step| &step.outcome);
    let mut own = steps.filter(|step| step.name == "pbx.recording");
    own.next().unwrap().verdict
}

fn shown(gateway: &TestGateway, id: &str) -> String {
    let name = format!("pbx/main/{id}");
    gateway.command(&["journal", "show", &name], &["--lang", "en"])
}

/// Returns the parameters of the calls that attached recordings.
fn attached(gateway: &TestGateway) -> Vec<Value> {
    let transcript = gateway.portal().transcript();
    let own = transcript.into_iter().filter(|call| {
        call.method
            .eq_ignore_ascii_case("telephony.externalcall.attachRecord")
    });
    own.map(|call| call.params).collect()
}

#[actix_web::test]
async fn a_link_is_checked_and_the_portal_fetches_the_recording() {
    let server = ByteServer::start(answer);
    let gateway = gateway(&server, &[]).await;
    for (id, path) in [("9e1d", "get?file=1"), ("9e1e", "near")] {
        call(&gateway, id, &server.link(path)).await;
        gateway.settle().await;
        assert_eq!(verdict(&gateway, id), StepVerdict::Done, "{path}");
    }
    assert_eq!(recordings(&gateway).await, [MP3, MP3]);
    let sent = attached(&gateway);
    assert_eq!(sent[0]["RECORD_URL"], server.link("get?file=1"));
    // the portal takes the format from the name
    assert_eq!(sent[0]["FILENAME"], "main-9e1d.mp3");
    assert!(shown(&gateway, "9e1d").contains("the portal has fetched the recording"));
}

#[actix_web::test]
async fn a_copied_recording_is_uploaded_to_telephony_or_to_the_activity() {
    let server = ByteServer::start(answer);
    for access in [TelephonyAccess::Webhooks, TelephonyAccess::Applications] {
        let gateway = gateway(&server, &[("pbx.main.recording", "copy")]).await;
        gateway.portal().set_telephony_access(access);
        call(&gateway, "9e1d", &server.link("1.wav")).await;
        gateway.settle().await;
        assert_eq!(recordings(&gateway).await, [WAV], "{access:?}");
        let shown = shown(&gateway, "9e1d");
        assert!(
            shown.contains("the recording is uploaded (27 B)"),
            "{shown}"
        );
        assert!(!shown.contains("UklGR"), "{shown}");
        // a repeat replaces it
        let again = ["replay", "--since", "1h", "--step", "pbx.recording"];
        gateway.command(&again, &[]);
        gateway.settle().await;
        assert_eq!(recordings(&gateway).await.len(), 1, "{access:?}");
    }
}

#[actix_web::test]
async fn a_large_recording_is_uploaded_by_a_form() {
    let server = ByteServer::start(answer);
    let flags = [
        ("pbx.main.recording", "copy"),
        ("pbx.main.recording_limit", "100MB"),
    ];
    let gateway = gateway(&server, &flags).await;
    call(&gateway, "9e1d", &server.link("huge.wav")).await;
    gateway.settle().await;
    assert_eq!(verdict(&gateway, "9e1d"), StepVerdict::Done);
    assert_eq!(recordings(&gateway).await, [huge()]);
    let sent = attached(&gateway);
    assert_eq!(sent.len(), 2, "{sent:?}");
    assert_eq!(sent[0]["FILENAME"], "main-9e1d.wav");
    assert_eq!(sent[0].get("FILE_CONTENT"), None);
    let shown = shown(&gateway, "9e1d");
    assert!(
        shown.contains("the recording is uploaded (21.0 MB)"),
        "{shown}"
    );
    // anybody who has the address can upload
    assert!(!shown.contains("token="), "{shown}");
}

#[actix_web::test]
async fn a_late_recording_is_waited_for_and_nothing_else_is() {
    let server = ByteServer::start(answer);
    let gateway = gateway(&server, &[("pbx.main.recording_wait", "1h")]).await;
    call(&gateway, "9e1d", &server.link("late/5")).await;
    until("the call is in the timeline", async || {
        calls(&gateway).len() == 1
    })
    .await;
    gateway.settle().await;
    assert_eq!(server.asked("/late/5"), 6, "five checks, and the portal");
    assert_eq!(recordings(&gateway).await, [MP3]);
    assert_eq!(gateway.count(State::Delivered).await, 1);
}

#[actix_web::test]
async fn what_is_no_recording_is_told_and_parks_nothing() {
    let server = ByteServer::start(answer);
    let limit = [("pbx.main.recording_limit", "16KB")];
    for way in ["link", "copy"] {
        let flags = [&limit[..], &[("pbx.main.recording", way)]].concat();
        let gateway = gateway(&server, &flags).await;
        for (number, (path, words)) in [
            ("gone", "answers with status 404"),
            ("page", "a web page, not to the recording"),
            ("empty", "the recording is empty"),
            ("ogg", "neither MP3 nor WAV"),
            (
                "large",
                "larger than pbx.main.recording_limit allows (16 KB)",
            ),
            ("away", "pbx.main.recording_hosts does not name this host"),
        ]
        .into_iter()
        .enumerate()
        {
            let id = format!("9e1{number}");
            call(&gateway, &id, &server.link(path)).await;
            gateway.settle().await;
            assert_eq!(verdict(&gateway, &id), StepVerdict::Refused, "{way} {path}");
            let shown = shown(&gateway, &id);
            assert!(shown.contains(words), "{way} {path}: {shown}");
            assert!(shown.contains("no-recording"), "{shown}");
        }
        assert_eq!(gateway.count(State::Delivered).await, 6, "{way}");
        assert_eq!(calls(&gateway).len(), 6, "{way}");
        assert_eq!(recordings(&gateway).await.len(), 0, "{way}");
    }
}

#[actix_web::test]
async fn no_other_host_is_asked() {
    let server = ByteServer::start(answer);
    let gateway = gateway_of(&[("pbx.main.recording", "copy")]).await;
    let link = server.link("1.mp3").replace("127.0.0.1", "localhost");
    call(&gateway, "9e1d", &link).await;
    gateway.settle().await;
    assert_eq!(verdict(&gateway, "9e1d"), StepVerdict::Refused);
    assert_eq!(server.asked("/1.mp3"), 0);
}

#[actix_web::test]
async fn without_recordings_the_settings_attach_none() {
    let server = ByteServer::start(answer);
    let gateway = gateway(&server, &[("pbx.main.recording", "off")]).await;
    call(&gateway, "9e1d", &server.link("1.mp3")).await;
    gateway.settle().await;
    assert_eq!(verdict(&gateway, "9e1d"), StepVerdict::Done);
    assert_eq!(server.asked("/1.mp3"), 0);
    assert_eq!(attached(&gateway).len(), 0);
}

#[actix_web::test]
async fn lost_replies_leave_one_recording() {
    let server = ByteServer::start(answer);
    for code in ["RESET_AFTER", "CUT_BODY", "BAD_GATEWAY", "ERROR_AFTER_SAVE"] {
        let gateway = gateway(&server, &[]).await;
        fault(&gateway, code, "telephony.externalcall.attachrecord", 2);
        call(&gateway, "9e1d", &server.link("1.mp3")).await;
        gateway.settle().await;
        assert_eq!(recordings(&gateway).await, [MP3], "{code}");
        assert_eq!(verdict(&gateway, "9e1d"), StepVerdict::Done, "{code}");
    }
}
