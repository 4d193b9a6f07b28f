//! What the pipeline has in hand: a tray for each connection. A tray that is full, or whose connection is
//! paused, takes nothing in and holds up no other.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::lanes::Lanes;
use super::pause::{News, Pause};
use super::tray::{LARGEST_BATCH, Tray};
use super::{Backoff, Connections, Ended, Prepared, Probed};
use crate::crm::Connection;
use crate::delivery::crm::PauseReason;
use crate::inbox::Shares;
use crate::mapping::ProfileSet;

/// Submissions in hand at most, divided among the connections; the rest waits on disk.
pub(super) const BACKLOG: usize = 256;
/// A connection's part of that is no smaller: a full batch gathers while another is prepared.
const SMALLEST_TRAY: usize = 2 * LARGEST_BATCH;
/// What goes nowhere is settled at once and needs no place; so much of it at a time.
const NOWHERE: usize = 64;

/// See the module.
pub(super) struct Desk {
    /// By the names of the connections.
    trays: BTreeMap<String, Tray>,
    /// What a tray holds.
    size: usize,
    /// By portals: two connections may lead to one.
    lanes: BTreeMap<String, Lanes>,
}

impl Desk {
    /// A desk for these connections.
    pub(super) fn new(connections: &Connections) -> Self {
        let tray =
            |(name, client): (&String, &Arc<Connection>)| (name.clone(), Tray::to(client.portal()));
        let trays: BTreeMap<String, Tray> = connections.0.iter().map(tray).collect();
        Self {
            size: (BACKLOG / trays.len().max(1)).max(SMALLEST_TRAY),
            lanes: BTreeMap::new(),
            trays,
        }
    }

    /// Puts a submission where it goes.
    pub(super) fn lay(&mut self, prepared: Prepared) {
        let tray = self.trays.entry(prepared.connection.clone()).or_default();
        tray.lay(prepared);
    }

    /// How much may be taken in, while these profiles are at work. Where there is one connection only,
    /// everything goes there, and nothing has to be sorted.
    pub(super) fn shares(&self, profiles: &ProfileSet) -> Shares {
        let mut rooms = self
            .trays
            .iter()
            .map(|(name, tray)| (name, self.room(tray)));
        if self.trays.len() < 2 {
            return rooms.next().map_or(0, |(_, room)| room).into();
        }
        let nowhere = (profiles.route(None), NOWHERE);
        let named = rooms.map(|(name, room)| (profiles.route(Some(name)), room));
        Shares {
            named: named.chain([nowhere]).collect(),
            others: 0,
        }
    }

    fn room(&self, tray: &Tray) -> usize {
        if tray.is_paused() {
            0
        } else {
            self.size.saturating_sub(tray.ready.len())
        }
    }

    /// The next batch, if anything may run.
    pub(super) fn batch(&mut self, now: Instant) -> Option<Vec<Prepared>> {
        self.trays.values_mut().find_map(|tray| {
            let lanes = self.lanes.entry(tray.portal.clone()).or_default();
            tray.batch(lanes, now)
        })
    }

    /// Takes note of the end of a batch: its lanes are free, and its connection may have to pause.
    pub(super) fn ended(&mut self, ended: &Ended, backoff: &Backoff, now: Instant) {
        let name = &ended.connection;
        let tray = self.trays.entry(name.clone()).or_default();
        tray.ended();
        if let Some(lanes) = self.lanes.get_mut(&tray.portal) {
            lanes.free(&ended.keys);
        }
        let Some((hold, why)) = &ended.hold else {
            if !tray.is_paused() {
                tray.pause = None;
            }
            return;
        };
        let news = if let Some(pause) = &mut tray.pause {
            pause.again(*hold, backoff, now)
        } else {
            tray.pause = Some(Pause::begin(*hold, backoff, now));
            News::Paused(*hold)
        };
        tell(name, news, why);
    }

    /// The connections whose turn it is to be probed.
    pub(super) fn take_probes(&mut self, now: Instant) -> Vec<String> {
        let mut names = Vec::new();
        for (name, tray) in &mut self.trays {
            if let Some(pause) = &mut tray.pause
                && pause.take_turn(now)
            {
                names.push(name.clone());
            }
        }
        names
    }

    /// Takes note of what a probe has found.
    pub(super) fn probed(&mut self, probed: &Probed, backoff: &Backoff, now: Instant) {
        let name = &probed.connection;
        let Some(pause) = self
            .trays
            .get_mut(name)
            .and_then(|tray| tray.pause.as_mut())
        else {
            return;
        };
        let (found, why) = match &probed.found {
            Ok(()) => (Ok(()), String::new()),
            Err(error) => (Err(PauseReason::of(error)), error.to_string()),
        };
        let news = pause.probed(found, backoff, now);
        tell(name, news, &why);
    }

    /// What to wait for besides the end of a batch; `store`: whether it
    /// could be asked just now.
    pub(super) fn wait(&self, now: Instant, store: Store) -> Wait {
        let due = self.trays.values().filter_map(|tray| tray.due(now)).min();
        let left = due.map(|at| at.saturating_duration_since(now));
        let is_full = self.trays.values().all(|tray| self.room(tray) == 0);
        if store == Store::Refused || is_full {
            let most = Duration::from_secs(1);
            Wait::ForTime(left.map_or(most, |left| left.min(most)))
        } else {
            Wait::ForWork(left)
        }
    }

    /// What is ready for connections that are paused: it waits better on disk, where another edition of
    /// the profiles may send it elsewhere.
    pub(super) fn take_paused(&mut self) -> Vec<Prepared> {
        let paused = self.trays.values_mut().filter(|tray| tray.is_paused());
        paused.flat_map(|tray| tray.ready.drain(..)).collect()
    }

    /// Everything that was not begun.
    pub(super) fn take_all(&mut self) -> Vec<Prepared> {
        let trays = self.trays.values_mut();
        trays.flat_map(|tray| tray.ready.drain(..)).collect()
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
