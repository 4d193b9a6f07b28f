//! Cut characters in JSON. A form that shortens a text by UTF-16 units can cut an emoji in two, and a
//! half, `\ud83d` alone, makes JSON that parsers refuse.

/// Replaces each half of a pair that stands alone by `\ufffd`. Returns `None` if there is none. The text
/// keeps its length, so the place of any other mistake stays right.
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

/// The length of `\u0000`.
const ESCAPE: usize = 6;

/// Where halves stand alone: a high one without a low one behind it, or a low one without a high one.
fn lone(text: &[u8]) -> Vec<usize> {
    let mut lone = Vec::new();
    let mut at = 0;
    while let Some(step) = text.get(at..).and_then(next_backslash) {
        at += step;
        match unit(text, at) {
            // an escape of two characters: the second one begins nothing
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

/// The UTF-16 unit of an escape `\u0000` that begins here.
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

    proptest! {
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
