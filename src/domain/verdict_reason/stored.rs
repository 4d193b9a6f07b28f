//! The stored form of a reason: JSON with a version and a code. One place reads every earlier form.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    AmoFailure, CrmFailure, HttpFailure, MailFailure, NotASubmission, RecordingFault,
    RejectedValue, VerdictReason, sentences,
};
use crate::domain::{ContactId, Explanation, Personal, body};

/// The version that this release writes.
const VERSION: u32 = 1;

/// Every stored form.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum StoredReason {
    Current(Versioned),
    /// Releases before 0.2 stored a sentence.
    Text(Personal),
    /// A later release stored something else.
    Other(Value),
}

#[derive(Serialize, Deserialize)]
pub(super) struct Versioned {
    v: u32,
    #[serde(flatten)]
    reason: Coded,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
enum Coded {
    Because {
        steps: Vec<Explanation>,
    },
    Crm {
        failure: Box<CrmFailure>,
    },
    Http {
        failure: Box<HttpFailure>,
    },
    Mail {
        failure: Box<MailFailure>,
    },
    Recording {
        fault: Box<RecordingFault>,
    },
    Amocrm {
        failure: Box<AmoFailure>,
    },
    StepLacksValue {
        name: String,
    },
    SeveralContacts {
        contacts: Vec<ContactId>,
    },
    TooManyContacts,
    NoConnection {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
    NoDestination {
        name: String,
    },
    NoProfile,
    SingleValue,
    BodyUnreadable,
    Fault,
    Crashed {
        times: u32,
    },
    CaptureExpired,
    Erased,
    Rejected {
        values: Vec<RejectedValue>,
    },
    NotASubmission {
        found: NotASubmission,
    },
    Undecodable {
        mistake: Box<body::Mistake>,
    },
    NotAHook,
    HookTooLong {
        most: usize,
    },
    OwnChange,
    Overtaken,
    Dismissed {
        by: String,
        note: Personal,
    },
    LateRecording {
        link: String,
    },
    PartOfCall {
        call: String,
    },
}

impl From<StoredReason> for VerdictReason {
    fn from(stored: StoredReason) -> Self {
        let reason = match stored {
            StoredReason::Current(Versioned { v: VERSION, reason }) => reason,
            StoredReason::Current(later) => {
                let text = serde_json::to_string(&later).unwrap_or_default();
                return Self::Text(text.into());
            }
            StoredReason::Text(text) => {
                return sentences::reason(text.as_str()).unwrap_or(Self::Text(text));
            }
            StoredReason::Other(other) => return Self::Text(other.to_string().into()),
        };
        match reason {
            Coded::Because { steps } => Self::Because(steps),
            Coded::Crm { failure } => Self::Crm(failure),
            Coded::Http { failure } => Self::Http(failure),
            Coded::Mail { failure } => Self::Mail(failure),
            Coded::Recording { fault } => Self::Recording(fault),
            Coded::Amocrm { failure } => Self::Amocrm(failure),
            Coded::StepLacksValue { name } => Self::StepLacksValue(name),
            Coded::SeveralContacts { contacts } => Self::SeveralContacts(contacts),
            Coded::TooManyContacts => Self::TooManyContacts,
            Coded::NoConnection { name } => Self::NoConnection(name),
            Coded::NoDestination { name } => Self::NoDestination(name),
            Coded::NoProfile => Self::NoProfile,
            Coded::SingleValue => Self::SingleValue,
            Coded::BodyUnreadable => Self::BodyUnreadable,
            Coded::Fault => Self::Fault,
            Coded::Crashed { times } => Self::Crashed(times),
            Coded::CaptureExpired => Self::CaptureExpired,
            Coded::Erased => Self::Erased,
            Coded::Rejected { values } => Self::Rejected(values),
            Coded::NotASubmission { found } => Self::NotASubmission(found),
            Coded::Undecodable { mistake } => Self::Undecodable(mistake),
            Coded::NotAHook => Self::NotAHook,
            Coded::HookTooLong { most } => Self::HookTooLong(most),
            Coded::OwnChange => Self::OwnChange,
            Coded::Overtaken => Self::Overtaken,
            Coded::Dismissed { by, note } => Self::Dismissed { by, note },
            Coded::LateRecording { link } => Self::LateRecording(link),
            Coded::PartOfCall { call } => Self::PartOfCall(call),
        }
    }
}

impl From<VerdictReason> for StoredReason {
    fn from(reason: VerdictReason) -> Self {
        let reason = match reason {
            VerdictReason::Because(steps) => Coded::Because { steps },
            VerdictReason::Crm(failure) => Coded::Crm { failure },
            VerdictReason::Http(failure) => Coded::Http { failure },
            VerdictReason::Mail(failure) => Coded::Mail { failure },
            VerdictReason::Recording(fault) => Coded::Recording { fault },
            VerdictReason::Amocrm(failure) => Coded::Amocrm { failure },
            VerdictReason::StepLacksValue(name) => Coded::StepLacksValue { name },
            VerdictReason::SeveralContacts(contacts) => Coded::SeveralContacts { contacts },
            VerdictReason::TooManyContacts => Coded::TooManyContacts,
            VerdictReason::NoConnection(name) => Coded::NoConnection { name },
            VerdictReason::NoDestination(name) => Coded::NoDestination { name },
            VerdictReason::NoProfile => Coded::NoProfile,
            VerdictReason::SingleValue => Coded::SingleValue,
            VerdictReason::BodyUnreadable => Coded::BodyUnreadable,
            VerdictReason::Fault => Coded::Fault,
            VerdictReason::Crashed(times) => Coded::Crashed { times },
            VerdictReason::CaptureExpired => Coded::CaptureExpired,
            VerdictReason::Erased => Coded::Erased,
            VerdictReason::Rejected(values) => Coded::Rejected { values },
            VerdictReason::NotASubmission(found) => Coded::NotASubmission { found },
            VerdictReason::Undecodable(mistake) => Coded::Undecodable { mistake },
            VerdictReason::NotAHook => Coded::NotAHook,
            VerdictReason::HookTooLong(most) => Coded::HookTooLong { most },
            VerdictReason::OwnChange => Coded::OwnChange,
            VerdictReason::Overtaken => Coded::Overtaken,
            VerdictReason::Dismissed { by, note } => Coded::Dismissed { by, note },
            VerdictReason::LateRecording(link) => Coded::LateRecording { link },
            VerdictReason::PartOfCall(call) => Coded::PartOfCall { call },
            VerdictReason::Text(text) => return Self::Text(text),
        };
        Self::Current(Versioned { v: VERSION, reason })
    }
}

impl VerdictReason {
    /// Returns the stored form: JSON, or a sentence of an earlier release as it was.
    pub fn to_stored(&self) -> Result<String, serde_json::Error> {
        match self {
            Self::Text(text) => Ok(text.as_str().to_owned()),
            data => serde_json::to_string(data),
        }
    }

    /// Reads what this or any earlier release stored.
    pub fn from_stored(stored: &str) -> Self {
        match serde_json::from_str(stored) {
            Ok(current @ Versioned { v: VERSION, .. }) => StoredReason::Current(current).into(),
            _ => StoredReason::Text(stored.into()).into(),
        }
    }
}
