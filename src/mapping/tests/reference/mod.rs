//! The parts of `docs/mapping-reference.md` that are made from the code: tables of keys, and
//! examples with the result that they really have. A part stands between `<!-- generated: name -->`
//! and `<!-- /generated -->`; `UPDATE=1` writes all of them anew.

pub(super) mod examples;
mod helpers;
mod then_examples;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use jiff::Timestamp;
use serde_json::Value;

use self::examples::{FORMS, examples};
use self::helpers::{HELPER_EXAMPLES, NORMALISED, PACKET, WITH_KEY};
use super::committed;
use crate::author_tools::all_keys;
use crate::author_tools::schema::of_path;
use crate::authoring::problem::SourceText;
use crate::authoring::yaml::{self, Node, NodeKind};
use crate::authoring::{Code, Normaliser, Paint, ProfileFile, render};
use crate::domain::{
    CompanyPlan, Conflict, ContactPlan, FieldRole, Lang, Plan, PlannedField, PlannedValue,
    ProductsPlan, Source, TodoPlan, WithoutKey,
};
use crate::mapping::crm_fields;
use crate::mapping::{Compiler, HELPERS, MappingOutcome};

const PAGE: &str = "docs/mapping-reference.md";

#[test]
fn the_reference_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = std::fs::read_to_string(path).unwrap();
    let mut wanted = String::new();
    let mut rest = page.as_str();
    let mut used = BTreeSet::new();
    while let Some((before, after)) = rest.split_once("<!-- generated: ") {
        let (name, after) = after.split_once(" -->").unwrap();
        let (_, after) = after.split_once("<!-- /generated -->").unwrap();
        used.insert(name.to_owned());
        let part = part(name);
        write!(
            wanted,
            "{before}<!-- generated: {name} -->\n{part}<!-- /generated -->"
        )
        .unwrap();
        rest = after;
    }
    wanted.push_str(rest);
    let all = [
        "keys ",
        "keys receive",
        "keys fields.*",
        "keys contact",
        "keys company",
        "keys deal",
        "keys todo",
    ];
    let more = [
        "keys comment",
        "keys contact.fields.*",
        "crm fields",
        "normalisers",
        "helpers",
        "problems",
    ];
    for name in all.iter().chain(&more) {
        assert!(used.contains(name.trim()), "the page has no part `{name}`");
    }
    for example in examples() {
        let name = format!("example {}", example.name);
        assert!(used.contains(&name), "the page has no part `{name}`");
    }
    committed(PAGE, &wanted);
}

fn part(name: &str) -> String {
    match name.split_once(' ') {
        Some(("keys", block)) => keys(block),
        Some(("example", name)) => example(name),
        _ => match name {
            "keys" => keys(""),
            "crm fields" => fields_of_the_crm(),
            "normalisers" => normalisers(),
            "helpers" => helpers(),
            "problems" => problems(),
            _ => panic!("nothing makes the part `{name}`"),
        },
    }
}

/// A table of a block's keys.
fn keys(block: &str) -> String {
    let mut text = String::from("| key | meaning |\n|---|---|\n");
    let mut rows = 0;
    for key in all_keys() {
        let (of, name) = key.path.rsplit_once('.').unwrap_or(("", key.path));
        if of == block {
            writeln!(text, "| `{name}` | {} |", key.meaning.pick(Lang::En)).unwrap();
            rows += 1;
        }
    }
    assert!(rows > 0, "no keys of `{block}`");
    text
}

fn fields_of_the_crm() -> String {
    use crate::domain::EntityKind::{Company, Deal, Lead};
    let mut text = String::new();
    for (of, entity) in [
        ("contact", None),
        ("company", Some(Company)),
        ("deal", Some(Deal)),
        ("lead", Some(Lead)),
    ] {
        let names: Vec<String> = crm_fields::known(entity)
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        writeln!(text, "- {of}: {}", names.join(", ")).unwrap();
    }
    text
}

/// What a profile makes of a packet, in the words of the profile.
fn result(profile: &str, packet: &str) -> String {
    let file = |name: &str, text: &str| ProfileFile {
        name: name.to_owned(),
        text: text.to_owned(),
    };
    let texts = |pairs: &[(&str, &str)]| {
        let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        pairs.iter().map(owned).collect::<BTreeMap<_, _>>()
    };
    let templates = texts(&[("short", "{{name}}: {{topics}}")]);
    let compiled = Compiler::new(None, &templates)
        .with_bases(&[file("_forms.yaml", FORMS)])
        .with_tables(&texts(&[(
            "cities.csv",
            "msk;Москва\nspb;Санкт-Петербург\n",
        )]))
        .compile(&file("example.yaml", profile));
    let (profile, _) = compiled.unwrap_or_else(|problems| {
        panic!("{profile}\n{}", render(&problems, Paint::Plain, Lang::En))
    });
    let source = if profile.addresses("channels").next().is_some() {
        Source::new("channels", "site", "1").with_details(&serde_json::json!({"channel": {
            "name": "Orders of the site",
        }, "request": {
            "address": "203.0.113.7", "time": "2025-07-21T09:00:00Z",
            "referer": "https://shop.example/tea", "language": "ru-RU,ru;q=0.9",
        }}))
    } else {
        Source::new("polls", "123", "345").with_details(&serde_json::json!({"poll": {
            "id": 123, "name": "Open day", "language": "en",
        }}))
    };
    let at: Timestamp = "2025-07-21T09:00:00Z".parse().unwrap();
    let body: Value = serde_json::from_str(packet).unwrap();
    rendered(&profile.plan(&source, at, &body))
}

fn rendered(outcome: &MappingOutcome) -> String {
    let mut text = String::new();
    let plan = match outcome {
        MappingOutcome::Plan(plan) => plan,
        MappingOutcome::Reject(rejections) => {
            let why = crate::mapping::rejection_text(rejections, Lang::En);
            return format!("rejected: {why}\n");
        }
        MappingOutcome::Park { reason, note } => {
            return format!("parked: {reason}: {}\n", note.to_text(Lang::En));
        }
    };
    let crm = plan.crm().cloned().unwrap_or_default();
    if let Some(contact) = &crm.contact {
        contact_rules(contact, &mut text);
    }
    if let Some(plan) = &crm.company {
        company(plan, &mut text);
    }
    if let Some(record) = &crm.record {
        let kind = record.kind.as_str();
        write!(text, "{kind} (found {}", word(record.found)).unwrap();
        if !record.among.is_empty() {
            write!(text, " among {}", record.among.join(" ")).unwrap();
        }
        if let Some(stage) = &record.stage {
            write!(text, ", stage {stage}").unwrap();
        }
        if let Some(stage) = &record.stage_on_update {
            write!(text, ", moved to {stage}").unwrap();
        }
        if let Some(responsible) = &record.responsible {
            write!(text, ", responsible {}", word(responsible)).unwrap();
        }
        text.push_str(")\n");
        fields(&record.fields, &mut text);
        products(record.products.as_ref(), &mut text);
    }
    if let Some(comment) = &crm.comment {
        writeln!(text, "comment").unwrap();
        for line in comment.text.as_str().lines() {
            writeln!(text, "  {line}").unwrap();
        }
    }
    for file in &crm.files {
        writeln!(text, "file: {}", file.to_text()).unwrap();
    }
    todo(crm.todo.as_ref(), &mut text);
    later_steps(plan, &mut text);
    for note in &plan.notes {
        writeln!(text, "note: {}", note.to_text(Lang::En)).unwrap();
    }
    if let Some(connection) = &crm.connection {
        writeln!(text, "connection: {connection}").unwrap();
    }
    text
}

fn todo(todo: Option<&TodoPlan>, text: &mut String) {
    let Some(todo) = todo else { return };
    writeln!(
        text,
        "todo: {} (due {}, on {})",
        todo.title.as_str(),
        todo.deadline,
        word(todo.on)
    )
    .unwrap();
}

fn later_steps(plan: &Plan, text: &mut String) {
    for step in plan.steps.iter().filter(|step| step.kind.crm().is_none()) {
        writeln!(text, "step {}", step.name).unwrap();
        for (name, value) in step.kind.facts() {
            writeln!(text, "  {name} = {value}").unwrap();
        }
    }
}

fn products(products: Option<&ProductsPlan>, text: &mut String) {
    let Some(products) = products else { return };
    writeln!(text, "  products   [{}]", word(products.on_update)).unwrap();
    for row in &products.rows {
        let values: Vec<String> = row
            .values
            .iter()
            .map(|(field, value)| format!("{} = {}", field.as_str(), value.as_str()))
            .collect();
        writeln!(text, "    {}", values.join(", ")).unwrap();
    }
}

fn company(plan: &CompanyPlan, text: &mut String) {
    let (match_, several) = (word(&plan.match_), word(plan.several));
    writeln!(text, "company (match {match_}, several {several})").unwrap();
    fields(&plan.fields, text);
}

fn contact_rules(contact: &ContactPlan, text: &mut String) {
    let (match_, several) = (word(&contact.match_), word(contact.several));
    write!(text, "contact (match {match_}, several {several}").unwrap();
    if contact.conflict != Conflict::default() {
        write!(text, ", conflict {}", word(contact.conflict)).unwrap();
    }
    if contact.without_key != WithoutKey::default() {
        write!(text, ", without_key {}", word(contact.without_key)).unwrap();
    }
    text.push_str(")\n");
    fields(&contact.fields, text);
}

/// A word as profiles write it.
fn word(value: impl serde::Serialize) -> String {
    match serde_json::to_value(value).unwrap() {
        Value::String(word) => word,
        other => other.to_string(),
    }
}

fn fields(list: &[PlannedField], text: &mut String) {
    for field in list {
        let search = match field.role {
            FieldRole::Search => ", search",
            FieldRole::Fill => "",
        };
        let value = match &field.value {
            PlannedValue::File(file) => file.to_text().into(),
            _ => field.written(),
        };
        writeln!(
            text,
            "  {} = {value}   [{}{search}]",
            field.name,
            word(field.on_update)
        )
        .unwrap();
    }
}

fn example(name: &str) -> String {
    let example = examples().find(|example| example.name == name);
    let example = example.unwrap_or_else(|| panic!("no example `{name}`"));
    let mut text = format!("```yaml\n{}```\n", example.profile);
    for packet in example.packets {
        let made = result(example.profile, packet);
        writeln!(text, "From `{packet}`:\n```text\n{made}```").unwrap();
    }
    text
}

/// A field of a deal's title, from a value.
fn field(field: &str, value: &str) -> String {
    let profile = format!(
        "receive: {{ polls: [123] }}\nfields: {{ x: {field} }}\n\
         deal: {{ fields: {{ TITLE: \"{{{{x}}}}\" }} }}"
    );
    title(&result(
        &profile,
        &format!("{{\"data\": {{\"x\": {value}}}}}"),
    ))
}

fn title(made: &str) -> String {
    let value = made
        .split_once("TITLE = ")
        .and_then(|(_, rest)| rest.split_once("   ["));
    value.map_or("nothing".to_owned(), |(value, _)| format!("`{value}`"))
}

fn normalisers() -> String {
    let mut text = String::from("| word | value in the packet | result |\n|---|---|---|\n");
    for (word, _) in Normaliser::WORDS {
        let cases: Vec<_> = NORMALISED.iter().filter(|(of, ..)| of == word).collect();
        assert!(!cases.is_empty(), "no example of `{word}`");
        for (_, more, value) in cases {
            let made = field(&format!("{{ from: $.data.x, as: {word}{more} }}"), value);
            let shown = value.replace('|', "\\|");
            writeln!(text, "| `{word}{more}` | `{shown}` | {made} |").unwrap();
        }
    }
    text
}

fn helpers() -> String {
    let mut text = String::from("| helper | template | result |\n|---|---|---|\n");
    for helper in HELPERS {
        let cases: Vec<_> = HELPER_EXAMPLES
            .iter()
            .filter(|(of, _)| *of == helper.name)
            .collect();
        assert!(!cases.is_empty(), "no example of `{}`", helper.name);
        for (name, template) in cases {
            let quoted = template.replace('\'', "''");
            let profile = format!("{WITH_KEY}deal: {{ fields: {{ TITLE: '{quoted}' }} }}");
            let made = title(&result(&profile, PACKET));
            writeln!(text, "| `{name}` | `{template}` | {made} |").unwrap();
        }
    }
    text
}

fn problems() -> String {
    let mut text = String::from("| code | meaning |\n|---|---|\n");
    for code in Code::ALL {
        writeln!(text, "| `{code}` | {} |", code.meaning()).unwrap();
    }
    text
}

/// The keys of a profile, with `*` for names that the author chose.
fn paths(node: &Node, path: &str, into: &mut BTreeSet<String>) {
    match &node.kind {
        NodeKind::Map(entries) => {
            let is_free = path == "fields" || path.ends_with(".fields") || path == "then.save";
            for (key, value) in entries {
                let key = if is_free { "*" } else { key.value.as_str() };
                let inner = if path.is_empty() {
                    key.to_owned()
                } else {
                    format!("{path}.{key}")
                };
                into.insert(inner.clone());
                paths(value, &inner, into);
            }
        }
        NodeKind::List(list) => list.iter().for_each(|item| paths(item, path, into)),
        NodeKind::Scalar(_) | NodeKind::Null => {}
    }
}

#[test]
fn every_key_appears_in_an_example() {
    let mut shown = BTreeSet::new();
    for example in examples() {
        let source = SourceText::new("example", example.profile);
        paths(&yaml::read(&source).unwrap(), "", &mut shown);
    }
    // a lead is written as a deal is, and so on
    let shown: BTreeSet<&str> = shown
        .iter()
        .filter_map(|path| of_path(path))
        .map(|key| key.path)
        .collect();
    for key in all_keys() {
        let path = key.path;
        assert!(shown.contains(path), "no example has `{path}`");
    }
}
