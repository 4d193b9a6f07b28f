//! `POST /oauth2/access_token`: a code or a refresh token for a pair.
//!
//! What is known (amoCRM's documentation, and the threads of its PHP library about refused tokens):
//! a code lives 20 minutes; the reply has `access_token`, `refresh_token` and `expires_in` in
//! seconds; a refresh token is good for one exchange. A refusal is 400 or 401 as
//! `application/problem+json`, whose `hint` says what is wrong with the code or token ("Token has
//! been revoked"); without a hint the integration itself was not recognised.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use reqwest::header::CONTENT_TYPE;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::pair::TokenPair;
use crate::amocrm::address::{Address, Failed, read};
use crate::domain::{AmoDisconnect, AmoFailure};

/// An integration of an account.
#[derive(Clone)]
pub struct Integration {
    /// Its number.
    pub client_id: String,
    /// Its secret.
    pub client_secret: SecretString,
    /// Its redirect address, as amoCRM has it.
    pub redirect_uri: String,
}

impl fmt::Debug for Integration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Integration")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// What is exchanged.
#[derive(Clone, Copy)]
pub(super) enum Grant<'g> {
    /// The code that a person copied.
    Code(&'g SecretString),
    /// The refresh token of a pair.
    Refresh(&'g SecretString),
}

/// Exchanges it. After a failure of the network nobody knows whether amoCRM has done it.
pub(super) async fn exchange(
    address: &Address,
    integration: &Integration,
    grant: Grant<'_>,
    now: Timestamp,
) -> Result<TokenPair, AmoFailure> {
    let (kind, name, secret) = match grant {
        Grant::Code(code) => ("authorization_code", "code", code),
        Grant::Refresh(token) => ("refresh_token", "refresh_token", token),
    };
    let body = json!({
        "client_id": integration.client_id,
        "client_secret": integration.client_secret.expose_secret(),
        "grant_type": kind, name: secret.expose_secret(),
        "redirect_uri": integration.redirect_uri,
    });
    let request = address.http.post(address.url("oauth2/access_token"));
    let request = request
        .header(CONTENT_TYPE, "application/json")
        .body(body.to_string());
    let response = request.send().await.map_err(Failed::network);
    let response = response.map_err(Failed::into_failure)?;
    let status = response.status().as_u16();
    let refused = |hint: Option<&str>| AmoFailure::Disconnected {
        account: address.name.clone(),
        cause: match hint {
            Some(_) => AmoDisconnect::Used,
            None => AmoDisconnect::Integration,
        },
    };
    match status {
        200..=299 => {
            let reply = read(response).await.map_err(Failed::into_failure)?;
            pair(&reply, now).ok_or(AmoFailure::NotUnderstood)
        }
        400 | 401 => {
            let reply = read(response).await.unwrap_or_default();
            let hint = reply.get("hint").and_then(Value::as_str);
            Err(refused(hint.filter(|hint| !hint.is_empty())))
        }
        403 => Err(AmoFailure::Refused {
            account: address.name.clone(),
            status,
        }),
        429 => Err(AmoFailure::Throttled),
        status => Err(AmoFailure::Status { status }),
    }
}

fn pair(reply: &Value, now: Timestamp) -> Option<TokenPair> {
    let token = |name: &str| {
        let token = reply.get(name)?.as_str()?;
        let is_token = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        is_token.then(|| SecretString::from(token))
    };
    let life = reply.get("expires_in")?;
    let life = life
        .as_i64()
        .or_else(|| life.as_str()?.trim().parse().ok())?;
    let life = SignedDuration::from_secs(life.clamp(0, 10 * 365 * 86_400));
    Some(TokenPair {
        access: token("access_token")?,
        refresh: token("refresh_token")?,
        obtained_at: now,
        expires_at: now.checked_add(life).unwrap_or(Timestamp::MAX),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_a_pair_only_with_both_tokens_and_a_life() {
        let now = Timestamp::from_second(100).unwrap();
        for (reply, ends) in [
            (
                json!({"token_type": "Bearer", "expires_in": 86_400, "access_token": "a", "refresh_token": "r"}),
                Some(86_500),
            ),
            (
                json!({"expires_in": "60", "access_token": "a", "refresh_token": "r"}),
                Some(160),
            ),
            (
                json!({"expires_in": -5, "access_token": "a", "refresh_token": "r"}),
                Some(100),
            ),
            (
                json!({"expires_in": i64::MAX, "access_token": "a", "refresh_token": "r"}),
                Some(100 + 10 * 365 * 86_400),
            ),
            (json!({"expires_in": 5, "access_token": "a"}), None),
            (
                json!({"expires_in": 5, "access_token": "", "refresh_token": "r"}),
                None,
            ),
            (
                json!({"expires_in": 5, "access_token": "a b", "refresh_token": "r"}),
                None,
            ),
            (json!({"access_token": "a", "refresh_token": "r"}), None),
            (json!([]), None),
        ] {
            let pair = pair(&reply, now);
            assert_eq!(
                pair.map(|pair| pair.expires_at.as_second()),
                ends,
                "{reply}"
            );
        }
    }
}
