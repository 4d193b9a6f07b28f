//! Comments, activities and to-dos, and the refusals of universal methods.

use serde_json::{Value, json};

use super::{filled, missing, ok, options, refused};
use crate::simulator::Portal;

#[test]
fn comments_refuse_in_the_words_of_each_method() {
    let portal = filled();
    let list = |filter: Value| {
        refused(
            &portal,
            "crm.timeline.comment.list",
            json!({ "filter": filter }),
        )
    };
    let denied = (String::new(), "Access denied.".to_owned());
    for filter in [
        json!({}),
        json!({"ENTITY_TYPE": "deal"}),
        json!({"ENTITY_ID": 99, "ENTITY_TYPE": "deal"}),
        json!({"ENTITY_ID": 1, "ENTITY_TYPE": "nothing"}),
    ] {
        assert_eq!(list(filter), denied);
    }
    let get = |params: Value| refused(&portal, "crm.timeline.comment.get", params);
    assert_eq!(
        get(json!({})),
        (String::new(), "ID is not defined or invalid.".to_owned())
    );
    assert_eq!(get(json!({"id": 0})).1, "ID is not defined or invalid.");
    assert_eq!(
        get(json!({"id": 7})),
        (String::new(), "Not found.".to_owned())
    );
    for verb in ["update", "delete"] {
        let method = format!("crm.timeline.comment.{verb}");
        let fields = json!({"id": 7, "fields": {"COMMENT": "х"}});
        assert_eq!(refused(&portal, &method, fields).0, "NOT_FOUND");
        assert_eq!(
            refused(&portal, &method, json!({"fields": {"COMMENT": "х"}})).0,
            "100"
        );
    }
    let fields = json!({"ENTITY_ID": 1, "ENTITY_TYPE": "deal", "COMMENT": "а", "FILES": [["1.gif", "R0lGODlh"]]});
    let id = ok(
        &portal,
        "crm.timeline.comment.add",
        json!({ "fields": fields }),
    );
    let row = ok(&portal, "crm.timeline.comment.get", json!({ "id": id }));
    let files: Vec<&Value> = row["FILES"].as_object().unwrap().values().collect();
    assert_eq!(
        (&files[0]["type"], &files[0]["image"]["width"]),
        (&json!("image"), &json!(1))
    );
}

#[test]
fn universal_methods_name_what_they_refuse() {
    let portal = filled();
    let order = json!({"entityTypeId": 2, "order": {"id": "sideways"}});
    assert_eq!(
        refused(&portal, "crm.item.list", order),
        (
            "INVALID_ARG_VALUE".to_owned(),
            "Invalid order: allowed sort directions are `ASC, DESC`. But got 'sideways' for field 'id'".to_owned()
        )
    );
    ok(
        &portal,
        "crm.item.list",
        json!({"entityTypeId": 2, "order": {"id": "desc"}}),
    );
    for (value, name) in [
        (json!(5), "integer"),
        (json!(1.5), "double"),
        (json!("5"), "string"),
        (json!(true), "boolean"),
    ] {
        for field in ["ufCrmTopics", "observers"] {
            let fields = json!({"entityTypeId": 2, "id": 1, "fields": {field: value}});
            let text =
                format!("Expected iterable value for multiple field, but got `{name}` instead");
            assert_eq!(
                refused(&portal, "crm.item.update", fields),
                ("100".to_owned(), text)
            );
        }
    }
    let watched = json!({"entityTypeId": 2, "id": 1, "fields": {"observers": [6, 7]}});
    let item = ok(&portal, "crm.item.update", watched)["item"].clone();
    assert_eq!(item["observers"], json!([6, 7]));
}

#[test]
fn activities_have_all_columns_and_the_portals_errors() {
    let portal = filled();
    let fields = json!({
        "OWNER_TYPE_ID": 2, "OWNER_ID": 1, "TYPE_ID": 2, "SUBJECT": "Звонок", "PROVIDER_PARAMS": {"a": 1},
        "COMMUNICATIONS": [{"VALUE": "+79005550101", "ENTITY_ID": 1, "ENTITY_TYPE_ID": 3}],
    });
    let id = ok(&portal, "crm.activity.add", json!({ "fields": fields }));
    let row = ok(&portal, "crm.activity.get", json!({ "id": id }));
    let names = "PROVIDER_GROUP_ID ASSOCIATED_ENTITY_ID NOTIFY_TYPE NOTIFY_VALUE LOCATION SETTINGS \
                 PROVIDER_DATA RESULT_MARK RESULT_VALUE RESULT_SUM RESULT_CURRENCY_ID RESULT_STATUS \
                 RESULT_STREAM RESULT_SOURCE_ID AUTOCOMPLETE_RULE";
    assert_eq!(missing(&row, names), [""; 0]);
    assert_eq!(
        (&row["PROVIDER_PARAMS"], &row["SETTINGS"]),
        (&json!({"a": 1}), &json!([]))
    );
    assert_eq!(row["PROVIDER_ID"], "VOXIMPLANT_CALL");
    assert!(row.get("COMMUNICATIONS").is_none());
    let select = json!({"select": ["SUBJECT", "COMMUNICATIONS"]});
    let row = ok(&portal, "crm.activity.list", select)[0].clone();
    assert_eq!(row.as_object().map(serde_json::Map::len), Some(3), "{row}");
    assert_eq!(
        (
            &row["COMMUNICATIONS"][0]["TYPE"],
            &row["COMMUNICATIONS"][0]["ENTITY_ID"]
        ),
        (&json!("PHONE"), &json!("1"))
    );
    for verb in ["get", "update", "delete"] {
        let params = json!({"id": 99, "fields": {"SUBJECT": "х"}});
        let refusal = refused(&portal, &format!("crm.activity.{verb}"), params);
        assert_eq!(
            refusal,
            (String::new(), "Activity is not found.".to_owned()),
            "{verb}"
        );
    }
    let empty = json!({"id": id, "fields": {"SUBJECT": " "}});
    assert_eq!(
        refused(&portal, "crm.activity.update", empty).1,
        "The field SUBJECT is not defined or empty"
    );
}

/// Adds a to-do to the first deal.
fn add_todo(portal: &Portal) -> Value {
    let todo = json!({"ownerTypeId": 2, "ownerId": 1, "deadline": "2026-03-02T18:00:00+03:00", "title": "Дело"});
    ok(portal, "crm.activity.todo.add", todo)["id"].clone()
}

#[test]
fn to_dos_are_changed() {
    let portal = filled();
    let id = add_todo(&portal);
    let call = |verb: &str, more: Value| {
        let mut params = json!({"id": id, "ownerTypeId": 2, "ownerId": 1});
        for (name, value) in more.as_object().into_iter().flatten() {
            params[name] = value.clone();
        }
        portal.call(&format!("crm.activity.todo.{verb}"), params)
    };
    assert_eq!(
        call(
            "updateDeadline",
            json!({"value": "2026-03-05T12:00:00+03:00"})
        )["result"]["id"],
        id
    );
    call("updateDescription", json!({"value": "Перезвонить"}));
    call("updateResponsibleUser", json!({"responsibleId": 7}));
    call("updateColor", json!({"colorId": "3"}));
    let row = ok(&portal, "crm.activity.get", json!({ "id": id }));
    assert_eq!(
        (&row["DEADLINE"], &row["DESCRIPTION"]),
        (&json!("2026-03-05T12:00:00+03:00"), &json!("Перезвонить"))
    );
    assert_eq!(
        (&row["RESPONSIBLE_ID"], &row["SETTINGS"]["COLOR"]),
        (&json!("7"), &json!("3"))
    );
    for (verb, more, code) in [
        (
            "updateColor",
            json!({"colorId": "9"}),
            "CAN_NOT_UPDATE_WRONG_COLOR_TODO",
        ),
        (
            "updateDeadline",
            json!({"value": "скоро"}),
            "WRONG_DATETIME_FORMAT",
        ),
        (
            "updateResponsibleUser",
            json!({"responsibleId": 0}),
            "INVALID_ARG_VALUE",
        ),
        ("updateDescription", json!({}), "100"),
        (
            "update",
            json!({"ownerId": 2, "deadline": "2026-03-05T12:00:00+03:00"}),
            "NOT_FOUND",
        ),
    ] {
        assert_eq!(call(verb, more)["error"], code, "{verb}");
    }
}

#[test]
fn to_dos_move_between_records() {
    let portal = filled();
    ok(
        &portal,
        "crm.deal.add",
        json!({"fields": {"TITLE": "Второй"}}),
    );
    let id = add_todo(&portal);
    let at = |deal: u32| json!({"activityId": id, "entityTypeId": 2, "entityId": deal});
    assert_eq!(
        refused(&portal, "crm.activity.binding.delete", at(1)).0,
        "LAST_BINDING_CANNOT_BE_DELETED"
    );
    let step = json!({"activityId": id, "sourceEntityTypeId": 2, "sourceEntityId": 1, "targetEntityTypeId": 2, "targetEntityId": 2});
    ok(&portal, "crm.activity.binding.move", step.clone());
    assert_eq!(
        refused(&portal, "crm.activity.binding.move", step).0,
        "ACTIVITY_IS_ALREADY_BOUND"
    );
    assert_eq!(
        refused(&portal, "crm.activity.binding.delete", at(1)).0,
        "BINDING_NOT_FOUND"
    );
    assert_eq!(
        ok(&portal, "crm.activity.get", json!({ "id": id }))["OWNER_ID"],
        "2"
    );
    ok(
        &portal,
        "crm.activity.update",
        json!({"id": id, "fields": {"COMPLETED": "Y"}}),
    );
    let change = json!({"id": id, "ownerTypeId": 2, "ownerId": 2, "value": "х"});
    let closed = refused(&portal, "crm.activity.todo.updateDescription", change);
    assert_eq!(closed.0, "CAN_NOT_UPDATE_COMPLETED_TODO");
}

#[test]
fn a_comment_may_be_in_several_timelines() {
    let portal = filled();
    let fields = json!({"ENTITY_ID": 1, "ENTITY_TYPE": "deal", "COMMENT": "общий"});
    let id = ok(
        &portal,
        "crm.timeline.comment.add",
        json!({ "fields": fields }),
    );
    let at = |kind: &str| json!({"fields": {"OWNER_ID": id, "ENTITY_ID": 1, "ENTITY_TYPE": kind}});
    ok(&portal, "crm.timeline.bindings.bind", at("contact"));
    ok(&portal, "crm.timeline.bindings.bind", at("lead"));
    let copy = Portal::new(options());
    copy.restore(portal.snapshot()).unwrap();
    let rows = ok(
        &copy,
        "crm.timeline.bindings.list",
        json!({"filter": {"OWNER_ID": id}}),
    );
    assert_eq!(rows.as_array().map(Vec::len), Some(3), "{rows}");
    let of = json!({"filter": {"ENTITY_ID": 1, "ENTITY_TYPE": "contact"}});
    let row = ok(&copy, "crm.timeline.comment.list", of)[0].clone();
    assert_eq!(
        (&row["ENTITY_TYPE"], &row["COMMENT"]),
        (&json!("contact"), &json!("общий"))
    );
    let several = refused(&copy, "crm.timeline.comment.delete", json!({ "id": id }));
    assert_eq!(several.0, "MULTIPLE_BINDINGS");
    let from_lead = json!({"id": id, "ownerTypeId": 1, "ownerId": 1});
    ok(&copy, "crm.timeline.comment.delete", from_lead);
    ok(&copy, "crm.deal.delete", json!({"id": 1}));
    let row = ok(&copy, "crm.timeline.comment.get", json!({ "id": id }));
    assert_eq!(row["ENTITY_TYPE"], "contact", "the next owner");
    ok(&copy, "crm.timeline.bindings.unbind", at("contact"));
    let gone = refused(&copy, "crm.timeline.comment.get", json!({ "id": id }));
    assert_eq!(gone.1, "Not found.");
    assert_eq!(
        refused(&copy, "crm.timeline.bindings.bind", at("contact")).1,
        "OWNER_ID is not defined or invalid."
    );
}
