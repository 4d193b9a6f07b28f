//! The call of a PBX in a plan: a step of its own behind the CRM step, and one for its recording
//! behind all others, because a recording may be late.

use jiff::Timestamp;

use crate::domain::{
    CrmStep, CrmUpdateStep, EntityKind, IfItFails, PlannedCall, RecordingStep, Step, StepKind,
    UpdateTarget,
};

/// Returns the step that puts a call into the timeline of what the CRM step finds or makes.
pub(super) fn step(crm: &CrmStep, call: PlannedCall) -> Option<Step> {
    let target = match (&crm.record, &crm.contact, &crm.company) {
        (Some(record), _, _) => UpdateTarget::Record(record.kind),
        (None, Some(_), _) => UpdateTarget::Contact,
        (None, None, Some(_)) => UpdateTarget::Record(EntityKind::Company),
        (None, None, None) => return None,
    };
    let update = CrmUpdateStep {
        connection: crm.connection.clone(),
        of: CrmStep::NAME.to_owned(),
        target,
        fields: Vec::new(),
        stage: None,
        comment: None,
        call: Some(call),
    };
    let kind = StepKind::CrmUpdate(Box::new(update));
    Some(Step::new(PlannedCall::STEP, kind))
}

/// Returns the step that attaches the recording of a call, if the call has one. Nothing else waits
/// for it or fails with it.
pub(super) fn recording_step(crm: &CrmStep, call: &PlannedCall, at: Timestamp) -> Option<Step> {
    let recording = RecordingStep::of_call(call, crm.connection.as_deref(), at)?;
    Some(Step {
        if_it_fails: IfItFails::Continue,
        ..Step::new(
            RecordingStep::STEP,
            StepKind::Recording(Box::new(recording)),
        )
    })
}
