//! Limits the number of open connections, in total and from one address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ipnet::IpNet;

/// Minimum time between two log lines about refused connections.
const LOG_EVERY: Duration = Duration::from_secs(60);

/// Counts open connections. Clones share the count.
#[derive(Clone)]
pub(super) struct Gate {
    inner: Arc<Inner>,
}

struct Inner {
    most: usize,
    most_per_address: usize,
    /// Proxies: many senders share one of these addresses.
    exempt: Vec<IpNet>,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
    logged: Option<Instant>,
}

/// An open connection, counted until this is dropped.
pub(super) struct Pass {
    gate: Gate,
    address: Option<IpAddr>,
}

impl Gate {
    pub(super) fn new(most: usize, most_per_address: usize, exempt: Vec<IpNet>) -> Self {
        let inner = Inner {
            most,
            most_per_address,
            exempt,
            open: Mutex::default(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Counts a connection from this address. Returns `None` if a limit is reached.
    pub(super) fn enter(&self, from: Option<IpAddr>) -> Option<Pass> {
        let inner = &self.inner;
        let from = from.map(|address| address.to_canonical());
        let counts = |address: &IpAddr| !inner.exempt.iter().any(|net| net.contains(address));
        let address = from.filter(counts).map(network);
        let mut open = self.open();
        let of_address = address.map(|address| open.by_address.get(&address).copied().unwrap_or(0));
        let reason = if open.all >= inner.most {
            Some("all")
        } else if of_address.is_some_and(|count| count >= inner.most_per_address) {
            Some("address")
        } else {
            None
        };
        if let Some(reason) = reason {
            open.log(reason, from);
            return None;
        }
        open.all += 1;
        if let Some(address) = address {
            *open.by_address.entry(address).or_default() += 1;
        }
        Some(Pass {
            gate: self.clone(),
            address,
        })
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        let open = self.inner.open.lock();
        open.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn log(&mut self, reason: &'static str, from: Option<IpAddr>) {
        metrics::counter!("leadgate_connections_refused_total", "limit" => reason).increment(1);
        let now = Instant::now();
        if self
            .logged
            .is_some_and(|at| now.duration_since(at) < LOG_EVERY)
        {
            return;
        }
        self.logged = Some(now);
        let address = from.map(|address| address.to_string()).unwrap_or_default();
        if reason == "address" {
            tracing::warn!(
                address,
                "connection refused: {address} has the maximum number open (server.max_connections_per_address)"
            );
        } else {
            tracing::warn!(
                "connection refused: {} are open, the maximum (server.max_connections)",
                self.all
            );
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut open = self.gate.open();
        open.all = open.all.saturating_sub(1);
        let Some(address) = self.address else {
            return;
        };
        if let Some(count) = open.by_address.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                open.by_address.remove(&address);
            }
        }
    }
}

/// Returns the key for counting: an IPv4 address, or a /64, because one sender has a whole IPv6
/// /64.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => Ipv6Addr::from(u128::from(v6) & (u128::MAX << 64)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(text: &str) -> Option<IpAddr> {
        text.parse().ok()
    }

    #[test]
    fn connections_are_limited_in_total_and_by_address() {
        let gate = Gate::new(3, 2, Vec::new());
        let first = gate.enter(from("192.0.2.1")).unwrap();
        let _second = gate.enter(from("::ffff:192.0.2.1")).unwrap();
        assert!(
            gate.enter(from("192.0.2.1")).is_none(),
            "two of that address are open"
        );
        let _other = gate.enter(from("192.0.2.2")).unwrap();
        assert!(gate.enter(from("192.0.2.3")).is_none(), "three are open");
        drop(first);
        assert!(gate.enter(from("192.0.2.1")).is_some());
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_address() {
        let gate = Gate::new(9, 1, Vec::new());
        let _first = gate.enter(from("2001:db8::1")).unwrap();
        assert!(gate.enter(from("2001:db8::ffff:1")).is_none());
        assert!(gate.enter(from("2001:db8:0:1::1")).is_some());
    }

    #[test]
    fn trusted_proxies_are_limited_only_in_total() {
        let gate = Gate::new(2, 1, vec!["10.0.0.0/8".parse().unwrap()]);
        let _first = gate.enter(from("10.0.0.1")).unwrap();
        let _second = gate.enter(from("10.0.0.1")).unwrap();
        assert!(gate.enter(from("10.0.0.1")).is_none());
    }

    #[test]
    fn closed_connections_are_not_counted() {
        let gate = Gate::new(9, 9, Vec::new());
        drop(gate.enter(from("192.0.2.1")));
        let open = gate.open();
        assert_eq!((open.all, open.by_address.len()), (0, 0));
    }
}
