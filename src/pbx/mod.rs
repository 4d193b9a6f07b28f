//! PBXs. Each dialect has a folder, which says what requests mean and what they are answered; the
//! rest of the gateway speaks to the port, [`Dialect`]. The directory answers what PBXs ask.

mod dialect;
mod dialects;
pub mod directory;
mod event;
pub mod mango;
mod people;
pub mod usercrm;
mod values;

pub use dialect::{
    CallRecord, Denied, Dialect, DialectRules, IncomingRequest, PbxAnswer, PbxRequest, Received,
    RecordingNotice, RecordingState,
};
pub use dialects::{dialect_named, read_packet};
pub use event::{AgentEvent, CallChange, CallEvent, PbxEvent, PhoneEvent};
pub use people::{Client, User};
