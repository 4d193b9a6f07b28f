//! The SQLite backend. `store` opens the file, `operations` are the port's, a transaction each, and
//! the statements stand in a file a subject.

mod admit;
mod again;
mod calls;
mod crashes;
mod entries;
mod erased_keys;
mod error;
mod events;
mod extension;
mod files;
mod full_text;
mod home;
mod lease;
mod left_out;
mod lock;
mod log;
mod migrations;
mod operations;
mod place;
mod polls;
mod probe;
mod queue;
mod readers;
mod reasons;
mod refused;
mod removal;
mod replay;
mod search;
mod steps;
mod store;
mod succession;
mod tokens;
mod turn_of_item;
mod turns;
mod used;
mod values;
mod watch;
mod writer;

#[cfg(test)]
mod tests;

pub use store::Store;

use admit::{admit_all, admit_known, admit_new, last_beginning};
use again::queue_again;
use calls::{calls, erase_calls, keep_calls, pbx_since};
use crashes::{blame, put_off_suspects};
use entries::raw_of;
use entries::{beginning, body, counts, find, list, state_of};
use erased_keys::rename_repeat;
use events::{append_to, events_of};
use extension::{extend, known};
use files::{fetched_files, fetched_places, keep_file};
use lease::{bring_forward, lease, next_work, reroute, unserved};
use place::beside;
use polls::{activate, all_polls, poll, polls_stamp};
use queue::{captured, expire_captured, keep_readings, recover, release, requeue, settle};
use refused::{add_refused, erase_refused, expire_refused, list_refused, refused_after};
use removal::{Compact, bodies, compact_index, empty_log, erase, purge, shrink, used};
use replay::replay;
use search::{index, search, unindexed};
use steps::{current as current_step, logged as logged_steps};
use succession::release_captured;
use tokens::{add_token, remove_token, token, tokens};
use turns::turn;
use watch::{alerts, arrived, backlog, parked_groups, save_alerts};

#[cfg(test)]
use lease::LOOK_UPS;
#[cfg(test)]
use place::{Past, Place};
#[cfg(test)]
use removal::PURGEABLE;

use rusqlite::Connection;

use super::StoreError;

/// Runs a statement that has no parameters and gives no rows, such as `COMMIT`.
fn step(connection: &Connection, sql: &str) -> Result<(), StoreError> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}
