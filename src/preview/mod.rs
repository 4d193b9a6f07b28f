//! What would become of a packet: its fields with their sources, the plan, the calls to the CRM and what
//! they would change, field by field. Maps, reads and decides with the very code that delivers; what it
//! must not do is write.

mod report;

use jiff::Timestamp;
use serde_json::Value;

pub use self::report::{PreviewReport, report};
use crate::crm::Connection;
use crate::delivery::{
    self,
    crm::{ChangePreview, Job},
};
use crate::domain::{AnswerId, Became, ChannelName, Plan, PollId, Source, SubmissionId};
use crate::intake;
use crate::mapping::{FieldTrace, LeftOut, Outcome, Profile};

/// A packet to look at.
#[derive(Debug, Clone)]
pub struct Packet {
    /// The submission's id; a fresh one for what never came in.
    pub id: SubmissionId,
    /// Who sent it, or would have.
    pub source: Source,
    /// When it came.
    pub received_at: Timestamp,
    /// The decoded body.
    pub body: Value,
    /// Whether an earlier attempt may have created something.
    pub uncertain: bool,
    /// What an earlier attempt wrote to.
    pub became: Became,
}

impl Packet {
    /// A packet that never came in. The poll is told by the packet itself, or by `poll`, which goes
    /// first; `None` when neither does. An answer without a number of its own gets number 1.
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
    /// A request to a channel that never came in.
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

/// The poll that a packet names.
pub fn poll_of(body: &Value) -> Option<PollId> {
    intake::polls::named(body).0
}

/// The mapping half: what a profile makes of a packet.
#[derive(Debug, Clone)]
pub struct Mapped {
    /// Each declared field.
    pub fields: Vec<FieldTrace>,
    /// The plan, or why there is none.
    pub outcome: Outcome,
    /// The CRM fields that the plan leaves out.
    pub left_out: Vec<LeftOut>,
}

/// Maps a packet.
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

/// The CRM half: reads what a delivery of this plan would read, in at most three calls, and tells what it
/// would write.
pub async fn preview_changes(client: &Connection, packet: &Packet, plan: &Plan) -> ChangePreview {
    let job = Job {
        id: packet.id,
        plan: plan.clone(),
        uncertain: packet.uncertain,
        became: packet.became,
        turn: None,
    };
    delivery::crm::preview_changes(client, &job).await
}
