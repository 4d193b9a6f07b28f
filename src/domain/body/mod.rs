//! A submission's bytes as the packet that profiles see. Intake reads requests with it, and whoever meets
//! the stored bytes again (pipeline, replay, journal) reads them the same way. What kind of body it is, the
//! bytes tell: a form, a form in parts, or JSON; the `Content-Type` of senders is a hint only.

mod charset;
mod form;
mod multipart;
mod tilda;

#[cfg(test)]
mod tests;

use serde_json::Value;

pub use self::form::{Beyond, DEEPEST_KEY, LONGEST_KEY, MOST_FIELDS};
pub use self::multipart::Flaw;
use super::channel::{Preset, Sent};
use super::json::{self, Bounds, Decoded, Repairs};
use super::{Lang, Source};
use crate::domain::Bilingual;

/// Why a body cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mistake {
    /// Nothing was sent, neither in the body nor in the query.
    Empty,
    /// It begins as JSON and is none.
    Json(json::Mistake),
    /// It is JSON, and neither an object nor a list.
    Scalar,
    /// A form beyond the limits.
    Form(Beyond),
    /// A broken form in parts.
    Multipart(Flaw),
    /// Neither a form nor JSON.
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

/// The packet of a submission that was taken in.
pub fn decode(source: &Source, raw: &[u8]) -> Result<Value, Mistake> {
    match source {
        Source::Poll { .. } => json::decode(raw, Bounds::STORED)
            .map(|decoded| decoded.value)
            .map_err(Mistake::Json),
        Source::Channel { sent, .. } => packet(sent, raw, Bounds::STORED),
    }
}

/// Reads a channel's request: its body, with the query's fields under it. JSON beyond the bounds is
/// a mistake.
pub fn packet(sent: &Sent, raw: &[u8], bounds: impl Into<Bounds>) -> Result<Value, Mistake> {
    read(sent, raw, bounds).map(|decoded| decoded.value)
}

/// The same, with what had to be put right first.
pub fn read(sent: &Sent, raw: &[u8], bounds: impl Into<Bounds>) -> Result<Decoded, Mistake> {
    let mut repairs = Repairs::default();
    let query = sent.query.as_deref().filter(|query| !query.is_empty());
    let query = query
        .map(|query| form::decode(query.as_bytes(), None))
        .transpose()?;
    let mut value = match (raw.trim_ascii().is_empty(), query) {
        (true, None) => return Err(Mistake::Empty),
        (true, Some(query)) => query,
        (false, query) => {
            let decoded = body(sent.content_type.as_deref(), raw, bounds.into())?;
            repairs = decoded.repairs;
            let mut body = decoded.value;
            if let (Value::Object(body), Some(Value::Object(query))) = (&mut body, query) {
                for (name, value) in query {
                    body.entry(name).or_insert(value);
                }
            }
            body
        }
    };
    if let Value::Object(fields) = &mut value {
        if let Some(hidden) = &sent.hidden {
            fields.shift_remove(hidden);
        }
        match sent.preset {
            Preset::Plain => {}
            Preset::Tilda => tilda::add_marks(fields),
        }
    }
    Ok(Decoded { value, repairs })
}

/// The bytes without the contents of files: they read as the same packet. `None` when no files came.
pub fn without_files(content_type: Option<&str>, raw: &[u8]) -> Option<Vec<u8>> {
    let boundary = multipart::boundary(raw, content_type)?;
    multipart::without_files(raw, &boundary)
}

fn body(content_type: Option<&str>, raw: &[u8], bounds: Bounds) -> Result<Decoded, Mistake> {
    let unrepaired = |value| Decoded {
        value,
        repairs: Repairs::default(),
    };
    let declared = content_type.and_then(|header| charset::parameter(header, "charset"));
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
    if text.starts_with(['{', '[']) || (kind.contains("json") && !has_pairs) {
        // broken UTF-8 is told with its place, so the bytes themselves are read
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
    let is_form = kind.starts_with("application/x-www-form-urlencoded") || has_pairs;
    if !is_form || text.starts_with('<') || raw.contains(&0) || raw.starts_with(&[0x1f, 0x8b]) {
        return Err(Mistake::Unknown);
    }
    Ok(unrepaired(form::decode(raw.trim_ascii(), declared)?))
}

impl Mistake {
    /// In words for the sender.
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
            Self::Unknown => Bilingual::new(
                "the body is neither form fields nor multipart/form-data nor JSON",
                "тело запроса не похоже ни на поля формы, ни на multipart/form-data, ни на JSON",
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
