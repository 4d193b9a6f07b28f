//! Previews a submission: its fields with their sources, the plan, the calls to the CRM and what they would change,
//! field by field. Uses the code that delivers for mapping, reading and deciding, and never writes.

mod report;

use jiff::Timestamp;
use serde_json::Value;

pub use self::report::{PreviewReport, report};
use crate::crm::Connection;
use crate::delivery::{
    self,
    crm::{ChangePreview, CrmJob},
    http::ShownRequest,
    mail::ShownLetter,
};
use crate::domain::file::AttachedFiles;
use crate::domain::{Became, CrmStep, HttpStep, MailStep, Source, StepKind, SubmissionId};
use crate::intake;
use crate::mapping::{FieldTrace, LeftOut, MappingOutcome, Profile};

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
    /// The contents of its files.
    pub files: AttachedFiles,
}

impl Packet {
    /// Creates a packet that was never received by a source. Without an address, the body has to name it.
    pub fn of(source: &str, address: Option<&str>, body: Value, now: Timestamp) -> Option<Self> {
        let source = intake::source(source)?.of_packet(address, &body)?;
        Some(Self {
            id: SubmissionId::fresh(),
            source,
            received_at: now,
            body,
            uncertain: false,
            became: Became::default(),
            files: AttachedFiles::default(),
        })
    }
}

/// Returns the address that a body of this source names.
pub fn address_of(source: &str, body: &Value) -> Option<String> {
    let named = intake::source(source)?.of_packet(None, body)?;
    Some(named.address().to_owned())
}

/// The mapping part of a preview.
#[derive(Debug, Clone)]
pub struct Mapped {
    /// The declared fields.
    pub fields: Vec<FieldTrace>,
    /// The plan, or why there is none.
    pub outcome: MappingOutcome,
    /// The CRM fields that the plan leaves out.
    pub left_out: Vec<LeftOut>,
}

/// Maps a submission.
pub fn map(profile: &Profile, packet: &Packet) -> Mapped {
    let outcome = profile.plan(&packet.source, packet.received_at, &packet.body);
    let left_out = match &outcome {
        MappingOutcome::Plan(plan) => profile.left_out(plan),
        MappingOutcome::Reject(_) | MappingOutcome::Park { .. } => Vec::new(),
    };
    Mapped {
        fields: profile.trace(&packet.source, packet.received_at, &packet.body),
        outcome,
        left_out,
    }
}

/// The request of an HTTP step. Values of earlier steps are shown as the profile writes them.
#[derive(Debug, Clone, PartialEq)]
pub struct StepRequest {
    /// The step's name.
    pub step: String,
    /// The destination's name.
    pub destination: String,
    /// The request; `None` if the settings have no such destination.
    pub request: Option<ShownRequest>,
}

/// Returns the requests of the plan's HTTP steps; nothing is sent.
pub fn requests(
    outcome: &MappingOutcome,
    shown: impl Fn(&HttpStep) -> Option<ShownRequest>,
) -> Vec<StepRequest> {
    let MappingOutcome::Plan(plan) = outcome else {
        return Vec::new();
    };
    let steps = plan.steps.iter();
    let requests = steps.filter_map(|step| match &step.kind {
        StepKind::Http(http) => Some(StepRequest {
            step: step.name.clone(),
            destination: http.destination.clone(),
            request: shown(http),
        }),
        _ => None,
    });
    requests.collect()
}

/// The letter of a mail step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepLetter {
    /// The step's name.
    pub step: String,
    /// The letter; `None` without a mail server.
    pub letter: Option<ShownLetter>,
}

/// Returns the letters of the plan's mail steps; nothing is sent.
pub fn letters(
    outcome: &MappingOutcome,
    shown: impl Fn(&str, &MailStep) -> Option<ShownLetter>,
) -> Vec<StepLetter> {
    let MappingOutcome::Plan(plan) = outcome else {
        return Vec::new();
    };
    let steps = plan.steps.iter();
    let letters = steps.filter_map(|step| match &step.kind {
        StepKind::Mail(mail) => Some(StepLetter {
            step: step.name.clone(),
            letter: shown(&step.name, mail),
        }),
        _ => None,
    });
    letters.collect()
}

/// Returns the CRM part of a preview: reads what a delivery of this step would read, usually in at most three calls,
/// and returns what it would write.
pub async fn preview_changes(
    client: &Connection,
    packet: &Packet,
    step: &CrmStep,
) -> ChangePreview {
    let job = CrmJob {
        id: packet.id,
        profile: String::new(),
        plan: step.clone(),
        uncertain: packet.uncertain,
        is_again: false,
        became: packet.became,
        turn: None,
        files: packet.files.clone(),
    };
    delivery::crm::preview_changes(client, &job).await
}
