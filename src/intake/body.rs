//! Reads the body of a request, whole and within its limits.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::StreamExt as _;

use super::memory::{Charge, Crowded, Memory};
use crate::domain::Bilingual;

/// Why a body could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyError {
    /// Longer than this many bytes.
    TooLong(usize),
    /// Slower than this.
    TooSlow(Duration),
    /// The connection broke.
    Broken,
    /// The requests in flight use all the memory that they may use together.
    Crowded,
}

/// What sources answer that have no words of their own for it.
impl BodyError {
    /// Returns the status and a stable code.
    pub(super) fn code(self) -> (StatusCode, &'static str) {
        match self {
            Self::TooLong(_) => (StatusCode::PAYLOAD_TOO_LARGE, "too-long"),
            Self::TooSlow(_) => (StatusCode::REQUEST_TIMEOUT, "too-slow"),
            Self::Broken => (StatusCode::BAD_REQUEST, "unreadable"),
            Self::Crowded => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        }
    }

    /// Returns why, in words. `too_long` names the setting of the longest body.
    pub(super) fn words(self, too_long: Bilingual<&'static str>) -> Bilingual<&'static str> {
        match self {
            Self::TooLong(_) => too_long,
            Self::TooSlow(_) => Bilingual::new(
                "The body did not arrive in time",
                "Тело запроса не пришло вовремя",
            ),
            Self::Broken => Bilingual::new(
                "The connection broke before the end of the body",
                "Тело запроса оборвалось",
            ),
            Self::Crowded => Bilingual::new(
                "The gateway is receiving too much data, try again later",
                "Шлюз сейчас принимает слишком много данных, повторите позже",
            ),
        }
    }
}

impl From<Crowded> for BodyError {
    fn from(_: Crowded) -> Self {
        Self::Crowded
    }
}

/// The limits of reading a body.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading<'m> {
    /// The longest body, in bytes.
    pub(super) limit: usize,
    /// How long a body may take to arrive.
    pub(super) patience: Duration,
    /// The memory that it is charged to.
    pub(super) memory: &'m Memory,
}

/// The capacity for a body before any of it has arrived. It grows with the body.
const FIRST_CAPACITY: usize = 16 << 10;

/// Reads the body. Its memory is charged until the returned charge is dropped.
pub(super) async fn read<'m>(
    request: &HttpRequest,
    payload: Payload,
    reading: Reading<'m>,
) -> Result<(Bytes, Charge<'m>), BodyError> {
    let Reading {
        limit, patience, ..
    } = reading;
    let announced = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(BodyError::TooLong(limit));
    }
    let collected = collect(payload, reading, announced.unwrap_or(0));
    match tokio::time::timeout(patience, collected).await {
        Ok(body) => body,
        Err(_) => Err(BodyError::TooSlow(patience)),
    }
}

async fn collect(
    mut payload: Payload,
    reading: Reading<'_>,
    announced: usize,
) -> Result<(Bytes, Charge<'_>), BodyError> {
    let limit = reading.limit;
    let mut charge = reading.memory.begin();
    // only bytes that have arrived are charged, not the announced length
    let mut body = BytesMut::with_capacity(announced.min(FIRST_CAPACITY));
    loop {
        let chunk = tokio::select! {
            chunk = payload.next() => chunk,
            () = charge.is_given_up() => return Err(BodyError::Crowded),
        };
        let Some(chunk) = chunk else { break };
        let chunk = chunk.map_err(|_| BodyError::Broken)?;
        if body.len() + chunk.len() > limit {
            return Err(BodyError::TooLong(limit));
        }
        charge.grow(chunk.len()).await?;
        body.extend_from_slice(&chunk);
        // most bodies arrive in one piece, which nothing else can interrupt
        if body.len() != announced {
            charge.arriving();
        }
    }
    charge.arrived();
    Ok((body.freeze(), charge))
}

/// Whether the headers announce plain JSON in UTF-8: `application/json` in any case, parameters
/// allowed, no compression.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let Some(content_type) = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
    else {
        return false;
    };
    let mut parts = content_type.split(';').map(str::trim);
    let json = parts
        .next()
        .is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    let utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            let value = value.trim().trim_matches('"');
            value.eq_ignore_ascii_case("utf-8") || value.eq_ignore_ascii_case("utf8")
        }
        _ => true,
    });
    let plain = headers
        .get(CONTENT_ENCODING)
        .is_none_or(|coding| coding == "identity");
    json && utf8 && plain
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn only_the_content_type_marks_json() {
        for (text, json) in [
            ("application/json", true),
            ("Application/JSON; charset=UTF-8", true),
            ("application/json;charset=\"utf-8\"; x=y", true),
            ("application/json; charset=windows-1251", false),
            ("text/json", false),
            ("application/jsonp", false),
            ("application/x-www-form-urlencoded", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_str(text).unwrap());
            assert_eq!(is_json(&headers), json, "{text}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
