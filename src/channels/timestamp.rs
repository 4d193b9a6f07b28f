//! The time stamp of a signature: its place in a request, its maximum age, and the signed text.

use std::time::Duration;

use super::limits;
use crate::authoring::codes::Code;
use crate::authoring::raw::block::Block;
use crate::authoring::reader::Reader;
use crate::authoring::yaml::{Node, Text};
use crate::domain::bilingual;

/// The default of `window`.
const WINDOW: Duration = Duration::from_secs(300);
/// The default of `content`.
const CONTENT: &str = "{timestamp}.{body}";

/// A time stamp that the signature covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedTime {
    /// Its place in a request.
    pub carrier: TimeCarrier,
    /// The maximum difference from the gateway's clock.
    pub window: Duration,
    content: SignedContent,
}

/// The place of a time stamp in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimeCarrier {
    /// A header.
    Header(String),
    /// A parameter of the signature's header: `t=1764190000,v1=…`.
    Parameter(String),
}

/// The signed text: the time stamp and the body, in either order, with text around them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct SignedContent {
    written: String,
    before: String,
    between: String,
    after: String,
    is_time_first: bool,
}

impl SignedTime {
    /// Returns the text that the sender signed.
    pub fn signed(&self, timestamp: &str, body: &[u8]) -> Vec<u8> {
        let content = &self.content;
        let (first, second) = if content.is_time_first {
            (timestamp.as_bytes(), body)
        } else {
            (body, timestamp.as_bytes())
        };
        let (before, between, after) = (&content.before, &content.between, &content.after);
        [
            before.as_bytes(),
            first,
            between.as_bytes(),
            second,
            after.as_bytes(),
        ]
        .concat()
    }

    /// Returns the signed text as the settings write it.
    pub(super) fn content(&self) -> &str {
        &self.content.written
    }
}

impl SignedContent {
    /// Parses `content`. Both placeholders must occur once, with a text without digits between
    /// them; otherwise digits could move from one to the other under the same signature.
    fn parse(written: &str) -> Option<Self> {
        let time = written.find("{timestamp}")?;
        let body = written.find("{body}")?;
        let is_time_first = time < body;
        let (first, second) = if is_time_first {
            ("{timestamp}", "{body}")
        } else {
            ("{body}", "{timestamp}")
        };
        let (before, rest) = written.split_once(first)?;
        let (between, after) = rest.split_once(second)?;
        let is_apart = !between.is_empty() && !between.contains(|c: char| c.is_ascii_digit());
        let is_plain = [before, between, after]
            .iter()
            .all(|text| !text.contains(['{', '}']));
        (is_apart && is_plain && written.len() <= 200).then(|| Self {
            written: written.to_owned(),
            before: before.to_owned(),
            between: between.to_owned(),
            after: after.to_owned(),
            is_time_first,
        })
    }
}

/// Parses `hmac.timestamp`.
pub(super) fn timestamp(about: &str, node: Node, reader: &mut Reader<'_>) -> Option<SignedTime> {
    let mut block = Block::open(node, about, reader)?;
    let place = block.place.clone();
    let header = super::guard::header(&mut block, reader);
    let parameter = block.text("parameter", reader).map(|text| text.value);
    let window = block.text("window", reader);
    let window_name = block.name_of("window");
    let window = window.map_or(Some(WINDOW), |text| {
        limits::window(&window_name, &text, reader.problems)
    });
    let content = block.text("content", reader);
    let content_name = block.name_of("content");
    let content = match &content {
        Some(text) => content_of(&content_name, text, reader),
        None => SignedContent::parse(CONTENT),
    };
    block.close(reader);
    let carrier = match (header, parameter) {
        (Some(header), None) => Some(TimeCarrier::Header(header)),
        (None, Some(parameter)) => Some(TimeCarrier::Parameter(parameter)),
        (Some(_), Some(_)) | (None, None) => None,
    };
    if carrier.is_none() {
        let message = bilingual!(
            "`{about}` must name exactly one place for the time stamp",
            "в `{about}` должно быть названо ровно одно место отметки времени"
        );
        let advice = bilingual!(
            "write `header: X-Timestamp`, or `parameter: t` for `t=…` in the signature's header",
            "напишите `header: X-Timestamp` или `parameter: t`, если `t=…` стоит в заголовке \
             подписи",
        );
        reader.error(Code::MissingKey, &place, message, advice);
    }
    Some(SignedTime {
        carrier: carrier?,
        window: window?,
        content: content?,
    })
}

fn content_of(about: &str, text: &Text, reader: &mut Reader<'_>) -> Option<SignedContent> {
    let content = SignedContent::parse(&text.value);
    if content.is_none() {
        let written = &text.value;
        let message = bilingual!(
            "`{about}` cannot be `{written}`",
            "`{about}` не может быть `{written}`"
        );
        let advice = bilingual!(
            "write `{{timestamp}}` and `{{body}}` once each with a text without digits between \
             them: \"{{timestamp}}.{{body}}\"",
            "напишите `{{timestamp}}` и `{{body}}` по одному разу, а между ними текст без цифр: \
             \"{{timestamp}}.{{body}}\"",
        );
        reader.error(Code::WrongValue, &text.place, message, advice);
    }
    content
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signed_text_keeps_time_stamp_and_body_apart() {
        for (written, good) in [
            (CONTENT, true),
            ("v0:{timestamp}:{body}", true),
            ("{body}\n{timestamp}", true),
            ("{timestamp}{body}", false),
            ("{timestamp}0{body}", false),
            ("{body}", false),
            ("{timestamp}.", false),
            ("{timestamp}.{body}.{body}", false),
            ("{timestamp}.{query}.{body}", false),
        ] {
            assert_eq!(SignedContent::parse(written).is_some(), good, "{written}");
        }
        let time = |written: &str| SignedTime {
            carrier: TimeCarrier::Parameter("t".to_owned()),
            window: WINDOW,
            content: SignedContent::parse(written).unwrap(),
        };
        assert_eq!(
            time("v0:{timestamp}:{body}!").signed("17", b"a=1"),
            b"v0:17:a=1!"
        );
        assert_eq!(time("{body}.{timestamp}").signed("17", b"a=1"), b"a=1.17");
    }
}
