//! The parts of `docs/mapping-reference.md` and of its Russian page that are made from the code:
//! tables of keys, and examples with the result that they really have. A part stands between
//! `<!-- generated: name -->` and `<!-- /generated -->`; `UPDATE=1` writes all of them anew.

pub(super) mod examples;
mod helpers;
mod hook_examples;

mod remarks;
mod then_examples;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use jiff::Timestamp;
use serde_json::Value;

use self::examples::{FORMS, examples};
use self::helpers::{HELPER_EXAMPLES, NORMALISED, PACKET, WITH_KEY};
use self::remarks::with_remarks;
use super::committed;
use crate::author_tools::all_keys;
use crate::author_tools::schema::of_path;
use crate::authoring::problem::SourceText;
use crate::authoring::yaml::{self, Node, NodeKind};
use crate::authoring::{Code, Normaliser, Paint, ProfileFile, render};
use crate::domain::{
    Bilingual, CompanyPlan, Conflict, ContactPlan, FieldRole, Lang, Plan, PlannedField,
    PlannedValue, ProductsPlan, RecordPlan, Source, TodoPlan, WithoutKey,
};
use crate::mapping::crm_fields;
use crate::mapping::{Compiler, HELPERS, MappingOutcome};

const PAGES: [(&str, Lang); 2] = [
    ("docs/mapping-reference.md", Lang::En),
    ("docs/mapping-reference.ru.md", Lang::Ru),
];

/// Returns a page with all parts made anew, and the names of the parts.
fn made_anew(page: &str, lang: Lang) -> (String, Vec<String>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
    let page = std::fs::read_to_string(path).unwrap();
    let mut wanted = String::new();
    let mut rest = page.as_str();
    let mut parts = Vec::new();
    while let Some((before, after)) = rest.split_once("<!-- generated: ") {
        let (name, after) = after.split_once(" -->").unwrap();
        let (_, after) = after.split_once("<!-- /generated -->").unwrap();
        parts.push(name.to_owned());
        let part = part(name, lang);
        write!(
            wanted,
            "{before}<!-- generated: {name} -->\n{part}<!-- /generated -->"
        )
        .unwrap();
        rest = after;
    }
    wanted.push_str(rest);
    (wanted, parts)
}

#[test]
fn the_reference_is_current() {
    let [english, russian] = PAGES.map(|(page, lang)| made_anew(page, lang));
    let used: BTreeSet<&str> = english.1.iter().map(String::as_str).collect();
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
        assert!(used.contains(&*name), "the page has no part `{name}`");
    }
    assert_eq!(english.1, russian.1, "both pages have the same parts");
    for ((page, _), (wanted, _)) in PAGES.iter().zip([english, russian]) {
        committed(page, &wanted);
    }
}

fn part(name: &str, lang: Lang) -> String {
    match name.split_once(' ') {
        Some(("keys", block)) => keys(block, lang),
        Some(("example", name)) => example(name, lang),
        _ => match name {
            "keys" => keys("", lang),
            "crm fields" => fields_of_the_crm(lang),
            "normalisers" => normalisers(lang),
            "helpers" => helpers(lang),
            "problems" => problems(lang),
            _ => panic!("nothing makes the part `{name}`"),
        },
    }
}

/// The heading of a table.
fn heading(en: &'static str, ru: &'static str, lang: Lang) -> String {
    let row = Bilingual::new(en, ru).pick(lang);
    format!("{row}\n{}|\n", "|---".repeat(row.matches('|').count() - 1))
}

/// A table of a block's keys.
fn keys(block: &str, lang: Lang) -> String {
    let mut text = heading("| key | meaning |", "| ключ | что значит |", lang);
    let mut rows = 0;
    for key in all_keys() {
        let (of, name) = key.path.rsplit_once('.').unwrap_or(("", key.path));
        if of == block {
            writeln!(text, "| `{name}` | {} |", key.meaning.pick(lang)).unwrap();
            rows += 1;
        }
    }
    assert!(rows > 0, "no keys of `{block}`");
    text
}

fn fields_of_the_crm(lang: Lang) -> String {
    use crate::domain::EntityKind::{Company, Deal, Lead};
    let mut text = String::new();
    for (of, entity) in [
        (Bilingual::new("contact", "контакт"), None),
        (Bilingual::new("company", "компания"), Some(Company)),
        (Bilingual::new("deal", "сделка"), Some(Deal)),
        (Bilingual::new("lead", "лид"), Some(Lead)),
    ] {
        let names: Vec<String> = crm_fields::known(entity)
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        writeln!(text, "- {}: {}", of.pick(lang), names.join(", ")).unwrap();
    }
    text
}

/// What a profile makes of a packet, in the words of the profile.
fn result(profile: &str, packet: &str, lang: Lang) -> String {
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
    rendered(&profile.plan(&source, at, &body), lang)
}

fn rendered(outcome: &MappingOutcome, lang: Lang) -> String {
    let mut text = String::new();
    let plan = match outcome {
        MappingOutcome::Plan(plan) => plan,
        MappingOutcome::Reject(rejections) => {
            let why = crate::mapping::rejection_text(rejections, lang);
            let word = Bilingual::new("rejected", "отклонено").pick(lang);
            return format!("{word}: {why}\n");
        }
        MappingOutcome::Park { reason, note } => {
            let word = Bilingual::new("parked", "отложено").pick(lang);
            return format!("{word}: {reason}: {}\n", note.to_text(lang));
        }
    };
    let crm = plan.crm().cloned().unwrap_or_default();
    if let Some(contact) = &crm.contact {
        contact_rules(contact, &mut text);
    }
    if let Some(plan) = &crm.company {
        company(plan, &mut text);
    }
    if let Some(plan) = &crm.record {
        record(plan, lang, &mut text);
    }
    if let Some(comment) = &crm.comment {
        writeln!(
            text,
            "{}",
            Bilingual::new("comment", "комментарий").pick(lang)
        )
        .unwrap();
        for line in comment.text.as_str().lines() {
            writeln!(text, "  {line}").unwrap();
        }
    }
    for file in &crm.files {
        let word = Bilingual::new("file", "файл").pick(lang);
        writeln!(text, "{word}: {}", file.to_text()).unwrap();
    }
    todo(crm.todo.as_ref(), lang, &mut text);
    later_steps(plan, lang, &mut text);
    for note in &plan.notes {
        let word = Bilingual::new("note", "пометка").pick(lang);
        writeln!(text, "{word}: {}", note.to_text(lang)).unwrap();
    }
    if let Some(connection) = &crm.connection {
        let word = Bilingual::new("connection", "подключение").pick(lang);
        writeln!(text, "{word}: {connection}").unwrap();
    }
    text
}

fn record(record: &RecordPlan, lang: Lang, text: &mut String) {
    let kind = record.kind.as_str();
    write!(text, "{kind} (found {}", word(record.found)).unwrap();
    if !record.among.is_empty() {
        write!(text, " among {}", record.among.join(" ")).unwrap();
    }
    if let Some(stage) = &record.stage {
        write!(text, ", stage {stage}").unwrap();
    }
    if let Some(stage) = &record.stage_on_update {
        let word = Bilingual::new("moved to", "перевод на").pick(lang);
        write!(text, ", {word} {stage}").unwrap();
    }
    if let Some(responsible) = &record.responsible {
        write!(text, ", responsible {}", word(responsible)).unwrap();
    }
    text.push_str(")\n");
    fields(&record.fields, text);
    products(record.products.as_ref(), text);
}

fn todo(todo: Option<&TodoPlan>, lang: Lang, text: &mut String) {
    let Some(todo) = todo else { return };
    writeln!(
        text,
        "{}: {} ({} {}, on {})",
        Bilingual::new("todo", "дело").pick(lang),
        todo.title.as_str(),
        Bilingual::new("due", "срок").pick(lang),
        todo.deadline,
        word(todo.on)
    )
    .unwrap();
}

fn later_steps(plan: &Plan, lang: Lang, text: &mut String) {
    for step in plan.steps.iter().filter(|step| step.kind.crm().is_none()) {
        let word = Bilingual::new("step", "шаг").pick(lang);
        writeln!(text, "{word} {}", step.name).unwrap();
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

fn example(name: &str, lang: Lang) -> String {
    let example = examples().find(|example| example.name == name);
    let example = example.unwrap_or_else(|| panic!("no example `{name}`"));
    let mut text = format!("```yaml\n{}```\n", with_remarks(example.profile, lang));
    for packet in example.packets {
        let made = result(example.profile, packet, lang);
        let from = Bilingual::new("From", "Из").pick(lang);
        writeln!(text, "{from} `{packet}`:\n```text\n{made}```").unwrap();
    }
    text
}

/// A field of a deal's title, from a value.
fn field(field: &str, value: &str, lang: Lang) -> String {
    let profile = format!(
        "receive: {{ polls: [123] }}\nfields: {{ x: {field} }}\n\
         deal: {{ fields: {{ TITLE: \"{{{{x}}}}\" }} }}"
    );
    let packet = format!("{{\"data\": {{\"x\": {value}}}}}");
    title(&result(&profile, &packet, lang), lang)
}

fn title(made: &str, lang: Lang) -> String {
    let value = made
        .split_once("TITLE = ")
        .and_then(|(_, rest)| rest.split_once("   ["));
    let nothing = Bilingual::new("nothing", "нет значения").pick(lang);
    value.map_or(nothing.to_owned(), |(value, _)| format!("`{value}`"))
}

fn normalisers(lang: Lang) -> String {
    let mut text = heading(
        "| word | value in the packet | result |",
        "| слово | значение в пакете | результат |",
        lang,
    );
    for (word, _) in Normaliser::WORDS {
        let cases: Vec<_> = NORMALISED.iter().filter(|(of, ..)| of == word).collect();
        assert!(!cases.is_empty(), "no example of `{word}`");
        for (_, more, value) in cases {
            let made = field(
                &format!("{{ from: $.data.x, as: {word}{more} }}"),
                value,
                lang,
            );
            let shown = value.replace('|', "\\|");
            writeln!(text, "| `{word}{more}` | `{shown}` | {made} |").unwrap();
        }
    }
    text
}

fn helpers(lang: Lang) -> String {
    let mut text = heading(
        "| helper | template | result |",
        "| функция | шаблон | результат |",
        lang,
    );
    for helper in HELPERS {
        let cases: Vec<_> = HELPER_EXAMPLES
            .iter()
            .filter(|(of, _)| *of == helper.name)
            .collect();
        assert!(!cases.is_empty(), "no example of `{}`", helper.name);
        for (name, template) in cases {
            let quoted = template.replace('\'', "''");
            let profile = format!("{WITH_KEY}deal: {{ fields: {{ TITLE: '{quoted}' }} }}");
            let made = title(&result(&profile, PACKET, lang), lang);
            writeln!(text, "| `{name}` | `{template}` | {made} |").unwrap();
        }
    }
    text
}

fn problems(lang: Lang) -> String {
    let mut text = heading("| code | meaning |", "| код | что значит |", lang);
    for code in Code::ALL {
        writeln!(text, "| `{code}` | {} |", code.meaning().pick(lang)).unwrap();
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
