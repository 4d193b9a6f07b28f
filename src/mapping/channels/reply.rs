//! What a sender reads: status, headers and body, as its settings want them. What could break the reply
//! apart (line ends in a header, a length of one's own) is refused when the file is read.

use super::super::field::Reading;
use super::super::template::{self, BUILT_IN, Rendered, Template, Values, Wording};
use crate::mapping::codes::Code;
use crate::mapping::problem::Problems;
use crate::mapping::raw::block::{self, Block};
use crate::mapping::words::say;
use crate::mapping::yaml::{Node, Text};

/// More headers are refused.
const MOST_HEADERS: usize = 20;
/// Longer header values are refused.
const LONGEST_VALUE: usize = 1_000;
/// What the server writes itself.
const OURS: [&str; 8] = [
    "content-length",
    "transfer-encoding",
    "connection",
    "content-encoding",
    "upgrade",
    "trailer",
    "te",
    "date",
];

/// The names that a reply's body may mention.
const NAMES: [&str; 5] = ["id", "outcome", "message", "channel", "ids"];

/// A reply of one's own.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status; `None`: ours.
    pub status: Option<u16>,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// Further headers, names in lower case.
    pub headers: Vec<(String, String)>,
    body: Option<std::sync::Arc<Template>>,
}

/// What a reply's body may tell.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// The submission's id; empty where there is none.
    pub id: String,
    /// How it ended, in one word: `accepted`, `repeated`, `delivered`, `captured`, `refused` …
    pub outcome: String,
    /// The same in words.
    pub message: String,
    /// The channel.
    pub channel: String,
    /// The ids of all submissions of the request, with commas.
    pub ids: String,
}

impl Answer {
    /// The body, with the values escaped as its type needs; `None`: ours.
    pub fn body(&self, told: &Told) -> Option<String> {
        let template = self.body.as_ref()?;
        let kind = self.content_type();
        let values = [
            &told.id,
            &told.outcome,
            &told.message,
            &told.channel,
            &told.ids,
        ];
        let readings: Vec<Reading> = values
            .into_iter()
            .map(|value| Reading {
                text: Some(escaped(value, kind)),
                ..Reading::default()
            })
            .collect();
        let values = Values {
            fields: &[],
            readings: &readings,
            built_in: &[const { String::new() }; BUILT_IN.len()],
        };
        match template.render(&values) {
            Rendered::Text(text) => Some(text),
            Rendered::NoValue | Rendered::Failed(_) => Some(String::new()),
        }
    }

    /// The type of the body.
    pub fn content_type(&self) -> &str {
        self.content_type.as_deref().unwrap_or("application/json")
    }
}

fn escaped(value: &str, kind: &str) -> String {
    if kind.contains("json") {
        let quoted = serde_json::to_string(value).unwrap_or_default();
        let inside = quoted
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'));
        return inside.unwrap_or_default().to_owned();
    }
    if kind.contains("html") || kind.contains("xml") {
        let value = value.replace('&', "&amp;").replace('<', "&lt;");
        return value.replace('>', "&gt;").replace('"', "&quot;");
    }
    value.to_owned()
}

/// Reads `accepted` or `refused`.
pub(super) fn answer(about: &str, node: Node, problems: &mut Problems) -> Option<Answer> {
    let mut block = Block::open(node, about, problems)?;
    let status = block.text("status", problems);
    let content_type = block.text("type", problems);
    let headers = block.node("headers");
    let body = block.text("body", problems);
    block.close(problems);
    let content_type = content_type.and_then(|text| header_value(&text, problems));
    Some(Answer {
        status: status.and_then(|text| self::status(about, &text, problems)),
        content_type,
        headers: headers
            .map(|node| self::headers(about, node, problems))
            .unwrap_or_default(),
        body: body.and_then(|text| {
            let part = |offset: usize, length: usize| text.part(offset, length);
            let wording = Wording {
                text: &text.value,
                part: &part,
            };
            template::compile(&wording, &NAMES, problems).map(std::sync::Arc::new)
        }),
    })
}

fn status(about: &str, text: &Text, problems: &mut Problems) -> Option<u16> {
    let number = block::integer(&format!("{about}.status"), text, problems)?.value;
    let status = u16::try_from(number)
        .ok()
        .filter(|status| (200..=599).contains(status));
    // 204 and 304 forbid a body, 205 confuses browsers
    if status.is_none_or(|status| matches!(status, 205 | 304)) {
        let message = say!(
            "`{number}` is no status for a reply",
            "`{number}` — не статус ответа"
        );
        problems.error(
            Code::WrongValue,
            &text.place,
            message,
            say!(
                "write 200, 201, 204, 303, 400 …",
                "напишите 200, 201, 204, 303, 400 …"
            ),
        );
        return None;
    }
    status
}

fn headers(about: &str, node: Node, problems: &mut Problems) -> Vec<(String, String)> {
    let place = node.place.clone();
    let about = format!("{about}.headers");
    let Some(block) = Block::open(node, &about, problems) else {
        return Vec::new();
    };
    let entries = block.into_entries();
    if entries.len() > MOST_HEADERS {
        let message = say!(
            "more than {MOST_HEADERS} headers",
            "заголовков больше {MOST_HEADERS}"
        );
        problems.error(
            Code::TooLarge,
            &place,
            message,
            say!("remove some", "уберите лишние"),
        );
    }
    let headers = entries.into_iter().filter_map(|(name, value)| {
        let value = block::scalar(&about, value, problems)?;
        let name = header_name(&name, problems)?;
        Some((name, header_value(&value, problems)?))
    });
    headers.collect()
}

/// A header's name in lower case.
pub(super) fn header_name(text: &Text, problems: &mut Problems) -> Option<String> {
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let name = text.value.to_ascii_lowercase();
    let good = (1..=100).contains(&name.len()) && name.chars().all(token);
    if !good || OURS.contains(&name.as_str()) {
        let written = &text.value;
        let message = say!(
            "`{written}` cannot be a header here",
            "`{written}` здесь не может быть заголовком"
        );
        let advice = if good {
            say!("the server writes it itself", "его пишет сам сервер")
        } else {
            say!(
                "a header's name is made of Latin letters, digits and `-`",
                "имя заголовка — латинские буквы, цифры и `-`"
            )
        };
        problems.error(Code::WrongValue, &text.place, message, advice);
        return None;
    }
    Some(name)
}

fn header_value(text: &Text, problems: &mut Problems) -> Option<String> {
    let value = text.value.trim();
    let visible = |c: char| c == ' ' || c.is_ascii_graphic();
    if value.len() <= LONGEST_VALUE && value.chars().all(visible) {
        return Some(value.to_owned());
    }
    let message = say!(
        "this cannot be a header's value",
        "это не может быть значением заголовка"
    );
    let advice = say!(
        "one line of Latin letters, digits and signs, at most 1000 of them",
        "одна строка латинских букв, цифр и знаков, не больше 1000"
    );
    problems.error(Code::WrongValue, &text.place, message, advice);
    None
}
