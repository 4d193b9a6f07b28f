//! Batches: shapes of the answer, halting, references, limits.

use serde_json::json;

use super::{ok, portal};

#[test]
fn a_batch_without_errors_has_empty_lists() {
    let portal = portal();
    let result = ok(
        &portal,
        "batch",
        json!({"halt": 0, "cmd": {
            "c1": "crm.duplicate.findbycomm?type=PHONE&values[]=%2B74951234567",
            "l1": "crm.lead.list?filter[ORIGIN_ID]=x&start=-1",
        }}),
    );
    assert_eq!(result["result"], json!({"c1": [], "l1": []}));
    assert_eq!(result["result_error"], json!([]));
    assert_eq!(result["result_next"], json!([]));
    assert_eq!(result["result_total"], json!({"l1": 0}));
    assert!(result["result_time"]["c1"]["start"].is_number());
}

#[test]
fn numbered_commands_make_lists_up_to_a_gap() {
    let portal = portal();
    let all = ok(&portal, "batch", json!({"cmd": ["scope", "scope"]}));
    assert!(all["result"].is_array());
    let gap = ok(
        &portal,
        "batch",
        json!({"cmd": ["scope", "nothing", "scope"]}),
    );
    assert!(gap["result"]["0"].is_array() && gap["result"]["2"].is_array());
    assert_eq!(gap["result_error"]["1"]["error"], "ERROR_METHOD_NOT_FOUND");
    let first = ok(&portal, "batch", json!({"cmd": ["nothing", "scope"]}));
    assert!(first["result_error"].is_array());
    assert!(first["result"]["1"].is_array());
}

#[test]
fn halting_leaves_later_commands_without_a_trace() {
    let portal = portal();
    let cmd =
        json!({"a": "crm.contact.add?fields[NAME]=A", "b": "crm.contact.get?id=99", "c": "scope"});
    let halted = ok(&portal, "batch", json!({"halt": "false", "cmd": cmd}));
    assert_eq!(halted["result"], json!({"a": 1}));
    assert_eq!(halted["result_error"]["b"]["error"], "");
    let whole = ok(&portal, "batch", json!({"halt": false, "cmd": cmd}));
    assert!(whole["result"]["c"].is_array());
}

#[test]
fn an_add_feeds_the_next_command() {
    let portal = portal();
    let result = ok(
        &portal,
        "batch",
        json!({"halt": 1, "cmd": {
            "c": "crm.contact.add?fields[NAME]=Anna",
            "d": "crm.deal.add?fields[TITLE]=Order&fields[CONTACT_ID]=$result[c]",
            "g": "crm.deal.get?id=$result[d]",
        }}),
    );
    assert_eq!(result["result"]["g"]["CONTACT_ID"], "1");
}

#[test]
fn a_reference_to_nothing_binds_record_one() {
    let portal = portal();
    ok(
        &portal,
        "crm.contact.add",
        json!({"fields": {"NAME": "Somebody else"}}),
    );
    ok(
        &portal,
        "crm.lead.add",
        json!({"fields": {"PHONE": [{"VALUE": "+74951234567"}]}}),
    );
    let find = "crm.duplicate.findbycomm?type=PHONE&values[]=%2B74951234567";
    let result = ok(
        &portal,
        "batch",
        json!({"cmd": {"c": find, "d": "crm.deal.add?fields[CONTACT_ID]=$result[c][CONTACT][0]", "g": "crm.deal.get?id=$result[d]"}}),
    );
    // Only a lead was found: the reference became a map, and a map is 1.
    assert_eq!(result["result"]["g"]["CONTACT_ID"], "1");
}

#[test]
fn commands_past_the_fiftieth_are_refused_one_by_one() {
    let portal = portal();
    let cmd: Vec<&str> = std::iter::repeat_n("scope", 52).collect();
    let result = ok(&portal, "batch", json!({"cmd": cmd}));
    assert_eq!(result["result"].as_array().map(Vec::len), Some(50));
    assert_eq!(
        result["result_error"]["51"]["error"],
        "ERROR_BATCH_LENGTH_EXCEEDED"
    );
}

#[test]
fn a_batch_may_not_hold_a_batch() {
    let result = ok(
        &portal(),
        "batch",
        json!({"cmd": {"b": "batch?cmd[a]=scope"}}),
    );
    assert_eq!(
        result["result_error"]["b"]["error"],
        "ERROR_BATCH_METHOD_NOT_ALLOWED"
    );
}
