//! PBXs. Each dialect has a folder, which says what requests mean and what they are answered; the
//! rest of the gateway speaks to the port, [`Dialect`]. The directory answers what PBXs ask, and
//! `calls` knows the calls that go on.

pub mod calls;
mod command;
mod dialect;
mod dialects;
pub mod directory;
mod event;
mod joined;
pub mod mango;
pub mod matching;
mod people;
pub mod usercrm;
mod values;

pub use command::{
    CLOCKS_APART, CommandFailure, CommandKeys, CommandReply, CommandRequest, CommandUser,
    DialNumber, HistoryQuery, PbxCommand, PbxUser,
};
pub use dialect::{
    CallRecord, Denied, Dialect, DialectRules, IncomingRequest, PbxAnswer, PbxRequest, Received,
    RecordingNotice, RecordingState, ToldValues,
};
pub use dialects::{dialect_named, read_packet};
pub use event::{AgentEvent, CallChange, CallEvent, PbxEvent, PhoneEvent};
pub use joined::{are_two_clients, is_one_call, later_members, may_be_received};
pub use people::{Client, User};
