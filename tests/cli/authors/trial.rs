//! `leadgate try`: sent through the whole way, marked, shown, and removed again.

use serde_json::Value;

use super::{home, serve};
use crate::home::Home;

fn sent(home: &mut Home, arguments: &[&str]) -> Value {
    let arguments = [&["try"], arguments, &["--json"]].concat();
    let text = home.says(&arguments, 0, &[]);
    serde_json::from_str(&text).unwrap()
}

fn id(of: &Value) -> &str {
    of["id"].as_str().unwrap()
}

#[test]
fn a_test_lead_is_marked_shown_and_removed_again() {
    let mut home = home();
    let _server = serve(&mut home);
    let text = home.says(
        &["try", "123", "packet.json"],
        0,
        &[
            "Test lead ",
            "poll 123, answer 1",
            "profile “Вопрос”, packet.json",
            "/sandbox/contact/1\n",
            "/sandbox/deal/1\n",
            "Remove it again: leadgate try --remove ",
        ],
    );
    let name = text.lines().last().unwrap().rsplit(' ').next().unwrap();
    let (name, again) = (name.to_owned(), sent(&mut home, &["123", "packet.json"]));
    assert_eq!(again["state"], "delivered");
    // the same person, found: her own title stays
    assert_eq!(again["pages"][1]["id"], 1);
    home.says(
        &["try", "--remove", id(&again)],
        0,
        &["timeline of the record that it found: 1"],
    );
    home.says(
        &["try", "--remove", &name],
        0,
        &["deleted deal 1\n", "deleted contact 1\n"],
    );
    home.says(
        &["try", "--remove", &name, "--lang", "ru"],
        0,
        &["в CRM нет ничего, что создала пробная заявка"],
    );
    let shown = home.says(&["journal", "show", &name], 0, &["[Проба] Вопрос Анна"]);
    assert!(shown.contains("Пробная заявка leadgate"), "{shown}");
}

#[test]
fn a_test_lead_without_a_packet_sends_the_first_example() {
    let mut home = home();
    home.write(
        "mappings/examples/question/anna.yaml",
        "packet: { header_data: { poll_id: 123, answer_id: 7 }, data: { firstname: Анна, email: anna@mail.example } }\n",
    );
    home.write(
        "mappings/shop.yaml",
        "receive: { channel: shop }\nfields: { name: name }\ndeal: { found: always_create, fields: { TITLE: '{{name}}' } }\n",
    );
    home.write("order.json", "{\"name\": \"Пётр\"}");
    home.write("mappings/_channels.yaml", "list: { each: '$.orders[*]' }\n");
    home.write(
        "mappings/list.yaml",
        "receive: { channel: list }\nfields: { name: name }\ndeal: { found: always_create, fields: { TITLE: '{{name}}' } }\n",
    );
    home.write(
        "orders.json",
        "{\"orders\": [{\"name\": \"Анна\"}, {\"name\": \"Борис\"}]}",
    );
    let _server = serve(&mut home);
    assert_eq!(sent(&mut home, &["123"])["state"], "delivered");
    let shop = sent(&mut home, &["shop", "order.json"]);
    assert_eq!(shop["pages"][0]["kind"], "deal");
    // each test lead is a submission of its own
    assert_ne!(id(&shop), id(&sent(&mut home, &["shop", "order.json"])));
    home.says(&["try", "shop"], 2, &["channel shop has no example"]);
    // of several submissions in a packet the first
    home.says(&["try", "list", "orders.json"], 0, &["orders.json, 1 / 2"]);
}

#[test]
fn what_cannot_be_tried_or_removed_is_refused_with_advice() {
    let mut home = home();
    home.set("LEADGATE_SERVER__LISTEN", "127.0.0.1:1");
    home.says(
        &["try", "123", "packet.json"],
        1,
        &["no gateway answers on 127.0.0.1:1", "nothing was sent"],
    );
    home.says(
        &["try", "999", "packet.json"],
        1,
        &["no profile takes this packet of poll 999"],
    );
    home.write(
        "bad.json",
        "{\"header_data\": {\"poll_id\": 123}, \"data\": {\"email\": \"нет\"}}",
    );
    home.says(
        &["try", "123", "bad.json"],
        1,
        &["the profile rejects this packet", "nothing was sent"],
    );
    home.says(&["try"], 2, &["<CHANNEL or POLL>"]);
    home.says(
        &["try", "a b", "packet.json"],
        2,
        &["is not the name of a channel"],
    );
}
