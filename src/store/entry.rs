//! A submission as history shows it, and which ones to show.

use std::fmt;

use bytes::Bytes;
use jiff::Timestamp;

use crate::domain::{
    ContactId, Destination, DroppedValue, EntityKind, Event, Identity, LoggedStep, ParkReason,
    Personal, RecordId, Source, State, StepOutcome, SubmissionId, VerdictReason,
};

/// A submission without its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the order of acceptance.
    pub seq: i64,
    /// Ours.
    pub id: SubmissionId,
    /// What makes two deliveries the same submission.
    pub identity: Identity,
    /// Who sent it.
    pub source: Source,
    /// When it came.
    pub received_at: Timestamp,
    /// The profile that took it, by its file.
    pub profile: Option<String>,
    /// Its state.
    pub state: State,
    /// Why it is parked, if it is.
    pub reason: Option<ParkReason>,
    /// Why it is in that state.
    pub note: Option<VerdictReason>,
    /// The number of attempts.
    pub attempt: u32,
    /// When the next attempt is due.
    pub due_at: Option<Timestamp>,
    /// Since when a worker has it.
    pub leased_at: Option<Timestamp>,
    /// Whether the CRM may have something of it that leadgate does not know of.
    pub uncertain: bool,
    /// The number of repeats.
    pub repeats: u32,
    /// When it was sent again last.
    pub last_repeat_at: Option<Timestamp>,
    /// When it was settled last.
    pub settled_at: Option<Timestamp>,
    /// The contact that it became.
    pub contact: Option<ContactId>,
    /// The lead or deal that it became.
    pub record: Option<(EntityKind, RecordId)>,
    /// Values of the packet that its latest plan has left out; filled in for the journal.
    pub left_out: Vec<DroppedValue>,
    /// Whom it is about, as its latest plan names them; filled in for the journal.
    pub person: Option<Personal>,
}

/// An event as it was written down.
#[derive(Clone, PartialEq)]
pub struct Logged {
    /// When.
    pub at: Timestamp,
    /// In which attempt; 0 is before the first.
    pub attempt: u32,
    /// What.
    pub event: Event,
    /// Another body of the same submission, if the event is about one.
    pub body: Option<Bytes>,
}

impl fmt::Debug for Logged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logged")
            .field("at", &self.at)
            .field("attempt", &self.attempt)
            .field("event", &self.event)
            .field("body", &self.body.as_ref().map(Bytes::len))
            .finish()
    }
}

/// Everything that is known of one submission.
#[derive(Clone, PartialEq)]
pub struct History {
    /// Its state.
    pub entry: Entry,
    /// The body as it came.
    pub raw: Bytes,
    /// Its events, oldest first.
    pub events: Vec<Logged>,
    /// The step that it waits for, or the last one that was tried.
    pub step: Option<String>,
    /// The outcomes of its steps, in the order of the plan.
    pub steps: Vec<LoggedStep>,
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("History")
            .field("entry", &self.entry)
            .field("raw", &format_args!("{} bytes", self.raw.len()))
            .field("events", &self.events)
            .field("step", &self.step)
            .field("steps", &self.steps)
            .finish()
    }
}

/// A submission with everything that may contain personal data.
pub(crate) struct Bodies {
    /// Which.
    pub(crate) entry: Entry,
    /// The body, other bodies, and the content of the events, as stored; nothing of a bare record.
    pub(crate) texts: Vec<Vec<u8>>,
    /// Whether the body cannot be decoded, so that the texts have the escapes of forms and JSON.
    pub(crate) is_undecodable: bool,
}

/// Which submissions to show, newest first.
#[derive(Clone, Default)]
pub struct Filter {
    /// Only in this state.
    pub state: Option<State>,
    /// Only parked for this reason.
    pub reason: Option<ParkReason>,
    /// Only those that this profile took, by its file.
    pub profile: Option<String>,
    /// Only those of this source.
    pub source: Option<SourceFilter>,
    /// Only those that came at this time or later.
    pub since: Option<Timestamp>,
    /// Only those that came before this time.
    pub until: Option<Timestamp>,
    /// Only those in which this text occurs, in any case: in the body, the plan, the calls, the
    /// ids.
    pub text: Option<String>,
    /// Only those of which a value was left out.
    pub left_out: bool,
    /// Only those of which a step went to this destination.
    pub destination: Option<Destination>,
    /// Only those that made or changed this contact or record.
    pub record: Option<RecordFilter>,
    /// Only what comes after this one in the list: the last entry of the page before.
    pub before: Option<Cursor>,
}

/// A source, or one address of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFilter {
    /// The name of the source.
    pub name: String,
    /// The address; `None` is every address.
    pub address: Option<String>,
}

/// A contact, company, lead, deal or item of a CRM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordFilter {
    /// The CRM.
    pub destination: Destination,
    /// The kind; `None` is a contact.
    pub kind: Option<EntityKind>,
    /// Its number.
    pub id: i64,
}

impl RecordFilter {
    /// Returns it as one word: `crm:main/deal/7`.
    pub(in crate::store) fn to_word(&self) -> String {
        let kind = self
            .kind
            .map_or_else(|| "contact".to_owned(), |kind| kind.to_string());
        format!("{}/{kind}/{}", self.destination, self.id)
    }

    /// Returns what a step has made, as filters name it.
    pub(in crate::store) fn made_by(step: &StepOutcome) -> Vec<Self> {
        let became = step.result.became();
        let contact = became.contact.map(|id| (None, id.get()));
        let company = became
            .company
            .map(|id| (Some(EntityKind::Company), id.get()));
        let record = became.record.map(|(kind, id)| (Some(kind), id.get()));
        let made = contact.into_iter().chain(company).chain(record);
        made.map(|(kind, id)| Self {
            destination: step.destination.clone(),
            kind,
            id,
        })
        .collect()
    }
}

/// A place in the list, from which the next page begins. A later place is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    pub(in crate::store) received_at: Timestamp,
    pub(in crate::store) seq: i64,
}

impl Cursor {
    /// Returns it as programs get it: to be sent back as it is.
    pub fn to_text(self) -> String {
        format!("{}-{}", self.received_at.as_microsecond(), self.seq)
    }

    /// Parses what [`Cursor::to_text`] has written: microseconds since 1970 and the place.
    pub fn parse(text: &str) -> Option<Self> {
        let (time, seq) = text.split_once('-')?;
        let digits = |part: &str, most: usize| {
            let is_number =
                (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| part.parse::<i64>().ok()).flatten()
        };
        Some(Self {
            received_at: Timestamp::from_microsecond(digits(time, 16)?).ok()?,
            seq: digits(seq, 18)?,
        })
    }
}

impl Entry {
    /// Its place in the list.
    pub fn cursor(&self) -> Cursor {
        Cursor {
            received_at: self.received_at,
            seq: self.seq,
        }
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Filter")
            .field("state", &self.state)
            .field("reason", &self.reason)
            .field("profile", &self.profile)
            .field("source", &self.source)
            .field("since", &self.since)
            .field("until", &self.until)
            .field("text", &self.text.as_ref().map(|text| text.chars().count()))
            .field("left_out", &self.left_out)
            .field("destination", &self.destination)
            .field("record", &self.record)
            .field("before", &self.before)
            .finish()
    }
}

/// The name that a person typed for a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Needle {
    /// By the key that makes two deliveries the same: `polls/123/345`.
    Identity(String),
    /// By the first or last hexadecimal digits of its id, or all of them.
    Digits(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_the_way_through_a_program() {
        for (received_at, seq) in [(1_767_009_600_000_001, 42), (0, 999_999_999_999)] {
            let received_at = Timestamp::from_microsecond(received_at).unwrap();
            let cursor = Cursor { received_at, seq };
            assert_eq!(Cursor::parse(&cursor.to_text()), Some(cursor));
        }
        for text in [
            "",
            "-",
            "5",
            "5-",
            "x-1",
            "9223372036854775807-1",
            "1-9223372036854775808",
        ] {
            assert_eq!(Cursor::parse(text), None, "{text}");
        }
    }
}
