//! Files: where they are in packets, which fields get them, and how their contents are found again.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Value, json};

use super::rendered;
use crate::authoring::ProfileFile;
use crate::domain::file::{FileFault, FileRules, LinkRules};
use crate::domain::{Lang, Plan, PlannedValue, Source, SourceKinds};
use crate::mapping::{MappingOutcome, attached_files, compile};

const FIELDS: &str = "fields: { scan: { from: [$.scan, $.passport], as: file }, docs: { from: '$.docs[*]', as: file } }\n\
    deal:\n  fields: { TITLE: 'Резюме {{scan}}', UF_CRM_SCAN: '{{scan}}', UF_CRM_DOCS: ['{{docs}}', '{{scan}}'] }\n\
    files: [scan, docs]\n";

fn rules() -> FileRules {
    FileRules {
        limit: 1000,
        types: Vec::new(),
        links: LinkRules::default(),
    }
}

fn source() -> Source {
    Source::new("channels", "jobs", "1")
}

fn planned(profile: &str, body: &Value) -> Plan {
    let file = ProfileFile {
        name: "jobs.yaml".to_owned(),
        text: format!("receive: {{ channel: jobs }}\n{profile}"),
    };
    let compiled = compile(&file, None, &BTreeMap::new());
    let (profile, _) = compiled.unwrap_or_else(|problems| panic!("{problems:?}"));
    let received = "2025-07-21T09:00:00Z".parse().unwrap();
    match profile.plan(&source(), received, body) {
        MappingOutcome::Plan(plan) => *plan,
        other => panic!("{other:?}"),
    }
}

/// Returns the files as `FIELD name place`, those of the timeline as `files`.
fn files(plan: &Plan) -> Vec<String> {
    let step = plan.crm().unwrap();
    let of_fields = step.fields().filter_map(|(_, field)| match &field.value {
        PlannedValue::File(file) => {
            let many = if file.many { "*" } else { "" };
            let (name, place) = (file.name.as_str(), &file.place);
            Some(format!("{}{many} {name} {place}", field.name))
        }
        _ => None,
    });
    let of_timeline = step.files.iter();
    let of_timeline =
        of_timeline.map(|file| format!("files {} {}", file.name.as_str(), file.place));
    of_fields.chain(of_timeline).collect()
}

fn notes(plan: &Plan) -> Vec<String> {
    let notes = plan.notes.iter();
    notes.map(|note| note.to_text(Lang::En)).collect()
}

#[test]
fn files_go_into_fields_and_the_timeline() {
    let file = |name: &str| json!({"name": name, "content": "aGVsbG8="});
    let plan = planned(
        FIELDS,
        &json!({"passport": file("p.pdf"), "docs": [file("a.txt"), "нет", file("../b.txt")]}),
    );
    assert_eq!(
        files(&plan),
        [
            "UF_CRM_SCAN p.pdf $['passport']",
            "UF_CRM_DOCS* a.txt $['docs'][0]",
            "UF_CRM_DOCS* b.txt $['docs'][2]",
            "UF_CRM_DOCS* p.pdf $['passport']",
            "files p.pdf $['passport']",
            "files a.txt $['docs'][0]",
            "files b.txt $['docs'][2]",
        ]
    );
    assert_eq!(
        notes(&plan),
        ["fields.docs: a file cannot be read at $['docs'][1]"]
    );
    let step = plan.crm().unwrap();
    let title = &step.record.as_ref().unwrap().fields[0];
    assert_eq!(title.value.as_str(), "Резюме p.pdf");
    // no file, no note
    let plan = planned(FIELDS, &json!({"scan": "", "docs": []}));
    assert_eq!((files(&plan), notes(&plan)), (vec![], vec![]));
}

#[test]
fn the_comment_has_no_contents_of_files() {
    let profile = "deal: { fields: { TITLE: x } }\ncomment: full\n";
    let body = json!({"a": "iVBORw0KGgo/".repeat(1000), "b": 1});
    let plan = planned(profile, &body);
    let comment = plan.crm().unwrap().comment.as_ref().unwrap();
    assert_eq!(comment.text.as_str(), "a: (base64, 12000)\nb: 1");
}

/// Returns the contents that are found in a stored body, in the order of the files.
fn contents(raw: &str) -> Vec<Result<String, FileFault>> {
    let (sources, raw) = (
        SourceKinds::default(),
        Bytes::copy_from_slice(raw.as_bytes()),
    );
    let body = sources.decode(&source(), &raw).unwrap();
    let plan = planned(FIELDS, &body);
    let step = plan.crm().unwrap();
    let planned: Vec<_> = step.planned_files().collect();
    let attached = attached_files(&planned, (&source(), &raw), &sources, &rules());
    let files = step.files.iter();
    files
        .map(|file| {
            let content = attached.get(&file.place)?;
            Ok(String::from_utf8_lossy(content).into_owned())
        })
        .collect()
}

#[test]
fn contents_are_found_in_the_stored_body() {
    let part = |name: &str, file: &str, content: &str| {
        format!(
            "--x\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\r\n{content}\r\n"
        )
    };
    let ok = |text: &str| Ok(text.to_owned());
    for (raw, expected) in [
        (
            part("scan", "a.txt", "one")
                + &part("docs[]", "a.txt", "two")
                + &part("docs[]", "a.txt", "six")
                + "--x--",
            vec![ok("one"), ok("two"), ok("six")],
        ),
        // the same name twice without brackets, and equal names and sizes
        (
            part("scan", "a.txt", "one") + &part("scan", "a.txt", "two") + "--x--",
            vec![ok("one"), ok("two")],
        ),
        (
            part("docs[b]", "a.txt", "two") + &part("docs[a]", "b.txt", "one") + "--x--",
            vec![ok("two"), ok("one")],
        ),
        (
            json!({"scan": {"file": "aGVsbG8="}, "docs": ["data:;base64,aGk="]}).to_string(),
            vec![ok("hello"), ok("hi")],
        ),
        // JSON in a field of a form
        (
            "docs=%5B%7B%22content%22%3A%22aGk%3D%22%7D%5D".to_owned(),
            vec![ok("hi")],
        ),
        (
            json!({"scan": [["a.txt", "aGVsbG8="], ["b.txt", "aGk="]]}).to_string(),
            vec![ok("hello"), ok("hi")],
        ),
        // what is not there or not allowed
        (
            json!({"scan": {"name": "a", "type": "", "size": 7}}).to_string(),
            vec![Err(FileFault::NotKept)],
        ),
        (
            json!({"scan": "https://files.example/a.pdf"}).to_string(),
            vec![Err(FileFault::Link)],
        ),
        (
            part("scan", "a.txt", &"x".repeat(1001)) + "--x--",
            vec![Err(FileFault::TooLarge)],
        ),
    ] {
        assert_eq!(contents(&raw), expected, "{raw}");
    }
}

#[test]
fn mistakes_are_reported() {
    let check = |rest: &str| rendered(&format!("receive: {{ channel: jobs }}\n{rest}"));
    let field = "fields: { scan: { from: $.scan, as: file }, name: $.name }\n";
    for (rest, expected) in [
        (
            format!("{field}deal: {{ fields: {{ TITLE: '{{{{name}}}}' }} }}\nfiles: [scam]\n"),
            "did you mean `scan`?",
        ),
        (
            format!("{field}deal: {{ fields: {{ TITLE: x }} }}\nfiles: name\n"),
            "the field `name` is not a file",
        ),
        (
            format!(
                "{field}deal: {{ fields: {{ UF_CRM_X: {{ value: '{{{{scan}}}}', search: true }} }} }}\n"
            ),
            "nothing is found by a file",
        ),
        (
            format!("{field}deal: {{ fields: {{ UF_CRM_X: ['{{{{scan}}}}', '{{{{name}}}}'] }} }}\n"),
            "cannot have both files and texts",
        ),
        (
            format!(
                "{field}deal: {{ fields: {{ UF_CRM_X: {{ value: '{{{{scan}}}}', as: label }} }} }}\n"
            ),
            "is not a list",
        ),
        (
            format!(
                "{field}contact: {{ fields: {{ NAME: '{{{{name}}}}', PHONE: {{ value: '{{{{name}}}}', search: true }} }} }}\nfiles: scan\n"
            ),
            "`files` has no effect without",
        ),
        (
            "fields: { scan: { value: '{{x}}', as: file }, x: $.x }\ndeal: { fields: { TITLE: x } }\n"
                .to_owned(),
            "cannot have `value`",
        ),
        (
            "fields: { scan: { from: $.x, as: file, default: x } }\ndeal: { fields: { TITLE: x } }\n"
                .to_owned(),
            "cannot have `default`",
        ),
    ] {
        let problems = check(&rest);
        assert!(problems.contains(expected), "{rest}: {problems}");
    }
    let good = format!("{field}deal: {{ fields: {{ TITLE: '{{{{name}}}}' }} }}\nfiles: scan\n");
    assert_eq!(check(&good), "");
    let braces = format!(
        "{field}deal: {{ fields: {{ TITLE: '{{{{name}}}}' }} }}\nfiles: ['{{{{scan}}}}']\n"
    );
    assert_eq!(check(&braces), "");
}
