//! The portal's two counters: the leaky bucket of calls and the seconds that each method has cost.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::options::Limits;

/// Minutes that the operating limiter remembers.
const MINUTES: i64 = 10;
/// Calls shorter than this cost nothing.
const FREE: f64 = 0.1;
/// Callers whose buckets are kept; if there are more, empty buckets are removed.
const CALLERS: usize = 256;

/// The running counters.
#[derive(Debug, Default)]
pub(super) struct Meter {
    pub(super) limits: Limits,
    buckets: BTreeMap<String, Level>,
    spent: BTreeMap<String, BTreeMap<i64, f64>>,
}

#[derive(Debug, Clone, Copy)]
struct Level {
    calls: f64,
    at: Timestamp,
}

impl Meter {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// Counts a call of this caller; returns `false` if it exceeds the limit. We infer that a
    /// refused call does not count.
    pub(super) fn admit(&mut self, caller: &str, now: Timestamp) -> bool {
        let Some(bucket) = self.limits.bucket else {
            return true;
        };
        let level = self.drained(caller, now);
        let admitted = level <= bucket.size;
        let calls = if admitted { level + 1.0 } else { level };
        if self.buckets.len() >= CALLERS {
            self.buckets.retain(|_, it| it.calls > 1.0);
        }
        self.buckets
            .insert(caller.to_owned(), Level { calls, at: now });
        admitted
    }

    /// Returns the level of the fullest bucket.
    pub(super) fn level(&self, now: Timestamp) -> f64 {
        self.buckets
            .keys()
            .map(|caller| self.drained(caller, now))
            .fold(0.0, f64::max)
    }

    fn drained(&self, caller: &str, now: Timestamp) -> f64 {
        let (Some(bucket), Some(level)) = (self.limits.bucket, self.buckets.get(caller)) else {
            return 0.0;
        };
        let passed = now.duration_since(level.at).as_secs_f64().max(0.0);
        (level.calls - passed * bucket.drain).max(0.0)
    }

    /// Whether the method has used up its ten minutes' budget. It is checked before a call, so the
    /// call that exceeds the budget still finishes.
    pub(super) fn exhausted(&mut self, method: &str, now: Timestamp) -> bool {
        let spent = self.operating(method, now);
        self.limits.operating.is_some_and(|limit| spent >= limit)
    }

    /// Records the operating time of a call.
    pub(super) fn book(&mut self, method: &str, seconds: f64, now: Timestamp) {
        if seconds > FREE {
            *self
                .spent
                .entry(method.to_owned())
                .or_default()
                .entry(now.as_second() / 60)
                .or_default() += seconds;
        }
    }

    /// The seconds of the last ten minutes.
    pub(super) fn operating(&mut self, method: &str, now: Timestamp) -> f64 {
        let oldest = now.as_second() / 60 - MINUTES + 1;
        let Some(minutes) = self.spent.get_mut(method) else {
            return 0.0;
        };
        *minutes = minutes.split_off(&oldest);
        minutes.values().sum()
    }

    /// Returns the methods with the most operating time in the last ten minutes, the highest first.
    pub(super) fn most_expensive(&self, count: usize, now: Timestamp) -> Vec<(&str, f64)> {
        let oldest = now.as_second() / 60 - MINUTES + 1;
        let mut spent: Vec<(&str, f64)> = self
            .spent
            .iter()
            .map(|(method, minutes)| {
                let seconds = minutes.range(oldest..).map(|(_, it)| it).sum();
                (method.as_str(), seconds)
            })
            .filter(|(_, seconds)| *seconds > 0.0)
            .collect();
        spent.sort_by(|a, b| b.1.total_cmp(&a.1));
        spent.truncate(count);
        spent
    }

    /// The second in which the oldest minute is forgotten.
    pub(super) fn resets_at(&self, method: &str, now: Timestamp) -> i64 {
        let oldest = self
            .spent
            .get(method)
            .and_then(|minutes| minutes.keys().next().copied());
        oldest.map_or(now.as_second() + MINUTES * 60, |it| (it + MINUTES) * 60)
    }

    /// Resets all counts.
    pub(super) fn clear(&mut self) {
        self.buckets.clear();
        self.spent.clear();
    }

    /// Returns the operating time set for this method.
    pub(super) fn cost(&self, method: &str) -> f64 {
        self.limits.cost.get(method).copied().unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::options::Bucket;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_bucket_drains_with_time() {
        let bucket = Bucket {
            drain: 2.0,
            size: 3.0,
        };
        let mut meter = Meter::new(Limits {
            bucket: Some(bucket),
            ..Limits::off()
        });
        let admitted = (0..10).filter(|_| meter.admit("a", at(0))).count();
        assert_eq!(admitted, 4);
        assert!(
            meter.admit("b", at(0)),
            "another address has its own bucket"
        );
        assert!(meter.admit("a", at(1)));
        assert!(meter.admit("a", at(1)));
        assert!(!meter.admit("a", at(1)));
    }

    #[test]
    fn an_exhausted_method_is_blocked_until_its_minutes_expire() {
        let mut meter = Meter::new(Limits {
            operating: Some(10.0),
            ..Limits::off()
        });
        meter.book("crm.deal.add", 6.0, at(30));
        assert!(!meter.exhausted("crm.deal.add", at(30)));
        meter.book("crm.deal.add", 6.0, at(90));
        assert!(meter.exhausted("crm.deal.add", at(90)));
        assert!(!meter.exhausted("crm.lead.add", at(90)));
        assert_eq!(meter.resets_at("crm.deal.add", at(90)), 600);
        assert!(!meter.exhausted("crm.deal.add", at(600)));
    }

    #[test]
    fn short_calls_are_free() {
        let mut meter = Meter::new(Limits::standard());
        meter.book("profile", 0.05, at(0));
        assert!(meter.operating("profile", at(0)).abs() < f64::EPSILON);
    }
}
