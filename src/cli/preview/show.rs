//! A preview as a person reads it.

use serde_json::Value;

use super::no_plan;
use crate::cli::journal::print_plan;
use crate::cli::out::{Ink, Out, clean};
use crate::cli::packets::Given;
use crate::delivery::{Change, Foresight, Target, Verdict};
use crate::domain::{Lang, text};
use crate::mapping::{FieldTrace, Outcome};
use crate::preview::{Mapped, Seen};

/// What is looked at, and through which profile.
pub(super) fn head(seen: &Seen<'_>, given: &Given, out: &Out) {
    let profile = seen.profile;
    out.table(&[
        vec![
            (Ink::Dim, "packet".to_owned()),
            (
                Ink::Plain,
                format!("{}, {}", seen.packet.source, given.shown),
            ),
        ],
        vec![
            (Ink::Dim, "profile".to_owned()),
            (
                Ink::Plain,
                format!(
                    "«{}» ({}, edition {})",
                    profile.name, profile.file, profile.hash
                ),
            ),
        ],
    ]);
}

/// Fields, plan, calls, changes.
pub(super) fn body(seen: &Seen<'_>, out: &Out) {
    fields(seen.mapped, out);
    match &seen.mapped.outcome {
        Outcome::Plan(plan) => {
            heading(out, "Plan");
            print_plan(plan, out);
            notes(seen.mapped, out);
        }
        Outcome::Reject(_) | Outcome::Park { .. } => {
            let why = no_plan(&seen.mapped.outcome).unwrap_or_default();
            Out::line("");
            Out::line(out.ink(Ink::Bad, &format!("No plan: {}", clean(&why))));
        }
    }
    if let Some((name, foresight)) = seen.crm {
        crm(name, foresight, out);
    }
    Out::line("");
    Out::line(out.ink(Ink::Dim, "nothing was written"));
}

fn heading(out: &Out, text: &str) {
    let text = out.ink(Ink::Strong, text);
    Out::line(format!("\n{text}"));
}

/// Longer values are cut on the screen; `--json` has them whole.
fn short(value: &str) -> String {
    text::ellipsis(&clean(&value.replace('\n', " ")), 60)
}

fn fields(mapped: &Mapped, out: &Out) {
    if mapped.fields.is_empty() {
        return;
    }
    heading(out, "Fields");
    let rows: Vec<Vec<(Ink, String)>> = mapped.fields.iter().map(field).collect();
    out.table(&rows);
}

fn field(field: &FieldTrace) -> Vec<(Ink, String)> {
    let (ink, value) = match &field.value {
        Some(value) if value.is_empty() => (Ink::Warn, "(empty)".to_owned()),
        Some(value) => (Ink::Strong, short(value)),
        None => (Ink::Warn, "–".to_owned()),
    };
    let place = field.place.clone().unwrap_or_else(|| field.from.join(", "));
    let mut from = format!("← {}", clean(&place));
    match (&field.value, &field.place) {
        (Some(value), Some(_)) => {
            if let Some(raw) = field.raw.as_ref().filter(|raw| *raw != value) {
                from = format!("{from} «{}», as {}", short(raw), field.form);
            }
        }
        (Some(_), None) => from = format!("{from}: no value there; {}", field.missing),
        (None, _) => {
            let why = match &field.raw {
                Some(raw) => format!("«{}» is not {}", short(raw), field.form),
                None => "nothing there".to_owned(),
            };
            from = format!("{from}: {why}; {}", field.missing);
        }
    }
    vec![
        (Ink::Plain, format!("  {}", field.name)),
        (ink, value),
        (Ink::Dim, from),
    ]
}

/// What the plan leaves out, and what the profile has to say.
fn notes(mapped: &Mapped, out: &Out) {
    let Outcome::Plan(plan) = &mapped.outcome else {
        return;
    };
    if !mapped.left_out.is_empty() {
        heading(out, "Left out");
        let rows: Vec<Vec<(Ink, String)>> = mapped
            .left_out
            .iter()
            .map(|left| {
                vec![
                    (Ink::Plain, format!("  {}.{}", left.block, left.name)),
                    (Ink::Dim, format!("← {}", short(&left.rule))),
                ]
            })
            .collect();
        out.table(&rows);
    }
    for note in &plan.notes {
        let text = format!("  · {}: {}", clean(&note.about), clean(&note.text));
        Out::line(out.ink(Ink::Warn, &text));
    }
}

fn crm(name: &str, foresight: &Foresight, out: &Out) {
    heading(out, &format!("CRM {name}"));
    for call in &foresight.reads {
        let head = format!("  read: {} ({} commands)", call.method, call.commands.len());
        Out::line(out.ink(Ink::Dim, &head));
        for command in &call.commands {
            let params = text::ellipsis(&clean(&command.params.to_string()), 300);
            Out::line(format!("    {} {params}", command.method));
        }
    }
    for words in &foresight.explanation {
        Out::line(format!("  · {}", clean(&words.tell(Lang::En))));
    }
    match &foresight.verdict {
        Some(Verdict::Park { reason, text }) => {
            let text = format!("  it would be parked ({reason}): {}", clean(text));
            Out::line(out.ink(Ink::Bad, &text));
        }
        Some(Verdict::Delivered | Verdict::Retry { .. }) | None => {}
    }
    if foresight.verdict.is_none() && foresight.writes.is_empty() {
        Out::line(out.ink(Ink::Good, "  nothing would change"));
    }
    for call in &foresight.writes {
        let head = format!(
            "  would write: {} ({} commands)",
            call.method,
            call.commands.len()
        );
        Out::line(out.ink(Ink::Strong, &head));
        for (method, params) in &call.commands {
            let params = text::ellipsis(&clean(&params.to_string()), 1000);
            Out::line(format!("    {method} {params}"));
        }
    }
    if !foresight.changes.is_empty() {
        heading(out, "Changes");
        let rows: Vec<Vec<(Ink, String)>> = foresight.changes.iter().map(change).collect();
        out.table(&rows);
    }
}

fn change(change: &Change) -> Vec<(Ink, String)> {
    let is_new = matches!(change.target, Target::NewContact | Target::NewRecord(_));
    let old = match &change.old {
        Some(old) => format!("«{}» → ", short(&plain(old))),
        None if is_new => String::new(),
        None => "– → ".to_owned(),
    };
    let ink = if change.old.is_some() {
        Ink::Warn
    } else {
        Ink::Good
    };
    vec![
        (Ink::Plain, format!("  {}", change.target)),
        (Ink::Plain, change.field.clone()),
        (ink, format!("{old}«{}»", short(&plain(&change.new)))),
    ]
}

/// Text as it is, a list with commas.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
