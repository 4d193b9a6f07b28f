//! `$poll.…` and `$channel.…`: what is known about the poll of an answer, and about a channel.

use serde_json::json;

use crate::channels::{URLENCODED, gateway_with};
use crate::gateway::answer;

const ENGLISH: &str = "receive: { polls: [124], when: $poll.language == 'en' }\n\
    fields: { name: $.data.name, poll: $poll.name, number: $poll.id }\n\
    deal: { found: always_create, fields: { TITLE: \"{{poll}}/{{number}}: {{name}}\" } }\n";
const OTHERS: &str = "receive: { polls: [124], order: 1 }\n\
    fields: { name: $.data.name, language: $poll.language }\n\
    deal: { found: always_create, fields: { TITLE: \"{{poll_name}} {{language}} {{name}}\" } }\n";

#[actix_web::test]
async fn profiles_use_what_is_known_about_the_poll() {
    let files = [("english.yaml", ENGLISH), ("others.yaml", OTHERS)];
    let gateway = gateway_with(&files, &[]).await;
    let send = async |number: i64| {
        let reply = gateway
            .post_answer(answer(124, number, json!({"name": "Anna"})))
            .await;
        assert_eq!(reply.status, 200, "{:?}", reply.body);
        gateway.settle().await;
        let deals = gateway.deals();
        let title = deals.last().unwrap()["TITLE"].as_str().unwrap().to_owned();
        (deals.len(), title)
    };
    let register = async |name: &str, language: &str| {
        let poll = json!({"poll_id": 124, "poll_name": name, "poll_language": language,
            "employee_email": "clerk@hse.example"});
        assert_eq!(gateway.post_poll(poll).await.status, 200);
    };
    assert_eq!(send(1).await, (1, "124 Anna".to_owned()), "not registered");
    register("Open day", "en").await;
    assert_eq!(send(2).await, (2, "Open day/124: Anna".to_owned()));
    register("День открытых дверей", "ru").await;
    let title = "День открытых дверей ru Anna".to_owned();
    assert_eq!(send(3).await, (3, title));

    // the journal names the poll as it was; the employee is not kept with answers
    let list = gateway.command(&["journal"], &[]);
    assert!(list.contains("poll 124, answer 2 («Open day»)"), "{list}");
    assert!(list.contains("answer 3 («День открытых дверей»)"), "{list}");
    let shown = gateway.command(&["journal", "show", "124/2"], &["--json"]);
    assert!(shown.contains(r#""name":"Open day""#), "{shown}");
    assert!(!shown.contains("clerk@hse.example"), "{shown}");

    // a replay does not follow later changes of the poll
    let mappings = gateway.home.path().join("mappings");
    let config = gateway.home.path().join("leadgate.toml");
    std::fs::write(&config, format!("mappings.dir = {mappings:?}\n")).unwrap();
    let config = ["--config", config.to_str().unwrap()];
    let preview = gateway.command(
        &[&["preview", "124/2", "--no-crm"], &config[..]].concat(),
        &[],
    );
    assert!(preview.contains("Open day/124: Anna"), "{preview}");

    // a packet that was never received has what is known now
    let packet = gateway.home.path().join("packet.json");
    std::fs::write(&packet, answer(124, 9, json!({"name": "Anna"})).to_string()).unwrap();
    let preview = ["preview", packet.to_str().unwrap(), "--no-crm"];
    let preview = gateway.command(&[&preview[..], &config].concat(), &[]);
    assert!(
        preview.contains("День открытых дверей ru Anna"),
        "{preview}"
    );
}

#[actix_web::test]
async fn profiles_and_the_journal_use_the_name_of_a_channel() {
    let profile = "receive: { channel: [shop, bare] }\n\
        fields: { name: name, where: $channel.name }\n\
        deal: { found: always_create, fields: { TITLE: \"{{channel_name}}|{{where}}|{{name}}\" } }\n";
    let files = [
        ("shop.yaml", profile),
        (
            "_channels.yaml",
            "shop: { name: Заказы с сайта }\nbare: { rate: 9/s }\n",
        ),
    ];
    let gateway = gateway_with(&files, &[]).await;
    for channel in ["shop", "bare"] {
        let request = gateway.posting(&format!("/in/{channel}"), URLENCODED, "name=Anna");
        assert_eq!(gateway.send(request).await.status, 200);
        gateway.settle().await;
    }
    let deals = gateway.deals();
    let titles: Vec<_> = deals
        .iter()
        .map(|deal| deal["TITLE"].as_str().unwrap())
        .collect();
    assert_eq!(titles, ["Заказы с сайта|Заказы с сайта|Anna", "bare||Anna"]);
    let list = gateway.command(&["journal"], &[]);
    assert!(list.contains("channel shop («Заказы с сайта»)"), "{list}");
    assert!(!list.contains("channel bare («"), "{list}");
    let list = gateway.command(&["journal"], &["--json"]);
    assert!(list.contains(r#""name":"Заказы с сайта""#), "{list}");
}
