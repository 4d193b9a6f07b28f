//! Tests of the portal as a whole: what a client sees, by direct calls and over HTTP.

mod application_events;
mod applications;
mod batches;
mod companies;
mod contacts;
mod faulty;
mod files;
mod foreign;
mod items;
mod laws;
mod merging;
mod pages;
mod recordings;
mod records;
pub(crate) mod served;
mod telephony;
mod wire;

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::{Limits, Portal, PortalOptions};

/// 1 March 2026, 10:00 in the portal's zone.
const NOON: i64 = 1_772_348_400;

fn options() -> PortalOptions {
    let mut options =
        PortalOptions::new(Arc::new(|| Timestamp::from_second(NOON).expect("a date")));
    options.limits = Limits::off();
    options
}

fn portal() -> Portal {
    Portal::new(options())
}

/// The `result` of a call that must succeed.
fn ok(portal: &Portal, method: &str, params: Value) -> Value {
    let answer = portal.call(method, params);
    assert!(answer.get("error").is_none(), "{method}: {answer}");
    answer["result"].clone()
}

/// Code and text of a call that must be refused.
fn refused(portal: &Portal, method: &str, params: Value) -> (String, String) {
    let answer = portal.call(method, params);
    let text = |key: &str| {
        answer[key]
            .as_str()
            .unwrap_or_else(|| panic!("{method} succeeded: {answer}"))
            .to_owned()
    };
    (text("error"), text("error_description"))
}
