//! Asks PBXs for the records of calls that leadgate lacks: at the start, every night, and when a
//! PBX has been silent. Only what is not stored becomes a submission.
//!
//! Every time, the whole range of the settings is asked for. So it does not matter where an earlier
//! attempt broke off, or which record got lost between others that arrived. What was before the first
//! start with a PBX is not asked for: yesterday's calls must not become today's leads.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::PbxIntake;
use super::records::{Origin, RecordOutcome};
use crate::inbox::StoreError;
use crate::intake::IntakeParts;
use crate::pbx::{CLOCKS_APART, CallRecord, CommandFailure, HistoryQuery};
use crate::telephony::PbxClient;

/// The records of one reply. A PBX may return fewer.
const PAGE: usize = 100;

/// The most pages of one range: a PBX must not keep leadgate busy for ever.
const MOST_PAGES: usize = 2_000;

/// The hour of the night, in the zone of the settings.
const NIGHT: i8 = 3;

/// How long the employees may take to be read: they say whose calls these are.
const EMPLOYEES_WITHIN: Duration = Duration::from_secs(10);

/// Catches up with the PBXs of the settings.
pub struct CatchUp {
    pbxs: Vec<MissedCalls>,
}

/// What one PBX is asked for.
struct MissedCalls {
    intake: Arc<PbxIntake>,
    name: String,
    client: Arc<PbxClient>,
    /// How far back it is asked; `None` is never.
    back: Option<SignedDuration>,
    /// After how long without a request it is asked.
    silence: SignedDuration,
    zone: TimeZone,
    /// The first and the longest wait after a failure.
    waits: (Duration, Duration),
}

/// Why catching up broke off.
#[derive(Debug, thiserror::Error)]
enum CatchUpFailure {
    #[error("{0}")]
    Pbx(CommandFailure),
    #[error("the store: {0}")]
    Store(#[from] StoreError),
    #[error("a record could not be stored")]
    NotStored,
}

/// Prepares to catch up with the PBXs that take commands; `None` without any.
pub fn catch_up(parts: &IntakeParts<'_>) -> Option<CatchUp> {
    let intake = Arc::new(PbxIntake::new(parts));
    let (zone, delivery) = (&parts.settings.output.zone, &parts.settings.delivery);
    let pbxs = parts.settings.pbx.iter().filter_map(|(name, settings)| {
        let commands = settings.commands.as_ref()?;
        Some(MissedCalls {
            intake: Arc::clone(&intake),
            name: name.clone(),
            client: Arc::clone(parts.pbx_clients.get(name)?),
            back: commands.catch_up.map(signed),
            silence: signed(commands.silence),
            zone: zone.clone(),
            waits: (delivery.retry_first, delivery.retry_longest),
        })
    });
    let pbxs: Vec<MissedCalls> = pbxs.collect();
    (!pbxs.is_empty()).then_some(CatchUp { pbxs })
}

fn signed(time: Duration) -> SignedDuration {
    SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX)
}

impl CatchUp {
    /// Catches up until draining.
    pub async fn run(self, draining: CancellationToken) {
        let all = join_all(self.pbxs.iter().map(MissedCalls::keep));
        draining.run_until_cancelled(all).await;
    }
}

impl MissedCalls {
    async fn keep(&self) {
        if let Some(pbx) = self.intake.exchanges.get(&self.name) {
            pbx.directory.employees_within(EMPLOYEES_WITHIN).await;
        }
        let (first, longest) = self.waits;
        let mut wait = first;
        let mut has_failed = false;
        loop {
            let began = self.now();
            match self.pass(began).await {
                Ok(missed) => {
                    if missed > 0 {
                        tracing::info!(pbx = %self.name, missed, "caught up: {missed} calls were read from the PBX");
                    }
                    (wait, has_failed) = (first, false);
                    self.wait_for_next(began).await;
                }
                Err(CatchUpFailure::Pbx(CommandFailure::NotPossible)) => {
                    return std::future::pending().await;
                }
                Err(failure) => {
                    metrics::counter!("leadgate_pbx_catch_up_failed_total").increment(1);
                    // once, not with every attempt
                    if std::mem::replace(&mut has_failed, true) {
                        tracing::debug!(pbx = %self.name, "catching up: {failure}");
                    } else {
                        tracing::warn!(pbx = %self.name, "catching up failed: {failure}; trying again");
                    }
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(longest);
                }
            }
        }
    }

    fn now(&self) -> Timestamp {
        self.intake.receiver.clock.now()
    }

    /// Waits for the night, or until the PBX has been silent since this time.
    async fn wait_for_next(&self, began: Timestamp) {
        let night = night_after(began, &self.zone);
        loop {
            let heard = self.client.heard().unwrap_or(began).max(began);
            let silent = heard.checked_add(self.silence).unwrap_or(Timestamp::MAX);
            let left = night.min(silent).duration_since(self.now());
            match Duration::try_from(left) {
                // the clock may be set meanwhile
                Ok(left) if !left.is_zero() => {
                    tokio::time::sleep(left.min(Duration::from_secs(3600))).await;
                }
                _ => return,
            }
        }
    }

    /// Asks for everything since the beginning of the range, and returns how many records were
    /// missing.
    async fn pass(&self, now: Timestamp) -> Result<usize, CatchUpFailure> {
        self.learn_users().await;
        let Some(back) = self.back else {
            return Ok(0);
        };
        let inbox = &self.intake.receiver.inbox;
        let since = inbox.pbx_since(&self.name, now).await?;
        let back = now.checked_sub(back).unwrap_or(Timestamp::UNIX_EPOCH);
        let mut query = HistoryQuery {
            from: back.max(since),
            to: now.checked_add(CLOCKS_APART).unwrap_or(now),
            numbers: Vec::new(),
            limit: PAGE,
            offset: 0,
        };
        let mut missed = 0;
        let mut first = None;
        for _ in 0..MOST_PAGES {
            let (records, rows) = self
                .client
                .history(query.clone())
                .await
                .map_err(CatchUpFailure::Pbx)?;
            let key = records.first().map(|record| record.key.clone());
            // the end, or a PBX that returns the same page whatever is asked
            if rows == 0 || (key.is_some() && key == first) {
                return Ok(missed);
            }
            first = key;
            query.offset += rows;
            missed += self.store_missing(records).await?;
        }
        tracing::warn!(pbx = %self.name, pages = MOST_PAGES, "the PBX has more calls than leadgate reads at a time: shorten catch_up");
        Ok(missed)
    }

    /// Remembers who the users of the PBX are. Without them, inner numbers match all the same.
    async fn learn_users(&self) {
        let Some(pbx) = self.intake.exchanges.get(&self.name) else {
            return;
        };
        if let Ok(users) = self.client.users().await {
            pbx.directory.learn_users(users);
        }
    }

    /// Stores the records that are not stored, and returns how many there were.
    async fn store_missing(&self, records: Vec<CallRecord>) -> Result<usize, CatchUpFailure> {
        let Some(pbx) = self.intake.exchanges.get(&self.name) else {
            return Ok(0);
        };
        let mut missed = 0;
        for record in &records {
            let pbx = (self.name.as_str(), pbx);
            let stored = self.intake.store(pbx, record, Origin::Asked).await;
            match stored.map_err(|_| CatchUpFailure::NotStored)? {
                RecordOutcome::Stored => missed += 1,
                RecordOutcome::Known => {}
            }
        }
        metrics::counter!("leadgate_pbx_missed_total").increment(missed as u64);
        Ok(missed)
    }
}

/// Returns when the night after a time begins.
fn night_after(time: Timestamp, zone: &TimeZone) -> Timestamp {
    let local = time.to_zoned(zone.clone());
    let night = |day: jiff::civil::Date| {
        let at = day.at(NIGHT, 0, 0, 0).to_zoned(zone.clone());
        at.map(|at| at.timestamp()).ok()
    };
    let today = night(local.date()).filter(|at| *at > time);
    let tomorrow = || night(local.date().tomorrow().ok()?);
    let in_a_day = || time.checked_add(SignedDuration::from_hours(24)).ok();
    today
        .or_else(tomorrow)
        .or_else(in_a_day)
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_night_is_today_or_tomorrow() {
        let moscow = TimeZone::get("Europe/Moscow").unwrap();
        for (time, night) in [
            ("2026-11-22T10:00:00Z", "2026-11-23T00:00:00Z"),
            ("2026-11-22T23:59:59Z", "2026-11-23T00:00:00Z"),
            ("2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z"),
        ] {
            let next = night_after(time.parse().unwrap(), &moscow);
            assert_eq!(next.to_string(), night, "{time}");
        }
    }
}
