//! Fetches recordings, or their beginnings. A link comes from outside, so only hosts that the
//! settings name are asked, also by redirects.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{CONTENT_RANGE, CONTENT_TYPE, HeaderMap, LOCATION, RANGE};
use reqwest::{Response, StatusCode, Url};

use super::sound::{self, HEAD};
use super::{RecordingRequests, RecordingRules};
use crate::crm::network_failure;
use crate::delivery::links::is_at;
use crate::domain::{NetworkFailure, RecordingFault};

/// Redirects that are followed.
const MOST_REDIRECTS: usize = 5;

/// Where recordings may be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordingHosts {
    /// `HOST`, `HOST:PORT`, or `http://HOST` without encryption.
    pub named: Vec<String>,
    /// Whether this machine is one, too: the PBX of the sandbox runs there.
    pub with_loopback: bool,
}

impl RecordingHosts {
    fn allow(&self, address: &Url) -> bool {
        let host = address.host_str().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let is_here = || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        self.named.iter().any(|pattern| is_at(pattern, address))
            || (self.with_loopback && is_here())
    }
}

/// How much of a recording is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// Enough to know what it is.
    Head,
    /// All of it.
    Whole,
}

/// What was read of a recording.
pub(super) struct Fetched {
    pub(super) content: Bytes,
    /// `mp3` or `wav`.
    pub(super) ending: &'static str,
}

/// Fetches recordings of a PBX.
#[derive(Debug)]
pub(super) struct RecordingFetcher {
    http: reqwest::Client,
    hosts: RecordingHosts,
    requests: RecordingRequests,
    limit: usize,
    timeout: Duration,
    /// The beginning of the settings' names: `pbx.main`.
    section: String,
}

impl RecordingFetcher {
    pub(super) fn new(rules: &RecordingRules) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("leadgate/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(5).min(rules.timeout))
            .redirect(reqwest::redirect::Policy::none())
            // a PBX is often in the same network, where no proxy leads
            .no_proxy()
            .build()
            .map_err(|error| anyhow::Error::new(error.without_url()))?;
        Ok(Self {
            http,
            hosts: rules.hosts.clone(),
            requests: rules.requests.clone(),
            limit: rules.limit,
            timeout: rules.timeout,
            section: format!("pbx.{}", rules.pbx),
        })
    }

    /// Reads a recording. One time limit holds for it with all its redirects.
    pub(super) async fn fetch(
        &self,
        link: &str,
        extent: Extent,
    ) -> Result<Fetched, RecordingFault> {
        let read = tokio::time::timeout(self.timeout, self.read_at(link, extent));
        let timed_out = RecordingFault::Unreachable(NetworkFailure::TimedOut);
        read.await.unwrap_or(Err(timed_out))
    }

    async fn read_at(&self, link: &str, extent: Extent) -> Result<Fetched, RecordingFault> {
        let address = Url::parse(link).map_err(|_| RecordingFault::NoAddress)?;
        let Some(request) = (self.requests.0)(link) else {
            return self.follow(address, extent).await;
        };
        // the settings name the address of the API
        let sent = self.http.post(request.url.clone());
        let sent = sent.header(CONTENT_TYPE, request.content_type);
        let response = sent.body(request.body).send().await.map_err(unreachable)?;
        if !response.status().is_redirection() {
            return self.read(response, extent).await;
        }
        let next = redirect(&response, &request.url)?;
        self.follow(next, extent).await
    }

    async fn follow(&self, mut address: Url, extent: Extent) -> Result<Fetched, RecordingFault> {
        for _ in 0..=MOST_REDIRECTS {
            self.check_host(&address)?;
            let mut request = self.http.get(address.clone());
            if extent == Extent::Head {
                request = request.header(RANGE, format!("bytes=0-{}", HEAD - 1));
            }
            let response = request.send().await.map_err(unreachable)?;
            if !response.status().is_redirection() {
                return self.read(response, extent).await;
            }
            address = redirect(&response, &address)?;
        }
        Err(RecordingFault::TooManyRedirects)
    }

    fn check_host(&self, address: &Url) -> Result<(), RecordingFault> {
        let is_web = matches!(address.scheme(), "http" | "https");
        let Some(host) = address.host_str().filter(|_| is_web) else {
            return Err(RecordingFault::NoAddress);
        };
        if self.hosts.allow(address) {
            return Ok(());
        }
        let scheme = if address.scheme() == "http" {
            "http://"
        } else {
            ""
        };
        let port = address.port().map(|port| format!(":{port}"));
        Err(RecordingFault::OtherHost {
            setting: format!("{}.recording_hosts", self.section),
            host: format!("{scheme}{host}{}", port.unwrap_or_default()),
        })
    }

    async fn read(
        &self,
        mut response: Response,
        extent: Extent,
    ) -> Result<Fetched, RecordingFault> {
        match response.status() {
            StatusCode::OK | StatusCode::PARTIAL_CONTENT => {}
            // what begins behind the end of an empty file
            StatusCode::RANGE_NOT_SATISFIABLE => return Err(RecordingFault::Empty),
            status => return Err(RecordingFault::Status(status.as_u16())),
        }
        let kind = header(response.headers(), &CONTENT_TYPE).unwrap_or_default();
        let kind = kind.to_owned();
        let size = whole_size(response.headers()).or_else(|| response.content_length());
        if size.is_some_and(|size| size > self.limit as u64) {
            return Err(self.too_large());
        }
        let mut content = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            content.extend_from_slice(&chunk);
            if extent == Extent::Head && content.len() >= HEAD {
                break;
            }
            if content.len() > self.limit {
                return Err(self.too_large());
            }
        }
        let head = content.get(..HEAD).unwrap_or(&content);
        let ending = sound::ending(head, &kind)?;
        Ok(Fetched {
            content: content.into(),
            ending,
        })
    }

    fn too_large(&self) -> RecordingFault {
        RecordingFault::TooLarge {
            setting: format!("{}.recording_limit", self.section),
            limit: u64::try_from(self.limit).unwrap_or(u64::MAX),
        }
    }
}

/// Returns where a response leads.
fn redirect(response: &Response, from: &Url) -> Result<Url, RecordingFault> {
    let location = header(response.headers(), &LOCATION);
    let next = location.and_then(|location| from.join(location).ok());
    next.ok_or(RecordingFault::TooManyRedirects)
}

/// Returns the size of a file of which a part was asked for: `bytes 0-511/48213`.
fn whole_size(headers: &HeaderMap) -> Option<u64> {
    let (_, size) = header(headers, &CONTENT_RANGE)?.rsplit_once('/')?;
    size.trim().parse().ok()
}

fn header<'h>(headers: &'h HeaderMap, name: &reqwest::header::HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

fn unreachable(error: reqwest::Error) -> RecordingFault {
    RecordingFault::Unreachable(network_failure(&error.without_url()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::recording::RecordingMode;

    fn fetcher(hosts: &[&str]) -> RecordingFetcher {
        let rules = RecordingRules {
            pbx: "main".to_owned(),
            mode: RecordingMode::Link,
            limit: 1024,
            hosts: RecordingHosts {
                named: hosts.iter().map(|host| (*host).to_owned()).collect(),
                with_loopback: false,
            },
            wait: Duration::from_secs(1),
            timeout: Duration::from_secs(1),
            requests: RecordingRequests::new(|_| None),
        };
        RecordingFetcher::new(&rules).unwrap()
    }

    #[test]
    fn only_hosts_of_the_settings_are_asked() {
        let fetcher = fetcher(&["pbx.example", "http://10.0.0.7:8080"]);
        let check = |link: &str| fetcher.check_host(&Url::parse(link).unwrap());
        for link in ["https://pbx.example/r/1", "http://10.0.0.7:8080/r/1"] {
            assert_eq!(check(link), Ok(()), "{link}");
        }
        for (link, host) in [
            ("http://pbx.example/r/1", "http://pbx.example"),
            ("https://evil.example/r/1", "evil.example"),
            ("http://169.254.169.254/latest", "http://169.254.169.254"),
            ("http://10.0.0.7:9/r/1", "http://10.0.0.7:9"),
            (
                "https://pbx.example.evil.example/",
                "pbx.example.evil.example",
            ),
        ] {
            let fault = RecordingFault::OtherHost {
                setting: "pbx.main.recording_hosts".to_owned(),
                host: host.to_owned(),
            };
            assert_eq!(check(link), Err(fault), "{link}");
        }
        assert_eq!(check("file:///etc/passwd"), Err(RecordingFault::NoAddress));
        let sandbox = RecordingHosts {
            named: Vec::new(),
            with_loopback: true,
        };
        let allows = |link: &str| sandbox.allow(&Url::parse(link).unwrap());
        assert!(allows("http://127.0.0.1:8080/sandbox/pbx/1.wav") && allows("http://[::1]:1/"));
        assert!(!allows("http://10.0.0.7/") && !allows("http://localhost.evil.example/"));
    }

    #[test]
    fn the_size_of_a_part_is_that_of_the_whole() {
        let of = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_RANGE, value.parse().unwrap());
            whole_size(&headers)
        };
        assert_eq!(of("bytes 0-511/48213"), Some(48213));
        assert_eq!(of("bytes 0-511/*"), None);
    }
}
