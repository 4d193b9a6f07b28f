//! Repeats of a parked submission whose sender waits for the CRM: it gets another attempt. The
//! number is limited, because each attempt asks the CRM and adds to the history.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use super::super::StoreError;
use super::super::queue::Taker;
use super::events::{NewEvent, append};
use super::replay::{MAY_HAVE_SENT, forget_choice};
use super::values::{Col, maybe};
use crate::domain::SubmissionId;
use crate::domain::event::{Event, Requeued};

/// Number of repeats that are queued without a pause.
const AT_ONCE: u32 = 5;
/// The pause after the last attempt before another repeat is queued; doubles each time.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_mins(1);
/// Pauses are not longer.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(24);
/// After this many repeats only a person queues it.
const MOST: u32 = 100;

/// Queues a parked submission for another attempt by today's profile, with the body that is stored.
/// If a step is finished, the next one may go elsewhere than the profile's first, so the route is
/// chosen later. Returns whether it did: not when it is not parked, its content was removed, its sender repeats
/// it too often, or it is suspected of having ended the program, which only a person tries again.
pub(in crate::store) fn queue_again(
    connection: &Connection,
    id: SubmissionId,
    taker: &Taker,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let parked: Option<(i64, u32, Option<Timestamp>)> = connection
        .prepare_cached(
            "SELECT seq, attempt, settled_at FROM submissions
             WHERE id = ? AND state = 'parked' AND length(raw) > 0
                 AND reason IS NOT 'crash-suspect'",
        )?
        .query_row([Col(id)], |row| {
            Ok((
                row.get("seq")?,
                row.get("attempt")?,
                maybe(row, "settled_at")?,
            ))
        })
        .optional()?;
    let Some((seq, attempt, settled_at)) = parked else {
        return Ok(false);
    };
    let before: u32 = connection
        .prepare_cached("SELECT count(*) FROM events WHERE submission = ? AND kind = 'requeued'")?
        .query_row([seq], |row| row.get(0))?;
    if !is_time(before, settled_at, now) {
        return Ok(false);
    }
    forget_choice(connection, seq)?;
    let event = NewEvent {
        at: now,
        attempt,
        event: &Event::Requeued(Requeued { number: before + 1 }),
        body: None,
    };
    append(connection, seq, &event)?;
    connection
        .prepare_cached(&format!(
            "UPDATE submissions SET state = 'queued', due_at = ?2, profile = ?3,
                 route = CASE WHEN EXISTS (SELECT 1 FROM steps
                     WHERE submission = ?1 AND verdict IN ('done', 'refused', 'skipped')) THEN '' ELSE ?4 END,
                 reason = NULL, note = NULL, uncertain = max(uncertain, {MAY_HAVE_SENT})
             WHERE seq = ?1",
        ))?
        .execute(params![seq, Col(now), taker.profile, taker.route.as_str()])?;
    Ok(true)
}

/// Returns whether another repeat may be queued after this many.
fn is_time(before: u32, settled_at: Option<Timestamp>, now: Timestamp) -> bool {
    let Some(pauses) = before.checked_sub(AT_ONCE) else {
        return true;
    };
    let doubled = FIRST_PAUSE.checked_mul(2_i32.saturating_pow(pauses));
    let pause = doubled.map_or(LONGEST_PAUSE, |pause| pause.min(LONGEST_PAUSE));
    let is_over = settled_at.is_none_or(|settled_at| now.duration_since(settled_at) >= pause);
    before < MOST && is_over
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_between_repeats_double_up_to_a_day_and_end() {
        let settled = Timestamp::UNIX_EPOCH;
        let is_time_after = |before, seconds| {
            let now = settled + SignedDuration::from_secs(seconds);
            is_time(before, Some(settled), now)
        };
        assert!((0..AT_ONCE).all(|before| is_time_after(before, 0)));
        for (before, pause) in [(5, 60), (6, 120), (10, 32 * 60), (16, 86_400), (99, 86_400)] {
            assert!(!is_time_after(before, pause - 1), "{before}");
            assert!(is_time_after(before, pause), "{before}");
        }
        assert!(!is_time_after(MOST, i64::from(u32::MAX)));
    }
}
