//! The port of the dialects. A dialect says which addresses its PBX uses, how a request proves who
//! sent it, what it means, and what it is answered. It reads and decides; the intake stores, asks
//! the portal and replies.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use secrecy::SecretString;
use serde_json::Value;

use super::command::{CommandFailure, CommandKeys, CommandReply, CommandRequest, PbxCommand};
use super::event::PbxEvent;
use super::people::{Client, User};
use crate::domain::json::Bounds;
use crate::domain::{Bilingual, CallKind, Phone};

/// A dialect.
pub trait Dialect: Sync {
    /// Returns whether its PBX sends to this path below the address of the PBX: empty, or
    /// `events/call`.
    fn has_path(&self, path: &str) -> bool;

    /// Verifies and reads a request.
    fn read(
        &self,
        incoming: &IncomingRequest<'_>,
        rules: &DialectRules,
    ) -> Result<Received, Denied>;

    /// Returns the body of the reply to a request that was taken; `echo` is from [`Received`]. `None`
    /// is an empty body.
    fn reply(&self, echo: &Value, answer: &PbxAnswer) -> Option<Value>;

    /// Returns the body of the reply to a request that was not taken.
    fn refusal(&self, status: u16, message: &str) -> Value;

    /// Reads the stored record of a call as the packet that profiles see. `None` if these bytes are
    /// no such record.
    fn packet(&self, raw: &[u8], bounds: Bounds, told: ToldValues) -> Option<Value>;

    /// Returns the request of a command; `id` tells it from all others. `None` if the dialect has no
    /// such command.
    fn command(
        &self,
        _command: &PbxCommand,
        _keys: &CommandKeys,
        _id: &str,
    ) -> Option<CommandRequest> {
        None
    }

    /// Reads the reply to a command; a refusal is a failure.
    fn command_reply(
        &self,
        _command: &PbxCommand,
        _keys: &CommandKeys,
        _raw: &[u8],
        _bounds: Bounds,
    ) -> Result<CommandReply, CommandFailure> {
        Err(CommandFailure::NotPossible)
    }

    /// Returns the request for a reply that the PBX has prepared under this key.
    fn prepared(&self, _keys: &CommandKeys, _key: &str) -> Option<CommandRequest> {
        None
    }

    /// Returns the request for the recording at this address; the PBX redirects it to the file.
    /// `None` if a plain request gets the file.
    fn recording(&self, _link: &str, _keys: &CommandKeys) -> Option<CommandRequest> {
        None
    }
}

/// A request as it arrived.
#[derive(Clone, Copy)]
pub struct IncomingRequest<'r> {
    /// The path below the address of the PBX, without slashes at its ends.
    pub path: &'r str,
    /// The header `Authorization`.
    pub authorization: Option<&'r str>,
    /// The body.
    pub body: &'r Bytes,
    /// The limits of a JSON body.
    pub bounds: Bounds,
}

/// What the settings say about a PBX, as its dialect needs it.
#[derive(Debug, Clone)]
pub struct DialectRules {
    /// The key that the PBX sends.
    pub key: SecretString,
    /// The secret that signatures are made with, if the dialect has one.
    pub salt: Option<SecretString>,
    /// What its values of `direction` mean.
    pub direction: BTreeMap<String, CallKind>,
    /// What its values of `dial_status` mean: whether the call was answered.
    pub dial_status: BTreeMap<String, bool>,
    /// What its values of the status of a phone mean: whether it is registered.
    pub phone_status: BTreeMap<String, bool>,
}

/// What the settings say about values of a record whose meaning is nowhere documented.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ToldValues {
    /// Its direction.
    pub kind: Option<CallKind>,
    /// Its status: whether the call was answered.
    pub answered: Option<bool>,
}

/// A request that was verified and read.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// What it means.
    pub request: PbxRequest,
    /// What the reply repeats of it.
    pub echo: Value,
}

/// What a request means.
#[derive(Debug, Clone, PartialEq)]
pub enum PbxRequest {
    /// Is the address right? Comes without a key, so the reply must give nothing away.
    Test,
    /// Who are the employees of the CRM?
    Users,
    /// Who has this number? `None` if the request has none, or a hidden or inner one.
    Contact(Option<Phone>),
    /// A call changed, or an employee's phone or state did. `None` if the event says nothing about
    /// an employee.
    Event(Option<PbxEvent>),
    /// The record of a call that has ended.
    Record(CallRecord),
    /// The recording of a call, told apart from the call's record.
    Recording(RecordingNotice),
    /// None of these.
    Unknown,
}

/// The record of a call that has ended.
#[derive(Clone, PartialEq)]
pub struct CallRecord {
    /// What tells the record from all others of the PBX.
    pub key: String,
    /// What the records of one call share, if the PBX sends a record for each phone that takes part.
    pub session: Option<String>,
    /// The key under which earlier releases have stored the record, if it was another one.
    pub old_key: Option<String>,
    /// The number of the other side, as the PBX writes it. Personal data.
    pub number: Option<String>,
    /// What the settings say about its values. It is stored beside the record, so that later
    /// settings do not change it.
    pub told: ToldValues,
    /// The packet that profiles see.
    pub packet: Value,
    /// The bytes that are stored; [`Dialect::packet`] reads them.
    pub raw: Bytes,
}

/// What a PBX tells of the recording of a call.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordingNotice {
    /// The key of the call's record.
    pub call: String,
    /// What tells the recording from all others of the call.
    pub id: String,
    /// The address of the recording.
    pub link: String,
    /// How far it is.
    pub state: RecordingState,
    /// The bytes that are stored if the record of the call cannot have it any more.
    pub raw: Bytes,
}

/// How far a recording is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordingState {
    /// There will be one.
    Begun,
    /// It can be listened to.
    Ready,
    /// There will be none: it was too short, or went elsewhere.
    Dropped,
}

/// What leadgate answers to a request that it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PbxAnswer {
    /// It was taken.
    Done,
    /// These are the employees.
    Users(Vec<User>),
    /// These have the number.
    Clients(Vec<Client>),
}

/// Why a dialect does not take a request, in its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// The key or the signature is missing or wrong.
    Unauthorized(Bilingual<&'static str>),
    /// The body cannot be read.
    Unreadable(Bilingual<&'static str>),
    /// The record of a call lacks what tells it from all others.
    NoRecord(Bilingual<&'static str>),
}

impl Denied {
    /// Returns the words.
    pub fn words(self) -> Bilingual<&'static str> {
        match self {
            Self::Unauthorized(words) | Self::Unreadable(words) | Self::NoRecord(words) => words,
        }
    }
}

/// Omits the content: it is personal data.
impl fmt::Debug for CallRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallRecord({})", self.key)
    }
}

/// Omits the address, which may be a secret, and the content.
impl fmt::Debug for RecordingNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { call, state, .. } = self;
        write!(f, "RecordingNotice({call} {state:?})")
    }
}
