//! The settings of a destination, checked: the composition root makes them of the settings file.

use std::time::Duration;

use jiff::tz::TimeZone;
use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};
use secrecy::SecretString;

/// The settings of one HTTP service.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// Its name in the settings.
    pub name: String,
    /// Its address; paths of profiles are below it. May contain a secret.
    pub url: Url,
    /// Header fields of every request, secrets among them.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The most requests per second; `None` for no limit.
    pub rate: Option<f64>,
    /// The most requests at the same time.
    pub parallel: usize,
    /// From sending to the end of the reply.
    pub timeout: Duration,
    /// For establishing the connection.
    pub connect_timeout: Duration,
    /// How often a request without a usable reply is repeated; `None` for no limit.
    pub retries: Option<u32>,
    /// What to do if it is not known whether a request arrived; `None` for the default.
    pub unknown: Option<OnUnknown>,
    /// The header field for the key by which the service recognises a repeat.
    pub idempotency_header: Option<HeaderName>,
    /// The question whether a request has arrived.
    pub look: Option<LookSettings>,
    /// The path of a harmless request.
    pub check: Option<String>,
    /// The longest reply, in bytes.
    pub reply_limit: usize,
    /// Certificates that are trusted in addition, PEM.
    pub trust: Option<Vec<u8>>,
    /// The proxy; `None` for that of the environment.
    pub proxy: Option<SecretString>,
    /// What is known about the service.
    pub preset: Preset,
}

/// What to do if it is not known whether a request arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnUnknown {
    /// Send it again.
    Repeat,
    /// Ask whether it arrived.
    Look,
    /// A person decides.
    Park,
}

/// The question whether a request has arrived.
#[derive(Debug, Clone)]
pub struct LookSettings {
    /// The path and query of a GET request; `{id}` is the submission's id, `{key}` the key of the
    /// step.
    pub path: String,
    /// The test of the reply's JSON that tells; without one any success does.
    pub found: Option<String>,
}

/// What is known about a service.
#[derive(Debug, Clone)]
pub enum Preset {
    /// Nothing.
    Plain,
    /// Calltouch: many requests in one call, a result for each.
    Calltouch(CalltouchSettings),
}

/// The settings of Calltouch.
#[derive(Debug, Clone)]
pub struct CalltouchSettings {
    /// The id of the project.
    pub site: u64,
    /// The time zone of the project.
    pub zone: TimeZone,
    /// The token with which requests are read back; without one they are not.
    pub read_token: Option<SecretString>,
}
