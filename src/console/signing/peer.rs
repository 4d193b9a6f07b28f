//! What a request says of who sent it, and whether that counts: headers of proxies are believed
//! from `server.trusted_proxies` only.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header;
use ipnet::IpNet;

use crate::intake::client_address;

/// Headers that proxies add to what they pass on.
const FORWARDING: [&str; 6] = [
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
    "via",
];

/// Returns the address of the other end of the connection.
fn peer(request: &HttpRequest) -> Option<IpAddr> {
    Some(request.peer_addr()?.ip().to_canonical())
}

/// Returns whether a trusted proxy has passed the request on.
pub(super) fn is_trusted(request: &HttpRequest, trusted: &[IpNet]) -> bool {
    peer(request).is_some_and(|peer| trusted.iter().any(|network| network.contains(&peer)))
}

/// Returns the address of the person's machine, as far as it is known.
pub(super) fn address(request: &HttpRequest, trusted: &[IpNet]) -> IpAddr {
    let unknown = IpAddr::from([0, 0, 0, 0]);
    client_address(request.peer_addr(), request.headers(), trusted)
        .or_else(|| peer(request))
        .unwrap_or(unknown)
}

/// Returns whether the browser speaks TLS with a trusted proxy in front of the gateway.
pub(in crate::console) fn is_secure(request: &HttpRequest, trusted: &[IpNet]) -> bool {
    let header = request.headers().get("x-forwarded-proto");
    let is_https = header.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"https"));
    is_https && is_trusted(request, trusted)
}

/// Returns whether a request names the gateway as its people do. A page of another site can make a
/// browser send it here under that site's name (DNS rebinding), but never under an address or one of
/// these names.
pub(super) fn is_known_host(request: &HttpRequest, names: &[String]) -> bool {
    let host = request.headers().get(header::HOST);
    let Some(host) = host.and_then(|host| host.to_str().ok()) else {
        return false;
    };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
        || name == "localhost"
        || names.contains(&name)
}

/// Returns whether a program of this machine asks for itself: nobody's request is passed on.
pub(super) fn is_here(request: &HttpRequest) -> bool {
    let is_passed_on = FORWARDING
        .iter()
        .any(|name| request.headers().contains_key(*name));
    !is_passed_on && peer(request).is_some_and(|peer| peer.is_loopback())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn request(peer: &str, headers: &[(&'static str, &str)]) -> HttpRequest {
        let peer = peer.parse().unwrap();
        let request = TestRequest::default().peer_addr(peer);
        let add = |request: TestRequest, header: &(&'static str, &str)| {
            request.insert_header((header.0, header.1))
        };
        headers.iter().fold(request, add).to_http_request()
    }

    #[test]
    fn headers_of_proxies_count_only_from_trusted_ones() {
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        let headers = [
            ("x-forwarded-for", "203.0.113.9"),
            ("x-forwarded-proto", "https"),
        ];
        let ours = request("10.0.0.2:5", &headers);
        assert!(is_trusted(&ours, &trusted) && is_secure(&ours, &trusted));
        assert_eq!(address(&ours, &trusted).to_string(), "203.0.113.9");
        let foreign = request("192.0.2.7:5", &headers);
        assert!(!is_trusted(&foreign, &trusted) && !is_secure(&foreign, &trusted));
        assert_eq!(address(&foreign, &trusted).to_string(), "192.0.2.7");
        // an IPv4 peer of a socket for both families
        let mapped = request("[::ffff:10.0.0.2]:5", &headers);
        assert!(is_trusted(&mapped, &trusted));
    }

    #[test]
    fn names_of_other_sites_are_no_names_of_the_gateway() {
        let names = ["gate.example".to_owned()];
        let is_known =
            |host: &str| is_known_host(&request("127.0.0.1:5", &[("host", host)]), &names);
        for known in [
            "127.0.0.1:8080",
            "[::1]:8080",
            "localhost",
            "Gate.example.",
            "gate.example:443",
        ] {
            assert!(is_known(known), "{known}");
        }
        for foreign in [
            "",
            "evil.example",
            "gate.example.evil.example",
            "localhost.evil.example:80",
        ] {
            assert!(!is_known(foreign), "{foreign}");
        }
    }

    #[test]
    fn a_program_behind_a_proxy_of_this_machine_is_not_here() {
        assert!(is_here(&request("127.0.0.1:5", &[])));
        assert!(is_here(&request("[::1]:5", &[])));
        assert!(!is_here(&request("192.0.2.7:5", &[])));
        for name in FORWARDING {
            assert!(!is_here(&request("127.0.0.1:5", &[(name, "1")])), "{name}");
        }
    }
}
