//! Calls in timelines: those that leadgate adds itself, and those of the portal's telephony, which
//! are registered and then finished.

use std::fmt;

use super::error::CrmError;
use super::trace::CallTrace;
use super::write::NewFile;
use crate::domain::{EntityKind, PlannedCall, UserId};

/// Whose timeline has a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallOwner {
    /// A contact.
    Contact(i64),
    /// A lead, deal, item or company.
    Record(EntityKind, i64),
}

/// How to find a call of a PBX at a portal.
#[derive(Clone, PartialEq)]
pub struct CallSearch {
    /// The call.
    pub call: PlannedCall,
    /// The portal's number of the call, if it is known.
    pub known: Option<String>,
    /// Whose timeline would have it.
    pub owner: Option<CallOwner>,
    /// Which of the portal's data are searched.
    pub extent: SearchExtent,
}

/// Where a call is searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchExtent {
    /// Among what leadgate has added: the portal has no telephony.
    Activities,
    /// Also in the portal's telephony, by its numbers.
    Telephony,
    /// Also by its beginning: an earlier attempt may have finished it without knowing its number.
    Everywhere,
}

/// What was found of a call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CallFindings {
    /// The activity that leadgate has added for it.
    pub added: Option<i64>,
    /// The call in the portal's telephony, if it is finished.
    pub finished: Option<FinishedCall>,
    /// The active employee with its inner number.
    pub employee: Option<UserId>,
}

/// A finished call of the portal's telephony.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinishedCall {
    /// The portal's number of the call.
    pub id: String,
    /// Its activity, if any timeline has it.
    pub activity: Option<i64>,
}

/// A call to register.
#[derive(Clone, PartialEq)]
pub struct CallRegistration {
    /// The call.
    pub call: PlannedCall,
    /// The employee for whom it is registered.
    pub user: UserId,
    /// The client.
    pub owner: Option<CallOwner>,
}

/// A registered call to finish.
#[derive(Clone, PartialEq)]
pub struct CallEnd {
    /// The portal's number of the call.
    pub id: String,
    /// The call.
    pub call: PlannedCall,
    /// The employee who spoke, or should have.
    pub user: UserId,
}

/// The activity of a call, and one more timeline for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallBinding {
    /// The activity.
    pub activity: i64,
    /// Whose timeline.
    pub owner: CallOwner,
}

/// What a recording is attached to.
#[derive(Clone, PartialEq)]
pub enum RecordingTarget {
    /// A finished call of the portal's telephony: the portal fetches the recording itself.
    Link {
        /// The portal's number of the call.
        call: String,
        /// The address of the recording.
        address: String,
        /// The name of the file, with its ending.
        name: String,
    },
    /// A finished call of the portal's telephony: the recording is uploaded.
    Call {
        /// The portal's number of the call.
        call: String,
        /// The recording.
        file: NewFile,
    },
    /// An activity that leadgate has added: the recording becomes its file.
    Activity {
        /// The activity.
        activity: i64,
        /// The recording.
        file: NewFile,
    },
}

/// One answer for each call, in their order, and the requests that were made.
#[derive(Debug)]
pub struct CallOutcomes<T> {
    /// The answers.
    pub answers: Vec<Result<T, CrmError>>,
    /// What was sent and what came back; a command's `of` is the place of its call.
    pub calls: Vec<CallTrace>,
}

/// A call to add to a timeline.
#[derive(Clone, PartialEq)]
pub struct NewCall {
    /// The record that the timeline belongs to; a contact if there is none.
    pub record: Option<(EntityKind, i64)>,
    /// The contact that was spoken to.
    pub contact: Option<i64>,
    /// The company, if there is no contact.
    pub company: Option<i64>,
    /// Who created it: see [`Connection::originator`](super::Connection::originator).
    pub originator: String,
    /// The employee; `None` lets the portal choose.
    pub responsible: Option<UserId>,
    /// The call.
    pub call: PlannedCall,
}

/// The activity of a call that later records have changed.
#[derive(Clone, PartialEq)]
pub struct CallUpdate {
    /// The activity.
    pub activity: i64,
    /// Whether leadgate has added it.
    pub is_own: IsOwn,
    /// The employee who spoke, if known.
    pub responsible: Option<UserId>,
    /// The call as it is now.
    pub call: PlannedCall,
}

/// Whether leadgate has added an activity; those of telephony are the portal's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IsOwn(pub bool);

/// Prints what it belongs to only.
impl fmt::Debug for NewCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewCall({:?}, {:?})", self.record, self.contact)
    }
}

/// Omits the number of the client.
impl fmt::Debug for CallUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallUpdate({}, {:?})", self.activity, self.call)
    }
}

/// Prints the extent only.
impl fmt::Debug for CallSearch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallSearch({:?}, {:?})", self.call, self.extent)
    }
}

/// Omits the number of the client.
impl fmt::Debug for CallRegistration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallRegistration({:?}, {:?})", self.call, self.owner)
    }
}

/// Omits the number of the client.
impl fmt::Debug for CallEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallEnd({})", self.id)
    }
}

/// Omits the address: it is often all that one needs to hear the call.
impl fmt::Debug for RecordingTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link { call, .. } => write!(f, "Link({call})"),
            Self::Call { call, file } => write!(f, "Call({call}, {file:?})"),
            Self::Activity { activity, file } => write!(f, "Activity({activity}, {file:?})"),
        }
    }
}
