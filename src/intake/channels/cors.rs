//! CORS: pages of other origins that send from a browser. The browser sends a preflight request
//! first.

use actix_web::HttpResponse;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD,
    HeaderValue, ORIGIN, VARY,
};
use actix_web::http::{Method, StatusCode};

use super::Call;
use super::refusal::{Refusal, RefusalReason};
use crate::channels::{Carrier, TimeCarrier};

/// More headers that a page wants to send are not answered.
const MOST_HEADERS: usize = 50;

/// Returns the reply to a preflight request; `None` for other requests.
pub(super) fn preflight(call: &Call<'_>) -> Option<Result<HttpResponse, Refusal>> {
    let headers = call.request.headers();
    let asks = call.request.method() == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if !asks {
        return None;
    }
    if allowed(call).is_none() {
        return Some(Err(call.refusal(RefusalReason::Origin)));
    }
    let mut response = HttpResponse::build(StatusCode::NO_CONTENT);
    let methods = call.channel.methods().join(", ");
    for (name, ours) in [
        (ACCESS_CONTROL_ALLOW_METHODS, methods),
        (ACCESS_CONTROL_ALLOW_HEADERS, request_headers(call)),
        (ACCESS_CONTROL_MAX_AGE, "600".to_owned()),
    ] {
        let value = in_reply(call, name.as_str()).map_or(ours, str::to_owned);
        response.insert_header((name, value));
    }
    let mut response = response.finish();
    allow(call, &mut response);
    Some(Ok(response))
}

/// Returns a header of the channel's own reply to accepted requests.
fn in_reply<'c>(call: &'c Call<'_>, name: &str) -> Option<&'c str> {
    call.channel.accepted.as_ref()?.header(name)
}

/// Lets the page read the reply if its origin is listed. Headers that the settings name stay as
/// they are.
pub(super) fn allow(call: &Call<'_>, response: &mut HttpResponse) {
    let headers = response.headers_mut();
    if call.channel.origins.is_empty() {
        if in_reply(call, ACCESS_CONTROL_ALLOW_ORIGIN.as_str()).is_none() {
            return;
        }
    } else {
        headers.append(VARY, HeaderValue::from_static("Origin"));
    }
    if headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN) {
        return;
    }
    if let Some(origin) = allowed(call) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
}

fn allowed(call: &Call<'_>) -> Option<HeaderValue> {
    let origin = call.request.headers().get(ORIGIN)?;
    let origins = &call.channel.origins;
    // a page may also be allowed by the header alone
    if let Some(written) = in_reply(call, ACCESS_CONTROL_ALLOW_ORIGIN.as_str())
        && (written == "*" || written.as_bytes().eq_ignore_ascii_case(origin.as_bytes()))
    {
        return HeaderValue::from_str(written).ok();
    }
    if origins.iter().any(|listed| listed == "*") {
        return Some(HeaderValue::from_static("*"));
    }
    let given = origin.to_str().ok()?;
    let is_listed = origins
        .iter()
        .any(|listed| listed.eq_ignore_ascii_case(given));
    is_listed.then(|| origin.clone())
}

/// Returns the headers that a page may have to send.
fn request_headers(call: &Call<'_>) -> String {
    let mut names = vec![
        "content-type",
        "authorization",
        "idempotency-key",
        "accept-language",
    ];
    if let Some(Carrier::Header(name)) = call.channel.token.as_ref().map(|token| &token.carrier) {
        names.push(name);
    }
    if let Some(hmac) = &call.channel.hmac {
        names.push(&hmac.header);
        if let Some(TimeCarrier::Header(name)) = hmac.time.as_ref().map(|time| &time.carrier) {
            names.push(name);
        }
    }
    let mut names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    // headers that guard nothing may be sent: browsers and libraries add their own
    let wanted = call.request.headers().get(ACCESS_CONTROL_REQUEST_HEADERS);
    let wanted = wanted.and_then(|value| value.to_str().ok());
    for name in wanted.unwrap_or_default().split(',').take(MOST_HEADERS) {
        let name = name.trim().to_ascii_lowercase();
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(", ")
}
