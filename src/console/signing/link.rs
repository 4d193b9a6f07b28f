//! The link for the first sign-in, printed when the gateway starts. It works once.

use std::sync::{Mutex, PoisonError};

use super::{secret, sha256};
use crate::domain::SessionHash;

/// The current link, known by the hash of its secret.
#[derive(Default)]
pub(super) struct Links(Mutex<Option<SessionHash>>);

impl Links {
    /// Makes a link in place of the one before and returns its secret.
    pub(super) fn make(&self) -> Option<String> {
        let secret = secret()?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(sha256(&secret));
        Some(secret)
    }

    /// Returns whether this is the secret of the link, which ends with it.
    pub(super) fn take(&self, secret: &str) -> bool {
        let mut link = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        link.take_if(|link| *link == sha256(secret)).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_works_once_and_only_the_newest() {
        let links = Links::default();
        assert!(!links.take(""));
        let old = links.make().unwrap();
        let new = links.make().unwrap();
        assert!(!links.take(&old));
        assert!(links.take(&new));
        assert!(!links.take(&new));
    }
}
