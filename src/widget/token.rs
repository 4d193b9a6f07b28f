//! The signed token that amoCRM adds to each request of a widget: `X-Auth-Token`, a JWT with HS256.
//! amoCRM uses one token for many requests, so a repeated `jti` is no attack and is not looked at.

use aws_lc_rs::hmac;
use data_encoding::BASE64URL_NOPAD;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use crate::domain::is_amo_number;

/// The longest token, in bytes; those of amoCRM have about 700.
const LONGEST: usize = 4096;
/// Clocks may differ by this many seconds.
const SKEW: i64 = 60;

/// What a token must say.
pub(super) struct Expected<'e> {
    /// The secret of the integration.
    pub(super) secret: &'e SecretString,
    /// The number of the integration.
    pub(super) client_id: &'e str,
    /// The address of the account: `https://edudemo.amocrm.ru`.
    pub(super) issuer: &'e str,
    /// The address of leadgate; its port does not count.
    pub(super) audience: &'e str,
    /// The number of the account, if the settings have it.
    pub(super) account: Option<&'e str>,
}

/// Who sent a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TokenUser {
    /// The number of the account.
    pub(super) account: String,
    /// The number of the user.
    pub(super) user: Option<String>,
}

/// Why a token does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenFault {
    /// It is not a signed token.
    Unreadable,
    /// It is signed by another algorithm, or not at all.
    Algorithm,
    /// It is signed with another secret.
    Signature,
    /// Its time is over.
    Expired,
    /// Its time has not come.
    Early,
    /// Another account issued it.
    Account,
    /// It is for another integration.
    Client,
    /// It is for another address.
    Audience,
}

/// Checks a token. Nothing in it counts before its signature is verified.
pub(super) fn verify(
    token: &str,
    expected: &Expected<'_>,
    now: i64,
) -> Result<TokenUser, TokenFault> {
    let claims = signed(token, expected.secret)?;
    check_times(&claims, now)?;
    let account = number(&claims, "account_id").ok_or(TokenFault::Account)?;
    let is_issuer = text(&claims, "iss").is_some_and(|told| is_same_address(told, expected.issuer));
    if !is_issuer || expected.account.is_some_and(|wanted| wanted != account) {
        return Err(TokenFault::Account);
    }
    let is_ours = |told: &str| told.eq_ignore_ascii_case(expected.client_id);
    if !text(&claims, "client_uuid").is_some_and(is_ours) {
        return Err(TokenFault::Client);
    }
    let is_here = |told: &str| is_same_address(without_port(told), without_port(expected.audience));
    if !text(&claims, "aud").is_some_and(is_here) {
        return Err(TokenFault::Audience);
    }
    let user = number(&claims, "user_id");
    Ok(TokenUser { account, user })
}

/// Returns the claims of a token with the right algorithm and signature. The time of the comparison
/// does not depend on where two signatures differ.
fn signed(token: &str, secret: &SecretString) -> Result<Value, TokenFault> {
    if token.len() > LONGEST {
        return Err(TokenFault::Unreadable);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(TokenFault::Unreadable)?;
    let (header, claims) = message.split_once('.').ok_or(TokenFault::Unreadable)?;
    let header = part(header)?;
    if text(&header, "alg") != Some("HS256") || header.get("crit").is_some() {
        return Err(TokenFault::Algorithm);
    }
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes());
    let signature = signature.map_err(|_| TokenFault::Unreadable)?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
    hmac::verify(&key, message.as_bytes(), &signature).map_err(|_| TokenFault::Signature)?;
    part(claims)
}

/// Decodes the header or the claims.
fn part(encoded: &str) -> Result<Value, TokenFault> {
    let bytes = BASE64URL_NOPAD.decode(encoded.as_bytes());
    let bytes = bytes.map_err(|_| TokenFault::Unreadable)?;
    let value: Value = serde_json::from_slice(&bytes).map_err(|_| TokenFault::Unreadable)?;
    if value.is_object() {
        Ok(value)
    } else {
        Err(TokenFault::Unreadable)
    }
}

fn check_times(claims: &Value, now: i64) -> Result<(), TokenFault> {
    let time = |name: &str| claims.get(name).map(Value::as_i64);
    let Some(Some(expires)) = time("exp") else {
        return Err(TokenFault::Expired);
    };
    if expires.saturating_add(SKEW) <= now {
        return Err(TokenFault::Expired);
    }
    let has_begun = |told: Option<i64>| told.is_some_and(|at| at.saturating_sub(SKEW) <= now);
    for name in ["nbf", "iat"] {
        if !time(name).is_none_or(has_begun) {
            return Err(TokenFault::Early);
        }
    }
    Ok(())
}

fn text<'v>(claims: &'v Value, name: &str) -> Option<&'v str> {
    claims.get(name)?.as_str()
}

/// Returns a number, which amoCRM may send as text.
fn number(claims: &Value, name: &str) -> Option<String> {
    let told = match claims.get(name)? {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return None,
    };
    is_amo_number(&told).then_some(told)
}

fn is_same_address(told: &str, wanted: &str) -> bool {
    let plain = |address: &str| address.trim_end_matches('/').to_ascii_lowercase();
    plain(told) == plain(wanted)
}

/// Returns scheme and host of an address.
fn without_port(address: &str) -> &str {
    let address = address.trim_end_matches('/');
    match address.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => address,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_787_300_000;
    const SECRET: &str = "the secret of the integration";

    fn claims() -> Value {
        json!({
            "iss": "https://edudemo.amocrm.ru", "aud": "https://gw.example", "jti": "4b6c",
            "iat": NOW - 10, "nbf": NOW - 10, "exp": NOW + 1800, "account_id": 30_551_177,
            "subdomain": "edudemo", "client_uuid": "9a1f-1", "user_id": 9_204_411, "is_admin": true
        })
    }

    fn token(header: &Value, claims: &Value, secret: &str) -> String {
        let encoded = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let message = format!("{}.{}", encoded(header), encoded(claims));
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let signature = hmac::sign(&key, message.as_bytes());
        format!("{message}.{}", BASE64URL_NOPAD.encode(signature.as_ref()))
    }

    fn verified(token: &str) -> Result<TokenUser, TokenFault> {
        let secret = SecretString::from(SECRET);
        let expected = Expected {
            secret: &secret,
            client_id: "9a1f-1",
            issuer: "https://edudemo.amocrm.ru",
            audience: "https://gw.example:8443",
            account: Some("30551177"),
        };
        verify(token, &expected, NOW)
    }

    fn with(name: &str, value: Value) -> Result<TokenUser, TokenFault> {
        let mut claims = claims();
        claims[name] = value;
        verified(&token(&hs256(), &claims, SECRET))
    }

    fn hs256() -> Value {
        json!({"typ": "JWT", "alg": "HS256"})
    }

    #[test]
    fn a_token_of_the_account_names_its_user_however_often_it_comes() {
        let token = token(&hs256(), &claims(), SECRET);
        for _ in 0..3 {
            let user = verified(&token).unwrap();
            assert_eq!(user.account, "30551177");
            assert_eq!(user.user.as_deref(), Some("9204411"));
        }
    }

    #[test]
    fn a_token_with_another_algorithm_is_refused_whatever_its_signature() {
        for algorithm in [
            json!("none"),
            json!("None"),
            json!("HS512"),
            json!("hs256"),
            json!("RS256"),
            json!(["HS256"]),
            json!(null),
        ] {
            let header = json!({"typ": "JWT", "alg": algorithm});
            let signed = token(&header, &claims(), SECRET);
            assert_eq!(verified(&signed), Err(TokenFault::Algorithm), "{algorithm}");
            let (message, _) = signed.rsplit_once('.').unwrap();
            let unsigned = verified(&format!("{message}."));
            assert_eq!(unsigned, Err(TokenFault::Algorithm), "{algorithm}");
        }
        let critical = json!({"alg": "HS256", "crit": ["exp"]});
        let critical = verified(&token(&critical, &claims(), SECRET));
        assert_eq!(critical, Err(TokenFault::Algorithm));
    }

    #[test]
    fn a_forged_token_is_refused() {
        let good = token(&hs256(), &claims(), SECRET);
        let (message, signature) = good.rsplit_once('.').unwrap();
        let mut other = claims();
        other["user_id"] = json!(1);
        let forged = token(&hs256(), &other, "a secret of somebody else");
        let (other_message, _) = forged.rsplit_once('.').unwrap();
        for forged in [
            forged.clone(),
            format!("{other_message}.{signature}"),
            format!("{message}."),
            format!("{message}.{}", signature.get(..20).unwrap()),
        ] {
            assert_eq!(verified(&forged), Err(TokenFault::Signature), "{forged}");
        }
        let header = BASE64URL_NOPAD.encode(hs256().to_string().as_bytes());
        for unreadable in [
            String::new(),
            "a".to_owned(),
            "a.b".to_owned(),
            "...".to_owned(),
            "....".to_owned(),
            format!("{message}.!!!"),
            format!("{message}.{signature}=="),
            format!("{header}.e30"),
            format!("W10.e30.{signature}"),
            "a".repeat(5000),
            "a.".repeat(2000),
        ] {
            assert_eq!(
                verified(&unreadable),
                Err(TokenFault::Unreadable),
                "{unreadable}"
            );
        }
        for claims in [json!([]), json!("x"), json!(null)] {
            let signed = token(&hs256(), &claims, SECRET);
            assert_eq!(verified(&signed), Err(TokenFault::Unreadable), "{claims}");
        }
    }

    #[test]
    fn each_claim_is_checked() {
        use TokenFault::{Account, Audience, Client, Early, Expired};
        for (name, value, fault) in [
            ("exp", json!(NOW - 60), Some(Expired)),
            ("exp", json!(NOW - 59), None),
            ("exp", json!(i64::MIN), Some(Expired)),
            ("exp", json!(i64::MAX), None),
            ("exp", json!("1787301800"), Some(Expired)),
            ("exp", json!(null), Some(Expired)),
            ("nbf", json!(NOW + 61), Some(Early)),
            ("nbf", json!(NOW + 60), None),
            ("nbf", json!("soon"), Some(Early)),
            ("iat", json!(NOW + 61), Some(Early)),
            ("iss", json!("https://other.amocrm.ru"), Some(Account)),
            (
                "iss",
                json!("https://edudemo.amocrm.ru.example"),
                Some(Account),
            ),
            ("iss", json!("http://edudemo.amocrm.ru"), Some(Account)),
            ("iss", json!("https://EduDemo.amocrm.ru/"), None),
            ("iss", json!(null), Some(Account)),
            ("account_id", json!("30551177"), None),
            ("account_id", json!(30_551_178), Some(Account)),
            ("account_id", json!(""), Some(Account)),
            ("account_id", json!("../30551177"), Some(Account)),
            ("account_id", json!(null), Some(Account)),
            ("client_uuid", json!("9A1F-1"), None),
            ("client_uuid", json!("9a1f-2"), Some(Client)),
            ("client_uuid", json!(null), Some(Client)),
            ("aud", json!("https://gw.example:443"), None),
            ("aud", json!("https://GW.example/"), None),
            ("aud", json!("https://other.example"), Some(Audience)),
            ("aud", json!("http://gw.example"), Some(Audience)),
            (
                "aud",
                json!("https://gw.example.evil.example"),
                Some(Audience),
            ),
            ("aud", json!(["https://gw.example"]), Some(Audience)),
            ("aud", json!(null), Some(Audience)),
            ("user_id", json!("9204411"), None),
            ("user_id", json!(null), None),
            ("jti", json!(null), None),
        ] {
            let found = with(name, value.clone()).err();
            assert_eq!(found, fault, "{name} = {value}");
        }
    }

    #[test]
    fn no_bytes_make_the_check_panic() {
        proptest::proptest!(|(token in "[a-zA-Z0-9_.=-]{0,60}|\\PC{0,60}")| {
            proptest::prop_assert!(verified(&token).is_err());
        });
    }
}
