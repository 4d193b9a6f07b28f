//! Rate limits: token buckets for a channel, for a sender's address, and for what an address sends
//! with a wrong secret. Each kind has a table of its own, so a flood of one kind evicts nothing of
//! another.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::channels::Rate;
use crate::domain::ChannelName;

/// The most entries of one table. A full table drops its oldest entries to make room.
const MOST: usize = 20_000;

/// How many entries a full table drops at once: finding the oldest takes a pass over the table.
const DROPPED: usize = MOST / 16;

/// All buckets.
#[derive(Debug, Default)]
pub(super) struct Limiter(Mutex<Tables>);

#[derive(Debug, Default)]
struct Tables {
    /// One a channel that has a `rate`; never dropped.
    channels: HashMap<ChannelName, Bucket>,
    addresses: HashMap<Key, Bucket>,
    wrong: HashMap<Key, Bucket>,
    trusted: HashMap<Key, Bucket>,
}

/// What a bucket counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BucketKind {
    /// The whole channel.
    All,
    /// One sender.
    Address(Option<SenderNetwork>),
    /// The wrong secrets of one sender.
    Wrong(Option<SenderNetwork>),
}

/// A sender as rate limits see it: an IPv4 address or an IPv6 network of 64 bits, because that is
/// the least that one subscriber gets and the rest of the address is free to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct SenderNetwork(IpAddr);

type Key = (ChannelName, Option<SenderNetwork>);

/// In the table of trusted senders only `at` counts.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at: Timestamp,
}

impl SenderNetwork {
    /// The sender with this address. An IPv4 address in IPv6 form is the IPv4 address.
    pub(super) fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
            v4 @ IpAddr::V4(_) => v4,
        })
    }
}

impl Tables {
    /// The bucket, full if it is new.
    fn bucket(&mut self, channel: &ChannelName, kind: BucketKind, full: Bucket) -> &mut Bucket {
        let (table, network) = match kind {
            BucketKind::All => return self.channels.entry(channel.clone()).or_insert(full),
            BucketKind::Address(network) => (&mut self.addresses, network),
            BucketKind::Wrong(network) => (&mut self.wrong, network),
        };
        let key = (channel.clone(), network);
        make_room(table, &key);
        table.entry(key).or_insert(full)
    }
}

impl Limiter {
    /// Takes a token from the bucket, or returns how long to wait.
    pub(super) fn take(
        &self,
        channel: &ChannelName,
        kind: BucketKind,
        rate: Rate,
        now: Timestamp,
    ) -> Result<(), Duration> {
        let mut tables = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let most = f64::from(rate.requests);
        let a_second = most / rate.per.as_secs_f64();
        let full = Bucket {
            left: most,
            at: now,
        };
        let bucket = tables.bucket(channel, kind, full);
        let filled = bucket.left + seconds(bucket.at, now) * a_second;
        bucket.left = filled.min(most);
        bucket.at = now;
        if bucket.left >= 1.0 {
            bucket.left -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - bucket.left) / a_second))
    }

    /// Puts a token back.
    pub(super) fn refund(&self, channel: &ChannelName, kind: BucketKind, rate: Rate) {
        let mut tables = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = match kind {
            BucketKind::All => tables.channels.get_mut(channel),
            BucketKind::Address(network) => tables.addresses.get_mut(&(channel.clone(), network)),
            BucketKind::Wrong(network) => tables.wrong.get_mut(&(channel.clone(), network)),
        };
        if let Some(bucket) = bucket {
            bucket.left = (bucket.left + 1.0).min(f64::from(rate.requests));
        }
    }

    /// Remembers that a sender had the right secret.
    pub(super) fn trust(
        &self,
        channel: &ChannelName,
        network: Option<SenderNetwork>,
        at: Timestamp,
    ) {
        let mut tables = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (channel.clone(), network);
        make_room(&mut tables.trusted, &key);
        tables.trusted.insert(key, Bucket { left: 0.0, at });
    }

    /// Whether a sender had the right secret within that time.
    pub(super) fn is_trusted(
        &self,
        channel: &ChannelName,
        network: Option<SenderNetwork>,
        within: Duration,
        now: Timestamp,
    ) -> bool {
        let tables = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = tables.trusted.get(&(channel.clone(), network));
        known.is_some_and(|known| seconds(known.at, now) < within.as_secs_f64())
    }
}

/// Drops the oldest entries of a full table if the key needs a new one.
fn make_room(table: &mut HashMap<Key, Bucket>, key: &Key) {
    if table.len() < MOST || table.contains_key(key) {
        return;
    }
    let mut times: Vec<Timestamp> = table.values().map(|bucket| bucket.at).collect();
    let (_, newest_dropped, _) = times.select_nth_unstable(DROPPED);
    let (limit, mut left) = (*newest_dropped, DROPPED);
    table.retain(|_, bucket| {
        let goes = bucket.at < limit && left > 0;
        left -= usize::from(goes);
        !goes
    });
    // several entries of one moment: drop any of them
    table.retain(|_, bucket| {
        let goes = bucket.at == limit && left > 0;
        left -= usize::from(goes);
        !goes
    });
}

/// If the clock goes backwards, nothing is added.
fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64().max(0.0)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn each_bucket_empties_and_fills_on_its_own() {
        let limiter = Limiter::default();
        let (shop, other) = (
            ChannelName::parse("shop").unwrap(),
            ChannelName::parse("other").unwrap(),
        );
        let rate = Rate::parse("2/m").unwrap();
        let at = |seconds| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        let one = Some(network("203.0.113.1"));
        assert_eq!(
            limiter.take(&shop, BucketKind::Address(one), rate, at(100)),
            Ok(())
        );
        assert_eq!(
            limiter.take(&shop, BucketKind::Address(one), rate, at(100)),
            Ok(())
        );
        assert_eq!(
            limiter.take(&shop, BucketKind::Address(one), rate, at(100)),
            Err(Duration::from_secs(30))
        );
        assert_eq!(limiter.take(&shop, BucketKind::All, rate, at(100)), Ok(()));
        assert_eq!(
            limiter.take(&other, BucketKind::Address(one), rate, at(100)),
            Ok(())
        );
        assert_eq!(
            limiter.take(&shop, BucketKind::Address(one), rate, at(90)),
            Err(Duration::from_secs(30))
        );
        assert_eq!(
            limiter.take(&shop, BucketKind::Address(one), rate, at(131)),
            Ok(())
        );
        assert!(
            limiter
                .take(&shop, BucketKind::Address(one), rate, at(131))
                .is_err()
        );
    }

    #[test]
    fn an_ipv6_network_of_64_bits_is_one_sender_and_a_mapped_address_is_the_ipv4_one() {
        for (one, other, same) in [
            ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true),
            ("2001:db8:1:2::1", "2001:db8:1:3::1", false),
            ("::ffff:203.0.113.1", "203.0.113.1", true),
            ("::ffff:203.0.113.1", "::ffff:203.0.113.2", false),
            ("203.0.113.1", "203.0.113.2", false),
        ] {
            assert_eq!(network(one) == network(other), same, "{one} {other}");
        }
    }

    #[test]
    fn a_full_table_drops_its_oldest_entries() {
        let limiter = Limiter::default();
        let shop = ChannelName::parse("shop").unwrap();
        let rate = Rate::parse("1/h").unwrap();
        let at = |seconds| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        let take = |kind, second| limiter.take(&shop, kind, rate, at(second));
        let number = |number: u32| Some(SenderNetwork::of(IpAddr::from(number.to_be_bytes())));
        assert!(take(BucketKind::All, 0).is_ok());
        limiter.trust(&shop, number(1), at(0));
        for wrong in [false, true] {
            let kind = |n| {
                let network = number(n);
                if wrong {
                    BucketKind::Wrong(network)
                } else {
                    BucketKind::Address(network)
                }
            };
            for n in 0..50_000 {
                assert!(take(kind(n), i64::from(n / 100)).is_ok());
            }
            assert!(take(kind(0), 500).is_ok(), "an old one is forgotten");
            assert!(take(kind(49_000), 500).is_err(), "a recent one is not");
        }
        assert!(take(BucketKind::All, 500).is_err());
        let day = Duration::from_secs(86_400);
        assert!(limiter.is_trusted(&shop, number(1), day, at(500)));
        assert!(!limiter.is_trusted(&shop, number(1), day, at(86_400)));
        let tables = limiter.0.lock().unwrap();
        assert!(tables.addresses.len() <= MOST && tables.wrong.len() <= MOST);
    }

    #[test]
    fn a_table_full_of_entries_of_one_moment_drops_some_too() {
        let limiter = Limiter::default();
        let shop = ChannelName::parse("shop").unwrap();
        let rate = Rate::parse("1/h").unwrap();
        for number in 0..50_000_u32 {
            let network = Some(SenderNetwork::of(IpAddr::from(number.to_be_bytes())));
            let taken = limiter.take(
                &shop,
                BucketKind::Address(network),
                rate,
                Timestamp::UNIX_EPOCH,
            );
            assert_eq!(taken, Ok(()));
        }
        let tables = limiter.0.lock().unwrap();
        assert!((MOST - DROPPED..=MOST).contains(&tables.addresses.len()));
    }

    fn network(address: &str) -> SenderNetwork {
        SenderNetwork::of(address.parse().unwrap())
    }
}
