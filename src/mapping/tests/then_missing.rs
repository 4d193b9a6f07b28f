//! Values of earlier steps that may be missing, and all mistakes of a step at once.

use super::rendered;

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn a_value_that_may_be_missing_without_a_default_is_found() {
    let head = "receive: { channel: shop }\nfields: { name: $.name }\ndeal: { fields: { TITLE: \"{{name}}\" } }\nthen:\n";
    let skippable =
        "  - { http: a, when: { name: present }, save: { id: { from: $.id, missing: empty } } }\n";
    let continuing =
        "  - { http: a, if_it_fails: continue, save: { id: { from: $.id, missing: fail } } }\n";
    let lacking = "  - { http: a, save: { id: $.id } }\n";
    let sure = "  - { http: a, save: { id: { from: $.id, missing: fail } } }\n";
    for (first, second, severity) in [
        (
            skippable,
            "{ http: b, json: { x: \"{{steps.a.id}}\" } }",
            Some("error"),
        ),
        (
            continuing,
            "{ http: b, json: { x: \"{{steps.a.id}}\" } }",
            Some("error"),
        ),
        (
            continuing,
            "{ http: b, form: { x: \"{{steps.a.status}}\" } }",
            Some("error"),
        ),
        (
            skippable,
            "{ http: b, body: \"x {{steps.a.id}}\" }",
            Some("error"),
        ),
        (
            skippable,
            "{ mail: { to: a@b.example, subject: \"{{steps.a.id}}\", text: x } }",
            Some("error"),
        ),
        (
            skippable,
            "{ name: m, crm: { update: deal, comment: \"{{steps.a.id}}\" } }",
            Some("error"),
        ),
        (
            skippable,
            "{ http: b, json: { x: \"{{default steps.a.id '-'}} {{steps.a.status}}\" } }",
            Some("error"),
        ),
        // a reply always has a status
        (
            "  - { http: a, save: { id: status } }\n",
            "{ http: b, json: { x: \"{{steps.a.id}}\" } }",
            None,
        ),
        // the profile says what is to be done
        (
            "  - { http: a, save: { id: { from: $.id, missing: skip } } }\n",
            "{ http: b, json: { x: \"{{steps.a.id}}\" } }",
            None,
        ),
        // one value in place of another
        (
            skippable,
            "{ http: b, json: { x: \"{{default steps.a.id steps.a.status}}\" } }",
            None,
        ),
        // both run, or none
        (
            skippable,
            "{ http: b, when: { name: present }, json: { x: \"{{steps.a.id}}\" } }",
            None,
        ),
        (
            skippable,
            "{ http: b, when: { name: absent }, json: { x: \"{{steps.a.id}}\" } }",
            Some("error"),
        ),
        (
            "  - { http: a, when: { name: [x, y] }, save: { id: { from: $.id, missing: fail } } }\n",
            "{ http: b, when: { name: x }, json: { x: \"{{steps.a.id}}\" } }",
            None,
        ),
        (
            "  - { http: a, when: { name: present }, save: { id: { from: $.id, missing: fail } } }\n  - { http: c, when: { steps.a.status: present } }\n",
            "{ http: b, when: { steps.c.status: present }, json: { x: \"{{steps.a.id}}\" } }",
            None,
        ),
        (
            lacking,
            "{ http: b, json: { x: \"{{steps.a.id}}\" } }",
            Some("warning"),
        ),
        (
            skippable,
            "{ http: b, path: \"/x/{{steps.a.id}}\" }",
            Some("error"),
        ),
        (
            lacking,
            "{ http: b, path: \"/x/{{steps.a.id}}\" }",
            Some("error"),
        ),
        (
            skippable,
            "{ http: b, query: { x: \"{{upper steps.a.status}}\" } }",
            Some("error"),
        ),
        // with a default, or only with the value
        (
            skippable,
            "{ http: b, json: { x: \"{{default steps.a.id '-'}}\" } }",
            None,
        ),
        (
            skippable,
            "{ http: b, json: { x: \"{{#if steps.a.id}}{{steps.a.id}}{{/if}}\" } }",
            None,
        ),
        (
            skippable,
            "{ http: b, when: { steps.a.id: present }, path: \"/x/{{steps.a.id}}\" }",
            None,
        ),
        (
            skippable,
            "{ http: b, when: { steps.a.status: present }, json: { x: \"{{steps.a.id}}\" } }",
            None,
        ),
        (
            lacking,
            "{ http: b, when: { steps.a.id: absent }, json: { x: \"{{steps.a.id}}\" } }",
            Some("warning"),
        ),
        (sure, "{ http: b, path: \"/x/{{steps.a.id}}\" }", None),
    ] {
        let shown = rendered(&format!("{head}{first}  - {second}\n"));
        match severity {
            Some(severity) => {
                let wanted = format!("{severity}: profile/skipped-step");
                assert!(shown.contains(&wanted), "{first}{second}\n{shown}");
            }
            None => assert_eq!(shown, "", "{first}{second}"),
        }
    }
}

#[test]
fn a_record_that_may_not_be_made_is_found_and_the_advice_helps() {
    let head = "receive: { channel: shop }\nfields: { name: $.name, kind: $.kind }\ndeal: { when: { kind: x }, fields: { TITLE: \"{{name}}\" } }\nthen:\n";
    for (step, is_error) in [
        ("{ http: b, json: { x: \"{{steps.crm.deal_id}}\" } }", true),
        (
            "{ http: b, when: { kind: x }, json: { x: \"{{steps.crm.deal_id}}\" } }",
            false,
        ),
        // what the advice says
        (
            "{ http: b, json: { x: \"{{default steps.crm.deal_id '-'}}\" } }",
            false,
        ),
        (
            "{ http: b, when: { steps.crm.deal_id: present }, json: { x: \"{{steps.crm.deal_id}}\" } }",
            false,
        ),
    ] {
        let shown = rendered(&format!("{head}  - {step}\n"));
        if is_error {
            for words in [
                "error: profile/skipped-step",
                "{{default steps.crm.deal_id",
                "when: { steps.crm.deal_id: present }",
            ] {
                assert!(shown.contains(words), "{step}\n{shown}");
            }
        } else {
            assert_eq!(shown, "", "{step}");
        }
    }
}

#[test]
fn all_mistakes_of_a_step_are_reported_at_once_and_each_at_its_place() {
    let head = "receive: { channel: shop }\nfields: { name: $.name }\ndeal: { fields: { TITLE: \"{{name}}\" } }\nthen:\n  - http: c\n    save: { n: { from: $.n, missing: fail } }\n";
    for (step, mistakes) in [
        (
            "  - http: b\n    json:\n      x: \"{{steps.crm.nothing}}\"\n      y: [\"{{steps.nosuch.status}}\"]\n      z: { w: \"{{missingfield}}\" }\n",
            &[
                "9:13 error: profile/unknown-step the step `crm` gives no `nothing`",
                "10:14 error: profile/unknown-step there is no step `nosuch`",
                "11:18 error: profile/unknown-field",
            ][..],
        ),
        (
            "  - http: b\n    json:\n      x: \"{{steps.nosuch.status}} {{missingfield}}\"\n",
            &[
                "9:13 error: profile/unknown-step there is no step `nosuch`",
                "error: profile/unknown-field",
            ],
        ),
        (
            "  - http: b\n    when: { steps.c.n: \"> abc\", steps.zz.n: present, other: x }\n",
            &[
                " error: profile/wrong-value `> abc` needs a number",
                "error: profile/unknown-step there is no step `zz`",
                "error: profile/unknown-field",
            ],
        ),
        (
            "  - mail: { to: [], cc: a@b.example, subject: \"{{nosuch}}\", text: x }\n",
            &[
                " error: profile/missing-key `to` has no address",
                "error: profile/unknown-key",
                "error: profile/unknown-field",
            ],
        ),
    ] {
        let shown = rendered(&format!("{head}{step}"));
        for words in mistakes {
            assert!(shown.contains(words), "{words}\n{shown}");
        }
        assert_eq!(shown.matches(" error: ").count(), mistakes.len(), "{shown}");
    }
}

#[test]
fn a_path_with_dots_is_found_before_anything_is_sent() {
    let head = "receive: { channel: shop }\nfields: { name: $.name }\nthen:\n";
    for (path, plain) in [
        ("/../x", Some("/x")),
        ("/a/./b", Some("/a/b")),
        ("/a/..", Some("/a")),
        ("/%2e%2E/x", Some("/x")),
        ("/a/../{{name}}", Some("/a/{{name}}")),
        ("/a..b/...", None),
        ("/v1.0/x", None),
    ] {
        let shown = rendered(&format!(
            "{head}  - {{ http: b, path: \"{path}\", query: {{ n: \"{{{{name}}}}\" }} }}\n"
        ));
        match plain {
            Some(plain) => {
                let advice = format!("write `path: {plain}`");
                assert!(
                    shown.contains("error: profile/wrong-value"),
                    "{path}\n{shown}"
                );
                assert!(shown.contains(&advice), "{path}\n{shown}");
            }
            None => assert_eq!(shown, "", "{path}"),
        }
    }
}
