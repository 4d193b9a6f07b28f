//! Values of the portal's lists: a field of one value takes an id, a field of several a list of ids, which
//! replaces the whole list that stands there.

use serde_json::{Value, json};

use crate::domain::{ChosenValues, OnUpdate};

/// The values as the CRM shall store them.
pub(super) fn stored(chosen: &ChosenValues) -> Value {
    if chosen.multiple {
        return json!(chosen.ids);
    }
    chosen.ids.first().map_or(Value::Null, |id| json!(id))
}

/// What an update must write over what stands there, if anything.
pub(super) fn change(
    on_update: OnUpdate,
    chosen: &ChosenValues,
    there: Option<&Value>,
) -> Option<Value> {
    let there = ids(there);
    let is_same = there.len() == chosen.ids.len() && chosen.ids.iter().all(|id| there.contains(id));
    match on_update {
        OnUpdate::Keep => None,
        OnUpdate::Overwrite => (!is_same).then(|| stored(chosen)),
        OnUpdate::Append if chosen.multiple => {
            let mut all = there.clone();
            all.extend(chosen.ids.iter().filter(|id| !there.contains(id)).cloned());
            (all.len() > there.len()).then(|| json!(all))
        }
        // to one value nothing can be added
        OnUpdate::Fill | OnUpdate::Append => there.is_empty().then(|| stored(chosen)),
    }
}

/// The ids that stand in a field; PHP writes an unset one as null, false, nothing, 0 or an empty list.
fn ids(value: Option<&Value>) -> Vec<String> {
    let one = |value: &Value| match value {
        Value::String(text) if !text.is_empty() && text != "0" => Some(text.clone()),
        Value::Number(number) if number.as_i64() != Some(0) => Some(number.to_string()),
        _ => None,
    };
    match value {
        Some(Value::Array(items)) => items.iter().filter_map(one).collect(),
        Some(Value::Object(members)) => members.values().filter_map(one).collect(),
        Some(single) => one(single).into_iter().collect(),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(ids: &[&str], multiple: bool) -> ChosenValues {
        ChosenValues {
            ids: ids.iter().map(|id| (*id).to_owned()).collect(),
            multiple,
            text: String::new().into(),
        }
    }

    #[test]
    fn several_values_are_a_list_and_one_is_itself() {
        assert_eq!(stored(&chosen(&["45", "46"], true)), json!(["45", "46"]));
        assert_eq!(stored(&chosen(&["45"], false)), json!("45"));
    }

    #[test]
    fn an_update_writes_only_what_differs() {
        let many = chosen(&["45", "46"], true);
        let there = json!([46, "45"]);
        assert_eq!(change(OnUpdate::Overwrite, &many, Some(&there)), None);
        assert_eq!(change(OnUpdate::Append, &many, Some(&there)), None);
        let there = json!(["47"]);
        assert_eq!(
            change(OnUpdate::Append, &many, Some(&there)),
            Some(json!(["47", "45", "46"]))
        );
        assert_eq!(
            change(OnUpdate::Overwrite, &many, Some(&there)),
            Some(json!(["45", "46"]))
        );
        assert_eq!(change(OnUpdate::Fill, &many, Some(&there)), None);
        assert_eq!(change(OnUpdate::Keep, &many, None), None);
        for empty in [json!(null), json!(false), json!([]), json!("0"), json!("")] {
            let one = chosen(&["45"], false);
            assert_eq!(
                change(OnUpdate::Fill, &one, Some(&empty)),
                Some(json!("45"))
            );
            assert_eq!(
                change(OnUpdate::Append, &one, Some(&empty)),
                Some(json!("45"))
            );
        }
    }
}
