//! The later CRM step: overwrites fields of what an earlier step found or created, moves it to a
//! stage, or adds a comment. An update may be sent twice; a comment is looked for before it is added
//! again. The calls of PBXs are steps of this kind, too; `call/` delivers them.

use serde_json::{Map, Value};

use super::job::{method_pause, pause_reason, split_calls};
use super::{calls, claims, markup};
use crate::crm::bitrix24::field_names;
use crate::crm::{
    CallTrace, CompanyWrite, Connection, CrmError, Priority, Query, QueryResult, RecordRef, Remedy,
    Write, WriteResult,
};
use crate::delivery::{Claims, Job, Outcome, Report, Verdict};
use crate::domain::{
    CompanyExplanation, CompanyId, ContactExplanation, ContactId, CrmUpdateStep, EntityKind,
    Explanation, ParkReason, RecordExplanation, RecordId, StepKind, StepResult, StepText,
    SubmissionId, UpdateTarget, VerdictReason,
};

/// Whether something may have been changed.
#[derive(Clone, Copy)]
pub(super) struct Begun(pub(super) bool);

/// One step with its changes.
struct Update<'j> {
    job: &'j Job,
    step: &'j CrmUpdateStep,
    chain: Vec<Write>,
    explanation: Vec<Explanation>,
    calls: Vec<CallTrace>,
}

/// Delivers later CRM steps. Returns the outcome of each job that is one.
pub(super) async fn deliver(
    client: &Connection,
    jobs: &[Job],
    claims: &dyn Claims,
) -> Vec<(SubmissionId, Outcome)> {
    let mut outcomes = Vec::new();
    let mut updates: Vec<Update<'_>> = Vec::new();
    for job in jobs {
        if let StepKind::CrmUpdate(step) = &job.step.kind
            && step.call.is_none()
        {
            match update(job, step) {
                Ok(update) => updates.push(update),
                Err(report) => outcomes.push((job.id, Ok(*report))),
            }
        }
    }
    outcomes.extend(claims::keep_claimed(&mut updates, claims, |update| {
        (update.job.id, claims::of_changes(&update.chain))
    }));
    for update in &mut updates {
        if update.job.uncertain {
            drop_known_comment(client, update).await;
        }
    }
    let chains: Vec<&[Write]> = updates
        .iter()
        .map(|update| update.chain.as_slice())
        .collect();
    let writing = client.write(&chains).await;
    let mut shared = vec![Vec::new(); chains.len()];
    split_calls(writing.calls, |index| index, &mut shared);
    let mut results = writing.results.into_iter().zip(shared);
    for mut update in updates {
        let (results, calls) = results.next().unwrap_or_default();
        update.calls.extend(calls);
        let id = update.job.id;
        outcomes.push((id, Ok(settle(client, update, &results).await)));
    }
    outcomes
}

/// Returns the changes of a step, or the report that parks it.
fn update<'j>(job: &'j Job, step: &'j CrmUpdateStep) -> Result<Update<'j>, Box<Report>> {
    let name = step.target.id_name();
    let id = job.value(&step.of, &name).and_then(Value::as_i64);
    let lacks = || {
        let name = format!("steps.{}.{name}", step.of);
        Box::new(Report::unsent(Verdict::Park {
            reason: ParkReason::MissingValue,
            text: VerdictReason::StepLacksValue(name),
        }))
    };
    let id = id.ok_or_else(lacks)?;
    let mut update = Update {
        job,
        step,
        chain: Vec::new(),
        explanation: Vec::new(),
        calls: Vec::new(),
    };
    match step.target {
        UpdateTarget::Contact => {
            let id = ContactId::new(id).ok_or_else(lacks)?;
            update.contact(id, fields(step, None));
        }
        UpdateTarget::Record(EntityKind::Company) => {
            let company = CompanyId::new(id).ok_or_else(lacks)?;
            update.company(company, fields(step, None));
            let id = RecordId::new(id).ok_or_else(lacks)?;
            update.comment(EntityKind::Company, id);
        }
        UpdateTarget::Record(kind) => {
            let id = RecordId::new(id).ok_or_else(lacks)?;
            update.record(kind, id, fields(step, Some(kind)));
            update.comment(kind, id);
        }
    }
    Ok(update)
}

impl Update<'_> {
    fn contact(&mut self, id: ContactId, fields: Map<String, Value>) {
        if !fields.is_empty() {
            let names = fields.keys().cloned().collect();
            let about = ContactExplanation::Gets { id, fields: names };
            self.explanation.push(Explanation::Contact(about));
            self.chain.push(Write::UpdateContact { id, fields });
        }
    }

    fn company(&mut self, id: CompanyId, fields: Map<String, Value>) {
        if !fields.is_empty() {
            let names = fields.keys().cloned().collect();
            let about = CompanyExplanation::Gets { id, fields: names };
            self.explanation.push(Explanation::Company(about));
            let change = CompanyWrite::Update { id, fields };
            self.chain.push(Write::Company(change));
        }
    }

    fn record(&mut self, kind: EntityKind, id: RecordId, fields: Map<String, Value>) {
        if !fields.is_empty() {
            let names = fields.keys().cloned().collect();
            let about = RecordExplanation::Gets { id, fields: names };
            self.explanation.push(Explanation::Record { kind, about });
            self.chain.push(Write::UpdateRecord { kind, id, fields });
        }
    }

    fn comment(&mut self, kind: EntityKind, id: RecordId) {
        let comment = self.step.comment.as_ref().map(StepText::shown);
        if let Some(comment) = comment.filter(|text| !text.trim().is_empty()) {
            let marker = marker(self.job);
            self.chain.push(Write::AddComment {
                kind,
                record: RecordRef::Id(id),
                text: format!("{}\n\nleadgate {marker}", markup::plain(comment)),
                files: Vec::new(),
            });
        }
    }

    /// Returns the query that tells whether the comment is there.
    fn question(&self) -> Option<Query> {
        self.chain.iter().find_map(|write| match write {
            Write::AddComment {
                kind,
                record: RecordRef::Id(id),
                ..
            } => Some(Query::CommentWithMarker {
                kind: *kind,
                id: *id,
                marker: marker(self.job),
            }),
            _ => None,
        })
    }
}

/// Returns the mark of the comment: the step is part of it, because the first step's comment has
/// the id of the submission alone.
fn marker(job: &Job) -> String {
    format!("{}-{}", job.step.name, job.id)
}

fn fields(step: &CrmUpdateStep, kind: Option<EntityKind>) -> Map<String, Value> {
    let mut fields = Map::new();
    for (name, text) in &step.fields {
        let text = text.shown();
        let value = if markup::renders_markup(name) {
            markup::plain(text)
        } else {
            text.to_owned()
        };
        fields.insert(name.clone(), value.into());
    }
    if let (Some(stage), Some(kind)) = (&step.stage, kind) {
        fields.insert(field_names(kind).stage.to_owned(), stage.as_str().into());
    }
    fields
}

/// Removes the comment from the changes if it is there already.
async fn drop_known_comment(client: &Connection, update: &mut Update<'_>) {
    if let Some(true) = is_there_already(client, update).await {
        update
            .chain
            .retain(|write| !matches!(write, Write::AddComment { .. }));
        if let UpdateTarget::Record(kind) = update.step.target {
            let about = RecordExplanation::CommentThere;
            update.explanation.push(Explanation::Record { kind, about });
        }
    }
}

/// Returns whether the comment is there; `None` if the portal does not say.
async fn is_there_already(client: &Connection, update: &mut Update<'_>) -> Option<bool> {
    let query = update.question()?;
    let reading = client.read(&[query], Priority::Submission).await;
    split_calls(
        reading.calls,
        |_| 0,
        std::slice::from_mut(&mut update.calls),
    );
    match reading.answers.into_iter().next() {
        Some(Ok(QueryResult::Present(present))) => Some(present),
        _ => None,
    }
}

/// Returns the report for the results of a step's changes.
async fn settle(client: &Connection, mut update: Update<'_>, results: &[WriteResult]) -> Report {
    let failed = results
        .iter()
        .enumerate()
        .find_map(|(place, result)| result.as_ref().err().map(|error| (place, error.clone())));
    let is_partly_done = failed.as_ref().is_some_and(|(place, _)| *place > 0);
    let verdict = match &failed {
        None => Verdict::Done,
        Some((place, error)) => {
            let is_added = matches!(update.chain.get(*place), Some(Write::AddComment { .. }));
            let is_there = match error.remedy() {
                // an error in answer to an `add` does not prove that nothing was created
                Remedy::NeedsOperator if is_added => is_there_already(client, &mut update).await,
                _ => Some(false),
            };
            let begun = Begun(update.job.uncertain || is_partly_done);
            after(error, begun, is_there)
        }
    };
    Report {
        verdict,
        result: StepResult::default(),
        wrote: failed.is_none() || is_partly_done,
        explanation: update.explanation,
        calls: update.calls.iter().map(calls::event).collect(),
    }
}

/// Returns the verdict after a failed change; `begun` is whether this or an earlier attempt may have
/// changed something, `is_there` whether the comment is there in spite of the error.
pub(super) fn after(error: &CrmError, begun: Begun, is_there: Option<bool>) -> Verdict {
    let why = VerdictReason::Crm(Box::new(error.failure()));
    let retry = |uncertain, pause, wait| Verdict::Retry {
        why: why.clone(),
        uncertain,
        pause,
        wait,
    };
    match (error.remedy(), is_there) {
        (Remedy::TryAgain | Remedy::PauseConnection, _) => {
            retry(begun.0, pause_reason(error), method_pause(error))
        }
        (Remedy::CheckFirst, _) | (Remedy::NeedsOperator, None) => retry(true, None, None),
        (Remedy::NeedsOperator, Some(true)) => Verdict::Done,
        (Remedy::NeedsOperator, Some(false)) => Verdict::Park {
            reason: ParkReason::RefusedByCrm,
            text: why,
        },
    }
}
