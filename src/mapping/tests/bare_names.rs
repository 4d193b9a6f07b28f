//! Names in single braces that the profile does not declare.

use serde_json::{Value, json};

use super::rendered;
use crate::authoring::{Paint, ProfileFile, render};
use crate::domain::{Lang, Source};
use crate::mapping::{MappingOutcome, compile};

/// The title that a profile for a channel makes of a form, and the warnings of `check`.
fn title(title: &str, form: &Value) -> (Option<String>, String) {
    let text = format!(
        "receive: {{ channel: shop }}\ndeal: {{ fields: {{ TITLE: {}, COMMENTS: x }} }}\n",
        json!(title)
    );
    let file = ProfileFile {
        name: "shop.yaml".to_owned(),
        text,
    };
    let templates = std::collections::BTreeMap::new();
    let (profile, warnings) = compile(&file, None, &templates)
        .unwrap_or_else(|problems| panic!("{}", render(&problems, Paint::Plain, Lang::En)));
    let source = Source::new("channels", "shop", "1");
    let at = "2025-07-21T09:00:00Z".parse().unwrap();
    let MappingOutcome::Plan(plan) = profile.plan(&source, at, form) else {
        panic!("it stops");
    };
    let record = plan.crm().unwrap().record.as_ref().unwrap();
    let field = record.fields.iter().find(|field| field.name == "TITLE");
    let title = field.map(|field| field.value.as_str().to_owned());
    (title, render(&warnings, Paint::Plain, Lang::En))
}

#[test]
fn a_name_in_braces_is_a_field_of_the_form() {
    let form = json!({
        "order_id": 6510, "client_name": "Мария", "Имя": "Анна", "first-name": "Ева", "_id": "7",
        "empty": "", "list": ["a", "b"], "channel2": "x", "order": {"id": 5},
    });
    for (written, wanted) in [
        ("Заказ №{order_id}", Some("Заказ №6510")),
        ("{client_name}", Some("Мария")),
        (
            "Заказ {order_id} от {client_name}",
            Some("Заказ 6510 от Мария"),
        ),
        ("{ order_id }", Some("6510")),
        ("{Имя}", Some("Анна")),
        ("{first-name} {_id}", Some("Ева 7")),
        ("{list}", Some("a, b")),
        ("{order}", Some("id: 5")),
        ("из {channel}", Some("из shop")),
        ("{channel}: {order_id}", Some("shop: 6510")),
        ("{received_at}", Some("2025-07-21T09:00:00Z")),
        // what the form lacks is no value, as with a declared field
        ("{nothing}", None),
        ("{empty}", None),
        ("{order_id} {nothing}", Some("6510")),
        ("a {} b { } {1}", Some("a {} b { } {1}")),
    ] {
        let (title, warnings) = title(written, &form);
        assert_eq!(title.as_deref(), wanted, "{written}");
        assert_eq!(warnings, "", "{written}");
    }
}

#[test]
fn asks_whether_a_value_was_meant_in_any_other_case() {
    for written in [
        "{Ваш телефон}",
        "{client.phone}",
        "{order[id]}",
        "{$.order_id}",
    ] {
        let (title, warnings) = title(written, &json!({}));
        assert_eq!(title.as_deref(), Some(written));
        assert!(
            warnings.contains("profile/unknown-field") && warnings.contains(written),
            "{warnings}"
        );
    }
    let text = r#"
receive: { polls: [1] }
fields: { order: $.data.order }
deal: { fields: { TITLE: "№{order_id} {order} {poll_id}", COMMENTS: "{ordr}", UF_CRM_X: "<order_id>" } }
"#;
    insta::assert_snapshot!(rendered(text), @r#"
    shop.yaml:3:29 warning: profile/unknown-field `{order_id}` is written as it is: there is no field `order_id`
     3 | deal: { fields: { TITLE: "№{order_id} {order} {poll_id}", COMMENTS: "{ordr}", UF_CRM_X: "<order_id>"
       |                             ^^^^^^^^
      help: did you mean `order`?

    shop.yaml:3:71 warning: profile/unknown-field `{ordr}` is written as it is: there is no field `ordr`
     3 | TLE: "№{order_id} {order} {poll_id}", COMMENTS: "{ordr}", UF_CRM_X: "<order_id>" } }
       |                                                   ^^^^
      help: did you mean `order`?
    "#);
}
