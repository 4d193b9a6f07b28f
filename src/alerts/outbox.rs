//! Notices on their way: each waits for each of its recipients until it is sent. Pure.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::book::Notice;
use crate::domain::Email;

/// Notices that wait; beyond that the oldest is given up.
const MOST: usize = 200;

/// How long a notice is tried.
const TRIED_FOR: SignedDuration = SignedDuration::from_hours(72);

/// The first wait after a failure; it doubles up to the longest.
const FIRST: SignedDuration = SignedDuration::from_mins(1);
const LONGEST: SignedDuration = SignedDuration::from_hours(1);

/// How somebody is told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// By mail to this address.
    Mail(Email),
    /// By a notice of Bitrix24 to this employee.
    Bitrix24(u32),
    /// By a request to this HTTP service.
    Http(String),
}

/// The notices that wait.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Outbox {
    #[serde(default)]
    waiting: Vec<Waiting>,
    /// The number of the next one.
    #[serde(default)]
    next: u64,
}

/// A notice for one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Waiting {
    /// Its number, the same for every attempt.
    pub(super) number: u64,
    pub(super) way: Way,
    pub(super) notice: Notice,
    #[serde(default)]
    pub(super) failures: u32,
    due: Timestamp,
}

impl Outbox {
    /// Adds a notice for these recipients. Returns how many older ones are given up for it.
    pub(super) fn add(&mut self, notice: &Notice, ways: &[Way], now: Timestamp) -> usize {
        for way in ways {
            self.waiting.push(Waiting {
                number: self.next,
                way: way.clone(),
                notice: notice.clone(),
                failures: 0,
                due: now,
            });
            self.next += 1;
        }
        let beyond = self.waiting.len().saturating_sub(MOST);
        self.waiting.drain(..beyond);
        beyond
    }

    /// Removes what is for recipients that the settings do not have any more, and what has been
    /// tried for too long. Returns the number of the latter.
    pub(super) fn tidy(&mut self, ways: &[Way], now: Timestamp) -> usize {
        self.waiting.retain(|it| ways.contains(&it.way));
        let before = self.waiting.len();
        self.waiting
            .retain(|it| now.duration_since(it.notice.at) < TRIED_FOR);
        before - self.waiting.len()
    }

    /// Returns what is due.
    pub(super) fn due(&self, now: Timestamp) -> Vec<Waiting> {
        // a wait is never longer than this: the clock was ahead when it began
        let is_due = |it: &&Waiting| it.due <= now || it.due.duration_since(now) > LONGEST;
        self.waiting.iter().filter(is_due).cloned().collect()
    }

    /// Removes a notice that was sent.
    pub(super) fn sent(&mut self, number: u64) {
        self.waiting.retain(|it| it.number != number);
    }

    /// Postpones a notice that could not be sent.
    pub(super) fn failed(&mut self, number: u64, now: Timestamp) {
        for it in self.waiting.iter_mut().filter(|it| it.number == number) {
            let wait = FIRST.as_secs() << it.failures.min(6);
            let wait = SignedDuration::from_secs(wait).min(LONGEST);
            it.failures = it.failures.saturating_add(1);
            it.due = now.checked_add(wait).unwrap_or(now);
        }
    }

    /// Returns how many wait.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::AlertKind;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + 60 * minutes).unwrap()
    }

    fn notice(minute: i64) -> Notice {
        Notice {
            kind: AlertKind::Disk,
            at: at(minute),
            news: Vec::new(),
            more: 0,
            total: 0,
            over: Vec::new(),
            more_over: 0,
        }
    }

    fn ways() -> [Way; 2] {
        let email = Email::parse("ops@firm.example").unwrap();
        [Way::Mail(email), Way::Bitrix24(1)]
    }

    fn numbers(outbox: &Outbox, minute: i64) -> Vec<u64> {
        outbox.due(at(minute)).iter().map(|it| it.number).collect()
    }

    #[test]
    fn what_cannot_be_sent_one_way_is_sent_the_others_and_tried_again() {
        let mut outbox = Outbox::default();
        outbox.add(&notice(0), &ways(), at(0));
        assert_eq!(numbers(&outbox, 0), [0, 1]);
        outbox.failed(0, at(0));
        outbox.sent(1);
        assert_eq!(numbers(&outbox, 0), Vec::<u64>::new());
        let mut waits = Vec::new();
        let mut now = 0;
        for _ in 0..8 {
            let due = (now..now + 100).find(|minute| numbers(&outbox, *minute) == [0]);
            waits.push(due.unwrap() - now);
            now = due.unwrap();
            outbox.failed(0, at(now));
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        let stored = serde_json::to_string(&outbox).unwrap();
        assert_eq!(serde_json::from_str::<Outbox>(&stored).unwrap(), outbox);
    }

    #[test]
    fn an_outbox_is_bounded_in_number_and_time() {
        let mut outbox = Outbox::default();
        let mut given_up = 0;
        for minute in 0..150 {
            given_up += outbox.add(&notice(minute), &ways(), at(minute));
        }
        assert_eq!((outbox.len(), given_up), (MOST, 100));
        assert_eq!(outbox.tidy(&ways()[..1], at(150)), 0);
        assert_eq!(outbox.len(), 100, "the employee is not told any more");
        assert_eq!(outbox.tidy(&ways(), at(72 * 60 + 100)), 51);
        assert_eq!(outbox.len(), 49);
    }

    #[test]
    fn a_clock_that_was_set_back_holds_nothing_up() {
        let mut outbox = Outbox::default();
        outbox.add(&notice(0), &ways(), at(0));
        outbox.failed(0, at(10_000));
        assert_eq!(numbers(&outbox, 1), [0, 1]);
    }
}
