//! The address at which programs of this machine call a server.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

/// Returns the address to call: the loopback address for a server that listens on every address.
pub(in crate::app) fn callable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}
