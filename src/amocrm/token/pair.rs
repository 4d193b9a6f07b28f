//! The two tokens of an integration, and until when they are good.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

/// How long before its end an access token is renewed at the earliest.
const AHEAD: SignedDuration = SignedDuration::from_hours(1);

/// A pair.
#[derive(Clone)]
pub(super) struct TokenPair {
    /// What calls carry.
    pub(super) access: SecretString,
    /// What is exchanged for the next pair, once.
    pub(super) refresh: SecretString,
    /// When amoCRM gave it.
    pub(super) obtained_at: Timestamp,
    /// When the access token ends.
    pub(super) expires_at: Timestamp,
}

impl TokenPair {
    /// Returns whether it is time to renew it: an hour before the end, or a tenth of a shorter life.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        let life = self.expires_at.duration_since(self.obtained_at);
        let ahead = AHEAD.min(life / 10);
        let from = self.expires_at.checked_sub(ahead);
        from.unwrap_or(self.expires_at) <= now
    }

    /// Returns whether the access token has ended.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        self.expires_at <= now
    }

    /// Writes it for the encrypted file.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "access": self.access.expose_secret(), "refresh": self.refresh.expose_secret(),
            "obtained_at": self.obtained_at, "expires_at": self.expires_at,
        })
    }

    /// Reads what [`to_json`](Self::to_json) wrote.
    pub(super) fn from_json(stored: &Value) -> Option<Self> {
        let text = |name: &str| stored.get(name)?.as_str();
        let time = |name: &str| text(name)?.parse::<Timestamp>().ok();
        Some(Self {
            access: text("access")?.into(),
            refresh: text("refresh")?.into(),
            obtained_at: time("obtained_at")?,
            expires_at: time("expires_at")?,
        })
    }
}

impl fmt::Debug for TokenPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenPair")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_renewed_an_hour_before_its_end() {
        let at = |seconds: i64| Timestamp::from_second(seconds).unwrap();
        for (life, second, is_due, is_over) in [
            (86_400, 0, false, false),
            (86_400, 82_799, false, false),
            (86_400, 82_800, true, false),
            (86_400, 86_400, true, true),
            (100, 89, false, false),
            (100, 90, true, false),
            (0, 0, true, true),
        ] {
            let pair = TokenPair {
                access: "the access token".into(),
                refresh: "the refresh token".into(),
                obtained_at: at(0),
                expires_at: at(life),
            };
            let found = (pair.is_due(at(second)), pair.is_over(at(second)));
            assert_eq!(found, (is_due, is_over), "{life} {second}");
            assert!(!format!("{pair:?}").contains("the access token"));
            let read = TokenPair::from_json(&pair.to_json()).unwrap();
            assert_eq!(read.refresh.expose_secret(), "the refresh token");
            assert_eq!(read.expires_at, pair.expires_at);
        }
        assert!(TokenPair::from_json(&json!({"access": "x"})).is_none());
    }
}
