//! Alerts: tells people when something needs them. It watches the store, the pauses of the
//! destinations, the portal check and the disk, and never touches a delivery.
//!
//! ```text
//! observe ──► findings ──► book ──► notices ──► outbox ──► mail, Bitrix24
//!             what is so   what to   rendered    until
//!                          tell      when sent   it is sent
//! ```
//!
//! `book`, `habit` and `outbox` are pure. Book and outbox are stored with each change, so that a
//! restart neither forgets an open alert nor tells of it twice.

mod book;
mod finding;
mod habit;
mod message;
mod observe;
mod open;
mod outbox;
mod task;
mod ways;

pub use finding::{AlertKind, Cause, Finding, Subject};
pub use observe::{Mismatches, Observed};
pub use open::{OpenAlert, open_alerts};
pub use outbox::Way;
pub use task::Alerts;
pub use ways::{AlertError, Ways};
