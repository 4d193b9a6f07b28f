//! Channels: signatures of every kind, all methods, and pages as replies.

use reqwest::Method;
use serde_json::{Value, json};

use crate::channels::gateway_with;
use crate::gateway::TestGateway;

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// Signatures of `order=1` with the key `s3cr3t`: algorithm, encoding, signature; made by Python's
/// `hmac`.
const SIGNATURES: [(&str, &str, &str); 6] = [
    ("sha1", "hex", "4e2a3d0414774a9f0a274bd85a9c0ed54795a7c3"),
    ("sha1", "base64", "Tio9BBR3Sp8KJ0vYWpwO1UeVp8M="),
    (
        "sha256",
        "hex",
        "0ed5763b028bd5587ca41762ab91b61336527f484168a4407c37d53d868cf58e",
    ),
    (
        "sha256",
        "base64",
        "DtV2OwKL1Vh8pBdiq5G2EzZSf0hBaKRAfDfVPYaM9Y4=",
    ),
    (
        "sha512",
        "hex",
        "6e9eb8ed25b0ea903fa8cc0c1d84e19e3b575f05c6549ccae0a0d6b6425ba71e\
         71560e0fba6416d99267b4590119f6c88886633f8f68e00072ca93de12a415eb",
    ),
    (
        "sha512",
        "base64",
        "bp647SWw6pA/qMwMHYThnjtXXwXGVJzK4KDWtkJbpx5xVg4PumQW2ZJntFkBGfbIiIZjP49o4AByypPeEqQV6w==",
    ),
];

async fn gateway(profile_channels: &[String], settings: &str) -> TestGateway {
    let profile = format!(
        "receive: {{ channel: [{}] }}\nfields: {{ order: order }}\n\
         deal: {{ found: always_create, fields: {{ TITLE: \"{{{{order}}}}\" }} }}\n",
        profile_channels.join(", ")
    );
    let files = [
        ("shop.yaml", profile.as_str()),
        ("_channels.yaml", settings),
        ("secret.txt", "s3cr3t\n"),
    ];
    gateway_with(&files, &[]).await
}

#[actix_web::test]
async fn checks_signatures_of_every_algorithm_and_encoding() {
    let name = |(algorithm, encoding, _): &(&str, &str, &str)| format!("{algorithm}-{encoding}");
    let names: Vec<String> = SIGNATURES.iter().map(name).collect();
    let settings: Vec<String> = SIGNATURES
        .iter()
        .zip(&names)
        .map(|((algorithm, encoding, _), name)| {
            format!(
                "{name}: {{ hmac: {{ header: X-Sign, algorithm: {algorithm}, encoding: {encoding}, secret: {{ file: secret.txt }} }} }}\n"
            )
        })
        .collect();
    let gateway = gateway(&names, &settings.concat()).await;
    for (rule, channel) in SIGNATURES.iter().zip(&names) {
        let (_, encoding, right) = *rule;
        let address = format!("/in/{channel}");
        let post = async |sign: &str, body: &'static str| {
            let request = gateway.posting(&address, "", body).header("X-Sign", sign);
            gateway.send(request).await.status
        };
        assert_eq!(post(right, "order=1").await, 200, "{channel}");
        // a request without a body signs its query
        let get = gateway
            .http()
            .get(gateway.url(&format!("{address}?order=1")));
        let get = gateway.send(get.header("X-Sign", right)).await;
        assert_eq!(get.status, 200, "{channel}: {get:?}");
        // hex ignores case; in base64 the other case means other bytes
        let (same, other) = match encoding {
            "hex" => (right.to_uppercase(), right.replace('a', "b")),
            _ => (
                right.replace('+', "-").replace('/', "_").replace('=', ""),
                right.to_lowercase(),
            ),
        };
        assert_eq!(post(&same, "order=1").await, 200, "{channel}: {same}");
        let short = right.split_at(right.len() - 4).0;
        for wrong in [other.as_str(), short, "", "="] {
            assert_eq!(post(wrong, "order=1").await, 401, "{channel}: {wrong}");
        }
        assert_eq!(post(right, "order=2").await, 401, "{channel}");
        for (_, _, another) in SIGNATURES.iter().filter(|one| *one != rule) {
            assert_eq!(post(another, "order=1").await, 401, "{channel}: {another}");
        }
        assert_eq!(gateway.post_in(&address, "", "order=1").await.status, 401);
    }
}

#[actix_web::test]
async fn other_methods_get_405_with_the_allowed_ones() {
    let allowed: Vec<(String, Vec<&str>)> = METHODS
        .iter()
        .map(|method| (method.to_lowercase(), vec![*method]))
        .chain([
            ("most".to_owned(), vec!["PATCH", "GET", "DELETE"]),
            ("usual".to_owned(), vec!["GET", "POST"]),
        ])
        .collect();
    let names: Vec<String> = allowed.iter().map(|(name, _)| name.clone()).collect();
    let settings: Vec<String> = allowed
        .iter()
        .filter(|(name, _)| name != "usual")
        .map(|(name, methods)| format!("{name}: {{ methods: [{}] }}\n", methods.join(", ")))
        .collect();
    let gateway = gateway(&names, &settings.concat()).await;
    for (name, methods) in &allowed {
        for method in METHODS.iter().chain(&["HEAD", "OPTIONS"]) {
            let address = gateway.url(&format!("/in/{name}?order=1"));
            let verb = Method::from_bytes(method.as_bytes()).unwrap();
            let response = gateway.http().request(verb, address).send().await.unwrap();
            let status = response.status().as_u16();
            let allow = response.headers().get("allow").cloned();
            if methods.contains(method) {
                assert_eq!((status, allow), (200, None), "{method} {name}");
                let body: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
                assert_eq!(body["outcome"], "accepted", "{method} {name}");
            } else {
                let allow = allow.map(|allow| allow.to_str().unwrap().to_owned());
                assert_eq!(
                    (status, allow),
                    (405, Some(methods.join(", "))),
                    "{method} {name}"
                );
            }
        }
    }
    gateway.settle().await;
    let taken: usize = allowed.iter().map(|(_, methods)| methods.len()).sum();
    assert_eq!(
        gateway.deals().len(),
        taken,
        "what was refused leaves nothing"
    );
}

#[actix_web::test]
async fn a_page_as_reply_escapes_everything_from_the_request() {
    let home = tempfile::TempDir::new().unwrap();
    let mappings = TestGateway::mappings(&home);
    let templates = home.path().join("templates");
    std::fs::create_dir_all(&templates).unwrap();
    std::fs::write(
        templates.join("thanks.html.hbs"),
        "<!doctype html><p class=\"{{outcome}}\">{{message}}</p>",
    )
    .unwrap();
    let profile = "receive: { channel: shop }\nfields: { order: { from: order, missing: reject } }\n\
        deal: { found: always_create, fields: { TITLE: \"{{order}}\" } }\n";
    std::fs::write(mappings.join("shop.yaml"), profile).unwrap();
    std::fs::write(
        mappings.join("_channels.yaml"),
        "shop:\n  reply:\n    accepted: { body: { template: thanks.html.hbs } }\n    \
         refused: { status: 200, type: TEXT/HTML, body: \"<p>{{upper message}}</p>\" }\n",
    )
    .unwrap();
    let flags = [
        ("mappings.dir", mappings.to_str().unwrap()),
        ("mappings.templates", templates.to_str().unwrap()),
    ];
    let gateway = TestGateway::at(home, &flags).await;
    let ask = async |content_type: &str, body: &'static str| {
        let request = gateway.posting("/in/shop", content_type, body);
        let response = request.send().await.unwrap();
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        let head = (header("content-type"), header("x-content-type-options"));
        (head, response.text().await.unwrap())
    };
    let (head, page) = ask("", "order=%3Cscript%3Ealert(1)%3C/script%3E").await;
    let nosniff = "nosniff".to_owned();
    assert_eq!(
        head,
        ("text/html; charset=utf-8".to_owned(), nosniff.clone())
    );
    assert_eq!(
        page,
        "<!doctype html><p class=\"accepted\">Заявка принята</p>"
    );
    for (content_type, body) in [
        ("application/json", "{\"<script>alert(1)</script>"),
        ("application/json", "{\"order\": \"<img src=x>\" \"<b>\"}"),
        ("", "%3Cscript%3E=%3Cscript%3E"),
        ("<script>", "<script>"),
    ] {
        let (head, page) = ask(content_type, body).await;
        let kind = "TEXT/HTML; charset=utf-8".to_owned();
        assert_eq!(head, (kind, nosniff.clone()));
        let text = page
            .strip_prefix("<p>")
            .unwrap()
            .strip_suffix("</p>")
            .unwrap();
        assert!(
            text.len() > 10 && !text.contains(['<', '>', '"', '\'']),
            "{page}"
        );
    }
    assert_eq!(
        gateway.post("/in/shop", json!({}).to_string()).await.status,
        200
    );
}
