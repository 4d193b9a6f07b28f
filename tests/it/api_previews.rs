//! Previews and first profiles by the API.

use serde_json::{Value, json};

use crate::api::{check, check_operation};
use crate::gateway::{Reply, TestGateway, answer};

const PREVIEWS: &str = "/api/v1/previews";
const DRAFTS: &str = "/api/v1/drafts";

const PROFILE: &str = "name: Visits\nreceive: { polls: [77] }\nfields:\n  who: { from: $.data.name }\n  mail: { from: $.data.email, as: email }\ncontact: { fields: { NAME: \"{{who}}\", EMAIL: { value: \"{{mail}}\", search: true } } }\ndeal: { fields: { TITLE: 'Visit of {{who}}' } }\n";

async fn gateway() -> TestGateway {
    let home = tempfile::TempDir::new().unwrap();
    let folder = TestGateway::mappings(&home);
    std::fs::write(folder.join("visits.yaml"), PROFILE).unwrap();
    let folder = folder.display().to_string();
    TestGateway::at(home, &[("mappings.dir", &folder)]).await
}

impl TestGateway {
    async fn preview(&self, token: &str, body: Value) -> Reply {
        self.ask_api(("POST", PREVIEWS), token, Some(&body)).await
    }
}

/// Returns the planned title of a preview.
fn title(reply: &Reply) -> String {
    let text = reply.body["preview"]["outcome"]["plan"].to_string();
    let title = text.split("Visit of ").nth(1).map(|_| "Visit of");
    let call = text.split("Call of ").nth(1).map(|_| "Call of");
    title.or(call).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_draft_of_a_text_shows_fields_plan_and_changes() {
    let gateway = gateway().await;
    let token = gateway.new_token("author", "profiles:read", &[]);
    let data = json!({"name": "Анна", "email": "anna@mail.example"});
    let packet = json!({"header_data": {"poll_id": 77, "answer_id": 1}, "data": data});
    let now = json!({"file": "visits.yaml", "packet": packet});
    let shown = gateway.preview(&token, now).await;
    assert_eq!(shown.status, 200, "{shown:?}");
    check_operation(&shown, PREVIEWS, "post");
    assert_eq!(title(&shown), "Visit of", "{shown:?}");
    assert_eq!(shown.body["preview"]["crm"], Value::Null);
    let text = PROFILE.replace("Visit of", "Call of");
    let tried = json!({"file": "visits.yaml", "text": text, "packet": packet});
    let shown = gateway.preview(&token, tried).await;
    assert_eq!(title(&shown), "Call of", "{shown:?}");
    let mut fields = shown.body["preview"]["fields"].as_array().unwrap().iter();
    let who = fields.find(|field| field["name"] == "who").unwrap();
    assert_eq!(who["value"], "Анна");
    // the packet as it came, for the profile that takes it
    let raw = json!({"packet": packet.to_string(), "source": "polls/77"});
    let shown = gateway.preview(&token, raw).await;
    assert_eq!(title(&shown), "Visit of", "{shown:?}");
    // what is wrong with the text
    let broken = json!({"file": "visits.yaml", "text": "nane: x\n", "packet": packet});
    let broken = gateway.preview(&token, broken).await;
    assert_eq!(broken.body["preview"], Value::Null, "{broken:?}");
    assert!(!broken.body["problems"].as_array().unwrap().is_empty());
    check_operation(&broken, PREVIEWS, "post");
    // what only tokens with the scope of people may see
    let with_crm = json!({"file": "visits.yaml", "packet": packet, "crm": true});
    let refused = gateway.preview(&token, with_crm.clone()).await;
    assert_eq!(refused.body["type"], "urn:leadgate:missing-scope");
    let both = gateway.new_token("both", "profiles:read,submissions:read", &[]);
    let compared = gateway.preview(&both, with_crm).await;
    let crm = &compared.body["preview"]["crm"];
    assert_eq!(crm["connection"], "sandbox", "{compared:?}");
    assert!(!crm["changes"].as_array().unwrap().is_empty());
    assert_eq!(gateway.deals(), Vec::<Value>::new());
}

#[tokio::test]
async fn a_stored_submission_is_previewed_by_another_text() {
    let gateway = gateway().await;
    let both = gateway.new_token("both", "profiles:read,submissions:read", &[]);
    let data = json!({"name": "Анна", "email": "anna@mail.example"});
    gateway.post_answer(answer(77, 1, data)).await;
    gateway.settle().await;
    let text = PROFILE.replace("Visit of", "Call of");
    let body = json!({"file": "visits.yaml", "text": text, "submission": "polls/77/1"});
    let shown = gateway.preview(&both, body.clone()).await;
    assert_eq!(title(&shown), "Call of", "{shown:?}");
    let author = gateway.new_token("author", "profiles:read", &[]);
    assert_eq!(gateway.preview(&author, body).await.status, 403);
    let packet = json!({"header_data": {"poll_id": 5, "answer_id": 1}, "data": {}});
    for (wrong, status, code) in [
        (json!({}), 409, "preview"),
        (json!({"text": "name: x", "packet": "{}"}), 409, "preview"),
        (
            json!({"packet": "{}", "source": "letters/1"}),
            409,
            "preview",
        ),
        (
            json!({"packet": packet, "source": "polls/5"}),
            409,
            "preview",
        ),
        (
            json!({"file": "visits.yaml", "packet": "["}),
            409,
            "preview",
        ),
        (
            json!({"file": "nobody.yaml", "packet": "{}"}),
            404,
            "no-such-profile",
        ),
        (json!({"submission": "ffffffff"}), 404, "no-such-submission"),
        (json!({"profile": "x"}), 400, "body"),
    ] {
        let reply = gateway.preview(&both, wrong.clone()).await;
        let code = format!("urn:leadgate:{code}");
        assert_eq!(
            (reply.status, reply.body["type"].as_str()),
            (status, Some(code.as_str())),
            "{wrong}: {reply:?}"
        );
    }
}

#[tokio::test]
async fn a_first_profile_is_drafted_from_captured_packets() {
    let gateway = gateway().await;
    let both = gateway.new_token("both", "profiles:read,submissions:read", &[]);
    let author = gateway.new_token("author", "profiles:read", &[]);
    let form = json!({"name": "Anna", "phone": "79000000000"});
    let reply = gateway.post("/in/landing", form.to_string()).await;
    assert_eq!(reply.status, 202, "{reply:?}");
    let list = gateway.read_api(DRAFTS, &author).await;
    check(&list, DRAFTS);
    assert_eq!(list.body["items"][0]["source"], "channels/landing");
    let draft = async |token: &str, body: Value| {
        gateway.ask_api(("POST", DRAFTS), token, Some(&body)).await
    };
    let wanted = json!({"source": "channels/landing"});
    assert_eq!(draft(&author, wanted.clone()).await.status, 403);
    let drafted = draft(&both, wanted).await;
    check_operation(&drafted, DRAFTS, "post");
    assert_eq!(
        (&drafted.body["packets"], &drafted.body["file"]),
        (&json!(1), &json!("channel-landing.yaml")),
        "{drafted:?}"
    );
    // an own packet needs no history
    let own = json!({"source": "channels/shop", "packet": form});
    let drafted = draft(&author, own).await;
    assert_eq!(drafted.status, 200, "{drafted:?}");
    for source in ["channels/quiet", "letters/1", "channels"] {
        let none = draft(&both, json!({"source": source})).await;
        assert_eq!(none.body["type"], "urn:leadgate:preview", "{none:?}");
    }
}
