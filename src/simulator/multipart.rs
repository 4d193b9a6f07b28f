//! `multipart/form-data`, as far as the REST server reads it: the plain fields. Methods take files as
//! base64 text; only uploads have files.

use serde_json::{Map, Value};

use super::{params, php};

/// Returns the fields of a body; none if it has no boundary.
pub(super) fn parse(content_type: &str, body: &[u8]) -> Map<String, Value> {
    let mut tree = Map::new();
    let Some(boundary) = boundary(content_type) else {
        return tree;
    };
    let text = String::from_utf8_lossy(body);
    let delimiter = format!("--{boundary}");
    let parts = text.split(delimiter.as_str()).skip(1);
    for part in parts.take(params::MOST_FIELDS) {
        let part = part.strip_prefix("\r\n").unwrap_or(part);
        let Some((head, content)) = part.split_once("\r\n\r\n") else {
            continue;
        };
        let content = content.strip_suffix("\r\n").unwrap_or(content);
        if let Some(name) = field_name(head) {
            params::put(&mut tree, &name, Value::String(content.to_owned()));
        }
    }
    tree.into_iter()
        .map(|(key, value)| (key, php::shape(value)))
        .collect()
}

/// Returns the content of a file in a body; `None` if it has none, or an empty one.
pub(super) fn file<'b>(content_type: &str, body: &'b [u8], field: &str) -> Option<&'b [u8]> {
    let delimiter = format!("--{}", boundary(content_type)?);
    let end = format!("\r\n{delimiter}");
    let mut rest = body;
    while let Some(at) = find(rest, delimiter.as_bytes()) {
        let part = rest.get(at + delimiter.len()..)?;
        let head_end = find(part, b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(part.get(..head_end)?);
        let content = part.get(head_end + 4..)?;
        let length = find(content, end.as_bytes())?;
        let name = format!("name=\"{field}\"");
        if head.contains(&name) && head.contains("filename=") {
            return content.get(..length).filter(|content| !content.is_empty());
        }
        rest = content.get(length + 2..)?;
    }
    None
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|part| part == wanted)
}

fn boundary(content_type: &str) -> Option<String> {
    let (_, after) = content_type.split_once("boundary=")?;
    let raw = after.split(';').next()?.trim().trim_matches('"');
    (!raw.is_empty()).then(|| raw.to_owned())
}

fn field_name(head: &str) -> Option<String> {
    let line = head
        .lines()
        .find(|it| it.to_ascii_lowercase().starts_with("content-disposition:"))?;
    if line.contains("filename=") {
        return None;
    }
    let (_, after) = line.split_once("name=\"")?;
    after.split('"').next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_nest_and_files_are_left_out() {
        let body = "--x\r\nContent-Disposition: form-data; name=\"fields[TITLE]\"\r\n\r\nЗаявка\r\n\
                    --x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n\r\nno\r\n--x--\r\n";
        assert_eq!(
            Value::Object(parse("multipart/form-data; boundary=x", body.as_bytes())),
            json!({"fields": {"TITLE": "Заявка"}})
        );
    }

    #[test]
    fn a_file_is_read_byte_by_byte() {
        let mut body = b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x\r\n\
            Content-Disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\n\r\n"
            .to_vec();
        body.extend_from_slice(b"ID3\xFF\r\n--y\r\n--x--\r\n");
        let kind = "multipart/form-data; boundary=x";
        assert_eq!(file(kind, &body, "file"), Some(&b"ID3\xFF\r\n--y"[..]));
        for (kind, field) in [
            (kind, "other"),
            ("multipart/form-data", "file"),
            (kind, "a"),
        ] {
            assert_eq!(file(kind, &body, field), None, "{kind} {field}");
        }
    }
}
