//! Fetches files behind links. A link comes from a stranger, so it leads only to hosts that the
//! settings allow, and never to an address of an inner network that they do not name.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::LOCATION;
use reqwest::{StatusCode, Url};

use crate::domain::file::{FileFault, FileRules};

/// Redirects that are followed.
const MOST_REDIRECTS: usize = 5;

/// Why a file was not fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotFetched {
    /// It cannot be had.
    Ever(FileFault),
    /// Its server or the network does not work now.
    Now,
}

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
            .timeout(rules.links.timeout)
            .connect_timeout(Duration::from_secs(5).min(rules.links.timeout))
            .redirect(reqwest::redirect::Policy::none())
            // a proxy would resolve names itself
            .no_proxy()
            .dns_resolver(Arc::new(PublicOnly))
            .build()
            .map_err(|error| anyhow::Error::new(error.without_url()))?;
        Ok(Self { http, rules })
    }

    /// Fetches the file behind a link.
    ///
    /// # Errors
    /// Says whether another attempt may help.
    pub async fn fetch(&self, link: &str) -> Result<Bytes, NotFetched> {
        let refused = NotFetched::Ever(FileFault::Link);
        let mut address = Url::parse(link).map_err(|_| refused)?;
        for _ in 0..=MOST_REDIRECTS {
            if !self.is_allowed(&address) {
                return Err(refused);
            }
            let response = self.http.get(address.clone()).send().await;
            let response = response.map_err(|_| NotFetched::Now)?;
            if !response.status().is_redirection() {
                return self.content(response).await;
            }
            let location = response.headers().get(LOCATION);
            let location = location.and_then(|location| location.to_str().ok());
            let next = location.and_then(|location| address.join(location).ok());
            address = next.ok_or(NotFetched::Ever(FileFault::NotThere))?;
        }
        Err(NotFetched::Ever(FileFault::NotThere))
    }

    async fn content(&self, mut response: reqwest::Response) -> Result<Bytes, NotFetched> {
        let status = response.status();
        let is_busy = matches!(
            status,
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS
        );
        if status.is_server_error() || is_busy {
            return Err(NotFetched::Now);
        }
        if !status.is_success() {
            return Err(NotFetched::Ever(FileFault::NotThere));
        }
        let too_large = NotFetched::Ever(FileFault::TooLarge);
        let limit = self.rules.limit;
        let length = response.content_length();
        if length.is_some_and(|length| length > limit as u64) {
            return Err(too_large);
        }
        let mut content = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| NotFetched::Now)? {
            if content.len() + chunk.len() > limit {
                return Err(too_large);
            }
            content.extend_from_slice(&chunk);
        }
        Ok(content.into())
    }

    /// Returns whether the settings allow an address.
    fn is_allowed(&self, address: &Url) -> bool {
        let has_login = !address.username().is_empty() || address.password().is_some();
        let hosts = &self.rules.links.hosts;
        !has_login && hosts.iter().any(|pattern| fits(pattern, address))
    }
}

/// Returns whether an address fits `files.example`, `*.files.example`, `http://files.example:8000`.
fn fits(pattern: &str, address: &Url) -> bool {
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
                return Err("no public address".into());
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
        let allows = |pattern: &str, link: &str| fits(pattern, &Url::parse(link).unwrap());
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
