//! `leadgate replay`: queues submissions again that ended or were parked. A running gateway
//! delivers them within two seconds, a stopped one at its next start.

mod report;

use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;

use self::report::{ReplayReport, ReportOptions, hint, left_reason};
use super::entries::one;
use super::failure::Failure;
use super::filter::FilterArgs;
use super::out::Out;
use super::progress::Progress;
use crate::app::STORE_FILE;
use crate::config::Settings;
use crate::domain::{Bilingual, Clock as _, Lang, State, SubmissionId, SystemClock, bilingual};
use crate::intake;
use crate::journal::{Entry, Filter, History, Journal};
use crate::profiles::ProfileStore;
use crate::replay::{self, LeftAlone, ReplayBy, StoreError};
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
    /// The maximum number of submissions, newest first.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Use the plan of the history instead of today's profile.
    #[arg(long)]
    as_mapped: bool,
    /// Only show the plans and their differences from the history.
    #[arg(long)]
    dry_run: bool,
    /// Repeat this step even if it is finished, also of delivered submissions: a CRM step updates
    /// the contact and the record that it made before. Without it only unfinished steps are
    /// delivered.
    #[arg(long, value_name = "NAME")]
    step: Option<String>,
    /// Like --step, and also repeat the steps after it.
    #[arg(long, value_name = "NAME", conflicts_with = "step")]
    from: Option<String>,
    /// Include delivered submissions. All their steps are finished, so they are left alone
    /// without --step or --from.
    #[arg(long)]
    delivered: bool,
    /// Include submissions that were rejected on receipt; their senders got the reason.
    #[arg(long)]
    rejected: bool,
    /// Print one JSON object per line: each submission, then the totals.
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
        let order = replay::Replay::new(by, &also);
        match (&self.step, &self.from) {
            (Some(step), _) => order.step(step),
            (None, Some(step)) => order.from_step(step),
            (None, None) => order,
        }
    }
}

pub(super) fn run(
    replay: &ReplayArgs,
    settings: &Settings,
    out: &Out,
) -> Result<ExitCode, Failure> {
    if replay.id.is_none() && replay.filter.is_empty() && replay.limit.is_none() {
        let advice = Bilingual::new(
            "say what to replay: an id, or a filter such as --state parked",
            "укажите, что повторить: ID или отбор, например --state parked",
        );
        return Err(Failure::message(2, advice));
    }
    let filter = replay.filter.filter(SystemClock.now(), out.zone())?;
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
            },
        ),
    };
    match (&replay.id, replay.dry_run) {
        (Some(name), true) => {
            let history = one(&work.journal, name)?;
            let profiles = profiles(settings);
            work.needs_step(&history, &profiles)?;
            work.preview(&history, &profiles);
            work.report.end_of_one(&history.entry);
            Ok(ExitCode::SUCCESS)
        }
        (Some(name), false) => {
            let history = one(&work.journal, name)?;
            work.queue_one(&history, settings)
        }
        (None, true) => work.preview_all(filter, &profiles(settings)),
        (None, false) => work.queue_all(filter, settings),
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

    fn queue_one(&mut self, history: &History, settings: &Settings) -> Result<ExitCode, Failure> {
        let entry = &history.entry;
        if self.order.named_step().is_some() {
            self.needs_step(history, &profiles(settings))?;
        }
        let mut refused = None;
        for queued in self.queue(vec![entry.id])? {
            self.report.queued(entry, &queued);
            refused = queued.err();
        }
        self.report.end_of_one(entry);
        match refused {
            None => Ok(ExitCode::SUCCESS),
            // this error already says what to do
            Some(error @ StoreError::AllFinished { .. }) => Err(Failure::new(1, error)),
            Some(error) => {
                let id = entry.id;
                let hint = hint(entry.state, Lang::En).unwrap_or_default();
                let russian = match &error {
                    StoreError::NotQueued { .. } => {
                        let left = left_reason(entry.state, Lang::Ru);
                        format!("обращение {id} нельзя снова поставить в очередь: {left}")
                    }
                    other => other.to_text(Lang::Ru),
                };
                let message = bilingual!("{error}{hint}", "{russian}");
                Err(Failure::message(1, message))
            }
        }
    }

    fn queue_all(mut self, filter: Filter, settings: &Settings) -> Result<ExitCode, Failure> {
        let profiles = self
            .order
            .named_step()
            .is_some()
            .then(|| profiles(settings));
        let mut progress =
            Progress::new(Bilingual::new("replaying", "поставлено").pick(self.report.lang()));
        self.pages(filter, |work, page| {
            let mut lacking = Vec::with_capacity(page.len());
            for entry in page {
                lacking.push(match &profiles {
                    Some(profiles) if work.order.takes(entry.state) => {
                        let history = one(&work.journal, &entry.id.to_string())?;
                        work.lacks_step(&history, profiles)
                    }
                    _ => None,
                });
            }
            let takes = |(entry, lacking): &(&Entry, &Option<LeftAlone>)| {
                work.order.takes(entry.state) && lacking.is_none()
            };
            let entries = || page.iter().zip(&lacking);
            let ids = entries().filter(takes).map(|(entry, _)| entry.id).collect();
            let mut queued = work.queue(ids)?.into_iter();
            for (entry, lacking) in page.iter().zip(&lacking) {
                let is_taken = work.order.takes(entry.state) && lacking.is_none();
                match (is_taken.then(|| queued.next()).flatten(), lacking) {
                    (Some(result), _) => work.report.queued(entry, &result),
                    (None, Some(lacking)) => {
                        let why = lacking.to_text(work.report.lang());
                        work.report.left_because(entry, &why);
                    }
                    (None, None) => work.report.left(entry),
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

    /// Returns that the plan of a submission does not have the named step.
    fn lacks_step(&self, history: &History, profiles: &ProfileStore) -> Option<LeftAlone> {
        self.order.named_step()?;
        let plan = self
            .order
            .plan(history, &profiles.current(), &intake::sources());
        self.order.lacks_step(plan.as_ref().ok())
    }

    /// Refuses to replay one submission whose plan does not have the named step.
    fn needs_step(&self, history: &History, profiles: &ProfileStore) -> Result<(), Failure> {
        let Some(lacking) = self.lacks_step(history, profiles) else {
            return Ok(());
        };
        let text = |lang| lacking.to_text(lang);
        let text = Bilingual::new(text(Lang::En), text(Lang::Ru));
        Err(Failure::message(1, text))
    }

    fn preview(&mut self, history: &History, profiles: &ProfileStore) {
        let profiles = profiles.current();
        let dry_run = self.order.dry_run(history, &profiles, &intake::sources());
        self.report.preview(&history.entry, &dry_run);
    }
}
