//! Messages about paths, templates, CRM fields and rules that contradict each other.

use std::collections::BTreeMap;

use super::rendered;
use crate::authoring::{Paint, ProfileFile, render};
use crate::domain::Lang;
use crate::mapping::compile;

#[test]
fn marks_the_letter_where_a_path_is_wrong() {
    let text = r#"
receive: { polls: [1], when: "$.header_data.form_kind = 2" }
fields:
  a: $.data.first name
  b: { from: ["$.data.x[", '$.data.list[?match(@.k, "*a")]'] }
  c: firstname
deal: { fields: { TITLE: "{{a}} {{b}} {{c}}" } }
"#;
    insta::assert_snapshot!(rendered(text), @r#"
    shop.yaml:1:55 error: profile/bad-path a single `=`
     1 | receive: { polls: [1], when: "$.header_data.form_kind = 2" }
       |                                                       ^
      help: compare with ==

    shop.yaml:3:18 error: profile/bad-path a space inside a path
     3 |   a: $.data.first name
       |                  ^
      help: write "$.data['first name']"

    shop.yaml:4:25 error: profile/bad-path a `[` without a `]`
     4 |   b: { from: ["$.data.x[", '$.data.list[?match(@.k, "*a")]'] }
       |                         ^
      help: a path looks like $.data.email, $.data.topics[0] or $.data['Ваш телефон']

    shop.yaml:5:6 warning: profile/bad-path a poll's packet has no `firstname` at the top
     5 |   c: firstname
       |      ^^^^^^^^^
      help: an answer's own fields are in data: $.data.firstname
    "#);
}

#[test]
fn templates_are_checked_against_fields_and_helpers() {
    let text = r#"
receive: { polls: [1] }
fields: { firstname: $.data.firstname }
deal:
  fields:
    TITLE: "Заявка {{fristname}}"
    COMMENTS: "{{uper firstname}} {{truncate firstname}} {{#each firstname}}x{{/each}}"
    ADDITIONAL_INFO: "{{#if firstname}}да"
    SOURCE_DESCRIPTION: "{{> header}}"
    UTM_TERM: "{{firstname"
    UTM_CONTENT: "{{date firstname 'DD.MM'}}"
"#;
    insta::assert_snapshot!(rendered(text), @r#"
    shop.yaml:5:22 error: profile/unknown-field there is no field `fristname`
     5 |     TITLE: "Заявка {{fristname}}"
       |                      ^^^^^^^^^
      help: did you mean `firstname`?

    shop.yaml:6:18 error: profile/unknown-helper there is no helper `uper`
     6 |     COMMENTS: "{{uper firstname}} {{truncate firstname}} {{#each firstname}}x{{/each}}"
       |                  ^^^^
      help: did you mean `upper`?

    shop.yaml:6:37 error: profile/unknown-helper `truncate` takes 2 values, not 1
     6 |     COMMENTS: "{{uper firstname}} {{truncate firstname}} {{#each firstname}}x{{/each}}"
       |                                     ^^^^^^^^
      help: write it like {{truncate firstname 100}}

    shop.yaml:7:23 error: profile/bad-template `{{#if}}` has no end
     7 |     ADDITIONAL_INFO: "{{#if firstname}}да"
       |                       ^^^^^^^^^^^^^^^^^
      help: write `{{/if}}` behind its text

    shop.yaml:8:26 error: profile/bad-template partials and decorators are not supported
     8 |     SOURCE_DESCRIPTION: "{{> header}}"
       |                          ^^^^^^^^^^^^
      help: write the text out

    shop.yaml:9:16 error: profile/bad-template a `{{` without its `}}`
     9 |     UTM_TERM: "{{firstname"
       |                ^^
      help: close it with `}}`

    shop.yaml:10:21 error: profile/bad-template `DD.MM` is not a date format
     10 |     UTM_CONTENT: "{{date firstname 'DD.MM'}}"
        |                     ^^^^
      help: write `{{date firstname "%d.%m"}}`
    "#);
}

#[test]
fn unsupported_syntax_is_named() {
    let text = r#"
receive: { channel: site }
fields: { a: { from: $.a, as: lookup } }
identity: "{{a}}"
deal: { fields: { TITLE: "{{a}}" } }
"#;
    insta::assert_snapshot!(rendered(text), @r#"
    shop.yaml:2:31 error: profile/missing-key `as: lookup` needs a `table`
     2 | fields: { a: { from: $.a, as: lookup } }
       |                               ^^^^^^
      help: add `table: cities.csv`, a file with two columns beside the profile

    "#);
}

#[test]
fn keys_in_the_wrong_place() {
    let text = r#"
receive: { polls: [1], channel: site }
crm: main
contact: { fields: { NAME: "{{n}}", NAME2: x, Name: y } }
deal:
  change_stage: true
  fields: { PHONE: "{{p}}", STAGE_ID: NEW, TITEL: x, "моё поле": y }
fields: { n: $.data.n, p: $.data.p }
"#;
    insta::assert_snapshot!(rendered(text), @r#"
    shop.yaml:1:10 error: profile/wrong-place `receive` takes either `polls`, a `channel`, `amocrm` or `pbx`
     1 | receive: { polls: [1], channel: site }
       |          ^
      help: make a profile for each of them: their packets differ

    shop.yaml:3:22 warning: profile/no-search no field of the contact has `search: true`: every submission creates a new contact
     3 | contact: { fields: { NAME: "{{n}}", NAME2: x, Name: y } }
       |                      ^^^^
      help: add `search: true` to PHONE and EMAIL

    shop.yaml:3:37 warning: profile/unknown-crm-field a contact of Bitrix24 has no standard field `NAME2`
     3 | contact: { fields: { NAME: "{{n}}", NAME2: x, Name: y } }
       |                                     ^^^^^
      help: did you mean `NAME`?

    shop.yaml:3:47 error: profile/unknown-crm-field `Name` is not a field code: codes consist of capital letters, digits and `_`
     3 | contact: { fields: { NAME: "{{n}}", NAME2: x, Name: y } }
       |                                               ^^^^
      help: did you mean `NAME`?

    shop.yaml:5:17 error: profile/missing-key `change_stage: true` needs a `stage` to move to
     5 |   change_stage: true
       |                 ^^^^
      help: add `stage: NEW`

    shop.yaml:6:13 error: profile/wrong-place a deal has no `PHONE`
     6 |   fields: { PHONE: "{{p}}", STAGE_ID: NEW, TITEL: x, "моё поле": y }
       |             ^^^^^
      help: put it into `contact: { fields: { PHONE: … } }`

    shop.yaml:6:29 error: profile/wrong-place `STAGE_ID` is not a field to fill
     6 |   fields: { PHONE: "{{p}}", STAGE_ID: NEW, TITEL: x, "моё поле": y }
       |                             ^^^^^^^^
      help: write `stage: NEW` in the block itself

    shop.yaml:6:44 warning: profile/unknown-crm-field a deal of Bitrix24 has no standard field `TITEL`
     6 |   fields: { PHONE: "{{p}}", STAGE_ID: NEW, TITEL: x, "моё поле": y }
       |                                            ^^^^^
      help: did you mean `TITLE`?

    shop.yaml:6:54 error: profile/unknown-crm-field `моё поле` is not a field code: codes consist of capital letters, digits and `_`
     6 |   fields: { PHONE: "{{p}}", STAGE_ID: NEW, TITEL: x, "моё поле": y }
       |                                                      ^^^^^^^^^^
      help: custom fields are called UF_CRM_…; the field's settings show its code
    "#);
}

#[test]
fn reports_searches_by_values_that_many_people_share() {
    let text = r#"
receive: { polls: [1] }
fields: { n: $.data.n, p: { from: $.data.p, missing: default }, d: { from: $.data.d, missing: skip, default: x } }
contact: { fields: { NAME: { value: "{{n}}", search: true }, PHONE: { valeu: "{{p}}" } } }
deal: { fields: { TITLE: "{{d}}", UF_CRM_X: { value: constant, search: true } } }
"#;
    insta::assert_snapshot!(rendered(text), @r#"
    shop.yaml:2:54 error: profile/missing-key `missing: default` needs a `default`
     2 | lds: { n: $.data.n, p: { from: $.data.p, missing: default }, d: { from: $.data.d, missing: skip, def
       |                                                   ^^^^^^^
      help: add `default: …`

    shop.yaml:2:110 error: profile/wrong-place `default` has no effect with this `missing`
     2 | t }, d: { from: $.data.d, missing: skip, default: x } }
       |                                                   ^
      help: remove one of them, or write `missing: default`

    shop.yaml:3:54 warning: profile/vague-search `NAME` is not unique: different people's contacts will be taken for one
     3 | contact: { fields: { NAME: { value: "{{n}}", search: true }, PHONE: { valeu: "{{p}}" } } }
       |                                                      ^^^^
      help: search by a phone number, an e-mail address or another unique number

    shop.yaml:3:71 error: profile/unknown-key unknown key `valeu` in `contact.fields.PHONE`
     3 | contact: { fields: { NAME: { value: "{{n}}", search: true }, PHONE: { valeu: "{{p}}" } } }
       |                                                                       ^^^^^
      help: did you mean `value`?

    shop.yaml:4:54 warning: profile/vague-search `UF_CRM_X` searches for the same text every time
     4 | deal: { fields: { TITLE: "{{d}}", UF_CRM_X: { value: constant, search: true } } }
       |                                                      ^^^^^^^^
      help: search by a value of the packet, such as "{{phone}}"
    "#);
}

#[test]
fn a_profile_that_creates_nothing() {
    let text = "name: x\n";
    insta::assert_snapshot!(rendered(text), @r#"
    shop.yaml:1:1 error: profile/missing-key the profile does not say what it receives
     1 | name: x
       | ^
      help: add `receive: { polls: [123] }`

    shop.yaml:1:1 error: profile/missing-key the profile creates nothing
     1 | name: x
       | ^
      help: add a `deal:`, a `lead:` or an `item:` block, a `contact:` or `company:` with fields, or steps in `then:`
    "#);
}

#[test]
fn both_records_and_an_unknown_comment() {
    let text = r"
receive: { polls: [1] }
deal: { fields: { TITLE: a } }
lead: { fields: { TITLE: b } }
comment: shrt
";
    insta::assert_snapshot!(rendered(text), @r#"
    shop.yaml:3:7 error: profile/wrong-place a profile creates one record: a deal, a lead or an item
     3 | lead: { fields: { TITLE: b } }
       |       ^
      help: keep one of them, or make two profiles

    shop.yaml:4:10 error: profile/unknown-template there is no comment template `shrt`
     4 | comment: shrt
       |          ^^^^
      help: did you mean `short`?
    "#);
}

#[test]
fn fields_that_cannot_be_used() {
    let text = r#"
receive: { polls: [1] }
deal: { fields: { TITLE: x } }
fields: { "a b": $.data.ab, q: ~, r: { as: text }, this: $.data.t }
"#;
    insta::assert_snapshot!(rendered(text), @r#"
    shop.yaml:3:11 error: profile/bad-name `a b` cannot be a field's name
     3 | fields: { "a b": $.data.ab, q: ~, r: { as: text }, this: $.data.t }
       |           ^^^^^
      help: use letters, digits and `_`: write `a_b`, also in the templates

    shop.yaml:3:29 error: profile/missing-key `fields.q` does not say where its value is
     3 | fields: { "a b": $.data.ab, q: ~, r: { as: text }, this: $.data.t }
       |                             ^
      help: write a path, such as $.data.q

    shop.yaml:3:38 error: profile/missing-key `fields.r` does not say where its value is
     3 | fields: { "a b": $.data.ab, q: ~, r: { as: text }, this: $.data.t }
       |                                      ^
      help: add `from: $.data.r`

    shop.yaml:3:52 error: profile/bad-name `this` cannot be a field's name
     3 | fields: { "a b": $.data.ab, q: ~, r: { as: text }, this: $.data.t }
       |                                                    ^^^^
      help: use letters, digits and `_`, beginning with a letter
    "#);
}

#[test]
fn a_field_that_nothing_uses_is_a_warning() {
    let text = r"
receive: { polls: [1] }
deal: { fields: { TITLE: x } }
fields:
  unused: $.data.u
  needed: { from: $.data.email, as: email, missing: reject }
";
    insta::assert_snapshot!(rendered(text), @r#"
    shop.yaml:4:3 warning: profile/unused-field nothing uses the field `unused`
     4 |   unused: $.data.u
       |   ^^^^^^
      help: write "{{unused}}" where its value should go, or remove it
    "#);
}

#[test]
fn a_mistake_in_the_defaults_or_in_a_template_is_shown_in_its_own_file() {
    let file = |name: &str, text: &str| ProfileFile {
        name: name.to_owned(),
        text: text.to_owned(),
    };
    let defaults = file(
        "_defaults.yaml",
        "name: x\ncomment: note\ncontact:\n  mach: any\n",
    );
    let own = file(
        "own.yaml",
        "receive: { polls: [1] }\ndeal: { fields: { TITEL: x } }\n",
    );
    let templates = BTreeMap::from([("note".to_owned(), "Имя:\n  {{firstnaem}}\n".to_owned())]);
    let problems = compile(&own, Some(&defaults), &templates).unwrap_err();
    insta::assert_snapshot!(render(&problems, Paint::Plain, Lang::En), @r#"
    _defaults.yaml:1:7 error: profile/wrong-place the defaults cannot have a `name`
     1 | name: x
       |       ^
      help: a name belongs to one profile: remove it here

    _defaults.yaml:4:3 error: profile/unknown-key unknown key `mach` in `contact`
     4 |   mach: any
       |   ^^^^
      help: did you mean `match`?

    note.hbs:2:5 error: profile/unknown-field there is no field `firstnaem`
     2 |   {{firstnaem}}
       |     ^^^^^^^^^
      help: declare it: `fields: { firstnaem: $.data.firstnaem }`

    own.yaml:2:19 warning: profile/unknown-crm-field a deal of Bitrix24 has no standard field `TITEL`
     2 | deal: { fields: { TITEL: x } }
       |                   ^^^^^
      help: did you mean `TITLE`?
    "#);
}

#[test]
fn fields_computed_from_each_other() {
    let text = r#"
receive: { polls: [1] }
fields:
  a: { value: "{{b}}" }
  b: { value: "{{c}} {{a}}" }
  c: { value: "{{c}}" }
deal: { fields: { TITLE: "{{a}}" } }
"#;
    insta::assert_snapshot!(rendered(text), @r#"
    shop.yaml:3:3 error: profile/circle fields that are computed from each other: a → b → a
     3 |   a: { value: "{{b}}" }
       |   ^
      help: take one of them from the packet with `from`

    shop.yaml:5:3 error: profile/circle fields that are computed from each other: c → c
     5 |   c: { value: "{{c}}" }
       |   ^
      help: take one of them from the packet with `from`
    "#);
}

#[test]
#[expect(clippy::too_many_lines, reason = "most of them are messages")]
fn keys_of_fields_that_do_not_fit_together() {
    let text = r#"
receive: { polls: [1] }
fields:
  a: { from: $.data.a, value: "{{b}}", order: first_last, table: cities.csv, unknown: keep }
  b: { from: $.data.b, as: lookup, table: citys.csv, unknown: default }
  c: { value: "{{answer_id}}{{b.first}}", missing: reject, when: { d: x, a: "> b" } }
  e: { from: $.data.e, as: name, unknown: sometimes, order: any, when: [[1]] }
deal: { when: "$.data.x = 1", fields: { TITLE: { value: "{{e.frist}}{{a}}{{c}}", when: { kind: 1 } } } }
comment: { when: { a: present } }
"#;
    insta::assert_snapshot!(rendered(text), @r#"
    shop.yaml:3:31 error: profile/wrong-place `fields.a` has both `from` and `value`
     3 |   a: { from: $.data.a, value: "{{b}}", order: first_last, table: cities.csv, unknown: keep }
       |                               ^^^^^^^
      help: `from` takes the value from the packet, `value` computes it from other fields: keep one

    shop.yaml:3:47 warning: profile/wrong-place `order` has no effect here
     3 |   a: { from: $.data.a, value: "{{b}}", order: first_last, table: cities.csv, unknown: keep }
       |                                               ^^^^^^^^^^
      help: it belongs with `as: name`

    shop.yaml:3:66 warning: profile/wrong-place `table` has no effect here
     3 |   a: { from: $.data.a, value: "{{b}}", order: first_last, table: cities.csv, unknown: keep }
       |                                                                  ^^^^^^^^^^
      help: it belongs with `as: lookup`

    shop.yaml:3:87 warning: profile/wrong-place `unknown` has no effect here
     3 |   a: { from: $.data.a, value: "{{b}}", order: first_last, table: cities.csv, unknown: keep }
       |                                                                                       ^^^^
      help: it belongs with `map`, `as: lookup`

    shop.yaml:4:43 error: profile/unknown-table there is no table `citys.csv` beside the profiles
     4 |   b: { from: $.data.b, as: lookup, table: citys.csv, unknown: default }
       |                                           ^^^^^^^^^
      help: put the CSV file into the mappings folder and write its name with the ending

    shop.yaml:4:63 error: profile/missing-key `unknown: default` needs a `default`
     4 |   b: { from: $.data.b, as: lookup, table: citys.csv, unknown: default }
       |                                                               ^^^^^^^
      help: add `default: …`

    shop.yaml:5:31 error: profile/unknown-field there is no field `b.first`
     5 |   c: { value: "{{answer_id}}{{b.first}}", missing: reject, when: { d: x, a: "> b" } }
       |                               ^^^^^^^
      help: write `{{b}}`; parts are .first, .last, .second and .remark of a field with `as: name`, .extension with `as: phone`, .currency with `as: money`

    shop.yaml:5:68 error: profile/unknown-field there is no field `d`
     5 |   c: { value: "{{answer_id}}{{b.first}}", missing: reject, when: { d: x, a: "> b" } }
       |                                                                    ^
      help: declare it under `fields`, or test the packet: `when: $.data.d == 'x'`

    shop.yaml:5:77 error: profile/wrong-value `> b` needs a number to compare with
     5 |   c: { value: "{{answer_id}}{{b.first}}", missing: reject, when: { d: x, a: "> b" } }
       |                                                                             ^^^^^
      help: write a number or a day after the sign, like "> 1000" or "> 31.12.2026"

    shop.yaml:6:43 error: profile/wrong-value `fields.e.unknown` cannot be `sometimes`
     6 |   e: { from: $.data.e, as: name, unknown: sometimes, order: any, when: [[1]] }
       |                                           ^^^^^^^^^
      help: a text for all other values is `unknown: default, default: sometimes`; the words are `keep`, `skip`, `empty`, `default`, `reject`, `park`

    shop.yaml:6:61 error: profile/wrong-value `fields.e.order` cannot be `any`
     6 |   e: { from: $.data.e, as: name, unknown: sometimes, order: any, when: [[1]] }
       |                                                             ^^^
      help: expected one of: `last_first`, `first_last`

    shop.yaml:6:73 error: profile/wrong-type `fields.e.when` must be a test, but this is a list
     6 |   e: { from: $.data.e, as: name, unknown: sometimes, order: any, when: [[1]] }
       |                                                                         ^

    shop.yaml:7:25 error: profile/bad-path a single `=`
     7 | deal: { when: "$.data.x = 1", fields: { TITLE: { value: "{{e.frist}}{{a}}{{c}}", when: { kind: 1 } }
       |                         ^
      help: compare with ==

    shop.yaml:7:60 error: profile/unknown-field there is no field `e.frist`
     7 | hen: "$.data.x = 1", fields: { TITLE: { value: "{{e.frist}}{{a}}{{c}}", when: { kind: 1 } } } }
       |                                                   ^^^^^^^
      help: write `{{e.first}}`

    shop.yaml:8:10 error: profile/missing-key `comment` has no `use`
     8 | comment: { when: { a: present } }
       |          ^
      help: add `use: answers`, `use: full`, or the name of a template
    "#);
}

#[test]
fn reports_secrets_without_repeating_them() {
    let text = r#"
receive: { polls: [1] }
fields: { n: { from: $.data.n, as: name }, sum: { from: $.data.sum, as: money } }
# https://shop.bitrix24.ru/rest/1/s3cr3ts3cr3t/crm.deal.add
contact: { fields: { NAME: "{{n}}", UF_CRM_N: { value: "{{n}}", search: true } } }
deal: { fields: { TITLE: x, UF_CRM_SUM: { value: "{{sum}}", search: true }, UF_CRM_KEY: 0123456789abcdef0123456789abcdef } }
"#;
    insta::assert_snapshot!(rendered(text), @r#"
    shop.yaml:3:35 warning: profile/secret this looks like a password, a token or a webhook's address
     3 | # https://shop.bitrix24.ru/rest/1/••••••••••••/crm.deal.add
       |                                   ^^^^^^^^^^^^
      help: keep it in the settings or the environment, and change it if others have seen this file

    shop.yaml:4:73 warning: profile/vague-search `n` is a person's name: many people share it, so the search would take them for one person
     4 | contact: { fields: { NAME: "{{n}}", UF_CRM_N: { value: "{{n}}", search: true } } }
       |                                                                         ^^^^
      help: search by a phone number, an e-mail address or another unique number

    shop.yaml:5:69 warning: profile/vague-search `sum` is an amount: many people share it, so the search would take them for one person
     5 | TITLE: x, UF_CRM_SUM: { value: "{{sum}}", search: true }, UF_CRM_KEY: ••••••••••••••••••••••••••••••
       |                                                   ^^^^
      help: search by a phone number, an e-mail address or another unique number

    shop.yaml:5:89 warning: profile/secret this looks like a password, a token or a webhook's address
     5 | : { value: "{{sum}}", search: true }, UF_CRM_KEY: •••••••••••••••••••••••••••••••• } }
       |                                                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      help: keep it in the settings or the environment, and change it if others have seen this file
    "#);
}
