//! Companies: their requisites, their bindings to contacts, and where they are found.

use serde_json::{Value, json};

use super::{ok, portal, refused};
use crate::simulator::Portal;

fn add(portal: &Portal, kind: &str, fields: impl Into<Value>) -> Value {
    let params = json!({ "fields": fields.into() });
    ok(portal, &format!("crm.{kind}.add"), params)
}

fn requisite(company: i64, inn: &str) -> Value {
    json!({"ENTITY_TYPE_ID": 4, "ENTITY_ID": company, "PRESET_ID": 1, "NAME": "Основные",
           "RQ_INN": inn, "UNKNOWN": "x"})
}

#[test]
fn a_requisite_belongs_to_a_company_and_is_found_by_its_tax_number() {
    let portal = portal();
    add(&portal, "company", json!({"TITLE": "Ромашка"}));
    add(&portal, "contact", json!({"NAME": "Анна"}));
    assert_eq!(add(&portal, "requisite", requisite(1, "7707083893")), 1);
    let mut of_contact = requisite(1, "7707083893");
    of_contact["ENTITY_TYPE_ID"] = json!(3);
    add(&portal, "requisite", of_contact);
    let found = |filter: Value| {
        let select = ["ENTITY_ID", "RQ_INN"];
        let params = json!({"filter": filter, "select": select});
        ok(&portal, "crm.requisite.list", params)
    };
    let row = json!([{"ENTITY_ID": "1", "RQ_INN": "7707083893"}]);
    assert_eq!(
        found(json!({"ENTITY_TYPE_ID": 4, "=RQ_INN": "7707083893"})),
        row
    );
    assert_eq!(
        found(json!({"ENTITY_TYPE_ID": 4, "@ENTITY_ID": [1, 2]})),
        row
    );
    assert_eq!(
        found(json!({"ENTITY_TYPE_ID": 4, "=RQ_INN": "7707083894"})),
        json!([])
    );
    assert_eq!(
        found(json!({"RQ_INN": "7707083893"}))
            .as_array()
            .unwrap()
            .len(),
        2,
        "of the contact, too"
    );
    ok(&portal, "crm.company.delete", json!({"id": 1}));
    assert_eq!(found(json!({"ENTITY_TYPE_ID": 4})), json!([]));
}

#[test]
fn a_requisite_without_owner_or_template_is_refused() {
    let portal = portal();
    add(&portal, "company", json!({"TITLE": "Ромашка"}));
    for (name, value, text) in [
        (
            "ENTITY_TYPE_ID",
            json!(2),
            "ENTITY_TYPE_ID is not defined or invalid.",
        ),
        (
            "ENTITY_ID",
            json!(""),
            "ENTITY_ID is not defined or invalid.",
        ),
        ("ENTITY_ID", json!(9), "Entity not found."),
        (
            "PRESET_ID",
            json!(99),
            "PRESET_ID is not defined or invalid.",
        ),
    ] {
        let mut fields = requisite(1, "1");
        fields[name] = value;
        let refusal = refused(&portal, "crm.requisite.add", json!({ "fields": fields }));
        assert_eq!(refusal, (String::new(), text.to_owned()));
    }
    let presets = ok(&portal, "crm.requisite.preset.list", json!({}));
    assert_eq!(presets[0]["ID"], "1");
    let unknown = json!({"select": ["BAD_FIELD"]});
    assert_eq!(
        refused(&portal, "crm.requisite.preset.list", unknown).0,
        "100"
    );
}

#[test]
fn a_contact_keeps_its_companies_and_the_first_is_primary() {
    let portal = portal();
    for title in ["Ромашка", "Василёк", "Лютик"] {
        add(&portal, "company", json!({ "TITLE": title }));
    }
    add(&portal, "contact", json!({"NAME": "Анна", "COMPANY_ID": 2}));
    let bind = |company: i64| {
        let params = json!({"id": 1, "fields": {"COMPANY_ID": company}});
        ok(&portal, "crm.contact.company.add", params)
    };
    assert_eq!((bind(1), bind(1)), (json!(true), json!(false)));
    let items = ok(&portal, "crm.contact.company.items.get", json!({"id": 1}));
    let pairs: Vec<(i64, &str)> = items
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            (
                it["COMPANY_ID"].as_i64().unwrap(),
                it["IS_PRIMARY"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(pairs, [(2, "Y"), (1, "N")]);
    let contact = || ok(&portal, "crm.contact.get", json!({"id": 1}));
    assert_eq!(contact()["COMPANY_ID"], "2");
    ok(&portal, "crm.company.delete", json!({"id": 2}));
    assert_eq!(contact()["COMPANY_ID"], "1");
    let set = json!({"id": 1, "fields": {"COMPANY_IDS": [3, 1]}});
    ok(&portal, "crm.contact.update", set);
    assert_eq!(contact()["COMPANY_ID"], "3");
    let invalid = json!({"id": 1, "fields": {"COMPANY_ID": 9}});
    refused(&portal, "crm.contact.company.add", invalid);
}

#[test]
fn a_snapshot_has_requisites_and_companies() {
    let portal = portal();
    add(&portal, "company", json!({"TITLE": "Ромашка"}));
    add(&portal, "contact", json!({"NAME": "Анна", "COMPANY_ID": 1}));
    add(&portal, "requisite", requisite(1, "7707083893"));
    let kept = portal.snapshot();
    let again = super::portal();
    again.restore(kept).unwrap();
    let list = ok(&again, "crm.requisite.list", json!({}));
    assert_eq!(list[0]["RQ_INN"], "7707083893");
    let items = ok(&again, "crm.contact.company.items.get", json!({"id": 1}));
    assert_eq!(items[0]["COMPANY_ID"], 1);
    assert_eq!(add(&again, "requisite", requisite(1, "2")), 2);
}

#[test]
fn a_company_is_found_by_its_phone() {
    let portal = portal();
    let phone = json!([{"VALUE": "+7 912 345-67-89"}]);
    add(
        &portal,
        "company",
        json!({"TITLE": "Ромашка", "PHONE": phone}),
    );
    let params = json!({"entity_type": "COMPANY", "type": "PHONE", "values": ["89123456789"]});
    let found = ok(&portal, "crm.duplicate.findbycomm", params);
    assert_eq!(found, json!({"COMPANY": [1]}));
}
