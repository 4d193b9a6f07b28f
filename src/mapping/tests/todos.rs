//! To-dos: the compiled rules, and the messages about mistakes.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;

use super::rendered;
use crate::authoring::ProfileFile;
use crate::domain::{Source, TodoOn, TodoPlan};
use crate::mapping::{MappingOutcome, compile};

const FIELDS: &str = "receive: { polls: [1] }\nfields: { name: $.data.name, q: $.data.q }\n";

/// The to-do that a profile, over these defaults, makes for Anna.
fn todo(profile: &str, defaults: &str, data: &serde_json::Value) -> Option<TodoPlan> {
    let file = |name: &str, text: String| ProfileFile {
        name: name.to_owned(),
        text,
    };
    let profile = file("shop.yaml", format!("{FIELDS}{profile}"));
    let defaults = file("_defaults.yaml", defaults.to_owned());
    let (profile, _) = compile(&profile, Some(&defaults), &BTreeMap::new()).unwrap();
    let source = Source::new("polls", "1", "7");
    let received: Timestamp = "2026-11-22T22:30:00Z".parse().unwrap();
    match profile.plan(&source, received, &json!({ "data": data })) {
        MappingOutcome::Plan(plan) => plan.crm().and_then(|crm| crm.todo.clone()),
        other => panic!("{other:?}"),
    }
}

const DEAL: &str = "deal: { fields: { TITLE: \"{{name}}{{q}}\" } }\n";

#[test]
fn a_todo_is_due_after_the_given_time() {
    let anna = json!({"name": "Анна", "q": "Когда?\nИ где?"});
    for (after, due) in [
        ("2h", "2026-11-23T00:30:00Z"),
        ("90 min", "2026-11-23T00:00:00Z"),
        ("1h 30m", "2026-11-23T00:00:00Z"),
        ("1d", "2026-11-23T22:30:00Z"),
        ("2 weeks", "2026-12-06T22:30:00Z"),
        ("0s", "2026-11-22T22:30:00Z"),
    ] {
        let text = format!(
            "{DEAL}todo: {{ title: \"Перезвонить {{{{name}}}}\", after: {after}, text: \"{{{{q}}}}\", on: update }}"
        );
        let todo = todo(&text, "", &anna).unwrap();
        assert_eq!(todo.deadline.to_string(), due, "{after}");
        assert_eq!(todo.title.as_str(), "Перезвонить Анна");
        assert_eq!(todo.text.unwrap().as_str(), "Когда?\nИ где?");
        assert_eq!(todo.on, TodoOn::Update);
        assert_eq!(&*todo.origin.rule, "Перезвонить {{name}}");
    }
}

#[test]
fn a_todo_is_created_without_a_name() {
    let text = format!(
        "{DEAL}todo: {{ title: \"Перезвонить {{{{name}}}}\", after: 2h, text: \"{{{{q}}}}\" }}"
    );
    let made = todo(&text, "", &json!({})).unwrap();
    assert_eq!(made.title.as_str(), "Перезвонить");
    assert_eq!((made.text, made.on), (None, TodoOn::Both));
    let long = todo(&text, "", &json!({"name": "я\n".repeat(400)})).unwrap();
    assert_eq!(long.title.as_str().chars().count(), 250);
    assert!(!long.title.as_str().contains('\n'), "a title is one line");
}

#[test]
fn defaults_of_a_todo_need_a_record() {
    let defaults = "todo: { title: Перезвонить, after: 2h, on: create }\n";
    let data = json!({"name": "Анна", "q": "?"});
    let own = |profile: &str| todo(profile, defaults, &data);
    assert_eq!(own(DEAL).unwrap().title.as_str(), "Перезвонить");
    let other = own(&format!("{DEAL}todo: {{ after: 1h }}")).unwrap();
    assert_eq!(
        (other.deadline.to_string().as_str(), other.on),
        ("2026-11-22T23:30:00Z", TodoOn::Create)
    );
    assert_eq!(own(&format!("{DEAL}todo: none")), None);
    assert_eq!(
        own("contact: { fields: { NAME: \"{{name}}{{q}}\" } }"),
        None
    );
}

#[test]
fn reports_mistakes_of_a_todo_at_their_place() {
    let text = r#"
receive: { polls: [1] }
contact: { fields: { NAME: "{{name}}" } }
fields: { name: $.data.name }
todo: { titel: "{{nama}}", after: soon, on: delete }
"#;
    insta::assert_snapshot!(rendered(text), @r#"
    shop.yaml:2:22 warning: profile/no-search no field of the contact has `search: true`: every submission creates a new contact
     2 | contact: { fields: { NAME: "{{name}}" } }
       |                      ^^^^
      help: add `search: true` to PHONE and EMAIL

    shop.yaml:4:7 error: profile/wrong-place a to-do belongs to a deal, a lead or an item, but this profile creates none
     4 | todo: { titel: "{{nama}}", after: soon, on: delete }
       |       ^
      help: add a `deal:`, a `lead:` or an `item:` block, or remove `todo`

    shop.yaml:4:9 error: profile/unknown-key unknown key `titel` in `todo`
     4 | todo: { titel: "{{nama}}", after: soon, on: delete }
       |         ^^^^^
      help: did you mean `title`?

    shop.yaml:4:19 error: profile/unknown-field there is no field `nama`
     4 | todo: { titel: "{{nama}}", after: soon, on: delete }
       |                   ^^^^
      help: did you mean `name`?

    shop.yaml:4:35 error: profile/wrong-value `todo.after` is a time such as `2h`, not `soon`
     4 | todo: { titel: "{{nama}}", after: soon, on: delete }
       |                                   ^^^^
      help: write `30m`, `2h`, `1h 30m`, `3d` or `1w`; 366 days at most

    shop.yaml:4:45 error: profile/wrong-value `todo.on` cannot be `delete`
     4 | todo: { titel: "{{nama}}", after: soon, on: delete }
       |                                             ^^^^^^
      help: expected one of: `create`, `update`, `both`
    "#);
    let text =
        "receive: { polls: [1] }\ndeal:\ntodo: { title: x, after: -2h, text: \"{{nobody}}\" }\n";
    insta::assert_snapshot!(rendered(text), @r#"
    shop.yaml:3:26 error: profile/wrong-value `todo.after` is a time such as `2h`, not `-2h`
     3 | todo: { title: x, after: -2h, text: "{{nobody}}" }
       |                          ^^^
      help: write `30m`, `2h`, `1h 30m`, `3d` or `1w`; 366 days at most

    shop.yaml:3:40 error: profile/unknown-field there is no field `nobody`
     3 | todo: { title: x, after: -2h, text: "{{nobody}}" }
       |                                        ^^^^^^
      help: declare it: `fields: { nobody: $.data.nobody }`
    "#);
    let text = "receive: { polls: [1] }\ndeal:\ntodo: [x]\n";
    insta::assert_snapshot!(rendered(text), @r#"
    shop.yaml:3:7 error: profile/wrong-type a submission makes one to-do, and this is a list
     3 | todo: [x]
       |       ^
      help: write `todo: { title: "…", after: 2h }`; other things to do go into its `text`
    "#);
}
