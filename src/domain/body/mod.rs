//! Decodes bodies: a form, a form in parts, JSON, XML or CSV. The bytes decide which of them it is;
//! the `Content-Type` that senders give is a hint only.

mod charset;
mod form;
mod multipart;
mod table;
mod xml;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::form::{ALL, Beyond, DEEPEST_KEY, FormLimits, LONGEST_KEY, MOST_FIELDS};
pub use self::multipart::Flaw;
pub use self::table::{Separator, TableMistake};
pub use self::xml::{XmlMistake, XmlMistakeKind};
use super::Lang;
use super::file::FileParts;
use super::json::{self, Bounds, Decoded, Repairs};
use super::text_json;
use crate::domain::Bilingual;

/// Why a body cannot be decoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mistake {
    /// The body and the query are empty.
    Empty,
    /// It begins like JSON and is malformed.
    Json(json::Mistake),
    /// It is JSON, but neither an object nor a list.
    Scalar,
    /// The form exceeds a limit.
    Form(Beyond),
    /// The multipart form is malformed.
    Multipart(Flaw),
    /// It begins like XML and is malformed, or exceeds a limit.
    Xml(XmlMistake),
    /// It is CSV that cannot be read.
    Table(TableMistake),
    /// It has none of the known formats.
    Unknown,
}

impl From<Beyond> for Mistake {
    fn from(beyond: Beyond) -> Self {
        Self::Form(beyond)
    }
}

impl From<Flaw> for Mistake {
    fn from(flaw: Flaw) -> Self {
        Self::Multipart(flaw)
    }
}

/// Decodes a body. JSON beyond the bounds is a mistake.
pub fn decode(
    content_type: Option<&str>,
    raw: &[u8],
    bounds: impl Into<Bounds>,
) -> Result<Decoded, Mistake> {
    decode_separated(content_type, None, raw, bounds)
}

/// Decodes a body; if it is CSV, this separates its values.
pub fn decode_separated(
    content_type: Option<&str>,
    separator: Option<Separator>,
    raw: &[u8],
    bounds: impl Into<Bounds>,
) -> Result<Decoded, Mistake> {
    if raw.trim_ascii().is_empty() {
        return Err(Mistake::Empty);
    }
    body(content_type, separator, raw, bounds.into())
}

/// Decodes a form, which may have other limits than usual, or any other body. Its bytes decide what
/// it is.
pub fn decode_form(raw: &[u8], bounds: Bounds, limits: FormLimits) -> Result<Decoded, Mistake> {
    let trimmed = raw.trim_ascii();
    let begins = |mark: &[u8]| {
        let head = trimmed.get(..mark.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(mark))
    };
    let other: [&[u8]; 7] = [b"{", b"[", b"\"", b"<", b"--", b"%7b", b"%5b"];
    let is_form = trimmed.contains(&b'=') && !trimmed.contains(&0);
    if !is_form || other.into_iter().any(begins) {
        return decode(None, raw, bounds);
    }
    Ok(Decoded {
        value: form::decode(trimmed, None, limits)?,
        repairs: Repairs::default(),
    })
}

/// Decodes the fields of a query.
pub fn query(text: &str) -> Result<Value, Mistake> {
    let limits = FormLimits::default();
    Ok(form::decode(text.as_bytes(), None, limits)?)
}

/// Returns the body without the contents of files, which decodes to the same packet; `None` without
/// files.
pub fn without_files(content_type: Option<&str>, raw: &[u8]) -> Option<Vec<u8>> {
    let boundary = multipart::boundary(raw, content_type)?;
    multipart::without_files(raw, &boundary)
}

/// Returns the files of a multipart form; `None` for any other body.
pub fn file_parts(content_type: Option<&str>, raw: &[u8]) -> Option<FileParts> {
    let boundary = multipart::boundary(raw, content_type)?;
    let declared = content_type.and_then(|header| charset::parameter(header, "charset"));
    multipart::file_parts(raw, &boundary, declared.as_deref())
}

/// Passes the parts of a body that say something to `feed`: of a multipart form all but the
/// boundaries, which are new each time it is sent.
pub fn feed(content_type: Option<&str>, raw: &[u8], feed: &mut dyn FnMut(&[u8])) {
    let boundary = multipart::boundary(raw, content_type);
    if !boundary.is_some_and(|boundary| multipart::feed(raw, &boundary, feed)) {
        feed(raw);
    }
}

fn body(
    content_type: Option<&str>,
    separator: Option<Separator>,
    raw: &[u8],
    bounds: Bounds,
) -> Result<Decoded, Mistake> {
    let unrepaired = |value| Decoded {
        value,
        repairs: Repairs::default(),
    };
    let declared = content_type.and_then(|header| charset::parameter(header, "charset"));
    let declared = declared.or_else(|| xml::declared(raw));
    let declared = declared.as_deref();
    let kind = content_type
        .unwrap_or_default()
        .trim_start()
        .to_ascii_lowercase();
    if let Some(boundary) = multipart::boundary(raw, content_type) {
        return multipart::decode(raw, &boundary, declared).map(unrepaired);
    }
    let encoding = charset::encoding_of(raw, declared);
    let decoded = charset::text(raw, encoding);
    let text = decoded.trim();
    let has_pairs = text.contains('=');
    if let Some(value) = encoded(text, bounds).map_err(Mistake::Json)? {
        return Ok(unrepaired(value));
    }
    if text.starts_with(['{', '[']) || (kind.contains("json") && !has_pairs) {
        // decode the bytes themselves, so that a mistake has the right place
        let is_utf8 = encoding == encoding_rs::UTF_8;
        let bytes = if is_utf8 { raw } else { decoded.as_bytes() };
        let decoded = json::decode(bytes, bounds).map_err(Mistake::Json)?;
        return match decoded.value {
            Value::Object(_) | Value::Array(_) => Ok(decoded),
            _ => Err(Mistake::Scalar),
        };
    }
    if kind.starts_with("multipart/") && text.contains(['\n', '\r']) {
        return Err(Flaw::NoBoundary.into());
    }
    if xml::is_xml(text) {
        let value = xml::decode(text, bounds).map_err(Mistake::Xml)?;
        return Ok(unrepaired(value));
    }
    let is_table = table::is_declared(&kind) || table::is_table(&decoded, separator);
    if is_table && !text.contains('\0') && !text.starts_with('<') {
        // a blank at its end may be a separator
        let value = table::decode(&decoded, separator, bounds).map_err(Mistake::Table)?;
        return Ok(unrepaired(value));
    }
    let is_form = kind.starts_with("application/x-www-form-urlencoded") || has_pairs;
    if !is_form || text.starts_with('<') || raw.contains(&0) || raw.starts_with(&[0x1f, 0x8b]) {
        return Err(Mistake::Unknown);
    }
    let limits = FormLimits::default();
    let fields = form::decode(raw.trim_ascii(), declared, limits)?;
    Ok(unrepaired(fields))
}

/// Reads a body that is a JSON string which holds JSON, or JSON that was sent as the name of a form
/// field: `%7B%22a%22%3A1%7D=`. Such JSON beyond the bounds is a mistake.
fn encoded(text: &str, bounds: Bounds) -> Result<Option<Value>, json::Mistake> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let is_string = text.starts_with('"');
    if !is_string && !text.starts_with('%') {
        return Ok(None);
    }
    let text = if is_string {
        text
    } else {
        text.strip_suffix('=').unwrap_or(text)
    };
    match text_json::inside_within(text, bounds) {
        // a form whose first name has a bracket
        Err(_) if !is_string && text.contains('=') => Ok(None),
        inside => inside,
    }
}

impl Mistake {
    /// Returns whether the body itself is at fault, and not a limit that it exceeds.
    pub fn is_malformed(&self) -> bool {
        match self {
            Self::Json(mistake) => !mistake.is_beyond() && mistake.kind != json::MistakeKind::Empty,
            Self::Xml(mistake) => mistake.is_malformed(),
            Self::Table(mistake) => mistake.is_malformed(),
            Self::Scalar | Self::Multipart(_) | Self::Unknown => true,
            Self::Form(_) | Self::Empty => false,
        }
    }

    /// Returns the wording for the sender.
    pub fn to_text(&self, lang: Lang) -> String {
        match self {
            Self::Empty => Bilingual::new(
                "the request is empty: neither a body nor a query",
                "в запросе ничего нет: пустое тело и нет параметров в адресе",
            )
            .pick(lang)
            .to_owned(),
            Self::Json(mistake) => mistake.to_text(lang),
            Self::Scalar => Bilingual::new(
                "the JSON must be an object {…} or a list […]",
                "в JSON должен быть объект {…} или список […]",
            )
            .pick(lang)
            .to_owned(),
            Self::Form(beyond) => beyond.to_text(lang),
            Self::Multipart(flaw) => flaw.to_text(lang),
            Self::Xml(mistake) => mistake.to_text(lang),
            Self::Table(mistake) => mistake.to_text(lang),
            Self::Unknown => Bilingual::new(
                "the body is neither form fields nor multipart/form-data nor JSON, XML or CSV",
                "тело запроса не похоже ни на поля формы, ни на multipart/form-data, ни на JSON, XML или CSV",
            )
            .pick(lang)
            .to_owned(),
        }
    }
}

impl Beyond {
    fn to_text(self, lang: Lang) -> String {
        match (self, lang) {
            (Self::TooMany, Lang::Ru) => format!("полей больше {MOST_FIELDS}"),
            (Self::TooMany, Lang::En) => format!("there are more than {MOST_FIELDS} fields"),
            (Self::MoreThan(most), Lang::Ru) => format!("полей больше {most}"),
            (Self::MoreThan(most), Lang::En) => format!("there are more than {most} fields"),
            (Self::KeyTooLong(field), Lang::Ru) => {
                format!("имя поля № {field} длиннее {LONGEST_KEY} байт")
            }
            (Self::KeyTooLong(field), Lang::En) => {
                format!("the name of field {field} is longer than {LONGEST_KEY} bytes")
            }
            (Self::KeyTooDeep(field), Lang::Ru) => {
                format!("в имени поля № {field} больше {DEEPEST_KEY} уровней скобок")
            }
            (Self::KeyTooDeep(field), Lang::En) => {
                format!("the name of field {field} has more than {DEEPEST_KEY} levels of brackets")
            }
        }
    }
}

impl Flaw {
    fn to_text(self, lang: Lang) -> String {
        match (self, lang) {
            (Self::NoBoundary, Lang::Ru) => {
                "multipart: разделителя (boundary) из заголовка нет в теле".to_owned()
            }
            (Self::NoBoundary, Lang::En) => {
                "multipart: the boundary of the header does not occur in the body".to_owned()
            }
            (Self::Unfinished(part), Lang::Ru) => {
                format!("multipart: тело обрывается в части № {part}")
            }
            (Self::Unfinished(part), Lang::En) => {
                format!("multipart: the body breaks off in part {part}")
            }
            (Self::BadHeaders(part), Lang::Ru) => {
                format!("multipart: в части № {part} нет имени поля или её заголовки не читаются")
            }
            (Self::BadHeaders(part), Lang::En) => {
                format!("multipart: part {part} names no field, or its headers cannot be read")
            }
        }
    }
}
