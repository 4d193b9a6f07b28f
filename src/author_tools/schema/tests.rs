use std::path::Path;

use super::*;
use crate::author_tools::example::json as json_of;
use crate::authoring::problem::Problem;
use crate::authoring::yaml;

/// As much of JSON Schema as our schema uses.
fn fits(schema: &Value, value: &Value, root: &Value) -> bool {
    if let Value::Bool(flag) = schema {
        return *flag;
    }
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        return fits(
            root.pointer(reference.trim_start_matches('#')).unwrap(),
            value,
            root,
        );
    }
    if let Some(variants) = schema.get("anyOf").and_then(Value::as_array) {
        return variants.iter().any(|variant| fits(variant, value, root));
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return words.contains(value);
    }
    let kinds: &[&str] = match value {
        Value::Null => &["null"],
        Value::Bool(_) => &["boolean"],
        Value::Number(number) if number.is_f64() => &["number"],
        Value::Number(_) => &["number", "integer"],
        Value::String(_) => &["string"],
        Value::Array(_) => &["array"],
        Value::Object(_) => &["object"],
    };
    let Some(types) = schema.get("type").and_then(Value::as_array) else {
        // anything
        return true;
    };
    if !types
        .iter()
        .any(|kind| kinds.contains(&kind.as_str().unwrap()))
    {
        return false;
    }
    match value {
        Value::Array(list) => list.iter().all(|item| fits(&schema["items"], item, root)),
        Value::Object(map) => map.iter().all(|(key, value)| {
            let own = schema.get("properties").and_then(|keys| keys.get(key));
            match own.or_else(|| schema.get("additionalProperties")) {
                Some(Value::Bool(flag)) => *flag,
                Some(inner) => fits(inner, value, root),
                None => true,
            }
        }),
        _ => true,
    }
}

fn is_valid(value: &Value) -> bool {
    let schema = schema(Lang::En);
    fits(&schema, value, &schema)
}

fn holds(
    file: File,
    list: impl Iterator<Item = &'static Key>,
    of_path: fn(&str) -> Option<&'static Key>,
) {
    let asked = asked_keys(file);
    for path in &asked {
        assert!(of_path(path).is_some(), "`{path}` is not explained");
    }
    for key in list {
        assert!(
            asked.iter().any(|path| path == key.path),
            "no block is asked for `{}`",
            key.path
        );
    }
}

#[test]
fn every_key_that_readers_accept_is_documented() {
    holds(File::Profile, all_keys(), key_paths::of_path);
    let keys = channel_keys::CHANNEL_KEYS.iter();
    holds(File::Channels, keys, channel_keys::of_path);
    let keys = people_keys::PEOPLE_KEYS.iter();
    holds(File::People, keys, people_keys::of_path);
}

#[test]
fn the_committed_schema_is_current() {
    let wanted = format!("{:#}\n", schema(Lang::En));
    crate::mapping::tests::committed("docs/schema/profile.schema.json", &wanted);
    let wanted = format!("{:#}\n", channels_schema(Lang::En));
    crate::mapping::tests::committed("docs/schema/channels.schema.json", &wanted);
    let wanted = format!("{:#}\n", people_schema(Lang::En));
    crate::mapping::tests::committed("docs/schema/pbx.schema.json", &wanted);
}

/// What is shipped, and what the documentation shows.
#[test]
fn shipped_and_documented_channels_are_valid() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = |name: &str| std::fs::read_to_string(root.join(name)).unwrap();
    let mut texts = vec![text("mappings/_channels.yaml")];
    for page in ["docs/channels.md", "docs/channels.ru.md"] {
        let page = text(page);
        let blocks = page.split("```yaml\n").skip(1);
        let blocks = blocks.map(|rest| rest.split("```").next().unwrap().to_owned());
        texts.extend(blocks.filter(|block| block.contains("{ env: ")));
    }
    assert!(texts.len() >= 4, "{}", texts.len());
    let schema = channels_schema(Lang::En);
    for text in texts {
        let source = SourceText::new("_channels.yaml", &text);
        let node = yaml::read(&source).unwrap();
        assert!(fits(&schema, &json_of(&node), &schema), "{text}");
    }
}

#[test]
fn the_schema_of_people_takes_what_the_documentation_shows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let schema = people_schema(Lang::En);
    for page in ["docs/pbx.md", "docs/pbx.ru.md"] {
        let page = std::fs::read_to_string(root.join(page)).unwrap();
        let blocks = page.split("```yaml\n").skip(1);
        let blocks = blocks.map(|rest| rest.split("```").next().unwrap());
        let text = blocks.into_iter().find(|text| text.contains("employees:"));
        let node = yaml::read(&SourceText::new("_pbx.yaml", text.unwrap())).unwrap();
        assert!(fits(&schema, &json_of(&node), &schema), "{text:?}");
    }
    for wrong in [
        json!({"main": 6}),
        json!({"main": {"employees": {"1": "x"}}}),
    ] {
        assert!(!fits(&schema, &wrong, &schema), "{wrong}");
    }
}

/// Only words of a few and shapes are a schema's business; addresses, rates and paths are the
/// reader's.
#[test]
fn channel_schema_and_reader_accept_the_same() {
    let schema = channels_schema(Lang::En);
    let mut all = Vec::new();
    places(&schema, &schema, &[], &mut all);
    assert!(all.len() > 50, "{}", all.len());
    let shapes = [
        json!("probe"),
        json!(["probe"]),
        json!({}),
        json!({ "zz_stranger": "x" }),
        json!({ "zz_stranger": ["x"] }),
        json!([{ "zz_stranger": "x" }]),
    ];
    for (place, shape) in all
        .iter()
        .flat_map(|place| shapes.iter().map(move |shape| (place, shape)))
    {
        let mut whole = shape.clone();
        for step in place.iter().rev() {
            whole = match step {
                KeyStep::Key(key) => json!({ *key: whole }),
                KeyStep::Item => json!([whole]),
            };
        }
        let mut problems = Probe::to(File::Channels, place, shape)
            .problems
            .into_sorted();
        problems.retain(Problem::is_error);
        let of_shape = [
            Code::WrongType,
            Code::UnknownKey,
            Code::Unquoted,
            Code::Secret,
        ];
        if fits(&schema, &whole, &schema) {
            let shown = problems
                .iter()
                .find(|problem| of_shape.contains(&problem.code));
            assert!(shown.is_none(), "{whole}: {shown:?}");
        } else {
            assert!(!problems.is_empty(), "{whole}");
        }
    }
}

#[test]
fn every_shipped_profile_fits() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings");
    let mut tried = 0;
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().extension().is_none_or(|e| e != "yaml") || name == "_channels.yaml" {
            continue;
        }
        let text = std::fs::read_to_string(entry.path()).unwrap();
        let node = yaml::read(&SourceText::new(&name, &text)).unwrap();
        assert!(is_valid(&json_of(&node)), "{name}");
        tried += 1;
    }
    assert!(tried >= 4);
}

/// Every place in a profile, made of the schema: keys, and `*` for names of one's own.
pub(crate) fn places<'s>(
    schema: &'s Value,
    root: &'s Value,
    path: &[KeyStep<'s>],
    into: &mut Vec<Vec<KeyStep<'s>>>,
) {
    into.push(path.to_vec());
    let schema = match schema.get("$ref").and_then(Value::as_str) {
        Some(reference) => root.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    for variant in schema
        .get("anyOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        places(variant, root, path, into);
    }
    let keys = schema.get("properties").and_then(Value::as_object);
    for (key, inner) in keys.into_iter().flatten() {
        let is_a_crm_field = inner.get("$ref").is_some();
        if !is_a_crm_field || key == "NAME" || key == "TITLE" {
            places(inner, root, &[path, &[KeyStep::Key(key)]].concat(), into);
        }
    }
    if let Some(any @ Value::Object(_)) = schema.get("additionalProperties") {
        places(any, root, &[path, &[KeyStep::Key("any")]].concat(), into);
    }
    if let Some(items) = schema.get("items") {
        places(items, root, &[path, &[KeyStep::Item]].concat(), into);
    }
}

#[test]
fn schema_and_reader_accept_the_same() {
    let schema = schema(Lang::En);
    let mut all = Vec::new();
    places(&schema, &schema, &[], &mut all);
    assert!(all.len() > 60, "{}", all.len());
    let shapes = [
        json!("probe"),
        json!(["probe"]),
        json!([["probe"]]),
        json!({}),
        json!({ "zz_stranger": "x" }),
        json!([{ "zz_stranger": "x" }]),
        json!({ "zz_stranger": ["x"] }),
        json!({ "zz_stranger": { "zz_inner": "x" } }),
    ];
    for place in all
        .iter()
        .filter(|place| !place.ends_with(&[KeyStep::Item; 2]))
    {
        for shape in &shapes {
            let mut whole = shape.clone();
            for step in place.iter().rev() {
                whole = match step {
                    KeyStep::Key(key) => json!({ *key: whole }),
                    KeyStep::Item => json!([whole]),
                };
            }
            let refused = Probe::to(File::Profile, place, shape)
                .problems
                .into_sorted();
            let codes = [
                Code::WrongType,
                Code::WrongValue,
                Code::UnknownKey,
                Code::Unquoted,
            ];
            let is_read = !refused.iter().any(|problem| codes.contains(&problem.code));
            assert_eq!(
                fits(&schema, &whole, &schema),
                is_read,
                "{whole}: {refused:?}"
            );
        }
    }
}

#[test]
fn explanations_lose_their_links_and_keep_other_brackets() {
    for (text, wanted) in [
        ("a [condition](#conditions), too", "a condition, too"),
        (
            "`any` or `[[PHONE, NAME], [EMAIL]]`, as in [dedup](dedup.md)",
            "`any` or `[[PHONE, NAME], [EMAIL]]`, as in dedup",
        ),
        ("`$.items[*]`", "`$.items[*]`"),
        ("[поля CRM](#поля-crm)", "поля CRM"),
    ] {
        assert_eq!(super::without_links(text), wanted);
    }
}
