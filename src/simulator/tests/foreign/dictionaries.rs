//! Dictionaries, pipelines, custom fields, and lists that never change.

use serde_json::{Value, json};

use super::{filled, missing, ok, portal, refused};
use crate::simulator::Portal;

#[test]
fn members_of_dictionaries_are_refused_in_the_portals_words() {
    let portal = filled();
    let add = |fields: Value| refused(&portal, "crm.status.add", json!({ "fields": fields }));
    let both = "The field ENTITY_ID is required.\nThe field STATUS_ID is required.";
    assert_eq!(add(json!({})), (String::new(), both.to_owned()));
    let nowhere = json!({"ENTITY_ID": "NOWHERE", "STATUS_ID": "A", "NAME": "А"});
    assert_eq!(add(nowhere).1, "Specified entity type is not supported.");
    let nameless = json!({"ENTITY_ID": "SOURCE", "STATUS_ID": "A"});
    assert_eq!(add(nameless).1, "The field Title is required.");
    let twice = json!({"ENTITY_ID": "SOURCE", "STATUS_ID": "CALL", "NAME": "Звонок"});
    let known = ("ERROR_CORE", "The specified status ID already exists.");
    assert_eq!(add(twice), (known.0.to_owned(), known.1.to_owned()));
    let late =
        json!({"ENTITY_ID": "DEAL_STAGE", "STATUS_ID": "LATE", "NAME": "Поздно", "SORT": 500});
    assert!(
        add(late)
            .1
            .starts_with("Cannot create more stages after the final stage")
    );
}

/// Adds a stage to the second pipeline of deals.
fn add_stage(portal: &Portal) -> Value {
    let stage = json!({"ENTITY_ID": "DEAL_STAGE_1", "STATUS_ID": "DECISION", "NAME": "Решение", "SORT": 25, "COLOR": "#FFA900"});
    ok(portal, "crm.status.add", json!({ "fields": stage }))
}

#[test]
fn a_stage_is_changed_and_listed_in_its_place() {
    let portal = filled();
    let id = add_stage(&portal);
    let row = ok(&portal, "crm.status.get", json!({ "id": id }));
    assert_eq!(
        (&row["STATUS_ID"], &row["SYSTEM"], &row["COLOR"]),
        (&json!("C1:DECISION"), &json!("N"), &json!("#FFA900"))
    );
    assert!(row.get("EXTRA").is_none());
    let stages = ok(
        &portal,
        "crm.status.entity.items",
        json!({"entityId": "DEAL_STAGE_1"}),
    );
    assert_eq!(
        stages[2],
        json!({"NAME": "Решение", "SORT": 25, "STATUS_ID": "C1:DECISION"})
    );
    ok(
        &portal,
        "crm.status.update",
        json!({"id": id, "fields": {"NAME": "Думают", "SORT": 15}}),
    );
    let stages = ok(
        &portal,
        "crm.status.entity.items",
        json!({"entityId": "DEAL_STAGE_1"}),
    );
    assert_eq!(
        (&stages[1]["NAME"], &stages[1]["SORT"]),
        (&json!("Думают"), &json!(15))
    );
}

#[test]
fn a_stage_in_use_and_a_stage_of_the_portal_are_not_deleted_lightly() {
    let portal = filled();
    let id = add_stage(&portal);
    let put = json!({"id": 1, "fields": {"CATEGORY_ID": 1, "STAGE_ID": "C1:DECISION"}});
    ok(
        &portal,
        "crm.item.update",
        json!({"entityTypeId": 2, "id": 1, "fields": {"categoryId": 1}}),
    );
    ok(&portal, "crm.deal.update", put);
    let delete = |params: Value| refused(&portal, "crm.status.delete", params).1;
    assert_eq!(
        delete(json!({ "id": id })),
        "There are active items in this status."
    );
    assert_eq!(delete(json!({})), "Invalid identifier.");
    assert_eq!(delete(json!({"id": 9999})), "Status is not found.");
    let won = json!({"filter": {"ENTITY_ID": "DEAL_STAGE", "STATUS_ID": "WON"}});
    let won = ok(&portal, "crm.status.list", won)[0].clone();
    assert_eq!(won["NAME_INIT"], won["NAME"]);
    assert!(delete(json!({"id": won["ID"]})).contains("FORCED"));
    ok(
        &portal,
        "crm.status.delete",
        json!({"id": won["ID"], "params": {"FORCED": "Y"}}),
    );
    assert_eq!(
        refused(&portal, "crm.status.get", json!({"id": won["ID"]})).1,
        "Status is not found."
    );
    let nowhere = refused(
        &portal,
        "crm.status.entity.items",
        json!({"entityId": "NOWHERE"}),
    );
    assert_eq!(
        nowhere.1,
        "The parameter entityId is not defined or invalid."
    );
}

#[test]
fn pipelines_come_and_go_with_their_stages() {
    let portal = filled();
    let made = json!({"entityTypeId": 1036, "fields": {"name": "Вторая", "isDefault": "Y"}});
    let made = ok(&portal, "crm.category.add", made)["category"].clone();
    assert_eq!(
        (&made["isDefault"], &made["sort"]),
        (&json!("Y"), &json!(500))
    );
    let item = json!({"entityTypeId": 1036, "fields": {"title": "Новая"}});
    let item = ok(&portal, "crm.item.add", item)["item"].clone();
    assert_eq!(
        item["categoryId"], made["id"],
        "goes to the default pipeline"
    );
    let stage = format!("DT1036_{}:NEW", made["id"]);
    assert_eq!(item["stageId"], json!(stage));
    let which = |id: &Value| json!({"entityTypeId": 1036, "id": id});
    let refusal = |id: &Value| refused(&portal, "crm.category.delete", which(id));
    assert_eq!(refusal(&made["id"]).0, "BX_ERROR", "the default one");
    assert_eq!(refusal(&json!(9)).1, "Elements related to the funnel found");
    assert_eq!(refusal(&json!(77)).0, "NOT_FOUND");
}

#[test]
fn a_pipeline_of_deals_is_renamed_and_deleted() {
    let portal = filled();
    let nameless = json!({"entityTypeId": 2, "fields": {"name": " "}});
    assert_eq!(
        refused(&portal, "crm.category.add", nameless).1,
        "Field 'NAME' is required"
    );
    let deals = json!({"entityTypeId": 2, "fields": {"name": "Опт", "originId": "w-1"}});
    let deals = ok(&portal, "crm.category.add", deals)["category"].clone();
    assert_eq!(deals["originId"], "w-1");
    let renamed = json!({"entityTypeId": 2, "id": deals["id"], "fields": {"name": "Розница"}});
    assert_eq!(
        ok(&portal, "crm.category.update", renamed)["category"]["name"],
        "Розница"
    );
    ok(
        &portal,
        "crm.category.delete",
        json!({"entityTypeId": 2, "id": deals["id"]}),
    );
    let gone = refused(
        &portal,
        "crm.category.get",
        json!({"entityTypeId": 2, "id": deals["id"]}),
    );
    assert_eq!(gone.0, "NOT_FOUND");
    assert_eq!(
        refused(&portal, "crm.category.list", json!({"entityTypeId": 1})).0,
        "ENTITY_TYPE_NOT_SUPPORTED"
    );
}

#[test]
fn the_smart_process_is_listed_as_a_type() {
    let portal = portal();
    let types = ok(
        &portal,
        "crm.type.list",
        json!({"filter": {"isCategoriesEnabled": "Y"}}),
    );
    assert_eq!(types["types"][0]["entityTypeId"], 1036);
    let known = ok(
        &portal,
        "crm.type.getByEntityTypeId",
        json!({"entityTypeId": 1036}),
    );
    assert_eq!(
        missing(&known["type"], "relations linkedUserFields title"),
        [""; 0]
    );
    assert_eq!(
        refused(&portal, "crm.type.list", json!({"filter": {"nope": 1}})).0,
        "INVALID_ARG_VALUE"
    );
}

#[test]
fn custom_fields_are_refused_in_the_portals_words() {
    let portal = filled();
    let add = |fields: Value| {
        refused(
            &portal,
            "crm.deal.userfield.add",
            json!({ "fields": fields }),
        )
    };
    let both = "The 'FIELD_NAME' field is not found.\nThe 'USER_TYPE_ID' field is not found.";
    assert_eq!(add(json!({})), (String::new(), both.to_owned()));
    for (name, sort, text) in [
        ("A", "nothing", "Incorrect custom type specified."),
        (
            "имя",
            "string",
            "Field name contains invalid characters. Allowed characters are: A-Z, 0-9 and _.",
        ),
        (
            &"A".repeat(44),
            "string",
            "Field name is too long (more than 50 characters).",
        ),
    ] {
        let refusal = add(json!({"FIELD_NAME": name, "USER_TYPE_ID": sort}));
        assert_eq!(refusal, ("ERROR_CORE".to_owned(), text.to_owned()));
    }
    let list = json!([{"VALUE": "а", "XML_ID": "x"}, {"VALUE": "б", "XML_ID": "x"}]);
    let twins = add(json!({"FIELD_NAME": "TWINS", "USER_TYPE_ID": "enumeration", "LIST": list}));
    assert_eq!(twins.1, "List item with value XML_ID=x already exists.");
}

/// Adds a custom field to deals.
fn add_field(portal: &Portal, name: &str, sort: &str) -> Value {
    let list = json!([{"VALUE": "Да", "XML_ID": "yes"}, {"VALUE": "Нет"}]);
    let fields = json!({"FIELD_NAME": name, "USER_TYPE_ID": sort, "LABEL": name, "LIST": list});
    ok(
        portal,
        "crm.deal.userfield.add",
        json!({ "fields": fields }),
    )
}

#[test]
fn custom_fields_are_changed() {
    let portal = filled();
    let first = add_field(&portal, "FIRST", "enumeration");
    let row = ok(&portal, "crm.deal.userfield.get", json!({ "id": first }));
    assert_eq!(row["SETTINGS"]["LIST_HEIGHT"], 1);
    assert_eq!(row["EDIT_FORM_LABEL"]["vn"], "FIRST");
    let yes = row["LIST"][0]["ID"].clone();
    let changes = json!({
        "SORT": 7, "SHOW_FILTER": "E", "SETTINGS": {"LIST_HEIGHT": 3, "NOPE": 1},
        "EDIT_FORM_LABEL": {"ru": "Согласие", "en": "Consent"}, "MANDATORY": "Y",
        "LIST": [{"ID": yes, "VALUE": "Согласен"}, {"ID": row["LIST"][1]["ID"], "DEL": "Y"}, {"VALUE": "Позже"}],
    });
    ok(
        &portal,
        "crm.deal.userfield.update",
        json!({"id": first, "fields": changes}),
    );
    let row = ok(&portal, "crm.deal.userfield.get", json!({ "id": first }));
    assert_eq!(
        (&row["SORT"], &row["SHOW_FILTER"], &row["MANDATORY"]),
        (&json!("7"), &json!("E"), &json!("Y"))
    );
    assert_eq!(
        (&row["SETTINGS"]["LIST_HEIGHT"], row["SETTINGS"].get("NOPE")),
        (&json!(3), None)
    );
    assert_eq!(
        (&row["EDIT_FORM_LABEL"]["en"], &row["EDIT_FORM_LABEL"]["de"]),
        (&json!("Consent"), &json!(""))
    );
    let values: Vec<&str> = row["LIST"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|it| it["VALUE"].as_str())
        .collect();
    assert_eq!(values, ["Согласен", "Позже"]);
    let fields = ok(&portal, "crm.deal.fields", json!({}));
    assert_eq!(fields["UF_CRM_FIRST"]["formLabel"], "Согласие");
}

#[test]
fn custom_fields_are_deleted_with_their_values() {
    let portal = filled();
    let first = add_field(&portal, "FIRST", "enumeration");
    let second = add_field(&portal, "SECOND", "string");
    let row = ok(&portal, "crm.deal.userfield.get", json!({ "id": first }));
    let yes = row["LIST"][0]["ID"].clone();
    let set = json!({"UF_CRM_FIRST": yes, "UF_CRM_SECOND": "стоит"});
    ok(&portal, "crm.deal.update", json!({"id": 1, "fields": set}));
    let unknown = refused(&portal, "crm.deal.userfield.delete", json!({"id": 4321}));
    assert_eq!(
        unknown,
        (
            "ERROR_NOT_FOUND".to_owned(),
            "The entity with ID '4321' is not found.".to_owned()
        )
    );
    assert_eq!(
        refused(&portal, "crm.lead.userfield.get", json!({ "id": first })).0,
        "ACCESS_DENIED"
    );
    assert_eq!(
        refused(&portal, "crm.deal.userfield.update", json!({"id": first})).1,
        "Parameter 'fields' must be array."
    );
    ok(&portal, "crm.deal.userfield.delete", json!({ "id": first }));
    let row = ok(&portal, "crm.deal.get", json!({"id": 1}));
    assert_eq!(
        (row.get("UF_CRM_FIRST"), &row["UF_CRM_SECOND"]),
        (None, &json!("стоит"))
    );
    let found = json!({"filter": {"UF_CRM_SECOND": "стоит"}, "select": ["ID"]});
    assert_eq!(
        ok(&portal, "crm.deal.list", found)[0]["ID"],
        "1",
        "the index follows"
    );
    ok(
        &portal,
        "crm.deal.userfield.delete",
        json!({ "id": second }),
    );
    assert_eq!(
        ok(&portal, "crm.deal.get", json!({"id": 1}))["TITLE"],
        "Заказ"
    );
}

#[test]
fn access_codes_scopes_and_lists_of_constants_are_answered() {
    let portal = portal();
    assert_eq!(
        ok(&portal, "user.access", json!({"ACCESS": ["G7"]})),
        true,
        "an administrator"
    );
    assert_eq!(ok(&portal, "access.name", json!({})), false);
    let names = ok(
        &portal,
        "access.name",
        json!({"ACCESS": ["U6", "AU", "D5", "X"]}),
    );
    assert_eq!(
        (
            &names["U6"]["name"],
            names.as_object().map(serde_json::Map::len)
        ),
        (&json!("Мария Иванова"), Some(3))
    );
    let all = ok(&portal, "scope", json!({"full": true}));
    let all = all.as_array().cloned().unwrap_or_default();
    for scope in ["crm", "task", "disk", "placement", "userfieldconfig"] {
        assert!(all.contains(&json!(scope)), "{scope}");
    }
    for (method, most) in [
        ("crm.enum.ownertype", 9),
        ("crm.enum.activitytype", 7),
        ("crm.enum.addresstype", 6),
        ("crm.userfield.types", 16),
        ("crm.requisite.preset.countries", 10),
    ] {
        let rows = ok(&portal, method, json!({}));
        assert_eq!(rows.as_array().map(Vec::len), Some(most), "{method}");
    }
    assert_eq!(
        ok(&portal, "crm.currency.get", json!({"id": "USD"}))["LANG"]["ru"]["DECIMALS"],
        "2"
    );
    assert_eq!(ok(&portal, "crm.currency.base.get", json!({})), "RUB");
    let user = ok(&portal, "user.current", json!({}));
    assert_eq!(
        missing(
            &user,
            "TIMESTAMP_X LAST_ACTIVITY_DATE PERSONAL_BIRTHDAY PERSONAL_CITY"
        ),
        [""; 0]
    );
    let fields = ok(&portal, "user.fields", json!({}));
    assert_eq!(fields["EMAIL"], "E-Mail");
    portal.set_scopes(&["user_brief"]);
    let brief = ok(&portal, "user.fields", json!({}));
    assert_eq!(brief.get("EMAIL"), None, "only what the scope shows");
}
