//! The pair of tokens of an OAuth integration: connected by a command, renewed by the gateway, and
//! lost in every way in which it can be lost.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use jiff::SignedDuration;
use leadgate::amocrm::{
    AmoAccess, AmoAuthorization, AmoClient, Integration, PairAuthorization, TokenFile,
};
use leadgate::domain::{AmoDisconnect, AmoFailure, Lang, ManualClock, State};
use leadgate::simulator::MailSecurity;
use serde_json::{Value, json};

use crate::amocrm::{fixture, lead, leads, with_profile};
use crate::gateway::{TestGateway, now, until};
use crate::mail::{ALERTS, mail_to, mailbox};

const PEOPLE: &str = r#"
receive: { amocrm: main, on: leads }
fields: { order: { custom: ORDERID }, phone: { contact: PHONE, as: phone } }
contact: { fields: { PHONE: "{{phone}}" } }
deal: { fields: { TITLE: "Order {{order}}", UF_CRM_ORDER_ID: { value: "{{order}}", search: true } } }
"#;
const PAIR: [(&str, &str); 5] = [
    ("amocrm.main.client_id", "sandbox"),
    ("amocrm.main.client_secret", "sandbox"),
    ("amocrm.main.redirect_uri", "https://gw.example"),
    ("amocrm.main.url", "sandbox"),
    ("amocrm.main.watch", "off"),
];

/// An account with a clock of its own, asked by a client like that of the gateway.
struct Account {
    gateway: TestGateway,
    clock: Arc<ManualClock>,
    folder: PathBuf,
}

impl Account {
    async fn new() -> Self {
        let gateway = TestGateway::with(&crate::amocrm::ACCOUNT).await;
        let folder = gateway.home.path().join("pair");
        std::fs::create_dir(&folder).unwrap();
        Self {
            gateway,
            clock: Arc::new(ManualClock::starting_at(now())),
            folder,
        }
    }

    fn file(&self) -> TokenFile {
        TokenFile::new("main", &self.folder, None)
    }

    fn client_with(&self, secret: &str, redirect: &str) -> AmoClient {
        let integration = Integration {
            client_id: "sandbox".to_owned(),
            client_secret: secret.into(),
            redirect_uri: redirect.to_owned(),
        };
        let pair = PairAuthorization {
            integration,
            file: self.file(),
            clock: Arc::clone(&self.clock) as Arc<_>,
        };
        AmoClient::new(AmoAccess {
            name: "main".to_owned(),
            url: self.gateway.url("/services/amocrm").parse().unwrap(),
            authorization: AmoAuthorization::Pair(pair),
        })
        .unwrap()
    }

    fn client(&self) -> AmoClient {
        self.client_with("sandbox", "https://gw.example")
    }

    async fn connected(&self) -> AmoClient {
        let client = self.client();
        let code = self.gateway.portal().give_amocrm_code();
        client.connect(&code.into()).await.unwrap();
        client
    }

    fn later(&self, hours: i64) {
        self.clock.advance(SignedDuration::from_hours(hours));
    }

    /// Returns how many exchanges amoCRM was asked for.
    fn exchanges(&self) -> usize {
        exchanges(&self.gateway).len()
    }

    fn fault(&self, fault: Value) {
        let fault = serde_json::from_value(fault).unwrap();
        self.gateway.portal().inject(fault);
    }
}

fn exchanges(gateway: &TestGateway) -> Vec<Value> {
    let requests = gateway.portal().service_requests().into_iter();
    let requests = requests.filter(|request| request.path == "/oauth2/access_token");
    requests
        .map(|request| serde_json::from_str(&request.body).unwrap())
        .collect()
}

fn lost(failure: &AmoFailure) -> Option<AmoDisconnect> {
    match failure {
        AmoFailure::Disconnected { cause, .. } => Some(*cause),
        _ => None,
    }
}

#[actix_web::test]
async fn a_pair_is_used_until_an_hour_before_its_end_and_renewed_then() {
    let account = Account::new().await;
    let client = account.connected().await;
    client.account().await.unwrap();
    account.later(22);
    client.account().await.unwrap();
    assert_eq!(account.exchanges(), 1);
    account.later(1);
    client.account().await.unwrap();
    client.account().await.unwrap();
    assert_eq!(account.exchanges(), 2);
    let bodies = exchanges(&account.gateway);
    assert_eq!(bodies[0]["grant_type"], "authorization_code");
    assert_eq!(bodies[1]["grant_type"], "refresh_token");
    assert_eq!(bodies[1]["redirect_uri"], "https://gw.example");
    // the next client reads it from the disk
    account.client().account().await.unwrap();
    assert_eq!(account.exchanges(), 2);
}

#[actix_web::test]
async fn many_callers_and_processes_renew_it_once() {
    let account = Account::new().await;
    let client = account.connected().await;
    account.later(24);
    account.gateway.portal().end_amocrm_access();
    let other = account.client();
    let calls = (0..6).map(|n| {
        let client = if n % 2 == 0 { &client } else { &other };
        async move { client.account().await }
    });
    for called in futures_util::future::join_all(calls).await {
        called.unwrap();
    }
    assert_eq!(account.exchanges(), 2, "the code, and one renewal");
}

#[actix_web::test]
async fn a_token_that_amocrm_refuses_is_renewed_and_the_call_repeated() {
    let account = Account::new().await;
    let client = account.connected().await;
    account.gateway.portal().end_amocrm_access();
    client.account().await.unwrap();
    assert_eq!(account.exchanges(), 2);
    // if that does not help, the account says no
    account.fault(json!({"code": "CREDENTIALS_REVOKED", "method": "amocrm", "times": "always"}));
    let failure = client.account().await.unwrap_err();
    assert!(
        matches!(failure, AmoFailure::Refused { status: 401, .. }),
        "{failure}"
    );
    assert_eq!(account.exchanges(), 3);
}

#[actix_web::test]
async fn a_renewal_that_failed_leaves_the_old_pair_and_is_tried_again() {
    for fault in [
        json!({"code": "RESET_BEFORE", "method": "amocrm-oauth"}),
        json!({"code": "INTERNAL_SERVER_ERROR", "method": "amocrm-oauth"}),
        json!({"code": "BAD_GATEWAY", "method": "amocrm-oauth"}),
        json!({"code": "TOO_MANY_REQUESTS", "method": "amocrm-oauth"}),
        json!({"code": "RENAMED", "host": "https://other.example", "method": "amocrm-oauth"}),
    ] {
        let account = Account::new().await;
        let client = account.connected().await;
        account.later(23);
        account.fault(fault.clone());
        // the old access token still works
        client.account().await.unwrap();
        client.account().await.unwrap();
        assert_eq!(account.exchanges(), 2, "put off: {fault}");
        account.later(2);
        client.account().await.unwrap();
        assert_eq!(account.exchanges(), 3, "{fault}");
    }
}

#[actix_web::test]
async fn a_lost_reply_is_tried_again_with_the_old_token_and_ends_in_a_new_connection() {
    for fault in ["RESET_AFTER", "CUT_BODY", "WRONG_JSON"] {
        let account = Account::new().await;
        let client = account.connected().await;
        account.later(24);
        account.fault(json!({"code": fault, "method": "amocrm-oauth"}));
        let failure = client.account().await.unwrap_err();
        assert_eq!(lost(&failure), None, "nobody knows yet: {failure}");
        // amoCRM has used the old token up
        let failure = client.account().await.unwrap_err();
        assert_eq!(lost(&failure), Some(AmoDisconnect::Used), "{fault}");
        let asked = account.exchanges();
        client.account().await.unwrap_err();
        assert_eq!(account.exchanges(), asked, "no call without hope");
        let text = failure.to_text(Lang::En);
        assert!(text.contains("leadgate amocrm connect main"), "{text}");
        // another process connects it; the running client uses that
        account.connected().await;
        client.account().await.unwrap();
    }
}

#[actix_web::test]
async fn what_amocrm_does_not_take_is_told_apart() {
    let account = Account::new().await;
    let portal = account.gateway.portal();
    let used = portal.give_amocrm_code();
    account
        .client()
        .connect(&used.clone().into())
        .await
        .unwrap();
    for (secret, redirect, code, cause) in [
        ("sandbox", "https://gw.example", used, AmoDisconnect::Used),
        (
            "sandbox",
            "https://gw.example",
            "x".to_owned(),
            AmoDisconnect::Used,
        ),
        (
            "other",
            "https://gw.example",
            portal.give_amocrm_code(),
            AmoDisconnect::Integration,
        ),
        (
            "sandbox",
            "",
            portal.give_amocrm_code(),
            AmoDisconnect::Integration,
        ),
    ] {
        let client = account.client_with(secret, redirect);
        let failure = client.connect(&code.into()).await.unwrap_err();
        assert_eq!(lost(&failure), Some(cause), "{secret} {redirect}");
        client.account().await.unwrap();
    }
    account.later(24);
    portal.end_amocrm_access();
    let wrong = account.client_with("other", "https://gw.example");
    let failure = wrong.account().await.unwrap_err();
    assert_eq!(lost(&failure), Some(AmoDisconnect::Integration));
    portal.revoke_amocrm();
    let failure = account.client().account().await.unwrap_err();
    assert_eq!(lost(&failure), Some(AmoDisconnect::Used));
}

#[actix_web::test]
async fn a_lost_key_or_a_changed_file_is_an_error_and_not_a_call() {
    let account = Account::new().await;
    account.connected().await;
    let asked = account.gateway.portal().service_requests().len();
    let key = account.folder.join("amocrm.key");
    let kept = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    let failure = account.client().account().await.unwrap_err();
    assert_eq!(lost(&failure), Some(AmoDisconnect::KeyLost));
    std::fs::write(&key, kept).unwrap();
    let client = account.client();
    client.account().await.unwrap();
    std::fs::write(account.file().path(), "leadgate-tokens-1 AAAA").unwrap();
    let failure = client.account().await.unwrap_err();
    assert_eq!(lost(&failure), Some(AmoDisconnect::Damaged));
    std::fs::remove_file(account.file().path()).unwrap();
    let failure = client.account().await.unwrap_err();
    assert_eq!(lost(&failure), Some(AmoDisconnect::Never));
    assert_eq!(account.gateway.portal().service_requests().len(), asked + 1);
}

#[actix_web::test]
async fn a_renewal_outlives_its_caller_and_a_full_disk() {
    let account = Account::new().await;
    let client = Arc::new(account.connected().await);
    account.later(24);
    account.gateway.portal().end_amocrm_access();
    // the caller goes away while amoCRM answers
    account.fault(json!({"code": "SLOW_BODY", "ms": 200, "method": "amocrm-oauth"}));
    let caller = Arc::clone(&client);
    let call = actix_web::rt::spawn(async move { caller.account().await });
    until("amoCRM is asked", async || account.exchanges() == 2).await;
    call.abort();
    client.account().await.unwrap();
    account.client().account().await.unwrap();
    assert_eq!(account.exchanges(), 2);
    // the folder takes no file: the new pair works, and is stored as soon as it can be
    account.later(24);
    let fresh = account.folder.join("amocrm-main.tokens.new");
    std::fs::create_dir(&fresh).unwrap();
    client.account().await.unwrap();
    client.account().await.unwrap();
    assert_eq!(account.exchanges(), 3);
    std::fs::remove_dir(&fresh).unwrap();
    client.account().await.unwrap();
    account.client().account().await.unwrap();
    assert_eq!(account.exchanges(), 3);
}

/// Writes settings for commands beside this gateway.
fn settings(gateway: &TestGateway, more: &str) -> PathBuf {
    let file = gateway.home.path().join("pair.toml");
    let url = gateway.url("/services/amocrm");
    let home = gateway.home.path().display();
    let text = format!(
        "[data]\ndir = \"{home}/data\"\n[mappings]\ndir = \"{home}/mappings\"\n\
         [server]\nlisten = \"{}\"\n\
         [amocrm.main]\naccount = 30551177\nsubdomain = \"edudemo\"\nsecret = \"a long secret\"\nurl = \"{url}\"\n\
         client_id = \"sandbox\"\nclient_secret = \"sandbox\"\nhook_url = \"https://gw.example\"\n{more}\n",
        gateway.url("").trim_start_matches("http://")
    );
    std::fs::write(&file, text).unwrap();
    file
}

/// Runs a command beside the gateway, which answers on this thread.
async fn run(file: PathBuf, arguments: &[&str], input: &str) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leadgate"));
    command.args(arguments).arg("--config").arg(file);
    command.args(["--lang", "en"]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let input = input.to_owned();
    let ran = actix_web::rt::task::spawn_blocking(move || {
        let mut child = command.spawn().unwrap();
        // a command that needs no input may have ended
        drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
        child.wait_with_output().unwrap()
    });
    let output = ran.await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code(),
        format!("{}{}", text(&output.stdout), text(&output.stderr)),
    )
}

#[actix_web::test]
async fn the_command_connects_an_account_that_the_running_gateway_then_reads() {
    let (letters, address) = mailbox(MailSecurity::Plain);
    let server = format!("smtp://{address}");
    let flags = [&mail_to(&server)[..], &ALERTS, &PAIR].concat();
    let gateway = with_profile(PEOPLE, &flags).await;
    // without a pair nothing is read
    gateway.post_hook(leads("add", &[lead(1, "A-1", 5)])).await;
    gateway.settle().await;
    assert_eq!((gateway.deals().len(), gateway.contacts().len()), (1, 0));
    let file = settings(&gateway, "redirect_uri = \"https://gw.example\"");
    let (_, checked) = run(file.clone(), &["check"], "").await;
    assert!(
        checked.contains("leadgate amocrm connect main"),
        "{checked}"
    );

    let code = gateway.portal().give_amocrm_code();
    let connect = ["amocrm", "connect", "main"];
    let (status, said) = run(file.clone(), &connect, &format!("{code}\n")).await;
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("amocrm.main is connected"), "{said}");
    assert!(!said.contains("sandbox-"), "{said}");
    gateway.post_hook(fixture("leads-add.form")).await;
    gateway.settle().await;
    assert_eq!(gateway.contacts()[0]["PHONE"][0]["VALUE"], "+79005550142");

    // the authorization is revoked: the submission waits, people are told, and the way back is named
    gateway.portal().revoke_amocrm();
    let again = lead(31_470_021, "A-2", 1_767_009_700);
    gateway.post_hook(leads("update", &[again])).await;
    until("it waits", async || {
        gateway.count(State::Waiting).await == 1
    })
    .await;
    until("it is told", async || {
        letters
            .letters()
            .iter()
            .any(|one| one.raw.contains("amoCRM needs attention"))
    })
    .await;
    until("the history names the way back", async || {
        let waiting = ["journal", "--state", "waiting", "--json"];
        let waiting = gateway.command(&waiting, &[]);
        waiting.contains("leadgate amocrm connect main")
    })
    .await;
    let live = ["check", "--live"];
    let (status, checked) = run(file.clone(), &live, "").await;
    assert_eq!(status, Some(1), "{checked}");
    assert!(
        checked.contains("amocrm.main: amoCRM does not take the code or refresh token"),
        "{checked}"
    );

    let code = gateway.portal().give_amocrm_code();
    let (status, said) = run(
        file.clone(),
        &[&connect[..], &["--code", &code]].concat(),
        "",
    )
    .await;
    assert_eq!(status, Some(0), "{said}");
    gateway.settle().await;
    // the lead as amoCRM has it is the order that was delivered before
    assert_eq!(gateway.count(State::Delivered).await, 3);
    assert_eq!(gateway.deals().len(), 2);
    let data = gateway.home.path().join("data");
    for entry in std::fs::read_dir(data).unwrap() {
        let path = entry.unwrap().path();
        // the sandbox issues the tokens and knows them
        if path.is_file() && !path.ends_with("sandbox.json") {
            let bytes = std::fs::read(&path).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            assert!(
                !text.contains("sandbox-access") && !text.contains("sandbox-refresh"),
                "{path:?}"
            );
        }
    }
}

#[actix_web::test]
async fn the_command_says_what_is_missing_and_which_code_is_wrong() {
    let gateway = with_profile(PEOPLE, &PAIR).await;
    let connect = ["amocrm", "connect"];
    let file = settings(&gateway, "");
    let (status, said) = run(file, &connect, "x\n").await;
    assert_eq!(
        (status, said.contains("set amocrm.main.redirect_uri")),
        (Some(2), true),
        "{said}"
    );
    let file = settings(
        &gateway,
        "redirect_uri = \"https://gw.example\"\ntoken = \"a token\"",
    );
    let (status, said) = run(file, &connect, "x\n").await;
    assert_eq!(
        (status, said.contains("amocrm.main.token is set")),
        (Some(2), true),
        "{said}"
    );
    let file = settings(&gateway, "redirect_uri = \"https://gw.example\"");
    for input in ["", "\n", "two words\n", "код\n"] {
        let (status, said) = run(file.clone(), &connect, input).await;
        assert_eq!(
            (status, said.contains("no authorization code")),
            (Some(2), true),
            "{said}"
        );
    }
    let (status, said) = run(file.clone(), &connect, "sandbox-code-9\n").await;
    assert_eq!(
        (status, said.contains("take a new code")),
        (Some(1), true),
        "{said}"
    );
    assert!(!said.contains("sandbox-code-9"), "{said}");
    let reset = json!({"code": "RESET_AFTER", "method": "amocrm-oauth"});
    gateway
        .portal()
        .inject(serde_json::from_value(reset).unwrap());
    let code = gateway.portal().give_amocrm_code();
    let (status, said) = run(file.clone(), &connect, &code).await;
    assert_eq!(
        (status, said.contains("the code may be used up")),
        (Some(1), true),
        "{said}"
    );
    // of another account
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("30551177", "1")).unwrap();
    let code = gateway.portal().give_amocrm_code();
    let (status, said) = run(file, &connect, &code).await;
    assert_eq!(
        (status, said.contains("edudemo with the number 30551177")),
        (Some(1), true),
        "{said}"
    );
}

#[actix_web::test]
async fn a_live_check_asks_the_account_for_its_hook_and_for_what_profiles_name() {
    let profile = r#"
receive: { amocrm: main, on: leads.add, when: { pipeline: Курсы, stage: 142 } }
fields:
  order: { custom: ORDERID }
  phone: { contact: PHONE, as: phone }
  firm: { company: АДРЕСС }
deal: { fields: { TITLE: "{{order}} {{phone}} {{firm}}" } }
"#;
    let gateway = with_profile(profile, &[]).await;
    let file = settings(
        &gateway,
        "token = \"sandbox\"\n[amocrm.main.stages]\n60110233 = \"Новая заявка\"",
    );
    let live = ["check", "--live"];
    let (status, said) = run(file.clone(), &live, "").await;
    assert_eq!(status, Some(1), "{said}");
    for words in [
        "amocrm.main takes the token; account: edudemo, number 30551177",
        "amocrm.main: no hook leads to leadgate; `leadgate amocrm hooks add main` adds it",
        "leads.yaml: fields.firm: the account has no custom field `АДРЕСС`; did you mean `Адрес`? (amocrm.main)",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let found = &gateway.home.path().join("mappings/leads.yaml");
    std::fs::write(found, profile.replace("АДРЕСС", "Адрес")).unwrap();
    run(file.clone(), &["amocrm", "hooks", "add"], "").await;
    let (status, said) = run(file.clone(), &live, "").await;
    assert_eq!(status, Some(0), "{said}");
    assert!(
        said.contains("amocrm.main: the hook is there and on"),
        "{said}"
    );
    gateway.portal().disable_amocrm_hooks();
    std::fs::write(
        found,
        profile.replace("Курсы", "Курсыы").replace("142", "144"),
    )
    .unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("60110233", "60110234")).unwrap();
    let (_, said) = run(file.clone(), &live, "").await;
    for words in [
        "amoCRM has switched the hook off",
        "the account has no pipeline `курсыы`; did you mean `Курсы`?",
        "the account has no stage `144`",
        "amocrm.main.stages.60110234: the account has no such number",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("30551177", "1")).unwrap();
    let (status, said) = run(file.clone(), &live, "").await;
    assert_eq!(
        (status, said.contains("compare account and subdomain")),
        (Some(1), true),
        "{said}"
    );
    std::fs::write(
        &file,
        text.replace("token = \"sandbox\"", "token = \"other\""),
    )
    .unwrap();
    let (status, said) = run(file, &live, "").await;
    assert_eq!(
        (status, said.contains("amoCRM refuses the token (401)")),
        (Some(1), true),
        "{said}"
    );
}
