//! API v4 of an account.
//!
//! What is known of it (amoCRM's documentation): JSON in, `application/hal+json` back with the records
//! of a list in `_embedded`; an empty list is `204` without a body; seven calls a second for an
//! integration, above that `429`, and after many of these `403`, which ends only when the account or
//! the address is unblocked; `401` for a token that is wrong or has expired.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Method, StatusCode, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::address::{Address, Failed, read};
use super::token::{AmoAuthorization, PairKeeper, TokenSource};
use crate::domain::AmoFailure;

/// The time between two calls: below seven a second, because calls do not arrive evenly.
const EVERY: Duration = Duration::from_millis(160);
/// How long a call may take.
const TIMEOUT: Duration = Duration::from_secs(20);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Times that a call is repeated that came too fast.
const REPEATS: u32 = 4;
/// The longest wait before a repeat.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Records of one call: with more, addresses become too long for some servers.
const MOST_IDS: usize = 100;

/// Where and how an account is asked.
#[derive(Clone)]
pub struct AmoAccess {
    /// Its name in the settings.
    pub name: String,
    /// Its address: `https://edudemo.amocrm.ru`.
    pub url: Url,
    /// How it knows leadgate.
    pub authorization: AmoAuthorization,
}

impl fmt::Debug for AmoAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AmoAccess")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Calls the API of one account.
pub struct AmoClient {
    address: Address,
    token: TokenSource,
    /// When the next call may be sent.
    next: Mutex<Option<Instant>>,
}

impl AmoClient {
    /// Prepares the client.
    ///
    /// # Errors
    /// If the machine has no CA certificates.
    pub fn new(access: AmoAccess) -> anyhow::Result<Self> {
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("leadgate/", env!("CARGO_PKG_VERSION")))
            .timeout(TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(Duration::from_secs(4))
            // the token is for this host only
            .redirect(reqwest::redirect::Policy::none());
        let host = access.url.host_str().unwrap_or_default();
        if matches!(host, "127.0.0.1" | "localhost" | "[::1]") {
            http = http.no_proxy();
        }
        let http = http.build().map_err(reqwest::Error::without_url);
        let http = http.with_context(|| {
            let name = &access.name;
            format!("amocrm.{name}: cannot set up HTTPS; install CA certificates (package ca-certificates)")
        })?;
        let AmoAccess {
            name,
            url,
            authorization,
        } = access;
        let address = Address { name, url, http };
        Ok(Self {
            token: TokenSource::new(authorization, address.clone()),
            address,
            next: Mutex::default(),
        })
    }

    /// Returns the name of the account in the settings.
    pub fn name(&self) -> &str {
        &self.address.name
    }

    /// Returns whether there is anything to ask with: a long-lived token, or a pair.
    pub fn is_connected(&self) -> bool {
        self.token.pair().is_none_or(PairKeeper::is_connected)
    }

    /// Exchanges the code of an integration for a pair and stores it.
    pub async fn connect(&self, code: &SecretString) -> Result<(), AmoFailure> {
        match self.token.pair() {
            Some(keeper) => keeper.connect(code).await,
            None => Ok(()),
        }
    }

    /// Renews the pair if it is time to.
    pub(super) async fn renew_if_due(&self) -> Result<(), AmoFailure> {
        self.token.current().await.map(drop)
    }

    /// Waits until no renewal of the pair is under way.
    pub(super) async fn finish(&self) {
        if let Some(keeper) = self.token.pair() {
            keeper.finish().await;
        }
    }

    /// Reads records by their numbers, with these related ones; those that do not exist are absent.
    pub async fn records(
        &self,
        entity: &str,
        ids: &[u64],
        with: &str,
    ) -> Result<Vec<Value>, AmoFailure> {
        let mut all = Vec::with_capacity(ids.len());
        for ids in ids.chunks(MOST_IDS) {
            let mut query = vec![("limit", "250".to_owned()), ("with", with.to_owned())];
            query.extend(ids.iter().map(|id| ("filter[id][]", id.to_string())));
            let reply = self.call(&Method::GET, entity, &query, None).await?;
            all.extend(reply.map(|reply| listed(reply, entity)).unwrap_or_default());
        }
        Ok(all)
    }

    /// Calls the API; `None` is a reply without content.
    pub(super) async fn call(
        &self,
        method: &Method,
        path: &str,
        query: &[(&str, String)],
        body: Option<&Value>,
    ) -> Result<Option<Value>, AmoFailure> {
        let mut url = self.address.url(&format!("api/v4/{path}"));
        if !query.is_empty() {
            let mut pairs = url.query_pairs_mut();
            for (name, value) in query {
                pairs.append_pair(name, value);
            }
        }
        let mut token = self.token.current().await?;
        let mut is_renewed = false;
        let mut repeats = 0;
        loop {
            let call = Call {
                method,
                url: &url,
                body,
                token: &token,
            };
            match self.attempt(call).await {
                Err(Failed::For(AmoFailure::Refused { status: 401, .. })) if !is_renewed => {
                    is_renewed = true;
                    let Some(other) = self.token.instead_of(&token).await? else {
                        return Err(self.address.refused(401));
                    };
                    token = other;
                }
                Err(Failed::TooFast { wait }) if repeats < REPEATS => {
                    let longer = Duration::from_secs(1 << repeats);
                    self.put_off(wait.unwrap_or(longer));
                    repeats += 1;
                }
                Err(Failed::TooFast { .. }) => return Err(AmoFailure::Throttled),
                Err(Failed::For(failure)) => return Err(failure),
                Ok(reply) => return Ok(reply),
            }
        }
    }

    async fn attempt(&self, call: Call<'_>) -> Result<Option<Value>, Failed> {
        if let Some(wait) = self.reserve(Instant::now()) {
            tokio::time::sleep(wait).await;
        }
        let http = &self.address.http;
        let mut request = http.request(call.method.clone(), call.url.clone());
        request = request.bearer_auth(call.token.expose_secret());
        if let Some(body) = call.body {
            request = request
                .header(CONTENT_TYPE, "application/json")
                .body(body.to_string());
        }
        let response = request.send().await.map_err(Failed::network)?;
        let status = response.status();
        match status {
            StatusCode::NO_CONTENT => Ok(None),
            StatusCode::TOO_MANY_REQUESTS => Err(Failed::TooFast {
                wait: retry_after(&response),
            }),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Err(Failed::For(self.address.refused(status.as_u16())))
            }
            status if !status.is_success() => Err(Failed::For(AmoFailure::Status {
                status: status.as_u16(),
            })),
            _ => read(response).await.map(Some),
        }
    }

    /// Reserves the next moment for a call, and returns how long it is until then.
    fn reserve(&self, now: Instant) -> Option<Duration> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let at = next.map_or(now, |next| next.max(now));
        *next = Some(at + EVERY);
        Some(at.saturating_duration_since(now)).filter(|wait| !wait.is_zero())
    }

    /// Puts all calls off, because the account asks for fewer.
    fn put_off(&self, wait: Duration) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let until = Instant::now() + wait.min(LONGEST_WAIT);
        *next = Some(next.map_or(until, |next| next.max(until)));
    }
}

impl fmt::Debug for AmoClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AmoClient")
            .field("name", &self.address.name)
            .finish_non_exhaustive()
    }
}

/// One call as it is sent.
struct Call<'c> {
    method: &'c Method,
    url: &'c Url,
    body: Option<&'c Value>,
    token: &'c SecretString,
}

fn retry_after(response: &reqwest::Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    seconds.trim().parse().ok().map(Duration::from_secs)
}

/// Returns the records of a list.
pub(super) fn listed(mut reply: Value, entity: &str) -> Vec<Value> {
    let embedded = reply.get_mut("_embedded");
    match embedded.and_then(|embedded| embedded.get_mut(entity)) {
        Some(Value::Array(records)) => std::mem::take(records),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_spaced_and_put_off_together() {
        let access = AmoAccess {
            name: "main".to_owned(),
            url: "https://edudemo.amocrm.ru".parse().unwrap(),
            authorization: AmoAuthorization::LongLived("secret".into()),
        };
        assert!(!format!("{access:?}").contains("secret"));
        let client = AmoClient::new(access).unwrap();
        let now = Instant::now();
        let waits: Vec<u128> = (0..8)
            .map(|_| client.reserve(now).map_or(0, |wait| wait.as_millis()))
            .collect();
        assert_eq!(waits, [0, 160, 320, 480, 640, 800, 960, 1120]);
        client.put_off(Duration::from_secs(10));
        assert!(client.reserve(now) > Some(Duration::from_secs(9)));
    }
}
