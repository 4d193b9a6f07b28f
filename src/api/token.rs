//! The text of a token: made once, shown once, and known by its hash afterwards.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use data_encoding::BASE64URL_NOPAD;

use crate::domain::TokenHash;

/// The beginning of every token, so that people and scanners of secrets recognise one.
const PREFIX: &str = "leadgate_";
/// Random bytes of a token.
const BYTES: usize = 32;

/// Makes a token. Returns its text and its hash; `None` if the system gives no random bytes.
pub fn make() -> Option<(String, TokenHash)> {
    let mut bytes = [0; BYTES];
    rand::fill(&mut bytes).ok()?;
    let text = format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&bytes));
    let hash = hash(&text)?;
    Some((text, hash))
}

/// Returns the hash of a token; `None` if the text cannot be one.
pub(super) fn hash(text: &str) -> Option<TokenHash> {
    let length = PREFIX.len() + BASE64URL_NOPAD.encode_len(BYTES);
    let may_be = text.len() == length && text.starts_with(PREFIX);
    let hash = may_be.then(|| digest(&SHA256, text.as_bytes()))?;
    hash.as_ref().try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_its_hash_and_unlike_any_other() {
        let (text, known) = make().unwrap();
        assert_eq!(hash(&text), Some(known));
        let (other, of_other) = make().unwrap();
        assert_ne!((text.as_str(), known), (other.as_str(), of_other));
        for wrong in [
            "",
            "leadgate_",
            text.trim_start_matches('l'),
            &format!("{text}x"),
            &"x".repeat(52),
        ] {
            assert_eq!(hash(wrong), None, "{wrong}");
        }
    }
}
