//! The phones and agents of a PBX: who can be reached, and what they do.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::pbx::{AgentEvent, PhoneEvent};

/// The most phones; those of further ones are not kept.
const MOST: usize = 10_000;

/// What is known about the employee behind an inner number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// The inner number.
    pub inner: String,
    /// The number of the employee in the CRM, by the PBX.
    pub crm_user: Option<String>,
    /// Whether the phone is registered; `None` if that is not known.
    pub is_registered: Option<bool>,
    /// The state in the call centre, in the words of the PBX.
    pub state: Option<String>,
    /// When any of it changed.
    pub since: Timestamp,
}

/// The phones and agents of a PBX, by inner number.
#[derive(Debug, Default)]
pub struct Presence(BTreeMap<String, Agent>);

impl Presence {
    /// Applies a change of a phone; returns whether anything changed.
    pub fn phone(&mut self, event: &PhoneEvent, now: Timestamp) -> bool {
        let is_registered = event.is_registered;
        self.set(&event.inner, event.crm_user.as_deref(), now, |agent| {
            agent.is_registered = is_registered;
        })
    }

    /// Applies a change of an agent; returns whether anything changed.
    pub fn agent(&mut self, event: &AgentEvent, now: Timestamp) -> bool {
        let state = Some(event.state.clone());
        self.set(&event.inner, event.crm_user.as_deref(), now, |agent| {
            agent.state = state;
        })
    }

    fn set(
        &mut self,
        inner: &str,
        crm_user: Option<&str>,
        now: Timestamp,
        change: impl FnOnce(&mut Agent),
    ) -> bool {
        let before = self.0.get(inner).cloned();
        if before.is_none() && self.0.len() >= MOST {
            return false;
        }
        let mut agent = before.clone().unwrap_or_else(|| Agent {
            inner: inner.to_owned(),
            crm_user: None,
            is_registered: None,
            state: None,
            since: now,
        });
        agent.crm_user = crm_user.map(str::to_owned).or(agent.crm_user);
        change(&mut agent);
        if before.as_ref() == Some(&agent) {
            return false;
        }
        agent.since = now;
        self.0.insert(inner.to_owned(), agent);
        true
    }

    /// Restores what was stored.
    pub fn restore(&mut self, agent: Agent) {
        self.0.insert(agent.inner.clone(), agent);
    }

    /// Forgets an inner number.
    pub fn forget(&mut self, inner: &str) {
        self.0.remove(inner);
    }

    /// Returns what is known about an inner number.
    pub fn get(&self, inner: &str) -> Option<&Agent> {
        self.0.get(inner)
    }

    /// Returns all, by inner number.
    pub fn iter(&self) -> impl Iterator<Item = &Agent> {
        self.0.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone(is_registered: Option<bool>) -> PhoneEvent {
        PhoneEvent {
            inner: "9022".to_owned(),
            crm_user: Some("3".to_owned()),
            is_registered,
        }
    }

    #[test]
    fn the_phone_and_the_state_of_an_agent_are_known_apart() {
        let mut presence = Presence::default();
        let now = Timestamp::UNIX_EPOCH;
        assert!(presence.phone(&phone(Some(true)), now));
        assert!(!presence.phone(&phone(Some(true)), now));
        let agent = AgentEvent {
            inner: "9022".to_owned(),
            crm_user: None,
            state: "В работе".to_owned(),
        };
        assert!(presence.agent(&agent, now));
        let known = presence.get("9022").unwrap();
        assert_eq!(known.crm_user.as_deref(), Some("3"));
        assert_eq!(known.is_registered, Some(true));
        assert_eq!(known.state.as_deref(), Some("В работе"));
        assert!(presence.phone(&phone(Some(false)), now));
        assert_eq!(presence.iter().count(), 1);
    }

    #[test]
    fn the_number_of_phones_is_limited() {
        let mut presence = Presence::default();
        for number in 0..=MOST {
            let event = PhoneEvent {
                inner: number.to_string(),
                ..phone(Some(true))
            };
            presence.phone(&event, Timestamp::UNIX_EPOCH);
        }
        assert_eq!(presence.iter().count(), MOST);
    }
}
