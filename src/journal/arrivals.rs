//! When sources sent last, and how much in this hour against the same hour a week ago. Read from the
//! store step by step while somebody looks, and kept in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use crate::store::{ArrivedAfter, Store, StoreError};

/// How far back it is read: a week and a day.
const PAST: SignedDuration = SignedDuration::from_hours(8 * 24);
/// Submissions that are read at a time, and how often for one page.
const PAGE: usize = 5_000;
const PAGES: usize = 20;
/// Sources that are remembered.
const MOST: usize = 2_000;
/// Seconds of an hour, and hours of a week.
const HOUR: i64 = 3_600;
const WEEK: i64 = 168;

/// What has come from where. Clones share it.
#[derive(Clone, Default)]
pub struct Arrivals(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    /// From where to read on; `None` before the first time.
    after: Option<ArrivedAfter>,
    sources: BTreeMap<(String, String), Kept>,
}

struct Kept {
    last: Timestamp,
    /// Submissions by hour since 1970, of the last eight days.
    hours: BTreeMap<i64, u64>,
}

/// What has come from one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activity {
    /// When the last submission came.
    pub last: Timestamp,
    /// How many came in this hour.
    pub this_hour: u64,
    /// How many came in the whole same hour a week ago.
    pub week_ago: u64,
}

/// What has come from all sources, by name and address.
#[derive(Debug, Default)]
pub struct Activities {
    /// By name and address of the source.
    pub by_source: BTreeMap<(String, String), Activity>,
    /// Whether everything of the last days has been read.
    pub is_whole: bool,
}

impl Activities {
    /// Returns what has come from an address of a source.
    pub fn of(&self, source: &str, address: &str) -> Option<Activity> {
        let key = (source.to_owned(), address.to_owned());
        self.by_source.get(&key).copied()
    }

    /// Returns the addresses of a source that something has come to.
    pub fn addresses_of(&self, source: &str) -> impl Iterator<Item = &str> {
        let all = self.by_source.keys();
        all.filter(move |(name, _)| name == source)
            .map(|(_, address)| address.as_str())
    }
}

impl Arrivals {
    /// Reads on, and returns what is known.
    pub async fn look(&self, store: &Store, now: Timestamp) -> Result<Activities, StoreError> {
        let mut known = self.0.lock().await;
        let past = now.checked_sub(PAST).unwrap_or(Timestamp::UNIX_EPOCH);
        let mut after = known.after.unwrap_or(ArrivedAfter::Time(past));
        let mut is_whole = false;
        for _ in 0..PAGES {
            let (arrived, next) = store.arrived(after, PAGE).await?;
            is_whole = arrived.is_empty() && next == after;
            for one in arrived {
                // strangers must not fill the memory with addresses of their own
                let most = if one.is_captured { MOST / 2 } else { MOST };
                known.add((one.source, one.address), one.at, most);
            }
            after = next;
            if is_whole {
                break;
            }
        }
        known.after = Some(after);
        Ok(Activities {
            by_source: known.activities(now),
            is_whole,
        })
    }
}

fn hour(at: Timestamp) -> i64 {
    at.as_second().div_euclid(HOUR)
}

impl Known {
    /// Counts a submission, unless its source is new and there are `most` of them already.
    fn add(&mut self, source: (String, String), at: Timestamp, most: usize) {
        if self.sources.len() >= most && !self.sources.contains_key(&source) {
            return;
        }
        let kept = self.sources.entry(source).or_insert_with(|| Kept {
            last: at,
            hours: BTreeMap::new(),
        });
        kept.last = kept.last.max(at);
        *kept.hours.entry(hour(at)).or_default() += 1;
        let first = hour(kept.last) - WEEK - 24;
        if kept
            .hours
            .first_key_value()
            .is_some_and(|(hour, _)| *hour < first)
        {
            kept.hours = kept.hours.split_off(&first);
        }
    }

    fn activities(&self, now: Timestamp) -> BTreeMap<(String, String), Activity> {
        let now = hour(now);
        let of = |kept: &Kept, hour: i64| kept.hours.get(&hour).copied().unwrap_or(0);
        let all = self.sources.iter().map(|(source, kept)| {
            let activity = Activity {
                last: kept.last,
                this_hour: of(kept, now),
                week_ago: of(kept, now - WEEK),
            };
            (source.clone(), activity)
        });
        all.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_is_held_against_the_same_hour_a_week_ago() {
        let at = |hours: i64, minute: i64| {
            Timestamp::from_second((500_000 + hours) * HOUR + minute * 60).unwrap()
        };
        let mut known = Known::default();
        let shop = || ("channels".to_owned(), "shop".to_owned());
        for when in [at(0, 5), at(0, 50), at(1, 5), at(WEEK, 1)] {
            known.add(shop(), when, MOST);
        }
        let activity = known.activities(at(WEEK, 30))[&shop()];
        assert_eq!((activity.this_hour, activity.week_ago), (1, 2));
        assert_eq!(activity.last, at(WEEK, 1));
        // what is older than eight days is forgotten
        known.add(shop(), at(3 * WEEK, 0), MOST);
        assert_eq!(known.sources[&shop()].hours.len(), 1);
    }
}
