//! Decodes untrusted JSON, with limits of depth and number of values; reports the place of a
//! mistake. Intake decodes bodies with it, the pipeline the stored bytes again.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::error::Category;

use super::{Lang, plural, surrogates};
use crate::domain::Bilingual;

/// The maximum depth of any setting: serde's own limit, which protects the stack.
pub const DEEPEST: usize = 128;

/// Limits of a body. Both are checked before anything is built: a value takes up to 350 bytes of
/// memory, however short it is in the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Levels of objects and arrays, at most [`DEEPEST`].
    pub depth: usize,
    /// Values: each object, array, text, number, `true`, `false` and `null` counts as one.
    pub values: usize,
}

impl Bounds {
    /// Limits for stored bodies: they passed the limits of their time and stay readable under lower
    /// ones.
    pub const STORED: Self = Self {
        depth: DEEPEST,
        values: usize::MAX,
    };
}

/// Limits only the depth.
impl From<usize> for Bounds {
    fn from(depth: usize) -> Self {
        Self {
            depth,
            ..Self::STORED
        }
    }
}

/// A decoded body.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// Its value.
    pub value: Value,
    /// The repairs that were necessary.
    pub repairs: Repairs,
}

/// Repairs of a body that was not JSON. The stored bytes stay unchanged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Repairs {
    /// Markdown's backslashes were removed.
    pub markdown: bool,
    /// Cut characters (lone halves of UTF-16 pairs, or bytes that are not UTF-8) were read as
    /// U+FFFD.
    pub cut_characters: bool,
}

/// A mistake in a body, and its place: line and column in characters, from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mistake {
    /// The kind of mistake.
    pub kind: MistakeKind,
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// The kind of a mistake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MistakeKind {
    /// The body is empty.
    Empty,
    /// Bytes that are not UTF-8.
    NotUtf8,
    /// More levels than this.
    TooDeep(usize),
    /// More values than this.
    TooMany(usize),
    /// It is incomplete.
    Unfinished,
    /// Not JSON, with the parser's message.
    Syntax(String),
}

/// Decodes a body. Repairs two mistakes: backslashes that Markdown puts before `_` and other
/// characters (`"\_ga"`), which no JSON writer produces and which can mean one thing only; and
/// characters that were cut (`"\ud83d"`, or a part of the bytes), which become U+FFFD.
pub fn decode(body: &[u8], bounds: impl Into<Bounds>) -> Result<Decoded, Mistake> {
    let bounds = bounds.into();
    match text(body, bounds) {
        Ok(text) => read(text, bounds),
        Err(mistake) if mistake.kind == MistakeKind::NotUtf8 => {
            let (whole, is_cut) = surrogates::as_utf8(body).ok_or(mistake)?;
            let mut decoded = read(text(whole.as_bytes(), bounds)?, bounds)?;
            decoded.repairs.cut_characters |= is_cut;
            Ok(decoded)
        }
        Err(mistake) => Err(mistake),
    }
}

fn read(text: &str, bounds: Bounds) -> Result<Decoded, Mistake> {
    match serde_json::from_str(text) {
        Ok(value) => Ok(Decoded {
            value,
            repairs: Repairs::default(),
        }),
        Err(error) => repaired(text, error, bounds),
    }
}

fn repaired(text: &str, mut error: serde_json::Error, bounds: Bounds) -> Result<Decoded, Mistake> {
    let mut repairs = Repairs::default();
    let whole = surrogates::replaced(text);
    if let Some(whole) = &whole {
        repairs.cut_characters = true;
        match serde_json::from_str(whole) {
            Ok(value) => return Ok(Decoded { value, repairs }),
            Err(other) => error = other,
        }
    }
    repairs.markdown = true;
    without_markdown(whole.as_deref().unwrap_or(text))
        .filter(|repaired| excess(repaired.as_bytes(), bounds).is_none())
        .and_then(|repaired| serde_json::from_str(&repaired).ok())
        .map(|value| Decoded { value, repairs })
        .ok_or_else(|| mistake(text, &error))
}

/// Returns a body as text if it is UTF-8, not empty, and within the limits.
pub(super) fn text(body: &[u8], bounds: Bounds) -> Result<&str, Mistake> {
    let text = std::str::from_utf8(body).map_err(|error| {
        let good = body.get(..error.valid_up_to()).unwrap_or_default();
        at(&String::from_utf8_lossy(good), MistakeKind::NotUtf8)
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        return Err(Mistake {
            kind: MistakeKind::Empty,
            line: 1,
            column: 1,
        });
    }
    check_bounds(text, bounds)?;
    Ok(text)
}

/// Returns a mistake with the place after `good`.
fn at(good: &str, kind: MistakeKind) -> Mistake {
    let line = good.matches('\n').count() + 1;
    let column = good.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Mistake { kind, line, column }
}

/// Returns whether JSON has at most this many values, at any depth. For JSON that is not a sender's
/// body, such as the reply of a portal.
pub fn has_at_most(values: usize, json: &[u8]) -> bool {
    let depth = usize::MAX;
    excess(json, Bounds { depth, values }).is_none()
}

fn check_bounds(text: &str, bounds: Bounds) -> Result<(), Mistake> {
    let bounds = Bounds {
        depth: bounds.depth.min(DEEPEST),
        ..bounds
    };
    match excess(text.as_bytes(), bounds) {
        None => Ok(()),
        Some((index, kind)) => Err(at(text.get(..index).unwrap_or_default(), kind)),
    }
}

/// Counts bytes. The counters of a portion fit into bytes, so that the compiler counts many at once.
fn count(json: &[u8], is_counted: impl Fn(u8) -> bool) -> usize {
    let portions = json.chunks(usize::from(u8::MAX));
    let count = |portion: &[u8]| {
        portion
            .iter()
            .map(|byte| u8::from(is_counted(*byte)))
            .sum::<u8>()
    };
    portions.map(|portion| usize::from(count(portion))).sum()
}

/// Returns the first place beyond the limits.
fn excess(json: &[u8], bounds: Bounds) -> Option<(usize, MistakeKind)> {
    // a value starts the body or follows a comma or a bracket; few of both need no exact count
    let opens = count(json, |byte| matches!(byte, b'[' | b'{'));
    if opens <= bounds.depth && opens < bounds.values {
        let commas = count(json, |byte| byte == b',');
        if opens + commas < bounds.values {
            return None;
        }
    }
    let (mut depth, mut values) = (0_usize, 0_usize);
    let (mut in_string, mut escaped, mut in_word) = (false, false, false);
    for (index, byte) in json.iter().enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        let begins_word = !in_word;
        in_word = false;
        match byte {
            b'"' => (in_string, values) = (true, values + 1),
            // the string before it was a name
            b':' => values = values.saturating_sub(1),
            b'[' | b'{' => {
                (depth, values) = (depth + 1, values + 1);
                if depth > bounds.depth {
                    return Some((index, MistakeKind::TooDeep(bounds.depth)));
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' | b' ' | b'\t' | b'\r' | b'\n' => {}
            _ => (in_word, values) = (true, values + usize::from(begins_word)),
        }
        // a name counts as a value until its colon
        if values > bounds.values && matches!(byte, b'[' | b'{' | b']' | b'}' | b',') {
            return Some((index, MistakeKind::TooMany(bounds.values)));
        }
    }
    None
}

/// Replaces `\_` and similar sequences by `_`. Returns `None` if there are none.
fn without_markdown(text: &str) -> Option<String> {
    const ESCAPED: &str = "_*[](){}<>#+-.!~|`";
    let mut repaired = String::with_capacity(text.len());
    let mut changed = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            repaired.push(letter);
            continue;
        }
        match letters.next() {
            Some(next) if ESCAPED.contains(next) => {
                changed = true;
                repaired.push(next);
            }
            Some(next) => repaired.extend(['\\', next]),
            None => repaired.push('\\'),
        }
    }
    changed.then_some(repaired)
}

fn mistake(text: &str, error: &serde_json::Error) -> Mistake {
    let line = text
        .split('\n')
        .nth(error.line().saturating_sub(1))
        .unwrap_or_default();
    // serde counts columns in bytes; at the end of the text, the place is after the last character
    let ends = error.classify() == Category::Eof;
    let before = line
        .as_bytes()
        .get(..error.column().saturating_sub(usize::from(!ends)));
    let before = before.unwrap_or(line.as_bytes());
    let column = String::from_utf8_lossy(before).chars().count() + 1;
    let kind = match error.classify() {
        Category::Eof => MistakeKind::Unfinished,
        Category::Syntax | Category::Data | Category::Io => {
            let words = error.to_string();
            let words = words
                .split(" at line ")
                .next()
                .unwrap_or_default()
                .to_owned();
            MistakeKind::Syntax(words)
        }
    };
    Mistake {
        kind,
        line: error.line(),
        column,
    }
}

impl Mistake {
    /// Returns whether the JSON exceeds a limit.
    pub fn is_beyond(&self) -> bool {
        matches!(self.kind, MistakeKind::TooDeep(_) | MistakeKind::TooMany(_))
    }

    /// Returns a message for the sender.
    pub fn to_text(&self, lang: Lang) -> String {
        let what = match &self.kind {
            MistakeKind::Empty => {
                return Bilingual::new("the body is empty", "тело запроса пустое")
                    .pick(lang)
                    .to_owned();
            }
            MistakeKind::NotUtf8 => Bilingual::new("this is not UTF-8", "это не UTF-8")
                .pick(lang)
                .to_owned(),
            MistakeKind::TooDeep(most) => match lang {
                Lang::Ru => format!(
                    "вложенность больше {most} {}",
                    plural::genitive(*most, ["уровня", "уровней"])
                ),
                Lang::En => format!(
                    "nested deeper than {most} {}",
                    plural::english(*most, ["level", "levels"])
                ),
            },
            MistakeKind::TooMany(most) => match lang {
                Lang::Ru => format!(
                    "здесь больше {most} {}",
                    plural::genitive(*most, ["значения", "значений"])
                ),
                Lang::En => format!(
                    "there are more than {most} {}",
                    plural::english(*most, ["value", "values"])
                ),
            },
            MistakeKind::Unfinished => Bilingual::new("the JSON breaks off", "JSON обрывается")
                .pick(lang)
                .to_owned(),
            MistakeKind::Syntax(words) => translated(words, lang),
        };
        match lang {
            Lang::Ru => format!("строка {}, столбец {}: {what}", self.line, self.column),
            Lang::En => format!("line {}, column {}: {what}", self.line, self.column),
        }
    }
}

/// Translates the parser's message; an unknown message stays in English.
fn translated(words: &str, lang: Lang) -> String {
    if lang == Lang::En {
        return words.to_owned();
    }
    match words {
        "expected value" => "здесь ожидается значение",
        "expected ident" => "здесь ожидается true, false или null",
        "expected `:`" => "здесь ожидается двоеточие",
        "expected `,` or `}`" => "здесь ожидается запятая или }",
        "expected `,` or `]`" => "здесь ожидается запятая или ]",
        "key must be a string" => "имя поля должно стоять в двойных кавычках",
        "trailing comma" => "лишняя запятая",
        "trailing characters" => "лишние символы после конца JSON",
        "invalid escape" => "недопустимая последовательность после обратной косой черты",
        "invalid number" => "неверно записано число",
        "number out of range" => "слишком большое число",
        "invalid unicode code point"
        | "lone leading surrogate in hex escape"
        | "unexpected end of hex escape" => "неверный код символа \\u…",
        "control character (\\u0000-\\u001F) found while parsing a string" => {
            "управляющий символ внутри строки: запишите его как \\n, \\t или \\u00…"
        }
        other => return format!("это не JSON ({other})"),
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn message(body: &[u8]) -> String {
        decode(body, 64).unwrap_err().to_text(Lang::Ru)
    }

    #[test]
    fn mistakes_have_a_place_in_characters() {
        insta::assert_snapshot!(message(b""), @"тело запроса пустое");
        insta::assert_snapshot!(message("{\n \"имя\": \"Анна\" 1}".as_bytes()), @"строка 2, столбец 16: здесь ожидается запятая или }");
        insta::assert_snapshot!(message(b"{\"a\":"), @"строка 1, столбец 6: JSON обрывается");
        insta::assert_snapshot!(message("{\"я\": \u{ff}".as_bytes().split_last().unwrap().1), @"строка 1, столбец 7: это не UTF-8");
        insta::assert_snapshot!(message(b"{\"a\": \"\xc0\xed\xed\xe0\"}"), @"строка 1, столбец 8: это не UTF-8");
        insta::assert_snapshot!(message(b"hello"), @"строка 1, столбец 1: здесь ожидается значение");
        insta::assert_snapshot!(message("[".repeat(200).as_bytes()), @"строка 1, столбец 65: вложенность больше 64 уровней");
        insta::assert_snapshot!(message(b"{\"a\":\"\\q\"}"), @"строка 1, столбец 8: недопустимая последовательность после обратной косой черты");
    }

    #[test]
    fn only_markdown_backslashes_are_removed() {
        let decoded = decode(br#"{"\_ga":"a\\_b\n\u0041"}"#, 64).unwrap();
        assert!(decoded.repairs.markdown && !decoded.repairs.cut_characters);
        assert_eq!(decoded.value, json!({"_ga": "a\\_b\nA"}));
        let plain = decode(br#"{"_ga":"\\_"}"#, 64).unwrap();
        assert_eq!(plain.repairs, Repairs::default());
    }

    #[test]
    fn cut_characters_are_read_as_the_replacement_character() {
        let cut = Repairs {
            cut_characters: true,
            markdown: false,
        };
        for (body, value) in [
            (r#"{"a":"x\ud83d"}"#, json!({"a": "x\u{fffd}"})),
            (r#"{"a":"\uDE00x"}"#, json!({"a": "\u{fffd}x"})),
            (r#"{"a\ud83d":1}"#, json!({"a\u{fffd}": 1})),
            (r#"["\ud83d\ude00\ude00"]"#, json!(["😀\u{fffd}"])),
        ] {
            let decoded = decode(body.as_bytes(), 64).unwrap();
            assert_eq!((decoded.value, decoded.repairs), (value, cut), "{body}");
        }
        let whole = decode(r#"["\ud83d\ude00\\ud83d"]"#.as_bytes(), 64).unwrap();
        assert_eq!(whole.repairs, Repairs::default());
        let both = decode(br#"{"\_ga":"\ud83d\_"}"#, 64).unwrap();
        assert_eq!(both.value, json!({"_ga": "\u{fffd}_"}));
        assert!(both.repairs.cut_characters && both.repairs.markdown);
        insta::assert_snapshot!(message(br#"{"a":"\ud83d" 1}"#), @"строка 1, столбец 15: здесь ожидается запятая или }");
        insta::assert_snapshot!(message(br#"{"a":"\ud83d","\q":1}"#), @"строка 1, столбец 17: недопустимая последовательность после обратной косой черты");
    }

    /// Counts the values of decoded JSON.
    fn values(value: &Value) -> usize {
        1 + match value {
            Value::Array(list) => list.iter().map(values).sum(),
            Value::Object(map) => map.values().map(values).sum(),
            _ => 0,
        }
    }

    #[test]
    fn a_body_with_too_many_values_is_refused_before_decoding() {
        let deep = format!("{}{}", "[".repeat(62), "]".repeat(62));
        for body in [
            format!("{{\"a\":[{}]}}", vec![deep.as_str(); 20].join(",")),
            format!("[{}]", vec![r#"{"a":1}"#; 600].join(",")),
            format!("[{}]", vec!["[]"; 1000].join(",")),
            format!("[{}]", vec!["0"; 1000].join(" , ")),
            format!("[{}]", vec!["\"\""; 1000].join(",")),
            format!("[{}]", vec!["null"; 1000].join(",\n")),
            format!("{{{}}}", vec![r#""a":1"#; 1000].join(",")),
            // broken at the end: it is not built up to the mistake
            format!("[{}", "[],".repeat(1000)),
            format!("{{{}}}", vec![r#""\_a":1"#; 1000].join(",")),
        ] {
            let bounds = Bounds {
                depth: 64,
                values: 1000,
            };
            let mistake = decode(body.as_bytes(), bounds).unwrap_err();
            assert_eq!(mistake.kind, MistakeKind::TooMany(1000), "{body:.60}");
        }
        let decoded = decode(
            b"[1,2,\n3]",
            Bounds {
                depth: 64,
                values: 3,
            },
        );
        insta::assert_snapshot!(decoded.unwrap_err().to_text(Lang::Ru), @"строка 2, столбец 2: здесь больше 3 значений");
    }

    #[test]
    fn stored_bodies_of_any_size_are_decoded() {
        let body = format!("[{}]", vec!["0"; 500_000].join(","));
        assert!(decode(body.as_bytes(), Bounds::STORED).is_ok());
    }

    #[test]
    fn brackets_in_strings_do_not_count_as_depth() {
        let body = format!("{{\"a\":\"{}\\\"{}\"}}", "[".repeat(500), "{".repeat(500));
        assert!(decode(body.as_bytes(), 4).is_ok());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Err(mistake) = decode(&body, 64) {
                prop_assert!(!mistake.to_text(Lang::En).is_empty());
            }
        }

        #[test]
        fn values_are_counted_exactly(text in "[\\[\\]{}\",:0-9a-z\\\\ ]{0,40}") {
            let listed = format!("[{text}]");
            for text in [&text, &listed, &listed.replace(':', "\":")] {
                if let Ok(value) = serde_json::from_str::<Value>(text)
                    && !text.contains('{')
                {
                    let values = values(&value);
                    prop_assert!(has_at_most(values, text.as_bytes()));
                    prop_assert!(values == 1 || !has_at_most(values - 1, text.as_bytes()));
                }
            }
        }

        #[test]
        fn what_serde_takes_we_take(text in "[\\[\\]{}\",:0-9a-z\\\\ ]{0,40}") {
            if let Ok(value) = serde_json::from_str::<Value>(&text) {
                prop_assert_eq!(decode(text.as_bytes(), 64).unwrap().value, value);
            }
        }
    }
}
