//! Messages about a profile for channels.

use super::rendered;

#[test]
fn checks_what_a_profile_says_about_channels() {
    let text = r#"
receive: { channel: [Заказы, ok], default: maybe }
identity: "{{ordr}}"
fields: { order: order }
deal: { fields: { TITLE: "{{order}}" } }
"#;
    insta::assert_snapshot!(rendered(text), @r#"
    shop.yaml:1:22 error: profile/wrong-value `Заказы` cannot be a channel's name
     1 | receive: { channel: [Заказы, ok], default: maybe }
       |                      ^^^^^^
      help: it is a part of an address, without templates: use up to 64 Latin letters, digits, `-`, `_` and `.`

    shop.yaml:1:44 error: profile/wrong-value `receive.default` cannot be `maybe`
     1 | receive: { channel: [Заказы, ok], default: maybe }
       |                                            ^^^^^
      help: write true, polls, channels, amocrm or pbx

    shop.yaml:2:14 error: profile/unknown-field there is no field `ordr`
     2 | identity: "{{ordr}}"
       |              ^^^^
      help: did you mean `order`?
    "#);
    let text = r"
receive: { polls: [1], default: true }
identity: x
deal: { fields: { TITLE: x } }
";
    insta::assert_snapshot!(rendered(text), @r#"
    shop.yaml:1:33 error: profile/wrong-place a profile for polls cannot receive submissions of channels
     1 | receive: { polls: [1], default: true }
       |                                 ^^^^
      help: write `default: polls`, or make a separate profile for the channels
    "#);
    let text = "receive: { polls: [1] }\nidentity: x\ndeal: { fields: { TITLE: x } }\n";
    insta::assert_snapshot!(rendered(text), @r#"
    shop.yaml:2:11 error: profile/wrong-place `identity` is for channels: answers of polls, hooks of amoCRM and calls have numbers
     2 | identity: x
       |           ^
      help: remove it
    "#);
}

#[test]
fn an_identity_without_a_field_and_a_search_by_the_number_of_an_answer() {
    let rest = "fields: { order: $.order }\ndeal: { fields: { TITLE: \"{{order}}\" } }\n";
    for (identity, words) in [
        ("number", "the same for every submission"),
        ("\"order-1\"", "the same for every submission"),
        ("order", "{{order}}"),
    ] {
        let text = rendered(&format!(
            "receive: {{ channel: x }}\nidentity: {identity}\n{rest}"
        ));
        assert!(text.contains(words), "{identity}\n{text}");
    }
    for fine in [
        format!("receive: {{ channel: x }}\nidentity: \"{{{{order}}}}\"\n{rest}"),
        "receive: { polls: [1] }\ndeal: { fields: { TITLE: x, UF_CRM_A: { value: \"{{answer_id}}\", search: true } } }\n"
            .to_owned(),
    ] {
        assert_eq!(rendered(&fine), "", "{fine}");
    }
}
