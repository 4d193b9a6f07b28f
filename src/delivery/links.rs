//! Fetches files behind links. A link comes from a stranger, so it leads only to hosts that the
//! settings allow, and never to an address of an inner network that they do not name.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderMap, HeaderName, LOCATION};
use reqwest::{StatusCode, Url};

use crate::domain::file::{self, FetchedFile, FileFault, FileRules};

/// Redirects that are followed.
const MOST_REDIRECTS: usize = 5;

/// What the resolver says of a name that leads to an inner network.
const NO_PUBLIC_ADDRESS: &str = "no public address";

/// What C libraries say of a name that does not exist.
const UNKNOWN_NAMES: [&str; 5] = [
    "Name or service not known",
    "Name does not resolve",
    "No address associated with hostname",
    "nodename nor servname provided",
    "No such host is known",
];

/// Fetches files.
#[derive(Debug, Clone)]
pub struct LinkClient {
    http: reqwest::Client,
    rules: FileRules,
}

impl LinkClient {
    /// Prepares a client; nothing is sent yet.
    ///
    /// # Errors
    /// If the machine has no CA certificates.
    pub fn new(rules: FileRules) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("leadgate/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(5).min(rules.links.timeout))
            .redirect(reqwest::redirect::Policy::none())
            // a proxy would resolve names itself
            .no_proxy()
            .dns_resolver(Arc::new(PublicOnly))
            .build()
            .map_err(|error| anyhow::Error::new(error.without_url()))?;
        Ok(Self { http, rules })
    }

    /// Fetches the file behind a link, if it has at most this many bytes. One time limit holds for the
    /// file with all its redirects.
    ///
    /// # Errors
    /// Says why there is no file; the fault says whether another attempt may help.
    pub async fn fetch(&self, link: &str, limit: usize) -> Result<FetchedFile, FileFault> {
        let address = Url::parse(link).map_err(|_| FileFault::Link)?;
        if !self.is_allowed(&address) {
            return Err(FileFault::Link);
        }
        let host = address.host_str().unwrap_or_default().to_owned();
        let followed = tokio::time::timeout(self.rules.links.timeout, self.follow(address, limit));
        let fetched = followed.await.unwrap_or(Err(FileFault::NotFetched));
        if let Err(reason) = fetched {
            // the path and the query may hold people's data
            tracing::warn!(host, ?reason, "a file behind a link was not fetched");
        }
        fetched
    }

    async fn follow(&self, mut address: Url, limit: usize) -> Result<FetchedFile, FileFault> {
        for _ in 0..=MOST_REDIRECTS {
            if !self.is_allowed(&address) {
                return Err(FileFault::Link);
            }
            let response = self.http.get(address.clone()).send().await;
            let response = response.map_err(failure)?;
            if !response.status().is_redirection() {
                return content(response, limit).await;
            }
            let location = header(response.headers(), &LOCATION);
            let next = location.and_then(|location| address.join(&location).ok());
            address = next.ok_or(FileFault::NotThere)?;
        }
        Err(FileFault::NotThere)
    }

    /// Returns whether the settings allow an address.
    fn is_allowed(&self, address: &Url) -> bool {
        let has_login = !address.username().is_empty() || address.password().is_some();
        let hosts = &self.rules.links.hosts;
        !has_login && hosts.iter().any(|pattern| is_at(pattern, address))
    }
}

async fn content(mut response: reqwest::Response, limit: usize) -> Result<FetchedFile, FileFault> {
    match response.status() {
        StatusCode::GONE => return Err(FileFault::Gone),
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
            return Err(FileFault::NotFetched);
        }
        status if status.is_server_error() => return Err(FileFault::NotFetched),
        // a server may need a while until it gives what a person has just uploaded
        status if !status.is_success() => return Err(FileFault::NotThere),
        _ => {}
    }
    let length = response.content_length();
    if length.is_some_and(|length| length > limit as u64) {
        return Err(FileFault::TooLarge);
    }
    let disposition = header(response.headers(), &CONTENT_DISPOSITION);
    let name = disposition.and_then(|header| file::name_of_disposition(&header));
    let name = name.or_else(|| {
        let of_address = file::name_of_link(response.url().as_str());
        of_address.filter(|name| name.contains('.'))
    });
    let kind = header(response.headers(), &CONTENT_TYPE);
    let kind = kind.and_then(|kind| file::type_name(&kind));
    let kind = kind.filter(|kind| kind != "application/octet-stream");
    let mut content = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failure)? {
        if content.len() + chunk.len() > limit {
            return Err(FileFault::TooLarge);
        }
        content.extend_from_slice(&chunk);
    }
    Ok(FetchedFile {
        name,
        kind,
        content: content.into(),
    })
}

fn header(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let value = headers.get(name)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// Returns what an error of the HTTP client comes down to: its innermost cause tells it.
fn failure(error: reqwest::Error) -> FileFault {
    let error = error.without_url();
    let mut cause: &dyn Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    fault_of_words(&cause.to_string())
}

fn fault_of_words(words: &str) -> FileFault {
    if words.contains(NO_PUBLIC_ADDRESS) {
        FileFault::InnerAddress
    } else if UNKNOWN_NAMES.iter().any(|known| words.contains(known)) {
        FileFault::UnknownHost
    } else if words.contains("certificate") {
        FileFault::Certificate
    } else {
        FileFault::NotFetched
    }
}

/// Returns whether an address is at `files.example`, `*.files.example`,
/// `http://files.example:8000`.
pub(super) fn is_at(pattern: &str, address: &Url) -> bool {
    let (scheme, pattern) = match pattern.strip_prefix("http://") {
        Some(rest) => ("http", rest),
        None => ("https", pattern),
    };
    let (Some(host), Some(port)) = (address.host_str(), address.port_or_known_default()) else {
        return false;
    };
    let usual = if scheme == "http" { 80 } else { 443 };
    let (name, wanted) = match pattern.rsplit_once(':') {
        Some((name, digits)) if !name.contains(':') || name.ends_with(']') => {
            (name, digits.parse().unwrap_or(0))
        }
        _ => (pattern, usual),
    };
    if address.scheme() != scheme || port != wanted {
        return false;
    }
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    match name.strip_prefix("*.") {
        // an address of a machine has no names below it
        Some(domain) => {
            let above = host.strip_suffix(domain).unwrap_or_default();
            host.parse::<IpAddr>().is_err() && above.len() > 1 && above.ends_with('.')
        }
        None => host == name,
    }
}

/// Resolves names, but to no address of an inner network.
#[derive(Debug)]
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|it| is_public(it.ip())).collect();
            if public.is_empty() {
                return Err(NO_PUBLIC_ADDRESS.into());
            }
            let public: Addrs = Box::new(public.into_iter());
            Ok(public)
        })
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        // this network, shared addresses, protocol assignments, benchmarks, reserved
        || a == 0
        || (a == 100 && (64..128).contains(&b))
        || (a, b, c) == (192, 0, 0)
        || (a == 198 && (18..20).contains(&b))
        || a >= 240;
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inside) = address.to_ipv4_mapped() {
        return is_public_v4(inside);
    }
    let [first, second, ..] = address.segments();
    // only 2000::/3 is routed, without 6to4, Teredo and examples
    (0x2000..0x4000).contains(&first)
        && first != 0x2002
        && !(first == 0x2001 && (second == 0 || second == 0xdb8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_only_to_allowed_hosts() {
        let allows = |pattern: &str, link: &str| is_at(pattern, &Url::parse(link).unwrap());
        for (pattern, link) in [
            ("files.example", "https://files.example/a.png"),
            ("files.example", "https://FILES.example./a"),
            ("files.example", "https://files.example:443/a"),
            ("files.example:8443", "https://files.example:8443/a"),
            ("*.files.example", "https://a.files.example/a"),
            ("*.files.example", "https://a.b.files.example/a"),
            ("http://files.example", "http://files.example/a"),
            ("http://127.0.0.1:8000", "http://127.0.0.1:8000/a"),
            ("http://[::1]:8000", "http://[::1]:8000/a"),
        ] {
            assert!(allows(pattern, link), "{pattern} {link}");
        }
        for (pattern, link) in [
            ("files.example", "http://files.example/a"),
            ("files.example", "https://a.files.example/a"),
            ("files.example", "https://files.example.evil.example/a"),
            ("files.example", "https://evilfiles.example/a"),
            ("files.example", "https://files.example:8443/a"),
            ("files.example", "ftp://files.example/a"),
            ("*.files.example", "https://files.example/a"),
            ("*.files.example", "https://evilfiles.example/a"),
            ("*.0.0.1", "https://127.0.0.1/a"),
            ("http://files.example", "https://files.example/a"),
            ("http://127.0.0.1:8000", "http://127.0.0.1/a"),
            ("http://127.0.0.1:8000", "http://127.1.1.1:8000/a"),
        ] {
            assert!(!allows(pattern, link), "{pattern} {link}");
        }
    }

    #[test]
    fn faults_that_last_are_told_from_those_that_pass() {
        for (words, fault) in [
            ("no public address", FileFault::InnerAddress),
            (
                "failed to lookup address information: Name or service not known",
                FileFault::UnknownHost,
            ),
            (
                "failed to lookup address information: Name does not resolve",
                FileFault::UnknownHost,
            ),
            (
                "failed to lookup address information: nodename nor servname provided, or not known",
                FileFault::UnknownHost,
            ),
            (
                "failed to lookup address information: Temporary failure in name resolution",
                FileFault::NotFetched,
            ),
            (
                "failed to lookup address information: Try again",
                FileFault::NotFetched,
            ),
            (
                "invalid peer certificate: UnknownIssuer",
                FileFault::Certificate,
            ),
            ("Connection refused (os error 111)", FileFault::NotFetched),
            ("operation timed out", FileFault::NotFetched),
        ] {
            assert_eq!(fault_of_words(words), fault, "{words}");
        }
    }

    #[test]
    fn addresses_of_inner_networks_are_not_public() {
        for text in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "198.18.0.1",
            "192.0.0.8",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
            "192.0.2.7",
            "::1",
            "::",
            "fc00::1",
            "fe80::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "2001:db8::1",
            "2001::1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
        for text in [
            "1.1.1.1",
            "93.184.215.14",
            "2606:4700::1111",
            "::ffff:1.1.1.1",
            "100.128.0.1",
        ] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }
}
