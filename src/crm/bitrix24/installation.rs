//! What is kept of an application that is installed on a portal: whose it is, and the tokens of
//! its administrators. It is stored in an encrypted file.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::authorization::IssuedTokens;

/// How long before its end an access token is renewed at the earliest.
const AHEAD: SignedDuration = SignedDuration::from_mins(2);

/// The longest life of an access token that is believed, in seconds.
const LONGEST_LIFE: i64 = 86_400;

/// The administrators whose tokens are kept; those who have not opened the application for the
/// longest time are forgotten.
const MOST_PAIRS: usize = 10;

/// The tokens of one administrator.
#[derive(Clone)]
pub(super) struct Pair {
    pub(super) user_id: u64,
    pub(super) access: SecretString,
    pub(super) refresh: SecretString,
    pub(super) obtained_at: Timestamp,
    pub(super) expires_at: Timestamp,
    /// Whether the authorization server does not take the refresh token any more.
    pub(super) is_refused: bool,
    /// The hash of the refresh token that these tokens were issued for. A page that is posted again
    /// brings it, although it was used.
    pub(super) spent: Option<String>,
}

impl Pair {
    pub(super) fn new(user_id: u64, issued: &IssuedTokens, now: Timestamp) -> Self {
        let life = SignedDuration::from_secs(issued.expires_in.clamp(0, LONGEST_LIFE));
        Self {
            user_id,
            access: issued.access.clone(),
            refresh: issued.refresh.clone(),
            obtained_at: now,
            expires_at: now.checked_add(life).unwrap_or(Timestamp::MAX),
            is_refused: false,
            spent: None,
        }
    }

    /// Returns these tokens as issued for a refresh token.
    pub(super) fn in_place_of(mut self, refresh: &SecretString) -> Self {
        self.spent = Some(hash(refresh));
        self
    }

    /// Returns whether a refresh token was used to get these tokens.
    pub(super) fn has_spent(&self, refresh: &SecretString) -> bool {
        self.spent.as_deref() == Some(&*hash(refresh))
    }

    /// Returns whether it is time to renew it: two minutes before the end, or a tenth of a shorter
    /// life.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        let life = self.expires_at.duration_since(self.obtained_at);
        let from = self.expires_at.checked_sub(AHEAD.min(life / 10));
        from.unwrap_or(self.expires_at) <= now
    }

    /// Returns whether the access token has ended.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        self.expires_at <= now
    }
}

/// An installation.
#[derive(Clone)]
pub(super) struct Installation {
    /// The portal's number.
    pub(super) member_id: String,
    /// What events prove their origin with.
    pub(super) application_token: Option<SecretString>,
    /// The administrator whose tokens are used as long as they work: the one who installed it.
    pub(super) service: u64,
    pub(super) pairs: Vec<Pair>,
}

impl Installation {
    /// Returns the pairs that may work, in the order in which they are used.
    pub(super) fn usable(&self) -> Vec<&Pair> {
        let mut usable: Vec<&Pair> = self.pairs.iter().filter(|pair| !pair.is_refused).collect();
        usable.sort_by_key(|pair| {
            let is_other = pair.user_id != self.service;
            (is_other, std::cmp::Reverse(pair.obtained_at))
        });
        usable
    }

    pub(super) fn pair_of(&self, user_id: u64) -> Option<&Pair> {
        self.pairs.iter().find(|pair| pair.user_id == user_id)
    }

    /// Puts a pair in place of the employee's old one.
    pub(super) fn put(&mut self, pair: Pair) {
        self.pairs.retain(|old| old.user_id != pair.user_id);
        self.pairs.push(pair);
        self.pairs
            .sort_by_key(|pair| std::cmp::Reverse(pair.obtained_at));
        while self.pairs.len() > MOST_PAIRS {
            let oldest = self
                .pairs
                .iter()
                .rposition(|pair| pair.user_id != self.service);
            let Some(oldest) = oldest else { break };
            self.pairs.remove(oldest);
        }
    }

    /// Writes it for the encrypted file.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let stored = Stored {
            member_id: self.member_id.clone(),
            application_token: self.application_token.as_ref().map(exposed),
            service: self.service,
            pairs: self.pairs.iter().map(StoredPair::of).collect(),
        };
        // of strings and numbers, so it cannot fail
        serde_json::to_vec(&stored).unwrap_or_default()
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let stored: Stored = serde_json::from_slice(bytes).ok()?;
        Some(Self {
            member_id: stored.member_id,
            application_token: stored.application_token.map(Into::into),
            service: stored.service,
            pairs: stored.pairs.into_iter().map(StoredPair::read).collect(),
        })
    }
}

/// Shows no token.
impl fmt::Debug for Installation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Installation")
            .field("member_id", &self.member_id)
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

/// The content of the file. It has tokens, so it has no `Debug`.
#[derive(Serialize, Deserialize)]
struct Stored {
    member_id: String,
    application_token: Option<String>,
    service: u64,
    pairs: Vec<StoredPair>,
}

#[derive(Serialize, Deserialize)]
struct StoredPair {
    user_id: u64,
    access: String,
    refresh: String,
    obtained_at: Timestamp,
    expires_at: Timestamp,
    #[serde(default)]
    is_refused: bool,
    #[serde(default)]
    spent: Option<String>,
}

impl StoredPair {
    fn of(pair: &Pair) -> Self {
        Self {
            user_id: pair.user_id,
            access: exposed(&pair.access),
            refresh: exposed(&pair.refresh),
            obtained_at: pair.obtained_at,
            expires_at: pair.expires_at,
            is_refused: pair.is_refused,
            spent: pair.spent.clone(),
        }
    }

    fn read(self) -> Pair {
        Pair {
            user_id: self.user_id,
            access: self.access.into(),
            refresh: self.refresh.into(),
            obtained_at: self.obtained_at,
            expires_at: self.expires_at,
            is_refused: self.is_refused,
            spent: self.spent,
        }
    }
}

fn hash(secret: &SecretString) -> String {
    HEXLOWER.encode(digest(&SHA256, secret.expose_secret().as_bytes()).as_ref())
}

fn exposed(secret: &SecretString) -> String {
    secret.expose_secret().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn pair(user_id: u64, seconds: i64, expires_in: i64) -> Pair {
        let issued = IssuedTokens {
            access: format!("access of {user_id}").into(),
            refresh: format!("refresh of {user_id}").into(),
            expires_in,
        };
        Pair::new(user_id, &issued, at(seconds))
    }

    fn installation() -> Installation {
        Installation {
            member_id: "a2".to_owned(),
            application_token: Some("the token".into()),
            service: 1,
            pairs: vec![pair(1, 0, 3600)],
        }
    }

    #[test]
    fn a_pair_is_renewed_two_minutes_before_its_end() {
        for (life, second, is_due, is_over) in [
            (3600, 3479, false, false),
            (3600, 3480, true, false),
            (3600, 3600, true, true),
            (100, 89, false, false),
            (100, 90, true, false),
            (0, 0, true, true),
            (-5, 0, true, true),
            (i64::MAX, 86_000, false, false),
        ] {
            let pair = pair(1, 0, life);
            let found = (pair.is_due(at(second)), pair.is_over(at(second)));
            assert_eq!(found, (is_due, is_over), "{life} {second}");
        }
    }

    #[test]
    fn the_installer_comes_first_then_who_opened_the_application_last() {
        let mut installation = installation();
        installation.put(pair(2, 10, 3600));
        installation.put(pair(3, 20, 3600));
        let order = |of: &Installation| -> Vec<u64> {
            of.usable().iter().map(|pair| pair.user_id).collect()
        };
        assert_eq!(order(&installation), [1, 3, 2]);
        installation
            .pairs
            .iter_mut()
            .for_each(|pair| pair.is_refused = pair.user_id == 1);
        assert_eq!(order(&installation), [3, 2]);
        // an opening heals it
        installation.put(pair(1, 30, 3600));
        assert_eq!(order(&installation), [1, 3, 2]);
        for user in 4..50 {
            installation.put(pair(user, 100, 3600));
        }
        assert_eq!(installation.pairs.len(), MOST_PAIRS);
        assert!(installation.pair_of(1).is_some());
    }

    #[test]
    fn a_refresh_token_that_was_used_is_known_again() {
        let mut installation = installation();
        let used = SecretString::from("used");
        let renewed = pair(1, 5, 3600).in_place_of(&used);
        installation.put(renewed);
        let read = Installation::from_bytes(&installation.to_bytes()).unwrap();
        let pair = read.pair_of(1).unwrap();
        assert!(pair.has_spent(&used));
        assert!(!pair.has_spent(&pair.refresh));
    }

    #[test]
    fn what_is_written_is_read_and_debug_shows_no_token() {
        let installation = installation();
        let read = Installation::from_bytes(&installation.to_bytes()).unwrap();
        assert_eq!(read.pairs[0].access.expose_secret(), "access of 1");
        assert_eq!(
            read.application_token.as_ref().map(exposed).as_deref(),
            Some("the token")
        );
        assert!(!format!("{read:?}").contains("token\": \"the"));
        assert!(!format!("{read:?}").contains("access of"));
        assert!(Installation::from_bytes(b"{}").is_none());
    }
}
