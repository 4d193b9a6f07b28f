//! The settings of custom fields: what a new field of a type comes with.

use serde_json::{Map, Value, json};

/// Returns the settings of a new field, in the portal's order (REST documentation,
/// "crm.deal.userfield.list"; those of links to directories and records are our inference).
pub(in crate::simulator) fn usual(sort: &str, label: &str) -> Map<String, Value> {
    let settings = match sort {
        "string" => json!({
            "SIZE": 20, "ROWS": 1, "REGEXP": "", "MIN_LENGTH": 0, "MAX_LENGTH": 0, "DEFAULT_VALUE": "",
        }),
        "integer" => json!({"SIZE": 20, "MIN_VALUE": 0, "MAX_VALUE": 0, "DEFAULT_VALUE": null}),
        "double" => json!({
            "PRECISION": 2, "SIZE": 20, "MIN_VALUE": 0, "MAX_VALUE": 0, "DEFAULT_VALUE": null,
        }),
        "boolean" => json!({
            "DEFAULT_VALUE": 0, "DISPLAY": "CHECKBOX", "LABEL": ["", ""], "LABEL_CHECKBOX": label,
        }),
        "enumeration" => json!({
            "DISPLAY": "LIST", "LIST_HEIGHT": 1, "CAPTION_NO_VALUE": "", "SHOW_NO_VALUE": "Y",
        }),
        "date" => json!({"DEFAULT_VALUE": {"TYPE": "NONE", "VALUE": ""}}),
        "datetime" => json!({
            "DEFAULT_VALUE": {"TYPE": "NONE", "VALUE": ""}, "USE_SECOND": "Y", "USE_TIMEZONE": "N",
        }),
        "file" => json!({
            "SIZE": 20, "LIST_WIDTH": 0, "LIST_HEIGHT": 0, "MAX_SHOW_SIZE": 0, "MAX_ALLOWED_SIZE": 0,
            "EXTENSIONS": [], "TARGET_BLANK": "Y",
        }),
        "url" => json!({
            "POPUP": "Y", "SIZE": 20, "MIN_LENGTH": 0, "MAX_LENGTH": 0, "DEFAULT_VALUE": "",
        }),
        "crm_status" => json!({"ENTITY_TYPE": ""}),
        "crm" => json!({"LEAD": "N", "CONTACT": "Y", "COMPANY": "N", "DEAL": "N"}),
        _ => json!({"DEFAULT_VALUE": ""}),
    };
    match settings {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
