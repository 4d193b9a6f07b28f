//! Commands to a PBX: by the API, by the command line, and by clicks in the portal.

use leadgate::domain::State;
use serde_json::{Value, json};

use crate::api::check_operation;
use crate::channels::{URLENCODED, gateway_with};
use crate::gateway::{Reply, TestGateway, until};
use crate::pbx_calls::{KEY, know_employees, send};
use crate::pbx_catch_up::PROFILE;

const PBX_KEY: &str = "a long key of commands";
const TOKEN: &str = "the token of the webhook";

/// The users of the sandbox's PBX. The PBX itself matches the first one with the employee 1.
const PEOPLE: &str = "main:\n  default: 7\n  employees: { 9022: 1, 9023: 6, 9024: 12 }\n";

async fn gateway(people: &str) -> TestGateway {
    let files = [("calls.yaml", PROFILE), ("_pbx.yaml", people)];
    let settings = [
        ("pbx.main.key", KEY),
        ("pbx.main.url", "sandbox"),
        ("pbx.main.pbx_key", PBX_KEY),
        ("pbx.main.portal_token", TOKEN),
    ];
    gateway_with(&files, &settings).await
}

impl TestGateway {
    fn phone_token(&self) -> String {
        self.new_token("phone", "calls:read,calls:write", &[])
    }

    async fn post_api(&self, path: &str, token: &str, body: Value) -> Reply {
        let request = self.http().post(self.url(path)).bearer_auth(token);
        self.send(request.body(body.to_string())).await
    }

    /// Returns the session of the only call of the sandbox's PBX, if there is one.
    pub(crate) async fn session(&self) -> Option<String> {
        let page = self.pbx_page().await;
        let mut calls = page.split("data-call=\"").skip(1);
        let call = calls.next()?;
        assert!(calls.next().is_none(), "one call");
        call.split('"').next().map(str::to_owned)
    }

    /// Tells the gateway that an employee has clicked a number, as the portal does.
    async fn click(&self, token: &str, call: &str, user: &str) -> u16 {
        let form = format!(
            "event=ONEXTERNALCALLSTART&data%5BPHONE_NUMBER%5D=8+906+680-04-04\
             &data[PHONE_NUMBER_INTERNATIONAL]=%2B79066800404&data[USER_ID]={user}\
             &data[CALL_ID]={call}&auth[application_token]={}",
            token.replace(' ', "+")
        );
        let request = self.posting("/pbx/main/portal", URLENCODED, form);
        self.send(request).await.status
    }
}

#[actix_web::test]
async fn a_program_lets_an_employee_call_holds_the_call_and_finds_it_in_the_history() {
    let gateway = gateway(PEOPLE).await;
    let token = gateway.phone_token();
    let (calls, call) = (
        "/api/v1/pbx/main/calls",
        json!({"employee": 1, "number": "+79066800404"}),
    );
    let ordered = gateway.post_api(calls, &token, call).await;
    assert_eq!(ordered.status, 202, "{ordered:?}");
    check_operation(&ordered, "/api/v1/pbx/{name}/calls", "post");
    let session = gateway.session().await.unwrap();
    let answer = format!("session={session}&inner=9022");
    assert_eq!(gateway.press_pbx("answer", &answer).await, "status=200");
    let hold = format!("/api/v1/pbx/main/calls/{session}/hold");
    let held = gateway
        .post_api(&hold, &token, json!({"employee": 1}))
        .await;
    assert_eq!(held.status, 200, "{held:?}");
    check_operation(&held, "/api/v1/pbx/{name}/calls/{call}/hold", "post");
    gateway
        .press_pbx("hangup", &format!("session={session}"))
        .await;
    gateway.settle().await;
    let history = "/api/v1/pbx/main/history";
    let page = gateway
        .read_api(&format!("{history}?number=89066800404"), &token)
        .await;
    check_operation(&page, "/api/v1/pbx/{name}/history", "get");
    let items = page.body["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{page:?}");
    assert_eq!(
        (&items[0]["kind"], &items[0]["number"], &items[0]["inner"]),
        (&json!("outgoing"), &json!("+79066800404"), &json!("9022"))
    );
    let next = page.body["next"].as_str().unwrap();
    let last = gateway
        .read_api(&format!("{history}?cursor={next}"), &token)
        .await;
    assert_eq!(last.body, json!({"items": [], "next": null}));
    assert_eq!(gateway.count(State::Delivered).await, 1);
}

#[actix_web::test]
async fn refusals_of_the_pbx_and_of_the_api_are_problems() {
    let gateway = gateway(PEOPLE).await;
    let token = gateway.phone_token();
    let (calls, path) = ("/api/v1/pbx/main/calls", "/api/v1/pbx/{name}/calls");
    let number = "+79066800404";
    for (body, status, kind, words) in [
        (
            json!({"employee": 77, "number": number}),
            502,
            "pbx-refused",
            "does not know this user",
        ),
        (
            json!({"employee": 0, "number": number}),
            400,
            "body",
            "`employee`",
        ),
        (
            json!({"employee": 2, "number": "anna"}),
            400,
            "body",
            "`number`",
        ),
        (json!({"employee": 2}), 400, "body", "line 1"),
        (
            json!({"employee": 2, "number": number, "x": 1}),
            400,
            "body",
            "line 1",
        ),
    ] {
        let reply = gateway.post_api(calls, &token, body.clone()).await;
        assert_eq!(reply.status, status, "{body}: {reply:?}");
        assert_eq!(reply.body["type"], format!("urn:leadgate:{kind}"), "{body}");
        let detail = reply.body["detail"].as_str().unwrap();
        assert!(detail.contains(words), "{body}: {detail}");
        check_operation(&reply, path, "post");
    }
    let other = gateway.post_api(
        "/api/v1/pbx/other/calls",
        &token,
        json!({"employee": 2, "number": number}),
    );
    assert_eq!(other.await.body["type"], "urn:leadgate:no-such-pbx");
    let get = gateway.read_api(calls, &token).await;
    assert_eq!(
        (get.status, &get.body["type"]),
        (405, &json!("urn:leadgate:method"))
    );
    let reading = gateway.command(&["token", "create", "reader", "--scope", "calls:read"], &[]);
    let reading = reading.lines().next().unwrap();
    let refused = gateway
        .post_api(calls, reading, json!({"employee": 2, "number": number}))
        .await;
    assert_eq!(refused.body["type"], "urn:leadgate:missing-scope");
    assert_eq!(gateway.session().await, None);
}

#[actix_web::test]
async fn users_are_matched_by_hand_and_by_inner_number_as_the_file_says_now() {
    let gateway = gateway("main: { employees: { 9022: 6 } }\n").await;
    let token = gateway.phone_token();
    let users = "/api/v1/pbx/main/users";
    let read = gateway.read_api(users, &token).await;
    check_operation(&read, "/api/v1/pbx/{name}/users", "get");
    let of = |read: &Reply, place: usize| {
        let user = &read.body["users"][place];
        (
            user["inner"].clone(),
            user["employee"]["id"].clone(),
            user["matched_by"].clone(),
        )
    };
    assert_eq!(of(&read, 0), (json!("9022"), json!(6), json!("hand")));
    let by_number = (json!("9023"), json!(9), json!("inner_number"));
    assert_eq!(of(&read, 1), by_number);
    let without = read.body["without_user"].as_array().unwrap();
    assert!(without.iter().any(|row| row["id"] == 7) && !without.iter().any(|row| row["id"] == 6));
    // the file is read again; a mistake keeps what was good
    let file = gateway.home.path().join("mappings/_pbx.yaml");
    std::fs::write(&file, "main: { employees: { 9023: 7 } }\n").unwrap();
    until("the new file is in use", async || {
        let read = gateway.read_api(users, &token).await;
        of(&read, 1) == (json!("9023"), json!(7), json!("hand"))
    })
    .await;
}

#[actix_web::test]
async fn a_call_belongs_to_the_employee_who_is_matched_by_hand_or_to_the_default_one() {
    let gateway = gateway(PEOPLE).await;
    let mut owners = Vec::new();
    // the employees are known once the PBX has asked for them
    know_employees(&gateway).await;
    for (number, inner) in ["9024", "9999", "106"].into_iter().enumerate() {
        let record = json!({"action": "cdr_append", "body": {
            "uniqueid": format!("call-{number}"), "dt": 1_767_012_345 + 3600 * number,
            "src": "+79005550142", "dst": inner, "billsec": 5,
        }});
        assert_eq!(send(&gateway, record).await.status, 200);
        gateway.settle().await;
        let newest = json!({"filter": {"TYPE_ID": 2}, "order": {"ID": "DESC"}});
        let calls = gateway.portal().call("crm.activity.list", newest);
        owners.push(calls["result"][0]["RESPONSIBLE_ID"].clone());
    }
    assert_eq!(owners, ["12", "7", "6"]);
}

#[actix_web::test]
async fn a_click_on_a_number_makes_the_pbx_dial_once() {
    let gateway = gateway(PEOPLE).await;
    assert_eq!(
        gateway.click("another token", "externalCall.1", "1").await,
        401
    );
    assert_eq!(gateway.session().await, None);
    for _ in 0..2 {
        assert_eq!(gateway.click(TOKEN, "externalCall.1", "1").await, 200);
    }
    until("the phone rings", async || {
        gateway.session().await.is_some()
    })
    .await;
    let finished = |call: &Value| call["CALL_ID"] == "externalCall.1";
    assert!(!gateway.finished().iter().any(finished));
    let incomplete = format!(
        "event=ONEXTERNALCALLSTART&auth[application_token]={}",
        TOKEN.replace(' ', "+")
    );
    let incomplete = gateway.posting("/pbx/main/portal", URLENCODED, incomplete);
    assert_eq!(gateway.send(incomplete).await.status, 400);
}

#[actix_web::test]
async fn a_click_that_the_pbx_refuses_is_finished_in_the_portal() {
    let gateway = gateway(PEOPLE).await;
    assert_eq!(gateway.click(TOKEN, "externalCall.2", "77").await, 200);
    until("the call is finished", async || {
        !gateway.finished().is_empty()
    })
    .await;
    let finished = gateway.finished();
    assert_eq!(
        finished[0],
        json!({"CALL_ID": "externalCall.2", "USER_ID": 77, "DURATION": 0, "STATUS_CODE": "480", "ADD_TO_CHAT": 0})
    );
    assert_eq!(gateway.session().await, None);
}

#[actix_web::test]
async fn a_double_click_makes_the_pbx_dial_once_and_leaves_one_call_in_the_portal() {
    let gateway = gateway(PEOPLE).await;
    for call in ["externalCall.1", "externalCall.2", "externalCall.2"] {
        assert_eq!(gateway.click(TOKEN, call, "1").await, 200);
    }
    until("the second call is finished", async || {
        !gateway.finished().is_empty()
    })
    .await;
    let finished = gateway.finished();
    assert_eq!(finished.len(), 1);
    let names = ["CALL_ID", "USER_ID", "STATUS_CODE"];
    let shown = names.map(|name| finished[0][name].clone());
    assert_eq!(json!(shown), json!(["externalCall.2", 1, "603-S"]));
    until("the phone rings", async || {
        gateway.session().await.is_some()
    })
    .await;
}

#[actix_web::test]
async fn a_refused_click_is_finished_although_the_portal_is_away_for_a_moment() {
    let gateway = gateway(PEOPLE).await;
    let lost = json!({
        "code": "RESET_BEFORE", "method": "telephony.externalcall.finish", "times": {"next": 1}
    });
    let portal = gateway.portal();
    portal.inject(serde_json::from_value(lost).unwrap());
    assert_eq!(gateway.click(TOKEN, "externalCall.2", "77").await, 200);
    until("the call is finished", async || {
        let calls = portal.transcript().into_iter();
        let mut finished = calls.filter(|call| call.method == "telephony.externalcall.finish");
        finished.any(|call| call.fault.is_none())
    })
    .await;
    assert_eq!(portal.counters().faults, 1);
}

impl TestGateway {
    /// Returns the parameters of all calls that were finished in the portal.
    fn finished(&self) -> Vec<Value> {
        const FINISH: &str = "telephony.externalcall.finish";
        let mut finished = Vec::new();
        for call in self.portal().transcript() {
            if call.method == FINISH {
                finished.push(call.params.clone());
            }
            let commands = call.commands.iter();
            let commands = commands.filter(|command| command.method == FINISH);
            finished.extend(commands.map(|command| command.params.clone()));
        }
        finished
    }
}

/// Runs `leadgate pbx` with these settings on a thread of its own: the gateway of the test goes on.
async fn run(config: &str, arguments: &[&str]) -> String {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_leadgate"));
    command.arg("pbx").args(arguments);
    command.args(["--config", config, "--lang", "en"]);
    let output = actix_web::rt::task::spawn_blocking(move || command.output());
    let output = output.await.unwrap().unwrap();
    let mistake = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{mistake}");
    String::from_utf8(output.stdout).unwrap()
}

#[actix_web::test]
async fn the_command_line_gives_the_same_commands() {
    let gateway = gateway(PEOPLE).await;
    let listen = gateway.url("").replace("http://", "");
    let folder = gateway.home.path().join("mappings");
    let folder = folder.to_str().unwrap();
    let toml = format!(
        "[server]\nlisten = \"{listen}\"\n[mappings]\ndir = \"{folder}\"\n\
         [pbx.main]\nkey = \"{KEY}\"\nurl = \"sandbox\"\npbx_key = \"{PBX_KEY}\"\n"
    );
    let config = gateway.home.path().join("leadgate.toml");
    std::fs::write(&config, toml).unwrap();
    let config = config.to_str().unwrap();
    let said = run(config, &["call", "1", "+7 906 680-04-04"]).await;
    assert!(said.contains("the phone of employee 1 rings"), "{said}");
    let session = gateway.session().await.unwrap();
    gateway
        .press_pbx("answer", &format!("session={session}&inner=9022"))
        .await;
    let held: Value =
        serde_json::from_str(&run(config, &["hold", "1", &session, "--json"]).await).unwrap();
    assert_eq!(held, json!({"pbx": "main", "employee": 1, "call": session}));
    gateway
        .press_pbx("hangup", &format!("session={session}"))
        .await;
    let history = run(config, &["history", "--number", "89066800404"]).await;
    assert!(
        history.contains("outgoing") && history.contains("9022"),
        "{history}"
    );
    let users = run(config, &["users"]).await;
    for words in ["9022", "_pbx.yaml", "Employees without a user"] {
        assert!(users.contains(words), "{words}: {users}");
    }
    let users: Value = serde_json::from_str(&run(config, &["users", "--json"]).await).unwrap();
    assert_eq!(users["users"][2]["employee"]["id"], 12);
}
