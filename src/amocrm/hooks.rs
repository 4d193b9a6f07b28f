//! The hooks of an account: reading their list, adding and removing them.
//!
//! `GET`, `POST` and `DELETE /api/v4/webhooks`, for administrators; a hook has a `destination`, a
//! list of events in `settings`, and is `disabled` after too many bad replies. At most 100 per
//! account (amoCRM's documentation). Nothing is documented about adding a hook that exists and is
//! disabled; if it stays disabled, it is removed and added again.

use reqwest::{Method, Url};
use serde_json::{Value, json};

use super::client::{AmoClient, listed};
use crate::domain::AmoFailure;

/// The path of all calls about hooks, and of the list in a reply.
const HOOKS: &str = "webhooks";

/// A hook of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AmoHook {
    /// The address that it calls.
    pub destination: String,
    /// Its events as amoCRM spells them: `add_lead`.
    pub events: Vec<String>,
    /// Whether amoCRM has switched it off.
    pub is_disabled: bool,
}

impl AmoHook {
    fn read(hook: &Value) -> Option<Self> {
        let events = hook.get("settings").and_then(Value::as_array);
        let events = events.into_iter().flatten().filter_map(Value::as_str);
        Some(Self {
            destination: hook.get("destination")?.as_str()?.to_owned(),
            events: events.map(str::to_owned).collect(),
            is_disabled: hook.get("disabled").and_then(Value::as_bool) == Some(true),
        })
    }
}

/// The address of leadgate's own hook of an account.
#[derive(Debug, Clone)]
pub struct OwnHook {
    /// The path `/amo/main`.
    pub path: String,
    /// The secret; empty for none.
    pub secret: String,
    /// Where amoCRM reaches leadgate: `https://gw.example`; empty if that is not known.
    pub base: String,
}

impl OwnHook {
    /// Returns the address to add.
    pub fn destination(&self) -> Option<String> {
        if self.base.is_empty() {
            return None;
        }
        let mut url: Url = format!("{}{}", self.base, self.path).parse().ok()?;
        if !self.secret.is_empty() {
            url.query_pairs_mut().append_pair("key", &self.secret);
        }
        Some(url.into())
    }

    /// Returns whether a hook leads here: by its path and its secret, and by its host if that is
    /// known.
    pub fn is_one(&self, hook: &AmoHook) -> bool {
        let Ok(url) = hook.destination.parse::<Url>() else {
            return false;
        };
        let is_elsewhere = |here: Url| {
            let folder = here.path().trim_end_matches('/');
            here.origin() != url.origin() || !url.path().starts_with(folder)
        };
        if self.base.parse().is_ok_and(is_elsewhere) {
            return false;
        }
        let path = percent_encoding::percent_decode_str(url.path()).decode_utf8_lossy();
        let path = path.trim_end_matches('/');
        let in_query = || {
            url.query_pairs()
                .any(|(name, value)| name == "key" && value == self.secret.as_str())
        };
        if path.ends_with(&self.path) {
            return self.secret.is_empty() || in_query();
        }
        let end = path.strip_suffix(&self.secret).unwrap_or_default();
        !self.secret.is_empty() && end.trim_end_matches('/').ends_with(&self.path)
    }
}

impl AmoClient {
    /// Returns the hooks of the account.
    pub async fn hooks(&self) -> Result<Vec<AmoHook>, AmoFailure> {
        let query = [("limit", "250".to_owned())];
        let reply = self.call(&Method::GET, HOOKS, &query, None).await?;
        let hooks = reply.map(|reply| listed(reply, HOOKS)).unwrap_or_default();
        Ok(hooks.iter().filter_map(AmoHook::read).collect())
    }

    /// Adds a hook, or changes the events of the one with this address.
    pub async fn add_hook(&self, destination: &str, events: &[String]) -> Result<(), AmoFailure> {
        let hook = json!({"destination": destination, "settings": events});
        self.call(&Method::POST, HOOKS, &[], Some(&hook))
            .await
            .map(drop)
    }

    /// Removes a hook.
    pub async fn remove_hook(&self, destination: &str) -> Result<(), AmoFailure> {
        let hook = json!({"destination": destination});
        self.call(&Method::DELETE, HOOKS, &[], Some(&hook))
            .await
            .map(drop)
    }

    /// Switches a hook on again.
    pub async fn enable_hook(&self, hook: &AmoHook) -> Result<(), AmoFailure> {
        self.add_hook(&hook.destination, &hook.events).await?;
        let hooks = self.hooks().await?;
        let is_off = |one: &AmoHook| one.destination == hook.destination && one.is_disabled;
        if hooks.iter().any(is_off) {
            self.remove_hook(&hook.destination).await?;
            self.add_hook(&hook.destination, &hook.events).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_hook_is_known_by_path_secret_and_host() {
        let own = |base: &str, secret: &str| OwnHook {
            path: "/amo/main".to_owned(),
            secret: secret.to_owned(),
            base: base.to_owned(),
        };
        for (destination, base, secret, is_own) in [
            ("https://gw.example/amo/main?key=a+b", "", "a b", true),
            (
                "https://gw.example/amo/main?key=a%20b",
                "https://gw.example",
                "a b",
                true,
            ),
            ("https://gw.example/amo/main/a%20b", "", "a b", true),
            (
                "https://gw.example/proxy/amo/main/?x=1&key=s",
                "",
                "s",
                true,
            ),
            ("https://gw.example/amo/main", "", "", true),
            (
                "https://gw.example/amo/main?key=s",
                "https://other.example",
                "s",
                false,
            ),
            ("https://gw.example/amo/main?key=t", "", "s", false),
            ("https://gw.example/amo/main", "", "s", false),
            ("https://gw.example/amo/other?key=s", "", "s", false),
            ("https://gw.example/amo/main2?key=s", "", "s", false),
            ("nonsense", "", "", false),
            // addresses are compared, not their spellings
            (
                "https://gw.example/amo/main?key=s",
                "https://GW.example:443",
                "s",
                true,
            ),
            (
                "https://gw.example.org/amo/main",
                "https://gw.example",
                "",
                false,
            ),
        ] {
            let hook = AmoHook {
                destination: destination.to_owned(),
                events: Vec::new(),
                is_disabled: false,
            };
            assert_eq!(own(base, secret).is_one(&hook), is_own, "{destination}");
        }
        assert_eq!(
            own("https://gw.example", "a b").destination().unwrap(),
            "https://gw.example/amo/main?key=a+b"
        );
        assert_eq!(own("", "s").destination(), None);
    }
}
