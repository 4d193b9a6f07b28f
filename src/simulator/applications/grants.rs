//! What the authorization server has given: codes, access tokens, refresh tokens.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// Seconds that a code, an access token and a refresh token live.
const CODE: i64 = 30;
pub(super) const ACCESS: i64 = 3600;
const REFRESH: i64 = 180 * 24 * 3600;
/// The most that is kept; the oldest go first.
const MOST: usize = 10_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum GrantKind {
    Code,
    Access,
    Refresh,
}

/// A code or a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Grant {
    pub(super) kind: GrantKind,
    /// The application.
    pub(super) application: u32,
    /// The employee.
    pub(super) user: u32,
    /// The scopes at the time; a later change of the application does not reach old tokens.
    pub(super) scopes: BTreeSet<String>,
    /// The second in which it ends.
    pub(super) until: i64,
    /// Whether a code or a refresh token was exchanged.
    is_used: bool,
    number: u64,
}

/// An access token with its refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::simulator) struct Pair {
    pub(in crate::simulator) access: String,
    pub(in crate::simulator) refresh: String,
    /// The second in which the access token ends.
    pub(in crate::simulator) until: i64,
}

/// All codes and tokens.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(super) struct Grants {
    all: BTreeMap<String, Grant>,
    count: u64,
}

impl Grants {
    fn give(
        &mut self,
        kind: GrantKind,
        (application, user): (u32, u32),
        scopes: &BTreeSet<String>,
        now: i64,
    ) -> String {
        self.make_room(now);
        let (life, length) = match kind {
            GrantKind::Code => (CODE, 32),
            GrantKind::Access => (ACCESS, 70),
            GrantKind::Refresh => (REFRESH, 70),
        };
        self.count += 1;
        let text = super::secret(length);
        let grant = Grant {
            kind,
            application,
            user,
            scopes: scopes.clone(),
            until: now + life,
            is_used: false,
            number: self.count,
        };
        self.all.insert(text.clone(), grant);
        text
    }

    pub(super) fn code(
        &mut self,
        owner: (u32, u32),
        scopes: &BTreeSet<String>,
        now: i64,
    ) -> String {
        self.give(GrantKind::Code, owner, scopes, now)
    }

    pub(super) fn pair(&mut self, owner: (u32, u32), scopes: &BTreeSet<String>, now: i64) -> Pair {
        Pair {
            access: self.give(GrantKind::Access, owner, scopes, now),
            refresh: self.give(GrantKind::Refresh, owner, scopes, now),
            until: now + ACCESS,
        }
    }

    /// Returns an access token, expired ones too.
    pub(super) fn access(&self, token: &str) -> Option<&Grant> {
        let grant = self.all.get(token);
        grant.filter(|it| it.kind == GrantKind::Access)
    }

    /// Uses a code or a refresh token up. `None` if there is none that is good.
    pub(super) fn exchange(
        &mut self,
        kind: GrantKind,
        text: &str,
        application: u32,
        now: i64,
    ) -> Option<Grant> {
        let grant = self.all.get_mut(text)?;
        let is_good = grant.kind == kind
            && grant.application == application
            && !grant.is_used
            && now < grant.until;
        if !is_good {
            return None;
        }
        grant.is_used = true;
        Some(grant.clone())
    }

    /// Ends all of a kind now, of one application.
    pub(super) fn expire(&mut self, kind: GrantKind, application: u32, now: i64) {
        for grant in self.all.values_mut() {
            if grant.kind == kind && grant.application == application {
                grant.until = grant.until.min(now);
            }
        }
    }

    /// Forgets all of an application.
    pub(super) fn revoke(&mut self, application: u32) {
        self.all.retain(|_, it| it.application != application);
    }

    /// Drops what is long over, and if that is not enough a quarter of the rest.
    fn make_room(&mut self, now: i64) {
        if self.all.len() < MOST {
            return;
        }
        self.all.retain(|_, it| it.until > now - ACCESS);
        if self.all.len() >= MOST {
            let oldest = self.count.saturating_sub((MOST / 4 * 3) as u64);
            self.all.retain(|_, it| it.number > oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_refresh_tokens_are_good_once_and_for_their_time() {
        let scopes = BTreeSet::new();
        let mut grants = Grants::default();
        for (kind, life) in [(GrantKind::Code, 30), (GrantKind::Refresh, 15_552_000)] {
            let first = grants.give(kind, (1, 7), &scopes, 0);
            let late = grants.give(kind, (1, 7), &scopes, 0);
            assert!(grants.exchange(kind, &first, 2, 0).is_none(), "foreign");
            let used = grants.exchange(kind, &first, 1, life - 1);
            assert_eq!(used.map(|it| it.user), Some(7));
            assert!(grants.exchange(kind, &first, 1, 0).is_none(), "used");
            assert!(grants.exchange(kind, &late, 1, life).is_none(), "expired");
        }
        let pair = grants.pair((1, 7), &scopes, 0);
        let as_refresh = grants.exchange(GrantKind::Refresh, &pair.access, 1, 0);
        assert!(as_refresh.is_none(), "an access token is no refresh token");
    }

    #[test]
    fn the_newest_grants_are_kept() {
        let scopes = BTreeSet::new();
        let mut grants = Grants::default();
        let first = grants.give(GrantKind::Access, (1, 1), &scopes, 0);
        for _ in 0..2 * MOST {
            grants.give(GrantKind::Access, (1, 1), &scopes, 0);
        }
        let last = grants.give(GrantKind::Access, (1, 1), &scopes, 0);
        assert!(grants.all.len() <= MOST);
        assert!(grants.access(&first).is_none() && grants.access(&last).is_some());
    }
}
