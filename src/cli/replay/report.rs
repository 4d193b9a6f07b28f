//! The output of a replay: text for people, or one JSON object per line for programs.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::cli::entries::{as_json, ink};
use crate::cli::journal::print_plan;
use crate::cli::out::{Ink, Out, clean};
use crate::domain::{Bilingual, Lang, State, bilingual, text};
use crate::intake;
use crate::journal::{Entry, state_texts};
use crate::replay::{DryRun, LeftAlone, PlanChange, PlanDifference, StepFate, StepRun, StoreError};

/// Prints one submission after the other and counts them.
pub(super) struct ReplayReport<'a> {
    out: &'a Out,
    json: bool,
    dry_run: bool,
    /// How many of the submissions to queue have no plan.
    unplanned: u64,
    /// How many were queued, or would be.
    taken: u64,
    /// How many were left alone, by reason.
    left: BTreeMap<String, u64>,
}

/// What to print, and how.
pub(super) struct ReportOptions {
    /// One JSON object per line.
    pub(super) json: bool,
    pub(super) dry_run: bool,
}

impl<'a> ReplayReport<'a> {
    pub(super) fn new(out: &'a Out, options: &ReportOptions) -> Self {
        Self {
            out,
            json: options.json,
            dry_run: options.dry_run,
            unplanned: 0,
            taken: 0,
            left: BTreeMap::new(),
        }
    }

    /// Returns the language of the text.
    pub(super) fn lang(&self) -> Lang {
        self.out.lang()
    }

    /// Returns how many were queued, or would be.
    pub(super) fn count(&self) -> u64 {
        self.taken
    }

    /// Reports the store's answer to queueing a submission.
    pub(super) fn queued(&mut self, entry: &Entry, queued: &Result<(), StoreError>) {
        let lang = self.lang();
        let bare = Bilingual::new("without a body", "содержимое удалено").pick(lang);
        let unplanned = Bilingual::new("without a whole plan", "без полного плана").pick(lang);
        let why = match queued {
            Ok(()) => None,
            Err(StoreError::Bare { .. }) => Some(bare.to_owned()),
            Err(StoreError::NoPlan { .. }) => Some(unplanned.to_owned()),
            Err(_) => Some(left_reason(entry.state, lang)),
        };
        self.record(entry, why);
    }

    /// Reports a submission that its state excludes.
    pub(super) fn left(&mut self, entry: &Entry) {
        self.record(entry, Some(left_reason(entry.state, self.lang())));
    }

    /// Reports a submission that is left alone for this reason.
    pub(super) fn left_because(&mut self, entry: &Entry, why: &str) {
        self.record(entry, Some(why.to_owned()));
    }

    fn record(&mut self, entry: &Entry, left: Option<String>) {
        if self.json {
            Out::line(line(entry, left.as_deref(), self.lang()).to_string());
        }
        self.add(left);
    }

    fn add(&mut self, left: Option<String>) {
        match left {
            None => self.taken += 1,
            Some(why) => *self.left.entry(why).or_default() += 1,
        }
    }

    /// Reports what a replay would do with a submission.
    pub(super) fn preview(&mut self, entry: &Entry, dry_run: &DryRun) {
        let lang = self.lang();
        let left = dry_run.left.as_ref().map(|left| left_text(left, lang));
        if self.json {
            let mut line = line(entry, left.as_deref(), lang);
            if let (Value::Object(line), Value::Object(more)) = (&mut line, dry_run.to_json(lang)) {
                line.extend(more);
            }
            Out::line(line.to_string());
        } else {
            show(entry, dry_run, left.as_deref(), self.out);
        }
        self.unplanned += u64::from(left.is_none() && dry_run.plan.is_err());
        self.add(left);
    }

    /// Ends the report of a single submission.
    pub(super) fn end_of_one(&self, entry: &Entry) {
        if self.json {
            self.end();
        } else if self.taken > 0 && !self.dry_run {
            let queued = Bilingual::new("queued again", "снова в очереди").pick(self.lang());
            Out::line(format!("{queued}: {}", entry.id));
        }
    }

    /// Prints the totals.
    pub(super) fn end(&self) {
        let (taken, unplanned, lang) = (self.taken, self.unplanned, self.lang());
        if self.json {
            let sum = json!({"dry_run": self.dry_run, "queued": taken, "left": self.left});
            Out::line(json!({"summary": sum}).to_string());
            return;
        }
        if self.dry_run {
            let would =
                Bilingual::new("would be queued again", "встало бы снова в очередь").pick(lang);
            let nothing = Bilingual::new("nothing was written", "ничего не записано").pick(lang);
            let parked = Bilingual::new(
                "of these without a plan, to be parked again",
                "из них без плана, снова отложено",
            )
            .pick(lang);
            Out::line(match unplanned {
                0 => format!("{would}: {taken}; {nothing}"),
                some => format!("{would}: {taken}; {parked}: {some}; {nothing}"),
            });
        } else {
            let queued = Bilingual::new("queued again", "снова в очереди").pick(lang);
            Out::line(format!("{queued}: {taken}"));
        }
        let left = Bilingual::new("left alone", "не тронуто").pick(lang);
        for (why, count) in &self.left {
            Out::line(format!("{left}: {count} {why}"));
        }
    }
}

/// Returns a submission as JSON, with the reason if it was left alone.
fn line(entry: &Entry, left: Option<&str>, lang: Lang) -> Value {
    let mut line = as_json(entry, lang);
    line["queued"] = json!(left.is_none());
    line["left"] = json!(left);
    line
}

/// Returns the reason why submissions in this state are left alone.
pub(super) fn left_reason(state: State, lang: Lang) -> String {
    format!(
        "{}{}",
        state.in_short(lang),
        hint(state, lang).unwrap_or_default()
    )
}

/// Returns why a submission is left alone, with the flag that would help.
pub(super) fn left_text(left: &LeftAlone, lang: Lang) -> String {
    match left {
        LeftAlone::State(state) => left_reason(*state, lang),
        LeftAlone::LacksStep { .. } => left.to_text(lang),
    }
}

fn show(entry: &Entry, dry_run: &DryRun, left: Option<&str>, out: &Out) {
    let lang = out.lang();
    let what = Bilingual::new("Submission", "Обращение").pick(lang);
    let head = format!(
        "{what} {}, {}",
        entry.id.short(),
        intake::sources().full_label(&entry.source, lang)
    );
    Out::line(format!(
        "{}: {}",
        out.ink(Ink::Strong, &head),
        out.ink(ink(entry.state), entry.state.in_short(lang))
    ));
    if let Some(why) = left {
        let left = Bilingual::new("it would be left alone", "не будет тронуто").pick(lang);
        Out::line(out.ink(Ink::Warn, &format!("  {left}: {}", clean(why))));
    }
    match &dry_run.plan {
        Ok(plan) => {
            print_plan(plan, out);
            compare(dry_run.changes.as_ref(), lang, out);
            fates(&dry_run.fates, lang, out);
        }
        Err(why) => {
            let none = Bilingual::new("no plan", "плана нет").pick(lang);
            let why = clean(&why.to_text(lang));
            Out::line(out.ink(Ink::Bad, &format!("  {none}: {why}")));
        }
    }
    Out::line("");
}

/// Says which steps run and which stay as they are; a plan of one step needs no words.
fn fates(fates: &[StepFate], lang: Lang, out: &Out) {
    if fates.len() < 2 {
        return;
    }
    let again = Bilingual::new("run again", "выполнятся снова").pick(lang);
    let first = Bilingual::new("run for the first time", "выполнятся впервые").pick(lang);
    let stays = Bilingual::new("stay as they are", "останутся как есть").pick(lang);
    let mut groups: [(&str, Ink, Vec<String>); 3] = [
        (again, Ink::Strong, Vec::new()),
        (first, Ink::Strong, Vec::new()),
        (stays, Ink::Dim, Vec::new()),
    ];
    let [runs_again, runs_first, stay] = &mut groups;
    for fate in fates {
        let name = clean(&fate.name);
        match fate.runs {
            StepRun::Again => runs_again.2.push(name),
            StepRun::First => runs_first.2.push(name),
            StepRun::Stays(verdict) => {
                let verdict = state_texts::verdict(verdict, lang);
                stay.2.push(format!("{name} ({verdict})"));
            }
        }
    }
    for (what, ink, names) in groups {
        if !names.is_empty() {
            Out::line(out.ink(ink, &format!("  {what}: {}", names.join(", "))));
        }
    }
}

fn compare(difference: Option<&PlanDifference>, lang: Lang, out: &Out) {
    let kept = difference.map_or(&[][..], |difference| &difference.kept);
    match difference.map(|difference| difference.changes.as_slice()) {
        None => {
            let none = "  в его истории нет плана для сравнения";
            let none = Bilingual::new("  its history has no plan to compare with", none).pick(lang);
            Out::line(out.ink(Ink::Dim, none));
        }
        Some([]) if !kept.is_empty() => {}
        Some([]) => {
            let same = "  совпадает с планом в его истории";
            let same = Bilingual::new("  identical to the plan of its history", same).pick(lang);
            Out::line(out.ink(Ink::Dim, same));
        }
        Some(changes) => {
            Out::line(
                Bilingual::new(
                    "  Differences from the plan of its history:",
                    "  Отличия от плана в его истории:",
                )
                .pick(lang),
            );
            for change in changes {
                print_change(change, out);
            }
        }
    }
    if !kept.is_empty() {
        let kept = kept.join(", ");
        let kept = bilingual!(
            "  in the CRM already, written again only if it was deleted there: {kept}",
            "  уже есть в CRM, повторно запишем, только если там это удалили: {kept}"
        );
        Out::line(out.ink(Ink::Dim, &kept.pick(lang)));
    }
}

fn print_change(change: &PlanChange, out: &Out) {
    let shown = |value: &str| {
        let moment = change.about.ends_with("(deadline)").then(|| value.parse());
        match moment {
            Some(Ok(at)) => out.moment(at),
            _ => text::ellipsis(&clean(value), 80),
        }
    };
    let about = clean(&change.about_text(out.lang()));
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

/// Returns how to replay a submission in this state, or why it cannot be; `None` where nothing
/// needs saying.
pub(super) fn hint(state: State, lang: Lang) -> Option<&'static str> {
    match state {
        State::Delivered => Some(
            Bilingual::new(
                "; all steps are finished; name one with --step to repeat it",
                "; все шаги выполнены; чтобы повторить шаг, назовите его: --step",
            )
            .pick(lang),
        ),
        State::Rejected => Some(
            Bilingual::new(
                "; to accept it by hand, add --rejected",
                "; чтобы принять вручную, добавьте --rejected",
            )
            .pick(lang),
        ),
        State::Queued | State::Leased => Some(
            Bilingual::new("; it is already being delivered", "; его уже доставляют").pick(lang),
        ),
        State::Waiting | State::Parked | State::Captured | State::Ignored => None,
    }
}
