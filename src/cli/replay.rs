//! `leadgate replay`: delivers again what came to an end or to a stop. Works while the gateway runs, which
//! begins within two seconds, and while it does not, then at the next start.

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;

use super::Failure;
use super::filter::FilterArgs;
use super::journal::{ink, one, print_plan};
use super::out::{Ink, Out, clean};
use super::progress::Progress;
use crate::app::STORE_FILE;
use crate::config::Settings;
use crate::domain::{Clock as _, Lang, Plan, State, SubmissionId, SystemClock, text};
use crate::journal::{Entry, Filter, History, Journal};
use crate::profiles::ProfileStore;
use crate::replay::{self, Change, ReplayBy, StoreError};
use crate::store::Store;

/// How many are read and queued at a time.
const PAGE: usize = 200;

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct Replay {
    /// One submission: its id, at least four of its first or last digits, or poll/answer (123/345).
    #[arg(conflicts_with_all = ["state", "reason", "profile", "channel", "since", "until", "text", "limit"])]
    id: Option<String>,
    #[command(flatten)]
    filter: FilterArgs,
    /// At most so many, the newest.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// By the plan of its history instead of today's profile.
    #[arg(long)]
    as_mapped: bool,
    /// Only show the plans, and what is different from those of the history.
    #[arg(long)]
    dry_run: bool,
    /// Also what was delivered: its contact and record are looked for and brought up to date, not made anew.
    #[arg(long)]
    delivered: bool,
    /// Also what was refused on receipt: its sender was told that it was not accepted.
    #[arg(long)]
    rejected: bool,
}

impl Replay {
    fn order(&self) -> replay::Replay {
        let by = if self.as_mapped {
            ReplayBy::StoredPlan
        } else {
            ReplayBy::TodaysProfile
        };
        let also = [
            (self.delivered, State::Delivered),
            (self.rejected, State::Rejected),
        ];
        let also: Vec<State> = also
            .into_iter()
            .filter_map(|(wanted, state)| wanted.then_some(state))
            .collect();
        replay::Replay::new(by, &also)
    }
}

pub(super) fn run(replay: &Replay, settings: &Settings, out: &Out) -> Result<ExitCode, Failure> {
    if replay.id.is_none() && replay.filter.is_empty() && replay.limit.is_none() {
        let advice = "say what to replay: an id, or a filter such as --state parked";
        return Err(Failure::new(2, anyhow::anyhow!(advice)));
    }
    let filter = replay.filter.filter(SystemClock.now())?;
    let path = settings.data.dir.join(STORE_FILE);
    let store = if replay.dry_run {
        Store::open_read_only(&path)
    } else {
        Store::open_beside(&path)
    };
    let store = store.map_err(|error| Failure::new(1, error))?;
    let work = Work {
        replay,
        order: replay.order(),
        journal: Journal::new(store.clone()),
        store,
        now: SystemClock.now(),
    };
    match (&replay.id, replay.dry_run) {
        (Some(name), true) => {
            let history = one(&work.journal, name)?;
            work.preview(&history, &profiles(settings), out);
            Ok(ExitCode::SUCCESS)
        }
        (Some(name), false) => work.queue_one(&one(&work.journal, name)?.entry),
        (None, true) => work.preview_all(filter, &profiles(settings), out),
        (None, false) => work.queue_all(filter),
    }
}

fn profiles(settings: &Settings) -> ProfileStore {
    let mappings = &settings.mappings;
    ProfileStore::open(&mappings.dir, &mappings.templates).0
}

struct Work<'a> {
    replay: &'a Replay,
    order: replay::Replay,
    journal: Journal,
    store: Store,
    now: Timestamp,
}

impl Work<'_> {
    fn queue(&self, ids: Vec<SubmissionId>) -> Result<Vec<Result<(), StoreError>>, Failure> {
        actix_web::rt::System::new()
            .block_on(self.order.queue(&self.store, ids, self.now))
            .map_err(|error| Failure::new(1, error))
    }

    fn queue_one(&self, entry: &Entry) -> Result<ExitCode, Failure> {
        for told in self.queue(vec![entry.id])? {
            told.map_err(|error| {
                let hint = hint(entry.state).unwrap_or_default();
                Failure::new(1, anyhow::anyhow!("{error}{hint}"))
            })?;
        }
        Out::line(format!("queued again: {}", entry.id));
        Ok(ExitCode::SUCCESS)
    }

    fn queue_all(&self, filter: Filter) -> Result<ExitCode, Failure> {
        let mut progress = Progress::new("replaying");
        let (mut queued, mut left) = (0_u64, Left::default());
        self.pages(filter, |page| {
            let (ready, others): (Vec<&Entry>, Vec<&Entry>) =
                page.iter().partition(|entry| self.order.takes(entry.state));
            for entry in others {
                left.state(entry.state);
            }
            let ids = ready.iter().map(|entry| entry.id).collect();
            for (entry, told) in ready.iter().zip(self.queue(ids)?) {
                match told {
                    Ok(()) => queued += 1,
                    Err(StoreError::Bare { .. }) => left.add("without a body any more"),
                    Err(StoreError::NoPlan { .. }) => left.add("without a whole plan"),
                    Err(_) => left.state(entry.state),
                }
            }
            progress.at(queued);
            Ok(())
        })?;
        drop(progress);
        Out::line(format!("queued again: {queued}"));
        left.print();
        Ok(ExitCode::SUCCESS)
    }

    fn preview_all(
        &self,
        filter: Filter,
        profiles: &ProfileStore,
        out: &Out,
    ) -> Result<ExitCode, Failure> {
        let (mut shown, mut left) = (0_u64, Left::default());
        self.pages(filter, |page| {
            for entry in page {
                if self.order.takes(entry.state) {
                    let history = one(&self.journal, &entry.id.to_string())?;
                    self.preview(&history, profiles, out);
                    shown += 1;
                } else {
                    left.state(entry.state);
                }
            }
            Ok(())
        })?;
        Out::line(format!(
            "would be queued again: {shown}; nothing was written"
        ));
        left.print();
        Ok(ExitCode::SUCCESS)
    }

    /// The filter's submissions a page at a time, newest first, up to the limit.
    fn pages(
        &self,
        mut filter: Filter,
        mut each: impl FnMut(&[Entry]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut left = self.replay.limit.unwrap_or(usize::MAX);
        loop {
            let page = self
                .journal
                .list(&filter, PAGE.min(left))
                .map_err(|error| Failure::new(1, error))?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            filter.before = Some(last.cursor());
            left -= page.len().min(left);
            each(&page)?;
        }
    }

    fn preview(&self, history: &History, profiles: &ProfileStore, out: &Out) {
        let entry = &history.entry;
        let head = format!("Submission {}, {}", entry.id.short(), entry.source);
        Out::line(format!(
            "{}: {}",
            out.ink(Ink::Strong, &head),
            out.ink(ink(entry.state), entry.state.as_str())
        ));
        if !self.order.takes(entry.state)
            && let Some(hint) = hint(entry.state)
        {
            Out::line(out.ink(Ink::Warn, &format!("  it would be left alone{hint}")));
        }
        let stored = replay::stored_plan(history);
        let planned = if self.replay.as_mapped {
            let none = "its history has no whole plan";
            stored.cloned().ok_or_else(|| none.to_owned())
        } else {
            replay::todays_plan(history, &profiles.current())
        };
        match planned {
            Ok(plan) => {
                print_plan(&plan, Lang::En, out);
                compare(stored, &plan, out);
            }
            Err(why) => Out::line(out.ink(Ink::Bad, &format!("  no plan: {}", clean(&why)))),
        }
        Out::line("");
    }
}

fn compare(stored: Option<&Plan>, plan: &Plan, out: &Out) {
    let Some(stored) = stored else {
        Out::line(out.ink(Ink::Dim, "  its history has no plan to compare with"));
        return;
    };
    let changes = replay::difference(stored, plan);
    if changes.is_empty() {
        Out::line(out.ink(Ink::Dim, "  the same as the plan of its history"));
        return;
    }
    Out::line("  Different from the plan of its history:");
    for change in changes {
        print_change(&change, out);
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

/// How to have one replayed that stands there; `None` where that is no question.
fn hint(state: State) -> Option<&'static str> {
    match state {
        State::Delivered => {
            Some("; to look for what it became and bring it up to date, add --delivered")
        }
        State::Rejected => Some("; to accept it by hand, add --rejected"),
        State::Queued | State::Leased => Some("; it is being delivered already"),
        State::Waiting | State::Parked | State::Captured | State::Ignored => None,
    }
}

/// What was left alone, counted by why.
#[derive(Default)]
struct Left(BTreeMap<String, u64>);

impl Left {
    fn state(&mut self, state: State) {
        let hint = hint(state).unwrap_or_default();
        self.add(&format!("{state}{hint}"));
    }

    fn add(&mut self, why: &str) {
        *self.0.entry(why.to_owned()).or_default() += 1;
    }

    fn print(&self) {
        for (why, count) in &self.0 {
            Out::line(format!("left alone: {count} {why}"));
        }
    }
}
