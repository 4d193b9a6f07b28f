//! Who can reach the sandbox and the metrics.

use super::status;
use crate::home::{Home, Server, send};

const LOCAL: &str = "Host: 127.0.0.1\r\n";

const PATHS: [&str; 6] = [
    "/sandbox",
    "/sandbox/contacts",
    "/sandbox/control/counters",
    "/sandbox/control/snapshot",
    "/sandbox/control/transcript",
    "/rest/1/sandbox/profile",
];

#[test]
fn the_sandbox_is_closed_on_a_public_address_until_a_setting_opens_it() {
    let home = Home::new();
    for (command, open) in [
        ("serve", "LEADGATE_SANDBOX__PUBLIC"),
        ("sandbox", "LEADGATE_SANDBOX__PUBLIC"),
    ] {
        let arguments = [command, "--listen", "0.0.0.0:0"];
        let server = Server::start(&home, &arguments, &[]);
        let log = server.logs("the sandbox CRM is closed");
        assert!(log.contains("sandbox.public"), "{log}");
        for path in PATHS {
            assert_eq!(status(server.port(), path, LOCAL), 403, "{command} {path}");
        }
        if command == "serve" {
            assert_eq!(status(server.port(), "/healthz", LOCAL), 200);
            assert!(
                server
                    .lines
                    .iter()
                    .any(|line| line.contains("its pages are closed"))
            );
        }
        drop(server);
        let server = Server::start(&home, &arguments, &[(open, "true")]);
        server.logs("the sandbox CRM is open to everybody");
        for path in PATHS {
            assert_eq!(status(server.port(), path, LOCAL), 200, "{command} {path}");
            assert_eq!(
                status(server.port(), path, "Host: evil.example\r\n"),
                403,
                "{path}"
            );
        }
    }
}

#[test]
fn the_published_address_decides_behind_a_port_mapping() {
    let home = Home::new();
    let serve = ["serve", "--listen", "0.0.0.0:0"];
    for (published, expected) in [
        ("127.0.0.1:8080", 200),
        ("[::1]:8080", 200),
        ("0.0.0.0:8080", 403),
        ("8080", 403),
        ("192.0.2.1:80", 403),
    ] {
        let more = [
            ("LEADGATE_SERVER__PUBLISHED", published),
            // the announcement names the published port
            ("LEADGATE_SERVER__METRICS_LISTEN", "127.0.0.1:0"),
        ];
        let server = Server::start(&home, &serve, &more);
        let port = server.port();
        assert!(port == 8080 || port == 80, "{port}");
        let words = "the sandbox CRM is closed";
        if expected == 403 {
            // another thread writes the log
            server.logs(words);
        } else {
            assert!(!server.log().contains(words), "{published}");
        }
    }
}

#[test]
fn the_sandbox_answers_only_to_allowed_host_names() {
    let home = Home::new();
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    let server = Server::start(
        &home,
        &serve,
        &[("LEADGATE_SERVER__ALLOWED_HOSTS", "box.example")],
    );
    for path in PATHS {
        for (headers, expected) in [
            (LOCAL, 200),
            ("Host: localhost:1\r\n", 200),
            ("Host: Box.example\r\n", 200),
            ("Host: evil.example\r\n", 403),
            ("Host: 192.0.2.1\r\n", 403),
            ("Host: 127.0.0.1\r\nOrigin: https://evil.example\r\n", 403),
        ] {
            assert_eq!(
                status(server.port(), path, headers),
                expected,
                "{path} {headers}"
            );
        }
    }
    assert!(!server.log().contains("the sandbox CRM is"));
    // senders and monitoring may use any host name
    assert_eq!(
        status(server.port(), "/healthz", "Host: evil.example\r\n"),
        200
    );
    assert_eq!(
        status(server.port(), "/metrics", "Host: evil.example\r\n"),
        200
    );
}

#[test]
fn pages_of_other_sites_cannot_reach_the_sandbox() {
    let home = Home::new();
    let server = Server::start(&home, &["serve", "--listen", "127.0.0.1:0"], &[]);
    let add = "/rest/1/sandbox/crm.contact.add?fields[NAME]=Evil";
    let marks = |site: &str, mode: &str, dest: &str| {
        format!(
            "{LOCAL}Sec-Fetch-Site: {site}\r\nSec-Fetch-Mode: {mode}\r\nSec-Fetch-Dest: {dest}\r\n"
        )
    };
    for site in ["cross-site", "same-site"] {
        for (mode, dest, page) in [
            ("no-cors", "image", 403),
            ("no-cors", "script", 403),
            ("navigate", "iframe", 403),
            ("navigate", "document", 200),
        ] {
            let headers = marks(site, mode, dest);
            assert_eq!(status(server.port(), add, &headers), 403, "{headers}");
            assert_eq!(
                status(server.port(), "/sandbox", &headers),
                page,
                "{headers}"
            );
        }
    }
    for (target, expected) in [
        ("http://evil.example/sandbox", 403),
        ("http://evil.example/rest/1/sandbox/profile", 403),
        ("http://127.0.0.1/sandbox", 200),
        ("/sandbox", 200),
        ("/sandbox/", 200),
        ("/sandbox/deals/", 200),
        ("/sandbox//", 404),
        ("/sandbox/deals//", 404),
        ("/sandbox//deals", 404),
        ("//sandbox", 404),
    ] {
        assert_eq!(status(server.port(), target, LOCAL), expected, "{target}");
    }
    let own = marks("none", "navigate", "document");
    assert_eq!(status(server.port(), add, &own), 200, "typed by a person");
}

#[test]
fn metrics_can_have_a_separate_address() {
    let home = Home::new();
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    let server = Server::start(
        &home,
        &serve,
        &[("LEADGATE_SERVER__METRICS_LISTEN", "127.0.0.1:0")],
    );
    let log = server.logs("metrics are at http://127.0.0.1:");
    let (_, rest) = log.split_once("metrics are at http://127.0.0.1:").unwrap();
    let port = rest.split('/').next().unwrap().parse().unwrap();
    assert_eq!(status(port, "/metrics", LOCAL), 200);
    assert_eq!(status(port, "/polls/postPoll", LOCAL), 404);
    assert_eq!(status(server.port(), "/metrics", LOCAL), 404);
    assert_eq!(status(server.port(), "/healthz", LOCAL), 200);
}

#[test]
fn malformed_requests_are_logged_a_limited_number_of_times_a_minute() {
    let home = Home::new();
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    let server = Server::start(&home, &serve, &[]);
    assert_eq!(status(server.port(), "/healthz", LOCAL), 200);
    assert!(!server.log().contains("malformed"));
    for bytes in [
        "not http at all\r\n\r\n",
        "GET / HTTP/1.1\r\nbad header\r\n\r\n",
    ] {
        for _ in 0..20 {
            let answer = send(server.port(), bytes);
            assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
        }
    }
    let log = server.logs("further ones in this minute are only counted");
    let count = log.matches("malformed HTTP request refused").count();
    // the tests may run over the end of a minute
    assert!((10..=21).contains(&count), "{count}");
    assert!(log.contains("WARN"), "{log}");
    assert!(
        !log.contains("bad header"),
        "what a stranger sent is not repeated"
    );
}
