//! Profiles for amoCRM: what they take, and mistakes in them.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::rendered;
use crate::authoring::ProfileFile;
use crate::mapping::{MappingOutcome, Profile, compile};

const REST: &str =
    "fields: { order: { custom: ORDERID } }\ndeal: { fields: { TITLE: \"{{order}}\" } }\n";

fn profile(receive: &str) -> Arc<Profile> {
    let file = ProfileFile {
        name: "leads.yaml".to_owned(),
        text: format!("receive: {receive}\n{REST}"),
    };
    compile(&file, None, &BTreeMap::new()).unwrap().0
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn a_profile_takes_its_events_tags_pipelines_and_stages() {
    let packet = |event: &str, more: Value| {
        let mut packet = json!({"id": 1, "hook": {"event": event}});
        packet
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        packet
    };
    let tilda = json!({"tags": [{"id": 5, "name": "tilda"}], "pipeline_id": "7", "status_id": "142",
        "stage_name": "Успешно реализовано"});
    for (receive, event, more, is_taken) in [
        ("{ amocrm: main }", "leads.add", json!({}), true),
        (
            "{ amocrm: main, on: leads.add }",
            "leads.add",
            json!({}),
            true,
        ),
        (
            "{ amocrm: main, on: [leads.add, leads.status] }",
            "leads.status",
            json!({}),
            true,
        ),
        (
            "{ amocrm: main, on: [leads.add, leads.status] }",
            "leads.update",
            json!({}),
            false,
        ),
        (
            "{ amocrm: main, on: leads }",
            "leads.responsible",
            json!({}),
            true,
        ),
        (
            "{ amocrm: main, on: leads }",
            "contacts.add",
            json!({}),
            false,
        ),
        (
            "{ amocrm: main, when: { tags: tilda } }",
            "leads.add",
            tilda.clone(),
            true,
        ),
        (
            "{ amocrm: main, when: { tags: [x, 5] } }",
            "leads.add",
            tilda.clone(),
            true,
        ),
        (
            "{ amocrm: main, when: { tags: x } }",
            "leads.add",
            tilda.clone(),
            false,
        ),
        (
            "{ amocrm: main, when: { tags: tilda, pipeline: 7, stage: 142 } }",
            "leads.add",
            tilda.clone(),
            true,
        ),
        (
            "{ amocrm: main, when: { tags: tilda, pipeline: 8 } }",
            "leads.add",
            tilda.clone(),
            false,
        ),
        (
            "{ amocrm: main, when: { stage: успешно реализовано } }",
            "leads.add",
            tilda.clone(),
            true,
        ),
        (
            "{ amocrm: main, when: \"$.pipeline_id == '7'\" }",
            "leads.add",
            tilda.clone(),
            true,
        ),
        (
            "{ amocrm: main, when: \"$.hook.event == 'leads.add'\" }",
            "leads.status",
            tilda.clone(),
            false,
        ),
        (
            "{ amocrm: main, on: leads.status, when: { tags: tilda } }",
            "leads.add",
            tilda,
            false,
        ),
    ] {
        let taken = profile(receive).wants(&packet(event, more.clone()));
        assert_eq!(taken, is_taken, "{receive} {event} {more}");
    }
    assert!(profile("{ amocrm: main, newest: true }").takes_newest());
    assert!(!profile("{ default: amocrm }").takes_newest());
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn mistakes_about_amocrm_have_a_place_and_advice() {
    for (receive, words) in [
        (
            "{ amocrm: Main.ru }",
            "`Main.ru` cannot name an amoCRM account",
        ),
        (
            "{ amocrm: main, on: leads.paid }",
            "amoCRM has no event `leads.paid`",
        ),
        (
            "{ amocrm: main, on: add_lead }",
            "did you mean `leads.add`?",
        ),
        (
            "{ amocrm: main, on: [lead.add] }",
            "did you mean `leads.add`?",
        ),
        (
            "{ amocrm: main, on: status_lead }",
            "did you mean `leads.status`?",
        ),
        (
            "{ amocrm: main, on: update_company }",
            "did you mean `companies.update`?",
        ),
        (
            "{ amocrm: main, on: [leads.ad] }",
            "did you mean `leads.add`?",
        ),
        (
            "{ amocrm: main, on: tasks.add }",
            "did you mean `task.add`?",
        ),
        (
            "{ amocrm: main, newest: maybe }",
            "`receive.newest` must be true or false",
        ),
        (
            "{ amocrm: main, when: { tag: tilda } }",
            "did you mean `tags`?",
        ),
        (
            "{ amocrm: main, when: { pipeline: \"> many\" } }",
            "needs a number",
        ),
        ("{ amocrm: main, polls: [1] }", "`receive` takes either"),
        ("{ amocrm: main, channel: x }", "`receive` takes either"),
        (
            "{ amocrm: main, default: true }",
            "cannot receive submissions of another source",
        ),
        (
            "{ polls: [1], default: amocrm }",
            "cannot receive submissions of another source",
        ),
        (
            "{ channel: x, on: leads.add }",
            "`receive.on` is for amoCRM",
        ),
        (
            "{ polls: [1], newest: true }",
            "`receive.newest` is for amoCRM",
        ),
        (
            "{ channel: x, when: { tags: tilda } }",
            "only a profile for amoCRM tests tags",
        ),
        ("{ on: leads.add }", "no amoCRM account"),
    ] {
        let text = rendered(&format!("receive: {receive}\n{REST}"));
        assert!(text.contains(words), "{receive}\n{text}");
    }
    for (field, words) in [
        ("{ custom: A, from: $.a }", "has both `from` and `custom`"),
        ("{ custom: \"a'b\\\"c\" }", "cannot name a custom field"),
        ("{ custom: A, value: x }", "has both `from` and `value`"),
        ("{ contact: A, from: $.a }", "has both `from` and `contact`"),
        ("{ company: \"\" }", "cannot name a custom field"),
        ("$company", "write `$.company`"),
        ("{ costum: A }", "did you mean `custom`?"),
        ("$custom", "does not name a custom field"),
        ("$request.address", "hooks of amoCRM have no `$request`"),
        ("$poll.name", "hooks of amoCRM have no `$poll`"),
    ] {
        let text = rendered(&format!(
            "receive: {{ amocrm: main }}\nfields: {{ x: {field} }}\ndeal: {{ fields: {{ TITLE: \"{{{{x}}}}\" }} }}\n"
        ));
        assert!(text.contains(words), "{field}\n{text}");
    }
    let text = rendered(
        "receive: { channel: x }\nfields: { x: { custom: A } }\ndeal: { fields: { TITLE: \"{{x}}\" } }\n",
    );
    assert!(
        text.contains("only hooks of amoCRM have custom fields"),
        "{text}"
    );
}

#[test]
fn a_profile_that_uses_contact_or_company_needs_reading() {
    let lead =
        json!({"id": 1, "custom_fields": [], "hook": {"entity": "leads", "event": "leads.add"}});
    let bare = json!({"id": 1, "hook": {"entity": "leads", "event": "leads.status"}});
    for (fields, needs, needs_if_bare) in [
        ("x: $.name", false, false),
        ("x: { custom: A }", false, true),
        ("x: { contact: PHONE }", true, true),
        ("x: { company: PHONE }", true, true),
        ("x: $.contact.name", true, true),
        ("x: \"$.contacts[*].name\"", true, true),
        ("x: $.lead.price", true, true),
        ("x: [$.name, \"$contact['A']\"]", true, true),
        ("x: { from: $.name, when: $.company.name }", true, true),
        ("x: $.contact_name", false, false),
    ] {
        let text = format!(
            "receive: {{ amocrm: main }}\nfields: {{ {fields} }}\ndeal: {{ fields: {{ TITLE: \"{{{{x}}}}\" }} }}\n"
        );
        let file = ProfileFile {
            name: "x.yaml".to_owned(),
            text,
        };
        let (profile, _) = compile(&file, None, &BTreeMap::new()).unwrap();
        assert_eq!(profile.needs_reading(&lead), needs, "{fields}");
        assert_eq!(profile.needs_reading(&bare), needs_if_bare, "{fields}");
    }
    let file = ProfileFile {
        name: "x.yaml".to_owned(),
        text: "receive: { amocrm: main }\ncontact: none\ndeal: { when: \"$.contact.id > 1\", fields: { TITLE: x } }\n".to_owned(),
    };
    let (profile, _) = compile(&file, None, &BTreeMap::new()).unwrap();
    assert!(profile.reads_amocrm());
}

#[test]
fn fields_that_stay_empty_without_a_token_are_named() {
    for (receive, field, warns) in [
        ("{ amocrm: main }", "{ contact: PHONE }", true),
        (
            "{ amocrm: main, on: [contacts.add, leads.add] }",
            "$.contact.name",
            true,
        ),
        (
            "{ amocrm: main, on: [contacts, unsorted.add] }",
            "{ contact: PHONE }",
            false,
        ),
        ("{ amocrm: main }", "{ custom: PHONE }", false),
        ("{ amocrm: other }", "{ contact: PHONE }", false),
    ] {
        let file = ProfileFile {
            name: "x.yaml".to_owned(),
            text: format!(
                "receive: {receive}\nfields: {{ tel: {field} }}\ndeal: {{ fields: {{ TITLE: \"{{{{tel}}}}\" }} }}\n"
            ),
        };
        let (profile, _) = compile(&file, None, &BTreeMap::new()).unwrap();
        let problems = crate::mapping::ProfileSet::new(vec![profile])
            .0
            .unread_fields(&["main"]);
        let texts: Vec<String> = problems
            .iter()
            .map(|it| it.message.in_lang(crate::domain::Lang::En).to_owned())
            .collect();
        assert_eq!(!texts.is_empty(), warns, "{receive} {field}");
        assert!(
            texts.iter().all(|text| text.ends_with("has no token: tel")),
            "{texts:?}"
        );
    }
}

#[test]
fn a_custom_field_may_have_any_name() {
    for name in [
        "ORDERID",
        "448797",
        "Дата старта",
        "it's",
        "\"кавычки\"",
        "a.b[c]",
        "Сумма, ₽",
    ] {
        let field = json!({"custom": name, "missing": "reject"});
        let text = format!(
            "receive: {{ amocrm: main }}\nfields: {{ x: {field} }}\ndeal: {{ fields: {{ TITLE: \"{{{{x}}}}\" }} }}\n"
        );
        let file = ProfileFile {
            name: "x.yaml".to_owned(),
            text,
        };
        let (profile, warnings) = compile(&file, None, &BTreeMap::new()).unwrap();
        assert_eq!(warnings, [], "{name}");
        let packet = json!({"custom_fields": [{"name": name, "values": [{"value": "v"}]}]});
        let source = crate::domain::Source::new("amocrm", "main", "x");
        assert_eq!(profile.rejections_from(&source, &packet), [], "{name}");
        assert_eq!(
            profile.rejections_from(&source, &json!({})).len(),
            1,
            "{name}"
        );
    }
}

#[test]
fn dates_of_custom_fields_are_read_before_2001_and_1970() {
    let file = ProfileFile {
        name: "leads.yaml".to_owned(),
        text: "receive: { amocrm: main }\nfields: { born: { custom: BORN, as: date } }\n\
            deal: { fields: { TITLE: \"{{born}}\" } }\n"
            .to_owned(),
    };
    let profile = compile(&file, None, &BTreeMap::new()).unwrap().0;
    let title = |field: Value| {
        let mut field = field;
        field["code"] = json!("BORN");
        let packet = json!({"id": 1, "custom_fields": [field], "hook": {"event": "leads.add"}});
        let source = crate::domain::Source::new("amocrm", "main", "x");
        let outcome = profile.plan(&source, Timestamp::UNIX_EPOCH, &packet);
        let MappingOutcome::Plan(plan) = outcome else {
            panic!("{outcome:?}");
        };
        let deal = plan.crm().and_then(|crm| crm.record.as_ref());
        let fields = deal.map(|deal| deal.fields.as_slice()).unwrap_or_default();
        let title = fields.iter().find(|field| field.name == "TITLE");
        title.map(|title| title.value.as_str().to_owned())
    };
    for (field, day) in [
        (json!({"values": ["631152000"]}), Some("1990-01-01")),
        (json!({"values": ["-315619200"]}), Some("1960-01-01")),
        (json!({"values": ["10101990"]}), Some("1970-04-28")),
        (json!({"values": ["1767225600"]}), Some("2026-01-01")),
        (json!({"values": ["01.02.1990"]}), Some("1990-02-01")),
        (
            json!({"field_type": "birthday", "values": [{"value": 631_152_000}]}),
            Some("1990-01-01"),
        ),
        // a text that anybody may have written
        (json!({"values": [{"value": "10101990"}]}), None),
        (json!({"values": [{"value": "631152000"}]}), None),
    ] {
        assert_eq!(title(field.clone()).as_deref(), day, "{field}");
    }
}
