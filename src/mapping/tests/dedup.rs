//! The rules by which something is found, brought up to date, and given to somebody.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::rendered;
use crate::authoring::ProfileFile;
use crate::domain::{Closed, Email, Match, Plan, PlannedValue, Responsible, Source, UserId};
use crate::mapping::{MappingOutcome, compile};

/// The plan that a profile makes of an answer's data.
#[expect(
    clippy::needless_pass_by_value,
    reason = "reads better where it is called"
)]
fn plan(profile: &str, data: Value) -> Plan {
    let text = format!("receive: {{ polls: [1] }}\n{profile}");
    let file = ProfileFile {
        name: "p.yaml".into(),
        text,
    };
    let (profile, warnings) = compile(&file, None, &BTreeMap::new()).unwrap();
    assert_eq!(warnings, []);
    let source = Source::new("polls", "1", "1");
    match profile.plan(&source, Timestamp::UNIX_EPOCH, &json!({"data": data})) {
        MappingOutcome::Plan(plan) => *plan,
        other => panic!("{other:?}"),
    }
}

fn user(id: i64) -> Responsible {
    Responsible::User(UserId::new(id).unwrap())
}

#[test]
fn groups_are_read_as_written() {
    let profile = r#"
fields: { phone: $.data.phone, surname: $.data.surname, email: $.data.email }
contact:
  match: [[PHONE, LAST_NAME], EMAIL]
  fields:
    PHONE: { value: "{{phone}}", search: true }
    LAST_NAME: { value: "{{surname}}", search: true }
    EMAIL: { value: "{{email}}", search: true }
"#;
    let plan = plan(profile, json!({"phone": "89123456789"}));
    let groups = [
        vec!["PHONE".to_owned(), "LAST_NAME".into()],
        vec!["EMAIL".into()],
    ];
    assert_eq!(
        plan.crm().unwrap().contact.clone().unwrap().match_,
        Match::Groups(groups.to_vec())
    );
}

#[test]
fn reports_mistakes_in_groups() {
    let text = r#"
receive: { polls: [1] }
fields: { p: $.data.p, n: $.data.n }
contact:
  match: [[PHON, NAME], [], [LAST_NAME]]
  fields:
    PHONE: { value: "{{p}}", search: true }
    NAME: "{{n}}"
    LAST_NAME: { value: "{{n}}", search: true }
"#;
    insta::assert_snapshot!(rendered(text), @r#"
    shop.yaml:4:10 error: profile/wrong-value an empty group in `match` finds no contact
     4 |   match: [[PHON, NAME], [], [LAST_NAME]]
       |          ^
      help: a group names fields: [[PHONE, LAST_NAME], [EMAIL]]

    shop.yaml:4:12 error: profile/wrong-value `match` names `PHON`, which the contact does not fill
     4 |   match: [[PHON, NAME], [], [LAST_NAME]]
       |            ^^^^
      help: did you mean `PHONE`?

    shop.yaml:4:18 error: profile/wrong-value `match` names `NAME`, which has no `search: true`
     4 |   match: [[PHON, NAME], [], [LAST_NAME]]
       |                  ^^^^
      help: write NAME: { value: "…", search: true }

    shop.yaml:8:42 warning: profile/vague-search `LAST_NAME` is not unique: different people's contacts will be taken for one
     8 |     LAST_NAME: { value: "{{n}}", search: true }
       |                                          ^^^^
      help: search by a phone number, an e-mail address or another unique number
    "#);
    let flat = r#"
receive: { polls: [1] }
fields: { p: $.data.p }
contact: { match: [PHONE, EMAIL], fields: { PHONE: { value: "{{p}}", search: true } } }
"#;
    insta::assert_snapshot!(rendered(flat), @r#"
    shop.yaml:3:19 error: profile/wrong-value it is unclear whether all of these fields must match or any of them
     3 | contact: { match: [PHONE, EMAIL], fields: { PHONE: { value: "{{p}}", search: true } } }
       |                   ^
      help: both: [[PHONE, EMAIL]]; either: [[PHONE], [EMAIL]]
    "#);
}

#[test]
fn sites_messengers_and_lists_have_all_their_values() {
    let profile = r#"
fields: { site: $.data.site, tg: $.data.tg, topics: "$.data.topics[*]", one: $.data.one }
contact:
  fields:
    WEB: "{{site}}"
    IM: { value: "{{tg}}", type: telegram, search: true }
    UF_CRM_TOPICS: ["{{topics}}", "{{one}}", "всегда"]
"#;
    let data = json!({"site": "anna.example", "tg": "@anna", "topics": ["a", "b"], "one": "b"});
    let contact = plan(profile, data).crm().unwrap().contact.clone().unwrap();
    let values: Vec<(&str, &PlannedValue, Option<&str>)> = contact
        .fields
        .iter()
        .map(|field| {
            (
                field.name.as_str(),
                &field.value,
                field.value_type.as_deref(),
            )
        })
        .collect();
    let member = |text: &str| PlannedValue::Member(text.into());
    assert_eq!(
        values,
        [
            ("WEB", &PlannedValue::Site("anna.example".into()), None),
            (
                "IM",
                &PlannedValue::Messenger("@anna".into()),
                Some("TELEGRAM")
            ),
            ("UF_CRM_TOPICS", &member("a"), None),
            ("UF_CRM_TOPICS", &member("b"), None),
            ("UF_CRM_TOPICS", &member("всегда"), None),
        ]
    );
}

#[test]
fn reads_every_kind_of_responsible_employee() {
    let with = |written: &str| {
        let profile = format!("deal: {{ responsible: {written}, fields: {{ TITLE: x }} }}");
        plan(&profile, json!({}))
            .crm()
            .unwrap()
            .record
            .clone()
            .unwrap()
            .responsible
            .unwrap()
    };
    let email = Responsible::Email(Email::parse("boss@firm.example").unwrap());
    assert_eq!(with("6"), user(6));
    assert_eq!(with("boss@firm.example"), email);
    assert_eq!(
        with("{ in_turn: [6, 6, 9] }"),
        Responsible::InTurn(vec![user(6), user(6), user(9)])
    );
    assert_eq!(
        with("[contact_owner, { in_turn: [6, boss@firm.example] }]"),
        Responsible::First(vec![
            Responsible::ContactOwner,
            Responsible::InTurn(vec![user(6), email])
        ])
    );
}

#[test]
fn an_item_of_a_smart_process_is_a_record_like_others() {
    let profile = r#"
fields: { order: $.data.order }
item:
  type: 1036
  found: ignore
  stage: DT1036_9:NEW
  fields:
    TITLE: "Заявка {{order}}"
    opportunity: 100
    UF_CRM_5_ORDER: { value: "{{order}}", search: true }
"#;
    let record = plan(profile, json!({"order": 6510}))
        .crm()
        .unwrap()
        .record
        .clone()
        .unwrap();
    assert_eq!(record.kind.to_string(), "item-1036");
    assert_eq!(
        record.closed,
        Closed::Ignore,
        "a found record is not changed, open or closed"
    );
    let names: Vec<&str> = record
        .fields
        .iter()
        .map(|field| field.name.as_str())
        .collect();
    assert_eq!(names, ["title", "opportunity", "UF_CRM_5_ORDER"]);
}

#[test]
fn reports_mistakes_about_items() {
    let text = r"
receive: { polls: [1] }
item:
  type: 5
  stage: NEW
  closed: reopen
  responsible: { in_turn: [Иванов] }
  fields: { titel: x, PHONE: x, stageId: x, ufCrm5_1: x, UF_CRM_5_2: x, TITLE: { value: x, type: WORK } }
";
    insta::assert_snapshot!(rendered(text), @r#"
    shop.yaml:3:9 error: profile/wrong-value 5 is not a smart process: their numbers begin at 128
     3 |   type: 5
       |         ^
      help: the number stands in the address of the process's page in Bitrix24: /crm/type/1036/ is `type: 1036`

    shop.yaml:5:11 error: profile/wrong-value `item.closed` cannot be `reopen`
     5 |   closed: reopen
       |           ^^^^^^
      help: closed records are not reopened: `closed: create` makes a new one, `closed: update` changes the closed one

    shop.yaml:6:28 error: profile/wrong-value `Иванов` is not an employee
     6 |   responsible: { in_turn: [Иванов] }
       |                            ^^^^^^
      help: only employees can take turns: write their ids or e-mail addresses

    shop.yaml:7:13 warning: profile/unknown-crm-field an item of Bitrix24 has no standard field `titel`
     7 |   fields: { titel: x, PHONE: x, stageId: x, ufCrm5_1: x, UF_CRM_5_2: x, TITLE: { value: x, type: WOR
       |             ^^^^^
      help: did you mean `title`?

    shop.yaml:7:23 error: profile/wrong-place an item has no `PHONE`
     7 |   fields: { titel: x, PHONE: x, stageId: x, ufCrm5_1: x, UF_CRM_5_2: x, TITLE: { value: x, type: WOR
       |                       ^^^^^
      help: put it into `contact: { fields: { PHONE: … } }`

    shop.yaml:7:33 error: profile/wrong-place `stageId` is not a field to fill
     7 |   fields: { titel: x, PHONE: x, stageId: x, ufCrm5_1: x, UF_CRM_5_2: x, TITLE: { value: x, type: WOR
       |                                 ^^^^^^^
      help: write `stage: NEW` in the block itself

    shop.yaml:7:45 error: profile/wrong-value `ufCrm5_1` and `UF_CRM_5_2` are spelled in two ways
     7 |   fields: { titel: x, PHONE: x, stageId: x, ufCrm5_1: x, UF_CRM_5_2: x, TITLE: { value: x, type: WOR
       |                                             ^^^^^^^^
      help: write all custom fields of the item as UF_CRM_…, or all as ufCrm…

    shop.yaml:7:98 error: profile/unknown-key `title` has no `type`
     7 | rm5_1: x, UF_CRM_5_2: x, TITLE: { value: x, type: WORK } }
       |                                                   ^^^^
      help: only PHONE, EMAIL, WEB and IM have a `type`
    "#);
}

#[test]
fn reports_an_empty_responsible_and_ignored_entries() {
    let text = r#"
receive: { polls: [1] }
fields: { p: $.data.p }
contact:
  responsible: contact_owner
  fields: { PHONE: { value: "{{p}}", search: true, type: MOBIL } }
deal:
  found: always_create
  closed: create
  responsible: [6, contact_owner, { in_turn: [] }]
  fields: { TITLE: x }
"#;
    insta::assert_snapshot!(rendered(text), @r#"
    shop.yaml:4:16 error: profile/wrong-value a new contact has no responsible employee yet
     4 |   responsible: contact_owner
       |                ^^^^^^^^^^^^^
      help: name an employee, or several who take turns: { in_turn: [6, 9] }

    shop.yaml:5:58 warning: profile/wrong-value Bitrix24 has no type `MOBIL` for PHONE
     5 |   fields: { PHONE: { value: "{{p}}", search: true, type: MOBIL } }
       |                                                          ^^^^^
      help: did you mean `MOBILE`?

    shop.yaml:8:11 warning: profile/wrong-place `closed` has no effect with `found: always_create`
     8 |   closed: create
       |           ^^^^^^
      help: remove one of them

    shop.yaml:9:16 warning: profile/wrong-place entries after an employee's id in `responsible` are ignored
     9 |   responsible: [6, contact_owner, { in_turn: [] }]
       |                ^
      help: put `contact_owner` and e-mail addresses before the id

    shop.yaml:9:35 error: profile/wrong-value `in_turn` takes 1 to 100 employees
     9 |   responsible: [6, contact_owner, { in_turn: [] }]
       |                                   ^
      help: like { in_turn: [6, 9, 12] }
    "#);
}

#[test]
fn reports_rules_without_effect_except_those_of_the_defaults() {
    let warnings = |deal: &str, rest: &str| -> Vec<String> {
        let text = format!(
            "receive: {{ polls: [1] }}\nfields: {{ o: $.data.o }}\ncontact: none\ndeal: {{ {deal}, fields: {{ TITLE: x, UF_CRM_O: {{ value: '{{{{o}}}}', search: true }} }} }}\n{rest}"
        );
        rendered(&text)
            .lines()
            .filter(|line| line.contains("warning:"))
            .map(|line| line.split("wrong-place ").nth(1).unwrap_or(line).to_owned())
            .collect()
    };
    let todo = "todo: { title: x, after: 1h, on: update }\n";
    assert_eq!(
        warnings("found: always_create, stage: NEW, change_stage: true", todo),
        [
            "`change_stage` has no effect with `found: always_create`",
            "`search: true` has no effect with `found: always_create`",
            "`todo.on: update` has no effect with `found: always_create`",
        ]
    );
    assert_eq!(
        warnings("found: ignore, stage: NEW, change_stage: true", todo),
        [
            "`change_stage` has no effect with `found: ignore`",
            "`todo.on: update` has no effect with `found: ignore`",
        ]
    );
    assert_eq!(
        warnings("found: ignore, closed: update", todo),
        [""; 0],
        "a closed record gets its to-do"
    );
    assert_eq!(
        warnings(
            "among: [NEW, 'C2:NEW'], stage: 'C1:NEW', change_stage: true",
            ""
        ),
        [
            "`NEW` and `C1:NEW` belong to different pipelines: a record found there is not moved",
            "`C2:NEW` and `C1:NEW` belong to different pipelines: a record found there is not moved",
        ]
    );
    assert_eq!(
        warnings("among: [NEW, 'C2:NEW'], stage: 'C1:NEW'", ""),
        [""; 0]
    );

    // the defaults lie under many profiles: one that always creates need not take them back
    let defaults = "deal: { stage: NEW, change_stage: true, among: [NEW] }\ntodo: { title: x, after: 1h, on: update }\n";
    let profile = "receive: { polls: [1] }\ncontact: none\ndeal: { found: always_create, fields: { TITLE: x } }\n";
    let [profile, defaults] = [("shop.yaml", profile), ("_defaults.yaml", defaults)]
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .map(|(name, text)| ProfileFile { name, text });
    let compiled = compile(&profile, Some(&defaults), &BTreeMap::new()).unwrap();
    assert_eq!(compiled.1, [], "{:?}", compiled.1);
}

#[test]
fn warns_of_closed_records_that_change_stage_reopens() {
    for (deal, wanted) in [
        ("among: [NEW, WON], stage: NEW, change_stage: true", "WON"),
        (
            "among: ['C1:PREPARATION', 'C1:LOSE'], stage: 'C1:NEW', change_stage: true",
            "C1:LOSE",
        ),
        (
            "among: { by: '{{o}}', map: { a: [NEW], b: [APOLOGY] } }, stage: NEW, change_stage: true",
            "APOLOGY",
        ),
        (
            "among: [LOSE], stage: { by: '{{o}}', map: { a: NEW, b: WON }, default: NEW }, change_stage: true",
            "LOSE",
        ),
        // it stays there
        ("among: [NEW, WON], stage: WON, change_stage: true", ""),
        ("among: [NEW, WON], stage: NEW", ""),
        (
            "among: [NEW, PREPARATION], stage: NEW, change_stage: true",
            "",
        ),
    ] {
        let text = format!(
            "receive: {{ polls: [1] }}\nfields: {{ o: $.data.o }}\ncontact: none\ndeal: {{ {deal}, fields: {{ TITLE: x }} }}\n"
        );
        let shown = rendered(&text);
        let warning = format!("`{wanted}` is a final stage: `change_stage` reopens records");
        assert_eq!(
            shown.contains(&warning),
            !wanted.is_empty(),
            "{deal}: {shown}"
        );
        assert_eq!(
            shown.matches("is a final stage").count(),
            usize::from(!wanted.is_empty()),
            "{deal}: {shown}"
        );
    }
}

#[test]
fn the_stage_sets_the_pipeline() {
    let is_reported = |deal: &str| {
        let text = format!("receive: {{ polls: [1] }}\ncontact: none\ndeal: {{ {deal} }}\n");
        rendered(&text).contains("`stage` sets the pipeline")
    };
    assert!(is_reported(
        "stage: NEW, fields: { TITLE: x, CATEGORY_ID: 3 }"
    ));
    assert!(is_reported("fields: { TITLE: x, CATEGORY_ID: 3 }"));
    assert!(!is_reported(
        "stage: 'C3:NEW', fields: { TITLE: x, CATEGORY_ID: 3 }"
    ));
    assert!(!is_reported(
        "stage: NEW, fields: { TITLE: x, CATEGORY_ID: 0 }"
    ));
}
