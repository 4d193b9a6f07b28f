//! How much may come: buckets that fill up again, one a channel, one a sender's address, and one for what
//! comes from there without the right secret.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::ChannelName;
use crate::mapping::Rate;

/// More buckets than this are forgotten: strangers' addresses are many.
const MOST: usize = 20_000;

/// All buckets.
#[derive(Debug, Default)]
pub(super) struct Limiter(Mutex<HashMap<Key, Bucket>>);

/// So long an address that bore the right secret is not taken for one that guesses. Seconds: a day.
const TRUSTED_FOR: f64 = 86_400.0;

/// Whose bucket it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Whose {
    /// Everybody's.
    All,
    /// An address's.
    Address(Option<IpAddr>),
    /// What an address sends without the right secret.
    Wrong(Option<IpAddr>),
    /// Not a bucket: when an address bore the right secret last.
    Trusted(Option<IpAddr>),
}

type Key = (ChannelName, Whose);

#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at: Timestamp,
}

impl Limiter {
    /// Takes one from the bucket; or tells how long to wait.
    pub(super) fn take(
        &self,
        channel: &ChannelName,
        whose: Whose,
        rate: Rate,
        now: Timestamp,
    ) -> Result<(), Duration> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (channel.clone(), whose);
        if buckets.len() >= MOST && !buckets.contains_key(&key) {
            buckets.retain(|_, bucket| seconds(bucket.at, now) < 60.0);
            if buckets.len() >= MOST {
                buckets.clear();
            }
        }
        let most = f64::from(rate.requests);
        let a_second = most / rate.per.as_secs_f64();
        let bucket = buckets.entry(key).or_insert(Bucket {
            left: most,
            at: now,
        });
        let filled = bucket.left + seconds(bucket.at, now) * a_second;
        bucket.left = filled.min(most);
        bucket.at = now;
        if bucket.left >= 1.0 {
            bucket.left -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - bucket.left) / a_second))
    }

    /// Puts back what was taken for nothing.
    pub(super) fn give_back(&self, channel: &ChannelName, whose: Whose, rate: Rate) {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = buckets.get_mut(&(channel.clone(), whose)) {
            bucket.left = (bucket.left + 1.0).min(f64::from(rate.requests));
        }
    }

    /// An address bore the right secret.
    pub(super) fn trust(&self, channel: &ChannelName, address: Option<IpAddr>, at: Timestamp) {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (channel.clone(), Whose::Trusted(address));
        if buckets.len() < MOST || buckets.contains_key(&key) {
            buckets.insert(key, Bucket { left: 0.0, at });
        }
    }

    /// Whether an address bore the right secret of late.
    pub(super) fn is_trusted(
        &self,
        channel: &ChannelName,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> bool {
        let buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = buckets.get(&(channel.clone(), Whose::Trusted(address)));
        known.is_some_and(|known| seconds(known.at, now) < TRUSTED_FOR)
    }
}

/// A clock that goes backwards fills nothing.
fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64().max(0.0)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_again_and_others_do_not_matter() {
        let limiter = Limiter::default();
        let (shop, other) = (
            ChannelName::parse("shop").unwrap(),
            ChannelName::parse("other").unwrap(),
        );
        let rate = Rate::parse("2/m").unwrap();
        let at = |seconds| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        let one: IpAddr = "203.0.113.1".parse().unwrap();
        assert_eq!(
            limiter.take(&shop, Whose::Address(Some(one)), rate, at(100)),
            Ok(())
        );
        assert_eq!(
            limiter.take(&shop, Whose::Address(Some(one)), rate, at(100)),
            Ok(())
        );
        assert_eq!(
            limiter.take(&shop, Whose::Address(Some(one)), rate, at(100)),
            Err(Duration::from_secs(30))
        );
        assert_eq!(limiter.take(&shop, Whose::All, rate, at(100)), Ok(()));
        assert_eq!(
            limiter.take(&other, Whose::Address(Some(one)), rate, at(100)),
            Ok(())
        );
        assert_eq!(
            limiter.take(&shop, Whose::Address(Some(one)), rate, at(90)),
            Err(Duration::from_secs(30))
        );
        assert_eq!(
            limiter.take(&shop, Whose::Address(Some(one)), rate, at(131)),
            Ok(())
        );
        assert!(
            limiter
                .take(&shop, Whose::Address(Some(one)), rate, at(131))
                .is_err()
        );
    }

    #[test]
    fn strangers_do_not_fill_the_memory() {
        let limiter = Limiter::default();
        let shop = ChannelName::parse("shop").unwrap();
        let rate = Rate::parse("1/h").unwrap();
        for number in 0..50_000_u32 {
            let address = Some(IpAddr::from(number.to_be_bytes()));
            assert_eq!(
                limiter.take(&shop, Whose::Address(address), rate, Timestamp::UNIX_EPOCH),
                Ok(())
            );
        }
        assert!(limiter.0.lock().unwrap().len() <= MOST);
    }
}
