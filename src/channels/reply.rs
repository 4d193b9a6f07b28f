//! Replies by the settings: status, headers and body. Settings that would break a reply (line ends
//! in a header, a custom length) are refused when the file is read.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::authoring::codes::Code;
use crate::authoring::problem::TextPlace;
use crate::authoring::raw::block::{self, Block};
use crate::authoring::reader::Reader;
use crate::authoring::suggest;
use crate::authoring::yaml::{Node, NodeKind, Text};
use crate::domain::{Bilingual, bilingual};
use crate::mapping::template::{Escape, PageTemplate, Wording};

/// Maximum number of headers.
const MOST_HEADERS: usize = 20;
/// Maximum length of a status text.
const LONGEST_STATUS_TEXT: usize = 100;
/// Maximum length of a header value.
const LONGEST_VALUE: usize = 1_000;
/// Headers that the server writes itself.
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

/// The default type of a reply.
const OUR_TYPE: &str = "application/json";
/// The type of a page.
const PAGE_TYPE: &str = "text/html; charset=utf-8";

/// The names that a reply's body may use.
const NAMES: [&str; 5] = ["id", "outcome", "message", "channel", "ids"];

/// A custom reply.
#[derive(Debug, Clone)]
pub struct ChannelReply {
    /// The status; `None` means leadgate's own.
    pub status: Option<u16>,
    /// The status text; `None` means the standard one.
    pub status_text: Option<StatusText>,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// Additional headers, names in lower case.
    pub headers: Vec<(String, String)>,
    body: Option<Arc<PageTemplate>>,
    /// The body as written in the settings; `None` without one, and if it is a page of a file.
    pub written_body: Option<String>,
}

/// A status text (RFC 9112, section 4, "reason-phrase").
#[derive(Debug, Clone)]
pub struct StatusText {
    /// As in the settings: visible ASCII and blanks, 1 to 100 characters.
    pub written: String,
    /// The same with a static lifetime, if there was room for it.
    pub kept: Option<&'static str>,
    pub(crate) place: TextPlace,
}

/// Pages of the templates folder, by file name.
pub type Pages = BTreeMap<String, String>;

/// The values for a reply's body.
#[derive(Debug, Clone, Default)]
pub struct ReplyValues {
    /// The submission's id; empty if there is none.
    pub id: String,
    /// The outcome: `accepted`, `repeated`, `delivered`, `captured`, `refused` …
    pub outcome: String,
    /// The message for people.
    pub message: String,
    /// The channel.
    pub channel: String,
    /// The ids of all submissions of the request, separated by commas.
    pub ids: String,
}

impl ChannelReply {
    /// Returns the value of a header that the settings add; the name is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(known, _)| known == name);
        header.map(|(_, value)| value.trim())
    }

    /// Returns the body, with the values escaped as its type requires; `None` means leadgate's own.
    pub fn body(&self, values: &ReplyValues) -> Option<String> {
        let template = self.body.as_ref()?;
        let values = [
            &values.id,
            &values.outcome,
            &values.message,
            &values.channel,
            &values.ids,
        ];
        Some(template.render(&values.map(String::as_str)))
    }

    /// Returns the type of the body.
    pub fn content_type(&self) -> &str {
        self.content_type.as_deref().unwrap_or(OUR_TYPE)
    }
}

/// Parses `accepted` or `refused`.
pub(super) fn answer(
    about: &str,
    node: Node,
    pages: &Pages,
    reader: &mut Reader<'_>,
) -> Option<ChannelReply> {
    let mut block = Block::open(node, about, reader)?;
    let status = block.text("status", reader);
    let status_text = block.text("status_text", reader);
    let content_type = block.text("type", reader);
    let headers = block.node("headers");
    let body = block.node("body");
    block.close(reader);
    let typed = content_type.as_ref();
    let mut written_body = None;
    let (body, own_type) = match body {
        Some(node) if matches!(node.kind, NodeKind::Map(_)) => {
            (page(about, node, typed, pages, reader), Some(PAGE_TYPE))
        }
        Some(node) => {
            if let NodeKind::Scalar(scalar) = &node.kind {
                written_body = Some(scalar.value.clone());
            }
            (written(about, node, typed, reader), None)
        }
        None => (None, None),
    };
    if let Some(text) = &status {
        redirect(text, headers.as_ref(), reader);
    }
    if let Some(text) = content_type.as_ref() {
        type_of_body(text, reader);
    }
    let content_type = content_type.and_then(|text| header_value(&text, reader));
    let content_type = content_type.map(with_charset);
    Some(ChannelReply {
        status: status.and_then(|text| self::status(about, &text, reader)),
        status_text: status_text.and_then(|text| self::status_text(about, &text, reader)),
        content_type: content_type.or(own_type.map(str::to_owned)),
        headers: headers
            .map(|node| self::headers(about, node, reader))
            .unwrap_or_default(),
        body: body.map(Arc::new),
        written_body,
    })
}

/// `type: json`: a type of contents has two parts.
fn type_of_body(text: &Text, reader: &mut Reader<'_>) {
    let written = text.value.trim();
    if written.contains('/') {
        return;
    }
    let lower = written.to_lowercase();
    let right = match lower.trim_start_matches('.') {
        "json" | "js" => "application/json",
        "html" | "page" | "страница" => "text/html",
        "xml" => "application/xml",
        _ => "text/plain",
    };
    let message = bilingual!(
        "`{written}` is no type of contents",
        "`{written}` — не тип содержимого"
    );
    let advice = bilingual!("write `type: {right}`", "напишите `type: {right}`");
    reader
        .problems
        .warn(Code::WrongValue, &text.place, message, advice);
}

/// Adds the charset, because browsers would read text without one in a Western charset; replies are
/// UTF-8.
fn with_charset(content_type: String) -> String {
    let lower = content_type.to_ascii_lowercase();
    if lower.starts_with("text/") && !lower.contains("charset") {
        return format!("{content_type}; charset=utf-8");
    }
    content_type
}

/// Compiles a body in the settings.
fn written(
    about: &str,
    node: Node,
    content_type: Option<&Text>,
    reader: &mut Reader<'_>,
) -> Option<PageTemplate> {
    let text = block::scalar(&format!("{about}.body"), node, reader)?;
    let kind = content_type.map_or(OUR_TYPE, |text| &text.value);
    let escape = Escape::of_type(kind);
    let part = |offset: usize, length: usize| text.part(offset, length);
    let wording = Wording {
        text: &text.value,
        part: &part,
    };
    let template = PageTemplate::compile_as(escape, &wording, &NAMES, reader.problems)?;
    if kind.to_ascii_lowercase().contains("json") && !stays_json(&template) {
        let message = bilingual!("this body is not JSON", "это тело — не JSON");
        let is_page = content_type.is_none() && text.value.trim_start().starts_with('<');
        let advice = if is_page {
            bilingual!(
                "for a page add `type: text/html`",
                "для страницы добавьте `type: text/html`"
            )
        } else {
            bilingual!(
                "names stand in quotes: `{{\"id\": \"{{{{id}}}}\"}}`; for plain text write `type: \
             text/plain; charset=utf-8`",
                "имена стоят в кавычках: `{{\"id\": \"{{{{id}}}}\"}}`; для простого текста напишите \
             `type: text/plain; charset=utf-8`",
            )
        };
        reader
            .problems
            .warn(Code::WrongValue, &text.place, message, advice);
    }
    Some(template)
}

/// Returns whether it is JSON both without values and with hostile ones.
fn stays_json(template: &PageTemplate) -> bool {
    ["", "\"\\\n{"].into_iter().all(|value| {
        let body = template.render(&[value; NAMES.len()]);
        serde_json::from_str::<serde::de::IgnoredAny>(&body).is_ok()
    })
}

/// `body: { ok: true }`: keys of JSON, and no name of a page.
fn is_json(node: &Node) -> bool {
    let NodeKind::Map(entries) = &node.kind else {
        return false;
    };
    let is_word = |key: &str| {
        matches!(
            key,
            "ok" | "id" | "status" | "success" | "message" | "error" | "result"
        )
    };
    !entries.is_empty() && entries.iter().all(|(key, _)| is_word(key.value.trim()))
}

/// Reads `body: { template: thanks.html.hbs }`, a page of the templates folder.
fn page(
    about: &str,
    node: Node,
    content_type: Option<&Text>,
    pages: &Pages,
    reader: &mut Reader<'_>,
) -> Option<PageTemplate> {
    let place = node.place.clone();
    if is_json(&node) {
        let message = bilingual!(
            "`{about}.body` is a text: JSON without quotes is a block of YAML",
            "`{about}.body` — текст: JSON без кавычек для YAML — блок с ключами"
        );
        let advice = bilingual!(
            "write the JSON in single quotes: `body: '{{\"ok\": true}}'`",
            "возьмите JSON в одинарные кавычки: `body: '{{\"ok\": true}}'`"
        );
        reader.error(Code::WrongType, &place, message, advice);
        return None;
    }
    let mut block = Block::open(node, &format!("{about}.body"), reader)?;
    let name = block.text("template", reader);
    block.close(reader);
    let Some(name) = name else {
        let message = bilingual!(
            "`{about}.body` names no template",
            "в `{about}.body` не назван шаблон"
        );
        reader.error(Code::MissingKey, &place, message, how_a_page());
        return None;
    };
    if let Some(text) = content_type.filter(|text| Escape::of_type(&text.value) != Escape::Html) {
        let written = &text.value;
        let message = bilingual!(
            "a page cannot have the type `{written}`",
            "страница не может быть типа `{written}`"
        );
        let advice = bilingual!("leave `type` out", "уберите `type`");
        reader.error(Code::WrongValue, &text.place, message, advice);
    }
    let Some(text) = pages.get(&name.value) else {
        let known: Vec<&str> = pages.keys().map(String::as_str).collect();
        let written = &name.value;
        let message = bilingual!(
            "there is no page `{written}` in the templates folder",
            "в папке шаблонов нет страницы `{written}`"
        );
        let advice = if known.is_empty() {
            how_a_page()
        } else {
            suggest::did_you_mean(written, &known)
        };
        reader.error(Code::UnknownTemplate, &name.place, message, advice);
        return None;
    };
    match PageTemplate::compile(&name.value, text, &NAMES) {
        Ok(page) => Some(page),
        Err(mistakes) => {
            for mistake in mistakes {
                reader.problems.push(mistake);
            }
            None
        }
    }
}

fn how_a_page() -> Bilingual {
    bilingual!(
        "write `body: {{ template: thanks.html.hbs }}` and put thanks.html.hbs into the templates \
         folder",
        "напишите `body: {{ template: thanks.html.hbs }}` и положите thanks.html.hbs в папку \
         шаблонов",
    )
}

/// Warns of a redirect without its address, and of an address without a redirect.
fn redirect(status: &Text, headers: Option<&Node>, reader: &mut Reader<'_>) {
    let is_redirect = matches!(status.value.trim(), "301" | "302" | "303" | "307" | "308");
    let names = match headers.map(|node| &node.kind) {
        Some(NodeKind::Map(entries)) => entries.as_slice(),
        _ => &[],
    };
    let is_address = |(key, _): &&(Text, Node)| key.value.eq_ignore_ascii_case("location");
    let address = names.iter().find(is_address);
    let number = status.value.trim();
    match address {
        None if is_redirect => {
            let message = bilingual!(
                "status {number} leads nowhere without the header `Location`",
                "статус {number} без заголовка `Location` никуда не ведёт"
            );
            let advice = bilingual!(
                "write `status: {number}, headers: {{ Location: /thanks }}`",
                "напишите `status: {number}, headers: {{ Location: /thanks }}`"
            );
            reader
                .problems
                .warn(Code::WrongValue, &status.place, message, advice);
        }
        Some((key, _)) if number.starts_with('2') && number != "201" => {
            let message = bilingual!(
                "with status {number}, `Location` leads nowhere",
                "при статусе {number} `Location` никуда не ведёт"
            );
            let advice = bilingual!("write `status: 303`", "напишите `status: 303`");
            reader
                .problems
                .warn(Code::WrongValue, &key.place, message, advice);
        }
        Some(_) | None => {}
    }
}

/// Returns the status that a word means.
fn status_of(written: &str) -> Option<u16> {
    Some(match written.trim().to_lowercase().as_str() {
        "ok" | "ок" | "success" | "успех" | "успешно" => 200,
        "created" | "создано" => 201,
        "redirect" | "редирект" | "перенаправление" | "see other" => 303,
        "error" | "ошибка" | "bad request" => 400,
        "forbidden" | "запрещено" => 403,
        "not found" | "не найдено" => 404,
        _ => return None,
    })
}

fn status(about: &str, text: &Text, reader: &mut Reader<'_>) -> Option<u16> {
    if let Some(number) = status_of(&text.value) {
        let written = &text.value;
        let message = bilingual!(
            "`{about}.status` is a number, not `{written}`",
            "`{about}.status` — это число, а не `{written}`"
        );
        let advice = bilingual!("write `status: {number}`", "напишите `status: {number}`");
        reader.error(Code::WrongValue, &text.place, message, advice);
        return None;
    }
    let number = block::integer(&format!("{about}.status"), text, reader.problems)?.value;
    let status = u16::try_from(number)
        .ok()
        .filter(|status| (200..=599).contains(status));
    // 204 and 304 forbid a body, 205 confuses browsers
    if status.is_none_or(|status| matches!(status, 205 | 304)) {
        let message = bilingual!(
            "`{number}` is not a status that a reply can have",
            "`{number}` — не статус ответа"
        );
        reader.error(
            Code::WrongValue,
            &text.place,
            message,
            bilingual!(
                "write 200, 201, 204, 303, 400 …",
                "напишите 200, 201, 204, 303, 400 …"
            ),
        );
        return None;
    }
    status
}

fn status_text(about: &str, text: &Text, reader: &mut Reader<'_>) -> Option<StatusText> {
    let written = text.value.trim();
    let visible = |c: char| c == ' ' || c.is_ascii_graphic();
    let fits = (1..=LONGEST_STATUS_TEXT).contains(&written.len());
    if !fits || !written.chars().all(visible) {
        let message = bilingual!(
            "`{about}.status_text` cannot be used as a status text",
            "`{about}.status_text` не может быть текстом статуса"
        );
        let advice = bilingual!(
            "one line of Latin letters, digits and signs, 1 to {LONGEST_STATUS_TEXT} of them: \
             HTTP has no other letters there; what people read goes into `body`",
            "одна строка из латинских букв, цифр и знаков, от 1 до {LONGEST_STATUS_TEXT}: других \
             букв в HTTP там не бывает; что читают люди, пишите в `body`",
        );
        reader.error(Code::WrongValue, &text.place, message, advice);
        return None;
    }
    Some(StatusText {
        written: written.to_owned(),
        kept: None,
        place: text.place.clone(),
    })
}

fn headers(about: &str, node: Node, reader: &mut Reader<'_>) -> Vec<(String, String)> {
    let place = node.place.clone();
    let about = format!("{about}.headers");
    let Some(block) = Block::open(node, &about, reader) else {
        return Vec::new();
    };
    let entries = block.into_entries();
    if entries.len() > MOST_HEADERS {
        let message = bilingual!(
            "more than {MOST_HEADERS} headers",
            "заголовков больше {MOST_HEADERS}"
        );
        reader.error(
            Code::TooLarge,
            &place,
            message,
            bilingual!("remove some", "уберите лишние"),
        );
    }
    let headers = entries.into_iter().filter_map(|(key, value)| {
        let value = block::scalar(&about, value, reader)?;
        let name = header_name(&key, reader)?;
        if name == "content-type" {
            // the escaping depends on it
            let message = bilingual!(
                "the reply's type has a separate key",
                "для типа ответа есть отдельный ключ"
            );
            let advice = bilingual!(
                "write `type: …` next to `headers`",
                "напишите `type: …` рядом с `headers`"
            );
            reader.error(Code::WrongPlace, &key.place, message, advice);
            return None;
        }
        Some((name, header_value(&value, reader)?))
    });
    headers.collect()
}

/// Returns a header's name in lower case.
pub(super) fn header_name(text: &Text, reader: &mut Reader<'_>) -> Option<String> {
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let name = text.value.to_ascii_lowercase();
    let good = (1..=100).contains(&name.len()) && name.chars().all(token);
    if !good || OURS.contains(&name.as_str()) {
        let written = &text.value;
        let message = bilingual!(
            "the header `{written}` cannot be set here",
            "заголовок `{written}` здесь задать нельзя"
        );
        let advice = if good {
            bilingual!("the server sets it", "его задаёт сам сервер")
        } else {
            bilingual!(
                "a header's name consists of Latin letters, digits and `-`",
                "имя заголовка — латинские буквы, цифры и `-`"
            )
        };
        reader.error(Code::WrongValue, &text.place, message, advice);
        return None;
    }
    Some(name)
}

fn header_value(text: &Text, reader: &mut Reader<'_>) -> Option<String> {
    let value = text.value.trim();
    let visible = |c: char| c == ' ' || c.is_ascii_graphic();
    if value.len() <= LONGEST_VALUE && value.chars().all(visible) {
        return Some(value.to_owned());
    }
    let message = bilingual!(
        "this cannot be a header's value",
        "это не может быть значением заголовка"
    );
    let advice = bilingual!(
        "one line of Latin letters, digits and signs, at most 1000 of them",
        "одна строка латинских букв, цифр и знаков, не больше 1000"
    );
    reader.error(Code::WrongValue, &text.place, message, advice);
    None
}
