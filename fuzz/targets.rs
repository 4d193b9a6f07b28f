//! The fuzz targets. Each accepts any bytes and must not panic, hang, or give different results for
//! the same input. Used by the coverage-guided runs (`run.sh`) and by an ordinary test
//! (`tests/fuzz.rs`).

use std::collections::BTreeMap;

use jiff::Timestamp;
use leadgate::authoring::{Problem, ProfileFile};
use leadgate::channels::Preset;
use leadgate::domain::{CallKind, Lang, PbxDialect, Source, body, json};
use leadgate::intake::channels::{Sent, packet};
use leadgate::mapping::{Compiler, MappingOutcome, Profile};
use leadgate::pbx::{ToldValues, read_packet};
use serde_json::Value;

/// Maximum length of a template's output.
const LONGEST: usize = 64 * 1024 + 4;

/// A profile: it compiles, or every problem has a place.
pub(crate) fn profile(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let bodies = [
        serde_json::json!({}),
        serde_json::json!({
            "header_data": {"poll_id": 123, "form_kind": 2},
            "data": {"firstname": "Анна", "email": "anna@mail.example", "topics": ["a", {"b": 1}]},
        }),
    ];
    if let Some(profile) = compiled(text) {
        for body in &bodies {
            planned(&profile, body);
        }
    }
}

/// A path, a template and a packet, separated by lines of three dashes.
pub(crate) fn path_template(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let mut parts = text.splitn(3, "\n---\n");
    let (Some(path), Some(template), Some(packet)) = (parts.next(), parts.next(), parts.next())
    else {
        return;
    };
    let Ok(body) = json::decode(packet.as_bytes(), json::DEEPEST) else {
        return;
    };
    let quoted = |text: &str| Value::from(text).to_string();
    let text = format!(
        "receive: {{ polls: [1] }}\nfields: {{ x: {{ from: {} }}, fio: {{ from: $.data, as: name }} }}\n\
         deal: {{ when: {{ x: present }}, fields: {{ TITLE: {} }} }}\n",
        quoted(path),
        quoted(template),
    );
    if let Some(profile) = compiled(&text) {
        planned(&profile, &body.value);
    }
    let text = format!(
        "receive: {{ polls: [1], when: {} }}\nlead: {{ fields: {{ TITLE: x }} }}\n",
        quoted(path)
    );
    if let Some(profile) = compiled(&text) {
        assert_eq!(profile.wants(&body.value), profile.wants(&body.value));
    }
}

/// A form: a line with the `Content-Type`, a line with the query, then the body.
pub(crate) fn form(data: &[u8]) {
    let mut parts = data.splitn(3, |byte| *byte == b'\n');
    let (Some(header), Some(query), Some(raw)) = (parts.next(), parts.next(), parts.next()) else {
        return;
    };
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
    for preset in [Preset::Plain, Preset::Tilda] {
        let sent = Sent {
            content_type: text(header),
            query: text(query),
            hidden: Some("key".to_owned()),
            preset,
            separator: None,
            request: None,
            channel: None,
        };
        let decoded = packet(&sent, raw, json::DEEPEST);
        assert_eq!(decoded, packet(&sent, raw, json::DEEPEST));
        match &decoded {
            Ok(Value::Object(fields)) => assert!(!fields.contains_key("key")),
            Ok(other) => assert!(other.is_array(), "neither an object nor a list"),
            Err(mistake) => {
                assert!(
                    !mistake.to_text(Lang::En).is_empty() && !mistake.to_text(Lang::Ru).is_empty()
                );
            }
        }
        // the content of a file is not part of the packet
        let bare = body::without_files(sent.content_type.as_deref(), raw);
        if let (Some(bare), Ok(whole)) = (bare, decoded) {
            assert_eq!(packet(&sent, &bare, json::DEEPEST), Ok(whole));
        }
    }
}

/// The stored record of a call, or a whole request of a PBX: a packet, or a mistake with its place.
pub(crate) fn pbx(data: &[u8]) {
    let bounds = json::Bounds::from(json::DEEPEST);
    let told = ToldValues {
        kind: Some(CallKind::Outgoing),
        answered: Some(false),
    };
    let dialects = PbxDialect::ALL.map(Some);
    for dialect in dialects.into_iter().chain([None]) {
        let read = read_packet(dialect, data, bounds, told);
        assert_eq!(read, read_packet(dialect, data, bounds, told));
        match read {
            Ok(packet) => assert!(packet.is_object(), "no object"),
            Err(mistake) => assert!(mistake.line > 0 && mistake.column > 0),
        }
    }
}

fn compiled(text: &str) -> Option<std::sync::Arc<Profile>> {
    let templates = BTreeMap::from([("short".to_owned(), "{{firstname}}".to_owned())]);
    let tables = BTreeMap::from([("cities.csv".to_owned(), "msk,Москва\n".to_owned())]);
    let file = ProfileFile {
        name: "fuzzed.yaml".to_owned(),
        text: text.to_owned(),
    };
    let compiler = Compiler::new(None, &templates).with_tables(&tables);
    match compiler.compile(&file) {
        Ok((profile, _)) => Some(profile),
        Err(problems) => {
            assert!(problems.iter().any(Problem::is_error));
            assert!(problems.iter().all(|problem| !problem.message.is_empty()));
            None
        }
    }
}

fn planned(profile: &Profile, body: &Value) {
    let source = Source::new("polls", "123", "345");
    let outcome = profile.plan(&source, Timestamp::UNIX_EPOCH, body);
    assert_eq!(outcome, profile.plan(&source, Timestamp::UNIX_EPOCH, body));
    let MappingOutcome::Plan(plan) = outcome else {
        return;
    };
    let crm = plan.crm().cloned().unwrap_or_default();
    for (_, field) in crm.fields() {
        assert!(field.value.as_str().len() <= LONGEST, "{}", field.name);
    }
}
