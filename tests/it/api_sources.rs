//! Sources, channels and their keys by the API, and the keys on a channel's page.

use leadgate::domain::Role;
use serde_json::{Value, json};

use crate::api::{check, check_operation};
use crate::gateway::{Reply, TestGateway, answer, until};

/// A gateway with a channel that a profile takes and the settings name.
async fn gateway() -> TestGateway {
    let home = tempfile::TempDir::new().unwrap();
    let folder = TestGateway::mappings(&home);
    let profile = "receive: { channel: shop }\nfields:\n  phone: { from: phone, as: phone }\ncontact: { fields: { PHONE: { value: \"{{phone}}\", search: true } } }\n";
    std::fs::write(folder.join("shop.yaml"), profile).unwrap();
    let poll = "receive: { polls: [7] }\nfields: { name: $.data.name }\ncontact: { fields: { NAME: \"{{name}}\" } }\n";
    std::fs::write(folder.join("poll.yaml"), poll).unwrap();
    let channels = "# ours\nshop:\n  name: Заказы   # for people\n  rate: 100/m\n";
    std::fs::write(folder.join("_channels.yaml"), channels).unwrap();
    let folder = folder.display().to_string();
    TestGateway::at(home, &[("mappings.dir", &folder)]).await
}

const SHOP: &str = "/api/v1/channels/shop";
const TOKEN_KEY: &str = "/api/v1/channels/shop/keys/token";
const OF_CHANNEL: &str = "/api/v1/channels/{name}";
const OF_KEY: &str = "/api/v1/channels/{name}/keys/{guard}";

impl TestGateway {
    /// Sends a request of the API with a JSON body.
    pub(crate) async fn ask_api(
        &self,
        (method, path): (&str, &str),
        token: &str,
        body: Option<&Value>,
    ) -> Reply {
        let request = self
            .http()
            .request(method.parse().unwrap(), self.url(path))
            .bearer_auth(token);
        self.send(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    /// Sends a form to the channel with a key, and returns the status.
    async fn send_with_key(&self, key: &str) -> u16 {
        let request = self.http().post(self.url("/in/shop"));
        let request = request.header("X-Api-Key", key);
        let form = json!({"phone": "79000000000"});
        self.send(request.json(&form)).await.status
    }

    fn channels_file(&self) -> String {
        let path = self.home.path().join("mappings/_channels.yaml");
        std::fs::read_to_string(path).unwrap()
    }
}

#[tokio::test]
async fn every_kind_of_source_is_listed_with_what_came() {
    let gateway = gateway().await;
    let reader = gateway.new_token("reader", "sources:read", &[]);
    let poll = json!({"poll_id": 7, "poll_name": "Опрос", "employee_email": "olga@mail.example"});
    let registered = gateway.post_poll(poll).await;
    assert_eq!(registered.status, 200, "{registered:?}");
    gateway
        .post("/in/shop", json!({"phone": "79000000000"}).to_string())
        .await;
    gateway.post_answer(json!("nothing")).await;
    until("it is counted", async || {
        let all = gateway.read_api("/api/v1/sources", &reader).await;
        check(&all, "/api/v1/sources");
        let mut items = all.body["items"].as_array().unwrap().iter();
        let shop = items.find(|item| item["address"] == "shop").unwrap();
        let refused = &all.body["refused_in_24_hours"]["polls/postAnswer"];
        shop["this_hour"] == 1 && shop["name"] == "Заказы" && refused.is_object()
    })
    .await;
    for path in ["channels", "amocrm", "pbx", "polls", "refused"] {
        let path = format!("/api/v1/{path}");
        let list = gateway.read_api(&path, &reader).await;
        assert_eq!(list.status, 200, "{list:?}");
        check(&list, &path);
    }
    // without the scope of people, who has connected a poll and who was refused are hidden
    let polls = gateway.read_api("/api/v1/polls", &reader).await;
    let employee = polls.body["items"][0]["employee"].as_str().unwrap();
    assert!(
        employee.contains('•') && !employee.contains("olga"),
        "{employee}"
    );
    let both = gateway.new_token("both", "sources:read,submissions:read", &[]);
    let polls = gateway.read_api("/api/v1/polls", &both).await;
    assert_eq!(polls.body["items"][0]["employee"], "olga@mail.example");
    let refused = gateway.read_api("/api/v1/refused?limit=1", &reader).await;
    let from = refused.body["items"][0]["from"].as_str().unwrap();
    assert!(from.contains('•'), "{from}");
    let other = gateway.new_token("other", "profiles:write", &[]);
    for path in ["sources", "channels", "channels/shop", "refused", "polls"] {
        let refused = gateway.read_api(&format!("/api/v1/{path}"), &other).await;
        assert_eq!(refused.status, 403, "{path}");
    }
}

#[tokio::test]
async fn settings_of_a_channel_are_read_changed_and_made() {
    let gateway = gateway().await;
    let token = gateway.new_token("robot", "sources:read,sources:write", &[]);
    let shop = gateway.read_api(SHOP, &token).await;
    check(&shop, OF_CHANNEL);
    assert_eq!(
        (&shop.body["settings"], &shop.body["taken_by"]),
        (
            &json!({"name": "Заказы", "rate": "100/m"}),
            &json!(["shop.yaml"])
        ),
        "{shop:?}"
    );
    let reader = gateway.new_token("reader", "sources:read", &[]);
    let change = json!({
        "settings": {"name": "Заказы", "rate": "50/m", "addresses": ["127.0.0.1"]},
        "base": shop.body["base"],
    });
    let put = ("PUT", SHOP);
    assert_eq!(
        gateway.ask_api(put, &reader, Some(&change)).await.status,
        403
    );
    let saved = gateway.ask_api(put, &token, Some(&change)).await;
    assert_eq!(saved.status, 200, "{saved:?}");
    check_operation(&saved, OF_CHANNEL, "put");
    assert_eq!(saved.body["guards"], json!(["addresses"]), "{saved:?}");
    let text = gateway.channels_file();
    assert!(
        text.starts_with("# ours\nshop:\n  name: Заказы   # for people\n  rate: 50/m\n"),
        "{text}"
    );
    // the text of before the change
    let late = gateway.ask_api(put, &token, Some(&change)).await;
    assert_eq!(
        (late.status, &late.body["type"]),
        (409, &json!("urn:leadgate:changed-meanwhile")),
        "{late:?}"
    );
    check_operation(&late, OF_CHANNEL, "put");
    let base = saved.body["base"].clone();
    let secret = json!({"header": "X-Key", "secret": "a secret of the tests"});
    let wrong = json!({"settings": {"token": secret}, "base": base});
    let wrong = gateway.ask_api(put, &token, Some(&wrong)).await;
    assert_eq!(
        (wrong.status, &wrong.body["type"]),
        (422, &json!("urn:leadgate:broken-profile")),
        "{wrong:?}"
    );
    assert!(!wrong.body.to_string().contains("a secret of the tests"));
    assert_eq!(gateway.channels_file(), text);
}

#[tokio::test]
async fn a_channel_is_made_by_its_first_settings() {
    let gateway = gateway().await;
    let token = gateway.new_token("robot", "sources:read,sources:write", &[]);
    let other = "/api/v1/channels/landing-2";
    let none = gateway.read_api(other, &token).await;
    assert_eq!(none.body["settings"], Value::Null, "{none:?}");
    let made = json!({"settings": {"preset": "tilda"}, "base": none.body["base"]});
    let made = gateway.ask_api(("PUT", other), &token, Some(&made)).await;
    assert_eq!(
        made.body["settings"],
        json!({"preset": "tilda"}),
        "{made:?}"
    );
    let unfit = gateway.read_api("/api/v1/channels/a%2Fb", &token).await;
    assert_eq!(unfit.body["type"], "urn:leadgate:no-such-channel");
}

#[tokio::test]
async fn a_key_is_made_shown_once_replaced_and_revoked() {
    let gateway = gateway().await;
    let token = gateway.new_token("robot", "sources:read,sources:write,audit:read", &[]);
    assert_eq!(gateway.send_with_key("").await, 200);
    let made = gateway.ask_api(("POST", TOKEN_KEY), &token, None).await;
    check_operation(&made, OF_KEY, "post");
    let key = made.body["key"].as_str().unwrap().to_owned();
    assert_eq!(made.body["at_work"], true, "{made:?}");
    assert_eq!(gateway.send_with_key("").await, 401);
    assert_eq!(gateway.send_with_key(&key).await, 200);
    let shop = gateway.read_api(SHOP, &token).await;
    assert_eq!(shop.body["keys"][0]["state"], "made", "{shop:?}");
    assert!(!shop.body.to_string().contains(&key), "{shop:?}");
    // the file that people share names the key and has none
    let text = gateway.channels_file();
    assert!(
        text.contains("kept: true") && text.contains("X-Api-Key") && !text.contains(&key),
        "{text}"
    );
    let guards = gateway.home.path().join("data/guards.json");
    assert!(!std::fs::read_to_string(guards).unwrap().contains(&key));
    let second = gateway.ask_api(("POST", TOKEN_KEY), &token, None).await;
    let second = second.body["key"].as_str().unwrap().to_owned();
    assert_eq!(gateway.send_with_key(&key).await, 401);
    assert_eq!(gateway.send_with_key(&second).await, 200);
    assert_eq!(gateway.channels_file(), text);
    let revoked = gateway.ask_api(("DELETE", TOKEN_KEY), &token, None).await;
    assert_eq!(revoked.status, 200, "{revoked:?}");
    check_operation(&revoked, OF_KEY, "delete");
    assert_eq!(gateway.send_with_key(&second).await, 401);
    let again = gateway.ask_api(("DELETE", TOKEN_KEY), &token, None).await;
    assert_eq!(again.body["type"], "urn:leadgate:no-such-key", "{again:?}");
    let hmac = "/api/v1/channels/shop/keys/hmac";
    let none = gateway.ask_api(("POST", hmac), &token, None).await;
    assert_eq!(none.status, 404, "{none:?}");
    let audit = gateway.read_api("/api/v1/audit", &token).await;
    check(&audit, "/api/v1/audit");
    let actions = audit.body["items"].as_array().unwrap().iter();
    let actions: Vec<&str> = actions.map(|it| it["action"].as_str().unwrap()).collect();
    assert_eq!(
        actions,
        [
            "channel-key-revoked",
            "channel-key-made",
            "channel-key-made"
        ]
    );
    assert!(!audit.body.to_string().contains(&second), "{audit:?}");
}

#[tokio::test]
async fn a_key_works_after_a_restart_and_stays_revoked() {
    let gateway = gateway().await;
    let token = gateway.new_token("robot", "sources:write", &[]);
    let made = gateway.ask_api(("POST", TOKEN_KEY), &token, None).await;
    let key = made.body["key"].as_str().unwrap().to_owned();
    let home = gateway.stop().await;
    let folder = home.path().join("mappings").display().to_string();
    let flags = [("mappings.dir", folder.as_str())];
    let gateway = TestGateway::at(home, &flags).await;
    assert_eq!(gateway.send_with_key(&key).await, 200);
    // a broken file of settings does not keep a key alive
    let path = gateway.home.path().join("mappings/_channels.yaml");
    std::fs::write(path, "shop: [\n").unwrap();
    let revoked = gateway.ask_api(("DELETE", TOKEN_KEY), &token, None).await;
    assert_eq!(revoked.status, 200, "{revoked:?}");
    assert_eq!(gateway.send_with_key(&key).await, 401);
    let home = gateway.stop().await;
    let gateway = TestGateway::at(home, &flags).await;
    assert_ne!(gateway.send_with_key(&key).await, 200);
}

#[tokio::test]
async fn an_administrator_makes_and_revokes_a_key_on_the_page() {
    let gateway = gateway().await;
    let admin = gateway.signed_in().await;
    let path = "/console/sources/channels/shop";
    let page = admin.read(path).await.text;
    assert!(page.contains("Guard with a key"), "{page}");
    let made = admin.press(&format!("{path}/keys/token/make"), &[]).await;
    assert_eq!(made.status, 200, "{}", made.text);
    assert_eq!(made.header("cache-control"), "no-store");
    let key = made.text.split("id=\"made-key\">").nth(1);
    let key = key.and_then(|rest| rest.split('<').next()).unwrap();
    assert_eq!(gateway.send_with_key(key).await, 200);
    let page = admin.read(path).await.text;
    assert!(
        page.contains("Make another key") && !page.contains(key),
        "{page}"
    );
    let reply = admin.press(&format!("{path}/keys/token/revoke"), &[]).await;
    assert_eq!(reply.leads_to(), path, "{}", reply.text);
    assert_eq!(gateway.send_with_key(key).await, 401);
    let page = admin.read(path).await.text;
    assert!(page.contains("revoked "), "{page}");
    let audit = admin.read("/console/audit").await.text;
    assert!(
        audit.contains("key of a channel made") && audit.contains("key of a channel revoked"),
        "{audit}"
    );
    assert!(!audit.contains(key));
    let author = gateway.signed_in_as(Role::Author).await;
    for action in ["make", "revoke"] {
        let reply = author
            .press(&format!("{path}/keys/token/{action}"), &[])
            .await;
        assert_eq!(reply.status, 403, "{}", reply.text);
    }
    let page = author.read(path).await.text;
    assert!(!page.contains("Make a key"), "{page}");
}

#[tokio::test]
async fn limits_checks_and_dictionaries_of_a_portal_are_read() {
    let gateway = gateway().await;
    let token = gateway.new_token("robot", "destinations:read,destinations:write", &[]);
    let portal = "/api/v1/destinations/crm:sandbox";
    let state = gateway.read_api(portal, &token).await;
    check(&state, "/api/v1/destinations/{name}");
    assert!(
        state.body["limits"]["calls"]["of"].as_u64() > Some(0),
        "{state:?}"
    );
    let check_path = format!("{portal}/check");
    let before = gateway.read_api(&check_path, &token).await;
    check(&before, "/api/v1/destinations/{name}/check");
    let now = gateway.ask_api(("POST", &check_path), &token, None).await;
    check_operation(&now, "/api/v1/destinations/{name}/check", "post");
    assert_eq!(now.body["portal"]["works"], true, "{now:?}");
    let dictionaries = format!("{portal}/dictionaries");
    let read = gateway.ask_api(("POST", &dictionaries), &token, None).await;
    check_operation(&read, "/api/v1/destinations/{name}/dictionaries", "post");
    assert!(
        read.body["dictionaries"]["deal"]["TITLE"].is_object(),
        "{read:?}"
    );
    let known = gateway.read_api(&dictionaries, &token).await;
    assert_eq!(known.body, read.body);
    let reader = gateway.new_token("reader", "destinations:read", &[]);
    for path in [&check_path, &dictionaries, &format!("{portal}/probe")] {
        let refused = gateway.ask_api(("POST", path), &reader, None).await;
        assert_eq!(refused.status, 403, "{path}");
    }
    let probed = format!("{portal}/probe");
    let probed = gateway.ask_api(("POST", &probed), &token, None).await;
    assert_eq!(probed.status, 200, "{probed:?}");
    let pause = format!("{portal}/pause");
    let note = json!({"note": "new webhook"});
    let paused = gateway.ask_api(("POST", &pause), &token, Some(&note)).await;
    assert_eq!(paused.body["by_hand"]["note"], "new webhook", "{paused:?}");
    let unknown = "/api/v1/destinations/mail:main/dictionaries";
    assert_eq!(gateway.read_api(unknown, &token).await.status, 404);
}

#[tokio::test]
async fn the_answer_of_an_unguarded_poll_is_no_channel() {
    let gateway = gateway().await;
    let reader = gateway.new_token("reader", "sources:read", &[]);
    gateway
        .post_answer(answer(55, 1, json!({"name": "Anna"})))
        .await;
    until("the poll is listed", async || {
        let all = gateway.read_api("/api/v1/sources", &reader).await;
        let items = all.body["items"].as_array().unwrap().iter();
        let polls: Vec<_> = items.filter(|item| item["source"] == "polls").collect();
        polls.len() == 1 && polls[0]["address"] == "55"
    })
    .await;
    let channels = gateway.read_api("/api/v1/channels", &reader).await;
    let names = channels.body["items"].as_array().unwrap().iter();
    let names: Vec<_> = names.map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["shop"]);
}
