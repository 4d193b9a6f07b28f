//! Leads and deals: stages, bindings, casts, lists.

use serde_json::{Value, json};

use super::{ok, portal, refused};
use crate::simulator::Portal;

#[expect(
    clippy::needless_pass_by_value,
    reason = "reads better where it is called"
)]
fn deal(portal: &Portal, fields: Value) -> Value {
    let id = ok(portal, "crm.deal.add", json!({"fields": fields}));
    ok(portal, "crm.deal.get", json!({"id": id}))
}

#[test]
fn classic_rows_are_texts() {
    let portal = portal();
    let row = deal(
        &portal,
        json!({"OPPORTUNITY": 1500, "BEGINDATE": "2026-03-01", "OPENED": "N"}),
    );
    assert_eq!(row["ID"], "1");
    assert_eq!(row["TITLE"], "Сделка #1");
    assert_eq!(row["OPPORTUNITY"], "1500.00");
    assert_eq!(row["CURRENCY_ID"], "RUB");
    assert_eq!(row["BEGINDATE"], "2026-03-01T03:00:00+03:00");
    assert_eq!(row["CLOSEDATE"], "2026-03-08T03:00:00+03:00");
    assert_eq!(row["DATE_CREATE"], "2026-03-01T10:00:00+03:00");
    assert_eq!(row["OPENED"], "N");
    assert_eq!(row["CONTACT_ID"], Value::Null);
    assert_eq!(row["ASSIGNED_BY_ID"], "1");
    assert!(row.get("CONTACT_IDS").is_none());
}

#[test]
fn an_unknown_stage_is_not_an_error() {
    let portal = portal();
    let row = deal(&portal, json!({"CATEGORY_ID": 1, "STAGE_ID": "NO_SUCH"}));
    assert_eq!(row["STAGE_ID"], "C1:NEW");
    ok(
        &portal,
        "crm.deal.update",
        json!({"id": 1, "fields": {"STAGE_ID": "C1:EXECUTING"}}),
    );
    ok(
        &portal,
        "crm.deal.update",
        json!({"id": 1, "fields": {"STAGE_ID": "WON", "CATEGORY_ID": 0}}),
    );
    let row = ok(&portal, "crm.deal.get", json!({"id": 1}));
    assert_eq!(
        row["STAGE_ID"], "C1:EXECUTING",
        "classic updates do not leave the pipeline"
    );
    let row = deal(&portal, json!({"CATEGORY_ID": 77}));
    assert_eq!(
        (&row["CATEGORY_ID"], &row["STAGE_ID"]),
        (&json!("0"), &json!("NEW"))
    );
}

#[test]
fn a_won_deal_is_closed() {
    let portal = portal();
    let row = deal(&portal, json!({"STAGE_ID": "WON"}));
    assert_eq!(
        (&row["STAGE_SEMANTIC_ID"], &row["CLOSED"]),
        (&json!("S"), &json!("Y"))
    );
}

#[test]
fn contact_id_drops_the_others_unless_it_is_among_them() {
    let portal = portal();
    for name in ["A", "B", "C"] {
        ok(
            &portal,
            "crm.contact.add",
            json!({"fields": {"NAME": name}}),
        );
    }
    deal(&portal, json!({"CONTACT_IDS": [1, 2]}));
    let bound = |fields: Value| {
        ok(
            &portal,
            "crm.deal.update",
            json!({"id": 1, "fields": fields}),
        );
        let items = ok(&portal, "crm.deal.contact.items.get", json!({"id": 1}));
        items.as_array().map(|list| {
            list.iter()
                .filter_map(|it| it["CONTACT_ID"].as_u64())
                .collect::<Vec<_>>()
        })
    };
    assert_eq!(bound(json!({"CONTACT_ID": 2})), Some(vec![1, 2]));
    let row = ok(&portal, "crm.deal.get", json!({"id": 1}));
    assert_eq!(
        row["CONTACT_ID"], "1",
        "a bound contact does not become primary"
    );
    assert_eq!(bound(json!({"CONTACT_ID": 3})), Some(vec![3]));
    assert_eq!(bound(json!({"CONTACT_ID": 0})), Some(vec![]));
}

#[test]
fn contacts_are_added_without_touching_others() {
    let portal = portal();
    for name in ["A", "B"] {
        ok(
            &portal,
            "crm.contact.add",
            json!({"fields": {"NAME": name}}),
        );
    }
    deal(&portal, json!({"CONTACT_ID": 1}));
    let add = json!({"id": 1, "fields": {"CONTACT_ID": 2, "IS_PRIMARY": "N"}});
    assert_eq!(
        ok(&portal, "crm.deal.contact.add", add.clone()),
        json!(true)
    );
    assert_eq!(ok(&portal, "crm.deal.contact.add", add), json!(false));
    let items = ok(&portal, "crm.deal.contact.items.get", json!({"id": 1}));
    assert_eq!(items[0]["IS_PRIMARY"], "Y");
    assert_eq!(items[1]["CONTACT_ID"], 2);
    let set = json!({"id": 1, "items": [{"CONTACT_ID": 2, "IS_PRIMARY": "Y"}]});
    ok(&portal, "crm.deal.contact.items.set", set);
    let row = ok(&portal, "crm.deal.get", json!({"id": 1}));
    assert_eq!(row["CONTACT_ID"], "2");
}

#[test]
fn an_array_in_a_scalar_field_becomes_1_or_array() {
    let portal = portal();
    let row = deal(&portal, json!({"TITLE": ["x"], "ASSIGNED_BY_ID": [6]}));
    assert_eq!(
        (&row["TITLE"], &row["ASSIGNED_BY_ID"]),
        (&json!("Array"), &json!("1"))
    );
    let row = deal(&portal, json!({"TITLE": [], "ASSIGNED_BY_ID": "6"}));
    assert_eq!(
        (&row["TITLE"], &row["ASSIGNED_BY_ID"]),
        (&json!("Array"), &json!("6"))
    );
}

#[test]
fn unknown_and_unreadable_values_are_dropped() {
    let portal = portal();
    let row = deal(
        &portal,
        json!({"NO_SUCH": 1, "BEGINDATE": "завтра", "ID": 99, "UF_CRM_ORDER_ID": "77", "UF_CRM_TOPICS": [45, 46]}),
    );
    assert_eq!(row["ID"], "1");
    assert_eq!(row["BEGINDATE"], "2026-03-01T03:00:00+03:00");
    assert_eq!(row["UF_CRM_ORDER_ID"], "77");
    assert_eq!(row["UF_CRM_TOPICS"], json!([45, 46]));
}

#[test]
fn an_unknown_currency_is_refused() {
    let (code, text) = refused(
        &portal(),
        "crm.deal.add",
        json!({"fields": {"CURRENCY_ID": "XXX"}}),
    );
    assert_eq!(code, "");
    assert!(text.contains("Currency"));
}

#[test]
fn lists_are_pages_of_fifty() {
    let portal = portal();
    for _ in 0..120 {
        ok(&portal, "crm.lead.add", json!({"fields": {}}));
    }
    let page = portal.call("crm.lead.list", json!({"select": ["ID"]}));
    assert_eq!((&page["total"], &page["next"]), (&json!(120), &json!(50)));
    assert_eq!(page["result"][0], json!({"ID": "1"}));
    let last = portal.call("crm.lead.list", json!({"start": 100}));
    assert!(last.get("next").is_none());
    assert_eq!(last["result"].as_array().map(Vec::len), Some(20));
    let walked = portal.call(
        "crm.lead.list",
        json!({"start": -1, "order": {"ID": "ASC"}, "filter": {">ID": 50}, "select": ["ID"]}),
    );
    assert_eq!(walked["total"], 0);
    assert_eq!(walked["result"][0]["ID"], "51");
    let turned = portal.call("crm.lead.list", json!({"order": {"ID": "DESC"}}));
    assert_eq!(turned["result"][0]["ID"], "120");
}

#[test]
fn an_unknown_filter_returns_everything() {
    let portal = portal();
    for origin in ["a1", "a2"] {
        ok(
            &portal,
            "crm.deal.add",
            json!({"fields": {"ORIGINATOR_ID": "gw", "ORIGIN_ID": origin}}),
        );
    }
    let count = |filter: Value| {
        ok(&portal, "crm.deal.list", json!({"filter": filter}))
            .as_array()
            .map_or(0, Vec::len)
    };
    assert_eq!(
        count(json!({"=ORIGIN_ID": "A1"})),
        1,
        "case does not matter"
    );
    assert_eq!(count(json!({"ORIGIN_ID": ["a1", "a2"]})), 2);
    assert_eq!(
        count(json!({"ORIGIN_ID": []})),
        2,
        "an empty list is no condition"
    );
    assert_eq!(count(json!({"NO_SUCH_FIELD": "x"})), 2);
    assert_eq!(count(json!({"!ORIGIN_ID": "a1"})), 1);
    assert_eq!(count(json!({"%ORIGIN_ID": "2"})), 1);
    assert_eq!(count(json!({"ORIGINATOR_ID": "gw", "ORIGIN_ID": "a3"})), 0);
}

#[test]
fn refusals_have_the_portals_texts() {
    let portal = portal();
    let text = |method, params| refused(&portal, method, params).1;
    assert_eq!(
        text("crm.deal.get", json!({"id": "x"})),
        "ID is not defined or invalid."
    );
    assert_eq!(text("crm.deal.get", json!({"id": 5})), "Not found");
    assert_eq!(
        text("crm.deal.add", json!({"fields": 1})),
        "Parameter 'fields' must be array."
    );
    assert_eq!(text("crm.nothing", json!({})), "Method not found!");
}

#[test]
fn comments_belong_to_their_record() {
    let portal = portal();
    deal(&portal, json!({}));
    let add = |text: &str| {
        let fields = json!({"ENTITY_ID": 1, "ENTITY_TYPE": "Deal", "COMMENT": text});
        ok(
            &portal,
            "crm.timeline.comment.add",
            json!({"fields": fields}),
        )
    };
    assert_eq!(add(" [B]one[/B]\n"), json!(1));
    add("two");
    let list = portal.call(
        "crm.timeline.comment.list",
        json!({"filter": {"ENTITY_ID": 1, "ENTITY_TYPE": "deal"}, "order": {"ID": "DESC"}}),
    );
    assert_eq!(list["total"], 2);
    assert_eq!(list["result"][1]["COMMENT"], "[B]one[/B]");
    let fields = json!({"ENTITY_ID": 9, "ENTITY_TYPE": "deal", "COMMENT": "x"});
    let (code, _) = refused(
        &portal,
        "crm.timeline.comment.add",
        json!({"fields": fields}),
    );
    assert_eq!(code, "ACCESS_DENIED");
    let (code, _) = refused(&portal, "crm.timeline.comment.add", json!({"FIELDS": {}}));
    assert_eq!(code, "100");
}

#[test]
fn stages_have_russian_names_and_factory_codes() {
    let portal = portal();
    let answer = portal.call(
        "crm.status.list",
        json!({"filter": {"ENTITY_ID": "DEAL_STAGE_1"}, "order": {"SORT": "ASC"}}),
    );
    assert_eq!(answer["total"], 8);
    assert_eq!(answer["result"][0]["STATUS_ID"], "C1:NEW");
    assert_eq!(answer["result"][5]["EXTRA"]["SEMANTICS"], "success");
}

#[test]
fn a_new_pipeline_has_stages_and_can_be_deleted_when_empty() {
    let portal = portal();
    let fields = json!({"fields": {"NAME": "Школа", "SORT": 30}});
    let id = ok(&portal, "crm.dealcategory.add", fields);
    assert_eq!(id, 10);
    let listed = ok(
        &portal,
        "crm.dealcategory.list",
        json!({"order": {"SORT": "ASC"}, "filter": {"IS_LOCKED": "N"}, "select": ["ID", "NAME"]}),
    );
    assert_eq!(listed[0], json!({"ID": "10", "NAME": "Школа"}));
    let entity = ok(&portal, "crm.dealcategory.status", json!({"id": 10}));
    assert_eq!(entity, "DEAL_STAGE_10");
    let stages = ok(&portal, "crm.dealcategory.stage.list", json!({"id": 10}));
    assert_eq!(stages[0]["STATUS_ID"], "C10:NEW");
    let deal = json!({"fields": {"CATEGORY_ID": 10, "STAGE_ID": "C10:EXECUTING"}});
    let deal = ok(&portal, "crm.deal.add", deal);
    let found = ok(&portal, "crm.deal.get", json!({"id": deal}));
    assert_eq!(found["STAGE_ID"], "C10:EXECUTING");

    refused(&portal, "crm.dealcategory.delete", json!({"id": 10}));
    ok(&portal, "crm.deal.delete", json!({"id": deal}));
    ok(&portal, "crm.dealcategory.delete", json!({"id": 10}));
    let gone = refused(&portal, "crm.dealcategory.get", json!({"id": 10}));
    assert_eq!(gone.1, "Not found");
    ok(
        &portal,
        "crm.dealcategory.default.set",
        json!({"name": "Приём"}),
    );
    let default = ok(&portal, "crm.dealcategory.default.get", json!({}));
    assert_eq!(default, json!({"ID": "0", "NAME": "Приём"}));
}

#[test]
fn users_are_found_by_address_and_wildcards_match_too_much() {
    let portal = portal();
    let count = |filter: Value| {
        ok(&portal, "user.get", json!({"FILTER": filter}))
            .as_array()
            .map_or(0, Vec::len)
    };
    assert_eq!(count(json!({"=EMAIL": "Ivanova@hse.example"})), 1);
    assert_eq!(count(json!({"EMAIL": "ivan_va@hse.example"})), 1);
    assert_eq!(count(json!({"=EMAIL": "ivan_va@hse.example"})), 0);
    assert_eq!(count(json!({"ACTIVE": true, "USER_TYPE": "employee"})), 7);
    assert_eq!(count(json!({"NO_SUCH": "x"})), 9);
    portal.set_scopes(&["crm", "user_brief"]);
    assert_eq!(
        count(json!({"=EMAIL": "ivanova@hse.example"})),
        9,
        "hidden fields do not filter"
    );
}

#[test]
fn a_condition_compares_as_the_type_of_its_field_does() {
    let portal = portal();
    for sort in ["string", "double", "integer", "date", "boolean", "money"] {
        let fields = json!({"FIELD_NAME": sort, "USER_TYPE_ID": sort});
        ok(&portal, "crm.deal.userfield.add", json!({"fields": fields}));
    }
    let described = ok(&portal, "crm.deal.fields", json!({}));
    for sort in ["string", "double", "money"] {
        assert_eq!(
            described[format!("UF_CRM_{}", sort.to_uppercase())]["type"],
            sort
        );
    }
    deal(
        &portal,
        json!({"UF_CRM_STRING": "3500.00", "UF_CRM_DOUBLE": "3500.00", "UF_CRM_INTEGER": "3500",
               "UF_CRM_DATE": "01.03.2026", "UF_CRM_BOOLEAN": "Y", "UF_CRM_MONEY": "3500|RUB"}),
    );
    for (field, sent, wanted) in [
        ("STRING", json!("3500.00"), 1),
        ("STRING", json!("3500"), 0),
        ("STRING", json!(["3500", "3500.00"]), 1),
        ("DOUBLE", json!("3500"), 1),
        ("DOUBLE", json!("3500.0"), 1),
        ("DOUBLE", json!(["1", "3500"]), 1),
        // PHP reads the digits before the space
        ("DOUBLE", json!("3 500"), 0),
        ("INTEGER", json!("3500.00"), 1),
        ("DATE", json!("2026-03-01"), 1),
        ("DATE", json!("2026-03-02"), 0),
        ("BOOLEAN", json!("1"), 1),
        ("BOOLEAN", json!("Y"), 0),
        ("MONEY", json!("3500|RUB"), 1),
        ("MONEY", json!("3500.00|RUB"), 0),
    ] {
        let operator = if sent.is_array() { "@" } else { "=" };
        let filter = json!({format!("{operator}UF_CRM_{field}"): sent});
        let rows = ok(&portal, "crm.deal.list", json!({"filter": filter}));
        let found = rows.as_array().map(Vec::len);
        assert_eq!(found, Some(wanted), "{field} {filter}");
    }
}
