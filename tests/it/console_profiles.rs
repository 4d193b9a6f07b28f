//! The files of profiles in the console: the list, saves, versions, two people at once, new profiles,
//! and names that would leave the folder.

use std::path::PathBuf;

use leadgate::domain::{Role, State};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::console::ConsoleClient;
use crate::gateway::{TestGateway, answer, until};

const FILE: &str = "/console/profiles/visits.yaml";
const TEXT: &str = "# note\nname: Visits   # shown\nreceive: { polls: [77] }\nfields:\n  who: $.data.name\n  mail: { from: $.data.mail, as: email }\ncontact:\n  match: any\n  fields:\n    NAME: '{{who}}'\n    EMAIL: { value: '{{mail}}', search: true }\ndeal:\n  fields:\n    TITLE: 'Visit of {{who}}'   # keep me\n";

/// A gateway with one profile, and its folder.
async fn gateway() -> (TestGateway, PathBuf) {
    gateway_with(&[]).await
}

async fn gateway_with(flags: &[(&str, &str)]) -> (TestGateway, PathBuf) {
    let home = TempDir::new().unwrap();
    let folder = TestGateway::mappings(&home);
    std::fs::write(folder.join("visits.yaml"), TEXT).unwrap();
    let shown = folder.display().to_string();
    let flags = [flags, &[("mappings.dir", shown.as_str())]].concat();
    let gateway = TestGateway::at(home, &flags).await;
    let client = gateway.beside();
    until("the first version", async || {
        let versions = client.profile_versions("visits.yaml".to_owned(), None, 9);
        !versions.await.unwrap().is_empty()
    })
    .await;
    (gateway, folder)
}

async fn state(client: &ConsoleClient) -> Value {
    let reply = client.read(&format!("{FILE}/state")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

async fn save(client: &ConsoleClient, body: &Value) -> (u16, Value) {
    let reply = client.post_json(&format!("{FILE}/save"), body).await;
    let told = serde_json::from_str(&reply.text).unwrap_or(json!(reply.text));
    (reply.status, told)
}

#[tokio::test]
async fn a_saved_text_is_written_whole_and_the_gateway_works_by_it() {
    let (gateway, folder) = gateway().await;
    let client = gateway.signed_in_as(Role::Author).await;
    let before = state(&client).await;
    assert_eq!(
        (&before["text"], &before["may_save"]),
        (&json!(TEXT), &json!(true))
    );
    assert_eq!(before["in_git"], false);
    let text = TEXT.replace("Visit of", "Call of");
    let body = json!({"text": text, "base": before["hash"], "note": "calls now"});
    let (status, saved) = save(&client, &body).await;
    assert_eq!(
        (status, &saved["saved"], &saved["at_work"]),
        (200, &json!(true), &json!(true)),
        "{saved}"
    );
    assert_eq!(
        std::fs::read_to_string(folder.join("visits.yaml")).unwrap(),
        text
    );
    let leftovers = std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(leftovers, 1);
    gateway
        .post_answer(answer(77, 1, json!({"name": "Anna"})))
        .await;
    gateway.settle().await;
    assert_eq!(gateway.deals()[0]["TITLE"], "Call of Anna");
    let page = client.read("/console/profiles").await;
    assert!(
        page.text.contains("calls now") && page.text.contains("author"),
        "{}",
        page.text
    );
    let admin = gateway.signed_in().await;
    let audit = admin.read("/console/audit").await;
    assert!(audit.text.contains("profile saved"), "{}", audit.text);
}

#[tokio::test]
async fn a_text_with_errors_is_not_saved_and_says_where() {
    let (gateway, folder) = gateway().await;
    let client = gateway.signed_in_as(Role::Author).await;
    let text = TEXT.replace("{{who}}'   #", "{{whom}}'   #");
    let checked = client
        .post_json(&format!("{FILE}/editor/read"), &json!({"text": text}))
        .await;
    let problem = &checked.json()["problems"][0];
    assert_eq!(
        (&problem["severity"], &problem["line"]),
        (&json!("error"), &json!(14)),
        "{problem}"
    );
    assert_eq!(problem["fixes"][0]["text"], "who");
    let base = state(&client).await["hash"].clone();
    let (status, told) = save(&client, &json!({"text": text, "base": base})).await;
    assert_eq!(status, 422, "{told}");
    assert_eq!(told["problems"][0]["line"], 14);
    // a bracket too few is no profile, and keeps the place
    let (status, told) = save(&client, &json!({"text": "name: [x\n", "base": base})).await;
    assert_eq!(status, 422, "{told}");
    assert_eq!(
        std::fs::read_to_string(folder.join("visits.yaml")).unwrap(),
        TEXT
    );
}

#[tokio::test]
async fn two_people_who_save_at_once_lose_nothing() {
    let (gateway, folder) = gateway().await;
    let anna = gateway.signed_in_as(Role::Author).await;
    let boris = gateway.signed_in().await;
    let base = state(&anna).await["hash"].clone();
    let theirs = TEXT.replace("name: Visits", "name: Calls");
    let ours = TEXT.replace("Visit of", "Order of");
    assert_eq!(
        save(&anna, &json!({"text": theirs, "base": base})).await.0,
        200
    );
    // another key: shown first, then saved together
    let mut body = json!({"text": ours, "base": base});
    let (status, told) = save(&boris, &body).await;
    assert_eq!(status, 409, "{told}");
    assert_eq!(
        (&told["theirs_by"], &told["conflicts"]),
        (&json!("author"), &json!([]))
    );
    assert_eq!(
        std::fs::read_to_string(folder.join("visits.yaml")).unwrap(),
        theirs
    );
    body["choices"] = json!([]);
    let (status, told) = save(&boris, &body).await;
    assert_eq!(status, 200, "{told}");
    let both = theirs.replace("Visit of", "Order of");
    assert_eq!(told["text"], both);
    assert_eq!(
        std::fs::read_to_string(folder.join("visits.yaml")).unwrap(),
        both
    );
    // the same key needs a choice
    let mut body = json!({"text": TEXT.replace("Visit of", "Third"), "base": base, "choices": []});
    let (status, told) = save(&boris, &body).await;
    assert_eq!(status, 409, "{told}");
    assert_eq!(told["conflicts"][0]["place"], "deal.fields.TITLE");
    assert_eq!(told["conflicts"][0]["theirs"], "Order of {{who}}");
    body["choices"] = json!([{"path": ["deal", "fields", "TITLE"], "take": "ours"}]);
    assert_eq!(save(&boris, &body).await.0, 200);
    let text = std::fs::read_to_string(folder.join("visits.yaml")).unwrap();
    assert!(
        text.contains("Third") && text.contains("name: Calls   # shown"),
        "{text}"
    );
}

#[tokio::test]
async fn a_change_on_disk_becomes_a_version_and_is_never_overwritten() {
    let (gateway, folder) = gateway().await;
    let client = gateway.signed_in_as(Role::Author).await;
    let base = state(&client).await["hash"].clone();
    let theirs = TEXT.replace("# note", "# edited by hand");
    std::fs::write(folder.join("visits.yaml"), &theirs).unwrap();
    let store = gateway.beside();
    until("the version of the disk", async || {
        let versions = store.profile_versions("visits.yaml".to_owned(), None, 9);
        versions.await.unwrap().len() == 2
    })
    .await;
    let page = client.read(&format!("{FILE}/versions")).await;
    assert!(
        page.text.contains("on disk") && page.text.contains(">v2<"),
        "{}",
        page.text
    );
    let ours = TEXT.replace("Visit of", "Order of");
    let (status, told) = save(&client, &json!({"text": ours, "base": base})).await;
    assert_eq!((status, &told["theirs"]), (409, &json!(theirs)), "{told}");
    assert_eq!(told["theirs_by"], Value::Null);
    assert_eq!(told["merged"], theirs.replace("Visit of", "Order of"));
    assert_eq!(
        std::fs::read_to_string(folder.join("visits.yaml")).unwrap(),
        theirs
    );
}

#[tokio::test]
async fn a_version_is_compared_restored_and_found_by_the_edition_that_ran() {
    let (gateway, folder) = gateway().await;
    let client = gateway.signed_in_as(Role::Author).await;
    gateway
        .post_answer(answer(77, 1, json!({"name": "Anna"})))
        .await;
    gateway.settle().await;
    let first = state(&client).await;
    for (number, word) in [(2, "Second"), (3, "Third")] {
        let base = state(&client).await["hash"].clone();
        let text = TEXT.replace("Visit of", word);
        let (status, told) = save(&client, &json!({"text": text, "base": base})).await;
        assert_eq!((status, &told["version"]), (200, &json!(number)), "{told}");
    }
    // the edition of what was delivered leads to the text that ran
    let edition = first["edition"].as_str().unwrap();
    let page = client
        .read(&format!("/console/profiles/visits/versions/hash/{edition}"))
        .await;
    assert_eq!(page.leads_to(), "/console/profiles/visits.yaml/versions/1");
    let page = client.read(page.leads_to()).await;
    assert!(page.text.contains("Visit of"), "{}", page.text);
    let page = client
        .read(&format!("{FILE}/versions/compare?from=1&to=3"))
        .await;
    assert!(
        page.text.contains("Visit of") && page.text.contains("Third"),
        "{}",
        page.text
    );
    let reply = client
        .press(&format!("{FILE}/versions/1/restore"), &[])
        .await;
    assert_eq!(
        reply.leads_to(),
        "/console/profiles/visits.yaml/versions/4?restored=1"
    );
    assert_eq!(
        std::fs::read_to_string(folder.join("visits.yaml")).unwrap(),
        TEXT
    );
    let page = client.read(reply.leads_to()).await.text;
    assert!(page.contains("back as the new version v4"), "{page}");
    let page = client.read(&format!("{FILE}/versions/3")).await;
    assert!(page.text.contains("Third"), "{}", page.text);
    let audit = gateway.signed_in().await.read("/console/audit").await;
    assert!(audit.text.contains("profile-restored"), "{}", audit.text);
}

#[tokio::test]
async fn a_broken_file_says_which_version_works() {
    let (gateway, folder) = gateway().await;
    let client = gateway.signed_in_as(Role::Viewer).await;
    std::fs::write(folder.join("visits.yaml"), "name: [x\n").unwrap();
    until("the broken version", async || {
        let page = client.read("/console/profiles").await;
        page.text.contains("works by the last good one") && page.text.contains("v1")
    })
    .await;
    // versions are kept after the folder has been read
    until("the broken text is a version", async || {
        let page = client.read(&format!("{FILE}/versions")).await;
        page.text.contains("broken")
    })
    .await;
}

#[tokio::test]
async fn who_is_found_and_shared_files_are_changed_by_administrators() {
    let (gateway, folder) = gateway().await;
    std::fs::write(folder.join("_defaults.yaml"), "country: RU\n").unwrap();
    let viewer = gateway.signed_in_as(Role::Viewer).await;
    let author = gateway.signed_in_as(Role::Author).await;
    let admin = gateway.signed_in().await;
    let base = state(&viewer).await;
    assert_eq!(base["may_save"], false);
    let base = &base["hash"];
    let title = json!({"text": TEXT.replace("Visit of", "X"), "base": base});
    assert_eq!(save(&viewer, &title).await.0, 403);
    let search = json!({"text": TEXT.replace("match: any", "match: all"), "base": base});
    let (status, told) = save(&author, &search).await;
    assert_eq!(status, 403);
    assert!(told.as_str().unwrap().contains("contact.match"), "{told}");
    assert_eq!(save(&admin, &search).await.0, 200);
    let defaults = "/console/profiles/_defaults.yaml";
    let told = author.read(&format!("{defaults}/state")).await.json();
    assert_eq!(told["may_save"], false);
    assert!(
        told["why_not"].as_str().unwrap().contains("administrator"),
        "{told}"
    );
    let body = json!({"text": "country: UZ\n", "base": told["hash"]});
    assert_eq!(
        author
            .post_json(&format!("{defaults}/save"), &body)
            .await
            .status,
        403
    );
    assert_eq!(
        admin
            .post_json(&format!("{defaults}/save"), &body)
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn authors_change_who_is_found_if_the_settings_allow_it() {
    let (gateway, _) = gateway_with(&[("console.authors_change_search", "true")]).await;
    let author = gateway.signed_in_as(Role::Author).await;
    let base = state(&author).await["hash"].clone();
    let body = json!({"text": TEXT.replace("match: any", "match: all"), "base": base});
    assert_eq!(save(&author, &body).await.0, 200);
}

#[tokio::test]
async fn defaults_that_break_a_profile_are_not_saved() {
    let (gateway, folder) = gateway().await;
    std::fs::write(
        folder.join("_defaults.yaml"),
        "fields:\n  town: $.data.town\n",
    )
    .unwrap();
    let uses = TEXT.replace("Visit of {{who}}", "{{town}}");
    let client = gateway.signed_in().await;
    let base = state(&client).await["hash"].clone();
    until("the defaults", async || {
        let body = json!({"text": uses, "base": base});
        save(&client, &body).await.0 != 422
    })
    .await;
    let defaults = "/console/profiles/_defaults.yaml";
    let base = client.read(&format!("{defaults}/state")).await.json()["hash"].clone();
    let body = json!({"text": "fields:\n  city: $.data.city\n", "base": base});
    let reply = client.post_json(&format!("{defaults}/save"), &body).await;
    assert_eq!(reply.status, 422, "{}", reply.text);
    let problems = reply.json()["problems"].clone();
    let mut problems = problems.as_array().unwrap().iter();
    assert!(
        problems.any(|problem| problem["file"] == "visits.yaml" && problem["severity"] == "error"),
        "{}",
        reply.text
    );
}

#[cfg(unix)]
#[tokio::test]
async fn what_cannot_be_written_says_why_and_can_be_downloaded() {
    use std::os::unix::fs::PermissionsExt as _;
    let (gateway, folder) = gateway().await;
    let client = gateway.signed_in().await;
    let elsewhere = gateway.home.path().join("elsewhere.yaml");
    std::fs::rename(folder.join("visits.yaml"), &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, folder.join("visits.yaml")).unwrap();
    let told = state(&client).await;
    assert_eq!(told["may_save"], false);
    assert!(told["why_not"].as_str().unwrap().contains("link"), "{told}");
    let body = json!({"text": TEXT.replace("Visit", "X"), "base": told["hash"]});
    let (status, told) = save(&client, &body).await;
    assert_eq!(status, 422, "{told}");
    assert_eq!(std::fs::read_to_string(&elsewhere).unwrap(), TEXT);
    let file = client.read(&format!("{FILE}/download")).await;
    assert_eq!(file.text, TEXT);
    assert!(file.header("content-disposition").contains("visits.yaml"));
    std::fs::remove_file(folder.join("visits.yaml")).unwrap();
    std::fs::write(folder.join("visits.yaml"), TEXT).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o555)).unwrap();
    let told = state(&client).await;
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    // root may write everywhere
    if !rustix::process::getuid().is_root() {
        assert_eq!(told["may_save"], false);
        assert!(
            told["why_not"]
                .as_str()
                .unwrap()
                .contains("cannot be written"),
            "{told}"
        );
    }
}

#[tokio::test]
async fn names_never_leave_the_folder() {
    let (gateway, folder) = gateway().await;
    std::fs::write(folder.join(".hidden.yaml"), TEXT).unwrap();
    std::fs::write(gateway.home.path().join("secret.yaml"), "secret: 1\n").unwrap();
    let client = gateway.signed_in().await;
    for name in [
        "..%2Fsecret.yaml",
        "%2e%2e%2fsecret.yaml",
        "..%5Csecret.yaml",
        ".hidden.yaml",
        "%2Fetc%2Fpasswd",
        "visits.yaml%00",
        "visits.yaml%2f..%2f..%2fsecret.yaml",
        ".visits.yaml.new",
        "a.txt",
        "%FF.yaml",
    ] {
        for what in ["", "/state", "/download", "/versions"] {
            let reply = client
                .read(&format!("/console/profiles/{name}{what}"))
                .await;
            assert!(
                matches!(reply.status, 400 | 404),
                "{name}{what}: {}",
                reply.text
            );
        }
        let body = json!({"text": TEXT});
        let path = format!("/console/profiles/{name}/save");
        let reply = client.post_json(&path, &body).await;
        assert!(matches!(reply.status, 400 | 404), "{name}: {}", reply.text);
    }
    let secret = gateway.home.path().join("secret.yaml");
    assert_eq!(std::fs::read_to_string(secret).unwrap(), "secret: 1\n");
    let mut names: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, [".hidden.yaml", "visits.yaml"]);
}

#[tokio::test]
async fn a_new_profile_is_drafted_from_what_waits_and_takes_it_once_it_is_saved() {
    let (gateway, folder) = gateway().await;
    let client = gateway.signed_in_as(Role::Author).await;
    let data = json!({"name": "Anna", "phone": "+7 912 345-67-89"});
    gateway.post("/in/visits", data.to_string()).await;
    let page = client.read("/console/profiles/new").await;
    assert!(page.text.contains("channels/visits"), "{}", page.text);
    let page = client
        .press("/console/profiles/new", &[("source", "channels/visits")])
        .await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(page.text.contains("channel-visits.yaml"), "{}", page.text);
    assert!(
        !page.text.contains("345-67-89") && !page.text.contains("Anna"),
        "{}",
        page.text
    );
    // nothing is written before it is saved
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    let pasted = [
        ("kind", "channels"),
        ("address", "shop"),
        ("packet", "{\"email\": \"a@mail.example\"}"),
    ];
    let page = client.press("/console/profiles/new", &pasted).await;
    assert!(page.text.contains("channel-shop.yaml"), "{}", page.text);
    let text = TEXT
        .replace("polls: [77]", "channel: visits")
        .replace("$.data.", "$.");
    let path = "/console/profiles/channel-visits.yaml/save";
    let reply = client.post_json(path, &json!({"text": text})).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.json()["waited"], 1, "{}", reply.text);
    until("the waiting answer", async || {
        gateway.count(State::Delivered).await == 1
    })
    .await;
    // a new file never replaces another
    let reply = client.post_json(path, &json!({"text": text})).await;
    assert_eq!(reply.status, 409, "{}", reply.text);
}

#[tokio::test]
async fn the_name_of_a_profile_leads_to_its_file_with_the_packet() {
    let (gateway, folder) = gateway().await;
    std::fs::write(folder.join("short.yml"), TEXT).unwrap();
    let client = gateway.signed_in().await;
    for (name, file) in [
        ("visits?packet=1", "visits.yaml?packet=1"),
        ("short?packet=1", "short.yml?packet=1"),
    ] {
        let reply = client.read(&format!("/console/profiles/{name}")).await;
        let place = format!("/console/profiles/{file}");
        assert_eq!((reply.status, reply.leads_to()), (303, place.as_str()));
    }
}

#[tokio::test]
async fn the_api_reads_checks_saves_and_restores_by_the_same_rules() {
    let (gateway, folder) = gateway().await;
    let token = gateway.new_token("robot", "profiles:read,profiles:write", &[]);
    let reader = gateway.new_token("reader", "profiles:read", &[]);
    let path = "/api/v1/profiles/visits.yaml";
    let list = gateway.read_api("/api/v1/profiles", &reader).await;
    assert_eq!(list.body["items"][0]["state"], "good", "{list:?}");
    let open = gateway.read_api(path, &reader).await;
    assert_eq!(open.body["text"], TEXT);
    let put = async |token: &str, body: Value| {
        let request = gateway.http().put(gateway.url(path));
        gateway.send(request.bearer_auth(token).json(&body)).await
    };
    let text = TEXT.replace("Visit of", "Call of");
    let body = json!({"text": text, "base": open.body["hash"], "note": "by a robot"});
    assert_eq!(put(&reader, body.clone()).await.status, 403);
    let saved = put(&token, body.clone()).await;
    assert_eq!(
        (saved.status, &saved.body["version"]),
        (200, &json!(2)),
        "{saved:?}"
    );
    let again = put(
        &token,
        json!({"text": TEXT.replace("Visit of", "Z"), "base": open.body["hash"]}),
    );
    let again = again.await;
    assert_eq!(
        (again.status, &again.body["type"]),
        (409, &json!("urn:leadgate:changed-meanwhile"))
    );
    let search =
        json!({"text": text.replace("match: any", "match: all"), "base": saved.body["hash"]});
    assert_eq!(put(&token, search).await.status, 403);
    let versions = gateway.read_api(&format!("{path}/versions"), &reader).await;
    assert_eq!(
        versions.body["items"][0]["who"], "token robot",
        "{versions:?}"
    );
    let one = gateway
        .read_api(&format!("{path}/versions/1"), &reader)
        .await;
    assert_eq!(one.body["text"], TEXT);
    let post = async |what: &str, body: Value| {
        let request = gateway.http().post(gateway.url(&format!("{path}/{what}")));
        gateway.send(request.bearer_auth(&token).json(&body)).await
    };
    let checked = post("check", json!({"text": "nane: x\n"})).await;
    assert_eq!(checked.status, 200, "{checked:?}");
    assert!(!checked.body["problems"].as_array().unwrap().is_empty());
    assert_eq!(post("versions/1/restore", json!({})).await.status, 200);
    assert_eq!(
        std::fs::read_to_string(folder.join("visits.yaml")).unwrap(),
        TEXT
    );
    let unknown = gateway
        .read_api("/api/v1/profiles/..%2Fx.yaml", &reader)
        .await;
    assert_eq!(unknown.status, 404, "{unknown:?}");
}
