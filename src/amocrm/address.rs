//! Where an account is, and what becomes of a reply.

use std::time::Duration;

use reqwest::Url;
use serde_json::Value;

use crate::crm::network_failure;
use crate::domain::AmoFailure;
use crate::domain::json::has_at_most;

/// The longest reply, and the most values in it.
const REPLY: usize = 16 << 20;
const MOST_VALUES: usize = 500_000;

/// Where an account is.
#[derive(Clone)]
pub(super) struct Address {
    /// Its name in the settings.
    pub(super) name: String,
    pub(super) url: Url,
    pub(super) http: reqwest::Client,
}

impl Address {
    /// Returns the address of a path.
    pub(super) fn url(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        let base = url.path().trim_end_matches('/');
        let path = format!("{base}/{path}");
        url.set_path(&path);
        url
    }

    pub(super) fn refused(&self, status: u16) -> AmoFailure {
        AmoFailure::Refused {
            account: self.name.clone(),
            status,
        }
    }
}

/// Why an attempt failed.
pub(super) enum Failed {
    /// Too many calls; the server may say how long to wait.
    TooFast { wait: Option<Duration> },
    /// This.
    For(AmoFailure),
}

impl Failed {
    pub(super) fn into_failure(self) -> AmoFailure {
        match self {
            Self::TooFast { .. } => AmoFailure::Throttled,
            Self::For(failure) => failure,
        }
    }

    pub(super) fn network(error: reqwest::Error) -> Self {
        let failure = network_failure(&error.without_url());
        Self::For(AmoFailure::Network { failure })
    }
}

/// Reads a reply of JSON.
pub(super) async fn read(mut response: reqwest::Response) -> Result<Value, Failed> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(Failed::network)? {
        if body.len() + chunk.len() > REPLY {
            return Err(Failed::For(AmoFailure::NotUnderstood));
        }
        body.extend_from_slice(&chunk);
    }
    if !has_at_most(MOST_VALUES, &body) {
        return Err(Failed::For(AmoFailure::NotUnderstood));
    }
    serde_json::from_slice(&body).map_err(|_| Failed::For(AmoFailure::NotUnderstood))
}
