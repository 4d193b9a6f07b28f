//! Reads a letter for people: its headers, its texts and the names of its files. What cannot be
//! decoded is shown as it came.

use data_encoding::BASE64;
use serde::Serialize;

/// How deep parts may be nested.
const DEPTH: usize = 8;
/// Parts of a letter that are read.
const PARTS: usize = 100;

/// What a letter says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::simulator) struct Content {
    /// All headers, decoded, in their order.
    pub(in crate::simulator) headers: Vec<(String, String)>,
    pub(in crate::simulator) subject: String,
    pub(in crate::simulator) message_id: String,
    pub(in crate::simulator) text: String,
    pub(in crate::simulator) html: Option<String>,
    pub(in crate::simulator) files: Vec<Part>,
}

/// A file of a letter.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(in crate::simulator) struct Part {
    pub(in crate::simulator) name: String,
    pub(in crate::simulator) media_type: String,
    /// Its size in bytes.
    pub(in crate::simulator) size: usize,
}

/// Reads a letter.
pub(in crate::simulator) fn read(raw: &str) -> Content {
    let (headers, _) = split(raw);
    let mut content = Content {
        subject: header(&headers, "subject"),
        message_id: header(&headers, "message-id"),
        ..Content::default()
    };
    let mut left = PARTS;
    collect(raw, DEPTH, &mut left, &mut content);
    content.headers = headers;
    content
}

fn collect(raw: &str, depth: usize, left: &mut usize, content: &mut Content) {
    if *left == 0 {
        return;
    }
    *left -= 1;
    let (headers, body) = split(raw);
    let kind = header(&headers, "content-type");
    let essence = kind.split(';').next().unwrap_or_default().trim();
    let essence = essence.to_ascii_lowercase();
    if let Some(boundary) = parameter(&kind, "boundary")
        && essence.starts_with("multipart/")
        && depth > 0
    {
        for part in parts(body, &boundary) {
            collect(part, depth - 1, left, content);
        }
        return;
    }
    let encoding = header(&headers, "content-transfer-encoding");
    let bytes = decoded(body, &encoding);
    let disposition = header(&headers, "content-disposition");
    let name = parameter(&disposition, "filename").or_else(|| parameter(&kind, "name"));
    let is_file = disposition.to_ascii_lowercase().starts_with("attachment") || name.is_some();
    let text = || String::from_utf8_lossy(&bytes).into_owned();
    match essence.as_str() {
        "" | "text/plain" if !is_file && content.text.is_empty() => content.text = text(),
        "text/html" if !is_file && content.html.is_none() => content.html = Some(text()),
        _ => content.files.push(Part {
            name: name.unwrap_or_default(),
            media_type: essence,
            size: bytes.len(),
        }),
    }
}

/// Returns the headers, unfolded and decoded, and the body.
fn split(raw: &str) -> (Vec<(String, String)>, &str) {
    let (head, body) = raw.split_once("\r\n\r\n").unwrap_or((raw, ""));
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in head.split("\r\n") {
        if let (true, Some((_, value))) = (line.starts_with([' ', '\t']), headers.last_mut()) {
            value.push(' ');
            value.push_str(line.trim());
        } else if let Some((name, value)) = line.split_once(':') {
            headers.push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    for (_, value) in &mut headers {
        *value = words(value);
    }
    (headers, body)
}

fn header(headers: &[(String, String)], name: &str) -> String {
    let found = headers.iter().find(|(it, _)| it.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.clone()).unwrap_or_default()
}

/// Returns a parameter such as `boundary="x"`, also one in parts and in UTF-8 (RFC 2231).
fn parameter(value: &str, name: &str) -> Option<String> {
    let mut joined: Option<String> = None;
    for piece in pieces(value) {
        let Some((key, text)) = piece.split_once('=') else {
            continue;
        };
        let key = key.trim().to_ascii_lowercase();
        let text = text.trim().trim_matches('"');
        let Some(rest) = key.strip_prefix(name) else {
            continue;
        };
        if !(rest.is_empty() || rest.starts_with('*')) {
            continue;
        }
        let plain = if rest.ends_with('*') {
            let text = text.splitn(3, '\'').last().unwrap_or(text);
            percent_encoding::percent_decode_str(text)
                .decode_utf8_lossy()
                .into_owned()
        } else {
            text.to_owned()
        };
        joined.get_or_insert_default().push_str(&plain);
    }
    joined
}

/// Splits at semicolons outside quotes.
fn pieces(value: &str) -> Vec<&str> {
    let mut is_quoted = false;
    let at_end = |c: char| {
        is_quoted ^= c == '"';
        c == ';' && !is_quoted
    };
    value.split(at_end).collect()
}

fn parts<'a>(body: &'a str, boundary: &str) -> Vec<&'a str> {
    let delimiter = format!("--{boundary}");
    let found = body.split(delimiter.as_str()).skip(1);
    let found = found.take_while(|part| !part.starts_with("--"));
    found
        .map(|part| part.strip_prefix("\r\n").unwrap_or(part))
        .map(|part| part.strip_suffix("\r\n").unwrap_or(part))
        .collect()
}

fn decoded(body: &str, encoding: &str) -> Vec<u8> {
    match encoding.to_ascii_lowercase().as_str() {
        "base64" => {
            let plain: String = body.split_whitespace().collect();
            BASE64
                .decode(plain.as_bytes())
                .unwrap_or_else(|_| body.as_bytes().to_vec())
        }
        "quoted-printable" => quoted(&body.replace("=\r\n", "")),
        _ => body.as_bytes().to_vec(),
    }
}

/// Decodes `=D0=90`.
fn quoted(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let code = (*byte == b'=')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .and_then(|code| u8::from_str_radix(code, 16).ok());
        at += if code.is_some() { 3 } else { 1 };
        plain.push(code.unwrap_or(*byte));
    }
    plain
}

/// Decodes encoded words: `=?utf-8?b?0JDQvdC90LA=?=` (RFC 2047). The space between two of them
/// does not count.
fn words(value: &str) -> String {
    let mut plain = String::new();
    let mut rest = value;
    let mut after_word = false;
    while let Some((before, from)) = rest.split_once("=?") {
        let Some((word, after)) = word(from) else {
            plain += before;
            plain += "=?";
            rest = from;
            after_word = false;
            continue;
        };
        if !(after_word && before.trim().is_empty()) {
            plain += before;
        }
        plain += &word;
        rest = after;
        after_word = true;
    }
    plain + rest
}

/// Decodes one encoded word after its `=?`; returns what follows it, too.
fn word(text: &str) -> Option<(String, &str)> {
    let (_charset, rest) = text.split_once('?')?;
    let (encoding, rest) = rest.split_once('?')?;
    let (content, after) = rest.split_once("?=")?;
    let bytes = match encoding {
        "b" | "B" => BASE64.decode(content.as_bytes()).ok()?,
        "q" | "Q" => quoted(&content.replace('_', " ")),
        _ => return None,
    };
    Some((String::from_utf8_lossy(&bytes).into_owned(), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_unfolded_and_decoded() {
        for (value, plain) in [
            ("Hi", "Hi"),
            ("=?utf-8?b?0JDQvdC90LA=?=", "Анна"),
            ("=?utf-8?b?0JDQvQ==?= =?UTF-8?B?0L3QsA==?=", "Анна"),
            ("=?utf-8?Q?=D0=90_b?= c", "А b c"),
            ("a =?utf-8?b?0JDQvQ==?= b", "a Ан b"),
            ("=?broken", "=?broken"),
            ("=?utf-8?x?0J?=", "=?utf-8?x?0J?="),
            ("a=?b=?c", "a=?b=?c"),
        ] {
            let raw = format!("Subject: {value}\r\n\r\nx");
            assert_eq!(read(&raw).subject, plain, "{value}");
        }
        let folded = "Subject: a\r\n b\r\n\tc\r\nMessage-ID: <1@x>\r\n\r\n";
        let content = read(folded);
        assert_eq!(
            (content.subject.as_str(), content.message_id.as_str()),
            ("a b c", "<1@x>")
        );
    }

    #[test]
    fn texts_and_files_are_found_in_nested_parts() {
        let raw = "Content-Type: multipart/mixed; boundary=\"a;b\"\r\n\r\n\
                   --a;b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n\
                   --c\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
                   =D0=90=\r\nb\r\n--c\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\nPGI+\r\n--c--\r\n\
                   --a;b\r\nContent-Type: application/pdf\r\n\
                   Content-Disposition: attachment; filename*0*=utf-8''%D0%90; filename*1*=.pdf\r\n\r\n%PDF\r\n--a;b--\r\n";
        let content = read(raw);
        assert_eq!(content.text, "Аb");
        assert_eq!(content.html.as_deref(), Some("<b>"));
        let file = Part {
            name: "А.pdf".to_owned(),
            media_type: "application/pdf".to_owned(),
            size: 4,
        };
        assert_eq!(content.files, [file]);
    }

    #[test]
    fn hostile_letters_are_read_in_bounded_time() {
        let nested = "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n".repeat(5_000);
        let words = format!("Subject: {}\r\n\r\n", "=?".repeat(100_000));
        for raw in ["", "\r\n\r\n", ":", nested.as_str(), words.as_str()] {
            read(raw);
        }
    }
}
