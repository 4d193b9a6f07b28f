//! Base64 as senders write it: both alphabets, with or without padding, with line breaks, and with
//! the blanks that forms make of `+`.

/// Returns the number of bytes that a text decodes to; `None` if it is not base64.
pub(super) fn size(text: &str) -> Option<usize> {
    let mut signs = 0_usize;
    for_each(text, |_| signs += 1)?;
    // one sign alone is less than a byte
    (signs % 4 != 1).then_some(signs / 4 * 3 + (signs % 4).saturating_sub(1))
}

/// Decodes a text.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(size(text)?);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for_each(text, |sign| {
        bits = (bits << 6) | u32::from(sign);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.extend(u8::try_from((bits >> count) & 0xff));
        }
        bits &= (1 << count) - 1;
    })?;
    Some(bytes)
}

/// Passes the value of each sign; `None` if something else than padding stands behind or between
/// them.
fn for_each(text: &str, mut each: impl FnMut(u8)) -> Option<()> {
    // in a form that was not encoded properly, each `+` arrives as a blank
    let is_broken_form = text.contains(' ') && !text.contains(['\n', '\r', '\t']);
    let mut is_padded = false;
    for byte in text.trim().bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b' ' if is_broken_form => 62,
            b' ' | b'\n' | b'\r' | b'\t' => continue,
            b'=' => {
                is_padded = true;
                continue;
            }
            _ => return None,
        };
        if is_padded {
            return None;
        }
        each(value);
    }
    Some(())
}
