//! The SQLite backend. `store` opens the file, `operations` are the port's, a transaction each, and
//! the statements stand in a file a subject.

mod admit;
mod again;
mod attention;
mod bulk;
mod calls;
mod console;
mod copy;
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
mod listed;
mod lock;
mod log;
mod migrations;
mod operations;
mod pauses;
mod place;
mod polls;
mod probe;
mod profile_versions;
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

pub use copy::Reserved;
pub use store::Store;

use admit::{admit_all, admit_known, admit_new, last_beginning};
use again::queue_again;
use attention::{captured_groups, dismiss, parked_subjects};
use bulk::{
    active_bulk, add_bulk, bulk_counts, bulk_items, bulk_replay, bulk_replays, bulk_set,
    bulk_unexamined, keep_examined, move_bulk, note_bulk_outcomes, queue_bulk,
};
use calls::{calls, erase_calls, keep_calls, pbx_since};
use console::{
    add_audit, add_console_session, add_console_user, audit, console_session,
    console_session_counts, console_user, console_users, remove_console_session,
    remove_console_sessions, remove_console_sessions_of_portal, remove_console_user,
    set_console_password, set_console_role,
};
use crashes::{blame, put_off_suspects};
use entries::raw_of;
use entries::{beginning, body, counts, find, list, state_of};
use erased_keys::rename_repeat;
use events::{append_to, events_of};
use extension::{extend, known};
use files::{fetched_files, fetched_places, keep_file};
use lease::{bring_forward, lease, next_work, reroute, unserved};
use pauses::{keep_pause, kept_pauses, waiting_by_route};
use place::beside;
use polls::{activate, all_polls, poll, polls_stamp};
use profile_versions::{
    keep_profile_version, latest_profile_versions, profile_counts, profile_version,
    profile_version_of, profile_versions,
};
use queue::{captured, expire_captured, keep_readings, recover, release, requeue, settle};
use refused::{add_refused, erase_refused, expire_refused, list_refused, refused_after};
use removal::{Compact, bodies, compact_index, empty_log, erase, purge, shrink, used};
use replay::replay;
use search::{index, search, unindexed};
use steps::{current as current_step, logged as logged_steps};
use succession::release_captured;
use tokens::{add_token, remove_token, token, tokens};
use turns::turn;
use watch::{alerts, arrived, backlog, change_mark, hours, parked_groups, save_alerts};

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
