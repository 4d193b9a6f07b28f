//! Reasons of verdicts are stored as data, and each command shows them in the operator's language.

use leadgate::domain::{Lang, State, VerdictReason};
use serde_json::{Value, json};

use crate::channels::gateway_with;
use crate::dedup::{CONTACT, add_contact, anna, phone, send, with};
use crate::gateway::{TestGateway, answer, until};

const FIELDS: &str =
    "fields: { phone: { from: $.data.phone, as: phone, missing: MISSING }, city: $.data.city }
contact: { several: park, fields: { PHONE: { value: '{{phone}}', search: true } } }
";

/// Returns a profile for a poll.
fn profile(poll: i64, missing: &str, deal: &str) -> String {
    let fields = FIELDS.replace("MISSING", missing);
    format!("receive: {{ polls: [{poll}] }}\n{fields}deal: {{ fields: {{ TITLE: x{deal} }} }}\n")
}

async fn gateway(flags: &[(&str, &str)]) -> TestGateway {
    let files = [
        ("p1.yaml", profile(1, "reject", "")),
        ("p2.yaml", profile(2, "park", "")),
        (
            "p3.yaml",
            profile(3, "skip", ", UF_CRM_NOPE: { value: '{{city}}', as: label }"),
        ),
        (
            "p4.yaml",
            profile(
                4,
                "skip",
                ", UF_CRM_NOPE: { value: '{{city}}', search: true }",
            ),
        ),
        ("p5.yaml", profile(5, "skip", "")),
        (
            "shop.yaml",
            "receive: { channel: shop }\nfields: { name: $.name }\n\
             contact: { fields: { NAME: '{{name}}' } }\n"
                .to_owned(),
        ),
        (
            "_channels.yaml",
            "shop: { guard: none, each: \"$.items[*]\" }\n".to_owned(),
        ),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, &**text)).collect();
    gateway_with(&files, flags).await
}

/// Returns identity, state and stored reason of all submissions.
fn reasons(gateway: &TestGateway) -> Vec<(String, State, VerdictReason)> {
    let list = gateway.command(&["journal", "--json", "--limit", "100"], &[]);
    let rows = list.lines().map(|line| serde_json::from_str(line).unwrap());
    rows.filter_map(|row: Value| {
        let identity = row["identity"].as_str()?.to_owned();
        let state = serde_json::from_value(row["state"].clone()).ok()?;
        let why: Option<VerdictReason> = serde_json::from_value(row["why"].clone()).ok()?;
        Some((identity, state, why?))
    })
    .collect()
}

fn head(text: &str) -> String {
    text.chars().take(30).collect()
}

/// Checks that every command shows every reason in Russian, without a word of its English text.
fn speaks_russian(gateway: &TestGateway) {
    let list = gateway.command(&["journal", "--limit", "100"], &["--lang", "ru"]);
    for (identity, _, why) in reasons(gateway) {
        assert!(
            !matches!(why, VerdictReason::Text(_)),
            "{identity}: {why:?}"
        );
        let russian = head(&why.to_text(Lang::Ru));
        let english = head(&why.to_text(Lang::En));
        assert!(list.contains(&russian), "{identity}, {russian}: {list}");
        assert!(!list.contains(&english), "{identity}: {list}");
        // `journal show` has the calls as they were made, errors included
        let shown = gateway.command(&["journal", "show", &identity], &["--lang", "ru"]);
        assert!(shown.contains(&russian), "{russian}: {shown}");
        let explained = gateway.command(&["explain", &identity], &["--lang", "ru"]);
        assert!(explained.contains(&russian), "{russian}: {explained}");
        assert!(!explained.contains(&english), "{explained}");
    }
}

#[actix_web::test]
async fn every_kind_of_reason_is_shown_in_russian() {
    let gateway = gateway(&[]).await;
    for name in ["Один", "Два"] {
        let fields = json!({"NAME": name, "PHONE": [{"VALUE": "+79123456789"}]});
        let portal = gateway.portal();
        portal.call("crm.contact.add", json!({"fields": fields}));
    }
    let no_phone = json!({"city": "Томск"});
    let phone = |number: &str| json!({"city": "Томск", "phone": number});
    assert_eq!(
        gateway
            .post_answer(answer(1, 1, no_phone.clone()))
            .await
            .status,
        422
    );
    gateway.post_answer(answer(2, 1, no_phone)).await;
    gateway
        .post_answer(answer(3, 1, phone("+79120000003")))
        .await;
    gateway
        .post_answer(answer(4, 1, phone("+79120000004")))
        .await;
    gateway
        .post_answer(answer(5, 1, phone("+79123456789")))
        .await;
    gateway.post("/in/shop", r#"{"items":[7]}"#).await;
    gateway.settle().await;
    let refusal = json!({"code": "MANDATORY_FIELD", "entity": "deal", "field": "UF_CRM_ORDER_ID"});
    gateway
        .portal()
        .inject(serde_json::from_value(refusal).unwrap());
    gateway
        .post_answer(answer(5, 2, phone("+79120000005")))
        .await;
    gateway.settle().await;

    let mut codes: Vec<String> = reasons(&gateway)
        .iter()
        .map(|(identity, _, why)| match json!(why)["code"].as_str() {
            Some(code) => code.to_owned(),
            None => panic!("{identity}: {}", why.to_text(Lang::En)),
        })
        .collect();
    codes.sort();
    assert_eq!(
        codes,
        [
            "because",
            "because",
            "because",
            "crm",
            "not_a_submission",
            "rejected",
            "several_contacts"
        ]
    );
    speaks_russian(&gateway);
    // the portal's own words stay as they are
    let shown = gateway.command(&["journal", "show", "5/2"], &["--lang", "ru"]);
    assert!(
        shown.contains("портал отказал в crm.deal.add")
            && shown.contains("CRM_FIELD_ERROR_REQUIRED «The required field"),
        "{shown}"
    );
}

#[actix_web::test]
async fn a_portal_that_cannot_be_reached_is_named_in_russian() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let webhook = format!("http://{}/rest/1/secret/", free.local_addr().unwrap());
    drop(free);
    let gateway = gateway(&[("crm.main.webhook", &webhook)]).await;
    let data = json!({"phone": "+79120000006"});
    gateway.post_answer(answer(5, 1, data)).await;
    until("it waits", async || {
        gateway.count(State::Waiting).await == 1
    })
    .await;
    speaks_russian(&gateway);
    let list = gateway.command(&["journal"], &["--lang", "ru"]);
    assert!(
        list.contains("портал недоступен: соединение отклонено"),
        "{list}"
    );
}

#[actix_web::test]
async fn several_contacts_are_explained_by_the_rule_that_parks_them_and_json_speaks_russian() {
    let ruled = |rules: &str| CONTACT.replace("contact:\n", &format!("contact:\n{rules}"));
    let email = json!([{"VALUE": "anna@mail.example"}]);
    for (rules, second, wanted) in [
        (
            "  conflict: park\n",
            json!({ "EMAIL": email }),
            "поля поиска находят разные контакты, а в профиле conflict: park",
        ),
        (
            "  several: park\n",
            json!({ "EMAIL": email, "PHONE": phone("+79123456789") }),
            "подходят несколько контактов, а в профиле several: park",
        ),
    ] {
        let gateway = with(&format!(
            "{}deal: {{ fields: {{ TITLE: x }} }}\n",
            ruled(rules)
        ))
        .await;
        add_contact(&gateway, json!({"PHONE": phone("+79123456789")}));
        add_contact(&gateway, second);
        send(&gateway, &[anna()]).await;
        let id = format!("5/{}", gateway.next_answer() - 1);
        let output = gateway.command(&["explain", &id, "--lang", "ru"], &[]);
        assert!(output.contains(wanted), "{output}");
        let json = |command: &[&str], lang: &str| -> Value {
            let output = gateway.command(&[command, &["--json", "--lang", lang]].concat(), &[]);
            serde_json::from_str(output.lines().next().unwrap()).unwrap()
        };
        for (lang, is_russian) in [("ru", true), ("en", false)] {
            let speaks = |text: &Value| {
                let mut letters = text.as_str().unwrap().chars();
                letters.any(|letter| ('а'..='я').contains(&letter)) == is_russian
            };
            let explained = json(&["explain", &id], lang);
            let verdict = &explained["attempts"][0]["verdict"];
            assert!(speaks(&verdict["text"]), "{verdict}");
            assert_eq!(verdict["reason"], "several-contacts", "codes stay");
            assert!(verdict["why"].is_object(), "data stay");
            assert!(speaks(&explained["note"]), "{explained}");
            assert!(speaks(&json(&["journal"], lang)["note"]));
            let shown = json(&["journal", "show", &id], lang);
            let mut events = shown["events"].as_array().unwrap().iter();
            let verdict = events.rfind(|event| event["kind"] == "verdict");
            assert!(speaks(&verdict.unwrap()["event"]["text"]), "{shown}");
            let replay = json(&["replay", &id, "--dry-run"], lang);
            assert!(speaks(&replay["note"]), "{replay}");
        }
    }
}
