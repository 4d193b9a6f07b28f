//! CORS: the widget runs on the pages of the account, so a browser asks first whether they may read
//! the answers. The question has no token.

use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderValue, ORIGIN, VARY,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};

use super::refusal::Refusal;
use crate::config::WidgetSettings;

/// Returns the reply to a preflight request; `None` for other requests.
pub(super) fn preflight(
    settings: &WidgetSettings,
    request: &HttpRequest,
) -> Option<Result<HttpResponse, Refusal>> {
    let headers = request.headers();
    let asks = request.method() == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if !asks {
        return None;
    }
    if allowed(settings, request).is_none() {
        return Some(Err(Refusal::Origin));
    }
    let reply = HttpResponse::build(StatusCode::NO_CONTENT)
        .insert_header((ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, OPTIONS"))
        .insert_header((
            ACCESS_CONTROL_ALLOW_HEADERS,
            "content-type, x-auth-token, x-requested-with",
        ))
        .insert_header((ACCESS_CONTROL_MAX_AGE, "600"))
        .finish();
    Some(Ok(reply))
}

/// Lets a page of the account read a reply, a refusal included.
pub(super) fn allow(settings: &WidgetSettings, request: &HttpRequest, reply: &mut HttpResponse) {
    let headers = reply.headers_mut();
    headers.insert(VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = allowed(settings, request) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
}

fn allowed(settings: &WidgetSettings, request: &HttpRequest) -> Option<HeaderValue> {
    let origin = request.headers().get(ORIGIN)?;
    if settings.origins.iter().any(|listed| listed == "*") {
        return Some(HeaderValue::from_static("*"));
    }
    let given = origin.to_str().ok()?;
    let mut known = settings.origins.iter().chain([&settings.account_url]);
    let is_known = known.any(|known| known.eq_ignore_ascii_case(given));
    is_known.then(|| origin.clone())
}
