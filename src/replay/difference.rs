//! Compares two plans field by field.

use serde::Serialize;

use super::written::WrittenBefore;
use crate::domain::{
    CrmStep, IfItFails, Lang, Plan, PlannedField, PlannedValue, SaveFrom, SaveMissing, SaveRule,
    Step, StepKind, UnknownLabel,
};

/// The differences between the plan of a history and the plan of a replay.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PlanDifference {
    /// What a replay would do differently.
    pub changes: Vec<PlanChange>,
    /// What differs, too, but is in the CRM already and is written only once: `comment`, `todo`.
    pub kept: Vec<&'static str>,
}

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

impl PlanChange {
    /// Names the field or rule for people: fields as they are, rules in words.
    pub fn about_text(&self, lang: Lang) -> String {
        about_text(&self.about, lang)
    }
}

/// Names a field or rule of a plan for people: fields as they are, rules in words.
pub fn about_text(about: &str, lang: Lang) -> String {
    if lang == Lang::En {
        return about.to_owned();
    }
    match about.split_once(" (") {
        Some((of, rule)) => {
            let rule = in_russian(rule.trim_end_matches(')'));
            format!("{} ({rule})", in_russian(of))
        }
        None => in_russian(about).to_owned(),
    }
}

fn in_russian(word: &str) -> &str {
    match word {
        "among" => "среди",
        "comment" => "комментарий",
        "conflict" => "разные совпадения",
        "connection" => "подключение",
        "deadline" => "срок",
        "found" => "если найдено",
        "match" => "совпадение",
        "on" => "когда",
        "preset" => "шаблон реквизитов",
        "profile" => "профиль",
        "responsible" => "ответственный",
        "rules" => "правила",
        "several" => "если подходят несколько",
        "stage" => "стадия",
        "stage on update" => "стадия при обновлении",
        "text" => "текст",
        "todo" => "дело",
        "unknown" => "если нет в списке",
        "without key" => "без поля поиска",
        _ => word,
    }
}

/// Returns the differences between two plans, in the order of the second; removed fields are last.
/// A new edition of the profile alone is not a difference.
pub fn difference(before: &Plan, after: &Plan, written: WrittenBefore) -> PlanDifference {
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
    let changes = new
        .chain(gone)
        .map(|about| PlanChange {
            about: about.clone(),
            before: value_of(&before, about),
            after: value_of(&after, about),
        })
        .filter(|change| change.before != change.after);
    let mut difference = PlanDifference::default();
    for change in changes {
        match written.part(&change.about) {
            Some(part) if difference.kept.contains(&part) => {}
            Some(part) => difference.kept.push(part),
            None => difference.changes.push(change),
        }
    }
    difference
}

/// Returns a plan as names and values. The names of the step `crm` stand alone; those of other
/// steps begin with the step's name.
fn facts(plan: &Plan) -> Vec<(String, String)> {
    let mut facts = vec![("profile".to_owned(), plan.profile.file.clone())];
    for step in &plan.steps {
        let of_step = step.kind.facts().into_iter().chain(rules(step));
        facts.extend(of_step.map(|(about, value)| {
            if step.name == CrmStep::NAME {
                (about, value)
            } else {
                (format!("{}: {about}", step.name), value)
            }
        }));
    }
    facts
}

/// Returns the rules of a step that are no part of what it sends.
fn rules(step: &Step) -> Vec<(String, String)> {
    let mut rules = Vec::new();
    if step.if_it_fails == IfItFails::Continue {
        rules.push(("if_it_fails".to_owned(), "continue".to_owned()));
    }
    for test in &step.when {
        let wanted: Vec<&str> = test.wanted.iter().map(|it| it.text.as_str()).collect();
        rules.push((format!("when.{}", test.name), wanted.join(", ")));
    }
    if let StepKind::Crm(crm) = &step.kind {
        rules.extend(crm.fields().filter_map(unknown_label));
    }
    let StepKind::Http(http) = &step.kind else {
        return rules;
    };
    let statuses: Vec<String> = http.success.statuses.iter().map(u16::to_string).collect();
    if !statuses.is_empty() {
        rules.push(("success.status".to_owned(), statuses.join(", ")));
    }
    let test = http.success.test.iter();
    rules.extend(test.map(|test| ("success.test".to_owned(), test.clone())));
    rules.extend(http.save.iter().map(saved));
    rules
}

/// Returns what becomes of a label that the portal's list lacks, unless a person decides.
fn unknown_label((owner, field): (&str, &PlannedField)) -> Option<(String, String)> {
    let PlannedValue::Label(label) = &field.value else {
        return None;
    };
    let rule = match &label.unknown {
        UnknownLabel::Park => return None,
        UnknownLabel::Skip => "skip",
        UnknownLabel::Default(instead) => instead,
    };
    Some((format!("{owner}.{} (unknown)", field.name), rule.to_owned()))
}

/// Returns a value that is kept of the reply, as the profile writes it.
fn saved(rule: &SaveRule) -> (String, String) {
    let from = match &rule.from {
        SaveFrom::Path(path) => path.clone(),
        SaveFrom::Header(name) => format!("headers.{name}"),
        SaveFrom::Status => "status".to_owned(),
    };
    let missing = match rule.missing {
        SaveMissing::Skip => "",
        SaveMissing::Empty => " (missing: empty)",
        SaveMissing::Fail => " (missing: fail)",
    };
    (format!("save.{}", rule.name), format!("{from}{missing}"))
}
