//! Names of header fields of requests to services.

/// Header fields that the connection or the length of the body decides.
const OF_THE_CONNECTION: [&str; 8] = [
    "host",
    "content-length",
    "content-encoding",
    "transfer-encoding",
    "connection",
    "upgrade",
    "te",
    "expect",
];

/// Returns whether this can be the name of a header field (RFC 9110, a token).
pub fn is_header_name(text: &str) -> bool {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    !text.is_empty() && text.chars().all(is_token)
}

/// Returns whether the connection decides this header field, so that nobody may set it.
pub fn is_of_the_connection(name: &str) -> bool {
    OF_THE_CONNECTION.contains(&name.to_ascii_lowercase().as_str())
}

/// Returns whether a header field of the settings has a value that is no secret. Environment
/// variables have `_` in place of `-`.
pub fn is_plain_header(name: &str) -> bool {
    const PLAIN: [&str; 6] = [
        "accept",
        "accept-language",
        "content-type",
        "origin",
        "siteid",
        "user-agent",
    ];
    let name = name.trim().to_ascii_lowercase().replace('_', "-");
    PLAIN.contains(&name.as_str())
}
