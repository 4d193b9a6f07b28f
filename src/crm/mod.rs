//! The CRM as delivery sees it: questions ([`Query`]) and changes ([`Write`]) in our words, lists of
//! both in one go, and an account of every call that was made. [`bitrix24`] is the only place that
//! speaks REST.

pub mod bitrix24;
mod compare;
mod contact_details;
pub mod dictionary;
mod error;
mod query;
mod trace;
mod write;

pub(crate) use compare::numbers_equal;
pub use compare::values_equal;
pub use contact_details::ContactDetails;
pub use dictionary::{Choice, Dictionaries, Employee, FieldInfo, Process, Processes};
pub use error::{CrmError, Remedy};
pub use query::{
    ContactRow, DUPLICATE_LIMIT, EmployeeRow, FieldMap, PAGE_SIZE, Query, QueryResult,
    RecordFilter, RecordRow,
};
pub use trace::{CallTrace, CommandTrace, Outcome as CommandOutcome};
pub use write::{ContactRef, RecordRef, Write, WriteResult};
