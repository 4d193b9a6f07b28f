//! What a replay tells: in words for a person, or a JSON object a line for machines.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::hint;
use crate::cli::journal::{as_json, ink, print_plan};
use crate::cli::out::{Ink, Out, clean};
use crate::domain::{Lang, Plan, State, text};
use crate::journal::Entry;
use crate::replay::{Change, StoreError};

/// Tells of one submission after the other and counts them.
pub(super) struct Tell<'a> {
    out: &'a Out,
    json: bool,
    dry_run: bool,
    /// Those that were queued, or would be.
    taken: u64,
    /// What was left alone, counted by why.
    left: BTreeMap<String, u64>,
}

/// What a replay would do with one submission.
pub(super) struct Preview<'a> {
    pub(super) entry: &'a Entry,
    /// Whether it would be queued.
    pub(super) is_taken: bool,
    /// The plan, or why there is none.
    pub(super) plan: Result<Plan, String>,
    /// What is different from the plan of its history; `None` when there are not two plans.
    pub(super) changes: Option<Vec<Change>>,
}

impl<'a> Tell<'a> {
    pub(super) fn new(super::Replay { json, dry_run, .. }: &super::Replay, out: &'a Out) -> Self {
        Self {
            out,
            json: *json,
            dry_run: *dry_run,
            taken: 0,
            left: BTreeMap::new(),
        }
    }

    /// How many were queued, or would be.
    pub(super) fn count(&self) -> u64 {
        self.taken
    }

    /// What the store said to queueing it.
    pub(super) fn queued(&mut self, entry: &Entry, told: &Result<(), StoreError>) {
        let why = match told {
            Ok(()) => None,
            Err(StoreError::Bare { .. }) => Some("without a body any more".to_owned()),
            Err(StoreError::NoPlan { .. }) => Some("without a whole plan".to_owned()),
            Err(_) => Some(stands(entry.state)),
        };
        self.fate(entry, why);
    }

    /// It was not touched, for its state.
    pub(super) fn left(&mut self, entry: &Entry) {
        self.fate(entry, Some(stands(entry.state)));
    }

    fn fate(&mut self, entry: &Entry, left: Option<String>) {
        if self.json {
            Out::line(line(entry, left.as_deref()).to_string());
        }
        self.add(left);
    }

    fn add(&mut self, left: Option<String>) {
        match left {
            None => self.taken += 1,
            Some(why) => *self.left.entry(why).or_default() += 1,
        }
    }

    /// What would become of it.
    pub(super) fn preview(&mut self, preview: &Preview<'_>) {
        let left = (!preview.is_taken).then(|| stands(preview.entry.state));
        if self.json {
            let mut line = line(preview.entry, left.as_deref());
            line["plan"] = json!(preview.plan.as_ref().ok());
            line["no_plan"] = json!(preview.plan.as_ref().err());
            line["changes"] = json!(preview.changes);
            Out::line(line.to_string());
        } else {
            show(preview, self.out);
        }
        self.add(left);
    }

    /// The sum of one.
    pub(super) fn end_of_one(&self, entry: &Entry) {
        if self.json {
            self.end();
        } else if self.taken > 0 && !self.dry_run {
            Out::line(format!("queued again: {}", entry.id));
        }
    }

    /// The sum of all.
    pub(super) fn end(&self) {
        let taken = self.taken;
        if self.json {
            let sum = json!({"dry_run": self.dry_run, "queued": taken, "left": self.left});
            Out::line(json!({"summary": sum}).to_string());
            return;
        }
        if self.dry_run {
            Out::line(format!(
                "would be queued again: {taken}; nothing was written"
            ));
        } else {
            Out::line(format!("queued again: {taken}"));
        }
        for (why, count) in &self.left {
            Out::line(format!("left alone: {count} {why}"));
        }
    }
}

/// A submission as it stood, and why it was left alone, if it was.
fn line(entry: &Entry, left: Option<&str>) -> Value {
    let mut line = as_json(entry);
    line["queued"] = json!(left.is_none());
    line["left"] = json!(left);
    line
}

/// Why a state is left alone.
fn stands(state: State) -> String {
    format!("{state}{}", hint(state).unwrap_or_default())
}

fn show(preview: &Preview<'_>, out: &Out) {
    let entry = preview.entry;
    let head = format!("Submission {}, {}", entry.id.short(), entry.source);
    Out::line(format!(
        "{}: {}",
        out.ink(Ink::Strong, &head),
        out.ink(ink(entry.state), entry.state.as_str())
    ));
    if !preview.is_taken
        && let Some(hint) = hint(entry.state)
    {
        Out::line(out.ink(Ink::Warn, &format!("  it would be left alone{hint}")));
    }
    match &preview.plan {
        Ok(plan) => {
            print_plan(plan, Lang::En, out);
            compare(preview.changes.as_deref(), out);
        }
        Err(why) => Out::line(out.ink(Ink::Bad, &format!("  no plan: {}", clean(why)))),
    }
    Out::line("");
}

fn compare(changes: Option<&[Change]>, out: &Out) {
    match changes {
        None => Out::line(out.ink(Ink::Dim, "  its history has no plan to compare with")),
        Some([]) => Out::line(out.ink(Ink::Dim, "  the same as the plan of its history")),
        Some(changes) => {
            Out::line("  Different from the plan of its history:");
            for change in changes {
                print_change(change, out);
            }
        }
    }
}

fn print_change(change: &Change, out: &Out) {
    let shown = |value: &str| text::ellipsis(&clean(&value.replace('\n', " ")), 80);
    let about = clean(&change.about);
    let line = match (&change.before, &change.after) {
        (Some(before), Some(after)) => {
            let (before, after) = (shown(before), shown(after));
            out.ink(Ink::Warn, &format!("    ~ {about}: «{before}» → «{after}»"))
        }
        (None, Some(after)) => out.ink(Ink::Good, &format!("    + {about}: «{}»", shown(after))),
        (Some(before), None) => out.ink(Ink::Bad, &format!("    - {about}: «{}»", shown(before))),
        (None, None) => return,
    };
    Out::line(line);
}
