//! Every message exists in both languages: a text for each code that brings it about.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::authoring::{Code, Problem, ProfileFile};
use crate::channels::{Channels, Pages};
use crate::domain::Lang;
use crate::mapping::{Compiler, ProfileSet};

const BASE: &str =
    "receive: { polls: [1] }\nfields: { n: $.data.n }\ndeal: { fields: { TITLE: \"{{n}}\" } }\n";

/// Texts that are wrong in one way or another.
const WRONG: &[&str] = &[
    "receive: [",
    "a: \"x",
    "a:\n\tb: 1",
    "receive: { polls: [1] }\nreceive: 1",
    "a: {{b}} c",
    "a: { b: $.x[0] }",
    "receive: { polls: x, order: y, default: z }\ndael: 1\ncomment: [1]",
    "receive: { polls: [0], channel: x }\nidentity: x\nitem: 1\ntodo: 2",
    "receive: { polls: [1] }\nidentity: x\ndeal: { found: x, stage: new, responsible: я, change_stage: true }",
    "receive: { polls: [1] }\nlead: ~\ndeal: { found: always_create, among: [NEW], stage: Новая }",
    "receive: { channel: x }\nidentity: y\ndeal: { responsible: { in_turn: [1] } }",
    "receive: { polls: [1] }\ncontact: { fields: { NAME: { value: x, search: true }, PHONE: {}, WEB: x, ID: 1, STAGE_ID: 1, \
     ASSIGNED_BY_ID: 1, CONTACT_ID: 1, ORIGIN_ID: 1, nmae: x, NAEM: x, POST: [a, b], UF_CRM: { valeu: 1 } } }",
    "receive: { polls: [1] }\ncontact: { fields: { NAME: x, EMAIL: [[1]] } }\ndeal: { fields: { PHONE: 1, TITLE: {x} } }",
    "receive: { polls: [1] }\nfields: { \"a b\": $.data.x, this: $.y, q: ~, r: {}, s: { x: 1 }, t: {t} }\ndeal: {}",
    "receive: { polls: [1] }\nfields: { a: $.data.a b, b: $.data[, c: $.data.x-y, d: \"$.a =~ /x/\", e: $.a.~, f: \"\", \
     g: \"$.data[?match(@.a, '*')]\", h: $.data.., i: \"$.data[99999999999999999999]\", j: $.dta.x, k: $.header }\ndeal: {}",
    "receive: { polls: [1], when: $.a = 1 }\ncomment: x\ndeal: { fields: { TITLE: \"{{x}} {{uper x}} {{upper}} {{#if}}{{/if}} {{#upper x}}{{/upper}}\" } }",
    "receive: { polls: [1] }\ncomment: page.html\ndeal: { fields: { TITLE: \"{{truncate n 'x'}}{{truncate n n}}{{date n 'x'}}{{date n n}}{{date n '%d' tz='x'}}{{if n}}{{join n}}{{upper n x=1}}{{and n}}\" } }\nfields: { n: $.data.n }",
    "receive: { polls: [1] }\ndeal: { fields: { TITLE: \"{{> x}}\", COMMENTS: \"{{x\", POST: \"{{#if x}}\", UTM_TERM: \"{{../x}}\", UTM_SOURCE: \"{{@index}}\", UTM_MEDIUM: \"{{upper ((x))}}\" } }",
    "receive: { polls: [1] }\nfields: { a: { from: $.data.a, missing: default, unknown: default, separator: x, zone: y, order: first_last, table: z, map: { a: b } }, \
     b: { from: $.data.b, as: lookup }, c: { from: $.data.c, as: lookup, table: bad.csv, map: { x: y } }, d: { from: $.data.d, as: label }, \
     e: { from: $.data.e, as: dat }, f: { from: $.data.f, value: x }, g: { value: \"{{poll_id}}\", missing: reject }, h: { from: $.data.h, unknown: keep, missing: skip, default: x } }\ndeal: {}",
    "receive: { polls: [1] }\nfields: { a: { from: $.data.a, as: lookup, table: none.csv }, b: { from: $.data.b, when: [{ c: 1, b: \"< x\" }, [1], {x}] }, c: { value: \"{{c.first}}\" } }\ndeal: { fields: { TITLE: { value: \"{{a}}\", when: ~ } } }",
    "receive: { polls: [1] }\nfields: { a: { value: \"{{b}}\" }, b: { value: \"{{a}}\" } }\ndeal: { fields: { TITLE: \"{{a}}\" } }",
    "receive: { polls: [1] }\nfields: { a: $.data.a }\ndeal: { fields: { TITLE: x, UF_CRM_X: { value: y, search: true } } }",
    "receive: { polls: [1] }\nfields: { n: { from: $.data.n, as: name } }\ndeal: { fields: { UF_CRM_X: { value: \"{{n}}\", search: true } } }\n# Bearer abcdefgh12345678",
    "receive: {}\ncomment: {}",
    "receive: { polls: [1] }\nitem: { type: 1036, fields: { UF_CRM_X: { value: x, as: label } } }",
    "receive: { polls: [1] }\ncontact: { fields: { PHONE: { value: x, as: label, search: true }, NAME: { value: x, as: text }, POST: { value: x, unknown: skip }, \
     UF_A: { value: x, as: label, unknown: default }, UF_B: { value: x, as: label, unknown: skip, default: y } } }",
    "receive: { polls: [1], when: $..a..b }\nfields: { a: \"$..x[?@.y]\" }\ndeal: { fields: { TITLE: \"{{a}}\" } }",
    "name: x",
    "shop: { cors: \"*\" }",
    "packet: { data: {} }",
    "fields: { a: $.a }",
];

fn file(name: &str, text: &str) -> ProfileFile {
    ProfileFile {
        name: name.to_owned(),
        text: text.to_owned(),
    }
}

/// Returns all problems of these texts.
fn everything() -> Vec<Problem> {
    let templates = BTreeMap::new();
    let texts = |pairs: &[(&str, &str)]| {
        let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        pairs.iter().map(owned).collect::<BTreeMap<_, _>>()
    };
    let long = format!("{BASE}#{}", "x".repeat(300_000));
    let long_path = BASE.replace("$.data.n", &format!("$.data.{}", "x".repeat(2000)));
    let long_template = BASE.replace("{{n}}", &"x".repeat(5000));
    let deep = BASE.replace(
        "{{n}}",
        &format!("{{{{upper {}n{}}}}}", "(upper ".repeat(30), ")".repeat(30)),
    );
    let mut many = String::from("{");
    for number in 0..200 {
        write!(many, "k{number}: 1, ").unwrap();
    }
    many.push('}');
    let table = "a,1\nb\nA,2\n\"c";
    let mut rows = String::new();
    for row in 0..20_010 {
        writeln!(rows, "{row},x").unwrap();
    }
    let mut problems = Vec::new();
    let more = [long.as_str(), &long_path, &long_template, &deep, &many];
    for text in WRONG.iter().chain(&more) {
        let table = if text.contains("as: dat") {
            table
        } else {
            &rows
        };
        let compiler = Compiler::new(None, &templates)
            .with_tables(&texts(&[("bad.csv", table), ("empty.csv", "")]));
        for text in [(*text).to_owned(), text.replace("bad.csv", "empty.csv")] {
            match compiler.compile(&file("shop.yaml", &text)) {
                Ok((_, warnings)) => problems.extend(warnings),
                Err(shown) => problems.extend(shown),
            }
        }
    }
    let rows = Compiler::new(None, &templates).with_tables(&texts(&[("bad.csv", &rows)]));
    let text = BASE.replace("$.data.n", "{ from: $.data.n, as: lookup, table: bad.csv }");
    problems.extend(rows.compile(&file("shop.yaml", &text)).unwrap_err());
    let defaults = file("_defaults.yaml", "name: x\nreceive: {}\n");
    let compiler = Compiler::new(Some(&defaults), &templates);
    problems.extend(compiler.shared_problems().cloned());
    let compiler = Compiler::new(None, &templates);
    let one = |name: &str, receive: &str| {
        let text = format!("name: x\n{}", BASE.replace("{ polls: [1] }", receive));
        compiler.compile(&file(name, &text)).unwrap().0
    };
    let set = vec![
        one("a.yaml", "{ polls: [1] }"),
        one("b.yaml", "{ polls: [1] }"),
        one("c.yaml", "{ default: true }"),
        one("d.yaml", "{ default: true }"),
    ];
    let (set, together) = ProfileSet::new(set);
    problems.extend(together);
    problems.extend(of_lost_guards(&set).into_iter().chain(of_bases()));
    problems
}

/// Returns the problems of bases.
fn of_bases() -> Vec<Problem> {
    let templates = BTreeMap::new();
    let bases = [
        file("_forms.yaml", "base: other\n"),
        file("_other.yaml", "fields: { n: $.n }\n"),
    ];
    let compiler = Compiler::new(None, &templates).with_bases(&bases);
    let mut problems: Vec<Problem> = compiler.shared_problems().cloned().collect();
    let alone = Compiler::new(None, &templates);
    for (compiler, base) in [
        (&compiler, "form"),
        (&compiler, "defaults"),
        (&alone, "none"),
    ] {
        let profile = file("shop.yaml", &format!("base: {base}\n{BASE}"));
        problems.extend(compiler.compile(&profile).unwrap_err());
    }
    problems
}

/// Returns the problems of steps after the CRM.
fn of_steps() -> Vec<Problem> {
    let templates = BTreeMap::new();
    let compile = |text: &str| Compiler::new(None, &templates).compile(&file("shop.yaml", text));
    let mut problems = Vec::new();
    for text in super::then_mistakes::wrong_profiles() {
        match compile(&text) {
            Ok((_, warnings)) => problems.extend(warnings),
            Err(shown) => problems.extend(shown),
        }
    }
    let steps = compile("receive: { channel: x }\nthen: [{ http: a }]\n")
        .unwrap()
        .0;
    problems.extend(ProfileSet::new(vec![steps]).0.unknown_destinations(&["b"]));
    let leads = compile("receive: { amocrm: leads }\ndeal: { fields: { TITLE: x } }\n")
        .unwrap()
        .0;
    problems.extend(ProfileSet::new(vec![leads]).0.unknown_accounts(&["b"]));
    let calls = compile("receive: { pbx: office }\ndeal: { fields: { TITLE: x } }\n")
        .unwrap()
        .0;
    let calls = ProfileSet::new(vec![calls]).0;
    problems.extend(calls.unknown_pbxs(&["b"]));
    problems.extend(calls.unknown_pbxs(&["offise"]));
    let read = "receive: { amocrm: leads }\nfields: { tel: { contact: PHONE } }\ndeal: { fields: { TITLE: '{{tel}}' } }\n";
    let read = compile(read).unwrap().0;
    problems.extend(ProfileSet::new(vec![read]).0.unread_fields(&["leads"]));
    problems
}

/// Returns the problems of a file that has lost its guards.
fn of_lost_guards(set: &ProfileSet) -> Vec<Problem> {
    let channels = |text: &str| {
        let (channels, _) = Channels::read(&file("_channels.yaml", text), &Pages::new());
        channels.unwrap()
    };
    let guarded = channels("shop: { token: { bearer: true, secret: { env: A } } }\n");
    let lost = ["other: {}\n", "shop: { name: x }\n"];
    let kept = lost.map(|text| channels(text).keeping(&guarded));
    kept.iter()
        .flat_map(|kept| kept.kept_problems("_channels.yaml", set))
        .collect()
}

fn is_russian(text: &str) -> bool {
    text.chars().any(|c| matches!(c, 'а'..='я' | 'А'..='Я'))
}

#[test]
fn every_message_exists_in_english_and_russian() {
    // the reader of the folder reports unreadable files
    let mut unreported: BTreeSet<Code> = Code::ALL.iter().copied().collect();
    unreported.remove(&Code::Unreadable);
    // checks against the portal report these: `live::tests`
    for code in [
        Code::ReadOnlyField,
        Code::UnknownLabel,
        Code::UnknownStage,
        Code::UnknownEmployee,
        Code::UnknownCurrency,
        Code::UnknownProcess,
        Code::RequiredField,
        Code::UnknownConnection,
        // a bug in leadgate
        Code::CompilerFailed,
    ] {
        unreported.remove(&code);
    }
    let mut bad = BTreeSet::new();
    for problem in everything().into_iter().chain(of_steps()) {
        unreported.remove(&problem.code);
        for words in [&problem.message, &problem.advice] {
            let (en, ru) = (words.in_lang(Lang::En), words.in_lang(Lang::Ru));
            let bare = en.split(['`', '\'']).step_by(2).collect::<String>();
            let is_well = en.is_empty() == ru.is_empty()
                && en.matches('`').count() == ru.matches('`').count()
                && !is_russian(&bare)
                && (en.is_empty() || is_russian(ru));
            if !is_well {
                bad.insert(format!("{en} | {ru}"));
            }
        }
    }
    assert!(bad.is_empty(), "{bad:#?}");
    assert!(
        unreported.is_empty(),
        "no text here brings about {unreported:?}"
    );
}
