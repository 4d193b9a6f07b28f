//! The JSON Schemas of profiles, `_channels.yaml` and `_pbx.yaml`, for editors. They are derived from the
//! reader itself: it reads small profiles, and what it requests, accepts and refuses becomes the
//! schema. Only the explanations of keys are in a list of their own, and a test compares that list
//! with the reader.

mod channel_keys;
mod key;
mod key_paths;
mod keys;
mod people_keys;
mod then_keys;

use serde_json::{Map, Value, json};

pub use self::key::Key;
pub use self::key_paths::all_keys;
#[cfg(test)]
pub(crate) use self::key_paths::of_path;
use crate::authoring::codes::Code;
use crate::authoring::hand_matches;
use crate::authoring::keys::{ExpectedKey, KeyRecorder, KeyShape};
use crate::authoring::problem::{Problems, SourceText};
use crate::authoring::raw::RawProfile;
use crate::authoring::reader::Reader;
use crate::channels::{self, Pages};
use crate::domain::{Bilingual, EntityKind, ItemType, Lang};
use crate::mapping::crm_fields;

/// A key that no block knows.
const STRANGER: &str = "zz_probe";

/// Items of every smart process have the same fields of their own.
const SOME_PROCESS: i64 = 1036;

/// A step to a place in a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyStep<'s> {
    Key(&'s str),
    /// Any item of a list.
    Item,
}

/// The reader to probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum File {
    /// A profile or `_defaults.yaml`.
    Profile,
    /// `_channels.yaml`.
    Channels,
    /// `_pbx.yaml`.
    People,
}

impl File {
    fn read(self, source: &SourceText, reader: &mut Reader<'_>) {
        match self {
            Self::Profile => {
                RawProfile::read(source, reader);
            }
            Self::Channels => {
                channels::of_text(source, &Pages::new(), reader);
            }
            Self::People => {
                hand_matches::of_text(source, reader);
            }
        }
    }

    /// Returns the explanation of a key; `block` is the reader's name of the block, with the
    /// probe's names in it.
    fn meaning(self, about: &str, key: &str) -> Option<&'static Key> {
        let about = about.replace(STRANGER, "*");
        let path = if about.is_empty() {
            key.to_owned()
        } else {
            format!("{about}.{key}")
        };
        match self {
            Self::Profile => key_paths::of_path(&path),
            Self::Channels => channel_keys::of_path(&path),
            Self::People => people_keys::of_path(&path),
        }
    }
}

/// The schema of profiles and of `_defaults.yaml`, with the keys' meanings in a language.
pub fn schema(lang: Lang) -> Value {
    let file = File::Profile;
    let builder = Builder { file, lang };
    let slot = [
        KeyStep::Key("contact"),
        KeyStep::Key("fields"),
        KeyStep::Key(STRANGER),
    ];
    let definitions = ("$defs", json!({ "slot": builder.at(&slot) }));
    let title = Bilingual::new("A leadgate profile", "Профиль leadgate").pick(lang);
    builder.whole(title, &[definitions])
}

/// The schema of `_channels.yaml`, with the keys' meanings in a language.
pub fn channels_schema(lang: Lang) -> Value {
    let file = File::Channels;
    let title = Bilingual::new("The channels of leadgate", "Каналы leadgate").pick(lang);
    Builder { file, lang }.whole(title, &[])
}

/// The schema of `_pbx.yaml`, with the keys' meanings in a language.
pub fn people_schema(lang: Lang) -> Value {
    let file = File::People;
    let title = Bilingual::new("The people of PBXs", "Сотрудники АТС").pick(lang);
    Builder { file, lang }.whole(title, &[])
}

/// Returns every key that the reader requests, as the catalogue writes it: `fields.*.from`.
#[cfg(test)]
pub(super) fn asked_keys(file: File) -> Vec<String> {
    let mut keys = Vec::new();
    let schema = match file {
        File::Profile => schema(Lang::En),
        File::Channels => channels_schema(Lang::En),
        File::People => people_schema(Lang::En),
    };
    collect(&schema, "", &mut keys);
    if let Some(slot) = schema.pointer("/$defs/slot") {
        for block in ["contact", "company", "deal", "lead", "item"] {
            collect(slot, &format!("{block}.fields.*"), &mut keys);
        }
    }
    keys
}

#[cfg(test)]
fn collect(schema: &Value, path: &str, keys: &mut Vec<String>) {
    let inner = |key: &str| {
        if path.is_empty() {
            key.to_owned()
        } else {
            format!("{path}.{key}")
        }
    };
    for variant in schema
        .get("anyOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        collect(variant, path, keys);
    }
    for (key, value) in schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        if value.get("$ref").is_none() {
            keys.push(inner(key));
            collect(value, &inner(key), keys);
        }
    }
    if let Some(any @ Value::Object(_)) = schema.get("additionalProperties") {
        collect(any, &inner("*"), keys);
    }
    if let Some(items) = schema.get("items") {
        collect(items, path, keys);
    }
}

/// How the reader reads a value at a place.
struct Probe {
    problems: Problems,
    recorder: KeyRecorder,
}

impl Probe {
    fn to(file: File, path: &[KeyStep<'_>], value: &Value) -> Self {
        let mut whole = value.clone();
        for step in path.iter().rev() {
            whole = match step {
                KeyStep::Key(key) => json!({ *key: whole }),
                KeyStep::Item => json!([whole]),
            };
        }
        let mut problems = Problems::default();
        let mut recorder = KeyRecorder::default();
        let mut reader = Reader::recording(&mut problems, &mut recorder);
        // every JSON text is a YAML text
        file.read(&SourceText::new("probe", &whole.to_string()), &mut reader);
        Self { problems, recorder }
    }

    fn takes(file: File, path: &[KeyStep<'_>], value: &Value) -> bool {
        let refused = Self::to(file, path, value).problems.into_sorted();
        let codes = [
            Code::WrongType,
            Code::WrongValue,
            Code::Unquoted,
            Code::Secret,
        ];
        let mut errors = refused.iter().filter(|problem| problem.is_error());
        !errors.any(|problem| codes.contains(&problem.code))
    }
}

/// Returns the name of a block in the reader's messages.
fn about(path: &[KeyStep<'_>]) -> String {
    let keys: Vec<&str> = path
        .iter()
        .filter_map(|step| match step {
            KeyStep::Key(key) => Some(*key),
            KeyStep::Item => None,
        })
        .collect();
    keys.join(".")
}

struct Builder {
    file: File,
    lang: Lang,
}

impl Builder {
    /// The schema of the whole file.
    fn whole(&self, title: &str, more: &[(&str, Value)]) -> Value {
        let mut schema = self.at(&[]);
        if let Value::Object(schema) = &mut schema {
            let dialect = json!("https://json-schema.org/draft/2020-12/schema");
            let head = [("$schema", dialect), ("title", json!(title))];
            for (key, value) in head.iter().chain(more) {
                schema.insert((*key).to_owned(), value.clone());
            }
            schema.sort_keys();
        }
        schema
    }

    /// Returns the schema of a place.
    fn at(&self, path: &[KeyStep<'_>]) -> Value {
        if path.ends_with(&[KeyStep::Item; 3]) {
            // lists of lists are read to any depth where they are read at all
            return json!(true);
        }
        let mut schema = Map::new();
        let mut types = vec!["null"];
        if Probe::takes(self.file, path, &json!("probe")) {
            types.extend(["string", "number", "boolean"]);
        } else if self.file == File::People && Probe::takes(self.file, path, &json!(1)) {
            types.push("integer");
        }
        let inside = |step| [path, &[step]].concat();
        let in_list = [json!("probe"), json!({})];
        // lists may be nested without end
        let is_nested = path.ends_with(&[KeyStep::Item, KeyStep::Item]);
        if !is_nested
            && in_list
                .iter()
                .any(|item| Probe::takes(self.file, path, &json!([item])))
        {
            types.push("array");
            schema.insert("items".to_owned(), self.at(&inside(KeyStep::Item)));
        }
        if Probe::takes(self.file, path, &json!({})) {
            types.push("object");
            self.keys(path, &mut schema);
        }
        schema.insert("type".to_owned(), json!(types));
        let words = Probe::to(self.file, path, &json!({}))
            .recorder
            .words_of(&about(path));
        if words.is_empty() {
            return Value::Object(schema);
        }
        json!({ "anyOf": [{ "enum": words }, schema] })
    }

    fn keys(&self, path: &[KeyStep<'_>], schema: &mut Map<String, Value>) {
        let answer = Probe::to(self.file, path, &json!({ STRANGER: "probe" }));
        let about = about(path);
        let Some(asked) = answer.recorder.keys_of(&about) else {
            self.free_keys(path, schema);
            return;
        };
        let mut properties = Map::new();
        for ExpectedKey { key, shape } in asked {
            let place = [path, &[KeyStep::Key(key)]].concat();
            let mut of_key = match shape {
                KeyShape::Node => self.at(&place),
                shape => of_shape(shape),
            };
            if let (Value::Object(of_key), Some(key)) =
                (&mut of_key, self.file.meaning(&about, key))
            {
                let text = key.meaning.pick(self.lang);
                of_key.insert("description".to_owned(), json!(without_links(text)));
            }
            properties.insert((*key).to_owned(), of_key);
        }
        schema.insert("properties".to_owned(), Value::Object(properties));
        schema.insert("additionalProperties".to_owned(), json!(false));
    }

    /// Keys that the author chooses. The CRM's own fields are offered by their names.
    fn free_keys(&self, path: &[KeyStep<'_>], schema: &mut Map<String, Value>) {
        let entity = match path {
            [KeyStep::Key("contact"), KeyStep::Key("fields")] => Some(None),
            [KeyStep::Key("company"), KeyStep::Key("fields")] => Some(Some(EntityKind::Company)),
            [KeyStep::Key("deal"), KeyStep::Key("fields")] => Some(Some(EntityKind::Deal)),
            [KeyStep::Key("lead"), KeyStep::Key("fields")] => Some(Some(EntityKind::Lead)),
            [KeyStep::Key("item"), KeyStep::Key("fields")] => {
                Some(ItemType::new(SOME_PROCESS).map(EntityKind::Item))
            }
            _ => None,
        };
        let any = if let Some(entity) = entity {
            let slot = json!({ "$ref": "#/$defs/slot" });
            let names = crm_fields::known(entity)
                .into_iter()
                .map(|name| (name.to_owned(), slot.clone()));
            schema.insert("properties".to_owned(), Value::Object(names.collect()));
            slot
        } else {
            self.at(&[path, &[KeyStep::Key(STRANGER)]].concat())
        };
        schema.insert("additionalProperties".to_owned(), any);
    }
}

/// `[condition](#conditions)` is `condition`: an editor has no page to go to.
fn without_links(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        out.push_str(before);
        rest = match after.split_once("](") {
            Some((words, link)) if !words.contains(['[', ']']) => {
                out.push_str(words);
                link.split_once(')').map_or("", |(_, after)| after)
            }
            _ => {
                out.push('[');
                after
            }
        };
    }
    out + rest
}

fn of_shape(shape: &KeyShape) -> Value {
    let scalar = ["null", "string", "number", "boolean"];
    match shape {
        KeyShape::Any => json!({}),
        KeyShape::Text | KeyShape::Node => json!({ "type": scalar }),
        KeyShape::Word(words) => {
            let words = words.iter().map(|word| json!(word));
            json!({ "enum": words.chain([Value::Null]).collect::<Vec<_>>() })
        }
        KeyShape::Flag => json!({ "enum": [true, false, "yes", "no", "on", "off", null] }),
        KeyShape::Integer => json!({ "type": ["null", "integer"] }),
        KeyShape::Texts => json!({
            "type": ["null", "string", "number", "boolean", "array"],
            "items": { "type": scalar },
        }),
    }
}

#[cfg(test)]
pub(crate) mod tests;
