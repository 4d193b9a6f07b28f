//! Masks secrets in text. Settings and channels register the secrets that they read; the log, the
//! journal and the command line mask every line that they write. Masking goes by value, so it does
//! not matter where in a text a secret is, or how it got there.

mod shape;
mod spelling;

use std::borrow::Cow;
use std::io;
use std::sync::{PoisonError, RwLock};

pub use shape::mask_shapes;

/// Replaces a secret.
const MASK: &str = "•••";

/// Minimum length of a secret in characters. Masking shorter values would hide ordinary words and
/// numbers.
const SHORTEST: usize = 8;
/// The same for values with letters and digits.
const SHORTEST_MIXED: usize = 6;

/// Parts of the names of parameters whose values are secrets.
const SECRET_NAMES: [&str; 6] = ["key", "token", "secret", "pass", "auth", "sign"];

/// Every spelling of every known secret, the longest first.
static KNOWN: RwLock<Vec<String>> = RwLock::new(Vec::new());

/// Registers a secret. Ignores values that are too short to distinguish from ordinary text.
pub fn register(secret: &str) {
    let secret = secret.trim();
    if is_long_enough(secret) {
        add(spelling::all(secret));
    }
}

/// Registers the secrets in the address of a webhook, or in a text that was written in its place.
pub fn register_address(address: &str) {
    let address = address.trim();
    if let Some((path, code)) = shape::webhook(address) {
        // together with its path even a short code is unambiguous
        add(spelling::all(path));
        register(code);
        return;
    }
    let Some((_, rest)) = address.split_once("://") else {
        register(address);
        return;
    };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    if let Some((user, _)) = authority.rsplit_once('@') {
        register(user.split_once(':').map_or(user, |(_, password)| password));
    }
    path.split(['/', '?', '#', '&', '='])
        .filter(|part| is_mixed(part))
        .for_each(register);
    let query = rest.split_once('?').map_or("", |(_, query)| query);
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        let name = name.to_ascii_lowercase();
        if SECRET_NAMES.iter().any(|part| name.contains(part)) {
            register(value);
        }
    }
}

/// Masks known secrets in every spelling.
pub fn mask(text: &str) -> Cow<'_, str> {
    let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
    let mut masked = Cow::Borrowed(text);
    for secret in known.iter() {
        if masked.contains(secret) {
            masked = Cow::Owned(masked.replace(secret, MASK));
        }
    }
    masked
}

/// Masks known secrets and everything that looks like a webhook or a password in an address. For
/// messages about unreadable text, whose secrets could not be registered.
pub fn mask_all(text: &str) -> String {
    mask_shapes(&mask(text))
}

/// The same for bytes that could not be decoded. Keeps bytes that are not UTF-8. If a secret
/// appears only after decoding `\u0065` and `%65`, returns the decoded text with the secret masked.
pub fn mask_bytes(bytes: &[u8]) -> Cow<'_, [u8]> {
    let mut masked = Cow::Borrowed(bytes);
    let clean = masked_chunks(bytes);
    if clean != bytes {
        masked = Cow::Owned(clean);
    }
    if let Some(plain) = spelling::decoded(&masked) {
        let clean = masked_chunks(&plain);
        if clean != plain {
            masked = Cow::Owned(clean);
        }
    }
    masked
}

fn masked_chunks(bytes: &[u8]) -> Vec<u8> {
    let mut masked = Vec::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        // between invalid bytes there is no text
        if !chunk.valid().is_empty() {
            masked.extend_from_slice(mask_all(chunk.valid()).as_bytes());
        }
        masked.extend_from_slice(chunk.invalid());
    }
    masked
}

/// A writer that masks. Each `write` must have whole lines, as the log does.
pub struct Masking<W>(pub W);

impl<W: io::Write> io::Write for Masking<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        self.0.write_all(mask_all(&text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn add(spellings: Vec<String>) {
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    for spelling in spellings {
        if !known.contains(&spelling) {
            known.push(spelling);
        }
    }
    known.sort_by_key(|spelling| std::cmp::Reverse(spelling.len()));
}

fn is_long_enough(secret: &str) -> bool {
    let least = if is_mixed(secret) {
        SHORTEST_MIXED
    } else {
        SHORTEST
    };
    secret.chars().count() >= least
}

fn is_mixed(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_digit()) && text.chars().any(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn masks_a_known_secret_in_every_spelling() {
        register("pa\"s/w ö&1<");
        for text in [
            "pa\"s/w ö&1<",
            r#"pa\"s/w ö&1<"#,
            r#"pa\"s\/w ö&1<"#,
            r#"pa\"s\/w \u00f6&1<"#,
            r#"pa\"s\/w \u00F6&1<"#,
            r#"pa\"s\/w \u00f6\u00261\u003C"#,
            "pa%22s%2Fw%20%C3%B6%261%3C",
            "pa%22s%2fw%20%c3%b6%261%3c",
            "pa%22s%2Fw+%C3%B6%261%3C",
            "pa&quot;s/w ö&amp;1&lt;",
        ] {
            assert_eq!(mask(&format!("a {text} b")), "a ••• b", "{text}");
        }
    }

    #[test]
    fn masks_the_code_of_a_webhook_with_and_without_its_path() {
        register_address("https://acme.example/rest/7/c0dec0de11aa/");
        assert_eq!(
            mask("https://acme.example/rest/7/c0dec0de11aa/batch c0dec0de11aa"),
            "https://acme.example•••/batch •••"
        );
        // short codes are masked only after their path
        register_address("https://acme.example/rest/7/abc/");
        assert_eq!(mask("abc"), "abc");
        for text in ["/rest/7/abc/", r"\/rest\/7\/abc/", "%2Frest%2F7%2Fabc/"] {
            assert_eq!(mask(text), "•••/");
        }
        register_address("https://anna:pa55w0rd@acme.example/x/t0kent0ken?key=s0mething1");
        assert_eq!(
            mask("pa55w0rd t0kent0ken s0mething1 acme x"),
            "••• ••• ••• acme x"
        );
        register_address("https://acme.example/?apiKey=only-letters&format=something");
        assert_eq!(mask("only-letters something"), "••• something");
    }

    #[test]
    fn short_values_are_not_registered() {
        for short in ["", "a", "12345", "secret", "a1", "   "] {
            register(short);
        }
        assert_eq!(mask("a secret of 12345 a1"), "a secret of 12345 a1");
    }

    #[test]
    fn masks_a_body_with_any_bytes_and_escapes() {
        register("b0dy-secret");
        for (body, masked) in [
            (&b"\xff b0dy-secret \xd0"[..], "\u{fffd} ••• \u{fffd}"),
            (
                b"\xff\xfe\xffb0dy-secret\xff\xffb0dy-secret",
                "\u{fffd}\u{fffd}\u{fffd}•••\u{fffd}\u{fffd}•••",
            ),
            (br#"{"a":"b0dy\u002dsecret""#, r#"{"a":"•••""#),
            (br#"{"a":"b0d\u0079-s\u0065cret\u0021""#, r#"{"a":"•••!""#),
            (b"a=b0d%79-%73ecret", "a=•••"),
            (b"a=%41%zz\\u00zz\\u0041 %", "a=%41%zz\\u00zz\\u0041 %"),
            (b"", ""),
        ] {
            let seen = mask_bytes(body);
            assert_eq!(String::from_utf8_lossy(&seen), masked);
        }
    }

    #[test]
    fn the_writer_masks() {
        register("wr1tten0ut");
        let mut lines = Vec::new();
        let mut writer = Masking(&mut lines);
        writer.write_all(b"x wr1tten0ut y\n").unwrap();
        writer
            .write_all(b"https://a.example/rest/1/unknownc0de/ z\n")
            .unwrap();
        assert_eq!(
            String::from_utf8(lines).unwrap(),
            "x ••• y\nhttps://a.example/rest/1/•••/ z\n"
        );
    }
}
