//! Recognises recordings by their first bytes: a server may name any type, and may answer with a
//! page instead of the file.

use crate::domain::RecordingFault;

/// The bytes that are needed to recognise a recording.
pub(super) const HEAD: usize = 512;

/// Returns the ending of a recording's name, `mp3` or `wav`, by its first bytes and by the type that
/// the server names.
pub(super) fn ending(head: &[u8], kind: &str) -> Result<&'static str, RecordingFault> {
    if head.is_empty() {
        return Err(RecordingFault::Empty);
    }
    if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WAVE") {
        return Ok("wav");
    }
    if head.starts_with(b"ID3") || is_mpeg_frame(head) {
        return Ok("mp3");
    }
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let kind = kind.to_ascii_lowercase();
    if is_page(head) || kind == "text/html" || kind == "application/json" {
        return Err(RecordingFault::Page);
    }
    Err(RecordingFault::OtherType)
}

/// Returns whether a frame of MPEG audio begins here: eleven set bits, then a version and a layer
/// that exist.
fn is_mpeg_frame(head: &[u8]) -> bool {
    let [0xFF, second, third, ..] = head else {
        return false;
    };
    let (version, layer) = ((second >> 3) & 0b11, (second >> 1) & 0b11);
    second & 0xE0 == 0xE0 && version != 0b01 && layer != 0b00 && third >> 4 != 0b1111
}

fn is_page(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
    matches!(first, Some(b'<' | b'{'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recordings_are_recognised_by_their_bytes() {
        let wav = b"RIFF\x24\0\0\0WAVEfmt ";
        for (head, kind, expected) in [
            (&wav[..], "application/octet-stream", Ok("wav")),
            (&wav[..], "text/html", Ok("wav")),
            (b"ID3\x03", "", Ok("mp3")),
            (b"\xFF\xFB\x90\x64", "audio/mpeg", Ok("mp3")),
            (b"", "audio/mpeg", Err(RecordingFault::Empty)),
            (b"<html>", "audio/mpeg", Err(RecordingFault::Page)),
            (
                b"\xEF\xBB\xBF \n<!doctype html>",
                "",
                Err(RecordingFault::Page),
            ),
            (
                b"Not found",
                "text/html; charset=utf-8",
                Err(RecordingFault::Page),
            ),
            (b"{\"error\":1}", "", Err(RecordingFault::Page)),
            (b"OggS\0", "audio/ogg", Err(RecordingFault::OtherType)),
            (
                b"RIFF\x24\0\0\0AVI ",
                "audio/wav",
                Err(RecordingFault::OtherType),
            ),
            (
                b"\xFF\xFF\xFF\xFF",
                "audio/mpeg",
                Err(RecordingFault::OtherType),
            ),
        ] {
            assert_eq!(ending(head, kind), expected, "{head:?} {kind}");
        }
    }
}
