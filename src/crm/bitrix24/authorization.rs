//! The authorization server: exchanges refresh tokens for pairs, and says whose a token is (REST
//! documentation, "OAuth 2.0 protocol" and "app.info"). Errors have a code; some come with status
//! 200 (`wrong_client`).

use std::fmt;

use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::application::{is_token, plain_host};
use super::network::network_failure;
use super::token_failure::TokenFailure;
use super::wire;
use crate::domain::NetworkFailure;
use crate::redact;

/// The longest answer, in bytes.
const LONGEST: usize = 64 << 10;

/// An application of the portal, as the authorization server knows it.
#[derive(Clone)]
pub(super) struct Credentials {
    pub(super) client_id: String,
    pub(super) client_secret: SecretString,
}

/// The authorization server of the settings.
#[derive(Clone)]
pub(super) struct AuthorizationServer {
    http: reqwest::Client,
    base: Url,
}

/// Tokens that were issued to an employee.
#[derive(Clone)]
pub struct IssuedTokens {
    /// What calls carry.
    pub access: SecretString,
    /// What is exchanged for the next ones, once.
    pub refresh: SecretString,
    /// The life of the access token, in seconds.
    pub expires_in: i64,
}

/// Shows no token.
impl fmt::Debug for IssuedTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IssuedTokens(for {} s)", self.expires_in)
    }
}

/// What the authorization server knows about a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenInfo {
    /// The application.
    pub client_id: String,
    /// The portal's number, which stays when the portal is renamed.
    pub member_id: String,
    /// The portal's host, in lower case.
    pub domain: String,
    /// The employee.
    pub user_id: u64,
    /// What the application may use.
    pub scopes: Vec<String>,
    /// Whether the installation was finished.
    pub is_installed: bool,
}

impl AuthorizationServer {
    pub(super) fn new(http: reqwest::Client, base: Url) -> Self {
        Self { http, base }
    }

    /// Returns host and port, which may be shown.
    pub(super) fn host(&self) -> &str {
        self.base.host_str().unwrap_or_default()
    }

    /// Exchanges a refresh token. After a failure of the network nobody knows whether the server has
    /// done it.
    pub(super) async fn refresh(
        &self,
        own: &Credentials,
        token: &SecretString,
        member: &str,
    ) -> Result<IssuedTokens, TokenFailure> {
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", own.client_id.as_str()),
            ("client_secret", own.client_secret.expose_secret()),
            ("refresh_token", token.expose_secret()),
        ];
        let reply = self.post("/oauth/token/", &form).await?;
        let issued = issued(&reply).ok_or_else(not_understood)?;
        // a pair of another portal would send people's data there
        let of = reply.get("member_id").and_then(wire::text);
        if of.is_some_and(|of| of != member) {
            return Err(TokenFailure::refused("wrong_portal", ""));
        }
        Ok(issued)
    }

    /// Asks whose a token is.
    pub(super) async fn app_info(&self, token: &SecretString) -> Result<TokenInfo, TokenFailure> {
        let form = [("auth", token.expose_secret())];
        let reply = self.post("/rest/app.info/", &form).await?;
        let result = reply.get("result").ok_or_else(not_understood)?;
        info(result).ok_or_else(not_understood)
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Result<Value, TokenFailure> {
        let mut address = self.base.clone();
        // that of a sandbox is below a path
        let base = self.base.path().trim_end_matches('/');
        address.set_path(&format!("{base}{path}"));
        let request = self.http.post(address).header(
            reqwest::header::CONTENT_TYPE,
            "application/x-www-form-urlencoded",
        );
        let body = form.iter().map(|(name, value)| {
            let value =
                percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC);
            format!("{name}={value}")
        });
        let body = body.collect::<Vec<_>>().join("&");
        let response = request.body(body).send().await.map_err(unreachable)?;
        read(response).await
    }
}

async fn read(mut response: reqwest::Response) -> Result<Value, TokenFailure> {
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > LONGEST {
            return Err(not_understood());
        }
        body.extend_from_slice(&chunk);
    }
    let reply: Option<Value> = serde_json::from_slice(&body).ok();
    let error = reply.as_ref().and_then(|reply| reply.get("error"));
    let code = error.and_then(wire::text).unwrap_or_default();
    if !code.is_empty() {
        let words = reply
            .as_ref()
            .and_then(|reply| reply.get("error_description"));
        let words = words.and_then(wire::text).unwrap_or_default();
        return Err(TokenFailure::refused(&code, &redact::mask_all(&words)));
    }
    match reply {
        Some(reply) if (200..300).contains(&status) => Ok(reply),
        _ => Err(TokenFailure::Unavailable(NetworkFailure::Other(format!(
            "status {status}"
        )))),
    }
}

fn unreachable(error: reqwest::Error) -> TokenFailure {
    TokenFailure::Unavailable(network_failure(&error.without_url()))
}

fn not_understood() -> TokenFailure {
    TokenFailure::Unavailable(NetworkFailure::Other("not understood".to_owned()))
}

fn issued(reply: &Value) -> Option<IssuedTokens> {
    Some(IssuedTokens {
        access: token(reply.get("access_token")?)?,
        refresh: token(reply.get("refresh_token")?)?,
        expires_in: wire::number(reply.get("expires_in")?)?,
    })
}

/// Reads a token: graphic characters, and not too many.
fn token(value: &Value) -> Option<SecretString> {
    let token = value.as_str()?;
    is_token(token).then(|| SecretString::from(token))
}

fn info(result: &Value) -> Option<TokenInfo> {
    let install = result.get("install")?;
    let domain = wire::text(install.get("domain")?)?;
    let user = result.get("user_id").and_then(wire::number)?;
    Some(TokenInfo {
        client_id: wire::text(result.get("client_id")?)?,
        member_id: wire::text(install.get("member_id")?)?,
        domain: plain_host(&domain)?,
        user_id: u64::try_from(user).ok()?,
        scopes: scopes(&result.get("scope").and_then(wire::text).unwrap_or_default()),
        is_installed: install.get("installed").is_some_and(wire::flag),
    })
}

/// Splits scopes, which are separated by commas or blanks.
pub(super) fn scopes(text: &str) -> Vec<String> {
    let parts = text.split([',', ' ']).filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_reply_of_the_documentation_is_understood_and_others_are_not() {
        let good = json!({"result": {"client_id": "local.1.2", "scope": "crm,placement im", "user_id": "67",
            "install": {"installed": true, "domain": "ACME.example:443", "member_id": "a2"}}});
        let read = info(&good["result"]).unwrap();
        assert_eq!(read.domain, "acme.example");
        assert_eq!(read.user_id, 67);
        assert_eq!(read.scopes, ["crm", "placement", "im"]);
        assert!(read.is_installed);
        for (path, value) in [
            ("/result/client_id", json!(null)),
            ("/result/user_id", json!(-1)),
            ("/result/install/domain", json!("")),
            ("/result/install/domain", json!("a/b")),
            ("/result/install/member_id", json!([])),
        ] {
            let mut bad = good.clone();
            *bad.pointer_mut(path).unwrap() = value;
            assert_eq!(info(&bad["result"]), None, "{path}");
        }
    }

    #[test]
    fn tokens_are_issued_only_as_a_pair_with_a_life() {
        let good = json!({"access_token": "a1", "refresh_token": "r1", "expires_in": 3600});
        assert_eq!(issued(&good).unwrap().expires_in, 3600);
        assert!(!format!("{:?}", issued(&good).unwrap()).contains("r1"));
        for (key, value) in [
            ("access_token", json!("")),
            ("access_token", json!("a b")),
            ("refresh_token", json!(null)),
            ("refresh_token", json!("x".repeat(10_000))),
            ("expires_in", json!("soon")),
        ] {
            let mut bad = good.clone();
            bad[key] = value;
            assert!(issued(&bad).is_none(), "{key}");
        }
    }
}
