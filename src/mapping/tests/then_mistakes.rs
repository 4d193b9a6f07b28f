//! Mistakes in the steps after the CRM.

use std::fmt::Write as _;

use super::{rendered, rendered_in};
use crate::domain::Lang;

/// What comes before the steps.
const HEAD: &str = "receive: { channel: shop }\nfields: { name: $.name }\ndeal: { fields: { TITLE: \"{{name}}\" } }\nthen:\n";

/// Steps with a mistake, its code, and words of its message.
const MISTAKES: &[(&str, &str, &str)] = &[
    ("- { name: x }", "missing-key", "does not say what to do"),
    (
        "- { http: a, crm: { update: deal, stage: NEW } }",
        "wrong-place",
        "one kind",
    ),
    ("- { http: a b }", "bad-name", "cannot be a step's name"),
    ("- { http: crm }", "same-name", "already a step `crm`"),
    (
        "- { http: a }\n  - { http: a }",
        "same-name",
        "already a step `a`",
    ),
    (
        "- { http: a, method: SEND }",
        "wrong-value",
        "`method` cannot be `SEND`",
    ),
    (
        "- { http: a, method: GET, json: { a: 1 } }",
        "wrong-place",
        "`GET` has no body",
    ),
    (
        "- { http: a, path: x }",
        "wrong-value",
        "begins with a slash",
    ),
    (
        "- { http: a, path: \"https://evil.example/x\" }",
        "wrong-value",
        "no address",
    ),
    (
        "- { http: a, path: \"//evil.example/x\" }",
        "wrong-value",
        "no address",
    ),
    ("- { http: a, path: \"/x?y=1\" }", "wrong-value", "no `?`"),
    (
        "- { http: a, headers: { Host: evil.example } }",
        "wrong-place",
        "`Host` cannot be set",
    ),
    (
        "- { http: a, headers: { \"X Y\": z } }",
        "wrong-place",
        "cannot be set",
    ),
    (
        "- { http: a, json: { a: 1 }, form: { a: 1 } }",
        "wrong-place",
        "one body",
    ),
    ("- { http: a, json: {{name}} }", "unquoted", "needs quotes"),
    (
        "- { http: a, json: { a: \"{{nmae}}\" } }",
        "unknown-field",
        "no field `nmae`",
    ),
    (
        "- { http: a, body: { type: text/xml } }",
        "missing-key",
        "neither `text` nor `template`",
    ),
    (
        "- { http: a, body: { template: nope } }",
        "unknown-template",
        "no template `nope`",
    ),
    (
        "- { http: a, body: { text: x, type: xml } }",
        "wrong-value",
        "no content type",
    ),
    (
        "- { http: a, success: [200, 7] }",
        "wrong-value",
        "`success` cannot be `7`",
    ),
    (
        "- { http: a, success: \"$.ok = 1\" }",
        "bad-path",
        "single `=`",
    ),
    ("- { http: a, save: { id: $.a b } }", "bad-path", "space"),
    (
        "- { http: a, save: { id: { missing: fail } } }",
        "missing-key",
        "where the value is",
    ),
    (
        "- { http: a, save: { status: $.s } }",
        "bad-name",
        "cannot be the name",
    ),
    (
        "- { http: a, if_it_fails: stop }",
        "wrong-value",
        "if_it_fails",
    ),
    (
        "- { http: a, stage: NEW }",
        "unknown-key",
        "unknown key `stage`",
    ),
    (
        "- { http: a, query: { b: \"{{steps.z.id}}\" } }",
        "unknown-step",
        "no step `z`",
    ),
    (
        "- { http: a, query: { b: \"{{steps.a.id}}\" } }",
        "unknown-step",
        "not finished yet",
    ),
    (
        "- { http: a, query: { b: \"{{upper steps.c.id}}\" } }\n  - { http: c, save: { id: $.id } }",
        "unknown-step",
        "step `c` is not finished yet",
    ),
    (
        "- { http: a }\n  - { http: c, query: { b: \"{{steps.a.id}}\" } }",
        "unknown-step",
        "gives no `id`",
    ),
    (
        "- { http: a, query: { b: \"{{steps.crm.lead_id}}\" } }",
        "unknown-step",
        "gives no `lead_id`",
    ),
    (
        "- { http: a, when: { steps.z.id: present } }",
        "unknown-step",
        "no step `z`",
    ),
    (
        "- { http: a, when: { steps.crm.deal_id: \"> x\" } }",
        "wrong-value",
        "needs a number",
    ),
    (
        "- { http: a, when: { phone: present } }",
        "unknown-field",
        "no field `phone`",
    ),
    (
        "- { crm: { stage: NEW } }",
        "missing-key",
        "`update` is missing",
    ),
    (
        "- { crm: { update: lead, stage: NEW } }",
        "wrong-place",
        "no block `lead`",
    ),
    (
        "- { crm: { update: contact, fields: { NAME: x } } }",
        "wrong-place",
        "no block `contact`",
    ),
    (
        "- { crm: { update: company, fields: { TITLE: x } } }",
        "wrong-place",
        "no block `company`",
    ),
    (
        "- { crm: { update: item, fields: { TITLE: x } } }",
        "wrong-place",
        "no block `item`",
    ),
    (
        "- { crm: { update: task } }",
        "wrong-value",
        "cannot be `task`",
    ),
    (
        "- { crm: { update: deal } }",
        "missing-key",
        "changes nothing",
    ),
    (
        "- { crm: { update: deal, stage: won } }",
        "wrong-value",
        "not a stage code",
    ),
    (
        "- { crm: { update: deal, files: [name] } }",
        "unknown-key",
        "unknown key `files`",
    ),
    (
        "- { crm: { update: deal, responsible: 6 } }",
        "unknown-key",
        "unknown key `responsible`",
    ),
    (
        "- { crm: { update: deal, products: { each: $.x } } }",
        "unknown-key",
        "unknown key `products`",
    ),
    (
        "- { crm: { update: deal, fields: { TITLE: { value: x } } } }",
        "wrong-type",
        "must be text",
    ),
    (
        "- { crm: { update: deal, stage: NEW }, json: { a: 1 } }",
        "wrong-place",
        "`json` belongs",
    ),
];

/// The same in letters.
const MAIL_MISTAKES: &[(&str, &str, &str)] = &[
    (
        "- { mail: { subject: x, text: y } }",
        "missing-key",
        "`mail` has no `to`",
    ),
    (
        "- { mail: { to: [], subject: x, text: y } }",
        "missing-key",
        "`to` has no address, so the letter goes to nobody",
    ),
    (
        "- { mail: { to: a@b.example, text: y } }",
        "missing-key",
        "`mail` has no `subject`",
    ),
    (
        "- { mail: { to: a@b.example, subject: x } }",
        "missing-key",
        "`mail` has no `text`",
    ),
    ("- { mail: a@b.example }", "wrong-type", "mail"),
    (
        "- { mail: { to: sales, subject: x, text: y } }",
        "wrong-value",
        "`sales` is not one e-mail address",
    ),
    (
        "- { mail: { to: \"a@b.example, c@d.example\", subject: x, text: y } }",
        "wrong-value",
        "is not one e-mail address",
    ),
    (
        "- { mail: { to: [a@b.example, \"@\"], subject: x, text: y } }",
        "wrong-value",
        "`@` is not one e-mail address",
    ),
    (
        "- { mail: { to: a@b.example, reply_to: me, subject: x, text: y } }",
        "wrong-value",
        "`me` is not one e-mail address",
    ),
    (
        "- { mail: { to: {{name}}, subject: x, text: y } }",
        "unquoted",
        "needs quotes",
    ),
    (
        "- { mail: { to: \"{{emial}}\", subject: x, text: y } }",
        "unknown-field",
        "no field `emial`",
    ),
    (
        "- { mail: { to: a@b.example, subject: \"{{nmae}}\", text: y } }",
        "unknown-field",
        "no field `nmae`",
    ),
    (
        "- { mail: { to: a@b.example, subject: \"{{steps.z.id}}\", text: y } }",
        "unknown-step",
        "no step `z`",
    ),
    (
        "- { mail: { to: a@b.example, subject: x, text: \"{{steps.mail.message_id}}\" } }",
        "unknown-step",
        "not finished yet",
    ),
    (
        "- { mail: { to: a@b.example, subject: x, template: nope } }",
        "unknown-template",
        "no template `nope`",
    ),
    (
        "- { mail: { to: a@b.example, subject: x, html_template: nope.hbs } }",
        "unknown-template",
        "no template `nope`",
    ),
    (
        "- { mail: { to: a@b.example, subject: x, text: y, template: z } }",
        "wrong-place",
        "`text` and `template`",
    ),
    (
        "- { mail: { to: a@b.example, subject: x, html: y, html_template: z } }",
        "wrong-place",
        "`html` and `html_template`",
    ),
    (
        "- { mail: { to: a@b.example, subject: x, text: y, files: [name] } }",
        "wrong-type",
        "`name` is not a file",
    ),
    (
        "- { mail: { to: a@b.example, subject: x, text: y, files: [scan] } }",
        "unknown-field",
        "does not declare: `scan`",
    ),
    (
        "- { mail: { to: a@b.example, subject: x, text: y, cc: c@d.example } }",
        "unknown-key",
        "unknown key `cc`",
    ),
    (
        "- { mail: { to: a@b.example, subject: x, text: y, from: c@d.example } }",
        "unknown-key",
        "unknown key `from`",
    ),
    (
        "- { mail: { to: a@b.example, subject: x, text: y }, json: { a: 1 } }",
        "wrong-place",
        "`json` belongs",
    ),
    (
        "- { mail: { to: a@b.example, subject: x, text: y }, http: a }",
        "wrong-place",
        "one kind",
    ),
    (
        "- { mail: { to: a@b.example, subject: x, text: y }, crm: { update: deal, stage: NEW } }",
        "wrong-place",
        "one kind",
    ),
    (
        "- { mail: { to: a@b.example, subject: x, text: y } }\n  - { mail: { to: a@b.example, subject: x, text: y } }",
        "same-name",
        "already a step `mail`",
    ),
];

/// What comes before the steps of a profile with a company and a contact.
const WITH_COMPANY: &str = "receive: { channel: shop }\nfields: { name: $.name }\ncontact: { fields: { NAME: \"{{name}}\" } }\ncompany: { fields: { TITLE: \"{{name}}\" } }\ndeal: {}\nthen:\n";

/// Later changes that a contact or a company cannot take, with words of the message.
const COMPANY_MISTAKES: &[(&str, &str)] = &[
    (
        "- { crm: { update: company, stage: NEW } }",
        "a company has no `stage`",
    ),
    (
        "- { crm: { update: company, fields: { RQ_INN: \"{{name}}\" } } }",
        "`RQ_INN` is a field of the requisite",
    ),
    (
        "- { crm: { update: company, fields: { PHONE: \"{{name}}\" } } }",
        "`PHONE` is a list",
    ),
    (
        "- { crm: { update: contact, fields: { EMAIL: \"{{name}}\" } } }",
        "`EMAIL` is a list",
    ),
    (
        "- { crm: { update: contact, stage: NEW } }",
        "a contact has no `stage`",
    ),
    (
        "- { crm: { update: contact, fields: { NAME: x }, comment: x } }",
        "a contact has no `comment`",
    ),
];

/// Returns the profiles with mistakes in steps.
pub(super) fn wrong_profiles() -> impl Iterator<Item = String> {
    let steps = MISTAKES.iter().chain(MAIL_MISTAKES);
    let steps = steps.map(|(step, _, _)| *step);
    let steps = steps.chain([
        "- { http: a, path: \"/x/{{steps.a.id}}\" }",
        "- { http: a, save: { id: $.id } }\n  - { http: b, path: \"/x/{{steps.a.id}}\" }",
    ]);
    let of_companies = COMPANY_MISTAKES.iter();
    let of_companies = of_companies.map(|(step, _)| format!("{WITH_COMPANY}  {step}\n"));
    let steps = steps.map(|step| format!("{HEAD}  {step}\n"));
    steps.chain(of_companies)
}

#[test]
fn mistakes_in_steps_are_found() {
    for (step, code, words) in MISTAKES.iter().chain(MAIL_MISTAKES) {
        let shown = rendered(&format!("{HEAD}  {step}\n"));
        let wanted = format!("error: profile/{code} ");
        assert!(
            shown.contains(&wanted) && shown.contains(words),
            "{step}\n{shown}"
        );
    }
    for (step, words) in COMPANY_MISTAKES {
        let shown = rendered(&format!("{WITH_COMPANY}  {step}\n"));
        let wanted = "error: profile/wrong-place ";
        assert!(
            shown.contains(wanted) && shown.contains(words),
            "{step}\n{shown}"
        );
    }
    let elsewhere = "receive: { channel: shop }\ndeal: { fields: { TITLE: \"{{steps.a.id}}\" } }\nthen: [{ http: a, save: { id: $.id } }]\n";
    let shown = rendered(elsewhere);
    assert!(
        shown.contains("profile/unknown-step there is no result"),
        "{shown}"
    );
}

/// What comes before the steps of a profile with a file, and a deal that may not be made.
const WITH_FILE: &str = "receive: { channel: shop }\nfields: { name: $.name, scan: { from: $.scan, as: file } }\ndeal: { when: { name: present }, fields: { TITLE: \"{{name}}\" } }\nthen:\n";

/// Steps that may not do what is meant.
const DOUBTFUL: &[&str] = &[
    "- { crm: { update: deal, stage: NEW } }",
    "- { http: a, json: { x: \"{{steps.crm.deal_id}}\" } }",
    "- { http: a, path: \"/x/{{steps.crm.deal_id}}\" }",
    "- { when: { steps.crm.deal_id: present }, crm: { update: deal, fields: { UF_CRM_SCAN: \"{{scan}}\" } } }",
];

/// Returns the messages about the mistakes in these steps, in both languages.
fn explained<'s>(head: &str, steps: impl Iterator<Item = &'s str>) -> String {
    let mut shown = String::new();
    for step in steps {
        writeln!(shown, "{step}").unwrap();
        for lang in [Lang::En, Lang::Ru] {
            let problems = rendered_in(&format!("{head}  {step}\n"), lang);
            assert!(!problems.is_empty(), "{step}");
            // neither the line nor the marks below it
            let told = problems.lines().filter(|line| !line.contains(" | "));
            for line in told.filter(|line| !line.trim().is_empty()) {
                writeln!(shown, "  {line}").unwrap();
            }
        }
    }
    shown
}

#[test]
fn mistakes_in_letters_are_explained_in_both_languages() {
    let steps = MAIL_MISTAKES.iter().map(|(step, _, _)| *step);
    insta::assert_snapshot!(explained(HEAD, steps));
}

#[test]
fn mistakes_in_requests_and_later_changes_are_explained_in_both_languages() {
    let steps = MISTAKES.iter().map(|(step, _, _)| *step);
    let of_companies = COMPANY_MISTAKES.iter().map(|(step, _)| *step);
    let all = [
        explained(HEAD, steps),
        explained(WITH_COMPANY, of_companies),
        explained(WITH_FILE, DOUBTFUL.iter().copied()),
    ];
    insta::assert_snapshot!(all.concat());
}

#[test]
fn a_file_in_a_later_change_is_a_warning_only_where_the_first_step_would_write_it() {
    let head = WITH_FILE.replace("when: { name: present }, ", "");
    for (fields, is_told) in [
        ("UF_CRM_SCAN: \"{{scan}}\"", true),
        ("UF_CRM_SCAN: \"{{ scan }}\"", true),
        ("UF_CRM_SCAN: \"{{scan}}, {{name}}\"", false),
        ("UF_CRM_SCAN: \"{{name}}\"", false),
        ("COMMENTS: \"{{scan}}\"", false),
    ] {
        let shown = rendered(&format!(
            "{head}  - {{ crm: {{ update: deal, fields: {{ {fields} }} }} }}\n"
        ));
        let is_found = shown.contains("warning: profile/wrong-place a later step writes no files");
        assert_eq!(is_found, is_told, "{fields}\n{shown}");
    }
}
