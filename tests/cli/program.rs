//! The program as people run it: its output and exit codes.

use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

use leadgate::simulator::{Portal, PortalOptions};

use crate::home::{Home, Server};

#[test]
fn serve_prints_its_addresses_and_working_curl_commands() {
    let home = Home::with_shipped_profiles();
    let data = home.path("data").display().to_string();
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--data", &data];
    let server = Server::start(&home, &arguments, &[]);
    assert!(server.line("postPoll").ends_with("/polls/postPoll"));
    assert!(server.line("postAnswer").ends_with("/polls/postAnswer"));
    let crm = server.line("CRM");
    assert!(crm.contains("the embedded sandbox, not a real portal"));
    assert!(crm.ends_with("/sandbox"));
    assert!(server.line("Data").ends_with(&data));
    // calltouch makes nothing in the CRM
    for part in ["→ request to calltouch", "consultation"] {
        let has_it = server.lines.iter().any(|line| line.contains(part));
        assert!(has_it, "{part}: {:?}", server.lines);
    }
    for line in server.lines.iter().filter(|line| line.starts_with("curl")) {
        let output = Command::new("sh")
            .arg("-c")
            .arg(format!("{line} --silent --show-error --noproxy '*'"))
            .output()
            .unwrap();
        if output.status.code() == Some(127) {
            return; // this machine has no curl
        }
        let reply = String::from_utf8(output.stdout).unwrap();
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert!(
            reply.contains("\"is_successful\":true"),
            "{line}\n{reply}{complaint}"
        );
    }
    // the journal can be read while the gateway runs
    assert!(until_delivered(&home).contains("poll 123, answer 345"));
    let parts = [
        "What came in",
        "anna@mail.example",
        "← $['data']['email']",
        "CRM: ",
    ];
    let text = home.says(&["journal", "show", "123/345"], 0, &parts);
    assert!(!text.contains('\u{1b}'), "plain when piped");
    assert_eq!(server.terminate(), Some(0), "SIGTERM drains and ends well");
}

/// Waits for the first delivery, and returns what `leadgate journal` prints then.
fn until_delivered(home: &Home) -> String {
    let deadline = Instant::now() + Duration::from_secs(180);
    loop {
        let text = home.succeeds(&["journal"]);
        if text.contains("delivered") {
            return text;
        }
        assert!(Instant::now() < deadline, "not delivered: {text}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_second_gateway_on_the_same_data_is_refused() {
    let home = Home::with_shipped_profiles();
    let server = Server::serve(&home);
    home.says(
        &["serve", "--listen", "127.0.0.1:0"],
        3,
        &["another gateway works with"],
    );
    assert_eq!(server.terminate(), Some(0));
}

#[test]
fn an_unusable_webhook_is_reported_at_start_without_its_secret() {
    for (webhook, words) in [
        (
            "http://acme.bitrix24.example/rest/1/s3cr3t/",
            "write https://",
        ),
        ("acme", "the webhook is not a web address"),
        (
            "https://acme.bitrix24.example/s3cr3t/",
            "the webhook's path is not /rest/<user id>/<secret>/",
        ),
    ] {
        let home = Home::with_shipped_profiles();
        let settings = [("LEADGATE_CRM__MAIN__WEBHOOK", webhook)];
        let ended = home.run_with(&["serve", "--listen", "127.0.0.1:0"], &settings);
        let complaint = ended.stderr;
        assert_eq!(ended.code, 3, "{complaint}");
        assert!(
            complaint.contains("crm.main.webhook cannot be used") && complaint.contains(words),
            "{complaint}"
        );
        assert!(!complaint.contains("s3cr3t"));
    }
}

fn check_live(webhook: &str, more: &[(&str, &str)]) -> (i32, String) {
    let home = Home::with_shipped_profiles();
    let settings = [&[("LEADGATE_CRM__MAIN__WEBHOOK", webhook)], more].concat();
    let ended = home.run_with(&["check", "--live"], &settings);
    let text = ended.stdout + &ended.stderr;
    assert!(!text.contains("s3cr3t"), "{text}");
    (ended.code, text)
}

#[actix_web::test]
async fn check_live_reports_problems_of_a_webhook() {
    // held by a socket that does not listen, so that nothing answers there
    let taken = tokio::net::TcpSocket::new_v4().unwrap();
    taken.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let closed = taken.local_addr().unwrap();
    let (code, text) = check_live(&format!("http://{closed}/rest/1/s3cr3t/"), &[]);
    assert_eq!(code, 1);
    assert!(
        text.contains("nothing answers there") && text.contains("/rest/1/•••/"),
        "{text}"
    );

    let mut options = PortalOptions::new(std::sync::Arc::new(|| jiff::Timestamp::UNIX_EPOCH));
    options.secret = "s3cr3t".to_owned();
    let portal = Portal::new(options);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    actix_web::rt::spawn(portal.serve(listener).unwrap());
    let webhook = format!("http://{address}/rest/1/s3cr3t/");
    let ask = |more: &'static [(&'static str, &'static str)], webhook: String| async move {
        actix_web::rt::task::spawn_blocking(move || check_live(&webhook, more))
            .await
            .unwrap()
    };

    let (code, text) = ask(&[], webhook.clone()).await;
    assert!(code == 0 && text.contains("works; owner: "), "{text}");
    portal.set_scopes(&["user"]);
    let (code, text) = ask(&[], webhook.clone()).await;
    assert!(code == 1 && text.contains("lacks the scope crm"), "{text}");
    portal.set_scopes(&["crm"]);
    let employees: &[_] = &[("LEADGATE_POLLS__EMPLOYEES__CHECK", "portal")];
    let (code, text) = ask(employees, webhook.clone()).await;
    assert!(
        code == 1 && text.contains("lacks the scope user_basic or user"),
        "{text}"
    );
    let (code, text) = ask(&[], format!("http://{address}/rest/1/other-s3cr3t/")).await;
    assert!(code == 1 && text.contains("rejects the webhook"), "{text}");
}

#[actix_web::test]
async fn check_live_asks_calltouch_if_there_is_a_token_for_reading() {
    let mut options = PortalOptions::new(std::sync::Arc::new(|| jiff::Timestamp::UNIX_EPOCH));
    options.secret = "s3cr3t".to_owned();
    let portal = Portal::new(options);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    actix_web::rt::spawn(portal.serve(listener).unwrap());
    for (token, words) in [
        ("", "was not asked: set `http.orders.read_token`"),
        ("s3cr3t-read", "answers (status 200)"),
    ] {
        let webhook = format!("http://{address}/rest/1/s3cr3t/");
        let url = format!("http://{address}/services/calltouch");
        let ask = move || {
            let mut more = vec![
                ("LEADGATE_HTTP__ORDERS__URL", url.as_str()),
                ("LEADGATE_HTTP__ORDERS__PRESET", "calltouch"),
                ("LEADGATE_HTTP__ORDERS__SITE", "1"),
                ("LEADGATE_HTTP__ORDERS__TOKEN", "sandbox"),
            ];
            if !token.is_empty() {
                more.push(("LEADGATE_HTTP__ORDERS__READ_TOKEN", token));
            }
            check_live(&webhook, &more)
        };
        let answer = actix_web::rt::task::spawn_blocking(ask).await.unwrap();
        assert_eq!(answer.0, 0, "{token} {}", answer.1);
        assert!(answer.1.contains(words), "{words}\n{}", answer.1);
        assert!(!answer.1.contains("s3cr3t-read"), "{}", answer.1);
    }
}

#[actix_web::test]
async fn check_live_asks_each_service() {
    let mut options = PortalOptions::new(std::sync::Arc::new(|| jiff::Timestamp::UNIX_EPOCH));
    options.secret = "s3cr3t".to_owned();
    let portal = Portal::new(options);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    actix_web::rt::spawn(portal.serve(listener).unwrap());
    for (path, code, words) in [
        ("", 0, "was not asked: set `http.orders.check`"),
        ("/ping", 0, "answers (status 200)"),
        ("/status/404", 0, "answers (status 404)"),
        ("/status/401", 1, "rejects the credentials (status 401)"),
        ("/status/502", 1, "status 502"),
    ] {
        let webhook = format!("http://{address}/rest/1/s3cr3t/");
        let url = format!("http://{address}/services/bin");
        let ask = move || {
            let more = [
                ("LEADGATE_HTTP__ORDERS__URL", url.as_str()),
                ("LEADGATE_HTTP__ORDERS__TOKEN", "s3cr3t-token"),
                ("LEADGATE_HTTP__ORDERS__CHECK", path),
            ];
            check_live(&webhook, &more)
        };
        let answer = actix_web::rt::task::spawn_blocking(ask).await.unwrap();
        assert_eq!(answer.0, code, "{path} {}", answer.1);
        assert!(answer.1.contains(words), "{path} {}", answer.1);
    }
}

#[test]
fn check_reports_every_mistake_and_exits_with_1() {
    let home = Home::with_shipped_profiles();
    home.write(
        "mappings/a.yaml",
        "name: А\nreceive: { polls: [1] }\nfield:\n  x: $.data.x\n",
    );
    home.write(
        "mappings/b.yaml",
        "name: Б\nreceive: { polls: [2] }\ndeal:\n  fields:\n    TITLE: \"{{nmae}}\"\n",
    );
    let parts = ["a.yaml:3:1", "b.yaml:5:", "fields"];
    home.says(&["check", "mappings"], 1, &parts);
    // the shipped profiles have no problems
    home.says(&["check", "--deny-warnings"], 0, &[]);
}

#[test]
fn wrong_arguments_exit_with_2_and_a_reason() {
    let mut home = Home::with_shipped_profiles();
    let unknown = [("LEADGATE_SERVR__LISTEN", "x")];
    let ended = home.run_with(&["config"], &unknown);
    assert_eq!(ended.code, 2);
    let complaint = ended.stderr;
    assert!(complaint.contains("did you mean `server`?"), "{complaint}");
    home.says(
        &["journal", "--state", "lost"],
        1,
        &["there is no store at"],
    );
    home.says(&["no-such-command"], 2, &[]);
    home.set("LEADGATE_SERVER__LISTEN", "127.0.0.1:1");
    home.says(&["health"], 1, &[]);
}

#[test]
fn config_prints_the_settings_in_force_and_masks_secrets() {
    let mut home = Home::with_shipped_profiles();
    home.set(
        "LEADGATE_CRM__MAIN__WEBHOOK",
        "https://acme.bitrix24.example/rest/1/s3cr3t/",
    );
    let parts = [
        "crm.main.webhook = \"https://acme.bitrix24.example/•••\"",
        "# flag",
        "# default",
    ];
    let text = home.says(&["config", "--data", "elsewhere"], 0, &parts);
    assert!(!text.contains("s3cr3t"), "{text}");
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn config_and_check_refuse_the_settings_that_serve_refuses() {
    let home = Home::with_shipped_profiles();
    let nothing = home.path("nothing.pem").display().to_string();
    let nothing = nothing.as_str();
    let text = home.write("text.pem", "no certificate\n");
    let broken = home.write(
        "broken.pem",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    );
    let url = ("LEADGATE_HTTP__ORDERS__URL", "https://api.example");
    let trust = "LEADGATE_HTTP__ORDERS__TRUST";
    let look = ("LEADGATE_HTTP__ORDERS__LOOK_PATH", "/orders?number={id}");
    let found = ("LEADGATE_HTTP__ORDERS__LOOK_FOUND", "total is big");
    let mail = [
        ("LEADGATE_MAIL__SERVER", "smtps://smtp.example"),
        ("LEADGATE_MAIL__FROM", "leadgate@example.com"),
        ("LEADGATE_MAIL__CA_FILE", nothing),
    ];
    let (no_file, en) = ("не удаётся прочитать", "cannot read");
    let certificate = "в файле нет пригодного сертификата";
    for (settings, key, en, ru) in [
        (
            vec![url, (trust, nothing)],
            "http.orders.trust",
            en,
            no_file,
        ),
        (
            vec![url, (trust, text.as_str())],
            "http.orders.trust",
            "no usable certificate",
            certificate,
        ),
        (
            vec![url, (trust, broken.as_str())],
            "http.orders.trust",
            "no usable certificate",
            certificate,
        ),
        (
            vec![url, look, found],
            "http.orders.look_found",
            "is not a test; write",
            "не условие",
        ),
        (
            vec![("LEADGATE_HTTP__ORDERS__URL", "https://a b")],
            "http.orders.url",
            "is not an address",
            "не адрес",
        ),
        (mail.to_vec(), "mail.ca_file", en, no_file),
    ] {
        for command in ["config", "check"] {
            for (lang, words) in [("en", en), ("ru", ru)] {
                let ended = home.run_with(&[command, "--lang", lang], &settings);
                let text = ended.stdout + &ended.stderr;
                assert_eq!(ended.code, 2, "{command} {settings:?}\n{text}");
                for part in [key, words] {
                    assert!(text.contains(part), "{command} {part}\n{text}");
                }
            }
        }
    }
    let ended = home.run_with(&["config"], &[url, look]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
}
