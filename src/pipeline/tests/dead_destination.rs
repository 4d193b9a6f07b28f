//! A destination that does not work for an hour, and ten thousand submissions that wait for it: the
//! others keep their pace, and what waits is on disk.

use super::steps::{TwoSteps, done, probe};
use crate::delivery::probe::Behaviour;
use crate::domain::{Destination, State, StepVerdict, SubmissionId};
use crate::inbox::NextWork;

/// Longer than any of these tests.
static DEAD: [Behaviour; 50_000] = [Behaviour::Unreachable; 50_000];

#[tokio::test]
async fn a_destination_that_is_dead_for_an_hour_delays_no_crm_step_and_gets_everything_once() {
    let mut world = TwoSteps::new();
    world.probe.behave(&DEAD);
    let mut ids: Vec<SubmissionId> = Vec::new();
    // a round is half a minute
    for number in 0..120 {
        ids.push(world.accept(number).await);
        world.rounds(1).await;
        for id in &ids {
            assert_eq!(world.verdicts(*id), [done("crm")], "round {number}");
        }
    }
    assert_eq!(world.received(), [""; 0]);
    // asked ever less often, and not by every submission
    let (probes, batches) = (world.probe.probes(), world.probe.batches().len());
    assert!((5..=120).contains(&probes), "{probes} probes");
    assert!(batches <= 10, "{batches} batches");
    world.probe.behave(&[]);
    world.rounds(20).await;
    for id in &ids {
        assert_eq!(world.verdicts(*id), [done("crm"), done("probe")]);
        assert_eq!(world.state(*id), State::Delivered);
    }
    let mut received: Vec<SubmissionId> = world.probe.received().iter().map(|it| it.id).collect();
    received.sort();
    received.dedup();
    assert_eq!((received.len(), world.received().len()), (120, 120));
}

/// What the CRM steps of forty submissions take.
#[derive(Debug, PartialEq, Eq)]
struct Pace {
    rounds: usize,
    most_in_memory: usize,
}

/// Delivers the CRM steps of forty submissions beside a dead destination.
async fn pace(world: &mut TwoSteps) -> Pace {
    let mut ids = Vec::new();
    for number in 0..40 {
        ids.push(world.accept(number).await);
    }
    let crm = Destination::crm("main");
    let (mut rounds, mut most) = (0, 0);
    let is_made = |(_, verdict): &(String, StepVerdict)| *verdict == StepVerdict::Done;
    while !ids.iter().all(|id| world.verdicts(*id).iter().any(is_made)) {
        world.round().await;
        let held = world.in_flight.waiting(&crm) + world.in_flight.waiting(&probe());
        (rounds, most) = (rounds + 1, most.max(held));
        assert!(rounds < 100);
    }
    Pace {
        rounds,
        most_in_memory: most,
    }
}

#[tokio::test]
async fn ten_thousand_waiting_submissions_stay_on_disk_and_leave_the_pace_of_others_unchanged() {
    let mut alone = TwoSteps::new();
    alone.probe.behave(&DEAD);
    let without = pace(&mut alone).await;
    let mut world = TwoSteps::new();
    world.probe.behave(&DEAD);
    world.accept_for_the_probe(0..10_000).await;
    // the first failures, until it is paused
    world.rounds(3).await;
    assert!(!world.probe.batches().is_empty());
    let with = pace(&mut world).await;
    assert_eq!(with, without);
    assert_eq!(world.in_flight.waiting(&probe()), 0, "released to the disk");
    // a paused destination gets no share, so nothing more is read from the disk for it
    let shares = world.pipeline.shares(&world.in_flight);
    let route = world.pipeline.profiles.current().route(Some(&probe()));
    assert_eq!(shares.named[&route], 0);
    let tried: usize = world.probe.batches().iter().sum();
    assert!(tried <= 500, "{tried} attempts");
    let next = world.pipeline.inbox.next_work(shares).await.unwrap();
    assert_eq!(next, NextWork::default(), "an idle pipeline sleeps");
    // it works again
    world.probe.behave(&[]);
    for _ in 0..500 {
        world.rounds(1).await;
        assert!(world.in_flight.waiting(&probe()) <= 256);
        if world.probe.received().len() >= 10_040 {
            break;
        }
    }
    let mut received: Vec<SubmissionId> = world.probe.received().iter().map(|it| it.id).collect();
    let all = received.len();
    received.sort();
    received.dedup();
    assert_eq!((received.len(), all), (10_040, 10_040));
}
