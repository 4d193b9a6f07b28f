//! Plans with two steps: the CRM, then the test-only destination.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

use super::super::attempt::Attempt;
use super::super::*;
use super::model::Answer;
use super::world::{client_of, mappings, pipeline};
use crate::delivery::probe::{Behaviour, ProbeDestination};
use crate::domain::{
    Destination, Event, Explanation, IfItFails, Lang, ManualClock, ParkReason, Plan, ProbeStep,
    State, Step, StepKind, StepVerdict, Submission,
};
use crate::inbox::{Taker, Uncertain};
use crate::journal::{Found, History, Journal};
use crate::replay::{Replay, ReplayBy};
use crate::simulator::{Portal, start_portal};
use crate::store::Store;
use crate::store::testing::{Folder, at};

/// The portal of these tests, apart from the one that the model's cases empty.
fn portal() -> &'static (Portal, SocketAddr) {
    static PORTAL: OnceLock<(Portal, SocketAddr)> = OnceLock::new();
    PORTAL.get_or_init(|| start_portal(at(0)))
}

/// A pipeline with a portal and a test destination. Plans come from the profiles of the model, with a second step.
pub(super) struct TwoSteps {
    folder: Folder,
    store: Store,
    clock: Arc<ManualClock>,
    pub(super) probe: Arc<ProbeDestination>,
    pub(super) pipeline: Pipeline,
    pub(super) in_flight: InFlight,
    if_it_fails: IfItFails,
    text: &'static str,
    start: Instant,
    passed: Duration,
}

impl TwoSteps {
    pub(super) fn new() -> Self {
        let folder = Folder::new();
        mappings(&folder);
        let store = folder.store();
        let clock = Arc::new(ManualClock::starting_at(at(0)));
        let probe = Arc::new(ProbeDestination::default());
        let pipeline = with_probe(&folder, &store, &clock, &probe);
        Self {
            in_flight: InFlight::new(&pipeline.destinations),
            folder,
            store,
            clock,
            probe,
            pipeline,
            if_it_fails: IfItFails::Park,
            text: "deal {deal}",
            start: Instant::now(),
            passed: Duration::ZERO,
        }
    }

    fn now(&self) -> Instant {
        self.start + self.passed
    }

    pub(super) fn pass(&mut self, seconds: u64) {
        self.passed += Duration::from_secs(seconds);
        let seconds = i64::try_from(seconds).unwrap();
        self.clock.advance(jiff::SignedDuration::from_secs(seconds));
    }

    pub(super) async fn accept(&self, number: i64) -> SubmissionId {
        let submission = answer(1, number);
        self.pipeline.inbox.accept(&submission, None).await.unwrap();
        submission.id
    }

    /// Accepts answers whose only step is the test destination's.
    pub(super) async fn accept_for_the_probe(&self, numbers: std::ops::Range<i64>) {
        let route = self.pipeline.profiles.current().route(Some(&probe()));
        let accepts = numbers.map(|number| {
            let taker = Taker {
                profile: "leads.yaml".to_owned(),
                route: route.clone(),
            };
            let submission = answer(PROBE_POLL, number);
            async move { self.pipeline.inbox.accept(&submission, Some(taker)).await }
        });
        // the writer's queue is bounded
        let mut accepts = futures_util::stream::iter(accepts).buffer_unordered(64);
        while let Some(accepted) = accepts.next().await {
            accepted.unwrap();
        }
    }

    /// Returns the plan of today's profile with the second step.
    fn plan(&self, leased: &Leased) -> Plan {
        let mut plan = self.pipeline.plan(leased).ok().unwrap();
        if leased.stored_plan.is_none() {
            if leased.source.address() == PROBE_POLL.to_string() {
                plan.steps.clear();
            }
            let probe = ProbeStep {
                destination: None,
                text: self.text.to_owned(),
            };
            plan.steps.push(Step {
                if_it_fails: self.if_it_fails,
                ..Step::new("probe", StepKind::Probe(probe))
            });
        }
        plan
    }

    /// Leases, delivers and settles the due submissions once.
    pub(super) async fn round(&mut self) {
        let paused = self.in_flight.take_paused();
        self.pipeline.release(&mut self.in_flight, paused).await;
        for destination in self.in_flight.take_probes(self.now()) {
            let probe = self.pipeline.probe(destination).await;
            let backoff = &self.pipeline.backoff;
            self.in_flight
                .end_probe(&probe, backoff, self.start + self.passed);
        }
        let shares = self.pipeline.shares(&self.in_flight);
        if self
            .pipeline
            .inbox
            .next_work(shares.clone())
            .await
            .unwrap()
            .unserved
        {
            self.pipeline.reroute(&shares).await;
        }
        let leased = self.pipeline.inbox.lease(shares, self.clock.now()).await;
        for mut leased in leased.unwrap() {
            leased.stored_plan = Some(self.plan(&leased));
            match self.pipeline.prepare(&leased, &Span::none()) {
                Ok(mut prepared) => {
                    // the plan is today's, although this test has made it
                    prepared.task.is_continued &=
                        leased.steps.iter().any(|step| step.verdict.is_final());
                    assert!(self.in_flight.push(prepared));
                }
                Err(attempt) => self.pipeline.settle(leased.lease, *attempt).await,
            }
        }
        // later than any gathering
        let later = Instant::now() + Duration::from_secs(3600);
        while let Some(batch) = self.in_flight.begin_batch(later) {
            let end = self.pipeline.deliver(batch).await;
            let (backoff, now) = (&self.pipeline.backoff, self.start + self.passed);
            self.in_flight.end_batch(end, backoff, now);
        }
    }

    pub(super) async fn rounds(&mut self, number: usize) {
        for _ in 0..number {
            self.round().await;
            self.pass(30);
        }
    }

    async fn crash(&mut self) {
        self.store.close().await;
        self.store = self.folder.store();
        self.pipeline = with_probe(&self.folder, &self.store, &self.clock, &self.probe);
        self.in_flight = InFlight::new(&self.pipeline.destinations);
        self.pipeline.inbox.recover(self.clock.now()).await.unwrap();
    }

    async fn replay(&self, id: SubmissionId, replay: Replay) {
        let queued = replay.queue(&self.store, vec![id], self.clock.now()).await;
        queued.unwrap().remove(0).unwrap();
    }

    fn history(&self, id: SubmissionId) -> History {
        match Journal::new(self.store.clone(), SourceKinds::default()).show(&id.to_string()) {
            Ok(Found::One(history)) => *history,
            other => panic!("no history of {id}: {other:?}"),
        }
    }

    pub(super) fn verdicts(&self, id: SubmissionId) -> Vec<(String, StepVerdict)> {
        let steps = self.history(id).steps.into_iter();
        steps
            .map(|step| (step.outcome.name, step.outcome.verdict))
            .collect()
    }

    pub(super) fn state(&self, id: SubmissionId) -> State {
        self.history(id).entry.state
    }

    /// How many CRM calls the history of a submission has.
    fn crm_calls(&self, id: SubmissionId) -> usize {
        let events = self.history(id).events;
        let is_call = |event: &Event| matches!(event, Event::Call(_));
        events
            .iter()
            .filter(|logged| is_call(&logged.event))
            .count()
    }

    pub(super) fn received(&self) -> Vec<String> {
        let received = self.probe.received().into_iter();
        received.map(|received| received.text).collect()
    }
}

/// The poll whose answers go to the test destination alone.
const PROBE_POLL: i64 = 2;

/// Returns the test destination's name.
pub(super) fn probe() -> Destination {
    Destination::new(ProbeStep::KIND, "test")
}

/// Returns an answer of a person of its own: the tests share a portal, and no people.
fn answer(poll: i64, number: i64) -> Submission {
    static PEOPLE: AtomicI64 = AtomicI64::new(1);
    let answer = Answer {
        poll,
        number,
        person: PEOPLE.fetch_add(1, Ordering::Relaxed),
        spelling: 0,
    };
    answer.submission()
}

fn with_probe(
    folder: &Folder,
    store: &Store,
    clock: &Arc<ManualClock>,
    probe: &Arc<ProbeDestination>,
) -> Pipeline {
    let mut pipeline = pipeline(store, &folder.path("mappings"), Arc::clone(clock));
    let probe = Arc::clone(probe);
    let destinations = &mut pipeline.destinations;
    destinations.insert(self::probe(), probe);
    destinations.insert(Destination::crm("main"), Arc::new(client_of(portal())));
    pipeline
}

fn step(name: &str, verdict: StepVerdict) -> (String, StepVerdict) {
    (name.to_owned(), verdict)
}

pub(super) fn done(name: &str) -> (String, StepVerdict) {
    step(name, StepVerdict::Done)
}

#[tokio::test]
async fn steps_are_delivered_in_order_and_later_ones_use_the_results_of_earlier_ones() {
    let mut world = TwoSteps::new();
    let id = world.accept(1).await;
    world.round().await;
    assert_eq!(world.verdicts(id), [done("crm")]);
    assert_eq!(world.history(id).step.as_deref(), Some("probe"));
    assert_eq!(world.state(id), State::Queued);
    assert_eq!(world.received(), [""; 0]);
    world.round().await;
    assert_eq!(world.verdicts(id), [done("crm"), done("probe")]);
    let history = world.history(id);
    assert_eq!(history.entry.state, State::Delivered);
    let deal = history.entry.record.unwrap().1;
    let result = &history.steps[0].outcome.result;
    assert_eq!(result.get("deal_id"), Some(&deal.get().into()));
    assert_eq!(world.received(), [format!("deal {deal}")]);
    assert_eq!(
        history.steps[1].outcome.destination.to_string(),
        "probe:test"
    );
    // the second step does not write the plan again
    let kinds: Vec<&str> = history
        .events
        .iter()
        .map(|logged| logged.event.kind())
        .collect();
    let planned = kinds.iter().filter(|kind| **kind == "planned").count();
    let steps = kinds.iter().filter(|kind| **kind == "step").count();
    assert_eq!((planned, steps), (1, 2), "{kinds:?}");
    let received = world.probe.received();
    assert_eq!(
        (received.len(), received[0].id, received[0].uncertain),
        (1, id, false)
    );
}

#[tokio::test]
async fn a_finished_step_is_not_repeated_after_a_crash() {
    let mut world = TwoSteps::new();
    let id = world.accept(1).await;
    world.round().await;
    let calls = world.crm_calls(id);
    world.crash().await;
    // leased for the second step, and lost
    let leased = world
        .pipeline
        .inbox
        .lease(9, world.clock.now())
        .await
        .unwrap();
    assert_eq!((leased[0].step_attempt, leased[0].uncertain), (1, false));
    world.crash().await;
    world.rounds(2).await;
    assert_eq!(world.state(id), State::Delivered);
    assert_eq!(world.crm_calls(id), calls, "the CRM is not called again");
    let received = world.probe.received();
    assert_eq!((received.len(), received[0].uncertain), (1, true));
}

#[tokio::test]
async fn a_dead_destination_pauses_alone() {
    let mut world = TwoSteps::new();
    world.probe.behave(&[Behaviour::Unreachable; 9]);
    let first = world.accept(1).await;
    world.round().await;
    world.round().await;
    let probe = Destination::new(ProbeStep::KIND, "test");
    let shares = world.pipeline.shares(&world.in_flight);
    let profiles = world.pipeline.profiles.current();
    assert_eq!(
        shares.named[&profiles.route(Some(&probe))],
        0,
        "it is paused"
    );
    let others: Vec<SubmissionId> = [world.accept(2).await, world.accept(3).await].into();
    world.round().await;
    for id in &others {
        assert_eq!(world.verdicts(*id), [done("crm")]);
    }
    assert_eq!(world.verdicts(first), [done("crm")]);
    world.probe.behave(&[]);
    world.rounds(3).await;
    for id in others.into_iter().chain([first]) {
        assert_eq!(world.state(id), State::Delivered);
    }
    assert_eq!(world.received().len(), 3);
}

#[tokio::test]
async fn a_dead_destination_that_cannot_be_asked_stays_paused_until_it_takes_a_step() {
    let mut world = TwoSteps::new();
    world.probe.be_unasked();
    world.probe.behave(&[Behaviour::Unreachable; 9]);
    let id = world.accept(1).await;
    world.rounds(2).await;
    let probe = Destination::new(ProbeStep::KIND, "test");
    let health = |world: &TwoSteps| {
        world
            .pipeline
            .destinations
            .pauses()
            .all()
            .get(&probe)
            .copied()
    };
    let paused = health(&world).unwrap();
    assert!(matches!(paused, Health::Paused { .. }), "{paused:?}");
    while world.probe.batches().len() < 9 {
        world.rounds(1).await;
        assert_eq!(health(&world), Some(paused), "since the first failure");
    }
    world.rounds(20).await;
    assert_eq!(health(&world), Some(Health::Works));
    assert_eq!(world.state(id), State::Delivered);
}

#[tokio::test]
async fn a_replay_delivers_only_the_unfinished_step() {
    let mut world = TwoSteps::new();
    world.probe.behave(&[Behaviour::Refuses]);
    let id = world.accept(1).await;
    world.rounds(2).await;
    assert_eq!(world.state(id), State::Parked);
    assert_eq!(world.verdicts(id), [done("crm")]);
    let calls = world.crm_calls(id);
    world
        .replay(id, Replay::new(ReplayBy::TodaysProfile, &[]))
        .await;
    world.rounds(2).await;
    assert_eq!(world.state(id), State::Delivered);
    assert_eq!((world.crm_calls(id), world.received().len()), (calls, 1));
}

#[tokio::test]
async fn a_named_step_is_repeated_alone_and_checks_first() {
    let mut world = TwoSteps::new();
    let id = world.accept(1).await;
    world.rounds(2).await;
    let calls = world.crm_calls(id);
    for by in [ReplayBy::TodaysProfile, ReplayBy::StoredPlan] {
        let before = world.received().len();
        world.replay(id, Replay::new(by, &[]).step("probe")).await;
        world.rounds(2).await;
        assert_eq!(world.state(id), State::Delivered);
        assert_eq!(world.crm_calls(id), calls);
        let received = world.probe.received();
        assert_eq!(received.len(), before + 1);
        assert!(received[before].uncertain);
    }
    let before = world.history(id).entry;
    world
        .replay(id, Replay::new(ReplayBy::StoredPlan, &[]).step("crm"))
        .await;
    world.rounds(2).await;
    let after = world.history(id).entry;
    assert_eq!(
        (after.contact, after.record),
        (before.contact, before.record)
    );
    assert!(world.crm_calls(id) > calls);
    assert_eq!(world.received().len(), 3, "the other step is not repeated");
}

#[tokio::test]
async fn the_remaining_steps_go_by_the_plan_of_the_first() {
    let mut world = TwoSteps::new();
    world.text = "as it was";
    let id = world.accept(1).await;
    world.round().await;
    world.text = "as it is";
    std::fs::remove_file(world.folder.path("mappings/deals.yaml")).unwrap();
    world.pipeline.profiles.reload_if_changed().unwrap();
    world.rounds(2).await;
    assert_eq!(world.state(id), State::Delivered);
    assert_eq!(world.received(), ["as it was"]);
}

#[tokio::test]
async fn a_step_that_may_fail_is_recorded_as_refused_and_the_plan_continues() {
    let mut world = TwoSteps::new();
    world.if_it_fails = IfItFails::Continue;
    world.probe.behave(&[Behaviour::Refuses]);
    let id = world.accept(1).await;
    world.rounds(2).await;
    assert_eq!(world.state(id), State::Delivered);
    assert_eq!(
        world.verdicts(id),
        [done("crm"), step("probe", StepVerdict::Refused)]
    );
    let history = world.history(id);
    let refusal = history.steps[1].outcome.refusal.as_ref().unwrap();
    assert_eq!(refusal.reason, ParkReason::RefusedByCrm);
    assert_eq!(refusal.text.to_text(Lang::En), "the probe refuses it");
}

#[tokio::test]
async fn the_wait_of_a_step_does_not_grow_with_the_attempts_of_earlier_steps() {
    let mut world = TwoSteps::new();
    world.probe.behave(&[Behaviour::LosesAnswer]);
    let id = world.accept(1).await;
    // four attempts that are released or lost come first
    for _ in 0..4 {
        world
            .pipeline
            .inbox
            .lease(9, world.clock.now())
            .await
            .unwrap();
        world.crash().await;
    }
    world.round().await;
    world.round().await;
    assert_eq!(
        world.verdicts(id),
        [done("crm"), step("probe", StepVerdict::Uncertain)]
    );
    let due = world.history(id).entry.due_at.unwrap();
    let wait = due.duration_since(world.clock.now());
    assert!(wait <= jiff::SignedDuration::from_secs(5), "{wait:?}");
    world.pass(5);
    world.round().await;
    let received = world.probe.received();
    assert_eq!((received.len(), received[1].uncertain), (2, true));
    assert_eq!(world.state(id), State::Delivered);
}

#[test]
fn what_a_later_step_leaves_out_is_counted_without_a_plan_among_its_events() {
    let label = Explanation::UnknownLabel {
        field: "deal.UF_CRM_CITY".to_owned(),
        instead: None,
        place: None,
    };
    let mut attempt = Attempt {
        settlement: crate::store::testing::delivered(),
        events: vec![Event::Because(label)],
        pause: None,
        profile: Some("model".to_owned()),
    };
    let fields = |attempt: &Attempt| {
        let all = attempt::left_out(attempt).into_iter();
        all.map(|value| value.field).collect::<Vec<_>>()
    };
    assert_eq!(fields(&attempt), ["deal.UF_CRM_CITY"]);
    attempt.settlement = crate::inbox::Settlement::Retry {
        due_at: at(1),
        reason: "no answer".into(),
        uncertain: Uncertain::No,
        step: None,
    };
    assert_eq!(fields(&attempt), [""; 0], "counted at its last attempt");
}
