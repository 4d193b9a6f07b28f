//! Previews a submission: its fields with their sources, the plan, the calls to the CRM and what they would change,
//! field by field. Uses the code that delivers for mapping, reading and deciding, and never writes.

mod report;
mod stored;
mod words;

use jiff::Timestamp;
use serde_json::Value;

pub use self::report::{PreviewReport, report};
pub use self::words::{no_plan, origin, plain, target};
use crate::crm::Connection;
use crate::delivery::{
    self,
    crm::{ChangePreview, CrmJob},
    http::ShownRequest,
    mail::ShownLetter,
};
use crate::domain::file::AttachedFiles;
use crate::domain::{
    Became, CrmStep, CrmUpdateStep, HttpStep, LaterTest, MailStep, RecordingStep, Source, StepKind,
    SubmissionId,
};
use crate::intake;
use crate::mapping::{FieldTrace, LeftOut, MappingOutcome, Profile, shown_step};

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

/// What a step after the CRM would do. Values of earlier steps are shown by their names.
#[derive(Debug, Clone, PartialEq)]
pub struct StepPreview {
    /// The step's name.
    pub name: String,
    /// Its conditions on earlier steps.
    pub when: Vec<LaterTest>,
    /// What it does.
    pub content: StepContent,
}

/// What a step after the CRM sends or changes.
#[derive(Debug, Clone, PartialEq)]
pub enum StepContent {
    /// A request.
    Request {
        /// The destination's name.
        destination: String,
        /// The request; `None` if the settings have no such destination.
        request: Option<ShownRequest>,
    },
    /// A letter; `None` without a mail server.
    Letter(Option<ShownLetter>),
    /// A change of what the first step found or created.
    Update(CrmUpdateStep),
    /// The recording of a call.
    Recording(RecordingStep),
}

/// Returns what the steps after the CRM would do; nothing is sent.
pub fn later_steps(
    outcome: &MappingOutcome,
    id: SubmissionId,
    request: impl Fn(&str, &HttpStep) -> Option<ShownRequest>,
    letter: impl Fn(&str, &MailStep) -> Option<ShownLetter>,
) -> Vec<StepPreview> {
    let MappingOutcome::Plan(plan) = outcome else {
        return Vec::new();
    };
    let steps = plan.steps.iter().map(|step| shown_step(step, id));
    let previews = steps.filter_map(|step| {
        let content = match step.kind {
            StepKind::Http(http) => StepContent::Request {
                request: request(&step.name, &http),
                destination: http.destination,
            },
            StepKind::Mail(mail) => StepContent::Letter(letter(&step.name, &mail)),
            StepKind::CrmUpdate(update) => StepContent::Update(*update),
            StepKind::Recording(recording) => StepContent::Recording(*recording),
            StepKind::Crm(_) => return None,
            #[cfg(test)]
            StepKind::Probe(_) => return None,
        };
        Some(StepPreview {
            name: step.name,
            when: step.when,
            content,
        })
    });
    previews.collect()
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
