//! Previews a submission: its fields with their sources, the plan, the calls to the CRM and what they would change,
//! field by field. Uses the code that delivers for mapping, reading and deciding, and never writes.

mod report;

use jiff::Timestamp;
use serde_json::Value;

pub use self::report::{PreviewReport, report};
use crate::crm::Connection;
use crate::delivery::{
    self,
    crm::{ChangePreview, Job},
};
use crate::domain::{AnswerId, Became, ChannelName, CrmStep, PollId, Source, SubmissionId};
use crate::intake;
use crate::mapping::{FieldTrace, LeftOut, Outcome, Profile};

/// A submission to preview.
#[derive(Debug, Clone)]
pub struct Packet {
    /// The submission's id; a new one if it was never received.
    pub id: SubmissionId,
    /// The source.
    pub source: Source,
    /// When it was received.
    pub received_at: Timestamp,
    /// The decoded body.
    pub body: Value,
    /// Whether an earlier attempt may have created something.
    pub uncertain: bool,
    /// What an earlier attempt wrote to.
    pub became: Became,
}

impl Packet {
    /// Creates a poll answer that was never received. `poll` overrides the poll that the body names; returns `None` if
    /// neither names one. An answer without a number gets number 1.
    pub fn of_poll(body: Value, poll: Option<PollId>, now: Timestamp) -> Option<Self> {
        let (named, answer) = intake::polls::named(&body);
        let answer = answer.or_else(|| AnswerId::new(1))?;
        Some(Self {
            id: SubmissionId::fresh(),
            source: Source::Poll {
                poll: poll.or(named)?,
                answer,
            },
            received_at: now,
            body,
            uncertain: false,
            became: Became::default(),
        })
    }
}

impl Packet {
    /// Creates a channel request that was never received.
    pub fn of_channel(body: Value, channel: ChannelName, now: Timestamp) -> Self {
        let id = SubmissionId::fresh();
        Self {
            id,
            source: Source::Channel {
                channel,
                key: id.to_string(),
                sent: Box::default(),
            },
            received_at: now,
            body,
            uncertain: false,
            became: Became::default(),
        }
    }
}

/// Returns the poll that a body names.
pub fn poll_of(body: &Value) -> Option<PollId> {
    intake::polls::named(body).0
}

/// The mapping part of a preview.
#[derive(Debug, Clone)]
pub struct Mapped {
    /// The declared fields.
    pub fields: Vec<FieldTrace>,
    /// The plan, or why there is none.
    pub outcome: Outcome,
    /// The CRM fields that the plan leaves out.
    pub left_out: Vec<LeftOut>,
}

/// Maps a submission.
pub fn map(profile: &Profile, packet: &Packet) -> Mapped {
    let outcome = profile.plan(&packet.source, packet.received_at, &packet.body);
    let left_out = match &outcome {
        Outcome::Plan(plan) => profile.left_out(plan),
        Outcome::Reject(_) | Outcome::Park { .. } => Vec::new(),
    };
    Mapped {
        fields: profile.trace(&packet.source, packet.received_at, &packet.body),
        outcome,
        left_out,
    }
}

/// Returns the CRM part of a preview: reads what a delivery of this step would read, usually in at most three calls,
/// and returns what it would write.
pub async fn preview_changes(
    client: &Connection,
    packet: &Packet,
    step: &CrmStep,
) -> ChangePreview {
    let job = Job {
        id: packet.id,
        profile: String::new(),
        plan: step.clone(),
        uncertain: packet.uncertain,
        became: packet.became,
        turn: None,
    };
    delivery::crm::preview_changes(client, &job).await
}
