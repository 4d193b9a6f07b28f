//! What holds for every packet and for every text that calls itself a profile.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use indexmap::IndexMap;
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::reference::examples::examples;
use crate::authoring::problem::{Problems, SourceText};
use crate::authoring::raw::RawProfile;
use crate::authoring::raw::field_rule::RawFieldRules;
use crate::authoring::reader::Reader;
use crate::authoring::{Problem, ProfileFile};
use crate::domain::{Lang, Source};
use crate::mapping::profile::FieldRule;
use crate::mapping::{Compiler, MappingOutcome, Profile, ProfileSet};

const FILES: [(&str, &str); 4] = [
    (
        "_defaults.yaml",
        include_str!("../../../mappings/_defaults.yaml"),
    ),
    (
        "consultation.yaml",
        include_str!("../../../mappings/consultation.yaml"),
    ),
    (
        "registration.yaml",
        include_str!("../../../mappings/registration.yaml"),
    ),
    (
        "default.yaml",
        include_str!("../../../mappings/default.yaml"),
    ),
];

fn file(name: &str, text: &str) -> ProfileFile {
    ProfileFile {
        name: name.to_owned(),
        text: text.to_owned(),
    }
}

fn templates() -> BTreeMap<String, String> {
    let short = include_str!("../../../templates/short.hbs");
    BTreeMap::from([("short".to_owned(), short.to_owned())])
}

static SHIPPED: LazyLock<ProfileSet> =
    LazyLock::new(|| set(FILES.map(|(name, text)| file(name, text))));

/// The shipped profiles with names as they were typed: `as: name` would tidy them.
static AS_TYPED: LazyLock<ProfileSet> =
    LazyLock::new(
        || set(FILES.map(|(name, text)| file(name, &text.replace(", as: name }", " }")))),
    );

fn set(files: [ProfileFile; 4]) -> ProfileSet {
    let templates = templates();
    let [defaults, profiles @ ..] = files;
    let compiler = Compiler::new(Some(&defaults), &templates);
    let profiles = profiles.map(|file| compiler.compile(&file).unwrap().0);
    ProfileSet::new(profiles.to_vec()).0
}

fn plan(set: &ProfileSet, poll: i64, body: &Value) -> MappingOutcome {
    let source = Source::new("polls", poll.to_string(), "5");
    let profile = set.for_source(&source, body).unwrap();
    profile.plan(&source, Timestamp::UNIX_EPOCH, body)
}

/// Any JSON, under the keys that the shipped profiles read and under others.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
        "[-+0-9 .:@a-zа-я{}<>$\\[\\]]{0,20}".prop_map(Value::from),
    ];
    let key = prop_oneof![
        Just("header_data".to_owned()),
        Just("data".to_owned()),
        Just("analytics".to_owned()),
        Just("params".to_owned()),
        Just("email".to_owned()),
        Just("phone".to_owned()),
        Just("topics".to_owned()),
        Just("form_kind".to_owned()),
        Just("event_date".to_owned()),
        "\\PC{0,8}",
    ];
    leaf.prop_recursive(6, 60, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn no_packet_makes_a_profile_panic(header in any_json(), data in any_json()) {
        let set = &*SHIPPED;
        for body in [json!({"header_data": header, "data": data}), data] {
            for poll in [123, 200, 999] {
                let once = plan(set, poll, &body);
                prop_assert_eq!(&once, &plan(set, poll, &body), "the same packet, another plan");
            }
        }
    }

    #[test]
    fn typed_text_arrives_unchanged(typed in "[-{}<>$\\[\\]()/#=\"'\\\\ a-zа-я0-9_.:;&%*|\n]{1,60}") {
        let set = &*AS_TYPED;
        let body = json!({"header_data": {}, "data": {"firstname": typed.clone(), "question": typed.clone()}});
        let MappingOutcome::Plan(plan) = plan(set, 123, &body) else {
            return Err(TestCaseError::fail("no plan"));
        };
        let crm = plan.crm().cloned().unwrap_or_default();
        let arrived: Vec<&str> = crm
            .fields()
            .map(|(_, field)| field)
            .filter(|field| matches!(field.name.as_str(), "NAME" | "COMMENTS"))
            .map(|field| field.value.as_str())
            .collect();
        let kept = typed.trim();
        prop_assert_eq!(arrived, if kept.is_empty() { vec![] } else { vec![kept; 2] });
    }
}

#[test]
fn hostile_text_is_text_in_the_plan() {
    let set = &*AS_TYPED;
    for typed in [
        "{{x}}",
        "{{#if email}}{{email}}{{/if}}",
        "{email} <email>",
        "$result[cmd][ID]",
        "[b]жирно[/b] [url=http://a.b]c[/url]",
        "<script>alert(1)</script>",
        "%result% \\{{x}} \u{0}\u{202e}",
    ] {
        let data = json!({"firstname": typed, "question": typed, "email": "a@b.ru"});
        let MappingOutcome::Plan(plan) = plan(set, 123, &json!({"header_data": {}, "data": data}))
        else {
            panic!("no plan");
        };
        assert_eq!(
            plan.crm().unwrap().contact.clone().unwrap().fields[0]
                .value
                .as_str(),
            typed
        );
        let record = plan.crm().unwrap().record.clone().unwrap();
        assert_eq!(
            record.fields[0].value.as_str(),
            format!("Вопрос по ОП: {typed} (ответ №5)")
        );
        assert!(
            plan.crm()
                .unwrap()
                .comment
                .clone()
                .unwrap()
                .text
                .as_str()
                .contains(&format!("firstname: {typed}\n"))
        );
    }
}

/// A small generator of its own: the same mutations in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most.max(1)
    }
}

fn mutated(text: &str, dice: &mut Dice) -> String {
    const SPICE: [&str; 22] = [
        "{", "}", "[", "]", "\"", "'", ":", "#", "\t", "  ", "\n", "- ", "{{", "}}", "$.", "&a ",
        "*a", "!x ", "|", "~", "\u{feff}", "я",
    ];
    if dice.below(3) == 0 {
        let mut lines: Vec<&str> = text.lines().collect();
        let (one, other) = (dice.below(lines.len()), dice.below(lines.len()));
        match dice.below(4) {
            0 => drop(lines.remove(one)),
            1 => lines.swap(one, other),
            2 => lines.insert(one, lines[other]),
            _ => lines.truncate(one),
        }
        return lines.join("\n");
    }
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..=dice.below(3) {
        let at = dice.below(chars.len());
        let spice = SPICE[dice.below(SPICE.len())];
        match dice.below(3) {
            0 => drop(chars.splice(at..at, spice.chars())),
            1 => drop(chars.splice(at..=at.min(chars.len() - 1), spice.chars())),
            _ => drop(chars.remove(at)),
        }
    }
    chars.into_iter().collect()
}

/// How many mutations of profiles are tried, and how many of the defaults.
const PROFILES: usize = 10_000;
const DEFAULTS: usize = 1_000;

/// The profiles that are mutated: the shipped ones, and the reference's, which have every key.
fn seeds() -> Vec<ProfileFile> {
    let shipped = FILES.iter().skip(1).map(|(name, text)| file(name, text));
    let examples = examples().map(|example| file("example.yaml", example.profile));
    shipped.chain(examples).collect()
}

fn tables() -> BTreeMap<String, String> {
    BTreeMap::from([("cities.csv".to_owned(), "msk,Москва\n".to_owned())])
}

/// What loads has everything that is written: no field and no rule is left behind.
fn is_whole(profile: &Profile, file: &ProfileFile) {
    let mut problems = Problems::default();
    let text = file.text.trim_start_matches('\u{feff}');
    let raw = RawProfile::read(
        &SourceText::new(&file.name, text),
        &mut Reader::new(&mut problems),
    )
    .unwrap();
    assert!(profile.fields.len() >= raw.fields.len(), "{}", file.text);
    let written = |fields: &IndexMap<String, RawFieldRules>| -> usize {
        fields.values().map(|field| field.rules.len()).sum()
    };
    let made = |rules: Option<&Vec<FieldRule>>| rules.map_or(0, Vec::len);
    if let Some(contact) = raw.contact.filter(|contact| !contact.none) {
        let rules = profile.contact.as_ref().map(|rules| &rules.fields);
        assert!(made(rules) >= written(&contact.fields), "{}", file.text);
    }
    if let Some(record) = raw.deal.or(raw.lead) {
        let rules = profile.record.as_ref().map(|rules| &rules.fields);
        assert!(made(rules) >= written(&record.fields), "{}", file.text);
    }
}

/// A text loads as a whole or not at all: what loads gives a plan, what does not says why. Counts
/// both.
fn try_out(compiler: &Compiler<'_>, file: &ProfileFile, counts: &mut [usize; 2]) {
    let bodies = [
        json!({"header_data": {"poll_id": 123, "form_kind": 2}, "data": {"email": "a@b.ru", "firstname": "А"}}),
        json!({}),
    ];
    let source = Source::new("polls", "123", "5");
    match compiler.compile(file) {
        Ok((profile, warnings)) => {
            counts[0] += 1;
            is_whole(&profile, file);
            assert!(warnings.iter().all(|problem| !problem.is_error()));
            for body in &bodies {
                let once = profile.plan(&source, Timestamp::UNIX_EPOCH, body);
                assert_eq!(once, profile.plan(&source, Timestamp::UNIX_EPOCH, body));
            }
        }
        Err(problems) => {
            counts[1] += 1;
            assert!(problems.iter().any(Problem::is_error), "{}", file.text);
            for problem in &problems {
                assert!(
                    !problem.message.in_lang(Lang::Ru).is_empty() && problem.line > 0,
                    "{problem}"
                );
            }
        }
    }
}

#[test]
fn no_mutation_of_a_profile_panics_or_loads_half() {
    let (templates, tables) = (templates(), tables());
    let defaults = file(FILES[0].0, FILES[0].1);
    let with = Compiler::new(Some(&defaults), &templates).with_tables(&tables);
    let without = Compiler::new(None, &templates).with_tables(&tables);
    let mut dice = Dice(2025);
    let mut counts = [0; 2];
    for profile in seeds().iter().cycle().take(PROFILES) {
        let text = mutated(&profile.text, &mut dice);
        let compiler = if profile.name == "example.yaml" {
            &without
        } else {
            &with
        };
        try_out(compiler, &file(&profile.name, &text), &mut counts);
    }
    assert!(counts.iter().all(|count| *count > 1_000), "{counts:?}");
}

#[test]
fn no_mutation_of_the_defaults_panics_or_loads_half() {
    let templates = templates();
    let [defaults, profile, ..] = FILES.map(|(name, text)| file(name, text));
    let mut dice = Dice(1812);
    let mut counts = [0; 2];
    for _ in 0..DEFAULTS {
        let text = mutated(&defaults.text, &mut dice);
        let defaults = file(&defaults.name, &text);
        try_out(
            &Compiler::new(Some(&defaults), &templates),
            &profile,
            &mut counts,
        );
    }
    assert!(counts.iter().all(|count| *count > 100), "{counts:?}");
}

#[test]
fn limits_the_number_of_reported_problems() {
    let keys: Vec<String> = (0..20_000).map(|number| format!("k{number}: 1")).collect();
    let text = format!("{{ {} }}", keys.join(", "));
    let problems = Compiler::new(None, &templates())
        .compile(&file("all-wrong.yaml", &text))
        .unwrap_err();
    assert_eq!(problems.len(), 100);
    assert!(
        problems
            .iter()
            .any(|problem| problem.message.in_lang(Lang::En).ends_with("more problems"))
    );
}
