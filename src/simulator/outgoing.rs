//! Requests that the sandbox sends itself: the forms of portals and amoCRM, and the events of the PBX.

use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::RequestBuilder;

/// Writes fields as a form, in their order.
pub(super) fn form<'f>(fields: impl IntoIterator<Item = (&'f str, &'f str)>) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pairs = fields.into_iter();
    let pairs = pairs.map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// Posts a form, and returns the status of the reply; `None` without one.
pub(super) async fn post_form(url: &str, form: String, patience: Duration) -> Option<u16> {
    post(url, patience, |request| {
        let kind = "application/x-www-form-urlencoded";
        request.header("content-type", kind).body(form)
    })
    .await
}

/// Posts what this completes, and returns the status of the reply; `None` without one.
pub(super) async fn post(
    url: &str,
    patience: Duration,
    complete: impl FnOnce(RequestBuilder) -> RequestBuilder,
) -> Option<u16> {
    let client = reqwest::Client::builder().no_proxy().timeout(patience);
    let request = complete(client.build().ok()?.post(url));
    Some(request.send().await.ok()?.status().as_u16())
}
