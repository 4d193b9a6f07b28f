//! Files of fields and comments. Fields of type file are read and written by the universal methods
//! for every kind of record, as the vendor advises: the classic ones cannot keep the files that a
//! field has (REST documentation, "How to Update and Delete Files").

use std::collections::BTreeMap;

use data_encoding::BASE64;
use serde_json::{Map, Value, json};

use super::commands::Command;
use super::names;
use super::wire::{number, text};
use crate::crm::query::{QueryResult, StoredFile, StoredFiles};
use crate::crm::write::{FileField, FileOwner, NewFile};
use crate::domain::EntityKind;

/// The type number of contacts (REST documentation, "Object types").
const CONTACT_TYPE: i64 = 3;

fn type_of(kind: Option<EntityKind>) -> i64 {
    kind.map_or(CONTACT_TYPE, names::owner_type)
}

/// Adds the flag that custom fields keep their `UF_…` names, if profiles name them so.
fn keep_names<'n>(params: &mut Value, mut names: impl Iterator<Item = &'n str>) {
    if names.any(|name| name.starts_with("UF_")) {
        params["useOriginalUfNames"] = json!("Y");
    }
}

/// Returns the command that reads the files of fields.
pub(super) fn query(kind: Option<EntityKind>, id: i64, names: &[String]) -> Command {
    let mut select = vec!["id".to_owned()];
    select.extend(names.iter().cloned());
    let mut params = json!({
        "entityTypeId": type_of(kind),
        "filter": {"=id": id},
        "select": select,
        "start": -1,
    });
    keep_names(&mut params, names.iter().map(String::as_str));
    Command::new("crm.item.list", params)
}

/// Reads the files of fields.
pub(super) fn read(row: Option<&Value>, names: &[String]) -> QueryResult {
    let files = names.iter().filter_map(|name| {
        let value = row?.get(name)?;
        Some((name.clone(), stored(value)))
    });
    QueryResult::Files(files.collect::<BTreeMap<_, _>>())
}

/// Reads a field: a list of files, one file, or nothing.
fn stored(value: &Value) -> StoredFiles {
    let file = |value: &Value| {
        let address = value.get("urlMachine").or_else(|| value.get("url"));
        Some(StoredFile {
            id: number(value.get("id")?)?,
            address: address.and_then(text).unwrap_or_default(),
        })
    };
    match value {
        Value::Array(list) => StoredFiles {
            files: list.iter().filter_map(file).collect(),
            many: Some(true),
        },
        one => StoredFiles {
            files: file(one).into_iter().collect(),
            many: one.is_object().then_some(false),
        },
    }
}

/// Returns the command that sets the files of fields; `id` is the contact's or record's.
pub(super) fn set(owner: &FileOwner, id: &Value, fields: &[FileField]) -> Command {
    let kind = match owner {
        FileOwner::Contact(_) => None,
        FileOwner::Record(kind, _) => Some(*kind),
    };
    let params = |content: fn(&NewFile) -> Value| {
        let values = fields.iter().map(|field| {
            let value = value_of(field, content);
            (field.name.clone(), value)
        });
        let mut params = json!({
            "entityTypeId": type_of(kind),
            "id": id,
            "fields": values.collect::<Map<_, _>>(),
        });
        keep_names(&mut params, fields.iter().map(|field| field.name.as_str()));
        params
    };
    Command {
        method: SET.to_owned(),
        params: params(uploaded),
        shown: Some(params(described)),
    }
}

/// The method that sets the files of fields.
pub(super) const SET: &str = "crm.item.update";

fn value_of(field: &FileField, content: fn(&NewFile) -> Value) -> Value {
    if !field.many {
        return field.add.first().map_or(json!([]), content);
    }
    let kept = field.keep.iter().map(|id| json!({ "id": id }));
    kept.chain(field.add.iter().map(content)).collect()
}

/// Adds files to a command's parameters.
pub(super) fn attach(mut command: Command, files: &[NewFile]) -> Command {
    if files.is_empty() {
        return command;
    }
    let list = |content: fn(&NewFile) -> Value| files.iter().map(content).collect::<Value>();
    let mut shown = command.params.clone();
    shown["fields"]["FILES"] = list(described);
    command.params["fields"]["FILES"] = list(uploaded);
    command.shown = Some(shown);
    command
}

/// Returns a file as methods take it: its name and its content.
fn uploaded(file: &NewFile) -> Value {
    json!([file.name, BASE64.encode(&file.content)])
}

/// Returns a file as the history shows it.
fn described(file: &NewFile) -> Value {
    json!([file.name, format!("({} bytes)", file.content.len())])
}

/// Replaces the addresses of files in an answer: they contain a credential (REST documentation,
/// "How to Download Files").
pub(super) fn hide_addresses(answer: &mut Value) {
    match answer {
        Value::Array(items) => items.iter_mut().for_each(hide_addresses),
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(address) if is_address(name) => "…".clone_into(address),
                    value => hide_addresses(value),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_address(name: &str) -> bool {
    matches!(
        name,
        "url" | "urlMachine" | "showUrl" | "downloadUrl" | "urlShow" | "urlDownload" | "urlPreview"
    )
}
