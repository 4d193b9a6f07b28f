//! The form of a request, and its signature: SHA-256 of key, JSON text and salt, in hexadecimal
//! digits.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{Context, Digest, SHA256};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use secrecy::ExposeSecret as _;
use serde_json::Value;

use crate::domain::body::{FormLimits, decode_form};
use crate::domain::is_same_secret;
use crate::domain::json::{Bounds, DEEPEST};
use crate::pbx::dialect::DialectRules;

/// A request has three fields.
const MOST_FIELDS: usize = 20;

/// The fields of a request; those that it lacks are empty.
#[derive(Default)]
pub(super) struct Form {
    key: String,
    sign: String,
    /// The text of the JSON, as it was signed.
    pub(super) json: String,
}

impl Form {
    /// Reads the fields of a body; a body that is no form has none.
    pub(super) fn read(body: &[u8]) -> Self {
        let bounds = Bounds::from(DEEPEST);
        let limits = FormLimits::of_fields(MOST_FIELDS);
        let Ok(decoded) = decode_form(body, bounds, limits) else {
            return Self::default();
        };
        let field = |name: &str| {
            let value = decoded.value.get(name).and_then(Value::as_str);
            value.unwrap_or_default().to_owned()
        };
        Self {
            key: field("vpbx_api_key"),
            sign: field("sign"),
            json: field("json"),
        }
    }

    /// Returns whether the form has the key and the signature of the settings. The time of the
    /// comparison does not depend on where they differ.
    pub(super) fn is_signed(&self, rules: &DialectRules) -> bool {
        let Some(wanted) = digest(rules, &self.json) else {
            return false;
        };
        let given = HEXLOWER_PERMISSIVE.decode(self.sign.trim().as_bytes());
        let given = given.unwrap_or_default();
        let has_sign = verify_slices_are_equal(&given, wanted.as_ref()).is_ok();
        has_sign & is_same_secret(&self.key, rules.key.expose_secret())
    }
}

/// Returns the signature of a text. `None` if the settings have no salt.
pub(super) fn signature(rules: &DialectRules, json: &str) -> Option<String> {
    digest(rules, json).map(|digest| HEXLOWER.encode(digest.as_ref()))
}

/// Returns what a text is signed with. `None` if the settings have no salt.
fn digest(rules: &DialectRules, json: &str) -> Option<Digest> {
    let salt = rules.salt.as_ref()?;
    let mut signed = Context::new(&SHA256);
    signed.update(rules.key.expose_secret().as_bytes());
    signed.update(json.as_bytes());
    signed.update(salt.expose_secret().as_bytes());
    Some(signed.finish())
}
