//! The SQLite shelf: how the file is opened, and the statements, a file a subject.

mod admit;
mod again;
mod crashes;
mod entries;
mod events;
mod lease;
mod left_out;
mod log;
pub(super) mod migrations;
mod place;
mod polls;
mod probe;
mod queue;
mod refused;
mod removal;
mod replay;
mod search;
mod turns;
mod values;

pub(super) use admit::{admit_known, admit_new};
pub(super) use again::queue_again;
pub(super) use crashes::{blame, put_off_suspects};
use entries::raw_of;
pub(super) use entries::{counts, find, list, state_of};
pub(super) use events::{append_to, events_of};
pub(super) use lease::{bring_forward, lease, outlook, sort, strays};
pub(super) use place::{HEADER, LOG_LIMIT, OnClose, Past, Place, beside};
pub(super) use polls::{activate, all_polls, poll, polls_stamp};
pub(super) use probe::probe;
pub(super) use queue::{captured, expire_captured, recover, release, requeue, settle};
pub(super) use refused::{add_refused, erase_refused, expire_refused, list_refused, refused_after};
pub(super) use removal::{Compact, bodies, compact_index, empty_log, erase, retire, shrink, used};
pub(super) use replay::replay;
pub(super) use search::{index, search, unindexed};
pub(super) use turns::turn;

#[cfg(test)]
pub(super) use lease::LOOK_UPS;
#[cfg(test)]
pub(super) use removal::RETIRE;

use rusqlite::Connection;

use super::StoreError;

/// Runs a statement that has no parameters and gives no rows, such as `COMMIT`.
pub(super) fn step(connection: &Connection, sql: &str) -> Result<(), StoreError> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}
