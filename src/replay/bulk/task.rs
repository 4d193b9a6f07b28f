//! The task: examines the items of new replays, and queues those of confirmed ones.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::fate::{Fate, ParkedBecause};
use super::lists::Lists;
use super::{BulkReplay, BulkReplays, BulkState, order_of};
use crate::domain::SubmissionId;
use crate::journal::Found;
use crate::ops::blocking;
use crate::store::{BulkExamined, StoreError};

/// Items of a replay that are under way at the same time. Those behind them wait, so that a stop
/// leaves them as they are.
const UNDER_WAY: u64 = 50;
/// Items that are examined at a time.
const EXAMINED: usize = 50;
/// The pause while items are under way.
const PAUSE: Duration = Duration::from_millis(250);
/// The pause after a failure of the store.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// What to do after a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// There is more to do at once.
    Go,
    /// Items are under way.
    Pause,
    /// Nothing is to be done until somebody asks.
    Sleep,
}

impl BulkReplays {
    /// Works on replays until draining.
    pub async fn run(self: Arc<Self>, draining: CancellationToken) {
        draining.run_until_cancelled(self.work()).await;
    }

    async fn work(&self) {
        loop {
            match self.round().await {
                Ok(Next::Go) => {}
                Ok(Next::Pause) => tokio::time::sleep(PAUSE).await,
                Ok(Next::Sleep) => self.wanted.notified().await,
                Err(error) => {
                    tracing::warn!(error = %error, "a replay cannot go on; trying again");
                    tokio::time::sleep(AFTER_FAILURE).await;
                }
            }
        }
    }

    async fn round(&self) -> Result<Next, StoreError> {
        let mut next = Next::Sleep;
        for replay in self.parts.store.active_bulk().await? {
            let of_this = match replay.state {
                BulkState::Examining => self.examine(&replay).await?,
                BulkState::Running => self.queue(&replay).await?,
                BulkState::Stopping => self.end_stopped(&replay).await?,
                BulkState::Ready | BulkState::Stopped | BulkState::Finished => Next::Sleep,
            };
            next = match (next, of_this) {
                (Next::Go, _) | (_, Next::Go) => Next::Go,
                (Next::Pause, _) | (_, Next::Pause) => Next::Pause,
                (Next::Sleep, Next::Sleep) => Next::Sleep,
            };
        }
        Ok(next)
    }

    /// Looks at some items of a dry run.
    async fn examine(&self, replay: &BulkReplay) -> Result<Next, StoreError> {
        let store = &self.parts.store;
        let items = store.bulk_unexamined(replay.id, EXAMINED).await?;
        if items.is_empty() {
            self.end(replay, BulkState::Ready).await?;
            return Ok(Next::Go);
        }
        let connections = &self.parts.connections;
        let mut examined = self.look(replay, &items, Lists::known(connections)).await?;
        // what a portal lacked may have been added since its lists were read
        if examined.iter().any(|(_, is_parked)| *is_parked) {
            let lists = Lists::since(connections, replay.made_at).await;
            examined = self.look(replay, &items, lists).await?;
        }
        let examined = examined.into_iter().map(|(examined, _)| examined).collect();
        store.keep_examined(replay.id, examined).await?;
        Ok(Next::Go)
    }

    /// Returns what would become of items by these lists, and whether a delivery would park them.
    async fn look(
        &self,
        replay: &BulkReplay,
        items: &[(i64, SubmissionId)],
        lists: Lists,
    ) -> Result<Vec<(BulkExamined, bool)>, StoreError> {
        let order = order_of(&replay.order);
        let journal = self.parts.journal.clone();
        let profiles = self.parts.profiles.current();
        let sources = self.parts.sources.clone();
        let items = items.to_vec();
        let look = move |(place, id): &(i64, SubmissionId)| {
            let fate = match journal.show(&id.to_string())? {
                Found::One(history) => {
                    // a profile at which the mapping fails must not end the gateway
                    let run = || {
                        let dry_run = order.dry_run(&history, &profiles, &sources);
                        let fate = Fate::of(&dry_run);
                        match &dry_run.plan {
                            Ok(plan) => lists.fate(plan, fate),
                            Err(_) => fate,
                        }
                    };
                    catch_unwind(AssertUnwindSafe(run)).unwrap_or(Fate::Parked {
                        because: ParkedBecause::Fault,
                    })
                }
                Found::None | Found::Several | Found::NotAName => Fate::Gone,
            };
            let examined = BulkExamined {
                place: *place,
                is_taken: fate.is_taken(),
                fate: fate.to_stored(),
            };
            Ok((examined, matches!(fate, Fate::Parked { .. })))
        };
        let examined = blocking(move || items.iter().map(look).collect()).await;
        examined.ok_or(StoreError::Closed)?
    }

    /// Queues items as long as few are under way.
    async fn queue(&self, replay: &BulkReplay) -> Result<Next, StoreError> {
        let store = &self.parts.store;
        let (under_way, not_begun) = store.note_bulk_outcomes(replay.id).await?;
        if under_way == 0 && not_begun == 0 {
            self.end(replay, BulkState::Finished).await?;
            return Ok(Next::Go);
        }
        let room = usize::try_from(UNDER_WAY.saturating_sub(under_way)).unwrap_or(0);
        if room == 0 || not_begun == 0 {
            return Ok(Next::Pause);
        }
        let order = order_of(&replay.order).into_order();
        let now = self.parts.clock.now();
        if store.queue_bulk((replay.id, room), order, now).await? > 0 {
            self.parts.inbox.wake();
        }
        Ok(Next::Pause)
    }

    /// Ends a stopped replay when nothing of it is under way.
    async fn end_stopped(&self, replay: &BulkReplay) -> Result<Next, StoreError> {
        let (under_way, _) = self.parts.store.note_bulk_outcomes(replay.id).await?;
        if under_way > 0 {
            return Ok(Next::Pause);
        }
        self.end(replay, BulkState::Stopped).await?;
        Ok(Next::Go)
    }

    /// Moves a replay on; one that a person has stopped meanwhile is left alone.
    async fn end(&self, replay: &BulkReplay, to: BulkState) -> Result<(), StoreError> {
        let now = self.parts.clock.now();
        let states = (replay.state, to);
        self.parts
            .store
            .move_bulk(replay.id, states, None, now)
            .await?;
        Ok(())
    }
}
