//! Finds out what needs attention: asks the store, the destinations, the portal check and the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::finding::{Finding, Subject};
use super::habit::{self, Habits};
use crate::amocrm::AmoHealth;
use crate::config::{AlertSettings, Silence};
use crate::crm::{ApplicationState, Connection};
use crate::pipeline::{Health, Pauses};
use crate::store::{ArrivedAfter, Store, StoreError};

/// Arrivals that are read at a time.
const PAGE: usize = 5_000;

/// A full disk counts as such until this much more than the limit is free: a tenth.
const DISK_MARGIN: u64 = 10;

/// After the start, silences are judged by habit only after this time: senders first repeat what
/// they could not send while the gateway was down.
const GRACE: Duration = Duration::from_secs(15 * 60);

/// How many problems the portal check has found, by connection. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Mismatches(Arc<Mutex<BTreeMap<String, u64>>>);

impl Mismatches {
    /// Records the number of problems with a connection.
    pub fn set(&self, crm: &str, problems: u64) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(crm.to_owned(), problems);
    }

    fn all(&self) -> BTreeMap<String, u64> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.clone()
    }
}

/// What is watched.
#[derive(Debug)]
pub struct Observed {
    /// Parked submissions, the backlog, arrivals.
    pub store: Store,
    /// The health of the destinations.
    pub pauses: Pauses,
    /// The destinations of the settings, such as `crm:main`.
    pub destinations: Vec<String>,
    /// The result of the portal check.
    pub mismatches: Mismatches,
    /// What is wrong with accounts of amoCRM.
    pub amocrm: AmoHealth,
    /// The accounts that are asked.
    pub accounts: Vec<String>,
    /// The connections that are applications, by name.
    pub applications: BTreeMap<String, Arc<Connection>>,
    /// The connections that the portal check looks at.
    pub checked: Vec<String>,
    /// The data folder.
    pub folder: PathBuf,
}

/// Looks, and remembers what it has to.
pub(super) struct Observer {
    observed: Observed,
    habits: Habits,
    arrived: ArrivedAfter,
    /// Since when something has been waiting without a break.
    busy_since: Option<Timestamp>,
    has_looked: bool,
    began: Instant,
}

/// What was found, and of what nothing is known.
#[derive(Debug, Default)]
pub(super) struct Sight {
    pub(super) findings: Vec<Finding>,
    unknown: BTreeSet<Subject>,
}

impl Sight {
    /// Returns whether nothing is known of a subject now.
    pub(super) fn is_unknown(&self, subject: &Subject) -> bool {
        self.unknown.contains(subject)
    }
}

/// Returns whether the disk is nearly full. What is told is over only with some room more.
fn is_low(free: u64, limit: u64, open: &[Subject]) -> bool {
    let margin = if open.contains(&Subject::Disk) {
        limit / DISK_MARGIN
    } else {
        0
    };
    free < limit.saturating_add(margin)
}

impl Observer {
    pub(super) fn new(observed: Observed, now: Timestamp) -> Self {
        let past = now
            .checked_sub(habit::PAST)
            .unwrap_or(Timestamp::UNIX_EPOCH);
        Self {
            observed,
            habits: Habits::default(),
            arrived: ArrivedAfter::Time(past),
            busy_since: None,
            has_looked: false,
            began: Instant::now(),
        }
    }

    /// Looks once; `open` are the subjects of open alerts.
    pub(super) async fn look(
        &mut self,
        settings: &AlertSettings,
        open: Vec<Subject>,
        now: Timestamp,
    ) -> Result<Sight, StoreError> {
        let mut sight = Sight::default();
        if settings.parked {
            for group in self.observed.store.parked_groups().await? {
                sight.findings.push(Finding {
                    subject: Subject::Parked {
                        profile: group.profile.unwrap_or_default(),
                        reason: group.reason.to_string(),
                    },
                    count: group.count,
                    since: Some(group.since),
                    latest: Some(group.latest),
                    cause: None,
                });
            }
        }
        if let Some(limit) = settings.paused_after {
            self.paused(limit, &open, now, &mut sight);
        }
        if settings.profiles {
            self.profiles(&open, &mut sight);
        }
        if settings.amocrm {
            self.amocrm(&open, &mut sight);
        }
        self.applications(&mut sight);
        if let Some(limit) = settings.backlog_after {
            self.backlog(limit, now, &mut sight).await?;
        }
        if let Some(limit) = settings.disk_free {
            self.disk(limit, &open, &mut sight);
        }
        self.silence(settings, &open, now, &mut sight).await?;
        self.has_looked = true;
        Ok(sight)
    }

    fn paused(&self, limit: Duration, open: &[Subject], now: Timestamp, sight: &mut Sight) {
        let health = self.observed.pauses.all();
        for (destination, health) in &health {
            let Health::Paused { reason, since } = health else {
                continue;
            };
            let subject = Subject::Paused {
                destination: destination.to_string(),
            };
            let duration = since.elapsed();
            // a restart does not end a pause
            if duration < limit && !open.contains(&subject) {
                continue;
            }
            let since = SignedDuration::try_from(duration).ok();
            sight.findings.push(Finding {
                subject,
                count: 1,
                since: since.and_then(|duration| now.checked_sub(duration).ok()),
                latest: None,
                cause: Some((*reason).into()),
            });
        }
        for subject in open {
            if let Subject::Paused { destination } = subject
                && self.observed.destinations.contains(destination)
                && !health.keys().any(|used| used.to_string() == *destination)
            {
                sight.unknown.insert(subject.clone());
            }
        }
    }

    fn profiles(&self, open: &[Subject], sight: &mut Sight) {
        let mismatches = self.observed.mismatches.all();
        for (crm, problems) in &mismatches {
            if *problems > 0 {
                sight.findings.push(Finding {
                    subject: Subject::Profiles { crm: crm.clone() },
                    count: *problems,
                    since: None,
                    latest: None,
                    cause: None,
                });
            }
        }
        for subject in open {
            if let Subject::Profiles { crm } = subject
                && self.observed.checked.contains(crm)
                && !mismatches.contains_key(crm)
            {
                sight.unknown.insert(subject.clone());
            }
        }
    }

    fn amocrm(&self, open: &[Subject], sight: &mut Sight) {
        let known = self.observed.amocrm.all();
        let failing = known.iter().filter(|(_, _, since)| since.is_some());
        let findings = failing.map(|(account, trouble, since)| Finding {
            subject: Subject::Amocrm {
                account: account.clone(),
                trouble: *trouble,
            },
            count: 1,
            since: *since,
            latest: None,
            cause: None,
        });
        sight.findings.extend(findings);
        // after a restart, nothing is known until the account was asked
        for subject in open {
            if let Subject::Amocrm { account, trouble } = subject
                && self.observed.accounts.contains(account)
                && !known
                    .iter()
                    .any(|(of, what, _)| of == account && what == trouble)
            {
                sight.unknown.insert(subject.clone());
            }
        }
    }

    fn applications(&self, sight: &mut Sight) {
        for (crm, connection) in &self.observed.applications {
            let subject = Subject::Application { crm: crm.clone() };
            let Some(application) = connection.application() else {
                continue;
            };
            match application.state() {
                ApplicationState::Works => {}
                // after a restart, until a token is needed
                ApplicationState::Unknown => {
                    sight.unknown.insert(subject);
                }
                ApplicationState::Broken(_, since) => sight.findings.push(Finding {
                    subject,
                    count: 1,
                    since: Some(since),
                    latest: None,
                    cause: None,
                }),
            }
        }
    }

    async fn backlog(
        &mut self,
        limit: Duration,
        now: Timestamp,
        sight: &mut Sight,
    ) -> Result<(), StoreError> {
        let Some(backlog) = self.observed.store.backlog().await? else {
            self.busy_since = None;
            return Ok(());
        };
        // a replay queues old submissions, which wait only since then; what is there at the start
        // has waited all the time
        let first = if self.has_looked { now } else { backlog.oldest };
        let since = backlog.oldest.max(*self.busy_since.get_or_insert(first));
        let limit = SignedDuration::try_from(limit).unwrap_or(SignedDuration::MAX);
        if now.duration_since(since) > limit {
            sight.findings.push(Finding {
                subject: Subject::Backlog,
                count: backlog.count,
                since: Some(backlog.oldest),
                latest: None,
                cause: None,
            });
        }
        Ok(())
    }

    fn disk(&self, limit: u64, open: &[Subject], sight: &mut Sight) {
        let Some(free) = free_bytes(&self.observed.folder) else {
            sight.unknown.insert(Subject::Disk);
            return;
        };
        if is_low(free, limit, open) {
            sight.findings.push(Finding {
                subject: Subject::Disk,
                count: free,
                since: None,
                latest: None,
                cause: None,
            });
        }
    }

    async fn silence(
        &mut self,
        settings: &AlertSettings,
        open: &[Subject],
        now: Timestamp,
        sight: &mut Sight,
    ) -> Result<(), StoreError> {
        let rules = || settings.silence_of.values().chain([&settings.silence]);
        if rules().all(|rule| *rule == Silence::Off) {
            return Ok(());
        }
        loop {
            let (arrived, next) = self.observed.store.arrived(self.arrived, PAGE).await?;
            let is_end = self.arrived == next;
            self.arrived = next;
            for one in arrived.iter().filter(|one| !one.is_captured) {
                self.habits.note(&one.source, &one.address, one.at);
            }
            if is_end {
                break;
            }
        }
        let has_grace = self.began.elapsed() < GRACE;
        let rule = |source: &str, address: &str| match settings.silence_of(source, address) {
            Silence::Habit if has_grace => Silence::Off,
            rule => rule,
        };
        let mut silent = self.habits.silent(now, rule);
        for (name, rule) in &settings.silence_of {
            if let (Silence::After(_), Some((source, address))) = (rule, name.split_once('/'))
                && !self.habits.knows(source, address)
            {
                silent.push(habit::finding(source, address, None));
            }
        }
        for subject in open {
            let Subject::Silence { source, address } = subject else {
                continue;
            };
            let by_habit = settings.silence_of(source, address) == Silence::Habit;
            if by_habit && (has_grace || !self.habits.knows(source, address)) {
                sight.unknown.insert(subject.clone());
            }
        }
        sight.findings.append(&mut silent);
        Ok(())
    }
}

/// Returns the free bytes of the disk of a folder.
fn free_bytes(folder: &std::path::Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_over_only_with_some_room_more() {
        let open = [Subject::Disk];
        for (free, open, low) in [
            (999, &[][..], true),
            (1_000, &[], false),
            (1_000, &open, true),
            (1_099, &open, true),
            (1_100, &open, false),
            (1_000, &[Subject::Backlog], false),
        ] {
            assert_eq!(is_low(free, 1_000, open), low, "{free}");
        }
    }
}
