//! The comment and the to-do of a record, each written once.

use super::{Decision, DecisionInput, RecordTarget, TargetOrigin, files, markup};
use crate::crm::Write;
use crate::domain::{EntityKind, Explanation, RecordExplanation, TodoOn};

/// Adds the comment and the to-do to the chain, if they are needed.
pub(super) fn decide(
    case: &DecisionInput<'_>,
    kind: EntityKind,
    target: &RecordTarget,
    decision: &mut Decision,
) {
    let (plan, found) = (&case.job.plan, case.found);
    if found.comment_exists && (plan.comment.is_some() || !plan.files.is_empty()) {
        decision.explain(Explanation::Record {
            kind,
            about: RecordExplanation::CommentThere,
        });
        files::explain_comment(case, decision);
    } else {
        // one comment has the text and the files, so that one marker finds both
        let files = files::of_timeline(case, decision);
        let text = plan.comment.as_ref().map(|comment| comment.text.as_str());
        if text.is_some() || !files.is_empty() {
            let about = match text {
                Some(_) => RecordExplanation::Comment(files.len()),
                None => RecordExplanation::TimelineFiles(files.len()),
            };
            decision.explain(Explanation::Record { kind, about });
            decision.chain.push(Write::AddComment {
                kind,
                record: target.record,
                text: marked(case, text.unwrap_or_default()),
                files,
            });
        }
    }
    let Some(todo) = &plan.todo else { return };
    let wanted = match (todo.on, target.way) {
        (TodoOn::Both, _)
        | (TodoOn::Create, TargetOrigin::Created)
        | (TodoOn::Update, TargetOrigin::Found) => true,
        (TodoOn::Create, TargetOrigin::Found) | (TodoOn::Update, TargetOrigin::Created) => false,
    };
    if found.todo_exists {
        decision.explain(Explanation::Record {
            kind,
            about: RecordExplanation::TodoThere,
        });
    } else if wanted {
        decision.explain(Explanation::Record {
            kind,
            about: RecordExplanation::Todo(target.responsible),
        });
        decision.chain.push(Write::AddTodo {
            kind,
            record: target.record,
            title: todo.title.as_str().to_owned(),
            text: marked(case, todo.text.as_ref().map_or("", |text| text.as_str())),
            deadline: todo.deadline,
            responsible: target.responsible,
        });
    } else {
        decision.explain(Explanation::Record {
            kind,
            about: RecordExplanation::TodoNotFor(todo.on),
        });
    }
}

/// Explains that a record that is left as it is gets neither a comment nor a to-do.
pub(super) fn explain_none(case: &DecisionInput<'_>, kind: EntityKind, decision: &mut Decision) {
    let plan = &case.job.plan;
    if plan.comment.is_some() || plan.todo.is_some() || !plan.files.is_empty() {
        decision.explain(Explanation::Record {
            kind,
            about: RecordExplanation::NothingAdded,
        });
    }
}

/// Returns the text without markup, followed by the marker by which it is found again.
fn marked(case: &DecisionInput<'_>, text: &str) -> String {
    let marker = format!("leadgate {}", case.job.id);
    if text.is_empty() {
        return marker;
    }
    format!("{}\n\n{marker}", markup::plain(text))
}
