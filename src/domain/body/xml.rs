//! Reads XML into a tree like that of JSON: `<order id="5"><name>Anna</name></order>` is
//! `{"order": {"id": "5", "name": "Anna"}}`. Nothing is loaded and nothing is expanded: a DOCTYPE is
//! skipped, and references to entities of its own stay as they are written.

use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesStart, Event};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::domain::json::Bounds;
use crate::domain::{Lang, bilingual};

/// The name of an element's own text, beside attributes or other elements.
const TEXT: &str = "text";

/// What is wrong with an XML body, and the line, from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct XmlMistake {
    /// The kind of mistake.
    pub kind: XmlMistakeKind,
    /// The line.
    pub line: usize,
}

/// The kind of a mistake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum XmlMistakeKind {
    /// More levels than this.
    TooDeep(usize),
    /// More elements and attributes than this.
    TooMany(usize),
    /// It breaks off before its last element is closed.
    Unfinished,
    /// Not XML: a tag that does not close, a name that does not fit.
    Syntax,
}

/// An element that is being read.
struct Element {
    name: String,
    members: Map<String, Value>,
    text: String,
}

/// Returns whether a text may be XML and is no page of a site.
pub(super) fn is_xml(text: &str) -> bool {
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    if !rest.starts_with('<') {
        return false;
    }
    // what stands before the first element
    loop {
        let end = match rest.get(..4) {
            Some("<!--") => "-->",
            Some(start) if start.starts_with("<?") => "?>",
            Some(start) if start.starts_with("<!") => ">",
            _ => break,
        };
        let Some((_, after)) = rest.split_once(end) else {
            break;
        };
        rest = after.trim_start();
    }
    let is_page = |name: &str| {
        let start = rest.get(1..=name.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(name))
    };
    !is_page("html") && !is_page("!doctype html")
}

/// Returns the encoding that the XML declaration names. It is in the first bytes, and in ASCII.
pub(super) fn declared(raw: &[u8]) -> Option<String> {
    let head = raw.get(..raw.len().min(200))?;
    let head = String::from_utf8_lossy(head);
    let (head, _) = head.trim_start().strip_prefix("<?xml")?.split_once("?>")?;
    let (_, rest) = head.split_once("encoding")?;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|quote| "\"'".contains(*quote))?;
    let (name, _) = rest.get(1..)?.split_once(quote)?;
    Some(name.to_owned())
}

/// Reads a text.
pub(super) fn decode(text: &str, bounds: Bounds) -> Result<Value, XmlMistake> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    // people write `Tom & Jerry`
    reader.config_mut().allow_dangling_amp = true;
    let mut tree = Tree {
        open: Vec::new(),
        root: Map::new(),
        values: 0,
        bounds,
    };
    loop {
        let event = reader.read_event();
        let kind = match event {
            Ok(Event::Eof) => break,
            Ok(event) => match tree.add(event) {
                Ok(()) => continue,
                Err(kind) => kind,
            },
            // the library calls it that when the text ends inside of a tag
            Err(quick_xml::Error::Syntax(_)) => XmlMistakeKind::Unfinished,
            Err(_) => XmlMistakeKind::Syntax,
        };
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        return Err(mistake(kind, text, at));
    }
    if tree.open.is_empty() && !tree.root.is_empty() {
        return Ok(Value::Object(tree.root));
    }
    let kind = if tree.root.is_empty() && tree.open.is_empty() {
        XmlMistakeKind::Syntax
    } else {
        XmlMistakeKind::Unfinished
    };
    Err(mistake(kind, text, text.len()))
}

fn mistake(kind: XmlMistakeKind, text: &str, at: usize) -> XmlMistake {
    let before = text.as_bytes().iter().take(at);
    let line = before.filter(|byte| **byte == b'\n').count() + 1;
    XmlMistake { kind, line }
}

struct Tree {
    open: Vec<Element>,
    root: Map<String, Value>,
    /// How many elements and attributes there were.
    values: usize,
    bounds: Bounds,
}

impl Tree {
    fn add(&mut self, event: Event<'_>) -> Result<(), XmlMistakeKind> {
        match event {
            Event::Start(start) => self.open(&start),
            Event::End(_) => {
                self.close();
                Ok(())
            }
            Event::Text(text) => self.write(&text),
            Event::CData(text) => self.write(&text),
            Event::GeneralRef(reference) => self.write(&resolved(&reference)),
            _ => Ok(()),
        }
    }

    fn count(&mut self) -> Result<(), XmlMistakeKind> {
        self.values += 1;
        if self.values > self.bounds.values {
            return Err(XmlMistakeKind::TooMany(self.bounds.values));
        }
        Ok(())
    }

    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), XmlMistakeKind> {
        let is_second = self.open.is_empty() && !self.root.is_empty();
        if is_second {
            return Err(XmlMistakeKind::Syntax);
        }
        if self.open.len() >= self.bounds.depth {
            return Err(XmlMistakeKind::TooDeep(self.bounds.depth));
        }
        self.count()?;
        let mut element = Element {
            name: start.local_name().as_ref().to_owned(),
            members: Map::new(),
            text: String::new(),
        };
        // the library's search for names that occur twice takes quadratic time
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|_| XmlMistakeKind::Syntax)?;
            let prefix = attribute.key.prefix();
            let prefix = prefix.as_ref().map(AsRef::as_ref);
            let is_plumbing = attribute.key.as_ref() == "xmlns"
                || matches!(prefix, Some("xmlns" | "xsi" | "xml"));
            if is_plumbing {
                continue;
            }
            self.count()?;
            let name = attribute.key.local_name().as_ref().to_owned();
            let value = unescaped(&attribute.value);
            element.members.insert(name, Value::String(value));
        }
        self.open.push(element);
        Ok(())
    }

    /// Adds text to the innermost element; outside of the root only blanks may stand.
    fn write(&mut self, text: &str) -> Result<(), XmlMistakeKind> {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            None if text.trim_start_matches('\u{feff}').trim().is_empty() => {}
            None => return Err(XmlMistakeKind::Syntax),
        }
        Ok(())
    }

    fn close(&mut self) {
        let Some(element) = self.open.pop() else {
            return;
        };
        let Element {
            name,
            mut members,
            text,
        } = element;
        let text = text.trim();
        let value = if members.is_empty() {
            Value::String(text.to_owned())
        } else {
            if !text.is_empty() {
                let own = if members.contains_key(TEXT) {
                    "#text"
                } else {
                    TEXT
                };
                members.insert(own.to_owned(), Value::String(text.to_owned()));
            }
            Value::Object(members)
        };
        let parent = self.open.last_mut();
        let into = parent.map_or(&mut self.root, |parent| &mut parent.members);
        super::table::add(into, name, value);
    }
}

/// Returns the text of a reference: `&amp;`, `&#43;`. Others stay as they are written, because only
/// a DOCTYPE could explain them.
fn resolved(name: &str) -> String {
    of_reference(name).unwrap_or_else(|| format!("&{name};"))
}

fn of_reference(name: &str) -> Option<String> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        return code.ok().and_then(char::from_u32).map(String::from);
    }
    resolve_xml_entity(name).map(str::to_owned)
}

/// Replaces the references of an attribute.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        // a name is short: a search to the end for each `&` would take quadratic time
        let near = after
            .char_indices()
            .take(12)
            .find(|(_, letter)| *letter == ';');
        let found = near.and_then(|(end, _)| Some((of_reference(after.get(..end)?)?, end)));
        if let Some((value, end)) = found {
            out.push_str(&value);
            rest = after.get(end + 1..).unwrap_or_default();
        } else {
            out.push('&');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

impl XmlMistake {
    /// Returns whether the body itself is at fault, and not a limit that it exceeds.
    pub(super) fn is_malformed(&self) -> bool {
        match self.kind {
            XmlMistakeKind::Unfinished | XmlMistakeKind::Syntax => true,
            XmlMistakeKind::TooDeep(_) | XmlMistakeKind::TooMany(_) => false,
        }
    }

    /// Returns the wording for the sender.
    pub(super) fn to_text(&self, lang: Lang) -> String {
        let line = self.line;
        let text = match self.kind {
            XmlMistakeKind::TooDeep(most) => bilingual!(
                "the XML has more than {most} levels, line {line}",
                "в XML больше {most} уровней вложенности, строка {line}"
            ),
            XmlMistakeKind::TooMany(most) => bilingual!(
                "the XML has more than {most} elements and attributes, line {line}",
                "в XML больше {most} элементов и атрибутов, строка {line}"
            ),
            XmlMistakeKind::Unfinished => bilingual!(
                "the XML breaks off in line {line}: an element is not closed",
                "XML обрывается в строке {line}: элемент не закрыт"
            ),
            XmlMistakeKind::Syntax => bilingual!(
                "the XML cannot be read, line {line}",
                "XML не читается, строка {line}"
            ),
        };
        text.in_lang(lang).to_owned()
    }
}
