//! The token that amoCRM gives to a widget for its own server: a JWT with HS256, valid for half an
//! hour (developer documentation of amoCRM, "disposable token").

use aws_lc_rs::hmac;
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use super::CardsWidget;

/// How long a token is valid, in seconds.
const VALID: i64 = 1800;

/// Signs a token for the user of the account.
pub(super) fn sign(widget: &CardsWidget, account: u64, subdomain: &str, now: i64) -> String {
    let encoded = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let header = json!({"typ": "JWT", "alg": "HS256"});
    let claims = json!({
        "iss": widget.issuer, "aud": widget.audience, "jti": format!("{now:x}"), "iat": now,
        "nbf": now, "exp": now + VALID, "account_id": account, "subdomain": subdomain,
        "client_uuid": widget.client_id, "user_id": 9_204_411, "is_admin": true,
    });
    let message = format!("{}.{}", encoded(&header), encoded(&claims));
    let key = hmac::Key::new(hmac::HMAC_SHA256, widget.secret.as_bytes());
    let signature = hmac::sign(&key, message.as_bytes());
    format!("{message}.{}", BASE64URL_NOPAD.encode(signature.as_ref()))
}
