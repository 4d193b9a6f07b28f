//! Messages about a file that is not YAML, or has wrong keys, types and words.

use super::rendered;

#[test]
fn an_unknown_key_is_reported_with_the_nearest_name() {
    let text = r"
name: x
recieve: { polls: [1] }
deal: { found: update, stages: NEW, fields: { TITLE: x } }
";
    insta::assert_snapshot!(rendered(text), @r"
    shop.yaml:2:1 error: profile/unknown-key unknown key `recieve`
     2 | recieve: { polls: [1] }
       | ^^^^^^^
      help: did you mean `receive`?

    shop.yaml:3:24 error: profile/unknown-key unknown key `stages` in `deal`
     3 | deal: { found: update, stages: NEW, fields: { TITLE: x } }
       |                        ^^^^^^
      help: did you mean `stage`?
    ");
}

#[test]
fn a_wrong_type_says_what_is_expected() {
    let text = r"
receive: { polls: { a: 1 } }
fields: [a, b]
deal: { stage: [NEW], update_fields: maybe, fields: text }
";
    insta::assert_snapshot!(rendered(text), @r"
    shop.yaml:1:10 error: profile/missing-key `receive` names no poll, no channel, no amoCRM account and no PBX
     1 | receive: { polls: { a: 1 } }
       |          ^
      help: add `polls: [123]`, `channel: site`, `amocrm: main`, `pbx: main`, or `default: true`

    shop.yaml:1:19 error: profile/wrong-type `receive.polls` must be text or a list of texts, but this is a block of keys
     1 | receive: { polls: { a: 1 } }
       |                   ^
      help: write the value itself; a text with braces or with a colon and a space needs quotes

    shop.yaml:2:9 error: profile/wrong-type `fields` must be a block of keys, but this is a list
     2 | fields: [a, b]
       |         ^
      help: write `fields: { a: $.data.a }`, with a path for each name

    shop.yaml:3:16 error: profile/wrong-type `deal.stage` must be text, but this is a list
     3 | deal: { stage: [NEW], update_fields: maybe, fields: text }
       |                ^
      help: write `NEW`

    shop.yaml:3:38 error: profile/wrong-value `deal.update_fields` must be true or false
     3 | deal: { stage: [NEW], update_fields: maybe, fields: text }
       |                                      ^^^^^
      help: write `update_fields: true` for yes, `update_fields: false` for no

    shop.yaml:3:53 error: profile/wrong-type `deal.fields` must be a block of keys, but this is text
     3 | deal: { stage: [NEW], update_fields: maybe, fields: text }
       |                                                     ^^^^
      help: write a key and a value on each line below it: `NAME: value`
    ");
}

#[test]
fn a_word_that_is_not_in_the_list() {
    let text = r"
receive: { polls: [1, x, 0], order: first }
contact: { match: every, several: oldst, fields: { NAME: a } }
deal: { found: updat, responsible: Иванов, stage: Новая, among: [new], fields: { TITLE: x } }
reply: later
";
    insta::assert_snapshot!(rendered(text), @r"
    shop.yaml:1:23 error: profile/wrong-value `receive.polls` must be a whole number, not `x`
     1 | receive: { polls: [1, x, 0], order: first }
       |                       ^
      help: write the number, as the survey portal shows it: 123

    shop.yaml:1:26 error: profile/wrong-value `0` is not a poll number: polls are numbered from 1
     1 | receive: { polls: [1, x, 0], order: first }
       |                          ^
      help: write the poll's number

    shop.yaml:1:37 error: profile/wrong-value `receive.order` must be a whole number, not `first`
     1 | receive: { polls: [1, x, 0], order: first }
       |                                     ^^^^^
      help: write a number

    shop.yaml:2:19 error: profile/wrong-value `contact.match` cannot be `every`
     2 | contact: { match: every, several: oldst, fields: { NAME: a } }
       |                   ^^^^^
      help: did you mean `all`?

    shop.yaml:2:35 error: profile/wrong-value `contact.several` cannot be `oldst`
     2 | contact: { match: every, several: oldst, fields: { NAME: a } }
       |                                   ^^^^^
      help: did you mean `oldest`?

    shop.yaml:2:52 warning: profile/no-search no field of the contact has `search: true`: every submission creates a new contact
     2 | contact: { match: every, several: oldst, fields: { NAME: a } }
       |                                                    ^^^^
      help: add `search: true` to PHONE and EMAIL

    shop.yaml:3:16 error: profile/wrong-value `deal.found` cannot be `updat`
     3 | deal: { found: updat, responsible: Иванов, stage: Новая, among: [new], fields: { TITLE: x } }
       |                ^^^^^
      help: did you mean `update`?

    shop.yaml:3:36 error: profile/wrong-value `Иванов` is not an employee
     3 | deal: { found: updat, responsible: Иванов, stage: Новая, among: [new], fields: { TITLE: x } }
       |                                    ^^^^^^
      help: write an employee's id, an e-mail address, `contact_owner`, or { in_turn: [6, 9] }

    shop.yaml:3:51 error: profile/wrong-value `Новая` is not a stage code
     3 | deal: { found: updat, responsible: Иванов, stage: Новая, among: [new], fields: { TITLE: x } }
       |                                                   ^^^^^
      help: write the stage's code, such as NEW or C1:NEW, not its title; `check --live` knows the portal's codes

    shop.yaml:3:66 error: profile/wrong-value `new` is not a stage code
     3 | deal: { found: updat, responsible: Иванов, stage: Новая, among: [new], fields: { TITLE: x } }
       |                                                                  ^^^
      help: stages are written in capital letters: `NEW`

    shop.yaml:4:8 error: profile/wrong-value `reply` cannot be `later`
     4 | reply: later
       |        ^^^^^
      help: expected one of: `accepted`, `delivered`
    ");
}

#[test]
fn reports_tabs_as_tabs() {
    let text = "receive: { polls: [1] }\ndeal:\n\tfields: { TITLE: x }\n";
    insta::assert_snapshot!(rendered(text), @r#"
    shop.yaml:3:1 error: profile/yaml YAML does not allow tabs for indentation
     3 |  fields: { TITLE: x }
       | ^
      help: use two spaces per level
    "#);
}

#[test]
fn a_repeated_key() {
    let text = r"
receive: { polls: [1] }
deal:
  fields:
    TITLE: one
    TITLE: two
";
    insta::assert_snapshot!(rendered(text), @r"
    shop.yaml:5:5 error: profile/duplicate-key the key `TITLE` is repeated here
     5 |     TITLE: two
       |     ^^^^^
      help: keep one of them; what both should say goes into one
    ");
}

#[test]
fn an_unclosed_quote() {
    let text = r#"
receive: { polls: [1] }
deal:
  fields:
    TITLE: "Заказ
    OPENED: Y
"#;
    insta::assert_snapshot!(rendered(text), @r#"
    shop.yaml:4:12 error: profile/yaml the quote is not closed
     4 |     TITLE: "Заказ
       |            ^^^^^^
      help: write `TITLE: "Заказ"`
    "#);
}

#[test]
fn a_template_without_quotes() {
    let text = r"
receive: { polls: [1] }
fields: { name: $.data.name }
deal:
  fields:
    TITLE: {{name}}
    COMMENTS: {name}
";
    insta::assert_snapshot!(rendered(text), @r#"
    shop.yaml:5:12 error: profile/unquoted the template of `deal.fields.TITLE` needs quotes: YAML reads `{` as a block of keys
     5 |     TITLE: {{name}}
       |            ^^^^^^^^
      help: write "{{name}}"

    shop.yaml:6:15 error: profile/unquoted the template of `deal.fields.COMMENTS` needs quotes: YAML reads `{` as a block of keys
     6 |     COMMENTS: {name}
       |               ^^^^^^
      help: write "{name}"
    "#);
}

#[test]
fn a_template_without_quotes_followed_by_text() {
    let text = r"
receive: { polls: [1] }
deal:
  fields:
    TITLE: {{name}} и ещё
";
    insta::assert_snapshot!(rendered(text), @r#"
    shop.yaml:4:12 error: profile/unquoted a template at the beginning of a value needs quotes
     4 |     TITLE: {{name}} и ещё
       |            ^^^^^^^^^^^^^^
      help: write `TITLE: "{{name}} и ещё"`
    "#);
}

#[test]
fn a_path_without_quotes_inside_braces() {
    let text = r#"
receive: { polls: [1] }
fields:
  topics: { from: $.data.topics[*], as: join }
deal: { fields: { TITLE: "{{topics}}" } }
"#;
    insta::assert_snapshot!(rendered(text), @r#"
    shop.yaml:3:19 error: profile/unquoted a path with brackets needs quotes inside `{ }` and `[ ]`
     3 |   topics: { from: $.data.topics[*], as: join }
       |                   ^^^^^^^^^^^^^^^^
      help: write `topics: { from: "$.data.topics[*]", as: join }`
    "#);
}

#[test]
fn nothing_at_all() {
    let text = "";
    insta::assert_snapshot!(rendered(text), @r#"
    shop.yaml:1:1 error: profile/missing-key the profile does not say what it receives
      help: add `receive: { polls: [123] }`

    shop.yaml:1:1 error: profile/missing-key the profile creates nothing
      help: add a `deal:`, a `lead:` or an `item:` block, a `contact:` or `company:` with fields, or steps in `then:`
    "#);
}
