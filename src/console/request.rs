//! What a request says before it is known who asks.

use actix_web::http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, HOST, HeaderName, ORIGIN};
use actix_web::{HttpRequest, web};
use bytes::Bytes;
use jiff::tz::TimeZone;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::domain::Lang;

/// The cookie with the chosen language.
pub(super) const LANGUAGE: &str = "leadgate-lang";

/// The cookie with the zone of the viewer, which the script of the pages sets.
const ZONE: &str = "leadgate-zone";

/// The header field that says the same in a frame of a portal, where cookies do not come back.
const ZONE_HEADER: &str = "x-leadgate-zone";

/// Returns the time zone of the viewer; `None` until the browser has told it.
pub(super) fn zone_of(request: &HttpRequest) -> Option<TimeZone> {
    let cookie = request.cookie(ZONE);
    let header = request.headers().get(ZONE_HEADER);
    let name = match (&cookie, header) {
        (_, Some(header)) => header.to_str().ok()?,
        (Some(cookie), None) => cookie.value(),
        (None, None) => return None,
    };
    let is_name = name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|c| c.is_ascii_alphanumeric() || b"/_+-".contains(&c));
    is_name.then(|| TimeZone::get(name).ok())?
}

/// How the tokens of sessions in a portal begin, so that no token of somebody else is taken for one.
pub(super) const TOKEN_PREFIX: &str = "portal-";

/// Returns the token of a session in a portal; `None` without one.
pub(super) fn portal_token(request: &HttpRequest) -> Option<&str> {
    let sent = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let token = sent.strip_prefix("Bearer ")?;
    token.starts_with(TOKEN_PREFIX).then_some(token)
}

/// Returns whether a page of the gateway has sent the request, or a program that says nothing of
/// pages.
pub(super) fn is_own_site(request: &HttpRequest) -> bool {
    let header = |name: HeaderName| request.headers().get(name)?.to_str().ok();
    match header(HeaderName::from_static("sec-fetch-site")) {
        Some(site) => matches!(site, "same-origin" | "none"),
        None => match header(ORIGIN) {
            Some(origin) => header(HOST).is_some_and(|host| is_of(origin, host)),
            None => true,
        },
    }
}

/// Returns whether an origin such as `https://gate.example` is that of a host with its port.
fn is_of(origin: &str, host: &str) -> bool {
    origin
        .split_once("://")
        .is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(host))
}

/// Returns the language of a request: the chosen one, else that of the browser, else Russian. The
/// frame of a portal sends its own language like a browser's.
pub(super) fn words_of(request: &HttpRequest) -> Lang {
    let chosen = request
        .cookie(LANGUAGE)
        .filter(|_| portal_token(request).is_none());
    if let Some(lang) = chosen.and_then(|cookie| Lang::parse(cookie.value())) {
        return lang;
    }
    let header = request.headers().get(ACCEPT_LANGUAGE);
    let tags = header.and_then(|header| header.to_str().ok());
    let mut tags = tags.unwrap_or_default().split(',');
    tags.find_map(|tag| Lang::parse(tag.split(';').next()?.trim()))
        .unwrap_or(Lang::Ru)
}

/// Reads a part of an address.
pub(super) fn decoded(part: &str) -> String {
    percent_decode_str(part).decode_utf8_lossy().into_owned()
}

/// Writes a value into an address.
pub(super) fn encoded(value: &str) -> String {
    utf8_percent_encode(value, NON_ALPHANUMERIC).to_string()
}

/// Parses `a=1&b=2`, in which names may repeat.
pub(super) fn pairs(text: &str) -> Vec<(String, String)> {
    web::Query::from_query(text).map_or_else(|_| Vec::new(), web::Query::into_inner)
}

/// Reads a body of up to `most` bytes; `None` if it is longer or does not arrive.
pub(super) async fn read(body: Option<web::Payload>, most: usize) -> Option<Bytes> {
    let Some(body) = body else {
        return Some(Bytes::new());
    };
    body.to_bytes_limited(most).await.ok()?.ok()
}
