//! Hooks of amoCRM as amoCRM sees the gateway: which are taken, which are refused, and what is
//! stored.

use leadgate::domain::State;
use serde_json::{Value, json};

use crate::channels::{URLENCODED, gateway_with};
use crate::gateway::{Reply, TestGateway, until};

/// Settings of the account in the fixtures.
pub(crate) const ACCOUNT: [(&str, &str); 3] = [
    ("amocrm.main.account", "30551177"),
    ("amocrm.main.subdomain", "edudemo"),
    ("amocrm.main.secret", "a long secret"),
];
/// The address of its hook.
pub(crate) const ADDRESS: &str = "/amo/main?key=a+long+secret";

/// A profile that takes leads.
pub(crate) const LEADS: &str = r#"
receive: { amocrm: main, on: [leads.add, leads.status], when: { tags: tilda } }
fields: { order: { custom: ORDERID }, price: { from: $.price, as: money } }
deal: { fields: { TITLE: "Order {{order}}", UF_CRM_ORDER_ID: { value: "{{order}}", search: true }, OPPORTUNITY: "{{price}}" } }
"#;

/// Starts a gateway with the account, and with one profile.
pub(crate) async fn with_profile(profile: &str, flags: &[(&str, &str)]) -> TestGateway {
    let flags = [&ACCOUNT[..], flags].concat();
    gateway_with(&[("leads.yaml", profile)], &flags).await
}

pub(crate) fn fixture(name: &str) -> String {
    let path = format!(
        "{}/tests/fixtures/amocrm/{name}",
        env!("CARGO_MANIFEST_DIR")
    );
    std::fs::read_to_string(path).unwrap()
}

impl TestGateway {
    pub(crate) async fn post_hook(&self, body: impl Into<reqwest::Body>) -> Reply {
        self.post_in(ADDRESS, URLENCODED, body).await
    }
}

/// Returns a hook with these leads.
pub(crate) fn leads(action: &str, leads: &[Value]) -> String {
    let account = json!({"id": "30551177", "subdomain": "edudemo"});
    json!({"leads": {action: leads}, "account": account}).to_string()
}

/// Returns a lead with an order.
pub(crate) fn lead(id: i64, order: &str, time: i64) -> Value {
    json!({"id": id, "name": "Курс", "price": "4900", "last_modified": time,
        "tags": [{"id": 5120, "name": "tilda"}],
        "custom_fields": [{"id": 811_203, "name": "ORDERID", "values": [{"value": order}]}]})
}

#[actix_web::test]
async fn hooks_of_every_entity_are_stored_once_as_form_or_json() {
    let gateway = with_profile(
        "receive: { amocrm: other }\ndeal: { fields: { TITLE: x } }\n",
        &[],
    )
    .await;
    let mut count = 0;
    for name in [
        "leads-add",
        "leads-status",
        "contacts-add",
        "companies-update",
        "unsorted-add",
        "unsorted-delete",
        "message-add",
        "task-add",
        "customers-update",
        "talk-add",
        "catalogs-add",
    ] {
        let form = gateway.post_hook(fixture(&format!("{name}.form"))).await;
        assert_eq!(
            (form.status, &form.body["captured"]),
            (200, &json!(1)),
            "{name}: {form:?}"
        );
        let json = gateway.post_hook(fixture(&format!("{name}.json"))).await;
        assert_eq!(
            (json.status, &json.body["repeated"]),
            (200, &json!(1)),
            "{name}: {json:?}"
        );
        count += 1;
        assert_eq!(gateway.count(State::Captured).await, count, "{name}");
    }
    let note = gateway.post_hook(fixture("contacts-note.form")).await;
    assert_eq!(
        (note.status, &note.body["captured"]),
        (200, &json!(1)),
        "{note:?}"
    );
    let article = gateway.post_hook(fixture("article.json")).await;
    assert_eq!(
        (article.status, &article.body["captured"]),
        (200, &json!(1)),
        "{article:?}"
    );
}

#[actix_web::test]
async fn a_request_with_several_items_is_several_submissions_in_their_order() {
    let gateway = with_profile(LEADS, &[]).await;
    let hook = json!({
        "leads": {"add": [lead(1, "A-1", 100), lead(2, "A-2", 100)], "status": [lead(1, "A-1", 101)],
            "delete": [{"id": 9}]},
        "contacts": {"update": [{"id": 5, "name": "Ольга Тестова"}]},
        "account": {"id": 30_551_177, "subdomain": "edudemo"},
    });
    let reply = gateway.post_hook(hook.to_string()).await;
    assert_eq!(reply.status, 200);
    assert_eq!(
        reply.body,
        json!({"status": "success", "accepted": 3, "captured": 2})
    );
    let again = gateway.post_hook(hook.to_string()).await;
    assert_eq!(again.body, json!({"status": "success", "repeated": 5}));
    gateway.settle().await;
    let orders: Vec<Value> = gateway
        .deals()
        .iter()
        .map(|deal| deal["UF_CRM_ORDER_ID"].clone())
        .collect();
    assert_eq!(orders, ["A-1", "A-2"]);
    let journal = gateway.command(&["journal", "--json", "--source", "amocrm/main"], &[]);
    let rows: Vec<Value> = journal
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let mut events: Vec<String> = rows
        .iter()
        .map(|row| row["identity"].as_str().unwrap_or_default().to_owned())
        .collect();
    events.sort();
    assert_eq!(events.len(), 5, "{journal}");
    assert!(
        events[0].starts_with("amocrm/main/30551177/contacts/5/"),
        "{events:?}"
    );
    assert!(
        events[1].starts_with("amocrm/main/30551177/leads/1/00000000000000000100/add/"),
        "{events:?}"
    );
}

#[actix_web::test]
async fn a_thousand_items_are_stored_at_once_as_form_and_json() {
    let gateway = with_profile(LEADS, &[]).await;
    let many: Vec<Value> = (1..=1000)
        .map(|id| lead(id, &format!("A-{}", id % 7), 100))
        .collect();
    let shut = json!({"code": "CREDENTIALS_REVOKED", "times": "always"});
    gateway
        .portal()
        .inject(serde_json::from_value(shut).unwrap());
    let hook = leads("add", &many);
    let mut taken = 0;
    // on a busy machine the disk may be too slow for the first one; amoCRM repeats it
    until("the hook is stored", async || {
        let reply = gateway.post_hook(hook.clone()).await;
        let count = |name: &str| reply.body[name].as_u64().unwrap_or(0);
        taken = count("accepted") + count("repeated");
        reply.status == 200
    })
    .await;
    assert_eq!(taken, 1000);
    let mut form = String::new();
    for (number, lead) in many.iter().enumerate() {
        let at = format!("leads[add][{number}]");
        let part = format!(
            "{at}[id]={}&{at}[name]=%D0%9A%D1%83%D1%80%D1%81&{at}[price]=4900&{at}[last_modified]=100&{at}[tags][0][id]=5120&{at}[tags][0][name]=tilda&{at}[custom_fields][0][id]=811203&{at}[custom_fields][0][name]=ORDERID&{at}[custom_fields][0][values][0][value]={}&",
            lead["id"],
            lead["custom_fields"][0]["values"][0]["value"]
                .as_str()
                .unwrap()
        );
        form.push_str(&part);
    }
    form.push_str("account[id]=30551177&account[subdomain]=edudemo");
    until("the form is known", async || {
        let reply = gateway.post_hook(form.clone()).await;
        reply.body == json!({"status": "success", "repeated": 1000})
    })
    .await;
}

#[actix_web::test]
async fn only_the_account_with_the_secret_may_send() {
    let gateway = with_profile(LEADS, &[]).await;
    let ours = leads("add", &[lead(1, "A-1", 100)]);
    let of = |account: Value| {
        json!({"leads": {"add": [lead(1, "A-1", 100)]}, "account": account}).to_string()
    };
    for (address, body, status, outcome) in [
        ("/amo/main", ours.clone(), 401, "unauthorized"),
        ("/amo/main?key=", ours.clone(), 401, "unauthorized"),
        (
            "/amo/main?key=a+long+secre",
            ours.clone(),
            401,
            "unauthorized",
        ),
        ("/amo/main/wrong", ours.clone(), 401, "unauthorized"),
        (
            "/amo/other?key=a+long+secret",
            ours.clone(),
            404,
            "no-such-address",
        ),
        (
            "/amo/main/a%20long%20secret/x",
            ours.clone(),
            404,
            "no-such-address",
        ),
        (
            ADDRESS,
            of(json!({"id": 1, "subdomain": "edudemo"})),
            403,
            "other-account",
        ),
        (
            ADDRESS,
            of(json!({"id": 30_551_177, "subdomain": "evil"})),
            403,
            "other-account",
        ),
        (ADDRESS, of(json!({"id": 1})), 403, "other-account"),
        (ADDRESS, of(json!([{"id": "1"}])), 403, "other-account"),
        (ADDRESS, of(json!({})), 403, "other-account"),
        (ADDRESS, of(Value::Null), 403, "other-account"),
    ] {
        let reply = gateway.post_in(address, "", body.clone()).await;
        assert_eq!(
            (reply.status, &reply.body["outcome"]),
            (status, &json!(outcome)),
            "{address} {body}"
        );
        assert!(!reply.body.to_string().contains("secret\""), "{reply:?}");
    }
    assert_eq!(gateway.get_in(ADDRESS).await.status, 405);
    assert_eq!(
        gateway.count(State::Queued).await + gateway.count(State::Delivered).await,
        0
    );
    for address in [
        ADDRESS,
        "/amo/main/a%20long%20secret",
        "/amo/MAIN?x=1&key=a%20long%20secret",
    ] {
        let reply = gateway.post_in(address, "text/plain", ours.clone()).await;
        assert_eq!(reply.status, 200, "{address} {reply:?}");
    }
    // a program that passes hooks on may leave the account out; the item tells its number
    let mut alone = lead(2, "A-2", 100);
    alone["account_id"] = json!("30551177");
    let reply = gateway
        .post_hook(json!({"leads": {"add": [alone]}}).to_string())
        .await;
    assert_eq!(reply.body["accepted"], 1);
}

#[actix_web::test]
async fn addresses_may_be_limited_instead_of_a_secret() {
    let flags = [
        ("amocrm.open.account", "30551177"),
        ("amocrm.open.allowed_addresses", "127.0.0.1"),
        ("amocrm.closed.account", "30551177"),
        ("amocrm.closed.allowed_addresses", "192.0.2.0/24"),
    ];
    let gateway = with_profile(LEADS, &flags).await;
    let hook = leads("add", &[lead(1, "A-1", 100)]);
    assert_eq!(
        gateway.post_in("/amo/open", "", hook.clone()).await.status,
        200
    );
    let refused = gateway.post_in("/amo/closed", "", hook).await;
    assert_eq!(
        (refused.status, &refused.body["outcome"]),
        (403, &json!("address"))
    );
}

#[actix_web::test]
async fn what_is_no_hook_is_kept_and_answered_like_a_hook() {
    let gateway = with_profile(LEADS, &[("amocrm.main.items_limit", "2")]).await;
    let too_many = leads("add", &[lead(1, "a", 1), lead(2, "b", 1), lead(3, "c", 1)]);
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    for (number, body) in [
        "test=test".to_owned(),
        "{\"leads\": {\"add\": [{\"id\": 1".to_owned(),
        "{}".to_owned(),
        "hello".to_owned(),
        "leads[add]=1&account[id]=30551177".to_owned(),
        "\u{0}\u{1}".to_owned(),
        deep,
        too_many,
    ]
    .into_iter()
    .enumerate()
    {
        for _ in 0..2 {
            let reply = gateway.post_hook(body.clone()).await;
            assert_eq!(
                (reply.status, &reply.body["captured"]),
                (200, &json!(1)),
                "{body} {reply:?}"
            );
        }
        assert_eq!(
            gateway.count(State::Captured).await,
            number as u64 + 1,
            "{body}"
        );
    }
    // an empty body too
    assert_eq!(gateway.post_hook("").await.status, 200);
    let list = gateway.command(&["journal", "--state", "captured", "--lang", "ru"], &[]);
    assert!(list.contains("это не хук amoCRM"), "{list}");
    assert!(list.contains("в хуке больше 2 элементов"), "{list}");
}

#[actix_web::test]
async fn a_full_quarantine_refuses_no_hook() {
    let gateway = with_profile(LEADS, &[("channels.quarantine_most", "2")]).await;
    let others: Vec<Value> = (1..=5)
        .map(|id| json!({"id": id, "last_modified": 1}))
        .collect();
    let reply = gateway.post_hook(leads("update", &others)).await;
    assert_eq!(
        reply.body,
        json!({"status": "success", "captured": 2, "dropped": 3})
    );
    let reply = gateway.post_hook("a=1").await;
    assert_eq!((reply.status, &reply.body["dropped"]), (200, &json!(1)));
    // what a profile takes needs no room
    let reply = gateway
        .post_hook(leads("add", &[lead(1, "A-1", 100)]))
        .await;
    assert_eq!(reply.body["accepted"], 1);
}

#[actix_web::test]
async fn captured_hooks_are_delivered_once_a_profile_takes_them() {
    let gateway = with_profile(
        "receive: { amocrm: other }\ndeal: { fields: { TITLE: x } }\n",
        &[],
    )
    .await;
    gateway.post_hook(fixture("leads-add.form")).await;
    gateway.post_hook(fixture("contacts-add.form")).await;
    assert_eq!(gateway.count(State::Captured).await, 2);
    std::fs::write(gateway.home.path().join("mappings/leads.yaml"), LEADS).unwrap();
    until("it is delivered", async || {
        gateway.count(State::Delivered).await == 1
    })
    .await;
    assert_eq!(gateway.deals()[0]["TITLE"], "Order 180022");
    assert_eq!(
        gateway.count(State::Captured).await,
        1,
        "the profile does not want contacts"
    );
}
