//! Properties that hold for any input: nothing panics, and a snapshot restores the whole state.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::portal;
use crate::simulator::{params, php, php_json};

const KEYS: &[&str] = &[
    "id",
    "ID",
    "fields",
    "filter",
    "order",
    "select",
    "start",
    "type",
    "values",
    "entity_type",
    "entityTypeId",
    "fm",
    "TITLE",
    "title",
    "NAME",
    "PHONE",
    "EMAIL",
    "VALUE",
    "DELETE",
    "CONTACT_ID",
    "CONTACT_IDS",
    "contactIds",
    "STAGE_ID",
    "stageId",
    "categoryId",
    "OPPORTUNITY",
    "BEGINDATE",
    ">ID",
    "@id",
    "><id",
    "%TITLE",
    "logic",
    "0",
    "n0",
    "ENTITY_ID",
    "ENTITY_TYPE",
    "COMMENT",
    "ownerTypeId",
    "ownerId",
    "deadline",
    "cmd",
    "halt",
    "items",
    "UF_CRM_TOPICS",
    "USER_ID",
];

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..60).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(vec![
            "",
            "1",
            "Y",
            "NEW",
            "C1:WON",
            "2026-03-01",
            "deal",
            "PHONE",
            "+74951234567",
            "$result[a][0]",
            "ыъ%_",
            "OR",
            "crm.deal.add?fields[TITLE]=$result",
            "crm.contact.add",
            "a@b.example",
            "99999999999999999999",
            "31.02.2026 25:61",
        ])
        .prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(KEYS), inner), 0..6).prop_map(|members| {
                let map: Map<String, Value> = members
                    .into_iter()
                    .map(|(key, it)| (key.to_owned(), it))
                    .collect();
                Value::Object(map)
            }),
        ]
    })
}

fn methods() -> Vec<String> {
    let names = portal().call("methods", json!({}))["result"].clone();
    php::values(&names).into_iter().map(php::strval).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn no_parameters_make_a_method_panic(
        calls in prop::collection::vec((prop::sample::select(methods()), value()), 1..20)
    ) {
        let portal = portal();
        for (method, params) in calls {
            let answer = portal.call(&method, params);
            prop_assert!(answer.get("result").is_some() || answer.get("error").is_some());
        }
        let kept = portal.snapshot();
        let copy = super::portal();
        prop_assert_eq!(copy.restore(kept.clone()), Ok(()));
        prop_assert_eq!(copy.snapshot(), kept);
        portal.counters();
    }

    #[test]
    fn any_query_is_read_and_any_value_printed(query in "[a-c\\[\\]=&%+. 0-9\u{430}]{0,60}", value in value()) {
        let parsed = params::parse_str(&query);
        let text = php_json::encode(&Value::Object(parsed));
        prop_assert!(serde_json::from_str::<Value>(&text).is_ok());
        let text = php_json::encode(&value);
        let read: Result<Value, _> = serde_json::from_str(&text);
        prop_assert!(read.is_ok(), "{}", text);
    }
}
