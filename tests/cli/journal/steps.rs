//! The steps after the CRM in the history, in explanations and in replays.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::wait_for;
use crate::home::{Home, Server};

/// A contact and a deal, a request whose status the packet decides, and a change of the deal.
const CHAIN: &str = "name: Заказ
receive: { channel: shop }
fields: { name: $.name, code: $.code }
contact: { fields: { NAME: '{{name}}' } }
deal: { found: always_create, fields: { TITLE: 'Заказ {{name}}' } }
then:
  - { http: bin, name: order, path: '/status/{{code}}', json: { customer: '{{name}}', deal: '{{steps.crm.deal_id}}' }, save: { code: { from: status, missing: fail } } }
  - { name: mark, crm: { update: deal, fields: { COMMENTS: 'ответ {{steps.order.code}}' } } }
";

fn home() -> Home {
    let home = Home::new();
    home.write("mappings/shop.yaml", CHAIN);
    home
}

/// Sends an order, and returns its identity.
fn send(server: &Server, code: u16) -> String {
    let headers = format!("Content-Type: application/json\r\nIdempotency-Key: order-{code}\r\n");
    let body = format!("{{\"name\": \"Анна\", \"code\": {code}}}");
    let reply = server.post("/in/shop", &headers, &body);
    assert!(reply.contains("200"), "{reply}");
    format!("channels/shop/order-{code}")
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn explain_shows_request_reply_duration_and_verdict_of_later_steps_in_both_languages() {
    let home = home();
    let server = Server::serve(&home);
    let good = send(&server, 200);
    wait_for(&home, &good, "delivered");
    let refused = send(&server, 422);
    wait_for(&home, &refused, "parked");
    for (id, lang, parts) in [
        (
            &good,
            "en",
            &[
                "· POST https://127.0.0.1:",
                "/services/bin/status/200 → status 200, ",
                "Content-Type: application/json",
                "Idempotency-Key: ",
                "{\"customer\":\"Анна\",\"deal\":1}",
                " ms, {\"status\":200}",
                "step crm (crm:sandbox): done",
                "step order (http:bin): done",
                "step mark (crm:sandbox): done",
                "In the CRM it is contact 1 and deal 1",
            ][..],
        ),
        (
            &good,
            "ru",
            &[
                "/status/200 → статус 200, ",
                "{\"customer\":\"Анна\",\"deal\":1}",
                " мс, {\"status\":200}",
                "шаг order (http:bin): выполнен",
                "шаг mark (crm:sandbox): выполнен",
                "В CRM это контакт 1 и сделка 1",
            ],
        ),
        (
            &refused,
            "en",
            &[
                "/status/422 → status 422, ",
                "{\"customer\":\"Анна\",\"deal\":2}",
                " ms, {\"status\":422}: status 422\n",
                "refused-by-service: ",
                "What to do: ",
            ],
        ),
        (
            &refused,
            "ru",
            &[
                "→ статус 422, ",
                " мс, {\"status\":422}: статус 422\n",
                "Что делать: ",
            ],
        ),
    ] {
        let text = home.says(&["explain", id, "--lang", lang], 0, parts);
        assert!(
            !text.contains("crm.deal.add"),
            "calls of the CRM are in the journal\n{text}"
        );
    }
    let text = home.succeeds(&["explain", &refused, "--json"]);
    let whole: Value = serde_json::from_str(&text).unwrap();
    let steps = whole["attempts"].as_array().unwrap().iter();
    let mut steps = steps.flat_map(|attempt| attempt["steps"].as_array().unwrap());
    let request = steps.find_map(|step| step.get("request")).unwrap();
    assert_eq!(request["status"], 422);
    assert_eq!(request["params"]["body"]["customer"], "Анна");
    server.terminate();
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn dry_runs_compare_later_steps_and_a_replay_begins_at_a_named_one() {
    let home = home();
    let server = Server::serve(&home);
    let id = send(&server, 200);
    wait_for(&home, &id, "delivered");
    let same = home.succeeds(&["replay", &id, "--dry-run"]);
    assert!(
        same.contains("identical to the plan of its history"),
        "{same}"
    );
    server.terminate();
    let edited = CHAIN
        .replace("customer: '{{name}}'", "customer: 'г-жа {{name}}', sum: 5")
        .replace("/status/{{code}}", "/status/201")
        .replace(
            "missing: fail } }",
            "missing: empty } }, success: [200, 201], if_it_fails: continue",
        )
        .replace(
            "'ответ {{steps.order.code}}'",
            "'код {{default steps.order.code \"-\"}}'",
        );
    home.write("mappings/shop.yaml", &edited);
    for (arguments, parts) in [
        (
            &["--dry-run"][..],
            &[
                "~ order: path: «/status/200» → «/status/201»",
                "~ order: json.customer: «Анна» → «г-жа Анна»",
                "+ order: json.sum: «5»",
                "+ order: success.status: «200, 201»",
                "+ order: if_it_fails: «continue»",
                "~ order: save.code: «status (missing: fail)» → «status (missing: empty)»",
                "~ mark: deal.COMMENTS: «ответ {{steps.order.code}}» → «код {{default steps.order.code \"-\"}}»",
                "all steps are finished",
            ][..],
        ),
        (
            &["--dry-run", "--lang", "ru"],
            &["Отличия от плана в его истории", "не будет тронуто"],
        ),
    ] {
        home.says(&[&["replay", &id], arguments].concat(), 0, parts);
    }
    for lang in ["en", "ru"] {
        let from = [
            "replay",
            &id,
            "--dry-run",
            "--from",
            "order",
            "--lang",
            lang,
        ];
        let text = home.says(&from, 0, &["~ order: path: "]);
        assert!(
            !text.contains("left alone") && !text.contains("не будет тронуто"),
            "{text}"
        );
    }
    for (arguments, parts) in [
        (
            &["--from", "order", "--lang", "en"][..],
            &["run again: order, mark\n", "stay as they are: crm (done)\n"][..],
        ),
        (
            &["--from", "order", "--lang", "ru"],
            &[
                "выполнятся снова: order, mark\n",
                "останутся как есть: crm (выполнен)\n",
            ],
        ),
        (
            &["--step", "order", "--lang", "en"],
            &[
                "run again: order\n",
                "stay as they are: crm (done), mark (done)\n",
            ],
        ),
        (
            &["--from", "crm", "--lang", "en"],
            &["run again: crm, order, mark\n"],
        ),
    ] {
        home.says(
            &[&["replay", &id, "--dry-run"], arguments].concat(),
            0,
            parts,
        );
    }
    let json = home.succeeds(&["replay", &id, "--dry-run", "--from", "mark", "--json"]);
    let line: Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!(
        line["steps"],
        serde_json::json!([
            {"name": "crm", "runs": {"stays": "done"}}, {"name": "order", "runs": {"stays": "done"}},
            {"name": "mark", "runs": "again"},
        ])
    );
    let (code, text) = home.run(&["replay", &id, "--from", "letter"]);
    assert!(
        code == 1 && text.contains("its plan has no step letter; its steps: crm, order, mark"),
        "{text}"
    );
    // the deal stays the one that it was
    home.says(&["replay", &id, "--from", "order"], 0, &["queued again: "]);
    let server = Server::serve(&home);
    let patience = Instant::now() + Duration::from_secs(180);
    let shown = loop {
        let shown = home.succeeds(&["journal", "show", &id]);
        if shown.contains("код 201") {
            break shown;
        }
        assert!(Instant::now() < patience, "{shown}");
        std::thread::sleep(Duration::from_millis(50));
    };
    for words in ["/status/201", "г-жа Анна", "deal 1"] {
        assert!(shown.contains(words), "{words}\n{shown}");
    }
    server.terminate();
}

/// HTTP in, HTTP out.
const FAR: &str = "receive: { channel: shop }
fields: { name: $.name }
then:
  - { http: far, path: /orders, json: { name: '{{name}}' }, success: $.ok == true }
";

/// Returns the requests that the bin of a sandbox got, as its page shows them.
fn requests(sandbox: &Server) -> usize {
    let page = "GET /sandbox/services HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    crate::home::send(sandbox.port(), page)
        .matches("/orders")
        .count()
}

#[test]
fn a_tls_error_sends_nothing_and_is_over_once_the_certificate_is_trusted() {
    let service = Home::new();
    let sandbox = Server::start(
        &service,
        &["sandbox", "--listen", "127.0.0.1:0", "--tls", "127.0.0.1:0"],
        &[],
    );
    let secure = sandbox.line("https").trim_start_matches("https").trim();
    let secure = secure.split("/rest/").next().unwrap();
    let certificate = sandbox.line("Certificate");
    let certificate = certificate
        .trim_start_matches("Certificate")
        .trim()
        .to_owned();
    let mut home = Home::new();
    home.set("LEADGATE_SANDBOX__KEEP", "false");
    home.write("mappings/shop.yaml", FAR);
    let plain_port = format!("https://127.0.0.1:{}/services/bin", sandbox.port());
    let far = format!("{secure}/services/bin");
    let id = "channels/shop/order-1";
    // a port without TLS, and a certificate that nobody has trusted
    for (url, words) in [(&plain_port, "сервис недоступен: "), (&far, "сертификат")]
    {
        let server = Server::start(
            &home,
            &["serve", "--listen", "127.0.0.1:0"],
            &[("LEADGATE_HTTP__FAR__URL", url)],
        );
        send(&server, 1);
        let patience = Instant::now() + Duration::from_secs(180);
        loop {
            let text = home.succeeds(&["explain", id, "--lang", "ru"]);
            if text.contains(words) {
                assert!(text.contains("ответа нет"), "{text}");
                break;
            }
            assert!(Instant::now() < patience, "{words}\n{text}");
            std::thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(server.terminate(), Some(0));
        assert_eq!(requests(&sandbox), 0, "{url}");
    }
    let trusted = [
        ("LEADGATE_HTTP__FAR__URL", far.as_str()),
        ("LEADGATE_HTTP__FAR__TRUST", certificate.as_str()),
    ];
    let server = Server::start(&home, &["serve", "--listen", "127.0.0.1:0"], &trusted);
    wait_for(&home, id, "delivered");
    assert_eq!(server.terminate(), Some(0));
    assert!(requests(&sandbox) >= 1);
}
