//! CORS: pages of other origins that send from a browser. The browser sends a preflight request
//! first.

use actix_web::HttpResponse;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderValue, ORIGIN, VARY,
};
use actix_web::http::{Method, StatusCode};

use super::Call;
use super::refusal::{Refusal, RefusalReason};
use crate::channels::{Carrier, TimeCarrier};

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
    let mut response = HttpResponse::build(StatusCode::NO_CONTENT)
        .insert_header((
            ACCESS_CONTROL_ALLOW_METHODS,
            call.channel.methods().join(", "),
        ))
        .insert_header((ACCESS_CONTROL_ALLOW_HEADERS, request_headers(call)))
        .insert_header((ACCESS_CONTROL_MAX_AGE, "600"))
        .finish();
    allow(call, &mut response);
    Some(Ok(response))
}

/// Lets the page read the reply if its origin is listed. Headers that the settings name stay as
/// they are.
pub(super) fn allow(call: &Call<'_>, response: &mut HttpResponse) {
    if call.channel.origins.is_empty() {
        return;
    }
    let headers = response.headers_mut();
    headers.append(VARY, HeaderValue::from_static("Origin"));
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
    names.join(", ")
}
