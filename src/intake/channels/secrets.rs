//! Tokens, passwords and signatures, compared in a time that does not depend on where they differ.

use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use bytes::Bytes;
use data_encoding::{BASE64, BASE64_NOPAD, HEXLOWER, HEXLOWER_PERMISSIVE};
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::channels::{Algorithm, Carrier, Channel, Encoding, Hmac, Secret, TimeCarrier};
use crate::intake::secret::{is_equal, is_named, parameter};

/// Why a request is not authorized.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denied {
    /// The token, the password or the signature is missing.
    Missing(Credential),
    /// It is wrong.
    Wrong(Credential),
    /// The signature is right, but its time stamp is too old, too far ahead, or not a time.
    OutOfTime,
    /// The gateway cannot read its own secret.
    NoSecret,
}

/// A secret that a request must contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Credential {
    Token,
    Password,
    Signature,
}

/// Checks what does not need the body.
pub(super) fn check_head(
    channel: &Channel,
    headers: &HeaderMap,
    query: &str,
) -> Result<(), Denied> {
    if let Some(basic) = &channel.basic {
        let secret = known(&basic.password)?;
        let pair = format!("{}:{}", basic.user, secret.expose_secret());
        let wanted = BASE64.encode(pair.as_bytes());
        compare(credentials(headers, "basic"), &wanted, Credential::Password)?;
    }
    let Some(token) = &channel.token else {
        return Ok(());
    };
    let secret = known(&token.secret)?.expose_secret();
    let given = match &token.carrier {
        Carrier::Header(name) => header(headers, name).map(str::to_owned),
        Carrier::Bearer => credentials(headers, "bearer").map(str::to_owned),
        Carrier::Query(name) => parameter(query, name),
        Carrier::Field(_) => return Ok(()),
    };
    compare(given.as_deref(), secret, Credential::Token)
}

/// Checks the signature of the body, or of the query of a request without one, and its time stamp.
/// Where the settings want a time stamp, returns what tells this signed request from others: a
/// replay has the same.
pub(super) fn check_signature(
    channel: &Channel,
    headers: &HeaderMap,
    signed: &[u8],
    now: Timestamp,
) -> Result<Option<String>, Denied> {
    let Some(rule) = &channel.hmac else {
        return Ok(None);
    };
    let secret = known(&rule.secret)?;
    let given = single(headers, &rule.header)?;
    let Some(time) = &rule.time else {
        return verify_signature(rule, secret, signed, given).map(|_| None);
    };
    let stamp = match &time.carrier {
        TimeCarrier::Header(name) => single(headers, name)?.trim(),
        TimeCarrier::Parameter(name) => {
            let pairs = given.split(',').filter_map(|pair| pair.split_once('='));
            let mut named = pairs.filter(|(key, _)| key.trim() == name);
            match (named.next(), named.next()) {
                (Some((_, stamp)), None) => stamp.trim(),
                (Some(_), Some(_)) => return Err(Denied::Wrong(Credential::Signature)),
                (None, _) => return Err(Denied::Missing(Credential::Signature)),
            }
        }
    };
    let tag = verify_signature(rule, secret, &time.signed(stamp, signed), given)?;
    let age = moment(stamp).map(|at| now.duration_since(at).unsigned_abs());
    if age.is_none_or(|age| age > time.window) {
        return Err(Denied::OutOfTime);
    }
    Ok(Some(HEXLOWER.encode(digest(&SHA256, &tag).as_ref())))
}

/// Verifies that one of the signatures in the header is right, and returns it as bytes. The header
/// is one signature or a list with one, such as `t=1764190000,v1=…`.
fn verify_signature(
    rule: &Hmac,
    secret: &SecretString,
    signed: &[u8],
    given: &str,
) -> Result<Vec<u8>, Denied> {
    /// Senders that change their secret send two signatures for a while.
    const MOST: usize = 10;
    let algorithm = match rule.algorithm {
        Algorithm::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Algorithm::Sha256 => hmac::HMAC_SHA256,
        Algorithm::Sha512 => hmac::HMAC_SHA512,
    };
    let key = hmac::Key::new(algorithm, secret.expose_secret().as_bytes());
    let parts = std::iter::once(given).chain(given.split(',').take(MOST));
    let mut tags: Vec<Vec<u8>> = parts
        .filter_map(|part| decoded(part, &rule.prefix, rule.encoding))
        .collect();
    // without a list, the whole header and its first part are the same
    tags.dedup();
    tags.into_iter()
        .find(|tag| hmac::verify(&key, signed, tag).is_ok())
        .ok_or(Denied::Wrong(Credential::Signature))
}

/// Decodes a signature behind its prefix: hex in either case, base64 of either alphabet, padded or
/// not.
fn decoded(part: &str, prefix: &str, encoding: Encoding) -> Option<Vec<u8>> {
    let (start, text) = part.trim().split_at_checked(prefix.len())?;
    if !start.eq_ignore_ascii_case(prefix) {
        return None;
    }
    let text = text.trim();
    let tag = match encoding {
        Encoding::Hex => HEXLOWER_PERMISSIVE.decode(text.as_bytes()),
        Encoding::Base64 => {
            let standard = text.replace('-', "+").replace('_', "/");
            BASE64_NOPAD.decode(standard.trim_end_matches('=').as_bytes())
        }
    };
    tag.ok()
}

/// The value of a header that must occur once: of two, nobody knows which one others have checked.
fn single<'h>(headers: &'h HeaderMap, name: &str) -> Result<&'h str, Denied> {
    if headers.get_all(name).nth(1).is_some() {
        return Err(Denied::Wrong(Credential::Signature));
    }
    header(headers, name).ok_or(Denied::Missing(Credential::Signature))
}

/// Unix time in seconds or, with 12 digits or more, in milliseconds.
fn moment(text: &str) -> Option<Timestamp> {
    let is_number = (1..=15).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let number: i64 = text.parse().ok().filter(|_| is_number)?;
    if text.len() < 12 {
        Timestamp::from_second(number).ok()
    } else {
        Timestamp::from_millisecond(number).ok()
    }
}

/// Checks the token in a field of the packet. Profiles do not see that field.
pub(super) fn check_field(channel: &Channel, packet: &Value) -> Result<(), Denied> {
    let Some(token) = &channel.token else {
        return Ok(());
    };
    let Carrier::Field(name) = &token.carrier else {
        return Ok(());
    };
    let secret = known(&token.secret)?.expose_secret();
    compare(
        packet.get(name).and_then(Value::as_str),
        secret,
        Credential::Token,
    )
}

/// Returns the query without the parameter that holds the token.
pub(super) fn without_token(channel: &Channel, query: &str) -> String {
    let Some(Carrier::Query(name)) = channel.token.as_ref().map(|token| &token.carrier) else {
        return query.to_owned();
    };
    let others = query.split('&').filter(|pair| !is_named(pair, name));
    others.collect::<Vec<_>>().join("&")
}

/// Returns the field that holds the token.
pub(super) fn hidden_field(channel: &Channel) -> Option<&str> {
    match &channel.token.as_ref()?.carrier {
        Carrier::Field(name) => Some(name),
        Carrier::Header(_) | Carrier::Query(_) | Carrier::Bearer => None,
    }
}

/// A body without the channel's secrets, in the spellings that forms and JSON give them.
pub(super) fn without_secrets(channel: &Channel, body: Bytes) -> Bytes {
    const MARK: &[u8] = b"***";
    let mut text = None;
    for secret in channel.secrets() {
        let Some(value) = &secret.value else {
            continue;
        };
        let value = value.expose_secret();
        let in_form = utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
        let with_plus = in_form.replace("%20", "+");
        let json = Value::from(value).to_string();
        let in_json = json.trim_matches('"');
        for spelling in [value, &in_form, &with_plus, in_json] {
            let bytes: &[u8] = text.as_ref().map_or(&body, |text: &Vec<u8>| text);
            if let Some(cleaned) = replaced(bytes, spelling.as_bytes(), MARK) {
                text = Some(cleaned);
            }
        }
    }
    text.map_or(body, Bytes::from)
}

/// `None` when it does not occur.
fn replaced(bytes: &[u8], what: &[u8], with: &[u8]) -> Option<Vec<u8>> {
    let first = *what.first()?;
    let (mut text, mut rest, mut has) = (Vec::new(), bytes, false);
    while let Some(at) = rest.iter().position(|byte| *byte == first) {
        let (before, here) = rest.split_at(at);
        text.extend_from_slice(before);
        if let Some(after) = here.strip_prefix(what) {
            text.extend_from_slice(with);
            (rest, has) = (after, true);
        } else {
            text.push(first);
            rest = here.get(1..).unwrap_or_default();
        }
    }
    text.extend_from_slice(rest);
    has.then_some(text)
}

fn known(secret: &Secret) -> Result<&SecretString, Denied> {
    secret.value.as_ref().ok_or(Denied::NoSecret)
}

fn compare(given: Option<&str>, wanted: &str, what: Credential) -> Result<(), Denied> {
    let given = given.ok_or(Denied::Missing(what))?;
    if is_equal(given, wanted) {
        Ok(())
    } else {
        Err(Denied::Wrong(what))
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// Returns what follows the scheme in `Authorization`.
fn credentials<'h>(headers: &'h HeaderMap, scheme: &str) -> Option<&'h str> {
    let (given, rest) = header(headers, AUTHORIZATION.as_str())?
        .trim()
        .split_once(' ')?;
    given.eq_ignore_ascii_case(scheme).then(|| rest.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_decoded_in_every_common_spelling() {
        let hex = |text| decoded(text, "v1=", Encoding::Hex);
        let base64 = |text| decoded(text, "v1=", Encoding::Base64);
        for text in ["v1=fbff", "V1=FBFF", " v1= Fbff "] {
            assert_eq!(hex(text).as_deref(), Some(&[0xfb, 0xff][..]), "{text}");
        }
        for text in ["v1=+/8=", "v1=-_8", "v1=+_8="] {
            assert_eq!(base64(text).as_deref(), Some(&[0xfb, 0xff][..]), "{text}");
        }
        // an odd digit, no digits, another prefix, and bits behind the end
        for text in ["v1=fbf", "v1=fx", "v0=fbff", "v", "v\u{e9}=fb"] {
            assert_eq!(hex(text), None, "{text}");
        }
        for text in ["v1=-_9", "v1=+/8=+/8=", "v1=+ /8"] {
            assert_eq!(base64(text), None, "{text}");
        }
    }

    #[test]
    fn a_secret_is_removed_anywhere_in_a_body() {
        assert_eq!(
            replaced(b"k=s%26k&k=s%26k", b"s%26k", b"*").unwrap(),
            b"k=*&k=*"
        );
        assert_eq!(replaced(b"aab", b"ab", b"*").unwrap(), b"a*");
        assert_eq!(replaced(b"abc", b"x", b"*"), None);
    }

    #[test]
    fn a_time_stamp_is_unix_time_in_seconds_or_milliseconds() {
        let second = Timestamp::from_second(1_764_190_000).ok();
        assert_eq!(moment("1764190000"), second);
        assert_eq!(moment("1764190000000"), second);
        for text in [
            "",
            "-1",
            "+1764190000",
            "1764190000.5",
            "0x10",
            "9999999999999999",
            "now",
        ] {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    #[test]
    fn a_parameter_is_found_and_removed_in_any_escaping() {
        let query = "a=1&t%6Fken=s+3%26&b=2";
        assert_eq!(parameter(query, "token").as_deref(), Some("s 3&"));
        assert!(is_named("t%6Fken=1", "token") && !is_named("tokens=1", "token"));
    }
}
