//! `leadgate replay`: queues submissions again that ended or were parked. A running gateway delivers them
//! within two seconds, a stopped one at its next start.

mod report;

use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;

use self::report::{ReplayPreview, ReplayReport, ReportOptions, hint};
use super::entries::one;
use super::failure::Failure;
use super::filter::FilterArgs;
use super::out::Out;
use super::progress::Progress;
use crate::app::STORE_FILE;
use crate::config::Settings;
use crate::domain::{Bilingual, Clock as _, Lang, State, SubmissionId, SystemClock};
use crate::intake;
use crate::journal::{Entry, Filter, History, Journal};
use crate::profiles::ProfileStore;
use crate::replay::{self, ReplayBy, StoreError};
use crate::store::Store;

/// Submissions read and queued at a time.
const PAGE: usize = 200;

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct ReplayArgs {
    /// One submission: its id, at least four of its first or last digits, or poll/answer (123/345).
    #[arg(conflicts_with_all = ["state", "reason", "profile", "source", "channel", "since", "until", "text", "left_out", "limit"])]
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
    /// The language; left out: as the environment's locale says.
    #[arg(long, value_name = "ru|en", value_parser = super::language::language)]
    lang: Option<Lang>,
    /// One JSON object a line, for machines: each submission, and the sum.
    #[arg(long)]
    json: bool,
}

impl ReplayArgs {
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

pub(super) fn run(
    replay: &ReplayArgs,
    settings: &Settings,
    out: &Out,
) -> Result<ExitCode, Failure> {
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
    let mut work = Work {
        replay,
        order: replay.order(),
        journal: Journal::new(store.clone(), intake::sources()),
        store,
        now: SystemClock.now(),
        report: ReplayReport::new(
            out,
            &ReportOptions {
                json: replay.json,
                dry_run: replay.dry_run,
                lang: replay.lang.unwrap_or_else(|| out.lang()),
            },
        ),
    };
    match (&replay.id, replay.dry_run) {
        (Some(name), true) => {
            let history = one(&work.journal, name)?;
            work.preview(&history, &profiles(settings));
            work.report.end_of_one(&history.entry);
            Ok(ExitCode::SUCCESS)
        }
        (Some(name), false) => work.queue_one(&one(&work.journal, name)?.entry),
        (None, true) => work.preview_all(filter, &profiles(settings)),
        (None, false) => work.queue_all(filter),
    }
}

fn profiles(settings: &Settings) -> ProfileStore {
    let mappings = &settings.mappings;
    ProfileStore::open(&mappings.dir, &mappings.templates).0
}

struct Work<'a> {
    replay: &'a ReplayArgs,
    order: replay::Replay,
    journal: Journal,
    store: Store,
    now: Timestamp,
    report: ReplayReport<'a>,
}

impl Work<'_> {
    fn queue(&self, ids: Vec<SubmissionId>) -> Result<Vec<Result<(), StoreError>>, Failure> {
        actix_web::rt::System::new()
            .block_on(self.order.queue(&self.store, ids, self.now))
            .map_err(|error| Failure::new(1, error))
    }

    fn queue_one(&mut self, entry: &Entry) -> Result<ExitCode, Failure> {
        let mut refused = None;
        for queued in self.queue(vec![entry.id])? {
            self.report.queued(entry, &queued);
            refused = queued.err();
        }
        self.report.end_of_one(entry);
        match refused {
            None => Ok(ExitCode::SUCCESS),
            Some(error) => {
                let hint = hint(entry.state, Lang::En).unwrap_or_default();
                Err(Failure::new(1, anyhow::anyhow!("{error}{hint}")))
            }
        }
    }

    fn queue_all(mut self, filter: Filter) -> Result<ExitCode, Failure> {
        let mut progress =
            Progress::new(Bilingual::new("replaying", "поставлено").pick(self.report.lang()));
        self.pages(filter, |work, page| {
            let takes = |entry: &&Entry| work.order.takes(entry.state);
            let ids = page.iter().filter(takes).map(|entry| entry.id).collect();
            let mut queued = work.queue(ids)?.into_iter();
            for entry in page {
                let result = work.order.takes(entry.state).then(|| queued.next());
                match result.flatten() {
                    Some(result) => work.report.queued(entry, &result),
                    None => work.report.left(entry),
                }
            }
            progress.at(work.report.count());
            Ok(())
        })?;
        drop(progress);
        self.report.end();
        Ok(ExitCode::SUCCESS)
    }

    fn preview_all(mut self, filter: Filter, profiles: &ProfileStore) -> Result<ExitCode, Failure> {
        self.pages(filter, |work, page| {
            for entry in page {
                if work.order.takes(entry.state) {
                    let history = one(&work.journal, &entry.id.to_string())?;
                    work.preview(&history, profiles);
                } else {
                    work.report.left(entry);
                }
            }
            Ok(())
        })?;
        self.report.end();
        Ok(ExitCode::SUCCESS)
    }

    /// The filter's submissions a page at a time, newest first, up to the limit.
    fn pages(
        &mut self,
        mut filter: Filter,
        mut each: impl FnMut(&mut Self, &[Entry]) -> Result<(), Failure>,
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
            each(self, &page)?;
        }
    }

    fn preview(&mut self, history: &History, profiles: &ProfileStore) {
        let (stored, lang) = (replay::stored_plan(history), self.report.lang());
        let plan = if self.replay.as_mapped {
            let none = Bilingual::new(
                "its history has no whole plan",
                "в его истории нет полного плана",
            )
            .pick(lang);
            stored.cloned().ok_or_else(|| none.to_owned())
        } else {
            replay::todays_plan(history, &profiles.current(), &intake::sources(), lang)
        };
        let changes = match (stored, &plan) {
            (Some(stored), Ok(plan)) => Some(replay::difference(stored, plan)),
            (None, _) | (_, Err(_)) => None,
        };
        let preview = ReplayPreview {
            entry: &history.entry,
            is_taken: self.order.takes(history.entry.state),
            plan,
            changes,
        };
        self.report.preview(&preview);
    }
}
