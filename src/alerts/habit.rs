//! When a source is silent: by its own habit, or after a given time. Pure.
//!
//! The habit of a source is what came at the same hour of the week one and two weeks ago; the lower
//! number counts, so that a single burst is no habit, and at most [`HOUR`] of an hour. A source is
//! silent when the full hours since its last submission should have brought [`ENOUGH`] or more.
//! Nights and weekends without submissions do not count, and a source needs two weeks before it has
//! a habit.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::finding::{Finding, Subject};
use crate::config::Silence;

/// Submissions of an hour that count.
const HOUR: u8 = 6;
/// Expected submissions that make a silence.
const ENOUGH: u32 = 12;
/// Hours of a week.
const WEEK: i64 = 168;
/// Sources that are remembered; further ones are not watched.
const MOST: usize = 2_000;

/// How far back arrivals are read at the start.
pub(super) const PAST: SignedDuration = SignedDuration::from_hours(5 * WEEK);

/// The habits of all sources.
#[derive(Debug, Default)]
pub(super) struct Habits(BTreeMap<(String, String), Habit>);

#[derive(Debug)]
struct Habit {
    last: Timestamp,
    /// Submissions by hour since 1970, of the two weeks before the last one.
    hours: BTreeMap<i64, u8>,
}

fn hour(at: Timestamp) -> i64 {
    at.as_second().div_euclid(3600)
}

impl Habits {
    /// Notes a submission.
    pub(super) fn note(&mut self, source: &str, address: &str, at: Timestamp) {
        let key = (source.to_owned(), address.to_owned());
        if self.0.len() >= MOST && !self.0.contains_key(&key) {
            return;
        }
        let habit = self.0.entry(key).or_insert_with(|| Habit {
            last: at,
            hours: BTreeMap::new(),
        });
        habit.last = habit.last.max(at);
        let count = habit.hours.entry(hour(at)).or_default();
        *count = count.saturating_add(1).min(HOUR);
        let first = hour(habit.last) - 2 * WEEK;
        if habit
            .hours
            .first_key_value()
            .is_some_and(|(hour, _)| *hour < first)
        {
            habit.hours = habit.hours.split_off(&first);
        }
    }

    /// Returns whether anything has ever come from there.
    pub(super) fn knows(&self, source: &str, address: &str) -> bool {
        self.0
            .contains_key(&(source.to_owned(), address.to_owned()))
    }

    /// Returns the silent sources. `rule` says when one is silent.
    pub(super) fn silent(
        &self,
        now: Timestamp,
        rule: impl Fn(&str, &str) -> Silence,
    ) -> Vec<Finding> {
        let silent =
            self.0
                .iter()
                .filter(|((source, address), habit)| match rule(source, address) {
                    Silence::Off => false,
                    Silence::After(limit) => is_over(habit.last, limit, now),
                    Silence::Habit => habit.expected(now) >= ENOUGH,
                });
        silent
            .map(|((source, address), habit)| finding(source, address, Some(habit.last)))
            .collect()
    }
}

impl Habit {
    /// Returns how many submissions the full hours since the last one should have brought.
    fn expected(&self, now: Timestamp) -> u32 {
        let at = |hour: i64| self.hours.get(&hour).copied().unwrap_or(0);
        let first = hour(self.last) + 1;
        // after a week of silence there is no habit left to read
        let end = hour(now).min(first + WEEK);
        let usual = (first..end).map(|hour| at(hour - WEEK).min(at(hour - 2 * WEEK)));
        usual.map(u32::from).sum()
    }
}

fn is_over(last: Timestamp, limit: Duration, now: Timestamp) -> bool {
    SignedDuration::try_from(limit).is_ok_and(|limit| now.duration_since(last) > limit)
}

/// Returns a silent source as a finding.
pub(super) fn finding(source: &str, address: &str, since: Option<Timestamp>) -> Finding {
    Finding {
        subject: Subject::Silence {
            source: source.to_owned(),
            address: address.to_owned(),
        },
        count: 1,
        since,
        latest: None,
        cause: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Monday at midnight.
    fn at(hours: i64, minutes: i64) -> Timestamp {
        let monday = Timestamp::from_second(1_789_948_800).unwrap();
        monday + SignedDuration::from_mins(60 * hours + minutes)
    }

    /// A source with this many submissions in these hours of each day, of these days of the week,
    /// for so many weeks.
    fn habits(weeks: i64, days: &[i64], hours: std::ops::Range<i64>, count: i64) -> Habits {
        let mut habits = Habits::default();
        for week in 0..weeks {
            for day in days {
                for hour in hours.clone() {
                    for number in 0..count {
                        let hour = WEEK * week + 24 * day + hour;
                        habits.note("channels", "shop", at(hour, number * 60 / count));
                    }
                }
            }
        }
        habits
    }

    /// Returns after how many hours of the given week the source counts as silent.
    fn silent_after(habits: &Habits, week: i64) -> Option<i64> {
        (0..WEEK).find(|hour| {
            let now = at(WEEK * week + hour, 0);
            !habits.silent(now, |_, _| Silence::Habit).is_empty()
        })
    }

    const WORKDAYS: [i64; 5] = [0, 1, 2, 3, 4];
    const ALL_DAYS: [i64; 7] = [0, 1, 2, 3, 4, 5, 6];

    #[test]
    fn a_source_is_silent_when_its_usual_hours_bring_nothing() {
        for (what, habits, hours) in [
            ("busy all week", habits(3, &ALL_DAYS, 0..24, 60), Some(2)),
            ("three an hour", habits(3, &ALL_DAYS, 0..24, 3), Some(4)),
            // nothing at night: 9:00, and two full hours
            ("an office", habits(3, &WORKDAYS, 9..18, 10), Some(11)),
            ("a slow office", habits(3, &WORKDAYS, 9..18, 2), Some(15)),
            ("one a day", habits(3, &ALL_DAYS, 12..13, 1), None),
            (
                "two a day",
                habits(3, &ALL_DAYS, 12..13, 2),
                Some(24 * 5 + 13),
            ),
            (
                "a single week is no habit",
                habits(1, &ALL_DAYS, 0..24, 60),
                None,
            ),
        ] {
            let weeks = if what.starts_with("a single") { 1 } else { 3 };
            assert_eq!(silent_after(&habits, weeks), hours, "{what}");
        }
    }

    #[test]
    fn a_burst_is_no_habit() {
        let mut habits = habits(3, &ALL_DAYS, 12..13, 1);
        for minute in 0..600 {
            habits.note("channels", "shop", at(2 * WEEK + 30, minute));
        }
        assert_eq!(silent_after(&habits, 3), None);
    }

    #[test]
    fn a_given_time_replaces_the_habit() {
        let habits = habits(1, &[0], 12..13, 1);
        let silent = |minutes: i64, rule| !habits.silent(at(12, minutes), |_, _| rule).is_empty();
        let limit = Silence::After(Duration::from_secs(3600));
        assert!(!silent(60, limit));
        assert!(silent(61, limit));
        assert!(!silent(1_000_000, Silence::Off));
    }

    #[test]
    fn a_silence_lasts_until_the_next_submission() {
        let mut habits = habits(3, &ALL_DAYS, 0..24, 3);
        let is_silent = |habits: &Habits, hour| {
            let silent = habits.silent(at(hour, 0), |_, _| Silence::Habit);
            !silent.is_empty()
        };
        for week in [3, 4, 5, 9, 100] {
            assert!(is_silent(&habits, WEEK * week + 50), "{week}");
        }
        habits.note("channels", "shop", at(WEEK * 100 + 51, 0));
        assert!(!is_silent(&habits, WEEK * 100 + 60));
    }

    #[test]
    fn the_memory_is_bounded() {
        let mut habits = Habits::default();
        for number in 0..10_000 {
            habits.note("channels", &number.to_string(), at(0, 0));
            habits.note("channels", "0", at(number, 0));
        }
        assert_eq!(habits.0.len(), MOST);
        let longest = habits.0.values().map(|habit| habit.hours.len()).max();
        assert!(longest.unwrap() <= 337, "{longest:?}");
        assert!(habits.knows("channels", "7") && !habits.knows("channels", "9000"));
    }
}
