//! Random actions in random order, with lost answers, refusals, crashes and replays: in the end
//! every submission is in the CRM, every person is one contact, and every record, comment and to-do
//! exists once.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};

use super::world::World;
use crate::domain::{Repairs, Source, State, Submission, SubmissionId};
use crate::inbox::Accepted;
use crate::replay::ReplayBy;
use crate::simulator::{Fault, FaultKind, Times};
use crate::store::testing::at;

/// An action.
#[derive(Debug, Clone)]
enum Step {
    /// An answer arrives, perhaps not for the first time.
    Accept(Answer),
    /// Up to this number of submissions are leased.
    Lease(usize),
    /// The next batch is delivered.
    Call,
    /// The verdicts of one of the batches are stored.
    Settle(usize),
    /// Paused connections are probed.
    Probe,
    /// A fault of the portal is prepared.
    Fault(Fault),
    /// All prepared faults are removed.
    ClearFaults,
    Crash,
    /// One of the submissions is replayed.
    Replay(usize, ReplayBy),
    Pass(u64),
}

/// An answer to a poll. Its content depends on the person.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answer {
    pub(super) poll: i64,
    pub(super) number: i64,
    pub(super) person: i64,
    pub(super) spelling: usize,
}

impl Answer {
    pub(super) fn submission(self) -> Submission {
        let Self {
            poll,
            number,
            person,
            spelling,
        } = self;
        // the phone is always there, in one of three spellings, the address sometimes
        let phone = match spelling % 3 {
            0 => format!("+7912{:07}", 3_000_000 + person),
            1 => format!("8 (912) {:07}", 3_000_000 + person),
            _ => format!("912{:07}", 3_000_000 + person),
        };
        let goods = json!([{"name": "A", "price": 10}, {"name": "B", "price": number, "count": 2}]);
        let mut data = json!({"name": format!("Имя{person}"), "phone": phone, "q": format!("{poll}-{number}"), "goods": goods});
        if spelling > 2 {
            data["email"] = json!(format!("p{person}@mail.example"));
        }
        let body = json!({"header_data": {"poll_id": poll, "answer_id": number}, "data": data});
        Submission {
            id: SubmissionId::fresh(),
            source: Source::new("polls", poll.to_string(), number.to_string()),
            received_at: at(0),
            raw: body.to_string().into(),
            body,
            repairs: Repairs::default(),
        }
    }
}

fn faults() -> impl Strategy<Value = Fault> {
    use FaultKind as Kind;
    let kind = prop_oneof![
        3 => Just(Kind::ResetAfter),
        2 => Just(Kind::CutBody),
        2 => Just(Kind::ErrorAfterSave),
        2 => (0..9_usize).prop_map(|after| Kind::CutBatch { after }),
        2 => (0..9_usize).prop_map(|after| Kind::ResetWithin { after }),
        1 => Just(Kind::ResetBefore),
        1 => Just(Kind::BadGateway),
        1 => Just(Kind::InternalServerError),
        1 => Just(Kind::QueryLimitExceeded),
        1 => Just(Kind::OverloadLimit),
        1 => Just(Kind::CredentialsRevoked),
        1 => Just(Kind::ScopeMissing),
    ];
    let method = prop_oneof![
        3 => Just(None),
        1 => prop::sample::select(vec![
            "crm.contact.add", "crm.contact.update", "crm.deal.add", "crm.deal.update",
            "crm.lead.add", "crm.timeline.comment.add", "crm.activity.todo.add",
            "crm.item.productrow.set",
        ]).prop_map(Some),
    ];
    (kind, method, 0..3_u32, 1..3_u32).prop_map(|(kind, method, skip, times)| {
        let fault = Fault::once(kind).after(skip).times(Times::Next(times));
        match method {
            Some(method) => fault.on(method),
            None => fault,
        }
    })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let answer = (1..3_i64, 1..13_i64, 1..5_i64, 0..6_usize);
    let answer = answer.prop_map(|(poll, number, person, spelling)| Answer {
        poll,
        number,
        person,
        spelling,
    });
    let by = prop_oneof![Just(ReplayBy::TodaysProfile), Just(ReplayBy::StoredPlan)];
    let step = prop_oneof![
        8 => answer.prop_map(Step::Accept),
        4 => (1..8_usize).prop_map(Step::Lease),
        6 => Just(Step::Call),
        5 => (0..3_usize).prop_map(Step::Settle),
        1 => Just(Step::Probe),
        4 => faults().prop_map(Step::Fault),
        1 => Just(Step::ClearFaults),
        1 => Just(Step::Crash),
        2 => (0..12_usize, by).prop_map(|(which, by)| Step::Replay(which, by)),
        3 => (1..40_u64).prop_map(Step::Pass),
    ];
    prop::collection::vec(step, 1..70)
}

/// The accepted submissions: identity, id, person.
#[derive(Default)]
struct Reference(BTreeMap<(i64, i64), (SubmissionId, i64)>);

impl Reference {
    fn accepted(&mut self, answer: Answer, accepted: &Accepted) {
        let key = (answer.poll, answer.number);
        match accepted {
            Accepted::New { id } => {
                assert!(
                    self.0.insert(key, (*id, answer.person)).is_none(),
                    "{answer:?} is not new"
                );
            }
            Accepted::Known { id, .. } => assert_eq!(self.0[&key].0, *id, "{answer:?}"),
        }
    }

    fn id(&self, which: usize) -> Option<SubmissionId> {
        let ids: Vec<SubmissionId> = self.0.values().map(|(id, _)| *id).collect();
        ids.get(which % ids.len().max(1)).copied()
    }

    /// How many people answered one of these polls.
    fn people(&self, polls: &[i64]) -> usize {
        let people = self.0.iter().filter(|((poll, _), _)| polls.contains(poll));
        let mut people: Vec<i64> = people.map(|(_, (_, person))| *person).collect();
        people.sort_unstable();
        people.dedup();
        people.len()
    }

    fn agrees_with(&self, world: &World) {
        let answers_to = |wanted: i64| self.0.keys().filter(|(poll, _)| *poll == wanted).count();
        assert_eq!(
            world.rows("crm.contact.list").len(),
            self.people(&[1, 2]),
            "contacts"
        );
        assert_eq!(
            world.rows("crm.deal.list").len(),
            self.people(&[1]),
            "deals"
        );
        assert_eq!(world.rows("crm.lead.list").len(), answers_to(2), "leads");
        for deal in world.rows("crm.deal.list") {
            let filter = json!({"filter": {"=ownerType": "D", "=ownerId": deal["ID"]}});
            let rows = world.portal().call("crm.item.productrow.list", filter);
            let rows = rows["result"]["productRows"].as_array().unwrap().len();
            assert_eq!(rows, 2, "product rows");
        }
        let counters = world.portal().counters();
        assert_eq!(counters.comments, self.0.len() as u64, "comments");
        assert_eq!(counters.activities, self.0.len() as u64, "to-dos");
        let told = |row: &Value| row["DESCRIPTION"].as_str().unwrap_or_default().to_owned();
        let todos: Vec<String> = world.rows("crm.activity.list").iter().map(told).collect();
        for (id, _) in self.0.values() {
            let marker = format!("leadgate {id}");
            assert_eq!(
                todos.iter().filter(|text| text.ends_with(&marker)).count(),
                1
            );
        }
    }
}

async fn take(world: &mut World, reference: &mut Reference, step: Step) {
    match step {
        Step::Accept(answer) => {
            let accepted = world.inbox().accept(&answer.submission(), None).await;
            reference.accepted(answer, &accepted.unwrap());
        }
        Step::Lease(most) => world.lease(most).await,
        Step::Call => drop(world.call().await),
        Step::Settle(which) => drop(world.settle(which).await),
        Step::Probe => world.probe().await,
        Step::Fault(fault) => world.portal().inject(fault),
        Step::ClearFaults => world.portal().clear_faults(),
        Step::Crash => world.crash().await,
        Step::Replay(which, by) => {
            if let Some(id) = reference.id(which) {
                world.replay(id, by).await;
            }
        }
        Step::Pass(seconds) => world.pass(Duration::from_secs(seconds)),
    }
}

async fn run(steps: Vec<Step>) {
    let (mut world, mut reference) = (World::new(), Reference::default());
    for step in steps {
        take(&mut world, &mut reference, step).await;
    }
    world.portal().clear_faults();
    world.settle_all().await;
    // a person replays what the portal refused
    let counts = world.inbox().counts().await.unwrap();
    let ended = |state: State| counts.get(&state).copied().unwrap_or(0);
    let accepted = reference.0.len() as u64;
    assert_eq!(
        ended(State::Delivered) + ended(State::Parked),
        accepted,
        "{counts:?}"
    );
    for (id, _) in reference.0.values() {
        world.replay(*id, ReplayBy::TodaysProfile).await;
    }
    world.settle_all().await;
    let counts = world.inbox().counts().await.unwrap();
    assert_eq!(
        counts.get(&State::Delivered).copied().unwrap_or(0),
        accepted,
        "{counts:?}"
    );
    reference.agrees_with(&world);
    // the deals are closed now: a replay still updates the same records
    for deal in world.rows("crm.deal.list") {
        let closed = json!({"id": deal["ID"], "fields": {"STAGE_ID": "WON"}});
        world.portal().call("crm.deal.update", closed);
    }
    for (id, _) in reference.0.values() {
        world.replay(*id, ReplayBy::StoredPlan).await;
    }
    world.settle_all().await;
    reference.agrees_with(&world);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24, failure_persistence: None, rng_seed: RngSeed::Fixed(20_261_122), max_shrink_iters: 200,
        ..Default::default()
    })]

    #[test]
    fn everything_arrives_once(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run(steps));
    }
}
