//! Leases work route by route. Routes are in an index, so waiting submissions of one route cost the
//! others nothing.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::super::StoreError;
use super::super::queue::{LONGEST_HOLD, Lease, Leased, NextWork, Rerouted, Shares, Unserved};
use super::crashes;
use super::replay::chosen_plan;
use super::steps;
use super::turn_of_item;
use super::values::{Col, get, maybe, source};
use crate::domain::Route;

/// The next route after a given one on which anything is queued or waits.
const NEXT_ROUTE: &str =
    "SELECT route FROM submissions WHERE due_at IS NOT NULL AND route > ? ORDER BY route LIMIT 1";

/// The submissions due on a route, oldest first.
const DUE: &str = "SELECT due_at, seq, length(raw) AS bytes,
         CASE source WHEN 'amocrm' THEN identity END AS change
     FROM submissions WHERE route = ? AND due_at <= ? ORDER BY due_at, seq LIMIT ?";

/// The next due time on a route.
const NEXT_DUE: &str =
    "SELECT due_at FROM submissions WHERE route = ? AND due_at IS NOT NULL ORDER BY due_at LIMIT 1";

/// The queued and waiting submissions of a route, oldest first.
const ON_ROUTE: &str =
    "SELECT seq, id, identity, source, details, received_at, raw FROM submissions
     WHERE route = ? AND due_at IS NOT NULL ORDER BY due_at, seq LIMIT ?";

/// The queries that have to be cheap however much waits.
#[cfg(test)]
pub(in crate::store) const LOOK_UPS: [&str; 4] = [NEXT_ROUTE, DUE, NEXT_DUE, ON_ROUTE];

/// The due time, the row, the length of the body, and the identity of a change of an item.
type Due = (Timestamp, i64, usize, Option<String>);

/// Limits the bytes of bodies that are handed out at a time; the first body always fits.
#[derive(Default)]
pub(super) struct Load {
    bytes: usize,
    is_full: bool,
}

impl Load {
    /// The limit for all bodies together; the others are handed out the next time.
    const MOST: usize = 16 << 20;

    /// Returns whether one more body fits, and all before it fitted.
    pub(super) fn takes(&mut self, bytes: usize) -> bool {
        self.is_full |= self.bytes > 0 && self.bytes + bytes > Self::MOST;
        self.bytes += bytes;
        !self.is_full
    }
}

/// Leases due submissions, up to the share of each route, oldest due first.
pub(in crate::store) fn lease(
    connection: &Connection,
    shares: &Shares,
    now: Timestamp,
) -> Result<Vec<Leased>, StoreError> {
    let mut of_route = connection.prepare_cached(DUE)?;
    let mut due = |route: &Route, share: usize| -> Result<Vec<Due>, StoreError> {
        let rows = of_route.query_map(params![route.as_str(), Col(now), share], |row| {
            let (due_at, seq) = (get(row, "due_at")?, row.get("seq")?);
            Ok((due_at, seq, row.get("bytes")?, row.get("change")?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    };
    let (mut taken, mut others) = (Vec::new(), Vec::new());
    for route in routes(connection)? {
        match shares.named.get(&route) {
            Some(share) => taken.extend(due(&route, *share)?),
            None => others.extend(due(&route, shares.others)?),
        }
    }
    others.sort_unstable();
    others.truncate(shares.others);
    taken.extend(others);
    taken.sort_unstable();
    let mut load = Load::default();
    taken.retain(|(_, _, bytes, _)| load.takes(*bytes));
    let suspects = crashes::suspects(connection)?;
    let mut all = Vec::with_capacity(taken.len());
    for (due_at, seq, _, change) in taken {
        if let Some(change) = change
            && turn_of_item::put_off(connection, (seq, &change), now)?
        {
            continue;
        }
        let mut leased = take(connection, seq, due_at, now)?;
        leased.suspect = suspects.contains(&seq);
        all.push(leased);
    }
    Ok(all)
}

/// Leases one submission.
fn take(
    connection: &Connection,
    seq: i64,
    due_at: Timestamp,
    now: Timestamp,
) -> Result<Leased, StoreError> {
    let mut leased = connection
        .prepare_cached(
            "UPDATE submissions SET state = 'leased', leased_at = ?2, due_at = NULL,
                 attempt = attempt + 1
             WHERE seq = ?1
             RETURNING id, identity, source, details, received_at, raw, profile, attempt,
                 attempt - step_began AS step_attempt, uncertain, step",
        )?
        .query_row(params![seq, Col(now)], |row| leased(row, due_at))?;
    leased.stored_plan = chosen_plan(connection, seq)?;
    leased.steps = steps::outcomes(connection, seq)?;
    Ok(leased)
}

fn leased(row: &Row<'_>, due_at: Timestamp) -> rusqlite::Result<Leased> {
    let raw: Vec<u8> = row.get("raw")?;
    Ok(Leased {
        lease: Lease {
            id: get(row, "id")?,
            attempt: row.get("attempt")?,
            due_at,
        },
        step_attempt: row.get("step_attempt")?,
        source: source(row)?,
        received_at: get(row, "received_at")?,
        raw: raw.into(),
        profile: row.get("profile")?,
        uncertain: row.get("uncertain")?,
        step: row.get("step")?,
        steps: Vec::new(),
        stored_plan: None,
        suspect: false,
    })
}

/// Returns the routes on which anything is queued or waits, with one look-up per route.
fn routes(connection: &Connection) -> Result<Vec<Route>, StoreError> {
    let unrouted = Route::default();
    let mut routes = Vec::new();
    if next_due_on(connection, &unrouted)?.is_some() {
        routes.push(unrouted);
    }
    let mut next = connection.prepare_cached(NEXT_ROUTE)?;
    loop {
        let last = routes.last().map_or("", Route::as_str);
        let Some(found) = next.query_row([last], |row| row.get(0)).optional()? else {
            return Ok(routes);
        };
        routes.push(Route::from_stored(found));
    }
}

fn next_due_on(connection: &Connection, route: &Route) -> Result<Option<Timestamp>, StoreError> {
    let due = connection
        .prepare_cached(NEXT_DUE)?
        .query_row([route.as_str()], |row| maybe(row, "due_at"))
        .optional()?;
    Ok(due.flatten())
}

/// Makes everything due now that is due later than `later_than`, and not held back. Returns how many
/// submissions were moved.
pub(in crate::store) fn bring_forward(
    connection: &Connection,
    later_than: Timestamp,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let mut move_up = connection.prepare_cached(
        "UPDATE submissions SET due_at = ?3 WHERE route = ?1 AND due_at > ?2
             AND NOT (instr(details, '\"held\":true') > 0 AND due_at <= ?4)",
    )?;
    let held = now.checked_add(LONGEST_HOLD).unwrap_or(Timestamp::MAX);
    let mut moved = 0;
    for route in routes(connection)? {
        moved += move_up.execute(params![
            route.as_str(),
            Col(later_than),
            Col(now),
            Col(held)
        ])?;
    }
    Ok(moved)
}

/// Returns when work on routes with a share is due, and whether anything waits on a route without
/// one.
pub(in crate::store) fn next_work(
    connection: &Connection,
    shares: &Shares,
) -> Result<NextWork, StoreError> {
    let mut next_work = NextWork::default();
    for route in routes(connection)? {
        match (shares.named.get(&route), shares.others) {
            (Some(0), _) => {}
            (None, 0) => next_work.unserved = true,
            _ => {
                let due = next_due_on(connection, &route)?;
                next_work.due = next_work.due.into_iter().chain(due).min();
            }
        }
    }
    Ok(next_work)
}

/// Returns up to `limit` submissions that wait on routes outside these shares.
pub(in crate::store) fn unserved(
    connection: &Connection,
    shares: &Shares,
    limit: usize,
) -> Result<Vec<Unserved>, StoreError> {
    let mut on_route = connection.prepare_cached(ON_ROUTE)?;
    let mut unserved = Vec::new();
    let mut load = Load::default();
    for route in routes(connection)? {
        if shares.named.contains_key(&route) {
            continue;
        }
        let left = limit.saturating_sub(unserved.len());
        let mut rows = on_route.query(params![route.as_str(), left])?;
        while let Some(row) = rows.next()? {
            let raw: Vec<u8> = row.get("raw")?;
            if !load.takes(raw.len()) {
                return Ok(unserved);
            }
            let seq = row.get("seq")?;
            unserved.push(Unserved {
                id: get(row, "id")?,
                source: source(row)?,
                received_at: get(row, "received_at")?,
                raw: raw.into(),
                stored_plan: chosen_plan(connection, seq)?,
                steps: steps::outcomes(connection, seq)?,
                route: route.clone(),
            });
        }
    }
    Ok(unserved)
}

/// Moves each to its new route, unless it was rerouted or leased in the meantime.
pub(in crate::store) fn reroute(
    connection: &Connection,
    rerouted: &[Rerouted],
) -> Result<(), StoreError> {
    let mut reroute = connection.prepare_cached(
        "UPDATE submissions SET route = ?3 WHERE id = ?1 AND route = ?2 AND due_at IS NOT NULL",
    )?;
    for Rerouted { id, from, to } in rerouted {
        reroute.execute(params![Col(*id), from.as_str(), to.as_str()])?;
    }
    Ok(())
}
