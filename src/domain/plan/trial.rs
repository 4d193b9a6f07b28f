//! Marks what a test lead makes, so that people can tell it from a real one.

use super::{
    CommentPlan, CrmStep, CrmUpdateStep, FieldRole, OnUpdate, Origin, Plan, PlannedField,
    PlannedValue, RecordPlan, Step, StepKind, StepText,
};
use crate::domain::EntityKind;
use crate::domain::spelling::CompareAs;

/// What stands before titles. Employees of a Russian portal read it.
const BEFORE: &str = "[Проба] ";
/// What stands in texts.
const WORDS: &str = "Пробная заявка leadgate";
/// The rule of what no rule of the profile makes.
const RULE: &str = "leadgate try";

impl Plan {
    /// Marks the titles and texts of its CRM steps. A found contact or record keeps its own title:
    /// only what is created carries the mark, and later steps leave titles as they are. Nobody
    /// called, so there is no recording.
    pub fn mark_trial(&mut self) {
        let is_kept = |step: &Step| !matches!(step.kind, StepKind::Recording(_));
        self.steps.retain(is_kept);
        for step in &mut self.steps {
            match &mut step.kind {
                StepKind::Crm(step) => mark(step),
                StepKind::CrmUpdate(step) => mark_update(step),
                StepKind::Mail(step) => mark_text(&mut step.subject, BEFORE),
                // nobody knows which part of a request people read as a title
                StepKind::Http(_) | StepKind::Recording(_) => {}
                #[cfg(test)]
                StepKind::Probe(_) => {}
            }
        }
    }
}

fn mark(step: &mut CrmStep) {
    if let Some(contact) = &mut step.contact {
        mark_field(
            &mut contact.fields,
            "COMMENTS",
            &format!("{WORDS}. "),
            WORDS,
        );
    }
    if let Some(company) = &mut step.company {
        mark_field(
            &mut company.fields,
            "COMMENTS",
            &format!("{WORDS}. "),
            WORDS,
        );
    }
    if let Some(record) = &mut step.record {
        let title = title_of(record);
        mark_field(
            &mut record.fields,
            title,
            BEFORE,
            &format!("{BEFORE}{WORDS}"),
        );
        let text = match &step.comment {
            Some(comment) => format!("{WORDS}\n\n{}", comment.text.as_str()),
            None => WORDS.to_owned(),
        };
        let origin = step.comment.take().map_or_else(origin, |it| it.origin);
        let text = text.into();
        step.comment = Some(CommentPlan { text, origin });
    }
    if let Some(todo) = &mut step.todo {
        todo.title = format!("{BEFORE}{}", todo.title.as_str()).into();
    }
}

/// Leaves the title out, because it may be that of a found record, and one that was created keeps
/// its mark. Puts the mark before the comment.
fn mark_update(step: &mut CrmUpdateStep) {
    step.fields
        .retain(|(name, _)| !matches!(name.as_str(), "TITLE" | "title"));
    if let Some(comment) = &mut step.comment {
        mark_text(comment, &format!("{WORDS}\n\n"));
    }
    // nobody called
    step.call = None;
}

fn mark_text(text: &mut StepText, before: &str) {
    match text {
        StepText::Known(known) => *known = format!("{before}{}", known.as_str()).into(),
        StepText::Later(later) => later.template.insert_str(0, before),
    }
}

/// Returns the name of the record's title, as the profile writes it.
fn title_of(record: &RecordPlan) -> &'static str {
    let has_capitals = record.fields.iter().any(|field| field.name == "TITLE");
    match record.kind {
        EntityKind::Item(_) if !has_capitals => "title",
        EntityKind::Lead | EntityKind::Deal | EntityKind::Item(_) | EntityKind::Company => "TITLE",
    }
}

/// Puts the mark before the text of a field, or adds the field. What finds something stays.
fn mark_field(fields: &mut Vec<PlannedField>, name: &str, before: &str, alone: &str) {
    let Some(field) = fields.iter_mut().find(|field| field.name == name) else {
        fields.push(PlannedField {
            name: name.to_owned(),
            value: PlannedValue::Text(alone.into()),
            role: FieldRole::Fill,
            on_update: OnUpdate::Keep,
            value_type: None,
            extension: None,
            together: None,
            compare: CompareAs::default(),
            origin: origin(),
        });
        return;
    };
    if let PlannedValue::Text(text) = &field.value
        && field.role == FieldRole::Fill
    {
        field.value = PlannedValue::Text(format!("{before}{}", text.as_str()).as_str().into());
        field.on_update = OnUpdate::Keep;
    }
}

fn origin() -> Origin {
    Origin {
        rule: RULE.into(),
        sources: Vec::new(),
        is_guessed: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{LaterText, TextEscape, UpdateTarget};

    fn field(name: &str, text: &str, role: FieldRole) -> PlannedField {
        PlannedField {
            name: name.to_owned(),
            value: PlannedValue::Text(text.into()),
            role,
            on_update: OnUpdate::Overwrite,
            value_type: None,
            extension: None,
            together: None,
            compare: CompareAs::default(),
            origin: Origin::default(),
        }
    }

    #[test]
    fn titles_are_marked_and_never_replace_those_of_found_records() {
        let mut fields = vec![field("TITLE", "Заказ 5", FieldRole::Fill)];
        mark_field(&mut fields, "TITLE", BEFORE, "alone");
        assert_eq!(fields[0].value.as_str(), "[Проба] Заказ 5");
        assert_eq!(fields[0].on_update, OnUpdate::Keep);
        mark_field(&mut fields, "COMMENTS", "before", WORDS);
        assert_eq!(fields[1].value.as_str(), WORDS);
        assert_eq!(fields[1].on_update, OnUpdate::Keep);
        // a value that finds something must find it
        let mut fields = vec![field("TITLE", "Заказ 5", FieldRole::Search)];
        mark_field(&mut fields, "TITLE", BEFORE, "alone");
        assert_eq!(fields[0].value.as_str(), "Заказ 5");
        assert_eq!(fields.len(), 1);
    }

    #[test]
    fn later_steps_leave_titles_alone_and_mark_their_comment() {
        let known = |name: &str| (name.to_owned(), StepText::Known("Заказ 5".into()));
        let comment = LaterText {
            template: "Номер {{steps.orders.number}}".to_owned(),
            escape: TextEscape::Plain,
            uses: Vec::new(),
            values: Vec::new(),
        };
        let mut step = CrmUpdateStep {
            call: None,
            connection: None,
            of: CrmStep::NAME.to_owned(),
            target: UpdateTarget::Record(EntityKind::Deal),
            fields: vec![known("TITLE"), known("UF_CRM_ORDER")],
            stage: None,
            comment: Some(StepText::Later(Box::new(comment))),
        };
        mark_update(&mut step);
        let fields: Vec<&str> = step.fields.iter().map(|(_, text)| text.shown()).collect();
        assert_eq!(fields, ["Заказ 5"]);
        assert_eq!(step.fields[0].0, "UF_CRM_ORDER");
        let comment = step.comment.unwrap();
        assert_eq!(
            comment.shown(),
            "Пробная заявка leadgate\n\nНомер {{steps.orders.number}}"
        );
    }
}
