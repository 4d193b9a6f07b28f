//! `POST /oauth2/access_token`: codes and refresh tokens for pairs.
//!
//! After amoCRM's documentation: a code lives 20 minutes and is good for one exchange, an access token
//! a day, a refresh token three months and for one exchange; the redirect address of an exchange is
//! that of the code. Refusals look like those in threads of its PHP library: 401 with the hint
//! "Token has been revoked" for a refresh token that was used, no hint for a wrong integration.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::AmoAccount;
use super::api::hal;
use crate::simulator::Portal;
use crate::simulator::services::{Received, ServiceReply};

/// The path of the calls.
pub(in crate::simulator) const PATH: &str = "/oauth2/access_token";
/// The number of the integration, and its secret.
const CLIENT: &str = "sandbox";
const SECRET: &str = "sandbox";
/// How long a code lives.
const CODE: SignedDuration = SignedDuration::from_mins(20);
/// How long tokens live.
const ACCESS: SignedDuration = SignedDuration::from_hours(24);
const REFRESH: SignedDuration = SignedDuration::from_hours(24 * 90);
/// Codes and tokens that are kept.
const MOST: usize = 10_000;

/// A code or a refresh token.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Given {
    until: Timestamp,
    is_used: bool,
    /// The redirect address of the exchange; `None` for a code.
    redirect: Option<String>,
}

/// What the account has given.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Authorizations {
    given: BTreeMap<String, Given>,
    /// Access tokens and when they end.
    access: BTreeMap<String, Timestamp>,
    count: u64,
}

impl Authorizations {
    /// Returns whether a call with this header may pass.
    pub(super) fn admits(&self, header: &str, now: Timestamp) -> bool {
        let token = header.strip_prefix("Bearer ");
        let until = token.and_then(|token| self.access.get(token));
        until.is_some_and(|until| now < *until)
    }

    fn next(&mut self, kind: &str) -> String {
        self.count += 1;
        format!("sandbox-{kind}-{:06}", self.count)
    }

    fn give(&mut self, kind: &str, until: Timestamp, redirect: Option<&str>) -> String {
        let text = self.next(kind);
        if self.given.len() < MOST {
            let given = Given {
                until,
                is_used: false,
                redirect: redirect.map(str::to_owned),
            };
            self.given.insert(text.clone(), given);
        }
        text
    }

    /// Serves an exchange.
    fn exchange(&mut self, body: &str, now: Timestamp) -> ServiceReply {
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        if text("client_id") != CLIENT || text("client_secret") != SECRET {
            return refusal(401, None);
        }
        let redirect = text("redirect_uri");
        let (kind, name) = match text("grant_type") {
            "authorization_code" => ("code", "Authorization code"),
            "refresh_token" => ("refresh_token", "Token"),
            _ => return refusal(400, None),
        };
        let Some(given) = self.given.get_mut(text(kind)) else {
            return refusal(400, Some("Cannot decrypt the token"));
        };
        if (kind == "code") != given.redirect.is_none() {
            return refusal(400, Some("Cannot decrypt the token"));
        }
        let is_other = given.redirect.as_deref().is_some_and(|of| of != redirect);
        if redirect.is_empty() || is_other {
            return refusal(401, None);
        }
        if given.is_used {
            return refusal(401, Some(&format!("{name} has been revoked")));
        }
        if given.until <= now {
            return refusal(401, Some(&format!("{name} has expired")));
        }
        given.is_used = true;
        let end = |life| now.checked_add(life).unwrap_or(Timestamp::MAX);
        let refresh = self.give("refresh", end(REFRESH), Some(redirect));
        let access = self.next("access");
        self.access.insert(access.clone(), end(ACCESS));
        let reply = json!({
            "token_type": "Bearer", "expires_in": ACCESS.as_secs(),
            "server_time": now.as_second(), "access_token": access, "refresh_token": refresh,
        });
        hal(200, &reply)
    }
}

/// Refuses an exchange.
fn refusal(status: u16, hint: Option<&str>) -> ServiceReply {
    let mut body = json!({
        "title": "Некорректный запрос",
        "type": "https://developers.amocrm.ru/v3/errors/OAuthProblemJson", "status": status,
        "detail": "В запросе отсутствует ряд параметров или параметры невалидны",
    });
    if let Some(hint) = hint {
        body["hint"] = hint.into();
    }
    ServiceReply {
        content_type: "application/problem+json",
        ..ServiceReply::json(status, &body)
    }
}

impl AmoAccount {
    /// Serves an exchange of a code or a token.
    pub(super) fn authorize(&mut self, received: &Received, now: Timestamp) -> ServiceReply {
        match received.method.as_str() {
            "POST" => self.authorizations.exchange(&received.body, now),
            _ => refusal(405, None),
        }
    }
}

impl Portal {
    /// Gives a code of the integration `sandbox` with the secret `sandbox`, as amoCRM shows it to an
    /// administrator.
    pub fn give_amocrm_code(&self) -> String {
        let mut core = self.core();
        let now = core.now();
        let until = now.checked_add(CODE).unwrap_or(Timestamp::MAX);
        core.state.revision += 1;
        let authorizations = &mut core.services.amocrm.authorizations;
        authorizations.give("code", until, None)
    }

    /// Ends all access tokens of pairs.
    pub fn end_amocrm_access(&self) {
        self.core().services.amocrm.authorizations.access.clear();
    }

    /// Revokes what was given: codes, access tokens and refresh tokens.
    pub fn revoke_amocrm(&self) {
        let mut core = self.core();
        let authorizations = &mut core.services.amocrm.authorizations;
        authorizations.access.clear();
        for given in authorizations.given.values_mut() {
            given.is_used = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_refresh_tokens_are_good_once_and_for_their_time() {
        let at = |hours: i64| Timestamp::from_second(hours * 3600).unwrap();
        let mut all = Authorizations::default();
        let code = all.give("code", at(1), None);
        let late = all.give("code", at(1), None);
        let mut exchange = |change: &[(&str, &str)], hour: i64| {
            let mut body = json!({"client_id": "sandbox", "client_secret": "sandbox",
                "grant_type": "authorization_code", "code": &code, "redirect_uri": "https://gw.example"});
            for (name, value) in change {
                body[*name] = (*value).into();
            }
            let reply = all.exchange(&body.to_string(), at(hour));
            let body: Value = serde_json::from_str(&reply.body).unwrap();
            (reply.status, body)
        };
        for wrong in [
            "client_id",
            "client_secret",
            "grant_type",
            "code",
            "redirect_uri",
        ] {
            let (status, body) = exchange(&[(wrong, "")], 0);
            assert!(matches!(status, 400 | 401), "{wrong}");
            assert_eq!(body["hint"].is_string(), wrong == "code", "{wrong}");
        }
        assert_eq!(
            exchange(&[("code", &late)], 2).1["hint"],
            "Authorization code has expired"
        );
        let (status, pair) = exchange(&[], 0);
        assert_eq!((status, &pair["expires_in"]), (200, &json!(86_400)));
        assert_eq!(
            exchange(&[], 0).1["hint"],
            "Authorization code has been revoked"
        );
        let refresh = pair["refresh_token"].as_str().unwrap();
        let again = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
        let elsewhere = [
            again[0],
            again[1],
            ("redirect_uri", "https://other.example"),
        ];
        assert_eq!(exchange(&elsewhere, 1).0, 401);
        let (status, next) = exchange(&again, 1);
        assert_eq!(status, 200);
        assert_ne!(next["refresh_token"], pair["refresh_token"]);
        assert_eq!(exchange(&again, 1).1["hint"], "Token has been revoked");
        let last = next["refresh_token"].as_str().unwrap();
        let expired = [("grant_type", "refresh_token"), ("refresh_token", last)];
        assert_eq!(exchange(&expired, 24 * 91).1["hint"], "Token has expired");
        // the token of a pair lives a day
        let header = format!("Bearer {}", pair["access_token"].as_str().unwrap());
        assert!(all.admits(&header, at(23)) && !all.admits(&header, at(24)));
        assert!(!all.admits("Bearer other", at(0)));
    }
}
