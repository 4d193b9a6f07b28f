//! Repairs cut characters in JSON. A form that shortens a text by UTF-16 units can cut an emoji in
//! two, and parsers refuse JSON with a lone half such as `\ud83d`.

/// Replaces each lone half of a pair by `\ufffd`. Returns `None` if there is none. The text keeps
/// its length, so the places of other mistakes stay correct.
pub(super) fn replaced(text: &str) -> Option<String> {
    let lone = lone(text.as_bytes());
    if lone.is_empty() {
        return None;
    }
    let mut whole = String::with_capacity(text.len());
    let mut from = 0;
    for at in lone {
        whole.push_str(text.get(from..at)?);
        whole.push_str("\\ufffd");
        from = at + ESCAPE;
    }
    whole.push_str(text.get(from..)?);
    Some(whole)
}

/// Decodes a body with invalid UTF-8 in its strings. Returns the text, and whether any bytes became
/// U+FFFD. A pair of halves in three bytes each becomes its character; a lone half, or the rest of
/// a cut character, becomes one U+FFFD. Returns `None` if such bytes are outside of strings, or so
/// many in a row that the text is in another charset.
pub(super) fn as_utf8(body: &[u8]) -> Option<(String, bool)> {
    if is_other_charset(body) {
        return None;
    }
    let mut text = String::with_capacity(body.len());
    let (mut in_string, mut escaped, mut is_cut) = (false, false, false);
    let mut rest = body;
    while let Some(chunk) = rest.utf8_chunks().next() {
        for byte in chunk.valid().bytes() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = in_string,
                b'"' => in_string = !in_string,
                _ => {}
            }
        }
        text.push_str(chunk.valid());
        rest = rest.get(chunk.valid().len()..)?;
        if chunk.invalid().is_empty() {
            break;
        }
        if !in_string {
            return None;
        }
        let halves = (half(rest), rest.get(3..).and_then(half));
        let (character, length) = match halves {
            (Some(high), Some(low)) => match char::decode_utf16([high, low]).next() {
                Some(Ok(character)) => (character, 6),
                _ => (char::REPLACEMENT_CHARACTER, 3),
            },
            (Some(_), None) => (char::REPLACEMENT_CHARACTER, 3),
            (None, _) => (char::REPLACEMENT_CHARACTER, chunk.invalid().len()),
        };
        is_cut |= character == char::REPLACEMENT_CHARACTER;
        text.push(character);
        rest = rest.get(length..)?;
    }
    Some((text, is_cut))
}

/// Returns the half of a pair that starts here in three bytes.
fn half(bytes: &[u8]) -> Option<u16> {
    let [0xed, second @ 0xa0..=0xbf, third @ 0x80..=0xbf, ..] = bytes else {
        return None;
    };
    Some(0xd000 | u16::from(second & 0x3f) << 6 | u16::from(third & 0x3f))
}

/// Returns whether three letters of windows-1251 are in a row. UTF-8 never has such bytes together,
/// so they are not a cut character.
fn is_other_charset(body: &[u8]) -> bool {
    let is_letter = |byte: &u8| matches!(byte, 0xc0..=0xfd);
    body.windows(3).any(|three| three.iter().all(is_letter))
}

/// The length of `\u0000`.
const ESCAPE: usize = 6;

/// Returns the places of lone halves: a high one without a low one after it, or a low one without a
/// high one before it.
fn lone(text: &[u8]) -> Vec<usize> {
    let mut lone = Vec::new();
    let mut at = 0;
    while let Some(step) = text.get(at..).and_then(next_backslash) {
        at += step;
        match unit(text, at) {
            // an escape of two characters; the second one starts no other escape
            None => at += 2,
            Some(0xd800..=0xdbff) if is_low(unit(text, at + ESCAPE)) => at += 2 * ESCAPE,
            Some(0xd800..=0xdfff) => {
                lone.push(at);
                at += ESCAPE;
            }
            Some(_) => at += ESCAPE,
        }
    }
    lone
}

fn next_backslash(text: &[u8]) -> Option<usize> {
    text.iter().position(|byte| *byte == b'\\')
}

fn is_low(unit: Option<u16>) -> bool {
    unit.is_some_and(|unit| (0xdc00..=0xdfff).contains(&unit))
}

/// Returns the UTF-16 unit of an escape `\u0000` that starts here.
fn unit(text: &[u8], at: usize) -> Option<u16> {
    let digits = text.get(at..at + ESCAPE)?.strip_prefix(b"\\u")?;
    let value = |unit: u16, digit: &u8| {
        let digit = char::from(*digit).to_digit(16)?;
        Some(unit << 4 | u16::try_from(digit).ok()?)
    };
    digits.iter().try_fold(0, value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lone_halves_are_replaced_and_whole_pairs_stay() {
        for (text, whole) in [
            (r#""a\ud83d""#, r#""a\ufffd""#),
            (r#""\uDE00b""#, r#""\ufffdb""#),
            (r#""\uD83D\uDE00""#, r#""\uD83D\uDE00""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\ude00\ud83d""#, r#""\ufffd\ufffd""#),
            (r#""\ud83d\ude00\ude00""#, r#""\ud83d\ude00\ufffd""#),
            (r#""\ud83d\u0041""#, r#""\ufffd\u0041""#),
            (r#""\ud83d\n\ude00""#, r#""\ufffd\n\ufffd""#),
            (r#""\ud83d\\ude00""#, r#""\ufffd\\ude00""#),
            (r#""\\ud83d""#, r#""\\ud83d""#),
            (r#""\\\ud83d""#, r#""\\\ufffd""#),
            (r#""\"\ud83d\"я\dbff""#, r#""\"\ufffd\"я\dbff""#),
            (r#""\ud83""#, r#""\ud83""#),
            (r#""\ud83d\ude0""#, r#""\ufffd\ude0""#),
            (r#""\"#, r#""\"#),
        ] {
            let replaced = replaced(text);
            assert_eq!(replaced.as_deref().unwrap_or(text), whole, "{text}");
            assert_eq!(replaced.is_none(), text == whole, "{text}");
        }
    }

    #[test]
    fn bytes_that_are_no_utf8_become_characters_inside_of_strings() {
        for (body, text, cut) in [
            (&b"\"a\xed\xa0\xbd\""[..], Some("\"a\u{fffd}\""), true),
            (b"\"\xed\xb8\x80b\"", Some("\"\u{fffd}b\""), true),
            (
                b"\"\xed\xa0\xbd\xed\xb8\x80\"",
                Some("\"\u{1f600}\""),
                false,
            ),
            (
                b"\"\xed\xb8\x80\xed\xa0\xbd\"",
                Some("\"\u{fffd}\u{fffd}\""),
                true,
            ),
            (b"\"\xd0\x94\xd0\"", Some("\"\u{414}\u{fffd}\""), true),
            (b"\"\xf0\x9f\x98\"", Some("\"\u{fffd}\""), true),
            (b"\"\xff\xfe\"", Some("\"\u{fffd}\u{fffd}\""), true),
            (b"{\"\\\"\xff\":1}", Some("{\"\\\"\u{fffd}\":1}"), true),
            (b"\xff\xfe{}", None, false),
            (b"{\"a\":\xd0}", None, false),
            (b"\"\\\\\"\xd0", None, false),
            (b"\"\xc0\xed\xed\xe0\"", None, false),
        ] {
            let wanted = text.map(|text| (text.to_owned(), cut));
            assert_eq!(as_utf8(body), wanted, "{body:x?}");
        }
    }

    proptest! {
        #[test]
        fn whole_text_stays(text in "\\PC{0,20}") {
            prop_assert_eq!(as_utf8(text.as_bytes()), Some((text, false)));
        }

        #[test]
        fn any_units_become_json(units in proptest::collection::vec(any::<u16>(), 0..20)) {
            use std::fmt::Write as _;
            let mut json = String::new();
            for unit in &units {
                write!(json, "\\u{unit:04x}").unwrap();
            }
            let json = format!("\"{json}\"");
            let whole = replaced(&json).unwrap_or(json);
            let read: String = serde_json::from_str(&whole).unwrap();
            prop_assert_eq!(read, String::from_utf16_lossy(&units));
        }
    }
}
