//! Checks of tokens that are under way. Each asks two servers and takes a place, so one token gets only
//! a few of the places.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use secrecy::{ExposeSecret as _, SecretString};

/// The checks of one token at the same time.
const MOST_OF_ONE: usize = 2;

/// The tokens whose checks are under way, by their hashes. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Checks {
    running: Arc<Mutex<HashMap<Vec<u8>, usize>>>,
}

/// A check, until it is dropped.
pub(super) struct Check {
    key: Vec<u8>,
    running: Arc<Mutex<HashMap<Vec<u8>, usize>>>,
}

impl Checks {
    /// Begins a check of a token; `None` if it has too many.
    pub(super) fn begin(&self, token: &SecretString) -> Option<Check> {
        let key = digest(&SHA256, token.expose_secret().as_bytes());
        let key = key.as_ref().to_vec();
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let count = running.entry(key.clone()).or_default();
        if *count >= MOST_OF_ONE {
            return None;
        }
        *count += 1;
        Some(Check {
            key,
            running: Arc::clone(&self.running),
        })
    }
}

impl Drop for Check {
    fn drop(&mut self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = running.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                running.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_token_leaves_places_to_the_others() {
        let checks = Checks::default();
        let (one, other) = (SecretString::from("one"), SecretString::from("other"));
        let first = checks.begin(&one);
        let second = checks.begin(&one);
        assert!(first.is_some() && second.is_some());
        assert!(checks.begin(&one).is_none());
        assert!(checks.begin(&other).is_some());
        drop(first);
        assert!(checks.begin(&one).is_some());
        drop(second);
        assert!(checks.running.lock().unwrap().is_empty());
    }
}
