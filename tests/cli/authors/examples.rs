//! `leadgate test`: companies and product rows in examples, and in the plan of a preview.

use super::{home, serve};

const SHOP: &str = r#"
receive: { channel: shop }
fields: { order: $.order, inn: $.inn, firm: $.firm }
contact: none
company: { fields: { TITLE: "{{firm}}", RQ_INN: { value: "{{inn}}", search: true } } }
deal:
  fields: { TITLE: "Order {{order}}" }
  products: { each: "$.items[*]", name: $.name, price: $.price }
todo: { title: "Call {{firm}}", after: 2h }
"#;

const EXAMPLE: &str = r#"channel: shop
packet: { order: 5, inn: "7707083893", firm: Acme, items: [{ name: Tea, price: 5 }, { name: Mug, price: "7,50" }] }
"#;

#[test]
fn an_example_may_expect_companies_and_product_rows() {
    let home = home();
    home.write("mappings/shop.yaml", SHOP);
    let file = "mappings/examples/shop/first.yaml";
    home.write(file, EXAMPLE);
    let all = ["test", "--only", "shop"];
    home.says(
        &["test", "--only", "shop", "--update"],
        0,
        &["accepted shop/first.yaml"],
    );
    home.says(&all, 0, &["ok shop/first.yaml"]);
    let written = std::fs::read_to_string(home.path(file)).unwrap();
    let rows = "    products:\n      - { name: \"Tea\", price: \"5\" }\n      - { name: \"Mug\", price: \"7.50\" }\n";
    for part in ["  company:\n    RQ_INN: \"7707083893\"\n", rows] {
        assert!(written.contains(part), "{part}\n{written}");
    }
    for (products, code, parts) in [
        // examples of earlier releases do not say which rows there are
        ("", 0, ["ok shop/first.yaml"].as_slice()),
        (
            "    products: [{ price: 5, name: Tea }, { name: Mug, price: 7.50 }]\n",
            0,
            &[],
        ),
        (
            "    products: [{ name: Tea, price: 5 }]\n",
            1,
            &["deal.products", "Mug"],
        ),
        (
            "    products: { name: Tea, price: 6 }\n",
            1,
            &["deal.products"],
        ),
        ("    products: none\n", 1, &["deal.products", "Tea"]),
        (
            "    products: [{ title: Tea }]\n",
            1,
            &["unknown key `title`"],
        ),
    ] {
        home.write(file, &written.replace(rows, products));
        home.says(&all, code, parts);
    }
    let without = written.replace(rows, "    products: none\n");
    let (packet, rest) = without.split_once('\n').unwrap();
    let packet = format!("{packet}\n{}", rest.replacen("items:", "others:", 1));
    home.write(file, &packet);
    home.says(&all, 0, &["ok shop/first.yaml"]);
}

#[test]
fn a_preview_shows_product_rows_and_the_due_time_of_the_settings() {
    let mut home = home();
    home.write("mappings/shop.yaml", SHOP);
    let _server = serve(&mut home);
    home.write(
        "order.json",
        r#"{"order": 5, "inn": "7707083893", "firm": "Acme", "items": [{"name": "Tea", "price": 5}]}"#,
    );
    let preview = ["preview", "order.json", "--channel", "shop"];
    let parts = [
        "deal.products[0]  Tea; price 5",
        "← $['items'][0]",
        "«Call Acme (until 2",
        " MSK)»",
    ];
    home.says(&preview, 0, &parts);
    let russian = ["preview", "order.json", "--channel", "shop", "--lang", "ru"];
    home.says(&russian, 0, &["«Call Acme (до 2", " МСК)»"]);
}

#[test]
fn a_packet_that_its_profile_does_not_take_is_explained() {
    let home = home();
    home.write("mappings/shop.yaml", SHOP);
    let expect = "expect: { deal: { TITLE: x } }";
    let poll = |number: u32| {
        format!("packet: {{ header_data: {{ poll_id: {number} }}, data: {{}} }}\n{expect}\n")
    };
    for (file, text, why) in [
        (
            "shop/one.yaml",
            format!("packet: {{ order: 5 }}\n{expect}\n"),
            "write `channel: shop` beside `packet`",
        ),
        (
            "shop/one.yaml",
            format!("channel: shopp\npacket: {{ order: 5 }}\n{expect}\n"),
            "write `channel: shop` beside `packet`",
        ),
        (
            "question/one.yaml",
            poll(999),
            "write `header_data: { poll_id: 123 }` into it",
        ),
        (
            "questions/one.yaml",
            poll(123),
            "there is no profile `questions`: the folder is called like the profile's file, `question`",
        ),
    ] {
        let path = format!("mappings/examples/{file}");
        home.write(&path, &text);
        home.says(&["test", "--only", file], 1, &[why]);
        std::fs::remove_file(home.path(&path)).unwrap();
    }
    home.write("mappings/examples/full.yaml", &poll(123));
    home.write("mappings/examples/shop/two.json", "{}");
    let parts = [
        "examples/full.yaml is no example",
        "examples/shop/two.json is no example",
    ];
    home.says(&["test"], 0, &parts);
}
