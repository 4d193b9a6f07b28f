//! What a plan writes into the timeline of a record: the comment and the to-do.

use jiff::Timestamp;

use super::comment;
use super::plan::Filling;
use super::profile::{CommentRule, TodoRules};
use super::template::Rendered;
use crate::domain::text::ellipsis;
use crate::domain::{CommentPlan, Origin, TodoPlan};

/// Maximum length of a to-do's title, in characters; the CRM silently cuts longer ones.
const LONGEST_TITLE: usize = 250;

impl Filling<'_> {
    /// Returns the comment.
    pub(super) fn comment(&mut self, rule: &CommentRule) -> Option<CommentPlan> {
        let written = |word: &str, text: String| {
            let rule = format!("comment: {word}").into();
            let origin = Origin {
                rule,
                ..Origin::default()
            };
            (text, origin)
        };
        let (text, origin) = match rule {
            CommentRule::None => return None,
            CommentRule::Full => written("full", comment::full(self.packet)),
            CommentRule::Answers => written("answers", comment::answers(self.packet)),
            CommentRule::Template { name, template } => {
                let about = || format!("templates/{name}.hbs");
                let rendered = template.render(&self.values);
                self.note_cut(about);
                match rendered {
                    Rendered::Text(text) => (text, template.origin(&self.values)),
                    Rendered::NoValue => return None,
                    Rendered::Failed => {
                        self.fails(about());
                        return None;
                    }
                }
            }
        };
        (!text.is_empty()).then(|| CommentPlan {
            text: text.into(),
            origin,
        })
    }

    /// Creates a to-do even if the title is empty, because somebody has to call back.
    pub(super) fn todo(&mut self, rules: &TodoRules, received_at: Timestamp) -> Option<TodoPlan> {
        if !self.wants("todo", &rules.when) {
            return None;
        }
        let Some(title) = rules.title.fill(&self.values) else {
            self.fails("todo.title".to_owned());
            return None;
        };
        let text = rules.text.as_ref().map(|text| text.render(&self.values));
        self.note_cut(|| "todo.text".to_owned());
        let text = match text {
            Some(Rendered::Text(text)) if !text.is_empty() => Some(text.into()),
            Some(Rendered::Text(_) | Rendered::NoValue) | None => None,
            Some(Rendered::Failed) => {
                self.fails("todo.text".to_owned());
                return None;
            }
        };
        let line = title.split_whitespace().collect::<Vec<_>>().join(" ");
        Some(TodoPlan {
            title: ellipsis(&line, LONGEST_TITLE).into(),
            text,
            deadline: received_at.checked_add(rules.after).unwrap_or(received_at),
            on: rules.on,
            origin: rules.title.origin(&self.values),
        })
    }
}
