//! Network errors as data.

use std::error::Error;
use std::io::{self, ErrorKind};

use reqwest::Url;

use super::Timeouts;
use super::address::is_this_machine;
use crate::domain::{Bilingual, BilingualError, NetworkFailure};

/// Builds the HTTP client of a portal or an authorization server; this machine is reached without a
/// proxy. Redirects are not followed: that
/// would turn POST into GET and lose the body.
///
/// # Errors
/// If the machine has no CA certificates.
pub(super) fn client(timeouts: Timeouts, address: &Url) -> anyhow::Result<reqwest::Client> {
    let mut http = reqwest::Client::builder();
    if address.host_str().is_some_and(is_this_machine) {
        http = http.no_proxy();
    }
    let http = http
        .user_agent(concat!("leadgate/", env!("CARGO_PKG_VERSION")))
        .timeout(timeouts.call)
        .connect_timeout(timeouts.connect)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| {
            let text = Bilingual::new(
                "cannot set up HTTPS; install CA certificates (package ca-certificates)",
                "HTTPS не настраивается; установите корневые сертификаты (пакет ca-certificates)",
            );
            BilingualError::because(text, error.without_url())
        })?;
    Ok(http)
}

/// Returns what an error of the HTTP client comes down to: the innermost cause is the most
/// specific.
pub(crate) fn network_failure(error: &reqwest::Error) -> NetworkFailure {
    if error.is_timeout() {
        return NetworkFailure::TimedOut;
    }
    innermost_failure(error)
}

/// Returns what an error of a connection comes down to.
pub(crate) fn innermost_failure(error: &(dyn Error + 'static)) -> NetworkFailure {
    let mut cause = error;
    let mut is_lookup = false;
    loop {
        if let Some(known) = cause.downcast_ref::<io::Error>().and_then(of_system) {
            return known;
        }
        // the client has no type of its own for a failed look-up
        is_lookup |= cause.to_string() == "dns error";
        match cause.source() {
            Some(source) => cause = source,
            None if is_lookup => return NetworkFailure::UnknownHost,
            None => return of_words(cause.to_string()),
        }
    }
}

fn of_system(error: &io::Error) -> Option<NetworkFailure> {
    Some(match error.kind() {
        ErrorKind::ConnectionRefused => NetworkFailure::Refused,
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::UnexpectedEof => NetworkFailure::Closed,
        ErrorKind::TimedOut => NetworkFailure::TimedOut,
        ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::NetworkDown
        | ErrorKind::AddrNotAvailable => NetworkFailure::NoRoute,
        _ => return None,
    })
}

fn of_words(words: String) -> NetworkFailure {
    const CLOSED: [&str; 3] = [
        "connection closed before message completed",
        "unexpected EOF during chunk size line",
        "end of file before message length reached",
    ];
    if CLOSED.contains(&words.as_str()) {
        NetworkFailure::Closed
    } else if words.contains("certificate") {
        NetworkFailure::Certificate(words)
    } else {
        NetworkFailure::Other(words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_kinds_of_the_operating_system() {
        for (kind, expected) in [
            (ErrorKind::ConnectionRefused, NetworkFailure::Refused),
            (ErrorKind::UnexpectedEof, NetworkFailure::Closed),
            (ErrorKind::NetworkUnreachable, NetworkFailure::NoRoute),
        ] {
            assert_eq!(of_system(&io::Error::from(kind)), Some(expected));
        }
        assert_eq!(of_system(&io::Error::other("certificate expired")), None);
    }

    #[test]
    fn keeps_words_that_it_does_not_know() {
        let words = "invalid peer certificate: Expired".to_owned();
        let expected = NetworkFailure::Certificate(words.clone());
        assert_eq!(of_words(words), expected);
        let words = "odd".to_owned();
        assert_eq!(of_words(words.clone()), NetworkFailure::Other(words));
    }
}
