//! The inbox against a model of a few lines: after any operations in any order, with crashes and
//! restarts, both agree on every reply and on every submission.

use std::collections::BTreeMap;

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::AMPLE;
use crate::domain::{ParkReason, Route, SourceKinds, StepOutcome, StepVerdict};
use crate::inbox::*;
use crate::journal::Journal;
use crate::store::Filter;
use crate::store::testing::{Backend, answer, at, contract, crm_step};

/// An operation on the inbox.
#[derive(Debug, Clone)]
enum Step {
    Accept(i64, u8),
    Capture(i64, u8),
    Reject(i64, u8),
    Lease(usize),
    /// Settles the lease at this place among those held.
    Settle(usize, Outcome),
    SettleAgain,
    Release(usize),
    Requeue(i64),
    RequeueCaptured(usize),
    /// All leases are lost, and the store is reopened.
    Crash,
    /// Time passes.
    Pass(i64),
}

#[derive(Debug, Clone, Copy)]
enum Outcome {
    Delivered,
    /// The step is done, and another one follows.
    Advance,
    Retry {
        after: i64,
        uncertain: bool,
    },
    Parked,
    Ignored,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let outcome = prop_oneof![
        Just(Outcome::Delivered),
        Just(Outcome::Advance),
        (0..5_i64, any::<bool>())
            .prop_map(|(after, uncertain)| Outcome::Retry { after, uncertain }),
        Just(Outcome::Parked),
        Just(Outcome::Ignored),
    ];
    let step = prop_oneof![
        6 => (1..6_i64, 0..3_u8).prop_map(|(number, body)| Step::Accept(number, body)),
        1 => (1..6_i64, 0..3_u8).prop_map(|(number, body)| Step::Capture(number, body)),
        1 => (1..6_i64, 0..3_u8).prop_map(|(number, body)| Step::Reject(number, body)),
        4 => (0..4_usize).prop_map(Step::Lease),
        4 => (0..4_usize, outcome).prop_map(|(place, outcome)| Step::Settle(place, outcome)),
        1 => Just(Step::SettleAgain),
        1 => (0..4_usize).prop_map(Step::Release),
        1 => (1..6_i64).prop_map(Step::Requeue),
        1 => (0..3_usize).prop_map(Step::RequeueCaptured),
        1 => Just(Step::Crash),
        3 => (1..4_i64).prop_map(Step::Pass),
    ];
    prop::collection::vec(step, 1..60)
}

/// A submission as the model sees it.
#[derive(Debug, Clone, PartialEq)]
struct Known {
    order: usize,
    id: SubmissionId,
    state: State,
    body: u8,
    attempt: u32,
    /// The attempts before the first of the current step.
    step_began: u32,
    /// The number of finished steps.
    finished: usize,
    due: Option<Timestamp>,
    leased: Option<Timestamp>,
    uncertain: bool,
    repeats: u32,
}

struct Model<B> {
    backend: B,
    inbox: Inbox,
    known: BTreeMap<i64, Known>,
    held: Vec<Lease>,
    used: Option<Lease>,
    now: i64,
}

impl<B: Backend> Model<B> {
    fn new() -> Self {
        let backend = B::new();
        let inbox = Inbox::new(backend.store());
        Self {
            backend,
            inbox,
            known: BTreeMap::new(),
            held: Vec::new(),
            used: None,
            now: 0,
        }
    }

    fn now(&self) -> Timestamp {
        at(self.now)
    }

    async fn take(&mut self, step: Step) {
        match step {
            Step::Accept(number, body) => self.arrive(number, body, State::Queued).await,
            Step::Capture(number, body) => self.arrive(number, body, State::Captured).await,
            Step::Reject(number, body) => self.arrive(number, body, State::Rejected).await,
            Step::Lease(limit) => self.lease(limit).await,
            Step::Settle(place, outcome) => {
                if place < self.held.len() {
                    let lease = self.held.remove(place);
                    self.settle(lease, outcome).await;
                }
            }
            Step::SettleAgain => {
                if let Some(used) = self.used {
                    let ignored = Settlement::Ignored { note: "".into() };
                    let refused = self.inbox.settle(used, ignored, vec![], self.now()).await;
                    assert!(matches!(refused, Err(StoreError::NotLeased { .. })));
                }
            }
            Step::Release(place) => {
                if place < self.held.len() {
                    let lease = self.held.remove(place);
                    assert_eq!(self.inbox.release(vec![lease]).await.unwrap(), 1);
                    let known = self.of(lease.id);
                    known.attempt -= 1;
                    (known.state, known.due) = (State::Queued, Some(lease.due_at));
                    known.leased = None;
                }
            }
            Step::Requeue(number) => self.requeue(number).await,
            Step::RequeueCaptured(limit) => self.requeue_captured(limit).await,
            Step::Crash => self.crash().await,
            Step::Pass(seconds) => self.now += seconds,
        }
    }

    fn of(&mut self, id: SubmissionId) -> &mut Known {
        self.known
            .values_mut()
            .find(|known| known.id == id)
            .expect("a known submission")
    }

    async fn arrive(&mut self, number: i64, body: u8, wanted: State) {
        let now = self.now();
        let mut submission = answer(number, &format!("body {body}"));
        submission.received_at = now;
        let accepted = match wanted {
            State::Captured => self.inbox.quarantine(&submission, AMPLE).await,
            State::Rejected => self.inbox.reject(&submission, None, "no".into()).await,
            _ => self.inbox.accept(&submission, None).await,
        };
        let due = (wanted == State::Queued).then_some(now);
        let order = self.known.len();
        let expected = match self.known.get_mut(&number) {
            None => {
                let known = Known {
                    order,
                    id: submission.id,
                    state: wanted,
                    body,
                    attempt: 0,
                    step_began: 0,
                    finished: 0,
                    due,
                    leased: None,
                    uncertain: false,
                    repeats: 0,
                };
                self.known.insert(number, known);
                Accepted::New { id: submission.id }
            }
            Some(known) => {
                known.repeats += 1;
                let same_body = known.body == body;
                if known.state == State::Rejected && wanted != State::Rejected {
                    (known.state, known.body, known.due) = (wanted, body, due);
                    Accepted::New { id: known.id }
                } else {
                    if known.state == State::Captured && wanted == State::Queued {
                        (known.state, known.due) = (wanted, due);
                    }
                    Accepted::Known {
                        id: known.id,
                        state: known.state,
                        repeats: known.repeats,
                        same_body,
                    }
                }
            }
        };
        assert_eq!(accepted.unwrap(), expected);
    }

    async fn lease(&mut self, limit: usize) {
        let now = self.now();
        let leased = self.inbox.lease(limit, now).await.unwrap();
        let mut due: Vec<&mut Known> = self
            .known
            .values_mut()
            .filter(|known| known.due.is_some_and(|due| due <= now))
            .collect();
        due.sort_by_key(|known| (known.due, known.order));
        due.truncate(limit);
        assert_eq!(leased.len(), due.len());
        for (job, known) in leased.iter().zip(due) {
            known.attempt += 1;
            assert_eq!(Some(job.lease.due_at), known.due);
            (known.state, known.due, known.leased) = (State::Leased, None, Some(now));
            assert_eq!((job.lease.id, job.lease.attempt), (known.id, known.attempt));
            assert_eq!(job.uncertain, known.uncertain);
            assert_eq!(job.step_attempt, known.attempt - known.step_began);
            assert_eq!(job.steps.len(), known.finished);
            assert_eq!(job.raw, format!("body {}", known.body).into_bytes());
            self.held.push(job.lease);
        }
    }

    async fn settle(&mut self, lease: Lease, outcome: Outcome) {
        let now = self.now();
        let settlement = match outcome {
            Outcome::Delivered => Settlement::Delivered { step: None },
            Outcome::Advance => Settlement::Advance {
                step: StepOutcome {
                    name: format!("step {}", self.of(lease.id).finished),
                    ..crm_step(StepVerdict::Done)
                },
                next: "next".to_owned(),
                route: Route::default(),
            },
            Outcome::Retry { after, uncertain } => Settlement::Retry {
                due_at: at(self.now + after),
                reason: "".into(),
                uncertain: if uncertain {
                    Uncertain::Yes
                } else {
                    Uncertain::No
                },
                step: None,
            },
            Outcome::Parked => Settlement::Park {
                reason: ParkReason::RefusedByCrm,
                note: "".into(),
                step: None,
            },
            Outcome::Ignored => Settlement::Ignored { note: "".into() },
        };
        let due = at(match outcome {
            Outcome::Retry { after, .. } => self.now + after,
            _ => self.now,
        });
        let state = settlement.state();
        self.inbox
            .settle(lease, settlement, vec![], now)
            .await
            .unwrap();
        self.used = Some(lease);
        let known = self.of(lease.id);
        (known.state, known.leased) = (state, None);
        match outcome {
            Outcome::Retry { uncertain, .. } => {
                (known.due, known.uncertain) = (Some(due), uncertain);
            }
            Outcome::Advance => {
                // the model's steps are never the one that was in hand
                known.due = Some(due);
                (known.step_began, known.finished) = (known.attempt, known.finished + 1);
            }
            Outcome::Delivered | Outcome::Ignored => known.uncertain = false,
            Outcome::Parked => {}
        }
    }

    async fn requeue(&mut self, number: i64) {
        let now = self.now();
        let Some(known) = self.known.get_mut(&number) else {
            return;
        };
        let requeued = self.inbox.requeue(known.id, now).await;
        match known.state {
            State::Parked | State::Captured | State::Ignored | State::Waiting => {
                requeued.unwrap();
                // the outcome of a waiting one is stored
                known.uncertain |=
                    known.state != State::Waiting && known.attempt > known.step_began;
                (known.state, known.due) = (State::Queued, Some(now));
            }
            state => assert!(
                matches!(requeued, Err(StoreError::NotQueued { state: found, .. }) if found == state)
            ),
        }
    }

    async fn requeue_captured(&mut self, limit: usize) {
        let now = self.now();
        let found = self.inbox.captured(0, limit).await.unwrap();
        for captured in &found {
            self.inbox.requeue(captured.id, now).await.unwrap();
        }
        let mut captured: Vec<&mut Known> = self
            .known
            .values_mut()
            .filter(|known| known.state == State::Captured)
            .collect();
        captured.sort_by_key(|known| known.order);
        captured.truncate(limit);
        assert_eq!(found.len(), captured.len());
        for (found, known) in found.iter().zip(captured) {
            assert_eq!(found.id, known.id);
            (known.state, known.due) = (State::Queued, Some(now));
        }
    }

    async fn crash(&mut self) {
        let now = self.now();
        self.inbox.store.close().await;
        self.inbox = Inbox::new(self.backend.store());
        let recovered = self.inbox.recover(now).await.unwrap();
        assert_eq!(recovered, self.held.len());
        self.used = self.held.first().copied().or(self.used);
        for lease in std::mem::take(&mut self.held) {
            let known = self.of(lease.id);
            (known.state, known.due) = (State::Queued, Some(now));
            (known.leased, known.uncertain) = (None, true);
        }
    }

    fn compare(&self) {
        let journal = Journal::new(self.inbox.store.clone(), SourceKinds::default());
        let mut entries = journal.list(&Filter::default(), 1_000).unwrap();
        entries.sort_by_key(|entry| entry.seq);
        let mut known: Vec<&Known> = self.known.values().collect();
        known.sort_by_key(|known| known.order);
        assert_eq!(entries.len(), known.len());
        for (entry, known) in entries.iter().zip(known) {
            let stored = Known {
                order: known.order,
                id: entry.id,
                state: entry.state,
                body: known.body,
                attempt: entry.attempt,
                step_began: known.step_began,
                finished: known.finished,
                due: entry.due_at,
                leased: entry.leased_at,
                uncertain: entry.uncertain,
                repeats: entry.repeats,
            };
            assert_eq!(&stored, known);
        }
    }
}

fn the_inbox_agrees_with_its_model<B: Backend>() {
    let config = ProptestConfig {
        cases: 48,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let outcome = TestRunner::new(config).run(&steps(), |steps| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut model = Model::<B>::new();
            for step in steps {
                model.take(step).await;
                model.compare();
            }
        });
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

contract! {
    outside a runtime:
    the_inbox_agrees_with_its_model,
}
