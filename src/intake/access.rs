//! The address of a sender. `X-Forwarded-For` counts only if a trusted proxy sent it.

use std::net::{IpAddr, SocketAddr};

use actix_web::http::header::HeaderMap;
use ipnet::IpNet;

/// The networks that may send. Without any, everybody may.
#[derive(Debug, Clone, Default)]
pub struct AllowList {
    /// The networks that may send.
    pub allowed: Vec<IpNet>,
    /// The proxies whose `X-Forwarded-For` counts.
    pub trusted_proxies: Vec<IpNet>,
}

impl AllowList {
    /// Returns whether the sender of this request may send. A sender without an address may not,
    /// unless everybody may.
    pub fn admits(&self, peer: Option<SocketAddr>, headers: &HeaderMap) -> bool {
        admits((&self.allowed, &self.trusted_proxies), peer, headers)
    }
}

/// Returns whether a sender is in one of these networks, behind these trusted proxies; every sender
/// is if there are none.
pub(super) fn admits(
    (allowed, trusted): (&[IpNet], &[IpNet]),
    peer: Option<SocketAddr>,
    headers: &HeaderMap,
) -> bool {
    allowed.is_empty()
        || client_address(peer, headers, trusted).is_some_and(|client| contains(allowed, client))
}

/// Returns the address of a sender: the peer's own, unless the peer is a trusted proxy; then the
/// last address in `X-Forwarded-For` that is not a trusted proxy itself. `None` if a trusted proxy
/// passes on something that is not an address.
pub fn client_address(
    peer: Option<SocketAddr>,
    headers: &HeaderMap,
    trusted: &[IpNet],
) -> Option<IpAddr> {
    let mut client = peer?.ip().to_canonical();
    if !contains(trusted, client) {
        return Some(client);
    }
    let forwarded: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .map(|value| value.to_str().unwrap_or("?"))
        .flat_map(|value| value.split(','))
        .collect();
    for entry in forwarded.into_iter().rev() {
        client = address(entry.trim())?;
        if !contains(trusted, client) {
            break;
        }
    }
    Some(client)
}

fn contains(networks: &[IpNet], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(&address))
}

/// `192.0.2.1`, `192.0.2.1:443`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:443`.
fn address(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
        .or_else(|| text.strip_prefix('[')?.strip_suffix(']')?.parse().ok())
        .map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn headers(forwarded: &[&str]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for value in forwarded {
            map.append(
                HeaderName::from_static("x-forwarded-for"),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        map
    }

    fn nets(texts: &[&str]) -> Vec<IpNet> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn client(peer: &str, forwarded: &[&str]) -> Option<String> {
        let trusted = nets(&["10.0.0.0/8", "fd00::/8"]);
        client_address(peer.parse().ok(), &headers(forwarded), &trusted).map(|ip| ip.to_string())
    }

    #[test]
    fn a_forged_header_from_an_untrusted_peer_changes_nothing() {
        assert_eq!(
            client("203.0.113.9:1", &["192.0.2.1"]).as_deref(),
            Some("203.0.113.9")
        );
        assert_eq!(
            client("[2001:db8::9]:1", &["192.0.2.1"]).as_deref(),
            Some("2001:db8::9")
        );
    }

    #[test]
    fn behind_trusted_proxies_the_last_other_address_is_the_client() {
        assert_eq!(
            client("10.0.0.1:1", &["192.0.2.1"]).as_deref(),
            Some("192.0.2.1")
        );
        // the client itself wrote the first entry
        assert_eq!(
            client("10.0.0.1:1", &["1.1.1.1, 192.0.2.7, 10.0.0.2"]).as_deref(),
            Some("192.0.2.7")
        );
        assert_eq!(
            client("10.0.0.1:1", &["1.1.1.1", "192.0.2.7"]).as_deref(),
            Some("192.0.2.7")
        );
        assert_eq!(
            client("[fd00::1]:1", &["[2001:db8::5]:443"]).as_deref(),
            Some("2001:db8::5")
        );
        assert_eq!(client("10.0.0.1:1", &[]).as_deref(), Some("10.0.0.1"));
        assert_eq!(client("10.0.0.1:1", &["unknown"]), None);
    }

    #[test]
    fn an_ipv4_address_mapped_to_ipv6_is_the_same_address() {
        let list = AllowList {
            allowed: nets(&["192.0.2.0/24", "2001:db8::/32"]),
            trusted_proxies: vec![],
        };
        for (peer, admitted) in [
            ("192.0.2.200:1", true),
            ("[::ffff:192.0.2.200]:1", true),
            ("[2001:db8::1]:1", true),
            ("198.51.100.1:1", false),
            ("[2001:db9::1]:1", false),
        ] {
            assert_eq!(
                list.admits(peer.parse().ok(), &headers(&[])),
                admitted,
                "{peer}"
            );
        }
        assert!(!list.admits(None, &headers(&[])));
        assert!(AllowList::default().admits(None, &headers(&[])));
    }
}
