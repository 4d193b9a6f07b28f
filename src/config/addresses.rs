//! Addresses of other services in the settings.

use crate::domain::{Bilingual, bilingual};

/// Checks an address, without slashes at its end. Secrets go there, so it is encrypted unless it
/// stays on this machine. `example` is one as it should be.
pub(super) fn encrypted_address(text: &str, example: &str) -> Result<String, Bilingual> {
    let text = text.trim().trim_end_matches('/');
    let is_plain =
        text.bytes().all(|byte| byte.is_ascii_graphic()) && !text.contains(['@', '?', '#']);
    let is_address = match text.split_once("://") {
        Some(("https", rest)) => !rest.is_empty() && !rest.starts_with(['/', ':']),
        Some(("http", _)) => is_local(text),
        _ => false,
    };
    if is_plain && is_address {
        return Ok(text.to_owned());
    }
    Err(bilingual!(
        "`{text}` is not an address with https; write {example}",
        "`{text}` — не адрес с https; напишите {example}"
    ))
}

/// Returns whether an address without encryption stays on this machine.
pub(super) fn is_local(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else {
        return false;
    };
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|host| {
        let rest = rest.strip_prefix(host);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
    })
}
