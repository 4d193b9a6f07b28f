//! An event never takes more room than the packet that it is about: overlong texts and lists in
//! plans and calls are shortened, visibly.

use serde_json::{Value, json};

use crate::domain::event::{Call, Planned};
use crate::domain::text;

/// A plan up to this size is kept whole, so that it can be carried out again.
const LARGEST_PLAN: usize = 2 << 20;

/// A call's question or answer up to this size is kept whole.
const LARGEST_CALL: usize = 64 << 10;

/// Beyond that: characters of a text, and items of a list.
const CUTS: [(usize, usize); 3] = [(2_000, 50), (200, 20), (50, 5)];

/// Returns the plan as JSON if it is so long that the history gets a shortened copy.
pub(super) fn overlong(planned: &Planned) -> Result<Option<String>, serde_json::Error> {
    let whole = serde_json::to_string(planned)?;
    Ok((whole.len() > LARGEST_PLAN).then_some(whole))
}

/// The plan as JSON; a huge one with its texts shortened and marked so.
pub(super) fn planned(planned: &Planned) -> Result<String, serde_json::Error> {
    let whole = serde_json::to_string(planned)?;
    if whole.len() <= LARGEST_PLAN {
        return Ok(whole);
    }
    let mut value = serde_json::to_value(planned)?;
    shorten(&mut value, 2_000, usize::MAX);
    if let Value::Object(fields) = &mut value {
        fields.insert("shortened".to_owned(), Value::Bool(true));
    }
    serde_json::to_string(&value)
}

/// Returns the call as JSON; long values of a huge request or answer are shortened.
pub(super) fn call(call: &Call) -> Result<String, serde_json::Error> {
    let whole = serde_json::to_string(call)?;
    if whole.len() <= LARGEST_CALL {
        return Ok(whole);
    }
    serde_json::to_string(&Call {
        params: bounded(&call.params)?,
        answer: bounded(&call.answer)?,
        ..call.clone()
    })
}

fn bounded(value: &Value) -> Result<Value, serde_json::Error> {
    let size = serde_json::to_string(value)?.len();
    if size <= LARGEST_CALL / 2 {
        return Ok(value.clone());
    }
    for (chars, items) in CUTS {
        let mut shorter = value.clone();
        shorten(&mut shorter, chars, items);
        if serde_json::to_string(&shorter)?.len() <= LARGEST_CALL / 2 {
            return Ok(shorter);
        }
    }
    Ok(json!(format!("… {size} bytes, too many to keep")))
}

fn shorten(value: &mut Value, chars: usize, items: usize) {
    match value {
        Value::String(long) => {
            if long.chars().nth(chars).is_some() {
                *long = text::ellipsis(long, chars);
            }
        }
        Value::Array(list) => {
            let left_out = list.len().saturating_sub(items);
            list.truncate(items);
            for item in &mut *list {
                shorten(item, chars, items);
            }
            if left_out > 0 {
                list.push(json!(format!("… and {left_out} more")));
            }
        }
        Value::Object(fields) => {
            let left_out = fields.len().saturating_sub(items);
            let beyond: Vec<String> = fields.keys().skip(items).cloned().collect();
            for key in beyond {
                fields.shift_remove(&key);
            }
            for field in fields.values_mut() {
                shorten(field, chars, items);
            }
            if left_out > 0 {
                fields.insert("…".to_owned(), json!(format!("and {left_out} more")));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
