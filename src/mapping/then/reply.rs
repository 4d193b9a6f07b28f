//! Reads the replies of services by the rules of a profile: tests and paths, as written.

use serde_json::Value;

use crate::mapping::packet::Packet;
use crate::mapping::path::{Path, When};

/// A test of a reply.
#[derive(Debug)]
pub struct ReplyTest(When);

impl ReplyTest {
    /// Compiles a test. Returns `None` if it cannot be read, which `check` reports.
    pub fn parse(test: &str) -> Option<Self> {
        When::parse(test).ok().map(Self)
    }

    /// Returns whether the reply passes. A test that is too costly on this reply does not hold.
    pub fn holds(&self, reply: &Value) -> bool {
        let packet = Packet::new(reply);
        self.0.cost(&packet).is_ok() && self.0.matches(&packet)
    }
}

/// Returns the value at a path of a reply: the value itself if the path finds one, a list if it
/// finds several; `None` for nothing, null, or a path that is too costly on this reply.
pub fn reply_value(path: &str, reply: &Value) -> Option<Value> {
    let path = Path::parse(path).ok()?;
    let packet = Packet::new(reply);
    path.cost(&packet).ok()?;
    let mut found = path.find(&packet);
    let value = match found.len() {
        0 => return None,
        1 => found.swap_remove(0).value.clone(),
        _ => found.into_iter().map(|found| found.value.clone()).collect(),
    };
    Some(value).filter(|value| !value.is_null())
}
