//! The port to the CRM: questions ([`Query`]) and changes ([`Write`]) in our own words, lists of
//! both in few calls, and a trace of every call. Other modules use the names that are re-exported
//! here; [`bitrix24`] is the adapter that speaks REST, and only `delivery/crm` and the file that
//! builds the connections may name it. The port's own files do not import the adapter.

pub mod bitrix24;
mod call;
mod caller;
mod card;
mod company;
mod compare;
mod contact_details;
pub mod dictionary;
mod error;
mod query;
mod search_value;
mod stage;
mod trace;
mod write;

pub use bitrix24::{
    Application, ApplicationSetup, ApplicationState, BindingReport, Connection, DictionariesResult,
    Hosting, Installs, IssuedTokens, KnownInstallation, MOST_CALLERS, OutgoingCall, Pace,
    PlacementBinding, PortalEmployee, PortalInfo, Priority, ProbeError, ReadOutcome, Removed,
    TokenFailure, TokenInfo, WriteOutcome, is_token,
};
pub(crate) use bitrix24::{innermost_failure, network_failure};
pub use call::{
    CallBinding, CallEnd, CallFindings, CallOutcomes, CallOwner, CallRegistration, CallSearch,
    CallUpdate, FinishedCall, IsOwn, NewCall, RecordingTarget, SearchExtent,
};
pub use caller::{CallerRow, ColleagueRow};
pub use card::{NewCallback, NewCard, telephony_problem};
pub use company::{
    CompanyAnswer, CompanyQuery, CompanyRef, CompanyRow, CompanyWrite, PresetRow, RequisiteRow,
};
pub(crate) use compare::numbers_equal;
pub use compare::values_equal;
pub use contact_details::ContactDetails;
pub use dictionary::{Choice, Dictionaries, Employee, FieldInfo, Process, Processes};
pub use error::{CrmError, Remedy};
pub use query::{
    ContactRow, DUPLICATE_LIMIT, EmployeeRow, FieldMap, PAGE_SIZE, Query, QueryResult,
    RecordFilter, RecordRow, StoredContent, StoredFile, StoredFiles,
};
pub use search_value::SearchValue;
pub use stage::pipeline_of;
pub(crate) use stage::{in_same_pipeline, stage_list};
pub use trace::{CallTrace, CommandTrace, Outcome as CommandOutcome};
pub use write::{ContactRef, FileField, FileOwner, NewFile, RecordRef, Write, WriteResult};
