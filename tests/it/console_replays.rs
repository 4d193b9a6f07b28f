//! What waits for a person, and replays of many submissions, as people press them in the console.

use futures_util::future::join;
use leadgate::domain::{Role, State, VerdictReason};
use leadgate::store::{BulkOutcome, BulkState, Store};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::api::check_operation;
use crate::console::{ConsoleClient, ConsoleReply};
use crate::gateway::{Reply, TestGateway, answer, until};

/// Parks what comes from a city that the portal's list lacks.
const PROFILE: &str = "name: Магазин
receive: { polls: [5] }
fields:
  name: $.data.name
  phone: { from: $.data.phone, as: phone }
  city: $.data.city
contact:
  fields:
    NAME: { value: '{{name}}', on_update: overwrite }
    PHONE: { value: '{{phone}}', search: true }
deal:
  fields:
    TITLE: 'Заявка {{name}}'
    UF_CRM_CITY: { value: '{{city}}', as: label, unknown: park }
";

async fn shop() -> TestGateway {
    shop_at(TempDir::new().unwrap()).await
}

async fn shop_at(home: TempDir) -> TestGateway {
    let folder = TestGateway::mappings(&home);
    let profile = folder.join("shop.yaml");
    if !profile.exists() {
        std::fs::write(profile, PROFILE).unwrap();
    }
    let settings = [
        ("mappings.dir", folder.to_str().unwrap()),
        ("mappings.reload_every", "50ms"),
    ];
    let gateway = TestGateway::at(home, &settings).await;
    let list = json!([{"VALUE": "Москва"}]);
    let fields = json!({"FIELD_NAME": "CITY", "USER_TYPE_ID": "enumeration", "LABEL": "Город", "LIST": list});
    let method = "crm.deal.userfield.add";
    gateway.portal().call(method, json!({ "fields": fields }));
    gateway
}

/// Sends answers of people who live in a city that the list lacks, and waits until all are parked.
async fn park(gateway: &TestGateway, numbers: std::ops::RangeInclusive<i64>) {
    let before = gateway.count(State::Parked).await;
    let count = u64::try_from(numbers.end() - numbers.start() + 1).unwrap();
    for number in numbers {
        let phone = format!("+7912345{number:04}");
        let data = json!({"name": format!("Анна {number}"), "phone": phone, "city": "Тверь"});
        gateway.post_answer(answer(5, number, data)).await;
    }
    gateway.settle().await;
    assert_eq!(gateway.count(State::Parked).await, before + count);
}

/// Saves the profile with other text, and waits until the gateway works by it: a new dry run names
/// the edition.
async fn save_profile(gateway: &TestGateway, text: &str) {
    let author = gateway.signed_in_as(Role::Author).await;
    let store = gateway.beside();
    let edition = async || {
        let made = author
            .press("/console/replays", &[("state", "parked")])
            .await;
        let replay = store.bulk_replay(number_of(&made)).await.unwrap().unwrap();
        replay.order.editions.get("shop").cloned()
    };
    let before = edition().await;
    let folder = TestGateway::mappings(&gateway.home);
    std::fs::write(folder.join("shop.yaml"), text).unwrap();
    until("the profile is in use", async || edition().await != before).await;
}

/// Returns the number of a replay that was made.
fn number_of(made: &ConsoleReply) -> i64 {
    assert_eq!(made.status, 303, "{}", made.text);
    made.leads_to().rsplit('/').next().unwrap().parse().unwrap()
}

fn forgiving() -> String {
    PROFILE.replace("unknown: park", "unknown: skip")
}

/// The fields of the group of all parked ones.
const GROUP: [(&str, &str); 6] = [
    ("group", "1"),
    ("state", "parked"),
    ("reason", "unknown-label"),
    ("profile", "shop"),
    ("field", "deal.UF_CRM_CITY"),
    ("value", "Тверь"),
];

/// Begins a dry run, waits for its end, and returns the number of the replay.
async fn dry_run(client: &ConsoleClient, store: &Store, fields: &[(&str, &str)]) -> i64 {
    let id = number_of(&client.press("/console/replays", fields).await);
    wait_for(store, id, BulkState::Ready).await;
    id
}

async fn wait_for(store: &Store, id: i64, state: BulkState) {
    let reached = async || store.bulk_replay(id).await.unwrap().unwrap().state == state;
    until(&format!("replay {id} is {}", state.as_str()), reached).await;
}

async fn confirm(client: &ConsoleClient, id: i64) -> ConsoleReply {
    let path = format!("/console/replays/{id}/confirm");
    client.press(&path, &[]).await
}

/// Returns how many items have this outcome.
async fn ended(store: &Store, id: i64, outcome: Option<BulkOutcome>) -> u64 {
    let counts = store.bulk_counts(id).await.unwrap().into_iter();
    let of_outcome = counts.filter(|it| it.is_taken && it.outcome == outcome);
    of_outcome.map(|it| it.count).sum()
}

#[actix_web::test]
async fn parked_submissions_stand_in_one_group_that_leads_to_the_editor_and_the_history() {
    let gateway = shop().await;
    park(&gateway, 1..=20).await;
    let admin = gateway.signed_in().await;
    let page = admin.read("/console/attention").await.text;
    assert_eq!(page.matches("<article").count(), 1, "{page}");
    for part in [
        "20 submissions",
        "deal.UF_CRM_CITY",
        "Тверь",
        "/console/profiles/shop?packet=",
        "/console/history?state=parked&amp;reason=unknown-label&amp;profile=shop",
        "add the value to the list in Bitrix24",
        "Replay…",
        "Ignore…",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let viewer = gateway.signed_in_as(Role::Viewer).await;
    let page = viewer.read("/console/attention").await.text;
    assert!(page.contains("20 submissions"), "{page}");
    for hidden in ["Тверь", "Replay…", "Ignore…", "912345"] {
        assert!(!page.contains(hidden), "{hidden}: {page}");
    }
}

#[actix_web::test]
async fn without_anything_parked_the_page_says_so() {
    let gateway = shop().await;
    let admin = gateway.signed_in().await;
    let page = admin.read("/console/attention").await.text;
    assert!(page.contains("Nothing waits for you"), "{page}");
    let page = admin.read("/console/replays").await.text;
    assert!(page.contains("Nobody has replayed"), "{page}");
    let page = admin.read("/console/alerts").await.text;
    assert!(page.contains("Nobody is told of this"), "{page}");
}

#[actix_web::test]
async fn a_group_is_replayed_by_the_corrected_profile_and_no_deal_is_doubled() {
    let gateway = shop().await;
    park(&gateway, 1..=3).await;
    save_profile(&gateway, &forgiving()).await;
    let (admin, store) = (gateway.signed_in().await, gateway.beside());
    let id = dry_run(&admin, &store, &GROUP).await;
    assert_eq!(
        gateway.count(State::Parked).await,
        3,
        "nothing is queued yet"
    );
    let page = admin.read(&format!("/console/replays/{id}")).await.text;
    for part in [
        "Another plan",
        "deal.UF_CRM_CITY",
        "3 submissions",
        ">Replay 3<",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let examples = format!("/console/replays/{id}/examples?group=0");
    let examples = admin.read(&examples).await.text;
    assert!(examples.contains("Compare with the CRM"), "{examples}");
    let one = gateway.history("5/1").entry.id.to_string();
    let compare = format!("/console/replays/{id}/compare");
    let before = gateway.portal().counters().records.clone();
    let compared = admin.press(&compare, &[("id", &one)]).await;
    assert_eq!(compared.status, 200);
    assert!(compared.text.contains("TITLE"), "{}", compared.text);
    assert_eq!(gateway.portal().counters().records, before, "reads only");
    assert_eq!(confirm(&admin, id).await.status, 303);
    wait_for(&store, id, BulkState::Finished).await;
    assert_eq!(gateway.count(State::Delivered).await, 3);
    assert_eq!(gateway.deals().len(), 3);
    let page = admin.read(&format!("/console/replays/{id}")).await.text;
    assert!(page.contains("finished"), "{page}");
    let page = admin.read("/console/attention").await.text;
    assert!(page.contains("Nothing waits for you"), "{page}");
    let audit = admin.read("/console/audit").await.text;
    assert!(audit.contains("replay-confirmed"), "{audit}");
}

#[actix_web::test]
async fn what_is_parked_after_the_dry_run_is_not_taken() {
    let gateway = shop().await;
    park(&gateway, 1..=2).await;
    save_profile(&gateway, &forgiving()).await;
    let (admin, store) = (gateway.signed_in().await, gateway.beside());
    let id = dry_run(&admin, &store, &GROUP).await;
    // the portal parks one more by another reason
    let refuse = json!({"code": "MANDATORY_FIELD", "entity": "deal", "field": "UF_CRM_ORDER_ID"});
    gateway
        .portal()
        .inject(serde_json::from_value(refuse).unwrap());
    park(&gateway, 3..=3).await;
    gateway.portal().clear_faults();
    confirm(&admin, id).await;
    wait_for(&store, id, BulkState::Finished).await;
    assert_eq!(gateway.count(State::Delivered).await, 2);
    assert_eq!(gateway.count(State::Parked).await, 1);
}

#[actix_web::test]
async fn a_confirmation_is_refused_when_the_profile_has_changed_since() {
    let gateway = shop().await;
    park(&gateway, 1..=1).await;
    let (admin, store) = (gateway.signed_in().await, gateway.beside());
    let id = dry_run(&admin, &store, &GROUP).await;
    save_profile(&gateway, &forgiving()).await;
    let refused = confirm(&admin, id).await;
    assert_eq!(refused.status, 409);
    assert!(
        refused.text.contains("have changed since: shop"),
        "{}",
        refused.text
    );
    assert_eq!(gateway.count(State::Parked).await, 1);
    // the same set again, by the profile of now
    let again = dry_run(&admin, &store, &[("again", &id.to_string())]).await;
    assert_eq!(confirm(&admin, again).await.status, 303);
    wait_for(&store, again, BulkState::Finished).await;
    assert_eq!(gateway.count(State::Delivered).await, 1);
}

#[actix_web::test]
async fn a_stopped_replay_leaves_what_was_not_begun_and_the_sums_agree() {
    let gateway = shop().await;
    park(&gateway, 1..=70).await;
    save_profile(&gateway, &forgiving()).await;
    let (admin, store) = (gateway.signed_in().await, gateway.beside());
    let id = dry_run(&admin, &store, &GROUP).await;
    let shut = json!({"code": "CREDENTIALS_REVOKED", "times": "always"});
    gateway
        .portal()
        .inject(serde_json::from_value(shut).unwrap());
    confirm(&admin, id).await;
    let begun = async || ended(&store, id, Some(BulkOutcome::Queued)).await == 50;
    until("the first fifty are under way", begun).await;
    let stopped = admin
        .press(&format!("/console/replays/{id}/stop"), &[])
        .await;
    assert_eq!(stopped.status, 303);
    gateway.portal().clear_faults();
    wait_for(&store, id, BulkState::Stopped).await;
    assert_eq!(ended(&store, id, Some(BulkOutcome::Delivered)).await, 50);
    assert_eq!(ended(&store, id, None).await, 20);
    assert_eq!(gateway.count(State::Delivered).await, 50);
    assert_eq!(gateway.count(State::Parked).await, 20);
    assert_eq!(confirm(&admin, id).await.status, 409, "it was stopped");
}

#[actix_web::test]
async fn of_two_clicks_on_confirm_one_counts() {
    let gateway = shop().await;
    park(&gateway, 1..=1).await;
    save_profile(&gateway, &forgiving()).await;
    let (admin, store) = (gateway.signed_in().await, gateway.beside());
    let id = dry_run(&admin, &store, &GROUP).await;
    let (one, other) = join(confirm(&admin, id), confirm(&admin, id)).await;
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409]);
    wait_for(&store, id, BulkState::Finished).await;
    assert_eq!(gateway.deals().len(), 1);
    let history = gateway.history("5/1");
    assert_eq!(history.entry.attempt, 2, "one more attempt");
}

#[actix_web::test]
async fn of_two_submissions_of_one_person_the_later_wins() {
    let gateway = shop().await;
    for (number, name) in [(1, "Анна Старова"), (2, "Анна Новикова")] {
        let data = json!({"name": name, "phone": "+79123456789", "city": "Тверь"});
        gateway.post_answer(answer(5, number, data)).await;
        gateway.settle().await;
    }
    save_profile(&gateway, &forgiving()).await;
    let (admin, store) = (gateway.signed_in().await, gateway.beside());
    let id = dry_run(&admin, &store, &GROUP).await;
    confirm(&admin, id).await;
    wait_for(&store, id, BulkState::Finished).await;
    let contacts = gateway.contacts();
    assert_eq!(contacts.len(), 1);
    assert_eq!(contacts[0]["NAME"], "Анна Новикова");
}

#[actix_web::test]
async fn a_replay_goes_on_after_a_restart() {
    let gateway = shop().await;
    park(&gateway, 1..=60).await;
    save_profile(&gateway, &forgiving()).await;
    let (admin, store) = (gateway.signed_in().await, gateway.beside());
    let id = dry_run(&admin, &store, &GROUP).await;
    let shut = json!({"code": "CREDENTIALS_REVOKED", "times": "always"});
    gateway
        .portal()
        .inject(serde_json::from_value(shut).unwrap());
    confirm(&admin, id).await;
    let begun = async || ended(&store, id, Some(BulkOutcome::Queued)).await == 50;
    until("the first fifty are under way", begun).await;
    drop(store);
    let home = gateway.stop().await;
    let gateway = shop_at(home).await;
    wait_for(&gateway.beside(), id, BulkState::Finished).await;
    assert_eq!(gateway.count(State::Delivered).await, 60);
}

#[actix_web::test]
async fn what_would_be_parked_again_stays_as_it_is() {
    let gateway = shop().await;
    park(&gateway, 1..=2).await;
    // the profile requires what no packet has
    let strict = PROFILE.replace(
        "city: $.data.city",
        "city: { from: $.data.town, missing: park }",
    );
    save_profile(&gateway, &strict).await;
    let (admin, store) = (gateway.signed_in().await, gateway.beside());
    let id = dry_run(&admin, &store, &GROUP).await;
    let page = admin.read(&format!("/console/replays/{id}")).await.text;
    for part in [
        "Would be parked again",
        "missing-value",
        "fields.city",
        "Nothing of it can be replayed",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(ended(&store, id, None).await, 0);
}

#[actix_web::test]
async fn a_dismissed_submission_is_ignored_with_the_note_of_the_person() {
    let gateway = shop().await;
    park(&gateway, 1..=2).await;
    save_profile(&gateway, &forgiving()).await;
    let operator = gateway.signed_in_as(Role::Operator).await;
    let asked = operator
        .press("/console/attention/dismissing", &GROUP)
        .await;
    assert_eq!(asked.status, 200);
    assert!(asked.text.contains("name=\"note\""), "{}", asked.text);
    let dismiss = "/console/attention/dismiss";
    assert_eq!(
        operator.press(dismiss, &GROUP).await.status,
        422,
        "a note is needed"
    );
    let noted = [&GROUP[..], &[("note", "проверка формы")]].concat();
    assert_eq!(operator.press(dismiss, &noted).await.status, 303);
    assert_eq!(gateway.count(State::Ignored).await, 2);
    let entry = gateway.history("5/1").entry;
    let Some(VerdictReason::Dismissed { by, note }) = entry.note else {
        panic!("{entry:?}");
    };
    assert_eq!((by.as_str(), note.as_str()), ("operator", "проверка формы"));
    let shown = gateway.command(&["journal", "show", "5/1", "--lang", "en"], &[]);
    assert!(
        shown.contains("dismissed by operator: «проверка формы»"),
        "{shown}"
    );
    let audit = gateway.signed_in().await.read("/console/audit").await.text;
    assert!(
        audit.contains("submissions ignored") && audit.contains("note проверка формы"),
        "{audit}"
    );
    // a replay can still take it
    let store = gateway.beside();
    let id = dry_run(&operator, &store, &[("id", &entry.id.to_string())]).await;
    confirm(&operator, id).await;
    wait_for(&store, id, BulkState::Finished).await;
    assert_eq!(gateway.count(State::Delivered).await, 1);
}

#[actix_web::test]
async fn weaker_roles_are_refused_and_delivered_ones_need_an_admin() {
    let gateway = shop().await;
    park(&gateway, 1..=1).await;
    let (admin, store) = (gateway.signed_in().await, gateway.beside());
    let id = dry_run(&admin, &store, &GROUP).await;
    let viewer = gateway.signed_in_as(Role::Viewer).await;
    let noted = [&GROUP[..], &[("note", "x")]].concat();
    for (path, fields) in [
        ("/console/attention/dismissing".to_owned(), &GROUP[..]),
        ("/console/attention/dismiss".to_owned(), &noted),
        ("/console/replays".to_owned(), &GROUP),
        (format!("/console/replays/{id}/confirm"), &[]),
        (format!("/console/replays/{id}/stop"), &[]),
        (format!("/console/replays/{id}/compare"), &[("id", "x")]),
        ("/console/calls/call".to_owned(), &[("number", "5")]),
        ("/console/calls/hold".to_owned(), &[("call", "5")]),
    ] {
        assert_eq!(viewer.press(&path, fields).await.status, 403, "{path}");
    }
    assert_eq!(gateway.count(State::Parked).await, 1);
    for page in [
        "attention",
        "replays",
        &format!("replays/{id}"),
        &format!("replays/{id}/examples?group=0"),
    ] {
        let page = viewer.read(&format!("/console/{page}")).await;
        assert_eq!(page.status, 200);
        for hidden in ["Тверь", "9123450001", "Анна 1"] {
            assert!(!page.text.contains(hidden), "{hidden}: {}", page.text);
        }
    }
    let operator = gateway.signed_in_as(Role::Operator).await;
    let delivered = [("state", "delivered"), ("delivered", "1"), ("step", "crm")];
    let refused = operator.press("/console/replays", &delivered).await;
    assert_eq!(refused.status, 403);
}

#[actix_web::test]
async fn delivered_submissions_are_repeated_by_an_admin_who_names_the_step() {
    let gateway = shop().await;
    let data = json!({"name": "Анна", "phone": "+79123456789", "city": "Москва"});
    gateway.post_answer(answer(5, 1, data)).await;
    gateway.settle().await;
    let (admin, store) = (gateway.signed_in().await, gateway.beside());
    let only = [("state", "delivered")];
    let id = dry_run(&admin, &store, &only).await;
    let page = admin.read(&format!("/console/replays/{id}")).await.text;
    assert!(page.contains("Left alone"), "{page}");
    let with_step = [("state", "delivered"), ("delivered", "1"), ("step", "crm")];
    let id = dry_run(&admin, &store, &with_step).await;
    confirm(&admin, id).await;
    wait_for(&store, id, BulkState::Finished).await;
    assert_eq!(gateway.history("5/1").entry.attempt, 2);
    assert_eq!(gateway.deals().len(), 1);
}

impl TestGateway {
    /// Sends a change to the API.
    async fn change_api(&self, path: &str, token: &str, body: &Value) -> Reply {
        let request = self.http().post(self.url(path)).bearer_auth(token);
        self.send(request.body(body.to_string())).await
    }
}

#[actix_web::test]
async fn a_program_replays_and_dismisses_what_waits() {
    let gateway = shop().await;
    park(&gateway, 1..=3).await;
    let token = gateway.new_token("robot", "submissions:read,submissions:write", &[]);
    let reader = gateway.new_token("reader", "submissions:read", &[]);
    let path = "/api/v1/attention";
    let groups = gateway.read_api(path, &reader).await;
    check_operation(&groups, path, "get");
    let group = &groups.body["parked"][0];
    assert_eq!(
        (&group["count"], &group["profile"]),
        (&json!(3), &json!("shop"))
    );
    let alerts = gateway.read_api("/api/v1/attention/alerts", &reader).await;
    check_operation(&alerts, "/api/v1/attention/alerts", "get");
    let choice = json!({"reason": group["reason"], "profile": "shop", "subject": group["subject"]});
    let path = "/api/v1/replays";
    let body = json!({ "choice": choice });
    let refused = gateway.change_api(path, &reader, &body).await;
    assert_eq!(refused.status, 403);
    save_profile(&gateway, &forgiving()).await;
    let made = gateway.change_api(path, &token, &body).await;
    assert_eq!(made.status, 201, "{made:?}");
    check_operation(&made, path, "post");
    let id = made.body["number"].as_i64().unwrap();
    wait_for(&gateway.beside(), id, BulkState::Ready).await;
    let one = gateway.read_api(&format!("{path}/{id}"), &reader).await;
    check_operation(&one, "/api/v1/replays/{number}", "get");
    assert_eq!(one.body["fates"][0]["fate"]["fate"], "different", "{one:?}");
    let stopped = gateway
        .change_api(&format!("{path}/{id}/stop"), &token, &json!({}))
        .await;
    check_operation(&stopped, "/api/v1/replays/{number}/stop", "post");
    assert_eq!(stopped.body["state"], "stopped");
    let late = gateway
        .change_api(&format!("{path}/{id}/confirm"), &token, &json!({}))
        .await;
    assert_eq!(late.status, 409);
    check_operation(&late, "/api/v1/replays/{number}/confirm", "post");
    let first = gateway.history("5/1").entry.id.to_string();
    let dismiss = json!({"choice": {"ids": [first]}, "note": "проверка"});
    let path = "/api/v1/attention/dismiss";
    let dismissed = gateway.change_api(path, &token, &dismiss).await;
    check_operation(&dismissed, path, "post");
    assert_eq!(dismissed.body, json!({"dismissed": 1}));
    let made = gateway.change_api("/api/v1/replays", &token, &body).await;
    let id = made.body["number"].as_i64().unwrap();
    wait_for(&gateway.beside(), id, BulkState::Ready).await;
    let confirmed = gateway
        .change_api(&format!("/api/v1/replays/{id}/confirm"), &token, &json!({}))
        .await;
    assert_eq!(confirmed.status, 200, "{confirmed:?}");
    wait_for(&gateway.beside(), id, BulkState::Finished).await;
    assert_eq!(gateway.count(State::Delivered).await, 2);
    let list = gateway.read_api("/api/v1/replays", &reader).await;
    check_operation(&list, "/api/v1/replays", "get");
    assert!(
        list.body["items"].as_array().unwrap().len() >= 2,
        "{list:?}"
    );
    let none = gateway.read_api("/api/v1/replays/77", &reader).await;
    assert_eq!(
        (none.status, &none.body["type"]),
        (404, &json!("urn:leadgate:no-such-replay"))
    );
    let audit = gateway.signed_in().await.read("/console/audit").await.text;
    assert!(audit.contains("token robot"), "{audit}");
}
