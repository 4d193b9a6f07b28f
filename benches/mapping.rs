//! Measures decode → profile → plan of the documented packet, as intake and pipeline do it for each
//! submission; a profile of sixty fields; and thousands of profiles: the time to load them, their
//! memory, and the time to choose one.

#![expect(clippy::print_stdout, reason = "it prints figures")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use leadgate::authoring::ProfileFile;
use leadgate::domain::{Source, json};
use leadgate::mapping::{MappingOutcome, compile};
use leadgate::profiles::ProfileStore;

const PACKET: &[u8] = include_bytes!("../tests/fixtures/polls/post_answer.json");

fn mapping(criterion: &mut Criterion) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (profiles, _) = ProfileStore::open(root.join("mappings"), root.join("templates"));
    let profiles = profiles.current();
    let source = Source::new("polls", "123", "345");
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
                .for_source(&source, black_box(&body))
                .expect("a profile");
            profile.plan(&source, at, &body)
        });
    });
    criterion.bench_function("decode, profile, plan", |bench| {
        bench.iter(|| {
            let body = json::decode(black_box(PACKET), json::DEEPEST)
                .expect("the packet")
                .value;
            let profile = profiles.for_source(&source, &body).expect("a profile");
            profile.plan(&source, at, &body)
        });
    });
    criterion.bench_function("open the shipped folder", |bench| {
        bench.iter(|| ProfileStore::open(root.join("mappings"), root.join("templates")));
    });
}

/// Returns field `n` of the large profile: its rule, and its value in the packet. The kinds
/// alternate.
fn declared(n: usize) -> (String, serde_json::Value) {
    let path = format!("$.data.f{n}");
    let (before, third) = (n.wrapping_sub(1), n.wrapping_sub(3));
    match n % KINDS {
        0 => (
            format!("{{ from: [$.data.x{n}, {path}], as: phone }}"),
            "8 912 345-67-89".into(),
        ),
        1 => (
            format!("{{ from: {path}, as: email }}"),
            "Anna@Mail.example".into(),
        ),
        2 => (
            format!("{{ from: {path}, as: name }}"),
            "иванова АННА петровна".into(),
        ),
        3 => (
            format!("{{ from: {path}, as: money }}"),
            "3 500,50 ₽".into(),
        ),
        4 => (format!("{{ from: {path}, as: date }}"), "31.12.2025".into()),
        5 => (format!("{{ from: {path}, as: bool }}"), "да".into()),
        6 => (
            format!("{{ from: {path}, map: {{ a: один, b: два }}, default: x }}"),
            "B".into(),
        ),
        7 => (
            format!("{{ from: \"{path}[*].name\", as: join, separator: \"; \" }}"),
            serde_json::json!([{"name": "Курсы"}, {"name": "Школа"}, {"name": "Вуз"}]),
        ),
        8 => (
            format!("{{ value: \"{{{{f{before}}}}} и {{{{f{third}}}}}\" }}"),
            serde_json::Value::Null,
        ),
        9 => (
            format!(
                "{{ value: \"{{{{#if f{before}}}}}{{{{upper f{third}}}}}{{{{else}}}}нет{{{{/if}}}}\" }}"
            ),
            serde_json::Value::Null,
        ),
        10 => (
            format!("{{ from: {path}, when: {{ f{}: Y }} }}", n - 5),
            "text".into(),
        ),
        _ => (path, "some words that a respondent typed".into()),
    }
}

/// Number of kinds of fields.
const KINDS: usize = 12;

/// Returns a profile with sixty fields of every kind and as many CRM fields (one placeholder,
/// several with text, parts of a name, conditions), a contact with search fields, and the comment.
fn sixty_fields() -> (String, serde_json::Value) {
    let mut fields = String::from("fields:\n");
    let mut slots = String::from("deal:\n  fields:\n");
    let mut data = serde_json::Map::new();
    for n in 0..60 {
        let (rule, value) = declared(n);
        fields.extend(["  f", &n.to_string(), ": ", &rule, "\n"]);
        data.insert(format!("f{n}"), value);
        let slot = match n % KINDS {
            2 => format!("\"{{{{f{n}.last}}}} {{{{f{n}.first}}}}\""),
            4 => format!(
                "{{ value: \"{{{{f{n}}}}}\", when: {{ f{}: present }} }}",
                n - 1
            ),
            11 => format!("\"Ответ: {{{{f{n}}}}} ({{{{f{}}}}})\"", n - 1),
            _ => format!("\"{{{{f{n}}}}}\""),
        };
        slots.extend(["    UF_CRM_", &n.to_string(), ": ", &slot, "\n"]);
    }
    let contact = "contact:\n  fields:\n    NAME: \"{{f2.first}}\"\n    \
                   PHONE: { value: \"{{f0}}\", search: true }\n    \
                   EMAIL: { value: \"{{f1}}\", search: true }\n";
    let text = format!("receive: {{ polls: [1] }}\n{fields}{contact}{slots}comment: full\n");
    (text, serde_json::json!({ "header_data": {}, "data": data }))
}

fn large_profile(criterion: &mut Criterion) {
    let (text, body) = sixty_fields();
    let file = ProfileFile {
        name: "large.yaml".to_owned(),
        text,
    };
    let (profile, _) = compile(&file, None, &BTreeMap::new()).expect("a profile");
    let source = Source::new("polls", "1", "1");
    let MappingOutcome::Plan(plan) = profile.plan(&source, Timestamp::UNIX_EPOCH, &body) else {
        panic!("no plan");
    };
    let filled = plan.crm().map_or(0, |crm| crm.fields().count());
    assert_eq!(filled, 60, "every field has a value");
    criterion.bench_function("a plan of sixty fields", |bench| {
        bench.iter(|| profile.plan(&source, Timestamp::UNIX_EPOCH, black_box(&body)));
    });
}

/// Returns the memory of the process in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
        .unwrap_or(0)
}

/// Writes this many profiles like the shipped ones, with the shipped defaults.
fn folder_of(profiles: usize) -> tempfile::TempDir {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let home = tempfile::tempdir().expect("a folder");
    let mappings = home.path().join("mappings");
    std::fs::create_dir(&mappings).expect("a folder");
    std::fs::copy(
        root.join("mappings/_defaults.yaml"),
        mappings.join("_defaults.yaml"),
    )
    .expect("a copy");
    let shipped =
        std::fs::read_to_string(root.join("mappings/consultation.yaml")).expect("a profile");
    for number in 1..=profiles {
        let text = shipped
            .replace("polls: [123, 124]", &format!("polls: [{number}]"))
            .replace("name: Вопрос", &format!("name: {number} Вопрос"));
        std::fs::write(mappings.join(format!("p{number:05}.yaml")), text).expect("a profile");
    }
    home
}

fn many_profiles(criterion: &mut Criterion) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let open = |home: &tempfile::TempDir| {
        ProfileStore::open(home.path().join("mappings"), root.join("templates"))
    };
    let mut group = criterion.benchmark_group("choosing among");
    for profiles in [20_usize, 200, 2000] {
        let home = folder_of(profiles);
        let before = resident();
        let started = std::time::Instant::now();
        let (store, report) = open(&home);
        let took = started.elapsed();
        assert_eq!(
            (report.counts(), store.current().profiles().len()),
            ((0, 0), profiles)
        );
        println!(
            "{profiles} profiles: loaded in {took:.0?}, {} KiB more in memory",
            resident().saturating_sub(before)
        );
        let set = store.current();
        let poll = (profiles / 2).to_string();
        let body = serde_json::json!({ "header_data": {}, "data": {} });
        group.bench_function(profiles.to_string(), |bench| {
            bench.iter(|| set.for_address("polls", black_box(&poll), &body));
        });
    }
    group.finish();
}

criterion_group!(benches, mapping, large_profile, many_profiles);
criterion_main!(benches);
