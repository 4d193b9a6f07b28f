//! The console's first page, its history and the page of a submission.

use leadgate::domain::{Role, State};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::console::{ConsoleClient, ConsoleReply};
use crate::gateway::{TestGateway, answer, until};

const PROFILE: &str = "\
receive: { polls: [5] }
fields: { name: $.data.name, phone: { from: $.data.phone, as: phone }, q: $.data.q }
contact: { fields: { NAME: \"{{name}}\", PHONE: { value: \"{{phone}}\", search: true } } }
deal: { fields: { TITLE: \"{{q}}\" } }
";
/// The same with another title.
const OTHER: &str = "\
receive: { polls: [5] }
fields: { name: $.data.name, phone: { from: $.data.phone, as: phone }, q: $.data.q }
contact: { fields: { NAME: \"{{name}}\", PHONE: { value: \"{{phone}}\", search: true } } }
deal: { fields: { TITLE: \"Вопрос: {{q}}\" } }
";
const HOSTILE: &str = "<img src=x onerror=alert(1)>{{name}}=cmd";

/// A gateway whose profile may be changed.
async fn with_profile() -> TestGateway {
    let home = TempDir::new().unwrap();
    let folder = TestGateway::mappings(&home);
    std::fs::copy("mappings/_defaults.yaml", folder.join("_defaults.yaml")).unwrap();
    std::fs::write(folder.join("shop.yaml"), PROFILE).unwrap();
    let reload = ("mappings.reload_every", "50ms");
    let mappings = ("mappings.dir", folder.to_str().unwrap());
    TestGateway::at(home, &[mappings, reload]).await
}

fn anna() -> Value {
    json!({"name": "Анна", "phone": "8 (912) 345-67-89", "q": HOSTILE})
}

async fn send(gateway: &TestGateway, number: i64, data: Value) -> String {
    let reply = gateway.post_answer(answer(5, number, data)).await;
    assert_eq!(reply.body["is_successful"], true, "{reply:?}");
    gateway.settle().await;
    gateway.history(&format!("5/{number}")).entry.id.to_string()
}

async fn search(client: &ConsoleClient, text: &str) -> ConsoleReply {
    client.press("/console/history", &[("q", text)]).await
}

#[actix_web::test]
async fn the_list_has_the_submissions_and_the_search_finds_phones_in_any_spelling() {
    let gateway = with_profile().await;
    let client = gateway.signed_in().await;
    let page = client.read("/console/history").await;
    assert!(page.text.contains("Nothing has come yet"), "{}", page.text);
    let first = send(&gateway, 1, anna()).await;
    let other = json!({"name": "Пётр", "phone": "+7 495 000-00-01", "q": "?"});
    let second = send(&gateway, 2, other).await;

    let page = client.read("/console/history").await;
    for id in [&first, &second] {
        assert!(page.text.contains(&format!("/console/history/{id}")));
    }
    assert!(page.text.contains("/sandbox/deal/"), "{}", page.text);
    for text in [
        "89123456789",
        "+7 912 345 67 89",
        "345-67-89",
        "анна",
        "5/1",
        first.as_str(),
    ] {
        let found = search(&client, text).await;
        assert!(
            found.text.contains(&format!("history/{first}\"")),
            "{text}: {}",
            found.text
        );
        assert!(
            !found.text.contains(&format!("history/{second}\"")),
            "{text}"
        );
    }
    let found = search(&client, "ян").await;
    assert!(found.text.contains("at least three"), "{}", found.text);
    let found = search(&client, "000-77-77").await;
    assert!(found.text.contains("Nothing found"), "{}", found.text);
}

#[actix_web::test]
async fn the_filter_is_the_address() {
    let gateway = with_profile().await;
    let client = gateway.signed_in().await;
    let first = send(&gateway, 1, anna()).await;
    for (query, is_there) in [
        ("state=delivered", true),
        ("state=parked", false),
        ("profile=shop", true),
        ("profile=other", false),
        ("source=polls", true),
        ("source=polls/5", true),
        ("source=polls/6", false),
        ("destination=crm:sandbox", true),
        ("destination=crm:main", false),
        ("since=2020-01-01T00:00", true),
        ("until=2020-01-01T00:00", false),
        ("notes=1", false),
        ("state=nonsense", true),
    ] {
        let page = client.read(&format!("/console/history?{query}")).await;
        assert_eq!(page.status, 200);
        assert_eq!(
            page.text.contains(&first),
            is_there,
            "{query}: {}",
            page.text
        );
        let loosen = page.text.contains("No submission passes this filter");
        assert_eq!(loosen, !is_there, "{query}");
    }
}

#[actix_web::test]
async fn what_arrives_meanwhile_waits_behind_a_bar_and_older_pages_follow() {
    let gateway = with_profile().await;
    let client = gateway.signed_in().await;
    for number in 1..=52 {
        let reply = gateway
            .post_answer(answer(5, number, json!({"name": "Анна", "q": "?"})))
            .await;
        assert_eq!(reply.body["is_successful"], true);
    }
    gateway.settle().await;
    let page = client.read("/console/history").await;
    let part = |text: &str, from: &str| {
        let (_, rest) = text.split_once(from).unwrap();
        let rest = rest.split('"').next().unwrap();
        format!(
            "{}{rest}",
            from.trim_start_matches("hx-get=\"")
                .trim_start_matches("href=\"")
        )
        .replace("&amp;", "&")
    };
    let bar = part(&page.text, "hx-get=\"/console/history/new");
    let nothing = client.read(&bar).await;
    assert_eq!((nothing.status, nothing.text.as_str()), (200, ""));
    let older = part(&page.text, "href=\"/console/history?before=");
    let page = client.read(&older).await;
    let rows = page.text.matches("<tr>").count() - 1;
    assert_eq!(rows, 2, "{}", page.text);
    send(&gateway, 100, anna()).await;
    let new = client.read(&bar).await;
    assert!(new.text.contains("1 new"), "{}", new.text);
}

#[actix_web::test]
async fn the_page_of_a_submission_tells_its_story_and_runs_nothing() {
    let gateway = with_profile().await;
    let client = gateway.signed_in().await;
    let id = send(&gateway, 1, anna()).await;
    for name in [id.as_str(), "5/1", "polls/5/1"] {
        let page = client.read(&format!("/console/history/{name}")).await;
        assert_eq!(page.status, 200, "{name}: {}", page.text);
        assert!(
            page.text
                .contains("&lt;img src=x onerror=alert(1)&gt;{{name}}=cmd")
        );
        assert!(!page.text.contains("<img"), "{}", page.text);
        for part in [
            "contact.PHONE",
            "+79123456789",
            "$[&#39;data&#39;][&#39;phone&#39;]",
            "crm.contact",
            "/sandbox/contact/",
            "/console/profiles/shop/versions/hash/",
            "delivered",
        ] {
            let shown = page.text.contains(part) || page.text.contains(&part.replace("&#39;", "'"));
            assert!(shown, "{part}: {}", page.text);
        }
        assert!(!page.text.contains("style="), "{}", page.text);
    }
    let packet = client.read(&format!("/console/history/{id}/packet")).await;
    assert_eq!(packet.header("content-type"), "application/octet-stream");
    assert!(
        packet
            .header("content-disposition")
            .starts_with("attachment")
    );
    assert_eq!(packet.json()["data"]["q"], HOSTILE);
    assert_eq!(client.read("/console/history/ffffffff").await.status, 404);
    assert_eq!(client.read("/console/history/nothing").await.status, 404);
}

#[actix_web::test]
async fn a_viewer_sees_no_data_of_a_person_and_changes_nothing() {
    let gateway = with_profile().await;
    let viewer = gateway.signed_in_as(Role::Viewer).await;
    let id = send(&gateway, 1, anna()).await;
    let index = async || {
        let page = viewer.read("/console/history").await;
        page.text.contains("А•••")
    };
    until("the list names the person", index).await;
    for path in [
        "/console",
        "/console/history",
        &format!("/console/history/{id}"),
    ] {
        let page = viewer.read(path).await;
        assert_eq!(page.status, 200);
        for data in ["345-67-89", "9123456789", "Анна", "onerror"] {
            assert!(!page.text.contains(data), "{path}: {data}: {}", page.text);
        }
    }
    let found = search(&viewer, "89123456789").await;
    assert!(found.text.contains(&id) && !found.text.contains("Анна"));
    assert_eq!(
        viewer
            .read(&format!("/console/history/{id}/packet"))
            .await
            .status,
        403
    );
    for (path, fields) in [
        (format!("/console/history/{id}/replay"), &[][..]),
        (
            "/console/history/erase".to_owned(),
            &[("phones", "89123456789")],
        ),
        ("/console".to_owned(), &[("action", "sample")]),
    ] {
        assert_eq!(viewer.press(&path, fields).await.status, 403, "{path}");
    }
    assert_eq!(gateway.count(State::Delivered).await, 1);
}

#[actix_web::test]
async fn a_replay_shows_its_difference_and_is_refused_when_the_profile_has_changed() {
    let gateway = with_profile().await;
    let client = gateway.signed_in().await;
    let id = send(&gateway, 1, anna()).await;
    let operator = gateway.signed_in_as(Role::Operator).await;
    let page = format!("/console/history/{id}/replay");
    // a delivered one is written to the portal again
    assert_eq!(operator.read(&page).await.status, 403);

    let shown = client.read(&page).await;
    assert!(
        shown.text.contains("The plan is the same"),
        "{}",
        shown.text
    );
    let edition = |text: &str| {
        let (_, rest) = text.split_once("name=\"edition\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let before = edition(&shown.text);
    let file = gateway.home.path().join("mappings/shop.yaml");
    std::fs::write(&file, OTHER).unwrap();
    let changed = async || client.read(&page).await.text.contains("Вопрос: ");
    until("the page shows the difference", changed).await;
    let refused = client
        .press(&page, &[("edition", &before), ("step", "crm")])
        .await;
    assert_eq!(refused.status, 409, "{}", refused.text);

    let shown = client.read(&page).await;
    assert!(shown.text.contains("deal.TITLE"), "{}", shown.text);
    let edition = edition(&shown.text);
    let queued = client
        .press(&page, &[("edition", &edition), ("step", "crm")])
        .await;
    assert_eq!(
        (queued.status, queued.leads_to()),
        (303, format!("/console/history/{id}").as_str())
    );
    let again = async || {
        let entry = gateway.history(&id).entry;
        entry.attempt == 2 && entry.state == State::Delivered
    };
    until("it is delivered again", again).await;
    assert_eq!(gateway.deals().len(), 1);
    let audit = client.read("/console/audit").await;
    assert!(audit.text.contains("replayed") && audit.text.contains(&id));
}

#[actix_web::test]
async fn a_person_is_erased_after_the_count_is_confirmed() {
    let gateway = with_profile().await;
    let client = gateway.signed_in().await;
    let id = send(&gateway, 1, anna()).await;
    let erase = "/console/history/erase";
    let wrong = client.press(erase, &[("phones", "not a phone")]).await;
    assert_eq!(wrong.status, 422, "{}", wrong.text);
    let person = ("phones", "8 912 345 67 89");
    let asked = client.press(erase, &[person]).await;
    assert!(asked.text.contains("Erase 1 record"), "{}", asked.text);
    let other = client.press(erase, &[person, ("count", "7")]).await;
    assert!(
        other.text.contains("Meanwhile the number has changed"),
        "{}",
        other.text
    );
    let done = client.press(erase, &[person, ("count", "1")]).await;
    assert!(done.text.contains("Erased: 1."), "{}", done.text);
    assert!(gateway.history(&id).raw.is_empty());
    let page = client.read(&format!("/console/history/{id}")).await;
    assert!(
        page.text.contains("The content was removed"),
        "{}",
        page.text
    );
    let audit = client.read("/console/audit").await;
    assert!(audit.text.contains("erased-person"));
    assert!(!audit.text.contains("345 67 89") && !audit.text.contains("9123456789"));
}

#[actix_web::test]
async fn the_first_page_invites_to_send_a_sample_and_counts_what_came() {
    let gateway = TestGateway::start().await;
    let client = gateway.signed_in().await;
    let page = client.read("/console").await;
    assert!(page.text.contains("Send 1 sample answer"), "{}", page.text);
    let sent = client.press("/console", &[]).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    gateway.settle().await;
    let story = client.read(sent.leads_to()).await;
    assert!(story.text.contains("/sandbox/deal/"), "{}", story.text);
    assert!(story.text.contains("test"), "{}", story.text);
    let page = client.read("/console").await;
    assert!(page.text.contains("Send 1 sample answer"), "{}", page.text);
    for part in [
        "<svg",
        "The last 24 hours",
        "As a table",
        "Nothing waits for you",
        "crm:sandbox",
    ] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
}
