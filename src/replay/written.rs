//! What a submission has in the CRM and never gets twice: its comment and its to-do.

use crate::domain::{
    CrmStep, Event, Explanation, RecordExplanation, State, StepVerdict, TodoOn, TodoPlan,
};
use crate::journal::History;

/// Whether earlier attempts have written the comment and the to-do. A replay finds them by their
/// marker and leaves them as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WrittenBefore {
    comment: bool,
    todo: bool,
}

impl WrittenBefore {
    /// Reads a history: a finished step has written what its plan says, unless it left the record
    /// alone.
    pub fn of(history: &History) -> Self {
        let mut written = Self::default();
        let mut planned = Self::default();
        for logged in &history.events {
            match &logged.event {
                Event::Planned(event) => planned = event.plan.crm().map_or(planned, Self::planned),
                Event::Because(Explanation::Record { about, .. }) => planned.correct(about),
                Event::Step(step)
                    if step.name == CrmStep::NAME && step.verdict == StepVerdict::Done =>
                {
                    written.add(planned);
                }
                Event::Verdict(verdict) if verdict.state == State::Delivered => {
                    written.add(planned);
                }
                _ => {}
            }
        }
        written
    }

    fn planned(step: &CrmStep) -> Self {
        let of_every_record = |todo: &TodoPlan| todo.on == TodoOn::Both;
        Self {
            comment: step.comment.is_some() || !step.files.is_empty(),
            todo: step.todo.as_ref().is_some_and(of_every_record),
        }
    }

    /// Takes into account what an attempt says about the record.
    fn correct(&mut self, about: &RecordExplanation) {
        match about {
            RecordExplanation::Ignored(_) | RecordExplanation::NothingAdded => {
                *self = Self::default();
            }
            RecordExplanation::Todo(_) | RecordExplanation::TodoThere => self.todo = true,
            RecordExplanation::TodoNotFor(_) => self.todo = false,
            _ => {}
        }
    }

    fn add(&mut self, more: Self) {
        self.comment |= more.comment;
        self.todo |= more.todo;
    }

    /// Returns what of it a fact of a plan belongs to.
    pub(super) fn part(self, about: &str) -> Option<&'static str> {
        let is_comment = about == "comment" || about.starts_with("files[");
        let is_todo = about == "todo" || about.starts_with("todo (");
        match (is_comment, is_todo) {
            (true, _) => self.comment.then_some("comment"),
            (_, true) => self.todo.then_some("todo"),
            (false, false) => None,
        }
    }
}
