//! The open alerts, and what to tell of them when. Pure: the time is an argument.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::finding::{AlertKind, Finding, Subject};

/// Open alerts that are kept; further ones are left out until others are over.
const MOST: usize = 1_000;

/// Alerts that a notice names; it counts the others.
const NAMED: usize = 10;

/// The open alerts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Book {
    #[serde(default)]
    open: Vec<Open>,
    /// When the last notice of each kind was written.
    #[serde(default)]
    last: BTreeMap<AlertKind, Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Open {
    finding: Finding,
    /// Whether a notice has told of it.
    #[serde(default)]
    is_told: bool,
    /// The last parked submission of which a notice has told.
    #[serde(default)]
    told_until: Option<Timestamp>,
    #[serde(default)]
    is_over: bool,
}

impl Open {
    /// Returns whether there is something to tell. A submission that was parked since the last
    /// notice is news, more problems of an open alert are not.
    fn is_news(&self) -> bool {
        !self.is_told || self.finding.latest > self.told_until
    }
}

/// One message: what is new of a kind, and what is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Notice {
    /// The kind.
    pub(super) kind: AlertKind,
    /// When it was written.
    pub(super) at: Timestamp,
    /// What is new, the first of them.
    pub(super) news: Vec<Finding>,
    /// How many more are new.
    #[serde(default)]
    pub(super) more: u64,
    /// All of what is new together: submissions or problems.
    #[serde(default)]
    pub(super) total: u64,
    /// What is over, the first of them.
    #[serde(default)]
    pub(super) over: Vec<Finding>,
    /// How many more are over.
    #[serde(default)]
    pub(super) more_over: u64,
}

impl Book {
    /// Takes what was found. An open alert that was not found is over, unless nothing is known of
    /// its subject now.
    pub(super) fn observe(&mut self, found: Vec<Finding>, unknown: impl Fn(&Subject) -> bool) {
        let mut found: BTreeMap<Subject, Finding> = found
            .into_iter()
            .map(|finding| (finding.subject.clone(), finding))
            .collect();
        for open in &mut self.open {
            match found.remove(&open.finding.subject) {
                Some(now) => {
                    let since = match (open.finding.since, now.since) {
                        // it came back before anybody heard that it was over
                        (Some(before), Some(now)) if !open.is_over => Some(before.min(now)),
                        (_, now) => now,
                    };
                    open.is_over = false;
                    open.finding = Finding { since, ..now };
                }
                None => open.is_over |= !unknown(&open.finding.subject),
            }
        }
        // nobody has heard of these
        self.open.retain(|open| !open.is_over || open.is_told);
        let room = MOST.saturating_sub(self.open.len());
        let fresh = found.into_values().take(room).map(|finding| Open {
            finding,
            is_told: false,
            told_until: None,
            is_over: false,
        });
        self.open.extend(fresh);
    }

    /// Returns the notices that are due: one for each kind with news, if its last one is at least
    /// this long ago.
    pub(super) fn due(&mut self, now: Timestamp, every: SignedDuration) -> Vec<Notice> {
        let kinds: BTreeSet<AlertKind> = self
            .open
            .iter()
            .filter(|open| open.is_over || open.is_news())
            .map(|open| open.finding.subject.kind())
            .collect();
        let is_due = |kind: &AlertKind| {
            self.last.get(kind).is_none_or(|last| {
                let passed = now.duration_since(*last);
                // the clock was set back
                passed >= every || passed < SignedDuration::ZERO
            })
        };
        let due: Vec<AlertKind> = kinds.into_iter().filter(is_due).collect();
        due.into_iter().map(|kind| self.notice(kind, now)).collect()
    }

    fn notice(&mut self, kind: AlertKind, now: Timestamp) -> Notice {
        self.last.insert(kind, now);
        let (mut news, mut over) = (Vec::new(), Vec::new());
        for open in &mut self.open {
            if open.finding.subject.kind() != kind {
                continue;
            }
            if open.is_over {
                over.push(open.finding.clone());
            } else if open.is_news() {
                open.is_told = true;
                open.told_until = open.finding.latest;
                news.push(open.finding.clone());
            }
        }
        self.open
            .retain(|open| !open.is_over || open.finding.subject.kind() != kind);
        let beyond = |all: &[Finding]| u64::try_from(all.len().saturating_sub(NAMED)).unwrap_or(0);
        let (more, more_over) = (beyond(&news), beyond(&over));
        let total = news.iter().map(|finding| finding.count).sum();
        news.truncate(NAMED);
        over.truncate(NAMED);
        Notice {
            kind,
            at: now,
            news,
            more,
            total,
            over,
            more_over,
        }
    }

    /// Returns the number of open alerts of a kind.
    pub(super) fn count(&self, kind: AlertKind) -> usize {
        let of_kind = self
            .open
            .iter()
            .filter(|open| !open.is_over && open.finding.subject.kind() == kind);
        of_kind.count()
    }

    /// Returns the open alerts, and whether a notice has told of each.
    pub(super) fn open(&self) -> impl Iterator<Item = (&Finding, bool)> {
        let open = self.open.iter().filter(|open| !open.is_over);
        open.map(|open| (&open.finding, open.is_told))
    }

    /// Returns the open alerts' subjects.
    pub(super) fn subjects(&self) -> impl Iterator<Item = &Subject> {
        self.open.iter().map(|open| &open.finding.subject)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: SignedDuration = SignedDuration::from_mins(10);

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + 60 * minutes).unwrap()
    }

    /// `count` submissions, one of them parked in each minute.
    fn parked(profile: &str, count: u64) -> Finding {
        parked_until(profile, count, i64::try_from(count).unwrap())
    }

    fn parked_until(profile: &str, count: u64, minute: i64) -> Finding {
        Finding {
            subject: Subject::Parked {
                profile: profile.to_owned(),
                reason: "missing-value".to_owned(),
            },
            count,
            since: Some(at(0)),
            latest: Some(at(minute)),
            cause: None,
        }
    }

    fn paused(name: &str) -> Finding {
        Finding {
            subject: Subject::Paused {
                destination: name.to_owned(),
            },
            count: 1,
            since: Some(at(0)),
            latest: None,
            cause: None,
        }
    }

    /// Observes at these minutes and returns the notices: kind, new, over.
    fn told(book: &mut Book, minute: i64, found: &[Finding]) -> Vec<(AlertKind, u64, usize)> {
        book.observe(found.to_vec(), |_| false);
        let due = book.due(at(minute), EVERY);
        due.iter()
            .map(|notice| {
                let beyond = usize::try_from(notice.more_over).unwrap();
                (notice.kind, notice.total, notice.over.len() + beyond)
            })
            .collect()
    }

    #[test]
    fn a_kind_has_one_notice_in_ten_minutes_with_what_has_gathered() {
        let mut book = Book::default();
        let kind = AlertKind::Parked;
        assert_eq!(told(&mut book, 0, &[parked("a", 2)]), [(kind, 2, 0)]);
        assert_eq!(told(&mut book, 1, &[parked("a", 2), parked("b", 1)]), []);
        assert_eq!(told(&mut book, 9, &[parked("a", 5), parked("b", 1)]), []);
        // another kind does not wait
        let both = [parked("a", 5), parked("b", 1), paused("crm:main")];
        assert_eq!(told(&mut book, 9, &both), [(AlertKind::Paused, 1, 0)]);
        assert_eq!(told(&mut book, 10, &both), [(kind, 6, 0)]);
        assert_eq!(told(&mut book, 60, &both), [], "nothing new");
    }

    #[test]
    fn what_is_over_is_told_once_and_only_to_those_who_heard_of_it() {
        let mut book = Book::default();
        let kind = AlertKind::Paused;
        assert_eq!(told(&mut book, 0, &[paused("crm:a")]), [(kind, 1, 0)]);
        // begins and ends between two notices
        assert_eq!(told(&mut book, 2, &[paused("crm:a"), paused("crm:b")]), []);
        assert_eq!(told(&mut book, 3, &[]), []);
        assert_eq!(told(&mut book, 10, &[]), [(kind, 0, 1)]);
        assert_eq!(told(&mut book, 30, &[]), []);
        // it is back before its end was told: nobody hears of it
        assert_eq!(told(&mut book, 40, &[paused("crm:a")]), [(kind, 1, 0)]);
        assert_eq!(told(&mut book, 41, &[]), []);
        assert_eq!(told(&mut book, 42, &[paused("crm:a")]), []);
        assert_eq!(told(&mut book, 60, &[paused("crm:a")]), []);
    }

    #[test]
    fn fewer_parked_submissions_are_no_news_and_new_ones_after_that_are() {
        let mut book = Book::default();
        let kind = AlertKind::Parked;
        assert_eq!(told(&mut book, 0, &[parked("a", 5)]), [(kind, 5, 0)]);
        assert_eq!(told(&mut book, 20, &[parked_until("a", 1, 5)]), []);
        // one was settled and another one parked
        let other = parked_until("a", 1, 30);
        assert_eq!(told(&mut book, 40, &[other]), [(kind, 1, 0)]);
        // all are settled, and a new one comes before that could be told
        assert_eq!(told(&mut book, 41, &[]), []);
        let new = parked_until("a", 1, 42);
        assert_eq!(told(&mut book, 60, &[new]), [(kind, 1, 0)]);
    }

    #[test]
    fn an_alert_of_which_nothing_is_known_stays_open() {
        let mut book = Book::default();
        told(&mut book, 0, &[paused("crm:a")]);
        let mut stored: Book =
            serde_json::from_str(&serde_json::to_string(&book).unwrap()).unwrap();
        assert_eq!(stored, book);
        // the gateway has restarted and has not used the destination yet
        stored.observe(Vec::new(), |_| true);
        assert_eq!(stored.due(at(20), EVERY), []);
        assert_eq!(stored.count(AlertKind::Paused), 1);
        stored.observe(Vec::new(), |_| false);
        assert_eq!(stored.due(at(30), EVERY).len(), 1);
        assert_eq!(stored.count(AlertKind::Paused), 0);
    }

    #[test]
    fn a_notice_names_ten_and_counts_the_others() {
        let mut book = Book::default();
        let many: Vec<Finding> = (0..2_000).map(|n| parked(&format!("{n:04}"), 1)).collect();
        book.observe(many, |_| false);
        let notices = book.due(at(0), EVERY);
        assert_eq!(notices.len(), 1);
        assert_eq!(
            (notices[0].news.len(), notices[0].more, notices[0].total),
            (10, 990, 1_000)
        );
    }

    #[test]
    fn a_clock_that_was_set_back_silences_nobody() {
        let mut book = Book::default();
        assert_eq!(told(&mut book, 1_000, &[parked("a", 1)]).len(), 1);
        assert_eq!(told(&mut book, 0, &[parked("a", 2)]).len(), 1);
    }
}
