//! The universal family over the same records, with their comments and activities.

use serde_json::{Value, json};

use super::{ok, portal, refused};
use crate::simulator::{CrmMode, Portal};

#[expect(
    clippy::needless_pass_by_value,
    reason = "reads better where it is called"
)]
fn item(portal: &Portal, kind: u32, fields: Value) -> Value {
    ok(
        portal,
        "crm.item.add",
        json!({"entityTypeId": kind, "fields": fields}),
    )["item"]
        .clone()
}

#[test]
fn items_have_typed_values() {
    let portal = portal();
    ok(
        &portal,
        "crm.contact.add",
        json!({"fields": {"NAME": "Анна"}}),
    );
    let deal = item(
        &portal,
        2,
        json!({"title": "Заказ", "categoryId": 1, "stageId": "C1:NEW", "contactIds": [1], "opportunity": 100.5,
               "isManualOpportunity": "Y", "originatorId": "gw", "originId": "f-77", "ufCrmOrderId": "A-1", "nothing": 1}),
    );
    assert_eq!(deal["id"], 1);
    assert_eq!(deal["opportunity"], 100.5);
    assert_eq!(deal["contactIds"], json!([1]));
    assert_eq!(deal["contactId"], 1);
    assert_eq!(deal["isManualOpportunity"], "Y");
    assert_eq!(deal["ufCrmOrderId"], "A-1");
    assert_eq!(deal["createdTime"], "2026-03-01T10:00:00+03:00");
    let classic = ok(&portal, "crm.deal.get", json!({"id": 1}));
    assert_eq!(classic["OPPORTUNITY"], "100.50");
    assert_eq!(classic["UF_CRM_ORDER_ID"], "A-1");
}

#[test]
fn original_names_are_kept_on_request() {
    let portal = portal();
    let params =
        json!({"entityTypeId": 2, "useOriginalUfNames": "Y", "fields": {"UF_CRM_ORDER_ID": "5"}});
    let item = ok(&portal, "crm.item.add", params)["item"].clone();
    assert_eq!(item["UF_CRM_ORDER_ID"], "5");
    assert!(item.get("ufCrmOrderId").is_none());
    let fields = ok(&portal, "crm.item.fields", json!({"entityTypeId": 2}))["fields"].clone();
    assert_eq!(fields["ufCrmOrderId"]["upperName"], "UF_CRM_ORDER_ID");
    assert_eq!(fields["createdTime"]["upperName"], "CREATED_TIME");
    assert_eq!(fields["opened"]["type"], "boolean");
}

#[test]
fn lists_filter_strictly() {
    let portal = portal();
    for (origin, stage) in [("f-77", "NEW"), ("f-78", "WON"), ("f-79", "LOSE")] {
        item(
            &portal,
            2,
            json!({"originatorId": "gw", "originId": origin, "stageId": stage}),
        );
    }
    let ids = |filter: Value| {
        let params = json!({"entityTypeId": 2, "select": ["id"], "filter": filter, "order": {"id": "ASC"}, "start": -1});
        let answer = portal.call("crm.item.list", params);
        assert!(answer.get("total").is_none());
        let items = answer["result"]["items"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        items
            .iter()
            .filter_map(|it| it["id"].as_u64())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        ids(json!({"=originatorId": "gw", "@originId": ["f-77", "f-78"]})),
        [1, 2]
    );
    assert_eq!(ids(json!({"@STAGE_ID": ["NEW", "LOSE"]})), [1, 3]);
    assert_eq!(ids(json!({"id": []})), [] as [u64; 0]);
    assert_eq!(
        ids(json!({"0": {"logic": "OR", "0": {"stageId": "NEW"}, "1": {"originId": "f-79"}}})),
        [1, 3]
    );
    assert_eq!(ids(json!({"><id": [2, 3]})), [2, 3]);
    let bad = |filter: Value| {
        refused(
            &portal,
            "crm.item.list",
            json!({"entityTypeId": 2, "filter": filter}),
        )
    };
    let (code, text) = bad(json!({"NOPE": 1}));
    assert_eq!(code, "INVALID_ARG_VALUE");
    assert_eq!(
        text,
        "Invalid filter: field 'NOPE' is not allowed in filter"
    );
    assert_eq!(bad(json!({"@id": []})).1, "SQL query error!");
}

#[test]
fn deals_of_a_contact_are_found_by_any_binding() {
    let portal = portal();
    for name in ["A", "B"] {
        item(&portal, 3, json!({"name": name}));
    }
    item(&portal, 2, json!({"contactIds": [1, 2]}));
    let count = |filter: Value| {
        let params = json!({"entityTypeId": 2, "filter": filter});
        ok(&portal, "crm.item.list", params)["items"]
            .as_array()
            .map_or(0, Vec::len)
    };
    assert_eq!(count(json!({"contactIds": 2})), 1);
    assert_eq!(count(json!({"contactId": 2})), 0);
    assert_eq!(count(json!({"contactId": 1})), 1);
}

#[test]
fn universal_updates_move_between_pipelines() {
    let portal = portal();
    item(&portal, 2, json!({}));
    let params =
        json!({"entityTypeId": 2, "id": 1, "fields": {"categoryId": 1, "stageId": "C1:WON"}});
    let moved = ok(&portal, "crm.item.update", params)["item"].clone();
    assert_eq!(
        (&moved["categoryId"], &moved["stageId"]),
        (&json!(1), &json!("C1:WON"))
    );
}

#[test]
fn fm_is_a_map_by_id() {
    let portal = portal();
    let fm = json!({"n0": {"typeId": "PHONE", "valueType": "WORK", "value": "+74951234567"}});
    let contact = item(&portal, 3, json!({"name": "A", "fm": fm}));
    assert_eq!(contact["fm"][0]["id"], 1);
    assert_eq!(contact["phoneWork"], "+74951234567");
    let update = |fm: Value| {
        let params = json!({"entityTypeId": 3, "id": 1, "fields": {"fm": fm}});
        ok(&portal, "crm.item.update", params)["item"]["fm"].clone()
    };
    let two =
        update(json!({"n0": {"typeId": "EMAIL", "valueType": "WORK", "value": "a@b.example"}}));
    assert_eq!(two.as_array().map(Vec::len), Some(2));
    let same = update(json!([{"typeId": "EMAIL", "valueType": "WORK", "value": "c@d.example"}]));
    assert_eq!(same, two, "the index of a list is taken for an id");
    let one = update(json!({"1": {"value": ""}}));
    assert_eq!(one[0]["typeId"], "EMAIL");
}

#[test]
fn the_smart_process_has_stages_of_its_own() {
    let portal = portal();
    let smart = item(&portal, 1036, json!({"title": "Заявка"}));
    assert_eq!(smart["stageId"], "DT1036_9:NEW");
    assert_eq!(smart["categoryId"], 9);
    assert_eq!(
        refused(
            &portal,
            "crm.item.get",
            json!({"entityTypeId": 1037, "id": 1})
        )
        .0,
        "NOT_FOUND"
    );
    assert_eq!(refused(&portal, "crm.item.get", json!({"id": 1})).0, "100");
    assert_eq!(
        ok(
            &portal,
            "crm.item.delete",
            json!({"entityTypeId": 1036, "id": 1})
        ),
        json!([])
    );
}

#[test]
fn multiple_custom_fields_require_a_list() {
    let fields = json!({"ufCrmTopics": "45"});
    let (code, _) = refused(
        &portal(),
        "crm.item.add",
        json!({"entityTypeId": 2, "fields": fields}),
    );
    assert_eq!(code, "100");
}

#[test]
fn custom_fields_can_be_added() {
    let portal = portal();
    let fields = json!({"FIELD_NAME": "city", "USER_TYPE_ID": "enumeration", "LABEL": "Город",
                        "LIST": [{"VALUE": "Москва"}, {"VALUE": "Пермь"}]});
    ok(&portal, "crm.deal.userfield.add", json!({"fields": fields}));
    let list = ok(
        &portal,
        "crm.deal.userfield.list",
        json!({"filter": {"FIELD_NAME": "UF_CRM_CITY"}}),
    );
    assert_eq!(list[0]["LIST"][1]["VALUE"], "Пермь");
    let id = &list[0]["LIST"][1]["ID"];
    ok(
        &portal,
        "crm.deal.add",
        json!({"fields": {"UF_CRM_CITY": id}}),
    );
    let row = ok(&portal, "crm.deal.get", json!({"id": 1}));
    assert_eq!(&row["UF_CRM_CITY"], id);
    let described = ok(&portal, "crm.deal.fields", json!({}));
    assert_eq!(described["UF_CRM_CITY"]["items"][0]["VALUE"], "Москва");
    let again = json!({"fields": {"FIELD_NAME": "UF_CITY", "USER_TYPE_ID": "string"}});
    assert_eq!(
        refused(&portal, "crm.deal.userfield.add", again).0,
        "ERROR_CORE"
    );
}

#[test]
fn activities_carry_a_foreign_key_and_to_dos_do_not() {
    let portal = portal();
    ok(&portal, "crm.deal.add", json!({"fields": {}}));
    let todo = json!({"ownerTypeId": 2, "ownerId": 1, "deadline": "2026-03-02T18:00:00+03:00", "title": "Перезвонить"});
    assert_eq!(ok(&portal, "crm.activity.todo.add", todo), json!({"id": 1}));
    let call = json!({"OWNER_TYPE_ID": 2, "OWNER_ID": 1, "TYPE_ID": 2, "SUBJECT": "Звонок", "DIRECTION": 1,
                      "COMMUNICATIONS": [{"VALUE": "+74951234567"}], "ORIGINATOR_ID": "gw", "ORIGIN_ID": "call-9"});
    assert_eq!(
        ok(&portal, "crm.activity.add", json!({"fields": call})),
        json!(2)
    );
    let found = ok(
        &portal,
        "crm.activity.list",
        json!({"filter": {"ORIGIN_ID": "call-9"}}),
    );
    assert_eq!(found[0]["SUBJECT"], "Звонок");
    ok(
        &portal,
        "crm.activity.update",
        json!({"id": 1, "fields": {"COMPLETED": "Y"}}),
    );
    assert_eq!(
        ok(&portal, "crm.activity.get", json!({"id": 1}))["STATUS"],
        "2"
    );
    let (code, _) = refused(
        &portal,
        "crm.activity.todo.add",
        json!({"ownerTypeId": 2, "ownerId": 1, "deadline": "скоро"}),
    );
    assert_eq!(code, "WRONG_DATETIME_FORMAT");
}

#[test]
fn a_tag_replaces_a_notice_for_applications_only() {
    let portal = portal();
    let send = |more: Value| {
        let mut params = json!({"USER_ID": 6, "MESSAGE": "Новый лид", "TAG": "lead|15"});
        if let (Some(map), Some(more)) = (params.as_object_mut(), more.as_object()) {
            map.extend(more.clone());
        }
        ok(&portal, "im.notify.system.add", params)
    };
    send(json!({}));
    send(json!({}));
    send(json!({"CLIENT_ID": "app"}));
    send(json!({"CLIENT_ID": "app"}));
    let kept = portal.snapshot()["notices"].as_array().map(Vec::len);
    assert_eq!(kept, Some(3));
    assert_eq!(
        refused(&portal, "im.notify.system.add", json!({"MESSAGE": "x"})).0,
        "USER_ID_EMPTY"
    );
}

#[test]
fn a_portal_without_leads_makes_deals_of_them() {
    let mut options = super::options();
    options.mode = CrmMode::Simple;
    let portal = Portal::new(options);
    let fields = json!({"NAME": "Анна", "PHONE": [{"VALUE": "+74951234567"}]});
    ok(&portal, "crm.lead.add", json!({"fields": fields}));
    let lead = ok(&portal, "crm.lead.get", json!({"id": 1}));
    assert_eq!(lead["STATUS_ID"], "CONVERTED");
    let deal = ok(&portal, "crm.deal.get", json!({"id": 1}));
    assert_eq!(
        (&deal["CONTACT_ID"], &deal["LEAD_ID"]),
        (&json!("1"), &json!("1"))
    );
    let contact = ok(&portal, "crm.contact.get", json!({"id": 1}));
    assert_eq!(contact["PHONE"][0]["VALUE"], "+74951234567");
}

#[test]
fn a_snapshot_restores_everything() {
    let portal = portal();
    let fm = json!({"n0": {"typeId": "PHONE", "valueType": "WORK", "value": "+74951234567"}});
    item(&portal, 3, json!({"name": "Анна", "fm": fm}));
    item(
        &portal,
        2,
        json!({"contactIds": [1], "opportunity": 10, "ufCrmTopics": [45], "originId": "x"}),
    );
    let comment = json!({"ENTITY_ID": 1, "ENTITY_TYPE": "deal", "COMMENT": "Привет"});
    ok(
        &portal,
        "crm.timeline.comment.add",
        json!({"fields": comment}),
    );
    let before = portal.revision();
    let copy = super::portal();
    copy.restore(portal.snapshot())
        .expect("a snapshot of our own");
    assert_eq!(copy.snapshot(), portal.snapshot());
    assert_eq!(copy.revision(), before);
    let find = json!({"type": "PHONE", "values": ["84951234567"]});
    assert_eq!(
        ok(&copy, "crm.duplicate.findbycomm", find),
        json!({"CONTACT": [1]})
    );
    assert_eq!(
        ok(&copy, "crm.deal.get", json!({"id": 1})),
        ok(&portal, "crm.deal.get", json!({"id": 1}))
    );
    assert!(copy.restore(json!({"version": 1})).is_err());
}

#[test]
fn a_snapshot_has_the_account_of_amocrm() {
    let portal = portal();
    let before = portal.revision();
    portal.put_amocrm("leads", json!({"id": 7, "name": "Курс"}));
    let code = portal.give_amocrm_code();
    assert!(portal.revision() > before, "it is saved");
    let copy = super::portal();
    copy.restore(portal.snapshot()).unwrap();
    assert_eq!(copy.amocrm(), portal.amocrm());
    assert_eq!(copy.snapshot(), portal.snapshot());
    assert!(copy.snapshot().to_string().contains(&code));
    // that of an earlier version has none
    let mut earlier = super::portal().snapshot();
    earlier.as_object_mut().unwrap().remove("amocrm");
    let fresh = super::portal();
    fresh.restore(earlier).unwrap();
    assert_eq!(fresh.amocrm(), super::portal().amocrm());
}

#[test]
fn the_demo_is_the_same_every_time() {
    let mut options = super::options();
    options.content = crate::simulator::Content::Demo;
    let (one, two) = (Portal::new(options.clone()), Portal::new(options));
    assert_eq!(one.snapshot(), two.snapshot());
    let counters = one.counters();
    assert!(counters.records["deal"] > 200 && counters.records["contact"] > 200);
}
