//! Custom fields in every shape that amoCRM sends, found by number, code and name, as JSON and as a
//! form: all reach the deal as the same text.

use std::fmt::Write as _;

use leadgate::domain::State;
use serde_json::{Value, json};

use crate::amocrm::with_profile;
use crate::gateway::TestGateway;

const PROFILE: &str = r#"
receive: { amocrm: main, on: leads.add }
fields:
  id: $.id
  by_number: { custom: 811209, as: join, separator: "|" }
  by_code: { custom: SHAPE, as: join, separator: "|" }
  by_name: { custom: Вид поля, as: join, separator: "|" }
deal:
  fields:
    UF_CRM_ORDER_ID: { value: "{{id}}", search: true }
    TITLE: "[{{by_number}}{{by_code}}{{by_name}}]"
"#;

/// What `values` may be, and the text that it is. A form has text only, so no shape depends on the
/// difference between a number and its digits.
fn shapes() -> Vec<(Value, &'static str)> {
    vec![
        // scalar
        (json!("очно"), "очно"),
        (json!(["очно"]), "очно"),
        (json!([" "]), ""),
        // object
        (json!({"value": "очно"}), "очно"),
        (json!([{"value": "очно"}]), "очно"),
        (json!([{"value": "очно", "enum": 702_211}]), "очно"),
        (json!([{"value": "a & b <c>"}]), "a & b <c>"),
        // several
        (json!(["а", "б"]), "а|б"),
        (json!([{"value": "а"}, {"value": "б"}]), "а|б"),
        (json!([{"value": "а"}, "б"]), "а|б"),
        // choices
        (json!([{"enum": 702_211}]), "702211"),
        (json!([{"enum_code": "WORK"}]), "WORK"),
        (
            json!([{"value": "Очно", "enum_id": 7, "enum_code": "OFF"}]),
            "Очно",
        ),
        (
            json!([{"value": "Очно", "enum": 7}, {"value": "Онлайн", "enum": 8}]),
            "Очно|Онлайн",
        ),
        // date
        (json!([1_767_225_600]), "1767225600"),
        (json!([{"value": 1_767_225_600}]), "1767225600"),
        (
            json!([{"value": "2026-01-01 00:00:00"}]),
            "2026-01-01 00:00:00",
        ),
        // tick
        (json!(["1"]), "1"),
        (json!([{"value": "1"}]), "1"),
        (json!([{"value": 0}]), "0"),
        // address
        (
            json!([{"value": "ул. Ленина, 1", "subtype": "address_line_1"}, {"value": "Пермь", "subtype": "city"}]),
            "ул. Ленина, 1|Пермь",
        ),
        // nothing
        (json!([{"value": ""}]), ""),
        (json!(""), ""),
    ]
}

/// The members that name a field, in hooks and in the API.
fn names() -> [Value; 6] {
    [
        json!({"id": 811_209}),
        json!({"id": 1, "code": "SHAPE"}),
        json!({"id": 1, "name": "вид ПОЛЯ"}),
        json!({"field_id": "811209"}),
        json!({"field_id": 1, "field_code": "shape"}),
        json!({"field_id": 1, "field_name": "Вид поля"}),
    ]
}

/// Writes a value as a form in PHP's brackets.
fn write_form(form: &mut String, path: &str, value: &Value) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            write_form(form, &format!("{path}[{name}]"), value);
        }),
        Value::Array(items) => items.iter().enumerate().for_each(|(at, value)| {
            write_form(form, &format!("{path}[{at}]"), value);
        }),
        scalar => {
            let text = scalar
                .as_str()
                .map_or_else(|| scalar.to_string(), str::to_owned);
            // amoCRM escapes HTML in forms
            let text = text
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;");
            let all = percent_encoding::NON_ALPHANUMERIC;
            let text = percent_encoding::utf8_percent_encode(&text, all);
            write!(form, "{path}={text}&").unwrap();
        }
    }
}

/// Returns the deals of all pages.
fn all_deals(gateway: &TestGateway) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    loop {
        let last = all.last().map_or(json!(0), |deal| deal["ID"].clone());
        let params = json!({"filter": {">ID": last}, "order": {"ID": "ASC"}, "select": ["*", "UF_*"], "start": -1});
        let page = gateway.portal().call("crm.deal.list", params)["result"].clone();
        let page = page.as_array().unwrap();
        if page.is_empty() {
            return all;
        }
        all.extend_from_slice(page);
    }
}

#[actix_web::test]
async fn every_shape_by_every_name_is_the_same_text_as_json_and_as_a_form() {
    let gateway = with_profile(PROFILE, &[]).await;
    let account = json!({"id": "30551177", "subdomain": "edudemo"});
    let (mut all, mut expected) = (Vec::new(), Vec::new());
    for (values, text) in shapes() {
        for name in names() {
            let mut field = name.clone();
            field["values"] = values.clone();
            // another field before it, and its list under either name
            let fields = json!([{"id": 5, "name": "x", "values": ["other"]}, field]);
            let list = if name.get("id").is_some() {
                "custom_fields"
            } else {
                "custom_fields_values"
            };
            let id = all.len() + 1;
            all.push(json!({"id": id, "last_modified": 100, list: fields}));
            expected.push((text, field));
        }
    }
    let hook = json!({"leads": {"add": &all}, "account": &account});
    let reply = gateway.post_hook(hook.to_string()).await;
    assert_eq!(reply.body["accepted"], all.len(), "{reply:?}");
    // the same as a form, with other numbers
    for lead in &mut all {
        lead["id"] = (10_000 + lead["id"].as_u64().unwrap()).into();
    }
    let mut form = String::new();
    write_form(&mut form, "leads[add]", &json!(all));
    form = form.replace("leads[add]", "leads%5Badd%5D");
    form.push_str("account[id]=30551177&account[subdomain]=edudemo");
    let reply = gateway.post_hook(form).await;
    assert_eq!(reply.body["accepted"], all.len(), "{reply:?}");
    gateway.settle().await;
    let deals = all_deals(&gateway);
    assert_eq!(deals.len(), 2 * all.len());
    let title = |id: usize| {
        let id = id.to_string();
        let mut found = deals.iter().filter(|deal| deal["UF_CRM_ORDER_ID"] == *id);
        found
            .next()
            .map_or(Value::Null, |deal| deal["TITLE"].clone())
    };
    for (at, (text, field)) in expected.iter().enumerate() {
        for (id, body) in [(at + 1, "JSON"), (at + 10_001, "form")] {
            let title = title(id).as_str().unwrap_or_default().to_owned();
            // without any value the title is left out, and the portal makes one up
            let is_right = if text.is_empty() {
                title.starts_with("Сделка #")
            } else {
                title == format!("[{text}]")
            };
            assert!(is_right, "{body}: {field}: {title}");
        }
    }
}

#[actix_web::test]
async fn a_hook_is_acknowledged_while_neither_the_crm_nor_amocrm_answers() {
    let flags = [
        ("amocrm.main.token", "sandbox"),
        ("amocrm.main.url", "sandbox"),
        ("amocrm.main.watch", "off"),
    ];
    let profile = "receive: { amocrm: main, on: leads }\nfields: { phone: { contact: PHONE }, id: $.id }\n\
        deal: { fields: { TITLE: \"{{id}} {{phone}}\" } }\n";
    let gateway = with_profile(profile, &flags).await;
    let other = "receive: { amocrm: main, on: contacts }\nfields: { name: $.name }\ncontact: none\n\
        deal: { fields: { TITLE: \"{{name}}\" } }\n";
    let folder = gateway.home.path().join("mappings");
    std::fs::write(folder.join("other.yaml"), other).unwrap();
    // ten minutes: an acknowledgement that waited for either would be refused after 1.5 s
    for fault in [
        json!({"code": "HOLD_REPLY", "ms": 600_000, "times": "always"}),
        json!({"code": "HOLD_REPLY", "ms": 600_000, "method": "amocrm", "times": "always"}),
    ] {
        let fault = serde_json::from_value(fault).unwrap();
        gateway.portal().inject(fault);
    }
    let items = |entity: &str, from: u64| {
        let items: Vec<Value> = (from..from + 50)
            .map(|id| json!({"id": id, "name": "x", "last_modified": 5}))
            .collect();
        json!({entity: {"update": items}, "account": {"id": "30551177"}}).to_string()
    };
    for round in 0..6 {
        for entity in ["leads", "contacts"] {
            let reply = gateway.post_hook(items(entity, 1 + round * 50)).await;
            let taken = ["accepted", "captured"].map(|name| reply.body[name].as_u64());
            assert_eq!(reply.status, 200, "{reply:?}");
            assert!(taken.contains(&Some(50)), "{reply:?}");
        }
    }
    assert_eq!(gateway.count(State::Delivered).await, 0);
}
