//! Replays of delivered submissions: finished steps are never done twice.

use leadgate::domain::State;
use serde_json::{Value, json};

use crate::gateway::{TestGateway, answer, until};

const PROFILE: &str = "\
receive: { polls: [5] }
fields: { name: $.data.name, q: $.data.q }
deal: { found: update, fields: { TITLE: \"{{name}}: {{q}}\" } }
comment: full
todo: { title: \"Перезвонить {{name}}\", after: 2h }
";

fn anna(question: &str) -> Value {
    json!({"name": "Анна", "email": "anna@mail.example", "q": question})
}

/// Replays both answers beside the running gateway, as an operator does, and waits for the end.
async fn replay(gateway: &TestGateway, flags: &[&str]) {
    let (before, ..) = gateway.attempts();
    let replay = ["replay", "--since", "1h", "--step", "crm"];
    let output = gateway.command(&replay, flags);
    assert!(output.contains("queued again: 2"), "{output}");
    let ended = async || matches!(gateway.attempts(), (begun, _, true) if begun == before + 2);
    until("both are delivered again", ended).await;
}

/// Returns the numbers of deals, comments, to-dos and contacts.
fn counted(gateway: &TestGateway) -> [u64; 4] {
    let counters = gateway.portal().counters();
    [
        counters.records["deal"],
        counters.comments,
        counters.activities,
        counters.records["contact"],
    ]
}

#[actix_web::test]
async fn a_replay_updates_the_same_deal_even_if_it_is_closed() {
    let home = tempfile::TempDir::new().unwrap();
    let folder = TestGateway::mappings(&home);
    std::fs::copy("mappings/_defaults.yaml", folder.join("_defaults.yaml")).unwrap();
    std::fs::write(folder.join("shop.yaml"), PROFILE).unwrap();
    let gateway = TestGateway::at(home, &[("mappings.dir", folder.to_str().unwrap())]).await;
    let fields = json!({"NAME": "Анна", "EMAIL": [{"VALUE": "anna@mail.example"}]});
    let contact = gateway
        .portal()
        .call("crm.contact.add", json!({ "fields": fields }));
    let fields = json!({"TITLE": "Чужая", "CONTACT_ID": contact["result"]});
    gateway
        .portal()
        .call("crm.deal.add", json!({ "fields": fields }));

    gateway.post_answer(answer(5, 1, anna("когда"))).await;
    gateway.post_answer(answer(5, 2, anna("где"))).await;
    gateway.settle().await;
    assert_eq!(counted(&gateway), [1, 2, 2, 1]);

    // the deal is closed, and the contact has another address by now
    let deal = gateway.deals()[0]["ID"].clone();
    let closed = json!({"id": deal, "fields": {"STAGE_ID": "WON"}});
    gateway.portal().call("crm.deal.update", closed);
    let row = gateway.contacts()[0].clone();
    let email = json!([{"ID": row["EMAIL"][0]["ID"], "VALUE": "other@mail.example"}]);
    let moved = json!({"id": row["ID"], "fields": {"EMAIL": email}});
    gateway.portal().call("crm.contact.update", moved);

    for flags in [&[][..], &["--as-mapped"]] {
        replay(&gateway, flags).await;
        assert_eq!(counted(&gateway), [1, 2, 2, 1], "{flags:?}");
        assert_eq!(gateway.deals()[0]["STAGE_ID"], "WON", "{flags:?}");
    }

    // a deal with many comments: ours is on the third page by now
    for number in 0..120 {
        let fields = json!({"ENTITY_TYPE": "deal", "ENTITY_ID": deal, "COMMENT": format!("звонок {number}")});
        let method = "crm.timeline.comment.add";
        gateway.portal().call(method, json!({ "fields": fields }));
    }
    replay(&gateway, &[]).await;
    assert_eq!(counted(&gateway), [1, 122, 2, 1]);

    // what no longer exists is created again, once for both
    gateway
        .portal()
        .call("crm.deal.delete", json!({ "id": deal }));
    replay(&gateway, &[]).await;
    assert_eq!(counted(&gateway)[0], 1);
    assert_eq!(gateway.count(State::Delivered).await, 2);
}
