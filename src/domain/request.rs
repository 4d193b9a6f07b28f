//! What a request itself tells, apart from its body.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The facts, each a short text. They are a person's data: stored with the submission, erased with
/// it, and never logged.
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct RequestFacts {
    /// The sender's address.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// When it was received: ISO 8601, UTC.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub time: String,
    /// The method.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub method: String,
    /// The header `Host`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub host: String,
    /// The header `Referer`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub referer: String,
    /// The header `Origin`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub origin: String,
    /// The header `User-Agent`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user_agent: String,
    /// The header `Accept-Language`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub language: String,
}

impl RequestFacts {
    /// The names that profiles use: `$request.address`.
    pub const NAMES: [&str; 8] = [
        "address",
        "time",
        "method",
        "host",
        "referer",
        "origin",
        "user_agent",
        "language",
    ];
    /// Longer texts are cut, in characters.
    pub const LONGEST: usize = 500;

    /// Returns a text of a request as it is kept: cut, without control characters.
    pub fn text(text: &str) -> String {
        let plain = text.chars().filter(|letter| !letter.is_control());
        let kept: String = plain.take(Self::LONGEST).collect();
        kept.trim().to_owned()
    }
}

impl fmt::Debug for RequestFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestFacts").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_may_use_every_fact() {
        let mut facts = RequestFacts::default();
        let all = [
            &mut facts.address,
            &mut facts.time,
            &mut facts.method,
            &mut facts.host,
            &mut facts.referer,
            &mut facts.origin,
            &mut facts.user_agent,
            &mut facts.language,
        ];
        for fact in all {
            "x".clone_into(fact);
        }
        let stored = serde_json::to_value(&facts).unwrap();
        let names: Vec<&String> = stored.as_object().unwrap().keys().collect();
        assert_eq!(names, RequestFacts::NAMES);
        assert!(!format!("{facts:?}").contains('x'));
    }

    #[test]
    fn texts_are_cut_and_plain() {
        assert_eq!(RequestFacts::text(" a\u{0}b\r\n"), "ab");
        assert_eq!(RequestFacts::text(&"я".repeat(9_000)).chars().count(), 500);
    }
}
