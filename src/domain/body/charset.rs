//! Detects the encoding of a text. The bytes decide: what reads as UTF-8 is UTF-8, whatever the
//! header says; otherwise the header counts, and without one, Russian letters of windows-1251 are
//! detected.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1251};

/// Returns the encoding of these bytes. `declared` is the charset of the header.
pub(super) fn encoding_of(bytes: &[u8], declared: Option<&str>) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding;
    }
    if std::str::from_utf8(bytes).is_ok() {
        return wide(bytes, declared).unwrap_or(UTF_8);
    }
    let declared = declared.and_then(known);
    match declared.filter(|encoding| *encoding != UTF_8) {
        Some(encoding) => encoding,
        None if is_cyrillic(bytes) => WINDOWS_1251,
        None => UTF_8,
    }
}

/// Returns the encoding with this label, as headers and `_charset_` name it.
pub(super) fn known(label: &str) -> Option<&'static Encoding> {
    let label = label.trim().trim_matches(['"', '\'']);
    Encoding::for_label(label.as_bytes())
}

/// Returns the declared encoding if it has two bytes a letter and these bytes look like it: such
/// bytes may by chance be UTF-8, but then they have control characters.
fn wide(bytes: &[u8], declared: Option<&str>) -> Option<&'static Encoding> {
    let encoding = declared.and_then(known)?;
    let is_wide = encoding == UTF_16LE || encoding == UTF_16BE;
    let is_control = |byte: &u8| *byte < b' ' && !matches!(*byte, b'\t' | b'\r' | b'\n');
    (is_wide && bytes.len().is_multiple_of(2) && bytes.iter().any(is_control)).then_some(encoding)
}

/// Decodes the text. Bytes that the encoding does not have become a replacement character.
pub(super) fn text<'b>(bytes: &'b [u8], encoding: &'static Encoding) -> Cow<'b, str> {
    encoding.decode_with_bom_removal(bytes).0
}

/// Whether these bytes, which are no UTF-8, look like Russian in windows-1251 and not like UTF-8
/// with a letter broken here and there.
fn is_cyrillic(bytes: &[u8]) -> bool {
    let (mut broken, mut whole) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    let is_high = |byte: &&u8| !byte.is_ascii() && !is_punctuation(**byte);
    let high = bytes.iter().filter(is_high).count();
    let letters = bytes.iter().filter(|byte| is_letter(**byte)).count();
    broken > whole && letters > 0 && letters * 5 >= high * 4
}

/// Whether windows-1251 has a quotation mark, a dash, dots or a blank here.
fn is_punctuation(byte: u8) -> bool {
    matches!(
        byte,
        0x84 | 0x85 | 0x91..=0x94 | 0x96 | 0x97 | 0xa0 | 0xab | 0xbb
    )
}

/// Whether windows-1251 has a Russian, Ukrainian or Belarusian letter here, or `№` or `’`, which
/// stand among them.
fn is_letter(byte: u8) -> bool {
    matches!(
        byte,
        0xc0..=0xff | 0xa8 | 0xb8 | 0xb9 | 0x92
        // Ґґ Єє Її Іі Ўў
        | 0xa5 | 0xb4 | 0xaa | 0xba | 0xaf | 0xbf | 0xb2 | 0xb3 | 0xa1 | 0xa2
    )
}

/// Returns a parameter of a header such as `text/html; charset="utf-8"`.
pub(super) fn parameter(header: &str, wanted: &str) -> Option<String> {
    header.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"');
        (name.trim().eq_ignore_ascii_case(wanted) && !value.is_empty()).then(|| value.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], declared: Option<&str>) -> String {
        text(bytes, encoding_of(bytes, declared)).into_owned()
    }

    #[test]
    fn the_bytes_decide_and_not_the_header() {
        let (cp1251, _, _) = WINDOWS_1251.encode("Мария, заказ №5 — ёж");
        for declared in [None, Some("utf-8"), Some("windows-1251"), Some("nonsense")] {
            assert_eq!(
                read(&cp1251, declared),
                "Мария, заказ №5 — ёж",
                "{declared:?}"
            );
            assert_eq!(read("Мария".as_bytes(), declared), "Мария", "{declared:?}");
            assert_eq!(read("\u{feff}Мария".as_bytes(), declared), "Мария");
        }
        let (koi8, _, _) = encoding_rs::KOI8_R.encode("Мария");
        assert_eq!(read(&koi8, Some("koi8-r")), "Мария");
        let utf16 = [0xff, 0xfe, 0x1c, 0x04, b'a', 0];
        assert_eq!(read(&utf16, None), "Мa");
    }

    #[test]
    fn ukrainian_and_belarusian_letters_of_windows_are_detected() {
        for text in [
            "Київ",
            "Їжак",
            "Є",
            "Ґанок",
            "ґедзь",
            "Ірина",
            "і",
            "Марія Шевченко, м. Львів",
            "об’єкт",
            "ЇЇ",
            "Ўладзімір",
            "воўк",
            "Мінск, вуліца Якуба Коласа",
            "Мария, заказ №5",
            "«Ёлка» — 5 шт.",
        ] {
            let (bytes, _, _) = WINDOWS_1251.encode(text);
            for declared in [None, Some("utf-8"), Some("nonsense")] {
                assert_eq!(read(&bytes, declared), text, "{declared:?}");
            }
            assert_eq!(read(text.as_bytes(), None), text);
        }
    }

    #[test]
    fn two_bytes_a_letter_are_read_if_they_are_declared() {
        let bytes: Vec<u8> = "Мария".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read(&bytes, Some("utf-16le")), "Мария");
        assert_eq!(read(&bytes, Some("UTF-16")), "Мария");
        assert_eq!(read(b"Anna", Some("utf-16le")), "Anna");
    }

    #[test]
    fn one_bad_byte_does_not_change_the_encoding() {
        let mut broken = "Мария Петрова".as_bytes().to_vec();
        broken.pop();
        assert_eq!(read(&broken, None), "Мария Петров\u{fffd}");
        assert_eq!(read(b"caf\xff", None), "caf\u{44f}");
        assert_eq!(read(b"\x80\x81\x82", None), "\u{fffd}\u{fffd}\u{fffd}");
    }

    #[test]
    fn parameters_are_found_in_any_case_and_with_quotes() {
        let header = "multipart/form-data; Boundary=\"a b\"; charset=";
        assert_eq!(parameter(header, "boundary").as_deref(), Some("a b"));
        assert_eq!(parameter(header, "charset"), None);
    }
}
