//! What a profile makes of a submission: pure data. A plan is an ordered list of steps.

mod call;
mod company;
mod contact;
mod crm;
mod crm_update;
mod facts;
mod files;
mod http;
mod later;
mod mail;
#[cfg(test)]
mod probe;
mod products;
mod recording;
mod search_key;
mod stored;
mod trial;

use serde::{Deserialize, Serialize};

pub use self::call::{CallChanged, CardOfCall, PlannedCall};
pub use self::company::{CompanyPlan, KeylessCompany};
pub use self::contact::{Conflict, ContactPlan, Match, Several, WithoutKey};
pub use self::crm::{
    Closed, CommentPlan, CrmStep, FieldGroup, FieldRole, Found, LabelValue, OnUpdate, Origin,
    PlannedField, PlannedValue, RecordPlan, Responsible, SourceValue, TodoOn, TodoPlan,
    UnknownLabel,
};
pub use self::crm_update::{CrmUpdateStep, UpdateTarget};
pub use self::files::PlannedFile;
pub use self::http::{HttpBody, HttpStep, SaveFrom, SaveMissing, SaveRule, SuccessRule};
pub use self::later::{
    KeptValue, LaterTest, LaterText, StepText, StepValue, TextEscape, WrittenTest,
};
pub use self::mail::MailStep;
#[cfg(test)]
pub use self::probe::ProbeStep;
pub use self::products::{ProductField, ProductRow, ProductsPlan};
pub use self::recording::RecordingStep;
pub use self::search_key::SearchKey;
use super::{Lang, MappingExplanation, StepOutcome};

/// Everything to do for one submission. Stored plans have a version: see [`stored`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The profile that made it.
    pub profile: ProfileRef,
    /// The steps, in order. Each has a name that is unique in the plan.
    pub steps: Vec<Step>,
    /// When the sender is answered.
    pub reply: ReplyMode,
    /// What the profile left out, and why: shown in the journal.
    pub notes: Vec<Note>,
}

impl Plan {
    /// Returns the first CRM step.
    pub fn crm(&self) -> Option<&CrmStep> {
        self.steps.iter().find_map(|step| step.kind.crm())
    }

    /// Returns the step of this name.
    pub fn step(&self, name: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.name == name)
    }

    /// Returns the first step without a final outcome, with its position.
    pub fn next_step(&self, outcomes: &[StepOutcome]) -> Option<(usize, &Step)> {
        self.unfinished_steps(outcomes).next()
    }

    /// Returns the steps without a final outcome, in order, with their positions.
    pub fn unfinished_steps(
        &self,
        outcomes: &[StepOutcome],
    ) -> impl Iterator<Item = (usize, &Step)> {
        self.steps.iter().enumerate().filter(|(_, step)| {
            let is_final =
                |outcome: &StepOutcome| outcome.name == step.name && outcome.verdict.is_final();
            !outcomes.iter().any(is_final)
        })
    }
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its name: `crm`, or what the profile calls it.
    pub name: String,
    /// What to do if it is refused.
    #[serde(default, skip_serializing_if = "IfItFails::is_park")]
    pub if_it_fails: IfItFails,
    /// Tests of earlier steps' results, all of which must hold; otherwise it is skipped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<LaterTest>,
    /// What it does.
    #[serde(flatten)]
    pub kind: StepKind,
}

impl Step {
    /// Creates a step that parks the submission if it is refused.
    pub fn new(name: &str, kind: StepKind) -> Self {
        Self {
            name: name.to_owned(),
            if_it_fails: IfItFails::Park,
            when: Vec::new(),
            kind,
        }
    }
}

/// What to do if a step is refused for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IfItFails {
    /// Park the submission; the steps after it wait.
    #[default]
    Park,
    /// Record the refusal and continue with the next step.
    Continue,
}

impl IfItFails {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "the signature that serde requires"
    )]
    fn is_park(&self) -> bool {
        *self == Self::Park
    }
}

/// What a step does. Each kind has a folder under `delivery/`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// Brings a CRM up to date.
    Crm(Box<CrmStep>),
    /// Changes what an earlier CRM step found or created.
    CrmUpdate(Box<CrmUpdateStep>),
    /// Sends a request to an HTTP service.
    Http(Box<HttpStep>),
    /// Sends a letter.
    Mail(Box<MailStep>),
    /// Attaches the recording of a call.
    Recording(Box<RecordingStep>),
    /// A second kind, for tests of what all kinds share.
    #[cfg(test)]
    Probe(ProbeStep),
}

impl StepKind {
    /// Returns the CRM step, if it is one.
    pub fn crm(&self) -> Option<&CrmStep> {
        match self {
            Self::Crm(crm) => Some(crm),
            Self::CrmUpdate(_) | Self::Http(_) | Self::Mail(_) | Self::Recording(_) => None,
            #[cfg(test)]
            Self::Probe(_) => None,
        }
    }

    /// Returns where the step goes: the kind of destination and the name that the profile gives;
    /// `None` for the only destination of this kind.
    pub fn destination(&self) -> (&'static str, Option<&str>) {
        match self {
            Self::Crm(crm) => (super::Destination::CRM, crm.connection.as_deref()),
            Self::CrmUpdate(update) => (super::Destination::CRM, update.connection.as_deref()),
            Self::Http(http) => (HttpStep::KIND, Some(&http.destination)),
            Self::Mail(_) => (MailStep::KIND, None),
            Self::Recording(recording) => (RecordingStep::KIND, Some(recording.pbx())),
            #[cfg(test)]
            Self::Probe(probe) => (ProbeStep::KIND, probe.destination.as_deref()),
        }
    }

    /// Returns the search keys. Two steps with a common key are not delivered to one destination at
    /// the same time.
    pub fn search_keys(&self) -> Vec<SearchKey> {
        match self {
            Self::Crm(crm) => crm.search_keys(),
            Self::CrmUpdate(_) | Self::Http(_) | Self::Mail(_) | Self::Recording(_) => Vec::new(),
            #[cfg(test)]
            Self::Probe(_) => Vec::new(),
        }
    }

    /// Returns the step as names and values, for printing it and for comparing two plans.
    pub fn facts(&self) -> Vec<(String, String)> {
        match self {
            Self::Crm(crm) => crm.facts(),
            Self::CrmUpdate(update) => update.facts(),
            Self::Http(http) => http.facts(),
            Self::Mail(mail) => mail.facts(),
            Self::Recording(recording) => recording.facts(),
            #[cfg(test)]
            Self::Probe(probe) => vec![("text".to_owned(), probe.text.clone())],
        }
    }

    /// Returns the values by which a person finds the submission in the journal.
    pub fn searchable_values(&self) -> Vec<&str> {
        match self {
            Self::Crm(crm) => crm
                .fields()
                .map(|(_, field)| field.value.as_str())
                .collect(),
            Self::CrmUpdate(update) => {
                let fields = update.fields.iter().map(|(_, text)| text.shown());
                fields.collect()
            }
            Self::Http(http) => http.searchable_values(),
            Self::Mail(mail) => mail.texts().map(StepText::shown).collect(),
            Self::Recording(_) => Vec::new(),
            #[cfg(test)]
            Self::Probe(probe) => vec![&probe.text],
        }
    }
}

/// The profile that made a plan, and its edition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileRef {
    /// The file without its extension: `consultation`.
    pub file: String,
    /// The `name` in the file, for people.
    pub name: String,
    /// A hash of the text (file and defaults), which tells one edition from another.
    pub hash: String,
    /// Whether the file had a mistake when the plan was made, so that this is its last good edition.
    #[serde(default, skip_serializing_if = "is_false")]
    pub outdated: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// When the sender is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyMode {
    /// As soon as the submission is on disk.
    #[default]
    Accepted,
    /// When the CRM has it, within a time limit.
    Delivered,
}

/// Something that a profile did not use, for the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The profile's field or block that it is about: `fields.phone`.
    pub about: String,
    /// What happened, without the packet's values.
    #[serde(flatten)]
    pub what: MappingExplanation,
}

impl Note {
    /// Returns the note as a sentence without a full stop.
    pub fn to_text(&self, lang: Lang) -> String {
        format!("{}: {}", self.about, self.what.to_text(lang))
    }
}
