//! What a PBX tells while calls go on, in one shape for every dialect.

use std::fmt;

use crate::domain::CallKind;

/// Something that a PBX tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PbxEvent {
    /// A call changed.
    Call(CallEvent),
    /// A phone was registered, or is not registered any more.
    Phone(PhoneEvent),
    /// An agent of the call centre changed their state.
    Agent(AgentEvent),
}

/// A change of a call, as the phone of one employee sees it: a call to a group rings many phones,
/// and each of them has events of its own.
#[derive(Clone, PartialEq, Eq)]
pub struct CallEvent {
    /// What tells the call from all others. All phones of one call share it, and its record has it
    /// where the PBX is consistent.
    pub call: String,
    /// What tells the leg from the other legs; commands to the PBX name it.
    pub leg: String,
    /// What happened.
    pub change: CallChange,
    /// The inner number of the employee.
    pub inner: Option<String>,
    /// The number of the employee in the CRM, as the settings of the PBX match them.
    pub crm_user: Option<String>,
    /// The number of the other side, as the PBX writes it. Personal data.
    pub other: Option<String>,
    /// The number that was called, or from which was called.
    pub line: Option<String>,
    /// Who called whom, if the PBX says so or the numbers tell.
    pub kind: Option<CallKind>,
    /// The place of the event among those of its leg, if the PBX numbers them: a lower one is late.
    pub seq: Option<i64>,
}

/// What happened to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallChange {
    /// The phone rings.
    Ringing,
    /// The employee has answered.
    Answered,
    /// The call is on hold.
    Held,
    /// The call is not on hold any more.
    Resumed,
    /// The leg has ended.
    Ended {
        /// How long they spoke, in seconds.
        talk: Option<u32>,
    },
}

/// The state of a phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneEvent {
    /// The inner number.
    pub inner: String,
    /// The number of the employee in the CRM.
    pub crm_user: Option<String>,
    /// Whether it is registered; `None` if the PBX sends a value of unknown meaning.
    pub is_registered: Option<bool>,
}

/// The state of an agent of the call centre.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentEvent {
    /// The inner number.
    pub inner: String,
    /// The number of the employee in the CRM.
    pub crm_user: Option<String>,
    /// The state, in the words of the PBX.
    pub state: String,
}

/// Omits the number of the other side: it is personal data.
impl fmt::Debug for CallEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { call, change, .. } = self;
        write!(f, "CallEvent({call} {change:?})")
    }
}
