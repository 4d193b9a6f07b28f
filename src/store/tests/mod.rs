//! The contract of the store, over every backend. The contracts of the inbox (`inbox/tests`, with a
//! model) and of the journal (`journal/tests.rs`) belong to it.

mod attention;
mod bulk;
mod calls;
mod console;
mod extension;
mod known;
mod listed;
mod polls;
mod profile_versions;
mod refused;
mod removal;
mod tokens;
mod turns;
mod watch;
mod writing;

use super::testing::{Backend, admit, answer, at, contract, poll, stored};
use super::{Accepted, Store, StoreError};
