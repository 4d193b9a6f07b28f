//! `leadgate preview`: its output, and its errors.

use serde_json::Value;

use super::{PROFILE, home, serve};
use crate::home::Home;

#[test]
fn a_preview_shows_fields_plan_calls_and_changes() {
    let mut home = home();
    let _server = serve(&mut home);
    let text = home.says(
        &["preview", "packet.json"],
        0,
        &[
            "poll 123, answer 345, packet.json",
            "«Вопрос» (question",
            "+79123456789       ← $['data']['mobile'] «8 (912) 345-67-89», as phone",
            "← $['data']['city']: nothing there; skip",
            "Left out",
            "deal.SOURCE_DESCRIPTION  ← {{city}}",
            "read: batch (2 commands)",
            "crm.duplicate.findbycomm",
            "would write: batch (2 commands)",
            "crm.contact.add {",
            "new deal     TITLE",
            "nothing was written",
        ],
    );
    assert!(!text.contains('\u{1b}'), "plain when piped");
    let raw = std::fs::read(home.path("packet.json")).unwrap();
    let (code, text) = home.fed(&["preview", "-", "--json"], &raw);
    assert_eq!(code, 0, "{text}");
    let seen: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(seen["profile"]["file"], "question");
    assert_eq!(seen["fields"][2]["raw"], "8 (912) 345-67-89");
    assert_eq!(seen["crm"]["writes"][0]["method"], "batch");
    assert_eq!(seen["crm"]["changes"][0]["target"], "new contact");
    // another profile by its name, with a note that it would not take the packet
    home.write(
        "mappings/other.yaml",
        "name: Другой\nreceive: { polls: [5] }\ndeal: { fields: { TITLE: Т } }\n",
    );
    home.says(
        &["preview", "packet.json", "--profile", "Другой"],
        0,
        &["without --profile it would go to «Вопрос» (question.yaml)"],
    );
}

#[test]
fn an_impossible_preview_says_why_and_sets_the_exit_code() {
    let mut home = home();
    let preview = |more: &[&'static str]| [&["preview"], more].concat();
    // nothing listens on port 1
    home.set("LEADGATE_SERVER__LISTEN", "127.0.0.1:1");
    home.says(
        &preview(&["packet.json"]),
        1,
        &[
            "crm.sandbox",
            "the embedded sandbox runs only inside a running gateway",
        ],
    );
    home.says(&preview(&["packet.json", "--no-crm"]), 0, &["Plan"]);
    home.says(
        &preview(&["absent.json"]),
        2,
        &["there is no file absent.json"],
    );
    home.says(&preview(&["mappings"]), 2, &["is a folder"]);
    home.says(&preview(&["123/345"]), 1, &["no journal to look it up in"]);
    home.write("broken.json", "{\"header_data\": {\"poll_id\": 1,}}");
    home.says(
        &preview(&["broken.json"]),
        2,
        &["broken.json is not a packet: ", "line 1"],
    );
    home.write("anonymous.json", "{\"data\": {}}");
    home.says(&preview(&["anonymous.json"]), 2, &["add --poll 123"]);
    home.says(
        &preview(&["anonymous.json", "--poll", "124"]),
        1,
        &["no profile takes poll 124, answer 1"],
    );
    home.says(
        &preview(&["packet.json", "--poll", "0"]),
        2,
        &["is not a poll"],
    );
    home.says(
        &preview(&["packet.json", "--profile", "quetsion"]),
        2,
        &["there is no profile quetsion; did you mean question?"],
    );
    // the profile rejects it: shown, and visible in the exit code
    home.says(
        &preview(&["anonymous.json", "--poll", "123"]),
        1,
        &["No plan: rejected; reply to the sender: ", "email"],
    );
    home.set("LEADGATE_SERVER__BODY_LIMIT", "1024");
    home.write("long.json", &format!("{{\"a\": \"{}\"}}", "x".repeat(2000)));
    home.says(&preview(&["long.json"]), 2, &["longer than 1024 bytes"]);
}

#[test]
fn a_preview_uses_the_connection_of_the_delivery() {
    let mut home = home();
    for name in ["MAIN", "OTHER"] {
        let key = format!("LEADGATE_CRM__{name}__WEBHOOK");
        home.set(&key, "http://127.0.0.1:1/rest/1/s3cr3t/");
    }
    home.says(
        &["preview", "packet.json"],
        1,
        &[
            "there are several connections (main, other)",
            "add `crm: main`",
        ],
    );
    home.write("mappings/question.yaml", &format!("crm: third\n{PROFILE}"));
    home.says(
        &["preview", "packet.json"],
        1,
        &["`crm: third` is not a connection of the settings; they have main, other"],
    );
    home.write("mappings/question.yaml", &format!("crm: other\n{PROFILE}"));
    let text = home.says(
        &["preview", "packet.json"],
        1,
        &[
            "crm.other",
            "/rest/1/•••/",
            "cannot be reached",
            "check the address and the network",
        ],
    );
    assert!(!text.contains("s3cr3t"));
}

#[test]
fn xml_and_csv_files_are_previewed_and_drafted() {
    let home = home();
    home.write(
        "mappings/shop.yaml",
        "receive: { channel: shop }\nfields: { n: $.order.id, goods: { from: '$.order.items.item[*].title', as: join } }\n\
         deal: { fields: { TITLE: 'Заказ {{n}}: {{goods}}' } }\n",
    );
    home.write(
        "order.xml",
        "<?xml version=\"1.0\"?>\n<order id=\"6510\"><client><phone>+7 912 345-67-89</phone></client>\n  \
         <items><item><title>Кружка</title></item></items></order>\n",
    );
    home.says(
        &["preview", "order.xml", "--channel", "shop", "--no-crm"],
        0,
        &["Заказ 6510: Кружка", "$['order']['items']['item']['title']"],
    );
    home.says(
        &["draft", "--channel", "landing", "order.xml"],
        0,
        &["$.order.client.phone"],
    );
    home.write("rows.csv", "id;phone\n1;8 912 345-67-89\n");
    home.write(
        "mappings/rows.yaml",
        "receive: { channel: rows }\nfields: { id: '$[0].id' }\ndeal: { fields: { TITLE: 'Строка {{id}}' } }\n",
    );
    home.says(
        &["preview", "rows.csv", "--channel", "rows", "--no-crm"],
        0,
        &["Строка 1"],
    );
    home.write("broken.xml", "<order>\n<id>");
    home.says(
        &[
            "preview",
            "broken.xml",
            "--channel",
            "shop",
            "--no-crm",
            "--lang",
            "ru",
        ],
        2,
        &["XML обрывается в строке 2"],
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn the_requests_of_later_steps_are_shown_and_not_sent() {
    let mut home = Home::new();
    home.write(
        "mappings/shop.yaml",
        r#"
name: Shop
receive: { channel: shop }
fields: { name: $.name, city: $.city }
deal: { fields: { TITLE: "{{name}}" } }
then:
  - http: orders
    path: /orders/{{name}}
    query: { city: "{{city}}" }
    headers: { X-Id: "{{submission_id}}" }
    json: { deal: "{{steps.crm.deal_id}}", name: "{{name}}" }
  - { http: nowhere, form: { a: 1 } }
  - { name: mark, when: { steps.orders.status: [200, 201] }, crm: { update: deal, stage: WON, fields: { COMMENTS: "{{name}} {{steps.orders.status}}" }, comment: "Sent" } }
  - mail: { to: [sales@firm.example], subject: "{{name}}: {{steps.crm.deal_id}}", text: "{{city}}", html: "<b>{{city}}</b> {{steps.orders.status}}" }
"#,
    );
    home.set("LEADGATE_HTTP__ORDERS__URL", "https://api.example/s3cret");
    home.set("LEADGATE_HTTP__ORDERS__TOKEN", "s3cret-token");
    home.write("packet.json", r#"{"name": "Anna B", "city": "Kazan"}"#);
    let preview = ["preview", "packet.json", "--channel", "shop", "--no-crm"];
    let text = home.succeeds(&[&preview[..], &["--lang", "en"]].concat());
    for words in [
        "Step orders: request to orders",
        "POST https://api.example/•••/orders/Anna%20B?city=Kazan\n",
        "X-Id: ",
        "Authorization: •••\n",
        "Content-Type: application/json\n",
        "Accept: application/json",
        "User-Agent: leadgate/",
        "\"deal\": \"{{steps.crm.deal_id}}\"",
        "the settings have no [http.nowhere]; the step would be parked",
        "  comment        Sent",
        "  subject  Anna B: {{steps.crm.deal_id}}",
        "Step mark: change of the deal of the step crm\n  when: { steps.orders.status: [200, 201] }\n  COMMENTS = Anna B {{steps.orders.status}}\n  stage = WON\n  comment: Sent\n",
        "Step mail: letter",
        "From: leadgate@sandbox.example",
        "To: sales@firm.example",
        "Subject: Anna B: {{steps.crm.deal_id}}",
        "  <b>Kazan</b> {{steps.orders.status}}\n",
        ".mail@sandbox.example>",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    let json = home.succeeds(&[&preview[..], &["--json"]].concat());
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        json["requests"][0]["address"],
        "https://api.example/•••/orders/Anna%20B"
    );
    assert_eq!(json["requests"][0]["request"]["body"]["name"], "Anna B");
    assert_eq!(json["requests"][1].get("address"), None);
    let letter = &json["letters"][0];
    assert_eq!(letter["step"], "mail");
    assert_eq!(letter["letter"]["text"], "Kazan");
    let update = &json["updates"][0];
    assert_eq!(update["step"], "mark");
    assert_eq!(update["when"][0]["name"], "steps.orders.status");
    assert_eq!(update["stage"], "WON");
    let russian = home.succeeds(&[&preview[..], &["--lang", "ru"]].concat());
    for words in [
        "Шаг orders: запрос в orders",
        "Шаг mark: изменение deal шага crm",
        "стадия = WON",
    ] {
        assert!(russian.contains(words), "{words}\n{russian}");
    }
    for text in [text, json.to_string(), russian] {
        assert!(!text.contains("s3cret"), "{text}");
    }
}

#[test]
fn a_request_to_calltouch_is_shown_as_it_is_sent() {
    let home = Home::with_shipped_profiles();
    home.write("packet.json", r#"{"name": "Anna", "phone": "89123456789"}"#);
    let preview = ["preview", "packet.json", "--channel", "calltouch"];
    let text = home.succeeds(&preview);
    for words in [
        "/lead-service/v1/api/request/create",
        "\"requestNumber\": ",
        "\"requestDate\": ",
        "\"phoneNumber\": \"79123456789\"",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
}

#[test]
fn a_packet_that_its_channel_splits_is_shown_tested_and_drafted_in_its_parts() {
    let home = home();
    home.write("mappings/_channels.yaml", "shop: { each: $.orders }\n");
    home.write(
        "mappings/shop.yaml",
        "receive: { channel: shop }\nfields: { name: $.name }\ndeal: { fields: { TITLE: 'Заказ {{name}}' } }\n",
    );
    let orders = r#"{"orders": [{"name": "Анна"}, {"name": "Борис"}]}"#;
    home.write("orders.json", orders);
    home.says(
        &["check"],
        0,
        &["`each: $.orders` names a list itself", "each: $.orders[*]"],
    );
    let preview = ["preview", "orders.json", "--channel", "shop", "--no-crm"];
    home.says(
        &preview,
        0,
        &[
            "orders.json, 1 / 2",
            "Заказ Анна",
            "orders.json, 2 / 2",
            "Заказ Борис",
        ],
    );
    let text = home.says(&[&preview[..], &["--json"]].concat(), 0, &[]);
    let titles: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(titles.len(), 2, "{text}");
    home.write("none.json", "{\"order\": 5}");
    home.says(
        &["preview", "none.json", "--channel", "shop", "--no-crm"],
        1,
        &["finds no submission"],
    );
    home.write(
        "mappings/examples/shop/second.yaml",
        &format!("channel: shop\nsubmission: 2\npacket: {orders}\nexpect: {{ deal: {{ TITLE: Заказ Борис }} }}\n"),
    );
    home.says(&["test"], 0, &[]);
    home.write(
        "mappings/examples/shop/third.yaml",
        &format!(
            "channel: shop\nsubmission: 3\npacket: {orders}\nexpect: {{ deal: {{ TITLE: х }} }}\n"
        ),
    );
    home.says(
        &["test", "--only", "shop/third.yaml"],
        1,
        &["the packet has no submission 3: `each` of the channel finds 2"],
    );
    home.says(
        &["draft", "--channel", "shop", "orders.json"],
        0,
        &["packets that it was made from: 2", "firstname: $.name"],
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story")]
fn hooks_of_amocrm_get_a_preview_for_each_item_and_a_draft() {
    let home = home();
    home.write(
        "mappings/leads.yaml",
        "receive: { amocrm: main, on: leads.add }\n\
         fields: { order: { custom: ORDERID }, phone: { contact: PHONE } }\n\
         deal: { fields: { TITLE: \"Order {{order}}\" } }\n",
    );
    let lead = |id: u32, order: &str| {
        format!(
            "{{\"id\": {id}, \"name\": \"Курс\", \"custom_fields\": [{{\"id\": 1, \"name\": \"ORDERID\", \
             \"values\": [{{\"value\": \"{order}\"}}]}}]}}"
        )
    };
    let hook = format!(
        "{{\"leads\": {{\"add\": [{}, {}]}}, \"account\": {{\"id\": 1}}}}",
        lead(7, "A-1"),
        lead(8, "A-2")
    );
    home.write("hook.json", &hook);
    let form = "leads[add][0][id]=7&leads[add][0][custom_fields][0][name]=ORDERID\
        &leads[add][0][custom_fields][0][values][0][value]=A-1&account[id]=1";
    home.write("hook.txt", form);
    let preview = ["preview", "--amocrm", "main", "--no-crm"];
    home.says(
        &[&preview[..], &["hook.json"]].concat(),
        0,
        &[
            "hook.json, 1 / 2",
            "Order A-1",
            "hook.json, 2 / 2",
            "Order A-2",
        ],
    );
    home.says(
        &[&preview[..], &["hook.txt"]].concat(),
        0,
        &[
            "Order A-1",
            "read from amoCRM before a delivery, and missing here: phone",
        ],
    );
    home.says(
        &["draft", "--amocrm", "main", "hook.json", "hook.txt"],
        0,
        &[
            "receive: { amocrm: main, on: [leads.add], newest: true }",
            "custom: \"ORDERID\"",
        ],
    );
    home.says(
        &["draft", "--amocrm", "a b", "hook.json"],
        2,
        &["cannot name an amoCRM account"],
    );
    home.write(
        "mappings/examples/leads/second.yaml",
        &format!("amocrm: main\nsubmission: 2\npacket: {hook}\nexpect: {{ deal: {{ TITLE: Order A-2 }} }}\n"),
    );
    home.write(
        "mappings/examples/leads/form.yaml",
        &format!("amocrm: main\npacket: \"{form}\"\nexpect: {{ deal: {{ TITLE: Order A-1 }} }}\n"),
    );
    home.says(&["test"], 0, &[]);
    home.write(
        "mappings/examples/leads/third.yaml",
        &format!(
            "amocrm: main\nsubmission: 3\npacket: {hook}\nexpect: {{ deal: {{ TITLE: x }} }}\n"
        ),
    );
    home.says(
        &["test", "--only", "leads/third.yaml"],
        1,
        &["the hook has no item 3: it has 2"],
    );
}

#[test]
fn calls_of_a_pbx_get_a_preview_and_a_draft() {
    let home = home();
    home.write(
        "mappings/missed.yaml",
        "receive: { pbx: main, on: missed }\nfields: { phone: { from: $.call.number, as: phone }, id: $.call.id }\n\
         lead: { fields: { TITLE: \"Missed {{phone}}, {{id}}\" } }\n",
    );
    let record = "{'action': 'cdr_append', 'body': {'uniqueid': '9e1d', 'src': '+79005550142' \
                  'dst': '1004', 'billsec': 0, 'duration': 41}}";
    home.write("call.txt", record);
    home.says(
        &["preview", "--pbx", "main", "--no-crm", "call.txt"],
        0,
        &["Missed +79005550142, 9e1d"],
    );
    home.says(
        &["draft", "--pbx", "other", "call.txt"],
        0,
        &[
            "receive: { pbx: other",
            "$.call.number",
            "responsible: call_employee",
        ],
    );
    // rows of the history, without what the PBX puts around them
    let bare = "{'uniqueid': '9e1f', 'src': '+79005550143' 'dst': '1004', 'billsec': 0}";
    home.write("bare.txt", bare);
    home.write(
        "bare.json",
        &bare.replace(" 'dst'", ", 'dst'").replace('\'', "\""),
    );
    for file in ["bare.txt", "bare.json"] {
        home.says(
            &["preview", "--pbx", "main", "--no-crm", file],
            0,
            &["Missed +79005550143, 9e1f"],
        );
        home.says(&["draft", "--pbx", "other", file], 0, &["$.call.number"]);
    }
    home.says(
        &["draft", "--pbx", "a b", "call.txt"],
        2,
        &["cannot name a PBX"],
    );
    let example = |expect: &str| format!("pbx: main\npacket: \"{record}\"\nexpect: {expect}\n");
    home.write(
        "mappings/examples/missed/one.yaml",
        &example("{ lead: { TITLE: 'Missed +79005550142, 9e1d' } }"),
    );
    home.says(&["test"], 0, &[]);
    home.write(
        "mappings/examples/missed/two.yaml",
        "packet: { call: { kind: missed } }\nexpect: { reject: [phone] }\n",
    );
    home.says(&["test"], 1, &["write `pbx: main` beside `packet`"]);
}

#[test]
fn a_summary_of_mango_office_is_read_as_json_and_as_the_form_that_the_pbx_sends() {
    let home = home();
    home.write(
        "mappings/missed.yaml",
        "receive: { pbx: main, on: missed }\nfields: { phone: { from: $.call.number, as: phone }, id: $.call.id }\n\
         lead: { fields: { TITLE: \"Missed {{phone}}, {{id}}\" } }\n",
    );
    let json =
        r#"{"entry_id":"MTA=","call_direction":1,"from":{"number":"79005550142"},"talk_time":0}"#;
    home.write("call.json", json);
    let escaped = json.replace('=', "%3D");
    home.write("call.txt", &format!("vpbx_api_key=x&sign=y&json={escaped}"));
    for file in ["call.json", "call.txt"] {
        home.says(
            &["preview", "--pbx", "main", "--no-crm", file],
            0,
            &["Missed +79005550142, MTA="],
        );
        home.says(
            &["draft", "--pbx", "other", file],
            0,
            &["receive: { pbx: other", "$.call.number"],
        );
    }
}

const ORDERS: &str = "<orders><order><name>Анна</name></order>\
    <order><name>Борис</name></order></orders>";

/// Writes channels, their profiles and packets of them.
fn channels() -> Home {
    let home = home();
    home.write(
        "mappings/_channels.yaml",
        "rows: { each: '$[*]' }\nbars: { csv: { separator: '|' } }\nexport: { each: '$.orders.order[*]' }\nsite: { preset: tilda }\n",
    );
    for (channel, source) in [
        ("rows", "$.name"),
        ("export", "$.name"),
        ("site", "utm_source"),
        ("bars", "'$[0].name'"),
    ] {
        home.write(
            &format!("mappings/{channel}.yaml"),
            &format!(
                "receive: {{ channel: {channel} }}\nfields: {{ x: {source} }}\n\
                 deal: {{ fields: {{ TITLE: '{channel}: {{{{x}}}}' }} }}\n"
            ),
        );
    }
    home.write(
        "rows.csv",
        "name;phone\nАнна;8 912 345-67-89\nБорис;8 912 345-67-80\n",
    );
    // one column is CSV by the name of its file
    home.write("one.CSV", "name\nАнна\nБорис\n");
    home.write("orders.xml", ORDERS);
    home.write("bars.txt", "phone|name\n8 912 345-67-89|Анна|ВИП\n");
    home.write(
        "site.txt",
        "name=Anna&COOKIES=TILDAUTM%3Dutm_source%253Dyandex",
    );
    home
}

#[test]
fn packet_files_are_read_and_split_as_their_channel_reads_requests() {
    let home = channels();
    for (file, channel, wanted) in [
        ("rows.csv", "rows", ["rows.csv, 1 / 2", "rows: Борис"]),
        ("one.CSV", "rows", ["one.CSV, 2 / 2", "rows: Борис"]),
        (
            "orders.xml",
            "export",
            ["orders.xml, 2 / 2", "export: Борис"],
        ),
        ("site.txt", "site", ["site.txt", "site: yandex"]),
        ("bars.txt", "bars", ["bars.txt", "bars: Анна"]),
    ] {
        home.says(
            &["preview", file, "--channel", channel, "--no-crm"],
            0,
            &wanted,
        );
    }
}

#[test]
fn xml_and_csv_are_tested_and_drafted_as_their_channel_splits_them() {
    let home = channels();
    home.write(
        "mappings/examples/rows/second.yaml",
        "channel: rows\nsubmission: 2\npacket: |\n  name;phone\n  Анна;1\n  Борис;2\n\
         expect: { deal: { TITLE: 'rows: Борис' } }\n",
    );
    home.write(
        "mappings/examples/export/second.yaml",
        &format!(
            "channel: export\nsubmission: 2\npacket: '{ORDERS}'\n\
             expect: {{ deal: {{ TITLE: 'export: Борис' }} }}\n"
        ),
    );
    home.says(&["test"], 0, &[]);
    home.says(
        &["draft", "--channel", "rows", "rows.csv"],
        0,
        &["packets that it was made from: 2", "from: $.phone"],
    );
    home.says(
        &["draft", "--channel", "export", "orders.xml"],
        0,
        &["packets that it was made from: 2", "firstname: $.name"],
    );
}
