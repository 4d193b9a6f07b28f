//! Tokens, passwords and signatures, compared in a time that does not depend on where they differ.

use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use bytes::Bytes;
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::mapping::{Algorithm, Carrier, Channel, Encoding, Hmac, Secret, TimeCarrier};

/// Why a request may not come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denied {
    /// The token, the password or the signature is missing.
    Missing(Wanted),
    /// It is there, and it is another one.
    Wrong(Wanted),
    /// The signature is right, and its time stamp is too old, too far ahead, or no time.
    OutOfTime,
    /// Our own secret is not to be had.
    NoSecret,
}

/// What a request must bear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Token,
    Password,
    Signature,
}

/// What can be told before the body is read.
pub(super) fn check_head(
    channel: &Channel,
    headers: &HeaderMap,
    query: &str,
) -> Result<(), Denied> {
    if let Some(basic) = &channel.basic {
        let secret = known(&basic.password)?;
        let pair = format!("{}:{}", basic.user, secret.expose_secret());
        let wanted = base64(pair.as_bytes());
        compare(credentials(headers, "basic"), &wanted, Wanted::Password)?;
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
    compare(given.as_deref(), secret, Wanted::Token)
}

/// Checks the signature of the body, or of the query of a request without one, and its time stamp. Where the
/// settings want a time stamp, returns what tells this signed request from others: a replay has the same.
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
        let wanted = signature(rule, secret, signed);
        return compare_signature(rule, given, &wanted).map(|()| None);
    };
    let stamp = match &time.carrier {
        TimeCarrier::Header(name) => single(headers, name)?.trim(),
        TimeCarrier::Parameter(name) => {
            let pairs = given.split(',').filter_map(|pair| pair.split_once('='));
            let mut named = pairs.filter(|(key, _)| key.trim() == name);
            match (named.next(), named.next()) {
                (Some((_, stamp)), None) => stamp.trim(),
                (Some(_), Some(_)) => return Err(Denied::Wrong(Wanted::Signature)),
                (None, _) => return Err(Denied::Missing(Wanted::Signature)),
            }
        }
    };
    let wanted = signature(rule, secret, &time.signed(stamp, signed));
    compare_signature(rule, given, &wanted)?;
    let age = moment(stamp).map(|at| now.duration_since(at).unsigned_abs());
    if age.is_none_or(|age| age > time.window) {
        return Err(Denied::OutOfTime);
    }
    Ok(Some(hex(digest(&SHA256, wanted.as_bytes()).as_ref())))
}

/// Whether one of the signatures in the header is the wanted one: the whole header, or a part of a list such
/// as `t=1764190000,v1=…`.
fn compare_signature(rule: &Hmac, given: &str, wanted: &str) -> Result<(), Denied> {
    /// Senders that change their secret send two for a while.
    const MOST: usize = 10;
    let wanted = wanted.trim_end_matches('=');
    let parts = std::iter::once(given).chain(given.split(',').take(MOST));
    let bare = parts.filter_map(|part| {
        let part = part.trim();
        let prefix = part.get(..rule.prefix.len())?;
        let is_prefix = prefix.eq_ignore_ascii_case(&rule.prefix);
        is_prefix.then(|| part.get(rule.prefix.len()..)).flatten()
    });
    let mut result = Err(Denied::Wrong(Wanted::Signature));
    for bare in bare {
        let bare = match rule.encoding {
            Encoding::Hex => bare.to_ascii_lowercase(),
            Encoding::Base64 => bare.replace('-', "+").replace('_', "/"),
        };
        let bare = bare.trim_end_matches('=');
        result = result.or(compare(Some(bare), wanted, Wanted::Signature));
    }
    result
}

/// The value of a header that must occur once: of two, nobody knows which one others have checked.
fn single<'h>(headers: &'h HeaderMap, name: &str) -> Result<&'h str, Denied> {
    if headers.get_all(name).nth(1).is_some() {
        return Err(Denied::Wrong(Wanted::Signature));
    }
    header(headers, name).ok_or(Denied::Missing(Wanted::Signature))
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

/// What only the packet tells: a token in a field. The field is not in the packet that profiles see.
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
        Wanted::Token,
    )
}

/// The query without the parameter that bears the token.
pub(super) fn without_token(channel: &Channel, query: &str) -> String {
    let Some(Carrier::Query(name)) = channel.token.as_ref().map(|token| &token.carrier) else {
        return query.to_owned();
    };
    let others = query.split('&').filter(|pair| !is_named(pair, name));
    others.collect::<Vec<_>>().join("&")
}

/// The field that bears the token.
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

fn compare(given: Option<&str>, wanted: &str, what: Wanted) -> Result<(), Denied> {
    let given = given.map(str::trim).ok_or(Denied::Missing(what))?;
    // digests are of one length, so not even that is told
    let (given, wanted) = (
        digest(&SHA256, given.as_bytes()),
        digest(&SHA256, wanted.as_bytes()),
    );
    verify_slices_are_equal(given.as_ref(), wanted.as_ref()).map_err(|_| Denied::Wrong(what))
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// What follows the scheme in `Authorization`.
fn credentials<'h>(headers: &'h HeaderMap, scheme: &str) -> Option<&'h str> {
    let (given, rest) = header(headers, AUTHORIZATION.as_str())?
        .trim()
        .split_once(' ')?;
    given.eq_ignore_ascii_case(scheme).then(|| rest.trim())
}

fn parameter(query: &str, name: &str) -> Option<String> {
    let pair = query.split('&').find(|pair| is_named(pair, name))?;
    let value = pair
        .split_once('=')
        .map_or("", |(_, value)| value)
        .replace('+', " ");
    Some(percent_decode_str(&value).decode_utf8_lossy().into_owned())
}

fn is_named(pair: &str, name: &str) -> bool {
    let key = pair.split('=').next().unwrap_or_default();
    percent_decode_str(key).decode_utf8_lossy() == name
}

fn signature(rule: &Hmac, secret: &SecretString, signed: &[u8]) -> String {
    let algorithm = match rule.algorithm {
        Algorithm::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Algorithm::Sha256 => hmac::HMAC_SHA256,
        Algorithm::Sha512 => hmac::HMAC_SHA512,
    };
    let key = hmac::Key::new(algorithm, secret.expose_secret().as_bytes());
    let tag = hmac::sign(&key, signed);
    match rule.encoding {
        Encoding::Hex => hex(tag.as_ref()),
        Encoding::Base64 => base64(tag.as_ref()),
    }
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .filter_map(|digit| char::from_digit(u32::from(digit), 16))
        .collect()
}

/// RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let mut three = [0_u8; 3];
        three
            .iter_mut()
            .zip(chunk)
            .for_each(|(to, from)| *to = *from);
        let number = u32::from_be_bytes([0, three[0], three[1], three[2]]);
        for place in 0..4_usize {
            let index = (number >> (18 - 6 * place)) & 63;
            let letter = LETTERS.get(index as usize).copied().unwrap_or_default();
            text.push(if place <= chunk.len() {
                char::from(letter)
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_standard() {
        for (plain, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("Aladdin:open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        ] {
            assert_eq!(base64(plain.as_bytes()), text);
        }
    }

    #[test]
    fn a_secret_is_taken_out_of_a_body_wherever_it_stands() {
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
    fn a_parameter_is_found_and_taken_out_however_it_is_escaped() {
        let query = "a=1&t%6Fken=s+3%26&b=2";
        assert_eq!(parameter(query, "token").as_deref(), Some("s 3&"));
        assert!(is_named("t%6Fken=1", "token") && !is_named("tokens=1", "token"));
    }
}
