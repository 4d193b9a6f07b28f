//! The CRM as delivery sees it: questions ([`Query`]) and changes ([`Write`]) in our words, lists of
//! both in one go, and an account of every call that was made. [`bitrix24`] is the only place that
//! speaks REST.

pub mod bitrix24;
pub mod dictionary;
mod error;
mod query;
mod reach;
mod same;
mod trace;
mod write;

pub use dictionary::{Choice, Dictionaries, Employee, FieldInfo, Process, Processes};
pub use error::{CrmError, Remedy};
pub use query::{Answer, ContactRow, EmployeeRow, FieldMap, OWNERS, PAGE, Query, RecordRow, Which};
pub use reach::Reach;
pub use same::same;
pub(crate) use same::same_number;
pub use trace::{CallTrace, CommandTrace, Outcome as CommandOutcome};
pub use write::{ContactRef, RecordRef, Write, WriteResult};
