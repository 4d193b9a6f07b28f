//! What the pipeline has in hand: submissions that are ready, lanes, and connections that are paused.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::lanes::Lanes;
use super::pause::{News, Pause};
use super::{Backoff, Ended, Prepared, Probed};
use crate::delivery::Hold;

/// Submissions in hand at most; the rest waits on disk.
pub(super) const BACKLOG: usize = 256;
/// Batches under way at once. Calls are limited by the connection's own budget.
pub(super) const BATCHES: usize = 3;
/// Submissions in one batch: their questions fill two calls, their changes three.
const LARGEST_BATCH: usize = 48;
/// While a batch of a connection is under way, only a full one begins beside it: fewer gather until it has
/// ended.
const BESIDE: usize = LARGEST_BATCH;
/// A batch that takes longer than this keeps nobody waiting.
const SLOW: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Default)]
pub(super) struct Desk {
    /// Planned and not begun, oldest first.
    pub(super) ready: VecDeque<Prepared>,
    lanes: Lanes,
    pauses: BTreeMap<String, Pause>,
    under_way: BTreeMap<String, UnderWay>,
}

/// The batches of a connection that are under way.
struct UnderWay {
    count: usize,
    /// When the last of them began.
    since: Instant,
}

impl Desk {
    /// The next batch for one connection, if anything may run.
    pub(super) fn batch(&mut self, now: Instant) -> Option<Vec<Prepared>> {
        let works = |name: &str| !self.pauses.get(name).is_some_and(Pause::holds);
        let gathering = self.gathering(now);
        // the oldest one that may run decides for which connection
        let first = self
            .lanes
            .pick(&mut self.ready, 1, |one| {
                works(&one.connection) && !gathering.contains(&one.connection)
            })
            .pop()?;
        let connection = first.connection.clone();
        let mut batch = vec![first];
        batch.extend(self.lanes.pick(&mut self.ready, LARGEST_BATCH - 1, |one| {
            one.connection == connection
        }));
        let under_way = self.under_way.entry(connection).or_insert(UnderWay {
            count: 0,
            since: now,
        });
        under_way.count += 1;
        under_way.since = now;
        Some(batch)
    }

    /// The connections whose next submissions still gather.
    fn gathering(&self, now: Instant) -> Vec<String> {
        let ready = |name: &str| {
            let of_it = self.ready.iter().filter(|one| one.connection == name);
            of_it.take(BESIDE).count()
        };
        let young = self
            .under_way
            .iter()
            .filter(|(_, batches)| now.saturating_duration_since(batches.since) < SLOW);
        young
            .filter(|(name, _)| ready(name) < BESIDE)
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// Takes note of the end of a batch: its lanes are free, and its connection may have to pause.
    pub(super) fn ended(&mut self, ended: &Ended, backoff: &Backoff, now: Instant) {
        self.lanes.free(&ended.keys);
        let name = &ended.connection;
        if let Some(batches) = self.under_way.get_mut(name) {
            batches.count = batches.count.saturating_sub(1);
            if batches.count == 0 {
                self.under_way.remove(name);
            }
        }
        let Some((hold, why)) = &ended.hold else {
            if self.pauses.get(name).is_some_and(|pause| !pause.holds()) {
                self.pauses.remove(name);
            }
            return;
        };
        let news = if let Some(pause) = self.pauses.get_mut(name) {
            pause.again(*hold, backoff, now)
        } else {
            let pause = Pause::begin(*hold, backoff, now);
            self.pauses.insert(name.clone(), pause);
            News::Paused(*hold)
        };
        tell(name, news, why);
    }

    /// The connections whose turn it is to be probed.
    pub(super) fn take_probes(&mut self, now: Instant) -> Vec<String> {
        self.pauses
            .iter_mut()
            .filter_map(|(name, pause)| pause.take_turn(now).then(|| name.clone()))
            .collect()
    }

    /// Takes note of what a probe has found.
    pub(super) fn probed(&mut self, probed: &Probed, backoff: &Backoff, now: Instant) {
        let Some(pause) = self.pauses.get_mut(&probed.connection) else {
            return;
        };
        let (found, why) = match &probed.found {
            Ok(()) => (Ok(()), String::new()),
            Err(error) => (Err(Hold::of(error)), error.to_string()),
        };
        let news = pause.probed(found, backoff, now);
        tell(&probed.connection, news, &why);
    }

    /// What to wait for besides the end of a batch; `store`: whether it
    /// could be asked just now.
    pub(super) fn wait(&self, now: Instant, store: Store) -> Wait {
        let slow = self.under_way.values().map(|batches| batches.since + SLOW);
        let slow = slow.filter(|at| *at > now && !self.ready.is_empty());
        let due = self
            .pauses
            .values()
            .filter_map(Pause::due)
            .chain(slow)
            .min();
        let left = due.map(|at| at.saturating_duration_since(now));
        if store == Store::Refused || self.ready.len() >= BACKLOG {
            let most = Duration::from_secs(1);
            Wait::ForTime(left.map_or(most, |left| left.min(most)))
        } else {
            Wait::ForWork(left)
        }
    }
}

/// One message when a connection is paused, one when it works again.
fn tell(name: &str, news: News, why: &str) {
    let gauge = metrics::gauge!("leadgate_crm_paused", "crm" => name.to_owned());
    match news {
        News::Nothing => {}
        News::Paused(hold) => {
            gauge.set(1.0);
            let words = hold.words();
            if hold.is_loud() {
                tracing::error!(
                    crm = name,
                    "connection {name} is paused: {words} ({why}); submissions are accepted and kept, \
                     and it goes on by itself as soon as the portal lets it"
                );
            } else {
                tracing::warn!(crm = name, "connection {name} is paused: {words} ({why})");
            }
        }
        News::Over(pause) => {
            gauge.set(0.0);
            tracing::info!(
                crm = name,
                seconds = pause.as_secs_f64(),
                "connection {name} works again; deliveries go on"
            );
        }
    }
}

/// Whether the store gave work when it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Store {
    Answered,
    Refused,
}

/// What an idle pipeline waits for.
pub(super) enum Wait {
    /// Something to do, so long at most, if there is a bound.
    ForWork(Option<Duration>),
    /// Nothing but time.
    ForTime(Duration),
}
