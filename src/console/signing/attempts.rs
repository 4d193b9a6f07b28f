//! Limits guessing of passwords: after some wrong ones an address has to wait, and so has a name,
//! whatever the addresses. An address from which somebody has signed in with a name is not held up
//! by what strangers try with this name.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// Wrong passwords in a row before an address has to wait.
const FREE: u32 = 5;
/// Wrong passwords in a row before a name has to wait.
const FREE_OF_NAME: u32 = 20;
/// How long both wait after the last wrong password.
const WAIT: SignedDuration = SignedDuration::from_mins(1);
/// Addresses and names remembered of each kind; the oldest go first.
const MOST: usize = 10_000;

/// The wrong passwords of each address and name.
#[derive(Default)]
pub(super) struct Attempts(Mutex<Known>);

#[derive(Default)]
struct Known {
    addresses: Counts<IpAddr>,
    names: Counts<String>,
    /// Wrong passwords for a name from one address.
    pairs: Counts<(IpAddr, String)>,
    /// Names with the addresses from which they have signed in.
    friends: Counts<(IpAddr, String)>,
}

/// Counts with the time of the last one.
struct Counts<K>(HashMap<K, (u32, Timestamp)>);

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Hash + Eq + Clone> Counts<K> {
    /// Returns how many there were in a row.
    fn of(&self, key: &K, now: Timestamp) -> u32 {
        match self.0.get(key) {
            Some((count, last)) if now.duration_since(*last) < WAIT => *count,
            Some(_) | None => 0,
        }
    }

    /// Takes one back.
    fn take_back(&mut self, key: &K) {
        if let Some((count, _)) = self.0.get_mut(key) {
            *count = count.saturating_sub(1);
        }
    }

    fn add(&mut self, key: K, now: Timestamp) {
        let count = self.of(&key, now) + 1;
        if self.0.len() >= MOST && !self.0.contains_key(&key) {
            let oldest = self.0.iter().min_by_key(|(_, (_, last))| *last);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                self.0.remove(&oldest);
            }
        }
        self.0.insert(key, (count, now));
    }
}

/// An IPv6 host has a whole /64 to itself.
fn host(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

impl Attempts {
    /// Returns whether a password may be tried now for this name from this address. It counts as
    /// wrong until it is [`right`](Self::right).
    pub(super) fn begin(&self, address: IpAddr, name: &str, now: Timestamp) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let address = host(address);
        let is_friend = known.friends.0.contains_key(&(address, name.to_owned()));
        let name = name.to_owned();
        let pair = (address, name.clone());
        if known.addresses.of(&address, now) >= FREE || known.pairs.of(&pair, now) >= FREE {
            return false;
        }
        if !is_friend && known.names.of(&name, now) >= FREE_OF_NAME {
            return false;
        }
        known.addresses.add(address, now);
        known.names.add(name, now);
        known.pairs.add(pair, now);
        true
    }

    /// Takes this try back, forgets the wrong ones for the name, and remembers the address as one of
    /// this name. Those for other names stay: a colleague's own password buys no further guesses.
    pub(super) fn right(&self, address: IpAddr, name: &str, now: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let address = host(address);
        known.addresses.take_back(&address);
        known.names.0.remove(name);
        known.pairs.0.remove(&(address, name.to_owned()));
        known.friends.add((address, name.to_owned()), now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_waits_a_minute_after_five_wrong_passwords() {
        let attempts = Attempts::default();
        let [one, other] = ["192.0.2.1", "192.0.2.2"].map(ip);
        for _ in 0..5 {
            assert!(attempts.begin(one, "olga", at(0)));
        }
        assert!(!attempts.begin(one, "olga", at(59)));
        assert!(!attempts.begin(one, "ivan", at(59)));
        assert!(attempts.begin(other, "olga", at(59)));
        assert!(attempts.begin(one, "olga", at(60)));
        attempts.right(one, "olga", at(60));
        assert!(attempts.begin(one, "olga", at(61)));
    }

    #[test]
    fn hosts_of_one_ipv6_network_count_as_one() {
        let attempts = Attempts::default();
        for last in 1..=5 {
            assert!(attempts.begin(ip(&format!("2001:db8::{last}")), "olga", at(0)));
        }
        assert!(!attempts.begin(ip("2001:db8::9:9:9"), "olga", at(1)));
        assert!(attempts.begin(ip("2001:db8:0:1::1"), "olga", at(1)));
    }

    #[test]
    fn a_name_is_guessed_from_many_addresses_no_faster_and_its_owner_still_gets_in() {
        let attempts = Attempts::default();
        let own = ip("192.0.2.1");
        attempts.right(own, "olga", at(0));
        for last in 0..20 {
            assert!(attempts.begin(ip(&format!("198.51.100.{last}")), "olga", at(1)));
        }
        let stranger = ip("198.51.100.99");
        assert!(!attempts.begin(stranger, "olga", at(2)));
        assert!(attempts.begin(stranger, "ivan", at(2)));
        assert!(attempts.begin(own, "olga", at(2)));
        assert!(attempts.begin(stranger, "olga", at(120)));
    }

    #[test]
    fn the_memory_is_bounded() {
        let attempts = Attempts::default();
        for name in 0..MOST + 50 {
            let second = i64::try_from(name).unwrap() * 61;
            assert!(attempts.begin(ip("192.0.2.1"), &name.to_string(), at(second)));
        }
        let known = attempts.0.lock().unwrap();
        assert_eq!(known.names.0.len(), MOST);
        assert!(!known.names.0.contains_key("0"));
    }
}
