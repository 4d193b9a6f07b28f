//! Decode → profile → plan of the documented packet, as intake and pipeline do it for each submission.

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use leadgate::domain::{AnswerId, PollId, Source, json};
use leadgate::profiles::ProfileStore;

const PACKET: &[u8] = include_bytes!("../tests/fixtures/polls/post_answer.json");

fn mapping(criterion: &mut Criterion) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (profiles, _) = ProfileStore::open(root.join("mappings"), root.join("templates"));
    let profiles = profiles.current();
    let poll = PollId::new(123).expect("a poll");
    let source = Source::Poll {
        poll,
        answer: AnswerId::new(345).expect("an answer"),
    };
    let at = Timestamp::UNIX_EPOCH;
    let body = json::decode(PACKET, json::DEEPEST)
        .expect("the documented packet")
        .value;

    criterion.bench_function("decode", |bench| {
        bench.iter(|| json::decode(black_box(PACKET), json::DEEPEST));
    });
    criterion.bench_function("profile and plan", |bench| {
        bench.iter(|| {
            let profile = profiles
                .for_poll(poll, black_box(&body))
                .expect("a profile");
            profile.plan(&source, at, &body)
        });
    });
    criterion.bench_function("decode, profile, plan", |bench| {
        bench.iter(|| {
            let body = json::decode(black_box(PACKET), json::DEEPEST)
                .expect("the packet")
                .value;
            let profile = profiles.for_poll(poll, &body).expect("a profile");
            profile.plan(&source, at, &body)
        });
    });
    criterion.bench_function("open the shipped folder", |bench| {
        bench.iter(|| ProfileStore::open(root.join("mappings"), root.join("templates")));
    });
}

criterion_group!(benches, mapping);
criterion_main!(benches);
