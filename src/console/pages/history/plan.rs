//! The plan of a submission: each field with its value and its place in the packet, and why others
//! were left out.

use maud::{Markup, html};

use crate::console::layout::moment;
use crate::console::mask;
use crate::console::visit::Visit;
use crate::domain::text::ellipsis;
use crate::domain::{
    CrmStep, DroppedValue, Explanation, OnUpdate, Plan, PlannedField, PlannedValue, Step,
};
use crate::journal::{Event, History};

/// Characters of a value.
const SHOWN: usize = 300;

/// Shows a plan.
pub(super) fn show(visit: &Visit<'_>, history: &History, plan: &Plan) -> Markup {
    html! {
        h2 { (visit.t("Fields and plan", "Поля и план")) }
        @for step in &plan.steps { (one_step(visit, step)) }
        (left_out(visit, history))
    }
}

fn one_step(visit: &Visit<'_>, step: &Step) -> Markup {
    let when: Vec<String> = step
        .when
        .iter()
        .map(|test| {
            let wanted: Vec<&str> = test.wanted.iter().map(|it| it.text.as_str()).collect();
            format!("{}: {}", test.name, wanted.join(", "))
        })
        .collect();
    html! {
        @if step.name != CrmStep::NAME { h3 { (visit.t("Step", "Шаг")) " " (step.name) } }
        @if !when.is_empty() { p.hint { (visit.t("if ", "если ")) code { (when.join("; ")) } } }
        @match step.kind.crm() {
            Some(crm) => (crm_step(visit, crm, &step.kind.facts())),
            None => (facts(visit, &step.kind.facts())),
        }
    }
}

fn crm_step(visit: &Visit<'_>, step: &CrmStep, all: &[(String, String)]) -> Markup {
    let t = |en, ru| visit.t(en, ru);
    html! {
        div.table { table {
            thead { tr {
                th { (t("Field", "Поле")) } th { (t("Value", "Значение")) }
                th { (t("From", "Откуда")) } th { (t("In a found one", "В найденном")) }
            } }
            tbody {
                @for (owner, field) in step.fields() { (field_row(visit, owner, field)) }
                @if let Some(comment) = &step.comment {
                    tr {
                        td { (t("comment", "комментарий")) }
                        td.wide { (mask::masked(visit, &ellipsis(comment.text.as_str(), SHOWN))) }
                        td { code { (comment.origin.rule) } }
                        td {}
                    }
                }
                @for file in &step.files {
                    tr { td { (t("file", "файл")) } td { (mask::masked(visit, &file.to_text())) }
                        td { code { (file.place) } } td {} }
                }
                @if let Some(todo) = &step.todo {
                    tr { td { (t("to-do", "дело")) } td { (mask::masked(visit, todo.title.as_str())) }
                        td { (t("until ", "до ")) (moment(visit, todo.deadline)) } td {} }
                }
            }
        } }
        (rules(visit, step, all))
    }
}

fn field_row(visit: &Visit<'_>, owner: &str, field: &PlannedField) -> Markup {
    let value = match &field.value {
        PlannedValue::File(file) => file.to_text(),
        value => value.as_str().to_owned(),
    };
    let is_searched = field.search_key(None).is_some();
    html! {
        tr {
            td { code { (owner) "." (field.name) }
                @if is_searched { " " span.chip { (visit.t("search", "поиск")) } } }
            td.wide { (mask::masked(visit, &ellipsis(&value, SHOWN))) }
            td { (origin(visit, field)) }
            td { (on_update(visit, field.on_update)) }
        }
    }
}

fn origin(visit: &Visit<'_>, field: &PlannedField) -> Markup {
    html! {
        @if field.origin.sources.is_empty() { code { (field.origin.rule) } }
        @for source in &field.origin.sources {
            div { @match &source.path {
                Some(path) => code { (path) },
                None => { (source.field) " " span.hint { (visit.t("(default)", "(по умолчанию)")) } },
            } }
        }
    }
}

fn on_update<'v>(visit: &'v Visit<'_>, rule: OnUpdate) -> &'v str {
    match rule {
        OnUpdate::Keep => visit.t("keep", "не менять"),
        OnUpdate::Overwrite => visit.t("overwrite", "заменять"),
        OnUpdate::Fill => visit.t("if empty", "только если пусто"),
        OnUpdate::Append => visit.t("append", "дописать"),
    }
}

/// Everything of a step that is no field: how it searches, stages, products.
fn rules(visit: &Visit<'_>, step: &CrmStep, all: &[(String, String)]) -> Markup {
    let is_field = |name: &str| {
        let mut fields = step.fields();
        fields.any(|(owner, field)| name == format!("{owner}.{}", field.name))
    };
    let rules: Vec<&(String, String)> = all.iter().filter(|(name, _)| !is_field(name)).collect();
    html! {
        @if !rules.is_empty() { details {
            summary { (visit.t("Rules of this step", "Правила этого шага")) }
            (facts(visit, rules))
        } }
    }
}

fn facts<'f>(visit: &Visit<'_>, facts: impl IntoIterator<Item = &'f (String, String)>) -> Markup {
    html! {
        div.table { table { tbody { @for (name, value) in facts {
            tr {
                th scope="row" { code { (name) } }
                td.wide { (mask::masked(visit, &ellipsis(value, SHOWN))) }
            }
        } } } }
    }
}

/// What was left out, and why, in sentences.
fn left_out(visit: &Visit<'_>, history: &History) -> Markup {
    let since = &history.entry.left_out;
    html! {
        @if !since.is_empty() {
            h3.warn { (visit.t("Not written", "Не записано")) }
            ul { @for (dropped, why) in reasons(history, since) {
                li { code { (dropped.field) }
                    @if let Some(place) = &dropped.place { " ← " code { (place) } }
                    @if let Some(why) = why { ": " (mask::line(visit, &why.to_text(visit.lang), 500)) }
                }
            } }
        }
    }
}

/// Returns each value that was left out with the latest explanation that says so.
fn reasons<'h>(
    history: &'h History,
    dropped: &'h [DroppedValue],
) -> Vec<(&'h DroppedValue, Option<&'h Explanation>)> {
    let explanations = || {
        history
            .events
            .iter()
            .rev()
            .filter_map(|logged| match &logged.event {
                Event::Because(why) => Some(why),
                _ => None,
            })
    };
    let why = |dropped: &DroppedValue| {
        explanations().find(|why| DroppedValue::all([*why]).first() == Some(dropped))
    };
    dropped
        .iter()
        .map(|dropped| (dropped, why(dropped)))
        .collect()
}
