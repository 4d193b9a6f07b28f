//! `multipart/form-data`: fields go into the packet as those of any form, files stay outside; the
//! packet has only their names, types and sizes.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::charset;
use super::form::{Beyond, MOST_FIELDS, Tree};
use crate::domain::file::FileParts;

/// The longest boundary; RFC 2046 allows 70.
const LONGEST_BOUNDARY: usize = 200;
/// The longest headers of a part, in bytes.
const LONGEST_HEADERS: usize = 16 * 1024;
/// A file's name and type are cut to this, in characters.
const LONGEST_NAME: usize = 255;
/// The header of a part that gives the size of a file whose content was removed.
const SIZE: &str = "X-Leadgate-Size";

/// What is wrong with a body. Parts are counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flaw {
    /// The boundary does not occur.
    NoBoundary,
    /// The body ends in the middle of this part.
    Unfinished(usize),
    /// This part's headers are too long or name no field.
    BadHeaders(usize),
}

/// A part of the body.
struct Part<'b> {
    name: Vec<u8>,
    /// The name and the type of a file.
    file: Option<(Vec<u8>, String)>,
    /// The charset that its own header names.
    charset: Option<String>,
    /// The size that its header gives.
    declared_size: Option<usize>,
    /// The offset where its headers end, before the blank line.
    headers_end: usize,
    range: Range<usize>,
    content: &'b [u8],
}

/// Returns the boundary of this body: the header's, if it occurs, or the one with which the body
/// begins.
pub(super) fn boundary(raw: &[u8], content_type: Option<&str>) -> Option<String> {
    let announced = content_type.and_then(|header| charset::parameter(header, "boundary"));
    if let Some(boundary) = announced
        && boundary.len() <= LONGEST_BOUNDARY
        && line_starts(raw).any(|at| is_delimiter(raw, at, &boundary))
    {
        return Some(boundary);
    }
    let start = raw.trim_ascii_start();
    let line = start
        .strip_prefix(b"--")?
        .split(|byte| *byte == b'\n')
        .next()?;
    let boundary = std::str::from_utf8(line.trim_ascii_end()).ok()?;
    let after = start.get(line.len() + 3..)?.trim_ascii_start();
    let head = after.get(..8)?;
    let is_headers = head.eq_ignore_ascii_case(b"content-");
    (is_headers && (1..=LONGEST_BOUNDARY).contains(&boundary.len())).then(|| boundary.to_owned())
}

/// Decodes the fields.
pub(super) fn decode(
    raw: &[u8],
    boundary: &str,
    declared: Option<&str>,
) -> Result<Value, super::Mistake> {
    let described = |name: &str, kind: &str, part: &Part<'_>| {
        let name: String = name.chars().take(LONGEST_NAME).collect();
        let size = part.declared_size.filter(|_| part.content.is_empty());
        json!({"name": name, "type": kind, "size": size.unwrap_or(part.content.len())})
    };
    tree(&parts(raw, boundary)?, declared, described)
}

/// Returns the tree with a number for each file, and where their contents are; files whose contents
/// were removed are left out.
pub(super) fn file_parts(raw: &[u8], boundary: &str, declared: Option<&str>) -> Option<FileParts> {
    let parts = parts(raw, boundary).ok()?;
    let mut ranges = Vec::new();
    let numbered = |_: &str, _: &str, part: &Part<'_>| {
        if part.content.is_empty() {
            return Value::Null;
        }
        ranges.push(part.range.clone());
        json!(ranges.len() - 1)
    };
    let tree = tree(&parts, declared, numbered).ok()?;
    Some(FileParts { tree, ranges })
}

/// Builds the tree of the fields; `file` makes the value of a file from its name and its type.
fn tree(
    parts: &[Part<'_>],
    declared: Option<&str>,
    mut file: impl FnMut(&str, &str, &Part<'_>) -> Value,
) -> Result<Value, super::Mistake> {
    let mut sample = Vec::new();
    for part in parts {
        sample.extend_from_slice(&part.name);
        match &part.file {
            Some((name, _)) => sample.extend_from_slice(name),
            // its own charset says nothing about the others
            None if part.charset.is_some() => {}
            None => sample.extend_from_slice(part.content),
        }
        sample.push(b'\n');
    }
    let named = parts.iter().find(|part| part.name == b"_charset_");
    let named = named.map(|part| String::from_utf8_lossy(part.content).into_owned());
    let named = named.filter(|label| charset::known(label).is_some());
    let declared = named.as_deref().or(declared);
    let encoding = charset::encoding_of(&sample, declared);
    let text = |bytes| charset::text(bytes, encoding);
    let mut tree = Tree::default();
    for part in parts {
        let value = match &part.file {
            None => {
                let encoding = part.charset.as_deref().map_or(encoding, |own| {
                    charset::encoding_of(part.content, Some(own))
                });
                Value::String(charset::text(part.content, encoding).into_owned())
            }
            // the sender chose no file
            Some((name, _)) if name.is_empty() && part.content.is_empty() => continue,
            Some((name, kind)) => file(&text(name), kind, part),
        };
        tree.put(&text(&part.name), value)?;
    }
    Ok(tree.into_value())
}

/// The body without the contents of its files; reads as the same packet. `None` when there is none
/// to take out.
pub(super) fn without_files(raw: &[u8], boundary: &str) -> Option<Vec<u8>> {
    let parts = parts(raw, boundary).ok()?;
    let mut kept = Vec::new();
    let mut from = 0;
    for part in parts
        .iter()
        .filter(|part| part.file.is_some() && !part.content.is_empty())
    {
        kept.extend_from_slice(raw.get(from..part.headers_end)?);
        kept.extend_from_slice(format!("\r\n{SIZE}: {}", part.content.len()).as_bytes());
        kept.extend_from_slice(raw.get(part.headers_end..part.range.start)?);
        from = part.range.end;
    }
    if from == 0 {
        return None;
    }
    kept.extend_from_slice(raw.get(from..)?);
    Some(kept)
}

/// Passes the names and contents of all parts to `feed`, each with its length. Returns whether the
/// form is well formed.
pub(super) fn feed(raw: &[u8], boundary: &str, feed: &mut dyn FnMut(&[u8])) -> bool {
    let Ok(parts) = parts(raw, boundary) else {
        return false;
    };
    let mut text = |bytes: &[u8]| {
        feed(&bytes.len().to_be_bytes());
        feed(bytes);
    };
    for part in &parts {
        text(&part.name);
        text(part.file.as_ref().map_or(b"", |(name, _)| name));
        text(part.content);
    }
    true
}

/// Returns the offsets where lines begin.
fn line_starts(raw: &[u8]) -> impl Iterator<Item = usize> {
    let ends = raw.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    std::iter::once(0).chain(ends.map(|(at, _)| at + 1))
}

fn is_delimiter(raw: &[u8], at: usize, boundary: &str) -> bool {
    let rest = raw.get(at..).and_then(|rest| rest.strip_prefix(b"--"));
    let after = rest.and_then(|rest| rest.strip_prefix(boundary.as_bytes()));
    // the end of the line, or the two dashes of the last one
    after.is_some_and(|after| {
        matches!(after.first(), None | Some(b'\r' | b'\n' | b' ' | b'\t'))
            || after.starts_with(b"--")
    })
}

fn parts<'b>(raw: &'b [u8], boundary: &str) -> Result<Vec<Part<'b>>, super::Mistake> {
    let length = boundary.len() + 2;
    let mut delimiters = line_starts(raw).filter(|at| is_delimiter(raw, *at, boundary));
    let mut begin = delimiters.next().ok_or(Flaw::NoBoundary)?;
    let mut parts = Vec::new();
    loop {
        let number = parts.len() + 1;
        let after = raw.get(begin + length..).unwrap_or_default();
        if after.starts_with(b"--") {
            return Ok(parts);
        }
        if number > MOST_FIELDS {
            return Err(Beyond::TooMany.into());
        }
        let line = after.iter().position(|byte| *byte == b'\n');
        let headers = begin + length + line.ok_or(Flaw::Unfinished(number))? + 1;
        let end = delimiters.next().ok_or(Flaw::Unfinished(number))?;
        parts.push(part(raw, headers..end).ok_or(Flaw::BadHeaders(number))?);
        begin = end;
    }
}

/// Parses a part between two delimiters.
fn part(raw: &[u8], range: Range<usize>) -> Option<Part<'_>> {
    let whole = raw.get(range.clone())?;
    let (headers, start) = headers_of(whole)?;
    let end = whole
        .strip_suffix(b"\r\n")
        .or_else(|| whole.strip_suffix(b"\n"))?
        .len();
    let content = start..end.max(start);
    let mut part = Part {
        name: Vec::new(),
        file: None,
        charset: None,
        declared_size: None,
        headers_end: range.start + headers.len(),
        range: range.start + content.start..range.start + content.end,
        content: whole.get(content)?,
    };
    let (mut name, mut file, mut kind) = (None, None, String::new());
    for line in headers.split(|byte| *byte == b'\n') {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let value = line.get(colon + 1..)?.trim_ascii();
        let header = String::from_utf8_lossy(line.get(..colon)?).to_ascii_lowercase();
        match header.trim() {
            "content-disposition" => {
                name = quoted(value, b"name");
                file = extended(value).or_else(|| quoted(value, b"filename"));
            }
            "content-type" => {
                let text = String::from_utf8_lossy(value);
                part.charset = charset::parameter(&text, "charset")
                    .filter(|label| charset::known(label).is_some());
                kind = text.chars().take(LONGEST_NAME).collect();
            }
            header if header.eq_ignore_ascii_case(SIZE) => {
                part.declared_size = std::str::from_utf8(value).ok()?.parse().ok();
            }
            _ => {}
        }
    }
    part.name = name?;
    part.file = file.map(|file| (file, kind));
    Some(part)
}

/// Returns the headers without their last line end, and where the content begins.
fn headers_of(whole: &[u8]) -> Option<(&[u8], usize)> {
    let mut at = 0;
    for line in whole.split_inclusive(|byte| *byte == b'\n') {
        if line.trim_ascii().is_empty() {
            let headers = whole.get(..at)?;
            return Some((headers.trim_ascii_end(), at + line.len()));
        }
        at += line.len();
        if at > LONGEST_HEADERS {
            return None;
        }
    }
    None
}

/// The value of `name="…"` or `name=…`; browsers write a quote inside as `%22` or with a backslash.
fn quoted(header: &[u8], wanted: &[u8]) -> Option<Vec<u8>> {
    let (mut rest, mut semicolon) = (header, unquoted_semicolon(header));
    loop {
        rest = rest.get(semicolon? + 1..)?.trim_ascii_start();
        semicolon = unquoted_semicolon(rest);
        // an equals sign beyond the next semicolon is another parameter's
        let parameter = rest.get(..semicolon.unwrap_or(rest.len()))?;
        let Some(equals) = parameter.iter().position(|byte| *byte == b'=') else {
            continue;
        };
        let name = parameter.get(..equals)?.trim_ascii();
        if !name.eq_ignore_ascii_case(wanted) {
            continue;
        }
        let value = rest.get(equals + 1..)?.trim_ascii_start();
        let Some(inside) = value.strip_prefix(b"\"") else {
            let end = value.iter().position(|byte| *byte == b';');
            return Some(
                value
                    .get(..end.unwrap_or(value.len()))?
                    .trim_ascii()
                    .to_vec(),
            );
        };
        let mut text = Vec::new();
        let mut bytes = inside.iter().copied();
        while let Some(byte) = bytes.next() {
            match byte {
                b'"' => return Some(text),
                b'\\' => match bytes.next()? {
                    quote @ (b'"' | b'\\') => text.push(quote),
                    other => text.extend([b'\\', other]),
                },
                byte => text.push(byte),
            }
        }
        return None;
    }
}

/// `filename*=UTF-8''%D1%84.pdf`, in UTF-8 whatever the charset.
fn extended(header: &[u8]) -> Option<Vec<u8>> {
    let value = quoted(header, b"filename*")?;
    let mut parts = value.splitn(3, |byte| *byte == b'\'');
    let label = String::from_utf8_lossy(parts.next()?).into_owned();
    let name: Vec<u8> = percent_encoding::percent_decode(parts.nth(1)?).collect();
    let encoding = charset::encoding_of(&name, Some(&label));
    Some(charset::text(&name, encoding).into_owned().into_bytes())
}

fn unquoted_semicolon(text: &[u8]) -> Option<usize> {
    let mut is_inside = false;
    text.iter().position(|byte| {
        is_inside ^= *byte == b'"';
        *byte == b';' && !is_inside
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would take hours if each semicolon started a search through the rest.
    #[test]
    fn reads_each_part_of_a_header_once() {
        const MANY: usize = 1024 * 1024;
        for filler in [";", "; ", ";a", ";\"\"", ";a=;", ";\";\""] {
            let header = format!("form-data; name=\"a\"{}", filler.repeat(MANY));
            assert_eq!(quoted(header.as_bytes(), b"name").unwrap(), b"a");
            assert_eq!(quoted(header.as_bytes(), b"filename"), None, "{filler}");
            let header = format!("{header}; filename=b");
            assert_eq!(quoted(header.as_bytes(), b"filename").unwrap(), b"b");
        }
    }

    #[test]
    fn reads_a_parameter_after_parts_without_an_equals_sign() {
        for (header, name) in [
            ("form-data; x; name=a", Some("a")),
            ("form-data;;; name = \"a;b=c\"; x", Some("a;b=c")),
            ("form-data; x=\"; name=b\"; name=a", Some("a")),
            ("form-data; name; x=a", None),
            ("form-data; name", None),
            ("form-data; name=\"a", None),
            ("form-data", None),
        ] {
            let read = quoted(header.as_bytes(), b"name");
            assert_eq!(read.as_deref(), name.map(str::as_bytes), "{header}");
        }
    }
}
