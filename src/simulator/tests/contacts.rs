//! Contacts: multifields and the search for duplicates.

use serde_json::{Value, json};

use super::{ok, portal, refused};
use crate::simulator::Portal;

fn anna(portal: &Portal) -> Value {
    ok(
        portal,
        "crm.contact.add",
        json!({"fields": {"NAME": "Анна", "LAST_NAME": "Петрова",
            "PHONE": [{"VALUE": " +7 (495) 123-45-67 ", "VALUE_TYPE": "MOBILE"}],
            "EMAIL": [{"VALUE": "Anna@example.com"}]}}),
    )
}

#[test]
fn a_contact_is_found_by_other_spellings() {
    let portal = portal();
    assert_eq!(anna(&portal), json!(1));
    let find = |kind: &str, value: &str| {
        ok(
            &portal,
            "crm.duplicate.findbycomm",
            json!({"type": kind, "values": [value]}),
        )
    };
    assert_eq!(find("phone", "84951234567"), json!({"CONTACT": [1]}));
    assert_eq!(find("EMAIL", "anna@EXAMPLE.com"), json!({"CONTACT": [1]}));
    assert_eq!(find("PHONE", "4951234567"), json!([]));
    assert_eq!(
        ok(
            &portal,
            "crm.duplicate.findbycomm",
            json!({"type": "PHONE", "values": [84_951_234_567_u64]})
        ),
        json!([]),
        "numbers are skipped"
    );
}

#[test]
fn many_leads_hide_the_contact() {
    let portal = portal();
    anna(&portal);
    for _ in 0..21 {
        ok(
            &portal,
            "crm.lead.add",
            json!({"fields": {"PHONE": [{"VALUE": "+74951234567"}]}}),
        );
    }
    let params = json!({"type": "PHONE", "values": ["+74951234567"]});
    let found = ok(&portal, "crm.duplicate.findbycomm", params);
    assert_eq!(found["LEAD"].as_array().map(Vec::len), Some(20));
    assert!(found.get("CONTACT").is_none());
    let params = json!({"type": "PHONE", "values": ["+74951234567"], "entity_type": "CONTACT"});
    assert_eq!(
        ok(&portal, "crm.duplicate.findbycomm", params),
        json!({"CONTACT": [1]})
    );
}

#[test]
fn values_past_the_twentieth_are_ignored() {
    let portal = portal();
    anna(&portal);
    let mut values: Vec<String> = (0..20).map(|it| format!("+7900000{it:04}")).collect();
    values.push("+74951234567".to_owned());
    let params = json!({"type": "PHONE", "values": values});
    assert_eq!(ok(&portal, "crm.duplicate.findbycomm", params), json!([]));
}

#[test]
fn the_search_refuses_with_the_portals_texts() {
    let portal = portal();
    let text = |params| refused(&portal, "crm.duplicate.findbycomm", params).1;
    assert_eq!(text(json!({})), "Communication type is not defined.");
    assert_eq!(
        text(json!({"type": "PHONE"})),
        "Communication values is not defined."
    );
    assert_eq!(
        text(json!({"type": "PHONE", "values": ["1"], "entity_type": "DEAL"})),
        "Deal is not supported in current context."
    );
}

#[test]
fn an_update_merges_multifields_by_id() {
    let portal = portal();
    anna(&portal);
    let update = |phones: Value| {
        ok(
            &portal,
            "crm.contact.update",
            json!({"id": 1, "fields": {"PHONE": phones}}),
        );
        ok(&portal, "crm.contact.get", json!({"id": 1}))["PHONE"].clone()
    };
    let before = ok(&portal, "crm.contact.get", json!({"id": 1}))["PHONE"].clone();
    let same = json!([{"VALUE": "+7 (495) 123-45-67", "VALUE_TYPE": "MOBILE"}]);
    assert_eq!(update(same), before, "a byte-equal one is not added again");
    let two = update(json!([{"VALUE": "84951234567"}]));
    assert_eq!(two.as_array().map(Vec::len), Some(2), "another spelling is");
    let id = two[1]["ID"].clone();
    let replaced = update(json!([{"ID": id, "VALUE": "112", "VALUE_TYPE": "HOME"}]));
    assert_eq!(replaced[1]["VALUE"], "112");
    assert_eq!(replaced[1]["ID"], id);
    assert_eq!(
        update(json!([{"ID": id, "DELETE": "Y", "VALUE": "112"}])),
        before
    );
    assert_eq!(
        update(json!("+70000000000")),
        before,
        "a plain text is dropped"
    );
}

#[test]
fn a_bad_e_mail_saves_nothing() {
    let portal = portal();
    let (_, text) = refused(
        &portal,
        "crm.contact.add",
        json!({"fields": {"NAME": "A", "EMAIL": [{"VALUE": "not an address"}]}}),
    );
    assert!(text.contains("invalid address"), "{text}");
    assert_eq!(ok(&portal, "crm.contact.list", json!({})), json!([]));
}

#[test]
fn the_phone_filter_compares_raw_text_from_its_beginning() {
    let portal = portal();
    anna(&portal);
    let list = |filter: Value| {
        let rows = ok(&portal, "crm.contact.list", json!({"filter": filter}));
        rows.as_array().map_or(0, Vec::len)
    };
    assert_eq!(list(json!({"PHONE": "+7 (495)"})), 1);
    assert_eq!(list(json!({"PHONE": "+74951234567"})), 0);
    assert_eq!(
        list(json!({"=PHONE": "no such"})),
        1,
        "with an operator it is dropped"
    );
}

/// "Filters for them only work on exact matches" (REST documentation, "crm.contact.list").
#[test]
fn sites_and_messengers_are_compared_as_a_whole_and_one_by_one() {
    let portal = portal();
    let fields = json!({"NAME": "Анна", "WEB": [{"VALUE": "https://anna.example/"}],
                        "IM": [{"VALUE": "@Anna", "VALUE_TYPE": "TELEGRAM"}]});
    ok(&portal, "crm.contact.add", json!({"fields": fields}));
    let list = |filter: Value| {
        let rows = ok(&portal, "crm.contact.list", json!({"filter": filter}));
        rows.as_array().map_or(0, Vec::len)
    };
    assert_eq!(list(json!({"WEB": "HTTPS://anna.example/"})), 1);
    assert_eq!(list(json!({"WEB": "https://anna.example"})), 0);
    assert_eq!(list(json!({"WEB": "anna.example"})), 0);
    assert_eq!(list(json!({"IM": "@anna"})), 1);
    assert_eq!(
        list(json!({"IM": ["anna", "@anna"]})),
        0,
        "only the first counts"
    );
    assert_eq!(
        list(json!({"@IM": ["anna"]})),
        1,
        "with an operator it is dropped"
    );
}

#[test]
fn long_names_are_cut() {
    let portal = portal();
    let name = "Я".repeat(60);
    ok(
        &portal,
        "crm.contact.add",
        json!({"fields": {"NAME": name}}),
    );
    let row = ok(&portal, "crm.contact.get", json!({"id": "1"}));
    assert_eq!(row["NAME"].as_str().map(|it| it.chars().count()), Some(50));
}
