//! The shapes in which packets write files: parts of a form, links, base64 in several wrappings.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::{MOST_FILES, base64, name};
use crate::domain::text_json;

/// A bare text that begins like a file of a known type and is shorter than this is a word.
const SHORTEST_KNOWN: usize = 16;
/// Any other bare text shorter than this is a word, a number or a key, not the base64 of a file.
const SHORTEST_BARE: usize = 64;
/// Base64 with line breaks has longer lines than this; a list of words has shorter ones.
const SHORTEST_LINE: usize = 60;
/// In base64 whose `+` became blanks, the runs between them are longer on average; in a sentence they
/// are shorter.
const SHORTEST_RUN: usize = 24;
/// Maximum length of a link.
const LONGEST_LINK: usize = 2000;
/// Deeper lists are not searched.
const DEEPEST: usize = 3;

const NAMES: [&str; 6] = [
    "name",
    "filename",
    "file_name",
    "originalname",
    "original_name",
    "title",
];
const TYPES: [&str; 7] = [
    "type",
    "mime",
    "mimetype",
    "mime_type",
    "contenttype",
    "content_type",
    "content-type",
];
const CONTENTS: [&str; 8] = [
    "content",
    "contents",
    "data",
    "base64",
    "file",
    "body",
    "filedata",
    "file_data",
];
const LINKS: [&str; 8] = [
    "url",
    "link",
    "href",
    "src",
    "file_url",
    "fileurl",
    "download_url",
    "downloadurl",
];

/// Where the content of a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileSource {
    /// In a part of the form.
    Part,
    /// In the packet, as base64.
    Packet,
    /// Behind a link.
    Link,
}

/// A file of a packet, without its content.
#[derive(Clone, PartialEq, Eq)]
pub struct ReadFile {
    /// Its harmless name.
    pub name: String,
    /// Its type in lower case, such as `image/png`; empty if nothing tells it.
    pub kind: String,
    /// Its size in bytes; `None` for a link.
    pub size: Option<u64>,
    /// Its place in the packet.
    pub place: String,
    /// Where its content is.
    pub source: FileSource,
}

/// The files of a value, and the places of what is no file.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct FileReadings {
    /// The files.
    pub files: Vec<ReadFile>,
    /// Places of values that cannot be read as a file.
    pub unreadable: Vec<String>,
    /// Places of empty files.
    pub empty: Vec<String>,
    /// The place of the first file beyond [`MOST_FILES`].
    pub beyond: Option<String>,
}

/// A file as a value writes it.
struct WrittenFile<'v> {
    name: Option<&'v str>,
    kind: Option<&'v str>,
    content: WrittenContent<'v>,
}

enum WrittenContent<'v> {
    Base64(&'v str),
    Link(&'v str),
    Part(u64),
}

/// What says that a text is the content of a file.
#[derive(Clone, Copy)]
enum Wrapping {
    /// Nothing but the text.
    Bare,
    /// A key such as `content`, or the name of a file beside it.
    Named,
}

/// Reads all files of the value at this place; `field` names files without a name.
pub fn read_all(value: &Value, place: &str, field: &str, into: &mut FileReadings) {
    collect(value, place, (field, 0), into);
}

fn collect(value: &Value, place: &str, (field, depth): (&str, usize), into: &mut FileReadings) {
    if is_nothing(value) || into.beyond.is_some() {
        return;
    }
    if let Some(written) = written(value) {
        return add(&written, place, field, into);
    }
    let mut each = |step: String, value: &Value| {
        collect(value, &format!("{place}{step}"), (field, depth + 1), into);
    };
    match value {
        Value::Array(items) if depth < DEEPEST => {
            for (index, item) in items.iter().enumerate() {
                each(format!("[{index}]"), item);
            }
        }
        // PHP writes a list with gaps as an object
        Value::Object(members) if depth < DEEPEST && is_list(members) => {
            for (key, item) in members {
                each(format!("['{key}']"), item);
            }
        }
        Value::String(text) if depth < DEEPEST => match text_json::inside(text) {
            Some(inside) => collect(&inside, place, (field, depth + 1), into),
            None => into.unreadable.push(place.to_owned()),
        },
        _ => into.unreadable.push(place.to_owned()),
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(flag) => !flag,
        Value::Number(_) => false,
    }
}

fn is_list(members: &Map<String, Value>) -> bool {
    members
        .keys()
        .all(|key| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit()))
}

fn add(written: &WrittenFile<'_>, place: &str, field: &str, into: &mut FileReadings) {
    let (source, size) = match written.content {
        WrittenContent::Part(size) => (FileSource::Part, Some(size)),
        WrittenContent::Base64(text) => {
            let size = base64::size(text).unwrap_or_default();
            (FileSource::Packet, u64::try_from(size).ok())
        }
        WrittenContent::Link(_) => (FileSource::Link, None),
    };
    if size == Some(0) {
        into.empty.push(place.to_owned());
        return;
    }
    if into.files.len() >= MOST_FILES {
        into.beyond = Some(place.to_owned());
        return;
    }
    let typed = written.name.and_then(name::file_name);
    let typed = typed.or_else(|| match written.content {
        WrittenContent::Link(link) => name_of_link(link),
        WrittenContent::Base64(_) | WrittenContent::Part(_) => None,
    });
    let by_name = || typed.as_deref().and_then(name::type_of);
    let by_content = || match written.content {
        WrittenContent::Base64(text) => name::type_of_base64(text),
        WrittenContent::Part(_) | WrittenContent::Link(_) => None,
    };
    let kind = written.kind.and_then(type_name);
    let kind = kind
        .filter(|kind| kind != "application/octet-stream")
        .or_else(|| by_name().map(str::to_owned))
        .or_else(|| by_content().map(str::to_owned))
        .unwrap_or_default();
    into.files.push(ReadFile {
        name: typed.unwrap_or_else(|| name::of_field(field, &kind)),
        kind,
        size,
        place: place.to_owned(),
        source,
    });
}

/// Returns a type in lower case without its parameters.
pub fn type_name(written: &str) -> Option<String> {
    let kind = written.split(';').next()?.trim().to_ascii_lowercase();
    let is_type = kind.len() <= 100
        && kind.split('/').count() == 2
        && kind.bytes().all(|byte| byte.is_ascii_graphic());
    is_type.then_some(kind)
}

/// Returns the last step of a link's path.
pub fn name_of_link(link: &str) -> Option<String> {
    let (_, rest) = link.split_once("://")?;
    let path = rest.split(['?', '#']).next()?;
    let (_, path) = path.split_once('/')?;
    let last = path.trim_end_matches('/').rsplit('/').next()?;
    let decoded = percent_decode_str(last).decode_utf8_lossy();
    name::file_name(&decoded)
}

/// Returns the one file that a value is.
fn written(value: &Value) -> Option<WrittenFile<'_>> {
    match value {
        Value::String(text) => of_text(text, Wrapping::Bare),
        Value::Array(pair) => {
            // `[name, content]`, as Bitrix24 itself takes files
            let [Value::String(name), content @ Value::String(text)] = pair.as_slice() else {
                return None;
            };
            if of_text(name, Wrapping::Bare).is_some() || text.trim().is_empty() {
                return None;
            }
            // two words are no file: the name has an ending, or the content is long
            let wrapping = match name::ending(name.trim()) {
                Some(_) => Wrapping::Named,
                None => Wrapping::Bare,
            };
            let file = of_text(content.as_str()?, wrapping)?;
            Some(WrittenFile {
                name: Some(name),
                ..file
            })
        }
        Value::Object(members) => of_members(members),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn of_members(members: &Map<String, Value>) -> Option<WrittenFile<'_>> {
    let find = |words: &[&str]| {
        let is_one = |key: &String| words.contains(&key.to_lowercase().as_str());
        members.iter().find(|(key, _)| is_one(key))
    };
    let text = |words: &[&str]| find(words).and_then(|(_, value)| value.as_str());
    let (name, kind) = (text(&NAMES), text(&TYPES));
    let link = || of_text(text(&LINKS)?, Wrapping::Bare);
    if let Some((_, content)) = find(&CONTENTS) {
        let file = match content {
            Value::String(text) if text.trim().is_empty() && find(&LINKS).is_none() => {
                WrittenFile {
                    name: None,
                    kind: None,
                    content: WrittenContent::Base64(""),
                }
            }
            Value::String(text) => of_text(text, Wrapping::Named).or_else(link)?,
            // `fileData: [name, content]`
            pair @ Value::Array(_) => written(pair)?,
            _ => return None,
        };
        return Some(WrittenFile {
            name: name.or(file.name),
            kind: kind.or(file.kind),
            content: file.content,
        });
    }
    if let Some(file) = link() {
        return Some(WrittenFile { name, kind, ..file });
    }
    // a part of a form, whose content is not in the packet
    let size = members.get("size").and_then(Value::as_u64)?;
    let is_part = members.len() == 3 && name.is_some() && kind.is_some();
    is_part.then_some(WrittenFile {
        name,
        kind,
        content: WrittenContent::Part(size),
    })
}

/// Reads a link, a `data:` address, or base64.
fn of_text(text: &str, wrapping: Wrapping) -> Option<WrittenFile<'_>> {
    let text = text.trim();
    let begins = |with: &str| {
        text.get(..with.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(with))
    };
    let bare = |content| WrittenFile {
        name: None,
        kind: None,
        content,
    };
    if begins("http://") || begins("https://") {
        let is_one = text.len() <= LONGEST_LINK && !text.contains(char::is_whitespace);
        return is_one.then(|| bare(WrittenContent::Link(text)));
    }
    if begins("data:") {
        return of_data_address(text.get("data:".len()..)?);
    }
    let is_content = base64::size(text).is_some() && is_content(text, wrapping);
    is_content.then(|| bare(WrittenContent::Base64(text)))
}

/// Returns whether a text that can be read as base64 is the content of a file: words and sentences can
/// be read as base64, too.
fn is_content(text: &str, wrapping: Wrapping) -> bool {
    let is_known = name::type_of_base64(text).is_some();
    let blanks = text.bytes().filter(|byte| *byte == b' ').count();
    let is_broken_form = text.len() >= SHORTEST_BARE && text.len() / (blanks + 1) >= SHORTEST_RUN;
    let has_lines = text.contains(['\n', '\r', '\t']);
    match wrapping {
        Wrapping::Named => is_known || blanks == 0 || has_lines || is_broken_form,
        Wrapping::Bare if is_known => text.len() >= SHORTEST_KNOWN,
        Wrapping::Bare => {
            let mut lines = text.lines().map(str::trim).rev().skip(1);
            text.len() >= SHORTEST_BARE
                && !text.contains([' ', '\t'])
                && lines.all(|line| line.len() >= SHORTEST_LINE)
        }
    }
}

/// Reads `image/png;name=a.png;base64,iVBOR…`.
fn of_data_address(text: &str) -> Option<WrittenFile<'_>> {
    let (head, content) = text.split_once(',')?;
    let mut parts = head.split(';').map(str::trim);
    let kind = parts.next().filter(|kind| !kind.is_empty());
    let (mut is_base64, mut name) = (false, None);
    for part in parts {
        match part.split_once('=') {
            Some((key, value))
                if key.eq_ignore_ascii_case("name") || key.eq_ignore_ascii_case("filename") =>
            {
                name = Some(value);
            }
            Some(_) => {}
            None => is_base64 |= part.eq_ignore_ascii_case("base64"),
        }
    }
    let is_readable = is_base64 && base64::size(content).is_some();
    is_readable.then_some(WrittenFile {
        name,
        kind,
        content: WrittenContent::Base64(content),
    })
}

/// Decodes the content of a file that is in the packet.
pub fn content(value: &Value) -> Option<Vec<u8>> {
    opened(value, |content| match content {
        WrittenContent::Base64(text) => base64::decode(text),
        WrittenContent::Link(_) | WrittenContent::Part(_) => None,
    })
}

/// Returns the link of a file that is behind one.
pub fn link(value: &Value) -> Option<String> {
    opened(value, |content| match content {
        WrittenContent::Link(link) => Some((*link).to_owned()),
        WrittenContent::Base64(_) | WrittenContent::Part(_) => None,
    })
}

/// Reads the content of the one file that a value is, also as JSON in a field of a form.
fn opened<T>(value: &Value, read: impl Fn(&WrittenContent<'_>) -> Option<T>) -> Option<T> {
    if let Some(file) = written(value) {
        return read(&file.content);
    }
    let inside = text_json::inside(value.as_str()?)?;
    written(&inside).and_then(|file| read(&file.content))
}
