//! Steps after the CRM: what a profile makes of them, what earlier steps decide, and mistakes.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::authoring::{Paint, ProfileFile, render};
use crate::domain::{
    Destination, HttpBody, HttpStep, IfItFails, Lang, MailStep, ParkReason, Plan, Source, Step,
    StepKind, StepOutcome, StepResult, StepText, StepValue, StepVerdict, SubmissionId,
};
use crate::mapping::{
    MappingOutcome, Profile, ReplyTest, Resolved, StepContext, compile, reply_value, resolve,
};

fn profile(text: &str) -> Arc<Profile> {
    let file = ProfileFile {
        name: "shop.yaml".to_owned(),
        text: format!("receive: {{ channel: shop }}\n{text}"),
    };
    let templates = BTreeMap::from([(
        "order.xml".to_owned(),
        "<order id=\"{{submission_id}}\">{{name}}</order>".to_owned(),
    )]);
    match compile(&file, None, &templates) {
        Ok((profile, _)) => profile,
        Err(problems) => panic!("{}", render(&problems, Paint::Plain, Lang::En)),
    }
}

fn outcome(text: &str, body: &Value) -> MappingOutcome {
    let source = Source::new("channels", "shop", "7");
    profile(text).plan(&source, Timestamp::UNIX_EPOCH, body)
}

fn plan(text: &str, body: &Value) -> Plan {
    match outcome(text, body) {
        MappingOutcome::Plan(plan) => *plan,
        other => panic!("{other:?}"),
    }
}

fn id() -> SubmissionId {
    "01890a5dac96774bbcceb302099a8057".parse().unwrap()
}

fn done(name: &str, values: Value) -> StepOutcome {
    let Value::Object(values) = values else {
        panic!("not an object: {values}")
    };
    StepOutcome {
        position: 0,
        name: name.to_owned(),
        destination: Destination::new("http", "any"),
        verdict: StepVerdict::Done,
        result: values.into_iter().collect::<StepResult>(),
        refusal: None,
    }
}

/// Fills in the last step of a plan, which a store has kept in between.
fn resolved(plan: &Plan, outcomes: &[StepOutcome]) -> Resolved {
    let stored = serde_json::to_string(plan).unwrap();
    let plan: Plan = serde_json::from_str(&stored).unwrap();
    let step = plan.steps.last().unwrap().clone();
    let context = StepContext { id: id(), outcomes };
    resolve(step, context)
}

fn request(resolved: Resolved) -> HttpStep {
    match resolved {
        Resolved::Deliver(Step {
            kind: StepKind::Http(http),
            ..
        }) => *http,
        other => panic!("{other:?}"),
    }
}

/// Returns the JSON body of the only step, after earlier steps.
fn json_of(json: &str, body: &Value, outcomes: &[StepOutcome]) -> Value {
    let fields = "{ name: $.name, sum: $.sum, flag: $.flag, list: $.list, block: $.block, \
                  phone: { from: $.phone, as: phone }, price: { from: $.price, as: money }, \
                  count: { from: $.count, as: integer }, agrees: { from: $.agrees, as: bool }, \
                  words: { from: $.words, as: split }, cleared: { from: $.none, missing: empty } }";
    let text = format!(
        "fields: {fields}\nthen:\n  - {{ http: a, name: first, path: /x, save: {{ id: $.id, more: $.more }} }}\n  - http: b\n    json: {json}\n"
    );
    let body = request(resolved(&plan(&text, body), outcomes)).body;
    match body {
        HttpBody::Json(StepValue::Known(value)) => value,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_json_body_keeps_types_and_leaves_out_what_is_absent() {
    let body = json!({
        "name": "Анна \"\\\n", "sum": 12.50, "flag": true, "list": [1, 2], "block": {"a": [null, 1]},
        "phone": "8 912 345-67-89", "price": "1 200,50", "count": "7", "agrees": "да", "words": "a, b",
    });
    for (json, expected) in [
        (
            "{ a: 1, b: 1.5, c: true, d: null, e: \"1\", f: text, g: [], h: {} }",
            json!({"a": 1, "b": 1.5, "c": true, "d": null, "e": "1", "f": "text", "g": [], "h": {}}),
        ),
        ("{ a: \"{{name}}\" }", json!({"a": "Анна \"\\"})),
        (
            "{ a: \"{{sum}}\", b: \"{{flag}}\", c: \"{{list}}\", d: \"{{block}}\" }",
            json!({"a": 12.5, "b": true, "c": [1, 2], "d": {"a": [null, 1]}}),
        ),
        (
            "{ a: \"{{price}}\", b: \"{{count}}\", c: \"{{agrees}}\", d: \"{{words}}\", e: \"{{phone}}\" }",
            json!({"a": 1200.50, "b": 7, "c": true, "d": ["a", "b"], "e": "+79123456789"}),
        ),
        // with words around it a value is text
        (
            "{ a: \"№{{sum}}\", b: \"{{trim sum}}\", c: \"{{digits phone}}\" }",
            json!({"a": "№12.5", "b": "12.5", "c": "79123456789"}),
        ),
        // without a value
        ("{ a: \"{{cleared}}\", b: 1 }", json!({"a": "", "b": 1})),
        ("0123", json!("0123")),
    ] {
        assert_eq!(json_of(json, &body, &[]), expected, "{json}");
    }
    let nothing = json!({});
    for (json, expected) in [
        ("{ a: \"{{name}}\", b: 1 }", json!({"b": 1})),
        ("{ a: { b: { c: \"{{name}}\" } }, d: 1 }", json!({"d": 1})),
        (
            "{ a: [{ tag: \"{{name}}\" }, { tag: x }], b: [\"{{sum}}\"] }",
            json!({"a": [{"tag": "x"}]}),
        ),
        (
            "{ a: \"{{name}} {{sum}}\", b: \"{{default name 'none'}}\" }",
            json!({"b": "none"}),
        ),
        ("{ a: \"{{name}}\" }", json!({})),
    ] {
        assert_eq!(json_of(json, &nothing, &[]), expected, "{json}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn values_of_earlier_steps_are_filled_in_before_delivery() {
    let body = json!({"name": "Анна", "block": {"a": 1}});
    let outcomes = [done(
        "first",
        json!({"id": 77, "more": "x\"y", "status": 200}),
    )];
    for (json, expected) in [
        (
            "{ a: \"{{steps.first.id}}\", b: \"{{steps.first.more}}\" }",
            json!({"a": 77, "b": "x\"y"}),
        ),
        (
            "{ a: \"{{name}}: {{steps.first.id}}\" }",
            json!({"a": "Анна: 77"}),
        ),
        (
            "{ a: \"{{submission_id}}\" }",
            json!({"a": id().to_string()}),
        ),
        (
            "{ a: \"{{upper steps.first.more}}\" }",
            json!({"a": "X\"Y"}),
        ),
        (
            "{ a: \"{{#if steps.first.id}}{{name}}{{else}}-{{/if}}\" }",
            json!({"a": "Анна"}),
        ),
        (
            "{ a: \"{{json block}} {{steps.first.status}}\" }",
            json!({"a": "{\"a\":1} 200"}),
        ),
        (
            "{ a: \"{{channel}} {{steps.first.id}}\" }",
            json!({"a": "shop 77"}),
        ),
        ("[\"{{steps.first.id}}\", 1]", json!([77, 1])),
    ] {
        assert_eq!(json_of(json, &body, &outcomes), expected, "{json}");
    }
    // the step was skipped, refused, or its reply lacked the value
    let lacking = [
        vec![],
        vec![done("first", json!({"status": 200}))],
        vec![StepOutcome {
            verdict: StepVerdict::Refused,
            ..done("first", json!({"id": 77}))
        }],
    ];
    for outcomes in lacking {
        for (json, expected) in [
            ("{ a: \"{{steps.first.id}}\", b: 1 }", json!({"b": 1})),
            (
                "{ a: { b: \"{{steps.first.id}}\" }, c: 1 }",
                json!({"c": 1}),
            ),
            (
                "{ a: \"{{default steps.first.id 'none'}}\" }",
                json!({"a": "none"}),
            ),
            (
                "{ a: \"{{name}} {{steps.first.id}}\" }",
                json!({"a": "Анна"}),
            ),
        ] {
            assert_eq!(json_of(json, &body, &outcomes), expected, "{json}");
        }
    }
}

#[test]
fn a_request_is_planned_with_every_part() {
    let text = r#"
fields: { name: $.name, city: $.city, order: $.order }
then:
  - http: shop
    name: order
    method: PUT
    path: /orders/{{order}}/{{name}}
    query: { city: "{{city}}", from: site }
    headers: { X-Name: "{{name}}", X-City: "{{city}}" }
    form: { name: "{{name}}", city: "{{city}}" }
    success: [200, 409]
    if_it_fails: continue
    save: { id: { from: $.id, missing: fail }, place: headers.Location, code: status }
"#;
    let plan = plan(text, &json!({"name": "Анна/..?#&", "order": 6510}));
    let [step] = plan.steps.as_slice() else {
        panic!("{:?}", plan.steps)
    };
    assert_eq!(
        (step.name.as_str(), step.if_it_fails),
        ("order", IfItFails::Continue)
    );
    assert_eq!(step.kind.destination(), ("http", Some("shop")));
    let facts: Vec<String> = step
        .kind
        .facts()
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    assert_eq!(
        facts,
        [
            "destination=shop",
            "method=PUT",
            "path=/orders/6510/%D0%90%D0%BD%D0%BD%D0%B0%2F..%3F%23%26",
            "query.from=site",
            "headers.X-Name=Анна/..?#&",
            "form.name=Анна/..?#&",
        ]
    );
    let http = request(resolved(&plan, &[]));
    assert_eq!(http.success.statuses, [200, 409]);
    assert_eq!(http.save.len(), 3);
}

#[test]
fn a_body_of_text_is_escaped_by_its_type() {
    let body = json!({"name": "<a> & \"b\""});
    for (body_rule, kind, expected) in [
        (
            "{ text: \"{{name}}\" }",
            "text/plain; charset=utf-8",
            "<a> & \"b\"",
        ),
        (
            "\"x {{name}}\"",
            "text/plain; charset=utf-8",
            "x <a> & \"b\"",
        ),
        (
            "{ text: \"<n>{{name}}</n>\", type: text/xml }",
            "text/xml",
            "<n>&lt;a&gt; &amp; &quot;b&quot;</n>",
        ),
        (
            "{ text: '{\"n\": \"{{name}}\"}', type: application/json }",
            "application/json",
            "{\"n\": \"\\u003ca\\u003e \\u0026 \\\"b\\\"\"}",
        ),
        (
            "{ text: \"n={{name}}\", type: application/x-www-form-urlencoded }",
            "application/x-www-form-urlencoded",
            "n=%3Ca%3E%20%26%20%22b%22",
        ),
        (
            "{ template: order.xml.hbs, type: application/xml }",
            "application/xml",
            "<order id=\"01890a5dac96774bbcceb302099a8057\">&lt;a&gt; &amp; &quot;b&quot;</order>",
        ),
    ] {
        let text =
            format!("fields: {{ name: $.name }}\nthen:\n  - {{ http: a, body: {body_rule} }}\n");
        let body = request(resolved(&plan(&text, &body), &[])).body;
        let HttpBody::Text { content_type, text } = body else {
            panic!("{body:?}")
        };
        assert_eq!(
            (content_type.as_str(), text.shown()),
            (kind, expected),
            "{body_rule}"
        );
    }
}

#[test]
fn a_path_without_one_of_its_values_is_parked() {
    let text = "fields: { order: $.order }\nthen:\n  - { http: a, path: \"/orders/{{order}}\" }\n";
    let MappingOutcome::Park { reason, note } = outcome(text, &json!({})) else {
        panic!("a plan")
    };
    assert_eq!(
        (reason, note.about.as_str()),
        (ParkReason::MissingValue, "then.a.path")
    );
    let text = "then:\n  - { http: a, save: { id: { from: $.id, missing: fail } } }\n  - { http: b, path: \"/x/{{steps.a.id}}\" }\n";
    let plan = plan(text, &json!({}));
    let ended = [done("a", json!({"id": " "}))];
    assert!(matches!(
        resolved(&plan, &ended),
        Resolved::Park {
            reason: ParkReason::MissingValue,
            ..
        }
    ));
    let ended = [done("a", json!({"id": "7/8"}))];
    let path = request(resolved(&plan, &ended)).path.unwrap();
    assert_eq!(path, StepText::Known("/x/7%2F8".into()));
}

#[test]
fn a_step_whose_condition_does_not_hold_is_left_out_or_skipped() {
    let text = |when: &str| {
        format!(
            "fields: {{ phone: $.phone }}\nthen:\n  - {{ http: a, save: {{ id: $.id, ok: $.ok }} }}\n  - {{ http: b, when: {when} }}\n"
        )
    };
    // decided by the packet
    for (when, body, steps) in [
        ("{ phone: present }", json!({"phone": "1"}), 2),
        ("{ phone: present }", json!({}), 1),
        ("$.kind == 2", json!({"kind": 2}), 2),
        ("$.kind == 2", json!({"kind": 1}), 1),
    ] {
        let plan = plan(&text(when), &body);
        assert_eq!(plan.steps.len(), steps, "{when} {body}");
        let is_noted = plan.notes.iter().any(|note| note.about == "then.b");
        assert_eq!(is_noted, steps == 1, "{when}");
    }
    // decided by an earlier step
    for (when, result, runs) in [
        ("{ steps.a.id: present }", json!({"id": 1}), true),
        ("{ steps.a.id: present }", json!({}), false),
        ("{ steps.a.id: absent }", json!({}), true),
        ("{ steps.a.id: \"> 10\" }", json!({"id": 11}), true),
        ("{ steps.a.id: \"> 10\" }", json!({"id": 9}), false),
        ("{ steps.a.ok: true }", json!({"ok": true}), true),
        ("{ steps.a.ok: true }", json!({"ok": false}), false),
        ("{ steps.a.id: [x, y] }", json!({"id": "Y"}), true),
        ("{ steps.a.id: \"!= x\" }", json!({"id": "x"}), false),
        ("{ steps.a.status: 200 }", json!({"status": 200}), true),
        (
            "[{ phone: present }, { steps.a.id: present }]",
            json!({"id": 1}),
            true,
        ),
        (
            "[{ phone: present }, { steps.a.id: present }]",
            json!({}),
            false,
        ),
    ] {
        let plan = plan(&text(when), &json!({"phone": "1"}));
        let resolved = resolved(&plan, &[done("a", result.clone())]);
        assert_eq!(resolved != Resolved::Skip, runs, "{when} {result}");
    }
}

#[test]
fn a_profile_of_steps_alone_goes_to_its_first_destination() {
    let text = "then:\n  - { http: calltouch, json: { a: 1 } }\n";
    assert_eq!(
        profile(text).destination(),
        Destination::new("http", "calltouch")
    );
    let plan = plan(text, &json!({}));
    assert_eq!(plan.crm(), None);
    assert_eq!(plan.steps.len(), 1);
    let with_deal = format!("deal: {{ fields: {{ TITLE: x }} }}\n{text}");
    assert_eq!(profile(&with_deal).destination(), Destination::crm(""));
}

#[test]
fn a_later_crm_step_is_planned() {
    let text = r#"
fields: { name: $.name }
deal: { fields: { TITLE: "{{name}}" } }
then:
  - { http: a, name: first, save: { request: $.r } }
  - { name: mark, crm: { update: deal, fields: { UF_CRM_CALL: "{{steps.first.request}}" }, stage: WON, comment: "Deal {{steps.crm.deal_id}}" } }
"#;
    let plan = plan(text, &json!({"name": "Анна"}));
    let outcomes = [
        done("crm", json!({"deal_id": 9})),
        done("first", json!({"request": "r-1"})),
    ];
    let Resolved::Deliver(step) = resolved(&plan, &outcomes) else {
        panic!("not delivered")
    };
    let facts: Vec<String> = step
        .kind
        .facts()
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    assert_eq!(
        facts,
        [
            "update=deal",
            "deal.UF_CRM_CALL=r-1",
            "deal (stage)=WON",
            "comment=Deal 9"
        ]
    );
}

#[test]
fn replies_are_tested_and_read_with_the_paths_of_profiles() {
    let reply = json!({"data": {"requests": [{"imported": true, "id": 7}, {"imported": false}]}, "ok": "yes"});
    for (test, holds) in [
        ("$.data.requests[0].imported == true", true),
        ("$.data.requests[1].imported == true", false),
        ("$.ok == 'yes'", true),
        ("$.data.requests[?@.id == 7]", true),
        ("$.error", false),
    ] {
        let parsed = ReplyTest::parse(test).unwrap();
        assert_eq!(parsed.holds(&reply), holds, "{test}");
    }
    for (path, value) in [
        ("$.data.requests[0].id", Some(json!(7))),
        ("$.data.requests[*].imported", Some(json!([true, false]))),
        ("$.ok", Some(json!("yes"))),
        ("$.nothing", None),
    ] {
        assert_eq!(reply_value(path, &reply), value, "{path}");
    }
}

/// Returns the letter of the only step.
fn mail(text: &str, body: &Value, outcomes: &[StepOutcome]) -> MailStep {
    match resolved(&plan(text, body), outcomes) {
        Resolved::Deliver(Step {
            kind: StepKind::Mail(mail),
            ..
        }) => *mail,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_letter_is_filled_in_and_its_html_is_escaped() {
    let text = r#"fields: { name: $.name, email: { from: $.email, as: email }, scan: { from: $.scan, as: file } }
deal: { fields: { TITLE: "{{name}}" } }
then:
  - mail:
      to: [sales@firm.example, "{{email}}"]
      reply_to: "{{email}}"
      subject: "Deal {{steps.crm.deal_id}}: {{name}}"
      text: "{{name}}, {{submission_id}}"
      html: "<b>{{name}}</b> {{steps.crm.deal_id}}"
      files: [scan]
"#;
    let body = json!({
        "name": "Anna <b>", "email": "Anna@Mail.example",
        "scan": {"name": "cv.pdf", "content": "JVBERi0xLjcgeAo="},
    });
    let outcomes = [done("crm", json!({"deal_id": 7}))];
    let letter = mail(text, &body, &outcomes);
    let shown = |text: &Option<StepText>| text.as_ref().map(|text| text.shown().to_owned());
    let to: Vec<&str> = letter.to.iter().map(StepText::shown).collect();
    assert_eq!(to, ["sales@firm.example", "anna@mail.example"]);
    assert_eq!(shown(&letter.reply_to).unwrap(), "anna@mail.example");
    assert_eq!(letter.subject.shown(), "Deal 7: Anna <b>");
    assert_eq!(shown(&letter.text).unwrap(), format!("Anna <b>, {}", id()));
    assert_eq!(shown(&letter.html).unwrap(), "<b>Anna &lt;b&gt;</b> 7");
    let files: Vec<&str> = letter.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(files, ["cv.pdf"]);
    // without their values there is one recipient less, and no reply address
    let letter = mail(text, &json!({"name": "Anna"}), &outcomes);
    let to: Vec<&str> = letter.to.iter().map(StepText::shown).collect();
    assert_eq!((to, letter.reply_to), (vec!["sales@firm.example"], None));
    assert!(letter.files.is_empty());
}

#[test]
fn a_letter_without_a_crm_goes_to_the_mail_server() {
    let text = "then: [{ mail: { to: a@b.example, subject: x, text: y } }]\n";
    let file = profile(text);
    assert_eq!(file.destination(), Destination::new("mail", ""));
    assert_eq!(plan(text, &json!({})).steps.len(), 1);
    // a company comes first, too
    let company = "fields: { inn: $.inn }\ncompany: { fields: { TITLE: \"{{inn}}\", RQ_INN: { value: \"{{inn}}\", search: true } } }\n";
    let file = profile(&format!("{company}{text}"));
    assert_eq!(file.destination(), Destination::crm(""));
}
