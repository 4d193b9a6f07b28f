//! One exchange with a service: the request goes out, the reply comes back whole, or it is known
//! how far it got.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use reqwest::header::{HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{Certificate, Method, Proxy, Url};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use tracing::field::Empty;
use tracing::{Instrument as _, debug_span};

use super::address;
use super::outgoing::OutgoingRequest;
use super::settings::HttpSettings;
use crate::crm::network_failure;
use crate::domain::json::has_at_most;
use crate::domain::{BilingualError, HttpFailure, Personal, bilingual, text};

/// The most redirects that are followed.
const MOST_REDIRECTS: usize = 5;
/// A reply with more values is not decoded.
const MOST_VALUES: usize = 250_000;
/// The longest `Retry-After` that is obeyed.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);
/// Characters of a reply that failures quote.
const WORDS: usize = 300;
/// Characters of a reply that is not JSON, in the journal.
const SHOWN: usize = 16_000;

/// Sends requests.
pub(super) struct Wire {
    http: reqwest::Client,
    reply_limit: usize,
}

/// A request with what came back.
pub(super) struct Exchange {
    pub(super) reply: Result<HttpReply, SendFailure>,
    pub(super) duration: Duration,
}

/// A whole reply.
pub(super) struct HttpReply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// Why there is no whole reply.
pub(super) enum SendFailure {
    /// Nothing was sent.
    NotSent(HttpFailure),
    /// The service may have taken the request.
    Unknown {
        failure: HttpFailure,
        /// The status, if one came.
        status: Option<u16>,
    },
    /// The service sends elsewhere and has not taken the request.
    Redirected { failure: HttpFailure, status: u16 },
}

impl SendFailure {
    pub(super) fn into_failure(self) -> HttpFailure {
        match self {
            Self::NotSent(failure)
            | Self::Unknown { failure, .. }
            | Self::Redirected { failure, .. } => failure,
        }
    }
}

impl Exchange {
    /// Returns the status, if one came.
    pub(super) fn status(&self) -> Option<u16> {
        match &self.reply {
            Ok(reply) => Some(reply.status),
            Err(SendFailure::Unknown { status, .. }) => *status,
            Err(SendFailure::Redirected { status, .. }) => Some(*status),
            Err(SendFailure::NotSent(_)) => None,
        }
    }
}

impl HttpReply {
    /// Decodes the body; `None` if it is not JSON, or has too many values.
    pub(super) fn json(&self) -> Option<Value> {
        if !has_at_most(MOST_VALUES, &self.body) {
            return None;
        }
        serde_json::from_slice(&self.body).ok()
    }

    /// Returns the body for the journal: JSON, or the beginning of the text.
    pub(super) fn shown(&self) -> Value {
        self.json()
            .unwrap_or_else(|| text::ellipsis(&String::from_utf8_lossy(&self.body), SHOWN).into())
    }

    /// Returns the beginning of the body, for failures.
    pub(super) fn words(&self) -> Personal {
        let start = self.body.get(..WORDS * 4).unwrap_or(&self.body);
        let start = String::from_utf8_lossy(start);
        let line = start.split_whitespace().collect::<Vec<_>>().join(" ");
        text::ellipsis(&line, WORDS).into()
    }

    /// Returns how long the service wants to be left alone, if it says so in seconds.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        let seconds = self.headers.get(RETRY_AFTER)?.to_str().ok()?;
        let seconds: u64 = seconds.trim().parse().ok()?;
        Some(Duration::from_secs(seconds).min(LONGEST_WAIT))
    }
}

/// Returns the error of a file without certificates.
fn unusable(name: &str) -> BilingualError {
    BilingualError::new(bilingual!(
        "http.{name}.trust: the file has no usable certificate; it must be PEM, with the line `-----BEGIN CERTIFICATE-----`",
        "http.{name}.trust: в файле нет пригодного сертификата; нужен PEM со строкой `-----BEGIN CERTIFICATE-----`"
    ))
}

impl Wire {
    pub(super) fn new(settings: &HttpSettings) -> anyhow::Result<Self> {
        let name = &settings.name;
        let mut http = reqwest::Client::builder()
            .timeout(settings.timeout)
            .connect_timeout(settings.connect_timeout)
            .pool_max_idle_per_host(settings.parallel)
            // servers close idle connections after 5 s and more: a request that meets the close has
            // an unknown outcome
            .pool_idle_timeout(Duration::from_secs(4))
            // followed here, on the same origin only
            .redirect(reqwest::redirect::Policy::none());
        if let Some(proxy) = &settings.proxy {
            let proxy = Proxy::all(proxy.expose_secret())
                .map_err(reqwest::Error::without_url)
                .with_context(|| format!("http.{name}.proxy cannot be used"))?;
            http = http.no_proxy().proxy(proxy);
        } else if address::is_local(&settings.url) {
            http = http.no_proxy();
        }
        if let Some(pem) = &settings.trust {
            let certificates = Certificate::from_pem_bundle(pem).map_err(|_| unusable(name))?;
            if certificates.is_empty() {
                return Err(unusable(name).into());
            }
            reqwest::Client::builder()
                .tls_certs_only(certificates.clone())
                .build()
                .map_err(|_| unusable(name))?;
            for certificate in certificates {
                http = http.add_root_certificate(certificate);
            }
        }
        let http = http
            .build()
            .map_err(reqwest::Error::without_url)
            .with_context(|| {
                format!("http.{name}: cannot set up HTTPS; install CA certificates (package ca-certificates)")
            })?;
        Ok(Self {
            http,
            reply_limit: settings.reply_limit,
        })
    }

    /// Sends a request and follows redirects on the same origin.
    pub(super) async fn send(&self, request: &OutgoingRequest) -> Exchange {
        let span = debug_span!(
            "http_call",
            destination = %request.destination,
            duration_ms = Empty,
        );
        let started = Instant::now();
        let reply = self.attempt(request).instrument(span.clone()).await;
        let duration = started.elapsed();
        let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        span.record("duration_ms", milliseconds);
        span.in_scope(|| tracing::debug!("called the service"));
        Exchange { reply, duration }
    }

    async fn attempt(&self, request: &OutgoingRequest) -> Result<HttpReply, SendFailure> {
        let mut url = request.url.clone();
        let mut method = request.method.clone();
        for _ in 0..=MOST_REDIRECTS {
            let with_body = method == request.method;
            let mut builder = self
                .http
                .request(method.clone(), url.clone())
                .headers(request.headers.clone());
            if let Some(body) = request.body.as_ref().filter(|_| with_body) {
                builder = builder.body(body.clone());
            }
            let response = builder.send().await.map_err(not_answered)?;
            let status = response.status();
            if !status.is_redirection() || response.headers().get(LOCATION).is_none() {
                return self.read(response).await;
            }
            let status = status.as_u16();
            let location = response.headers().get(LOCATION);
            let location = location.and_then(|it| it.to_str().ok()).unwrap_or_default();
            (url, method) = follow(&url, &method, status, location)
                .map_err(|failure| SendFailure::Redirected { failure, status })?;
        }
        let to = address::origin(&url);
        Err(SendFailure::Redirected {
            failure: HttpFailure::Redirected { to },
            status: 310,
        })
    }

    async fn read(&self, mut response: reqwest::Response) -> Result<HttpReply, SendFailure> {
        let status = response.status().as_u16();
        let unknown = |failure| SendFailure::Unknown {
            failure,
            status: Some(status),
        };
        let headers = response.headers().clone();
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() > self.reply_limit => {
                    return Err(unknown(HttpFailure::TooLong));
                }
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(error) => {
                    let network = network_failure(&error.without_url());
                    return Err(unknown(HttpFailure::NoReply(network)));
                }
            }
        }
        Ok(HttpReply {
            status,
            headers,
            body,
        })
    }
}

/// Returns where a redirect leads, with the method: it stays on the origin, and a request with a
/// body is sent again only where the status keeps its method (RFC 9110, 15.4).
fn follow(
    from: &Url,
    method: &Method,
    status: u16,
    location: &str,
) -> Result<(Url, Method), HttpFailure> {
    let refused = |to: String| HttpFailure::Redirected { to };
    let to = from.join(location).map_err(|_| refused(String::new()))?;
    if !address::is_same_origin(from, &to) {
        return Err(refused(address::origin(&to)));
    }
    let reads = matches!(*method, Method::GET | Method::HEAD);
    match status {
        307 | 308 => Ok((to, method.clone())),
        303 => Ok((to, if reads { method.clone() } else { Method::GET })),
        301 | 302 if reads => Ok((to, method.clone())),
        // a client that follows would lose the body
        _ => Err(refused(format!("{}{}", address::origin(&to), to.path()))),
    }
}

/// Classifies a transport error: nothing was sent if no connection was established.
fn not_answered(error: reqwest::Error) -> SendFailure {
    let was_sent = !(error.is_connect() || error.is_builder());
    let network = network_failure(&error.without_url());
    if was_sent {
        SendFailure::Unknown {
            failure: HttpFailure::NoReply(network),
            status: None,
        }
    } else {
        SendFailure::NotSent(HttpFailure::Unreachable(network))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn a_redirect_is_followed_on_the_same_origin_only() {
        let from: Url = "https://a.example/x".parse().unwrap();
        for (method, status, location, expected) in [
            (
                Method::POST,
                307,
                "/y",
                Ok(("https://a.example/y", Method::POST)),
            ),
            (
                Method::POST,
                308,
                "https://a.example:443/y",
                Ok(("https://a.example/y", Method::POST)),
            ),
            (
                Method::POST,
                303,
                "/done",
                Ok(("https://a.example/done", Method::GET)),
            ),
            (
                Method::GET,
                302,
                "y",
                Ok(("https://a.example/y", Method::GET)),
            ),
            (
                Method::GET,
                301,
                "/y",
                Ok(("https://a.example/y", Method::GET)),
            ),
            (Method::POST, 302, "/y", Err("https://a.example/y")),
            (Method::PUT, 301, "/y", Err("https://a.example/y")),
            (
                Method::GET,
                302,
                "http://a.example/y",
                Err("http://a.example"),
            ),
            (
                Method::GET,
                302,
                "https://b.example/y",
                Err("https://b.example"),
            ),
            (Method::GET, 302, "//b.example/y", Err("https://b.example")),
            (
                Method::POST,
                307,
                "https://a.example:8443/y",
                Err("https://a.example:8443"),
            ),
            (
                Method::GET,
                302,
                "http://127.0.0.1/y",
                Err("http://127.0.0.1"),
            ),
            (Method::GET, 302, "http://[::1:", Err("")),
        ] {
            let found = follow(&from, &method, status, location);
            let found = found.map(|(url, method)| (url.to_string(), method));
            let expected = expected
                .map(|(url, method)| (url.to_owned(), method))
                .map_err(|to| HttpFailure::Redirected { to: to.to_owned() });
            assert_eq!(found, expected, "{method} {status} {location}");
        }
    }

    #[test]
    fn retry_after_is_read_in_seconds_and_bounded() {
        for (written, expected) in [
            ("7", Some(7)),
            (" 0 ", Some(0)),
            ("99999999", Some(3600)),
            ("-1", None),
            ("Wed, 21 Oct 2015 07:28:00 GMT", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, written.parse().unwrap());
            let reply = HttpReply {
                status: 429,
                headers,
                body: Vec::new(),
            };
            let expected = expected.map(Duration::from_secs);
            assert_eq!(reply.retry_after(), expected, "{written}");
        }
    }
}
