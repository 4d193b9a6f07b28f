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

#[test]
fn a_profile_without_a_crm_is_tried_too() {
    let mut home = home();
    home.write(
        "mappings/landing.yaml",
        "receive: { channel: landing }\nfields: { name: name }\nthen:\n  - { http: bin, path: /orders, json: { name: '{{name}}' } }\n",
    );
    home.write("order.json", "{\"name\": \"Анна\"}");
    let server = serve(&mut home);
    for (lang, words) in [
        (
            "en",
            [
                "· POST https://127.0.0.1:",
                "→ status 200, ",
                "\nDelivered\n",
            ],
        ),
        (
            "ru",
            [
                "· POST https://127.0.0.1:",
                "→ статус 200, ",
                "\nДоставлено\n",
            ],
        ),
    ] {
        let arguments = ["try", "landing", "order.json", "--lang", lang];
        let text = home.says(&arguments, 0, &words);
        assert!(
            text.contains("/services/bin/orders → ") && text.contains("{\"name\":\"Анна\"}\n"),
            "{text}"
        );
        assert!(!text.contains("--remove"), "nothing to remove\n{text}");
    }
    let tried = sent(&mut home, &["landing", "order.json"]);
    assert_eq!(
        (&tried["state"], &tried["pages"]),
        (&"delivered".into(), &Value::from(Vec::<Value>::new()))
    );
    home.says(
        &["try", "--remove", id(&tried)],
        0,
        &["the CRM has nothing that test lead"],
    );
    // a refused request is no success
    home.write(
        "mappings/landing.yaml",
        "receive: { channel: landing }\nfields: { name: name }\nthen:\n  - { http: bin, path: /status/422, json: { name: '{{name}}' } }\n",
    );
    server.terminate();
    let _server = serve(&mut home);
    home.says(
        &["try", "landing", "order.json"],
        1,
        &["refused-by-service", "→ status 422, "],
    );
}

/// A company, a contact and a deal, a request, and changes of the deal and the company.
const CHAIN: &str = "receive: { channel: shop }
fields: { name: name, phone: { from: phone, as: phone }, firm: firm }
contact: { fields: { NAME: '{{name}}', PHONE: { value: '{{phone}}', search: true } } }
company: { fields: { TITLE: { value: '{{firm}}', search: true } } }
deal: { fields: { TITLE: 'Заказ {{name}}' } }
then:
  - { http: bin, path: /orders, json: { deal: '{{steps.crm.deal_id}}' }, save: { number: { from: $.number, missing: fail } } }
  - { name: mark, crm: { update: deal, fields: { TITLE: 'Заказ №{{steps.bin.number}}' }, comment: 'Номер {{steps.bin.number}}' } }
  - { name: note, crm: { update: company, fields: { COMMENTS: 'заказ {{steps.bin.number}}' }, comment: 'Заказ {{steps.bin.number}}' } }
";

#[test]
fn later_steps_of_a_test_lead_leave_titles_alone_and_their_comments_are_removed() {
    let mut home = home();
    home.write("mappings/shop.yaml", CHAIN);
    let packet = |name: &str, phone: &str| {
        format!("{{\"name\": \"{name}\", \"phone\": \"{phone}\", \"firm\": \"Ромашка\"}}")
    };
    home.write("anna.json", &packet("Анна", "8 912 345-67-89"));
    home.write("boris.json", &packet("Борис", "8 912 345-67-80"));
    let server = serve(&mut home);
    let page = |name: &str| {
        let head = "HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        crate::home::send(server.port(), &format!("GET /sandbox/{name} {head}"))
    };
    // a real order, whose deal the test lead finds
    let real = packet("Анна", "8 912 345-67-89");
    assert!(server.post_json("/in/shop", &real).contains("200"));
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !page("company/1").contains("Заказ 1") {
        assert!(std::time::Instant::now() < until, "{}", page("company/1"));
    }
    let tried = sent(&mut home, &["shop", "anna.json"]);
    assert_eq!(
        (&tried["state"], &tried["pages"][1]["id"]),
        (&"delivered".into(), &1.into())
    );
    let deal = page("deal/1");
    assert!(
        deal.contains("Заказ №1") && !deal.contains("[Проба] Заказ") && !deal.contains("№2"),
        "{deal}"
    );
    assert!(
        deal.contains("Номер 2") && deal.contains("Пробная заявка"),
        "{deal}"
    );
    let company = page("company/1");
    assert!(
        company.contains("Заказ 1") && company.contains("Заказ 2"),
        "{company}"
    );
    // the comments of both steps in the deal, and of one in the company
    home.says(
        &["try", "--remove", id(&tried)],
        0,
        &["deleted from the timeline of the record that it found: 3"],
    );
    assert!(!page("deal/1").contains("Номер 2") && !page("company/1").contains("Заказ 2"));
    // one that is created keeps its mark
    sent(&mut home, &["shop", "boris.json"]);
    let deal = page("deal/2");
    assert!(deal.contains("[Проба] Заказ Борис"), "{deal}");
}
