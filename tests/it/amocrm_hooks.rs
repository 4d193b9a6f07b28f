//! The hook of an amoCRM account: watched, repaired where the settings say so, and managed by
//! commands.

use std::process::Command;

use leadgate::simulator::{MailSecurity, Mailbox};
use serde_json::{Value, json};

use crate::amocrm::{LEADS, with_profile};
use crate::gateway::{TestGateway, until};
use crate::mail::{ALERTS, mail_to, mailbox};

const HOOK: &str = "https://gw.example/amo/main?key=a+long+secret";

/// Starts a gateway that looks all the time and tells by mail.
async fn gateway(more: &[(&str, &str)]) -> (TestGateway, Mailbox) {
    let (letters, address) = mailbox(MailSecurity::Plain);
    let server = format!("smtp://{address}");
    let own = [
        ("amocrm.main.token", "sandbox"),
        ("amocrm.main.url", "sandbox"),
        ("amocrm.main.watch_every", "1s"),
    ];
    let flags = [&mail_to(&server)[..], &ALERTS, &own, more].concat();
    (with_profile(LEADS, &flags).await, letters)
}

/// Adds a hook as a person does in amoCRM.
async fn add(gateway: &TestGateway, destination: &str) {
    let hook = json!({"destination": destination, "settings": ["add_lead"]});
    let request = gateway
        .http()
        .post(gateway.url("/services/amocrm/api/v4/webhooks"))
        .bearer_auth("sandbox")
        .body(hook.to_string());
    until("the hook is there", async || {
        let reply = gateway.send(request.try_clone().unwrap()).await;
        reply.status == 201
    })
    .await;
}

fn hooks(gateway: &TestGateway) -> Vec<Value> {
    let all = gateway.portal().amocrm();
    all["webhooks"].as_array().unwrap().clone()
}

fn has(letters: &Mailbox, words: &str) -> bool {
    let letters = letters.letters();
    letters.iter().any(|letter| letter.raw.contains(words))
}

#[actix_web::test]
async fn a_hook_that_amocrm_switched_off_is_told_and_switched_on() {
    let (gateway, letters) = gateway(&[("amocrm.main.watch", "repair")]).await;
    add(&gateway, "https://other.example/amo/main").await;
    add(&gateway, HOOK).await;
    until("the hook is seen", async || {
        has(&letters, "over: amoCRM works")
    })
    .await;
    gateway.portal().disable_amocrm_hooks();
    until("it is told", async || {
        has(&letters, "the hook is switched off")
    })
    .await;
    until("it is on", async || {
        hooks(&gateway).iter().any(|hook| hook["disabled"] == false)
    })
    .await;
    let all = hooks(&gateway);
    let own: Vec<&Value> = all
        .iter()
        .filter(|hook| hook["destination"] == HOOK)
        .collect();
    assert_eq!((own.len(), &own[0]["settings"]), (1, &json!(["add_lead"])));
    assert_eq!(
        all[0]["disabled"], true,
        "another program's hook is left alone"
    );
    until("its return is told", async || {
        has(&letters, "the hook works")
    })
    .await;
}

#[actix_web::test]
async fn a_missing_hook_is_told_and_added_only_where_the_settings_say_so() {
    let (told, letters) = gateway(&[("amocrm.main.hook_url", "https://gw.example")]).await;
    until("it is told", async || {
        has(&letters, "no hook leads to leadgate")
    })
    .await;
    assert_eq!(hooks(&told).len(), 0);
    let repair = [
        ("amocrm.main.watch", "repair"),
        ("amocrm.main.hook_url", "https://gw.example"),
    ];
    let (repaired, _) = gateway(&repair).await;
    until("it is added", async || !hooks(&repaired).is_empty()).await;
    let hook = &hooks(&repaired)[0];
    assert_eq!(hook["destination"], HOOK);
    assert_eq!(hook["settings"], json!(["add_lead", "status_lead"]));
}

#[actix_web::test]
async fn commands_show_add_and_remove_the_hook() {
    let (gateway, _) = gateway(&[("amocrm.main.watch", "off")]).await;
    let file = gateway.home.path().join("hooks.toml");
    let url = gateway.url("/services/amocrm");
    let settings = format!(
        "[amocrm.main]\naccount = 30551177\nsecret = \"a long secret\"\ntoken = \"sandbox\"\nurl = \"{url}\"\n\
         hook_url = \"https://gw.example\"\n[mappings]\ndir = \"{}\"\n",
        gateway.home.path().join("mappings").display()
    );
    std::fs::write(&file, settings).unwrap();
    // the gateway answers on this thread
    let run = async |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_leadgate"));
        command.args(["amocrm", "hooks"]).args(arguments);
        command.arg("--config").arg(&file).args(["--lang", "en"]);
        let ran = actix_web::rt::task::spawn_blocking(move || command.output());
        let output = ran.await.unwrap().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let added = run(&["add"]).await;
    assert!(added.contains("add_lead, status_lead"), "{added}");
    assert!(!added.contains("secret"), "{added}");
    assert_eq!(hooks(&gateway)[0]["destination"], HOOK);
    run(&["add", "main", "--on", "contacts.update,leads.add"]).await;
    assert_eq!(
        hooks(&gateway)[0]["settings"],
        json!(["add_lead", "update_contact"])
    );
    add(&gateway, "https://other.example/hook").await;
    let listed = run(&["list"]).await;
    assert!(
        listed.contains("on https://gw.example/amo/main?…: add_lead, update_contact ← leadgate"),
        "{listed}"
    );
    assert!(
        listed.contains("on https://other.example/hook: add_lead"),
        "{listed}"
    );
    let removed = run(&["remove"]).await;
    assert!(
        removed.contains("removed: https://gw.example/amo/main?…"),
        "{removed}"
    );
    assert_eq!(hooks(&gateway).len(), 1);
}
