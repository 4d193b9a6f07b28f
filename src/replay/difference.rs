//! Compares two plans field by field.

use serde::Serialize;
use serde_json::Value;

use crate::domain::{Plan, PlannedField};

/// One difference between two plans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanChange {
    /// The name of the field or rule: `contact.NAME`, `deal (stage)`.
    pub about: String,
    /// The value before, if any.
    pub before: Option<String>,
    /// The value after, if any.
    pub after: Option<String>,
}

/// Returns the differences between two plans, in the order of the second; removed fields are last. A new edition of
/// the profile alone is not a difference.
pub fn difference(before: &Plan, after: &Plan) -> Vec<PlanChange> {
    let (before, after) = (facts(before), facts(after));
    let value_of = |facts: &[(String, String)], about: &str| {
        facts
            .iter()
            .find(|(name, _)| name == about)
            .map(|(_, value)| value.clone())
    };
    let new = after.iter().map(|(about, _)| about);
    let gone = before
        .iter()
        .map(|(about, _)| about)
        .filter(|about| value_of(&after, about).is_none());
    new.chain(gone)
        .map(|about| PlanChange {
            about: about.clone(),
            before: value_of(&before, about),
            after: value_of(&after, about),
        })
        .filter(|change| change.before != change.after)
        .collect()
}

/// Returns a plan as names and values.
fn facts(plan: &Plan) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    let mut say = |about: String, value: String| facts.push((about, value));
    say("profile".to_owned(), plan.profile.file.clone());
    if let Some(connection) = &plan.connection {
        say("connection".to_owned(), connection.clone());
    }
    if let Some(contact) = &plan.contact {
        say("contact (match)".to_owned(), word(&contact.match_));
        say("contact (several)".to_owned(), word(&contact.several));
        fields("contact", &contact.fields, &mut say);
    }
    if let Some(record) = &plan.record {
        let kind = record.kind.as_str();
        say(format!("{kind} (found)"), word(&record.found));
        if !record.among.is_empty() {
            say(format!("{kind} (among)"), record.among.join(", "));
        }
        let stages = [
            ("stage", record.stage.clone()),
            ("stage on update", record.stage_on_update.clone()),
            ("responsible", record.responsible.as_ref().map(word)),
        ];
        for (name, value) in stages {
            if let Some(value) = value {
                say(format!("{kind} ({name})"), value);
            }
        }
        fields(kind, &record.fields, &mut say);
    }
    if let Some(comment) = &plan.comment {
        say("comment".to_owned(), comment.text.as_str().to_owned());
    }
    if let Some(todo) = &plan.todo {
        say("todo".to_owned(), todo.title.as_str().to_owned());
        if let Some(text) = &todo.text {
            say("todo (text)".to_owned(), text.as_str().to_owned());
        }
        say("todo (deadline)".to_owned(), todo.deadline.to_string());
        say("todo (on)".to_owned(), word(&todo.on));
    }
    facts
}

fn fields(owner: &str, fields: &[PlannedField], say: &mut impl FnMut(String, String)) {
    for field in fields {
        let rules = format!("{}, {}", word(&field.role), word(&field.on_update));
        say(
            format!("{owner}.{}", field.name),
            field.value.as_str().to_owned(),
        );
        say(format!("{owner}.{} (rules)", field.name), rules);
    }
}

/// Returns a keyword as written in profiles.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}
