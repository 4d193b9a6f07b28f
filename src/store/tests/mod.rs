//! The contract of the store, over every backend. The contracts of the inbox (`inbox/tests`, with a
//! model) and of the journal (`journal/tests.rs`) belong to it.

mod calls;
mod extension;
mod known;
mod polls;
mod refused;
mod removal;
mod tokens;
mod turns;
mod watch;
mod writing;

use super::testing::{Backend, admit, answer, at, contract, poll, stored};
use super::{Accepted, Store, StoreError};
